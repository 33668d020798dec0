/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listen.h: `listen`: the local address and port of a socket that is about to listen, and the
 * decision. A socket that was never bound gets its port after the hook: until then it is unknown.
 */
#ifndef SYNPOL_BPF_LISTEN_H
#define SYNPOL_BPF_LISTEN_H

#include "action.h"

static __always_inline void sp_flow_of_listener(struct sp_flow *flow, struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == SP_AF_INET)
		sp_set_v4(flow->target, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	else
		bpf_core_read(flow->target, sizeof(flow->target),
			      &sk->__sk_common.skc_v6_rcv_saddr);
	sp_set_transport(flow, BPF_CORE_READ(sk, sk_protocol),
			 BPF_CORE_READ(sk, __sk_common.skc_num));
	flow->ports_known = flow->port != 0;
}

static __noinline int sp_judge_listen(void *image, const struct sp_subject *subject,
				      struct sock *sk)
{
	struct sp_operation op = {.decision.carrier = SP_CARRIER_LSM};

	sp_flow_of_listener(&op.flow, sk);
	sp_socket_atoms(image, subject, &op.flow, op.decision.atoms);
	if (!op.flow.ports_known)
		op.decision.atoms[SP_DIM_PORT] = SP_ATOM_UNKNOWN;
	sp_decide_action(&op.decision, SP_AREA_LISTEN, subject->tag);
	if (op.decision.verdict != SP_PASS)
		sp_report_lsm_socket(&op.decision, subject, &op.flow);
	return sp_lsm_answer(&op.decision);
}

/* `ctx`: struct socket *, int backlog. Sockets of other families are no flows. */
static __noinline int sp_act_listen(unsigned long long *ctx)
{
	struct socket *sock = (void *)ctx[0];
	struct sp_actor actor = {};
	struct sock *sk = sock->sk;
	void *image;

	if (!sk || !sp_is_inet(sk) || !sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_LISTEN)))
		return 0;
	return sp_judge_listen(image, &actor.subject, sk);
}

#endif
