// SPDX-License-Identifier: Apache-2.0
/*
 * mark: a program that leaves marks when it runs: a byte in descriptor 9, if there is one, and a
 * file for programs that the kernel starts. The byte tells what it runs as: r is root, c has
 * capabilities, u is neither.
 */
#include "../programs/platform.h"

static char identity(void)
{
	static const u32 header[2] = {0x20080522, 0};
	u32 sets[6] = {0};

	if (CALL(geteuid, 0) == 0)
		return 'r';
	CALL(capget, P(header), P(sets));
	return sets[0] ? 'c' : 'u';
}

__attribute__((used)) void start_c(word *stack)
{
	char byte = identity();

	(void)stack;
	(void)print_number;
	(void)same;
	(void)after;
	(void)number_of;
	CALL(write, 9, P(&byte), 1);
	CALL(openat, (word)-100, P("/run/bypass.ran"), 0101, 0600);
	leave(0);
}
