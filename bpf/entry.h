/* SPDX-License-Identifier: GPL-2.0 */
/*
 * entry.h: actions that are recorded or ended by a signal at the entry of a system call, on kernels
 * without BPF LSM: those whose calls are known exactly, in every ABI. What comes of the call does
 * not matter: an attempt is one that fails, too.
 *
 * Left out: what needs an object or memory of the caller to be told (listen, clone3's flags,
 * socketcall), and what io_uring does without a call (sockets).
 */
#ifndef SYNPOL_BPF_ENTRY_H
#define SYNPOL_BPF_ENTRY_H

#include "system.h"

/* Which uses of a call count. */
enum sp_entry_test {
	SP_ENTRY_ALWAYS = 0,
	SP_ENTRY_CLONES_TREE, /* open_tree: OPEN_TREE_CLONE */
	SP_ENTRY_MAKES_MOUNT, /* fsconfig: FSCONFIG_CMD_CREATE and what came later */
	SP_ENTRY_LOADS_BPF,
};
#define SP_OPEN_TREE_CLONE 1
#define SP_FSCONFIG_CMD_CREATE 6

#define SP_ENTRY(area, test) ((area) << 3 | (test))
#define SP_ENTRY_AREA(entry) ((entry) >> 3)
#define SP_ENTRY_TEST(entry) ((entry)&7)

/* Numbers that x86-64 and x32 share; the new ones i386 has, too. */
#define SP_WIDE(number, entry)                                                                     \
	[SP_ABI_X86_64 * SP_SYSCALLS_PER_ABI + (number)] = (entry),                                \
					       [SP_ABI_X32 * SP_SYSCALLS_PER_ABI + (number)] =     \
						   (entry)
#define SP_I386(number, entry) [SP_ABI_I386 * SP_SYSCALLS_PER_ABI + (number)] = (entry)
#define SP_ALL(number, entry) SP_WIDE(number, entry), SP_I386(number, entry)

#define SP_FORK SP_ENTRY(SP_AREA_FORK, SP_ENTRY_ALWAYS)
#define SP_MOUNT SP_ENTRY(SP_AREA_MOUNT, SP_ENTRY_ALWAYS)
#define SP_TREE SP_ENTRY(SP_AREA_MOUNT, SP_ENTRY_CLONES_TREE)
#define SP_MODULE SP_ENTRY(SP_AREA_LOAD_MODULE, SP_ENTRY_ALWAYS)
#define SP_BPF SP_ENTRY(SP_AREA_LOAD_BPF, SP_ENTRY_LOADS_BPF)

/* By sp_syscall_key(). 0: the call is no attempt at anything here. */
static const __u8 sp_entries[SP_SYSCALL_KEYS] = {
    /* clone, fork, vfork, clone3 */
    SP_WIDE(56, SP_FORK),
    SP_WIDE(57, SP_FORK),
    SP_WIDE(58, SP_FORK),
    SP_ALL(435, SP_FORK),
    SP_I386(120, SP_FORK),
    SP_I386(2, SP_FORK),
    SP_I386(190, SP_FORK),
    /* mount, umount2, pivot_root; i386 has umount */
    SP_WIDE(165, SP_MOUNT),
    SP_WIDE(166, SP_MOUNT),
    SP_WIDE(155, SP_MOUNT),
    SP_I386(21, SP_MOUNT),
    SP_I386(22, SP_MOUNT),
    SP_I386(52, SP_MOUNT),
    SP_I386(217, SP_MOUNT),
    SP_ALL(429, SP_MOUNT), /* move_mount */
    SP_ALL(SP_NR_OPEN_TREE, SP_TREE),
    SP_ALL(SP_NR_OPEN_TREE_ATTR, SP_TREE),
    SP_ALL(SP_NR_FSOPEN, SP_MOUNT),
    SP_ALL(SP_NR_FSMOUNT, SP_MOUNT),
    SP_ALL(SP_NR_FSPICK, SP_MOUNT),
    SP_ALL(SP_NR_MOUNT_SETATTR, SP_MOUNT),
    SP_ALL(SP_NR_FSCONFIG, SP_ENTRY(SP_AREA_MOUNT, SP_ENTRY_MAKES_MOUNT)),
    /* init_module, finit_module */
    SP_WIDE(175, SP_MODULE),
    SP_WIDE(313, SP_MODULE),
    SP_I386(128, SP_MODULE),
    SP_I386(350, SP_MODULE),
    /* bpf */
    SP_WIDE(321, SP_BPF),
    SP_I386(357, SP_BPF),
};

static __always_inline bool sp_entry_counts(__u32 test)
{
	if (test == SP_ENTRY_CLONES_TREE)
		return sp_argument_value(2) & SP_OPEN_TREE_CLONE;
	if (test == SP_ENTRY_MAKES_MOUNT)
		return (__u32)sp_argument_value(1) >= SP_FSCONFIG_CMD_CREATE;
	if (test == SP_ENTRY_LOADS_BPF)
		return sp_is_loading(sp_argument_value(0));
	return true;
}

static __noinline int sp_judge_entry(void *image, const struct sp_subject *subject, __u32 area)
{
	struct sp_deed deed = {};

	sp_deed_start(&deed, subject);
	deed.decision.carrier = SP_CARRIER_SYS_ENTER;
	sp_decide_action(&deed.decision, area, subject->tag);
	if (!sp_acts_on(SP_CARRIER_SYS_ENTER, deed.decision.verdict))
		return 0;
	sp_report_deed(&deed, subject);
	if (deed.decision.verdict == SP_KILL)
		bpf_send_signal(SP_SIGKILL);
	return 0;
}

/* What the current call is an attempt at. SP_AREA_COUNT: at nothing. */
static __always_inline __u32 sp_area_at_entry(struct task_struct *task)
{
	__u32 call = sp_current_call(task), entry;

	sp_opaque(call);
	if (call >= SP_SYSCALL_KEYS) /* SP_NO_CALL is */
		return SP_AREA_COUNT;
	entry = sp_entries[call];
	return entry && sp_entry_counts(SP_ENTRY_TEST(entry)) ? SP_ENTRY_AREA(entry)
							      : SP_AREA_COUNT;
}

static __noinline int sp_act_at_entry(struct task_struct *task)
{
	__u32 area = sp_area_at_entry(task);
	struct sp_actor actor = {};
	void *image;

	if (area >= SP_AREA_COUNT || !(sp_entry_areas & SP_AREA_BIT(area)) ||
	    !sp_is_concerned(&actor, &image, SP_AREA_BIT(area)))
		return 0;
	return sp_judge_entry(image, &actor.subject, area);
}

static __always_inline int sp_sys_enter_hook(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (sp_is_free(task, SP_AREA_BIT(SP_AREA_SYSCALL) | sp_entry_areas))
		return 0;
	if (sp_entry_areas)
		sp_act_at_entry(task);
	return sp_observe_call(task);
}

#endif
