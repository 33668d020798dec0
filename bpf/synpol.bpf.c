// SPDX-License-Identifier: GPL-2.0
/*
 * synpol.bpf.c: all programs that enforce, as one object. Attach points are in the files included
 * here, the work is in headers by concern.
 */
#include "maps.h"

#include "inbound.bpf.c"
#include "flow.bpf.c"
#include "lsm.bpf.c"
#include "raw_socket.bpf.c"
#include "syscall.bpf.c"
#include "task.bpf.c"

char sp_license[] SEC("license") = "GPL";
