/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/rules/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/findings.h"
#include "tests/expect.h"

static bool is_above(size_t row, const char *name)
{
	for (size_t i = 0; i < row; i++)
		if (rule_named(rules_row(i)->id, rules_row(i)->row, name))
			return true;
	return false;
}

/* The first finding with an effect is the headline, so the order is that of
 * the exchange; and a row can only know of what was said above it. */
static void rows_refer_to_rows_above(void **state)
{
	const struct rule *r, *above = NULL;

	(void)state;
	for (size_t row = 0; (r = rules_row(row)); row++) {
		assert_true(!above || above->phase <= r->phase);
		for (size_t i = 0; i < UNLESS_MAX && r->unless[i]; i++)
			assert_true(is_above(row, r->unless[i]));
		above = r;
	}
}

static void rows_are_whole_and_have_names_of_their_own(void **state)
{
	const struct rule *r, *other;

	(void)state;
	for (size_t row = 0; (r = rules_row(row)); row++) {
		assert_non_null(finding_kind(r->id));
		assert_non_null(r->test);
		assert_non_null(r->say);
		for (size_t i = 0; i < row; i++) {
			other = rules_row(i);
			assert_true(strcmp(r->id, other->id) != 0 ||
				    strcmp(r->row, other->row) != 0);
		}
	}
}

static const struct report_rule *outcome(const struct report *r, const char *id,
					 const char *row)
{
	for (size_t i = 0; i < r->rule_count; i++)
		if (strcmp(r->rules[i].id, id) == 0 &&
		    strcmp(r->rules[i].row, row) == 0)
			return &r->rules[i];
	fail_msg("no rule %s (%s)", id, row);
	return NULL;
}

/* What -vv shows. */
static void each_rule_tells_why_it_did_not_speak(void **state)
{
	struct scene s = with_box(3, strip);
	const struct report_rule *rule;
	struct report *r;

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, !rules_row(r->rule_count) && rules_row(r->rule_count - 1));
	CHECK(r, outcome(r, "mp_capable.removed", "syn")->why == WHY_SAID);
	CHECK(r, outcome(r, "ip.ttl_rewritten", "control")->why == WHY_ABSENT);
	CHECK(r, outcome(r, "tcp.terminated", "distance")->why == WHY_CONTRARY);
	rule = outcome(r, "mp_capable.removed", "rst");
	CHECK(r, rule->why == WHY_BLOCKED);
	CHECK(r, strcmp(rule->by, "mp_capable.removed") == 0);
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_refer_to_rows_above),
		cmocka_unit_test(each_rule_tells_why_it_did_not_speak),
		cmocka_unit_test(rows_are_whole_and_have_names_of_their_own),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
