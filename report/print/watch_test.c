// SPDX-License-Identifier: GPL-3.0-or-later
/* A change as a line of text and of JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/print/format.h"
#include "report/watch/watched.h"
#include "tests/page.h"

static struct watch_change change;

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC-1", 1);
	change = (struct watch_change){
		.what = CHANGED_VERDICT,
		.since_us = 1000000,
		.was = {.time_us = 1000000, .status = STATUS_CLEAR},
		.now = {.time_us = 61500000, .status = STATUS_UNSUPPORTED},
		.host = "h\x1b[2J",
		.port = 443,
	};
	return 0;
}

static char *printed(const char *format)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	assert_int_equal(format_named(format)->watch(&page, &change), 0);
	page_done(&page);
	return text;
}

static void prints(const char *line)
{
	char *text = printed("text");

	assert_string_equal(text, line);
	free(text);
}

static void test_text(void **state)
{
	(void)state;
	prints("1970-01-01 01:01:01 +0100 h\\x1b[2J port 443: clear -> "
	       "unsupported\n");
	change.uplink = "eth\n0";
	prints("1970-01-01 01:01:01 +0100 h\\x1b[2J port 443 by eth\\x0a0: "
	       "clear -> unsupported\n");
	change.uplink = NULL;
	change.family = 6;
	prints("1970-01-01 01:01:01 +0100 h\\x1b[2J (IPv6) port 443: clear -> "
	       "unsupported\n");
}

static void test_json(void **state)
{
	char *text = printed("json");
	json_t *json = json_loads(text, 0, NULL);
	const json_t *now = json_object_get(json, "now");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "time")),
			    "1970-01-01T00:01:01.500Z");
	assert_string_equal(json_string_value(json_object_get(json, "since")),
			    "1970-01-01T00:00:01.000Z");
	assert_string_equal(json_string_value(json_object_get(now, "status")),
			    "unsupported");
	assert_true(json_is_null(json_object_get(json, "report")));
	assert_true(json_is_null(json_object_get(now, "hops")));
	assert_int_equal(json_array_size(json_object_get(now, "path")), 0);
	json_decref(json);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_text, begin),
		cmocka_unit_test_setup(test_json, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
