/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/findings.h"
#include "report/report.h"
#include "report/topics.h"

static void is_explained(const char *name, const char *kind)
{
	const struct topic *t = topic(name);

	if (!t || strcmp(t->kind, kind) != 0)
		fail_msg("%s is not explained as a %s", name, kind);
}

static void test_verdicts(void **state)
{
	(void)state;
	for (unsigned i = STATUS_CLEAR; i <= STATUS_UNREACHABLE; i++)
		is_explained(status_name(i), "verdict");
}

static void test_rungs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNG_COUNT; i++)
		is_explained(rung_name(i), "rung of the ladder");
}

static void test_exit_codes(void **state)
{
	static const char *const codes[] = {"0",  "1",	"2",  "3",
					    "64", "65", "68", "69",
					    "71", "74", "77", "130"};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		is_explained(codes[i], "exit code");
}

static void test_words_of_findings(void **state)
{
	(void)state;
	for (unsigned i = EFFECT_BLOCKS; i <= EFFECT_HARMLESS; i++)
		is_explained(effect_name(i), "effect of a finding");
	for (unsigned i = CONFIDENCE_PROVEN; i <= CONFIDENCE_LIKELY; i++)
		is_explained(confidence_name(i), "confidence");
}

/* Each name is found as itself, so none is there twice, and none hides behind
 * a finding. */
static void test_lookup(void **state)
{
	(void)state;
	for (size_t i = 0; i < topic_count; i++) {
		assert_ptr_equal(topic(topics[i].name), &topics[i]);
		assert_null(finding_kind(topics[i].name));
		assert_non_null(topics[i].meaning);
		assert_non_null(topics[i].advice);
	}
	assert_null(topic(""));
	assert_null(topic("4"));
}

static void test_mptcp_on(void **state)
{
	static const char *const servers[] = {
		"nginx from 1.29.7", "HAProxy from 3.1",     "Go from 1.24",
		"systemd from 257",  "lighttpd from 1.4.76", "httpd from 2.5.1",
		"curl from 8.9",     "mptcpize run"};

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
		assert_non_null(
			strstr(topic("unsupported")->advice, servers[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_rungs),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_words_of_findings),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_mptcp_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
