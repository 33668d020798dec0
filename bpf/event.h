/* SPDX-License-Identifier: GPL-2.0 */
/*
 * event.h: what is told about a decision. Counted first, so that an event that is suppressed or
 * lost still shows; then the sequence number, so that a lost one leaves a hole; then the record.
 */
#ifndef SYNPOL_BPF_EVENT_H
#define SYNPOL_BPF_EVENT_H

#include "limit.h"
#include "task.h"

#define SP_TASK_BUDGET_INTERVAL_NS 10000000ull /* 100 a second */
#define SP_TASK_BUDGET_TOLERANCE_NS (99 * SP_TASK_BUDGET_INTERVAL_NS)
#define SP_PACKET_BUDGET_INTERVAL_NS 100000000ull /* 10 a second for a rule and a source */
#define SP_PACKET_BUDGET_TOLERANCE_NS (9 * SP_PACKET_BUDGET_INTERVAL_NS)

/* Kinds of keys in sp_buckets beside rule identities: small numbers, which no identity is. */
#define SP_BUDGET_TASK 1
#define SP_BUDGET_PACKET 2

/* ---- the tail: the path of the file, component by component ---- */

struct sp_tail {
	struct sp_walk walk;
	char *text; /* in the event */
	__u32 used;
	__u32 at; /* in the component */
	__u32 truncated;
};

/* Copies the next eight bytes of the component, or what is left of it and a '/'. `room`, a
 * constant: bytes at tail->text. */
static __always_inline void sp_tail_copy(struct sp_tail *tail, __u32 room)
{
	__u32 left = tail->walk.length - tail->at, used = tail->used;
	__u64 bytes = 0;

	if (used > room - 8) {
		tail->truncated = 1;
		return;
	}
	if (left >= 8) {
		bpf_probe_read_kernel(&bytes, 8, tail->walk.name + tail->at);
		tail->used = used + 8;
	} else {
		sp_opaque(left);
		left &= 7;
		bpf_probe_read_kernel(&bytes, left, tail->walk.name + tail->at);
		bytes |= (__u64)'/' << left * 8;
		tail->used = used + left + 1;
		tail->walk.length = 0;
	}
	tail->at += 8;
	sp_opaque(used);
	if (used <= room - 8)
		__builtin_memcpy(tail->text + used, &bytes, 8);
}

static __always_inline long sp_tail_step(struct sp_tail *tail, __u32 room)
{
	if (!tail->walk.length) {
		sp_walk_up(&tail->walk);
		tail->at = 0;
	}
	if (tail->walk.end != SP_WALK_ON)
		return 1;
	if (tail->walk.length)
		sp_tail_copy(tail, room);
	return tail->truncated;
}

static long sp_exe_tail_step(__u32 index, struct sp_tail *tail)
{
	return sp_tail_step(tail, SP_EXE_BYTES);
}

static long sp_path_tail_step(__u32 index, struct sp_tail *tail)
{
	return sp_tail_step(tail, SP_OBJECT_BYTES);
}

/* The components from `from` on, which sp_walk_start has set. */
__noinline int sp_event_exe_from(struct sp_event_head *event, const struct sp_walk *from)
{
	struct sp_tail tail = {};

	if (!event || !from)
		return 0;
	tail.walk = *from;
	tail.text = event->exe;
	bpf_loop(SP_EXE_BYTES + SP_MOUNTS_MAX, sp_exe_tail_step, &tail, 0);
	event->exe_length = tail.used < SP_EXE_BYTES ? tail.used : SP_EXE_BYTES;
	if (tail.truncated)
		event->flags |= SP_EVENT_EXE_TRUNCATED;
	return 0;
}

static __always_inline void sp_event_exe(struct sp_event_head *event)
{
	struct sp_walk from;

	sp_walk_start(&from, bpf_get_current_task_btf());
	sp_event_exe_from(event, &from);
}

/* Of a file on a mount that is not known, and of one that hangs nowhere: the part that is. */
__noinline int sp_event_path(struct sp_event *event, const struct sp_file *file)
{
	struct sp_tail tail = {};

	if (!event || !file)
		return 0;
	tail.text = event->path;
	sp_walk_start_at(&tail.walk, file->dentry, file->mount);
	bpf_loop(SP_OBJECT_BYTES + SP_MOUNTS_MAX, sp_path_tail_step, &tail, 0);
	event->head.object.path_length = tail.used < SP_OBJECT_BYTES ? tail.used : SP_OBJECT_BYTES;
	if (tail.truncated || tail.walk.end == SP_WALK_FAILED)
		event->head.flags |= SP_EVENT_PATH_TRUNCATED;
	return 0;
}

/* ---- counters, budget, sequence ---- */

static __always_inline struct sp_counters *sp_count(const struct sp_decision *decision)
{
	__u64 identity = decision->identity;
	struct sp_counters *counters = bpf_map_lookup_elem(&sp_counters, &identity);

	if (!counters) {
		sp_count_failure(SP_FAIL_COUNTER);
		return NULL;
	}
	__sync_fetch_and_add(&counters->matched, 1);
	if (decision->verdict >= SP_DENY)
		__sync_fetch_and_add(&counters->refused, 1);
	return counters;
}

/* The task's own cell where there is one; nobody else writes it. */
static __always_inline bool sp_task_has_budget(struct sp_task *state)
{
	struct sp_rate rate = {SP_TASK_BUDGET_INTERVAL_NS, SP_TASK_BUDGET_TOLERANCE_NS};
	__u64 now = sp_now();

	if (state)
		return sp_take(&state->budget_ns, &rate, now);
	return sp_admit(sp_hash(SP_BUDGET_TASK, bpf_get_current_pid_tgid(), 0), &rate, now);
}

static __always_inline bool sp_packet_has_budget(const struct sp_decision *decision,
						 const struct sp_flow *flow)
{
	struct sp_rate rate = {SP_PACKET_BUDGET_INTERVAL_NS, SP_PACKET_BUDGET_TOLERANCE_NS};
	const __u64 *source = (const __u64 *)flow->source;

	return sp_admit(sp_hash(decision->identity ^ SP_BUDGET_PACKET, source[0], source[1]), &rate,
			sp_now());
}

static __always_inline __u64 sp_next_sequence(void)
{
	__u32 zero = 0;
	struct sp_cpu_state *cpu = bpf_map_lookup_elem(&sp_cpu, &zero);

	return cpu ? __sync_fetch_and_add(&cpu->sequence, 1) + 1 : 0;
}

/* ---- the record ---- */

static __always_inline struct sp_event_head *sp_event_start(const struct sp_decision *decision,
							    struct sp_counters *counters, __u64 tag,
							    __u64 size)
{
	__u64 sequence = sp_next_sequence();
	struct sp_event_head *event = bpf_ringbuf_reserve(&sp_events, size, 0);
	__u32 i;

	if (!event) {
		if (counters)
			__sync_fetch_and_add(&counters->lost, 1);
		sp_count_failure(SP_FAIL_RING);
		return NULL;
	}
	/* The ring hands out memory with earlier records in it. */
	__builtin_memset(event, 0, __builtin_offsetof(struct sp_event_head, exe));
	event->time_ns = bpf_ktime_get_boot_ns();
	event->sequence = sequence;
	event->tag = tag;
	event->cpu = bpf_get_smp_processor_id();
	event->box = decision->box;
	event->rule = decision->rule;
#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		event->atoms[i] = decision->atoms[i];
	event->area = decision->area;
	event->verdict = decision->verdict;
	event->carrier = decision->carrier;
	event->flags = decision->event_flags;
	event->error = decision->error;
	return event;
}

static __always_inline void sp_event_task(struct sp_event_head *event,
					  const struct sp_subject *subject)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	event->cgroup_id = subject->cgroup_id;
	event->tgid = pid_tgid >> 32;
	event->tid = pid_tgid;
	event->uid = subject->uid;
	event->gid = subject->gid;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	sp_event_exe(event);
}

/* Refusals wake the reader, records do not: a wake-up costs the acting process ten times as much.
 */
static __always_inline __u64 sp_wakeup(const struct sp_decision *decision)
{
	return decision->verdict >= SP_DENY ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* The event to fill in and submit, or NULL when there is none to be told. `size`, a constant, is
 * that of sp_event_head, or of sp_event for an attempt with a path. */
static __always_inline struct sp_event_head *sp_report_sized(const struct sp_decision *decision,
							     const struct sp_subject *subject,
							     struct sp_task *state, __u64 size)
{
	struct sp_counters *counters = sp_count(decision);
	struct sp_event_head *event;

	if (decision->rule_flags & SP_RULE_QUIET)
		return NULL;
	if (!sp_task_has_budget(state)) {
		if (counters)
			__sync_fetch_and_add(&counters->suppressed, 1);
		return NULL;
	}
	event = sp_event_start(decision, counters, subject->tag, size);
	if (event)
		sp_event_task(event, subject);
	return event;
}

static __always_inline struct sp_event_head *sp_report_task(const struct sp_decision *decision,
							    const struct sp_subject *subject,
							    struct sp_task *state)
{
	return sp_report_sized(decision, subject, state, sizeof(struct sp_event_head));
}

static __always_inline struct sp_task *sp_own_state(void)
{
	return bpf_task_storage_get(&sp_tasks, bpf_get_current_task_btf(), NULL, 0);
}

__noinline int sp_report_packet(const struct sp_decision *decision, const struct sp_flow *flow,
				__u64 tag)
{
	struct sp_counters *counters;
	struct sp_event_head *event;

	if (!decision || !flow)
		return 0;
	counters = sp_count(decision);
	if (decision->rule_flags & SP_RULE_QUIET)
		return 0;
	if (!sp_packet_has_budget(decision, flow)) {
		if (counters)
			__sync_fetch_and_add(&counters->suppressed, 1);
		return 0;
	}
	event = sp_event_start(decision, counters, tag, sizeof(struct sp_event_head));
	if (!event)
		return 0;
	event->flags |= SP_EVENT_NO_TASK;
	event->flow = *flow;
	bpf_ringbuf_submit(event, sp_wakeup(decision));
	return 0;
}

#endif
