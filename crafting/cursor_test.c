/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cursor.h"

static const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
				0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32};

static void test_reads_are_big_endian(void **state)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cursor_u8(&c), 0x01);
	assert_int_equal(cursor_u16(&c), 0x2345);
	assert_int_equal(cursor_u32(&c), 0x6789abcd);
	assert_true(cursor_u64(&c) == 0xeffedcba98765432);
	assert_false(c.failed);
	assert_int_equal(c.left, 0);
}

static void test_read_past_the_end_fails_for_good(void **state)
{
	struct cursor c = cursor_over(bytes, 3);

	(void)state;
	assert_int_equal(cursor_u8(&c), 0x01);
	assert_int_equal(cursor_u32(&c), 0);
	assert_true(c.failed);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_u16(&c), 0);
	assert_true(cursor_u64(&c) == 0);
	assert_null(cursor_take(&c, 0));
	assert_true(cursor_slice(&c, 0).failed);
	assert_int_equal(c.left, 0);
}

static void test_every_read_at_every_length(void **state)
{
	(void)state;
	for (size_t length = 0; length <= 9; length++) {
		struct cursor c8 = cursor_over(bytes, length), c16 = c8;
		struct cursor c32 = c8, c64 = c8;

		cursor_u8(&c8);
		cursor_u16(&c16);
		cursor_u32(&c32);
		cursor_u64(&c64);
		assert_int_equal(c8.failed, length < 1);
		assert_int_equal(c16.failed, length < 2);
		assert_int_equal(c32.failed, length < 4);
		assert_int_equal(c64.failed, length < 8);
	}
}

static void test_take(void **state)
{
	struct cursor c = cursor_over(bytes, 4);

	(void)state;
	assert_ptr_equal(cursor_take(&c, 3), bytes);
	assert_ptr_equal(cursor_take(&c, 1), bytes + 3);
	assert_int_equal(c.left, 0);
	assert_false(c.failed);
	assert_null(cursor_take(&c, 1));
	assert_true(c.failed);
}

static void test_take_cannot_overflow(void **state)
{
	struct cursor c = cursor_over(bytes, 4);

	(void)state;
	cursor_u8(&c);
	assert_null(cursor_take(&c, SIZE_MAX));
	assert_true(c.failed);
}

static void test_slice(void **state)
{
	struct cursor c = cursor_over(bytes, 6);
	struct cursor inner = cursor_slice(&c, 4);

	(void)state;
	assert_int_equal(inner.left, 4);
	assert_int_equal(c.left, 2);
	assert_int_equal(cursor_u32(&inner), 0x01234567);
	assert_int_equal(cursor_u8(&inner), 0);
	assert_true(inner.failed);
	assert_false(c.failed);
	assert_int_equal(cursor_u16(&c), 0x89ab);
	c = cursor_over(bytes, 6);
	inner = cursor_slice(&c, 7);
	assert_true(inner.failed);
	assert_true(c.failed);
	assert_int_equal(cursor_u8(&inner), 0);
}

static void test_nothing(void **state)
{
	struct cursor c = cursor_over(NULL, 0);

	(void)state;
	cursor_take(&c, 0);
	assert_false(c.failed);
	assert_false(cursor_slice(&c, 0).failed);
	assert_int_equal(cursor_u8(&c), 0);
	assert_true(c.failed);
}

static void test_writes_are_big_endian(void **state)
{
	uint8_t out[sizeof(bytes)];
	struct writer w = writer_over(out, sizeof(out));

	(void)state;
	write_u8(&w, 0x01);
	write_u16(&w, 0x2345);
	write_u32(&w, 0x6789abcd);
	write_u64(&w, 0xeffedcba98765432);
	assert_false(w.failed);
	assert_int_equal(w.length, sizeof(bytes));
	assert_memory_equal(out, bytes, sizeof(bytes));
}

static void test_what_does_not_fit_is_not_written(void **state)
{
	uint8_t out[4] = {0xee, 0xee, 0xee, 0xee};
	struct writer w = writer_over(out, 3);

	(void)state;
	write_u8(&w, 1);
	write_u32(&w, 0x02030405);
	assert_true(w.failed);
	assert_int_equal(w.length, 1);
	write_u8(&w, 2); /* would fit, but would stand in a wrong place */
	assert_int_equal(w.length, 1);
	assert_memory_equal(out, "\x01\xee\xee\xee", 4);
}

static void test_write_bytes(void **state)
{
	uint8_t out[4] = {0};
	struct writer w = writer_over(out, sizeof(out));
	volatile size_t far_more = SIZE_MAX; /* as of a length on the wire */

	(void)state;
	write_bytes(&w, "ab", 2);
	write_bytes(&w, NULL, 0);
	write_bytes(&w, "cd", 2);
	assert_false(w.failed);
	assert_memory_equal(out, "abcd", 4);
	write_bytes(&w, NULL, 0);
	assert_false(w.failed);
	write_bytes(&w, "e", far_more);
	assert_true(w.failed);
	assert_int_equal(w.length, 4);
}

static void test_writer_over_nothing(void **state)
{
	struct writer w = writer_over(NULL, 0);

	(void)state;
	write_bytes(&w, NULL, 0);
	assert_false(w.failed);
	write_u8(&w, 1);
	assert_true(w.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_are_big_endian),
		cmocka_unit_test(test_read_past_the_end_fails_for_good),
		cmocka_unit_test(test_every_read_at_every_length),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_take_cannot_overflow),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_writes_are_big_endian),
		cmocka_unit_test(test_what_does_not_fit_is_not_written),
		cmocka_unit_test(test_write_bytes),
		cmocka_unit_test(test_writer_over_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
