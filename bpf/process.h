/* SPDX-License-Identifier: GPL-2.0 */
/*
 * process.h: what a process does to another one, `signal` and `inject`, and to itself, `setuid`, in
 * LSM hooks.
 */
#ifndef SYNPOL_BPF_PROCESS_H
#define SYNPOL_BPF_PROCESS_H

#include "action.h"

/* ---- the other process ---- */

/* The memory of a task that ends is gone, and with it the name of what it ran; others of its
 * threads may live on. A thread of the kernel is known to have none. */
static __always_inline bool sp_has_lost_exe(struct task_struct *task)
{
	return !BPF_CORE_READ(task, mm) && !(BPF_CORE_READ(task, flags) & SP_PF_KTHREAD);
}

static __always_inline __u32 sp_peer_exe(void *image, struct task_struct *peer)
{
	__u32 atom = sp_exe_atom(image, peer);

	if (!sp_has_lost_exe(peer))
		return atom;
	sp_count_failure(SP_FAIL_PATH);
	return SP_ATOM_UNKNOWN;
}

/*
 * Only of facts that boxes of the area ask for: the other atoms are never looked at. Of the
 * credentials those that others see: what the peer acts with may be borrowed for a moment.
 */
static __noinline void sp_peer_atoms(void *image, __u32 which, struct task_struct *peer,
				     __u32 *atoms)
{
	struct sp_header *header = sp_header_of(image);
	const __u32 *asked;

	if (!header || which >= SP_AREA_COUNT)
		return;
	asked = &header->area[which].rowdir[SP_PLACE_PEER];
	atoms += SP_PLACE_PEER;
	if (asked[SP_DIM_USER])
		atoms[SP_DIM_USER] = sp_forget(sp_search_tree32(
		    image, &header->users, BPF_CORE_READ(peer, real_cred, euid.val)));
	if (asked[SP_DIM_GROUP])
		atoms[SP_DIM_GROUP] =
		    sp_forget(sp_group_atom(image, BPF_CORE_READ(peer, real_cred, group_info),
					    BPF_CORE_READ(peer, real_cred, egid.val)));
	if (asked[SP_DIM_CGROUP])
		atoms[SP_DIM_CGROUP] =
		    sp_forget(sp_cgroup_atom(image, BPF_CORE_READ(peer, cgroups, dfl_cgrp)));
	if (asked[SP_DIM_EXE])
		atoms[SP_DIM_EXE] = sp_forget(sp_peer_exe(image, peer));
}

static __always_inline void sp_peer_object(struct sp_object *object, struct task_struct *peer)
{
	object->peer_tgid = BPF_CORE_READ(peer, tgid);
	object->peer_uid = BPF_CORE_READ(peer, real_cred, euid.val);
}

static __noinline int sp_judge_peer(void *image, const struct sp_subject *subject, __u32 area,
				    struct task_struct *peer, __u32 signal)
{
	struct sp_deed deed = {};

	sp_deed_start(&deed, subject);
	sp_peer_atoms(image, area, peer, deed.decision.atoms);
	sp_peer_object(&deed.object, peer);
	deed.object.signal = signal;
	return sp_judge_deed(subject, area, &deed);
}

/* ---- signal ---- */

/*
 * An argument of the hook as a number. Its type says that it is the address of something, and so
 * the verifier of newer kernels leaves out the code for what it takes as impossible: none at all.
 */
static __always_inline __u64 sp_hook_number(unsigned long long *ctx, __u32 index)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), ctx + index);
	return number;
}

/*
 * `ctx`: struct task_struct *, struct kernel_siginfo *, int, const struct cred *. The hook sees no
 * signals that the kernel sends, but for two: one that a process has asked for, for when its parent
 * dies, comes without information, and one for a USB transfer comes with the credentials of who
 * started it, in whatever task was interrupted. Neither is an attempt of the current task. Signal 0
 * is an attempt: it asks whether somebody is there.
 */
static __noinline int sp_act_signal(unsigned long long *ctx)
{
	struct sp_actor actor = {};
	void *image;

	if (sp_hook_number(ctx, 1) <= SP_SEND_SIG_PRIV || sp_hook_number(ctx, 3) ||
	    !sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_SIGNAL)))
		return 0;
	return sp_judge_peer(image, &actor.subject, SP_AREA_SIGNAL, (void *)ctx[0], ctx[2]);
}

/*
 * Whoever owns a file gets a signal, of the owner's choice, when something can be read from it, and
 * whoever makes somebody else the owner sends it: nothing tells at the time of the signal who that
 * was. What comes is the number of a process in the caller's namespace, or no more than that it
 * will be read later: then the peer is unknown, unless it is the caller itself.
 */
#define SP_OWNER_UNKNOWN (-1)
#define SP_NO_ID (~0u)

/* As the task sees it: the number in the innermost namespace. */
static __always_inline __s32 sp_own_number(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u64 level = BPF_CORE_READ(pid, level);
	__s32 number = 0;

	bpf_core_read(&number, sizeof(number),
		      (void *)&pid->numbers[0] + level * bpf_core_type_size(struct upid));
	return number;
}

static __noinline int sp_judge_owner(void *image, const struct sp_subject *subject, bool is_self)
{
	struct sp_deed deed = {.object.peer_uid = SP_NO_ID};

	sp_deed_start(&deed, subject);
	if (is_self) {
		sp_peer_atoms(image, SP_AREA_SIGNAL, bpf_get_current_task_btf(),
			      deed.decision.atoms);
		sp_peer_object(&deed.object, bpf_get_current_task_btf());
	}
	return sp_judge_deed(subject, SP_AREA_SIGNAL, &deed);
}

static __noinline int sp_act_owner(__s32 owner)
{
	struct sp_actor actor = {};
	void *image;

	if (!owner || !sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_SIGNAL)))
		return 0;
	return sp_judge_owner(image, &actor.subject,
			      owner == sp_own_number(bpf_get_current_task_btf()));
}

/* `ctx`: struct file *, unsigned int, unsigned long. */
static __always_inline int sp_act_fcntl(unsigned long long *ctx)
{
	__u32 command = ctx[1];

	if (command == SP_F_SETOWN)
		return sp_act_owner(ctx[2]);
	return command == SP_F_SETOWN_EX ? sp_act_owner(SP_OWNER_UNKNOWN) : 0;
}

static __always_inline int sp_act_ioctl(unsigned long long *ctx)
{
	__u32 command = ctx[1];

	if (command != SP_FIOSETOWN && command != SP_SIOCSPGRP)
		return 0;
	return sp_act_owner(SP_OWNER_UNKNOWN);
}

/* ---- inject ---- */

/*
 * `ctx`: struct task_struct *, unsigned int. The mode is that of attaching for ptrace,
 * process_vm_readv and process_vm_writev, /proc/PID/mem (for reading, too: nothing tells the two
 * apart, and who reads all of a process has its keys) and pidfd_getfd. The other mode looks at a
 * process without getting at its memory or files: kcmp, /proc/PID/environ, perf_event_open.
 */
static __noinline int sp_act_inject(unsigned long long *ctx)
{
	struct sp_actor actor = {};
	void *image;

	if (!(ctx[1] & SP_PTRACE_MODE_ATTACH) ||
	    !sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_INJECT)))
		return 0;
	return sp_judge_peer(image, &actor.subject, SP_AREA_INJECT, (void *)ctx[0], 0);
}

/* The row is about the tracer, not about the task that runs. */
static __noinline void sp_report_tracer(const struct sp_deed *deed,
					const struct sp_subject *subject,
					struct task_struct *tracer)
{
	struct sp_event_head *event = sp_report_task(&deed->decision, subject, sp_own_state());
	struct sp_walk from;

	if (!event)
		return;
	event->object = deed->object;
	event->tgid = BPF_CORE_READ(tracer, tgid);
	event->tid = BPF_CORE_READ(tracer, pid);
	BPF_CORE_READ_STR_INTO(&event->comm, tracer, comm);
	sp_walk_start(&from, tracer);
	sp_event_exe_from(event, &from);
	bpf_ringbuf_submit(event, sp_wakeup(&deed->decision));
}

/* `kill` refuses and ends nobody: the tracer has done nothing yet, and the child only asked. */
static __noinline int sp_judge_tracer(void *image, const struct sp_subject *subject,
				      struct task_struct *tracer)
{
	struct task_struct *child = bpf_get_current_task_btf();
	struct sp_deed deed = {};

	sp_deed_start(&deed, subject);
	sp_peer_atoms(image, SP_AREA_INJECT, child, deed.decision.atoms);
	sp_peer_object(&deed.object, child);
	sp_decide_action(&deed.decision, SP_AREA_INJECT, subject->tag);
	if (deed.decision.verdict == SP_PASS)
		return 0;
	sp_report_tracer(&deed, subject, tracer);
	if (deed.decision.verdict == SP_KILL)
		deed.decision.verdict = SP_DENY;
	return sp_lsm_answer(&deed.decision);
}

/* `ctx`: struct task_struct *, the parent, which the current task asks to be traced by. The parent
 * is the one who injects, and its facts are no cache's: nothing is remembered of it here. */
static __noinline int sp_act_traceme(unsigned long long *ctx)
{
	struct task_struct *tracer = (void *)ctx[0];
	void *image = sp_active_image();
	struct sp_header *header = image ? sp_header_of(image) : NULL;
	struct sp_subject subject = {};

	if (!header || !(header->areas & SP_AREA_BIT(SP_AREA_INJECT)))
		return 0;
	sp_compute_other(image, tracer, &subject);
	sp_forget_subject(&subject);
	if (!(subject.areas & SP_AREA_BIT(SP_AREA_INJECT)))
		return 0;
	return sp_judge_tracer(image, &subject, tracer);
}

/* ---- setuid ---- */

static __noinline int sp_judge_account(void *image, const struct sp_subject *subject, __u32 account)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_deed deed = {};

	if (!header)
		return 0;
	sp_deed_start(&deed, subject);
	deed.decision.atoms[SP_PLACE_ACCOUNT] =
	    sp_forget(sp_search_tree32(image, &header->accounts, account));
	deed.object.account = account;
	return sp_judge_deed(subject, SP_AREA_SETUID, &deed);
}

/*
 * `ctx`: struct cred *new, const struct cred *old, int. The object is the account that the task
 * acts as afterwards, and every other one that it takes on: with the real or the saved uid of
 * another account it is one step away from acting as that. setfsuid changes the uid for files
 * alone, and has no way to say that it was refused.
 */
static __noinline int sp_act_setuid(unsigned long long *ctx)
{
	const struct cred *new = (void *)ctx[0], *old = (void *)ctx[1];
	struct sp_actor actor = {};
	__u32 account;
	void *image;
	int refused;

	if (!sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_SETUID)))
		return 0;
	account = (__u32)ctx[2] == SP_LSM_SETID_FS ? new->fsuid.val : new->euid.val;
	refused = sp_judge_account(image, &actor.subject, account);
	if (!refused && new->uid.val != account &&new->uid.val != old->uid.val)
		refused = sp_judge_account(image, &actor.subject, new->uid.val);
	if (!refused && new->suid.val != account &&new->suid.val != old->suid.val)
		refused = sp_judge_account(image, &actor.subject, new->suid.val);
	return refused;
}

/* Groups and capabilities change, the account stays: it is the object. */
static __noinline int sp_act_as(const struct cred *new)
{
	struct sp_actor actor = {};
	void *image;

	if (!sp_is_concerned(&actor, &image, SP_AREA_BIT(SP_AREA_SETUID)))
		return 0;
	return sp_judge_account(image, &actor.subject, BPF_CORE_READ(new, euid.val));
}

static __always_inline __u64 sp_permitted(const struct cred *cred)
{
	__u64 permitted = 0;

	bpf_core_read(&permitted, sizeof(permitted), &cred->cap_permitted);
	return permitted;
}

/*
 * `ctx`: struct linux_binprm *, struct file *. After the kernel has looked at the modes and
 * capabilities of the file, and at what forbids them, and before anything is lost that the caller
 * needs to see an errno. An execve that gives no more than the caller has is not `setuid`.
 */
static __noinline int sp_act_exec_as(unsigned long long *ctx)
{
	const struct cred *old = bpf_get_current_task_btf()->cred;
	const struct linux_binprm *bprm = (void *)ctx[0];
	const struct cred *new = bprm->cred;

	if (BPF_CORE_READ(new, euid.val) == BPF_CORE_READ(old, euid.val) &&
	    BPF_CORE_READ(new, egid.val) == BPF_CORE_READ(old, egid.val) &&
	    !(sp_permitted(new) & ~sp_permitted(old)))
		return 0;
	return sp_act_as(new);
}

#endif
