/* SPDX-License-Identifier: GPL-2.0 */
/*
 * name.h: the members of write that are not contents: what makes, removes, moves and marks names.
 *
 * Whoever moves a file, or gives it another name, must not gain by it: what the old name refused
 * and the new one passes is refused.
 */
#ifndef SYNPOL_BPF_NAME_H
#define SYNPOL_BPF_NAME_H

#include "file.h"

/* ---- one name ---- */

static __noinline int sp_act_on(struct dentry *dentry, struct vfsmount *mount, __u32 area,
				__u32 member)
{
	struct sp_question question = {};
	struct sp_actor actor = {};
	void *image;

	if (!sp_is_concerned(&actor, &image, SP_AREA_BIT(area)))
		return 0;
	sp_ask_name(&actor.subject, &question, dentry, mount);
	if (question.atom == SP_ATOM_NONE)
		return 0;
	return sp_judge_as(image, &actor.subject, &question, area, member);
}

/* `ctx`: const struct path * of the folder, struct dentry *. The name is there, or will be. */
static __always_inline int sp_act_in_folder(unsigned long long *ctx, __u32 member)
{
	const struct path *folder = (void *)ctx[0];

	return sp_act_on((void *)ctx[1], folder->mnt, SP_AREA_WRITE, member);
}

/* `ctx`: const struct path *. */
static __always_inline int sp_act_at_path(unsigned long long *ctx, __u32 member)
{
	const struct path *path = (void *)ctx[0];

	return sp_act_on(path->dentry, path->mnt, SP_AREA_WRITE, member);
}

/* `ctx`: struct file *. */
static __always_inline int sp_act_at_file(unsigned long long *ctx, __u32 member)
{
	const struct file *file = (void *)ctx[0];

	return sp_act_on(file->f_path.dentry, file->f_path.mnt, SP_AREA_WRITE, member);
}

/* ---- hooks that know a dentry and no mount ---- */

/* A file system in the task's mount namespace that is mounted there once: then that is the way. */
struct sp_mounts {
	const struct mnt_namespace *ns;
	void *next; /* link in super_block.s_mounts */
	void *end;
	struct mount *found;
	__u32 count;
};

/* `s_mounts` was a list_head until 6.18, which links the mounts themselves. */
static __always_inline void sp_mounts_start(struct sp_mounts *mounts, const struct dentry *dentry)
{
	struct super_block *sb = BPF_CORE_READ(dentry, d_sb);
	const struct super_block___6_18 *later = (const void *)sb;

	if (bpf_core_field_exists(struct mount, mnt_instance)) {
		mounts->next = BPF_CORE_READ(sb, s_mounts.next);
		mounts->end = (void *)sb + bpf_core_field_offset(struct super_block, s_mounts);
	} else {
		mounts->next = BPF_CORE_READ(later, s_mounts);
	}
}

static __always_inline struct mount *sp_mounts_take(struct sp_mounts *mounts)
{
	const struct mount___6_18 *later = mounts->next;
	struct list_head *link = mounts->next;

	if (bpf_core_field_exists(struct mount, mnt_instance)) {
		mounts->next = BPF_CORE_READ(link, next);
		return (void *)link - bpf_core_field_offset(struct mount, mnt_instance);
	}
	mounts->next = BPF_CORE_READ(later, mnt_next_for_sb);
	return (void *)later;
}

static long sp_mounts_step(__u32 index, struct sp_mounts *mounts)
{
	struct mount *mount;

	if (!mounts->next || mounts->next == mounts->end)
		return 1;
	mount = sp_mounts_take(mounts);
	if (BPF_CORE_READ(mount, mnt_ns) == mounts->ns) {
		mounts->found = mount;
		mounts->count = sp_forget(mounts->count + 1);
	}
	return mounts->count > 1;
}

/* NULL: not one, but none or several. */
static __noinline struct vfsmount *sp_only_mount(const struct dentry *dentry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sp_mounts mounts = {.ns = BPF_CORE_READ(task, nsproxy, mnt_ns)};

	sp_mounts_start(&mounts, dentry);
	bpf_loop(SP_MOUNTS_LOOKED_AT, sp_mounts_step, &mounts, 0);
	if (mounts.count != 1 || (mounts.next && mounts.next != mounts.end))
		return NULL;
	return (void *)mounts.found + bpf_core_field_offset(struct mount, mnt);
}

static __always_inline int sp_act_on_dentry(struct dentry *dentry, __u32 area, __u32 member)
{
	if (!sp_concerns(SP_AREA_BIT(area)))
		return 0;
	return sp_act_on(dentry, sp_only_mount(dentry), area, member);
}

/* ---- two names ---- */

struct sp_two_names {
	struct sp_question from;
	struct sp_question to;
};

/* The rule of the old name applies where it refuses what the new one passes. */
static __always_inline int sp_refuse_gain(void *image, const struct sp_subject *subject,
					  const struct sp_question *from,
					  const struct sp_question *to, __u32 area)
{
	if (!sp_asks(subject, area))
		return 0;
	if (sp_weigh_file(image, subject, from->atom, area) <=
	    sp_weigh_file(image, subject, to->atom, area))
		return 0;
	return sp_judge_file(image, subject, from, area, SP_WRITE_CONTENTS);
}

static __always_inline int sp_refuse_gains(void *image, const struct sp_subject *subject,
					   const struct sp_question *from,
					   const struct sp_question *to)
{
	int refused = sp_refuse_gain(image, subject, from, to, SP_AREA_READ);

	if (!refused)
		refused = sp_refuse_gain(image, subject, from, to, SP_AREA_EXEC);
	if (!refused)
		refused = sp_refuse_gain(image, subject, from, to, SP_AREA_WRITE);
	return refused;
}

/* Both names, as `member`. A file without a name (O_TMPFILE) gets its first one. */
static __always_inline int sp_judge_names(void *image, const struct sp_subject *subject,
					  struct sp_two_names *names, __u32 member)
{
	int refused = 0;

	if (names->from.atom != SP_ATOM_NONE)
		refused = sp_judge_as(image, subject, &names->from, SP_AREA_WRITE, member);
	if (!refused)
		refused = sp_judge_as(image, subject, &names->to, SP_AREA_WRITE, member);
	if (!refused && names->from.atom != SP_ATOM_NONE)
		refused = sp_refuse_gains(image, subject, &names->from, &names->to);
	return refused;
}

/* `ctx`: struct dentry *, const struct path * of the new folder, struct dentry *. No link leads
 * from one mount to another. */
static __noinline int sp_act_link(unsigned long long *ctx)
{
	const struct path *folder = (void *)ctx[1];
	struct sp_two_names names = {};
	struct sp_actor actor = {};
	void *image;

	if (!sp_is_concerned(&actor, &image, SP_AREAS_FILE))
		return 0;
	sp_ask_name(&actor.subject, &names.from, (void *)ctx[0], folder->mnt);
	sp_ask_name(&actor.subject, &names.to, (void *)ctx[2], folder->mnt);
	return sp_judge_names(image, &actor.subject, &names, SP_WRITE_LINK);
}

/* `ctx`: const struct path * of the old folder, struct dentry *, the same of the new one, unsigned
 * int. What stood under the new name goes, or comes under the old one. */
static __noinline int sp_act_rename(unsigned long long *ctx)
{
	const struct path *folder = (void *)ctx[0];
	struct sp_two_names names = {};
	struct sp_actor actor = {};
	void *image;
	int refused;

	if (!sp_is_concerned(&actor, &image, SP_AREAS_FILE))
		return 0;
	sp_ask_name(&actor.subject, &names.from, (void *)ctx[1], folder->mnt);
	sp_ask_name(&actor.subject, &names.to, (void *)ctx[3], folder->mnt);
	refused = sp_judge_names(image, &actor.subject, &names, SP_WRITE_RENAME);
	if (!refused && ctx[4] & SP_RENAME_EXCHANGE)
		refused = sp_refuse_gains(image, &actor.subject, &names.to, &names.from);
	return refused;
}

/* ---- mounts ---- */

/* What is mounted comes from a path that the hook does not know, so that every rule about paths
 * applies. One that asks for no path is about something else. */
static __always_inline int sp_judge_unknown(void *image, const struct sp_subject *subject,
					    struct sp_question *question, __u32 area)
{
	struct sp_header *header = sp_header_of(image);

	if (!header || !header->area[area].rowdir[SP_PLACE_PATH])
		return 0;
	question->atom = sp_forget(SP_ATOM_UNKNOWN);
	return sp_judge_as(image, subject, question, area, SP_ANY_MEMBER);
}

/* A mount over `over`: what stood there is gone, as if it were renamed. */
static __noinline int sp_act_mount(const struct path *over, bool moves)
{
	struct sp_question question = {};
	struct sp_actor actor = {};
	void *image;
	int refused;

	if (!sp_is_concerned(&actor, &image, SP_AREAS_FILE))
		return 0;
	sp_ask_path(&actor.subject, &question, over);
	refused = sp_judge_as(image, &actor.subject, &question, SP_AREA_WRITE, SP_WRITE_RENAME);
	if (!refused && moves)
		refused = sp_judge_unknown(image, &actor.subject, &question, SP_AREA_READ);
	if (!refused && moves)
		refused = sp_judge_unknown(image, &actor.subject, &question, SP_AREA_EXEC);
	if (!refused && moves)
		refused = sp_judge_unknown(image, &actor.subject, &question, SP_AREA_WRITE);
	return refused;
}

/* `ctx`: const char *, const struct path *, const char *, unsigned long, void *. */
static __always_inline int sp_act_sb_mount(unsigned long long *ctx)
{
	__u64 flags = ctx[3];

	if (flags & SP_MS_CHANGES)
		return 0;
	return sp_act_mount((void *)ctx[1], flags & (SP_MS_BIND | SP_MS_MOVE));
}

/* `ctx`: const struct path *, const struct path *. */
static __always_inline int sp_act_move_mount(unsigned long long *ctx)
{
	return sp_act_mount((void *)ctx[1], true);
}

#endif
