// SPDX-License-Identifier: GPL-2.0
/* The least that programs cost on the hooks that the measured calls pass: the control. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("lsm/file_alloc_security")
int empty_file_alloc_security(void *ctx)
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
SEC("cgroup/connect4")
int empty_connect4(struct bpf_sock_addr *ctx)
{
	return 1;
}
