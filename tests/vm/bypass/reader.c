// SPDX-License-Identifier: Apache-2.0
/* The program that rules by executable name, and what it does to be taken for another. */
#include "subject.h"

#include <linux/prctl.h>

static int leave_mark(int fd)
{
	char text[16] = "";

	if (fd < 0)
		return errno;
	if (read(fd, text, sizeof(text) - 1) < 0)
		return errno;
	return strcmp(text, SECRET_TEXT) == 0 && write(9, "s", 1) == 1 ? 0 : EIO;
}

static int plainly(void)
{
	return leave_mark(open(SECRET, O_RDONLY));
}

static int forked(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(plainly());
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int in_other_thread(void)
{
	return in_thread(plainly);
}

static int renamed(void)
{
	THEN(outcome(rename(READER, FREE "/renamed")), plainly());
}

static int unlinked(void)
{
	THEN(outcome(unlink(READER)), plainly());
}

/* cat SECRET into descriptor 9, as a program that is nobody's subject by itself. */
static int other_program(void)
{
	char *const words[] = {"sh", "-c", "cat " SECRET " >&9", NULL};
	pid_t pid = fork();
	int status;

	if (!pid) {
		execve("/bin/sh", words, words + 3);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status) ? EACCES : 0;
}

/* ---- prctl(PR_SET_MM_EXE_FILE) ----
 * It wants nothing of the old file to be mapped: a copy of this function in anonymous memory
 * unmaps the whole program and goes on alone. Nothing in it may refer to anything outside. */

struct flight {
	unsigned long from, size; /* of the program */
	long other;		  /* descriptor of the file to be taken for */
	char secret[sizeof(SECRET)];
	char text[16];
};

#define INLINE static inline __attribute__((always_inline))

INLINE long call5(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

__attribute__((noinline, noreturn, section(".text.flight"))) static void fly(struct flight *flight)
{
	long result = call5(SYS_munmap, (long)flight->from, (long)flight->size, 0, 0, 0);

	if (result == 0)
		result = call5(SYS_prctl, PR_SET_MM, PR_SET_MM_EXE_FILE, flight->other, 0, 0);
	if (result == 0)
		result = call5(SYS_open, (long)flight->secret, O_RDONLY, 0, 0, 0);
	if (result >= 0)
		result = call5(SYS_read, result, (long)flight->text, sizeof(flight->text), 0, 0);
	if (result > 0)
		result = call5(SYS_write, 9, (long)flight->text, 1, 0, 0);
	for (;;)
		call5(SYS_exit_group, result < 0 ? -result : 0, 0, 0, 0, 0);
}

/* The linker's names for the program's ends. */
extern const char __executable_start[], end[];

#define ROUND_UP(value) (((value) + 4095ul) & ~4095ul)

static int exe_file(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct flight *flight = (struct flight *)(page + 4096);
	void (*function)(struct flight *) = fly;
	void *text;

	memcpy(&text, &function, sizeof(text));
	memcpy(page, text, 1024);
	flight->from = (unsigned long)__executable_start;
	flight->size = ROUND_UP((unsigned long)end) - flight->from;
	flight->other = open("/bin/busybox", O_RDONLY);
	memcpy(flight->secret, SECRET, sizeof(SECRET));
	memcpy(&function, &page, sizeof(page));
	function(flight);
	return EIO;
}

static const struct {
	const char *how;
	int (*read)(void);
} ways[] = {
    {"plainly", plainly},
    {"forked", forked},
    {"thread", in_other_thread},
    {"renamed", renamed},
    {"unlinked", unlinked},
    {"exe-file", exe_file},
    {"other-program", other_program},
};

int be_reader(const char *how)
{
	for (size_t i = 0; i < COUNT(ways); i++)
		if (!strcmp(ways[i].how, how))
			return ways[i].read();
	return EINVAL;
}
