/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file.h: exec, read and write: which file, its path's atom, and the decision. What each hook
 * stands for is in file_hooks.h.
 */
#ifndef SYNPOL_BPF_FILE_H
#define SYNPOL_BPF_FILE_H

#include "action.h"

#define SP_AREAS_FILE                                                                              \
	(SP_AREA_BIT(SP_AREA_EXEC) | SP_AREA_BIT(SP_AREA_READ) | SP_AREA_BIT(SP_AREA_WRITE))

#define SP_AREAS_OPEN (SP_AREA_BIT(SP_AREA_READ) | SP_AREA_BIT(SP_AREA_WRITE))

/* One act: what is asked about a file. */
struct sp_question {
	struct sp_file file;
	__u64 atom; /* of its path */
};

/* The member of a write that may be any. */
#define SP_ANY_MEMBER SP_WRITE_COUNT

/* Also makes plain numbers of pointers whose kind the verifier knows: it allows no arithmetic with
 * those, and functions that are not static cannot take them. */
__noinline int sp_forget_question(struct sp_question *question)
{
	sp_keep_call();
	return question != NULL;
}

/*
 * The atom of the file's path: SP_ATOM_NONE if it has none, SP_ATOM_UNKNOWN if that is not known.
 */
__noinline __u32 sp_file_atom(const struct sp_file *file, __u64 tag)
{
	void *image = sp_image_of(tag);
	struct sp_header *header = image ? sp_header_of(image) : NULL;
	struct sp_object_run object = {.run.image = image, .tag = tag};

	if (!header || !file)
		return SP_ATOM_UNKNOWN;
	sp_walk_start_at(&object.run.path.walk, file->dentry, file->mount);
	if (!sp_path_start(&object.run, &header->path))
		return SP_ATOM_UNKNOWN;
	sp_forget_path(&object.run.path);
	bpf_loop(SP_WALK_STEPS, sp_path_step, &object, 0);
	return sp_forget(sp_walked_atom(&object.run, &header->path));
}

__noinline int sp_report_file(const struct sp_decision *decision, const struct sp_subject *subject,
			      const struct sp_file *file, __u32 member)
{
	struct sp_event *event;

	if (!decision || !subject || !file)
		return 0;
	event = (void *)sp_report_sized(decision, subject, sp_own_state(), sizeof(*event));
	if (event) {
		event->head.object.member = member;
		sp_event_path(event, file);
		bpf_ringbuf_submit(event, sp_wakeup(decision));
	}
	return 0;
}

static __always_inline void sp_decide_file(void *image, const struct sp_subject *subject,
					   __u32 atom, __u32 area, __u32 member,
					   struct sp_decision *decision)
{
	struct sp_header *header = sp_header_of(image);

	sp_start_decision(decision, subject);
	decision->atoms[SP_PLACE_PATH] = atom;
	sp_opaque(member);
	if (header && area == SP_AREA_WRITE && member < SP_WRITE_COUNT)
		decision->atoms[SP_PLACE_MEMBER] = sp_forget(header->members[member]);
	sp_decide_action(decision, area, subject->tag);
}

/* 0, or what the hook is to return. The event is told. `member` is 0 but for SP_AREA_WRITE. */
static __noinline int sp_judge_file(void *image, const struct sp_subject *subject,
				    const struct sp_question *question, __u32 area, __u32 member)
{
	struct sp_decision decision = {};

	sp_decide_file(image, subject, question->atom, area, member, &decision);
	if (decision.verdict != SP_PASS)
		sp_report_file(&decision, subject, &question->file, member);
	return sp_lsm_answer(&decision);
}

/* Only the verdict: nothing is told or counted. */
static __noinline __u32 sp_weigh_file(void *image, const struct sp_subject *subject, __u32 atom,
				      __u32 area)
{
	struct sp_decision decision = {};

	sp_decide_file(image, subject, atom, area, SP_WRITE_CONTENTS, &decision);
	return sp_forget(decision.verdict);
}

static __always_inline bool sp_asks(const struct sp_subject *subject, __u32 area)
{
	return subject->areas & SP_AREA_BIT(area);
}

static __always_inline int sp_judge_as(void *image, const struct sp_subject *subject,
				       const struct sp_question *question, __u32 area, __u32 member)
{
	return sp_asks(subject, area) ? sp_judge_file(image, subject, question, area, member) : 0;
}

/* ---- which file ---- */

/* Fills in the atom. */
static __always_inline void sp_ask_name(const struct sp_subject *subject,
					struct sp_question *question, struct dentry *dentry,
					struct vfsmount *mount)
{
	question->file.dentry = dentry;
	question->file.mount = mount;
	sp_forget_question(question);
	question->atom = sp_file_atom(&question->file, subject->tag);
}

static __always_inline void sp_ask_path(const struct sp_subject *subject,
					struct sp_question *question, const struct path *path)
{
	sp_ask_name(subject, question, path->dentry, path->mnt);
}

/* ---- exec ---- */

/* `ctx`: struct linux_binprm *. The program, then each interpreter of a script, a call each. */
static __noinline int sp_act_exec(unsigned long long *ctx)
{
	struct linux_binprm *binprm = (void *)ctx[0];
	struct sp_question question = {};
	struct sp_actor actor = {};
	struct sp_header *header;
	void *image;

	if (!sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_EXEC)))
		return 0;
	sp_ask_path(&actor.subject, &question, &binprm->file->f_path);
	header = sp_header_of(image);
	if (header && question.atom == SP_ATOM_NONE)
		question.atom = header->memfd_atom;
	return sp_judge_file(image, &actor.subject, &question, SP_AREA_EXEC, 0);
}

/* ---- read, and write of contents ---- */

/*
 * `ctx`: struct file *. Opened, or received from another process. A file that execve opens is read:
 * the loader that a program names is asked about nowhere else. A descriptor without either mode
 * (O_PATH) gives no contents; pipes, sockets and files in memory are no objects.
 */
static __noinline int sp_act_open(unsigned long long *ctx)
{
	struct file *file = (void *)ctx[0];
	struct sp_question question = {};
	struct sp_actor actor = {};
	__u32 mode = file->f_mode;
	int refused = 0;
	void *image;

	if (!sp_is_concerned(&actor, &image, SP_AREAS_OPEN))
		return 0;
	if (!(mode & SP_FMODE_READ && sp_asks(&actor.subject, SP_AREA_READ)) &&
	    !(mode & SP_FMODE_WRITE && sp_asks(&actor.subject, SP_AREA_WRITE)))
		return 0;
	sp_ask_path(&actor.subject, &question, &file->f_path);
	if (question.atom == SP_ATOM_NONE)
		return 0;
	if (mode & SP_FMODE_READ)
		refused = sp_judge_as(image, &actor.subject, &question, SP_AREA_READ, 0);
	if (!refused && mode & SP_FMODE_WRITE)
		refused =
		    sp_judge_as(image, &actor.subject, &question, SP_AREA_WRITE, SP_WRITE_CONTENTS);
	return refused;
}

#endif
