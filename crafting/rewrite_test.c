/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets of all kinds with pseudonyms: what names somebody is gone, wherever
 * it stood, and checksums stay as right as they were. The captures of pcaps/
 * are in report/anonymous_test.c.
 */
#include "rewrite.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checksum.h"
#include "cursor.h"
#include "link.h"
#include "mapping.h"
#include "pseudonym.h"
#include "tests/frames.h"

static const uint8_t key[PSEUDONYM_KEY] = {9, 8, 7, [20] = 6};

#define RIGHT_HMAC UINT64_C(0x1122334455667788)
#define OTHER_HMAC UINT64_C(0x99aabbccddeeff00)

static bool summed; /* DSS checksums are in use */

static bool hmac(void *context, const struct packet *p,
		 const struct mptcp_option *option, const struct address *other,
		 uint64_t *out)
{
	(void)context;
	assert_int_equal(p->tcp.destination_port, 80);
	assert_false(address_equal(&option->add_addr.address, other));
	*out = OTHER_HMAC;
	return option->add_addr.hmac == RIGHT_HMAC;
}

static bool is_summed(void *context, const struct packet *p)
{
	(void)context;
	(void)p;
	return summed;
}

static bool plain(const uint8_t *payload, size_t length)
{
	return length >= 8 && memcmp(payload, "mpprobe ", 8) == 0;
}

static const struct rewrite_facts facts = {hmac, is_summed, plain};

static struct rewrite_sum sums[REWRITE_SUMS];

static void rewrite(int link_type, const uint8_t *frame, size_t length,
		    uint8_t *out)
{
	struct rewriter r = {pseudonyms_new(key), &facts, NULL, sums};

	rewrite_frame(&r, link_type, frame, length, out);
	pseudonyms_free(r.pseudonyms);
}

static struct wire rewritten(const struct wire *w)
{
	struct wire out = {.length = w->length};

	rewrite(LINK_RAW, w->bytes, w->length, out.bytes);
	return out;
}

static bool has(const struct wire *w, const void *bytes, size_t length)
{
	return memmem(w->bytes, w->length, bytes, length) != NULL;
}

static bool has_text(const struct wire *w, const char *text)
{
	return has(w, text, strlen(text));
}

static bool has_address(const struct wire *w, const char *text)
{
	struct address a = address_of(text);

	return has(w, a.bytes, address_length(&a));
}

#define REQUEST "GET / HTTP/1.1\r\nHost: secret.example\r\n\r\n"

static struct envelope envelope(bool ip6)
{
	return (struct envelope){
		.from = address_of(ip6 ? "2a01:4f8::17" : "85.10.20.30"),
		.to = address_of(ip6 ? "2a00:1450::99" : "93.184.216.34"),
		.protocol = IPPROTO_TCP,
		.ttl = 64,
		.id = 7,
	};
}

static void expect_hidden(const struct wire *w)
{
	static const char *const texts[] = {"2a01:4f8::17", "2a00:1450::99",
					    "85.10.20.30", "93.184.216.34"};

	for (size_t i = 0; i < 4; i++)
		assert_false(has_address(w, texts[i]));
	assert_false(has_text(w, "secret"));
}

static struct wire segment(bool ip6, const void *options, size_t length,
			   const char *payload, size_t payload_length)
{
	const struct envelope e = envelope(ip6);
	const struct tcp_segment s = {
		.source_port = 40000,
		.destination_port = 80,
		.sequence = 1000,
		.acknowledgment = 2000,
		.flags = TCP_FLAG_ACK,
		.window = 500,
		.options = options,
		.options_length = length,
		.payload = (const uint8_t *)payload,
		.payload_length = payload_length,
	};

	return wire_tcp(&e, &s);
}

static struct wire request(bool ip6)
{
	return segment(ip6, NULL, 0, REQUEST, strlen(REQUEST));
}

/* The checksum over its TCP, or UDP, or ICMPv6: 0 if it is right. */
static uint16_t transport_sum(const struct wire *w)
{
	struct packet p = wire_parse(w);

	return checksum_transport(&p.ip.source, &p.ip.destination,
				  p.ip.protocol, w->bytes + p.ip.header_length,
				  p.available - p.ip.header_length);
}

/* --- TCP ------------------------------------------------------------------ */

static void test_segment(void **state)
{
	(void)state;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct wire w = request(ip6), out = rewritten(&w);
		struct packet p = wire_parse(&out);

		expect_hidden(&out);
		assert_int_equal(packet_tcp_checksum(&p), 1);
		assert_true(ip6 || p.ip.checksum_valid);
		assert_int_equal(p.tcp.sequence, 1000);
		assert_int_equal(p.tcp.destination_port, 80);
		assert_int_equal(p.ip.ttl, 64);
	}
}

/* By so much it was wrong, and is. */
static void test_wrong_checksum(void **state)
{
	struct wire w = request(false), out;

	(void)state;
	w.bytes[20 + 16] ^= 0x12;
	w.bytes[20 + 17] ^= 0x34;
	w.bytes[10] ^= 0x56;
	out = rewritten(&w);
	assert_int_not_equal(transport_sum(&w), 0);
	assert_int_equal(transport_sum(&w), transport_sum(&out));
	assert_int_equal(checksum_finish(checksum_add(0, w.bytes, 20)),
			 checksum_finish(checksum_add(0, out.bytes, 20)));
}

/* The sum of the addresses stands there, until the card fills it in. */
static uint16_t pseudo_header(const struct wire *w)
{
	struct packet p = wire_parse(w);
	uint32_t sum =
		checksum_add(6 + (uint32_t)p.tcp.length, p.ip.source.bytes, 16);

	return (uint16_t)~checksum_finish(
		checksum_add(sum, p.ip.destination.bytes, 16));
}

static void test_unfilled_checksum(void **state)
{
	struct wire w = request(false), out;
	uint16_t sum = pseudo_header(&w), seen;

	(void)state;
	w.bytes[20 + 16] = (uint8_t)(sum >> 8);
	w.bytes[20 + 17] = (uint8_t)sum;
	out = rewritten(&w);
	seen = (uint16_t)(out.bytes[20 + 16] << 8 | out.bytes[20 + 17]);
	assert_int_equal(seen, pseudo_header(&out));
	assert_int_not_equal(seen, sum);
}

/* What was captured of it is gone, and what follows is not known. */
static void test_cut_segment(void **state)
{
	struct wire w = request(false), out = rewritten(&w);
	struct packet whole = wire_parse(&out), p;

	(void)state;
	for (size_t length = 20; length < w.length; length++) {
		struct wire cut = w, shown;

		cut.length = length;
		shown = rewritten(&cut);
		expect_hidden(&shown);
		p = wire_parse(&shown);
		if (length < 40)
			continue;
		assert_int_equal(p.tcp.checksum, whole.tcp.checksum);
		assert_memory_equal(p.tcp.payload, whole.tcp.payload,
				    length - 40);
	}
}

/* Of one or two bytes the checksum of TCP is mended; with DSS checksums, which
 * may need other segments, they stay. */
static void test_little_payload(void **state)
{
	struct wire w = segment(false, NULL, 0, "p", 1), out = rewritten(&w);
	struct packet p = wire_parse(&out);

	(void)state;
	assert_int_equal(packet_tcp_checksum(&p), 1);
	assert_int_not_equal(*p.tcp.payload, 'p');
	summed = true;
	out = rewritten(&w);
	summed = false;
	p = wire_parse(&out);
	assert_int_equal(packet_tcp_checksum(&p), 1);
	assert_int_equal(*p.tcp.payload, 'p');
}

/* Zeros name nobody. */
static void test_zeros(void **state)
{
	static const char zeros[10];
	struct wire w = segment(false, NULL, 0, zeros, sizeof(zeros)),
		    out = rewritten(&w);
	struct packet p = wire_parse(&out);

	(void)state;
	assert_memory_equal(p.tcp.payload, zeros, sizeof(zeros));
	assert_int_equal(packet_tcp_checksum(&p), 1);
}

/* --- DSS checksums -------------------------------------------------------- */

/* A mapping of so many bytes, the first of which are in the segment. */
static struct wire mapped(const char *payload, size_t length, uint16_t all)
{
	const struct mptcp_option o = {
		.subtype = MP_DSS,
		.dss = {.flags = DSS_MAPPING | DSS_DSN8,
			.dsn = 77,
			.ssn = 1,
			.data_level_length = all,
			.has_checksum = true,
			.checksum = dss_checksum(77, 1, all, payload, length)},
	};
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));

	assert_true(mptcp_encode(&w, &o));
	while (w.length % 4)
		write_u8(&w, TCPOPT_KIND_NOP);
	return segment(false, options, w.length, payload, length);
}

static enum mapping_state state_of(const struct packet *p)
{
	struct tcp_options options;
	struct mapping_sum sum;
	struct mapping m;

	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &options);
	assert_true(mapping_read(&options, 0, 0, &m));
	mapping_sum_begin(&sum, &m);
	return mapping_sum_add(&sum, 1, p->tcp.payload,
			       p->tcp.payload_available);
}

static void test_dss_checksum(void **state)
{
	static const char *const payloads[] = {"p", "pq", "pqr", REQUEST};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t length = strlen(payloads[i]);
		struct wire w = mapped(payloads[i], length, (uint16_t)length);
		struct wire out = rewritten(&w);
		struct packet p = wire_parse(&out);

		assert_int_equal(packet_tcp_checksum(&p), 1);
		assert_int_equal(state_of(&p), MAPPING_RIGHT);
		assert_memory_not_equal(p.tcp.payload, payloads[i], length);
		/* One that is wrong stays so. */
		w.bytes[w.length - 1] ^= 1;
		out = rewritten(&w);
		p = wire_parse(&out);
		assert_int_equal(state_of(&p), MAPPING_WRONG);
	}
}

/* The rest is in another segment, to come: both sums stay. */
static void test_dss_over_several(void **state)
{
	struct wire w = mapped(REQUEST, strlen(REQUEST), 1000);
	struct wire out = rewritten(&w);
	struct packet before = wire_parse(&w), p = wire_parse(&out);

	(void)state;
	expect_hidden(&out);
	assert_int_equal(packet_tcp_checksum(&p), 1);
	assert_int_equal(checksum_add(0, before.tcp.payload, strlen(REQUEST)),
			 checksum_add(0, p.tcp.payload, strlen(REQUEST)));
	w = request(false);
	summed = true;
	out = rewritten(&w);
	summed = false;
	before = wire_parse(&w);
	p = wire_parse(&out);
	assert_int_equal(checksum_add(0, before.tcp.payload, strlen(REQUEST)),
			 checksum_add(0, p.tcp.payload, strlen(REQUEST)));
}

/* --- ADD_ADDR ------------------------------------------------------------- */

static struct wire announcement(bool ip6, uint64_t with)
{
	const struct mptcp_option o = {
		.subtype = MP_ADD_ADDR,
		.add_addr = {.version = 1,
			     .address_id = 3,
			     .address = address_of(ip6 ? "2001:67c:2e8::5"
						       : "131.188.4.5"),
			     .has_hmac = true,
			     .hmac = with},
	};
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));

	assert_true(mptcp_encode(&w, &o));
	while (w.length % 4)
		write_u8(&w, TCPOPT_KIND_NOP);
	return segment(false, options, w.length, "", 0);
}

static const struct mptcp_option *add_addr(const struct wire *w,
					   struct tcp_options *options)
{
	struct packet p = wire_parse(w);

	assert_int_equal(packet_tcp_checksum(&p), 1);
	tcp_options_read(p.tcp.options, p.tcp.options_available,
			 p.tcp.options_length, options);
	return tcp_options_mptcp(options, MP_ADD_ADDR);
}

static void test_add_addr(void **state)
{
	(void)state;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct wire w = announcement(ip6, RIGHT_HMAC);
		struct wire out = rewritten(&w);
		struct tcp_options options;
		const struct mptcp_option *o = add_addr(&out, &options);

		assert_non_null(o);
		assert_false(has_address(&out, ip6 ? "2001:67c:2e8::5"
						   : "131.188.4.5"));
		assert_int_equal(o->add_addr.address_id, 3);
		assert_true(o->add_addr.hmac == OTHER_HMAC);
	}
}

/* It would tell the address to who tries all of them, too. */
static void test_wrong_hmac(void **state)
{
	struct wire w = announcement(false, RIGHT_HMAC + 1);
	struct wire out = rewritten(&w), again = rewritten(&w);
	struct tcp_options options;
	const struct mptcp_option *o = add_addr(&out, &options);

	(void)state;
	assert_true(o->add_addr.hmac != OTHER_HMAC);
	assert_true(o->add_addr.hmac != RIGHT_HMAC + 1);
	assert_memory_equal(out.bytes, again.bytes, out.length);
}

/* Of a length that it may not have, or cut off. */
static void test_broken_add_addr(void **state)
{
	static const uint8_t odd[12] = {30, 11, 0x31, 3, 131, 188, 4, 5};
	struct wire w = segment(false, odd, sizeof(odd), "", 0);
	struct wire out = rewritten(&w);

	(void)state;
	assert_true(has_address(&w, "131.188.4.5"));
	assert_false(has_address(&out, "131.188.4.5"));
	w = announcement(false, RIGHT_HMAC);
	w.length = 20 + 20 + 8;
	assert_true(has_address(&w, "131.188.4.5"));
	out = rewritten(&w);
	assert_false(has_address(&out, "131.188.4.5"));
}

/* Those of proxies name the client (kind 28), or the proxy itself (76): whole,
 * and cut off. */
static void test_options_of_devices(void **state)
{
	static const uint8_t kinds[] = {28, 34, 76, 253, 254};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds); i++) {
		const uint8_t option[12] = {kinds[i], 8, 0, 80, 131, 188,
					    4,	      5, 1, 1,	1,   1};
		struct wire w = segment(false, option, sizeof(option), "", 0);
		struct wire out = rewritten(&w);

		assert_true(has_address(&w, "131.188.4.5"));
		assert_false(has_address(&out, "131.188.4.5"));
		assert_memory_equal(out.bytes + 40, option, 2);
		assert_memory_equal(out.bytes + 48, option + 8, 4);
		assert_int_equal(transport_sum(&out), 0);
		w.length = 20 + 20 + 8;
		w.bytes[41] = 12; /* goes on behind what is there */
		out = rewritten(&w);
		assert_false(has_address(&out, "131.188.4.5"));
	}
}

/* What stacks and MPTCP need to be judged by stays as it is. */
static void test_usual_options(void **state)
{
	static const uint8_t options[28] = {2, 4,  5, 180, 4,  2, 3, 3, 7, 1,
					    8, 10, 1, 2,   3,  4, 5, 6, 7, 8,
					    1, 1,  1, 1,   30, 4, 1, 1};
	struct wire w = segment(false, options, sizeof(options), "", 0);
	struct wire out = rewritten(&w);

	(void)state;
	assert_memory_equal(out.bytes + 40, options, sizeof(options));
}

/* --- ICMP ----------------------------------------------------------------- */

static struct wire error_of(bool ip6, const struct wire *quoted, size_t bytes)
{
	struct envelope e = envelope(ip6);
	struct address router =
		address_of(ip6 ? "2001:db8:7::1" : "131.188.4.1");

	e.to = e.from;
	e.from = router;
	return wire_icmp(&e, TIME_EXCEEDED, quoted, bytes);
}

/* Fills in the checksum of ICMP. */
static void fix_icmp(struct wire *w, bool ip6)
{
	size_t at = ip6 ? 40 : 20;
	uint16_t sum;

	w->bytes[at + 2] = w->bytes[at + 3] = 0;
	sum = ip6 ? transport_sum(w)
		  : checksum_finish(
			    checksum_add(0, w->bytes + at, w->length - at));
	w->bytes[at + 2] = (uint8_t)(sum >> 8);
	w->bytes[at + 3] = (uint8_t)sum;
}

static uint16_t icmp_sum(const struct wire *w, bool ip6)
{
	return ip6 ? transport_sum(w)
		   : checksum_finish(
			     checksum_add(0, w->bytes + 20, w->length - 20));
}

/* It quotes what was sent, as that is shown. */
static void test_quote(void **state)
{
	(void)state;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct wire sent = request(ip6);
		struct wire w = error_of(ip6, &sent, sent.length), out;
		struct wire shown = rewritten(&sent);
		struct packet p;

		fix_icmp(&w, ip6);
		out = rewritten(&w);
		p = wire_parse(&out);
		expect_hidden(&out);
		assert_false(has_address(&out, ip6 ? "2001:db8:7::1"
						   : "131.188.4.1"));
		assert_int_equal(p.icmp.quote_length, sent.length);
		assert_memory_equal(p.icmp.quote, shown.bytes, sent.length);
		assert_int_equal(icmp_sum(&out, ip6), 0);
	}
}

/* However much of it is quoted, and whatever length the quote says, as some
 * stacks do: it is the beginning of what was sent. */
static void test_cut_quote(void **state)
{
	struct wire sent = mapped(REQUEST, strlen(REQUEST), strlen(REQUEST));
	struct wire shown = rewritten(&sent);

	(void)state;
	for (int slip = 0; slip < 2; slip++) {
		sent.bytes[3] -= slip ? 20 : 0;
		fix_ip_checksum(&sent);
		for (size_t bytes = 28; bytes < sent.length - 20; bytes++) {
			struct wire w = error_of(false, &sent, bytes), out;
			struct packet p;

			if (bytes == 37 || bytes == 59) /* half a checksum */
				continue;
			out = rewritten(&w);
			p = wire_parse(&out);
			assert_memory_equal(p.icmp.quote + 12, shown.bytes + 12,
					    bytes - 12);
		}
	}
}

/* The first fragment has the checksum of the whole. */
static void test_fragment(void **state)
{
	struct wire sent = request(false), shown = rewritten(&sent), out;

	(void)state;
	sent.length = 20 + 24;
	sent.bytes[6] = 0x20; /* more follow */
	fix_length(&sent);
	out = rewritten(&sent);
	assert_memory_equal(out.bytes + 20, shown.bytes + 20, 24);
}

/* A part of it that a device has made is right by itself. */
static void test_split_quote(void **state)
{
	struct wire sent = request(false), part, w, out;
	struct wire shown = rewritten(&sent);
	struct packet p, q;

	(void)state;
	part = segment(false, NULL, 0, REQUEST, 20);
	w = error_of(false, &part, part.length);
	out = rewritten(&w);
	p = wire_parse(&out);
	assert_true(packet_parse_quote(p.icmp.quote, p.icmp.quote_length, &q));
	assert_memory_equal(q.tcp.payload, shown.bytes + 40, 20);
}

/* RFC 5837: an interface with its address and name; RFC 4950: a label. */
static void test_extension(void **state)
{
	static const uint8_t extension[] = {
		0x20, 0,   0,	0,			     /* */
		0,    8,   1,	1,    0,   0x20, 0x81, 0x40, /* MPLS */
		0,    20,  2,	0x06,			     /* */
		0,    1,   0,	0,    131, 188,	 4,    77,   /* */
		8,    's', 'e', 'c',  'r', 'e',	 't',  '1'};
	struct wire sent = request(false);
	struct wire w = error_of(false, &sent, 128), out;
	struct packet p;
	uint16_t sum =
		checksum_finish(checksum_add(0, extension, sizeof(extension)));

	(void)state;
	w.length = 20 + 8 + 128 + sizeof(extension);
	memcpy(w.bytes + 20 + 8 + 128, extension, sizeof(extension));
	w.bytes[20 + 8 + 128 + 2] = (uint8_t)(sum >> 8);
	w.bytes[20 + 8 + 128 + 3] = (uint8_t)sum;
	w.bytes[20 + 5] = 128 / 4;
	fix_length(&w);
	fix_icmp(&w, false);
	/* Between them stand zeros; or what a router forgot there. */
	memcpy(w.bytes + 20 + 8 + 110, "secret", 6);
	fix_icmp(&w, false);
	p = wire_parse(&w);
	assert_true(p.icmp.extended);
	out = rewritten(&w);
	p = wire_parse(&out);
	assert_true(p.icmp.extended);
	assert_int_equal(p.icmp.mpls_count, 1);
	assert_int_equal(p.icmp.mpls[0].label, 0x208);
	assert_int_equal(icmp_sum(&out, false), 0);
	expect_hidden(&out);
	assert_false(has_address(&out, "131.188.4.77"));
}

/* Without a structure that is understood nothing behind the quote stays. */
static void test_behind_quote(void **state)
{
	struct wire sent = segment(false, NULL, 0, "", 0), out;
	struct wire w = error_of(false, &sent, sent.length);

	(void)state;
	memcpy(w.bytes + w.length, "secret and more", 15);
	w.length += 15;
	fix_length(&w);
	fix_icmp(&w, false);
	out = rewritten(&w);
	expect_hidden(&out);
	assert_int_equal(icmp_sum(&out, false), 0);
}

/* A quote of an error, and so on: of a stranger, as deep as he likes. */
static void test_quote_in_quote(void **state)
{
	struct wire sent = request(false);
	struct wire inner = error_of(false, &sent, sent.length);
	struct wire w = error_of(false, &inner, inner.length);
	struct wire out = rewritten(&w), shown = rewritten(&sent);

	(void)state;
	expect_hidden(&out);
	assert_false(has(&out, shown.bytes, 20));
}

static struct wire datagram(uint8_t protocol, const void *bytes, size_t length)
{
	struct envelope e = envelope(false);

	e.protocol = protocol;
	return wire_ip(&e, bytes, length);
}

static void test_echo(void **state)
{
	static const uint8_t ping[] = "\x08\0\0\0\0\7\0\1secret payload";
	static const uint8_t control[] =
		"\x08\0\0\0\0\7\0\1mpprobe 064 0123456789abcdef";
	struct wire w = datagram(IPPROTO_ICMP, ping, sizeof(ping) - 1), out;

	(void)state;
	fix_icmp(&w, false);
	out = rewritten(&w);
	expect_hidden(&out);
	assert_int_equal(icmp_sum(&out, false), 0);
	assert_int_equal(out.bytes[25], 7); /* the identifier */
	w = datagram(IPPROTO_ICMP, control, sizeof(control) - 1);
	out = rewritten(&w);
	assert_true(has_text(&out, "mpprobe 064 0123456789abcdef"));
}

/* Neighbours (RFC 4861 4.3) and redirects (RFC 792) name addresses. */
static void test_other_icmp(void **state)
{
	uint8_t solicitation[32] = {135, [24] = 1, 1, 0x52, 0x54, 0, 1, 2, 3};
	uint8_t redirect[] = "\5\1\0\0\x83\xbc\4\1secret";
	struct envelope e = envelope(true);
	struct address neighbour = address_of("2a01:4f8::18");
	struct wire w, out;

	(void)state;
	memcpy(solicitation + 8, neighbour.bytes, 16);
	e.protocol = IPPROTO_ICMPV6;
	w = wire_ip(&e, solicitation, sizeof(solicitation));
	fix_icmp(&w, true);
	out = rewritten(&w);
	assert_false(has_address(&out, "2a01:4f8::18"));
	assert_false(has(&out, "\x52\x54\0\1\2\3", 6));
	assert_int_equal(icmp_sum(&out, true), 0);
	w = datagram(IPPROTO_ICMP, redirect, sizeof(redirect) - 1);
	out = rewritten(&w);
	assert_false(has_address(&out, "131.188.4.1"));
	expect_hidden(&out);
}

/* --- UDP and others ------------------------------------------------------- */

#define QUERY "\0\7\1\0\0\1\0\0\0\0\0\0\6secret\7example\0\0\1\0\1"

static struct wire query(uint16_t port)
{
	struct envelope e = envelope(false);
	uint8_t bytes[100];
	ssize_t length = udp_datagram_write(port, 53, (const uint8_t *)QUERY,
					    sizeof(QUERY) - 1, &e.from, &e.to,
					    bytes, sizeof(bytes));

	return datagram(IPPROTO_UDP, bytes, (size_t)length);
}

static uint16_t udp_checksum(const struct wire *w)
{
	return (uint16_t)(w->bytes[26] << 8 | w->bytes[27]);
}

/* RFC 768: one that is 0 is sent as all ones. */
static void test_udp_zero(void **state)
{
	struct wire w = query(1000), out = rewritten(&w);
	uint32_t port = 1000u + udp_checksum(&out);

	(void)state;
	w = query((uint16_t)(port > UINT16_MAX ? port + 1 : port));
	out = rewritten(&w);
	assert_int_equal(transport_sum(&out), 0);
	assert_int_equal(udp_checksum(&out), UINT16_MAX);
}

static void test_udp(void **state)
{
	struct wire w = query(40000), out;

	(void)state;
	out = rewritten(&w);
	expect_hidden(&out);
	assert_int_equal(transport_sum(&out), 0);
	w.bytes[26] = w.bytes[27] = 0; /* none */
	out = rewritten(&w);
	expect_hidden(&out);
	assert_int_equal(udp_checksum(&out), 0);
}

/* GRE, IP in IP, what is unknown, and a later fragment. */
static void test_other_protocols(void **state)
{
	static const uint8_t protocols[] = {4, 41, 47, 50, 132, 253};
	struct wire inner = request(false), w, out;

	(void)state;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		w = datagram(protocols[i], inner.bytes, inner.length);
		out = rewritten(&w);
		expect_hidden(&out);
	}
	w = datagram(IPPROTO_TCP, REQUEST, strlen(REQUEST));
	w.bytes[6] = 0;
	w.bytes[7] = 100; /* the offset */
	fix_ip_checksum(&w);
	out = rewritten(&w);
	expect_hidden(&out);
	assert_true(wire_parse(&out).ip.checksum_valid);
}

/* --- headers of IP -------------------------------------------------------- */

/* RFC 791 3.1: a route that was recorded. */
static void test_ipv4_options(void **state)
{
	struct wire w = request(false), out;

	(void)state;
	memmove(w.bytes + 28, w.bytes + 20, w.length - 20);
	memcpy(w.bytes + 20, "\7\7\x8\x83\xbc\4\1\0", 8);
	w.bytes[0] = 0x47;
	w.length += 8;
	w.bytes[3] = (uint8_t)w.length;
	w.bytes[10] = w.bytes[11] = 0;
	w.bytes[11] = 1; /* wrong, by something */
	out = rewritten(&w);
	assert_true(has_address(&w, "131.188.4.1"));
	assert_false(has_address(&out, "131.188.4.1"));
	assert_int_equal(checksum_finish(checksum_add(0, w.bytes, 28)),
			 checksum_finish(checksum_add(0, out.bytes, 28)));
	expect_hidden(&out);
}

/* It says that the packet ends within its header, or before what is there. */
static void test_lying_length(void **state)
{
	(void)state;
	for (uint8_t length = 1; length < 60; length += 7) {
		struct wire w = request(false), out;

		w.bytes[3] = length;
		fix_ip_checksum(&w);
		out = rewritten(&w);
		expect_hidden(&out);
		assert_true(wire_parse(&out).ip.checksum_valid);
		assert_int_equal(out.bytes[3], length);
	}
}

/* RFC 8200 4.4, RFC 6275 6.3: an address in a route, in an option. */
static void test_ipv6_extensions(void **state)
{
	struct address via = address_of("2001:67c:2e8::5");
	struct wire w = request(true), out;
	uint8_t *extension = w.bytes + 40;

	(void)state;
	memmove(w.bytes + 40 + 48, w.bytes + 40, w.length - 40);
	memset(extension, 0, 48);
	w.bytes[6] = IPPROTO_DSTOPTS;
	extension[0] = IPPROTO_ROUTING;
	extension[1] = 2;
	extension[2] = 201;
	extension[3] = 16;
	memcpy(extension + 4, via.bytes, 16);
	extension[24] = IPPROTO_TCP;
	extension[25] = 2;
	memcpy(extension + 24 + 8, via.bytes, 16);
	w.length += 48;
	fix_length(&w);
	out = rewritten(&w);
	assert_true(has_address(&w, "2001:67c:2e8::5"));
	assert_false(has_address(&out, "2001:67c:2e8::5"));
	expect_hidden(&out);
	assert_int_equal(wire_parse(&out).tcp.destination_port, 80);
}

/* --- frames --------------------------------------------------------------- */

#define MAC_A "\x52\x54\0\1\2\3"
#define MAC_B "\x52\x54\0\4\5\6"

struct header {
	int link_type;
	size_t length;
	const char *bytes;
};

static const struct header headers[] = {
	{1, 14, MAC_A MAC_B "\x08\0"},
	{1, 18, MAC_A MAC_B "\x81\0\0\7\x08\0"},
	{113, 16, "\0\0\0\1\0\6" MAC_A "\0\0\x08\0"},
	{276, 20, "\x08\0\0\0\0\0\0\2\0\1\0\6" MAC_A "\0\0"},
	{0, 4, "\2\0\0\0"},
	{9, 4, "\xff\3\0\x21"},
};

static struct wire framed(const struct header *h, const void *bytes,
			  size_t length)
{
	struct wire w = {.length = h->length + length};

	memcpy(w.bytes, h->bytes, h->length);
	memcpy(w.bytes + h->length, bytes, length);
	return w;
}

/* Whatever is overwritten, none becomes a shorter header before TCP. */
static void test_cut_ipv6_extension(void **state)
{
	char payload[1200] = "secret";

	(void)state;
	for (unsigned i = 0; i < 8 * 256; i++) {
		struct wire w = segment(true, NULL, 0, payload, 1200), out;
		struct packet p;

		w.bytes[6] = IPPROTO_DSTOPTS;
		w.bytes[40] = (uint8_t)i;
		w.bytes[41] = (uint8_t)(0xff - i / 256); /* too long */
		out = rewritten(&w);
		assert_true(packet_parse(out.bytes, out.length, &p));
		assert_int_equal(p.transport, TRANSPORT_NONE);
		assert_false(has_text(&out, "secret"));
	}
}

static void test_link_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct wire ip = request(false);
		struct wire w = framed(&headers[i], ip.bytes, ip.length);
		struct wire out = {.length = w.length}, shown = rewritten(&ip);

		rewrite(headers[i].link_type, w.bytes, w.length, out.bytes);
		expect_hidden(&out);
		assert_false(has(&out, MAC_A, 6) || has(&out, MAC_B, 6));
		assert_memory_equal(out.bytes + headers[i].length, shown.bytes,
				    ip.length);
	}
}

/* What fills up a short frame may be of another packet. */
static void test_padding(void **state)
{
	struct wire ip = segment(false, NULL, 0, "", 0);
	struct wire w = framed(&headers[0], ip.bytes, ip.length);
	struct wire out;

	(void)state;
	memcpy(w.bytes + w.length, "secret", 6);
	w.length += 6;
	out.length = w.length;
	rewrite(1, w.bytes, w.length, out.bytes);
	assert_memory_equal(out.bytes + w.length - 6, "\0\0\0\0\0\0", 6);
}

/* ARP, other link types, and what is cut before the addresses. */
static void test_blank(void **state)
{
	static const char arp[] =
		MAC_A MAC_B "\x08\x06"
			    "\0\1\x08\0\6\4\0\1" MAC_B "\x55\x0a\x14\x1e";
	struct wire ip = request(false), out = {.length = sizeof(arp) - 1};

	(void)state;
	rewrite(1, (const uint8_t *)arp, sizeof(arp) - 1, out.bytes);
	expect_hidden(&out);
	assert_false(has(&out, MAC_B, 6));
	assert_memory_equal(out.bytes + 12, "\x08\x06", 2);
	out.length = ip.length;
	rewrite(1000, ip.bytes, ip.length, out.bytes);
	for (size_t i = 0; i < out.length; i++)
		assert_int_equal(out.bytes[i], 0);
	out.length = 19;
	rewrite(LINK_RAW, ip.bytes, 19, out.bytes);
	expect_hidden(&out);
	assert_false(has(&out, "\x55\x0a\x14\x1e", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment),
		cmocka_unit_test(test_wrong_checksum),
		cmocka_unit_test(test_unfilled_checksum),
		cmocka_unit_test(test_cut_segment),
		cmocka_unit_test(test_little_payload),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_dss_checksum),
		cmocka_unit_test(test_dss_over_several),
		cmocka_unit_test(test_add_addr),
		cmocka_unit_test(test_wrong_hmac),
		cmocka_unit_test(test_broken_add_addr),
		cmocka_unit_test(test_options_of_devices),
		cmocka_unit_test(test_usual_options),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_cut_quote),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_split_quote),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_behind_quote),
		cmocka_unit_test(test_quote_in_quote),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_other_icmp),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_zero),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_lying_length),
		cmocka_unit_test(test_ipv6_extensions),
		cmocka_unit_test(test_cut_ipv6_extension),
		cmocka_unit_test(test_link_headers),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
