/* SPDX-License-Identifier: GPL-2.0 */
/*
 * walk.h: a path, from the file up to the root of the mount tree, dentry by dentry and mount by
 * mount: what the kernel resolved, whatever the caller wrote. Whoever walks does something with
 * each name (automaton, event) and loops.
 *
 * Nothing is locked: a name that changes while it is read may be read half. Whoever may rename the
 * folders above a file can move the file out of a rule anyway.
 */
#ifndef SYNPOL_BPF_WALK_H
#define SYNPOL_BPF_WALK_H

#include "pages.h"

enum sp_walk_end {
	SP_WALK_ON = 0,
	SP_WALK_ROOT,
	SP_WALK_NO_PATH, /* unlinked, or of the kernel's own: pipe, socket, memfd */
	SP_WALK_FAILED,	 /* there may be a path, and it is not known */
};

/* What is read of a dentry at once: from d_parent to the end of d_name. `type.field` in what was
 * read from `first` on; constants when the program is loaded. */
#define SP_HEAD_BYTES 24
#define SP_PART(type, first, field)                                                                \
	(bpf_core_field_offset(struct type, field) - bpf_core_field_offset(struct type, first))
#define SP_HEAD_PART(head, field) ((void *)(head) + SP_PART(dentry, d_parent, field))

/* What hooks know of a file or of a name that is about to be one. */
struct sp_file {
	struct dentry *dentry;
	struct vfsmount *mount; /* NULL: not known */
};

struct sp_walk {
	struct dentry *dentry; /* comes next */
	struct mount *mount;   /* NULL: not known, the walk ends at the root of the file system */
	struct dentry *root;   /* of the mount */
	const char *name;      /* of the component that was reached last */
	__u32 length;	       /* what is left of it */
	__u32 end;	       /* enum sp_walk_end */
};

/* A path has at most 4,096 bytes: each step takes one of them at least, or crosses a mount. */
#define SP_PATH_BYTES 4096
#define SP_MOUNTS_MAX 64
#define SP_MOUNTS_LOOKED_AT 1024 /* of one file system */
#define SP_WALK_STEPS (SP_PATH_BYTES + SP_MOUNTS_MAX)

/* ---- mounts ---- */

/* ERR_PTR(-EINVAL) marks mounts inside the kernel. */
static __always_inline bool sp_is_internal(const struct mnt_namespace *ns)
{
	return (__u64)ns >= -4095ull;
}

/*
 * Those of open_tree and fsmount are in a namespace of their own until they are attached: what is
 * at their root is no path. They have no number: mnt_namespace.seq was replaced by ns.ns_id
 * in 6.18.
 */
static __always_inline bool sp_is_anonymous(const struct mnt_namespace *ns)
{
	const struct mnt_namespace___6_18 *later = (const void *)ns;

	if (bpf_core_field_exists(ns->seq))
		return !BPF_CORE_READ(ns, seq);
	return !BPF_CORE_READ(later, ns.ns_id);
}

/* At the root of a mount that hangs nowhere. NULL: it was detached. */
static __always_inline __u32 sp_end_of_mounts(const struct mount *mount)
{
	const struct mnt_namespace *ns = BPF_CORE_READ(mount, mnt_ns);

	if (sp_is_internal(ns))
		return SP_WALK_NO_PATH;
	return ns && !sp_is_anonymous(ns) ? SP_WALK_ROOT : SP_WALK_FAILED;
}

static __always_inline void sp_enter_mount(struct sp_walk *walk, struct mount *mount)
{
	walk->mount = mount;
	walk->root = BPF_CORE_READ(mount, mnt.mnt_root);
}

/* The first mount of the current task's namespace, where nearly every path ends: three loads tell
 * what else is asked of memory that the verifier does not know. */
static __always_inline struct mount *sp_own_root(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->nsproxy->mnt_ns->root;
}

static __always_inline void sp_cross_mount(struct sp_walk *walk)
{
	struct mount *mount = walk->mount; /* CO-RE must not see our own struct */
	struct mount *parent;

	if (mount && mount == sp_own_root()) {
		walk->end = SP_WALK_ROOT;
		return;
	}
	parent = BPF_CORE_READ(mount, mnt_parent);
	if (!parent) {
		walk->end = SP_WALK_FAILED;
	} else if (parent == mount) {
		walk->end = sp_end_of_mounts(mount);
	} else {
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		sp_enter_mount(walk, parent);
	}
}

/* ---- names ---- */

/* The root of a file system that is not the mount's root: a file of the kernel's own, one that was
 * opened by its handle, one that was moved out of the mount. */
static __always_inline __u32 sp_end_of_names(const struct sp_walk *walk)
{
	const struct mount *mount = walk->mount;

	if (!mount)
		return SP_WALK_FAILED;
	return sp_is_internal(BPF_CORE_READ(mount, mnt_ns)) ? SP_WALK_NO_PATH : SP_WALK_FAILED;
}

/* False: the kernel has no such memory. `size`, a constant: SP_HEAD_BYTES or more. */
static __always_inline bool sp_read_dentry(void *head, const struct dentry *dentry, __u32 size)
{
	return !bpf_probe_read_kernel(
	    head, size, (const void *)dentry + bpf_core_field_offset(struct dentry, d_parent));
}

/* One component up. `length` is not 0 when there was one. */
static __always_inline void sp_take_name(struct sp_walk *walk, const void *head)
{
	struct dentry *parent = *(struct dentry **)SP_HEAD_PART(head, d_parent);

	walk->name = *(const char **)SP_HEAD_PART(head, d_name.name);
	walk->length = *(__u32 *)SP_HEAD_PART(head, d_name.len);
	if (parent == walk->dentry)
		walk->end = sp_end_of_names(walk);
	else if (!walk->length)
		walk->end = SP_WALK_FAILED;
	walk->dentry = parent;
}

/* Goes one component or one mount up. */
static __always_inline void sp_walk_up(struct sp_walk *walk)
{
	__u64 head[SP_HEAD_BYTES / 8];

	if (walk->dentry == walk->root)
		sp_cross_mount(walk);
	else if (sp_read_dentry(head, walk->dentry, sizeof(head)))
		sp_take_name(walk, head);
	else
		walk->end = SP_WALK_FAILED;
}

/* ---- starts ---- */

/* Out of its folder's hash, and nothing else has its contents. One that is only forgotten (network
 * file systems do that to open files) still has the names that it had. */
static __always_inline bool sp_is_unlinked(const struct dentry *dentry)
{
	const struct inode *inode;

	if (BPF_CORE_READ(dentry, d_hash.pprev))
		return false;
	inode = BPF_CORE_READ(dentry, d_inode);
	return inode && !BPF_CORE_READ(inode, i_nlink);
}

/* `mount` NULL: see sp_walk.mount. */
static __always_inline void sp_walk_start_at(struct sp_walk *walk, struct dentry *dentry,
					     struct vfsmount *mount)
{
	walk->dentry = dentry;
	walk->mount = NULL;
	walk->root = NULL;
	walk->name = NULL;
	walk->length = 0;
	walk->end = sp_is_unlinked(dentry) ? SP_WALK_NO_PATH : SP_WALK_ON;
	if (mount)
		sp_enter_mount(walk, (void *)mount - bpf_core_field_offset(struct mount, mnt));
}

/* The file of the last exec. Kernel threads have none, even while they borrow a process's memory.
 */
static __always_inline void sp_walk_start(struct sp_walk *walk, struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	struct file *file = mm ? BPF_CORE_READ(mm, exe_file) : NULL;

	__builtin_memset(walk, 0, sizeof(*walk));
	walk->end = SP_WALK_NO_PATH;
	if (file && !(task->flags & SP_PF_KTHREAD))
		sp_walk_start_at(walk, BPF_CORE_READ(file, f_path.dentry),
				 BPF_CORE_READ(file, f_path.mnt));
}

#endif
