/* SPDX-License-Identifier: GPL-2.0 */
/*
 * facts.h: the subject facts of the current task, read and mapped to atoms: effective user, groups,
 * file at the last exec, cgroup. What cannot be read is SP_ATOM_UNKNOWN and counted.
 */
#ifndef SYNPOL_BPF_FACTS_H
#define SYNPOL_BPF_FACTS_H

#include "automaton.h"

/* ---- a path, from the file up to the root of the mount tree ---- */

enum sp_walk_end {
	SP_WALK_ON = 0,
	SP_WALK_ROOT,
	SP_WALK_NO_PATH, /* unlinked, memfd, or on a mount that hangs nowhere */
	SP_WALK_FAILED,
};

struct sp_walk {
	struct dentry *dentry;
	struct mount *mount;
	const char *name; /* of the component that was reached last */
	__u32 length;
	__u32 end; /* enum sp_walk_end */
};

/* A path has at most 4,096 bytes: each step takes one of them at least, or crosses a mount. */
#define SP_PATH_BYTES 4096
#define SP_MOUNTS_MAX 64
#define SP_WALK_STEPS (SP_PATH_BYTES + SP_MOUNTS_MAX)

/* ERR_PTR(-EINVAL) marks mounts inside the kernel, NULL those that were detached. */
static __always_inline bool sp_is_mounted(const struct mount *mount)
{
	__u64 mnt_ns = (__u64)BPF_CORE_READ(mount, mnt_ns);

	return mnt_ns && mnt_ns < -4095ull;
}

static __always_inline void sp_cross_mount(struct sp_walk *walk)
{
	struct mount *mount = walk->mount; /* CO-RE must not see our own struct */
	struct mount *parent = BPF_CORE_READ(mount, mnt_parent);

	if (!parent) {
		walk->end = SP_WALK_FAILED;
	} else if (parent == mount) {
		walk->end = sp_is_mounted(parent) ? SP_WALK_ROOT : SP_WALK_NO_PATH;
	} else {
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = parent;
	}
}

/* Goes one component or one mount up. `length` is not 0 when a component was reached. */
static __always_inline void sp_walk_up(struct sp_walk *walk)
{
	struct dentry *dentry = walk->dentry, *parent;
	struct mount *mount = walk->mount;

	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		sp_cross_mount(walk);
		return;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	walk->name = (const char *)BPF_CORE_READ(dentry, d_name.name);
	walk->length = BPF_CORE_READ(dentry, d_name.len);
	if (!parent || !walk->length)
		walk->end = SP_WALK_FAILED;
	else if (parent == dentry)
		walk->end = SP_WALK_NO_PATH;
	walk->dentry = parent;
}

static __always_inline void sp_walk_start_at(struct sp_walk *walk, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *mount = BPF_CORE_READ(file, f_path.mnt);

	walk->dentry = dentry;
	walk->mount = (void *)mount - bpf_core_field_offset(struct mount, mnt);
	walk->name = NULL;
	walk->length = 0;
	walk->end = SP_WALK_ON;
	/* Out of the directory's hash: unlinked. A memfd is found by the walk instead. */
	if (!BPF_CORE_READ(dentry, d_hash.pprev))
		walk->end = SP_WALK_NO_PATH;
}

/* Kernel threads have no file, even while they borrow a process's memory. */
static __always_inline void sp_walk_start(struct sp_walk *walk, struct task_struct *task)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);

	walk->end = SP_WALK_NO_PATH;
	if (file && !(BPF_CORE_READ(task, flags) & SP_PF_KTHREAD))
		sp_walk_start_at(walk, file);
}

/* ---- exe ---- */

struct sp_exe_run {
	struct sp_run run;
	struct sp_walk walk;
};

/* The last bytes of what is left of the component, and the '/' in front of it. */
static __always_inline void sp_exe_feed(struct sp_exe_run *exe)
{
	__u32 count = exe->walk.length < 8 ? exe->walk.length : 8;
	__u64 bytes = 0;

	exe->walk.length -= count;
	if (count == 8)
		bpf_probe_read_kernel(&bytes, 8, exe->walk.name + exe->walk.length);
	else /* a short name, or the beginning of a longer one: nothing before it is read */
		bpf_probe_read_kernel(&bytes, count & 7, exe->walk.name);
	bytes = __builtin_bswap64(bytes << ((8 - count) & 7) * 8);
	exe->run.state = sp_feed(&exe->run, bytes, count);
	if (!exe->walk.length)
		exe->run.state = sp_feed(&exe->run, '/', 1);
}

static long sp_exe_step(__u32 index, struct sp_exe_run *exe)
{
	if (!exe->walk.length)
		sp_walk_up(&exe->walk);
	if (exe->walk.end != SP_WALK_ON)
		return 1;
	if (exe->walk.length)
		sp_exe_feed(exe);
	return 0;
}

/* __noinline: its stack is free again when the next fact is read. */
static __noinline __u32 sp_exe_atom(void *image, struct task_struct *task)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_exe_run exe = {};

	if (!header)
		return SP_ATOM_UNKNOWN;
	if (!header->exe.states)
		return header->exe.single;
	sp_run_start(&exe.run, image, &header->exe);
	sp_walk_start(&exe.walk, task);
	bpf_loop(SP_WALK_STEPS, sp_exe_step, &exe, 0);
	if (exe.walk.end == SP_WALK_NO_PATH)
		return header->exe.dead_atom;
	if (exe.walk.end == SP_WALK_ROOT)
		return sp_run_end(&exe.run, &header->exe);
	sp_count_failure(SP_FAIL_PATH);
	return SP_ATOM_UNKNOWN;
}

/* ---- cgroup ---- */

struct sp_cgroup_run {
	struct sp_run run;
	struct cgroup *cgroup;
	const char *name; /* what is left of the current component; NULL: it is done */
	__u32 depth;	  /* of the next component */
	__u32 level;
	__u32 failed;
};

static __always_inline void sp_cgroup_component(struct sp_cgroup_run *path)
{
	struct cgroup *cgroup = path->cgroup, *ancestor = NULL;
	__u32 depth = path->depth;

	bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[depth]);
	path->name = BPF_CORE_READ(ancestor, kn, name);
	path->failed = !path->name;
	path->depth++;
	path->run.state = sp_feed(&path->run, '/', 1);
}

static __always_inline void sp_cgroup_feed(struct sp_cgroup_run *path)
{
	__u64 bytes[2] = {};
	long size = bpf_probe_read_kernel_str(bytes, 9, path->name); /* 8 bytes and the 0 */

	if (size <= 0) {
		path->failed = 1;
		return;
	}
	path->run.state = sp_feed(&path->run, bytes[0], size - 1);
	path->name = size == 9 ? path->name + 8 : NULL;
}

static long sp_cgroup_step(__u32 index, struct sp_cgroup_run *path)
{
	if (path->name)
		sp_cgroup_feed(path);
	else if (path->depth <= path->level)
		sp_cgroup_component(path);
	else
		return 1;
	return path->failed || path->run.state == SP_STATE_DEAD;
}

static __always_inline bool sp_cgroup_is_done(const struct sp_cgroup_run *path)
{
	return path->run.state == SP_STATE_DEAD || (!path->name && path->depth > path->level);
}

static __noinline __u32 sp_cgroup_atom(void *image, struct cgroup *cgroup)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_cgroup_run path = {};

	if (!header)
		return SP_ATOM_UNKNOWN;
	if (!header->cgroup.states)
		return header->cgroup.single;
	sp_run_start(&path.run, image, &header->cgroup);
	path.cgroup = cgroup;
	path.depth = 1;
	path.level = BPF_CORE_READ(cgroup, level);
	if (!path.level)
		path.run.state = sp_feed(&path.run, '/', 1);
	bpf_loop(SP_PATH_BYTES, sp_cgroup_step, &path, 0);
	if (!path.failed && sp_cgroup_is_done(&path))
		return sp_run_end(&path.run, &header->cgroup);
	sp_count_failure(SP_FAIL_CGROUP);
	return SP_ATOM_UNKNOWN;
}

/* ---- groups ---- */

struct sp_group_run {
	void *image;
	struct group_info *groups;
	__u32 root;
	__u32 depth;
	__u32 mask;
	__u32 failed;
};

static long sp_group_step(__u32 index, struct sp_group_run *run)
{
	struct group_info *groups = run->groups;
	__u32 gid;

	if (bpf_core_read(&gid, sizeof(gid), &groups->gid[index & (SP_GROUPS_READ - 1)])) {
		run->failed = 1;
		return 1;
	}
	run->mask |= sp_tree32(run->image, run->root, run->depth, gid);
	return 0;
}

static __always_inline __u32 sp_group_mask_atom(void *image, const struct sp_header *header,
						__u32 mask)
{
	return sp_u32_at(image, header->group_atoms, mask & ((1 << SP_GROUP_SETS_MAX) - 1));
}

static __noinline __u32 sp_group_atom(void *image, struct group_info *groups, __u32 egid)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_group_run run = {.image = image, .groups = groups};
	int count = BPF_CORE_READ(groups, ngroups);

	if (!header)
		return SP_ATOM_UNKNOWN;
	if (!header->group_sets)
		return SP_ATOM_FIRST;
	if (!header->groups.depth)
		return sp_group_mask_atom(image, header, header->groups.single);
	run.root = header->groups.root;
	run.depth = header->groups.depth;
	run.mask = sp_tree32(image, run.root, run.depth, egid);
	if (count > (int)SP_GROUPS_READ)
		run.failed = 1;
	else if (count > 0)
		bpf_loop(count, sp_group_step, &run, 0);
	if (!run.failed)
		return sp_group_mask_atom(image, header, run.mask);
	sp_count_failure(SP_FAIL_GROUPS);
	return SP_ATOM_UNKNOWN;
}

#endif
