/* SPDX-License-Identifier: GPL-3.0-or-later
 * Built segments, read back by offset, by the parser, and against bytes that
 * were worked out by hand.
 */
#include "segment.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "checksum.h"
#include "cursor.h"
#include "packet.h"

static struct address parsed_address(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

static struct tcp_segment plain_segment(void)
{
	return (struct tcp_segment){
		.source_port = 40001,
		.destination_port = 80,
		.sequence = 0x01020304,
		.acknowledgment = 0x05060708,
		.flags = TCP_FLAG_PSH | TCP_FLAG_ACK,
		.window = 65535,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
}

static ssize_t write4(const struct tcp_segment *s, uint8_t *out, size_t size)
{
	struct address source = parsed_address("10.99.0.1");
	struct address destination = parsed_address("10.99.0.2");

	return tcp_segment_write(s, &source, &destination, out, size);
}

/* The first SYN of pcaps/v0/compliant.pcap, whose checksum is 0x38d4. */
static void test_known_segment(void **state)
{
	static const uint8_t options[] = {0x02, 0x04, 0x05, 0xb4, 0x1e, 0x0c,
					  0x00, 0x81, 0x10, 0,	  0,	0,
					  0,	0,    0,    0};
	struct tcp_segment s = plain_segment();
	struct cursor c;
	uint8_t out[64];

	(void)state;
	s.source_port = 26370;
	s.sequence = 2000000;
	s.acknowledgment = 0;
	s.flags = TCP_FLAG_SYN;
	s.options = options;
	s.options_length = sizeof(options);
	assert_int_equal(write4(&s, out, sizeof(out)), 36);
	c = cursor_over(out, 36);
	assert_int_equal(cursor_u16(&c), 26370);
	assert_int_equal(cursor_u16(&c), 80);
	assert_int_equal(cursor_u32(&c), 2000000);
	assert_int_equal(cursor_u32(&c), 0);
	assert_int_equal(cursor_u16(&c), 0x9002);
	assert_int_equal(cursor_u16(&c), 65535);
	assert_int_equal(cursor_u16(&c), 0x38d4);
	assert_int_equal(cursor_u16(&c), 0);
	assert_memory_equal(cursor_take(&c, 16), options, 16);
}

static void test_options_padding(void **state)
{
	static const uint8_t options[] = {3, 3, 7, 1, 1};
	struct tcp_segment s = plain_segment();
	uint8_t out[64];
	size_t n;

	(void)state;
	s.options = options;
	s.payload = (const uint8_t *)"x";
	s.payload_length = 1;
	for (n = 0; n <= sizeof(options); n++) {
		size_t padded = (n + 3) / 4 * 4;

		memset(out, 0xee, sizeof(out));
		s.options_length = n;
		assert_int_equal(write4(&s, out, sizeof(out)), 21 + padded);
		assert_int_equal(out[12] >> 4, 5 + padded / 4);
		assert_memory_equal(out + 20, options, n);
		assert_memory_equal(out + 20 + n, "\0\0\0", padded - n);
		assert_int_equal(out[20 + padded], 'x');
	}
}

static void test_options_too_long(void **state)
{
	uint8_t options[60] = {0}, out[128];
	struct tcp_segment s = plain_segment();

	(void)state;
	s.options = options;
	s.options_length = 40;
	assert_int_equal(write4(&s, out, sizeof(out)), 60);
	s.options_length = 41;
	assert_int_equal(write4(&s, out, sizeof(out)), -1);
	s.data_offset = 5; /* on purpose: now they are payload */
	assert_int_equal(write4(&s, out, sizeof(out)), 64);
	assert_int_equal(out[12], 0x50);
}

static void test_wrong_on_purpose(void **state)
{
	struct tcp_segment s = plain_segment();
	uint8_t out[32];

	(void)state;
	s.reserved = 0xf;
	s.urgent = 0xabcd;
	s.flags = 0xff;
	s.data_offset = 0;
	s.checksum = 0;
	assert_int_equal(write4(&s, out, sizeof(out)), 20);
	assert_int_equal(out[12], 0x0f);
	assert_int_equal(out[13], 0xff);
	assert_memory_equal(out + 16, "\x00\x00\xab\xcd", 4);
	s.data_offset = 15;
	s.checksum = 0xbeef;
	assert_int_equal(write4(&s, out, sizeof(out)), 20);
	assert_int_equal(out[12], 0xff);
	assert_memory_equal(out + 16, "\xbe\xef", 2);
}

/* In an allocation of that very size, so that ASan sees a byte too many. */
static void test_capacity(void **state)
{
	static const uint8_t bytes[5] = {8, 8, 8, 8, 8};
	struct tcp_segment s = plain_segment();
	size_t n;

	(void)state;
	s.options = bytes;
	s.options_length = 5;
	s.payload = bytes;
	s.payload_length = 5;
	for (n = 0; n <= 40; n++) {
		uint8_t *out = malloc(n ? n : 1);

		assert_int_equal(write4(&s, out, n), n < 33 ? -1 : 33);
		free(out);
	}
}

static void test_checksum_both_families(void **state)
{
	static const char *const ends[][2] = {
		{"192.0.2.1", "198.51.100.255"},
		{"2001:db8::1", "fd00:5::2"},
	};
	struct tcp_segment s = plain_segment();
	uint8_t payload[1461], out[1500];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + 1);
	s.payload = payload;
	for (i = 0; i < 2; i++) {
		struct address a = parsed_address(ends[i][0]);
		struct address b = parsed_address(ends[i][1]);

		for (n = 0; n <= sizeof(payload); n += 73) {
			ssize_t length;

			s.payload_length = n;
			length = tcp_segment_write(&s, &a, &b, out, 1500);
			assert_int_equal(length, 20 + n);
			assert_int_equal(checksum_transport(&a, &b, IPPROTO_TCP,
							    out,
							    (size_t)length),
					 0);
		}
	}
}

static void test_udp(void **state)
{
	struct address a = parsed_address("10.0.1.1");
	struct address b = parsed_address("10.0.5.2");
	uint8_t out[16];

	(void)state;
	assert_int_equal(udp_datagram_write(40000, 33434,
					    (const uint8_t *)"abc", 3, &a, &b,
					    out, sizeof(out)),
			 11);
	assert_memory_equal(out, "\x9c\x40\x82\x9a\x00\x0b", 6);
	assert_memory_equal(out + 8, "abc", 3);
	assert_int_equal(checksum_transport(&a, &b, IPPROTO_UDP, out, 11), 0);
	assert_int_equal(udp_datagram_write(1, 2, out, 3, &a, &b, out, 10), -1);
	assert_int_equal(udp_datagram_write(1, 2, out, 65528, &a, &b, out, 16),
			 -1);
}

/* A payload that makes the sum 0xffff: the field must not say "none". */
static void test_udp_checksum_zero(void **state)
{
	struct address a = parsed_address("10.0.1.1");
	struct address b = parsed_address("10.0.5.2");
	uint8_t payload[2] = {0, 0}, out[16];
	uint16_t sum;

	(void)state;
	assert_int_equal(udp_datagram_write(1, 2, payload, 2, &a, &b, out, 16),
			 10);
	sum = (uint16_t)(out[6] << 8 | out[7]);
	payload[0] = (uint8_t)(sum >> 8);
	payload[1] = (uint8_t)sum;
	assert_int_equal(udp_datagram_write(1, 2, payload, 2, &a, &b, out, 16),
			 10);
	assert_memory_equal(out + 6, "\xff\xff", 2);
}

/* RFC 792, RFC 4443 4.1: the checksum is right in both families. */
static void test_echo_request(void **state)
{
	static const char *const pairs[][2] = {{"10.0.1.1", "10.0.5.2"},
					       {"fd00:1::1", "fd00:5::2"}};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct address a = parsed_address(pairs[i][0]);
		struct address b = parsed_address(pairs[i][1]);

		assert_int_equal(echo_request_write(0x1234, 7,
						    (const uint8_t *)"abc", 3,
						    &a, &b, out, sizeof(out)),
				 11);
		assert_int_equal(out[0], i == 0 ? 8 : 128);
		assert_memory_equal(out + 4,
				    "\x12\x34\x00\x07"
				    "abc",
				    7);
		assert_int_equal(
			i == 0 ? checksum_finish(checksum_add(0, out, 11))
			       : checksum_transport(&a, &b, IPPROTO_ICMPV6, out,
						    11),
			0);
		assert_int_equal(echo_request_write(1, 1, out, 9, &a, &b, out,
						    sizeof(out)),
				 -1);
	}
}

static struct ip_envelope envelope(int family)
{
	return (struct ip_envelope){
		.source =
			parsed_address(family == 4 ? "10.0.1.1" : "fd00:1::1"),
		.destination =
			parsed_address(family == 4 ? "10.0.5.2" : "fd00:5::2"),
		.protocol = IPPROTO_TCP,
		.ttl = 7,
		.traffic_class = 0x2a, /* DSCP 10, ECT(0) */
		.id = 0x1234,
		.dont_fragment = true,
		.flow_label = 0x12345,
	};
}

static void check_carried(libnet_t *net, int family, size_t payload_length)
{
	struct ip_envelope e = envelope(family);
	struct tcp_segment s = plain_segment();
	uint8_t payload[64], segment[128], out[256];
	struct packet p;
	ssize_t length, total;
	size_t header = family == 4 ? 20 : 40;

	memset(payload, 0x5a, sizeof(payload));
	s.payload = payload;
	s.payload_length = payload_length;
	length = tcp_segment_write(&s, &e.source, &e.destination, segment,
				   sizeof(segment));
	total = packet_carry(net, &e, segment, (size_t)length, out,
			     sizeof(out));
	assert_int_equal(total, (size_t)length + header);
	assert_memory_equal(out + header, segment, (size_t)length);
	assert_true(packet_parse(out, (size_t)total, &p));
	assert_int_equal(p.ip.version, family);
	assert_true(address_equal(&p.ip.source, &e.source));
	assert_true(address_equal(&p.ip.destination, &e.destination));
	assert_int_equal(p.ip.ttl, 7);
	assert_int_equal(p.ip.traffic_class, 0x2a);
	assert_int_equal(p.ip.protocol, IPPROTO_TCP);
	assert_int_equal(p.ip.total_length, total);
	assert_int_equal(p.ip.flow_label, family == 6 ? 0x12345 : 0);
	assert_int_equal(p.ip.id, family == 4 ? 0x1234 : 0);
	assert_int_equal(p.ip.dont_fragment, family == 4);
	assert_int_equal(p.ip.checksum_valid, family == 4);
	assert_int_equal(packet_tcp_checksum(&p), 1);
}

/* One context carries both families again and again. */
static void check_context(int injection_type, const char *device)
{
	char err[LIBNET_ERRBUF_SIZE];
	libnet_t *net = libnet_init(injection_type, device, err);
	size_t n;

	assert_non_null(net);
	for (n = 0; n <= 64; n += 13) {
		check_carried(net, 4, n);
		check_carried(net, 6, n);
	}
	assert_int_equal(net->injection_type, injection_type);
	libnet_destroy(net);
}

static void test_carry(void **state)
{
	(void)state;
	check_context(LIBNET_NONE, NULL);
}

static void test_carry_privileged(void **state)
{
	char err[LIBNET_ERRBUF_SIZE];
	libnet_t *net = libnet_init(LIBNET_RAW4, NULL, err);

	(void)state;
	if (!net)
		skip(); /* no CAP_NET_RAW */
	libnet_destroy(net);
	check_context(LIBNET_RAW4, NULL);
	check_context(LIBNET_RAW6, NULL);
	check_context(LIBNET_RAW4_ADV, NULL);
	check_context(LIBNET_LINK, "lo");
	check_context(LIBNET_LINK_ADV, "lo");
}

/* Worked out by hand, checksum included. */
static void test_carry_known_header(void **state)
{
	static const uint8_t expected[] = {0x45, 0x2a, 0x00, 0x18, 0x12, 0x34,
					   0x40, 0x00, 0x07, 0x06, 0x47, 0x80,
					   0x0a, 0x00, 0x01, 0x01, 0x0a, 0x00,
					   0x05, 0x02, 'a',  'b',  'c',	 'd'};
	char err[LIBNET_ERRBUF_SIZE];
	libnet_t *net = libnet_init(LIBNET_NONE, NULL, err);
	struct ip_envelope e = envelope(4);
	uint8_t out[64];

	(void)state;
	assert_int_equal(packet_carry(net, &e, (const uint8_t *)"abcd", 4, out,
				      sizeof(out)),
			 24);
	assert_memory_equal(out, expected, sizeof(expected));
	e.dont_fragment = false;
	assert_int_equal(packet_carry(net, &e, NULL, 0, out, sizeof(out)), 20);
	assert_memory_equal(out + 2, "\x00\x14\x12\x34\x00\x00", 6);
	libnet_destroy(net);
}

static void test_carry_refuses(void **state)
{
	static uint8_t large[65536], out[65600];
	char err[LIBNET_ERRBUF_SIZE];
	libnet_t *net = libnet_init(LIBNET_NONE, NULL, err);
	struct ip_envelope e4 = envelope(4), e6 = envelope(6), mixed = e4;
	struct ip_envelope none = {0};

	(void)state;
	mixed.destination = e6.destination;
	assert_int_equal(packet_carry(net, &mixed, large, 9, out, 99), -1);
	assert_int_equal(packet_carry(net, &none, large, 9, out, 99), -1);
	assert_int_equal(packet_carry(net, &e4, large, 9, out, 28), -1);
	assert_int_equal(packet_carry(net, &e4, large, 9, out, 29), 29);
	assert_int_equal(packet_carry(net, &e6, large, 9, out, 48), -1);
	assert_int_equal(packet_carry(net, &e4, large, 65516, out, 65600), -1);
	assert_int_equal(packet_carry(net, &e4, large, 65515, out, 65600),
			 65535);
	assert_int_equal(packet_carry(net, &e6, large, 65496, out, 65600), -1);
	assert_int_equal(packet_carry(net, &e6, large, 65495, out, 65600),
			 65535);
	check_carried(net, 4, 10); /* nothing is left of the failures */
	libnet_destroy(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_segment),
		cmocka_unit_test(test_options_padding),
		cmocka_unit_test(test_options_too_long),
		cmocka_unit_test(test_wrong_on_purpose),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_checksum_both_families),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_checksum_zero),
		cmocka_unit_test(test_echo_request),
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_carry_privileged),
		cmocka_unit_test(test_carry_known_header),
		cmocka_unit_test(test_carry_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
