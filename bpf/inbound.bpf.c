// SPDX-License-Identifier: GPL-2.0
/*
 * inbound.bpf.c: packets that come in, at XDP.
 */
#include "maps.h"

SEC("xdp.frags")
int sp_inbound(struct xdp_md *ctx)
{
	return XDP_PASS;
}
