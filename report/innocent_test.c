/* SPDX-License-Identifier: GPL-3.0-or-later
 * Paths without fault, and those that only look otherwise: nobody is accused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

static void test_clean(void **state)
{
	struct scene s = scene();

	(void)state;
	for (s.hops = 1; s.hops < 11; s.hops++)
		expect(s, innocent);
}

static void test_silent_and_short(void **state)
{
	struct scene s = scene();

	(void)state;
	s.silent[2] = s.silent[3] = true;
	expect(s, innocent);
	s.silent[1] = s.silent[4] = true;
	expect(s, innocent);
	s = scene();
	for (unsigned bytes = 28; bytes < 128; bytes++) {
		for (unsigned hop = 1; hop <= s.hops; hop++)
			s.quotes[hop] = bytes + (s.ip6 ? 20 : 0);
		expect(s, innocent);
	}
	s.udp_silent = true;
	s.no_timestamps = true;
	expect(s, innocent);
}

static void expect_no_finding(struct scene s)
{
	for (unsigned ip6 = 0; ip6 < 2; ip6++) {
		struct report *r;

		s.ip6 = ip6;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 0);
		report_free(r);
		scene_end(&s);
		s.served_count = s.caller_count = 0;
	}
}

/* Routers that quote what they have themselves altered. */
static void test_forgers(void **state)
{
	static box_fn *const forgers[] = {
		strip,	    strip_cut,	   clamp_mss,  strip_eol,    downgrade,
		clear_dscp, clear_ecn,	   rewrite_id, strip_wscale, translate,
		set_window, alter_payload, strip_syn,  add_option};
	struct scene s = scene();

	(void)state;
	for (size_t i = 0; i < sizeof(forgers) / sizeof(forgers[0]); i++) {
		s.forger = forgers[i];
		for (s.forger_at = 1; s.forger_at < s.hops; s.forger_at++)
			expect(s, innocent);
	}
	/* The last router, with none behind: the server itself took it. */
	s.forger_at = s.hops;
	s.forger = strip_syn;
	expect(s, innocent);
	/* And where it does not speak MPTCP, the checksum of the quote tells.
	 */
	s.version = -1;
	for (size_t i = 0; i < sizeof(forgers) / sizeof(forgers[0]); i++) {
		s.forger = forgers[i];
		if (forgers[i] != clear_dscp && forgers[i] != clear_ecn &&
		    forgers[i] != rewrite_id)
			expect_no_finding(s);
	}
}

/* Loss is never a block, and nobody is accused of it. */
static void test_loss(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 400; seed++) {
		struct scene s = scene();
		struct report *r;

		s.random = seed;
		s.lost = scene_loses_some;
		s.lost_count = seed % 60;
		s.ip6 = seed & 1;
		s.version = (int)(seed % 3) - 1;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 0);
		report_free(r);
		scene_end(&s);
	}
}

static int64_t outage_begin, outage_end;

static bool lose_while(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	(void)p;
	return s->now >= outage_begin && s->now < outage_end;
}

/* An outage that begins and ends anywhere in the run is no drop of MPTCP. */
static void test_outages(void **state)
{
	(void)state;
	for (int begin = 0; begin < 4000; begin += 80)
		for (int length = 300; length < 4000; length += 700) {
			struct scene s = scene();
			struct report *r;

			outage_begin = s.now + begin * MS;
			outage_end = outage_begin + length * MS;
			s.lost = lose_while;
			scene_begin(&s);
			run_probe(&s);
			r = judge_scene(&s);
			CHECK(r, r->finding_count == 0);
			report_free(r);
			scene_end(&s);
		}
}

/* Nothing but MPTCP is tried while the path is down: no contrast. */
static void test_outage_without_company(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	scene_begin(&s);
	for (int i = 0; i < 4; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 3000 * MS);
	outage_begin = s.now;
	outage_end = s.now + 10000 * MS;
	s.lost = lose_while;
	for (int i = 0; i < 8; i++)
		knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 3);
	s.now = outage_end + 2000 * MS;
	for (int i = 0; i < 8; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 2000 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 0);
	CHECK(r, r->status == STATUS_UNDETERMINED);
	report_free(r);
	scene_end(&s);
}

/* Paths of different length for different ports. */
static void test_ecmp(void **state)
{
	struct scene s = scene();

	(void)state;
	for (s.detour = 1; s.detour < 3; s.detour++)
		for (unsigned i = 0; i < 4; i++) {
			s.next_port = (uint16_t)(40001 + i);
			s.back_detour = i > 1;
			s.udp_silent = false;
			expect(s, innocent);
			s.udp_silent = true;
			expect(s, innocent);
		}
}

/* A server that has closed forgets the token: RST, or silence under SYN
 * cookies, is its right. */
static bool lose_joins(struct scene *s, bool forward, const struct packet *p)
{
	struct tcp_options o;

	(void)s;
	if (!forward || p->transport != TRANSPORT_TCP)
		return false;
	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &o);
	return tcp_options_mptcp(&o, MP_JOIN) != NULL;
}

static void test_join_after_close(void **state)
{
	struct scene s = scene();

	(void)state;
	s.data_fin = true;
	s.other_backend = true;
	expect(s, innocent);
	s.bare_reset = true;
	expect(s, innocent);
	s.cookies = true;
	expect(s, innocent);
	/* Where they end before the first hop, it never saw them. */
	s.lost = lose_joins;
	expect(s, (struct expected){.status = STATUS_IMPAIRED,
				    .finding = "mp_join.dropped",
				    .effect = EFFECT_IMPAIRS,
				    .direction = DIRECTION_FORWARD,
				    .segment = SEGMENT_JOIN_SYN,
				    .after = 0,
				    .at = 1});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_silent_and_short),
		cmocka_unit_test(test_forgers),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_outages),
		cmocka_unit_test(test_outage_without_company),
		cmocka_unit_test(test_ecmp),
		cmocka_unit_test(test_join_after_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
