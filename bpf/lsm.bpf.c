// SPDX-License-Identifier: GPL-2.0
/*
 * lsm.bpf.c: refusals in LSM hooks: system calls by number, connect and bind.
 *
 * No program here looks at the verdict of an earlier one: the trampoline of a BPF LSM hook stops at
 * the first program that returns something other than 0, so an earlier denial is never seen here
 * and never undone; 0 goes on to the next program and then to the hook's own default, whatever that
 * is.
 */
#include "listen.h"
#include "memory.h"
#include "name.h"
#include "process.h"
#include "quick.h"
#include "system.h"

#define SP_HOOK(hook)                                                                              \
	SEC("lsm/" #hook)                                                                          \
	int sp_lsm_##hook(void *ctx)                                                               \
	{                                                                                          \
		return sp_syscall_hook();                                                          \
	}
#define SP_HOOK_NOT_IN_EXEC(hook)                                                                  \
	SEC("lsm/" #hook)                                                                          \
	int sp_lsm_##hook(void *ctx)                                                               \
	{                                                                                          \
		return sp_syscall_hook_not_in_exec();                                              \
	}

/* A hook that an action is decided in, too: `act` is what to do for a task that may be concerned.
 */
#define SP_HOOK_ACTION(hook, areas, act)                                                           \
	SEC("lsm/" #hook)                                                                          \
	int sp_lsm_##hook(unsigned long long *ctx)                                                 \
	{                                                                                          \
		int refused;                                                                       \
                                                                                                   \
		if (sp_hook_is_free(areas))                                                        \
			return 0;                                                                  \
		refused = sp_syscall_hook();                                                       \
		return refused ? refused : (act);                                                  \
	}

/* The same where `passes` is a quick way to find out that the action is not refused. */
#define SP_HOOK_QUICK(hook, areas, passes, act)                                                    \
	SEC("lsm/" #hook)                                                                          \
	int sp_lsm_##hook(unsigned long long *ctx)                                                 \
	{                                                                                          \
		int refused, quick;                                                                \
                                                                                                   \
		if (sp_hook_is_free(areas))                                                        \
			return 0;                                                                  \
		quick = (passes);                                                                  \
		if (quick == SP_QUICK_PASS)                                                        \
			return 0;                                                                  \
		refused = sp_syscall_hook();                                                       \
		return refused || quick ? refused : (act);                                         \
	}

#define SP_HOOK_PLAIN(hook, area, condition)                                                       \
	SP_HOOK_ACTION(hook, SP_AREA_BIT(area), (condition) ? sp_act_plain(area) : 0)
#define SP_HOOK_PLAIN_NOT_IN_EXEC(hook, area, condition)                                           \
	SEC("lsm/" #hook)                                                                          \
	int sp_lsm_##hook(unsigned long long *ctx)                                                 \
	{                                                                                          \
		int refused;                                                                       \
                                                                                                   \
		if (sp_hook_is_free(SP_AREA_BIT(area)) ||                                          \
		    sp_is_exec(sp_current_call(bpf_get_current_task_btf())))                       \
			return 0;                                                                  \
		refused = sp_syscall_hook();                                                       \
		if (refused)                                                                       \
			return refused;                                                            \
		return (condition) ? sp_act_plain(area) : 0;                                       \
	}

/* The same where the current task is not the one who acts: what it may do says nothing. */
#define SP_HOOK_OTHER(hook, act)                                                                   \
	SEC("lsm/" #hook)                                                                          \
	int sp_lsm_##hook(unsigned long long *ctx)                                                 \
	{                                                                                          \
		int refused = sp_syscall_hook();                                                   \
                                                                                                   \
		return refused ? refused : (act);                                                  \
	}

#include "lsm_hooks.h"

SEC("lsm/socket_connect")
int sp_lsm_socket_connect(unsigned long long *ctx)
{
	return sp_socket_hook(ctx, SP_AREA_CONNECT);
}

SEC("lsm/socket_bind")
int sp_lsm_socket_bind(unsigned long long *ctx)
{
	return sp_socket_hook(ctx, SP_AREA_BIND);
}
