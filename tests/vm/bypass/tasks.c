// SPDX-License-Identifier: Apache-2.0
/* Ways to a new task, to a signal at another process, and to another identity. */
#include "bypass.h"
#include "marks.h"
#include "uring.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/xattr.h>

/* ---- fork ---- */

static int leave_mark(long pid)
{
	if (pid < 0)
		return errno;
	if (!pid) {
		report->ran = 1;
		_exit(0);
	}
	waitpid((pid_t)pid, NULL, __WALL);
	/* It may be a sibling, for whom nobody waits. */
	for (int i = 0; i < 1000 && !report->ran; i++)
		poll(NULL, 0, 1);
	return 0;
}

static int by_fork(void)
{
	return leave_mark(syscall(SYS_fork));
}

static int by_vfork(void)
{
	return leave_mark(vfork());
}

static int by_clone(void)
{
	return leave_mark(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

/* A sibling: the parent's child, not the attempt's. */
static int by_clone_parent(void)
{
	return leave_mark(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
}

static int by_clone3(void)
{
	const struct clone_args how = {.exit_signal = SIGCHLD};

	return leave_mark(syscall(SYS_clone3, &how, sizeof(how)));
}

static int set_mark(void)
{
	report->ran = 1;
	return 0;
}

static int by_thread(void)
{
	return in_thread(set_mark);
}

static int by_fork_int80(void)
{
	return leave_mark(int80(2, 0, 0, 0, 0, 0));
}

static int by_clone_int80(void)
{
	return leave_mark(int80(120, SIGCHLD, 0, 0, 0, 0));
}

static int by_clone3_int80(void)
{
	static struct clone_args how;

	how.exit_signal = SIGCHLD;
	return leave_mark(int80(435, LOW(&how), sizeof(how), 0, 0, 0));
}

static const struct bypass fork_cases[] = {
    {"fork", by_fork, has_run, NULL, NULL},
    {"vfork", by_vfork, has_run, NULL, NULL},
    {"clone", by_clone, has_run, NULL, NULL},
    {"clone-parent", by_clone_parent, has_run, NULL, NULL},
    {"clone3", by_clone3, has_run, NULL, NULL},
    {"thread", by_thread, has_run, NULL, NULL},
    {"int80-fork", by_fork_int80, has_run, NULL, NULL},
    {"int80-clone", by_clone_int80, has_run, NULL, NULL},
    {"int80-clone3", by_clone3_int80, has_run, NULL, NULL},
};
const struct group fork_group = {"fork", fork_cases, COUNT(fork_cases), NULL};

/* ---- signal ---- */

static volatile int *ready;

static void count_signal(int number)
{
	(void)number;
	report->number++;
}

static const int counted[] = {SIGUSR1, SIGIO, SIGINT, SIGHUP, SIGCONT};

static void wait_for_signals(void)
{
	setpgid(0, 0);
	for (size_t i = 0; i < COUNT(counted); i++)
		signal(counted[i], count_signal);
	*ready = 1;
	pause_for_ever();
}

static void wait_until_ready(void)
{
	for (int i = 0; i < 1000 && !*ready; i++)
		poll(NULL, 0, 1);
	needed(*ready - 1, "the victim");
}

static void have_victim(void (*body)(void))
{
	ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	victim = start(body);
	wait_until_ready();
}

static void have_listener(void)
{
	have_victim(wait_for_signals);
}

static bool has_signal(void)
{
	for (int i = 0; i < 20 && !report->number; i++)
		poll(NULL, 0, 2);
	return report->number != 0;
}

static int by_kill(void)
{
	return outcome(kill(victim, SIGUSR1));
}

static int by_kill_thread(void)
{
	return in_thread(by_kill);
}

static int by_kill_group(void)
{
	return outcome(kill(-victim, SIGUSR1));
}

static int by_tgkill(void)
{
	return outcome(syscall(SYS_tgkill, victim, victim, SIGUSR1));
}

static int by_tkill(void)
{
	return outcome(syscall(SYS_tkill, victim, SIGUSR1));
}

static int by_queue(void)
{
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};

	return outcome(syscall(SYS_rt_sigqueueinfo, victim, SIGUSR1, &info));
}

static int by_thread_queue(void)
{
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};

	return outcome(syscall(SYS_rt_tgsigqueueinfo, victim, victim, SIGUSR1, &info));
}

static int by_pidfd(void)
{
	int process = (int)syscall(SYS_pidfd_open, victim, 0);

	return process < 0 ? errno
			   : outcome(syscall(SYS_pidfd_send_signal, process, SIGUSR1, NULL, 0));
}

static int by_kill_int80(void)
{
	return outcome(int80(37, victim, SIGUSR1, 0, 0, 0));
}

static int by_tgkill_int80(void)
{
	return outcome(int80(270, victim, victim, SIGUSR1, 0, 0));
}

/* Whoever owns a descriptor is told when something arrives. */
static int arrive_at(int fd, int to)
{
	TRY(outcome(fcntl(fd, F_SETSIG, SIGUSR1)));
	TRY(outcome(fcntl(fd, F_SETFL, O_ASYNC)));
	return outcome(write(to, "x", 1));
}

static int by_owner(void)
{
	int ends[2];

	TRY(outcome(pipe(ends)));
	THEN(outcome(fcntl(ends[0], F_SETOWN, victim)), arrive_at(ends[0], ends[1]));
}

static int by_owner_ex(void)
{
	const struct f_owner_ex owner = {F_OWNER_TID, victim};
	int ends[2];

	TRY(outcome(pipe(ends)));
	THEN(outcome(fcntl(ends[0], F_SETOWN_EX, &owner)), arrive_at(ends[0], ends[1]));
}

static int by_socket_owner(void)
{
	int ends[2];

	TRY(outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, ends)));
	THEN(outcome(ioctl(ends[0], SIOCSPGRP, &victim)), arrive_at(ends[0], ends[1]));
}

static int terminal = -1;

static void wait_at_terminal(void)
{
	char name[64];

	ptsname_r(terminal, name, sizeof(name));
	setsid();
	ioctl(open(name, O_RDWR), TIOCSCTTY, 0);
	wait_for_signals();
}

static void have_terminal(void)
{
	terminal = (int)needed(posix_openpt(O_RDWR | O_NOCTTY), "a terminal");
	grantpt(terminal);
	unlockpt(terminal);
	have_victim(wait_at_terminal);
}

/* ^C at the other end of the victim's terminal. */
static int by_terminal(void)
{
	return outcome(write(terminal, "\003", 1));
}

#define VICTIMS "/sys/fs/cgroup/bypass-victims"

static void have_victims_cgroup(void)
{
	mkdir(VICTIMS, 0755);
	have_listener();
	needed(-write_text(VICTIMS "/cgroup.procs", text_of("%d", victim)), VICTIMS);
}

static int by_cgroup_kill(void)
{
	return write_text(VICTIMS "/cgroup.kill", "1");
}

static bool is_killed(void)
{
	siginfo_t found = {0};

	for (int i = 0; i < 20 && !found.si_pid; i++) {
		poll(NULL, 0, 5);
		waitid(P_PID, (id_t)victim, &found, WEXITED | WNOHANG | WNOWAIT);
	}
	return found.si_pid == victim;
}

static void remove_victims_cgroup(void)
{
	end_started();
	rmdir(VICTIMS);
}

static const struct bypass signal_cases[] = {
    {"kill", by_kill, has_signal, have_listener, NULL},
    {"thread", by_kill_thread, has_signal, have_listener, NULL},
    {"kill-group", by_kill_group, has_signal, have_listener, NULL},
    {"tgkill", by_tgkill, has_signal, have_listener, NULL},
    {"tkill", by_tkill, has_signal, have_listener, NULL},
    {"rt-sigqueueinfo", by_queue, has_signal, have_listener, NULL},
    {"rt-tgsigqueueinfo", by_thread_queue, has_signal, have_listener, NULL},
    {"pidfd-send-signal", by_pidfd, has_signal, have_listener, NULL},
    {"int80-kill", by_kill_int80, has_signal, have_listener, NULL},
    {"int80-tgkill", by_tgkill_int80, has_signal, have_listener, NULL},
    {"fcntl-setown", by_owner, has_signal, have_listener, NULL},
    {"fcntl-setown-ex", by_owner_ex, has_signal, have_listener, NULL},
    {"ioctl-siocspgrp", by_socket_owner, has_signal, have_listener, NULL},
    {"terminal", by_terminal, has_signal, have_terminal, NULL},
    {"cgroup-kill", by_cgroup_kill, is_killed, have_victims_cgroup, remove_victims_cgroup},
};
const struct group signal_group = {"signal", signal_cases, COUNT(signal_cases), NULL};

/* ---- setuid ---- */

struct identity {
	uid_t uids[4];
	gid_t gids[4];
	int groups;
};

static struct identity identity_now(void)
{
	struct identity now;

	memset(&now, 0, sizeof(now));
	getresuid(&now.uids[0], &now.uids[1], &now.uids[2]);
	getresgid(&now.gids[0], &now.gids[1], &now.gids[2]);
	/* An impossible one changes nothing and returns what is. */
	now.uids[3] = (uid_t)syscall(SYS_setfsuid, -1);
	now.gids[3] = (gid_t)syscall(SYS_setfsgid, -1);
	now.groups = getgroups(0, NULL);
	return now;
}

/* In one thread, without the library's change of all. */
static int change(long result, const struct identity *before)
{
	const int error = outcome(result);
	const struct identity now = identity_now();

	report->ran = memcmp(&now, before, sizeof(now)) != 0;
	return error;
}

#define CHANGE(call)                                                                               \
	do {                                                                                       \
		const struct identity before = identity_now();                                     \
		return change((call), &before);                                                    \
	} while (0)

static int by_setuid(void)
{
	CHANGE(syscall(SYS_setuid, 1000));
}

static int by_setreuid(void)
{
	CHANGE(syscall(SYS_setreuid, -1, 1000));
}

static int by_setresuid(void)
{
	CHANGE(syscall(SYS_setresuid, -1, -1, 1000));
}

static int by_setfsuid(void)
{
	CHANGE(syscall(SYS_setfsuid, 1000) < 0 ? -1 : 0);
}

static int by_setgid(void)
{
	CHANGE(syscall(SYS_setgid, 1000));
}

static int by_setregid(void)
{
	CHANGE(syscall(SYS_setregid, -1, 1000));
}

static int by_setresgid(void)
{
	CHANGE(syscall(SYS_setresgid, -1, 1000, -1));
}

static int by_setfsgid(void)
{
	CHANGE(syscall(SYS_setfsgid, 1000) < 0 ? -1 : 0);
}

static int by_setgroups(void)
{
	static const gid_t groups[2] = {1000, 1001};

	CHANGE(syscall(SYS_setgroups, 2, groups));
}

static int by_setuid_int80(void)
{
	CHANGE(int80(213, 1000, 0, 0, 0, 0));
}

static int by_old_setuid_int80(void)
{
	CHANGE(int80(23, 1000, 0, 0, 0, 0));
}

static int by_setgroups_int80(void)
{
	static const gid_t groups[2] = {1000, 1001};

	CHANGE(int80(206, 2, LOW(groups), 0, 0, 0));
}

static int by_setuid_thread(void)
{
	return in_thread(by_setuid);
}

static void become_user(void)
{
	needed(setresuid(1000, 1000, 0), "another user");
}

static void become_root(void)
{
	needed(setresuid(0, 0, 0), "root");
}

static void have_setuid_program(void)
{
	have_program();
	needed(chmod(PROGRAM, 04755), PROGRAM);
	expect_marks();
	become_user();
}

/* Version 2, effective, cap_net_admin permitted. */
static void have_capable_program(void)
{
	static const struct vfs_cap_data sets = {.magic_etc =
						     VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
						 .data = {{.permitted = 1u << CAP_NET_ADMIN}}};

	have_program();
	needed(setxattr(PROGRAM, "security.capability", &sets, sizeof(sets), 0), PROGRAM);
	expect_marks();
	become_user();
}

/* Without what root has left in the saved uid: an exec would keep nothing of it anyway. */
static int by_exec(void)
{
	char *const words[] = {"mark", NULL};

	return outcome(execve(PROGRAM, words, words + 1));
}

static bool left(char wanted)
{
	become_root();
	return left_mark() == wanted;
}

static bool ran_as_root(void)
{
	return left('r');
}

static bool ran_with_capabilities(void)
{
	return left('c');
}

static struct ring earlier;
static int root_identity;

/* io_uring_register(2): credentials kept in a ring, for whoever submits to it. */
static void keep_identity(void)
{
	needed(chmod(SECRET, 0600), SECRET);
	earlier = make_ring(0);
	needed(earlier.fd, "a ring");
	root_identity = (int)needed(
	    syscall(SYS_io_uring_register, earlier.fd, IORING_REGISTER_PERSONALITY, NULL, 0),
	    "a personality");
	become_user();
}

static int by_ring_identity(void)
{
	const struct io_uring_sqe entry = {.opcode = IORING_OP_OPENAT,
					   .fd = AT_FDCWD,
					   .addr = address_of(SECRET),
					   .personality = (uint16_t)root_identity};

	return take((int)ring_do(&earlier, entry));
}

static bool secret_taken_by_user(void)
{
	become_root();
	return secret_taken();
}

static const struct bypass setuid_cases[] = {
    {"setuid", by_setuid, has_run, NULL, NULL},
    {"setreuid", by_setreuid, has_run, NULL, NULL},
    {"setresuid", by_setresuid, has_run, NULL, NULL},
    {"setfsuid", by_setfsuid, has_run, NULL, NULL},
    {"setgid", by_setgid, has_run, NULL, NULL},
    {"setregid", by_setregid, has_run, NULL, NULL},
    {"setresgid", by_setresgid, has_run, NULL, NULL},
    {"setfsgid", by_setfsgid, has_run, NULL, NULL},
    {"setgroups", by_setgroups, has_run, NULL, NULL},
    {"int80-setuid32", by_setuid_int80, has_run, NULL, NULL},
    {"int80-setuid16", by_old_setuid_int80, has_run, NULL, NULL},
    {"int80-setgroups32", by_setgroups_int80, has_run, NULL, NULL},
    {"thread", by_setuid_thread, has_run, NULL, NULL},
    {"exec-setuid-bit", by_exec, ran_as_root, have_setuid_program, NULL},
    {"exec-capabilities", by_exec, ran_with_capabilities, have_capable_program, NULL},
    {"uring-personality", by_ring_identity, secret_taken_by_user, keep_identity, NULL},
};
const struct group setuid_group = {"setuid", setuid_cases, COUNT(setuid_cases), NULL};
