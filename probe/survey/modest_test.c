/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/survey/modest.h"

static void test_modest(void **state)
{
	(void)state;
	assert_true(rate_is_modest(10000, 0));
	assert_false(rate_is_modest(10001, 0));
	assert_true(rate_is_modest(0, 9000000));
	assert_false(rate_is_modest(0, 9000001));
	assert_false(rate_is_modest(0, 0)); /* no limit at all */
	/* of both the lower holds */
	assert_true(rate_is_modest(20000, 1000));
	assert_true(rate_is_modest(1, 1e9));
	assert_false(rate_is_modest(20000, 1e9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
