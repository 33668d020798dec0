/* SPDX-License-Identifier: Apache-2.0 */
/* subject.h: the program that rules by executable name. It reads the secret in one of a few ways.
 */
#ifndef SYNPOL_TESTS_SUBJECT_H
#define SYNPOL_TESTS_SUBJECT_H

#include "bypass.h"

#define READER FREE "/reader"

/* The exit code: 0 and a mark if the secret was read, else the errno. */
int be_reader(const char *how);

#endif
