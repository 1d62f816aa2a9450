/* SPDX-License-Identifier: GPL-3.0-or-later
 * A frame is parsed as it came, and written into its copy. Offsets and lengths
 * stay, so that each view of the one is a place in the other.
 *
 * Payload is overwritten so that its sum (RFC 1071) stays: then the checksums
 * over it stay right, those of DSS as well, whose other segments may be
 * anywhere.
 */
#include "rewrite.h"

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "cursor.h"
#include "link.h"
#include "packet.h"
#include "pseudonym.h"

enum {
	IPV4_HEADER = 20,
	IPV4_CHECKSUM = 10,
	IPV4_SOURCE = 12,
	IPV6_HEADER = 40,
	IPV6_SOURCE = 8,
	TCP_HEADER = 20,
	TCP_CHECKSUM = 16,
	UDP_HEADER = 8,
	UDP_CHECKSUM = 6,
	ICMP_CHECKSUM = 2,
	ICMP_PLAIN = 4,	 /* type, code and checksum */
	ADD_ADDR_AT = 4, /* of the address in the option */
	ADD_ADDR_HMAC = 8,
	MPTCP_PLAIN = 3, /* kind, length and subtype */
	OBJECT_HEADER = 4,
	MPLS_CLASS = 1,
	SUM_ROOM = 3, /* bytes: less has no room for the same sum */
	IPV4_NOP = 1,
	IPV6_PADN = 1,
};

struct work {
	const struct rewriter *r;
	const uint8_t *in; /* the frame */
	uint8_t *out;	   /* its copy */
};

/* The place in the copy of what is seen in the frame. */
static uint8_t *place(const struct work *w, const uint8_t *seen)
{
	return w->out + (seen - w->in);
}

static void blank(const struct work *w, const uint8_t *seen, size_t length)
{
	memset(place(w, seen), 0, length);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- checksums ------------------------------------------------------------ */

/* Sums of what a checksum covers, as far as it changes. */
struct change {
	uint32_t before, after;
};

static uint16_t folded(uint32_t sum)
{
	return (uint16_t)~checksum_finish(sum);
}

static void add_bytes(struct change *c, const struct work *w,
		      const uint8_t *seen, size_t length)
{
	c->before = checksum_add(c->before, seen, length);
	c->after = checksum_add(c->after, place(w, seen), length);
}

static uint16_t read16(const uint8_t *at)
{
	struct cursor c = cursor_over(at, 2);

	return cursor_u16(&c);
}

static void write16(uint8_t *at, uint16_t value)
{
	struct writer w = writer_over(at, 2);

	write_u16(&w, value);
}

/* RFC 1624 3: what is wrong stays wrong by as much. */
static uint16_t mended(uint16_t checksum, const struct change *c)
{
	uint32_t sum = (uint16_t)~checksum;

	return checksum_finish(sum + (uint16_t)~folded(c->before) +
			       folded(c->after));
}

static void mend(const struct work *w, const uint8_t *seen,
		 const struct change *c)
{
	write16(place(w, seen), mended(read16(seen), c));
}

static struct address shown(const struct work *w, const struct address *a)
{
	return pseudonym_address(w->r->pseudonyms, a);
}

static struct change change_of_addresses(const struct work *w,
					 const struct ip_view *ip)
{
	const struct address *both[2] = {&ip->source, &ip->destination};
	struct change c = {0};

	for (unsigned i = 0; i < 2; i++) {
		struct address after = shown(w, both[i]);
		size_t length = address_length(&after);

		c.before = checksum_add(c.before, both[i]->bytes, length);
		c.after = checksum_add(c.after, after.bytes, length);
	}
	return c;
}

/* What stands in the field of a segment whose checksum the network card is to
 * fill in: the sum of the pseudo header, which tells of the addresses. */
static bool is_unfilled(const struct packet *p, const uint8_t *bytes,
			size_t length, uint16_t checksum,
			const struct change *addresses)
{
	uint32_t rest = (uint32_t)length + p->ip.protocol;

	return checksum == folded(addresses->before + rest) &&
	       checksum_transport(&p->ip.source, &p->ip.destination,
				  p->ip.protocol, bytes, length) != 0;
}

/* Of TCP or UDP. `c`: of what else it covers. */
static void mend_transport(const struct work *w, const struct packet *p,
			   const uint8_t *bytes, size_t length, size_t at,
			   struct change c)
{
	struct change both = change_of_addresses(w, &p->ip);
	uint16_t checksum = read16(bytes + at);

	if (is_unfilled(p, bytes, length, checksum, &both)) {
		write16(place(w, bytes + at),
			folded(both.after + (uint32_t)length + p->ip.protocol));
		return;
	}
	both.before = checksum_add(both.before + c.before, NULL, 0);
	both.after = checksum_add(both.after + c.after, NULL, 0);
	mend(w, bytes + at, &both);
}

/* --- payload -------------------------------------------------------------- */

/* The last whole word makes up for the others. */
static void keep_sum(const uint8_t *before, uint8_t *bytes, size_t length)
{
	uint8_t *word = bytes + (length / 2 - 1) * 2;
	uint16_t want = folded(checksum_add(0, before, length)), others;

	write16(word, 0);
	others = folded(checksum_add(0, bytes, length));
	write16(word, folded((uint32_t)want + (uint16_t)~others));
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

/* `whole`: no part of it was cut off, so that its sum is known. */
static void overwrite(const struct work *w, const uint8_t *seen, size_t length,
		      bool whole)
{
	uint8_t *bytes = place(w, seen);

	if (is_zero(seen, length))
		return;
	pseudonym_payload(w->r->pseudonyms, bytes, length);
	if (whole && length >= SUM_ROOM)
		keep_sum(seen, bytes, length);
}

static bool is_whole(const struct packet *p)
{
	return !p->ip.more_fragments &&
	       (!p->ip.total_length || p->available == p->ip.total_length);
}

/* --- TCP ------------------------------------------------------------------ */

static struct packet renamed(const struct work *w, const struct packet *p)
{
	struct packet found = *p;

	found.ip.source = shown(w, &p->ip.source);
	found.ip.destination = shown(w, &p->ip.destination);
	return found;
}

/* One that is not right, or not known to be, shall tell nothing either. */
static uint64_t hmac_of(const struct work *w, const struct packet *p,
			const struct mptcp_option *o, const struct address *a)
{
	struct packet named = renamed(w, p);
	uint64_t hmac;

	if (w->r->facts->hmac(w->r->context, &named, o, a, &hmac))
		return hmac;
	return pseudonym_number(w->r->pseudonyms, "hmac", &o->add_addr.hmac,
				sizeof(o->add_addr.hmac));
}

static void rewrite_add_addr(const struct work *w, const struct packet *p,
			     const struct tcp_option *option)
{
	struct writer out = writer_over(place(w, option->bytes) + ADD_ADDR_AT,
					option->length - ADD_ADDR_AT);
	struct mptcp_option o;
	struct address after;

	if (!mptcp_decode(option->bytes, option->length, &o)) {
		overwrite(w, option->bytes + MPTCP_PLAIN,
			  option->length - (size_t)MPTCP_PLAIN, false);
		return;
	}
	after = shown(w, &o.add_addr.address);
	write_bytes(&out, after.bytes, address_length(&after));
	if (!o.add_addr.has_hmac)
		return;
	out = writer_over(place(w, option->bytes) + option->length -
				  ADD_ADDR_HMAC,
			  ADD_ADDR_HMAC);
	write_u64(&out, hmac_of(w, p, &o, &after));
}

static bool is_add_addr(const uint8_t *option, size_t length)
{
	return length > ADD_ADDR_AT && option[0] == TCPOPT_MPTCP &&
	       option[2] >> 4 == MP_ADD_ADDR;
}

static void rewrite_options(const struct work *w, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	struct tcp_option option;
	size_t left;

	while (option_next(&walk, &option) == OPTION_FOUND)
		if (is_add_addr(option.bytes, option.length))
			rewrite_add_addr(w, p, &option);
	left = tcp->options_available - walk.at;
	if (is_add_addr(tcp->options + walk.at, left))
		overwrite(w, tcp->options + walk.at + MPTCP_PLAIN,
			  left - MPTCP_PLAIN, false);
}

/* Where there is no room to keep a sum, that of TCP is mended; those of DSS may
 * need other segments. */
static bool stays(const struct work *w, const struct packet *p)
{
	struct packet named = renamed(w, p);

	return p->tcp.payload_length < SUM_ROOM &&
	       w->r->facts->summed(w->r->context, &named);
}

static void rewrite_tcp(const struct work *w, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;
	const uint8_t *body = tcp->bytes + TCP_HEADER;
	struct change c = {0};

	if (tcp->available < TCP_HEADER)
		return;
	if (!tcp->payload) {
		overwrite(w, body, tcp->available - TCP_HEADER, false);
	} else {
		rewrite_options(w, p);
		if (tcp->payload_available && !stays(w, p))
			overwrite(w, tcp->payload, tcp->payload_available,
				  is_whole(p));
	}
	if (!tcp->payload || tcp->payload_length < SUM_ROOM)
		add_bytes(&c, w, body, tcp->available - TCP_HEADER);
	else
		add_bytes(&c, w, tcp->options, tcp->options_available);
	mend_transport(w, p, tcp->bytes, tcp->available, TCP_CHECKSUM, c);
}

/* --- UDP and ICMP --------------------------------------------------------- */

static void rewrite_datagram(const struct work *w, const struct packet *p,
			     const uint8_t *payload, size_t length)
{
	if (!w->r->facts->plain(payload, length))
		overwrite(w, payload, length, is_whole(p));
}

/* RFC 768: a checksum of 0 says that there is none. */
static void rewrite_udp(const struct work *w, const struct packet *p)
{
	const struct udp_view *udp = &p->udp;
	const uint8_t *at = udp->bytes + UDP_CHECKSUM;
	struct change c = {0};

	if (udp->available < UDP_HEADER)
		return;
	rewrite_datagram(w, p, udp->payload, udp->payload_available);
	if (!read16(at))
		return;
	if (udp->payload_available < SUM_ROOM)
		add_bytes(&c, w, udp->payload, udp->payload_available);
	mend_transport(w, p, udp->bytes, udp->available, UDP_CHECKSUM, c);
	if (!read16(place(w, at)))
		write16(place(w, at), UINT16_MAX);
}

/* RFC 4884 7, RFC 5837: interfaces have names and addresses; labels (RFC 4950)
 * have not. */
static void rewrite_extension(const struct work *w,
			      const struct icmp_view *icmp)
{
	struct cursor c = cursor_over(icmp->extension, icmp->extension_length);

	cursor_take(&c, OBJECT_HEADER);
	while (c.left >= OBJECT_HEADER && !c.failed) {
		size_t length = cursor_u16(&c);
		uint8_t class = cursor_u8(&c);
		struct cursor body;

		cursor_u8(&c);
		body = cursor_slice(&c, length - OBJECT_HEADER);
		if (!body.failed && class != MPLS_CLASS)
			overwrite(w, body.at, body.left, true);
	}
}

static void rewrite_ip(const struct work *w, const uint8_t *ip, size_t length,
		       bool quoted);

static void rewrite_error(const struct work *w, const struct packet *p)
{
	const uint8_t *end = p->bytes + p->available, *behind;

	rewrite_ip(w, p->icmp.quote, p->icmp.quote_length, true);
	behind = p->icmp.quote + p->icmp.quote_length;
	if (p->icmp.extended) {
		blank(w, behind, (size_t)(p->icmp.extension - behind));
		rewrite_extension(w, &p->icmp);
	} else {
		overwrite(w, behind, (size_t)(end - behind), is_whole(p));
	}
}

/* Of ICMP, and of what is not understood. */
static void rewrite_rest(const struct work *w, const struct packet *p,
			 size_t plain)
{
	size_t from = smaller(p->ip.header_length + plain, p->available);

	overwrite(w, p->bytes + from, p->available - from, is_whole(p));
}

static void rewrite_icmp(const struct work *w, const struct packet *p,
			 bool quoted)
{
	const uint8_t *message = p->bytes + p->ip.header_length;
	struct change c = {0};

	if (p->available < p->ip.header_length + ICMP_PLAIN)
		return;
	if (p->ip.version == 6) /* RFC 4443 2.3 */
		c = change_of_addresses(w, &p->ip);
	if (p->transport == TRANSPORT_ICMP_ERROR && !quoted)
		rewrite_error(w, p);
	else if (p->transport == TRANSPORT_ICMP_ECHO_REQUEST ||
		 p->transport == TRANSPORT_ICMP_ECHO_REPLY)
		rewrite_datagram(w, p, p->echo_payload,
				 p->echo_payload_available);
	else
		rewrite_rest(w, p, ICMP_PLAIN);
	add_bytes(&c, w, message, p->available - p->ip.header_length);
	mend(w, message + ICMP_CHECKSUM, &c);
}

static bool is_icmp(const struct packet *p)
{
	return !p->ip.fragment_offset &&
	       p->ip.protocol ==
		       (p->ip.version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static void rewrite_transport(const struct work *w, const struct packet *p,
			      bool quoted)
{
	if (p->transport == TRANSPORT_TCP)
		rewrite_tcp(w, p);
	else if (p->transport == TRANSPORT_UDP)
		rewrite_udp(w, p);
	else if (is_icmp(p))
		rewrite_icmp(w, p, quoted);
	else
		rewrite_rest(w, p, 0);
}

/* --- IP ------------------------------------------------------------------- */

static void write_addresses(const struct work *w, const struct packet *p,
			    size_t at)
{
	const struct address *both[2] = {&p->ip.source, &p->ip.destination};

	for (unsigned i = 0; i < 2; i++) {
		struct address after = shown(w, both[i]);

		memcpy(place(w, p->bytes) + at, after.bytes,
		       address_length(&after));
		at += address_length(&after);
	}
}

/* Options are routes, mostly (RFC 791 3.1). */
static void rewrite_ipv4_header(const struct work *w, const struct packet *p,
				size_t length)
{
	struct change c = {0};

	write_addresses(w, p, IPV4_SOURCE);
	if (length > IPV4_HEADER)
		memset(place(w, p->bytes) + IPV4_HEADER, IPV4_NOP,
		       length - IPV4_HEADER);
	add_bytes(&c, w, p->bytes, length);
	mend(w, p->bytes + IPV4_CHECKSUM, &c);
}

/* RFC 8200 4.3 to 4.6, RFC 4302 2: of one header, which is not the fragment's
 * the body goes. */
static void rewrite_extension_header(const struct work *w, uint8_t protocol,
				     const uint8_t *header, size_t length)
{
	uint8_t *out = place(w, header);

	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
		memset(out + 2, 0, length - 2);
		out[2] = IPV6_PADN;
		out[3] = (uint8_t)smaller(length - 4, UINT8_MAX);
		break;
	case IPPROTO_ROUTING:
		memset(out + 4, 0, length - 4);
		break;
	case IPPROTO_AH:
		if (length > 12)
			memset(out + 12, 0, length - 12);
		break;
	default:
		break;
	}
}

static void rewrite_ipv6_header(const struct work *w, const struct packet *p)
{
	size_t at = IPV6_HEADER, end = p->ip.header_length;
	uint8_t protocol = p->bytes[6];

	write_addresses(w, p, IPV6_SOURCE);
	while (at + 8 <= end) {
		const uint8_t *header = p->bytes + at;
		size_t length = protocol == IPPROTO_FRAGMENT ? 8
				: protocol == IPPROTO_AH ? (header[1] + 2U) * 4
							 : (header[1] + 1U) * 8;

		if (length > end - at)
			return;
		rewrite_extension_header(w, protocol, header, length);
		protocol = header[0];
		at += length;
	}
}

/* A quote within a quote is payload. */
static void rewrite_ip(const struct work *w, const uint8_t *ip, size_t length,
		       bool quoted)
{
	struct packet p;
	size_t end;

	if (!packet_parse(ip, length, &p)) {
		blank(w, ip, length);
		return;
	}
	/* A header may say that it is longer than its packet. */
	end = smaller(p.ip.header_length, length);
	if (p.ip.version == 4)
		rewrite_ipv4_header(w, &p, end);
	else
		rewrite_ipv6_header(w, &p);
	if (p.available > p.ip.header_length)
		rewrite_transport(w, &p, quoted);
	end = end < p.available ? p.available : end;
	blank(w, ip + end, length - end);
}

/* --- frames --------------------------------------------------------------- */

void rewrite_frame(const struct rewriter *r, int link_type,
		   const uint8_t *frame, size_t captured, uint8_t *out)
{
	struct work w = {.r = r, .in = frame, .out = out};
	struct link_address addresses[LINK_ADDRESSES];
	unsigned count = link_find_addresses(link_type, captured, addresses);
	const uint8_t *ip;
	size_t length, header = link_header_length(link_type);

	memcpy(out, frame, captured);
	for (unsigned i = 0; i < count; i++)
		pseudonym_link(r->pseudonyms, frame + addresses[i].at,
			       addresses[i].length, out + addresses[i].at);
	if (link_find_ip(link_type, frame, captured, &ip, &length))
		rewrite_ip(&w, ip, length, false);
	else if (captured >= header && header)
		blank(&w, frame + header, captured - header);
	else
		blank(&w, frame, captured);
}
