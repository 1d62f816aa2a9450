/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where captures were made, by the packets and as it is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/evidence/judgement.h"
#include "report/track/capture.h"

static enum vantage vantage_in(const char *file, enum vantage said)
{
	struct observer *o = observer_new();
	struct judge_target target;
	struct report *r;
	enum vantage found;
	char error[400];

	assert_non_null(o);
	o->vantage = said;
	assert_int_equal(capture_read(file, o, error, sizeof(error)),
			 CAPTURE_OK);
	assert_true(judge_targets(o, &target, 1) >= 1);
	r = judge(o, &target);
	found = r->vantage;
	assert_int_equal(r->vantage_said, said != VANTAGE_UNKNOWN);
	report_free(r);
	observer_free(o);
	return found;
}

/* The last four have both ends on one link, where all TTLs are as sent. */
static const struct {
	const char *file;
	enum vantage vantage;
} captures[] = {
	{"pcaps/lab/strip.pcap", VANTAGE_CLIENT},
	{"pcaps/read/gave-up.pcap", VANTAGE_CLIENT},
	{"pcaps/read/server-side-data.pcap", VANTAGE_SERVER},
	{"pcaps/read/router.pcap", VANTAGE_PATH},
	{"pcaps/read/on-path-strip.pcap", VANTAGE_PATH},
	{"pcaps/read/no-syn-acks.pcap", VANTAGE_UNKNOWN},
	{"pcaps/read/one-link-client.pcap", VANTAGE_CLIENT},
	{"pcaps/read/one-link-server.pcap", VANTAGE_SERVER},
	{"pcaps/read/one-link-unfilled.pcap", VANTAGE_SERVER},
	{"pcaps/read/one-link.pcap", VANTAGE_CLIENT},
};

static void test_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++)
		assert_int_equal(vantage_in(captures[i].file, VANTAGE_UNKNOWN),
				 captures[i].vantage);
}

static void test_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++)
		for (enum vantage v = VANTAGE_CLIENT; v <= VANTAGE_PATH; v++)
			assert_int_equal(vantage_in(captures[i].file, v), v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guessed),
		cmocka_unit_test(test_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
