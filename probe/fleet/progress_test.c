/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/fleet/progress.h"

static void assert_text(const struct progress *p, int64_t now_ms,
			const char *expected)
{
	char text[200];

	progress_text(p, now_ms, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_shards(void **state)
{
	struct progress p = {.name = "census"};

	(void)state;
	progress_shards(&p, 0, 7, 2);
	assert_text(&p, 0, "census: 7 shards are cut");
	assert_false(progress_is_done(&p));
	progress_shards(&p, 0, 1, 0);
	assert_text(&p, 0, "census: 1 shard is cut");
	progress_shards(&p, 1, 0, 0);
	assert_text(&p, 0,
		    "census: 1 of 1 shard done, 0 claimed, 0 left; "
		    "0 results, 0 a second; 0 workers");
	progress_shards(&p, 64, 61, 8);
	assert_text(&p, 0,
		    "census: 3 of 64 shards done, 8 claimed, 53 left; "
		    "0 results, 0 a second; 0 workers");
	assert_false(progress_is_done(&p));
	progress_shards(&p, 64, 0, 0);
	assert_true(progress_is_done(&p));
}

/* Both numbers are not of the same moment: nothing is less than none. */
static void test_odd_moments(void **state)
{
	struct progress p = {.name = "x"};

	(void)state;
	progress_shards(&p, 4, 2, 3);
	assert_int_equal(p.done, 2);
	assert_int_equal(p.claimed, 2);
	assert_int_equal(p.left, 0);
	progress_shards(&p, 4, 5, 0);
	assert_int_equal(p.done, 0);
	assert_int_equal(p.left, 5);
	assert_false(progress_is_done(&p));
}

static void test_rate(void **state)
{
	struct progress p = {.name = "x"};

	(void)state;
	assert_true(progress_rate(&p) == 0);
	progress_results(&p, 500, 1000);
	assert_true(progress_rate(&p) == 0);
	progress_results(&p, 600, 3000);
	assert_true(progress_rate(&p) == 50);
	/* only of the last seconds */
	for (unsigned i = 1; i <= PROGRESS_SECONDS; i++)
		progress_results(&p, 603 + 7 * i, 3000 + 1000 * i);
	assert_true(progress_rate(&p) == 7.3);
	/* a survey of that name was removed, and served again */
	progress_results(&p, 0, 20000);
	assert_true(progress_rate(&p) == 0);
}

static void test_workers(void **state)
{
	struct progress p = {.name = "x", .silent_ms = 30000};

	(void)state;
	progress_worker(&p, "", 0);
	progress_worker(&p, "much longer than any worker's", 0);
	assert_int_equal(progress_workers(&p, 0), 0);
	progress_worker(&p, "a", 0);
	progress_worker(&p, "b", 5000);
	progress_worker(&p, "b", 10000);
	assert_int_equal(progress_workers(&p, 29999), 2);
	assert_int_equal(progress_workers(&p, 30000), 1);
	assert_int_equal(progress_workers(&p, 40000), 0);
	progress_shards(&p, 2, 1, 1);
	progress_results(&p, 9, 1000);
	assert_text(&p, 39999,
		    "x: 1 of 2 shards done, 1 claimed, 0 left; "
		    "9 results, 0 a second; 1 worker");
	progress_free(&p);
}

static void test_json(void **state)
{
	struct progress p = {.name = "x"};
	json_t *json;

	(void)state;
	progress_shards(&p, 0, 3, 0);
	json = progress_json(&p, 0);
	assert_int_equal(json_integer_value(json_object_get(json, "shards")),
			 0);
	json_decref(json);
	progress_shards(&p, 3, 0, 0);
	progress_results(&p, 40, 1000);
	json = progress_json(&p, 0);
	assert_true(json_is_true(json_object_get(json, "complete")));
	assert_int_equal(json_integer_value(json_object_get(json, "results")),
			 40);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards),	    cmocka_unit_test(test_rate),
		cmocka_unit_test(test_odd_moments), cmocka_unit_test(test_json),
		cmocka_unit_test(test_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
