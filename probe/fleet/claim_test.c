/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/fleet/claim.h"

static void test_whose(void **state)
{
	(void)state;
	assert_true(claim_is_anothers("a", "b"));
	assert_false(claim_is_anothers("a", "a"));
	assert_false(claim_is_anothers("", "a")); /* given back */
}

static void test_how_long(void **state)
{
	(void)state;
	assert_int_equal(claim_left_ms(5000, 5000, 30000), 30000);
	assert_int_equal(claim_left_ms(5000, 34999, 30000), 1);
	assert_int_equal(claim_left_ms(5000, 35000, 30000), 0);
	assert_int_equal(claim_left_ms(5000, 90000, 30000), 0);
	/* the server does not tell the time */
	assert_int_equal(claim_left_ms(5000, 0, 30000), 30000);
}

/* Three seconds before somebody else may begin. */
static void test_when(void **state)
{
	(void)state;
	assert_int_equal(claim_end_ms(5000, 30000), 32000);
	assert_false(claim_is_due(5000, 5000, 9999, 30000));
	assert_true(claim_is_due(5000, 5000, 10000, 30000));
	assert_false(claim_is_due(5000, 10000, 14999, 30000)); /* in vain */
	assert_true(claim_is_due(5000, 10000, 15000, 30000));
	assert_true(claim_is_due(5000, 10000, 31999, 30000));
	assert_false(claim_is_due(5000, 10000, 32000, 30000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_how_long),
		cmocka_unit_test(test_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
