/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * guard.h: what the guard and the agent tell each other. The guard is an object of its own
 * (guard.bpf.c), so that no program of a policy grows by it. docs/adr/0007-guard.md has the
 * reasons.
 */
#ifndef SYNPOL_BPF_GUARD_H
#define SYNPOL_BPF_GUARD_H

#include "abi.h"

/* An inode as the kernel numbers it: what stat says differs on btrfs and overlayfs. */
struct sp_guard_inode {
	sp_u64 number;
	sp_u32 device;
	sp_u32 reserved;
};

/* Values of sp_guard_inodes, by inode. Nothing here: not guarded. */
#define SP_GUARD_FILE 1u   /* contents, marks and names of this inode */
#define SP_GUARD_FOLDER 2u /* and of everything that is directly in it */
#define SP_GUARD_ANCHOR 4u /* above a folder: it stays where it is, what is in it is free */
#define SP_GUARD_EXE 8u	   /* learning only: the executable of an authorised synpol */
#define SP_GUARD_ROOT0 16u /* learning only: the root folder of an authorised synpol */
#define SP_GUARD_ROOT1 32u
struct sp_guard_place {
	sp_u32 flags;
	sp_u32 round; /* of learning: what an earlier round knew is taken out */
};

/* Keys of sp_guard_ids; any value is guarded. */
#define SP_GUARD_MAP 1u
#define SP_GUARD_PROGRAM 2u
#define SP_GUARD_LINK 3u
struct sp_guard_id {
	sp_u32 kind;
	sp_u32 id;
};

/* Values of sp_guard_tasks, of a process's first thread. They end with the process. */
#define SP_GUARD_TRUSTED 1u /* runs the executable, as the guard saw it start */
#define SP_GUARD_AGENT 2u

#define SP_GUARD_ROOTS 2
#define SP_GUARD_FILTER_WORDS 4

/* The data section `.data.sp_guard`, pinned as "sp_guard". All zero: nothing is guarded. */
struct sp_guard {
	sp_u64 filter[SP_GUARD_FILTER_WORDS]; /* bit per guarded inode number modulo 256 */
	struct sp_guard_inode exe;
	struct sp_guard_inode root[SP_GUARD_ROOTS];
	sp_u32 mount_namespace[SP_GUARD_ROOTS]; /* 0: none */
	sp_u32 tgid;				/* of the last agent, in the first pid namespace */
	sp_u32 uid;				/* it runs as; root is authorised anyway */
	sp_u32 learn;				/* flags for what the agent looks at; 0: nothing */
	sp_u32 round;
	sp_u64 refused;
	sp_u64 lost; /* of those, for which there was no room in the ring */
};

enum sp_guard_what {
	SP_GUARD_SIGNAL = 1,   /* number: the signal */
	SP_GUARD_TRACE = 2,    /* number: the process that was not to be traced */
	SP_GUARD_SCHEDULE = 3, /* limits, priority, processors */
	SP_GUARD_BPF = 4,      /* number: the command of bpf(2) */
	SP_GUARD_BPF_MAP = 5,  /* number: its id */
	SP_GUARD_BPF_PROGRAM = 6,
	SP_GUARD_OPEN = 7,
	SP_GUARD_DELETE = 8,
	SP_GUARD_RENAME = 9,
	SP_GUARD_CREATE = 10,
	SP_GUARD_LINKED = 11, /* a second name */
	SP_GUARD_CHANGE = 12, /* mode, owner, size, times */
	SP_GUARD_MOUNT = 13,
	SP_GUARD_UMOUNT = 14,
	SP_GUARD_CONNECT = 15,
	SP_GUARD_WHAT_COUNT = 16,
};

/* Records of sp_guard_events. */
#define SP_GUARD_NAME 48
struct sp_guard_event {
	sp_u64 time_ns; /* CLOCK_BOOTTIME */
	sp_u64 cgroup_id;
	sp_u64 number;
	sp_u32 what;
	sp_u32 tgid, tid, uid, gid;
	char comm[16];
	char exe[SP_GUARD_NAME]; /* last name of its path */
	char name[SP_GUARD_NAME];
	sp_u32 reserved;
};

SP_ASSERT(sizeof(struct sp_guard_inode) == 16);
SP_ASSERT(sizeof(struct sp_guard_event) == 24 + 20 + 16 + 2 * SP_GUARD_NAME + 4);
SP_ASSERT(sizeof(struct sp_guard) == 32 + 16 + 32 + 8 + 16 + 16);

#endif
