// SPDX-License-Identifier: Apache-2.0
/*
 * opens LABEL PATH...: prints "LABEL<TAB>open N<TAB>COUNT" for each path, N its length:
 * instructions to open it for reading and to close it again, as cost.c counts them.
 */
#include "tests/vm/programs/platform.h"

#define ROUNDS 40
#define CALLS 16

static word ticks(void)
{
	u32 low, high;

	__asm__ volatile("lfence\n rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (word)high << 32 | low;
}

static long open_and_close(const char *path)
{
	long descriptor = (long)CALL(openat, (word)-100, P(path), 0);

	return descriptor < 0 ? descriptor : (long)CALL(close, (word)descriptor);
}

static word cost_of(const char *path)
{
	word least = -1ul;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		word start = ticks();

		for (i = 0; i < CALLS; i++)
			open_and_close(path);
		start = ticks() - start;
		least = start < least ? start : least;
	}
	return (least + CALLS / 2) / CALLS;
}

__attribute__((used)) void start_c(word *stack)
{
	const char **words = (const char **)(stack + 1);
	word i;

	if (stack[0] < 3)
		leave(2);
	for (i = 2; i < stack[0]; i++) {
		if (open_and_close(words[i]) != 0)
			leave(1); /* a refusal is no figure */
		print(1, words[1]);
		print(1, "\topen ");
		print_number(1, length(words[i]));
		print(1, "\t");
		print_number(1, cost_of(words[i]));
		print(1, "\n");
	}
	leave(0);
}
