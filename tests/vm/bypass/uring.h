/* SPDX-License-Identifier: Apache-2.0 */
/* uring.h: one operation at a time through io_uring, without a library. */
#ifndef SYNPOL_TESTS_URING_H
#define SYNPOL_TESTS_URING_H

#include <linux/io_uring.h>

#include "bypass.h"

/* Newer than the headers of the oldest kernel that is built with. */
enum {
	OP_FIXED_FD_INSTALL = 54,
	OP_FTRUNCATE = 55,
	OP_BIND = 56,
	OP_LISTEN = 57,
};

struct ring {
	int fd;
	unsigned flags;
	unsigned *submitted, *sq_mask, *sq_array, *sq_flags;
	unsigned *seen, *completed, *cq_mask;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *results;
};

/* flags: 0 or IORING_SETUP_SQPOLL. A negative fd says why not in errno. */
struct ring make_ring(unsigned flags);
/* What the operation came to: a negative one is also in errno, as of a system call. */
long ring_do(struct ring *ring, struct io_uring_sqe operation);
/* On a ring of its own. */
long uring(unsigned flags, struct io_uring_sqe operation);
/* Slots for registered files ("direct descriptors"). */
int register_slots(struct ring *ring, unsigned count);

static inline uint64_t address_of(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

#endif
