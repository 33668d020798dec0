// SPDX-License-Identifier: Apache-2.0
/* mark_dynamic: the mark of a program that the dynamic loader starts. */
#include <unistd.h>

int main(void)
{
	return write(9, "d", 1) == 1 ? 0 : 1;
}
