// SPDX-License-Identifier: GPL-2.0
/*
 * task.bpf.c: keeps what is cached for tasks current when they change.
 */
#include "maps.h"

SEC("tp_btf/sched_process_exec")
int sp_sched_process_exec(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sp_sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	return 0;
}
