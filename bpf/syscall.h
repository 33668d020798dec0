/* SPDX-License-Identifier: GPL-2.0 */
/*
 * syscall.h: system calls by number: which call the current task is in, in which ABI, and the
 * decision. LSM hooks refuse and record denials; the raw tracepoint records and kills.
 */
#ifndef SYNPOL_BPF_SYSCALL_H
#define SYNPOL_BPF_SYSCALL_H

#include "argument.h"
#include "flow.h"

#define SP_NO_CALL (~0u)

/*
 * sp_syscall_key() of the call, or SP_NO_CALL: entries by exception or interrupt, and calls that a
 * tracer has cancelled, have a negative number. The kernel takes the lower half of the register,
 * so that whatever a program leaves above must not hide a call.
 */
static __always_inline __u32 sp_current_call(struct task_struct *task)
{
	int number = (int)sp_regs(task)->orig_ax;
	__u32 abi = SP_ABI_X86_64;

	if (number < 0)
		return SP_NO_CALL;
	if (task->thread_info.status & SP_TS_COMPAT)
		abi = SP_ABI_I386;
	else if (number & SP_X32_BIT)
		abi = SP_ABI_X32;
	if (abi == SP_ABI_X32)
		number &= ~SP_X32_BIT;
	return sp_forget(sp_syscall_key(abi, number));
}

static __always_inline void sp_read_call(struct sp_call *call, struct task_struct *task)
{
	__u32 i;

	call->abi = sp_current_call(task) / SP_SYSCALLS_PER_ABI;
	call->number = sp_regs(task)->orig_ax;
	if (call->abi == SP_ABI_X32)
		call->number &= ~SP_X32_BIT;
#pragma unroll
	for (i = 0; i < 6; i++)
		call->argument[i] = sp_argument_value(i);
}

/* ---- what is remembered of calls: a bit, so that the number of rules does not matter ---- */

#define SP_PASS_CALLS (SP_PASS_WORDS * 64)

static __always_inline bool sp_has_bit(const __u64 *words, __u32 call)
{
	__u32 word = call / 64;

	if (call >= SP_PASS_CALLS)
		return false;
	sp_opaque(word);
	return words[word & (SP_PASS_WORDS - 1)] >> (call & 63) & 1;
}

static __always_inline void sp_set_bit(__u64 *words, __u32 call)
{
	__u32 word = call / 64;

	if (call >= SP_PASS_CALLS)
		return;
	sp_opaque(word);
	words[word & (SP_PASS_WORDS - 1)] |= 1ull << (call & 63);
}

/* ---- deciding ---- */

__noinline int sp_report_call(const struct sp_decision *decision, const struct sp_subject *subject)
{
	struct sp_event_head *event;

	if (!decision || !subject)
		return 0;
	event = sp_report_task(decision, subject, sp_own_state());
	if (event) {
		sp_read_call(&event->call, bpf_get_current_task_btf());
		bpf_ringbuf_submit(event, sp_wakeup(decision));
	}
	return 0;
}

struct sp_call_run {
	struct sp_decision *decision;
	__u64 tag;  /* of the image */
	__u64 asks; /* the arguments matter */
};

/*
 * One attempt at a decision. What passes whatever its arguments are is done; anything else is
 * decided once more, with them. The body of a loop: the verifier walks it once.
 */
static long sp_call_step(__u32 index, struct sp_call_run *run)
{
	if (run->asks)
		sp_argument_atoms(run->decision, run->tag);
	run->decision->event_flags = 0;
	sp_decide_action(run->decision, SP_AREA_SYSCALL, run->tag);
	if (run->asks || run->decision->verdict == SP_PASS)
		return 1;
	run->asks = 1;
	return 0;
}

/* A pass is remembered only if every argument passes, and else that they have to be asked. */
static __always_inline void sp_remember_call(struct sp_task *state, __u32 call, __u64 asks,
					     const struct sp_decision *decision)
{
	if (!state)
		return;
	if (asks)
		sp_set_bit(state->asks, call);
	else if (decision->verdict == SP_PASS)
		sp_set_bit(state->passes, call);
}

static __always_inline void sp_decide_call(void *image, __u32 call, const struct sp_actor *actor,
					   struct sp_decision *decision)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_call_run run = {.decision = decision, .tag = actor->subject.tag};
	__u32 i;

	if (!header)
		return;
#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		decision->atoms[i] =
		    i < SP_SUBJECT_DIMS ? actor->subject.atoms[i] : sp_forget(SP_ATOM_UNKNOWN);
	decision->atoms[SP_DIM_SYSCALL] = sp_syscall_atom(image, header, call);
	/* The verifier of 6.1 must not believe that it is 0 in every round. */
	run.asks = sp_forget(actor->state && sp_has_bit(actor->state->asks, call));
	bpf_loop(header->argument_count ? 2 : 1, sp_call_step, &run, 0);
	sp_remember_call(actor->state, call, run.asks && header->argument_count, decision);
}

/*
 * Workers of io_uring and kernel threads are in no call: what their registers hold means nothing.
 * Asked last, because hardly any decision gets here.
 */
static __always_inline bool sp_makes_calls(struct task_struct *task)
{
	return !(task->flags & (SP_PF_IO_WORKER | SP_PF_KTHREAD));
}

static __always_inline bool sp_acts_on(__u32 carrier, __u32 verdict)
{
	return carrier == SP_CARRIER_LSM ? verdict == SP_DENY
					 : verdict == SP_AUDIT || verdict == SP_KILL;
}

/* Fills in the decision; reports what this carrier has to report. */
static __always_inline void sp_judge_call(struct task_struct *task, __u32 call,
					  struct sp_decision *decision)
{
	struct sp_actor actor = {};
	void *image = sp_active_image();

	if (!image)
		return;
	actor.state = sp_task_state(task);
	sp_know_subject(image, &actor, true);
	if (!(actor.subject.areas & 1u << SP_AREA_SYSCALL))
		return;
	sp_decide_call(image, call, &actor, decision);
	if (!sp_makes_calls(task))
		decision->verdict = SP_PASS;
	else if (sp_acts_on(decision->carrier, decision->verdict))
		sp_report_call(decision, &actor.subject);
}

/* Nothing to decide: no rule concerns the task, it is in no call, or the call has passed before. */
static __always_inline bool sp_call_passes(struct task_struct *task, __u32 call)
{
	const struct sp_task *fresh = sp_fresh_task(task);

	return sp_is_stored_free(fresh, SP_AREA_BIT(SP_AREA_SYSCALL)) || call == SP_NO_CALL ||
	       (fresh && sp_has_bit(fresh->passes, call));
}

/* For a task that is governed, or not known yet. __noinline: keeps the way of all others short. */
static __noinline int sp_refuse_call(struct task_struct *task)
{
	struct sp_decision decision = {.carrier = SP_CARRIER_LSM};
	__u32 call = sp_current_call(task);

	if (sp_call_passes(task, call))
		return 0;
	sp_judge_call(task, call, &decision);
	if (decision.verdict == SP_KILL) /* the tracepoint has sent the signal and told of it */
		decision.verdict = SP_DENY;
	return sp_lsm_answer(&decision);
}

static __always_inline int sp_syscall_hook(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return sp_is_free(task, SP_AREA_BIT(SP_AREA_SYSCALL)) ? 0 : sp_refuse_call(task);
}

/* A call by number and what it does with a socket, in one hook. */
static __always_inline int sp_socket_hook(unsigned long long *ctx, __u32 area)
{
	struct task_struct *task = bpf_get_current_task_btf();
	int refused, quick;

	if (sp_is_free(task, SP_AREA_BIT(SP_AREA_SYSCALL) | SP_AREA_BIT(area)))
		return 0;
	quick = sp_socket_passes(ctx, area);
	if (quick == SP_QUICK_PASS)
		return 0;
	refused = sp_refuse_call(task);
	return refused || quick ? refused : sp_lsm_socket(ctx, area);
}

#define SP_NR_EXECVE_X86_64 59
#define SP_NR_EXECVEAT_X86_64 322
#define SP_NR_EXECVE_I386 11
#define SP_NR_EXECVEAT_I386 358
#define SP_NR_EXECVE_X32 520
#define SP_NR_EXECVEAT_X32 545

static __always_inline bool sp_is_exec(__u32 call)
{
	return call == sp_syscall_key(SP_ABI_X86_64, SP_NR_EXECVE_X86_64) ||
	       call == sp_syscall_key(SP_ABI_X86_64, SP_NR_EXECVEAT_X86_64) ||
	       call == sp_syscall_key(SP_ABI_I386, SP_NR_EXECVE_I386) ||
	       call == sp_syscall_key(SP_ABI_I386, SP_NR_EXECVEAT_I386) ||
	       call == sp_syscall_key(SP_ABI_X32, SP_NR_EXECVE_X32) ||
	       call == sp_syscall_key(SP_ABI_X32, SP_NR_EXECVEAT_X32);
}

static __always_inline int sp_syscall_hook_not_in_exec(void)
{
	int answer = sp_syscall_hook();

	if (answer && sp_is_exec(sp_current_call(bpf_get_current_task_btf())))
		return 0;
	return answer;
}

static __noinline int sp_observe_call(struct task_struct *task)
{
	struct sp_decision decision = {.carrier = SP_CARRIER_SYS_ENTER};
	__u32 call = sp_current_call(task);

	if (sp_call_passes(task, call))
		return 0;
	sp_judge_call(task, call, &decision);
	/* After the event: the signal is served when the call returns to user space. */
	if (decision.verdict == SP_KILL)
		bpf_send_signal(SP_SIGKILL);
	return 0;
}

#endif
