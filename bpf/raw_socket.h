/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raw_socket.h: `raw-socket` at the cgroup, for kernels without BPF LSM: raw sockets of IPv4 and
 * IPv6. Those of other families, AF_PACKET among them, pass no cgroup program.
 */
#ifndef SYNPOL_BPF_RAW_SOCKET_H
#define SYNPOL_BPF_RAW_SOCKET_H

#include "system.h"

__noinline int sp_report_cgroup_deed(const struct sp_deed *deed, const struct sp_subject *subject)
{
	struct sp_event_head *event;

	if (!deed || !subject)
		return 0;
	event = sp_report_task(&deed->decision, subject,
			       sp_task_storage_in_cgroup ? sp_own_state() : NULL);
	if (event)
		bpf_ringbuf_submit(event, sp_wakeup(&deed->decision));
	return 0;
}

static __noinline int sp_judge_raw_socket(void *image, const struct sp_subject *subject)
{
	struct sp_deed deed = {};

	sp_deed_start(&deed, subject);
	deed.decision.carrier = SP_CARRIER_CGROUP;
	sp_decide_action(&deed.decision, SP_AREA_RAW_SOCKET, subject->tag);
	if (deed.decision.verdict != SP_PASS)
		sp_report_cgroup_deed(&deed, subject);
	return sp_cgroup_answer(&deed.decision);
}

/* 1: allowed. The kernel's own sockets do not come here. */
static __always_inline int sp_cgroup_raw_socket(struct bpf_sock *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sp_actor actor = {};
	void *image;

	if (ctx->type != SP_SOCK_RAW || sp_is_free(task, SP_AREA_BIT(SP_AREA_RAW_SOCKET)))
		return 1;
	image = sp_active_image();
	if (!image)
		return 1;
	if (sp_task_storage_in_cgroup)
		actor.state = sp_task_state(task);
	sp_know_subject(image, &actor, sp_task_storage_in_cgroup);
	if (!(actor.subject.areas & SP_AREA_BIT(SP_AREA_RAW_SOCKET)))
		return 1;
	return sp_judge_raw_socket(image, &actor.subject);
}

#endif
