// SPDX-License-Identifier: GPL-2.0
/* The least that a BPF LSM program costs on the hooks that the measured calls pass: the control. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("lsm/file_open")
int empty_file_open(void *ctx)
{
	return 0;
}
SEC("lsm/file_permission")
int empty_file_permission(void *ctx)
{
	return 0;
}
SEC("lsm/socket_connect")
int empty_socket_connect(void *ctx)
{
	return 0;
}
SEC("lsm/socket_create")
int empty_socket_create(void *ctx)
{
	return 0;
}
