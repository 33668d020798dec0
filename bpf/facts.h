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

struct sp_exe_walk {
	struct sp_run run;
	struct sp_walk walk;
};

struct sp_exe_run {
	void *image;
	struct sp_exe_walk path;
};

/* See sp_forget. */
__noinline int sp_forget_exe_walk(struct sp_exe_walk *path)
{
	sp_keep_call();
	return path != NULL;
}

#define SP_PIECE 7 /* bytes of a name that are fed at once; the eighth is the '/' */

/* The last bytes of what is left of the component, last first, and at its start the '/'. */
static __always_inline void sp_exe_feed(void *image, struct sp_exe_walk *path)
{
	__u32 left = path->walk.length, count = left < SP_PIECE ? left : SP_PIECE;
	const char *name = path->walk.name;
	__u64 bytes = 0;

	path->walk.length = left - count;
	sp_opaque(count);
	count &= 7;
	bpf_probe_read_kernel(&bytes, count, name + left - count);
	bytes = __builtin_bswap64(bytes << ((8 - count) & 7) * 8);
	if (left == count)
		bytes |= (__u64)'/' << count * 8;
	path->run.state = sp_feed(image, &path->run, bytes, count + (left == count));
}

static long sp_exe_step(__u32 index, struct sp_exe_run *exe)
{
	struct sp_exe_walk *path = &exe->path;

	if (!path->walk.length)
		sp_walk_up(&path->walk);
	if (path->walk.end != SP_WALK_ON)
		return 1;
	if (path->walk.length)
		sp_exe_feed(exe->image, path);
	sp_forget_exe_walk(path);
	return 0;
}

/* __noinline: its stack is free again when the next fact is read. */
static __noinline __u32 sp_exe_atom(void *image, struct task_struct *task)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_exe_run exe = {.image = image};

	if (!header)
		return SP_ATOM_UNKNOWN;
	if (!header->exe.states)
		return header->exe.single;
	sp_run_start(&exe.path.run, &header->exe);
	sp_walk_start(&exe.path.walk, task);
	sp_forget_exe_walk(&exe.path);
	bpf_loop(SP_WALK_STEPS, sp_exe_step, &exe, 0);
	if (exe.path.walk.end == SP_WALK_NO_PATH)
		return header->exe.dead_atom;
	if (exe.path.walk.end == SP_WALK_ROOT)
		return sp_run_end(image, &exe.path.run, &header->exe);
	sp_count_failure(SP_FAIL_PATH);
	return SP_ATOM_UNKNOWN;
}

/* ---- cgroup ---- */

struct sp_cgroup_path {
	struct sp_run run;
	struct cgroup *cgroup;
	const char *name; /* what is left of the current component; NULL: it is done */
	__u32 depth;	  /* of the next component */
	__u32 level;
	__u32 slash; /* 1: the component's '/' is still to be fed */
	__u32 failed;
};

struct sp_cgroup_run {
	void *image;
	struct sp_cgroup_path path;
};

/* See sp_forget. */
__noinline int sp_forget_cgroup_path(struct sp_cgroup_path *path)
{
	sp_keep_call();
	return path != NULL;
}

static __always_inline void sp_cgroup_component(struct sp_cgroup_path *path)
{
	struct cgroup *cgroup = path->cgroup, *ancestor = NULL;
	__u32 depth = path->depth;

	bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[depth]);
	path->name = BPF_CORE_READ(ancestor, kn, name);
	path->slash = 1;
	path->depth = depth + 1;
}

static __always_inline void sp_cgroup_feed(void *image, struct sp_cgroup_path *path)
{
	__u64 bytes = 0;
	long size = bpf_probe_read_kernel_str(&bytes, SP_PIECE + 1, path->name);

	path->failed = size <= 0;
	path->name = size > SP_PIECE ? path->name + SP_PIECE : NULL;
	if (path->slash)
		bytes = bytes << 8 | '/';
	path->run.state = sp_feed(image, &path->run, bytes, size - 1 + path->slash);
	path->slash = 0;
}

/* The root cgroup is a component with an empty name: '/'. */
static long sp_cgroup_step(__u32 index, struct sp_cgroup_run *cgroup)
{
	struct sp_cgroup_path *path = &cgroup->path;

	if (!path->name) {
		if (path->depth > path->level)
			return 1;
		sp_cgroup_component(path);
		sp_forget_cgroup_path(path);
	}
	sp_cgroup_feed(cgroup->image, path);
	sp_forget_cgroup_path(path);
	return path->failed || path->run.state == SP_STATE_DEAD;
}

static __always_inline bool sp_cgroup_is_done(const struct sp_cgroup_path *path)
{
	return path->run.state == SP_STATE_DEAD || (!path->name && path->depth > path->level);
}

static __noinline __u32 sp_cgroup_atom(void *image, struct cgroup *cgroup)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_cgroup_run run = {.image = image};

	if (!header)
		return SP_ATOM_UNKNOWN;
	if (!header->cgroup.states)
		return header->cgroup.single;
	sp_run_start(&run.path.run, &header->cgroup);
	run.path.cgroup = cgroup;
	run.path.level = BPF_CORE_READ(cgroup, level);
	run.path.depth = run.path.level > 0;
	sp_forget_cgroup_path(&run.path);
	bpf_loop(SP_PATH_BYTES, sp_cgroup_step, &run, 0);
	if (!run.path.failed && sp_cgroup_is_done(&run.path))
		return sp_run_end(image, &run.path.run, &header->cgroup);
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
