/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets built by hand, whole, cut at every byte, lying and random. Parsed
 * bytes stand in allocations of their exact size, so that ASan sees one read
 * too many.
 */
#include "packet.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checksum.h"
#include "cursor.h"
#include "segment.h"

#define ROOM 2048

/* A packet under construction. */
struct draft {
	uint8_t bytes[ROOM];
	size_t length;
};

/* Bytes in an exact allocation, and what they were parsed to. */
struct parsed {
	uint8_t *bytes;
	size_t length;
	bool ok;
	struct packet p;
};

static const uint8_t syn_options[] = {2, 4, 5,	  0xb4, 1, 3,
				      3, 7, 0x1e, 4,	1, 0x81};
static const char request[] = "GET / HTTP/1.1\r\n\r\n";

static void inside(const struct parsed *t, const uint8_t *view, size_t length)
{
	if (!length)
		return;
	assert_true(view >= t->bytes);
	assert_true((size_t)(view - t->bytes) <= t->length);
	assert_true(length <= t->length - (size_t)(view - t->bytes));
}

/* What holds of every packet, whatever its bytes. */
static void check_views(const struct parsed *t)
{
	const struct packet *p = &t->p;

	assert_true(p->available <= t->length);
	if (p->transport == TRANSPORT_TCP) {
		inside(t, p->tcp.bytes, p->tcp.available);
		inside(t, p->tcp.options, p->tcp.options_available);
		inside(t, p->tcp.payload, p->tcp.payload_available);
		assert_true(p->tcp.available <= p->tcp.length);
		assert_true(p->tcp.options_available <= p->tcp.options_length);
		assert_true(p->tcp.options_length <= 40);
		assert_true(p->tcp.payload_available <= p->tcp.payload_length);
	} else if (p->transport == TRANSPORT_UDP) {
		inside(t, p->udp.bytes, p->udp.available);
		inside(t, p->udp.payload, p->udp.payload_available);
	} else if (p->transport == TRANSPORT_ICMP_ERROR) {
		inside(t, p->icmp.quote, p->icmp.quote_length);
		assert_true(p->icmp.mpls_count <= MPLS_MAX);
		assert_true(p->icmp.extended || !p->icmp.mpls_count);
	} else {
		assert_null(p->tcp.bytes);
		assert_null(p->udp.bytes);
		assert_null(p->icmp.quote);
	}
	assert_in_range(packet_tcp_checksum(p) + 1, 0, 2);
}

static struct parsed parse(const uint8_t *bytes, size_t length)
{
	struct parsed t = {.bytes = malloc(length ? length : 1),
			   .length = length};

	memcpy(t.bytes, bytes, length);
	t.ok = packet_parse(t.bytes, length, &t.p);
	if (t.ok)
		check_views(&t);
	return t;
}

static struct parsed parse_draft(const struct draft *d)
{
	return parse(d->bytes, d->length);
}

static void release(struct parsed *t)
{
	free(t->bytes);
}

static void put_u16(struct draft *d, size_t at, unsigned value)
{
	d->bytes[at] = (uint8_t)(value >> 8);
	d->bytes[at + 1] = (uint8_t)value;
}

static void append(struct draft *d, const void *bytes, size_t n)
{
	assert_true(d->length + n <= ROOM);
	memcpy(d->bytes + d->length, bytes, n);
	d->length += n;
}

static void append_zeros(struct draft *d, size_t n)
{
	assert_true(d->length + n <= ROOM);
	memset(d->bytes + d->length, 0, n);
	d->length += n;
}

static struct address test_address(int family, int last)
{
	char text[ADDRESS_TEXT];
	struct address a;

	snprintf(text, sizeof(text), family == 4 ? "10.0.1.%d" : "fd00:1::%d",
		 last);
	assert_true(address_parse(text, &a));
	return a;
}

/* `transport` in IP, from .1 to .2, TTL 64. */
static struct draft in_ip(int family, uint8_t protocol, const void *transport,
			  size_t length)
{
	struct ip_envelope e = {
		.source = test_address(family, 1),
		.destination = test_address(family, 2),
		.protocol = protocol,
		.ttl = 64,
		.traffic_class = 0x2a,
		.id = 0x4321,
		.dont_fragment = true,
		.flow_label = 0xbcdef,
	};
	char err[LIBNET_ERRBUF_SIZE];
	libnet_t *net = libnet_init(LIBNET_NONE, NULL, err);
	struct draft d = {.length = 0};
	ssize_t total;

	total = packet_carry(net, &e, transport, length, d.bytes, ROOM);
	assert_true(total > 0);
	d.length = (size_t)total;
	libnet_destroy(net);
	return d;
}

static struct tcp_segment syn_segment(void)
{
	return (struct tcp_segment){
		.source_port = 40001,
		.destination_port = 80,
		.sequence = 0xfedcba98,
		.acknowledgment = 0x76543210,
		.flags = TCP_FLAG_SYN | TCP_FLAG_ECE | TCP_FLAG_CWR,
		.window = 64240,
		.urgent = 0x0102,
		.reserved = 0x5,
		.options = syn_options,
		.options_length = sizeof(syn_options),
		.payload = (const uint8_t *)request,
		.payload_length = sizeof(request) - 1,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
}

static struct draft carry_tcp(int family, const struct tcp_segment *s)
{
	struct address source = test_address(family, 1);
	struct address destination = test_address(family, 2);
	uint8_t segment[ROOM];
	ssize_t n = tcp_segment_write(s, &source, &destination, segment, ROOM);

	assert_true(n > 0);
	return in_ip(family, IPPROTO_TCP, segment, (size_t)n);
}

static struct draft tcp_draft(int family)
{
	struct tcp_segment s = syn_segment();

	return carry_tcp(family, &s);
}

static struct draft udp_draft(int family)
{
	struct address source = test_address(family, 1);
	struct address destination = test_address(family, 2);
	uint8_t datagram[64];
	ssize_t n = udp_datagram_write(40002, 33434, (const uint8_t *)"probe",
				       5, &source, &destination, datagram, 64);

	return in_ip(family, IPPROTO_UDP, datagram, (size_t)n);
}

/* An ICMP message: header with its second word, and a body. */
static struct draft icmp_draft(int family, int type, int code, uint32_t word,
			       const void *body, size_t length)
{
	uint8_t message[ROOM];
	struct writer w = writer_over(message, sizeof(message));

	write_u8(&w, (uint8_t)type);
	write_u8(&w, (uint8_t)code);
	write_u16(&w, 0);
	write_u32(&w, word);
	write_bytes(&w, body, length);
	assert_false(w.failed);
	return in_ip(family, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		     message, w.length);
}

static struct draft time_exceeded(int family, uint32_t word,
				  const struct draft *quote)
{
	return icmp_draft(family, family == 4 ? 11 : 3, 0, word, quote->bytes,
			  quote->length);
}

/* An extension structure (RFC 4884 7) around objects, checksum right. */
static struct draft extension(const void *objects, size_t length)
{
	struct draft d = {.bytes = {0x20}, .length = 4};

	append(&d, objects, length);
	put_u16(&d, 2, checksum_finish(checksum_add(0, d.bytes, d.length)));
	return d;
}

/* Two labels: 0x12345 TC 3 TTL 9, and 16 at the bottom with TTL 255. */
static const uint8_t mpls_object[] = {0,    12,	  1,	1, 0x12, 0x34,
				      0x56, 0x09, 0x00, 1, 0x01, 0xff};

static void check_tcp(const struct packet *p)
{
	assert_int_equal(p->transport, TRANSPORT_TCP);
	assert_int_equal(p->tcp.available, 20 + 12 + 18);
	assert_int_equal(p->tcp.length, 20 + 12 + 18);
	assert_int_equal(p->tcp.source_port, 40001);
	assert_int_equal(p->tcp.destination_port, 80);
	assert_int_equal(p->tcp.sequence, 0xfedcba98);
	assert_int_equal(p->tcp.acknowledgment, 0x76543210);
	assert_int_equal(p->tcp.data_offset, 32);
	assert_int_equal(p->tcp.reserved, 5);
	assert_int_equal(p->tcp.flags, 0xc2);
	assert_int_equal(p->tcp.window, 64240);
	assert_int_equal(p->tcp.urgent, 0x0102);
	assert_int_equal(p->tcp.options_length, 12);
	assert_int_equal(p->tcp.options_available, 12);
	assert_memory_equal(p->tcp.options, syn_options, 12);
	assert_int_equal(p->tcp.payload_length, 18);
	assert_int_equal(p->tcp.payload_available, 18);
	assert_memory_equal(p->tcp.payload, request, 18);
	assert_int_equal(packet_tcp_checksum(p), 1);
}

static void check_ip(const struct packet *p, int family)
{
	struct address source = test_address(family, 1);
	struct address destination = test_address(family, 2);

	assert_int_equal(p->ip.version, family);
	assert_true(address_equal(&p->ip.source, &source));
	assert_true(address_equal(&p->ip.destination, &destination));
	assert_int_equal(p->ip.ttl, 64);
	assert_int_equal(p->ip.traffic_class, 0x2a);
	assert_int_equal(p->ip.fragment_offset, 0);
	assert_false(p->ip.more_fragments);
	if (family == 6) {
		assert_int_equal(p->ip.flow_label, 0xbcdef);
		return;
	}
	assert_int_equal(p->ip.id, 0x4321);
	assert_true(p->ip.dont_fragment);
	assert_true(p->ip.checksum_valid);
}

static void test_round_trip(void **state)
{
	int family;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct draft d = tcp_draft(family);
		struct parsed t = parse_draft(&d);

		assert_true(t.ok);
		check_ip(&t.p, family);
		check_tcp(&t.p);
		assert_int_equal(t.p.ip.header_length, family == 4 ? 20 : 40);
		assert_int_equal(t.p.ip.total_length, d.length);
		assert_int_equal(t.p.available, d.length);
		release(&t);
	}
}

static void test_udp(void **state)
{
	int family;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct draft d = udp_draft(family);
		struct parsed t = parse_draft(&d);

		assert_int_equal(t.p.transport, TRANSPORT_UDP);
		assert_int_equal(t.p.udp.source_port, 40002);
		assert_int_equal(t.p.udp.destination_port, 33434);
		assert_int_equal(t.p.udp.length, 13);
		assert_int_equal(t.p.udp.payload_available, 5);
		assert_memory_equal(t.p.udp.payload, "probe", 5);
		assert_int_equal(packet_tcp_checksum(&t.p), -1);
		release(&t);
		put_u16(&d, (family == 4 ? 20 : 40) + 4, 10);
		t = parse_draft(&d);
		assert_int_equal(t.p.udp.payload_available, 2);
		release(&t);
		put_u16(&d, (family == 4 ? 20 : 40) + 4, 7);
		t = parse_draft(&d);
		assert_int_equal(t.p.udp.payload_available, 5);
		release(&t);
	}
}

/* The prefix of `n` bytes is refused before both addresses are there, and
 * afterwards shows each field when, and only when, all of it is there. */
static void check_prefix(const struct draft *d, int family, size_t n)
{
	size_t header = family == 4 ? 20 : 40;
	struct parsed t = parse(d->bytes, n);
	size_t there = n < header ? 0 : n - header;

	assert_int_equal(t.ok, n >= header);
	if (t.ok && there < 4)
		assert_int_equal(t.p.transport, TRANSPORT_NONE);
	if (t.ok && there >= 4 && d->bytes[family == 4 ? 9 : 6] == 6) {
		const struct tcp_view *tcp = &t.p.tcp;

		assert_int_equal(t.p.transport, TRANSPORT_TCP);
		assert_int_equal(tcp->available, there);
		assert_int_equal(tcp->length, d->length - header);
		assert_int_equal(tcp->source_port, 40001);
		assert_int_equal(tcp->sequence, there < 8 ? 0 : 0xfedcba98);
		assert_int_equal(tcp->acknowledgment,
				 there < 12 ? 0 : 0x76543210);
		assert_int_equal(tcp->data_offset, there < 13 ? 0 : 32);
		assert_int_equal(tcp->flags, there < 14 ? 0 : 0xc2);
		assert_int_equal(tcp->window, there < 16 ? 0 : 64240);
		assert_int_equal(tcp->urgent, there < 20 ? 0 : 0x0102);
		assert_int_equal(tcp->options_available, there < 20 ? 0
							 : there < 32
								 ? there - 20
								 : 12);
		assert_int_equal(tcp->payload_available,
				 there < 32 ? 0 : there - 32);
		assert_int_equal(tcp->payload_length, there < 20 ? 0 : 18);
		assert_int_equal(packet_tcp_checksum(&t.p),
				 n == d->length ? 1 : -1);
	}
	release(&t);
}

static void check_all_prefixes(const struct draft *d, int family)
{
	size_t n;

	for (n = 0; n <= d->length; n++)
		check_prefix(d, family, n);
}

static void test_truncations(void **state)
{
	int family;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct draft ext = extension(mpls_object, 12), d, error;

		d = tcp_draft(family);
		check_all_prefixes(&d, family);
		append_zeros(&d, 128 - d.length);
		append(&d, ext.bytes, ext.length);
		error = time_exceeded(family,
				      family == 4 ? 32U << 16 : 16U << 24, &d);
		check_all_prefixes(&error, family);
		error = time_exceeded(family, 0, &d);
		check_all_prefixes(&error, family);
		d = udp_draft(family);
		check_all_prefixes(&d, family);
	}
}

static void check_refused(struct draft d)
{
	struct parsed t = parse_draft(&d);

	assert_false(t.ok);
	release(&t);
}

static void check_no_transport(const struct draft *d)
{
	struct parsed t = parse_draft(d);

	assert_true(t.ok);
	assert_int_equal(t.p.transport, TRANSPORT_NONE);
	release(&t);
}

static void test_bad_ip_headers(void **state)
{
	struct draft d = tcp_draft(4);
	struct parsed t;
	int version;

	(void)state;
	for (version = 0; version < 16; version++) {
		d.bytes[0] = (uint8_t)(version << 4 | 5);
		t = parse_draft(&d);
		assert_int_equal(t.ok, version == 4 || version == 6);
		release(&t);
	}
	d.bytes[0] = 0x44; /* header of 16 bytes */
	check_refused(d);
	d = tcp_draft(4);
	put_u16(&d, 2, 19); /* total length below the header's */
	check_no_transport(&d);
	d = tcp_draft(4);
	d.bytes[8]--; /* TTL, without its checksum */
	t = parse_draft(&d);
	assert_false(t.p.ip.checksum_valid);
	check_tcp(&t.p);
	release(&t);
}

/* 40 bytes of NOP options before the TCP header. */
static void test_ipv4_options(void **state)
{
	struct draft plain = tcp_draft(4), d = {.length = 0};
	struct parsed t;

	(void)state;
	append(&d, plain.bytes, 20);
	append_zeros(&d, 40);
	append(&d, plain.bytes + 20, plain.length - 20);
	memset(d.bytes + 20, 1, 40);
	d.bytes[0] = 0x4f;
	put_u16(&d, 2, (unsigned)d.length);
	put_u16(&d, 10, 0);
	put_u16(&d, 10, checksum_finish(checksum_add(0, d.bytes, 60)));
	t = parse_draft(&d);
	assert_int_equal(t.p.ip.header_length, 60);
	assert_true(t.p.ip.checksum_valid);
	check_tcp(&t.p);
	release(&t);
	t = parse(d.bytes, 59);
	assert_true(t.ok);
	assert_false(t.p.ip.checksum_valid);
	assert_int_equal(t.p.transport, TRANSPORT_NONE);
	release(&t);
}

static void test_bad_data_offset(void **state)
{
	struct tcp_segment s = syn_segment();
	struct parsed t;
	struct draft d;
	int offset;

	(void)state;
	for (offset = 0; offset < 16; offset++) {
		s.data_offset = offset;
		d = carry_tcp(4, &s);
		t = parse_draft(&d);
		assert_int_equal(t.p.tcp.length, 50);
		assert_int_equal(t.p.tcp.data_offset,
				 offset < 5 ? 0 : offset * 4);
		assert_int_equal(t.p.tcp.options_length,
				 offset < 5 ? 0 : offset * 4 - 20);
		assert_int_equal(t.p.tcp.options_available,
				 offset < 5    ? 0
				 : offset < 13 ? offset * 4 - 20
					       : 30);
		assert_int_equal(t.p.tcp.payload_length,
				 offset < 5 || offset > 12 ? 0
							   : 50 - offset * 4);
		assert_int_equal(packet_tcp_checksum(&t.p), 1);
		release(&t);
	}
}

static void test_checksum(void **state)
{
	struct tcp_segment s = syn_segment();
	struct draft d;
	struct parsed t;
	size_t i;

	(void)state;
	s.checksum = 0x1234;
	d = carry_tcp(6, &s);
	t = parse_draft(&d);
	assert_int_equal(t.p.tcp.checksum, 0x1234);
	assert_int_equal(packet_tcp_checksum(&t.p), 0);
	release(&t);
	d = tcp_draft(6);
	for (i = 8; i < d.length; i++) { /* any bit from the addresses on */
		d.bytes[i] ^= 0x10;
		t = parse_draft(&d);
		assert_int_equal(packet_tcp_checksum(&t.p), 0);
		release(&t);
		d.bytes[i] ^= 0x10;
	}
	d = tcp_draft(4);
	put_u16(&d, 2, 20 + 19); /* less than a header */
	t = parse_draft(&d);
	assert_int_equal(packet_tcp_checksum(&t.p), -1);
	release(&t);
}

static void test_link_padding(void **state)
{
	struct tcp_segment s = syn_segment();
	struct draft d;
	struct parsed t;

	(void)state;
	s.options_length = 0;
	s.payload_length = 0;
	d = carry_tcp(4, &s);
	assert_int_equal(d.length, 40);
	append_zeros(&d, 6); /* to the least Ethernet frame */
	t = parse_draft(&d);
	assert_int_equal(t.p.available, 40);
	assert_int_equal(t.p.tcp.available, 20);
	assert_int_equal(t.p.tcp.payload_available, 0);
	assert_int_equal(packet_tcp_checksum(&t.p), 1);
	release(&t);
}

static void test_super_segment(void **state)
{
	int family;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct draft d = tcp_draft(family);
		struct parsed t;

		put_u16(&d, family == 4 ? 2 : 4, 0);
		t = parse_draft(&d);
		assert_int_equal(t.p.ip.total_length, 0);
		assert_int_equal(t.p.tcp.length, 50);
		assert_int_equal(t.p.tcp.payload_length, 18);
		assert_int_equal(t.p.tcp.payload_available, 18);
		assert_int_equal(packet_tcp_checksum(&t.p), -1);
		release(&t);
	}
}

static void test_ipv4_fragments(void **state)
{
	struct draft d = tcp_draft(4);
	struct parsed t;

	(void)state;
	put_u16(&d, 6, 0x2000);
	t = parse_draft(&d);
	assert_true(t.p.ip.more_fragments);
	assert_false(t.p.ip.dont_fragment);
	assert_int_equal(t.p.tcp.source_port, 40001);
	assert_int_equal(packet_tcp_checksum(&t.p), -1);
	release(&t);
	put_u16(&d, 6, 0x1fff);
	t = parse_draft(&d);
	assert_int_equal(t.p.ip.fragment_offset, 65528);
	assert_int_equal(t.p.transport, TRANSPORT_NONE);
	assert_int_equal(t.p.ip.protocol, IPPROTO_TCP);
	release(&t);
}

/* Hop-by-hop, destination options (16 bytes), routing, AH (24 bytes) and a
 * fragment header, each naming the next. */
static const uint8_t chain[] = {
	60, 0, 1, 4,  0,    0,	  0,	0,			      /* 0 */
	43, 1, 1, 12, 0,    0,	  0,	0,    0, 0, 0, 0, 0, 0, 0, 0, /* 8 */
	51, 0, 0, 0,  0,    0,	  0,	0,			      /* 24 */
	44, 4, 0, 0,  0,    0,	  0,	1,    0, 0, 0, 1, 1, 2, 3, 4,
	5,  6, 7, 8,  9,    9,	  9,	9,    /* 32 */
	6,  0, 0, 0,  0xab, 0xcd, 0xef, 0x01, /* 56 */
};

#define CHAIN_FRAGMENT 56

static struct draft chained(const uint8_t *headers, size_t length,
			    uint8_t first)
{
	struct draft plain = tcp_draft(6), d = {.length = 0};

	append(&d, plain.bytes, 40);
	append(&d, headers, length);
	append(&d, plain.bytes + 40, plain.length - 40);
	d.bytes[6] = first;
	put_u16(&d, 4, (unsigned)(d.length - 40));
	return d;
}

static void test_ipv6_extension_headers(void **state)
{
	struct draft d = chained(chain, sizeof(chain), 0);
	struct parsed t = parse_draft(&d);
	size_t n;

	(void)state;
	assert_int_equal(t.p.ip.header_length, 40 + sizeof(chain));
	assert_int_equal(t.p.ip.protocol, IPPROTO_TCP);
	assert_int_equal(t.p.ip.id, 0xef01);
	assert_false(t.p.ip.more_fragments);
	check_tcp(&t.p);
	release(&t);
	for (n = 40; n < 40 + sizeof(chain) + 4; n++) {
		t = parse(d.bytes, n);
		assert_true(t.ok);
		assert_int_equal(t.p.transport, TRANSPORT_NONE);
		release(&t);
	}
}

static void test_ipv6_fragments(void **state)
{
	struct draft d = chained(chain, sizeof(chain), 0);
	struct parsed t;

	(void)state;
	d.bytes[40 + CHAIN_FRAGMENT + 3] = 1; /* first, more follow */
	t = parse_draft(&d);
	assert_true(t.p.ip.more_fragments);
	assert_int_equal(t.p.transport, TRANSPORT_TCP);
	assert_int_equal(packet_tcp_checksum(&t.p), -1);
	release(&t);
	d.bytes[40 + CHAIN_FRAGMENT] = IPPROTO_DSTOPTS;
	d.bytes[40 + sizeof(chain) + 1] = 0; /* its length, were it one */
	put_u16(&d, 40 + CHAIN_FRAGMENT + 2, 1232);
	t = parse_draft(&d);
	assert_int_equal(t.p.ip.protocol, IPPROTO_DSTOPTS);
	assert_int_equal(t.p.ip.header_length, 40 + sizeof(chain));
	release(&t);
	d.bytes[40 + CHAIN_FRAGMENT] = IPPROTO_TCP;
	t = parse_draft(&d);
	assert_int_equal(t.p.ip.fragment_offset, 1232);
	assert_int_equal(t.p.ip.protocol, IPPROTO_TCP);
	assert_int_equal(t.p.transport, TRANSPORT_NONE);
	release(&t);
}

static void test_ipv6_chain_is_bounded(void **state)
{
	uint8_t headers[8 * 12] = {0};
	struct draft d;
	struct parsed t;
	size_t n;

	(void)state;
	for (n = 0; n < 12; n++)
		headers[8 * n] = n == 11 ? IPPROTO_TCP : IPPROTO_DSTOPTS;
	d = chained(headers, sizeof(headers), IPPROTO_DSTOPTS);
	check_no_transport(&d);
	d = chained(headers + 16, sizeof(headers) - 16, IPPROTO_DSTOPTS);
	t = parse_draft(&d);
	check_tcp(&t.p);
	release(&t);
	headers[17] = 255; /* longer than the packet */
	d = chained(headers + 16, sizeof(headers) - 16, IPPROTO_DSTOPTS);
	check_no_transport(&d);
	d = chained(chain, 0, IPPROTO_ESP);
	check_no_transport(&d);
	d = chained(chain, 0, IPPROTO_NONE);
	check_no_transport(&d);
	put_u16(&d, 4, 0); /* what follows is link padding */
	t = parse_draft(&d);
	assert_int_equal(t.p.ip.total_length, 40);
	assert_int_equal(t.p.available, 40);
	release(&t);
}

/* What each type and code means. */
struct icmp_kind {
	int family, type, code;
	enum transport transport;
	const char *meaning; /* Time, Unreachable, Port, too Big, pArameter,
				admin Prohibited */
};

static const struct icmp_kind icmp_kinds[] = {
	{4, 0, 0, TRANSPORT_ICMP_ECHO_REPLY, ""},
	{4, 3, 0, TRANSPORT_ICMP_ERROR, "U"},
	{4, 3, 1, TRANSPORT_ICMP_ERROR, "U"},
	{4, 3, 3, TRANSPORT_ICMP_ERROR, "UP"},
	{4, 3, 4, TRANSPORT_ICMP_ERROR, "B"},
	{4, 3, 9, TRANSPORT_ICMP_ERROR, "UX"},
	{4, 3, 10, TRANSPORT_ICMP_ERROR, "UX"},
	{4, 3, 13, TRANSPORT_ICMP_ERROR, "UX"},
	{4, 4, 0, TRANSPORT_NONE, ""},
	{4, 5, 0, TRANSPORT_NONE, ""},
	{4, 8, 0, TRANSPORT_ICMP_ECHO_REQUEST, ""},
	{4, 11, 0, TRANSPORT_ICMP_ERROR, "T"},
	{4, 11, 1, TRANSPORT_ICMP_ERROR, ""},
	{4, 12, 0, TRANSPORT_ICMP_ERROR, "A"},
	{4, 129, 0, TRANSPORT_NONE, ""},
	{6, 0, 0, TRANSPORT_NONE, ""},
	{6, 1, 0, TRANSPORT_ICMP_ERROR, "U"},
	{6, 1, 1, TRANSPORT_ICMP_ERROR, "UX"},
	{6, 1, 3, TRANSPORT_ICMP_ERROR, "U"},
	{6, 1, 4, TRANSPORT_ICMP_ERROR, "UP"},
	{6, 1, 5, TRANSPORT_ICMP_ERROR, "UX"},
	{6, 1, 6, TRANSPORT_ICMP_ERROR, "UX"},
	{6, 2, 0, TRANSPORT_ICMP_ERROR, "B"},
	{6, 3, 0, TRANSPORT_ICMP_ERROR, "T"},
	{6, 3, 1, TRANSPORT_ICMP_ERROR, ""},
	{6, 4, 1, TRANSPORT_ICMP_ERROR, "A"},
	{6, 11, 0, TRANSPORT_NONE, ""},
	{6, 128, 0, TRANSPORT_ICMP_ECHO_REQUEST, ""},
	{6, 129, 0, TRANSPORT_ICMP_ECHO_REPLY, ""},
};

static void check_kind(const struct icmp_kind *k)
{
	struct draft quote = tcp_draft(k->family);
	struct draft d = icmp_draft(k->family, k->type, k->code, 1280,
				    quote.bytes, quote.length);
	struct parsed t = parse_draft(&d);
	const struct icmp_view *icmp = &t.p.icmp;

	assert_int_equal(t.p.transport, k->transport);
	if (k->transport == TRANSPORT_ICMP_ERROR) {
		assert_int_equal(icmp->type, k->type);
		assert_int_equal(icmp->code, k->code);
		assert_int_equal(icmp->quote_length, quote.length);
		assert_memory_equal(icmp->quote, quote.bytes, quote.length);
	}
	assert_int_equal(icmp->time_exceeded, !!strchr(k->meaning, 'T'));
	assert_int_equal(icmp->unreachable, !!strchr(k->meaning, 'U'));
	assert_int_equal(icmp->port_unreachable, !!strchr(k->meaning, 'P'));
	assert_int_equal(icmp->too_big, !!strchr(k->meaning, 'B'));
	assert_int_equal(icmp->next_hop_mtu,
			 strchr(k->meaning, 'B') ? 1280 : 0);
	assert_int_equal(icmp->parameter_problem, !!strchr(k->meaning, 'A'));
	assert_int_equal(icmp->admin_prohibited, !!strchr(k->meaning, 'X'));
	release(&t);
}

static void test_icmp_kinds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(icmp_kinds) / sizeof(icmp_kinds[0]); i++)
		check_kind(&icmp_kinds[i]);
}

static void test_echo_reply(void **state)
{
	struct draft d = icmp_draft(4, 0, 0, 0xbeef0007, "data", 4);
	struct parsed t = parse_draft(&d);

	(void)state;
	assert_int_equal(t.p.echo_id, 0xbeef);
	assert_int_equal(t.p.echo_sequence, 7);
	release(&t);
	d = icmp_draft(6, 129, 0, 0x12340056, "", 0);
	t = parse_draft(&d);
	assert_int_equal(t.p.transport, TRANSPORT_ICMP_ECHO_REPLY);
	assert_int_equal(t.p.echo_id, 0x1234);
	assert_int_equal(t.p.echo_sequence, 0x56);
	release(&t);
	t = parse(d.bytes, 47);
	assert_int_equal(t.p.transport, TRANSPORT_NONE);
	release(&t);
	d = in_ip(6, IPPROTO_ICMP, d.bytes + 40, 8); /* the other family's */
	check_no_transport(&d);
}

/* RFC 792: the IP header and eight bytes; and all lengths up to the whole. */
static void test_short_quotes(void **state)
{
	int family;
	size_t n;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct draft quote = tcp_draft(family);
		size_t whole = quote.length, header = family == 4 ? 20 : 40;

		for (n = 0; n <= whole; n++) {
			struct draft d;
			struct parsed t;
			struct packet q;

			quote.length = n;
			d = time_exceeded(family, 0, &quote);
			t = parse_draft(&d);
			assert_int_equal(t.p.icmp.quote_length, n);
			assert_true(t.p.icmp.time_exceeded);
			assert_int_equal(
				packet_parse_quote(t.p.icmp.quote, n, &q),
				n >= header);
			if (n >= header + 8) {
				check_ip(&q, family);
				assert_int_equal(q.tcp.source_port, 40001);
				assert_int_equal(q.tcp.sequence, 0xfedcba98);
				assert_int_equal(q.tcp.length, 50);
				assert_int_equal(q.tcp.available, n - header);
			}
			release(&t);
		}
	}
}

/* The quote of `d`, checked against the sent packet and the extension. */
static void check_quote(const struct draft *d, const struct draft *sent,
			size_t length, bool extended)
{
	struct parsed t = parse_draft(d);
	const struct icmp_view *icmp = &t.p.icmp;

	assert_int_equal(icmp->quote_length, length);
	assert_memory_equal(icmp->quote, sent->bytes, length);
	assert_int_equal(icmp->extended, extended);
	assert_int_equal(icmp->mpls_count, extended ? 2 : 0);
	if (extended) {
		assert_int_equal(icmp->mpls[0].label, 0x12345);
		assert_int_equal(icmp->mpls[0].traffic_class, 3);
		assert_int_equal(icmp->mpls[0].ttl, 9);
		assert_false(icmp->mpls[0].bottom);
		assert_int_equal(icmp->mpls[1].label, 16);
		assert_int_equal(icmp->mpls[1].ttl, 255);
		assert_true(icmp->mpls[1].bottom);
	}
	release(&t);
}

/* `sent` padded (or cut) to 128 bytes, and an extension behind it. */
static struct draft padded_quote(const struct draft *sent,
				 const struct draft *ext)
{
	struct draft quote = *sent;

	if (quote.length < 128)
		append_zeros(&quote, 128 - quote.length);
	quote.length = 128;
	append(&quote, ext->bytes, ext->length);
	return quote;
}

static uint32_t attribute(int family, size_t length)
{
	if (family == 4)
		return (uint32_t)(length / 4) << 16;
	return (uint32_t)(length / 8) << 24;
}

/* Short packets are padded, long ones are cut; with and without the length
 * attribute. */
static void test_extended_quotes(void **state)
{
	int family, big;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		for (big = 0; big <= 1; big++) {
			struct tcp_segment s = syn_segment();
			struct draft ext = extension(mpls_object, 12);
			struct draft sent, quote, d;
			uint8_t payload[400];
			size_t length;

			memset(payload, 'x', sizeof(payload));
			if (big) {
				s.payload = payload;
				s.payload_length = sizeof(payload);
			}
			sent = carry_tcp(family, &s);
			length = big ? 128 : sent.length;
			quote = padded_quote(&sent, &ext);
			d = time_exceeded(family, attribute(family, 128),
					  &quote);
			check_quote(&d, &sent, length, true);
			append_zeros(&d, 10); /* link padding */
			check_quote(&d, &sent, length, true);
			d = time_exceeded(family, 0, &quote);
			check_quote(&d, &sent, length, true);
		}
	}
}

/* The attribute bounds the quote even where the extension is bad; without
 * attribute, a bad extension is the packet's own payload. */
static void test_bad_extensions(void **state)
{
	struct tcp_segment s = syn_segment();
	struct draft ext, sent, quote, d;
	uint8_t payload[400];
	size_t i;

	(void)state;
	memset(payload, 'x', sizeof(payload));
	s.payload = payload;
	s.payload_length = sizeof(payload);
	sent = carry_tcp(4, &s);
	for (i = 0; i < 16; i++) {
		ext = extension(mpls_object, 12);
		ext.bytes[i] ^= 0x40;
		quote = padded_quote(&sent, &ext);
		d = time_exceeded(4, attribute(4, 128), &quote);
		check_quote(&d, &sent, 128, false);
		memcpy(sent.bytes + 128, ext.bytes, 16);
		d = time_exceeded(4, 0, &quote);
		check_quote(&d, &sent, 144, false);
	}
}

/* A checksum of zero, "none was sent", is enough with the attribute only. */
static void test_extension_without_checksum(void **state)
{
	struct draft ext = extension(mpls_object, 12), quote, d;
	struct draft sent = tcp_draft(4);

	(void)state;
	put_u16(&ext, 2, 0);
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(4, attribute(4, 128), &quote);
	check_quote(&d, &sent, sent.length, true);
	d = time_exceeded(4, 0, &quote);
	check_quote(&d, &sent, sent.length, false);
	append(&quote, mpls_object, 12);
	d = time_exceeded(4, attribute(4, 128), &quote);
	d.length -= 12; /* cut between objects */
	check_quote(&d, &sent, sent.length, false);
}

/* Cut by the capture: the extension cannot be told by its checksum, so that
 * nothing behind 128 bytes is taken for the packet. */
static void test_cut_extension(void **state)
{
	struct tcp_segment s = syn_segment();
	struct draft ext = extension(mpls_object, 12), sent, quote, d;
	uint8_t payload[400] = {0};

	(void)state;
	s.payload = payload;
	s.payload_length = sizeof(payload);
	sent = carry_tcp(4, &s);
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(4, 0, &quote);
	d.length -= 4;
	check_quote(&d, &sent, 128, false);
	d = time_exceeded(4, attribute(4, 128), &quote);
	d.length -= 4;
	check_quote(&d, &sent, 128, false);
	d = time_exceeded(4, 0, &quote);
	put_u16(&d, 6, 0x2000); /* cut by fragmentation */
	check_quote(&d, &sent, 128, false);
}

/* Objects: other classes are stepped over, bad lengths void the whole. */
static void test_extension_objects(void **state)
{
	struct draft sent = tcp_draft(4), objects = {.length = 0};
	struct draft ext, quote, d;

	(void)state;
	append(&objects, "\0\x8\2\1????", 8); /* interface information */
	append(&objects, mpls_object, 12);
	append(&objects, "\0\4\1\2", 4);
	ext = extension(objects.bytes, objects.length);
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(4, attribute(4, 128), &quote);
	check_quote(&d, &sent, sent.length, true);
	for (objects.bytes[1] = 0; objects.bytes[1] < 8; objects.bytes[1]++) {
		if (objects.bytes[1] == 4)
			continue; /* then "????" is an object's header */
		ext = extension(objects.bytes, objects.length);
		quote = padded_quote(&sent, &ext);
		d = time_exceeded(4, attribute(4, 128), &quote);
		check_quote(&d, &sent, sent.length, false);
	}
	ext = extension("\0\x9\1\1?????", 9); /* no multiple of four */
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(4, attribute(4, 128), &quote);
	check_quote(&d, &sent, sent.length, false);
	objects.bytes[1] = 28; /* more than there is */
	ext = extension(objects.bytes, objects.length);
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(4, attribute(4, 128), &quote);
	check_quote(&d, &sent, sent.length, false);
}

/* Right in all but its version. */
static void test_extension_version(void **state)
{
	struct draft sent = tcp_draft(4), quote, d, ext;

	(void)state;
	ext = extension(mpls_object, 12);
	ext.bytes[0] = 0x10;
	put_u16(&ext, 2, 0);
	put_u16(&ext, 2,
		checksum_finish(checksum_add(0, ext.bytes, ext.length)));
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(4, attribute(4, 128), &quote);
	check_quote(&d, &sent, sent.length, false);
}

static void test_many_labels(void **state)
{
	uint8_t object[4 + 4 * 20] = {0, sizeof(object), 1, 1};
	struct draft ext = extension(object, sizeof(object)), quote, d;
	struct draft sent = tcp_draft(6);
	struct parsed t;

	(void)state;
	quote = padded_quote(&sent, &ext);
	d = time_exceeded(6, attribute(6, 128), &quote);
	t = parse_draft(&d);
	assert_true(t.p.icmp.extended);
	assert_int_equal(t.p.icmp.mpls_count, MPLS_MAX);
	release(&t);
}

/* Attributes that say too little or too much, and types without one. */
static void test_length_attribute(void **state)
{
	struct draft sent = tcp_draft(4), d;

	(void)state;
	d = time_exceeded(4, 0x00ff0000, &sent);
	check_quote(&d, &sent, sent.length, false);
	d = time_exceeded(4, 0x00070000, &sent);
	check_quote(&d, &sent, 28, false);
	d = icmp_draft(4, 12, 0, 0x14000000, sent.bytes, sent.length);
	check_quote(&d, &sent, sent.length, false); /* that is the pointer */
	sent = tcp_draft(6);
	d = icmp_draft(6, 2, 0, 0x01000000, sent.bytes, sent.length);
	check_quote(&d, &sent, sent.length, false); /* that is the MTU */
	d = icmp_draft(6, 4, 0, 0x01000000, sent.bytes, sent.length);
	check_quote(&d, &sent, sent.length, false); /* that is the pointer */
	d = icmp_draft(6, 1, 0, 0x06000000, sent.bytes, sent.length);
	check_quote(&d, &sent, 48, false);
	d = time_exceeded(6, 0x06000000, &sent);
	check_quote(&d, &sent, 48, false);
}

/* RFC 1812: as much as fits, and padding of the router's own. */
static void test_quote_padding(void **state)
{
	struct draft sent = tcp_draft(4), quote = sent, d;
	size_t n;

	(void)state;
	for (n = 0; n < 100; n++) {
		d = time_exceeded(4, 0, &quote);
		check_quote(&d, &sent, sent.length, false);
		append_zeros(&quote, 1);
	}
	quote = sent;
	put_u16(&quote, 2, 0); /* quoted super-segment: no end of its own */
	append_zeros(&quote, 8);
	sent = quote;
	d = time_exceeded(4, 0, &quote);
	check_quote(&d, &sent, quote.length, false);
}

/* A quote of an error is told as such, and not followed further. */
static void test_nested_quote(void **state)
{
	struct draft innermost = tcp_draft(4);
	struct draft inner = time_exceeded(4, 0, &innermost);
	struct draft outer = time_exceeded(4, 0, &inner);
	struct parsed t = parse_draft(&outer);
	struct packet q;

	(void)state;
	assert_int_equal(t.p.icmp.quote_length, inner.length);
	assert_true(
		packet_parse_quote(t.p.icmp.quote, t.p.icmp.quote_length, &q));
	assert_int_equal(q.transport, TRANSPORT_ICMP_ERROR);
	assert_int_equal(q.icmp.quote_length, innermost.length);
	release(&t);
}

/* Follows quotes as a caller would, as deep as they go. */
static void parse_deep(const uint8_t *bytes, size_t length)
{
	struct parsed t = parse(bytes, length);

	if (t.ok && t.p.transport == TRANSPORT_ICMP_ERROR)
		parse_deep(t.p.icmp.quote, t.p.icmp.quote_length);
	release(&t);
}

static void mutate(struct draft *d, unsigned *seed)
{
	int changes = rand_r(seed) % 6;

	while (changes--) {
		size_t at = (size_t)rand_r(seed) % d->length;

		switch (rand_r(seed) % 3) {
		case 0:
			d->bytes[at] ^= (uint8_t)(1 << rand_r(seed) % 8);
			break;
		case 1:
			d->bytes[at] = (uint8_t)rand_r(seed);
			break;
		default:
			d->bytes[at] = rand_r(seed) & 1 ? 0 : 0xff;
		}
	}
	if (rand_r(seed) % 4 == 0)
		d->length = (size_t)rand_r(seed) % (d->length + 1);
}

static void test_fuzz(void **state)
{
	struct draft samples[10], ext = extension(mpls_object, 12);
	unsigned seed = 20261120;
	int family, count = 0, round;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct draft sent = tcp_draft(family);
		struct draft quote = padded_quote(&sent, &ext);

		samples[count++] = sent;
		samples[count++] = udp_draft(family);
		samples[count++] = time_exceeded(family, 0, &quote);
		samples[count++] =
			time_exceeded(family, attribute(family, 128), &quote);
		samples[count++] = chained(chain, sizeof(chain), 0);
	}
	for (round = 0; round < 300000; round++) {
		struct draft d = samples[rand_r(&seed) % count];

		mutate(&d, &seed);
		parse_deep(d.bytes, d.length);
	}
}

static void test_fuzz_noise(void **state)
{
	unsigned seed = 7;
	int round;

	(void)state;
	for (round = 0; round < 100000; round++) {
		struct draft d = {.length = (size_t)rand_r(&seed) % 160};
		size_t i;

		for (i = 0; i < d.length; i++)
			d.bytes[i] = (uint8_t)rand_r(&seed);
		d.bytes[0] = (uint8_t)((rand_r(&seed) & 1 ? 0x40 : 0x60) |
				       (d.bytes[0] & 0x0f));
		parse_deep(d.bytes, d.length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_bad_ip_headers),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_bad_data_offset),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_link_padding),
		cmocka_unit_test(test_super_segment),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_ipv6_extension_headers),
		cmocka_unit_test(test_ipv6_fragments),
		cmocka_unit_test(test_ipv6_chain_is_bounded),
		cmocka_unit_test(test_icmp_kinds),
		cmocka_unit_test(test_echo_reply),
		cmocka_unit_test(test_short_quotes),
		cmocka_unit_test(test_extended_quotes),
		cmocka_unit_test(test_bad_extensions),
		cmocka_unit_test(test_extension_without_checksum),
		cmocka_unit_test(test_cut_extension),
		cmocka_unit_test(test_extension_objects),
		cmocka_unit_test(test_extension_version),
		cmocka_unit_test(test_many_labels),
		cmocka_unit_test(test_length_attribute),
		cmocka_unit_test(test_quote_padding),
		cmocka_unit_test(test_nested_quote),
		cmocka_unit_test(test_fuzz),
		cmocka_unit_test(test_fuzz_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
