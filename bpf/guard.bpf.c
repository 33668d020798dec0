// SPDX-License-Identifier: GPL-2.0
/*
 * guard.bpf.c: the guard: LSM programs that keep everybody but the agent and an authorised synpol
 * from what enforces. Loaded last, by the agent, as an object of its own. Attach points only; what
 * and who is in guard_checks.h.
 */
#include "guard_checks.h"

/* Where a hook's first argument is the process that something is done to. */
#define SP_GUARD_TASK_HOOK(hook, may)                                                              \
	SEC("lsm/" #hook)                                                                          \
	int sp_guard_##hook(unsigned long long *ctx)                                               \
	{                                                                                          \
		struct task_struct *task = (void *)ctx[0];                                         \
                                                                                                   \
		if (!sp_is_guarded_task(task) || (may) || sp_is_init() ||                          \
		    bpf_get_current_task_btf()->tgid == task->tgid)                                \
			return 0;                                                                  \
		return sp_guard_ask(SP_GUARD_SCHEDULE, 0, NULL);                                   \
	}

SP_GUARD_TASK_HOOK(task_setrlimit, false)
SP_GUARD_TASK_HOOK(task_setscheduler, false)
SP_GUARD_TASK_HOOK(task_setnice, false)
SP_GUARD_TASK_HOOK(task_setioprio, false)

/* `ctx`: task, siginfo, signal, cred. Signals of the kernel do not come here; signal 0 only asks.
 */
SEC("lsm/task_kill")
int sp_guard_task_kill(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 signal = ctx[2];

	if (!sp_is_guarded_task(task) || !signal || sp_is_init() ||
	    bpf_get_current_task_btf()->tgid == task->tgid)
		return 0;
	return sp_guard_ask(SP_GUARD_SIGNAL, signal, NULL);
}

/* Signals for what can be read from a file, to its owner: the agent owns none so. */
SEC("lsm/file_send_sigiotask")
int sp_guard_file_send_sigiotask(unsigned long long *ctx)
{
	__u32 signal = ctx[2];

	if (!sp_is_guarded_task((void *)ctx[0]))
		return 0;
	return sp_guard_refuse(SP_GUARD_SIGNAL, signal, NULL);
}

/* An authorised synpol, too: who traces it has its rights. */
SEC("lsm/ptrace_access_check")
int sp_guard_ptrace_access_check(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 mode = ctx[1];

	if (!sp_guard.tgid || !(mode & SP_PTRACE_MODE_ATTACH) ||
	    !sp_guard_mark_of(task->group_leader))
		return 0;
	return sp_guard_refuse(SP_GUARD_TRACE, task->tgid, NULL);
}

/* ---- BPF ---- */

static __always_inline __u32 sp_attribute(unsigned long long *ctx, __u32 offset)
{
	__u32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx[1] + offset);
	return value;
}

/*
 * Whether the caller's descriptor is a link of ours, by the program that it holds. What is no link
 * is read as one, too, and is none of ours: the call fails with it in any case.
 */
static __noinline bool sp_is_guarded_link(__u32 descriptor)
{
	struct task_struct___guard *task = (void *)bpf_get_current_task_btf();
	struct fdtable___guard *table = BPF_CORE_READ(task, files, fdt);
	struct file___guard *file = NULL;
	struct bpf_link___guard *link;

	if (descriptor >= BPF_CORE_READ(table, max_fds))
		return false;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
	link = BPF_CORE_READ(file, private_data);
	return sp_is_guarded_id(SP_GUARD_PROGRAM, BPF_CORE_READ(link, prog, aux, id));
}

/*
 * `ctx`: command, attributes. Maps and programs have hooks of their own for a new descriptor. A
 * link has none: one that was opened by its pin is of no use here.
 */
SEC("lsm/bpf")
int sp_guard_bpf(unsigned long long *ctx)
{
	const __u32 pinned_descriptor = 8; /* behind the address of the path */
	__u32 command = ctx[0];
	bool guarded = false;

	if (command == BPF_LINK_GET_FD_BY_ID)
		guarded = sp_is_guarded_id(SP_GUARD_LINK, sp_attribute(ctx, 0));
	else if (command == BPF_LINK_UPDATE || command == BPF_LINK_DETACH)
		guarded = sp_is_guarded_link(sp_attribute(ctx, 0));
	else if (command == BPF_OBJ_PIN)
		guarded = sp_is_guarded_link(sp_attribute(ctx, pinned_descriptor));
	return guarded ? sp_guard_ask(SP_GUARD_BPF, command, NULL) : 0;
}

/* A new descriptor: what the agent makes is guarded from then on. */
static __noinline int sp_guard_object(__u32 kind, __u32 what, __u32 id)
{
	struct sp_guard_id key = {kind, id};
	__u32 mark = sp_guard_mark_of(bpf_get_current_task_btf()->group_leader), one = 1;

	if (mark & SP_GUARD_AGENT)
		bpf_map_update_elem(&sp_guard_ids, &key, &one, BPF_NOEXIST);
	if (mark || !sp_is_guarded_id(kind, id))
		return 0;
	return sp_guard_refuse(what, id, NULL);
}

SEC("lsm/bpf_map")
int sp_guard_bpf_map(unsigned long long *ctx)
{
	struct bpf_map___guard *map = (void *)ctx[0];

	return sp_guard_object(SP_GUARD_MAP, SP_GUARD_BPF_MAP, BPF_CORE_READ(map, id));
}

SEC("lsm/bpf_prog")
int sp_guard_bpf_prog(unsigned long long *ctx)
{
	struct bpf_prog___guard *program = (void *)ctx[0];

	return sp_guard_object(SP_GUARD_PROGRAM, SP_GUARD_BPF_PROGRAM,
			       BPF_CORE_READ(program, aux, id));
}

/* ---- names ---- */

#define SP_GUARD_NAME_HOOK(hook, what, argument)                                                   \
	SEC("lsm/" #hook)                                                                          \
	int sp_guard_##hook(unsigned long long *ctx)                                               \
	{                                                                                          \
		struct dentry *touched = (void *)(argument);                                       \
                                                                                                   \
		return sp_guard_entry(touched) ? sp_guard_ask(what, 0, touched) : 0;               \
	}

/* A name that comes has no inode, and its parent is the folder it comes into. */
SP_GUARD_NAME_HOOK(inode_unlink, SP_GUARD_DELETE, ctx[1])
SP_GUARD_NAME_HOOK(inode_rmdir, SP_GUARD_DELETE, ctx[1])
SP_GUARD_NAME_HOOK(inode_create, SP_GUARD_CREATE, ctx[1])
SP_GUARD_NAME_HOOK(inode_mkdir, SP_GUARD_CREATE, ctx[1])
SP_GUARD_NAME_HOOK(inode_mknod, SP_GUARD_CREATE, ctx[1])
SP_GUARD_NAME_HOOK(inode_symlink, SP_GUARD_CREATE, ctx[1])

/* `ctx`: folder, dentry, folder, dentry. */
SEC("lsm/inode_rename")
int sp_guard_inode_rename(unsigned long long *ctx)
{
	struct dentry *from = (void *)ctx[1], *to = (void *)ctx[3];

	if (sp_guard_entry(from))
		return sp_guard_ask(SP_GUARD_RENAME, 0, from);
	return sp_guard_entry(to) ? sp_guard_ask(SP_GUARD_RENAME, 0, to) : 0;
}

/* `ctx`: old dentry, folder, new dentry. */
SEC("lsm/inode_link")
int sp_guard_inode_link(unsigned long long *ctx)
{
	struct dentry *from = (void *)ctx[0], *to = (void *)ctx[2];

	if (sp_guard_entry(from))
		return sp_guard_ask(SP_GUARD_LINKED, 0, from);
	return sp_guard_entry(to) ? sp_guard_ask(SP_GUARD_LINKED, 0, to) : 0;
}

/* ---- contents and marks ---- */

#define SP_GUARD_CONTENTS (SP_GUARD_FILE | SP_GUARD_FOLDER)

SEC("lsm/inode_setattr")
int sp_guard_inode_setattr(unsigned long long *ctx)
{
	struct dentry *dentry = (void *)ctx[0];

	if (sp_guard_setattr_is_mapped)
		dentry = (void *)ctx[1];
	if (!(sp_guard_entry(dentry) & SP_GUARD_CONTENTS))
		return 0;
	return sp_guard_ask(SP_GUARD_CHANGE, 0, dentry);
}

SEC("lsm/file_open")
int sp_guard_file_open(unsigned long long *ctx)
{
	struct file *file = (void *)ctx[0];
	struct dentry *dentry;

	if (!(file->f_mode & SP_FMODE_WRITE))
		return 0;
	dentry = file->f_path.dentry;
	if (!(sp_guard_entry(dentry) & SP_GUARD_CONTENTS))
		return 0;
	return sp_guard_ask(SP_GUARD_OPEN, 0, dentry);
}

/* `ctx`: socket, the socket that listens. */
SEC("lsm/unix_stream_connect")
int sp_guard_unix_stream_connect(unsigned long long *ctx)
{
	struct unix_sock___guard *listener = (void *)ctx[1];
	struct dentry *dentry = BPF_CORE_READ(listener, path.dentry);

	if (!dentry || !(sp_guard_entry(dentry) & SP_GUARD_CONTENTS))
		return 0;
	return sp_guard_ask(SP_GUARD_CONNECT, 0, dentry);
}

/* ---- mounts ---- */

/* Over the guarded folders by nobody. What is above them is mounted over, and what they are on
 * unmounted, in namespaces of other people's own every day, and counts where the agent looks. */
static __noinline int sp_guard_mount(__u32 what, struct dentry *dentry)
{
	__u32 flags = sp_guard_entry(dentry);

	if (!flags || sp_is_init())
		return 0;
	if ((what == SP_GUARD_UMOUNT || !(flags & SP_GUARD_CONTENTS)) && !sp_is_in_known_mounts())
		return 0;
	return sp_guard_ask(what, 0, dentry);
}

/* `ctx`: device, path, type, flags. */
SEC("lsm/sb_mount")
int sp_guard_sb_mount(unsigned long long *ctx)
{
	struct path *path = (void *)ctx[1];
	__u64 flags = ctx[3];

	if (flags & SP_MS_CHANGES)
		return 0;
	return sp_guard_mount(SP_GUARD_MOUNT, BPF_CORE_READ(path, dentry));
}

/* `ctx`: path, path. */
SEC("lsm/move_mount")
int sp_guard_move_mount(unsigned long long *ctx)
{
	struct path *path = (void *)ctx[1];

	return sp_guard_mount(SP_GUARD_MOUNT, BPF_CORE_READ(path, dentry));
}

SEC("lsm/sb_umount")
int sp_guard_sb_umount(unsigned long long *ctx)
{
	struct vfsmount *mount = (void *)ctx[0];

	return sp_guard_mount(SP_GUARD_UMOUNT, BPF_CORE_READ(mount, mnt_root));
}

/* ---- who is authorised ---- */

/* As for a program with more rights than its caller: the loader takes no LD_PRELOAD, no library's
 * path and no other advice from the environment. The file is the one that runs in the end. */
SEC("lsm/bprm_creds_from_file")
int sp_guard_bprm_creds_from_file(unsigned long long *ctx)
{
	struct linux_binprm *bprm = (void *)ctx[0];

	if (sp_is_authorised_file(bprm))
		bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC);
	return 0;
}

static __always_inline bool sp_is_authorised(struct linux_binprm *bprm)
{
	struct task_struct___guard *task = (void *)bpf_get_current_task_btf();
	struct linux_binprm___guard *started = (void *)bprm;
	__u32 uid;

	if (!sp_is_authorised_file(bprm) || !BPF_CORE_READ_BITFIELD_PROBED(started, secureexec) ||
	    BPF_CORE_READ(task, ptrace))
		return false;
	uid = bpf_get_current_task_btf()->cred->euid.val;
	return (!uid || uid == sp_guard.uid) && sp_is_at_home();
}

/* The mark is the process's from here on: nobody could trace it on its way, and its threads of
 * before are gone. With another file it is lost. */
SEC("lsm/bprm_committed_creds")
int sp_guard_bprm_committed_creds(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 *mark, trusted = SP_GUARD_TRUSTED;

	if (!sp_is_authorised((void *)ctx[0])) {
		if (sp_guard_mark_of(task))
			bpf_task_storage_delete(&sp_guard_tasks, task);
		return 0;
	}
	mark =
	    bpf_task_storage_get(&sp_guard_tasks, task, &trusted, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (mark)
		*mark = trusted;
	return 0;
}

/* ---- learning ---- */

static __always_inline void sp_guard_learn_inode(const struct sp_guard_inode *key)
{
	struct sp_guard_place place = {sp_guard.learn, sp_guard.round};
	struct sp_guard_place *known = bpf_map_lookup_elem(&sp_guard_inodes, key);

	if (known && known->round == place.round)
		place.flags |= known->flags;
	if (bpf_map_update_elem(&sp_guard_inodes, key, &place, BPF_ANY) == 0)
		sp_guard.filter[(key->number >> 6) % SP_GUARD_FILTER_WORDS] |=
		    1ull << (key->number & 63);
}

/*
 * Attached only while the agent looks at what is to be guarded: so the numbers are those that the
 * hooks will see.
 */
SEC("lsm/inode_getattr")
int sp_guard_learn(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct path *path = (void *)ctx[0];
	struct sp_guard_inode key;

	if (!sp_guard.learn || !(sp_guard_mark_of(task->group_leader) & SP_GUARD_AGENT))
		return 0;
	sp_guard_key(BPF_CORE_READ(path, dentry, d_inode), &key);
	sp_guard.tgid = task->tgid;
	sp_guard.uid = task->cred->euid.val;
	if (sp_guard.learn & SP_GUARD_EXE)
		sp_guard.exe = key;
	if (sp_guard.learn & SP_GUARD_ROOT0)
		sp_guard.root[0] = key;
	else if (sp_guard.learn & SP_GUARD_ROOT1)
		sp_guard.root[1] = key;
	else
		sp_guard_learn_inode(&key);
	return 0;
}

char sp_guard_license[] SEC("license") = "GPL";
