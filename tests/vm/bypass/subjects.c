// SPDX-License-Identifier: Apache-2.0
/* Ways out of being the subject of a rule. The act is always the same: reading the secret. */
#include "bypass.h"
#include "marks.h"
#include "subject.h"
#include "uring.h"

#include <linux/memfd.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#define CGROUPS "/sys/fs/cgroup"
#define OUTSIDE CGROUPS "/bypass-outside"
#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* ---- by executable: the rules name READER ---- */

static void have_reader(void)
{
	copy_file("/proc/self/exe", READER, 0755);
	expect_marks();
}

/* Runs the reader, whose exit code is the errno. */
static int wait_for_reader(long pid)
{
	int status;

	if (pid < 0 || waitpid((pid_t)pid, &status, __WALL) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int run_reader(const char *path, const char *how)
{
	char *const words[] = {"reader", "read", (char *)(uintptr_t)how, NULL};
	pid_t pid = fork();

	if (!pid) {
		execve(path, words, words + 3);
		_exit(errno);
	}
	return wait_for_reader(pid);
}

static int by_reader(void)
{
	return run_reader(READER, "plainly");
}

static int by_readers_child(void)
{
	return run_reader(READER, "forked");
}

static int by_readers_thread(void)
{
	return run_reader(READER, "thread");
}

static int by_renamed_reader(void)
{
	return run_reader(READER, "renamed");
}

static int by_unlinked_reader(void)
{
	return run_reader(READER, "unlinked");
}

static int by_exe_file(void)
{
	return run_reader(READER, "exe-file");
}

static int by_other_program(void)
{
	return run_reader(READER, "other-program");
}

static int by_reader_symlink(void)
{
	THEN(outcome(symlink(READER, FREE "/l")), run_reader(FREE "/l", "plainly"));
}

static int by_reader_link(void)
{
	THEN(outcome(link(READER, FREE "/h")), run_reader(FREE "/h", "plainly"));
}

static int by_reader_copy(void)
{
	copy_file(READER, FREE "/copy", 0755);
	return run_reader(FREE "/copy", "plainly");
}

static int by_reader_bind(void)
{
	mkdir(FREE "/d", 0755);
	THEN(outcome(mount(FREE, FREE "/d", NULL, MS_BIND, NULL)),
	     run_reader(FREE "/d/reader", "plainly"));
}

/* ---- by cgroup ---- */

static void make_outside(void)
{
	mkdir(OUTSIDE, 0755);
}

static void remove_outside(void)
{
	rmdir(OUTSIDE);
}

static int read_secret(void)
{
	return take(open(SECRET, O_RDONLY));
}

/* Root may write where it belongs. */
static int by_leaving(void)
{
	THEN(write_text(OUTSIDE "/cgroup.procs", "0"), read_secret());
}

static int by_clone_into(void)
{
	const struct clone_args how = {.flags = CLONE_INTO_CGROUP,
				       .exit_signal = SIGCHLD,
				       .cgroup = (uint64_t)open(OUTSIDE, O_PATH)};
	long pid = syscall(SYS_clone3, &how, sizeof(how));

	if (!pid)
		_exit(read_secret());
	return wait_for_reader(pid);
}

/* A control group namespace shows its own cgroup as the root. */
static int by_cgroup_namespace(void)
{
	THEN(outcome(unshare(CLONE_NEWCGROUP)), read_secret());
}

static const char *own_cgroup(void)
{
	static char text[256];
	int fd = open("/proc/self/cgroup", O_RDONLY);
	long size = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[size > 0 ? size - 1 : 0] = 0;
	return strchr(text, '/') ? strchr(text, '/') : "/";
}

static int by_cgroup_below(void)
{
	const char *below = text_of(CGROUPS "%s/below", own_cgroup());

	mkdir(below, 0755);
	THEN(write_text(text_of("%s/cgroup.procs", below), "0"), read_secret());
}

static int by_daemon(void)
{
	pid_t pid = fork();

	if (!pid) {
		setsid();
		if (fork())
			_exit(0);
		report->error = read_secret();
		report->ran = 1;
		_exit(0);
	}
	for (int i = 0; i < 2000 && !report->ran; i++)
		usleep(1000);
	return report->error;
}

/* ---- by user: the rules name uid 1000 ---- */

static struct ring earlier;
static int root_identity;

static void become_user(void)
{
	needed(setresuid(1000, 1000, 0), "another user");
}

static void keep_identity(void)
{
	earlier = make_ring(0);
	needed(earlier.fd, "a ring");
	root_identity = (int)needed(
	    syscall(SYS_io_uring_register, earlier.fd, IORING_REGISTER_PERSONALITY, NULL, 0),
	    "a personality");
	become_user();
}

static bool secret_taken_by_user(void)
{
	needed(setresuid(0, 0, 0), "root");
	return secret_taken();
}

static int by_ring_identity(void)
{
	const struct io_uring_sqe entry = {.opcode = IORING_OP_OPENAT,
					   .fd = AT_FDCWD,
					   .addr = address_of(SECRET),
					   .personality = (uint16_t)root_identity};

	return take((int)ring_do(&earlier, entry));
}

static int by_ring_identity_async(void)
{
	const struct io_uring_sqe entry = {.opcode = IORING_OP_OPENAT,
					   .flags = IOSQE_ASYNC,
					   .fd = AT_FDCWD,
					   .addr = address_of(SECRET),
					   .personality = (uint16_t)root_identity};

	return take((int)ring_do(&earlier, entry));
}

static int by_real_user(void)
{
	THEN(outcome(setresuid((uid_t)-1, 0, (uid_t)-1)), read_secret());
}

/* Rights to files follow the file system's uid, subjects the effective one. */
static int by_file_user(void)
{
	setfsuid(0);
	return read_secret();
}

static int by_user_namespace(void)
{
	THEN(outcome(unshare(CLONE_NEWUSER)), read_secret());
}

static const struct bypass cases[] = {
    {"exe", by_reader, has_mark, have_reader, NULL},
    {"exe-fork", by_readers_child, has_mark, have_reader, NULL},
    {"exe-thread", by_readers_thread, has_mark, have_reader, NULL},
    {"exe-symlink", by_reader_symlink, has_mark, have_reader, NULL},
    {"exe-renamed-running", by_renamed_reader, has_mark, have_reader, NULL},
    {"exe-unlinked-running", by_unlinked_reader, has_mark, have_reader, NULL},
    {"exe-prctl-exe-file", by_exe_file, has_mark, have_reader, NULL},
    {"exe-hard-link", by_reader_link, has_mark, have_reader, NULL},
    {"exe-copy", by_reader_copy, has_mark, have_reader, NULL},
    {"exe-bind-mount", by_reader_bind, has_mark, have_reader, NULL},
    {"exe-starts-other", by_other_program, has_mark, have_reader, NULL},
    {"exe-starts-other-descendant", by_other_program, has_mark, have_reader, NULL},
    {"cgroup-daemon", by_daemon, secret_taken, NULL, NULL},
    {"cgroup-namespace", by_cgroup_namespace, secret_taken, NULL, NULL},
    {"cgroup-below", by_cgroup_below, secret_taken, NULL, NULL},
    {"cgroup-leave", by_leaving, secret_taken, make_outside, remove_outside},
    {"cgroup-leave-guarded", by_leaving, secret_taken, make_outside, remove_outside},
    {"cgroup-clone-into", by_clone_into, secret_taken, make_outside, remove_outside},
    {"user-file-uid", by_file_user, secret_taken_by_user, become_user, NULL},
    {"user-namespace", by_user_namespace, secret_taken_by_user, become_user, NULL},
    {"user-back-to-root", by_real_user, secret_taken_by_user, become_user, NULL},
    {"user-uring-personality", by_ring_identity, secret_taken_by_user, keep_identity, NULL},
    {"user-uring-personality-async", by_ring_identity_async, secret_taken_by_user, keep_identity,
     NULL},
};
const struct group subject_group = {"subject", cases, COUNT(cases), NULL};
