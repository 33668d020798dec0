// SPDX-License-Identifier: GPL-2.0
/*
 * task.bpf.c: keeps what is cached for tasks current when they change. Nothing depends on it for
 * being right: a cache is only used while the facts it was made from are the same.
 */
#include "task.h"

/* The atoms for the new file, at once, so that the first hook of the new program finds them. */
SEC("tp_btf/sched_process_exec")
int sp_sched_process_exec(void *ctx)
{
	sp_task_renew();
	return 0;
}

/* A child inherits every fact, and so what they mean. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sp_sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	sp_task_inherit(parent, child);
	return 0;
}
