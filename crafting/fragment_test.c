/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fragment.h"
#include "packet.h"

#define ID 0xdeadbeef

/* 24 bytes of payload, the first 20 of which would be a TCP header. */
#define PAYLOAD "0123456789abcdef01234567"
#define ADDRESSES6                                                             \
	0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, 0, 0, 5, 0,   \
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

static const uint8_t head4[] = {0x45, 0x2a, 0x00, 0x2c, 0x12, 0x34, 0x40,
				0x00, 0x07, 0x06, 0x47, 0x6c, 0x0a, 0x00,
				0x01, 0x01, 0x0a, 0x00, 0x05, 0x02};
static const uint8_t head6[] = {0x62, 0xa1, 0x23, 0x45,	     0x00,
				0x18, 0x06, 0x07, ADDRESSES6};

/* What must stand before the payload of the fragments; by hand, checksums
 * included. */
static const uint8_t first4[] = {0x45, 0x2a, 0x00, 0x24, 0xbe, 0xef, 0x20,
				 0x00, 0x07, 0x06, 0xba, 0xb8, 0x0a, 0x00,
				 0x01, 0x01, 0x0a, 0x00, 0x05, 0x02};
static const uint8_t last4[] = {0x45, 0x2a, 0x00, 0x1c, 0xbe, 0xef, 0x00,
				0x02, 0x07, 0x06, 0xda, 0xbe, 0x0a, 0x00,
				0x01, 0x01, 0x0a, 0x00, 0x05, 0x02};
static const uint8_t first6[] = {0x62, 0xa1, 0x23,	 0x45, 0x00, 0x18,
				 0x2c, 0x07, ADDRESSES6, 0x06, 0x00, 0x00,
				 0x01, 0xde, 0xad,	 0xbe, 0xef};
static const uint8_t last6[] = {0x62, 0xa1, 0x23,	0x45, 0x00, 0x10,
				0x2c, 0x07, ADDRESSES6, 0x06, 0x00, 0x00,
				0x10, 0xde, 0xad,	0xbe, 0xef};

struct whole {
	uint8_t bytes[80];
	size_t length;
};

static struct whole whole_of(const uint8_t *head, size_t length)
{
	struct whole w = {.length = length + strlen(PAYLOAD)};

	memcpy(w.bytes, head, length);
	memcpy(w.bytes + length, PAYLOAD, strlen(PAYLOAD));
	return w;
}

static void check_fragment(const struct whole *w, size_t offset, size_t size,
			   const uint8_t *head, size_t head_length)
{
	uint8_t out[100];
	struct packet p;
	ssize_t length = fragment_write(w->bytes, w->length, ID, offset, size,
					out, sizeof(out));

	assert_int_equal(length, head_length + size);
	assert_memory_equal(out, head, head_length);
	assert_memory_equal(out + head_length, &PAYLOAD[offset], size);
	assert_true(packet_parse(out, (size_t)length, &p));
	assert_int_equal(p.ip.fragment_offset, offset);
	assert_int_equal(p.ip.more_fragments, offset + size < strlen(PAYLOAD));
	assert_int_equal(p.ip.id, ID & 0xffff);
	assert_false(p.ip.dont_fragment);
	assert_int_equal(p.ip.protocol, 6);
	assert_int_equal(p.ip.total_length, length);
	assert_int_equal(p.ip.checksum_valid, p.ip.version == 4);
}

static void test_ipv4(void **state)
{
	struct whole w = whole_of(head4, sizeof(head4));

	(void)state;
	check_fragment(&w, 0, 16, first4, sizeof(first4));
	check_fragment(&w, 16, 8, last4, sizeof(last4));
}

static void test_ipv6(void **state)
{
	struct whole w = whole_of(head6, sizeof(head6));

	(void)state;
	check_fragment(&w, 0, 16, first6, sizeof(first6));
	check_fragment(&w, 16, 8, last6, sizeof(last6));
}

/* The last may end anywhere. */
static void test_odd_end(void **state)
{
	struct whole w = whole_of(head6, sizeof(head6));
	uint8_t out[100];

	(void)state;
	w.length--;
	assert_int_equal(
		fragment_write(w.bytes, w.length, ID, 16, 7, out, sizeof(out)),
		48 + 7);
	assert_int_equal(out[43], 0x10); /* no more */
}

static void test_refuses(void **state)
{
	static const struct {
		size_t offset, size;
	} wrong[] = {{0, 0},  {0, 12}, {4, 8}, {0, 32},
		     {16, 9}, {24, 8}, {32, 8}};
	struct whole w4 = whole_of(head4, sizeof(head4));
	struct whole w6 = whole_of(head6, sizeof(head6));
	uint8_t out[100];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(fragment_write(w4.bytes, w4.length, ID,
						wrong[i].offset, wrong[i].size,
						out, sizeof(out)),
				 -1);
		assert_int_equal(fragment_write(w6.bytes, w6.length, ID,
						wrong[i].offset, wrong[i].size,
						out, sizeof(out)),
				 -1);
	}
	assert_int_equal(fragment_write(w4.bytes, w4.length, ID, 0, 16, out,
					sizeof(first4) + 15),
			 -1);
	assert_int_equal(
		fragment_write(w6.bytes, 39, ID, 0, 8, out, sizeof(out)), -1);
	assert_int_equal(fragment_write(NULL, 0, ID, 0, 8, out, sizeof(out)),
			 -1);
	w4.bytes[0] = 0x46; /* with options */
	assert_int_equal(
		fragment_write(w4.bytes, w4.length, ID, 0, 8, out, sizeof(out)),
		-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_odd_end),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
