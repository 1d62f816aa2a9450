/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "probe/fleet/names.h"

static void test_names(void **state)
{
	char longest[SURVEY_NAME_MAX + 2];

	(void)state;
	assert_true(survey_name_is_good("census-2026_a"));
	assert_false(survey_name_is_good(""));
	assert_false(survey_name_is_good("a.b"));
	assert_false(survey_name_is_good("a b"));
	assert_false(survey_name_is_good("a/b"));
	assert_false(survey_name_is_good("a*"));
	memset(longest, 'a', sizeof(longest));
	longest[SURVEY_NAME_MAX + 1] = '\0';
	assert_false(survey_name_is_good(longest));
	longest[SURVEY_NAME_MAX] = '\0';
	assert_true(survey_name_is_good(longest));
}

static void test_subjects(void **state)
{
	struct survey_names names;
	char subject[SUBJECT_MAX];

	(void)state;
	survey_names_of("x", &names);
	assert_string_equal(names.shard, "mpprobe.x.shard");
	assert_string_equal(names.all_lines, "mpprobe.x.line.*");
	assert_string_equal(names.all_claims, "mpprobe.x.state.claim.*");
	survey_lines_of("x", 7, subject);
	assert_string_equal(subject, "mpprobe.x.line.7");
	survey_done_of("x", 7, subject);
	assert_string_equal(subject, "mpprobe.x.state.done.7");
	survey_claim_of("x", 7, subject);
	assert_string_equal(subject, "mpprobe.x.state.claim.7");
}

/* None is cut off, which would be that of another shard. */
static void test_longest(void **state)
{
	char name[SURVEY_NAME_MAX + 1], subject[SUBJECT_MAX];

	(void)state;
	memset(name, 'a', SURVEY_NAME_MAX);
	name[SURVEY_NAME_MAX] = '\0';
	survey_claim_of(name, UINT64_MAX, subject);
	assert_non_null(strstr(subject, ".18446744073709551615"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
