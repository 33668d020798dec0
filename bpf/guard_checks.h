/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guard_checks.h: what is guarded, who may touch it, and saying so. Who is not concerned leaves
 * after a comparison, before any look-up.
 */
#ifndef SYNPOL_BPF_GUARD_CHECKS_H
#define SYNPOL_BPF_GUARD_CHECKS_H

#include "guard.h"
#include "guard_types.h"

#define SP_GUARD_REFUSES (-SP_EPERM)
#define SP_INIT 1 /* the first process shuts the machine down: it is never in the way */

/* Full: what comes is not guarded, and the agent says so when it looks for it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct sp_guard_inode);
	__type(value, struct sp_guard_place);
} sp_guard_inodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct sp_guard_id);
	__type(value, __u32);
} sp_guard_ids SEC(".maps");

/* Missing: not trusted. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} sp_guard_tasks SEC(".maps");

/* A ring of its own: who fills it hides no decision of a policy. Full: counted as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} sp_guard_events SEC(".maps");

struct sp_guard sp_guard SEC(".data.sp_guard");

/* ---- who ---- */

static __always_inline __u32 sp_guard_mark_of(struct task_struct *leader)
{
	__u32 *mark = bpf_task_storage_get(&sp_guard_tasks, leader, NULL, 0);

	return mark ? *mark : 0;
}

static __always_inline bool sp_is_trusted(void)
{
	return sp_guard_mark_of(bpf_get_current_task_btf()->group_leader) != 0;
}

static __always_inline bool sp_is_init(void)
{
	return bpf_get_current_task_btf()->tgid == SP_INIT;
}

/* What threads of the kernel do, they do for the kernel; io_uring's act for their process. */
static __always_inline bool sp_is_kernel(void)
{
	__u32 flags = bpf_get_current_task_btf()->flags;

	return flags & SP_PF_KTHREAD && !(flags & SP_PF_IO_WORKER);
}

/* Its number may be another's by now: the mark decides. */
static __always_inline bool sp_is_guarded_task(struct task_struct *task)
{
	return sp_guard.tgid && (__u32)task->tgid == sp_guard.tgid &&
	       sp_guard_mark_of(task->group_leader) & SP_GUARD_AGENT;
}

/* ---- what ---- */

static __always_inline void sp_guard_key(struct inode *inode, struct sp_guard_inode *key)
{
	struct inode___guard *numbered = (void *)inode;

	key->number = BPF_CORE_READ(numbered, i_ino);
	key->device = BPF_CORE_READ(numbered, i_sb, s_dev);
	key->reserved = 0;
}

static __always_inline bool sp_is_filtered_out(__u64 number)
{
	return !(sp_guard.filter[(number >> 6) % SP_GUARD_FILTER_WORDS] & 1ull << (number & 63));
}

static __noinline __u32 sp_guard_flags(struct inode *inode)
{
	struct sp_guard_inode key;
	struct sp_guard_place *place;

	if (!inode || sp_is_filtered_out(BPF_CORE_READ((struct inode___guard *)inode, i_ino)))
		return 0;
	sp_guard_key(inode, &key);
	place = bpf_map_lookup_elem(&sp_guard_inodes, &key);
	return place ? place->flags : 0;
}

/* The inode's own flags; SP_GUARD_FILE, too, where it is in a guarded folder. */
static __noinline __u32 sp_guard_entry(struct dentry *dentry)
{
	__u32 flags = sp_guard_flags(BPF_CORE_READ(dentry, d_inode));

	if (sp_guard_flags(BPF_CORE_READ(dentry, d_parent, d_inode)) & SP_GUARD_FOLDER)
		flags |= SP_GUARD_FILE;
	return flags;
}

static __always_inline bool sp_is_guarded_id(__u32 kind, __u32 id)
{
	struct sp_guard_id key = {kind, id};

	return sp_guard.tgid && bpf_map_lookup_elem(&sp_guard_ids, &key);
}

/* ---- where an authorised synpol lives ---- */

static __always_inline bool sp_same_inode(const struct sp_guard_inode *a,
					  const struct sp_guard_inode *b)
{
	return a->number && a->number == b->number && a->device == b->device;
}

static __always_inline __u32 sp_mount_namespace(void)
{
	struct task_struct___guard *task = (void *)bpf_get_current_task_btf();

	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

/* Where what is mounted is what the agent or the first process sees. */
static __always_inline bool sp_is_in_known_mounts(void)
{
	__u32 number = sp_mount_namespace();

	return number &&
	       (number == sp_guard.mount_namespace[0] || number == sp_guard.mount_namespace[1]);
}

/* In another root folder, or among other mounts, the loader and the libraries may be anybody's. */
static __noinline bool sp_is_at_home(void)
{
	struct task_struct___guard *task = (void *)bpf_get_current_task_btf();
	__u32 number = sp_mount_namespace();
	struct sp_guard_inode root;

	sp_guard_key(BPF_CORE_READ(task, fs, root.dentry, d_inode), &root);
	return (number == sp_guard.mount_namespace[0] && sp_same_inode(&sp_guard.root[0], &root)) ||
	       (number == sp_guard.mount_namespace[1] && sp_same_inode(&sp_guard.root[1], &root));
}

static __always_inline bool sp_is_authorised_file(struct linux_binprm *bprm)
{
	struct inode *inode = BPF_CORE_READ(bprm, file, f_path.dentry, d_inode);
	struct sp_guard_inode key;

	if (BPF_CORE_READ((struct inode___guard *)inode, i_ino) != sp_guard.exe.number)
		return false;
	sp_guard_key(inode, &key);
	return sp_same_inode(&sp_guard.exe, &key);
}

/* ---- saying so ---- */

static __always_inline void sp_guard_name(char *to, struct dentry *dentry)
{
	if (dentry)
		bpf_probe_read_kernel_str(to, SP_GUARD_NAME, BPF_CORE_READ(dentry, d_name.name));
}

static __noinline int sp_guard_refuse(__u32 what, __u64 number, struct dentry *dentry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 both = bpf_get_current_uid_gid();
	struct sp_guard_event *event;

	__sync_fetch_and_add(&sp_guard.refused, 1);
	event = bpf_ringbuf_reserve(&sp_guard_events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&sp_guard.lost, 1);
		return SP_GUARD_REFUSES;
	}
	event->time_ns = bpf_ktime_get_boot_ns();
	event->cgroup_id = bpf_get_current_cgroup_id();
	event->number = number;
	event->what = what;
	event->tgid = task->tgid;
	event->tid = task->pid;
	event->uid = both;
	event->gid = both >> 32;
	event->reserved = 0;
	event->exe[0] = event->name[0] = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	sp_guard_name(event->exe, BPF_CORE_READ(task, mm, exe_file, f_path.dentry));
	sp_guard_name(event->name, dentry);
	bpf_ringbuf_submit(event, 0);
	return SP_GUARD_REFUSES;
}

/* For what nobody but a trusted process does. */
static __noinline int sp_guard_ask(__u32 what, __u64 number, struct dentry *dentry)
{
	if (sp_is_kernel() || sp_is_trusted())
		return 0;
	return sp_guard_refuse(what, number, dentry);
}

#endif
