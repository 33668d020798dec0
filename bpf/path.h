/* SPDX-License-Identifier: GPL-2.0 */
/*
 * path.h: the atom of a path: an automaton of the image reads it backwards while it is walked.
 */
#ifndef SYNPOL_BPF_PATH_H
#define SYNPOL_BPF_PATH_H

#include "automaton.h"
#include "walk.h"

/* What changes from byte to byte. */
struct sp_path_state {
	__u32 state;
	__u32 number;  /* of the page `page`, counted from `next` on */
	__u32 next;    /* sp_automaton.next */
	__u32 classes; /* how many */
	struct sp_walk walk;
};

/* The pages that the last byte needed are kept: most bytes need the same ones. */
struct sp_path_run {
	void *image;
	const __u16 *class_of; /* byte -> class */
	const __u16 *page;     /* of next states */
	struct sp_path_state path;
};

/* See sp_forget. */
__noinline int sp_forget_path(struct sp_path_state *path)
{
	sp_keep_call();
	return path != NULL;
}

static __always_inline bool sp_turn_page(struct sp_path_run *run, __u32 number)
{
	__u32 at = run->path.next + number;
	const __u16 *page = bpf_map_lookup_elem(run->image, &at);

	if (!page) /* not counted: a call more on a stack that is full */
		return false;
	run->page = page;
	run->path.number = number;
	return true;
}

/* Without branches: the verifier would walk the loop once for each way. */
static __always_inline __u64 sp_at_most(__u64 number, __u64 most)
{
	__u64 over = most - number; /* less than 0: too many */
	__u64 is_less = (__s64)over >> 63;

	sp_opaque(is_less);
	return most - (over & ~is_less);
}

static __always_inline __s64 sp_is_some(__u32 number)
{
	__u64 carry = number + 0xffffffffull;

	sp_opaque(carry);
	return carry >> 32 & 1;
}

/* In this order: the verifier forgets which frame a stack pointer is of that is added to a number.
 */
static __always_inline __u32 sp_byte_at(const char *text, __u64 at)
{
	asm volatile("%0 += %1" : "+r"(text) : "r"(at));
	return *(const __u8 *)text;
}

/*
 * Feeds text[last] down to text[first]. `first` is 0 or 1, `last` at most `room`, a constant. This
 * loop is what a long path costs.
 */
static __always_inline void sp_feed_text(struct sp_path_run *run, const char *text, __s64 first,
					 __s64 last, __u32 room)
{
	__u32 state = run->path.state, index, i;

	for (i = 0; i <= room; i++, last--) {
		if (last < first || state == SP_STATE_DEAD)
			break;
		index = state * run->path.classes + run->class_of[sp_byte_at(text, last)];
		if (index / SP_NEXT_PER_PAGE != run->path.number &&
		    !sp_turn_page(run, index / SP_NEXT_PER_PAGE)) {
			state = SP_STATE_DEAD;
			break;
		}
		state = run->page[index % SP_NEXT_PER_PAGE];
	}
	run->path.state = state;
}

/* ---- what is remembered of names ---- */

/* A piece of a path in front of an automaton: at most SP_NAME_BYTES of text, which may end in
 * anything, and what is fed of it, the '/' in front of it among them or not. */
struct sp_piece {
	const __u64 *text;
	__u64 before;
	__u64 tag;
	bool is_short; /* the second half of the text is not fed, and not looked at */
};

/* text[last] down to text[first]; `next`: of the automaton, which it names. */
static __always_inline __u64 sp_before(__u64 next, __u64 state, __u64 first, __u64 last)
{
	return next << 32 | state << 16 | last << 1 | first;
}

#define SP_SPREAD 0x9e3779b97f4a7c15ull
static __always_inline struct sp_name *sp_name_place(const struct sp_piece *piece)
{
	__u64 hash = (piece->before ^ piece->text[0]) * SP_SPREAD;
	__u32 place;

	hash = (hash ^ piece->text[1]) * SP_SPREAD;
	if (!piece->is_short)
		hash = ((hash ^ piece->text[2]) * SP_SPREAD ^ piece->text[3]) * SP_SPREAD;
	place = hash >> (64 - SP_NAME_BITS);
	return bpf_map_lookup_elem(&sp_names, &place);
}

static __always_inline __u64 sp_version(const struct sp_name *name)
{
	__u64 version = *(const volatile __u64 *)&name->version;

	asm volatile("" ::: "memory");
	return version;
}

static __always_inline bool sp_is_name(const struct sp_name *name, const struct sp_piece *piece)
{
	return name->before == piece->before && name->text[0] == piece->text[0] &&
	       name->text[1] == piece->text[1] && name->tag == piece->tag &&
	       (piece->is_short ||
		(name->text[2] == piece->text[2] && name->text[3] == piece->text[3]));
}

/* x86 keeps loads in order, and stores: what was read counts if the version is still the same. */
static __always_inline bool sp_name_is_known(const struct sp_name *name,
					     const struct sp_piece *piece, __u64 *state)
{
	__u64 version = sp_version(name), after;

	if (!sp_is_name(name, piece))
		return false;
	after = name->after;
	asm volatile("" ::: "memory");
	if (version & 1 || sp_version(name) != version)
		return false;
	*state = after;
	return true;
}

static __always_inline void sp_learn_name(const struct sp_path_run *run, struct sp_name *name,
					  const struct sp_piece *piece)
{
	__u64 version = sp_version(name);
	__u32 i;

	if (version & 1 || !__sync_bool_compare_and_swap(&name->version, version, version + 1))
		return;
	name->tag = piece->tag;
	name->before = piece->before;
#pragma unroll
	for (i = 0; i < SP_NAME_BYTES / 8; i++)
		name->text[i] = piece->text[i];
	name->after = run->path.state;
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&name->version = version + 2;
}

/* ---- the walk ---- */

/*
 * What is read of a dentry: the head, and `room` bytes of text after it. In the dentry of every
 * kernel so far short names stand 32 bytes after d_parent: with that many bytes in front of the
 * text one look at the dentry has both.
 */
struct sp_reading {
	char *bytes;
	__u32 text; /* where in `bytes` */
	__u32 room;
	bool has_text; /* `text` is behind d_parent as it is in the dentry, `room` is SP_NAME_BYTES,
			  and names are remembered */
	__u64 tag;     /* of the image */
};
#define SP_NAME_AT 32

/* Feeds the last bytes of what is left of the component, and at its start the '/'. `here`: of
 * which name the text is there. */
static __always_inline void sp_feed_component(struct sp_path_run *run,
					      const struct sp_reading *reading, const char *here)
{
	struct sp_walk *walk = &run->path.walk;
	__u64 left = walk->length, count = sp_at_most(left, reading->room), last;
	char *text = reading->bytes + reading->text;
	struct sp_name *name;
	struct sp_piece piece;
	__u64 known;
	__s64 first;

	walk->length = left - count;
	sp_opaque(count);
	if (count > reading->room)
		return;
	if (!reading->has_text || walk->length || walk->name != here) {
		__builtin_memset(text, 0, reading->room); /* for names that are remembered */
		bpf_probe_read_kernel(text, count, walk->name + left - count);
	}
	first = sp_is_some(walk->length);
	if (reading->has_text) {
		piece.text = (const __u64 *)text;
		piece.before = sp_before(run->path.next, run->path.state, first, count);
		piece.tag = reading->tag;
		piece.is_short = count <= SP_NAME_BYTES / 2;
		name = sp_name_place(&piece);
		if (!name) { /* the hash is no place: cannot be */
			walk->end = SP_WALK_FAILED;
			return;
		}
		if (sp_name_is_known(name, &piece, &known)) {
			run->path.state = known;
			return;
		}
	}
	text[-1] = '/';
	last = sp_forget(count); /* one way into the loop for the verifier */
	sp_opaque(last);
	if (last > reading->room)
		return;
	sp_opaque(last); /* what is put aside is what was compared: 6.1 wants to see it */
	sp_feed_text(run, text - 1, first, last, reading->room);
	if (reading->has_text)
		sp_learn_name(run, name, &piece);
}

/* True: on to the next step, for a component was fed or a mount crossed. */
static __always_inline bool sp_path_on(struct sp_path_run *run, const struct sp_reading *reading)
{
	struct sp_walk *walk = &run->path.walk;
	const char *here = NULL;

	if (!walk->length) {
		if (walk->dentry == walk->root) {
			sp_cross_mount(walk);
			return walk->end == SP_WALK_ON;
		}
		if (reading->has_text)
			here = (const char *)walk->dentry +
			       bpf_core_field_offset(struct dentry, d_parent) + SP_NAME_AT;
	}
	/* Also when the rest of a long name is still to be fed: one way for the verifier. */
	if (!sp_read_dentry(reading->bytes, walk->dentry,
			    reading->has_text ? SP_NAME_AT + reading->room : SP_HEAD_BYTES))
		walk->end = SP_WALK_FAILED;
	else if (!walk->length)
		sp_take_name(walk, reading->bytes);
	if (walk->end != SP_WALK_ON)
		return false;
	if (run->path.state != SP_STATE_DEAD)
		sp_feed_component(run, reading, here);
	else
		walk->length = 0; /* no need to read it */
	return walk->end == SP_WALK_ON;
}

/* For objects, which every access asks about: names are remembered. */
struct sp_object_run {
	struct sp_path_run run;
	__u64 tag; /* of the image */
};

static long sp_path_step(__u32 index, struct sp_object_run *object)
{
	__u64 bytes[(SP_NAME_AT + SP_NAME_BYTES) / 8];
	struct sp_reading reading = {(char *)bytes, SP_NAME_AT, SP_NAME_BYTES, true, object->tag};
	bool on = sp_path_on(&object->run, &reading);

	sp_forget_path(&object->run.path);
	return !on;
}

/* For subjects, which hardly ever change: slower, with half the stack. */
static long sp_path_step_small(__u32 index, struct sp_path_run *run)
{
	__u64 bytes[4];
	struct sp_reading reading = {(char *)bytes, SP_HEAD_BYTES, 8, false, 0};
	bool on = sp_path_on(run, &reading);

	sp_forget_path(&run->path);
	return !on;
}

/* False: the image is broken, and the walk at its end. Without an automaton no byte is fed. */
static __always_inline bool sp_path_start(struct sp_path_run *run,
					  const struct sp_automaton *automaton)
{
	run->path.next = automaton->next;
	run->path.classes = 1u << (automaton->class_bits & 15);
	run->path.state = automaton->states ? SP_STATE_START : SP_STATE_DEAD;
	run->path.number = 0;
	run->class_of = sp_page(run->image, automaton->class_page);
	run->page = sp_page(run->image, automaton->next);
	if (run->class_of && run->page)
		return true;
	run->path.walk.end = SP_WALK_FAILED;
	return false;
}

static __always_inline __u32 sp_path_end(const struct sp_path_run *run,
					 const struct sp_automaton *automaton)
{
	if (!automaton->states)
		return automaton->single;
	if (run->path.state == SP_STATE_DEAD)
		return automaton->dead_atom;
	return sp_u32_at(run->image, automaton->accept, run->path.state);
}

/* The root itself is all that was met: its path is "/". */
static __always_inline void sp_feed_root(struct sp_path_run *run)
{
	__u32 index = SP_STATE_START * run->path.classes + run->class_of['/'];

	run->path.state = sp_u16_at(run->image, run->path.next, index);
}

/*
 * The atom of the path that was walked from run->path.walk on; SP_ATOM_NONE: it has none.
 */
static __always_inline __u32 sp_walked_atom(struct sp_path_run *run,
					    const struct sp_automaton *automaton)
{
	if (run->path.walk.end == SP_WALK_ROOT) {
		if (!run->path.walk.name)
			sp_feed_root(run);
		return sp_path_end(run, automaton);
	}
	if (run->path.walk.end == SP_WALK_NO_PATH)
		return SP_ATOM_NONE;
	sp_count_failure(SP_FAIL_PATH);
	return SP_ATOM_UNKNOWN;
}

#endif
