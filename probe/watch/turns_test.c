// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/watch/turns.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)

static void test_first(void **state)
{
	(void)state;
	assert_int_equal(turn_first(7, HOUR, 0), 7);
	assert_int_equal(turn_first(7, HOUR, UINT32_MAX), 7 + 5 * SECOND);
	assert_int_equal(turn_first(7, 2 * SECOND, UINT32_MAX), 7 + SECOND / 5);
}

/* Evenly around the time between runs, so that it is that on average. */
static void test_slip(void **state)
{
	(void)state;
	assert_int_equal(turn_next(0, 0, HOUR, 0), HOUR - HOUR / 10);
	assert_int_equal(turn_next(0, 0, HOUR, UINT32_MAX), HOUR + HOUR / 10);
	assert_in_range(turn_next(0, 0, HOUR, UINT32_MAX / 2), HOUR - 2, HOUR);
}

/* What is slow moves nothing, what is too slow leaves runs out. */
static void test_late(void **state)
{
	(void)state;
	assert_int_equal(turn_next(0, HOUR / 2, HOUR, 0), HOUR - HOUR / 10);
	assert_int_equal(turn_next(0, 9 * HOUR, HOUR, 0), 9 * HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_slip),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
