/* SPDX-License-Identifier: GPL-3.0-or-later
 * A frame is parsed as it came, and written into its copy. Offsets and lengths
 * stay, so that each view of the one is a place in the other.
 *
 * Payload is overwritten such that what begins alike still does, wherever a
 * copy of it is cut, by a router that quotes it or a device that splits it. The
 * checksums over it are mended by what its sum (RFC 1071) changed; but for one
 * of DSS over further segments, which may be anywhere: there the sum of each is
 * kept.
 */
#include "rewrite.h"

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "cursor.h"
#include "link.h"
#include "mapping.h"
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
	MPTCP_PLAIN = 3,  /* kind, length and subtype */
	OPTION_PLAIN = 2, /* kind and length */
	OBJECT_HEADER = 4,
	EXTENSION_PLAIN = 2, /* next header and length */
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

static uint16_t folded(uint32_t sum)
{
	return (uint16_t)~checksum_finish(sum);
}

static void add_bytes(struct rewrite_change *c, const struct work *w,
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
static uint16_t mended(uint16_t checksum, const struct rewrite_change *c)
{
	uint32_t sum = (uint16_t)~checksum;

	return checksum_finish(sum + (uint16_t)~folded(c->before) +
			       folded(c->after));
}

static void mend(const struct work *w, const uint8_t *seen,
		 const struct rewrite_change *c)
{
	write16(place(w, seen), mended(read16(seen), c));
}

static struct address shown(const struct work *w, const struct address *a)
{
	return pseudonym_address(w->r->pseudonyms, a);
}

static struct rewrite_change change_of_addresses(const struct work *w,
						 const struct ip_view *ip)
{
	const struct address *both[2] = {&ip->source, &ip->destination};
	struct rewrite_change c = {0};

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
			const struct rewrite_change *addresses)
{
	uint32_t rest = (uint32_t)length + p->ip.protocol;

	return checksum == folded(addresses->before + rest) &&
	       checksum_transport(&p->ip.source, &p->ip.destination,
				  p->ip.protocol, bytes, length) != 0;
}

/* Of TCP or UDP. `c`: of what else it covers. */
static void mend_transport(const struct work *w, const struct packet *p,
			   const uint8_t *bytes, size_t length, size_t at,
			   struct rewrite_change c)
{
	struct rewrite_change both = change_of_addresses(w, &p->ip);
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

/* Devices put addresses into others: of the client behind a proxy, or their
 * own. */
static bool tells_of_nobody(uint8_t kind)
{
	return kind <= TCPOPT_KIND_SACK || kind == TCPOPT_KIND_TIMESTAMPS ||
	       kind == TCPOPT_MPTCP;
}

/* `length`: what is there of it. */
static void rewrite_option(const struct work *w, const uint8_t *option,
			   size_t length)
{
	if (length > OPTION_PLAIN && !tells_of_nobody(option[0]))
		overwrite(w, option + OPTION_PLAIN, length - OPTION_PLAIN,
			  false);
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
		else
			rewrite_option(w, option.bytes, option.length);
	left = tcp->options_available - walk.at;
	if (is_add_addr(tcp->options + walk.at, left))
		overwrite(w, tcp->options + walk.at + MPTCP_PLAIN,
			  left - MPTCP_PLAIN, false);
	else
		rewrite_option(w, tcp->options + walk.at, left);
}

/* The mapping of the segment, if it has one with a checksum. */
static bool read_mapping(const struct packet *p, struct mapping *out)
{
	struct tcp_options options;

	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &options);
	return mapping_read(&options, 0, 0, out) && out->has_checksum;
}

/* The checksum ends the option (RFC 8684 3.1, 3.3). */
static void mend_dss(const struct work *w, const struct tcp_view *tcp,
		     const struct rewrite_change *c)
{
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	struct tcp_option option;
	struct mptcp_option o;

	while (option_next(&walk, &option) == OPTION_FOUND)
		if (mptcp_decode(option.bytes, option.length, &o) &&
		    ((o.subtype == MP_DSS && o.dss.has_checksum) ||
		     (o.subtype == MP_CAPABLE && o.capable.has_checksum)))
			mend(w, option.bytes + option.length - 2, c);
}

/* --- what was sent before ------------------------------------------------- */

/* By where it goes and its numbers, which a translator of the sender leaves:
 * the same bytes may go out with DSS and without it. */
static uint64_t key_of(const struct packet *p)
{
	uint8_t bytes[sizeof(p->ip.destination.bytes) + 6];
	struct writer w = writer_over(bytes, sizeof(bytes));
	uint64_t key = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	write_bytes(&w, p->ip.destination.bytes, 16);
	write_u32(&w, p->tcp.sequence);
	write_u16(&w, p->ip.id);
	for (size_t i = 0; i < w.length; i++)
		key = (key ^ bytes[i]) * UINT64_C(0x100000001b3);
	return key | 1;
}

static struct rewrite_sum *remembered(const struct work *w,
				      const struct packet *p)
{
	return &w->r->sums[(key_of(p) >> 1) % REWRITE_SUMS];
}

/* What becomes of the payload of a segment that is not known yet. */
static struct rewrite_sum decide(const struct work *w, const struct packet *p)
{
	struct rewrite_sum s = {.key = key_of(p)};
	struct packet named = renamed(w, p);
	struct mapping m;

	if (!read_mapping(p, &m))
		s.kept = w->r->facts->summed(w->r->context, &named);
	else if (mapping_payload(&m) == p->tcp.payload_length)
		s.dss = true;
	else
		s.kept = true;
	return s;
}

static void overwrite_tcp(const struct work *w, const struct packet *p,
			  struct rewrite_sum *s)
{
	const struct tcp_view *tcp = &p->tcp;

	/* Of one or two bytes there is no room to keep the sum. */
	if (s->kept && tcp->payload_length < SUM_ROOM)
		return;
	overwrite(w, tcp->payload, tcp->payload_available,
		  s->kept && is_whole(p));
	if (is_whole(p))
		add_bytes(&s->payload, w, tcp->payload, tcp->payload_available);
}

/* How its payload changes. What is quoted, or not there as a whole, does so as
 * the segment did that was sent: `sent`, or NULL. */
static struct rewrite_sum rewrite_payload(const struct work *w,
					  const struct packet *p,
					  const struct rewrite_sum *sent)
{
	struct rewrite_sum s = sent ? *sent : decide(w, p);

	overwrite_tcp(w, p, &s);
	if (sent)
		s.payload = sent->payload;
	if (s.dss)
		mend_dss(w, &p->tcp, &s.payload);
	return s;
}

/* All that is there of it, and how its checksum changes. */
static struct rewrite_sum rewrite_body(const struct work *w,
				       const struct packet *p,
				       const struct rewrite_sum *sent)
{
	const struct tcp_view *tcp = &p->tcp;
	struct rewrite_sum s = {.key = key_of(p)};

	if (!tcp->payload) {
		overwrite(w, tcp->bytes + TCP_HEADER,
			  tcp->available - TCP_HEADER, false);
		add_bytes(&s.all, w, tcp->bytes + TCP_HEADER,
			  tcp->available - TCP_HEADER);
		return s;
	}
	rewrite_options(w, p);
	if (tcp->payload_length)
		s = rewrite_payload(w, p, sent);
	s.all = s.payload;
	add_bytes(&s.all, w, tcp->options, tcp->options_available);
	return s;
}

static void rewrite_tcp(const struct work *w, const struct packet *p,
			bool quoted)
{
	const struct tcp_view *tcp = &p->tcp;
	struct rewrite_sum *place_of = remembered(w, p), s = {0};
	const struct rewrite_sum *sent =
		(quoted || !is_whole(p)) && place_of->key == key_of(p)
			? place_of
			: NULL;

	if (tcp->available >= TCP_HEADER)
		s = rewrite_body(w, p, sent);
	if (sent && !is_whole(p))
		s.all = sent->all;
	else if (tcp->available >= TCP_HEADER)
		*place_of = s;
	if (tcp->available >= TCP_CHECKSUM + 2)
		mend_transport(w, p, tcp->bytes, tcp->available, TCP_CHECKSUM,
			       s.all);
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
	struct rewrite_change c = {0};

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
	struct rewrite_change c = {0};

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

/* An extension header that is cut, or one too many, shall become no other one,
 * which leads to a transport (RFC 8200 4.3 to 4.6, RFC 4302 2). */
static size_t plain_length(const struct packet *p)
{
	switch (p->ip.version == 6 ? p->ip.protocol : IPPROTO_NONE) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
		return EXTENSION_PLAIN;
	default:
		return 0;
	}
}

static void rewrite_transport(const struct work *w, const struct packet *p,
			      bool quoted)
{
	if (p->transport == TRANSPORT_TCP)
		rewrite_tcp(w, p, quoted);
	else if (p->transport == TRANSPORT_UDP)
		rewrite_udp(w, p);
	else if (is_icmp(p))
		rewrite_icmp(w, p, quoted);
	else
		rewrite_rest(w, p, plain_length(p));
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
	struct rewrite_change c = {0};

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
