// SPDX-License-Identifier: Apache-2.0
/* Ways into another process: its memory, its registers, its descriptors. */
#include "bypass.h"

#include <signal.h>
#include <poll.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define WORD 0x5eedl

/* At the same place in every child of the program. */
static volatile long word;
static volatile int *ready;
static const char victims_text[] = SECRET_TEXT;
static int victims_file = -1;

static void watch_word(void)
{
	*ready = 1;
	for (;;) {
		if (word == WORD)
			report->ran = 1;
		poll(NULL, 0, 1);
	}
}

static void have_victim(void)
{
	ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	victim = start(watch_word);
	for (int i = 0; i < 1000 && !*ready; i++)
		poll(NULL, 0, 1);
	needed(*ready - 1, "the victim");
}

static bool is_injected(void)
{
	for (int i = 0; i < 30 && !report->ran; i++)
		poll(NULL, 0, 2);
	return report->ran != 0;
}

/* Now the victim is whom the rule is about, and the attempt is not. */
static void govern_victim(void)
{
	have_victim();
	if (governing >= 0)
		needed(dprintf(governing, "%d", victim), "the victim's cgroup");
	governing = -1;
}

/* ---- ptrace ---- */

static int poke(pid_t pid)
{
	TRY(outcome(ptrace(PTRACE_POKEDATA, pid, &word, WORD)));
	return outcome(ptrace(PTRACE_DETACH, pid, 0, 0));
}

static int by_attach(void)
{
	TRY(outcome(ptrace(PTRACE_ATTACH, victim, 0, 0)));
	waitpid(victim, NULL, __WALL);
	return poke(victim);
}

static int by_attach_thread(void)
{
	return in_thread(by_attach);
}

static int by_seize(void)
{
	TRY(outcome(ptrace(PTRACE_SEIZE, victim, 0, 0)));
	TRY(outcome(ptrace(PTRACE_INTERRUPT, victim, 0, 0)));
	waitpid(victim, NULL, __WALL);
	return poke(victim);
}

static void be_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		_exit(errno);
	raise(SIGSTOP);
	report->ran = word == WORD;
	_exit(0);
}

/* The tracee asks for it. */
static int by_traceme(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		be_traced();
	waitpid(pid, &status, __WALL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	TRY(poke(pid));
	return outcome(waitpid(pid, NULL, __WALL));
}

static int by_attach_int80(void)
{
	TRY(outcome(int80(26, PTRACE_ATTACH, victim, 0, 0, 0)));
	waitpid(victim, NULL, __WALL);
	TRY(outcome(int80(26, PTRACE_POKEDATA, victim, LOW(&word), WORD, 0)));
	return outcome(int80(26, PTRACE_DETACH, victim, 0, 0, 0));
}

/* ---- memory ---- */

static int by_write(void)
{
	long value = WORD;
	const struct iovec here = {&value, sizeof(value)};
	const struct iovec there = {(void *)(uintptr_t)&word, sizeof(word)};

	return outcome(process_vm_writev(victim, &here, 1, &there, 1, 0));
}

static int by_write_int80(void)
{
	static long value = WORD;
	static uint32_t here[2], there[2];

	here[0] = (uint32_t)LOW(&value);
	there[0] = (uint32_t)LOW(&word);
	here[1] = there[1] = sizeof(word);
	return outcome(int80(348, victim, LOW(here), 1, LOW(there), 1));
}

static int by_read(void)
{
	const struct iovec here = {report->taken, sizeof(victims_text)};
	const struct iovec there = {(void *)(uintptr_t)victims_text, sizeof(victims_text)};

	return outcome(process_vm_readv(victim, &here, 1, &there, 1, 0));
}

static int open_memory(int flags)
{
	return open(text_of("/proc/%d/mem", victim), flags);
}

static int write_memory(int fd)
{
	long value = WORD;

	return fd < 0 ? errno : outcome(pwrite(fd, &value, sizeof(value), (off_t)(uintptr_t)&word));
}

static int by_memory_file(void)
{
	return write_memory(open_memory(O_RDWR));
}

static int by_thread_memory_file(void)
{
	return write_memory(open(text_of("/proc/%d/task/%d/mem", victim, victim), O_WRONLY));
}

static int by_reading_memory_file(void)
{
	int fd = open_memory(O_RDONLY);

	return fd < 0 ? errno
		      : outcome(pread(fd, report->taken, sizeof(victims_text),
				      (off_t)(uintptr_t)victims_text));
}

static int memory = -1;

static void open_victims_memory(void)
{
	have_victim();
	memory = (int)needed(open_memory(O_RDWR), "the victim's memory");
}

static int by_earlier_memory_file(void)
{
	return write_memory(memory);
}

/* ---- descriptors ---- */

static void have_victim_with_file(void)
{
	victims_file = (int)needed(open(SECRET, O_RDONLY), SECRET);
	have_victim();
}

static int by_getfd(void)
{
	int process = (int)syscall(SYS_pidfd_open, victim, 0);

	close(victims_file);
	return take((int)syscall(SYS_pidfd_getfd, process, victims_file, 0));
}

static int by_getfd_int80(void)
{
	int process = (int)syscall(SYS_pidfd_open, victim, 0);

	close(victims_file);
	return take((int)int80(438, process, victims_file, 0, 0, 0));
}

static const struct bypass cases[] = {
    {"ptrace-attach", by_attach, is_injected, have_victim, NULL},
    {"thread", by_attach_thread, is_injected, have_victim, NULL},
    {"ptrace-seize", by_seize, is_injected, have_victim, NULL},
    {"ptrace-traceme", by_traceme, has_run, NULL, NULL},
    {"int80-ptrace", by_attach_int80, is_injected, have_victim, NULL},
    {"process-vm-writev", by_write, is_injected, have_victim, NULL},
    {"int80-process-vm-writev", by_write_int80, is_injected, have_victim, NULL},
    {"process-vm-readv", by_read, secret_taken, have_victim, NULL},
    {"proc-mem", by_memory_file, is_injected, have_victim, NULL},
    {"proc-task-mem", by_thread_memory_file, is_injected, have_victim, NULL},
    {"proc-mem-read", by_reading_memory_file, secret_taken, have_victim, NULL},
    {"proc-mem-earlier", by_earlier_memory_file, is_injected, open_victims_memory, NULL},
    {"pidfd-getfd", by_getfd, secret_taken, have_victim_with_file, NULL},
    {"int80-pidfd-getfd", by_getfd_int80, secret_taken, have_victim_with_file, NULL},
    {"of-governed-by-other", by_attach, is_injected, govern_victim, NULL},
    {"into-protected", by_attach, is_injected, govern_victim, NULL},
};
const struct group inject_group = {"inject", cases, COUNT(cases), NULL};
