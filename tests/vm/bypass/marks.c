// SPDX-License-Identifier: Apache-2.0
/* Programs that leave a mark when they run. */
#include "marks.h"

#include <poll.h>

static int marks[2];

void expect_marks(void)
{
	needed(pipe2(marks, O_NONBLOCK | O_CLOEXEC), "a pipe");
	needed(dup2(marks[1], 9), "descriptor 9");
}

char left_mark(void)
{
	char byte = 0;

	return read(marks[0], &byte, 1) == 1 ? byte : 0;
}

bool has_mark(void)
{
	return left_mark() != 0;
}

void expect_mark_file(void)
{
	unlink(MARK_FILE);
}

bool has_mark_file(void)
{
	for (int i = 0; i < 20 && !exists(MARK_FILE); i++)
		poll(NULL, 0, 10);
	return exists(MARK_FILE);
}

void have_program(void)
{
	copy_file(MARK, PROGRAM, 0755);
}
