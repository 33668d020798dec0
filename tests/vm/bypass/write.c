// SPDX-License-Identifier: Apache-2.0
/* Ways to change what must not be changed: contents, names and attributes. */
#include "bypass.h"
#include "uring.h"

#include <linux/fs.h>
#include <sys/acct.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <utime.h>

#define NEW GUARDED "/new"
#define XATTR "trusted.x"

enum {
	I386_CREAT = 8,
	I386_LINK = 9,
	I386_UNLINK = 10,
	I386_CHMOD = 15,
	I386_RENAME = 38,
	I386_TRUNCATE64 = 193,
	I386_LCHOWN32 = 198,
	I386_SETXATTR = 226
};
enum { CALL_FCHMODAT2 = 452, CALL_SETXATTRAT = 463 };

/* ---- contents ---- */

static int by_open_write(void)
{
	return put((int)syscall(SYS_open, SECRET, O_WRONLY));
}

static int by_append(void)
{
	return put(open(SECRET, O_RDWR | O_APPEND));
}

static int by_thread(void)
{
	return in_thread(by_append);
}

/* open(2): what O_RDONLY | O_TRUNC does is unspecified; Linux truncates. */
static int by_read_truncate(void)
{
	return outcome(open(SECRET, O_RDONLY | O_TRUNC));
}

static int by_creat(void)
{
	return put((int)syscall(SYS_creat, SECRET, 0600));
}

static int by_int80_creat(void)
{
	return put((int)int80(I386_CREAT, LOW(SECRET), 0600, 0, 0, 0));
}

static int write_mapped(int fd)
{
	char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return errno;
	memcpy(at, "mapped", 6);
	return outcome(msync(at, 4096, MS_SYNC));
}

static int by_shared_map(void)
{
	int fd = open(SECRET, O_RDWR);

	return fd < 0 ? errno : write_mapped(fd);
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
	return put(open_by_handle_at(open(ROOM, O_RDONLY), &handle.handle, O_WRONLY));
}

static int by_path_descriptor(void)
{
	int fd = open(SECRET, O_PATH);

	return fd < 0 ? errno : put(open(text_of("/proc/self/fd/%d", fd), O_WRONLY));
}

static int by_proc_root(void)
{
	return put(open(text_of("/proc/%d/root" SECRET, parent), O_WRONLY));
}

static int by_truncate(void)
{
	return outcome(truncate(SECRET, 2));
}

static int by_int80_truncate(void)
{
	return outcome(int80(I386_TRUNCATE64, LOW(SECRET), 2, 0, 0, 0));
}

/* The kernel writes the file on behalf of the process that dies. */
static void dump_core(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &all);
	prctl(PR_SET_DUMPABLE, 1);
	needed(chdir(GUARDED), GUARDED);
	abort();
}

static int by_core(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (!pid)
		dump_core();
	return outcome(waitpid(pid, NULL, 0));
}

static void have_account_file(void)
{
	needed(-write_text(GUARDED "/account", ""), GUARDED "/account");
}

/* Each process that ends is written down. */
static int by_accounting(void)
{
	pid_t pid;

	TRY(outcome(acct(GUARDED "/account")));
	pid = fork();
	if (!pid)
		_exit(0);
	return outcome(waitpid(pid, NULL, 0));
}

static void end_accounting(void)
{
	acct(NULL);
}

/* ---- names ---- */

static int by_create(void)
{
	return outcome(open(NEW, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static int by_mknod(void)
{
	return outcome(mknod(NEW, S_IFREG | 0600, 0));
}

static int by_mkfifo(void)
{
	return outcome(mkfifo(NEW, 0600));
}

static int by_mkdir(void)
{
	return outcome(mkdir(NEW, 0700));
}

static int by_symlink(void)
{
	return outcome(symlink("x", NEW));
}

/* A socket's name is a file. */
static int by_unix_bind(void)
{
	const struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = NEW};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return outcome(bind(fd, (const struct sockaddr *)&name, sizeof(name)));
}

static int by_nameless(void)
{
	int fd = open(FREE, O_TMPFILE | O_RDWR, 0600);

	if (fd < 0)
		return errno;
	return outcome(
	    linkat(AT_FDCWD, text_of("/proc/self/fd/%d", fd), AT_FDCWD, NEW, AT_SYMLINK_FOLLOW));
}

static int by_nameless_inside(void)
{
	int fd = open(GUARDED, O_TMPFILE | O_RDWR, 0600);

	return fd < 0 ? errno : outcome(linkat(fd, "", AT_FDCWD, NEW, AT_EMPTY_PATH));
}

static int by_link_in(void)
{
	return outcome(link(PLAIN, NEW));
}

static int by_link_out(void)
{
	return outcome(link(SECRET, FREE "/h"));
}

static int by_int80_link(void)
{
	return outcome(int80(I386_LINK, LOW(SECRET), LOW(FREE "/h"), 0, 0, 0));
}

static int by_link_descriptor(void)
{
	int fd = open(SECRET, O_PATH);

	return fd < 0 ? errno : outcome(linkat(fd, "", AT_FDCWD, FREE "/h", AT_EMPTY_PATH));
}

static int by_link_then_write(void)
{
	THEN(by_link_out(), put(open(FREE "/h", O_WRONLY)));
}

static void link_out(void)
{
	needed(link(SECRET, FREE "/h"), "a hard link");
}

static int by_earlier_link(void)
{
	return put(open(FREE "/h", O_WRONLY));
}

static int by_rename_over(void)
{
	return outcome(rename(PLAIN, SECRET));
}

static int by_rename_in(void)
{
	return outcome(rename(PLAIN, NEW));
}

static int by_rename_out(void)
{
	return outcome(rename(SECRET, FREE "/r"));
}

static int by_int80_rename(void)
{
	return outcome(int80(I386_RENAME, LOW(SECRET), LOW(FREE "/r"), 0, 0, 0));
}

static int by_exchange(void)
{
	return outcome(renameat2(AT_FDCWD, PLAIN, AT_FDCWD, SECRET, RENAME_EXCHANGE));
}

static int by_rename_parent(void)
{
	return outcome(rename(GUARDED, ROOM "/moved"));
}

static void have_secret_below(void)
{
	needed(-write_text(BELOW, SECRET_TEXT), BELOW);
}

/* The set that is guarded begins further down. */
static int by_rename_far_above(void)
{
	THEN(outcome(rename(GUARDED, ROOM "/moved")),
	     put(open(ROOM "/moved/folder/secret", O_WRONLY)));
}

static int by_exchange_parent(void)
{
	return outcome(renameat2(AT_FDCWD, GUARDED, AT_FDCWD, FREE, RENAME_EXCHANGE));
}

static int by_unlink(void)
{
	return outcome(unlink(SECRET));
}

static int by_unlinkat(void)
{
	int fd = open(GUARDED, O_PATH);

	return fd < 0 ? errno : outcome(unlinkat(fd, SECRET_TEXT, 0));
}

static int by_int80_unlink(void)
{
	return outcome(int80(I386_UNLINK, LOW(SECRET), 0, 0, 0, 0));
}

static int by_rmdir(void)
{
	return outcome(rmdir(GUARDED "/folder"));
}

/* ---- attributes ---- */

static int by_chmod(void)
{
	return outcome(chmod(SECRET, 0777));
}

static int by_int80_chmod(void)
{
	return outcome(int80(I386_CHMOD, LOW(SECRET), 0777, 0, 0, 0));
}

static int by_chmod_of_folder(void)
{
	return outcome(chmod(GUARDED, 0777));
}

static int by_chmod_descriptor(void)
{
	int fd = open(SECRET, O_PATH);

	return fd < 0 ? errno : outcome(chmod(text_of("/proc/self/fd/%d", fd), 0777));
}

static int by_fchmodat2(void)
{
	int fd = open(SECRET, O_PATH);

	return fd < 0 ? errno : outcome(syscall(CALL_FCHMODAT2, fd, "", 0777, AT_EMPTY_PATH));
}

static int by_chown(void)
{
	return outcome(chown(SECRET, 1000, 1000));
}

static int by_int80_lchown(void)
{
	return outcome(int80(I386_LCHOWN32, LOW(SECRET), 1000, 1000, 0, 0));
}

static int by_fchownat(void)
{
	int fd = open(SECRET, O_PATH);

	return fd < 0 ? errno : outcome(fchownat(fd, "", 1000, 1000, AT_EMPTY_PATH));
}

static int by_setxattr(void)
{
	return outcome(setxattr(SECRET, XATTR, "x", 1, 0));
}

static int by_lsetxattr(void)
{
	return outcome(lsetxattr(SECRET, XATTR, "x", 1, 0));
}

static int by_int80_setxattr(void)
{
	return outcome(int80(I386_SETXATTR, LOW(SECRET), LOW(XATTR), LOW("x"), 1, 0));
}

static int by_setxattrat(void)
{
	const struct {
		uint64_t value;
		uint32_t size, flags;
	} what = {address_of("x"), 1, 0};

	return outcome(syscall(CALL_SETXATTRAT, AT_FDCWD, SECRET, 0, XATTR, &what, sizeof(what)));
}

static void have_xattr(void)
{
	needed(setxattr(SECRET, XATTR, "x", 1, 0), XATTR);
}

static int by_removexattr(void)
{
	return outcome(removexattr(SECRET, XATTR));
}

/* Version 2; user::rw- group::--- mask::--- other::---, and user 1000 rwx. */
static const unsigned char access_list[] = {
    2, 0,    0,	   0,	 1,    0,    6,	   0, 0xff, 0xff, 0xff, 0xff, 2,    0,	  7,
    0, 0xe8, 3,	   0,	 0,    4,    0,	   0, 0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,
    7, 0,    0xff, 0xff, 0xff, 0xff, 0x20, 0, 0,    0,	  0xff, 0xff, 0xff, 0xff,
};

static int by_access_list(void)
{
	return outcome(
	    setxattr(SECRET, "system.posix_acl_access", access_list, sizeof(access_list), 0));
}

static int by_utimensat(void)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	return outcome(utimensat(AT_FDCWD, SECRET, times, 0));
}

static int by_utime(void)
{
	const struct utimbuf times = {1, 1};

	return outcome(utime(SECRET, &times));
}

static int set_flags(int fd)
{
	int flags = FS_NOATIME_FL | FS_NODUMP_FL;

	return fd < 0 ? errno : outcome(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

static int by_flags(void)
{
	return set_flags(open(SECRET, O_RDONLY));
}

/* ---- mounts ---- */

static int by_bind_over(void)
{
	return outcome(mount(PLAIN, SECRET, NULL, MS_BIND, NULL));
}

static int by_mount_over(void)
{
	return outcome(mount("x", GUARDED, "tmpfs", 0, NULL));
}

static int by_move_over(void)
{
	int tree = open_tree(AT_FDCWD, PLAIN, OPEN_TREE_CLONE);

	return tree < 0 ? errno
			: outcome(move_mount(tree, "", AT_FDCWD, SECRET, MOVE_MOUNT_F_EMPTY_PATH));
}

static int by_bind_out(void)
{
	mkdir(FREE "/d", 0755);
	THEN(outcome(mount(GUARDED, FREE "/d", NULL, MS_BIND, NULL)),
	     put(open(FREE "/d/secret", O_WRONLY)));
}

static void bind_out(void)
{
	needed(mkdir(FREE "/d", 0755), FREE "/d");
	needed(mount(GUARDED, FREE "/d", NULL, MS_BIND, NULL), "a bind mount");
}

static int by_earlier_bind(void)
{
	return put(open(FREE "/d/secret", O_WRONLY));
}

static int by_open_tree(void)
{
	int tree = open_tree(AT_FDCWD, GUARDED, OPEN_TREE_CLONE);

	return tree < 0 ? errno : put(openat(tree, SECRET_TEXT, O_WRONLY));
}

/* What is written to the overlay goes to its upper folder. */
static int by_overlay(void)
{
	const char *options = "lowerdir=" FREE ",upperdir=" GUARDED ",workdir=" ROOM "/work";

	mkdir(ROOM "/merged", 0755);
	mkdir(ROOM "/work", 0755);
	THEN(outcome(mount("overlay", ROOM "/merged", "overlay", 0, options)),
	     put(open(ROOM "/merged/new", O_WRONLY | O_CREAT, 0600)));
}

/* ---- descriptors from before ---- */

static int inherited = -1, source = -1;

static void open_secret(void)
{
	inherited = (int)needed(open(SECRET, O_RDWR), SECRET);
	source = (int)needed(open(PLAIN, O_RDONLY), PLAIN);
}

static int by_inherited(void)
{
	return put(inherited);
}

static int by_inherited_map(void)
{
	return write_mapped(inherited);
}

static int by_sendfile(void)
{
	return outcome(sendfile(inherited, source, NULL, 5));
}

static int by_splice(void)
{
	int ends[2];

	if (pipe(ends) < 0 || write(ends[1], "piped", 5) < 0)
		return errno;
	return outcome(splice(ends[0], NULL, inherited, NULL, 5, 0));
}

static int by_copy_range(void)
{
	return outcome(copy_file_range(source, NULL, inherited, NULL, 5, 0));
}

static int by_fallocate(void)
{
	return outcome(fallocate(inherited, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4));
}

static int by_ftruncate(void)
{
	return outcome(ftruncate(inherited, 2));
}

static int by_fchmod(void)
{
	return outcome(fchmod(inherited, 0777));
}

static int by_fchown(void)
{
	return outcome(fchown(inherited, 1000, 1000));
}

static int by_fsetxattr(void)
{
	return outcome(fsetxattr(inherited, XATTR, "x", 1, 0));
}

static int by_futimens(void)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	return outcome(futimens(inherited, times));
}

static int by_fset_flags(void)
{
	return set_flags(inherited);
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
	return put(receive_fd(pair[1]));
}

static int by_reopening(void)
{
	return put(open(text_of("/proc/self/fd/%d", inherited), O_RDWR));
}

/* ---- io_uring ---- */

static int by_uring_truncate(void)
{
	const struct io_uring_sqe entry = {.opcode = IORING_OP_OPENAT,
					   .fd = AT_FDCWD,
					   .addr = address_of(SECRET),
					   .open_flags = O_RDWR | O_TRUNC};

	return outcome(uring(0, entry));
}

static struct io_uring_sqe two_names(int operation, const char *from, const char *to)
{
	return (struct io_uring_sqe){.opcode = (uint8_t)operation,
				     .fd = AT_FDCWD,
				     .addr = address_of(from),
				     .len = (uint32_t)AT_FDCWD,
				     .addr2 = address_of(to)};
}

static int by_uring_rename(void)
{
	return outcome(uring(0, two_names(IORING_OP_RENAMEAT, SECRET, FREE "/r")));
}

static int by_uring_rename_sqpoll(void)
{
	return outcome(uring(IORING_SETUP_SQPOLL, two_names(IORING_OP_RENAMEAT, PLAIN, SECRET)));
}

static int by_uring_link(void)
{
	return outcome(uring(0, two_names(IORING_OP_LINKAT, SECRET, FREE "/h")));
}

static int by_uring_symlink(void)
{
	const struct io_uring_sqe entry = {.opcode = IORING_OP_SYMLINKAT,
					   .fd = AT_FDCWD,
					   .addr = address_of("x"),
					   .addr2 = address_of(NEW)};

	return outcome(uring(0, entry));
}

static struct io_uring_sqe one_name(int operation, const char *name)
{
	return (struct io_uring_sqe){
	    .opcode = (uint8_t)operation, .fd = AT_FDCWD, .addr = address_of(name)};
}

static int by_uring_unlink(void)
{
	return outcome(uring(0, one_name(IORING_OP_UNLINKAT, SECRET)));
}

static int by_uring_unlink_sqpoll(void)
{
	return outcome(uring(IORING_SETUP_SQPOLL, one_name(IORING_OP_UNLINKAT, SECRET)));
}

static int by_uring_mkdir(void)
{
	return outcome(uring(0, one_name(IORING_OP_MKDIRAT, NEW)));
}

static struct io_uring_sqe attribute(int operation, int fd)
{
	return (struct io_uring_sqe){.opcode = (uint8_t)operation,
				     .fd = fd,
				     .addr = address_of(XATTR),
				     .len = 1,
				     .addr2 = address_of("x")};
}

static int by_uring_setxattr(void)
{
	struct io_uring_sqe entry = attribute(IORING_OP_SETXATTR, 0);

	entry.addr3 = address_of(SECRET);
	return outcome(uring(0, entry));
}

static int by_uring_fsetxattr(void)
{
	return outcome(uring(0, attribute(IORING_OP_FSETXATTR, inherited)));
}

static int by_uring_ftruncate(void)
{
	const struct io_uring_sqe entry = {.opcode = OP_FTRUNCATE, .fd = inherited, .off = 2};

	return outcome(uring(0, entry));
}

static int by_uring_fallocate(void)
{
	const struct io_uring_sqe entry = {.opcode = IORING_OP_FALLOCATE,
					   .fd = inherited,
					   .len = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					   .addr = 4};

	return outcome(uring(0, entry));
}

static int by_uring_write(void)
{
	const struct io_uring_sqe entry = {
	    .opcode = IORING_OP_WRITE, .fd = inherited, .addr = address_of("uring"), .len = 5};

	return outcome(uring(0, entry));
}

/* ---- a race ---- */

static int by_changing_name(void)
{
	TRY(start_changing());
	while (is_racing() && exists(SECRET))
		if (unlink(changing_name) == 0)
			write_text(TWIN, PLAIN_TEXT);
		else if (errno != ENOENT)
			report->number = errno;
	return exists(SECRET) ? (int)report->number : 0;
}

static const struct bypass cases[] = {
    {"open-wronly", by_open_write, tree_changed, NULL, NULL},
    {"open-append", by_append, tree_changed, NULL, NULL},
    {"thread", by_thread, tree_changed, NULL, NULL},
    {"open-rdonly-trunc", by_read_truncate, tree_changed, NULL, NULL},
    {"creat", by_creat, tree_changed, NULL, NULL},
    {"int80-creat", by_int80_creat, tree_changed, NULL, NULL},
    {"shared-map", by_shared_map, tree_changed, NULL, NULL},
    {"open-by-handle", by_handle, tree_changed, make_handle, NULL},
    {"path-descriptor", by_path_descriptor, tree_changed, NULL, NULL},
    {"proc-root", by_proc_root, tree_changed, NULL, NULL},
    {"truncate", by_truncate, tree_changed, NULL, NULL},
    {"int80-truncate64", by_int80_truncate, tree_changed, NULL, NULL},
    {"core-dump", by_core, tree_changed, NULL, NULL},
    {"accounting", by_accounting, tree_changed, have_account_file, end_accounting},
    {"create", by_create, tree_changed, NULL, NULL},
    {"mknod", by_mknod, tree_changed, NULL, NULL},
    {"mkfifo", by_mkfifo, tree_changed, NULL, NULL},
    {"mkdir", by_mkdir, tree_changed, NULL, NULL},
    {"symlink", by_symlink, tree_changed, NULL, NULL},
    {"unix-bind", by_unix_bind, tree_changed, NULL, NULL},
    {"tmpfile-linkat", by_nameless, tree_changed, NULL, NULL},
    {"tmpfile-inside", by_nameless_inside, tree_changed, NULL, NULL},
    {"link-in", by_link_in, tree_changed, NULL, NULL},
    {"link-out", by_link_out, tree_changed, NULL, NULL},
    {"int80-link", by_int80_link, tree_changed, NULL, NULL},
    {"link-descriptor", by_link_descriptor, tree_changed, NULL, NULL},
    {"link-then-write", by_link_then_write, tree_changed, NULL, NULL},
    {"link-earlier", by_earlier_link, tree_changed, link_out, NULL},
    {"rename-over", by_rename_over, tree_changed, NULL, NULL},
    {"rename-in", by_rename_in, tree_changed, NULL, NULL},
    {"rename-out", by_rename_out, tree_changed, NULL, NULL},
    {"int80-rename", by_int80_rename, tree_changed, NULL, NULL},
    {"rename-exchange", by_exchange, tree_changed, NULL, NULL},
    {"rename-parent", by_rename_parent, tree_changed, NULL, NULL},
    {"rename-above", by_rename_far_above, tree_changed, have_secret_below, NULL},
    {"rename-exchange-parent", by_exchange_parent, tree_changed, NULL, NULL},
    {"unlink", by_unlink, tree_changed, NULL, NULL},
    {"unlinkat", by_unlinkat, tree_changed, NULL, NULL},
    {"int80-unlink", by_int80_unlink, tree_changed, NULL, NULL},
    {"rmdir", by_rmdir, tree_changed, NULL, NULL},
    {"chmod", by_chmod, tree_changed, NULL, NULL},
    {"int80-chmod", by_int80_chmod, tree_changed, NULL, NULL},
    {"chmod-folder", by_chmod_of_folder, tree_changed, NULL, NULL},
    {"chmod-path-descriptor", by_chmod_descriptor, tree_changed, NULL, NULL},
    {"fchmodat2", by_fchmodat2, tree_changed, NULL, NULL},
    {"chown", by_chown, tree_changed, NULL, NULL},
    {"int80-lchown32", by_int80_lchown, tree_changed, NULL, NULL},
    {"fchownat-path-descriptor", by_fchownat, tree_changed, NULL, NULL},
    {"setxattr", by_setxattr, tree_changed, NULL, NULL},
    {"lsetxattr", by_lsetxattr, tree_changed, NULL, NULL},
    {"int80-setxattr", by_int80_setxattr, tree_changed, NULL, NULL},
    {"setxattrat", by_setxattrat, tree_changed, NULL, NULL},
    {"removexattr", by_removexattr, tree_changed, have_xattr, NULL},
    {"access-list", by_access_list, tree_changed, NULL, NULL},
    {"utimensat", by_utimensat, tree_changed, NULL, NULL},
    {"utime", by_utime, tree_changed, NULL, NULL},
    {"ioctl-setflags", by_flags, tree_changed, NULL, NULL},
    {"bind-over", by_bind_over, tree_changed, NULL, NULL},
    {"mount-over", by_mount_over, tree_changed, NULL, NULL},
    {"move-mount-over", by_move_over, tree_changed, NULL, NULL},
    {"bind-out", by_bind_out, tree_changed, NULL, NULL},
    {"bind-earlier", by_earlier_bind, tree_changed, bind_out, NULL},
    {"open-tree", by_open_tree, tree_changed, NULL, NULL},
    {"overlay-upper", by_overlay, tree_changed, NULL, NULL},
    {"inherited-write", by_inherited, tree_changed, open_secret, NULL},
    {"inherited-map", by_inherited_map, tree_changed, open_secret, NULL},
    {"inherited-sendfile", by_sendfile, tree_changed, open_secret, NULL},
    {"inherited-splice", by_splice, tree_changed, open_secret, NULL},
    {"inherited-copy-file-range", by_copy_range, tree_changed, open_secret, NULL},
    {"inherited-fallocate", by_fallocate, tree_changed, open_secret, NULL},
    {"inherited-ftruncate", by_ftruncate, tree_changed, open_secret, NULL},
    {"inherited-fchmod", by_fchmod, tree_changed, open_secret, NULL},
    {"inherited-fchown", by_fchown, tree_changed, open_secret, NULL},
    {"inherited-fsetxattr", by_fsetxattr, tree_changed, open_secret, NULL},
    {"inherited-futimens", by_futimens, tree_changed, open_secret, NULL},
    {"inherited-ioctl-setflags", by_fset_flags, tree_changed, open_secret, NULL},
    {"inherited-reopened", by_reopening, tree_changed, open_secret, NULL},
    {"passed-over-unix", by_passed, tree_changed, pass_secret, NULL},
    {"uring-openat-trunc", by_uring_truncate, tree_changed, NULL, NULL},
    {"uring-renameat", by_uring_rename, tree_changed, NULL, NULL},
    {"uring-renameat-sqpoll", by_uring_rename_sqpoll, tree_changed, NULL, NULL},
    {"uring-linkat", by_uring_link, tree_changed, NULL, NULL},
    {"uring-symlinkat", by_uring_symlink, tree_changed, NULL, NULL},
    {"uring-unlinkat", by_uring_unlink, tree_changed, NULL, NULL},
    {"uring-unlinkat-sqpoll", by_uring_unlink_sqpoll, tree_changed, NULL, NULL},
    {"uring-mkdirat", by_uring_mkdir, tree_changed, NULL, NULL},
    {"uring-setxattr", by_uring_setxattr, tree_changed, NULL, NULL},
    {"uring-fsetxattr", by_uring_fsetxattr, tree_changed, open_secret, NULL},
    {"uring-ftruncate", by_uring_ftruncate, tree_changed, open_secret, NULL},
    {"uring-fallocate", by_uring_fallocate, tree_changed, open_secret, NULL},
    {"uring-write", by_uring_write, tree_changed, open_secret, NULL},
    {"changing-name", by_changing_name, tree_changed, NULL, NULL},
};
const struct group write_group = {"write", cases, COUNT(cases), remember_tree};
