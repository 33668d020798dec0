// SPDX-License-Identifier: Apache-2.0
/* Ways round a rule that names a system call. The effect is a file that is gone, or a folder made.
 */
#include "bypass.h"
#include "uring.h"

#include <linux/sched.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#define MADE FREE "/made"

enum { I386_UNLINK = 10, I386_MKDIR = 39 };

static bool is_gone(void)
{
	return !exists(PLAIN);
}

static bool is_made(void)
{
	return exists(MADE);
}

static int by_unlink(void)
{
	return outcome(syscall(SYS_unlink, PLAIN));
}

static int by_unlink_thread(void)
{
	return in_thread(by_unlink);
}

static int by_unlink_int80(void)
{
	return outcome(int80(I386_UNLINK, LOW(PLAIN), 0, 0, 0, 0));
}

static int by_unlink_x32(void)
{
	return outcome(syscall(X32 | SYS_unlink, PLAIN));
}

/* The kernel looks at the lower half of the register alone. */
static long call_raw(uint64_t number, const void *argument, long second)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(argument), "S"(second)
			 : "rcx", "r11", "memory");
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

static int by_upper_half(void)
{
	return outcome(call_raw(SYS_unlink | 0xdead00000000ull, PLAIN, 0));
}

static int by_negative_upper_half(void)
{
	return outcome(call_raw(SYS_unlink | 0xffffffff00000000ull, PLAIN, 0));
}

static int by_int80_upper_half(void)
{
	return outcome(int80((long)(I386_UNLINK | 0xdead00000000ull), LOW(PLAIN), 0, 0, 0, 0));
}

static const struct io_uring_sqe unlinking = {.opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD};

static int by_unlink_uring(void)
{
	struct io_uring_sqe entry = unlinking;

	entry.addr = address_of(PLAIN);
	return outcome(uring(0, entry));
}

static int by_unlinkat(void)
{
	return outcome(unlinkat(AT_FDCWD, PLAIN, 0));
}

/* clone3(2) has its flags in memory, where no rule about scalars looks. */
static int by_clone3(void)
{
	const struct clone_args how = {.flags = CLONE_NEWUTS, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &how, sizeof(how));

	if (!pid) {
		report->ran = 1;
		_exit(0);
	}
	return pid < 0 ? errno : outcome(waitpid((pid_t)pid, NULL, 0));
}

static int by_clone(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);

	if (!pid) {
		report->ran = 1;
		_exit(0);
	}
	return pid < 0 ? errno : outcome(waitpid((pid_t)pid, NULL, 0));
}

/* The kernel reads a mode_t of 16 bits. */
static int by_upper_argument(void)
{
	return outcome(syscall(SYS_mkdir, MADE, 0xabcd000000000000 | 0700));
}

/* ---- a tracer that changes the number ---- */

static struct user_regs_struct registers_of(pid_t pid)
{
	struct user_regs_struct registers;

	needed(ptrace(PTRACE_GETREGS, pid, 0, &registers), "registers");
	return registers;
}

static const char changed_path[] = PLAIN;

/* The tracee says getpid; at the entry of the call the tracer makes it unlink. */
static void change_number(pid_t pid)
{
	int status;

	for (;;) {
		struct user_regs_struct registers;

		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		if (waitpid(pid, &status, __WALL) < 0 || !WIFSTOPPED(status))
			return;
		registers = registers_of(pid);
		if (registers.orig_rax != SYS_getpid || registers.rdi != (uintptr_t)changed_path)
			continue;
		registers.orig_rax = SYS_unlink;
		ptrace(PTRACE_SETREGS, pid, 0, &registers);
	}
}

static void trace(void)
{
	pid_t pid = (pid_t)report->number;

	needed(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD), "tracing");
	needed(ptrace(PTRACE_INTERRUPT, pid, 0, 0), "stopping");
	waitpid(pid, NULL, __WALL);
	report->ran = 1;
	change_number(pid);
}

static void trace_when_told(void)
{
	while (!report->number)
		usleep(1000);
	trace();
}

static void have_tracer(void)
{
	start(trace_when_told);
}

static int by_tracer(void)
{
	report->number = getpid();
	while (!report->ran)
		usleep(1000);
	return outcome(call_raw(SYS_getpid, changed_path, 0));
}

/* ---- threads and exec ---- */

static void *make_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		if (syscall(SYS_mkdir, MADE, 0700) == 0)
			rmdir(MADE), report->ran = 1;
	return NULL;
}

/* Threads go on with the call while the process becomes another program, again and again. */
static void race_exec(void)
{
	char *const words[] = {"true", NULL};
	pthread_t threads[3];

	for (size_t i = 0; i < COUNT(threads); i++)
		if (pthread_create(&threads[i], NULL, make_for_ever, NULL))
			_exit(1);
	usleep(500);
	execve("/bin/true", words, words + 1);
	_exit(1);
}

static int by_racing_exec(void)
{
	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();

		if (!pid)
			race_exec();
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static int by_mkdir(void)
{
	return outcome(syscall(SYS_mkdir, MADE, 0700));
}

static int by_mkdir_thread(void)
{
	return in_thread(by_mkdir);
}

static int by_mkdir_int80(void)
{
	return outcome(int80(I386_MKDIR, LOW(MADE), 0700, 0, 0, 0));
}

/* openat2(2) is a call of its own. */
static int by_openat2(void)
{
	struct open_how how = {.flags = O_RDONLY};

	return take((int)syscall(SYS_openat2, AT_FDCWD, SECRET, &how, sizeof(how)));
}

static const struct bypass cases[] = {
    {"unlink", by_unlink, is_gone, NULL, NULL},
    {"thread", by_unlink_thread, is_gone, NULL, NULL},
    {"int80", by_unlink_int80, is_gone, NULL, NULL},
    {"x32", by_unlink_x32, is_gone, NULL, NULL},
    {"number-upper-half", by_upper_half, is_gone, NULL, NULL},
    {"number-negative", by_negative_upper_half, is_gone, NULL, NULL},
    {"int80-upper-half", by_int80_upper_half, is_gone, NULL, NULL},
    {"tracer-changes-number", by_tracer, is_gone, have_tracer, NULL},
    {"uring", by_unlink_uring, is_gone, NULL, NULL},
    {"uring-of-number", by_unlink_uring, is_gone, NULL, NULL},
    {"sister-call", by_unlinkat, is_gone, NULL, NULL},
    {"openat2-for-openat", by_openat2, secret_taken, NULL, NULL},
    {"racing-exec", by_racing_exec, has_run, NULL, NULL},
    {"kill-mkdir", by_mkdir, is_made, NULL, NULL},
    {"kill-thread", by_mkdir_thread, is_made, NULL, NULL},
    {"kill-int80", by_mkdir_int80, is_made, NULL, NULL},
    {"where-clone", by_clone, has_run, NULL, NULL},
    {"where-clone3", by_clone3, has_run, NULL, NULL},
    {"where-upper-argument", by_upper_argument, is_made, NULL, NULL},
};
const struct group syscall_group = {"syscall", cases, COUNT(cases), NULL};
