/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow.h: connect and bind of processes: the facts of the socket operation from a cgroup program's
 * context or from an LSM hook's arguments, and the decision, which is the same for both.
 */
#ifndef SYNPOL_BPF_FLOW_H
#define SYNPOL_BPF_FLOW_H

#include "packet.h"

#define SP_IPPROTO_MPTCP 262
#define SP_LOOPBACK_V4 0x7f000001

/* Shorter addresses are refused by the kernel itself (EINVAL), before they mean anything. */
#define SP_SOCKADDR_IN_SIZE 16
#define SP_SOCKADDR_IN6_SIZE 24

static __always_inline void sp_set_transport(struct sp_flow *flow, __u32 protocol, __u32 port)
{
	if (protocol == SP_IPPROTO_MPTCP)
		protocol = SP_IPPROTO_TCP;
	flow->transport = sp_transport_key(protocol, SP_TCP_OTHER);
	flow->ports_known = 1;
	flow->port = sp_protocol_has_ports(protocol & 255) ? port : 0;
}

/* The kernel connects to the loopback address when it is told to connect to none. */
static __always_inline void sp_connect_canonical(struct sp_flow *flow)
{
	__u32 *word = (__u32 *)flow->target;

	if (word[0] || word[1] || word[3])
		return;
	if (word[2] == bpf_htonl(0xffff))
		word[3] = bpf_htonl(SP_LOOPBACK_V4);
	else if (!word[2])
		word[3] = bpf_htonl(1);
}

/* ---- facts ---- */

static __always_inline void sp_flow_of_cgroup4(struct sp_flow *flow, struct bpf_sock_addr *ctx)
{
	sp_set_v4(flow->target, ctx->user_ip4);
	sp_set_transport(flow, ctx->protocol, bpf_ntohs(ctx->user_port));
}

static __always_inline void sp_flow_of_cgroup6(struct sp_flow *flow, struct bpf_sock_addr *ctx)
{
	__u32 *word = (__u32 *)flow->target;

	/* One by one: the verifier refuses wider loads that clang would make of a loop. */
	word[0] = ctx->user_ip6[0];
	word[1] = ctx->user_ip6[1];
	word[2] = ctx->user_ip6[2];
	word[3] = ctx->user_ip6[3];
	sp_set_transport(flow, ctx->protocol, bpf_ntohs(ctx->user_port));
}

static __always_inline bool sp_is_inet(const struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return family == SP_AF_INET || family == SP_AF_INET6;
}

/*
 * bind() of an IPv4 socket takes AF_UNSPEC for AF_INET, as programs of the last century wrote it;
 * connect() with AF_UNSPEC disconnects.
 */
static __always_inline __u16 sp_family_meant(const struct sock *sk, __u16 family, __u32 area)
{
	if (family == SP_AF_UNSPEC && area == SP_AREA_BIND &&
	    sk->__sk_common.skc_family == SP_AF_INET)
		return SP_AF_INET;
	return family;
}

/* sockaddr_in and sockaddr_in6, which agree about the first two. */
struct sp_socket_name {
	__u16 family;
	__be16 port;
	__be32 v4;
	__u64 v6[2];
};

/* What is read first lies where the flow's addresses come to lie: 6.1's stack is short. */
SP_ASSERT(__builtin_offsetof(struct sp_flow, source) == 0);
SP_ASSERT(sizeof(struct sp_socket_name) <= __builtin_offsetof(struct sp_flow, target) + 16);

/* False: no address of the Internet families, or none that the kernel would take. `flow` is zeroed
 * and aligned to 8 bytes. */
static __always_inline bool sp_flow_of_lsm(struct sp_flow *flow, const struct sock *sk,
					   const struct sockaddr *address, int length, __u32 area)
{
	struct sp_socket_name *name = (void *)flow;
	__u64 *source = (void *)flow->source, *target = (void *)flow->target, low, high;
	__u16 family, port;
	__be32 v4;

	/* The kernel has copied it to where there is room for any family. */
	if (bpf_probe_read_kernel(name, sizeof(*name), address))
		return false;
	family = sp_family_meant(sk, name->family, area);
	port = bpf_ntohs(name->port);
	v4 = name->v4;
	low = name->v6[0];
	high = name->v6[1];
	source[0] = source[1] = 0;
	if (family == SP_AF_INET && length >= SP_SOCKADDR_IN_SIZE) {
		sp_set_v4(flow->target, v4);
	} else if (family == SP_AF_INET6 && length >= SP_SOCKADDR_IN6_SIZE) {
		target[0] = low;
		target[1] = high;
	} else {
		return false;
	}
	sp_set_transport(flow, sk->sk_protocol, port);
	return true;
}

/* ---- deciding ---- */

static __always_inline void sp_socket_atoms(void *image, const struct sp_subject *subject,
					    const struct sp_flow *flow, __u32 *atoms)
{
	struct sp_header *header = sp_header_of(image);
	__u32 i;

#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		atoms[i] = i < SP_SUBJECT_DIMS ? subject->atoms[i] : sp_forget(SP_ATOM_UNKNOWN);
	if (!header)
		return;
	atoms[SP_DIM_TRANSPORT] = sp_transport_atom(image, header, flow->transport);
	atoms[SP_DIM_TARGET] = sp_address_atom(image, header, flow->target);
	atoms[SP_DIM_PORT] = sp_port_atom(image, header, flow->port);
}

/* Names one operation on one socket, for the time of one system call. */
static __always_inline __u64 sp_operation_hash(const struct sp_flow *flow, __u32 area, __u64 cookie)
{
	const __u64 *target = (const __u64 *)flow->target;

	return sp_hash(cookie ^ (__u64)area << 60, target[0] ^ sp_mix(cookie, target[1]),
		       (__u64)flow->port << 16 | flow->transport) |
	       1;
}

/* Two functions, because the verifier must not see task storage in a cgroup program of 6.1. */
__noinline int sp_report_lsm_socket(const struct sp_decision *decision,
				    const struct sp_subject *subject, const struct sp_flow *flow)
{
	struct sp_event_head *event;

	if (!decision || !subject || !flow)
		return 0;
	event = sp_report_task(decision, subject, sp_own_state());
	if (event) {
		event->flow = *flow;
		bpf_ringbuf_submit(event, sp_wakeup(decision));
	}
	return 0;
}

__noinline int sp_report_cgroup_socket(const struct sp_decision *decision,
				       const struct sp_subject *subject, const struct sp_flow *flow)
{
	struct sp_event_head *event;

	if (!decision || !subject || !flow)
		return 0;
	event =
	    sp_report_task(decision, subject, sp_task_storage_in_cgroup ? sp_own_state() : NULL);
	if (event) {
		event->flow = *flow;
		bpf_ringbuf_submit(event, sp_wakeup(decision));
	}
	return 0;
}

struct sp_operation {
	struct sp_flow flow;
	struct sp_decision decision;
};

/*
 * A cgroup program comes after the LSM hook of the same operation: what that one has just recorded
 * is not recorded again. The mark serves once. It is lost when the map is full: then there are two
 * rows.
 */
static __always_inline bool sp_is_recorded(const struct sp_operation *op, __u64 cookie)
{
	__u64 hash = sp_operation_hash(&op->flow, op->decision.area, cookie);
	__u8 mark = 1;

	if (op->decision.carrier == SP_CARRIER_CGROUP)
		return !bpf_map_delete_elem(&sp_recorded, &hash);
	bpf_map_update_elem(&sp_recorded, &hash, &mark, BPF_ANY);
	return false;
}

/* Decides. The flow and the carrier are set. */
static __always_inline void sp_judge_socket(void *image, const struct sp_subject *subject,
					    struct sp_operation *op, __u32 area)
{
	if (area == SP_AREA_CONNECT)
		sp_connect_canonical(&op->flow);
	sp_socket_atoms(image, subject, &op->flow, op->decision.atoms);
	sp_decide_action(&op->decision, area, subject->tag);
}

/* ---- flows that passed lately: sp_recent.flows ---- */

/* Not 0. */
static __always_inline __u32 sp_flow_ask(const struct sp_flow *flow, __u32 area)
{
	return 1u << 31 | (__u32)(area == SP_AREA_BIND) << 30 | (__u32)flow->transport << 16 |
	       flow->port;
}

static __always_inline struct sp_flow_pass *sp_flow_place(struct sp_recent *place,
							  const struct sp_flow *flow)
{
	__u64 slot = flow->target[15] ^ flow->port;

	slot &= SP_FLOWS_RECENT - 1;
	sp_opaque(slot);
	return &place->flows[slot & (SP_FLOWS_RECENT - 1)];
}

static __always_inline bool sp_flow_is_at(const struct sp_flow_pass *pass,
					  const struct sp_flow *flow, __u32 area)
{
	const __u64 *target = (const __u64 *)flow->target;

	return pass->ask == sp_flow_ask(flow, area) && pass->target[0] == target[0] &&
	       pass->target[1] == target[1];
}

/*
 * What no rule refuses or tells of need not be decided again: it depends on the flow and on the
 * subject in the place. `flow` is canonical. What was read of the place counts if the place is
 * fresh afterwards. No state sits on top of a connect or bind; whatever counts them one day has to
 * be asked first.
 */
static __always_inline bool sp_flow_has_passed(struct sp_recent *place, struct task_struct *task,
					       const struct sp_flow *flow, __u32 area)
{
	__u32 pid = task->pid;

	return sp_is_at(place, pid) && sp_flow_is_at(sp_flow_place(place, flow), flow, area) &&
	       sp_is_fresh(place, task, pid);
}

/* __noinline: hardly ever done, and its stack is free again. */
static __noinline void sp_learn_flow(__u64 tag, const struct sp_flow *flow, __u32 area)
{
	const __u64 *target = (const __u64 *)flow->target;
	struct sp_recent *place = sp_recent_lock(tag);
	struct sp_flow_pass *pass;

	if (!place)
		return;
	pass = sp_flow_place(place, flow);
	pass->target[0] = target[0];
	pass->target[1] = target[1];
	pass->ask = sp_flow_ask(flow, area);
	sp_recent_unlock(place);
}

/* ---- cgroup programs ---- */

/* 1: allowed. An errno that another program set stays set; without one, 0 is EPERM. */
static __always_inline int sp_cgroup_answer(const struct sp_decision *decision)
{
	if (decision->verdict < SP_DENY)
		return 1;
	bpf_set_retval(-(int)decision->error);
	return 0;
}

/* __noinline: what a decision needs is not on the stack while the subject is computed. */
static __noinline int sp_judge_cgroup(struct bpf_sock_addr *ctx, void *image,
				      const struct sp_subject *subject, __u32 area, __u32 family)
{
	struct sp_operation op = {.decision.carrier = SP_CARRIER_CGROUP};

	if (family == SP_AF_INET)
		sp_flow_of_cgroup4(&op.flow, ctx);
	else
		sp_flow_of_cgroup6(&op.flow, ctx);
	sp_judge_socket(image, subject, &op, area);
	if (op.decision.verdict == SP_AUDIT && sp_is_recorded(&op, bpf_get_socket_cookie(ctx)))
		return 1;
	if (op.decision.verdict == SP_PASS)
		sp_learn_flow(subject->tag, &op.flow, area);
	else
		sp_report_cgroup_socket(&op.decision, subject, &op.flow);
	return sp_cgroup_answer(&op.decision);
}

/* __noinline: its stack is free while the subject is computed. */
static __noinline bool sp_cgroup_passes(struct bpf_sock_addr *ctx, __u32 area, __u32 family)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sp_recent *place = sp_recent_place(task->pid);
	struct sp_flow flow __attribute__((aligned(8))) = {};

	if (!place)
		return false;
	if (family == SP_AF_INET)
		sp_flow_of_cgroup4(&flow, ctx);
	else
		sp_flow_of_cgroup6(&flow, ctx);
	if (area == SP_AREA_CONNECT)
		sp_connect_canonical(&flow);
	return sp_flow_has_passed(place, task, &flow, area);
}

static __always_inline int sp_cgroup_socket(struct bpf_sock_addr *ctx, __u32 area, __u32 family)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sp_actor actor = {};
	void *image;

	if (sp_is_free(task, SP_AREA_BIT(area)) || sp_cgroup_passes(ctx, area, family))
		return 1;
	if (sp_task_storage_in_cgroup && sp_is_stored_free(sp_fresh_task(task), SP_AREA_BIT(area)))
		return 1;
	image = sp_active_image();
	if (!image)
		return 1;
	if (sp_task_storage_in_cgroup)
		actor.state = sp_task_state(task);
	sp_know_subject(image, &actor, sp_task_storage_in_cgroup);
	if (!(actor.subject.areas & SP_AREA_BIT(area)))
		return 1;
	return sp_judge_cgroup(ctx, image, &actor.subject, area, family);
}

/* ---- LSM hooks ---- */

static __always_inline int sp_lsm_answer(const struct sp_decision *decision)
{
	__s64 error = -(__s64)decision->error;

	if (decision->verdict < SP_DENY)
		return 0;
	if (decision->verdict == SP_KILL)
		bpf_send_signal(SP_SIGKILL);
	sp_opaque(error);
	/* From 6.12 on the verifier wants to see that this is an errno: in this very register. */
	if (error < -133 || error >= 0)
		return -SP_EPERM;
	sp_opaque(error);
	return error;
}

/* `ctx`: as below. enum sp_quick. */
static __noinline int sp_socket_passes(unsigned long long *ctx, __u32 area)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = task->pid, areas;
	struct sp_recent *place = sp_recent_place(pid);
	struct sp_flow flow __attribute__((aligned(8))) = {};
	struct socket *sock = (void *)ctx[0];
	struct sock *sk = sock->sk;

	if (!place)
		return SP_QUICK_UNKNOWN;
	if (!sp_is_at(place, pid)) {
		sp_recent_renew(task);
		return SP_QUICK_UNKNOWN;
	}
	areas = place->subject.areas;
	if (!sk || !sp_is_inet(sk) || !sp_flow_of_lsm(&flow, sk, (void *)ctx[1], ctx[2], area))
		return SP_QUICK_UNKNOWN;
	if (area == SP_AREA_CONNECT)
		sp_connect_canonical(&flow);
	if (!sp_flow_has_passed(place, task, &flow, area))
		return SP_QUICK_UNKNOWN;
	return areas & SP_AREA_BIT(SP_AREA_SYSCALL) ? SP_QUICK_ASK_CALL : SP_QUICK_PASS;
}

/* `ctx` holds the hook's arguments: struct socket *, struct sockaddr *, int. */
static __noinline int sp_judge_lsm(unsigned long long *ctx, void *image,
				   const struct sp_subject *subject, __u32 area)
{
	struct sp_operation op = {.decision.carrier = SP_CARRIER_LSM};
	struct socket *sock = (void *)ctx[0];
	struct sock *sk = sock->sk;

	if (!sk || !sp_is_inet(sk) || !sp_flow_of_lsm(&op.flow, sk, (void *)ctx[1], ctx[2], area))
		return 0;
	sp_judge_socket(image, subject, &op, area);
	if (op.decision.verdict == SP_AUDIT)
		sp_is_recorded(&op, bpf_get_socket_cookie(sk));
	if (op.decision.verdict == SP_PASS)
		sp_learn_flow(subject->tag, &op.flow, area);
	else
		sp_report_lsm_socket(&op.decision, subject, &op.flow);
	return sp_lsm_answer(&op.decision);
}

static __noinline int sp_is_stored_free_here(__u32 area)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return sp_is_stored_free(sp_fresh_task(task), SP_AREA_BIT(area));
}

/* __noinline: its stack is free while the same hook decides the call by its number. */
static __noinline int sp_lsm_socket(unsigned long long *ctx, __u32 area)
{
	struct sp_actor actor = {};
	void *image;

	if (sp_is_stored_free_here(area))
		return 0;
	image = sp_active_image();
	if (!image)
		return 0;
	actor.state = sp_task_state(bpf_get_current_task_btf());
	sp_know_subject(image, &actor, true);
	if (!(actor.subject.areas & SP_AREA_BIT(area)))
		return 0;
	return sp_judge_lsm(ctx, image, &actor.subject, area);
}

#endif
