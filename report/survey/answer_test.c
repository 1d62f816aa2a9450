/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "report/survey/answer.h"
#include "report/survey/identity.h"
#include "tests/frames.h"

static struct survey_identity us;
static struct address target;

static int make_identity(void **state)
{
	(void)state;
	us.sources[0] = address_of("10.0.1.1");
	us.sources[1] = address_of("fd00:1::1");
	memset(us.secret, 7, sizeof(us.secret));
	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++)
		us.ports[i / SURVEY_PORTS][i % SURVEY_PORTS] =
			(uint16_t)(40000 + i);
	target = address_of("10.128.0.1");
	return survey_identity_make(&us);
}

static struct syn_numbers numbers_of(enum syn_kind kind)
{
	struct syn_numbers n;

	survey_numbers(&us, &target, 80, kind, &n);
	return n;
}

/* The SYN as it was sent. */
static struct wire syn(enum syn_kind kind)
{
	const struct syn_template *t = survey_template(&us, &target, kind);
	struct syn_numbers n = numbers_of(kind);
	struct wire w = {.length = t->length};

	syn_template_fill(t, &n, w.bytes);
	return w;
}

static struct envelope envelope(void)
{
	return (struct envelope){.from = target,
				 .to = us.sources[target.family == 6],
				 .protocol = 6,
				 .ttl = 57};
}

/* What answers it, with these options. */
static struct tcp_segment segment(enum syn_kind kind, uint8_t flags,
				  const void *options, size_t length)
{
	struct syn_numbers n = numbers_of(kind);

	return (struct tcp_segment){
		.source_port = 80,
		.destination_port = n.source_port,
		.sequence = 4711,
		.acknowledgment = n.isn + 1,
		.flags = flags,
		.options = options,
		.options_length = length,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
}

static enum answer_fit read_segment(const struct tcp_segment *s,
				    struct survey_answer *out)
{
	struct envelope e = envelope();
	struct wire w = wire_tcp(&e, s);

	return survey_answer_read(&us, w.bytes, w.length, out);
}

#define SYN_ACK (TCP_FLAG_SYN | TCP_FLAG_ACK)
#define RST_ACK (TCP_FLAG_RST | TCP_FLAG_ACK)

static void assert_says(enum syn_kind kind, uint8_t flags, const char *hex,
			enum answer_mptcp mptcp)
{
	struct survey_answer a;
	uint8_t options[40];
	long length = hex_bytes(hex, options, sizeof(options));
	struct tcp_segment s = segment(kind, flags, options, (size_t)length);

	assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
	assert_int_equal(a.kind, kind);
	assert_int_equal(a.what,
			 flags == SYN_ACK ? ANSWER_SYN_ACK : ANSWER_RESET);
	assert_int_equal(a.mptcp, mptcp);
	assert_true(address_equal(&a.target, &target));
	assert_int_equal(a.port, 80);
	assert_int_equal(a.ttl, 57);
}

static void test_mptcp(void **state)
{
	(void)state;
	assert_says(SYN_CAPABLE, SYN_ACK, "020405b4", ANSWER_NO_MPTCP);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e0c01010908070605040302",
		    ANSWER_V1);
	assert_says(SYN_CAPABLE_V0, SYN_ACK, "1e0c00010908070605040302",
		    ANSWER_V0);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e0c00010908070605040302",
		    ANSWER_V0);
	assert_says(SYN_JOIN, RST_ACK, "1e048001", ANSWER_TCPRST);
	assert_says(SYN_JOIN, RST_ACK, "", ANSWER_NO_MPTCP);
	assert_says(SYN_JOIN, SYN_ACK, "1e101000090807060504030201020304",
		    ANSWER_JOINED);
}

static void test_mirrors(void **state)
{
	(void)state;
	assert_says(SYN_CAPABLE, SYN_ACK, "1e040101", ANSWER_EXACT);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e040181", ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e0c01010000000000000000",
		    ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e0c02010908070605040302",
		    ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e048001", ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e0c010109080706050403021e040101",
		    ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e03010101010101", ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e0c010109080706050403021e030101",
		    ANSWER_OTHER);
	/* with both keys, as an ACK has them; a DATA_ACK */
	assert_says(SYN_CAPABLE, SYN_ACK,
		    "1e14010109080706050403020102030405060708", ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e08200100000007", ANSWER_OTHER);
	assert_says(SYN_CAPABLE_V0, SYN_ACK, "1e0c00010000000000000000",
		    ANSWER_OTHER);
	assert_says(SYN_CAPABLE, SYN_ACK, "1e101000090807060504030201020304",
		    ANSWER_OTHER);
	assert_says(SYN_PLAIN, SYN_ACK, "1e0c01010908070605040302",
		    ANSWER_OTHER);
	assert_says(SYN_JOIN, SYN_ACK, "1e0c01010908070605040302",
		    ANSWER_OTHER);
}

/* Our own options, with token and key as they were sent. */
static void test_echoes(void **state)
{
	static const enum syn_kind kinds[] = {SYN_CAPABLE, SYN_JOIN,
					      SYN_CAPABLE_V0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct wire w = syn(kinds[i]);
		struct packet p = wire_parse(&w);
		struct tcp_segment s = segment(kinds[i], SYN_ACK, p.tcp.options,
					       p.tcp.options_length);
		struct survey_answer a;

		assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
		assert_int_equal(a.mptcp, ANSWER_EXACT);
		assert_false(a.timestamp); /* it echoes none of ours */
	}
}

/* Version 0 with our key under other flags. */
static void test_own_key(void **state)
{
	struct wire w = syn(SYN_CAPABLE_V0);
	size_t length;
	uint8_t *option = wire_option(&w, TCPOPT_MPTCP, MP_CAPABLE, &length);
	struct tcp_segment s;
	struct survey_answer a;

	(void)state;
	option[3] = 0x81;
	s = segment(SYN_CAPABLE_V0, SYN_ACK, option, length);
	assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
	assert_int_equal(a.mptcp, ANSWER_OTHER);
}

static void test_timestamps(void **state)
{
	struct syn_numbers n = numbers_of(SYN_PLAIN);
	uint8_t options[16];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment s;
	struct survey_answer a;

	(void)state;
	write_timestamps(&w, 99, n.tsval);
	s = segment(SYN_PLAIN, SYN_ACK, options, w.length);
	assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
	assert_true(a.timestamp);
	options[9] ^= 1;
	assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
	assert_false(a.timestamp);
}

static void test_unfit(void **state)
{
	struct tcp_segment s = segment(SYN_CAPABLE, SYN_ACK, NULL, 0);
	struct tcp_segment good = s;
	struct survey_answer a;

	(void)state;
	assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
	s.acknowledgment--;
	assert_int_equal(read_segment(&s, &a), FIT_BAD_ACK);
	assert_true(address_equal(&a.target, &target));
	s = good;
	s.flags = TCP_FLAG_RST; /* whoever sees nothing of ours can send it */
	assert_int_equal(read_segment(&s, &a), FIT_BAD_FLAGS);
	s.flags = TCP_FLAG_ACK;
	assert_int_equal(read_segment(&s, &a), FIT_BAD_FLAGS);
	s.flags = SYN_ACK | TCP_FLAG_FIN;
	assert_int_equal(read_segment(&s, &a), FIT_BAD_FLAGS);
	s = good;
	s.source_port = 81;
	assert_int_not_equal(read_segment(&s, &a), FIT_ANSWER);
	s = good;
	s.destination_port = (uint16_t)(40000 + (s.destination_port + 1) % 8);
	assert_int_equal(read_segment(&s, &a), FIT_BAD_PORT);
	s.destination_port = 39999;
	assert_int_equal(read_segment(&s, &a), FIT_NOT);
}

/* A header that is cut, or says that it is shorter than a header. */
static void test_cut(void **state)
{
	struct tcp_segment s = segment(SYN_CAPABLE, RST_ACK, NULL, 0);
	struct envelope e = envelope();
	struct wire w = wire_tcp(&e, &s);
	struct survey_answer a;

	(void)state;
	assert_int_equal(survey_answer_read(&us, w.bytes, 40, &a), FIT_ANSWER);
	assert_int_equal(survey_answer_read(&us, w.bytes, 39, &a), FIT_NOT);
	wire_tcp_header(&w)[12] = 0x40;
	assert_int_equal(survey_answer_read(&us, w.bytes, 40, &a), FIT_NOT);
}

/* What it says of MPTCP is kept whole. */
static void test_option(void **state)
{
	uint8_t option[ANSWER_OPTION_MAX];
	long length = hex_bytes("1e180101000102030405060708090a0b"
				"0c0d0e0f10111213",
				option, sizeof(option));
	struct tcp_segment s =
		segment(SYN_CAPABLE, SYN_ACK, option, (size_t)length);
	struct survey_answer a;

	(void)state;
	assert_int_equal(read_segment(&s, &a), FIT_ANSWER);
	assert_int_equal(a.option_length, 24);
	assert_memory_equal(a.option, option, 24);
}

/* From elsewhere it is an answer of somebody else, whom we never asked. */
static void test_other_source(void **state)
{
	struct tcp_segment s = segment(SYN_CAPABLE, SYN_ACK, NULL, 0);
	struct envelope e = envelope();
	struct survey_answer a;
	struct wire w;

	(void)state;
	e.from = address_of("10.128.0.2");
	w = wire_tcp(&e, &s);
	assert_int_not_equal(survey_answer_read(&us, w.bytes, w.length, &a),
			     FIT_ANSWER);
	e = envelope();
	e.to = address_of("10.0.1.9");
	w = wire_tcp(&e, &s);
	assert_int_equal(survey_answer_read(&us, w.bytes, w.length, &a),
			 FIT_NOT);
}

static void put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

static enum answer_fit read_icmp(const struct wire *quoted, size_t bytes,
				 struct survey_answer *out)
{
	struct envelope e = envelope();
	struct wire w;

	e.from = address_of(target.family == 4 ? "10.0.3.2" : "fd00:3::2");
	w = wire_icmp(&e, HOST_PROHIBITED, quoted, bytes);
	return survey_answer_read(&us, w.bytes, w.length, out);
}

static void check_icmp(const char *to, size_t least, const char *from)
{
	struct survey_answer a;
	struct wire w;
	char text[ADDRESS_TEXT];

	target = address_of(to);
	w = syn(SYN_CAPABLE);
	assert_int_equal(read_icmp(&w, w.length, &a), FIT_ANSWER);
	assert_int_equal(a.what, ANSWER_ICMP);
	assert_int_equal(a.kind, SYN_CAPABLE);
	assert_true(address_equal(&a.target, &target));
	assert_string_equal(address_text(&a.from, text), from);
	assert_string_equal(a.changes, "");
	assert_int_equal(read_icmp(&w, least, &a), FIT_ANSWER);
	assert_int_equal(read_icmp(&w, least - 1, &a), FIT_NOT);
	option_fill(&w, TCPOPT_MPTCP, 1);
	assert_int_equal(read_icmp(&w, w.length, &a), FIT_ANSWER);
	assert_string_equal(a.changes,
			    "{\"field\":\"tcp.option.mptcp\","
			    "\"sent\":\"1e040101\",\"quoted\":null}");
	wire_tcp_header(&w)[5] ^= 1; /* the sequence number */
	assert_int_equal(read_icmp(&w, w.length, &a), FIT_BAD_QUOTE);
	target = address_of("10.128.0.1");
}

static void test_icmp(void **state)
{
	(void)state;
	check_icmp("10.128.0.1", 28, "10.0.3.2");
	check_icmp("fd00:ffff::7", 48, "fd00:3::2");
}

/* Somebody else's SYN, a port of ours that this target never saw, and one that
 * is none of ours. */
static void test_quotes_of_others(void **state)
{
	struct wire w = syn(SYN_CAPABLE), other = w;
	struct syn_numbers n = numbers_of(SYN_CAPABLE);
	uint16_t port = n.source_port == us.ports[SYN_CAPABLE][0]
				? us.ports[SYN_CAPABLE][1]
				: us.ports[SYN_CAPABLE][0];
	struct survey_answer a;

	(void)state;
	other.bytes[15] ^= 1; /* of its source address */
	fix_ip_checksum(&other);
	assert_int_equal(read_icmp(&other, w.length, &a), FIT_NOT);
	other = w;
	put_port(wire_tcp_header(&other), port);
	assert_int_equal(read_icmp(&other, w.length, &a), FIT_BAD_QUOTE);
	put_port(wire_tcp_header(&other), 39999);
	assert_int_equal(read_icmp(&other, w.length, &a), FIT_NOT);
}

/* As many changes as there is room for, and of these the last one whole; that
 * of MPTCP's option, by which targets are probed, always has room. */
static void test_many_changes(void **state)
{
	static const uint8_t kinds[] = {TCPOPT_KIND_MSS, TCPOPT_KIND_WSCALE,
					TCPOPT_KIND_SACK_PERMITTED,
					TCPOPT_KIND_TIMESTAMPS, TCPOPT_MPTCP};
	struct wire w = syn(SYN_JOIN);
	struct survey_answer a;
	char list[sizeof(a.changes) + 2];
	json_t *json;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds); i++)
		option_fill(&w, kinds[i], 1);
	set_traffic_class(&w, 0xfc);
	wire_tcp_header(&w)[14] ^= 1; /* the window */
	assert_int_equal(read_icmp(&w, w.length, &a), FIT_ANSWER);
	snprintf(list, sizeof(list), "[%s]", a.changes);
	json = json_loads(list, 0, NULL);
	assert_non_null(json);
	json_decref(json);
	assert_non_null(strstr(list, "{\"field\":\"tcp.option.mptcp\","));
	assert_non_null(strstr(list, "{\"field\":\"ip.dscp\","));
	assert_null(strstr(list, "tcp.option.wscale"));
}

/* The numbers of targets, ports and kinds are strangers to each other. */
static void test_numbers(void **state)
{
	struct syn_numbers a = numbers_of(SYN_CAPABLE), b;
	unsigned ports[SURVEY_PORTS] = {0};

	(void)state;
	b = numbers_of(SYN_CAPABLE);
	assert_true(a.isn == b.isn && a.tsval == b.tsval &&
		    a.source_port == b.source_port);
	b = numbers_of(SYN_JOIN);
	assert_true(a.isn != b.isn && a.source_port != b.source_port);
	survey_numbers(&us, &target, 81, SYN_CAPABLE, &b);
	assert_int_not_equal(a.isn, b.isn);
	us.secret[0] ^= 1;
	b = numbers_of(SYN_CAPABLE);
	us.secret[0] ^= 1;
	assert_int_not_equal(a.isn, b.isn);
	for (uint16_t port = 1; port < 1000; port++) {
		survey_numbers(&us, &target, port, SYN_CAPABLE, &b);
		ports[b.source_port - us.ports[SYN_CAPABLE][0]]++;
	}
	for (unsigned i = 0; i < SURVEY_PORTS; i++)
		assert_in_range(ports[i], 80, 170);
}

static void test_sample(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned port = 1; port <= 10000; port++)
		count += survey_is_sample(&us, &target, (uint16_t)port, 100);
	assert_in_range(count, 60, 140);
	assert_true(survey_is_sample(&us, &target, 80, 1));
	assert_false(survey_is_sample(&us, &target, 80, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mptcp),
		cmocka_unit_test(test_mirrors),
		cmocka_unit_test(test_echoes),
		cmocka_unit_test(test_own_key),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_option),
		cmocka_unit_test(test_other_source),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_quotes_of_others),
		cmocka_unit_test(test_many_changes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, make_identity, NULL);
}
