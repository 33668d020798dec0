/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pages.h: reading an image: pages, arrays in pages, search trees, addresses. A page number that is
 * not in the image reads as nothing and is counted (SP_FAIL_PAGE): the agent compared every byte,
 * so that only memory corruption can cause it.
 */
#ifndef SYNPOL_BPF_PAGES_H
#define SYNPOL_BPF_PAGES_H

#include "maps.h"

/* Hides from clang where a number comes from: it would turn arithmetic back into branches, and
 * bounds back into comparisons that the verifier does not follow. */
#define sp_opaque(number) asm volatile("" : "+r"(number))

/*
 * Global functions (not static) are what keeps the verifier's work small: it walks each of them
 * once, for any arguments, and not once for each path that leads to a call, and it knows nothing
 * about what they return. They cannot take an image, so that they work on pages, or find the image
 * by its tag.
 */

/* The same number, without what the verifier knows about it: else it follows every path that stores
 * a constant apart from those that store something else, to the end. */
static __always_inline __u32 sp_forget(__u32 number)
{
	__u64 any = *(volatile __u64 *)&sp_config.active_tag, same = any;

	sp_opaque(same);
	return number + (__u32)(any - same);
}

/* In a function that does nothing: clang would leave out calls of it. */
#define sp_keep_call() asm volatile("" ::: "memory")

/* Returns a number because global functions must. */
__noinline int sp_count_failure(__u32 which)
{
	__u32 zero = 0;
	struct sp_cpu_state *cpu = bpf_map_lookup_elem(&sp_cpu, &zero);

	if (cpu && which < SP_FAIL_MAX)
		__sync_fetch_and_add(&cpu->failure[which], 1);
	return 0;
}

static __always_inline void *sp_active_image(void)
{
	__u32 active = SP_IMAGE_ACTIVE;

	return bpf_map_lookup_elem(&sp_images, &active);
}

static __always_inline void *sp_page(void *image, __u32 number)
{
	void *page = bpf_map_lookup_elem(image, &number);

	if (!page)
		sp_count_failure(SP_FAIL_PAGE);
	return page;
}

static __always_inline struct sp_header *sp_header_of(void *image)
{
	return sp_page(image, 0);
}

static __always_inline void *sp_image_at(__u32 slot, __u64 tag)
{
	void *image = bpf_map_lookup_elem(&sp_images, &slot);
	struct sp_header *header = image ? sp_header_of(image) : NULL;

	return header && header->tag == tag ? image : NULL;
}

/*
 * The image of this tag: what a global function asks for, which cannot take an image. An image that
 * a running program has seen is in one of the two places: the agent puts the old one in the second
 * place before the new one comes to the first, and the kernel waits for running programs after each
 * change of a map of maps.
 */
static __always_inline void *sp_image_of(__u64 tag)
{
	void *image = sp_image_at(SP_IMAGE_ACTIVE, tag);

	return image ? image : sp_image_at(SP_IMAGE_PREVIOUS, tag);
}

static __always_inline __u32 sp_u16_at(void *image, __u32 first, __u32 index)
{
	__u16 *page = sp_page(image, first + index / SP_U16_PER_PAGE);

	return page ? page[index % SP_U16_PER_PAGE] : 0;
}

static __always_inline __u32 sp_u32_at(void *image, __u32 first, __u32 index)
{
	__u32 *page = sp_page(image, first + index / SP_U32_PER_PAGE);

	return page ? page[index % SP_U32_PER_PAGE] : 0;
}

/* The value of the greatest slot whose key is not above `key`; there is one. */
__noinline __u32 sp_search32(const struct sp_tree32_page *page, __u32 key)
{
	__u64 at = 0, step, next, below;

	if (!page)
		return 0;
#pragma unroll
	for (step = SP_TREE32_FANOUT / 2; step; step /= 2) {
		next = at + step;
		sp_opaque(next);
		next &= SP_TREE32_FANOUT - 1;
		below = (__u64)key - page->key[next];
		sp_opaque(below);
		below >>= 63; /* 1: too far */
		sp_opaque(below);
		at += (below ^ 1) * step;
	}
	sp_opaque(at);
	return page->value[at & (SP_TREE32_FANOUT - 1)];
}

/* 1 when a < b, without a branch: the borrow of a - b - borrow_in. */
static __always_inline __u64 sp_borrow(__u64 a, __u64 b, __u64 borrow_in)
{
	__u64 difference = a - b - borrow_in;

	return ((~a & b) | ((~a | b) & difference)) >> 63;
}

__noinline __u32 sp_search128(const struct sp_tree128_page *page, const struct sp_key128 *key)
{
	__u64 at = 0, step, next, below;

	if (!page || !key)
		return 0;
#pragma unroll
	for (step = SP_TREE128_FANOUT / 2; step; step /= 2) {
		next = at + step;
		sp_opaque(next);
		next &= SP_TREE128_FANOUT - 1;
		below = sp_borrow(key->low, page->key[next].low, 0);
		below = sp_borrow(key->high, page->key[next].high, below);
		sp_opaque(below);
		at += (below ^ 1) * step;
	}
	sp_opaque(at);
	return page->value[at & (SP_TREE128_FANOUT - 1)];
}

/* 512^4 and 128^5 boundaries are more than any image holds. */
#define SP_TREE32_DEPTH 4
#define SP_TREE128_DEPTH 5

static __always_inline __u32 sp_tree32(void *image, __u32 root, __u32 depth, __u32 key)
{
	__u32 value = root, level;

#pragma unroll
	for (level = 0; level < SP_TREE32_DEPTH; level++) {
		if (level < depth)
			value = sp_search32(sp_page(image, value), key);
	}
	return value;
}

static __always_inline __u32 sp_tree128(void *image, __u32 root, __u32 depth,
					const struct sp_key128 *key)
{
	__u32 value = root, level;

#pragma unroll
	for (level = 0; level < SP_TREE128_DEPTH; level++) {
		if (level < depth)
			value = sp_search128(sp_page(image, value), key);
	}
	return value;
}

static __always_inline __u32 sp_search_tree32(void *image, const struct sp_tree *tree, __u32 key)
{
	return tree->depth ? sp_tree32(image, tree->root, tree->depth, key) : tree->single;
}

static __always_inline __u32 sp_v4_atom(void *image, const struct sp_header *header, __u32 address)
{
	__u32 states, slot, state;
	__u8 *page;

	if (!header->v4_states)
		return sp_search_tree32(image, &header->v4, address);
	states = sp_u32_at(image, header->v4_states, address >> 22);
	page = sp_page(image, states);
	if (!page)
		return 0;
	slot = (address >> 8) & 16383;
	state = page[slot >> 2] >> ((slot & 3) * 2) & 3;
	if (state == SP_V4_SEARCH)
		return sp_search_tree32(image, &header->v4, address);
	sp_opaque(state);
	return header->v4_common[state < SP_V4_SEARCH ? state : 0];
}

static __always_inline bool sp_is_v4(const __u8 address[16])
{
	const __u32 *word = (const __u32 *)address;

	return !word[0] && !word[1] && word[2] == bpf_htonl(0xffff);
}

/* `address` is in network order, IPv4 as ::ffff:a.b.c.d. */
static __always_inline __u32 sp_address_atom(void *image, const struct sp_header *header,
					     const __u8 address[16])
{
	const __u32 *word = (const __u32 *)address;
	struct sp_key128 key;

	if (sp_is_v4(address))
		return sp_v4_atom(image, header, bpf_ntohl(word[3]));
	if (!header->v6.depth)
		return header->v6.single;
	key.high = (__u64)bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
	key.low = (__u64)bpf_ntohl(word[2]) << 32 | bpf_ntohl(word[3]);
	return sp_tree128(image, header->v6.root, header->v6.depth, &key);
}

static __always_inline __u32 sp_port_atom(void *image, const struct sp_header *header, __u32 port)
{
	__u32 page = port / SP_U16_PER_PAGE & 31;

	if (!header->ports[0])
		return header->port_single;
	sp_opaque(page);
	return sp_u16_at(image, header->ports[page & 31], port % SP_U16_PER_PAGE);
}

static __always_inline __u32 sp_transport_atom(void *image, const struct sp_header *header,
					       __u32 key)
{
	if (!header->transports)
		return header->transport_single;
	return sp_u16_at(image, header->transports, key % SP_TRANSPORT_KEYS);
}

static __always_inline __u32 sp_syscall_atom(void *image, const struct sp_header *header, __u32 key)
{
	__u32 page;

	if (!header->syscalls[0])
		return header->syscall_single;
	page = key / SP_U16_PER_PAGE;
	sp_opaque(page);
	return sp_u16_at(image, header->syscalls[page & 1], key % SP_U16_PER_PAGE);
}

#endif
