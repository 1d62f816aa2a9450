/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/survey/stacks.h"

static void add(struct survey_stacks *s, enum survey_class class,
		const char *text)
{
	json_t *line = json_loads(text, 0, NULL);

	assert_non_null(line);
	stacks_add(s, line, class);
	json_decref(line);
}

/* The answer to the MP_JOIN of one that speaks version 1. */
static void assert_join(const char *answer, const char *expected)
{
	struct survey_stacks s = {0};
	char text[300];

	snprintf(text, sizeof(text),
		 "{\"asked\":[\"capable\",\"join\"],\"answers\":{%s%s}}",
		 *answer ? "\"join\":" : "", answer);
	add(&s, CLASS_V1, text);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.rows[0].scenario, "random-token-join");
	assert_string_equal(s.rows[0].outcome, "syn");
	assert_int_equal(s.rows[0].version, 1);
	assert_string_equal(s.rows[0].answer, expected);
	stacks_free(&s);
}

static void test_join(void **state)
{
	(void)state;
	assert_join("", "silent");
	assert_join("{\"answer\":\"reset\",\"mptcp\":null}", "reset");
	assert_join("{\"answer\":\"reset\",\"mptcp\":\"1e048001\"}", "reset 1");
	assert_join("{\"answer\":\"reset\",\"mptcp\":\"1e048003\"}", "reset 3");
	/* another option, and one that ends early, is no reason */
	assert_join("{\"answer\":\"reset\",\"mptcp\":\"1e040101\"}", "reset");
	assert_join("{\"answer\":\"reset\",\"mptcp\":\"1e04\"}", "reset");
	assert_join("{\"answer\":\"reset\",\"mptcp\":\"none\"}", "reset");
	assert_join("{\"answer\":\"syn_ack\",\"mptcp\":null}", "SYN/ACK");
	assert_join("{\"answer\":\"syn_ack\",\"mptcp\":"
		    "\"1e10100000000000000000000badcafe\"}",
		    "SYN/ACK with MP_JOIN");
	assert_join("{\"answer\":\"syn_ack\",\"mptcp\":"
		    "\"1e181000000000000000000000000000000000000badcafe\"}",
		    "SYN/ACK with MP_JOIN");
	/* a router's word is none of a stack */
	assert_join("{\"answer\":\"icmp\"}", "ICMP error");
}

static void assert_v0(const char *answer, const char *expected)
{
	struct survey_stacks s = {0};
	char text[300];

	snprintf(text, sizeof(text),
		 "{\"asked\":[\"capable\",\"capable_v0\"],\"answers\":{%s%s}}",
		 *answer ? "\"capable_v0\":" : "", answer);
	add(&s, CLASS_V1, text);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.rows[0].scenario, "v0-syn-to-v1");
	assert_string_equal(s.rows[0].answer, expected);
	stacks_free(&s);
}

static void test_version_0(void **state)
{
	(void)state;
	assert_v0("", "silent");
	assert_v0("{\"answer\":\"syn_ack\",\"mptcp\":null}", "plain");
	assert_v0("{\"answer\":\"syn_ack\",\"mptcp\":"
		  "\"1e0c01811111111111111111\"}",
		  "version 1");
	assert_v0("{\"answer\":\"syn_ack\",\"mptcp\":"
		  "\"1e0c00811111111111111111\"}",
		  "version 0");
	assert_v0("{\"answer\":\"syn_ack\",\"mptcp\":\"1e048001\"}",
		  "another option");
	assert_v0("{\"answer\":\"reset\",\"mptcp\":null}", "reset");
}

/* Of who was not asked, and of who does not speak MPTCP, nothing is known. */
static void test_not_asked(void **state)
{
	struct survey_stacks s = {0};

	(void)state;
	add(&s, CLASS_V1, "{\"asked\":[\"capable\"],\"answers\":{}}");
	add(&s, CLASS_V1, "{\"asked\":7,\"answers\":[]}");
	add(&s, CLASS_V1, "{}");
	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		if (k != CLASS_V1 && k != CLASS_V0)
			add(&s, k,
			    "{\"asked\":[\"join\",\"capable_v0\"],"
			    "\"answers\":{}}");
	assert_int_equal(s.count, 0);
	/* one that speaks version 0 is no test of who speaks version 1 */
	add(&s, CLASS_V0, "{\"asked\":[\"capable_v0\"],\"answers\":{}}");
	assert_int_equal(s.count, 0);
	stacks_free(&s);
}

/* Who drops a MP_JOIN on the path is no stack. */
static void test_interfered(void **state)
{
	struct survey_stacks s = {0};

	(void)state;
	add(&s, CLASS_V1,
	    "{\"asked\":[\"join\"],\"probe\":{\"findings\":[{\"effect\":"
	    "\"harmless\"},{\"effect\":\"impairs\"}]}}");
	assert_int_equal(s.count, 0);
	add(&s, CLASS_V1,
	    "{\"asked\":[\"join\"],\"probe\":{\"findings\":[{\"effect\":"
	    "\"harmless\"}]}}");
	assert_int_equal(s.count, 1);
	stacks_free(&s);
}

#define ASKED(answers)                                                         \
	"{\"asked\":[\"join\",\"capable_v0\"],\"answers\":{" answers "}}"

static void test_order(void **state)
{
	struct survey_stacks s = {0};

	(void)state;
	add(&s, CLASS_V0, ASKED(""));
	add(&s, CLASS_V1, ASKED(""));
	for (unsigned i = 0; i < 2; i++)
		add(&s, CLASS_V1,
		    ASKED("\"join\":{\"answer\":\"reset\",\"mptcp\":null}"));
	stacks_sort(&s);
	assert_int_equal(s.count, 4);
	assert_string_equal(s.rows[0].answer, "reset");
	assert_int_equal(s.rows[0].targets, 2);
	assert_int_equal(stacks_total(&s, &s.rows[0]), 3);
	assert_string_equal(s.rows[1].answer, "silent");
	assert_true(stacks_same_table(&s.rows[0], &s.rows[1]));
	/* the same SYN, to another version */
	assert_int_equal(s.rows[2].version, 0);
	assert_false(stacks_same_table(&s.rows[1], &s.rows[2]));
	assert_int_equal(stacks_total(&s, &s.rows[2]), 1);
	assert_string_equal(s.rows[3].scenario, "v0-syn-to-v1");
	assert_int_equal(s.rows[3].targets, 3);
	stacks_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_version_0),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_interfered),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
