/* SPDX-License-Identifier: GPL-3.0-or-later
 * A server that takes joins only at another of its ports, and a firewall that
 * resets what goes there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/mptcp.h"
#include "report/rules/rules.h"
#include "tests/expect.h"

#define OTHER_PORT 8080

static bool goes_there(struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP &&
	       p.tcp.destination_port == OTHER_PORT;
}

static enum act reset_there(struct scene *s, struct wire *w)
{
	(void)s;
	return goes_there(w) ? RESET : PASS;
}

/* As an MPTCP stack does that does not know the token. */
static enum act disown_there(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	if (!goes_there(w))
		return PASS;
	scene_reset(s, s->box_at, &p, TCPRST_MPTCP);
	return ANSWER;
}

static enum act reset_there_and_joins(struct scene *s, struct wire *w)
{
	return goes_there(w) ? RESET : reset_join(s, w);
}

static void join_with(struct scene *s, const struct caller *parent,
		      unsigned ttl)
{
	struct caller *c = call(s, PURPOSE_MP_JOIN, 1);

	c->parent = parent;
	c->token = flow_of(s, parent)->mptcp.server_token;
	send_syn(s, c, ttl, false);
	scene_wait(s, 50 * MS);
}

/* Joins to there from one TTL on, and some to the first port; how many findings
 * tell of RSTs. */
static unsigned count_reset(struct scene s, unsigned from_ttl, bool first)
{
	const struct caller *parent = NULL;
	struct report *r;
	unsigned count = 0;

	s.no_join = true;
	s.box_at = 2;
	scene_begin(&s);
	run_probe(&s);
	for (size_t i = 0; i < s.caller_count && !parent; i++)
		if (flow_of(&s, &s.callers[i])->mptcp.syn_ack)
			parent = &s.callers[i];
	assert_non_null(parent);
	for (unsigned ttl = 1; ttl <= s.hops + 1 && first; ttl++)
		join_with(&s, parent, ttl);
	s.to = OTHER_PORT;
	for (unsigned ttl = from_ttl; ttl <= s.hops + 1; ttl++)
		join_with(&s, parent, ttl);
	s.to = 0;
	for (unsigned i = 0; i < 4; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 1200 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		count += strcmp(r->findings[i].kind->id, "mp_join.reset") == 0;
	report_free(r);
	scene_end(&s);
	return count;
}

static struct scene denying(box_fn *box)
{
	struct scene s = scene();

	s.deny_join = true;
	s.box = box;
	return s;
}

static void test_reset_there(void **state)
{
	struct scene s = denying(reset_there);

	(void)state;
	assert_int_equal(count_reset(s, 1, false), 1);
	/* the server itself may do that */
	assert_int_equal(count_reset(s, s.hops + 1, false), 0);
	s.deny_join = false;
	assert_int_equal(count_reset(s, 1, false), 0);
}

static void test_mptcp_answers(void **state)
{
	(void)state;
	assert_int_equal(count_reset(denying(disown_there), 1, false), 0);
}

static void test_not_working(void **state)
{
	struct scene s = denying(reset_there);

	(void)state;
	s.close_at_once = true;
	assert_int_equal(count_reset(s, 1, false), 0);
}

static void test_all_joins_are_reset(void **state)
{
	(void)state;
	assert_int_equal(count_reset(denying(reset_there_and_joins), 1, true),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_there),
		cmocka_unit_test(test_mptcp_answers),
		cmocka_unit_test(test_not_working),
		cmocka_unit_test(test_all_joins_are_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
