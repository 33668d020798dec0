// SPDX-License-Identifier: Apache-2.0
/* Ways to the contents of a file that must not be read. */
#include "bypass.h"
#include "uring.h"

#include <dirent.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/mount.h>

#define I386_OPEN 5
#define I386_OPENAT 295
#define I386_READLINK 85

/* ---- other calls ---- */

static int by_open(void)
{
	return take((int)syscall(SYS_open, SECRET, O_RDONLY));
}

static int by_openat(void)
{
	return take((int)syscall(SYS_openat, AT_FDCWD, SECRET, O_RDWR, 0));
}

static int openat2_from(int folder, const char *path, uint64_t resolve)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = resolve};

	return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

static int by_openat2(void)
{
	return take(openat2_from(AT_FDCWD, SECRET, 0));
}

static int by_openat2_in_root(void)
{
	return take(openat2_from(open("/tmp", O_PATH), "/b/p/secret", RESOLVE_IN_ROOT));
}

static int by_int80_open(void)
{
	return take((int)int80(I386_OPEN, LOW(SECRET), O_RDONLY, 0, 0, 0));
}

static int by_int80_openat(void)
{
	return take((int)int80(I386_OPENAT, AT_FDCWD, LOW(SECRET), O_RDONLY, 0, 0));
}

static int by_x32_open(void)
{
	return take((int)syscall(X32 | SYS_open, SECRET, O_RDONLY));
}

static union {
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle;

static void make_handle(void)
{
	int mount_id;

	handle.handle.handle_bytes = MAX_HANDLE_SZ;
	needed(name_to_handle_at(AT_FDCWD, SECRET, &handle.handle, &mount_id, 0), "a handle");
}

static int by_handle(void)
{
	int mount_fd = open(ROOM, O_RDONLY | O_DIRECTORY);

	return take(open_by_handle_at(mount_fd, &handle.handle, O_RDONLY));
}

static int by_thread(void)
{
	return in_thread(by_open);
}

static int by_vfork(void)
{
	pid_t pid = vfork();

	if (pid < 0)
		return errno;
	if (!pid) {
		report->number = by_open();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return (int)report->number;
}

static int by_listing(void)
{
	DIR *folder = opendir(GUARDED);
	struct dirent *entry;

	if (!folder)
		return errno;
	errno = 0;
	while ((entry = readdir(folder)))
		if (!strcmp(entry->d_name, SECRET_TEXT))
			strcpy(report->taken, entry->d_name);
	return errno;
}

static int by_readlink(void)
{
	return outcome(readlink(GUARDED "/link", report->taken, sizeof(report->taken) - 1));
}

static int by_int80_readlink(void)
{
	static char text[64];
	int error = outcome(int80(I386_READLINK, LOW(GUARDED "/link"), LOW(text), 63, 0, 0));

	strcpy(report->taken, text);
	return error;
}

/* ---- other names ---- */

static int by_symlink(void)
{
	THEN(outcome(symlink(SECRET, FREE "/l")), take(open(FREE "/l", O_RDONLY)));
}

static int by_folder_symlink(void)
{
	THEN(outcome(symlink("../p", FREE "/l")), take(open(FREE "/l/secret", O_RDONLY)));
}

static int by_dots(void)
{
	return take(open("//tmp/./b/free/../p/folder/..//secret", O_RDONLY));
}

static int by_relative(void)
{
	THEN(outcome(chdir(GUARDED)), take(open("secret", O_RDONLY)));
}

static int by_chroot(void)
{
	TRY(outcome(chroot(ROOM)));
	THEN(outcome(chdir("/")), take(open("/p/secret", O_RDONLY)));
}

static int by_deep_chroot(void)
{
	THEN(outcome(chroot(GUARDED)), take(open("/secret", O_RDONLY)));
}

static int reopen(const char *text)
{
	return take(open(text, O_RDONLY));
}

static int by_path_descriptor(void)
{
	int fd = open(SECRET, O_PATH);

	return fd < 0 ? errno : reopen(text_of("/proc/self/fd/%d", fd));
}

static int by_empty_path(void)
{
	int fd = open(GUARDED, O_PATH);

	return fd < 0 ? errno : take(openat(fd, SECRET_TEXT, O_RDONLY));
}

static int by_proc_root(void)
{
	return reopen(text_of("/proc/%d/root" SECRET, parent));
}

static void enter_guarded(void)
{
	needed(chdir(GUARDED), GUARDED);
}

/* The child has inherited it, the parent's is meant. */
static int by_proc_cwd(void)
{
	THEN(outcome(chdir("/")), reopen(text_of("/proc/%d/cwd/secret", parent)));
}

static int inherited = -1;

static void open_secret(void)
{
	inherited = (int)needed(open(SECRET, O_RDONLY), SECRET);
}

static int by_proc_fd(void)
{
	return reopen(text_of("/proc/%d/fd/%d", parent, inherited));
}

static void open_and_unlink(void)
{
	open_secret();
	needed(unlink(SECRET), SECRET);
}

#define MAPPED 0x10000000l

static void map_secret(void)
{
	void *at;

	open_secret();
	at = mmap((void *)MAPPED, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, inherited, 0);
	if (at == MAP_FAILED)
		broken("mapping");
	close(inherited);
}

static int by_map_files(void)
{
	return reopen(text_of("/proc/%d/map_files/%lx-%lx", parent, MAPPED, MAPPED + 4096));
}

#define DEPTH 24
#define LONG_NAME                                                                                  \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345" \
	"678901234567890123456789"

/* 24 folders of 200 bytes each: no path of 4,096 bytes reaches the file at the bottom. */
static void make_deep(void)
{
	needed(chdir(GUARDED), GUARDED);
	for (int i = 0; i < DEPTH; i++) {
		needed(mkdir(LONG_NAME, 0755), "a deep folder");
		needed(chdir(LONG_NAME), "a deep folder");
	}
	needed(-write_text(SECRET_TEXT, SECRET_TEXT), "the deep secret");
}

static int by_deep_path(void)
{
	return take(open(SECRET_TEXT, O_RDONLY));
}

/* ---- making another name ---- */

static int by_hard_link(void)
{
	THEN(outcome(link(SECRET, FREE "/h")), take(open(FREE "/h", O_RDONLY)));
}

static int by_rename(void)
{
	THEN(outcome(rename(SECRET, FREE "/r")), take(open(FREE "/r", O_RDONLY)));
}

static int by_rename_above(void)
{
	THEN(outcome(rename(GUARDED, ROOM "/moved")), take(open(ROOM "/moved/secret", O_RDONLY)));
}

static void have_secret_below(void)
{
	needed(-write_text(BELOW, SECRET_TEXT), BELOW);
}

/* The set that is guarded begins further down. */
static int by_rename_far_above(void)
{
	THEN(outcome(rename(GUARDED, ROOM "/moved")),
	     take(open(ROOM "/moved/folder/secret", O_RDONLY)));
}

static int by_exchange(void)
{
	long result = renameat2(AT_FDCWD, SECRET, AT_FDCWD, PLAIN, RENAME_EXCHANGE);

	THEN(outcome(result), take(open(PLAIN, O_RDONLY)));
}

static void link_out(void)
{
	needed(link(SECRET, FREE "/h"), "a hard link");
}

static int by_earlier_link(void)
{
	return take(open(FREE "/h", O_RDONLY));
}

static int bind_to(const char *from, const char *to)
{
	mkdir(to, 0755);
	return outcome(mount(from, to, NULL, MS_BIND | MS_REC, NULL));
}

static int by_bind(void)
{
	THEN(bind_to(GUARDED, FREE "/d"), take(open(FREE "/d/secret", O_RDONLY)));
}

static int by_bind_above(void)
{
	THEN(bind_to(ROOM, FREE "/d"), take(open(FREE "/d/p/secret", O_RDONLY)));
}

static int by_bind_in_namespace(void)
{
	THEN(outcome(unshare(CLONE_NEWNS)), by_bind());
}

static void bind_out(void)
{
	needed(-bind_to(GUARDED, FREE "/d"), "a bind mount");
}

static int by_earlier_bind(void)
{
	return take(open(FREE "/d/secret", O_RDONLY));
}

static int by_move(void)
{
	TRY(bind_to(GUARDED, GUARDED));
	mkdir(FREE "/d", 0755);
	TRY(outcome(mount(GUARDED, FREE "/d", NULL, MS_MOVE, NULL)));
	return take(open(FREE "/d/secret", O_RDONLY));
}

static int by_open_tree(void)
{
	int tree = open_tree(AT_FDCWD, GUARDED, OPEN_TREE_CLONE);

	return tree < 0 ? errno : take(openat(tree, SECRET_TEXT, O_RDONLY));
}

static int mount_overlay(void)
{
	const char *options = "lowerdir=" GUARDED ":" FREE;

	mkdir(ROOM "/merged", 0755);
	return outcome(mount("overlay", ROOM "/merged", "overlay", 0, options));
}

static void have_overlay(void)
{
	needed(-mount_overlay(), "an overlay");
}

static int through_overlay(void)
{
	return take(open(ROOM "/merged/secret", O_RDONLY));
}

static int by_overlay(void)
{
	THEN(mount_overlay(), through_overlay());
}

/* ---- descriptors from elsewhere ---- */

static int by_inherited(void)
{
	return take(inherited);
}

static void pass_secret(void)
{
	make_pair();
	open_secret();
	needed(send_fd(pair[0], inherited), "passing a descriptor");
	close(inherited);
}

static int by_passed(void)
{
	return take(receive_fd(pair[1]));
}

static int by_pidfd_getfd(void)
{
	int process = (int)syscall(SYS_pidfd_open, parent, 0);

	close(inherited);
	return take((int)syscall(SYS_pidfd_getfd, process, inherited, 0));
}

static void open_and_close(void)
{
	for (;;) {
		close(open(SECRET, O_RDONLY));
		usleep(5000);
	}
}

static void have_reader(void)
{
	start(open_and_close);
}

/* The kernel opens the file anew for whoever reads the events. */
static int by_fanotify(void)
{
	struct fanotify_event_metadata event = {.fd = -1};
	int watch = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);

	if (watch < 0 || fanotify_mark(watch, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, SECRET) < 0)
		return errno;
	if (read(watch, &event, sizeof(event)) < 0)
		return errno;
	errno = EBADF;
	return take(event.fd);
}

/* ---- io_uring ---- */

static const struct io_uring_sqe open_entry = {
    .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .open_flags = O_RDONLY};

static struct io_uring_sqe opening(const char *path)
{
	struct io_uring_sqe entry = open_entry;

	entry.addr = address_of(path);
	return entry;
}

static int by_uring_openat(void)
{
	return take((int)uring(0, opening(SECRET)));
}

static int by_uring_sqpoll(void)
{
	return take((int)uring(IORING_SETUP_SQPOLL, opening(SECRET)));
}

/* Handed to a worker thread of the kernel at once. */
static int by_uring_async(void)
{
	struct io_uring_sqe entry = opening(SECRET);

	entry.flags = IOSQE_ASYNC;
	return take((int)uring(0, entry));
}

static int by_uring_openat2(void)
{
	static struct open_how how = {.flags = O_RDONLY};
	const struct io_uring_sqe entry = {.opcode = IORING_OP_OPENAT2,
					   .fd = AT_FDCWD,
					   .addr = address_of(SECRET),
					   .len = sizeof(how),
					   .off = address_of(&how)};

	return take((int)uring(0, entry));
}

/* Into a slot of the ring: no descriptor of the process is involved. */
static int through_slot(struct ring *ring)
{
	struct io_uring_sqe entry = opening(SECRET);
	const struct io_uring_sqe reading = {.opcode = IORING_OP_READ,
					     .flags = IOSQE_FIXED_FILE,
					     .addr = address_of(report->taken),
					     .len = sizeof(report->taken) - 1};

	entry.file_index = 1;
	THEN(outcome(ring_do(ring, entry)), outcome(ring_do(ring, reading)));
}

static int by_uring_slot(void)
{
	struct ring ring = make_ring(0);

	if (ring.fd < 0)
		return errno;
	THEN(register_slots(&ring, 1), through_slot(&ring));
}

static struct ring earlier;

static void make_earlier_ring(void)
{
	earlier = make_ring(IORING_SETUP_SQPOLL);
	needed(earlier.fd, "a ring");
	needed(-register_slots(&earlier, 1), "slots");
}

static int by_earlier_ring(void)
{
	return through_slot(&earlier);
}

/* ---- races ---- */

/* What is read in the end, or the last refusal. */
static int take_often(const char *name)
{
	while (is_racing() && !secret_taken()) {
		int fd = open(name, O_RDONLY);

		if (fd >= 0)
			take(fd);
		else if (errno != ENOENT)
			report->number = errno;
		if (fd >= 0)
			close(fd);
	}
	return secret_taken() ? 0 : (int)report->number;
}

/* A second thread changes the name while the kernel reads it. */
static int by_changing_name(void)
{
	THEN(start_changing(), take_often(changing_name));
}

/* A link that points to one and then to the other. */
static void flip_link(void)
{
	for (;;) {
		symlink(PLAIN, FREE "/l1");
		rename(FREE "/l1", FREE "/l");
		symlink(SECRET, FREE "/l2");
		rename(FREE "/l2", FREE "/l");
	}
}

static void have_flipping_link(void)
{
	start(flip_link);
}

static int by_changing_link(void)
{
	return take_often(FREE "/l");
}

static const struct bypass cases[] = {
    {"open", by_open, secret_taken, NULL, NULL},
    {"openat-rdwr", by_openat, secret_taken, NULL, NULL},
    {"openat2", by_openat2, secret_taken, NULL, NULL},
    {"openat2-in-root", by_openat2_in_root, secret_taken, NULL, NULL},
    {"int80-open", by_int80_open, secret_taken, NULL, NULL},
    {"int80-openat", by_int80_openat, secret_taken, NULL, NULL},
    {"x32-open", by_x32_open, secret_taken, NULL, NULL},
    {"open-by-handle", by_handle, secret_taken, make_handle, NULL},
    {"thread", by_thread, secret_taken, NULL, NULL},
    {"vfork-child", by_vfork, secret_taken, NULL, NULL},
    {"readdir", by_listing, secret_taken, NULL, NULL},
    {"readlink", by_readlink, secret_taken, NULL, NULL},
    {"int80-readlink", by_int80_readlink, secret_taken, NULL, NULL},
    {"symlink", by_symlink, secret_taken, NULL, NULL},
    {"folder-symlink", by_folder_symlink, secret_taken, NULL, NULL},
    {"dots", by_dots, secret_taken, NULL, NULL},
    {"relative", by_relative, secret_taken, NULL, NULL},
    {"chroot-above", by_chroot, secret_taken, NULL, NULL},
    {"chroot-inside", by_deep_chroot, secret_taken, NULL, NULL},
    {"path-descriptor", by_path_descriptor, secret_taken, NULL, NULL},
    {"folder-descriptor", by_empty_path, secret_taken, NULL, NULL},
    {"proc-root", by_proc_root, secret_taken, NULL, NULL},
    {"proc-cwd", by_proc_cwd, secret_taken, enter_guarded, NULL},
    {"proc-fd", by_proc_fd, secret_taken, open_secret, NULL},
    {"proc-fd-unlinked", by_proc_fd, secret_taken, open_and_unlink, NULL},
    {"proc-map-files", by_map_files, secret_taken, map_secret, NULL},
    {"path-over-4096", by_deep_path, secret_taken, make_deep, NULL},
    {"hard-link", by_hard_link, secret_taken, NULL, NULL},
    {"hard-link-earlier", by_earlier_link, secret_taken, link_out, NULL},
    {"rename", by_rename, secret_taken, NULL, NULL},
    {"rename-parent", by_rename_above, secret_taken, NULL, NULL},
    {"rename-above", by_rename_far_above, secret_taken, have_secret_below, NULL},
    {"rename-exchange", by_exchange, secret_taken, NULL, NULL},
    {"bind-mount", by_bind, secret_taken, NULL, NULL},
    {"bind-mount-above", by_bind_above, secret_taken, NULL, NULL},
    {"bind-mount-namespace", by_bind_in_namespace, secret_taken, NULL, NULL},
    {"bind-mount-earlier", by_earlier_bind, secret_taken, bind_out, NULL},
    {"mount-move", by_move, secret_taken, NULL, NULL},
    {"open-tree", by_open_tree, secret_taken, NULL, NULL},
    {"overlay", by_overlay, secret_taken, NULL, NULL},
    {"overlay-earlier", through_overlay, secret_taken, have_overlay, NULL},
    {"inherited", by_inherited, secret_taken, open_secret, NULL},
    {"passed-over-unix", by_passed, secret_taken, pass_secret, NULL},
    {"pidfd-getfd", by_pidfd_getfd, secret_taken, open_secret, NULL},
    {"fanotify", by_fanotify, secret_taken, have_reader, NULL},
    {"uring-openat", by_uring_openat, secret_taken, NULL, NULL},
    {"uring-openat-async", by_uring_async, secret_taken, NULL, NULL},
    {"uring-openat-sqpoll", by_uring_sqpoll, secret_taken, NULL, NULL},
    {"uring-openat2", by_uring_openat2, secret_taken, NULL, NULL},
    {"uring-openat-slot", by_uring_slot, secret_taken, NULL, NULL},
    {"uring-ring-earlier", by_earlier_ring, secret_taken, make_earlier_ring, NULL},
    {"changing-name", by_changing_name, secret_taken, NULL, NULL},
    {"changing-link", by_changing_link, secret_taken, have_flipping_link, NULL},
};
const struct group read_group = {"read", cases, COUNT(cases), NULL};
