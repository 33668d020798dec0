// SPDX-License-Identifier: GPL-2.0
/* Programs of an agent that was another build: they do nothing, so that it shows when they were
 * replaced. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("lsm/path_mkdir")
int lsm_path_mkdir(void *ctx)
{
	return 0;
}
SEC("raw_tp/sys_enter")
int raw_tp_sys_enter(void *ctx)
{
	return 0;
}
SEC("tp_btf/sched_process_exec")
int tp_btf_sched_process_exec(void *ctx)
{
	return 0;
}
