// SPDX-License-Identifier: GPL-2.0
/*
 * flow.bpf.c: connect, bind and unconnected sends of processes, at their cgroup. The sends are
 * decided as connects.
 */
#include "flow.h"

SEC("cgroup/connect4")
int sp_connect4(struct bpf_sock_addr *ctx)
{
	return sp_cgroup_socket(ctx, SP_AREA_CONNECT, SP_AF_INET);
}

SEC("cgroup/connect6")
int sp_connect6(struct bpf_sock_addr *ctx)
{
	return sp_cgroup_socket(ctx, SP_AREA_CONNECT, SP_AF_INET6);
}

SEC("cgroup/sendmsg4")
int sp_sendmsg4(struct bpf_sock_addr *ctx)
{
	return sp_cgroup_socket(ctx, SP_AREA_CONNECT, SP_AF_INET);
}

SEC("cgroup/sendmsg6")
int sp_sendmsg6(struct bpf_sock_addr *ctx)
{
	return sp_cgroup_socket(ctx, SP_AREA_CONNECT, SP_AF_INET6);
}

SEC("cgroup/bind4")
int sp_bind4(struct bpf_sock_addr *ctx)
{
	return sp_cgroup_socket(ctx, SP_AREA_BIND, SP_AF_INET);
}

SEC("cgroup/bind6")
int sp_bind6(struct bpf_sock_addr *ctx)
{
	return sp_cgroup_socket(ctx, SP_AREA_BIND, SP_AF_INET6);
}
