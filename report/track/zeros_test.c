/* SPDX-License-Identifier: GPL-3.0-or-later
 * Memory with its zeros left out: what comes back, and how little it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/track/zeros.h"

#define SIZE 2000

static uint8_t piece[SIZE], back[SIZE];

/* The length of what this takes, of which all comes back. */
static size_t pack(size_t size)
{
	struct packed p = {0};
	size_t length;

	zeros_pack(&p, piece, size);
	length = p.length;
	memset(back, 0xee, sizeof(back));
	assert_ptr_equal(zeros_unpack(p.bytes, back, size), p.bytes + length);
	assert_memory_equal(piece, back, size);
	packed_free(&p);
	return length;
}

static void test_lengths(void **state)
{
	(void)state;
	memset(piece, 0, sizeof(piece));
	assert_int_equal(pack(0), 0);
	assert_int_equal(pack(1), 2);
	assert_int_equal(pack(255), 2);
	assert_int_equal(pack(256), 3);
	assert_int_equal(pack(258), 4);
	piece[100] = 1;
	assert_int_equal(pack(101), 3);
	assert_int_equal(pack(150), 5);
	piece[103] = 1; /* two zeros between */
	assert_int_equal(pack(104), 6);
	piece[107] = 1; /* three */
	assert_int_equal(pack(108), 9);
	memset(piece, 1, sizeof(piece));
	assert_int_equal(pack(255), 257);
	assert_int_equal(pack(256), 260);
}

/* Nothing, which may be nowhere, is no byte: what follows stands first. */
static void test_nothing(void **state)
{
	struct packed p = {0};
	uint32_t one = 0x01020304, back_one = 0;

	(void)state;
	zeros_pack(&p, NULL, 0);
	assert_int_equal(p.length, 0);
	zeros_pack(&p, &one, sizeof(one));
	zeros_unpack(zeros_unpack(p.bytes, NULL, 0), &back_one, sizeof(one));
	assert_int_equal(back_one, one);
	packed_free(&p);
}

/* Any mixture. */
static void test_comes_back(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		for (size_t i = 0; i < SIZE; i++) {
			random = random * 1664525 + 1013904223;
			piece[i] = random >> 24 < round / 8
					   ? (uint8_t)(random >> 16)
					   : 0;
		}
		pack(round);
	}
}

static void test_pieces(void **state)
{
	const uint32_t one = 7;
	const uint64_t other = 0xff00000000000001;
	struct packed p = {0};
	const uint8_t *from;
	uint32_t a;
	uint64_t b;

	(void)state;
	zeros_pack(&p, &one, sizeof(one));
	zeros_pack(&p, &other, sizeof(other));
	from = zeros_unpack(p.bytes, &a, sizeof(a));
	from = zeros_unpack(from, &b, sizeof(b));
	assert_int_equal(a, one);
	assert_int_equal(b, other);
	assert_int_equal(from - p.bytes, p.length);
	packed_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
