/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/survey/nearer.h"
#include "report/findings.h"
#include "report/report.h"

static struct report_syn_ack syn_acks[2] = {{.hops = 4}, {.hops = 4}};
static struct report_connection connections[] = {
	{.purpose = PURPOSE_CONTROL},
	{.purpose = PURPOSE_TCP, .syn_ack = &syn_acks[0]},
	{.purpose = PURPOSE_MP_CAPABLE, .syn_ack = &syn_acks[1]},
};
static struct responder own = {.reply_ttl = 60, .initial_ttl = 64};
static struct report_hop path[] = {
	{.ttl = 1},
	{.ttl = 2, .is_target = true, .responders = &own, .responder_count = 1},
};
static const struct report report = {.path = path,
				     .path_length = 2,
				     .connections = connections,
				     .connection_count = 3};

static void test_hops(void **state)
{
	(void)state;
	assert_int_equal(nearer_of(&report), NEARER_ALIKE);
	/* TTLs that hosts begin with differ */
	own = (struct responder){.reply_ttl = 251, .initial_ttl = 255};
	assert_int_equal(nearer_of(&report), NEARER_ALIKE);
	/* those with MPTCP only */
	syn_acks[1].hops = 3;
	assert_int_equal(nearer_of(&report), NEARER_FEWER);
	syn_acks[1].hops = 5;
	assert_int_equal(nearer_of(&report), NEARER_MORE);
	syn_acks[1].hops = 4;
}

static void test_unknown(void **state)
{
	struct report none = report;

	(void)state;
	path[1].responder_count = 0;
	assert_int_equal(nearer_of(&report), NEARER_UNKNOWN);
	path[1].responder_count = 1;
	/* another hop's answer is not the target's */
	path[1].is_target = false;
	assert_int_equal(nearer_of(&report), NEARER_UNKNOWN);
	path[1].is_target = true;
	/* a control has no SYN/ACK */
	none.connection_count = 1;
	assert_int_equal(nearer_of(&none), NEARER_UNKNOWN);
}

/* Sweeps that find nothing are made as long as others did. */
static void test_worth(void **state)
{
	const struct finding_kind *kind = finding_kind("tcp.terminated");
	struct finding found = {.kind = kind};
	const struct report with = {.findings = &found, .finding_count = 1};
	const struct report without = {0};
	struct nearer_score s = {0};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_true(nearer_is_worth(&s));
		nearer_learn(&s, &without);
	}
	assert_false(nearer_is_worth(&s));
	nearer_learn(&s, &with);
	assert_true(nearer_is_worth(&s));
	/* another finding is none of that */
	found.kind = finding_kind("mp_join.dropped");
	nearer_learn(&s, &with);
	assert_false(nearer_is_worth(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_worth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
