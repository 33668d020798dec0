// SPDX-License-Identifier: Apache-2.0
/* bpf_objects: prints how many BPF programs, maps and links there are in this kernel. */
#include "platform.h"

static word count(word command)
{
	u32 attributes[4] = {0};
	word found = 0;

	while (CALL(bpf, command, P(attributes), sizeof(attributes)) == 0) {
		attributes[0] = attributes[1];
		found++;
	}
	return found;
}

static void show(const char *what, word command)
{
	print(1, what);
	print_number(1, count(command));
}

__attribute__((used)) void start_c(word *stack)
{
	(void)stack;
	show("programs ", 11);
	show(" maps ", 12);
	show(" links ", 31);
	print(1, "\n");
	leave(0);
}
