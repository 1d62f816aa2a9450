/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/reorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEN_SECONDS 10000000
#define HALF_A_SECOND 500000
#define TEN_MS 10000

/* What was taken, by number. */
struct taken {
	uint64_t numbers[20];
	size_t count;
};

static void take(struct reorder *r, bool all, struct taken *t)
{
	const struct ordered *o;

	while ((o = reorder_take(r, all))) {
		assert_true(t->count < 20);
		t->numbers[t->count++] = o->number;
	}
}

static void put_by(struct reorder *r, uint64_t number, int64_t time_us,
		   uint32_t interface)
{
	struct ordered o = {
		.number = number,
		.frame = {.name = "",
			  .interface = interface,
			  .time_us = time_us,
			  .bytes = (const uint8_t[]){0},
			  .captured = 1},
	};

	reorder_put(r, &o);
}

static void put(struct reorder *r, uint64_t number, int64_t time_us)
{
	put_by(r, number, time_us, 1);
}

/* Frames of these times are taken in the order of these numbers, from 1. */
static void expect_order(const int64_t *times, const uint64_t *numbers,
			 size_t count)
{
	struct reorder *r = reorder_new();
	struct taken t = {.count = 0};

	for (size_t i = 0; i < count; i++) {
		put(r, i + 1, times[i]);
		take(r, false, &t);
	}
	take(r, true, &t);
	assert_null(reorder_take(r, true));
	assert_int_equal(t.count, count);
	assert_memory_equal(t.numbers, numbers, count * sizeof(*numbers));
	reorder_free(r);
}

#define EXPECT(times, numbers)                                                 \
	expect_order((const int64_t[])times, (const uint64_t[])numbers,        \
		     sizeof((const int64_t[])times) / sizeof(int64_t))
#define LIST(...)                                                              \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static void test_by_time(void **state)
{
	(void)state;
	EXPECT(LIST(1, 2, 3), LIST(1, 2, 3));
	EXPECT(LIST(3, 1, 2, 4), LIST(2, 3, 1, 4));
	EXPECT(LIST(2, 1, 2, 1, 2), LIST(2, 4, 1, 3, 5));
	EXPECT(LIST(-5, -7, -6), LIST(2, 3, 1));
	EXPECT(LIST(0, 0, 0), LIST(1, 2, 3));
}

/* As late as it may come, and a little later. */
static void test_set_back(void **state)
{
	const int64_t begun = TEN_SECONDS;

	(void)state;
	EXPECT(LIST(begun, begun - TEN_MS), LIST(2, 1));
	EXPECT(LIST(begun, begun - TEN_MS - 1), LIST(1, 2));
	/* By the latest of those before. */
	EXPECT(LIST(begun, begun - 1, begun - TEN_MS - 1), LIST(2, 1, 3));
	/* Behind that they are sorted again, and so they are before it. */
	EXPECT(LIST(begun + 2, begun, begun + 1, 9, 8, begun),
	       LIST(2, 3, 1, 5, 4, 6));
	/* Twice. */
	EXPECT(LIST(2 * begun, begun, 2, 1), LIST(1, 2, 4, 3));
	/* One that is of another time, as none that a clock shows. */
	EXPECT(LIST(begun, 0, begun + 2, begun + 1), LIST(1, 2, 4, 3));
	EXPECT(LIST(1, begun, 3, 2), LIST(1, 2, 4, 3));
	EXPECT(LIST(INT64_MAX, INT64_MIN, INT64_MAX, 0), LIST(1, 2, 3, 4));
}

/* Another interface, or file, may be later. */
static void test_interfaces(void **state)
{
	(void)state;
	for (int64_t more = 0; more < 2; more++) {
		struct reorder *r = reorder_new();
		struct taken t = {.count = 0};

		put_by(r, 1, TEN_SECONDS, 1);
		put_by(r, 2, TEN_SECONDS - HALF_A_SECOND - more, 2);
		take(r, true, &t);
		assert_int_equal(t.numbers[0], more ? 1 : 2);
		assert_int_equal(t.count, 2);
		reorder_free(r);
	}
}

/* No frame is held longer than it takes. */
static void test_held(void **state)
{
	struct reorder *r = reorder_new();
	struct taken t = {.count = 0};

	(void)state;
	assert_null(reorder_take(r, true));
	put(r, 1, 0);
	put(r, 2, HALF_A_SECOND);
	take(r, false, &t);
	assert_int_equal(t.count, 0);
	put(r, 3, HALF_A_SECOND + 1);
	take(r, false, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.numbers[0], 1);
	reorder_free(r); /* with two in it */
	reorder_free(NULL);
}

/* As many as are held, and bytes. */
static void test_full(void **state)
{
	struct reorder *r = reorder_new();
	const struct ordered *taken;
	struct taken t = {.count = 0};
	uint8_t *bytes = calloc(1, 4 << 20);
	struct ordered much = {
		.frame = {.name = "", .bytes = bytes, .captured = 4 << 20}};

	(void)state;
	assert_non_null(bytes);
	for (uint64_t i = 1; i < 4096; i++) {
		put(r, i, 1);
		take(r, false, &t);
	}
	assert_int_equal(t.count, 0);
	put(r, 4096, 0);
	take(r, false, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.numbers[0], 4096);
	reorder_free(r);

	r = reorder_new();
	reorder_put(r, &much);
	assert_null(reorder_take(r, false));
	put(r, 1, 0);
	taken = reorder_take(r, false);
	assert_non_null(taken);
	assert_int_equal(taken->frame.captured, 4 << 20);
	assert_null(reorder_take(r, false)); /* what was taken is not held */
	put(r, 2, 0);
	assert_null(reorder_take(r, false));
	reorder_free(r);
	free(bytes);
}

/* A copy, of which nothing is lost. */
static void test_copied(void **state)
{
	struct reorder *r = reorder_new();
	uint8_t bytes[] = {1, 2, 3};
	char name[] = "a-name-of-15-ch";
	struct ordered o = {
		.file = 7,
		.number = 9,
		.frame = {.interface = 3,
			  .name = name,
			  .link_type = 113,
			  .way = LINK_WAY_OUT,
			  .time_us = 11,
			  .bytes = bytes,
			  .captured = 3,
			  .length = 1500},
	};
	const struct ordered *taken;

	(void)state;
	reorder_put(r, &o);
	memset(bytes, 0, sizeof(bytes));
	memset(name, 'x', sizeof(name) - 1);
	taken = reorder_take(r, true);
	assert_non_null(taken);
	assert_int_equal(taken->file, 7);
	assert_int_equal(taken->number, 9);
	assert_int_equal(taken->frame.interface, 3);
	assert_string_equal(taken->frame.name, "a-name-of-15-ch");
	assert_int_equal(taken->frame.link_type, 113);
	assert_int_equal(taken->frame.way, LINK_WAY_OUT);
	assert_int_equal(taken->frame.time_us, 11);
	assert_int_equal(taken->frame.length, 1500);
	assert_int_equal(taken->frame.captured, 3);
	assert_memory_equal(taken->frame.bytes, "\1\2\3", 3);
	reorder_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_time),
		cmocka_unit_test(test_set_back),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
