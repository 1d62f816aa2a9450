/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "address.h"
#include "checksum.h"

/* Data segment of a captured MPTCP v0 connection, 10.99.0.1 to 10.99.0.2; its
 * DSS has the checksum 0x3aca. */
static const uint8_t segment_v4[] = {
	0x67, 0x02, 0x00, 0x50, 0x00, 0x1e, 0x84, 0x81, 0x0b, 0x3f, 0x7d, 0x2e,
	0x90, 0x18, 0xff, 0xff, 0x28, 0xe5, 0x00, 0x00, 0x1e, 0x10, 0x20, 0x04,
	0xfb, 0x4e, 0x43, 0x5d, 0x00, 0x00, 0x00, 0x01, 0x00, 0x48, 0x3a, 0xca,
	0x47, 0x45, 0x54, 0x20, 0x2f, 0x20, 0x48, 0x54, 0x54, 0x50, 0x2f, 0x31,
	0x2e, 0x31, 0x0d, 0x0a, 0x48, 0x6f, 0x73, 0x74, 0x3a, 0x20, 0x62, 0x6c,
	0x6f, 0x67, 0x2e, 0x6d, 0x75, 0x6c, 0x74, 0x69, 0x70, 0x61, 0x74, 0x68,
	0x2d, 0x74, 0x63, 0x70, 0x2e, 0x6f, 0x72, 0x67, 0x0d, 0x0a, 0x43, 0x6f,
	0x6e, 0x6e, 0x65, 0x63, 0x74, 0x69, 0x6f, 0x6e, 0x3a, 0x20, 0x6b, 0x65,
	0x65, 0x70, 0x2d, 0x61, 0x6c, 0x69, 0x76, 0x65, 0x0d, 0x0a, 0x0d, 0x0a,
};

/* SYN/ACK of the same over IPv6, fd99::2 to fd99::1 */
static const uint8_t segment_v6[] = {
	0x00, 0x50, 0x50, 0x50, 0xb7, 0xfe, 0x36, 0x6e, 0x00, 0x1e, 0x84, 0x81,
	0x90, 0x12, 0xff, 0x28, 0xe6, 0x4f, 0x00, 0x00, 0x02, 0x04, 0x05, 0xa0,
	0x1e, 0x0c, 0x00, 0x81, 0xf4, 0x63, 0x60, 0xd2, 0x4d, 0xe1, 0x02, 0x1e,
};

enum {
	CHECKSUM_AT = 16,
	PAYLOAD_AT = 36,
	PAYLOAD = sizeof(segment_v4) - PAYLOAD_AT,
};

/* RFC 1071 3, "Numerical Examples" */
static void test_rfc_1071(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03,
					0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(checksum_finish(checksum_add(0, bytes, 8)), 0x220d);
	assert_int_equal(checksum_finish(0xddf2), 0x220d);
	assert_int_equal(checksum_finish(0x2ddf0), 0x220d);
}

static void test_odd_and_empty(void **state)
{
	static const uint8_t bytes[] = {0x12, 0x34, 0x56};

	(void)state;
	assert_int_equal(checksum_add(0, bytes, 3), 0x1234 + 0x5600);
	assert_int_equal(checksum_add(7, NULL, 0), 7);
	assert_int_equal(checksum_finish(0), 0xffff);
	assert_int_equal(checksum_finish(0xffff), 0);
}

static void test_parts_make_the_whole(void **state)
{
	const uint8_t *b = segment_v4;
	size_t length = sizeof(segment_v4);
	uint16_t whole = checksum_finish(checksum_add(0, b, length));

	(void)state;
	for (size_t i = 0; i <= length; i += 2) {
		uint32_t sum = checksum_add(0, b, i);

		sum = checksum_add(sum, b + i, length - i);
		assert_int_equal(checksum_finish(sum), whole);
	}
}

static void test_carries_are_kept(void **state)
{
	static uint8_t ones[1 << 20];
	uint32_t sum = 0;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (unsigned i = 0; i < 8; i++)
		sum = checksum_add(sum, ones, sizeof(ones));
	assert_int_equal(checksum_finish(sum), 0);
	assert_int_equal(checksum_finish(checksum_add(0xffffffff, ones, 2)), 0);
}

static void check_transport(const char *from, const char *to,
			    const uint8_t *segment, size_t length,
			    uint16_t expected)
{
	uint8_t copy[sizeof(segment_v4)];
	struct address source, destination;

	assert_true(address_parse(from, &source));
	assert_true(address_parse(to, &destination));
	assert_int_equal(checksum_transport(&source, &destination, IPPROTO_TCP,
					    segment, length),
			 0);
	memcpy(copy, segment, length);
	copy[CHECKSUM_AT] = copy[CHECKSUM_AT + 1] = 0;
	assert_int_equal(checksum_transport(&source, &destination, IPPROTO_TCP,
					    copy, length),
			 expected);
	assert_int_not_equal(checksum_transport(&source, &destination,
						IPPROTO_UDP, segment, length),
			     0);
}

static void test_tcp(void **state)
{
	(void)state;
	check_transport("10.99.0.1", "10.99.0.2", segment_v4,
			sizeof(segment_v4), 0x28e5);
	check_transport("fd99::2", "fd99::1", segment_v6, sizeof(segment_v6),
			0xe64f);
}

/* The length is a 32-bit number in IPv6: RFC 8200 8.1. */
static void test_long_segment(void **state)
{
	static uint8_t zeros[0x20000];
	struct address a = {.family = 6};

	(void)state;
	assert_int_equal(
		checksum_transport(&a, &a, IPPROTO_TCP, zeros, sizeof(zeros)),
		(uint16_t) ~(2 + IPPROTO_TCP));
}

static void test_dss_v0(void **state)
{
	(void)state;
	assert_int_equal(PAYLOAD, 72);
	assert_int_equal(dss_checksum(0x8710f99bfb4e435d, 1, 72,
				      segment_v4 + PAYLOAD_AT, PAYLOAD),
			 0x3aca);
}

/* MP_CAPABLE with data of a captured v1 connection: client key
 * 4c057ba1b26cfcc8, IDSN + 1 from its SHA-256, eleven times 'A'. */
static void test_dss_v1_odd_payload(void **state)
{
	(void)state;
	assert_int_equal(
		dss_checksum(0x0f08dbaf4cd47a0b, 1, 11, "AAAAAAAAAAA", 11),
		0xc715);
}

/* RFC 8684 3.3.3: a DATA_FIN counts, but has no byte. */
static void test_dss_data_fin_alone(void **state)
{
	(void)state;
	assert_int_equal(dss_checksum(0x0000000100020003, 0, 1, NULL, 0),
			 (uint16_t) ~(1 + 2 + 3 + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_1071),
		cmocka_unit_test(test_odd_and_empty),
		cmocka_unit_test(test_parts_make_the_whole),
		cmocka_unit_test(test_carries_are_kept),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_long_segment),
		cmocka_unit_test(test_dss_v0),
		cmocka_unit_test(test_dss_v1_odd_payload),
		cmocka_unit_test(test_dss_data_fin_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
