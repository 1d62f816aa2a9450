/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each verdict, in the order in which they are sought.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

static void test_unreachable(void **state)
{
	struct scene s = scene();

	(void)state;
	s.port_closed = true;
	expect(s, (struct expected){.status = STATUS_UNREACHABLE});
	s.port_closed = false;
	s.port_silent = true;
	expect(s, (struct expected){.status = STATUS_UNREACHABLE});
}

static enum act reset_syns(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) ? RESET : PASS;
}

/* By the port, or by who stands before it: the TTL of the RSTs tells. */
static void test_refused(void **state)
{
	static const char before[] = "refused by a device before it";

	(void)state;
	for (unsigned at = 0; at <= 4; at++) {
		struct scene s = with_box(at, at ? reset_syns : NULL);
		struct report *r;

		s.port_closed = at == 0;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->status == STATUS_UNREACHABLE);
		CHECK(r, !strstr(r->verdict, before) == (at == 0 || at == 4));
		report_free(r);
		scene_end(&s);
	}
}

static bool lose_the_last(struct scene *s, bool forward, const struct packet *p)
{
	return forward && p->transport == TRANSPORT_TCP &&
	       p->tcp.flags == TCP_FLAG_SYN && p->tcp.source_port > 40014 &&
	       s->frames;
}

static void test_baseline_fails(void **state)
{
	struct scene s = scene();

	(void)state;
	s.no_join = true;
	s.lost = lose_the_last;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

/* Quotes show what they show, whatever TCP does afterwards; what answers and
 * silence say may be due to that. */
static void test_baseline_and_quotes(void **state)
{
	struct scene s = with_box(3, strip);
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "mp_capable.removed",
			     .effect = EFFECT_BLOCKS,
			     .segment = SEGMENT_SYN,
			     .after = 3,
			     .at = 4};

	(void)state;
	s.no_join = true;
	s.lost = lose_the_last;
	expect(s, e);
}

/* A clear path is proven only if what answers is as far away as the target. */
static void test_clear_is_proven_by_distance(void **state)
{
	(void)state;
	for (int swept = 0; swept < 2; swept++) {
		struct scene s = scene();
		struct report *r;

		s.no_sweep = !swept;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->status == STATUS_CLEAR);
		CHECK(r,
		      (r->ladder[RUNG_DISTANCE].result == RUNG_PASS) == swept);
		CHECK(r, r->confidence == (swept ? CONFIDENCE_PROVEN
						 : CONFIDENCE_LIKELY));
		report_free(r);
		scene_end(&s);
	}
}

static void test_unsupported(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.version = -1;
	for (int i = 0; i < 3; i++) {
		struct scene run = s;

		run.udp_silent = i == 1;
		run.udp_hop = i == 2 ? 2 : 0;
		scene_begin(&run);
		run_probe(&run);
		r = judge_scene(&run);
		check_report(r,
			     &(struct expected){.status = STATUS_UNSUPPORTED});
		CHECK(r, r->confidence == CONFIDENCE_LIKELY);
		CHECK(r, strstr(r->verdict, "a device right before it"));
		report_free(r);
		scene_end(&run);
	}
	s.silent[4] = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	s.silent[4] = false;
	s.no_version0 = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

/* A capture that ends early: SYNs that had no time are not unanswered. */
static void test_interrupted(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.port_silent = true;
	scene_begin(&s);
	send_syn(&s, call(&s, PURPOSE_TCP, 0), 1, false); /* of a sweep */
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	s.now -= 249 * MS;
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_UNDETERMINED);
	report_free(r);
	scene_wait(&s, 1500 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_UNREACHABLE);
	report_free(r);
	scene_end(&s);
}

/* What the SYN/ACKs take. */
static int64_t delay_us;

static enum act delay(struct scene *s, struct wire *w)
{
	if (is_syn(w))
		scene_wait(s, delay_us);
	return PASS;
}

/* Whether plain TCP is said to have stopped: so many SYNs, and then so long no
 * answer, where the one before took so long. */
static bool has_stopped(unsigned syns, int64_t answer_us, int64_t wait_us)
{
	struct scene s = with_back(delay);
	struct caller *c;
	struct report *r;
	bool stopped;

	delay_us = answer_us;
	scene_begin(&s);
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	s.port_silent = true;
	c = call(&s, PURPOSE_TCP, 0);
	for (unsigned i = 0; i < syns; i++)
		send_syn(&s, c, 64, false);
	scene_wait(&s, wait_us);
	send_control(&s, 1);
	r = judge_scene(&s);
	stopped = strstr(r->verdict, "stopped working") != NULL;
	report_free(r);
	scene_end(&s);
	return stopped;
}

static void test_patience(void **state)
{
	(void)state;
	assert_false(has_stopped(3, 0, 199 * MS));
	assert_true(has_stopped(3, 0, 200 * MS));
	assert_false(has_stopped(3, 70 * MS, 199 * MS));
	assert_true(has_stopped(3, 70 * MS, 200 * MS));
	assert_false(has_stopped(3, 150 * MS, 299 * MS));
	assert_true(has_stopped(3, 150 * MS, 301 * MS));
	assert_false(has_stopped(3, 250 * MS, 499 * MS));
	assert_true(has_stopped(3, 250 * MS, 501 * MS));
	assert_false(has_stopped(3, 700 * MS, 999 * MS));
	assert_true(has_stopped(3, 700 * MS, 1000 * MS));
	assert_false(has_stopped(2, 0, 9000 * MS));
}

/* The verdict has these words if so many connections with MPTCP get no answer
 * to so many SYNs each; `working`: where it works on others. */
static void check_vain(bool working, unsigned flows, unsigned syns,
		       const char *words)
{
	struct scene s = scene();
	struct report *r;

	scene_begin(&s);
	if (working)
		run_probe(&s);
	else
		sweep(&s, PURPOSE_MP_CAPABLE, 1);
	s.port_silent = true;
	for (unsigned i = 0; i < flows; i++)
		for (struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);
		     c->segments < syns; c->segments++)
			send_syn(&s, c, 64, false);
	scene_wait(&s, 1500 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, strstr(r->verdict, words));
	report_free(r);
	scene_end(&s);
}

static void test_syns_in_vain(void **state)
{
	(void)state;
	check_vain(true, 1, 2, "nothing interferes.");
	check_vain(true, 1, 3, " One connection with MPTCP, however, was not");
	check_vain(true, 2, 3, " 2 connections with MPTCP, however, were not");
	check_vain(false, 1, 1, "no data was sent");
	check_vain(false, 1, 2, "some SYNs with MP_CAPABLE are answered");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_baseline_fails),
		cmocka_unit_test(test_baseline_and_quotes),
		cmocka_unit_test(test_clear_is_proven_by_distance),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_syns_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
