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

struct sp_actor {
	struct sp_task *state; /* NULL: no storage, nothing is remembered */
	struct sp_subject subject;
};

static __always_inline bool sp_same_ids(const struct sp_subject *subject, struct task_struct *task)
{
	const struct cred *cred = task->cred;

	if (cred->euid.val != subject->uid)
		return false;
	return !(subject->depends & SP_DIM_BIT(SP_DIM_GROUP)) ||
	       (cred->egid.val == subject->gid && (__u64)cred->group_info == subject->group_info);
}

/* Only facts that a loaded rule names are compared: the others cannot change a decision. */
static __always_inline bool sp_same_facts(const struct sp_subject *subject,
					  struct task_struct *task)
{
	__u32 depends = subject->depends;

	if (depends & SP_DIM_BIT(SP_DIM_EXE) && task->self_exec_id != subject->exec_id)
		return false;
	if (depends & SP_DIM_BIT(SP_DIM_CGROUP) &&
	    bpf_get_current_cgroup_id() != subject->cgroup_id)
		return false;
	return !(depends & (SP_DIM_BIT(SP_DIM_USER) | SP_DIM_BIT(SP_DIM_GROUP))) ||
	       sp_same_ids(subject, task);
}

/* The cache, when it holds for the current image as sp_config names it. */
static __always_inline struct sp_task *sp_fresh_task(struct task_struct *task)
{
	struct sp_task *state = bpf_task_storage_get(&sp_tasks, task, NULL, 0);

	if (!state || state->subject.tag != sp_config.active_tag)
		return NULL;
	return sp_same_facts(&state->subject, task) ? state : NULL;
}

/* ---- computing ---- */

static __always_inline void sp_read_facts(struct sp_subject *subject, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);

	subject->exec_id = BPF_CORE_READ(task, self_exec_id);
	subject->uid = BPF_CORE_READ(cred, euid.val);
	subject->gid = BPF_CORE_READ(cred, egid.val);
	subject->group_info = (__u64)BPF_CORE_READ(cred, group_info);
}

static __always_inline void sp_compute_atoms(void *image, const struct sp_header *header,
					     struct task_struct *task, struct sp_subject *subject)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	__u32 depends = header->subject_dims, i;

	/* A dimension without constraint has rows nowhere: its atom is never looked at. */
#pragma unroll
	for (i = 0; i < SP_SUBJECT_DIMS; i++)
		subject->atoms[i] = sp_forget(SP_ATOM_UNKNOWN);
	subject->depends = depends;
	subject->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	if (depends & SP_DIM_BIT(SP_DIM_USER))
		subject->atoms[SP_DIM_USER] =
		    sp_forget(sp_search_tree32(image, &header->users, subject->uid));
	if (depends & SP_DIM_BIT(SP_DIM_GROUP))
		subject->atoms[SP_DIM_GROUP] = sp_forget(
		    sp_group_atom(image, (struct group_info *)subject->group_info, subject->gid));
	if (depends & SP_DIM_BIT(SP_DIM_CGROUP))
		subject->atoms[SP_DIM_CGROUP] = sp_forget(sp_cgroup_atom(image, cgroup));
	if (depends & SP_DIM_BIT(SP_DIM_EXE))
		subject->atoms[SP_DIM_EXE] = sp_forget(sp_exe_atom(image, task));
}

/* True when some box of the area holds the subject, whatever it does. __noinline: one search on
 * the stack at a time, walked once for each area and not once for each way to get there. */
static __noinline bool sp_concerns(void *image, __u32 which, const struct sp_subject *subject)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_search search;
	__u32 box;

	if (!header || which >= SP_AREA_COUNT || !(header->areas & 1u << which))
		return false;
	sp_opaque(which);
	if (which >= SP_AREA_COUNT)
		return false;
	return sp_search_start(&search, image, &header->area[which], SP_DIMS_SUBJECT,
			       subject->atoms) &&
	       sp_first_survivor(&search, &box);
}

static __noinline void sp_compute_subject(void *image, struct task_struct *task,
					  struct sp_subject *subject)
{
	struct sp_header *header = sp_header_of(image);
	__u32 area, areas = 0;

	if (!header)
		return;
	sp_read_facts(subject, task);
	sp_compute_atoms(image, header, task, subject);
#pragma unroll
	for (area = SP_AREA_SYSCALL; area <= SP_AREA_BIND; area++)
		areas |= sp_forget(sp_concerns(image, area, subject)) << area;
	subject->areas = areas;
	subject->tag = header->tag;
}

static __always_inline void sp_remember(struct sp_task *state, const struct sp_subject *subject)
{
	__builtin_memset(state->passes, 0, sizeof(state->passes));
	state->subject = *subject;
}

__noinline int sp_forget_subject(struct sp_subject *subject)
{
	sp_keep_call();
	return subject != NULL;
}

/* Fills in actor->subject of the current task for `image`; actor->state is set. */
static __always_inline void sp_know_subject(void *image, struct sp_actor *actor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sp_header *header = sp_header_of(image);

	if (!header)
		return;
	if (actor->state && actor->state->subject.tag == header->tag &&
	    sp_same_facts(&actor->state->subject, task)) {
		actor->subject = actor->state->subject;
	} else {
		sp_compute_subject(image, task, &actor->subject);
		if (actor->state)
			sp_remember(actor->state, &actor->subject);
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
		sp_know_subject(image, &actor);
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
}

#endif
