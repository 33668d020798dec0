// SPDX-License-Identifier: GPL-2.0
/*
 * raw_socket.bpf.c: raw sockets of processes, at their cgroup. For kernels without BPF LSM only.
 */
#include "raw_socket.h"

SEC("cgroup/sock_create")
int sp_sock_create(struct bpf_sock *ctx)
{
	return sp_cgroup_raw_socket(ctx);
}
