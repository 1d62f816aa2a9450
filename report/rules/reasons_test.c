/* SPDX-License-Identifier: GPL-3.0-or-later
 * The reason that a server names when it resets a subflow (MP_TCPRST).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/expect.h"

static int reason;

/* In the place of the server, which would take it. */
static enum act refuse_join(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	if (!is_syn(w) || !has_join(w))
		return PASS;
	scene_reset(s, s->hops + 1, &p, reason);
	return ANSWER;
}

static enum act refuse_data(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	if (!has_data(w) || !wire_has(w, TCPOPT_MPTCP) || p.ip.traffic_class)
		return PASS;
	scene_reset(s, s->hops + 1, &p, reason);
	return ANSWER;
}

static struct report *report_of(box_fn *box)
{
	struct scene s = with_box(4, box);
	struct report *r;

	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	scene_end(&s);
	return r;
}

/* A token that is not known tells of another host; a limit is the server's. */
static void test_join(void **state)
{
	const struct finding *f;
	struct report *r;

	(void)state;
	reason = TCPRST_MPTCP;
	r = report_of(refuse_join);
	f = r->findings;
	CHECK(r, r->status == STATUS_IMPAIRED && r->finding_count == 1);
	CHECK(r, strcmp(f->kind->id, "mp_join.refused") == 0);
	CHECK(r,
	      strstr(f->text, "(MP_TCPRST, reason 1: MPTCP-specific error)"));
	CHECK(r, strstr(r->ladder[RUNG_JOIN].text, "reason 1"));
	report_free(r);
	reason = TCPRST_PROHIBITED;
	r = report_of(refuse_join);
	CHECK(r, r->status == STATUS_CLEAR && r->finding_count == 0);
	CHECK(r, r->ladder[RUNG_JOIN].result == RUNG_FAIL);
	CHECK(r, r->confidence == CONFIDENCE_LIKELY);
	CHECK(r, strstr(r->verdict, "reason 3: Administratively prohibited"));
	CHECK(r, strstr(r->verdict, "a device sends joins to another port"));
	CHECK(r, !strstr(r->verdict, "nothing interferes"));
	report_free(r);
}

/* Nor is any other reason that of a host which does not know the token. */
static void test_join_by_choice(void **state)
{
	static const int others[] = {0, 2, 4, 5};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct report *r;

		reason = others[i];
		r = report_of(refuse_join);
		CHECK(r, r->status == STATUS_CLEAR && r->finding_count == 0);
		CHECK(r, r->ladder[RUNG_JOIN].result == RUNG_FAIL);
		CHECK(r, r->confidence == CONFIDENCE_LIKELY);
		CHECK(r, !strstr(r->verdict, "nothing interferes"));
		report_free(r);
	}
}

/* The third ACK of a join is refused: which step failed, and why. */
static void test_third_ack(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.no_subflows = true;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_CLEAR && r->finding_count == 0);
	CHECK(r, strstr(r->verdict, "reason 3, prohibited"));
	report_free(r);
	scene_end(&s);
}

/* Data that was sent with a mapping, and came without: so the server says. */
static void test_middlebox(void **state)
{
	static const struct expected e = {
		STATUS_BLOCKED,	   "dss.removed",     EFFECT_BLOCKS,
		DIRECTION_FORWARD, SEGMENT_DATA,      NOWHERE,
		NOWHERE,	   CONFIDENCE_LIKELY, NULL,
	};

	(void)state;
	reason = TCPRST_MIDDLEBOX;
	expect(with_box(4, refuse_data), e);
}

static void test_no_middlebox(void **state)
{
	static const int others[] = {0, TCPRST_MPTCP, TCPRST_PROHIBITED, 4, 5};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct report *r;

		reason = others[i];
		r = report_of(refuse_data);
		CHECK(r, r->finding_count == 0);
		report_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_by_choice),
		cmocka_unit_test(test_third_ack),
		cmocka_unit_test(test_middlebox),
		cmocka_unit_test(test_no_middlebox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
