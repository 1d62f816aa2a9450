/* SPDX-License-Identifier: GPL-3.0-or-later
 * Parsing of received packets and of the packets that ICMP errors quote.
 *
 * Every length that a header states is a claim. A view never reaches past
 * the bytes that are there, and never past the packet's own end: what stands
 * behind it is link padding. One exception, IP length 0: capturing hosts
 * show super-segments of 64 KiB and more so (TSO, GRO, BIG TCP), and then
 * the packet is all that is there.
 */
#include "packet.h"

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "cursor.h"

enum {
	IPV4_HEADER_MIN = 20,
	IPV6_HEADER = 40,
	TCP_HEADER_MIN = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
	PORTS = 4, /* less of a transport header than this is none */
	EXTENSION_HEADERS_MAX = 10,
};

/* RFC 4884: where the quote ends if an extension structure follows it and
 * the length attribute does not say (section 5.5), and the structure. */
enum {
	LEGACY_QUOTE = 128,
	EXTENSION_VERSION = 2,
	EXTENSION_HEADER = 4,
	OBJECT_HEADER = 4,
	MPLS_LABEL_STACK_CLASS = 1,
	MPLS_INCOMING_STACK = 1,
	MPLS_ENTRY = 4,
};

enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO_REQUEST = 8,
	ICMP4_UNREACHABLE = 3,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP4_CODE_PORT = 3,
	ICMP4_CODE_TOO_BIG = 4,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_CODE_PORT = 4,
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct address take_address(struct cursor *c, size_t length)
{
	const uint8_t *bytes = cursor_take(c, length);

	return bytes ? address_from(bytes, length) : (struct address){0};
}

/* RFC 791 3.1. False if the fixed header is not there, or not one. */
static bool parse_ipv4(struct ip_view *ip, struct cursor c)
{
	struct cursor start = c;
	uint16_t fragment;
	const uint8_t *whole;

	ip->header_length = (cursor_u8(&c) & 0x0fU) * 4;
	ip->traffic_class = cursor_u8(&c);
	ip->total_length = cursor_u16(&c);
	ip->id = cursor_u16(&c);
	fragment = cursor_u16(&c);
	ip->dont_fragment = fragment & 0x4000;
	ip->more_fragments = fragment & 0x2000;
	ip->fragment_offset = (uint16_t)((fragment & 0x1fff) * 8);
	ip->ttl = cursor_u8(&c);
	ip->protocol = cursor_u8(&c);
	ip->checksum = cursor_u16(&c);
	ip->source = take_address(&c, 4);
	ip->destination = take_address(&c, 4);
	whole = cursor_take(&start, ip->header_length);
	if (whole)
		ip->checksum_valid = checksum_finish(checksum_add(
					     0, whole, ip->header_length)) == 0;
	return !c.failed && ip->header_length >= IPV4_HEADER_MIN;
}

/* RFC 8200 3. A payload length of 0 is honest only where nothing follows. */
static bool parse_ipv6(struct ip_view *ip, struct cursor c)
{
	uint32_t first = cursor_u32(&c);
	uint16_t payload_length = cursor_u16(&c);

	ip->traffic_class = (uint8_t)(first >> 20);
	ip->flow_label = first & 0xfffff;
	ip->protocol = cursor_u8(&c);
	ip->ttl = cursor_u8(&c);
	ip->source = take_address(&c, 16);
	ip->destination = take_address(&c, 16);
	ip->header_length = IPV6_HEADER;
	if (payload_length || ip->protocol == IPPROTO_NONE)
		ip->total_length = IPV6_HEADER + (size_t)payload_length;
	return !c.failed;
}

/* RFC 8200 4.5 */
static void parse_fragment_header(struct ip_view *ip, struct cursor *c)
{
	uint16_t offset;

	cursor_u8(c); /* reserved */
	offset = cursor_u16(c);
	ip->fragment_offset = offset & 0xfff8;
	ip->more_fragments = offset & 1;
	ip->id = (uint16_t)cursor_u32(c);
}

/* Steps over one extension header: RFC 8200 4.3 (hop-by-hop), 4.4 (routing),
 * 4.5, 4.6 (destination options), RFC 4302 2 (authentication). False if the
 * protocol is none of them, or the header is cut. */
static bool skip_extension(struct ip_view *ip, struct cursor *c)
{
	struct cursor header = *c;
	struct ip_view next = *ip;
	size_t length = 8;

	next.protocol = cursor_u8(&header);
	switch (ip->protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		length = (cursor_u8(&header) + 1U) * 8;
		break;
	case IPPROTO_AH:
		length = (cursor_u8(&header) + 2U) * 4;
		break;
	case IPPROTO_FRAGMENT:
		parse_fragment_header(&next, &header);
		break;
	default:
		return false;
	}
	if (header.failed || !cursor_take(c, length))
		return false;
	next.header_length += length;
	*ip = next;
	return true;
}

/* On to the transport. An extension header that cannot be stepped over is
 * left as the protocol, which no transport has. */
static void skip_extensions(struct ip_view *ip, struct cursor *c)
{
	int i;

	for (i = 0; i < EXTENSION_HEADERS_MAX; i++)
		if (!skip_extension(ip, c) || ip->fragment_offset)
			return;
}

/* What the data offset splits: options and payload (RFC 9293 3.1). */
static void split_tcp(struct tcp_view *tcp, struct cursor c)
{
	size_t options_length;

	if (tcp->data_offset < TCP_HEADER_MIN)
		return;
	options_length = tcp->data_offset - TCP_HEADER_MIN;
	tcp->options_length = options_length;
	tcp->options_available = smaller(options_length, c.left);
	tcp->options = cursor_take(&c, tcp->options_available);
	if (tcp->length > tcp->data_offset)
		tcp->payload_length = tcp->length - tcp->data_offset;
	tcp->payload_available = c.left;
	tcp->payload = cursor_take(&c, c.left);
}

/* RFC 9293 3.1. A cut header: the fields that are not there stay zero. */
static void parse_tcp(struct packet *p, struct cursor c, size_t length)
{
	struct tcp_view *tcp = &p->tcp;
	uint8_t offset;

	p->transport = TRANSPORT_TCP;
	tcp->bytes = c.at;
	tcp->available = c.left;
	tcp->length = length;
	tcp->source_port = cursor_u16(&c);
	tcp->destination_port = cursor_u16(&c);
	tcp->sequence = cursor_u32(&c);
	tcp->acknowledgment = cursor_u32(&c);
	offset = cursor_u8(&c);
	tcp->data_offset = (uint8_t)((offset >> 4) * 4);
	tcp->reserved = offset & 0x0f;
	if (tcp->data_offset < TCP_HEADER_MIN)
		tcp->data_offset = 0;
	tcp->flags = cursor_u8(&c);
	tcp->window = cursor_u16(&c);
	tcp->checksum = cursor_u16(&c);
	tcp->urgent = cursor_u16(&c);
	if (!c.failed)
		split_tcp(tcp, c);
}

/* RFC 768. A length that UDP has no room for is not believed. */
static void parse_udp(struct packet *p, struct cursor c)
{
	struct udp_view *udp = &p->udp;

	p->transport = TRANSPORT_UDP;
	udp->bytes = c.at;
	udp->available = c.left;
	udp->source_port = cursor_u16(&c);
	udp->destination_port = cursor_u16(&c);
	udp->length = cursor_u16(&c);
	udp->checksum = cursor_u16(&c);
	if (c.failed)
		return;
	udp->payload_available = c.left;
	if (udp->length >= UDP_HEADER)
		udp->payload_available =
			smaller(c.left, (size_t)udp->length - UDP_HEADER);
	udp->payload = cursor_take(&c, udp->payload_available);
}

/* RFC 792 and RFC 4443 4: the same form in both families. */
static bool parse_echo(struct packet *p, struct cursor c)
{
	bool ip4 = p->ip.version == 4;
	bool reply =
		p->icmp.type == (ip4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY);

	if (!reply &&
	    p->icmp.type != (ip4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST))
		return false;
	cursor_take(&c, 4);
	p->echo_id = cursor_u16(&c);
	p->echo_sequence = cursor_u16(&c);
	p->echo_payload_available = c.left;
	p->echo_payload = cursor_take(&c, c.left);
	p->transport =
		reply ? TRANSPORT_ICMP_ECHO_REPLY : TRANSPORT_ICMP_ECHO_REQUEST;
	return true;
}

/* RFC 3032 2.1, in an object of RFC 4950 3. */
static void parse_mpls_stack(struct icmp_view *icmp, struct cursor c)
{
	while (c.left >= MPLS_ENTRY && icmp->mpls_count < MPLS_MAX) {
		struct mpls_label *entry = &icmp->mpls[icmp->mpls_count++];
		uint32_t word = cursor_u32(&c);

		entry->label = word >> 12;
		entry->traffic_class = word >> 9 & 7;
		entry->bottom = word >> 8 & 1;
		entry->ttl = (uint8_t)word;
	}
}

/* RFC 4884 7.1: one object; false if its length is not one. */
static bool parse_object(struct icmp_view *icmp, struct cursor *c)
{
	uint16_t length = cursor_u16(c);
	uint8_t class = cursor_u8(c);
	uint8_t type = cursor_u8(c);
	struct cursor body;

	if (c->failed || length < OBJECT_HEADER || length % 4)
		return false;
	body = cursor_slice(c, length - (size_t)OBJECT_HEADER);
	if (c->failed)
		return false;
	if (class == MPLS_LABEL_STACK_CLASS && type == MPLS_INCOMING_STACK)
		parse_mpls_stack(icmp, body);
	return true;
}

/* RFC 4884 7: whether a whole, valid extension structure is what stands at
 * the cursor. A checksum of zero means that none was sent; where only the
 * checksum tells that this is a structure at all, that is not enough. */
static bool parse_extension(struct icmp_view *icmp, struct cursor c,
			    bool needs_checksum)
{
	struct icmp_view found = *icmp;
	uint32_t sum = checksum_add(0, c.at, c.left);
	struct cursor start = c;
	uint8_t version = cursor_u8(&c) >> 4;
	uint16_t checksum;

	cursor_u8(&c); /* reserved */
	checksum = cursor_u16(&c);
	if (c.failed || version != EXTENSION_VERSION)
		return false;
	if (checksum ? checksum_finish(sum) != 0 : needs_checksum)
		return false;
	while (c.left)
		if (!parse_object(&found, &c))
			return false;
	*icmp = found;
	icmp->extended = true;
	icmp->extension = start.at;
	icmp->extension_length = start.left;
	return true;
}

/* The length of a packet by its own header; SIZE_MAX if that is cut off or
 * 0, or the version is unknown. */
static size_t own_length(struct cursor c)
{
	uint8_t version = cursor_u8(&c) >> 4;
	size_t length;

	cursor_take(&c, version == 6 ? 3 : 1);
	length = cursor_u16(&c);
	if (c.failed || !length || (version != 4 && version != 6))
		return SIZE_MAX;
	return version == 6 ? IPV6_HEADER + length : length;
}

/* Where the quote ends and the extension begins. `quoted` is the length
 * attribute in bytes, 0 if there is none; `whole` says that the message is
 * not cut, so that an extension can be told by its checksum. RFC 4884 5.5:
 * routers older than it extend without the attribute, after 128 bytes. */
static void find_quote(struct icmp_view *icmp, struct cursor c, size_t quoted,
		       bool whole)
{
	size_t limit = c.left;
	struct cursor rest = c;
	bool attribute = quoted != 0;

	if (!attribute)
		quoted = LEGACY_QUOTE;
	if (cursor_take(&rest, quoted)) {
		bool found = whole && parse_extension(icmp, rest, !attribute);

		if (found || attribute || !whole)
			limit = quoted;
	}
	icmp->quote_length = smaller(limit, own_length(c));
	icmp->quote = cursor_take(&c, icmp->quote_length);
}

/* RFC 792, RFC 1191 4 (next-hop MTU), RFC 1812 5.2.7.1 (codes) */
static bool classify_icmp4(struct icmp_view *icmp, uint32_t word)
{
	uint8_t code = icmp->code;

	switch (icmp->type) {
	case ICMP4_UNREACHABLE:
		icmp->too_big = code == ICMP4_CODE_TOO_BIG;
		icmp->unreachable = !icmp->too_big;
		icmp->port_unreachable = code == ICMP4_CODE_PORT;
		icmp->admin_prohibited = code == 9 || code == 10 || code == 13;
		if (icmp->too_big)
			icmp->next_hop_mtu = word & 0xffff;
		return true;
	case ICMP4_TIME_EXCEEDED:
		icmp->time_exceeded = code == 0;
		return true;
	case ICMP4_PARAMETER_PROBLEM:
		icmp->parameter_problem = true;
		return true;
	}
	return false;
}

/* RFC 4443 3 */
static bool classify_icmp6(struct icmp_view *icmp, uint32_t word)
{
	uint8_t code = icmp->code;

	switch (icmp->type) {
	case ICMP6_UNREACHABLE:
		icmp->unreachable = true;
		icmp->port_unreachable = code == ICMP6_CODE_PORT;
		icmp->admin_prohibited = code == 1 || code == 5 || code == 6;
		return true;
	case ICMP6_TOO_BIG:
		icmp->too_big = true;
		icmp->next_hop_mtu = word;
		return true;
	case ICMP6_TIME_EXCEEDED:
		icmp->time_exceeded = code == 0;
		return true;
	case ICMP6_PARAMETER_PROBLEM:
		icmp->parameter_problem = true;
		return true;
	}
	return false;
}

/* RFC 4884 4: the length attribute, in bytes. ICMPv4 counts 32-bit words in
 * the sixth byte of its header; ICMPv6 64-bit words in the fifth, where
 * packet too big and parameter problem have a field of their own. */
static size_t length_attribute(const struct packet *p, uint32_t word)
{
	if (p->ip.version == 4)
		return (word >> 16 & 0xff) * 4;
	if (p->icmp.type == ICMP6_UNREACHABLE ||
	    p->icmp.type == ICMP6_TIME_EXCEEDED)
		return (word >> 24) * 8;
	return 0;
}

static void parse_icmp(struct packet *p, struct cursor c, size_t length)
{
	bool whole = c.left == length && !p->ip.more_fragments;
	struct icmp_view *icmp = &p->icmp;
	struct cursor start = c;
	uint32_t word;
	bool error;

	icmp->type = cursor_u8(&c);
	icmp->code = cursor_u8(&c);
	cursor_u16(&c); /* checksum */
	word = cursor_u32(&c);
	if (c.failed)
		return;
	if (parse_echo(p, start))
		return;
	error = p->ip.version == 4 ? classify_icmp4(icmp, word)
				   : classify_icmp6(icmp, word);
	if (!error)
		return;
	p->transport = TRANSPORT_ICMP_ERROR;
	find_quote(icmp, c, length_attribute(p, word), whole);
}

/* `length` is that of the whole transport as IP says. */
static void parse_transport(struct packet *p, struct cursor c, size_t length)
{
	if (c.failed || c.left < PORTS || p->ip.fragment_offset)
		return;
	if (p->ip.protocol == IPPROTO_TCP)
		parse_tcp(p, c, length);
	else if (p->ip.protocol == IPPROTO_UDP)
		parse_udp(p, c);
	else if (p->ip.protocol ==
		 (p->ip.version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		parse_icmp(p, c, length);
}

static bool parse_ip(struct packet *p)
{
	struct cursor c = cursor_over(p->bytes, p->available);
	struct cursor peek = c;

	p->ip.version = cursor_u8(&peek) >> 4;
	if (p->ip.version == 4)
		return parse_ipv4(&p->ip, c);
	return p->ip.version == 6 && parse_ipv6(&p->ip, c);
}

/* Everything behind the IP header proper. */
static void parse_body(struct packet *p)
{
	struct cursor c = cursor_over(p->bytes, p->available);
	size_t length;

	cursor_take(&c, p->ip.header_length);
	if (p->ip.version == 6)
		skip_extensions(&p->ip, &c);
	if (c.failed)
		return;
	length = p->ip.total_length ? p->ip.total_length - p->ip.header_length
				    : c.left;
	parse_transport(p, c, length);
}

bool packet_parse(const uint8_t *bytes, size_t available, struct packet *out)
{
	memset(out, 0, sizeof(*out));
	out->bytes = bytes;
	out->available = available;
	if (!parse_ip(out))
		return false;
	if (out->ip.total_length)
		out->available = smaller(available, out->ip.total_length);
	parse_body(out);
	return true;
}

/* Nothing above trusts a stated length, so that a quote, which is attacker
 * data twice over, needs no other rules. It is never parsed unasked. */
bool packet_parse_quote(const uint8_t *bytes, size_t available,
			struct packet *out)
{
	return packet_parse(bytes, available, out);
}

/* RFC 9293 3.1: one's complement over the segment with its checksum is 0. */
int packet_tcp_checksum(const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;

	if (p->transport != TRANSPORT_TCP || !p->ip.total_length)
		return -1;
	if (p->ip.fragment_offset || p->ip.more_fragments)
		return -1;
	if (tcp->available < TCP_HEADER_MIN || tcp->available < tcp->length)
		return -1;
	return checksum_transport(&p->ip.source, &p->ip.destination,
				  IPPROTO_TCP, tcp->bytes, tcp->available) == 0;
}
