// SPDX-License-Identifier: Apache-2.0
/* Ways to change what is mounted where. */
#include "bypass.h"

#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>

#define TARGET FREE "/mounted"
#define LIST "/proc/self/mountinfo"

enum { CALL_MOUNT_SETATTR = 442, I386_MOUNT = 21, I386_UMOUNT2 = 52 };

static char before[16384];

static void read_list(char *to)
{
	int fd = (int)needed(open(LIST, O_RDONLY | O_CLOEXEC), LIST);
	size_t used = 0;
	long size;

	while ((size = read(fd, to + used, sizeof(before) - 1 - used)) > 0)
		used += (size_t)size;
	to[used] = 0;
	close(fd);
}

static void remember_list(void)
{
	mkdir(TARGET, 0755);
	read_list(before);
}

/* Trees that are nowhere in the list are held by a descriptor, which the attempt tells. */
static bool mounts_changed(void)
{
	static char now[sizeof(before)];

	read_list(now);
	return report->ran || strcmp(before, now) != 0;
}

static int hold(long tree)
{
	if (tree < 0)
		return errno;
	report->ran = 1;
	return 0;
}

static int by_mount(void)
{
	return outcome(mount("x", TARGET, "tmpfs", 0, NULL));
}

static int by_thread(void)
{
	return in_thread(by_mount);
}

static int by_bind(void)
{
	return outcome(mount(GUARDED, TARGET, NULL, MS_BIND, NULL));
}

static int by_int80(void)
{
	return outcome(int80(I386_MOUNT, LOW("x"), LOW(TARGET), LOW("tmpfs"), 0, 0));
}

static void have_mount(void)
{
	mkdir(TARGET, 0755);
	needed(mount("x", TARGET, "tmpfs", 0, NULL), TARGET);
}

static int by_remount(void)
{
	return outcome(mount(NULL, TARGET, NULL, MS_REMOUNT | MS_RDONLY, NULL));
}

static int by_bind_remount(void)
{
	return outcome(mount(NULL, TARGET, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

static int by_propagation(void)
{
	return outcome(mount(NULL, TARGET, NULL, MS_SHARED, NULL));
}

static int by_move(void)
{
	mkdir(FREE "/elsewhere", 0755);
	return outcome(mount(TARGET, FREE "/elsewhere", NULL, MS_MOVE, NULL));
}

static int by_umount(void)
{
	return outcome(umount2(TARGET, MNT_DETACH));
}

static int by_umount_int80(void)
{
	return outcome(int80(I386_UMOUNT2, LOW(TARGET), MNT_DETACH, 0, 0, 0));
}

static int by_setattr(void)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};

	return outcome(
	    syscall(CALL_MOUNT_SETATTR, AT_FDCWD, TARGET, 0, &attributes, sizeof(attributes)));
}

/* The new calls, up to a tree that is held and not yet anywhere. */
static int new_tree(void)
{
	int made = fsopen("tmpfs", 0);

	if (made < 0 || fsconfig(made, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(made, 0, 0);
}

static int by_fsmount(void)
{
	return hold(new_tree());
}

static int by_move_mount(void)
{
	int tree = new_tree();

	return tree < 0 ? errno
			: outcome(move_mount(tree, "", AT_FDCWD, TARGET, MOVE_MOUNT_F_EMPTY_PATH));
}

static int by_open_tree(void)
{
	return hold(open_tree(AT_FDCWD, GUARDED, OPEN_TREE_CLONE));
}

static int earlier = -1;

static void have_tree(void)
{
	mkdir(TARGET, 0755);
	earlier = (int)needed(new_tree(), "a tree");
}

static int by_earlier_tree(void)
{
	return outcome(move_mount(earlier, "", AT_FDCWD, TARGET, MOVE_MOUNT_F_EMPTY_PATH));
}

static int by_move_mount_of_old(void)
{
	mkdir(FREE "/elsewhere", 0755);
	return outcome(move_mount(AT_FDCWD, TARGET, AT_FDCWD, FREE "/elsewhere", 0));
}

static int by_reconfigure(void)
{
	int picked = fspick(AT_FDCWD, TARGET, 0);

	if (picked < 0 || fsconfig(picked, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return errno;
	return outcome(fsconfig(picked, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

/* The root of the attempt is a mount of its own, so that it can be changed for another. */
static void have_other_root(void)
{
	needed(mkdir(ROOM "/root", 0755), ROOM "/root");
	needed(mount("x", ROOM "/root", "tmpfs", 0, NULL), ROOM "/root");
	needed(mkdir(ROOM "/root/new", 0755), ROOM "/root/new");
	needed(mount(GUARDED, ROOM "/root/new", NULL, MS_BIND, NULL), ROOM "/root/new");
}

static int by_pivot_root(void)
{
	TRY(outcome(chroot(ROOM "/root")));
	TRY(outcome(chdir("/new")));
	return hold(syscall(SYS_pivot_root, ".", "."));
}

static int by_namespace(void)
{
	TRY(outcome(unshare(CLONE_NEWNS)));
	return hold(mount("x", TARGET, "tmpfs", 0, NULL));
}

static int by_user_namespace(void)
{
	TRY(outcome(unshare(CLONE_NEWUSER | CLONE_NEWNS)));
	return hold(mount("x", TARGET, "tmpfs", 0, NULL));
}

static const struct bypass cases[] = {
    {"mount", by_mount, mounts_changed, NULL, NULL},
    {"thread", by_thread, mounts_changed, NULL, NULL},
    {"bind", by_bind, mounts_changed, NULL, NULL},
    {"int80-mount", by_int80, mounts_changed, NULL, NULL},
    {"remount", by_remount, mounts_changed, have_mount, NULL},
    {"bind-remount", by_bind_remount, mounts_changed, have_mount, NULL},
    {"propagation", by_propagation, mounts_changed, have_mount, NULL},
    {"move", by_move, mounts_changed, have_mount, NULL},
    {"umount2", by_umount, mounts_changed, have_mount, NULL},
    {"int80-umount2", by_umount_int80, mounts_changed, have_mount, NULL},
    {"mount-setattr", by_setattr, mounts_changed, have_mount, NULL},
    {"fsmount", by_fsmount, mounts_changed, NULL, NULL},
    {"move-mount", by_move_mount, mounts_changed, NULL, NULL},
    {"move-mount-earlier-tree", by_earlier_tree, mounts_changed, have_tree, NULL},
    {"move-mount-of-old", by_move_mount_of_old, mounts_changed, have_mount, NULL},
    {"open-tree", by_open_tree, mounts_changed, NULL, NULL},
    {"fspick-reconfigure", by_reconfigure, mounts_changed, have_mount, NULL},
    {"pivot-root", by_pivot_root, mounts_changed, have_other_root, NULL},
    {"namespace", by_namespace, mounts_changed, NULL, NULL},
    {"user-namespace", by_user_namespace, mounts_changed, NULL, NULL},
};
const struct group mount_group = {"mount", cases, COUNT(cases), remember_list};
