// SPDX-License-Identifier: GPL-2.0
/*
 * inbound.bpf.c: packets that come in, at XDP.
 */
#include "packet.h"

/* "frags": drivers with jumbo frames take no other programs; headers are in the first piece. */
SEC("xdp.frags")
int sp_inbound(struct xdp_md *ctx)
{
	return sp_filter(ctx);
}
