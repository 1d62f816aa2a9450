/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/fleet/meta_sum.h"

static void add(json_t *sum, const char *text)
{
	json_t *meta = json_loads(text, 0, NULL);

	assert_non_null(meta);
	meta_sum_add(sum, meta);
	json_decref(meta);
}

static void assert_json(json_t *json, const char *expected)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void test_counts_and_settings(void **state)
{
	json_t *sum = json_object();

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		add(sum, "{\"targets\":5,\"unfit\":{\"bad_ack\":2},"
			 "\"plain_sample\":100,\"cooldown_s\":8,"
			 "\"probes_at_once\":4,\"pps\":10.0,"
			 "\"complete\":true}");
	assert_json(sum, "{\"complete\":true,\"cooldown_s\":8,\"plain_sample\""
			 ":100,\"pps\":10.0,\"probes_at_once\":4,"
			 "\"targets\":15,\"unfit\":{\"bad_ack\":6}}");
}

static void test_times_and_sources(void **state)
{
	json_t *sum = json_object();

	(void)state;
	add(sum, "{\"started\":\"2026-11-29T02:00:00Z\",\"ended\":null,"
		 "\"sources\":[\"192.0.2.1\"]}");
	add(sum, "{\"started\":\"2026-11-28T09:00:00Z\",\"ended\":"
		 "\"2026-11-28T10:00:00Z\",\"sources\":[\"192.0.2.2\"]}");
	add(sum, "{\"started\":\"2026-11-29T01:00:00Z\",\"ended\":"
		 "\"2026-11-28T09:30:00Z\",\"sources\":[\"192.0.2.1\"]}");
	assert_json(sum, "{\"ended\":\"2026-11-28T10:00:00Z\",\"sources\":"
			 "[\"192.0.2.1\",\"192.0.2.2\"],\"started\":"
			 "\"2026-11-28T09:00:00Z\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_and_settings),
		cmocka_unit_test(test_times_and_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
