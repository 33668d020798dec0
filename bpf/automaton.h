/* SPDX-License-Identifier: GPL-2.0 */
/*
 * automaton.h: runs a path automaton of an image over bytes that arrive in pieces of up to eight.
 * Paths of any length: the caller loops.
 */
#ifndef SYNPOL_BPF_AUTOMATON_H
#define SYNPOL_BPF_AUTOMATON_H

#include "pages.h"

#define SP_STATE_DEAD 0
#define SP_STATE_START 1

struct sp_run {
	__u32 class_page;
	__u32 next;
	__u32 class_bits;
	__u32 state;
};

static __always_inline void sp_run_start(struct sp_run *run, const struct sp_automaton *automaton)
{
	run->class_page = automaton->class_page;
	run->next = automaton->next;
	run->class_bits = automaton->class_bits;
	run->state = SP_STATE_START;
}

/*
 * Feeds the lowest `count` (at most 8) bytes of `bytes`, the lowest first. __noinline: it has
 * several callers and is the longest straight piece of the whole program.
 */
static __noinline __u32 sp_feed(void *image, const struct sp_run *run, __u64 bytes, __u32 count)
{
	const __u16 *classes = sp_page(image, run->class_page);
	__u32 state = run->state, index, i;

	if (!classes)
		return SP_STATE_DEAD;
	for (i = 0; i < 8; i++) {
		if (i >= count || state == SP_STATE_DEAD)
			break;
		index = state << (run->class_bits & 15) | classes[bytes & 255];
		state = sp_u16_at(image, run->next, index);
		bytes >>= 8;
	}
	return state;
}

/* The atom of the path that was fed. */
static __always_inline __u32 sp_run_end(void *image, const struct sp_run *run,
					const struct sp_automaton *automaton)
{
	if (run->state == SP_STATE_DEAD)
		return automaton->dead_atom;
	return sp_u32_at(image, automaton->accept, run->state);
}

/* What has no path: matches no glob, and is known to. */
static __always_inline __u32 sp_no_path_atom(const struct sp_automaton *automaton)
{
	return automaton->states ? automaton->dead_atom : automaton->single;
}

#endif
