/* SPDX-License-Identifier: GPL-2.0 */
/*
 * task.h: who acts. The subject's atoms are cached in task storage and computed anew when the image
 * or a fact they depend on changed; without storage they are computed on the spot. A task that no
 * rule can concern is found out with one look-up.
 */
#ifndef SYNPOL_BPF_TASK_H
#define SYNPOL_BPF_TASK_H

#include "decide.h"
#include "facts.h"
#include "limit.h"

struct sp_actor {
	struct sp_task *state; /* NULL: no storage, nothing is remembered */
	struct sp_subject subject;
};

/*
 * All supplementary groups in one number. Their address would not do: memory is used again after
 * setgroups, and another list may stand where the first one stood. 0: too many to be read at every
 * hook, and so never the same as before. A function of its own because few policies name groups.
 */
#define SP_GROUPS_COMPARED 16
__noinline __u64 sp_groups_mark(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct group_info *groups = task->cred->group_info;
	const __u32 *gid = &groups->gid[0].val;
	__u32 count = groups->ngroups, i;
	__u64 mark;

	if (count > SP_GROUPS_COMPARED)
		return 0;
	mark = sp_mix(sp_config.secret[0], count);
#pragma unroll
	for (i = 0; i < SP_GROUPS_COMPARED; i++) {
		if (i < count)
			mark = sp_mix(mark, gid[i]);
	}
	return mark | 1;
}

static __always_inline bool sp_same_groups(const struct sp_subject *subject,
					   struct task_struct *task)
{
	return task->cred->egid.val == subject->gid && subject->groups &&
	       subject->groups == sp_groups_mark();
}

static __always_inline bool sp_same_ids(const struct sp_subject *subject, struct task_struct *task)
{
	if (task->cred->euid.val != subject->uid)
		return false;
	return !(subject->depends & SP_DIM_BIT(SP_DIM_GROUP)) || sp_same_groups(subject, task);
}

/*
 * Only facts that a loaded rule names are compared: the others cannot change a decision. The count
 * of execs is compared always, which is cheaper than to ask whether it matters.
 */
static __always_inline bool sp_same_facts(const struct sp_subject *subject,
					  struct task_struct *task)
{
	__u32 depends = subject->depends & ~SP_DIM_BIT(SP_DIM_EXE);

	if (task->self_exec_id != subject->exec_id)
		return false;
	if (!depends)
		return true;
	if (depends & SP_DIM_BIT(SP_DIM_CGROUP) &&
	    bpf_get_current_cgroup_id() != subject->cgroup_id)
		return false;
	/* Read again and not kept: 6.1's stack is short. */
	asm volatile("" ::: "memory");
	return !(subject->depends & (SP_DIM_BIT(SP_DIM_USER) | SP_DIM_BIT(SP_DIM_GROUP))) ||
	       sp_same_ids(subject, task);
}

/* ---- the places in front of task storage ---- */

static __always_inline struct sp_recent *sp_recent_place(__u32 pid)
{
	__u32 place = pid & ((1 << SP_RECENT_BITS) - 1);

	return bpf_map_lookup_elem(&sp_recent, &place);
}

/* The idle tasks have pid 0, and come to no hook. */
static __always_inline bool sp_is_at(const struct sp_recent *place, __u32 pid)
{
	return *(const volatile __u32 *)&place->pid == pid;
}

/*
 * The place holds the task's subject for the current image as sp_config names it. What was read of
 * the subject before counts only if this says true afterwards: a writer takes the pid away first
 * and puts it back last, and the task itself cannot write while it reads.
 */
static __always_inline bool sp_is_fresh(const struct sp_recent *place, struct task_struct *task,
					__u32 pid)
{
	bool fresh = place->subject.tag == sp_config.active_tag &&
		     place->start == task->start_boottime && sp_same_facts(&place->subject, task);

	asm volatile("" ::: "memory");
	return fresh && sp_is_at(place, pid);
}

/*
 * No rule of `areas` can concern the task. What false means is not said: it is concerned, or not
 * known.
 */
static __always_inline bool sp_is_free(struct task_struct *task, __u32 areas)
{
	__u32 pid = task->pid;
	struct sp_recent *place = sp_recent_place(pid);

	return place && sp_is_at(place, pid) && !(place->subject.areas & areas) &&
	       sp_is_fresh(place, task, pid);
}

/*
 * For the current task. x86 keeps stores in order, and the barriers make clang do so.
 */
__noinline int sp_recall(const struct sp_subject *subject)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = task->pid;
	struct sp_recent *place = sp_recent_place(pid);

	if (!subject || !place || __sync_val_compare_and_swap(&place->writing, 0, 1))
		return 0;
	*(volatile __u32 *)&place->pid = 0;
	asm volatile("" ::: "memory");
	place->start = task->start_boottime;
	place->subject = *subject;
	place->automaton = 0;
	__builtin_memset(place->passes, 0, sizeof(place->passes));
	__builtin_memset(place->flows, 0, sizeof(place->flows));
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&place->pid = pid;
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&place->writing = 0;
	return 0;
}

/* The task's own place, for the subject that something was found out for; NULL: it is not there, or
 * somebody writes. */
static __always_inline struct sp_recent *sp_recent_lock(__u64 tag)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = task->pid;
	struct sp_recent *place = sp_recent_place(pid);

	if (!place || __sync_val_compare_and_swap(&place->writing, 0, 1))
		return NULL;
	if (sp_is_at(place, pid) && place->subject.tag == tag)
		return place;
	*(volatile __u32 *)&place->writing = 0;
	return NULL;
}

static __always_inline void sp_recent_unlock(struct sp_recent *place)
{
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&place->writing = 0;
}

/* ---- task storage ---- */

/* The cache, when it holds for the current image as sp_config names it. */
static __always_inline struct sp_task *sp_fresh_task(struct task_struct *task)
{
	struct sp_task *state = bpf_task_storage_get(&sp_tasks, task, NULL, 0);

	if (!state || state->subject.tag != sp_config.active_tag)
		return NULL;
	return sp_same_facts(&state->subject, task) ? state : NULL;
}

/* Asked after sp_is_free has said no: then the place has to be filled again. */
static __always_inline bool sp_is_stored_free(const struct sp_task *state, __u32 areas)
{
	if (!state || state->subject.areas & areas)
		return false;
	sp_recall(&state->subject);
	return true;
}

/* The task's place is somebody else's, or what it holds is old. */
static __noinline void sp_recent_renew(struct task_struct *task)
{
	const struct sp_task *known = sp_fresh_task(task);

	if (known)
		sp_recall(&known->subject);
}

/* What a quick way finds out. */
enum sp_quick {
	SP_QUICK_UNKNOWN = 0,
	SP_QUICK_PASS,
	SP_QUICK_ASK_CALL, /* the action passes, the call by number is not decided */
};

/* ---- computing ---- */

static __always_inline void sp_read_facts(struct sp_subject *subject, struct task_struct *task)
{
	const struct cred *cred = task->cred;

	subject->exec_id = task->self_exec_id;
	subject->uid = cred->euid.val;
	subject->gid = cred->egid.val;
	subject->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
}

static __always_inline void sp_compute_atoms(void *image, const struct sp_header *header,
					     struct task_struct *task, struct sp_subject *subject,
					     bool is_current)
{
	__u32 depends = header->subject_dims, i;

	/* A dimension without constraint has rows nowhere: its atom is never looked at. */
#pragma unroll
	for (i = 0; i < SP_SUBJECT_DIMS; i++)
		subject->atoms[i] = sp_forget(SP_ATOM_UNKNOWN);
	subject->depends = depends;
	if (depends & SP_DIM_BIT(SP_DIM_USER))
		subject->atoms[SP_DIM_USER] =
		    sp_forget(sp_search_tree32(image, &header->users, subject->uid));
	subject->groups = 0;
	if (depends & SP_DIM_BIT(SP_DIM_GROUP)) {
		if (is_current)
			subject->groups = sp_groups_mark();
		subject->atoms[SP_DIM_GROUP] =
		    sp_forget(sp_group_atom(image, task->cred->group_info, subject->gid));
	}
	if (depends & SP_DIM_BIT(SP_DIM_CGROUP))
		subject->atoms[SP_DIM_CGROUP] =
		    sp_forget(sp_cgroup_atom(image, task->cgroups->dfl_cgrp));
	if (depends & SP_DIM_BIT(SP_DIM_EXE))
		subject->atoms[SP_DIM_EXE] = sp_forget(sp_exe_atom(image, task));
}

struct sp_concern {
	void *image;
	struct sp_subject *subject;
};

/* Some box of the area holds the subject, whatever it does. The body of a loop over all areas: the
 * verifier walks it once, and one search is on the stack at a time. */
static long sp_concern_step(__u32 which, struct sp_concern *concern)
{
	struct sp_header *header = sp_header_of(concern->image);
	struct sp_subject *subject = concern->subject;
	struct sp_search search;
	struct sp_area *area;
	__u32 box;

	if (!header || which >= SP_AREA_COUNT || !(header->areas & 1u << which))
		return 0;
	sp_opaque(which);
	if (which >= SP_AREA_COUNT || 1u << which & SP_AREAS_PACKET)
		return 0;
	area = &header->area[which];
	sp_opaque(area); /* one register, not two that are added anew: 6.1's stack is short */
	if (sp_search_start(&search, concern->image, area, SP_DIMS_SUBJECT, subject->atoms) &&
	    sp_first_survivor(&search, &box))
		subject->areas |= 1u << which;
	return 0;
}

/* `is_current`, a constant: only the current task's subject is remembered. */
static __always_inline void sp_compute(void *image, struct task_struct *task,
				       struct sp_subject *subject, bool is_current)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_concern concern = {image, subject};

	if (!header)
		return;
	sp_read_facts(subject, task);
	sp_compute_atoms(image, header, task, subject, is_current);
	subject->areas = 0;
	bpf_loop(SP_AREA_COUNT, sp_concern_step, &concern, 0);
	subject->tag = header->tag;
}

/*
 * Of the current task, for the image that subject->tag names. Were that one gone, the tag would be
 * 0, and the subject anybody: see sp_image_to_decide. A global function: the verifier walks it
 * once.
 */
__noinline int sp_compute_subject(struct sp_subject *subject)
{
	void *image;

	if (!subject)
		return 0;
	image = sp_image_of(subject->tag);
	subject->tag = 0;
	subject->areas = ~0u;
	if (image)
		sp_compute(image, bpf_get_current_task_btf(), subject, true);
	return 0;
}

static __noinline void sp_compute_other(void *image, struct task_struct *task,
					struct sp_subject *subject)
{
	sp_compute(image, task, subject, false);
}

static __always_inline void sp_remember(struct sp_task *state, const struct sp_subject *subject)
{
	__builtin_memset(state->passes, 0, sizeof(state->passes));
	__builtin_memset(state->asks, 0, sizeof(state->asks));
	state->subject = *subject;
}

__noinline int sp_forget_subject(struct sp_subject *subject)
{
	sp_keep_call();
	return subject != NULL;
}

/* Copies the subject if it is known for the image that actor->subject.tag names. */
static __always_inline bool sp_stored_subject(struct sp_actor *actor, struct task_struct *task)
{
	const struct sp_task *state = actor->state;

	if (!state || state->subject.tag != actor->subject.tag ||
	    !sp_same_facts(&state->subject, task))
		return false;
	actor->subject = state->subject;
	return true;
}

static __always_inline bool sp_recent_subject(struct sp_actor *actor, struct task_struct *task)
{
	__u64 tag = actor->subject.tag;
	__u32 pid = task->pid;
	struct sp_recent *place = sp_recent_place(pid);

	if (!place || !sp_is_at(place, pid))
		return false;
	actor->subject = place->subject;
	if (actor->subject.tag == tag && sp_is_fresh(place, task, pid))
		return true;
	actor->subject.tag = tag;
	return false;
}

/*
 * Fills in actor->subject of the current task for `image`; actor->state is set. `has_storage` is a
 * constant: what is never read need not be on the stack.
 */
static __always_inline void sp_know_subject(void *image, struct sp_actor *actor, bool has_storage)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sp_header *header = sp_header_of(image);

	if (!header)
		return;
	actor->subject.tag = header->tag;
	if (!(has_storage ? sp_stored_subject(actor, task) : sp_recent_subject(actor, task))) {
		sp_compute_subject(&actor->subject);
		if (actor->state)
			sp_remember(actor->state, &actor->subject);
		sp_recall(&actor->subject);
	}
	sp_forget_subject(&actor->subject);
}

static __always_inline struct sp_task *sp_task_state(struct task_struct *task)
{
	struct sp_task *state =
	    bpf_task_storage_get(&sp_tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!state)
		sp_count_failure(SP_FAIL_TASK_STORAGE);
	return state;
}

/* ---- at exec and fork ---- */

/* Only for tasks that have acted before: the others may never come to a hook. */
static __always_inline void sp_task_renew(void)
{
	struct sp_actor actor = {};
	void *image = sp_active_image();

	actor.state = bpf_task_storage_get(&sp_tasks, bpf_get_current_task_btf(), NULL, 0);
	if (image && actor.state)
		sp_know_subject(image, &actor, true);
}

static __always_inline void sp_task_inherit(struct task_struct *parent, struct task_struct *child)
{
	struct sp_task *from = bpf_task_storage_get(&sp_tasks, parent, NULL, 0);
	struct sp_task *to;

	if (!from || !from->subject.tag)
		return;
	to = bpf_task_storage_get(&sp_tasks, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!to)
		return;
	to->subject = from->subject;
	__builtin_memcpy(to->passes, from->passes, sizeof(to->passes));
	__builtin_memcpy(to->asks, from->asks, sizeof(to->asks));
}

#endif
