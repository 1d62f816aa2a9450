/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/survey/window.h"

static struct survey_target target(unsigned n)
{
	struct survey_target t = {.port = (uint16_t)(n % 3 + 80), .number = n};

	t.address.family = n % 2 ? 4 : 6;
	t.address.bytes[2] = (uint8_t)(n >> 8);
	t.address.bytes[3] = (uint8_t)n;
	return t;
}

static struct open_target *find(struct window *w, unsigned n)
{
	struct survey_target t = target(n);

	return window_find(w, &t.address, t.port);
}

static void add(struct window *w, unsigned n)
{
	struct survey_target t = target(n);

	window_add(w, &t);
}

/* Far more than the room that it begins with, up to that of large pages; those
 * that are closed are not found, in whatever chain they were. */
static void test_many(void **state)
{
	struct window *w = window_new();

	(void)state;
	for (unsigned n = 0; n < 60000; n++) {
		add(w, n);
		if (n >= 40000)
			window_close_first(w);
	}
	assert_int_equal(window_first(w), 20000);
	assert_int_equal(window_next(w), 60000);
	for (unsigned n = 0; n < 61000; n++) {
		struct open_target *o = find(w, n);

		if (n < 20000 || n >= 60000) {
			assert_null(o);
		} else {
			assert_non_null(o);
			assert_int_equal(o->target.number, n);
			assert_ptr_equal(o, window_at(w, n));
		}
	}
	window_free(w);
	window_free(NULL);
}

static void test_port_and_address(void **state)
{
	struct window *w = window_new();
	struct survey_target t = target(1);

	(void)state;
	add(w, 1);
	assert_non_null(find(w, 1));
	t.port++;
	assert_null(window_find(w, &t.address, t.port));
	t = target(1);
	t.address.bytes[0]++;
	assert_null(window_find(w, &t.address, t.port));
	window_free(w);
}

/* Of two alike the later one. */
static void test_twice(void **state)
{
	struct window *w = window_new();

	(void)state;
	add(w, 1);
	add(w, 2);
	add(w, 1);
	assert_ptr_equal(find(w, 1), window_at(w, 2));
	window_close_first(w);
	assert_ptr_equal(find(w, 1), window_at(w, 2));
	window_close_first(w);
	window_close_first(w);
	assert_null(find(w, 1));
	add(w, 1);
	assert_non_null(find(w, 1));
	window_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_port_and_address),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
