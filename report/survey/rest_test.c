/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/survey/rest.h"

static void check(const char *meta, uint64_t told, const char *words)
{
	json_t *object = meta ? json_loads(meta, 0, NULL) : NULL;
	struct survey_rest r = survey_rest_of(object, told);
	char text[SURVEY_REST_TEXT];

	assert_string_equal(survey_rest_words(&r, text), words);
	json_decref(object);
}

static void test_nothing_missing(void **state)
{
	(void)state;
	check(NULL, 7, "");
	check("{\"complete\":true,\"ended\":\"x\",\"targets\":7}", 7, "");
	check("{\"complete\":true,\"ended\":\"x\",\"targets\":7}", 9, "");
	check("{\"targets\":\"7\",\"to_probe\":-4}", 0, "");
}

static void test_untold(void **state)
{
	(void)state;
	check("{\"complete\":false,\"ended\":\"x\",\"targets\":64,"
	      "\"to_probe\":27}",
	      35,
	      "Not complete: of 64 targets that were asked 29 are not in these "
	      "tables, of which 27 wait to be probed: all that is told is of "
	      "the others.");
	/* more wait than are missing: it is of another time */
	check("{\"complete\":true,\"targets\":9,\"to_probe\":5}", 8,
	      "Not complete: of 9 targets that were asked 1 are not in these "
	      "tables, of which 1 wait to be probed: all that is told is of "
	      "the others.");
}

/* None waits: they were not waited for. */
static void test_unprobed(void **state)
{
	(void)state;
	check("{\"complete\":false,\"ended\":\"x\",\"targets\":64}", 35,
	      "Not complete: of 64 targets that were asked 29 are not in these "
	      "tables: all that is told is of the others.");
}

static void test_not_over(void **state)
{
	(void)state;
	check("{\"complete\":false,\"ended\":\"x\",\"targets\":7}", 7,
	      "Not complete: not all targets have been asked yet.");
	check("{\"complete\":false,\"ended\":null,\"targets\":0}", 7,
	      "Not complete: the survey runs, or was killed, and this is what "
	      "it told so far.");
}

static void check_none(const char *meta, uint64_t told, const char *words)
{
	json_t *object = json_loads(meta, 0, NULL);
	struct survey_rest r = survey_rest_of(object, told);
	char text[SURVEY_REST_TEXT];

	assert_string_equal(survey_none_probed(&r, text), words);
	json_decref(object);
}

static void test_none_probed(void **state)
{
	(void)state;
	check_none("{\"targets\":64,\"plain_sample\":100,"
		   "\"probes_at_once\":8}",
		   64,
		   "none: no target speaks MPTCP or shows that it is "
		   "interfered with, and of plain ones only 1 in 100 is probed "
		   "(--sample).");
	check_none("{\"targets\":64,\"plain_sample\":2,"
		   "\"probes_at_once\":8}",
		   64,
		   "none: no target speaks MPTCP or shows that it is "
		   "interfered with, and of plain ones only 1 in 2 is probed "
		   "(--sample).");
	check_none("{\"targets\":64,\"plain_sample\":1,"
		   "\"probes_at_once\":8}",
		   64,
		   "none: no target speaks MPTCP or shows that it is "
		   "interfered with.");
	/* some may be yet */
	check_none("{\"targets\":64,\"probes_at_once\":8}", 63, "");
	check_none("{\"targets\":64,\"plain_sample\":1}", 64, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_missing),
		cmocka_unit_test(test_untold),
		cmocka_unit_test(test_unprobed),
		cmocka_unit_test(test_not_over),
		cmocka_unit_test(test_none_probed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
