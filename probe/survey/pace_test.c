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

static void test_no_limit(void **state)
{
	struct pace p;

	(void)state;
	pace_begin(&p, 0, 1000);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(pace_is_due(&p, 1000));
		assert_int_equal(pace_next_us(&p, 1000), 1000);
		pace_spend(&p, 1000);
	}
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
	assert_in_range(send_for(&p, 2500000, 1, 1, 1), 245, 255);
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

/* At a high rate some packets are sent at once, so that the loop does not turn
 * for each. */
static void test_grain(void **state)
{
	int64_t now = 3000000;
	struct pace p;

	(void)state;
	pace_begin(&p, 50000, 0);
	send_for(&p, 0, now, 1000, 1);
	send_for(&p, now, 1, 1, 1);
	now = pace_next_us(&p, now);
	assert_int_equal(now, 3002000);
	assert_in_range(send_for(&p, now, 1, 1, 1), 99, 101);
}

/* What is due after 1.33 ms waits until 2 ms, what is after 2.5 ms does not
 * wait longer. */
static void test_wait(void **state)
{
	static const struct {
		double rate;
		int64_t least, most;
	} rates[] = {{750, 2000, 2000}, {400, 2495, 2502}};
	const int64_t now = 5000000;
	struct pace p;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pace_begin(&p, rates[i].rate, 0);
		pace_spend(&p, rates[i].rate * 4.55 + 1);
		assert_in_range(pace_next_us(&p, now) - now, rates[i].least,
				rates[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),	 cmocka_unit_test(test_ramp),
		cmocka_unit_test(test_no_limit), cmocka_unit_test(test_bits),
		cmocka_unit_test(test_stall),	 cmocka_unit_test(test_next),
		cmocka_unit_test(test_grain),	 cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
