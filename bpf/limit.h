/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limit.h: token buckets (GCRA) in a 4-way set table, exact with any number of CPUs: a cell is one
 * 64-bit arrival time, changed by compare-and-swap. Used for `limit` rules and for event budgets.
 */
#ifndef SYNPOL_BPF_LIMIT_H
#define SYNPOL_BPF_LIMIT_H

#include "decide.h"

#define SP_CELLS 4
#define SP_SWAP_TRIES 8

struct sp_rate {
	__u64 interval_ns;
	__u64 tolerance_ns;
};

static __always_inline __u64 sp_now(void)
{
	return sp_virtual_clock ? sp_config.now_ns : bpf_ktime_get_ns();
}

static __always_inline __u64 sp_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Keyed, so that nobody chooses addresses that share a cell with somebody else's. */
static __always_inline __u64 sp_hash(__u64 kind, __u64 a, __u64 b)
{
	__u64 hash = sp_mix(sp_config.secret[0], kind);

	hash = sp_mix(hash, a);
	hash = sp_mix(hash, b);
	return sp_mix(hash, sp_config.secret[1]);
}

/*
 * Takes a token from the cell. With more rivals than tries the attempt is refused: a limit that
 * cannot be established applies.
 */
static __always_inline bool sp_take(__u64 *cell, const struct sp_rate *rate, __u64 now)
{
	__u64 seen, arrival;
	int i;

#pragma unroll
	for (i = 0; i < SP_SWAP_TRIES; i++) {
		seen = *(volatile __u64 *)cell;
		arrival = seen > now ? seen : now;
		if (arrival - now > rate->tolerance_ns)
			return false;
		if (__sync_val_compare_and_swap(cell, seen, arrival + rate->interval_ns) == seen)
			return true;
	}
	return false;
}

static __always_inline __u64 *sp_find_cell(struct sp_bucket_set *set, __u64 tag)
{
	int i;

#pragma unroll
	for (i = 0; i < SP_CELLS; i++) {
		if (set->tag[i] == tag)
			return &set->arrival[i];
	}
	return NULL;
}

/* Gives the tag the cell that was idle for longest. NULL: another CPU was faster, look again. */
static __always_inline __u64 *sp_claim_cell(struct sp_bucket_set *set, __u64 tag, __u64 now)
{
	__u64 oldest = set->arrival[0], seen;
	__u32 victim = 0, i;

#pragma unroll
	for (i = 1; i < SP_CELLS; i++) {
		if (set->arrival[i] < oldest) {
			oldest = set->arrival[i];
			victim = i;
		}
	}
	sp_opaque(victim);
	victim &= SP_CELLS - 1;
	seen = set->tag[victim];
	if (__sync_val_compare_and_swap(&set->tag[victim], seen, tag) != seen)
		return NULL;
	if (oldest > now) { /* a bucket that was in use is forgotten: its source gets a full one */
		sp_count_failure(SP_FAIL_EVICTED_LIVE);
		set->arrival[victim] = 0;
	}
	return &set->arrival[victim];
}

/* 0: the bucket of `hash` is empty. */
__noinline int sp_admit(__u64 hash, const struct sp_rate *rate, __u64 now)
{
	__u32 index = hash >> 32 & (SP_BUCKET_SETS - 1);
	struct sp_bucket_set *set = bpf_map_lookup_elem(&sp_buckets, &index);
	__u64 tag = hash | 1; /* never 0, which is a free cell */
	__u64 *cell;

	if (!set || !rate)
		return 0;
	cell = sp_find_cell(set, tag);
	if (!cell)
		cell = sp_claim_cell(set, tag, now);
	if (!cell)
		cell = sp_find_cell(set, tag);
	return cell ? sp_take(cell, rate, now) : 0;
}

/* ---- `limit inbound` ---- */

/* The bits of `source` that make the key, as two numbers. IPv4 keeps its ::ffff. */
static __always_inline __u64 sp_source_hash(const struct sp_rule *rule, const __u8 source[16])
{
	const __u32 *word = (const __u32 *)source;
	__u64 high = (__u64)bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
	__u64 low = (__u64)bpf_ntohl(word[2]) << 32 | bpf_ntohl(word[3]);
	__u32 bits = sp_is_v4(source) ? 96 + rule->source_prefix_v4 : rule->source_prefix_v6;

	if (bits <= 64)
		return sp_hash(rule->identity, high & ~sp_low_bits(64 - bits), 0);
	return sp_hash(rule->identity, high, low & ~sp_low_bits((128 - bits) & 127));
}

struct sp_limits {
	struct sp_search search;
	struct sp_header *header;
	const __u8 *source;
	__u64 now;
	__u32 rule; /* that gave a token last; a rule's boxes are neighbours, and it gives one */
	__u32 box;  /* of the first rule whose bucket was empty */
	__u32 refusing; /* that one refuses; else it records */
	__u32 excess;	/* `box` is set */
};

static __always_inline void sp_ask_bucket(struct sp_limits *limits, __u32 index)
{
	struct sp_header *header = limits->header;
	struct sp_box *box =
	    sp_box_at(limits->search.image, &header->area[SP_AREA_LIMIT_INBOUND], index);
	struct sp_rule *rule;
	struct sp_rate rate;

	if (!box || box->rule == limits->rule)
		return;
	limits->rule = box->rule;
	rule = sp_rule_at(limits->search.image, header, box->rule);
	if (!rule)
		return;
	rate.interval_ns = rule->interval_ns;
	rate.tolerance_ns = rule->tolerance_ns;
	if (sp_admit(sp_source_hash(rule, limits->source), &rate, limits->now))
		return;
	if (limits->excess && (limits->refusing || box->verdict < SP_DENY))
		return;
	limits->excess = sp_forget(1);
	limits->box = index;
	limits->refusing = sp_forget(box->verdict >= SP_DENY);
}

static long sp_limit_step(__u32 index, struct sp_limits *limits)
{
	if (!limits->search.rows.word)
		return !sp_search_on(&limits->search);
	sp_ask_bucket(limits, sp_rows_box(&limits->search.rows));
	return 0;
}

/*
 * Asks every matching bucket, also after an empty one, so that no rule's count depends on another
 * rule. A source that is not known shares one bucket with the others (all zero).
 */
static __always_inline void sp_decide_limits(void *image, const __u8 *source,
					     struct sp_decision *decision)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_limits limits = {};
	struct sp_area *area;

	decision->area = SP_AREA_LIMIT_INBOUND;
	decision->verdict = SP_PASS;
	sp_forget_decision(decision);
	if (!header || !(header->areas & 1u << SP_AREA_LIMIT_INBOUND))
		return;
	area = &header->area[SP_AREA_LIMIT_INBOUND];
	if (!sp_search_start(&limits.search, image, area, SP_DIMS_PACKET, decision->atoms))
		return;
	limits.header = header;
	limits.source = source;
	limits.now = sp_now();
	limits.rule = ~0u;
	bpf_loop(SP_BOXES_MAX + SP_SEARCH_STEPS, sp_limit_step, &limits, 0);
	if (!limits.excess)
		return;
	decision->box = limits.box;
	decision->event_flags =
	    SP_EVENT_LIMIT | sp_undetermined(area, SP_DIMS_PACKET, decision->atoms);
	sp_conclude(image, header, area, decision);
}

#endif
