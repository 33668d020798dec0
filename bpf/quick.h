/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quick.h: the way of an open that passes, which is what nearly every open does. Whatever is not
 * as usual is left to sp_act_open, which decides everything: nothing is refused, told or counted
 * here.
 *
 * Three things make it short: the subject stands in sp_recent; dentries are loaded from and not
 * copied, which the verifier allows while it knows that they are ones; and what a name does to the
 * automaton is remembered in sp_names, what the atom leads to in sp_recent.passes.
 */
#ifndef SYNPOL_BPF_QUICK_H
#define SYNPOL_BPF_QUICK_H

#include "file.h"

/* ---- the walk ---- */

enum sp_stroll_end {
	SP_STROLL_ON = 0,
	SP_STROLL_DONE,
	SP_STROLL_LOST, /* a name that is not remembered, or something that is not as usual */
};

struct sp_stroll {
	struct dentry *near; /* comes next inside the first mount; the verifier knows what it is */
	struct dentry *root; /* of the mount */
	__u64 tag;
	__u64 automaton; /* sp_recent.automaton */
	__u64 state;
	struct dentry *far; /* comes next, once a mount was crossed */
	struct mount *mount;
	__u32 left; /* of a long name */
	__u32 end;
};

/* See sp_forget: here also that a dentry is one. */
__noinline int sp_forget_stroll(struct sp_stroll *stroll)
{
	sp_keep_call();
	return stroll != NULL;
}

static __always_inline bool sp_stroll_piece(struct sp_stroll *stroll, const __u64 *text,
					    __u64 first, __u64 last, bool is_short)
{
	struct sp_piece piece = {text, sp_before(0, stroll->state, first, last) | stroll->automaton,
				 stroll->tag, is_short};
	const struct sp_name *name = sp_name_place(&piece);

	return name && sp_name_is_known(name, &piece, &stroll->state);
}

/* One piece of a name that is not in its dentry. False: it is not remembered. */
static __noinline bool sp_stroll_long(struct sp_stroll *stroll, const char *name, __u32 length)
{
	__u64 text[SP_NAME_BYTES / 8] = {};
	__u64 left = stroll->left ? stroll->left : length;
	__u64 count = sp_at_most(left, SP_NAME_BYTES);

	left -= count;
	stroll->left = left;
	if (stroll->state == SP_STATE_DEAD)
		return true;
	sp_opaque(count);
	if (count > SP_NAME_BYTES)
		return false;
	bpf_probe_read_kernel(text, count, name + left);
	return sp_stroll_piece(stroll, text, sp_is_some(left), count, count <= SP_NAME_BYTES / 2);
}

/* Opaque: where it equals d_name.name clang would load from that, of which the verifier does not
 * know what it is. */
static __always_inline const void *sp_short_name(const struct dentry *dentry)
{
	sp_opaque(dentry);
	return (const void *)dentry + bpf_core_field_offset(struct dentry, d_parent) + SP_NAME_AT;
}

static __always_inline bool sp_stroll_short(struct sp_stroll *stroll, const struct dentry *dentry,
					    __u32 length)
{
	const __u64 *name = sp_short_name(dentry);
	__u64 text[SP_NAME_BYTES / 8];

	stroll->left = 0; /* whatever this name was before */
	if (stroll->state == SP_STATE_DEAD)
		return true;
	text[0] = name[0];
	text[1] = name[1];
	if (length <= SP_NAME_BYTES / 2)
		return sp_stroll_piece(stroll, text, 0, length, true);
	text[2] = name[2];
	text[3] = name[3];
	return sp_stroll_piece(stroll, text, 0, length, false);
}

/* Up to the root of the mount. What is loaded from a bad address is 0. */
static long sp_stroll_near(__u32 index, struct sp_stroll *stroll)
{
	struct dentry *dentry = stroll->near, *parent = dentry->d_parent;
	const char *name = (const char *)dentry->d_name.name;
	__u32 length = dentry->d_name.len;

	if (parent == dentry || !length)
		goto lost;
	if (name == sp_short_name(dentry) && length <= SP_NAME_BYTES) {
		if (!sp_stroll_short(stroll, dentry, length))
			goto lost;
	} else {
		if (!sp_stroll_long(stroll, name, length))
			goto lost;
		if (stroll->left)
			return 0;
	}
	stroll->near = parent;
	return parent == stroll->root;
lost:
	stroll->end = SP_STROLL_LOST;
	return 1;
}

/* The two links of struct mount, which stand side by side. */
struct sp_mount_links {
	struct mount *parent;
	struct dentry *mountpoint;
};

static __always_inline bool sp_read_links(struct sp_mount_links *links, const struct mount *mount)
{
	return bpf_core_field_offset(struct mount, mnt_mountpoint) ==
		   bpf_core_field_offset(struct mount, mnt_parent) + sizeof(void *) &&
	       !bpf_probe_read_kernel(links, sizeof(*links),
				      (const void *)mount +
					  bpf_core_field_offset(struct mount, mnt_parent));
}

static __always_inline void sp_stroll_cross(struct sp_stroll *stroll, struct sp_mount_links *links)
{
	struct mount *own = sp_own_root(), *mount = stroll->mount, *parent;

	if (mount == own) {
		stroll->end = SP_STROLL_DONE;
		return;
	}
	if (!sp_read_links(links, mount) || !links->parent || links->parent == mount) {
		stroll->end = SP_STROLL_LOST;
		return;
	}
	parent = links->parent; /* CO-RE must not see our own struct */
	stroll->far = links->mountpoint;
	stroll->mount = parent;
	stroll->root = parent == own ? own->mnt.mnt_root : BPF_CORE_READ(parent, mnt.mnt_root);
}

static __always_inline bool sp_stroll_up(struct sp_stroll *stroll, __u64 *bytes)
{
	struct dentry *parent;
	const char *name;
	__u32 length;
	bool known = true;

	if (!sp_read_dentry(bytes, stroll->far, SP_NAME_AT + SP_NAME_BYTES))
		return false;
	parent = *(struct dentry **)SP_HEAD_PART(bytes, d_parent);
	name = *(const char **)SP_HEAD_PART(bytes, d_name.name);
	length = *(__u32 *)SP_HEAD_PART(bytes, d_name.len);
	if (parent == stroll->far || !length)
		return false;
	if (name != sp_short_name(stroll->far) || length > SP_NAME_BYTES) {
		known = sp_stroll_long(stroll, name, length);
	} else {
		stroll->left = 0;
		if (stroll->state != SP_STATE_DEAD)
			known = sp_stroll_piece(stroll, bytes + SP_NAME_AT / 8, 0, length,
						length <= SP_NAME_BYTES / 2);
	}
	if (!stroll->left)
		stroll->far = parent;
	return known;
}

/* From the root of a mount on. */
static long sp_stroll_far(__u32 index, struct sp_stroll *stroll)
{
	__u64 bytes[(SP_NAME_AT + SP_NAME_BYTES) / 8];

	if (stroll->far == stroll->root)
		sp_stroll_cross(stroll, (struct sp_mount_links *)bytes);
	else if (!sp_stroll_up(stroll, bytes))
		stroll->end = SP_STROLL_LOST;
	sp_forget_stroll(stroll);
	return stroll->end != SP_STROLL_ON;
}

/* ---- the automaton's state after the path ---- */

static __always_inline bool sp_is_own_root(const struct vfsmount *mount)
{
	struct mount *own = sp_own_root();

	return own && mount == &own->mnt;
}

/* Negative: not this way. */
static __noinline __s64 sp_quick_state(const struct sp_recent *place, const struct file *file)
{
	struct vfsmount *mount = file->f_path.mnt;
	struct sp_stroll stroll = {.near = file->f_path.dentry, .root = mount->mnt_root};
	__u32 zero =
	    sp_forget(0); /* the verifier of 6.1 must not believe that all stays as it is */

	if (!stroll.near->d_hash.pprev || stroll.near == stroll.root)
		return -1;
	stroll.tag = place->subject.tag;
	stroll.automaton = place->automaton;
	stroll.state = SP_STATE_START + zero;
	stroll.left = stroll.end = zero;
	bpf_loop(SP_WALK_STEPS, sp_stroll_near, &stroll, 0);
	if (stroll.near != stroll.root)
		return -1;
	if (sp_is_own_root(mount))
		return stroll.state;
	stroll.far = stroll.root;
	stroll.mount = (void *)((__u64)mount - bpf_core_field_offset(struct mount, mnt));
	sp_forget_stroll(&stroll);
	bpf_loop(SP_WALK_STEPS, sp_stroll_far, &stroll, 0);
	return stroll.end == SP_STROLL_DONE ? (__s64)stroll.state : -1;
}

/* ---- the decision ---- */

/* What is asked about an open file: a bit for each area. The other ones do not concern it. */
#define SP_ASKS_READ 1
#define SP_ASKS_WRITE 2

static __always_inline __u32 sp_open_asks(__u32 mode, __u32 areas)
{
	__u32 asks = 0;

	if (mode & SP_FMODE_READ && areas & SP_AREA_BIT(SP_AREA_READ))
		asks |= SP_ASKS_READ;
	if (mode & SP_FMODE_WRITE && areas & SP_AREA_BIT(SP_AREA_WRITE))
		asks |= SP_ASKS_WRITE;
	return asks;
}

/* Not 0. The state says which atom the path has. */
static __always_inline __u32 sp_open_key(__u32 state, __u32 asks)
{
	return state << 2 | asks;
}

static __always_inline __u32 *sp_open_place(struct sp_recent *place, __u32 key)
{
	__u64 slot = (key >> 2 ^ key << 2) & (SP_OPENS_RECENT - 1);

	sp_opaque(slot);
	return &place->passes[slot & (SP_OPENS_RECENT - 1)];
}

static __always_inline void sp_learn_open(__u64 tag, __u32 key)
{
	struct sp_recent *place = sp_recent_lock(tag);

	if (!place)
		return;
	*sp_open_place(place, key) = key;
	sp_recent_unlock(place);
}

static __noinline void sp_learn_automaton(void)
{
	void *image = sp_active_image();
	struct sp_header *header = image ? sp_header_of(image) : NULL;
	struct sp_recent *place;

	if (!header || !header->path.states)
		return;
	place = sp_recent_lock(header->tag);
	if (!place)
		return;
	place->automaton = sp_before(header->path.next, 0, 0, 0);
	sp_recent_unlock(place);
}

/* Decides and forgets: what is refused or told is decided again where that is done. */
static __noinline bool sp_weigh_open(const struct sp_recent *place, __u32 key)
{
	void *image = sp_active_image();
	struct sp_header *header = image ? sp_header_of(image) : NULL;
	struct sp_subject subject = place->subject;
	__u32 atom;

	if (!header || header->tag != subject.tag)
		return false;
	atom = sp_u32_at(image, header->path.accept, key >> 2); /* of the dead state, too */
	sp_forget_subject(&subject);
	if (key & SP_ASKS_READ && sp_weigh_file(image, &subject, atom, SP_AREA_READ) != SP_PASS)
		return false;
	if (key & SP_ASKS_WRITE && sp_weigh_file(image, &subject, atom, SP_AREA_WRITE) != SP_PASS)
		return false;
	sp_learn_open(subject.tag, key);
	return true;
}

static __always_inline bool sp_opens(struct sp_recent *place, const struct file *file)
{
	__u32 asks = sp_open_asks(file->f_mode, place->subject.areas), key;
	__s64 state;

	if (!asks)
		return true;
	if (!place->automaton) {
		sp_learn_automaton();
		return false;
	}
	state = sp_quick_state(place, file);
	if (state < 0)
		return false;
	key = sp_open_key(state, asks);
	return *sp_open_place(place, key) == key || sp_weigh_open(place, key);
}

/* `ctx`: struct file *. enum sp_quick. What was read of the place counts if it is the task's own
 * afterwards: see sp_is_fresh. */
static __noinline int sp_open_passes(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = task->pid, areas;
	struct sp_recent *place = sp_recent_place(pid);

	if (!place || task->flags & SP_PF_KTHREAD)
		return SP_QUICK_UNKNOWN;
	if (!sp_is_at(place, pid) || !sp_is_fresh(place, task, pid)) {
		sp_recent_renew(task);
		return SP_QUICK_UNKNOWN;
	}
	areas = place->subject.areas;
	if (!sp_opens(place, (void *)ctx[0]) || !sp_is_at(place, pid))
		return SP_QUICK_UNKNOWN;
	return areas & SP_AREA_BIT(SP_AREA_SYSCALL) ? SP_QUICK_ASK_CALL : SP_QUICK_PASS;
}

#endif
