// SPDX-License-Identifier: Apache-2.0
/* io_uring(7) by hand: the rings are mapped as the manual page says, one entry is in flight at a
 * time. */
#include "uring.h"

#define ENTRIES 4

static void *map_part(int fd, size_t size, off_t part)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, part);

	if (at == MAP_FAILED)
		broken("mapping a ring");
	return at;
}

static void map_ring(struct ring *ring, const struct io_uring_params *made)
{
	size_t sq_size = made->sq_off.array + made->sq_entries * sizeof(unsigned);
	size_t cq_size = made->cq_off.cqes + made->cq_entries * sizeof(struct io_uring_cqe);
	char *sq = map_part(ring->fd, sq_size, IORING_OFF_SQ_RING);
	char *cq = map_part(ring->fd, cq_size, IORING_OFF_CQ_RING);

	ring->entries =
	    map_part(ring->fd, made->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring->submitted = (unsigned *)(sq + made->sq_off.tail);
	ring->sq_mask = (unsigned *)(sq + made->sq_off.ring_mask);
	ring->sq_array = (unsigned *)(sq + made->sq_off.array);
	ring->sq_flags = (unsigned *)(sq + made->sq_off.flags);
	ring->seen = (unsigned *)(cq + made->cq_off.head);
	ring->completed = (unsigned *)(cq + made->cq_off.tail);
	ring->cq_mask = (unsigned *)(cq + made->cq_off.ring_mask);
	ring->results = (struct io_uring_cqe *)(cq + made->cq_off.cqes);
}

struct ring make_ring(unsigned flags)
{
	struct io_uring_params made = {.flags = flags, .sq_thread_idle = 1000};
	struct ring ring = {.flags = flags};

	ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &made);
	if (ring.fd >= 0)
		map_ring(&ring, &made);
	return ring;
}

static long enter(struct ring *ring)
{
	unsigned flags = IORING_ENTER_GETEVENTS;
	unsigned count = 1;

	if (ring->flags & IORING_SETUP_SQPOLL) {
		flags |= IORING_ENTER_SQ_WAKEUP;
		count = 0;
	}
	return syscall(SYS_io_uring_enter, ring->fd, count, 1, flags, NULL, 0);
}

long ring_do(struct ring *ring, struct io_uring_sqe operation)
{
	unsigned at = *ring->submitted, slot = at & *ring->sq_mask, head = *ring->seen;
	int result;

	if (ring->fd < 0)
		return -1;
	ring->entries[slot] = operation;
	ring->sq_array[slot] = slot;
	__atomic_store_n(ring->submitted, at + 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(ring->completed, __ATOMIC_ACQUIRE) == head)
		if (enter(ring) < 0 && errno != EINTR)
			return -1;
	result = ring->results[head & *ring->cq_mask].res;
	__atomic_store_n(ring->seen, head + 1, __ATOMIC_RELEASE);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

long uring(unsigned flags, struct io_uring_sqe operation)
{
	struct ring ring = make_ring(flags);

	return ring.fd < 0 ? -1 : ring_do(&ring, operation);
}

int register_slots(struct ring *ring, unsigned count)
{
	int slots[8];

	memset(slots, 0xff, sizeof(slots));
	return outcome(
	    syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES, slots, count));
}
