/* SPDX-License-Identifier: GPL-2.0 */
/*
 * system.h: `raw-socket`, `mount`, `load-module`, `load-bpf`: which uses of a hook are attempts at
 * these actions. They have no object: what is left is sp_act_plain().
 */
#ifndef SYNPOL_BPF_SYSTEM_H
#define SYNPOL_BPF_SYSTEM_H

#include "action.h"

/* ---- raw-socket ---- */

#define SP_AF_UNIX 1
#define SP_AF_NETLINK 16
#define SP_AF_PACKET 17
#define SP_SOCK_RAW 3

/*
 * Netlink and unix sockets take SOCK_RAW for another word for a datagram: every look-up of a name
 * makes such a one, and nobody sees or forges packets with it.
 */
static __always_inline bool sp_is_raw(__u32 family, __u32 type)
{
	if (family == SP_AF_UNIX || family == SP_AF_NETLINK)
		return false;
	return family == SP_AF_PACKET || type == SP_SOCK_RAW;
}

/* `ctx`: int family, int type, int protocol, int kern. What the kernel makes for itself is none. */
static __always_inline bool sp_makes_raw_socket(unsigned long long *ctx)
{
	return !(__u32)ctx[3] && sp_is_raw(ctx[0], ctx[1]);
}

/* ---- mount ---- */

#define SP_CAP_SYS_ADMIN 21
/* The same numbers in every ABI. */
#define SP_NR_OPEN_TREE 428
#define SP_NR_FSOPEN 430
#define SP_NR_FSCONFIG 431
#define SP_NR_FSMOUNT 432
#define SP_NR_FSPICK 433
#define SP_NR_MOUNT_SETATTR 442
#define SP_NR_OPEN_TREE_ATTR 467

/*
 * The calls that mount and pass no hook of their own. All of them ask for CAP_SYS_ADMIN before they
 * do anything; open_tree() and fsconfig() only where they make something. Each of them is a system
 * call and nothing else, so that the number may be looked at.
 */
static __always_inline bool sp_is_mount_call(__u32 call)
{
	__u32 number = call % SP_SYSCALLS_PER_ABI;

	return number == SP_NR_OPEN_TREE || (number >= SP_NR_FSOPEN && number <= SP_NR_FSPICK) ||
	       number == SP_NR_MOUNT_SETATTR || number == SP_NR_OPEN_TREE_ATTR;
}

/* `ctx` of the hook capable: const struct cred *, struct user_namespace *, int cap, unsigned. */
static __always_inline bool sp_asks_to_mount(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 call;

	if ((__u32)ctx[2] != SP_CAP_SYS_ADMIN || !sp_makes_calls(task))
		return false;
	call = sp_current_call(task);
	return call != SP_NO_CALL && sp_is_mount_call(call);
}

/* ---- load-module ---- */

/* kernel_load_data's numbers are the same by construction. */
static __always_inline bool sp_is_module(__u32 id)
{
	if (bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED) &&
	    id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED))
		return true;
	return id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE);
}

/* ---- load-bpf ---- */

#define SP_BPF_BIT(command) (1ull << (command))
/* What looks at or fills what is there already. Everything else makes something or sets it to work,
 * and so do commands that are not known yet. */
#define SP_BPF_HARMLESS                                                                            \
	(SP_BPF_BIT(BPF_MAP_LOOKUP_ELEM) | SP_BPF_BIT(BPF_MAP_UPDATE_ELEM) |                       \
	 SP_BPF_BIT(BPF_MAP_DELETE_ELEM) | SP_BPF_BIT(BPF_MAP_GET_NEXT_KEY) |                      \
	 SP_BPF_BIT(BPF_OBJ_PIN) | SP_BPF_BIT(BPF_OBJ_GET) | SP_BPF_BIT(BPF_PROG_DETACH) |         \
	 SP_BPF_BIT(BPF_PROG_GET_NEXT_ID) | SP_BPF_BIT(BPF_MAP_GET_NEXT_ID) |                      \
	 SP_BPF_BIT(BPF_PROG_GET_FD_BY_ID) | SP_BPF_BIT(BPF_MAP_GET_FD_BY_ID) |                    \
	 SP_BPF_BIT(BPF_OBJ_GET_INFO_BY_FD) | SP_BPF_BIT(BPF_PROG_QUERY) |                         \
	 SP_BPF_BIT(BPF_BTF_GET_FD_BY_ID) | SP_BPF_BIT(BPF_TASK_FD_QUERY) |                        \
	 SP_BPF_BIT(BPF_MAP_LOOKUP_AND_DELETE_ELEM) | SP_BPF_BIT(BPF_MAP_FREEZE) |                 \
	 SP_BPF_BIT(BPF_BTF_GET_NEXT_ID) | SP_BPF_BIT(BPF_MAP_LOOKUP_BATCH) |                      \
	 SP_BPF_BIT(BPF_MAP_LOOKUP_AND_DELETE_BATCH) | SP_BPF_BIT(BPF_MAP_UPDATE_BATCH) |          \
	 SP_BPF_BIT(BPF_MAP_DELETE_BATCH) | SP_BPF_BIT(BPF_LINK_GET_FD_BY_ID) |                    \
	 SP_BPF_BIT(BPF_LINK_GET_NEXT_ID) | SP_BPF_BIT(BPF_LINK_DETACH))

/*
 * The agent loads programs to carry out what it is told, a rule that takes this rule back among it:
 * a rule about all of BPF does not mean it. A pid serves another process later, a start time does
 * not.
 */
static __always_inline bool sp_is_agent(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	return sp_agent.tgid && (__u32)task->tgid == sp_agent.tgid &&
	       BPF_CORE_READ(leader, start_boottime) / SP_TICK_NS == sp_agent.start_ticks;
}

static __always_inline bool sp_is_loading(__u32 command)
{
	if (command < 64 && SP_BPF_HARMLESS & SP_BPF_BIT(command))
		return false;
	return !sp_is_agent(bpf_get_current_task_btf());
}

/* `ctx`: int cmd, union bpf_attr *, unsigned int size. */
static __always_inline bool sp_loads_bpf(unsigned long long *ctx)
{
	return sp_is_loading(ctx[0]);
}

#endif
