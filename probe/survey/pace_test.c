/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/survey/pace.h"

/* What is sent in so many milliseconds by a loop that looks each `step_us`. */
static uint64_t send_for(struct pace *p, int64_t from_us, int64_t us,
			 int64_t step_us, double cost)
{
	uint64_t count = 0;

	for (int64_t now = from_us; now < from_us + us; now += step_us)
		while (pace_is_due(p, now)) {
			pace_spend(p, cost);
			count++;
		}
	return count;
}

static void test_rate(void **state)
{
	static const double rates[] = {1, 10, 1000, 50000};
	struct pace p;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		double expected = 10 * rates[i];
		uint64_t sent;

		pace_begin(&p, rates[i], 1000);
		send_for(&p, 1000, 2000000, 500, 1);
		sent = send_for(&p, 2001000, 10000000, 500, 1);
		assert_in_range(sent, (uint64_t)(expected * 0.99 - 1),
				(uint64_t)(expected * 1.01 + 1));
	}
}

static void test_ramp(void **state)
{
	uint64_t first, second;
	struct pace p;

	(void)state;
	pace_begin(&p, 10000, 0);
	first = send_for(&p, 0, 100000, 100, 1);
	second = send_for(&p, 900000, 100000, 100, 1);
	assert_in_range(first, 100, 200); /* 0.1 to 0.19 of the rate */
	assert_true(second > 800);
}

static void test_bits(void **state)
{
	struct pace p;

	(void)state;
	pace_begin(&p, 1e6, 0);
	send_for(&p, 0, 2000000, 1000, 880);
	assert_in_range(send_for(&p, 2000000, 1000000, 1000, 880), 1124, 1148);
}

/* What a long turn of the loop left out is made up for only in part. */
static void test_stall(void **state)
{
	struct pace p;

	(void)state;
	pace_begin(&p, 1000, 0);
	send_for(&p, 0, 2000000, 1000, 1);
	assert_in_range(send_for(&p, 2100000, 1, 1, 1), 95, 105);
	assert_in_range(send_for(&p, 9000000, 1, 1, 1), 245, 255);
}

static void test_next(void **state)
{
	struct pace p;
	int64_t next;

	(void)state;
	pace_begin(&p, 100, 0);
	send_for(&p, 0, 5000000, 1000, 1);
	send_for(&p, 5000000, 1, 1, 1);
	next = pace_next_us(&p, 5000000);
	assert_in_range(next, 5000001, 5010001);
	assert_true(pace_is_due(&p, next));
	assert_int_equal(pace_next_us(&p, next), next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate), cmocka_unit_test(test_ramp),
		cmocka_unit_test(test_bits), cmocka_unit_test(test_stall),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
