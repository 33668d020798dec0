// SPDX-License-Identifier: GPL-2.0
/*
 * decision_test.bpf.c: the decision for tests, run with BPF_PROG_TEST_RUN: facts come from a map or
 * from the calling task, nothing is attached and nothing refused. An object of its own, never
 * loaded by the agent; all but where the facts come from is the code of the hooks.
 */
#include "syscall.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SP_TEST_ATTEMPTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sp_test_attempt);
} sp_test_attempts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sp_test_path);
} sp_test_paths SEC(".maps");

#define SP_TEST_FILE_AREAS                                                                         \
	(SP_AREA_BIT(SP_AREA_EXEC) | SP_AREA_BIT(SP_AREA_READ) | SP_AREA_BIT(SP_AREA_WRITE))

/* ---- paths from memory: backwards with the walk's own code, forwards piece by piece ---- */

static long sp_test_backwards_step(__u32 index, struct sp_object_run *object)
{
	__u64 bytes[(SP_NAME_AT + SP_NAME_BYTES) / 8] = {};
	struct sp_reading reading = {(char *)bytes, SP_NAME_AT, SP_NAME_BYTES, true, object->tag};
	struct sp_path_run *run = &object->run;

	if (!run->path.walk.length)
		return 1;
	sp_feed_component(run, &reading, NULL);
	sp_forget_path(&run->path);
	return 0;
}

/* The walk adds the '/' in front of a component: here the whole path is one. SP_ATOM_NONE: no path.
 */
static __noinline __u32 sp_test_backwards(void *image, const struct sp_automaton *automaton,
					  const char *text, __u32 length)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_object_run object = {.run.image = image};
	struct sp_path_run *run = &object.run;

	if (!length || !header)
		return SP_ATOM_NONE;
	if (!automaton->states)
		return automaton->single;
	object.tag = header->tag;
	if (!sp_path_start(run, automaton))
		return 0;
	run->path.walk.name = text + 1;
	run->path.walk.length = length - 1;
	sp_forget_path(&run->path);
	if (length == 1)
		sp_feed_root(run);
	bpf_loop(SP_PATH_BYTES, sp_test_backwards_step, &object, 0);
	return sp_path_end(run, automaton);
}

static __always_inline __u32 sp_test_exe(void *image, const char *text, __u32 length)
{
	struct sp_header *header = sp_header_of(image);
	__u32 atom = header ? sp_test_backwards(image, &header->exe, text, length) : 0;

	return header && !length ? sp_no_path_atom(&header->exe) : atom;
}

static __always_inline __u32 sp_test_path(void *image, const char *text, __u32 length)
{
	struct sp_header *header = sp_header_of(image);
	__u32 atom = header ? sp_test_backwards(image, &header->path, text, length) : 0;

	return header && !length ? header->memfd_atom : atom;
}

struct sp_test_text {
	struct sp_run run;
	const char *text;
	__u32 length;
};

struct sp_test_text_run {
	void *image;
	struct sp_test_text path;
};

/* See sp_forget. */
__noinline int sp_forget_text(struct sp_test_text *text)
{
	sp_keep_call();
	return text != NULL;
}

static long sp_test_forwards_step(__u32 index, struct sp_test_text_run *run)
{
	__u32 left = run->path.length, count = left < SP_PIECE ? left : SP_PIECE;
	__u64 bytes = 0;

	if (!left)
		return 1;
	sp_opaque(count);
	count &= 7;
	bpf_probe_read_kernel(&bytes, count, run->path.text);
	run->path.run.state = sp_feed(run->image, &run->path.run, bytes, count);
	run->path.text += count;
	run->path.length = left - count;
	sp_forget_text(&run->path);
	return 0;
}

static __noinline __u32 sp_test_cgroup(void *image, const char *text, __u32 length)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_test_text_run run = {.image = image};

	if (!header || !header->cgroup.states)
		return header ? header->cgroup.single : 0;
	sp_run_start(&run.path.run, &header->cgroup);
	run.path.text = text;
	run.path.length = length;
	sp_forget_text(&run.path);
	bpf_loop(SP_PATH_BYTES, sp_test_forwards_step, &run, 0);
	return sp_run_end(image, &run.path.run, &header->cgroup);
}

/* ---- attempts from memory ---- */

static __always_inline __u32 sp_test_group_atom(void *image, const struct sp_header *header,
						const struct sp_test_process *process)
{
	__u32 mask = 0, i;

	if (!header->group_sets)
		return SP_ATOM_FIRST;
	for (i = 0; i < SP_TEST_GROUPS; i++) {
		if (i < process->group_count)
			mask |= sp_search_tree32(image, &header->groups, process->groups[i]);
	}
	return sp_group_mask_atom(image, header, mask);
}

/*
 * In steps of their own over all attempts, with the atoms in the map in between: together they are
 * too many paths for the verifier.
 */
static __always_inline bool sp_test_has_peer(const struct sp_test_attempt *attempt)
{
	return attempt->area == SP_AREA_SIGNAL || attempt->area == SP_AREA_INJECT;
}

static __always_inline void sp_test_ids(void *image, const struct sp_header *header,
					const struct sp_test_process *process, __u32 *atoms)
{
	if (process->known & SP_KNOWN_USER)
		atoms[SP_DIM_USER] = sp_search_tree32(image, &header->users, process->uid);
	if (process->known & SP_KNOWN_GROUPS)
		atoms[SP_DIM_GROUP] = sp_test_group_atom(image, header, process);
}

static long sp_test_ids_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);
	struct sp_header *header = sp_header_of(*context);
	__u32 i;

	if (!attempt || !header)
		return 1;
	for (i = 0; i < SP_DIM_COUNT; i++)
		attempt->atoms[i] = SP_ATOM_UNKNOWN;
	sp_test_ids(*context, header, &attempt->subject, attempt->atoms);
	return 0;
}

static long sp_test_peer_ids_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);
	struct sp_header *header = sp_header_of(*context);

	if (!attempt || !header)
		return 1;
	if (sp_test_has_peer(attempt))
		sp_test_ids(*context, header, &attempt->peer, attempt->atoms + SP_PLACE_PEER);
	return 0;
}

static long sp_test_exe_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);

	if (attempt && attempt->subject.known & SP_KNOWN_EXE)
		attempt->atoms[SP_DIM_EXE] =
		    sp_test_exe(*context, attempt->subject.exe, attempt->subject.exe_length);
	return 0;
}

static long sp_test_peer_exe_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);

	if (attempt && sp_test_has_peer(attempt) && attempt->peer.known & SP_KNOWN_EXE)
		attempt->atoms[SP_PLACE_PEER + SP_DIM_EXE] =
		    sp_test_exe(*context, attempt->peer.exe, attempt->peer.exe_length);
	return 0;
}

static long sp_test_path_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);

	if (attempt && SP_AREA_BIT(attempt->area & 31) & SP_TEST_FILE_AREAS &&
	    attempt->known & SP_KNOWN_PATH)
		attempt->atoms[SP_PLACE_PATH] =
		    sp_test_path(*context, attempt->path, attempt->path_length);
	return 0;
}

static long sp_test_cgroup_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);

	if (attempt && attempt->subject.known & SP_KNOWN_CGROUP)
		attempt->atoms[SP_DIM_CGROUP] = sp_test_cgroup(*context, attempt->subject.cgroup,
							       attempt->subject.cgroup_length);
	return 0;
}

static long sp_test_peer_cgroup_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);

	if (attempt && sp_test_has_peer(attempt) && attempt->peer.known & SP_KNOWN_CGROUP)
		attempt->atoms[SP_PLACE_PEER + SP_DIM_CGROUP] =
		    sp_test_cgroup(*context, attempt->peer.cgroup, attempt->peer.cgroup_length);
	return 0;
}

/* Does for packets what sp_socket_atoms does for sockets, and knows about unknown facts. */
static __always_inline void sp_test_flow(void *image, const struct sp_header *header,
					 struct sp_test_attempt *attempt)
{
	struct sp_packet packet = {};
	__u32 atoms[SP_DIM_COUNT], i;

	packet.flow = attempt->flow;
	packet.known = attempt->known;
	if (packet.known & SP_KNOWN_TRANSPORT &&
	    !sp_protocol_has_ports(packet.flow.transport / 4)) {
		packet.known |= SP_KNOWN_PORT;
		packet.flow.port = 0;
	}
	sp_packet_atoms(image, &packet, atoms);
	if (packet.known & SP_KNOWN_SOURCE)
		atoms[SP_DIM_SOURCE] = sp_address_atom(image, header, packet.flow.source);
#pragma unroll
	for (i = SP_SUBJECT_DIMS; i < SP_DIM_COUNT; i++)
		attempt->atoms[i] = atoms[i];
}

static long sp_test_flow_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);
	struct sp_header *header = sp_header_of(*context);

	if (!attempt || !header)
		return 1;
	if (attempt->area == SP_AREA_CONNECT || attempt->area == SP_AREA_BIND ||
	    attempt->area == SP_AREA_INBOUND || attempt->area == SP_AREA_LISTEN)
		sp_test_flow(*context, header, attempt);
	return 0;
}

static long sp_test_object_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);
	struct sp_header *header = sp_header_of(*context);

	if (!attempt || !header)
		return 1;
	if (attempt->area == SP_AREA_SYSCALL)
		attempt->atoms[SP_DIM_SYSCALL] = sp_syscall_atom(
		    *context, header, sp_syscall_key(attempt->call.abi, attempt->call.number));
	if (attempt->area == SP_AREA_SETUID && attempt->known & SP_KNOWN_ACCOUNT)
		attempt->atoms[SP_PLACE_ACCOUNT] =
		    sp_search_tree32(*context, &header->accounts, attempt->account);
	if (attempt->area == SP_AREA_WRITE && attempt->known & SP_KNOWN_MEMBER)
		attempt->atoms[SP_PLACE_MEMBER] =
		    header->members[attempt->member & (SP_WRITE_MAX - 1)];
	return 0;
}

static long sp_test_argument_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);
	struct sp_header *header = sp_header_of(*context);
	struct sp_argument *argument;
	__u32 slot, which;

	if (!attempt || !header)
		return 1;
	if (attempt->area != SP_AREA_SYSCALL)
		return 0;
#pragma unroll
	for (slot = 0; slot < SP_ARGUMENTS_MAX; slot++) {
		argument = &header->arguments[slot];
		which = argument->index;
		sp_opaque(which);
		if (slot < header->argument_count && which < 6 &&
		    attempt->known & SP_KNOWN_ARGUMENT << which)
			attempt->atoms[SP_PLACE_ARGUMENT + slot] =
			    sp_argument_atom(*context, argument, attempt->call.argument[which]);
	}
	return 0;
}

static __noinline void sp_test_decide(void *image, __u32 area, struct sp_decision *decision)
{
	struct sp_header *header = sp_header_of(image);

	if (area == SP_AREA_INBOUND)
		sp_decide_inbound(image, decision);
	else if (header)
		sp_decide_action(decision, area, header->tag);
}

static long sp_test_decide_step(__u32 index, void **context)
{
	struct sp_test_attempt *attempt = bpf_map_lookup_elem(&sp_test_attempts, &index);
	struct sp_decision decision = {};
	__u32 i;

	if (!attempt)
		return 1;
#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		decision.atoms[i] = attempt->atoms[i];
	sp_test_decide(*context, attempt->area, &decision);
	attempt->verdict = decision.verdict;
	attempt->error = decision.error;
	attempt->box = decision.box;
	attempt->rule = decision.rule;
	return 0;
}

/* Decides the first ctx->count attempts of sp_test_attempts. */
SEC("syscall")
int sp_test_run(struct sp_test_run_args *ctx)
{
	void *image = sp_active_image();

	if (!image)
		return 1;
	bpf_loop(ctx->count, sp_test_ids_step, &image, 0);
	bpf_loop(ctx->count, sp_test_peer_ids_step, &image, 0);
	bpf_loop(ctx->count, sp_test_exe_step, &image, 0);
	bpf_loop(ctx->count, sp_test_peer_exe_step, &image, 0);
	bpf_loop(ctx->count, sp_test_path_step, &image, 0);
	bpf_loop(ctx->count, sp_test_cgroup_step, &image, 0);
	bpf_loop(ctx->count, sp_test_peer_cgroup_step, &image, 0);
	bpf_loop(ctx->count, sp_test_flow_step, &image, 0);
	bpf_loop(ctx->count, sp_test_object_step, &image, 0);
	bpf_loop(ctx->count, sp_test_argument_step, &image, 0);
	bpf_loop(ctx->count, sp_test_decide_step, &image, 0);
	return 0;
}

/* The atoms of the path in sp_test_paths, as an exe and as a cgroup. */
SEC("syscall")
int sp_test_long_path(struct sp_test_run_args *ctx)
{
	void *image = sp_active_image();
	__u32 zero = 0;
	struct sp_test_path *path = bpf_map_lookup_elem(&sp_test_paths, &zero);

	if (!image || !path)
		return 1;
	path->exe_atom = sp_test_exe(image, path->text, path->length);
	path->cgroup_atom = sp_test_cgroup(image, path->text, path->length);
	return 0;
}

/* The same path as an object; its atom stands in exe_atom. */
SEC("syscall")
int sp_test_long_object(struct sp_test_run_args *ctx)
{
	void *image = sp_active_image();
	__u32 zero = 0;
	struct sp_test_path *path = bpf_map_lookup_elem(&sp_test_paths, &zero);

	if (!image || !path)
		return 1;
	path->exe_atom = sp_test_path(image, path->text, path->length);
	return 0;
}

/* The subject atoms of the task that calls, as the hooks read them. */
SEC("syscall")
int sp_test_current(struct sp_test_run_args *ctx)
{
	void *image = sp_active_image();
	struct sp_header *header = image ? sp_header_of(image) : NULL;
	struct sp_subject subject = {};

	if (!header)
		return 1;
	subject.tag = header->tag;
	sp_compute_subject(&subject);
	ctx->user = subject.atoms[SP_DIM_USER];
	ctx->group = subject.atoms[SP_DIM_GROUP];
	ctx->exe = subject.atoms[SP_DIM_EXE];
	ctx->cgroup = subject.atoms[SP_DIM_CGROUP];
	ctx->areas = subject.areas;
	return 0;
}

char sp_license[] SEC("license") = "GPL";
