/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/packet.h"

/* Near the end of the circle of sequence numbers. */
#define BASE 0xffffff00u

static uint32_t add(struct stream *s, uint32_t from, uint32_t to)
{
	return stream_add(s, BASE + from, to - from);
}

static void test_out_of_order(void **state)
{
	struct stream s = {0};

	(void)state;
	assert_int_equal(add(&s, 0, 0), 0);
	assert_int_equal(add(&s, 0, 100), 100);
	assert_int_equal(add(&s, 300, 400), 100);
	assert_int_equal(add(&s, 500, 600), 100);
	assert_int_equal(stream_front(&s), BASE + 100);
	assert_true(stream_lacks(&s, BASE + 50, BASE + 350));
	assert_false(stream_lacks(&s, BASE + 300, BASE + 400));
	assert_int_equal(add(&s, 50, 350), 200); /* the gap, no more */
	assert_int_equal(add(&s, 420, 430), 10); /* splits one */
	assert_int_equal(add(&s, 400, 500), 90);
	assert_int_equal(add(&s, 0, 600), 0);
	assert_int_equal(stream_front(&s), BASE + 600);
	assert_int_equal(s.bytes, 600);
	assert_int_equal(s.bytes_again, 100 + 10 + 600);
	free(s.gaps);
}

/* A capture that begins in the middle may begin out of order. */
static void test_below(void **state)
{
	struct stream s = {0};

	(void)state;
	assert_int_equal(add(&s, 200, 300), 100);
	assert_int_equal(add(&s, 0, 100), 100);
	assert_int_equal(add(&s, 100, 200), 100);
	assert_int_equal(s.gap_count, 0);
	assert_int_equal(s.bytes, 300);
	free(s.gaps);
}

/* The same as a map of bytes, whatever comes. */
static void test_any_order(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 300; round++) {
		bool there[512] = {false};
		struct stream s = {0};
		uint64_t bytes = 0, again = 0;

		stream_add(&s, BASE, 0);
		for (int i = 0; i < 60; i++) {
			uint32_t from = (uint32_t)rand() % 480;
			uint32_t to = from + (uint32_t)rand() % 32;
			uint32_t fresh = 0;

			for (uint32_t k = from; k < to; k++) {
				fresh += !there[k];
				there[k] = true;
			}
			bytes += fresh;
			again += to - from - fresh;
			assert_int_equal(add(&s, from, to), fresh);
		}
		assert_int_equal(s.bytes, bytes);
		assert_int_equal(s.bytes_again, again);
		for (uint32_t k = 0; k < 511; k++)
			if (seq_diff(BASE + k, s.next) < 0)
				assert_int_equal(stream_lacks(&s, BASE + k,
							      BASE + k + 1),
						 !there[k]);
		free(s.gaps);
	}
}

/* More gaps than are remembered: counted low, never twice. */
static void test_gaps(void **state)
{
	struct stream s = {0};

	(void)state;
	for (uint32_t i = 0; i < 3 * GAPS_MAX; i++)
		add(&s, 20 * i, 20 * i + 10);
	assert_int_equal(s.gap_count, GAPS_MAX);
	for (uint32_t i = 0; i < 3 * GAPS_MAX; i++)
		add(&s, 20 * i + 10, 20 * i + 20);
	assert_true(s.bytes <= 60 * GAPS_MAX);
	assert_int_equal(s.gap_count, 0);
	free(s.gaps);
}

static struct tcp_view segment(uint32_t at, uint32_t length)
{
	static const uint8_t bytes[1000];

	return (struct tcp_view){.sequence = BASE + at,
				 .payload = bytes,
				 .payload_length = length,
				 .payload_available = length};
}

/* Whether data that comes behind a gap has no mapping is not known: what the
 * capture lacks may have stated it. */
static void test_unmapped(void **state)
{
	struct mapping m = {.ssn = 1, .length = 100};
	struct tcp_view first = segment(1, 100), lost = segment(101, 100),
			third = segment(201, 100);

	(void)state;
	for (int lacks = 0; lacks < 2; lacks++) {
		struct side s = {.has_isn = true, .isn = BASE};

		side_sequence(&s, &first, 1, 1);
		side_mapping(&s, &m, &first, true, 1);
		if (!lacks) {
			side_sequence(&s, &lost, 2, 2);
			side_mapping(&s, NULL, &lost, true, 2);
		}
		side_sequence(&s, &third, 3, 3);
		side_mapping(&s, NULL, &third, true, 3);
		assert_int_equal(s.unmapped_frame, lacks ? 0 : 2);
		side_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_unmapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
