/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/fleet/seen.h"

static bool take(struct seen *s, uint32_t number, uint16_t port)
{
	const uint8_t bytes[] = {10, (uint8_t)(number >> 16),
				 (uint8_t)(number >> 8), (uint8_t)number};
	const struct seen_target t = {address_from(bytes, 4), port};

	return seen_add(s, &t);
}

static void test_each_target_once(void **state)
{
	struct seen s = {0};

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		assert_true(take(&s, i, 80));
		assert_true(take(&s, i, 443));
	}
	for (uint32_t i = 0; i < 5000; i++) {
		assert_false(take(&s, i, 80));
		assert_false(take(&s, i, 443));
	}
	assert_true(take(&s, 5000, 80));
	assert_int_equal(s.count, 10001);
	seen_free(&s);
	assert_true(take(&s, 0, 80));
	seen_free(&s);
}

static bool line(const char *text, struct seen_target *t)
{
	return seen_line(text, strlen(text), t);
}

static void test_whose_a_line_is(void **state)
{
	struct seen_target t;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_true(line("{\"target\":{\"address\":\"2001:db8::1\","
			 "\"port\":443},\"class\":\"v1\"}",
			 &t));
	assert_string_equal(address_text(&t.address, text), "2001:db8::1");
	assert_int_equal(t.port, 443);
	assert_false(line("{\"target\":{\"address\":\"x\",\"port\":443}}", &t));
	assert_false(line("{\"target\":{\"address\":\"192.0.2.1\",\"port\":0}}",
			  &t));
	assert_true(line("{\"target\":{\"address\":\"192.0.2.1\","
			 "\"port\":65535}}",
			 &t));
	assert_false(line("{\"target\":{\"address\":\"192.0.2.1\","
			  "\"port\":65536}}",
			  &t));
	assert_false(line("{\"target\":\"192.0.2.1\"}", &t));
	assert_false(line("{\"target\":", &t));
	assert_false(line("", &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_target_once),
		cmocka_unit_test(test_whose_a_line_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
