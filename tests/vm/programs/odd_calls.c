// SPDX-License-Identifier: Apache-2.0
/*
 * odd_calls: makes a system call in a way that no library does, and prints the outcome as attempt
 * does: "ok" or the errno's name.
 *
 *	odd_calls high NUMBER [ARGUMENT]...	the number's upper half is all ones
 *	odd_calls wide NUMBER [ARGUMENT]...	each argument's upper half is all ones
 *	odd_calls int80 NUMBER [ARGUMENT]...	int 0x80 from a 64-bit program, arguments as in wide
 *
 * The kernel reads the lower halves. Arguments are numbers.
 */
#include "platform.h"

struct name {
	const char *text;
	int value;
};
static const struct name errors[] = {
#include "errno_names.inc"
};

#define UPPER_HALF 0xffffffff00000000ul

static long by_int80(word number, const word *a)
{
	register word bp __asm__("r10") = a[5];
	long result;

	__asm__ volatile("push %%rbp\n mov %%r10, %%rbp\n int $0x80\n pop %%rbp"
			 : "=a"(result)
			 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]),
			   "r"(bp)
			 : "r8", "r9", "r11", "memory");
	return (int)result;
}

static void print_outcome(long result)
{
	word i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].value != -result)
			continue;
		print(1, errors[i].text);
		print(1, "\n");
		return;
	}
	print(1, result < 0 ? "unknown error\n" : "ok\n");
}

__attribute__((used)) void start_c(word *stack)
{
	char **words = (char **)(stack + 2);
	word count = stack[0], number, arguments[6] = {0}, i;
	int is_high, is_int80;

	if (count < 3)
		leave(2);
	is_high = same(words[0], "high");
	is_int80 = same(words[0], "int80");
	number = number_of(words[1]);
	for (i = 2; i + 1 < count && i < 8; i++)
		arguments[i - 2] = number_of(words[i]) | (is_high ? 0 : UPPER_HALF);
	print_outcome(is_int80 ? by_int80(number, arguments)
			       : call6(is_high ? number | UPPER_HALF : number, arguments));
	leave(0);
}
