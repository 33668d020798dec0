/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packet.h: the facts of a packet, from its first bytes: Ethernet, up to two VLAN tags, IPv4 with
 * options, IPv6 with extension headers, fragments. What is not in the packet or not understood is
 * unknown, and rules that need it apply; what is no IP packet is no attempt.
 */
#ifndef SYNPOL_BPF_PACKET_H
#define SYNPOL_BPF_PACKET_H

#include "event.h"

#define SP_VLAN_TAGS_MAX 2
#define SP_EXTENSIONS_MAX 8

#define SP_ETH_P_IP 0x0800
#define SP_ETH_P_IPV6 0x86dd
#define SP_ETH_P_8021Q 0x8100
#define SP_ETH_P_8021AD 0x88a8

#define SP_IPPROTO_HOPOPTS 0
#define SP_IPPROTO_TCP 6
#define SP_IPPROTO_UDP 17
#define SP_IPPROTO_DCCP 33
#define SP_IPPROTO_ROUTING 43
#define SP_IPPROTO_FRAGMENT 44
#define SP_IPPROTO_AH 51
#define SP_IPPROTO_DSTOPTS 60
#define SP_IPPROTO_SCTP 132
#define SP_IPPROTO_MOBILITY 135
#define SP_IPPROTO_UDPLITE 136
#define SP_IPPROTO_HIP 139
#define SP_IPPROTO_SHIM6 140

#define SP_PROTOCOL_UNKNOWN 256 /* no transport key can be made */

struct sp_eth {
	__u8 addresses[12];
	__be16 protocol;
};

struct sp_vlan {
	__be16 tag;
	__be16 protocol;
};

struct sp_ipv4 {
	__u8 version_words;
	__u8 tos;
	__be16 length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 target;
};

struct sp_ipv6 {
	__be32 version_flow;
	__be16 length;
	__u8 next;
	__u8 hops;
	__u32 source[4];
	__u32 target[4];
};

struct sp_extension {
	__u8 next;
	__u8 words; /* of 8 bytes beyond the first; AH: of 4 bytes beyond the second */
	__be16 fragment;
	__be32 id;
};

struct sp_ports {
	__be16 source;
	__be16 target;
};

struct sp_tcp_flags {
	__u8 before[13];
	__u8 flags;
};
#define SP_TCP_FLAG_SYN 0x02
#define SP_TCP_FLAG_RST 0x04
#define SP_TCP_FLAG_ACK 0x10

/* The facts, and how far they are known (enum sp_known). */
struct sp_packet {
	struct sp_flow flow;
	__u64 tag; /* of the image that decides */
	__u32 known;
	__u32 protocol;	 /* of the transport, or SP_PROTOCOL_UNKNOWN */
	__u32 has_ports; /* the transport header, or a part of it, may follow at the cursor */
};

struct sp_cursor {
	void *at;
	void *end;
};

/* The next `size` bytes, or NULL. A macro, because the verifier wants to see a constant size. */
#define sp_next_bytes(cursor, type)                                                                \
	({                                                                                         \
		type *header = (cursor)->at;                                                       \
		(void *)(header + 1) <= (cursor)->end ? ((cursor)->at = header + 1, header)        \
						      : (type *)NULL;                              \
	})

static __always_inline bool sp_protocol_has_ports(__u32 protocol)
{
	return protocol == SP_IPPROTO_TCP || protocol == SP_IPPROTO_UDP ||
	       protocol == SP_IPPROTO_DCCP || protocol == SP_IPPROTO_SCTP ||
	       protocol == SP_IPPROTO_UDPLITE;
}

/* A bit for each protocol that is an IPv6 extension header: with comparisons the verifier would
 * follow every one of them to the end of the packet. volatile: else clang puts it into a section
 * for constants of its size, of which libbpf makes no map. */
#define SP_PROTOCOL_BIT(protocol) (1ull << ((protocol)&63))
static const volatile __u64 sp_extensions[256 / 64] = {
    [0] = SP_PROTOCOL_BIT(SP_IPPROTO_HOPOPTS) | SP_PROTOCOL_BIT(SP_IPPROTO_ROUTING) |
	  SP_PROTOCOL_BIT(SP_IPPROTO_FRAGMENT) | SP_PROTOCOL_BIT(SP_IPPROTO_AH) |
	  SP_PROTOCOL_BIT(SP_IPPROTO_DSTOPTS),
    [2] = SP_PROTOCOL_BIT(SP_IPPROTO_MOBILITY) | SP_PROTOCOL_BIT(SP_IPPROTO_HIP) |
	  SP_PROTOCOL_BIT(SP_IPPROTO_SHIM6),
};

/* Precondition: it is the number of one, and not SP_PROTOCOL_UNKNOWN. */
static __always_inline bool sp_is_extension(__u32 protocol)
{
	__u64 word = protocol / 64;

	sp_opaque(word);
	return sp_extensions[word & 3] >> (protocol & 63) & 1;
}

static __always_inline bool sp_is_vlan(__be16 protocol)
{
	return protocol == bpf_htons(SP_ETH_P_8021Q) || protocol == bpf_htons(SP_ETH_P_8021AD);
}

/* The EtherType behind the tags. A third tag is an EtherType that nothing here knows. */
static __always_inline __be16 sp_parse_ethernet(struct sp_cursor *cursor)
{
	struct sp_eth *eth = sp_next_bytes(cursor, struct sp_eth);
	struct sp_vlan *vlan;
	__be16 protocol;
	int i;

	if (!eth)
		return 0;
	protocol = eth->protocol;
#pragma unroll
	for (i = 0; i < SP_VLAN_TAGS_MAX; i++) {
		if (!sp_is_vlan(protocol))
			break;
		vlan = sp_next_bytes(cursor, struct sp_vlan);
		if (!vlan)
			return 0;
		protocol = vlan->protocol;
	}
	return protocol;
}

static __always_inline void sp_set_v4(__u8 address[16], __be32 v4)
{
	__u32 *word = (__u32 *)address;

	word[0] = 0;
	word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = v4;
}

static __always_inline void sp_set_v6(__u8 address[16], const __u32 v6[4])
{
	__u32 *word = (__u32 *)address;

	word[0] = v6[0];
	word[1] = v6[1];
	word[2] = v6[2];
	word[3] = v6[3];
}

/* A header shorter than it says, or of another version, hides the transport header. */
static __always_inline void sp_parse_v4(struct sp_cursor *cursor, struct sp_packet *packet)
{
	struct sp_ipv4 *ip = sp_next_bytes(cursor, struct sp_ipv4);
	__u32 words, version;

	packet->protocol = SP_PROTOCOL_UNKNOWN;
	if (!ip)
		return;
	sp_set_v4(packet->flow.source, ip->source);
	sp_set_v4(packet->flow.target, ip->target);
	packet->known |= SP_KNOWN_SOURCE | SP_KNOWN_TARGET;
	packet->protocol = ip->protocol;
	words = ip->version_words & 15;
	version = ip->version_words >> 4;
	packet->has_ports = version == 4 && words >= 5 && !(ip->fragment & bpf_htons(0x1fff));
	cursor->at = (void *)ip + words * 4;
}

/* What sp_parse_extension may go forward: (255 + 1) * 8 at most. */
#define SP_EXTENSION_MASK 4095
#define SP_EXTENSIONS_MASK 32767 /* IPv6 header and SP_EXTENSIONS_MAX of them */

/* One extension header. False: `protocol` is the transport's, or unknown. */
static __always_inline bool sp_parse_extension(struct sp_cursor *cursor, struct sp_packet *packet)
{
	__u32 type = packet->protocol, size;
	struct sp_extension *extension;

	if (!sp_is_extension(type))
		return false;
	extension = sp_next_bytes(cursor, struct sp_extension);
	if (!extension) {
		packet->protocol = SP_PROTOCOL_UNKNOWN;
		return false;
	}
	packet->protocol = extension->next;
	size = (extension->words + 1) * 8;
	if (type == SP_IPPROTO_AH)
		size = (extension->words + 2) * 4;
	if (type == SP_IPPROTO_FRAGMENT) {
		size = 8;
		packet->has_ports = !(extension->fragment & bpf_htons(0xfff8));
	}
	size = sp_forget(size); /* one way for the verifier, not one for each type */
	cursor->at = (void *)extension + (size & SP_EXTENSION_MASK);
	return packet->has_ports;
}

/* After a later fragment's header, or too many headers, another header is not the transport's. */
static __always_inline void sp_parse_v6(struct sp_cursor *cursor, struct sp_packet *packet)
{
	struct sp_ipv6 *ip = sp_next_bytes(cursor, struct sp_ipv6);
	__u64 size;
	int i;

	packet->protocol = SP_PROTOCOL_UNKNOWN;
	if (!ip)
		return;
	sp_set_v6(packet->flow.source, ip->source);
	sp_set_v6(packet->flow.target, ip->target);
	packet->known |= SP_KNOWN_SOURCE | SP_KNOWN_TARGET;
	packet->protocol = ip->next;
	packet->has_ports = 1;
	for (i = 0; i < SP_EXTENSIONS_MAX; i++) {
		if (!sp_parse_extension(cursor, packet))
			break;
	}
	if (packet->protocol < SP_PROTOCOL_UNKNOWN && sp_is_extension(packet->protocol))
		packet->protocol = SP_PROTOCOL_UNKNOWN;
	/* The same place, whatever number of headers led there. */
	size = cursor->at - (void *)ip;
	sp_opaque(size);
	size = sp_forget(size);
	cursor->at = (void *)ip + (size & SP_EXTENSIONS_MASK);
}

static __always_inline __u32 sp_parse_tcp_state(struct sp_cursor cursor)
{
	struct sp_tcp_flags *tcp = sp_next_bytes(&cursor, struct sp_tcp_flags);

	if (!tcp)
		return SP_TCP_UNREADABLE;
	if ((tcp->flags & (SP_TCP_FLAG_SYN | SP_TCP_FLAG_ACK)) == SP_TCP_FLAG_SYN)
		return SP_TCP_SYN;
	return tcp->flags & (SP_TCP_FLAG_ACK | SP_TCP_FLAG_RST) ? SP_TCP_ESTABLISHED : SP_TCP_OTHER;
}

static __always_inline void sp_parse_ports(struct sp_cursor cursor, struct sp_packet *packet)
{
	struct sp_ports *ports = sp_next_bytes(&cursor, struct sp_ports);

	if (!ports)
		return;
	packet->flow.source_port = bpf_ntohs(ports->source);
	packet->flow.port = bpf_ntohs(ports->target);
	packet->flow.ports_known = 1;
	packet->known |= SP_KNOWN_PORT;
}

static __always_inline void sp_parse_transport(const struct sp_cursor *cursor,
					       struct sp_packet *packet)
{
	__u32 protocol = packet->protocol, state = SP_TCP_OTHER;

	if (protocol >= SP_PROTOCOL_UNKNOWN)
		return;
	if (!sp_protocol_has_ports(protocol))
		packet->known |= SP_KNOWN_PORT; /* the port of a protocol without ports is 0 */
	else if (packet->has_ports)
		sp_parse_ports(*cursor, packet);
	if (protocol == SP_IPPROTO_TCP)
		state = packet->has_ports ? sp_parse_tcp_state(*cursor) : SP_TCP_UNREADABLE;
	packet->flow.transport = sp_transport_key(protocol, state);
	packet->known |= SP_KNOWN_TRANSPORT;
}

/* See sp_forget. */
__noinline int sp_forget_packet(struct sp_packet *packet)
{
	sp_keep_call();
	return packet != NULL;
}

/* False: not an IP packet. __noinline: its stack is free again afterwards. */
static __noinline bool sp_parse_packet(struct xdp_md *ctx, struct sp_packet *packet)
{
	struct sp_cursor cursor = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	__be16 protocol = sp_parse_ethernet(&cursor);

	if (protocol == bpf_htons(SP_ETH_P_IP))
		sp_parse_v4(&cursor, packet);
	else if (protocol == bpf_htons(SP_ETH_P_IPV6))
		sp_parse_v6(&cursor, packet);
	else if (sp_is_vlan(protocol))
		packet->protocol = SP_PROTOCOL_UNKNOWN;
	else
		return false;
	sp_parse_transport(&cursor, packet);
	return true;
}

/* ---- where it comes from: most packets come from where no rule looks ---- */

/* The atom of the source alone, without the other facts. */
static __always_inline __u32 sp_source_atom(struct xdp_md *ctx, void *image,
					    const struct sp_header *header)
{
	struct sp_cursor cursor = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	__be16 protocol = sp_parse_ethernet(&cursor);
	struct sp_ipv4 *v4;
	struct sp_ipv6 *v6;
	__u8 source[16];

	if (protocol == bpf_htons(SP_ETH_P_IP)) {
		v4 = sp_next_bytes(&cursor, struct sp_ipv4);
		if (v4)
			return sp_v4_atom(image, header, bpf_ntohl(v4->source));
	} else if (protocol == bpf_htons(SP_ETH_P_IPV6)) {
		v6 = sp_next_bytes(&cursor, struct sp_ipv6);
		if (v6) {
			sp_set_v6(source, v6->source);
			return sp_address_atom(image, header, source);
		}
	}
	return SP_ATOM_UNKNOWN;
}

static __always_inline bool sp_has_box_from(void *image, const struct sp_header *header,
					    __u32 which, __u32 source)
{
	__u32 rowdir = header->area[which].rowdir[SP_DIM_SOURCE];

	return header->areas & SP_AREA_BIT(which) && (!rowdir || sp_u32_at(image, rowdir, source));
}

/*
 * The source's atom, or SP_ATOM_NONE when nothing can match, whatever else the packet is.
 * __noinline: what the verifier knows of each way through it ends with it, and so does its stack.
 */
static __noinline __u32 sp_listed_source(struct xdp_md *ctx, void *image)
{
	struct sp_header *header = sp_header_of(image);
	__u32 source;

	if (!header)
		return SP_ATOM_NONE;
	source = sp_forget(sp_source_atom(ctx, image, header));
	if (sp_has_box_from(image, header, SP_AREA_INBOUND, source) ||
	    sp_has_box_from(image, header, SP_AREA_LIMIT_INBOUND, source))
		return source;
	return SP_ATOM_NONE;
}

/* ---- deciding ---- */

/* All but the source's. */
static __always_inline void sp_packet_atoms(void *image, struct sp_packet *packet, __u32 *atoms)
{
	struct sp_header *header = sp_header_of(image);
	__u32 i;

#pragma unroll
	for (i = 0; i < SP_DIM_COUNT; i++)
		atoms[i] = sp_forget(SP_ATOM_UNKNOWN);
	if (!header)
		return;
	packet->tag = header->tag;
	if (packet->known & SP_KNOWN_TRANSPORT)
		atoms[SP_DIM_TRANSPORT] = sp_transport_atom(image, header, packet->flow.transport);
	if (packet->known & SP_KNOWN_TARGET)
		atoms[SP_DIM_TARGET] = sp_address_atom(image, header, packet->flow.target);
	if (packet->known & SP_KNOWN_PORT)
		atoms[SP_DIM_PORT] = sp_port_atom(image, header, packet->flow.port);
}

/* __noinline, both: two searches on one stack are too much for 512 bytes. */
static __noinline void sp_decide_inbound(void *image, struct sp_decision *decision)
{
	sp_decide(image, SP_AREA_INBOUND, SP_DIMS_PACKET, decision);
}

static __noinline void sp_decide_inbound_limits(void *image, const struct sp_flow *flow,
						struct sp_decision *decision)
{
	sp_decide_limits(image, flow->source, decision);
}

/* A packet that is dropped feeds no limit; one that is only recorded does. */
static __always_inline int sp_filter_listed(struct xdp_md *ctx, void *image, __u32 source)
{
	struct sp_decision decision = {.carrier = SP_CARRIER_XDP};
	struct sp_packet packet = {};

	if (!sp_parse_packet(ctx, &packet))
		return XDP_PASS;
	sp_forget_packet(&packet);
	packet.flow.ifindex = ctx->ingress_ifindex;
	packet.flow.length = bpf_xdp_get_buff_len(ctx);
	sp_packet_atoms(image, &packet, decision.atoms);
	decision.atoms[SP_DIM_SOURCE] = source;
	sp_decide_inbound(image, &decision);
	if (decision.verdict != SP_PASS)
		sp_report_packet(&decision, &packet.flow, packet.tag);
	if (decision.verdict >= SP_DENY)
		return XDP_DROP;
	sp_decide_inbound_limits(image, &packet.flow, &decision);
	if (decision.verdict != SP_PASS)
		sp_report_packet(&decision, &packet.flow, packet.tag);
	return decision.verdict >= SP_DENY ? XDP_DROP : XDP_PASS;
}

static __always_inline int sp_filter(struct xdp_md *ctx)
{
	void *image = sp_active_image();
	__u32 source = image ? sp_listed_source(ctx, image) : SP_ATOM_NONE;

	return source == SP_ATOM_NONE ? XDP_PASS : sp_filter_listed(ctx, image, source);
}

#endif
