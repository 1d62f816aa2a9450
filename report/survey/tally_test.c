/* SPDX-License-Identifier: GPL-3.0-or-later
 * Shares of a small sample and of a larger one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/survey/tally.h"

static void expect(uint64_t total, const char *count, const char *share,
		   const char *interval)
{
	struct tally_share s;

	tally_share(1, total, &s);
	assert_string_equal(s.count, count);
	assert_string_equal(s.share, share);
	assert_string_equal(s.interval, interval);
}

static void test_share(void **state)
{
	(void)state;
	expect(99, "1 of 99", "", "0 to 6 %");
	expect(100, "1", "1.0 %", "0.2 to 5.4 %");
	expect(10000, "1", "0.010 %", "0.002 to 0.057 %");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
