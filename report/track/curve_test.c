/* SPDX-License-Identifier: GPL-3.0-or-later
 * However many points: some of all of it, in order, the first one and the last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/track/curve.h"

static struct curve *curve_of(unsigned points)
{
	struct curve *c = NULL;

	for (unsigned i = 0; i < points; i++)
		curve_add(&c, 1000 + i, i, 10 * i);
	return c;
}

static void check_curve(unsigned points)
{
	struct curve *c = curve_of(points);
	int64_t widest = 0;

	assert_in_range(c->count, points < CURVE_MAX ? points : CURVE_MAX / 2,
			CURVE_MAX);
	assert_int_equal(c->points[0].number, 0);
	assert_int_equal(c->last.number, points - 1);
	for (size_t i = 1; i < c->count; i++) {
		int64_t step = c->points[i].time_us - c->points[i - 1].time_us;

		assert_true(step > 0);
		widest = step > widest ? step : widest;
	}
	assert_true(widest <= 2 * c->stride);
	free(c);
}

static void test_curves(void **state)
{
	(void)state;
	check_curve(1);
	check_curve(CURVE_MAX);
	check_curve(CURVE_MAX + 1);
	check_curve(100 * CURVE_MAX + 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
