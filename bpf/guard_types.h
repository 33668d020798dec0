/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guard_types.h: the kernel fields that only the guard reads, and what differs between kernels for
 * it. `name___guard` is the kernel's `name` to libbpf (CO-RE).
 */
#ifndef SYNPOL_BPF_GUARD_TYPES_H
#define SYNPOL_BPF_GUARD_TYPES_H

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block___guard {
	__u32 s_dev;
};

struct inode___guard {
	struct super_block___guard *i_sb;
	unsigned long i_ino;
};

struct bpf_prog_aux___guard {
	__u32 id;
};

struct bpf_prog___guard {
	struct bpf_prog_aux___guard *aux;
};

struct bpf_map___guard {
	__u32 id;
};

struct bpf_link___guard {
	struct bpf_prog___guard *prog;
};

struct file___guard {
	void *private_data;
};

struct fdtable___guard {
	unsigned int max_fds;
	struct file___guard **fd;
};

struct files_struct___guard {
	struct fdtable___guard *fdt;
};

struct fs_struct___guard {
	struct path root;
};

struct ns_common___guard {
	unsigned int inum;
};

struct mnt_namespace___guard {
	struct ns_common___guard ns;
};

struct nsproxy___guard {
	struct mnt_namespace___guard *mnt_ns;
};

struct task_struct___guard {
	unsigned int ptrace;
	struct fs_struct___guard *fs;
	struct files_struct___guard *files;
	struct nsproxy___guard *nsproxy;
};

struct linux_binprm___guard {
	unsigned int secureexec : 1;
};

struct unix_sock___guard {
	struct path path;
};

#pragma clang attribute pop

/* The hook's first argument is the mount's map of ids since 6.9; the agent looks into BTF. */
const volatile bool sp_guard_setattr_is_mapped = false;

#endif
