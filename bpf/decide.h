/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decide.h: from the atoms of an attempt to its verdict: the rows that the atoms select are ANDed,
 * summaries first, so that only words survive that can hold a box in all of them; the first
 * surviving bit is the strongest box.
 */
#ifndef SYNPOL_BPF_DECIDE_H
#define SYNPOL_BPF_DECIDE_H

#include "pages.h"

#define SP_DIM_BIT(dim) (1u << (dim))
#define SP_AREA_BIT(area) (1u << (area))
#define SP_DIMS_SUBJECT                                                                            \
	(SP_DIM_BIT(SP_DIM_USER) | SP_DIM_BIT(SP_DIM_GROUP) | SP_DIM_BIT(SP_DIM_EXE) |             \
	 SP_DIM_BIT(SP_DIM_CGROUP))
#define SP_AREAS_PACKET (SP_AREA_BIT(SP_AREA_INBOUND) | SP_AREA_BIT(SP_AREA_LIMIT_INBOUND))
#define SP_DIMS_FLOW                                                                               \
	(SP_DIM_BIT(SP_DIM_TRANSPORT) | SP_DIM_BIT(SP_DIM_TARGET) | SP_DIM_BIT(SP_DIM_PORT))
#define SP_DIMS_ALL ((1u << SP_DIM_COUNT) - 1)
#define SP_DIMS_PACKET (SP_DIMS_FLOW | SP_DIM_BIT(SP_DIM_SOURCE))

struct sp_decision {
	__u64 identity;		   /* of the rule */
	__u32 atoms[SP_DIM_COUNT]; /* by place */
	__u32 area;
	__u32 box;
	__u32 rule;
	__u32 rule_flags;
	__u8 verdict;
	__u8 error;
	__u8 event_flags;
	__u8 carrier;
};

/* What a global function may have written the verifier forgets (see sp_forget). */
__noinline int sp_forget_decision(struct sp_decision *decision)
{
	sp_keep_call();
	return decision != NULL;
}

#define SP_REF_ANY (~0u) /* this dimension constrains no box of the area */

/*
 * Rows being ANDed. Only global functions write it: that way the verifier knows nothing about what
 * is in it, and walks a search once and not once for each combination of constrained dimensions.
 */
struct sp_rows {
	__u64 summary[SP_SUMMARY_WORDS]; /* words that are left to visit */
	__u64 word;			 /* boxes that survived in the word visited last */
	__u32 part;			 /* of the summary, that is visited */
	__u32 bit;			 /* of that part */
	__u32 index;			 /* of `word`: part * 64 + bit */
	__u32 box_count;
	__u32 refs[SP_DIM_COUNT];
};

struct sp_search {
	void *image;
	struct sp_rows rows;
};

static __always_inline __u32 sp_count_bits(__u64 bits)
{
	bits -= bits >> 1 & 0x5555555555555555ull;
	bits = (bits & 0x3333333333333333ull) + (bits >> 2 & 0x3333333333333333ull);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return bits * 0x0101010101010101ull >> 56;
}

/* Precondition: bits is not 0. */
static __always_inline __u32 sp_first_bit(__u64 bits)
{
	return sp_count_bits((bits & -bits) - 1);
}

/* The low `count` bits, 64 when there are more. */
static __always_inline __u64 sp_low_bits(__u32 count)
{
	return count >= 64 ? ~0ull : (1ull << (count & 63)) - 1;
}

/* A page of rows, as a type that global functions can take. */
struct sp_row_page {
	__u8 byte[SP_PAGE_SIZE];
};

/* Every box of an area is left. */
__noinline int sp_rows_start(struct sp_rows *rows, __u32 words, __u32 box_count)
{
	__u32 i;

	if (!rows)
		return 0;
	__builtin_memset(rows, 0, sizeof(*rows));
	rows->box_count = box_count;
#pragma unroll
	for (i = 0; i < SP_SUMMARY_WORDS; i++)
		rows->summary[i] = words > i * 64 ? sp_low_bits(words - i * 64) : 0;
#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		rows->refs[i] = SP_REF_ANY;
	return 1;
}

/* ANDs the summary of the row at `ref`. 0: nothing is left. */
__noinline int sp_rows_add(struct sp_rows *rows, const struct sp_row_page *page, __u32 ref,
			   __u32 dim)
{
	__u64 offset = SP_ROW_OFFSET(ref), left = 0;
	const struct sp_row *row;
	__u32 i;

	sp_opaque(offset);
	if (!page || !rows || offset > SP_PAGE_SIZE - SP_ROW_HEADER)
		return 0;
	row = (const struct sp_row *)(page->byte + offset);
#pragma unroll
	for (i = 0; i < SP_SUMMARY_WORDS; i++)
		left |= rows->summary[i] &= row->summary[i];
	if (dim < SP_DIM_COUNT)
		rows->refs[dim] = ref;
	return left != 0;
}

enum sp_step {
	SP_STEP_END = 0,
	SP_STEP_PART, /* on to the next part of the summary: no word yet */
	SP_STEP_WORD, /* `word` is to be ANDed from all rows */
};

__noinline int sp_rows_next(struct sp_rows *rows)
{
	__u64 summary;
	__u32 part;

	if (!rows)
		return SP_STEP_END;
	part = rows->part & (SP_SUMMARY_WORDS - 1);
	summary = rows->summary[part];
	if (!summary)
		return ++rows->part < SP_SUMMARY_WORDS ? SP_STEP_PART : SP_STEP_END;
	rows->summary[part] = summary & (summary - 1);
	rows->bit = sp_first_bit(summary);
	rows->index = part * 64 + rows->bit;
	rows->word = sp_low_bits(rows->box_count - rows->index * 64);
	return SP_STEP_WORD;
}

/* ANDs the word of the row at `ref` that is visited; the row's summary has its bit. */
__noinline int sp_rows_and(struct sp_rows *rows, const struct sp_row_page *page, __u32 ref)
{
	__u64 offset = SP_ROW_OFFSET(ref), place;
	const struct sp_row *row;
	__u32 part;

	sp_opaque(offset);
	if (!rows || !page || offset > SP_PAGE_SIZE - SP_ROW_HEADER)
		return 0;
	part = rows->part & (SP_SUMMARY_WORDS - 1);
	row = (const struct sp_row *)(page->byte + offset);
	place = row->prefix[part] + sp_count_bits(row->summary[part] & sp_low_bits(rows->bit & 63));
	place = offset + SP_ROW_HEADER + place * 8;
	sp_opaque(place);
	rows->word &= *(const __u64 *)(page->byte + (place & (SP_PAGE_SIZE - 8)));
	return rows->word != 0;
}

/* Takes the first box out of the word, which is not 0. */
__noinline __u32 sp_rows_box(struct sp_rows *rows)
{
	__u64 word;

	if (!rows)
		return 0;
	word = rows->word;
	rows->word = word & (word - 1);
	return rows->index * 64 + sp_first_bit(word);
}

/* Narrows the search to one atom of one dimension. False: no box is left. */
static __always_inline bool sp_narrow(struct sp_search *search, __u32 rowdir, __u32 dim, __u32 atom)
{
	__u32 ref;

	if (!rowdir)
		return true;
	ref = sp_u32_at(search->image, rowdir, atom);
	return ref &&
	       sp_rows_add(&search->rows, sp_page(search->image, SP_ROW_PAGE(ref)), ref, dim);
}

/*
 * Starts a search for the boxes of `area` that hold the atoms of the dimensions `dims`, which is a
 * constant. False: there is none.
 */
static __always_inline bool sp_search_start(struct sp_search *search, void *image,
					    const struct sp_area *area, __u32 dims,
					    const __u32 *atoms)
{
	__u32 dim;

	search->image = image;
	sp_rows_start(&search->rows, area->words, area->box_count);
#pragma unroll
	for (dim = 0; dim < SP_DIM_COUNT; dim++) {
		if (dims & SP_DIM_BIT(dim) &&
		    !sp_narrow(search, area->rowdir[dim], dim, atoms[dim]))
			return false;
	}
	return true;
}

/* One step of the search. False: the end. */
static __always_inline bool sp_search_on(struct sp_search *search)
{
	int step = sp_rows_next(&search->rows);
	__u32 dim, ref;

	if (step != SP_STEP_WORD)
		return step == SP_STEP_PART;
#pragma unroll
	for (dim = 0; dim < SP_DIM_COUNT; dim++) {
		ref = search->rows.refs[dim];
		if (ref != SP_REF_ANY)
			sp_rows_and(&search->rows, sp_page(search->image, SP_ROW_PAGE(ref)), ref);
	}
	return true;
}

#define SP_SEARCH_STEPS (SP_SUMMARY_WORDS * 64 + SP_SUMMARY_WORDS)

static long sp_search_step(__u32 index, struct sp_search *search)
{
	return !sp_search_on(search) || search->rows.word;
}

/* The first box that is left. False: there is none. */
static __always_inline bool sp_first_survivor(struct sp_search *search, __u32 *box)
{
	bpf_loop(SP_SEARCH_STEPS, sp_search_step, search, 0);
	if (!search->rows.word)
		return false;
	*box = sp_rows_box(&search->rows);
	return true;
}

static __always_inline struct sp_rule *sp_rule_at(void *image, const struct sp_header *header,
						  __u32 index)
{
	struct sp_rule *page = sp_page(image, header->rules + index / SP_RULES_PER_PAGE);

	return page ? &page[index % SP_RULES_PER_PAGE] : NULL;
}

static __always_inline struct sp_box *sp_box_at(void *image, const struct sp_area *area,
						__u32 index)
{
	struct sp_box *page = sp_page(image, area->boxes + index / SP_BOXES_PER_PAGE);

	return page ? &page[index % SP_BOXES_PER_PAGE] : NULL;
}

/* The event says that a fact was missing; the agent finds out whether it mattered. */
static __always_inline __u8 sp_undetermined(const struct sp_area *area, __u32 dims,
					    const __u32 *atoms)
{
	__u32 flags = 0, dim;

#pragma unroll
	for (dim = 0; dim < SP_DIM_COUNT; dim++) {
		if (dims & SP_DIM_BIT(dim) && area->rowdir[dim] && atoms[dim] == SP_ATOM_UNKNOWN)
			flags = SP_EVENT_UNDETERMINED;
	}
	return sp_forget(flags);
}

/* Fills in what the box says. */
static __always_inline void sp_conclude(void *image, const struct sp_header *header,
					const struct sp_area *area, struct sp_decision *decision)
{
	struct sp_box *box = sp_box_at(image, area, decision->box);
	struct sp_rule *rule = box ? sp_rule_at(image, header, box->rule) : NULL;

	if (!rule)
		return;
	decision->rule = box->rule;
	decision->identity = rule->identity;
	decision->rule_flags = rule->flags;
	decision->error = box->error;
	decision->verdict = box->verdict;
}

/*
 * Decides decision->atoms in decision->area; `which` and `dims` are that area and its dimensions,
 * constants. Callers are __noinline, so that the stack of the search is free again afterwards.
 */
static __always_inline void sp_decide(void *image, __u32 which, __u32 dims,
				      struct sp_decision *decision)
{
	struct sp_header *header = sp_header_of(image);
	struct sp_search search;
	struct sp_area *area;

	decision->area = which;
	decision->verdict = SP_PASS;
	sp_forget_decision(decision);
	if (!header || !(header->areas & 1u << which))
		return;
	area = &header->area[which];
	if (!sp_search_start(&search, image, area, dims, decision->atoms) ||
	    !sp_first_survivor(&search, &decision->box))
		return;
	decision->event_flags |= sp_undetermined(area, dims, decision->atoms);
	sp_conclude(image, header, area, decision);
}

/* The image that the atoms are of. Were it gone, they would mean nothing: then no fact is known in
 * the one that is there, and every rule that may apply does. */
static __always_inline void *sp_image_to_decide(struct sp_decision *decision, __u64 tag)
{
	void *image = sp_image_of(tag);
	__u32 i;

	if (image)
		return image;
#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		decision->atoms[i] = SP_ATOM_UNKNOWN;
	return sp_active_image();
}

/*
 * The same in any area, for what processes do: one copy of the code for all of it, and walked once.
 * `tag`: of the image that the atoms are of, as in sp_subject. Returns a number because global
 * functions must.
 */
__noinline int sp_decide_action(struct sp_decision *decision, __u32 which, __u64 tag)
{
	struct sp_header *header;
	struct sp_search search;
	struct sp_area *area;
	void *image;

	if (!decision)
		return 0;
	decision->area = which;
	decision->verdict = SP_PASS;
	image = sp_image_to_decide(decision, tag);
	header = image ? sp_header_of(image) : NULL;
	sp_opaque(which);
	if (!header || which >= SP_AREA_COUNT || !(header->areas & 1u << which))
		return 0;
	area = &header->area[which];
	sp_opaque(area); /* see sp_concern_step */
	if (!sp_search_start(&search, image, area, SP_DIMS_ALL, decision->atoms) ||
	    !sp_first_survivor(&search, &decision->box))
		return 0;
	decision->event_flags |= sp_undetermined(area, SP_DIMS_ALL, decision->atoms);
	sp_conclude(search.image, header, area, decision); /* where it is: 6.1's stack is short */
	return 0;
}

#endif
