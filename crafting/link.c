/* SPDX-License-Identifier: GPL-3.0-or-later
 * The link header of a captured frame: the table of link types, and for each
 * what stands before the IP packet (https://www.tcpdump.org/linktypes.html).
 */
#include "link.h"

#include <string.h>

#include "cursor.h"

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_DLT = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

enum {
	ETHERTYPE_IS_IPV4 = 0x0800,
	ETHERTYPE_IS_IPV6 = 0x86dd,
	ETHERTYPE_IS_8021Q = 0x8100,
	ETHERTYPE_IS_8021AD = 0x88a8,
	ETHERTYPE_IS_OLD_QINQ = 0x9100,
	ETHERTYPE_IS_MPLS = 0x8847,
	ETHERTYPE_IS_PPPOE = 0x8864,
};

#define VLAN_TAGS_MAX 4
#define MPLS_LABELS_MAX 8

/* A header reader consumes the link header and returns the IP version that
 * the header promises: 4, 6, LINK_ANY_IP, or 0 for anything else. */
#define LINK_ANY_IP 1

/* RFC 1661 2, 6.5, RFC 1662 3.1: address and control may be absent, and a
 * protocol number below 256 may be compressed to its (odd) low byte. */
static int read_ppp(struct cursor *c)
{
	uint16_t protocol = cursor_u8(c);

	if (protocol == 0xff) {
		cursor_take(c, 1);
		protocol = cursor_u8(c);
	}
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | cursor_u8(c));
	if (protocol == 0x0021)
		return 4;
	return protocol == 0x0057 ? 6 : 0;
}

/* RFC 2516 4: version, type, code, session and length, then as in PPP. */
static int read_pppoe(struct cursor *c)
{
	cursor_take(c, 6);
	return read_ppp(c);
}

/* RFC 3032 2.1: the last label has a bit set; what follows is not said. */
static int skip_labels(struct cursor *c)
{
	for (int labels = 0; labels < MPLS_LABELS_MAX; labels++)
		if (cursor_u32(c) & 0x100)
			return LINK_ANY_IP;
	return 0;
}

/* IEEE 802.1Q 9.3: a tag is two bytes, and another ethertype follows. */
static int skip_tags(struct cursor *c, uint16_t type)
{
	int tags;

	for (tags = 0; tags < VLAN_TAGS_MAX; tags++) {
		if (type != ETHERTYPE_IS_8021Q && type != ETHERTYPE_IS_8021AD &&
		    type != ETHERTYPE_IS_OLD_QINQ)
			break;
		cursor_take(c, 2);
		type = cursor_u16(c);
	}
	if (type == ETHERTYPE_IS_PPPOE)
		return read_pppoe(c);
	if (type == ETHERTYPE_IS_MPLS)
		return skip_labels(c);
	if (type == ETHERTYPE_IS_IPV4)
		return 4;
	return type == ETHERTYPE_IS_IPV6 ? 6 : 0;
}

static int read_ethernet(struct cursor *c)
{
	cursor_take(c, 12);
	return skip_tags(c, cursor_u16(c));
}

/* LINKTYPE_LINUX_SLL: the ethertype ends a header of 16 bytes. */
static int read_linux_sll(struct cursor *c)
{
	cursor_take(c, 14);
	return skip_tags(c, cursor_u16(c));
}

/* LINKTYPE_LINUX_SLL2: the ethertype begins a header of 20 bytes. */
static int read_linux_sll2(struct cursor *c)
{
	uint16_t type = cursor_u16(c);

	cursor_take(c, 18);
	return skip_tags(c, type);
}

/* AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and
 * OpenBSD, 28 on FreeBSD, 30 on macOS. */
static int version_of_family(uint32_t family)
{
	switch (family) {
	case 2:
		return 4;
	case 10:
	case 24:
	case 28:
	case 30:
		return 6;
	}
	return 0;
}

static uint32_t swapped(uint32_t v)
{
	return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

/* LINKTYPE_NULL: in the byte order of the host that captured. */
static int read_null(struct cursor *c)
{
	uint32_t family = cursor_u32(c);
	int version = version_of_family(family);

	return version ? version : version_of_family(swapped(family));
}

static int read_loop(struct cursor *c)
{
	return version_of_family(cursor_u32(c));
}

static int read_raw(struct cursor *c)
{
	(void)c;
	return LINK_ANY_IP;
}

static int read_ipv4(struct cursor *c)
{
	(void)c;
	return 4;
}

static int read_ipv6(struct cursor *c)
{
	(void)c;
	return 6;
}

struct link_kind {
	int link_type;
	int (*read)(struct cursor *c);
	size_t header;
	struct link_address addresses[LINK_ADDRESSES];
};

static const struct link_kind kinds[] = {
	{LINK_NULL, read_null, 4, {{0}}},
	{LINK_ETHERNET, read_ethernet, 14, {{0, 6}, {6, 6}}},
	{LINK_PPP, read_ppp, 2, {{0}}},
	{LINK_RAW_DLT, read_raw, 0, {{0}}},
	{LINK_RAW_OPENBSD, read_raw, 0, {{0}}},
	{LINK_RAW, read_raw, 0, {{0}}},
	{LINK_LOOP, read_loop, 4, {{0}}},
	{LINK_LINUX_SLL, read_linux_sll, 16, {{6, 8}}},
	{LINK_IPV4, read_ipv4, 0, {{0}}},
	{LINK_IPV6, read_ipv6, 0, {{0}}},
	{LINK_LINUX_SLL2, read_linux_sll2, 20, {{12, 8}}},
};

static const struct link_kind *kind_of(int link_type)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].link_type == link_type)
			return &kinds[i];
	return NULL;
}

bool link_supported(int link_type)
{
	return kind_of(link_type) != NULL;
}

unsigned link_find_addresses(int link_type, size_t captured,
			     struct link_address out[LINK_ADDRESSES])
{
	const struct link_kind *kind = kind_of(link_type);
	unsigned count = 0;

	for (unsigned i = 0; kind && i < LINK_ADDRESSES; i++)
		if (kind->addresses[i].length &&
		    captured >=
			    kind->addresses[i].at + kind->addresses[i].length)
			out[count++] = kind->addresses[i];
	return count;
}

size_t link_header_length(int link_type)
{
	const struct link_kind *kind = kind_of(link_type);

	return kind ? kind->header : 0;
}

bool link_find_ip(int link_type, const uint8_t *frame, size_t captured,
		  const uint8_t **ip, size_t *length)
{
	const struct link_kind *kind = kind_of(link_type);
	struct cursor c = cursor_over(frame, captured);
	struct cursor peek;
	int promised, version;

	if (!kind)
		return false;
	promised = kind->read(&c);
	peek = c;
	version = cursor_u8(&peek) >> 4;
	if (!promised || peek.failed || (version != 4 && version != 6))
		return false;
	if (promised != LINK_ANY_IP && promised != version)
		return false;
	*ip = c.at;
	*length = c.left;
	return true;
}

/* LINKTYPE_LINUX_SLL begins with the packet type of packet(7). */
#define SLL_OUTGOING 4
#define SLL2_INTERFACE 4    /* bytes before it */
#define SLL2_PACKET_TYPE 10 /* the same */

/* LINKTYPE_LINUX_SLL2: its packet type and interface. */
static unsigned read_sll2_ends(struct cursor *c, uint32_t *interface)
{
	unsigned type;

	cursor_take(c, SLL2_INTERFACE);
	*interface = cursor_u32(c);
	cursor_take(c, SLL2_PACKET_TYPE - SLL2_INTERFACE - 4);
	type = cursor_u8(c);
	return type;
}

void link_read_ends(int link_type, const uint8_t *frame, size_t captured,
		    struct link_ends *out)
{
	struct cursor c = cursor_over(frame, captured);
	uint32_t interface = 0;
	unsigned type = 0;

	*out = (struct link_ends){0};
	if (link_type == LINK_ETHERNET && captured >= 12) {
		out->addressed = true;
		memcpy(out->to, frame, 6);
		memcpy(out->from, frame + 6, 6);
		return;
	}
	if (link_type == LINK_LINUX_SLL)
		type = cursor_u16(&c);
	else if (link_type == LINK_LINUX_SLL2)
		type = read_sll2_ends(&c, &interface);
	else
		return;
	if (c.failed)
		return;
	out->way = type == SLL_OUTGOING ? LINK_WAY_OUT : LINK_WAY_IN;
	out->interface = interface;
}

bool link_goes_to(const struct link_ends *f, const struct link_ends *sent)
{
	return sent->addressed && f->addressed &&
	       memcmp(f->to, sent->from, sizeof(f->to)) == 0;
}

bool link_comes_back(const struct link_ends *sent, const struct link_ends *f)
{
	if (sent->addressed && f->addressed)
		return link_goes_to(f, sent) &&
		       memcmp(f->from, sent->from, sizeof(f->from)) != 0;
	return sent->way == LINK_WAY_OUT && f->way == LINK_WAY_IN;
}
