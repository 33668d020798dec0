/* SPDX-License-Identifier: GPL-2.0 */
/*
 * maps.h: every map, once. Keys and values are abi.h's. What an empty, full or missing map means
 * is said at each.
 */
#ifndef SYNPOL_BPF_MAPS_H
#define SYNPOL_BPF_MAPS_H

#include "agent.h"
#include "kernel_types.h"

/* Sizes that fit most hosts; the agent may set others before it loads. */
#define SP_COUNTERS_DEFAULT 16384
#define SP_EVENTS_DEFAULT (8 * 1024 * 1024)

/*
 * The images: key SP_IMAGE_ACTIVE decides, SP_IMAGE_PREVIOUS is kept for a rollback. No image:
 * everything passes. BPF_F_INNER_MAP lets inner maps differ in their number of pages.
 */
struct sp_image {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SP_PAGE_SIZE);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, SP_IMAGE_SLOTS);
	__type(key, __u32);
	__array(values, struct sp_image);
} sp_images SEC(".maps");

/*
 * By rule identity, filled by the agent before the image that needs it becomes active, so that
 * counting never allocates. A missing entry is counted as SP_FAIL_COUNTER.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, SP_COUNTERS_DEFAULT);
	__type(key, __u64);
	__type(value, struct sp_counters);
} sp_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sp_cpu_state);
} sp_cpu SEC(".maps");

/* Records are struct sp_event. Full: the event is lost, counted, and its sequence number missing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SP_EVENTS_DEFAULT);
} sp_events SEC(".maps");

/* Limits and event budgets. Zeroed cells are free; a full set replaces its oldest cell. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SP_BUCKET_SETS);
	__type(key, __u32);
	__type(value, struct sp_bucket_set);
} sp_buckets SEC(".maps");

/*
 * What a task's subject facts mean in one image. Holds while the tag and every fact that `depends`
 * names are the same.
 */
struct sp_subject {
	__u64 tag; /* of the image; 0: nothing here */
	__u64 cgroup_id;
	__u64 groups;  /* sp_groups_mark(); 0: not to be compared */
	__u64 exec_id; /* task_struct.self_exec_id */
	__u32 uid;
	__u32 gid;
	__u32 atoms[SP_SUBJECT_DIMS];
	__u32 areas;   /* bit per area in which this subject can match anything at all */
	__u32 depends; /* sp_header.subject_dims */
};

/*
 * The cache of it, and what else is remembered for a task. Missing, full or stale: the facts are
 * read and mapped on the spot, and nothing is decided otherwise.
 */
#define SP_PASS_WORDS 8 /* the first 512 x86-64 system calls */
struct sp_task {
	struct sp_subject subject;
	__u64
	    passes[SP_PASS_WORDS]; /* bit per x86-64 call that passes whatever its arguments are */
	__u64 asks[SP_PASS_WORDS]; /* and per call whose arguments have to be looked at */
	__u64 budget_ns;	   /* event budget, GCRA arrival time; outlives the rest */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sp_task);
} sp_tasks SEC(".maps");

/*
 * In front of sp_tasks, because a look-up of task storage costs as much as all else on the way of a
 * task that no rule concerns, and because cgroup programs of 6.1 and 6.12 have no task storage: the
 * subject of the task that used the place last. A task finds its place by its pid, and only the
 * task itself writes what stands under it; see task.h. Two tasks may fight for a place: then both
 * are slower, and nothing is decided otherwise.
 */
#define SP_RECENT_BITS 12
#define SP_OPENS_RECENT 16
#define SP_FLOWS_RECENT 4
struct sp_flow_pass {
	__u64 target[2]; /* as in struct sp_flow */
	__u32 ask;	 /* sp_flow_ask(); 0: nothing here */
};
struct sp_recent {
	__u32 pid;     /* of the thread; 0: nobody, or being written */
	__u32 writing; /* 1: somebody writes, nobody else may */
	__u64 start;   /* task_struct.start_boottime: a pid may serve another task later */
	struct sp_subject subject;
	__u64 automaton; /* of paths, in the subject's image: sp_before(); 0: not known */
	__u32 passes[SP_OPENS_RECENT]; /* files that the subject may open: sp_open_key() */
	struct sp_flow_pass flows[SP_FLOWS_RECENT]; /* what it may connect and bind to */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SP_RECENT_BITS);
	__type(key, __u32);
	__type(value, struct sp_recent);
} sp_recent SEC(".maps");

/*
 * What a piece of a path does to an automaton: a pure function, so that nothing ever has to be
 * taken out. Most names are met again and again, and reading all their bytes each time would be
 * most of what a path costs. Whoever finds the piece here, byte for byte, in the same image,
 * automaton and state, goes on from `after`. Full or being written: the bytes are read.
 */
#define SP_NAME_BITS 12
#define SP_NAME_BYTES 32
struct sp_name {
	__u64 version; /* odd: being written; changes with each writing */
	__u64 tag;     /* sp_header.tag */
	__u64 before;  /* automaton, state, and which of the bytes are fed */
	__u64 text[SP_NAME_BYTES / 8];
	__u64 after; /* the state */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SP_NAME_BITS);
	__type(key, __u32);
	__type(value, struct sp_name);
} sp_names SEC(".maps");

/* Socket operations that an LSM hook has just recorded, by hash, until the cgroup program of the
 * same operation has seen them. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} sp_recorded SEC(".maps");

/*
 * In a data section and not in a map of its own, because a fixed address costs one instruction and
 * a look-up costs ten. The agent pins the section's map (a name with dots cannot be pinned as it
 * is).
 */
struct sp_config sp_config SEC(".data.sp_config");
struct sp_agent sp_agent SEC(".data.sp_agent");

/*
 * Decided before loading; the verifier removes what is switched off. Task storage in cgroup
 * programs is missing in 6.1 and 6.12.
 */
const volatile bool sp_task_storage_in_cgroup = true;
const volatile __u32 sp_entry_areas = 0;      /* bit per area that entry.h carries */
const volatile bool sp_virtual_clock = false; /* tests: limits use sp_config.now_ns */

#endif
