/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_types.h: the fields of kernel structures that the programs read, and nothing else. Offsets
 * are relocated by libbpf (CO-RE), so that one object runs on 6.1, 6.12 and 6.18. What differs
 * between kernels is written here and names the change.
 */
#ifndef SYNPOL_BPF_KERNEL_TYPES_H
#define SYNPOL_BPF_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"

#ifndef NULL
#define NULL ((void *)0)
#endif

#define SP_EPERM 1
#define SP_AF_UNSPEC 0
#define SP_AF_INET 2
#define SP_AF_INET6 10
#define SP_SIGKILL 9

#define SP_PF_IO_WORKER 0x00000010
#define SP_PF_KTHREAD 0x00200000
#define SP_SEND_SIG_PRIV 1 /* where the address of a siginfo stands: the kernel sends it */
#define SP_PTRACE_MODE_ATTACH 0x02
#define SP_F_SETOWN 8
#define SP_F_SETOWN_EX 15
#define SP_FIOSETOWN 0x8901
#define SP_SIOCSPGRP 0x8902
#define SP_LSM_SETID_FS 8
#define SP_FMODE_READ 1
#define SP_FMODE_WRITE 2
#define SP_RENAME_EXCHANGE 2
#define SP_MS_BIND 0x1000
#define SP_MS_MOVE 0x2000
/* No mount is made: MS_REMOUNT, MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED. */
#define SP_MS_CHANGES (0x20 | 0x20000 | 0x40000 | 0x80000 | 0x100000)
#define SP_TS_COMPAT 0x0002 /* thread_info.status: the current call came in as i386 */
#define SP_X32_BIT 0x40000000u

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct super_block;

struct inode {
	unsigned int i_nlink;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount;

struct mnt_namespace {
	struct mount *root;
	__u64 seq;
};

/* `seq` became `ns.ns_id` in 6.18. */
struct ns_common___6_18 {
	__u64 ns_id;
};
struct mnt_namespace___6_18 {
	struct ns_common___6_18 ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct list_head {
	struct list_head *next;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
	struct list_head mnt_instance; /* in super_block.s_mounts */
};

struct super_block {
	struct list_head s_mounts;
};

/* A list of its own kind since 6.18. */
struct mount___6_18 {
	struct mount___6_18 *mnt_next_for_sb;
};
struct super_block___6_18 {
	struct mount___6_18 *s_mounts;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct path f_path;
};

/* `file` as memory is mapped from it. */
struct file___mapped {
	struct inode___mapped *f_inode;
};

typedef struct {
	int counter;
} atomic_t___mapped;

struct inode___mapped {
	unsigned short i_mode;
	unsigned int i_nlink;
	atomic_t___mapped i_writecount; /* below 0: it runs, and nobody may write */
};

struct anon_vma;

struct vm_area_struct {
	unsigned long vm_flags;
	struct anon_vma *anon_vma;
	struct file___mapped *vm_file;
};

/* READING_MODULE_COMPRESSED is newer than 6.18. Only the names count: the values are the kernel's.
 */
enum kernel_read_file_id {
	READING_MODULE = 2,
	READING_MODULE_COMPRESSED = 3,
};

struct mm_struct {
	struct file *exe_file;
};

/* `parent` became `__parent` in 6.15: the walk uses cgroup.ancestors instead and needs neither. */
struct kernfs_node {
	const char *name;
	__u64 id;
};

/* `ancestors` replaced `ancestor_ids` in 6.1, the oldest kernel that is supported. */
struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[0];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

/* Two words of 32 bits until 6.2, one of 64 since: eight bytes in the same order. */
typedef struct {
} kernel_cap_t;

struct cred {
	kuid_t uid;
	kuid_t suid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kernel_cap_t cap_permitted;
	struct group_info *group_info;
};

struct thread_info {
	__u32 status;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[0]; /* by namespace, the outermost first */
};

struct task_struct {
	struct thread_info thread_info;
	struct pid *thread_pid;
	struct task_struct *group_leader;
	unsigned int flags;
	struct mm_struct *mm;
	__s32 pid;
	__s32 tgid;
	const struct cred *real_cred; /* what others see */
	const struct cred *cred;      /* what it acts with */
	char comm[16];
	__u64 start_boottime;
	__u64 self_exec_id; /* counts execs; 64 bits wide since 5.7 */
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
};

struct linux_binprm {
	struct file *file; /* the program or an interpreter of it */
	struct cred *cred; /* of the program that is about to run */
};

struct pt_regs {
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long bp;
	unsigned long bx;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
};

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_rcv_saddr;
	__u16 skc_num; /* the local port, as a number */
	unsigned short skc_family;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol; /* 16 bits and no bit field since 5.6 */
};

struct socket {
	struct sock *sk;
};

struct sockaddr {
	unsigned short sa_family;
};

struct in_addr {
	__be32 s_addr;
};

struct sockaddr_in {
	unsigned short sin_family;
	__be16 sin_port;
	struct in_addr sin_addr;
};

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	struct in6_addr sin6_addr;
};

#pragma clang attribute pop

#endif
