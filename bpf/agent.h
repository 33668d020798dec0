/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * agent.h: who the agent is, as it tells the programs itself: written at its start, before it loads
 * anything. Apart from abi.h, because an image knows nothing of it.
 */
#ifndef SYNPOL_BPF_AGENT_H
#define SYNPOL_BPF_AGENT_H

#include "abi.h"

/* The data section `.data.sp_agent`, pinned as "sp_agent". All zero: nobody. */
struct sp_agent {
	sp_u64 start_ticks; /* as in /proc/PID/stat: hundredths of a second since boot */
	sp_u32 tgid;	    /* in the first pid namespace */
	sp_u32 reserved;
};
#define SP_TICK_NS 10000000u

SP_ASSERT(sizeof(struct sp_agent) == 16);

#endif
