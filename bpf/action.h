/* SPDX-License-Identifier: GPL-2.0 */
/*
 * action.h: actions that are neither a call by number nor a flow: who acts, what with, and the
 * decision, in LSM hooks. A hook decides the system call by its number first, so that one program
 * serves both.
 */
#ifndef SYNPOL_BPF_ACTION_H
#define SYNPOL_BPF_ACTION_H

#include "syscall.h"

struct sp_deed {
	struct sp_decision decision;
	struct sp_object object;
};

static __always_inline void sp_start_decision(struct sp_decision *decision,
					      const struct sp_subject *subject)
{
	__u32 i;

	decision->carrier = SP_CARRIER_LSM;
#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		decision->atoms[i] =
		    i < SP_SUBJECT_DIMS ? subject->atoms[i] : sp_forget(SP_ATOM_UNKNOWN);
}

static __always_inline void sp_deed_start(struct sp_deed *deed, const struct sp_subject *subject)
{
	sp_start_decision(&deed->decision, subject);
}

__noinline int sp_report_deed(const struct sp_deed *deed, const struct sp_subject *subject)
{
	struct sp_event_head *event;

	if (!deed || !subject)
		return 0;
	event = sp_report_task(&deed->decision, subject, sp_own_state());
	if (event) {
		event->object = deed->object;
		bpf_ringbuf_submit(event, sp_wakeup(&deed->decision));
	}
	return 0;
}

/*
 * The subject of the current task, where some rule of `areas` concerns it. False: none does, or it
 * is a thread of the kernel's own: what these do, they do for the kernel or for whom it serves
 * (kthreadd makes tasks, a loop device writes), and a rule for `user root` means no such thing.
 * Workers of io_uring act for the process that they belong to, and are none.
 */
static __always_inline bool sp_is_concerned(struct sp_actor *actor, void **image, __u32 areas)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & SP_PF_KTHREAD || sp_is_stored_free(sp_fresh_task(task), areas))
		return false;
	*image = sp_active_image();
	if (!*image)
		return false;
	actor->state = sp_task_state(task);
	sp_know_subject(*image, actor, true);
	return actor->subject.areas & areas;
}

/* The same question where the subject is not needed yet: false is for sure. */
static __noinline bool sp_concerns(__u32 areas)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return !(task->flags & SP_PF_KTHREAD) && !sp_is_stored_free(sp_fresh_task(task), areas);
}

/* Decides a deed whose atoms are there. Callers are __noinline: what a decision needs is not on the
 * stack while the subject is computed. */
static __always_inline int sp_judge_deed(const struct sp_subject *subject, __u32 area,
					 struct sp_deed *deed)
{
	sp_decide_action(&deed->decision, area, subject->tag);
	if (deed->decision.verdict != SP_PASS)
		sp_report_deed(deed, subject);
	return sp_lsm_answer(&deed->decision);
}

/* ---- actions without an object ---- */

static __noinline int sp_judge_plain(void *image, const struct sp_subject *subject, __u32 area)
{
	struct sp_deed deed = {};

	sp_deed_start(&deed, subject);
	return sp_judge_deed(subject, area, &deed);
}

static __noinline int sp_act_plain(__u32 area)
{
	struct sp_actor actor = {};
	void *image;

	if (!sp_is_concerned(&actor, &image, SP_AREA_BIT(area)))
		return 0;
	return sp_judge_plain(image, &actor.subject, area);
}

/* ---- hooks ---- */

/* True: nothing concerns the task, neither what the hook stands for nor the call by number. */
static __always_inline bool sp_hook_is_free(__u32 areas)
{
	return sp_is_free(bpf_get_current_task_btf(), SP_AREA_BIT(SP_AREA_SYSCALL) | areas);
}

#endif
