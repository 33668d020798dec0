/* SPDX-License-Identifier: Apache-2.0 */
/* marks.h: programs that leave a mark when they run, and whether one did. */
#ifndef SYNPOL_TESTS_MARKS_H
#define SYNPOL_TESTS_MARKS_H

#include "bypass.h"

#define MARK "/test/mark"
#define MARK_DYNAMIC "/test/mark_dynamic"
#define MARK_FILE "/run/bypass.ran"
#define PROGRAM GUARDED "/program"

/* Where marks go: descriptor 9 of everything that is started from here on. */
void expect_marks(void);
/* The mark left, or 0. */
char left_mark(void);
bool has_mark(void);
/* Of programs that the kernel starts, which takes a moment. */
bool has_mark_file(void);
void expect_mark_file(void);
void have_program(void);

#endif
