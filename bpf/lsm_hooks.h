/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lsm_hooks.h: the hooks in which a system call can be refused by its number: one line for each
 * that the column deny_at of compiler/data/syscall-lsm-hooks.tsv names, and file_ioctl_compat,
 * which 32-bit callers of ioctl pass instead of file_ioctl from 6.8 on (6.1 stable has it too). A
 * kernel that has not got a hook (or has not got it yet) leaves its program out: the agent decides
 * by BTF.
 *
 * Left out: cred_prepare, because its refusal shows as ENOMEM. socket_connect and socket_bind have
 * programs of their own in lsm.bpf.c, which decide calls too.
 *
 * SP_HOOK_NOT_IN_EXEC: refusing here in the middle of execve ends the process with SIGSEGV, and
 * bprm_check_security has refused before, if anything had to be.
 *
 * SP_HOOK_ACTION: an action of the language is decided here, too. SP_HOOK_PLAIN: one without an
 * object, wherever the condition holds. SP_HOOK_OTHER: one of another process than the current one.
 * SP_HOOK_QUICK: with a quick way to find out that nothing is refused.
 *
 * file_truncate took over from path_truncate for ftruncate in 6.2; uring_allowed is new in 6.15,
 * inode_file_getattr and inode_file_setattr in 6.17, setselfattr in 6.8.
 */
SP_HOOK_PLAIN(bpf, SP_AREA_LOAD_BPF, sp_loads_bpf(ctx))
SP_HOOK_ACTION(bprm_check_security, SP_AREA_BIT(SP_AREA_EXEC), sp_act_exec(ctx))
SP_HOOK_ACTION(bprm_creds_from_file, SP_AREA_BIT(SP_AREA_SETUID), sp_act_exec_as(ctx))
SP_HOOK_PLAIN(capable, SP_AREA_MOUNT, sp_asks_to_mount(ctx))
SP_HOOK(capget)
SP_HOOK_ACTION(capset, SP_AREA_BIT(SP_AREA_SETUID), sp_act_as((void *)ctx[0]))
SP_HOOK(file_alloc_security)
SP_HOOK_ACTION(file_fcntl, SP_AREA_BIT(SP_AREA_SIGNAL), sp_act_fcntl(ctx))
SP_HOOK_ACTION(file_ioctl, SP_AREA_BIT(SP_AREA_SIGNAL), sp_act_ioctl(ctx))
SP_HOOK_ACTION(file_ioctl_compat, SP_AREA_BIT(SP_AREA_SIGNAL), sp_act_ioctl(ctx))
SP_HOOK(file_lock)
SP_HOOK_PLAIN(file_mprotect, SP_AREA_WX_MEMORY, sp_makes_wx(ctx))
SP_HOOK_QUICK(file_open, SP_AREAS_OPEN, sp_open_passes(ctx), sp_act_open(ctx))
SP_HOOK(file_permission)
SP_HOOK_QUICK(file_receive, SP_AREAS_OPEN, sp_open_passes(ctx), sp_act_open(ctx))
SP_HOOK_ACTION(file_truncate, SP_AREA_BIT(SP_AREA_WRITE), sp_act_at_file(ctx, SP_WRITE_TRUNCATE))
SP_HOOK(fs_context_parse_param)
SP_HOOK(inode_file_getattr)
SP_HOOK(inode_file_setattr)
SP_HOOK(inode_getattr)
SP_HOOK(inode_getxattr)
SP_HOOK(inode_init_security_anon)
SP_HOOK(inode_listxattr)
SP_HOOK(inode_permission)
SP_HOOK_ACTION(inode_readlink, SP_AREA_BIT(SP_AREA_READ),
	       sp_act_on_dentry((void *)ctx[0], SP_AREA_READ, 0))
SP_HOOK_ACTION(inode_remove_acl, SP_AREA_BIT(SP_AREA_WRITE),
	       sp_act_on_dentry((void *)ctx[1], SP_AREA_WRITE, SP_WRITE_XATTR))
SP_HOOK_ACTION(inode_removexattr, SP_AREA_BIT(SP_AREA_WRITE),
	       sp_act_on_dentry((void *)ctx[1], SP_AREA_WRITE, SP_WRITE_XATTR))
SP_HOOK(inode_setattr)
SP_HOOK_ACTION(inode_set_acl, SP_AREA_BIT(SP_AREA_WRITE),
	       sp_act_on_dentry((void *)ctx[1], SP_AREA_WRITE, SP_WRITE_XATTR))
SP_HOOK_ACTION(inode_setxattr, SP_AREA_BIT(SP_AREA_WRITE),
	       sp_act_on_dentry((void *)ctx[1], SP_AREA_WRITE, SP_WRITE_XATTR))
SP_HOOK(inode_unlink)
SP_HOOK(ipc_permission)
SP_HOOK_PLAIN(kernel_load_data, SP_AREA_LOAD_MODULE, sp_is_module(ctx[0]))
SP_HOOK_PLAIN(kernel_read_file, SP_AREA_LOAD_MODULE, sp_is_module(ctx[1]))
SP_HOOK_PLAIN(kernel_module_request, SP_AREA_LOAD_MODULE, true)
SP_HOOK(key_permission)
SP_HOOK_NOT_IN_EXEC(mmap_addr)
SP_HOOK_PLAIN_NOT_IN_EXEC(mmap_file, SP_AREA_WX_MEMORY, sp_maps_wx(ctx))
SP_HOOK_ACTION(move_mount, SP_AREA_BIT(SP_AREA_MOUNT) | SP_AREAS_FILE,
	       sp_act_plain(SP_AREA_MOUNT) ?: sp_act_move_mount(ctx))
SP_HOOK(msg_msg_alloc_security)
SP_HOOK(msg_queue_alloc_security)
SP_HOOK(msg_queue_associate)
SP_HOOK(msg_queue_msgctl)
SP_HOOK(msg_queue_msgsnd)
SP_HOOK_ACTION(path_chmod, SP_AREA_BIT(SP_AREA_WRITE), sp_act_at_path(ctx, SP_WRITE_CHMOD))
SP_HOOK_ACTION(path_chown, SP_AREA_BIT(SP_AREA_WRITE), sp_act_at_path(ctx, SP_WRITE_CHOWN))
SP_HOOK(path_chroot)
SP_HOOK_ACTION(path_link, SP_AREAS_FILE, sp_act_link(ctx))
SP_HOOK_ACTION(path_mkdir, SP_AREA_BIT(SP_AREA_WRITE), sp_act_in_folder(ctx, SP_WRITE_CREATE))
SP_HOOK_ACTION(path_mknod, SP_AREA_BIT(SP_AREA_WRITE), sp_act_in_folder(ctx, SP_WRITE_CREATE))
SP_HOOK(path_notify)
SP_HOOK_ACTION(path_rename, SP_AREAS_FILE, sp_act_rename(ctx))
SP_HOOK_ACTION(path_rmdir, SP_AREA_BIT(SP_AREA_WRITE), sp_act_in_folder(ctx, SP_WRITE_DELETE))
SP_HOOK_ACTION(path_symlink, SP_AREA_BIT(SP_AREA_WRITE), sp_act_in_folder(ctx, SP_WRITE_CREATE))
SP_HOOK_ACTION(path_truncate, SP_AREA_BIT(SP_AREA_WRITE), sp_act_at_path(ctx, SP_WRITE_TRUNCATE))
SP_HOOK_ACTION(path_unlink, SP_AREA_BIT(SP_AREA_WRITE), sp_act_in_folder(ctx, SP_WRITE_DELETE))
SP_HOOK(perf_event_open)
SP_HOOK_ACTION(ptrace_access_check, SP_AREA_BIT(SP_AREA_INJECT), sp_act_inject(ctx))
SP_HOOK_OTHER(ptrace_traceme, sp_act_traceme(ctx))
SP_HOOK(quotactl)
SP_HOOK_ACTION(sb_mount, SP_AREA_BIT(SP_AREA_MOUNT) | SP_AREAS_FILE,
	       sp_act_plain(SP_AREA_MOUNT) ?: sp_act_sb_mount(ctx))
SP_HOOK_PLAIN(sb_pivotroot, SP_AREA_MOUNT, true)
SP_HOOK(sb_set_mnt_opts)
SP_HOOK(sb_statfs)
SP_HOOK_PLAIN(sb_umount, SP_AREA_MOUNT, true)
SP_HOOK(sem_alloc_security)
SP_HOOK(sem_associate)
SP_HOOK(sem_semctl)
SP_HOOK(sem_semop)
SP_HOOK(setselfattr)
SP_HOOK(settime)
SP_HOOK(shm_alloc_security)
SP_HOOK(shm_associate)
SP_HOOK(shm_shmat)
SP_HOOK(shm_shmctl)
SP_HOOK(socket_accept)
SP_HOOK_PLAIN(socket_create, SP_AREA_RAW_SOCKET, sp_makes_raw_socket(ctx))
SP_HOOK(socket_getpeername)
SP_HOOK(socket_getsockname)
SP_HOOK(socket_getsockopt)
SP_HOOK_ACTION(socket_listen, SP_AREA_BIT(SP_AREA_LISTEN), sp_act_listen(ctx))
SP_HOOK(socket_recvmsg)
SP_HOOK(socket_sendmsg)
SP_HOOK(socket_setsockopt)
SP_HOOK(socket_shutdown)
SP_HOOK(syslog)
SP_HOOK_PLAIN(task_alloc, SP_AREA_FORK, true)
SP_HOOK_ACTION(task_fix_setgid, SP_AREA_BIT(SP_AREA_SETUID), sp_act_as((void *)ctx[0]))
SP_HOOK_ACTION(task_fix_setgroups, SP_AREA_BIT(SP_AREA_SETUID), sp_act_as((void *)ctx[0]))
SP_HOOK_ACTION(task_fix_setuid, SP_AREA_BIT(SP_AREA_SETUID), sp_act_setuid(ctx))
SP_HOOK(task_getioprio)
SP_HOOK(task_getpgid)
SP_HOOK(task_getscheduler)
SP_HOOK(task_getsid)
SP_HOOK_ACTION(task_kill, SP_AREA_BIT(SP_AREA_SIGNAL), sp_act_signal(ctx))
SP_HOOK(task_movememory)
SP_HOOK(task_prctl)
SP_HOOK(task_prlimit)
SP_HOOK(task_setioprio)
SP_HOOK(task_setnice)
SP_HOOK(task_setpgid)
SP_HOOK(task_setrlimit)
SP_HOOK(task_setscheduler)
SP_HOOK(uring_allowed)
SP_HOOK_PLAIN(userns_create, SP_AREA_NEW_USERNS, true)
