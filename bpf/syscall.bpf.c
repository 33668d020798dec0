// SPDX-License-Identifier: GPL-2.0
/*
 * syscall.bpf.c: `audit syscall` and `kill syscall`, at the entry of every system call; and actions
 * that nothing else can carry on this kernel.
 */
#include "entry.h"

SEC("raw_tp/sys_enter")
int sp_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return sp_sys_enter_hook();
}
