/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * abi.h: every layout that user space writes and BPF programs read, or the other way round.
 *
 * The same file is compiled by clang for BPF and as C++20; the assertions at the end hold on both
 * sides.
 *
 * An *image* is one compiled policy set as the exact bytes that the kernel reads: an array of pages
 * of SP_PAGE_SIZE bytes. Page 0 holds struct sp_header. One inner map holds one image; the outer
 * map `sp_images` holds the active image at key 0, and replacing that one entry is how a generation
 * becomes current. A decision looks the inner map up once and uses only it, so that every decision
 * is made by exactly one generation.
 *
 * What a zero means, everywhere: nothing. Atom 0 is "no atom", its row is row 0, the empty row; a
 * zeroed page, table or slot never refuses anything. An absent image (before the first apply)
 * passes everything. Page number 0 is "not there" (page 0 is the header). Equal pages may be stored
 * once, and a reader relies on no order of pages.
 */
#ifndef SYNPOL_BPF_ABI_H
#define SYNPOL_BPF_ABI_H

#ifdef __cplusplus
#include <cstddef>
#include <cstdint>
typedef std::uint8_t sp_u8;
typedef std::uint16_t sp_u16;
typedef std::uint32_t sp_u32;
typedef std::uint64_t sp_u64;
#define SP_ASSERT(what) static_assert(what, #what)
#else
#include <linux/types.h>
typedef __u8 sp_u8;
typedef __u16 sp_u16;
typedef __u32 sp_u32;
typedef __u64 sp_u64;
#define SP_ASSERT(what) _Static_assert(what, #what)
#endif

#define SP_ABI_VERSION 2u
#define SP_MAGIC 0x31304c4f504e5953ull /* "SYNPOL01" read as little endian */

#define SP_PAGE_SIZE 4096u

/* What is decided together: every box belongs to one area, and rows are per area. User space knows
 * more areas and dimensions than the kernel does: compiler/box.h. */
#ifdef __cplusplus
enum sp_area_id : sp_u32 {
#else
enum sp_area_id {
#endif
	SP_AREA_SYSCALL = 0,
	SP_AREA_CONNECT = 1,
	SP_AREA_BIND = 2,
	SP_AREA_INBOUND = 3,
	SP_AREA_LIMIT_INBOUND = 4, /* boxes of `limit inbound`: every match counts, not the first */
	SP_AREA_EXEC = 5,
	SP_AREA_READ = 6,
	SP_AREA_WRITE = 7,
	SP_AREA_LISTEN = 8,
	SP_AREA_RAW_SOCKET = 9,
	SP_AREA_FORK = 10,
	SP_AREA_SIGNAL = 11,
	SP_AREA_SETUID = 12,
	SP_AREA_INJECT = 13,
	SP_AREA_WX_MEMORY = 14,
	SP_AREA_MOUNT = 15,
	SP_AREA_LOAD_MODULE = 16,
	SP_AREA_LOAD_BPF = 17,
	SP_AREA_NEW_USERNS = 18,
	SP_AREA_COUNT = 19,
	SP_AREA_MAX = 24, /* room in the header, so that new areas do not move anything */
};

/* The dimensions of a box. The first four describe the subject and are cached per task. */
#ifdef __cplusplus
enum sp_dim : sp_u32 {
#else
enum sp_dim {
#endif
	SP_DIM_USER = 0,  /* effective uid */
	SP_DIM_GROUP = 1, /* effective gid and supplementary groups: bit mask over the group sets */
	SP_DIM_EXE = 2,	  /* path of the file at the last exec */
	SP_DIM_CGROUP = 3,    /* path in the cgroup v2 hierarchy */
	SP_DIM_SYSCALL = 4,   /* sp_syscall_key() */
	SP_DIM_TRANSPORT = 5, /* sp_transport_key() */
	SP_DIM_SOURCE = 6,    /* packets: source address */
	SP_DIM_TARGET = 7,    /* destination of a packet or connect; local address of a bind */
	SP_DIM_PORT = 8,      /* destination port of a packet or connect; local port of a bind */
	SP_DIM_COUNT = 9,
	SP_DIM_MAX = 16,
	SP_SUBJECT_DIMS = 4,
};

/*
 * Places: what `rowdir` and the atoms of an attempt are indexed by. The subject has the first four
 * in every area. The object has the others, and what stands there depends on the area, so that a
 * decision needs nine atoms and not one for everything that any action can ask about: system calls
 * and flows have the places that sp_dim numbers, the others have these.
 */
enum sp_place {
	SP_PLACE_OBJECT = 4,
	SP_PLACE_PATH = 4,     /* exec, read, write */
	SP_PLACE_MEMBER = 5,   /* write */
	SP_PLACE_ACCOUNT = 4,  /* setuid: the uid that is changed to */
	SP_PLACE_PEER = 4,     /* signal, inject: user, group, exe, cgroup of the other process */
	SP_PLACE_ARGUMENT = 5, /* syscall: the arguments that sp_header.arguments lists, in order */
};

/* The ways to change a file; policy/model.h's WriteMember has the same order. */
enum sp_write_member {
	SP_WRITE_CONTENTS = 0,
	SP_WRITE_CREATE = 1,
	SP_WRITE_DELETE = 2,
	SP_WRITE_RENAME = 3,
	SP_WRITE_LINK = 4,
	SP_WRITE_TRUNCATE = 5,
	SP_WRITE_CHMOD = 6,
	SP_WRITE_CHOWN = 7,
	SP_WRITE_XATTR = 8,
	SP_WRITE_COUNT = 9,
	SP_WRITE_MAX = 16,
};

/* Atoms that every dimension has. Real ones start at SP_ATOM_FIRST. */
enum sp_atom {
	SP_ATOM_NONE = 0,    /* an empty slot: selects the empty row */
	SP_ATOM_UNKNOWN = 1, /* the fact could not be established: selects the row of all boxes */
	SP_ATOM_FIRST = 2,
};

/* In order of strength: the join of outcomes is their maximum. */
#ifdef __cplusplus
enum sp_verdict : sp_u8 {
#else
enum sp_verdict : __u8 {
#endif
	SP_PASS = 0, /* zero on purpose: an empty map slot never refuses */
	SP_AUDIT = 1,
	SP_DENY = 2, /* for packets: drop */
	SP_KILL = 3,
};

enum sp_abi_id { SP_ABI_X86_64 = 0, SP_ABI_I386 = 1, SP_ABI_X32 = 2, SP_ABI_COUNT = 3 };

/*
 * System calls: one key for (ABI, number). Numbers from SP_SYSCALL_UNKNOWN on have one key: no
 * name covers it, `any` and the complement in `only` do.
 */
#define SP_SYSCALLS_PER_ABI 1024u
#define SP_SYSCALL_UNKNOWN 1023u
#define SP_SYSCALL_KEYS (SP_SYSCALLS_PER_ABI * 3u)

static inline sp_u32 sp_syscall_key(sp_u32 abi, sp_u32 number)
{
	return abi * SP_SYSCALLS_PER_ABI +
	       (number < SP_SYSCALL_UNKNOWN ? number : SP_SYSCALL_UNKNOWN);
}

/* State of a TCP segment as the language knows it; 0 for everything that is not TCP or no packet.
 */
enum sp_tcp_state {
	SP_TCP_OTHER = 0,
	SP_TCP_SYN = 1,		/* SYN set, ACK clear: opens a connection */
	SP_TCP_ESTABLISHED = 2, /* ACK or RST set: belongs to one */
	SP_TCP_UNREADABLE = 3,	/* truncated or a later fragment: matches every state */
};
/* Transport key: IP protocol number (0..255, MPTCP counts as TCP) and TCP state. */
#define SP_TRANSPORT_KEYS 1024u
static inline sp_u32 sp_transport_key(sp_u32 protocol, sp_u32 tcp_state)
{
	return (protocol & 255u) * 4u + (tcp_state & 3u);
}

/*
 * One direction of refinement: `rowdir[d]` is the first of the consecutive pages that hold, for
 * each atom of dimension d, a row reference (u32, SP_U32_PER_PAGE to a page). 0: no box of the area
 * constrains d, skip it. When no dimension is constrained, every box of the area matches.
 * The subject dimensions are never constrained in the areas of packets.
 */
struct sp_area {
	sp_u32 box_count;
	sp_u32 boxes;	  /* first page of struct sp_box, SP_BOXES_PER_PAGE to a page */
	sp_u32 words;	  /* 64-bit words in an uncompressed row: ceil(box_count / 64) */
	sp_u32 strongest; /* enum sp_verdict: the strongest outcome in the area */
	sp_u32 rowdir[SP_DIM_MAX];
};

/*
 * A static search tree over sorted boundaries (a B+ tree of pages without pointers to change).
 * depth 0: no boundaries, every value has atom `single`. depth n: `root` is reached n - 1 inner
 * pages above the leaves. In each page the greatest i with key[i] <= value leads on.
 */
struct sp_tree {
	sp_u32 root;
	sp_u32 depth;
	sp_u32 single;
	sp_u32 reserved;
};

/* Inner pages: `value` is the child page; leaves: the atom (or group mask) from this key on.
 * key[0] of the leftmost page is 0. Unused slots repeat the last key's value and hold the maximum
 * key, so that a branch-free search needs no count. */
#define SP_TREE32_FANOUT 512u
struct sp_tree32_page {
	sp_u32 key[SP_TREE32_FANOUT];
	sp_u32 value[SP_TREE32_FANOUT];
};
#define SP_TREE128_FANOUT 128u
struct sp_key128 {
	sp_u64 high; /* host order: the first eight bytes of the address as a number */
	sp_u64 low;
};
struct sp_tree128_page {
	struct sp_key128 key[SP_TREE128_FANOUT];
	sp_u32 value[SP_TREE128_FANOUT];
	sp_u32 reserved[384];
};

/*
 * IPv4 (::ffff:0:0/96, however it is written) is looked up in `v4` by the 32-bit number in host
 * order, everything else in `v6`; what the tree `v6` says about that block means nothing.
 *
 * Two bits for each /24 stand in front of the tree `v4` where they pay (`v4_states` is not 0).
 * `v4_states` is one page of 1,024 page numbers by address >> 22, none of them 0; each of those
 * pages holds 16,384 states by (address >> 8) & 16383, four to a byte, the lowest bits first.
 * v4_common entries without use are 0.
 */
enum sp_v4_state {
	SP_V4_DEFAULT = 0, /* the whole /24 has the atom v4_common[0] */
	SP_V4_COMMON1 = 1, /* ... v4_common[1] */
	SP_V4_COMMON2 = 2, /* ... v4_common[2] */
	SP_V4_SEARCH = 3,  /* look into the tree */
};

/* A deterministic automaton over bytes. State 0 is dead (nothing is accepted any more), 1 is the
 * start. `next` are consecutive pages of u16 by (state << class_bits) | class, SP_NEXT_PER_PAGE to
 * a page. `accept` are consecutive pages of u32 by state: the atom of a path that ends in the
 * state. states == 0: no automaton, every path has atom `single`. A file that has no path (kernel
 * thread, memfd, unlinked, unreachable) is a known fact: nothing is fed, the atom is `dead_atom`,
 * or `single` where there is no automaton. */
struct sp_automaton {
	sp_u32 class_page; /* 256 x u16: byte -> class */
	sp_u32 next;
	sp_u32 accept;
	sp_u32 class_bits; /* classes == 1 << class_bits */
	sp_u32 states;
	sp_u32 single;
	sp_u32 dead_atom; /* atom of every path that reached state 0; accept[0] is the same */
	sp_u32 reserved;
};
#define SP_NEXT_PER_PAGE 2048u
#define SP_ACCEPT_PER_PAGE 1024u

/*
 * A decision diagram over the 64 bits of an argument: `root` and the edges of the nodes are either
 * a node's index or SP_DIAGRAM_ATOM | atom. The bits that are tested fall along every way, so that
 * a look-up takes at most 64 steps.
 */
#define SP_DIAGRAM_ATOM 0x80000000u
#define SP_DIAGRAM_STEPS 64u
struct sp_diagram_node {
	sp_u32 bit; /* value >> bit & 1 */
	sp_u32 zero;
	sp_u32 one;
	sp_u32 reserved;
};
#define SP_NODES_PER_PAGE 256u
struct sp_argument {
	sp_u32 index; /* 0..5: of the argument */
	sp_u32 nodes; /* first page of struct sp_diagram_node */
	sp_u32 root;
	sp_u32 reserved;
};
#define SP_ATOM_COUNTS 24u
#define SP_ARGUMENTS_MAX 4u /* different arguments that the rules of one image ask about */

/* `group` rules: at most this many different sets of groups in one image (atoms are masks): the
 * masks of all gids are ORed, then group_atoms gives the atom; no gid at all is mask 0. Without
 * group sets the atom is SP_ATOM_FIRST. A mask that no list of gids can give has atom 0. */
#define SP_GROUP_SETS_MAX 8u
#define SP_GROUPS_READ 256u /* supplementary groups read per task; more: SP_ATOM_UNKNOWN */

struct sp_header {
	sp_u64 magic;
	sp_u64 tag; /* first eight bytes (little endian) of the image's SHA-256 with this field
		     * zero, never 0; names the image */
	sp_u32 abi_version;
	sp_u32 page_count;
	sp_u32 areas;	     /* bit per area that has boxes */
	sp_u32 subject_dims; /* bit per subject dimension that any box constrains */
	sp_u32 rule_count;
	sp_u32 rules;	    /* first page of struct sp_rule */
	sp_u32 group_sets;  /* number of sets; the tree maps a gid to the mask of sets it is in */
	sp_u32 group_atoms; /* page: u32 per mask, SP_ATOM_FIRST.. ; 0 when there is no group set */
	struct sp_tree users;
	struct sp_tree groups; /* value: bit mask, not atom; `single` likewise */
	struct sp_tree v4;
	struct sp_tree v6; /* 128-bit keys */
	sp_u32 v4_states;  /* 0: depth-0 tree or everything is searched in the tree */
	sp_u32 v4_common[3];
	struct sp_automaton exe;    /* reads the path backwards: last byte of the file name first */
	struct sp_automaton cgroup; /* reads the path forwards */
	/* Of exec, read and write; backwards like `exe`. A file without a path is no object of
	 * `read` and `write`; `exec` of one has memfd_atom. */
	struct sp_automaton path;
	sp_u32 memfd_atom;
	sp_u32 members[SP_WRITE_MAX]; /* atom by sp_write_member */
	struct sp_tree accounts;
	sp_u32 argument_count;
	struct sp_argument arguments[SP_ARGUMENTS_MAX];
	/* Pages of 2,048 u16 atoms by port; [0] == 0: every port has port_single. A protocol
	 * without ports (not TCP, UDP, DCCP, SCTP, UDP-Lite) has the known port 0. */
	sp_u32 ports[32];
	sp_u32 port_single;
	sp_u32 syscalls[2]; /* pages of 2,048 u16 atoms by sp_syscall_key(); [0] == 0: single */
	sp_u32 syscall_single;
	sp_u32 transports; /* page of 1,024 u16 atoms by sp_transport_key(); 0: single */
	sp_u32 transport_single;
	/* By dimension as compiler/box.h numbers them, SP_ATOM_NONE and SP_ATOM_UNKNOWN counted:
	 * atoms are below it. */
	sp_u32 atom_count[SP_ATOM_COUNTS];
	struct sp_area area[SP_AREA_MAX];
};
#define SP_U16_PER_PAGE 2048u
#define SP_U32_PER_PAGE 1024u

/*
 * A row: the boxes of one area that contain one atom of one dimension, as a compressed bitset.
 * Bit w of `summary` (word w / 64, bit w % 64) says that word w is not zero; only such words are
 * stored, in order. prefix[s] is the number of words stored before those of summary[s]. A row never
 * crosses a page. Bit b of word w is box w * 64 + b.
 */
#define SP_SUMMARY_WORDS 4u
#define SP_BOXES_MAX (SP_SUMMARY_WORDS * 64u * 64u) /* in one area: 16,384 */
struct sp_row {
	sp_u64 summary[SP_SUMMARY_WORDS];
	sp_u16 prefix[SP_SUMMARY_WORDS];
	/* followed by the stored words, sp_u64 each */
};
#define SP_ROW_HEADER 40u
/* Row references: page number and offset in units of eight bytes. Reference 0 is the empty row. */
#define SP_ROW_REF(page, offset) (((page) << 9) | ((offset) >> 3))
#define SP_ROW_PAGE(ref) ((ref) >> 9)
#define SP_ROW_OFFSET(ref) (((ref)&511u) << 3)

/* Boxes are sorted by outcome, strongest first, then by errno, smallest first, then by rule: the
 * first surviving bit is the verdict. Its errno is the decision's: rules that disagree are refused
 * by the compiler, except that a rule without `with` says EPERM, which is 1 and so comes first.
 *
 * SP_AREA_LIMIT_INBOUND: every surviving box counts, but a rule takes one token: with unknown facts
 * several boxes of a rule can survive. The boxes of a rule are contiguous there. */
struct sp_box {
	sp_u32 rule; /* index into the rules */
	sp_u8 verdict;
	sp_u8 error;  /* errno, 1..133, when verdict is SP_DENY or SP_KILL and this is no packet;
			 else 0 */
	sp_u16 flags; /* 0 */
};
#define SP_BOXES_PER_PAGE 512u

#define SP_LIMIT_NS_MAX (1ull << 61) /* so that no sum of arrival time and interval overflows */

enum sp_rule_flag {
	SP_RULE_QUIET = 1,	 /* counted, but no event */
	SP_RULE_LIMIT_AUDIT = 2, /* a limit that only records the excess */
};

/*
 * Limits are GCRA cells that hold a theoretical arrival time, 0 at first:
 *	tat = max(stored, now);
 *	tat - now <= tolerance_ns: admitted, store tat + interval_ns; else: refused, store nothing.
 * So a bucket holds `burst` tokens, is full at the start and gains one each interval_ns.
 */
struct sp_rule {
	sp_u64 identity; /* hash of policy.label and what the state means, never 0; keys counters,
			    buckets */
	sp_u64 interval_ns;  /* limits: period / tokens, rounded up; 0 for other rules */
	sp_u64 tolerance_ns; /* limits: (burst - 1) * interval_ns; both at most SP_LIMIT_NS_MAX */
	sp_u32 flags;
	sp_u8 source_prefix_v4; /* limits: bits of the source that make the key */
	sp_u8 source_prefix_v6;
	sp_u16 reserved;
};
#define SP_RULES_PER_PAGE 128u

/* ---- events: kernel to agent ---------------------------------------------------------------- */

enum sp_carrier {
	SP_CARRIER_TEST = 0,
	SP_CARRIER_LSM = 1,
	SP_CARRIER_CGROUP = 2,
	SP_CARRIER_XDP = 3,
	SP_CARRIER_SYS_ENTER = 4,
	SP_CARRIER_SIM = 5,
};

enum sp_event_flag {
	SP_EVENT_UNDETERMINED = 1, /* a fact was unknown and the rule applied for that reason */
	SP_EVENT_EXE_TRUNCATED = 2,
	SP_EVENT_LIMIT = 4,   /* refused because a bucket was empty; `box` is in the limit area */
	SP_EVENT_NO_TASK = 8, /* a packet: the task fields are zero */
	SP_EVENT_PATH_TRUNCATED = 16,
};

struct sp_flow {
	sp_u8 source[16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	sp_u8 target[16];
	sp_u16 source_port; /* host order; 0 when unknown or not there */
	sp_u16 port;
	sp_u16 transport; /* sp_transport_key() */
	sp_u8 ports_known;
	sp_u8 reserved;
	sp_u32 ifindex;
	sp_u32 length; /* of the packet, bytes; 0 for socket operations */
};

struct sp_call {
	sp_u32 number; /* as the caller's ABI counts */
	sp_u32 abi;    /* enum sp_abi_id */
	sp_u64 argument[6];
};

/* What is not a flow and not a call; 0 where the action has no such thing. */
struct sp_object {
	sp_u32 member;	    /* write: enum sp_write_member */
	sp_u32 account;	    /* setuid */
	sp_u32 peer_tgid;   /* signal, inject */
	sp_u32 peer_uid;    /* effective */
	sp_u32 signal;	    /* signal: its number */
	sp_u32 path_length; /* bytes used in sp_event.path; 0: a file without a path */
};

#define SP_EXE_BYTES 512u
#define SP_OBJECT_BYTES 1024u
/* The record of an attempt without a path; one with a path goes on, see struct sp_event. */
struct sp_event_head {
	sp_u64 time_ns;	 /* CLOCK_BOOTTIME */
	sp_u64 sequence; /* per CPU, from 1, without holes when nothing was lost */
	sp_u64 tag;	 /* sp_header.tag of the image that decided */
	sp_u64 cgroup_id;
	sp_u32 cpu;
	sp_u32 tgid;
	sp_u32 tid;
	sp_u32 uid; /* effective */
	sp_u32 gid;
	sp_u32 box;		    /* first determining box in the area */
	sp_u32 rule;		    /* its rule */
	sp_u32 atoms[SP_DIM_COUNT]; /* by place: what the facts mapped to; the agent completes
				       Det(q) from these */
	sp_u8 area;
	sp_u8 verdict;
	sp_u8 carrier;
	sp_u8 flags;
	sp_u16 error;
	sp_u16 exe_length; /* bytes used in exe */
	char comm[16];
	union {
		struct sp_flow flow;
		struct sp_call call;
		struct sp_object object;
	};
	/* Components from the file up to the root, each followed by '/': "nginx/sbin/usr/". */
	char exe[SP_EXE_BYTES];
};

#ifdef __cplusplus
struct sp_event : sp_event_head {
#else
struct sp_event {
	struct sp_event_head head;
#endif
	char path[SP_OBJECT_BYTES]; /* of the object, like exe */
};

/* ---- state that outlives a generation ------------------------------------------------------- */

/* Per CPU and rule identity. The ground truth: incremented before an event is attempted. */
struct sp_counters {
	sp_u64 matched;	   /* decisions this rule determined (first box) */
	sp_u64 refused;	   /* of these, refused, dropped or killed */
	sp_u64 suppressed; /* of these, without an event because the event budget was used up */
	sp_u64 lost;	   /* of these, without an event because the ring was full */
};

/* Per CPU, single element: failures of helpers by call site, and the sequence numbers. */
enum sp_failure {
	SP_FAIL_TASK_STORAGE = 0,
	SP_FAIL_PATH = 1,
	SP_FAIL_CGROUP = 2,
	SP_FAIL_GROUPS = 3,
	SP_FAIL_PAGE =
	    4, /* a page number outside the image: corrupt, decision passes nothing silently */
	SP_FAIL_COUNTER = 5,
	SP_FAIL_RING = 6,
	SP_FAIL_EVICTED_LIVE = 7, /* a limiter set was full of active sources */
	SP_FAIL_COUNT = 8,
	SP_FAIL_MAX = 16,
};
struct sp_cpu_state {
	sp_u64 sequence;
	sp_u64 failure[SP_FAIL_MAX];
};

/* Limiter: a set of four cells, one cache line. tag 0 is a free cell. */
struct sp_bucket_set {
	sp_u64 tag[4];
	sp_u64 arrival[4]; /* theoretical arrival time (GCRA), CLOCK_MONOTONIC ns */
};
#define SP_BUCKET_SETS 65536u

/*
 * Keys of sp_images. A rollback only swaps the two.
 */
#define SP_IMAGE_ACTIVE 0u
#define SP_IMAGE_PREVIOUS 1u
#define SP_IMAGE_SLOTS 2u

/*
 * The data section `.data.sp_config`, pinned as "sp_config" (see bpf/maps.h).
 * active_tag: the tag of the image at SP_IMAGE_ACTIVE, written right after it was put there (0
 * while there is none). It only lets programs see at once that what they cached for a task still
 * holds: with a wrong value they decide correctly and slowly.
 * secret: random, from the first start on, kept as long as sp_buckets.
 */
struct sp_config {
	sp_u64 active_tag;
	sp_u64 secret[2];
	sp_u64 now_ns; /* tests with a virtual clock */
};

/* ---- the test program ----------------------------------------------------------------------- */

/* One attempt for the SEC("syscall") decision program: facts in, verdict out. */
enum sp_known {
	SP_KNOWN_USER = 1,
	SP_KNOWN_GROUPS = 2,
	SP_KNOWN_EXE = 4,
	SP_KNOWN_CGROUP = 8,
	SP_KNOWN_TRANSPORT = 16,
	SP_KNOWN_PORT = 32,
	SP_KNOWN_SOURCE = 64,
	SP_KNOWN_TARGET = 128,
	SP_KNOWN_PATH = 256,
	SP_KNOWN_MEMBER = 512,
	SP_KNOWN_ACCOUNT = 1024,
	SP_KNOWN_ARGUMENT = 1 << 16, /* of argument 0, and so on */
};
#define SP_TEST_PATH 128u
#define SP_TEST_GROUPS 8u
struct sp_test_process {
	sp_u32 known; /* the first four of enum sp_known */
	sp_u32 uid;
	sp_u32 group_count; /* of groups[], the effective gid among them */
	sp_u32 groups[SP_TEST_GROUPS];
	sp_u32 exe_length; /* 0 with SP_KNOWN_EXE: known to have no path */
	sp_u32 cgroup_length;
	sp_u32 reserved;
	char exe[SP_TEST_PATH]; /* forwards, without a terminator */
	char cgroup[SP_TEST_PATH];
};
struct sp_test_attempt {
	sp_u32 area;
	sp_u32 known; /* enum sp_known, of the object */
	struct sp_test_process subject;
	struct sp_test_process peer;
	sp_u32 path_length; /* 0 with SP_KNOWN_PATH: a memfd */
	sp_u32 member;
	sp_u32 account;
	sp_u32 padding;
	char path[SP_TEST_PATH];
	struct sp_call call;
	struct sp_flow flow;
	/* out */
	sp_u32 verdict;
	sp_u32 error;
	sp_u32 box;
	sp_u32 rule;
	sp_u32 atoms[SP_DIM_COUNT];
	sp_u32 reserved;
};
#define SP_TEST_ATTEMPTS 4096u

/* Context of the test programs. */
struct sp_test_run_args {
	sp_u32 count;			 /* attempts to decide */
	sp_u32 user, group, exe, cgroup; /* out: atoms of the calling task */
	sp_u32 areas;
};

#define SP_TEST_LONG_PATH 4608u
struct sp_test_path {
	sp_u32 length;
	sp_u32 exe_atom;
	sp_u32 cgroup_atom;
	sp_u32 reserved;
	char text[SP_TEST_LONG_PATH];
};

SP_ASSERT(sizeof(struct sp_header) <= SP_PAGE_SIZE);
SP_ASSERT(sizeof(struct sp_tree32_page) == SP_PAGE_SIZE);
SP_ASSERT(sizeof(struct sp_tree128_page) == SP_PAGE_SIZE);
SP_ASSERT(sizeof(struct sp_box) * SP_BOXES_PER_PAGE == SP_PAGE_SIZE);
SP_ASSERT(sizeof(struct sp_rule) * SP_RULES_PER_PAGE == SP_PAGE_SIZE);
SP_ASSERT(sizeof(struct sp_bucket_set) == 64);
SP_ASSERT(sizeof(struct sp_row) == SP_ROW_HEADER);
SP_ASSERT(SP_ROW_HEADER + SP_SUMMARY_WORDS * 64 * 8 <= SP_PAGE_SIZE);
SP_ASSERT(sizeof(struct sp_flow) == 48);
SP_ASSERT(sizeof(struct sp_call) == 56);
SP_ASSERT(sizeof(struct sp_diagram_node) * SP_NODES_PER_PAGE == SP_PAGE_SIZE);
SP_ASSERT(SP_PLACE_ARGUMENT + SP_ARGUMENTS_MAX <= SP_DIM_COUNT);
SP_ASSERT(sizeof(struct sp_event_head) % 8 == 0);
SP_ASSERT(sizeof(struct sp_event) == sizeof(struct sp_event_head) + SP_OBJECT_BYTES);

#endif
