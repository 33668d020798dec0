/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h: socket addresses from text: "127.0.0.1", "::1", "::ffff:127.0.0.1". Good input only.
 */
#ifndef SYNPOL_TESTS_ADDRESS_H
#define SYNPOL_TESTS_ADDRESS_H

#include "platform.h"

#define FAMILY_V4 2
#define FAMILY_V6 10

struct address {
	u16 family;
	u8 port[2];
	union {
		u8 v4[4];
		u32 flow_info;
	};
	u8 v6[16];
	u32 scope;
};

static int is_v6(const char *text)
{
	for (; *text; text++)
		if (*text == ':')
			return 1;
	return 0;
}

static void parse_v4(const char *text, u8 *bytes)
{
	int i;

	for (i = 0; i < 4; i++) {
		u8 value = 0;

		while (*text >= '0' && *text <= '9')
			value = (u8)(value * 10 + (*text++ - '0'));
		bytes[i] = value;
		text++;
	}
}

static int has_dot_first(const char *text)
{
	while (*text && *text != ':' && *text != '.')
		text++;
	return *text == '.';
}

/* Writes the groups from `text` on and returns how many bytes; `gap` is where "::" was, or -1. */
static int parse_groups(const char *text, u8 *bytes, int *gap)
{
	int at = 0;

	while (*text && at < 16) {
		u32 value = 0;

		if (text[0] == ':' && text[1] == ':') {
			*gap = at;
			text += 2;
			continue;
		}
		if (*text == ':')
			text++;
		if (has_dot_first(text)) {
			parse_v4(text, bytes + at);
			return at + 4;
		}
		for (; *text && *text != ':'; text++)
			value = value * 16 +
				(u32)(*text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10);
		bytes[at++] = (u8)(value >> 8);
		bytes[at++] = (u8)value;
	}
	return at;
}

static void parse_v6(const char *text, u8 *bytes)
{
	u8 groups[16] = {0};
	int gap = -1, i;
	int used = parse_groups(text, groups, &gap);

	if (gap < 0)
		gap = used;
	for (i = 0; i < gap; i++)
		bytes[i] = groups[i];
	for (i = gap; i < used; i++)
		bytes[16 - used + i] = groups[i];
}

/* Returns the length that the kernel wants to hear. */
static word make_address(struct address *address, const char *text, const char *port)
{
	word number = number_of(port);

	*address = (struct address){.family = is_v6(text) ? FAMILY_V6 : FAMILY_V4};
	address->port[0] = (u8)(number >> 8);
	address->port[1] = (u8)number;
	if (address->family == FAMILY_V6)
		parse_v6(text, address->v6);
	else
		parse_v4(text, address->v4);
	return address->family == FAMILY_V6 ? 28 : 16;
}

#endif
