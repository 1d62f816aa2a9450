/* SPDX-License-Identifier: GPL-3.0-or-later
 * What differs between a packet and its quote, and what the quote does not
 * show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "report/arena.h"
#include "report/evidence/changes.h"
#include "report/track/observer.h"
#include "tests/frames.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct envelope envelope_of(bool ip6)
{
	return (struct envelope){
		.from = address_of(ip6 ? "fd00::1" : "10.0.1.1"),
		.to = address_of(ip6 ? "fd00::2" : "10.0.5.2"),
		.protocol = IPPROTO_TCP,
		.ttl = 5,
		.traffic_class = 10 << 2 | 2,
		.id = 0x1234};
}

/* mss, sackOK, timestamps, nop, wscale, MP_CAPABLE: 24 bytes. */
static struct wire syn(bool ip6)
{
	struct envelope e = envelope_of(ip6);
	struct mptcp_option o = {.subtype = MP_CAPABLE};
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment s = {.source_port = 40001,
				.destination_port = 80,
				.sequence = 0x11223344,
				.flags = TCP_FLAG_SYN | TCP_FLAG_ECE |
					 TCP_FLAG_CWR,
				.window = 64240,
				.options = options};

	write_mss(&w, 1460);
	write_sack_permitted(&w);
	write_timestamps(&w, 0x01020304, 0);
	write_nop(&w, 1);
	write_wscale(&w, 7);
	o.capable.version = 1;
	o.capable.flags = MPC_HMAC;
	mptcp_encode(&w, &o);
	s.options_length = w.length;
	return wire_tcp(&e, &s);
}

static const uint8_t payload[] = "GET / HTTP/1.1\r\n\r\n";

#define PAYLOAD (sizeof(payload) - 1)

/* Timestamps and a DSS with mapping: 12 + 20 + 2 bytes of options. */
static struct wire data(bool ip6)
{
	struct envelope e = envelope_of(ip6);
	struct mptcp_option o = {.subtype = MP_DSS};
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment s = {.source_port = 40001,
				.destination_port = 80,
				.sequence = 0x11223345,
				.acknowledgment = 0x55667788,
				.flags = TCP_FLAG_ACK | TCP_FLAG_PSH |
					 TCP_FLAG_URG,
				.urgent = 5,
				.window = 502,
				.options = options,
				.payload = payload,
				.payload_length = PAYLOAD};

	write_nop(&w, 2);
	write_timestamps(&w, 0x01020304, 0x05060708);
	o.dss.flags = DSS_ACK | DSS_ACK8 | DSS_MAPPING;
	o.dss.data_ack = 1;
	o.dss.dsn = 2;
	o.dss.ssn = 1;
	o.dss.data_level_length = PAYLOAD;
	mptcp_encode(&w, &o);
	write_options_padding(&w);
	s.options_length = w.length;
	return wire_tcp(&e, &s);
}

static struct comparison compare_cut(const struct wire *sent,
				     const struct wire *quoted, size_t bytes)
{
	struct kept k = {0};
	struct comparison c;
	struct packet q;
	uint8_t *copy = arena_alloc(arena, bytes);

	assert_true(packet_parse(sent->bytes, sent->length, &k.packet));
	tcp_options_read(k.packet.tcp.options, k.packet.tcp.options_available,
			 k.packet.tcp.options_length, &k.options);
	memcpy(copy, quoted->bytes, bytes);
	assert_true(packet_parse_quote(copy, bytes, &q));
	compare_packets(arena, &k, &q, &c);
	return c;
}

static struct comparison compare(const struct wire *sent,
				 const struct wire *quoted)
{
	return compare_cut(sent, quoted, quoted->length);
}

static void assert_only(const struct comparison *c, enum field field,
			const char *name, const char *sent, const char *quoted)
{
	const struct changed *item = comparison_find(c, field);

	assert_non_null(item);
	assert_true(comparison_covers(c, field));
	assert_string_equal(item->change.field, name);
	if (sent)
		assert_string_equal(item->change.sent, sent);
	if (quoted)
		assert_string_equal(item->change.quoted, quoted);
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].field != field &&
		    c->items[i].field != FIELD_IP_LENGTH)
			fail_msg("also: %s", c->items[i].change.field);
}

/* What a quote of so many bytes behind the IP header can show at all. */
static bool visible(enum field field, size_t tcp, const struct wire *sent)
{
	struct packet p;
	size_t header;

	packet_parse(sent->bytes, sent->length, &p);
	header = p.tcp.data_offset;
	switch (field) {
	case FIELD_TCP_SOURCE_PORT:
	case FIELD_TCP_DESTINATION_PORT:
		return tcp >= 4;
	case FIELD_TCP_SEQUENCE:
		return tcp >= 8;
	case FIELD_TCP_ACKNOWLEDGMENT:
		return tcp >= 12;
	case FIELD_TCP_FLAGS:
	case FIELD_TCP_ECN:
		return tcp >= 14;
	case FIELD_TCP_WINDOW:
		return tcp >= 16;
	case FIELD_TCP_URGENT:
	case FIELD_PAYLOAD_LENGTH:
		return tcp >= 20;
	case FIELD_OPTION_MSS:
		return tcp >= 24;
	case FIELD_OPTION_MPTCP: /* the last, or before two NOPs */
		return tcp + 2 >= header;
	case FIELD_OPTION_OTHER:
		return tcp >= 32;
	case FIELD_OPTION_ADDED:
		return tcp >= header;
	case FIELD_PAYLOAD:
	case FIELD_TCP_CHECKSUM:
		return tcp >= p.tcp.length;
	default:
		return true;
	}
}

static void check_visible(const struct wire *sent, const struct wire *quoted,
			  size_t header)
{
	for (size_t bytes = header; bytes <= quoted->length; bytes++) {
		struct comparison c = compare_cut(sent, quoted, bytes);

		for (int f = 0; f < FIELD_COUNT; f++)
			if (comparison_covers(&c, (enum field)f) &&
			    !visible((enum field)f, bytes - header, sent))
				fail_msg("field %d claimed at %zu bytes", f,
					 bytes);
	}
}

/* All of the header that is there is covered, but for what has no meaning in
 * a SYN. */
static void check_header(const struct wire *w, size_t header, bool syn)
{
	for (size_t bytes = header; bytes <= w->length; bytes++) {
		struct comparison c = compare_cut(w, w, bytes);

		for (int f = FIELD_TCP_SOURCE_PORT; f <= FIELD_TCP_WINDOW; f++)
			if (!(syn && (f == FIELD_TCP_ACKNOWLEDGMENT ||
				      f == FIELD_TCP_URGENT)))
				assert_int_equal(
					comparison_covers(&c, (enum field)f),
					visible((enum field)f, bytes - header,
						w));
	}
}

/* Nothing is claimed of what is not there, and all of what is there is. */
static void test_every_length(void **state)
{
	(void)state;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct wire wires[] = {syn(ip6), data(ip6)};
		size_t header = ip6 ? 40 : 20;

		for (int i = 0; i < 2; i++) {
			struct wire *w = &wires[i];

			check_visible(w, w, header);
			check_header(w, header, i == 0);
			for (size_t n = header; n <= w->length; n++)
				assert_int_equal(compare_cut(w, w, n).count, 0);
			assert_true(comparison_covers(
				(struct comparison[]){compare(w, w)},
				FIELD_OPTION_MPTCP));
			assert_true(comparison_covers(
				(struct comparison[]){compare(w, w)},
				FIELD_TCP_CHECKSUM));
		}
	}
}

/* Removed options: said only where the quote shows it. */
static void removed_at_every_length(void (*remove)(struct wire *),
				    const char *how, size_t shown)
{
	struct wire sent = syn(false), quoted = sent;
	const struct changed *item;
	struct comparison c;

	remove(&quoted);
	for (size_t n = 20; n < shown; n++) {
		c = compare_cut(&sent, &quoted, n);
		assert_null(comparison_find(&c, FIELD_OPTION_MPTCP));
		assert_false(comparison_covers(&c, FIELD_OPTION_MPTCP));
	}
	c = compare_cut(&sent, &quoted, shown);
	item = comparison_find(&c, FIELD_OPTION_MPTCP);
	assert_non_null(item);
	assert_true(item->removed);
	assert_string_equal(item->how, how);
	assert_string_equal(item->change.field, "tcp.option.mptcp");
	assert_string_equal(item->change.sent, "1e040101");
	assert_null(item->change.quoted);
	/* What stands there instead is told if all of it is quoted. */
	assert_int_equal(item->in_place != NULL, shown == sent.length);
}

static void nop(struct wire *w)
{
	option_fill(w, TCPOPT_MPTCP, TCPOPT_KIND_NOP);
}

static void eol(struct wire *w)
{
	option_fill(w, TCPOPT_MPTCP, TCPOPT_KIND_EOL);
}

static void cut(struct wire *w)
{
	option_cut(w, TCPOPT_MPTCP);
}

static void foreign(struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, -1, NULL);

	memcpy(o, "\xfd\x04\x00\x01", 4);
}

static void test_removed(void **state)
{
	(void)state;
	removed_at_every_length(nop, "nop", 64);
	removed_at_every_length(eol, "eol", 61); /* the list ends there */
	removed_at_every_length(cut, "cut", 60);
	removed_at_every_length(foreign, "cut", 64);
}

static void test_removed_in_the_middle(void **state)
{
	struct wire sent = syn(false), quoted = sent;
	struct comparison c;

	(void)state;
	option_cut(&quoted, TCPOPT_KIND_MSS);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_OPTION_MSS, "tcp.option.mss", "020405b4", NULL);
	assert_string_equal(comparison_find(&c, FIELD_OPTION_MSS)->how, "cut");
	assert_null(comparison_find(&c, FIELD_OPTION_MSS)->in_place);
	for (size_t n = 20; n < quoted.length; n++) {
		c = compare_cut(&sent, &quoted, n);
		assert_null(comparison_find(&c, FIELD_OPTION_MSS));
		assert_null(comparison_find(&c, FIELD_OPTION_OTHER));
		assert_null(comparison_find(&c, FIELD_OPTION_MPTCP));
	}
}

/* MP_CAPABLE first, all the others behind it: no option is changed, and a
 * quote that ends before an option says nothing of it. */
static void test_reordered(void **state)
{
	struct wire sent = syn(false), quoted = sent;
	uint8_t *options = quoted.bytes + 40, last[4];
	struct comparison c;

	(void)state;
	memcpy(last, options + 20, 4);
	memmove(options + 4, options, 20);
	memcpy(options, last, 4);
	for (size_t n = 20; n <= quoted.length; n++) {
		c = compare_cut(&sent, &quoted, n);
		assert_int_equal(c.count, 0);
	}
	c = compare(&sent, &quoted);
	assert_true(comparison_covers(&c, FIELD_OPTION_MPTCP));
	assert_true(comparison_covers(&c, FIELD_OPTION_MSS));
}

/* One other option of several is quoted: the rest is not covered. */
static void test_other_options_all_or_none(void **state)
{
	struct wire w = syn(false);
	struct comparison c = compare_cut(&w, &w, 20 + 20 + 6);

	(void)state;
	assert_false(comparison_covers(&c, FIELD_OPTION_OTHER));
	assert_true(comparison_covers(&c, FIELD_OPTION_MSS));
	option_fill(&w, TCPOPT_KIND_SACK_PERMITTED, TCPOPT_KIND_NOP);
	/* Two NOPs in its place: it may stand behind them. */
	c = compare_cut(&(struct wire[]){syn(false)}[0], &w, 20 + 20 + 6);
	assert_int_equal(c.count, 0);
	c = compare(&(struct wire[]){syn(false)}[0], &w);
	assert_only(&c, FIELD_OPTION_OTHER, "tcp.option.sackOK", "0402", NULL);
}

/* An MPTCP option of 2 bytes has no subtype: what follows is none. */
static void test_no_subtype(void **state)
{
	struct wire sent = syn(false), quoted = sent;
	uint8_t *s = wire_option(&sent, TCPOPT_MPTCP, -1, NULL);
	uint8_t *q = wire_option(&quoted, TCPOPT_MPTCP, -1, NULL);
	struct comparison c;

	(void)state;
	memcpy(q, (uint8_t[]){1, TCPOPT_MPTCP, 2, 1}, 4);
	c = compare(&sent, &quoted);
	assert_true(comparison_find(&c, FIELD_OPTION_MPTCP)->removed);
	memcpy(s, (uint8_t[]){TCPOPT_MPTCP, 2, 1, 1}, 4);
	memcpy(q, (uint8_t[]){1, TCPOPT_MPTCP, 3, 1}, 4);
	c = compare(&sent, &quoted);
	assert_true(comparison_find(&c, FIELD_OPTION_MPTCP)->removed);
}

static void test_modified(void **state)
{
	struct wire sent = syn(false), quoted = sent;
	struct comparison c;

	(void)state;
	wire_option(&quoted, TCPOPT_MPTCP, -1, NULL)[3] = 0x81;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_OPTION_MPTCP, "tcp.option.mptcp", "1e040101",
		    "1e040181");
	assert_false(comparison_find(&c, FIELD_OPTION_MPTCP)->removed);
	quoted = sent; /* another subtype in its place */
	wire_option(&quoted, TCPOPT_MPTCP, -1, NULL)[2] = 0x81;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_OPTION_MPTCP, "tcp.option.mptcp", "1e040101",
		    "1e048101");
	quoted = sent;
	wire_option(&quoted, TCPOPT_KIND_MSS, -1, NULL)[2] = 4;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_OPTION_MSS, "tcp.option.mss", "020405b4",
		    "020404b4");
	quoted = sent;
	wire_option(&quoted, TCPOPT_KIND_TIMESTAMPS, -1, NULL)[9] = 4;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_OPTION_OTHER, "tcp.option.TS",
		    "080a0102030400000000", "080a0102030400000004");
}

static void test_added(void **state)
{
	struct wire sent = syn(false), quoted = sent;
	struct comparison c;

	(void)state;
	option_append(&quoted, "\x1c\x04\x00\x09", 4);
	c = compare(&sent, &quoted);
	assert_non_null(comparison_find(&c, FIELD_OPTION_ADDED));
	assert_null(comparison_find(&c, FIELD_OPTION_ADDED)->change.sent);
	assert_string_equal(
		comparison_find(&c, FIELD_OPTION_ADDED)->change.quoted,
		"1c040009");
	assert_null(comparison_find(&c, FIELD_OPTION_MPTCP));
}

/* NOPs are no options, also where none were sent. */
static void test_no_nops_added(void **state)
{
	struct wire sent = syn(false), quoted;
	uint8_t *scale = wire_option(&sent, TCPOPT_KIND_WSCALE, -1, NULL);
	struct comparison c;

	(void)state;
	memcpy(scale - 1, "\xfd\x04\x00\x01", 4); /* with the NOP before */
	quoted = sent;
	nop(&quoted);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_OPTION_MPTCP, "tcp.option.mptcp", NULL, NULL);
}

/* An MP_PRIO in another place, with another flag; and one that lost its
 * subtype. */
static void test_short_options(void **state)
{
	struct wire sent = syn(false), quoted = sent;
	const struct changed *item;
	struct comparison c;

	(void)state;
	option_append(&sent, "\x1e\x03\x50\x01", 4);
	option_append(&quoted, "\x01\x1e\x03\x51", 4);
	c = compare(&sent, &quoted);
	item = comparison_find(&c, FIELD_OPTION_MPTCP);
	assert_non_null(item);
	assert_string_equal(item->change.quoted, "1e0351");
	quoted = syn(false);
	option_append(&quoted, "\x01\x1e\x02\x50", 4);
	c = compare(&sent, &quoted);
	item = comparison_find(&c, FIELD_OPTION_MPTCP);
	assert_non_null(item);
	assert_true(item->removed);
	/* One without a subtype is not the MP_CAPABLE before it. */
	sent = syn(false);
	option_append(&sent, "\x1e\x02\x01\x01", 4);
	c = compare(&sent, &sent);
	assert_int_equal(c.count, 0);
}

/* A data offset that no header has says nothing of options and payload. */
static void test_bad_offset(void **state)
{
	struct wire wires[] = {syn(false), data(false)};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct wire quoted = wires[i];
		struct comparison c;

		quoted.bytes[32] = 0x40;
		c = compare(&wires[i], &quoted);
		assert_int_equal(c.count, 0);
		assert_false(comparison_covers(&c, FIELD_OPTION_MPTCP));
		assert_false(comparison_covers(&c, FIELD_OPTION_ADDED));
		assert_false(comparison_covers(&c, FIELD_PAYLOAD_LENGTH));
	}
}

/* Of a control only the IP header is compared. */
static void test_control(void **state)
{
	struct envelope e = envelope_of(false);
	struct comparison c;
	struct wire w;

	(void)state;
	e.protocol = IPPROTO_UDP;
	w = wire_ip(&e,
		    "\x9c\x41\x82\x9a\x00\x0c\x00\x00"
		    "abcd",
		    12);
	c = compare(&w, &w);
	assert_int_equal(c.count, 0);
	assert_true(comparison_covers(&c, FIELD_IP_SOURCE));
	assert_false(comparison_covers(&c, FIELD_TCP_SOURCE_PORT));
	assert_false(comparison_covers(&c, FIELD_TCP_CHECKSUM));
}

static void test_ip_fields(void **state)
{
	struct wire sent = syn(false), quoted;
	struct comparison c;

	(void)state;
	quoted = sent;
	set_traffic_class(&quoted, 2);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_IP_DSCP, "ip.dscp", "10", "0");
	set_traffic_class(&quoted, 10 << 2);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_IP_ECN, "ip.ecn", "2", "0");
	set_traffic_class(&quoted, 10 << 2 | 3); /* CE */
	assert_int_equal(compare(&sent, &quoted).count, 0);
	quoted = sent;
	set_id(&quoted, 0x4321);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_IP_ID, "ip.id", "0x1234", "0x4321");
	quoted = sent;
	quoted.bytes[15] = 9;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_IP_SOURCE, "ip.source", "10.0.1.1", "10.0.1.9");
	quoted = sent;
	quoted.bytes[19] = 9;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_IP_DESTINATION, "ip.destination", "10.0.5.2",
		    "10.0.5.9");
}

/* CE where ECN was not asked for is a change. */
static void test_unasked_congestion(void **state)
{
	struct wire sent = syn(false), quoted;
	struct comparison c;

	(void)state;
	set_traffic_class(&sent, 0);
	quoted = sent;
	set_traffic_class(&quoted, 3);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_IP_ECN, "ip.ecn", "0", "3");
}

static void test_ip6_fields(void **state)
{
	struct wire sent = syn(true), quoted = sent;
	struct comparison c;

	(void)state;
	quoted.bytes[3] ^= 1;
	c = compare(&sent, &quoted);
	assert_non_null(comparison_find(&c, FIELD_IP_FLOW_LABEL));
	quoted = sent;
	set_traffic_class(&quoted, 10 << 2 | 3);
	assert_int_equal(compare(&sent, &quoted).count, 0);
	set_traffic_class(&quoted, 0);
	c = compare(&sent, &quoted);
	assert_non_null(comparison_find(&c, FIELD_IP_DSCP));
	assert_non_null(comparison_find(&c, FIELD_IP_ECN));
	assert_false(comparison_covers(&c, FIELD_IP_ID));
}

/* Stacks that quote the length or the ID in their own byte order, or less
 * the header, or zero: a slip of theirs. */
static void test_slips(void **state)
{
	struct wire sent = data(false), quoted;
	size_t length = sent.length;
	uint16_t slips[] = {(uint16_t)(length << 8 | length >> 8),
			    (uint16_t)(length - 20), 0};

	(void)state;
	quoted = sent;
	set_id(&quoted, 0x3412);
	assert_int_equal(compare(&sent, &quoted).count, 0);
	for (int i = 0; i < 3; i++) {
		quoted = sent;
		quoted.bytes[2] = (uint8_t)(slips[i] >> 8);
		quoted.bytes[3] = (uint8_t)slips[i];
		for (size_t n = 28; n <= length; n++)
			assert_int_equal(compare_cut(&sent, &quoted, n).count,
					 0);
	}
}

static void poke(const struct wire *sent, size_t at, enum field field,
		 const char *name)
{
	struct wire quoted = *sent;
	struct comparison c;

	quoted.bytes[20 + at] ^= 0x01;
	c = compare(sent, &quoted);
	assert_only(&c, field, name, NULL, NULL);
	c = compare_cut(sent, &quoted, 20 + at); /* just not quoted */
	assert_null(comparison_find(&c, field));
}

static void test_tcp_fields(void **state)
{
	struct wire sent = data(false), s = syn(false), quoted = s;
	struct comparison c;

	(void)state;
	poke(&sent, 1, FIELD_TCP_SOURCE_PORT, "tcp.source_port");
	poke(&sent, 3, FIELD_TCP_DESTINATION_PORT, "tcp.destination_port");
	poke(&sent, 7, FIELD_TCP_SEQUENCE, "tcp.sequence");
	poke(&sent, 11, FIELD_TCP_ACKNOWLEDGMENT, "tcp.acknowledgment");
	poke(&sent, 13, FIELD_TCP_FLAGS, "tcp.flags");
	poke(&sent, 15, FIELD_TCP_WINDOW, "tcp.window");
	poke(&sent, 17, FIELD_TCP_CHECKSUM, "tcp.checksum");
	poke(&sent, 19, FIELD_TCP_URGENT, "tcp.urgent");
	quoted.bytes[33] &= 0x3f;
	c = compare(&s, &quoted);
	assert_only(&c, FIELD_TCP_ECN, "tcp.flags.ecn", "0x00c0", "0x0000");
	/* The acknowledgment number of a SYN has no meaning. */
	quoted = s;
	quoted.bytes[28] = 7;
	c = compare(&s, &quoted);
	assert_null(comparison_find(&c, FIELD_TCP_ACKNOWLEDGMENT));
}

static void test_payload(void **state)
{
	struct wire sent = data(false), quoted = sent;
	struct comparison c;

	(void)state;
	quoted.bytes[quoted.length - 1] ^= 0x20;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_PAYLOAD, "payload", NULL, NULL);
	c = compare_cut(&sent, &quoted, quoted.length - 1);
	assert_null(comparison_find(&c, FIELD_PAYLOAD));
	assert_false(comparison_covers(&c, FIELD_PAYLOAD));
	quoted = sent;
	memset(quoted.bytes + quoted.length, 'x', 4);
	quoted.length += 4;
	fix_length(&quoted);
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_PAYLOAD_LENGTH, "payload.length", NULL, NULL);
}

/* The segment was sent in two, and this is the second: it begins `offset`
 * farther. */
static struct wire tail(const struct wire *sent, size_t offset)
{
	struct wire w = *sent;
	uint8_t *begin = w.bytes + w.length - PAYLOAD;

	w.bytes[27] = (uint8_t)(w.bytes[27] + offset);
	memmove(begin, begin + offset, PAYLOAD - offset);
	w.length -= offset;
	fix_length(&w);
	return w;
}

static void test_parts(void **state)
{
	struct wire sent = data(false), quoted = tail(&sent, 4);
	size_t header = sent.length - PAYLOAD;
	struct kept k = {0};
	struct comparison c;
	struct packet q;

	(void)state;
	c = compare(&sent, &quoted);
	assert_only(&c, FIELD_PAYLOAD_LENGTH, "payload.length", NULL, NULL);
	/* Nor does it matter that what was sent is not in the capture whole. */
	assert_true(packet_parse(sent.bytes, header + 8, &k.packet));
	assert_true(packet_parse_quote(quoted.bytes, quoted.length, &q));
	compare_packets(arena, &k, &q, &c);
	assert_null(comparison_find(&c, FIELD_TCP_SEQUENCE));
	/* Without any of its payload it is not told for a part. */
	c = compare_cut(&sent, &quoted, header);
	assert_non_null(comparison_find(&c, FIELD_TCP_SEQUENCE));
	/* Nor is what is as long as before, however alike its bytes are. */
	memset(sent.bytes + header, 'x', PAYLOAD);
	quoted = sent;
	quoted.bytes[27] += 4;
	c = compare_cut(&sent, &quoted, header + 8);
	assert_non_null(comparison_find(&c, FIELD_TCP_SEQUENCE));
}

/* Two options of one kind: each has its own copy. */
static void test_twice(void **state)
{
	struct wire sent = syn(false);
	struct comparison c;

	(void)state;
	option_append(&sent, "\xfd\x04\x00\x01\xfd\x04\x00\x02", 8);
	c = compare(&sent, &sent);
	assert_int_equal(c.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_length, begin, end),
		cmocka_unit_test_setup_teardown(test_removed, begin, end),
		cmocka_unit_test_setup_teardown(test_removed_in_the_middle,
						begin, end),
		cmocka_unit_test_setup_teardown(test_reordered, begin, end),
		cmocka_unit_test_setup_teardown(test_other_options_all_or_none,
						begin, end),
		cmocka_unit_test_setup_teardown(test_no_subtype, begin, end),
		cmocka_unit_test_setup_teardown(test_modified, begin, end),
		cmocka_unit_test_setup_teardown(test_added, begin, end),
		cmocka_unit_test_setup_teardown(test_ip_fields, begin, end),
		cmocka_unit_test_setup_teardown(test_unasked_congestion, begin,
						end),
		cmocka_unit_test_setup_teardown(test_ip6_fields, begin, end),
		cmocka_unit_test_setup_teardown(test_slips, begin, end),
		cmocka_unit_test_setup_teardown(test_tcp_fields, begin, end),
		cmocka_unit_test_setup_teardown(test_payload, begin, end),
		cmocka_unit_test_setup_teardown(test_twice, begin, end),
		cmocka_unit_test_setup_teardown(test_parts, begin, end),
		cmocka_unit_test_setup_teardown(test_control, begin, end),
		cmocka_unit_test_setup_teardown(test_bad_offset, begin, end),
		cmocka_unit_test_setup_teardown(test_short_options, begin, end),
		cmocka_unit_test_setup_teardown(test_no_nops_added, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
