/* SPDX-License-Identifier: GPL-2.0 */
/*
 * facts.h: the subject facts of the current task, read and mapped to atoms: effective user, groups,
 * file at the last exec, cgroup. What cannot be read is SP_ATOM_UNKNOWN and counted.
 */
#ifndef SYNPOL_BPF_FACTS_H
#define SYNPOL_BPF_FACTS_H

#include "path.h"

#define SP_PIECE 7 /* bytes of a name that are fed at once; the eighth is the '/' */

/* ---- exe ---- */

static __always_inline void
sp_walk_exe(struct sp_path_run *run, const struct sp_automaton *automaton, struct task_struct *task)
{
	sp_walk_start(&run->path.walk, task);
	if (!sp_path_start(run, automaton))
		return;
	sp_forget_path(&run->path);
	bpf_loop(SP_WALK_STEPS, sp_path_step_small, run, 0);
}

/* __noinline: its stack is free again when the next fact is read. */
static __noinline __u32 sp_exe_atom(void *image, struct task_struct *task)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_path_run run;
	__u32 atom;

	if (!header)
		return SP_ATOM_UNKNOWN;
	if (!header->exe.states)
		return header->exe.single;
	run.image = image;
	sp_walk_exe(&run, &header->exe, task);
	atom = sp_walked_atom(&run, &header->exe);
	return atom == SP_ATOM_NONE ? header->exe.dead_atom : atom;
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
