/* SPDX-License-Identifier: GPL-3.0-or-later
 * The way back: noted where all that is farther away shows it, and never a
 * finding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"

static void check_return(const struct report *r, unsigned from, int more)
{
	CHECK(r, r->finding_count == 0 && r->status == STATUS_CLEAR);
	if (!from) {
		CHECK(r, !r->asymmetry);
		return;
	}
	CHECK(r, r->asymmetry && r->asymmetry->from == from);
	CHECK(r, r->asymmetry->least == more && r->asymmetry->most == more);
}

/* `from` 0: nothing is noted. Over IPv4 and IPv6. */
static void expect_return(struct scene s, unsigned from, int more)
{
	for (int i = 0; i < 2; i++) {
		struct scene run = s;
		struct report *r;

		run.ip6 = i;
		scene_begin(&run);
		run_probe(&run);
		r = judge_scene(&run);
		check_return(r, from, more);
		report_free(r);
		scene_end(&run);
	}
}

static void test_the_same(void **state)
{
	static const unsigned usual[] = {32, 64, 128, 255};
	struct scene s = scene();

	(void)state;
	for (s.hops = 1; s.hops < 20; s.hops++)
		for (size_t i = 0; i < 16; i++) {
			s.router_ttl = usual[i / 4];
			s.icmp_ttl = usual[i % 4];
			expect_return(s, 0, 0);
		}
}

static void test_hops_told(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.back_from = 3;
	s.back_more = 2;
	s.router_ttl = 255;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	for (unsigned hop = 1; hop <= 5; hop++) {
		const struct responder *one = r->path[hop - 1].responders;

		CHECK(r, one->initial_ttl == (hop == 5 ? 64 : 255));
		CHECK(r, one->return_hops == hop + (hop < 3 ? 0 : 2));
		CHECK(r, !one->return_varies);
	}
	report_free(r);
	scene_end(&s);
}

/* Routers side by side, of which one's answers take a way of their own. */
static void test_two_routers(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.back_from = 3;
	s.back_more = 1;
	s.next_port = 40000;
	scene_begin(&s);
	sweep(&s, PURPOSE_TCP, 0);
	r = judge_scene(&s);
	CHECK(r, r->asymmetry && r->asymmetry->from == 3);
	report_free(r);
	s.back_from = 0;
	s.parted = true;
	s.next_port = 40001;
	sweep(&s, PURPOSE_TCP, 0);
	r = judge_scene(&s);
	CHECK(r, r->path[2].responder_count == 2 && !r->asymmetry);
	report_free(r);
	scene_end(&s);
}

static void test_longer_and_shorter(void **state)
{
	struct scene s = scene();

	(void)state;
	s.hops = 8;
	for (s.back_from = 1; s.back_from <= 8; s.back_from++)
		for (s.back_more = -1; s.back_more < 6; s.back_more++)
			if (s.back_more > 0 ||
			    (s.back_more < 0 && s.back_from > 1))
				expect_return(s, s.back_from, s.back_more);
}

/* What only some hops in the middle show is a tunnel or a router's whim. */
static void test_tunnel(void **state)
{
	struct scene s = scene();

	(void)state;
	s.hops = 8;
	s.back_from = 3;
	s.back_until = 6;
	s.back_more = 4;
	expect_return(s, 0, 0);
	/* Routers whose initial TTL is none of the usual ones. */
	s = scene();
	s.router_ttl = 60;
	expect_return(s, 0, 0);
}

/* One answer alone, and answers that do not agree, say nothing. */
static void test_too_little(void **state)
{
	struct scene s = scene();

	(void)state;
	s.back_from = 5;
	s.back_more = 1;
	expect_return(s, 0, 0);
	s = scene();
	for (unsigned hop = 1; hop <= s.hops; hop++)
		s.silent[hop] = true;
	s.back_from = 1;
	s.back_more = 1;
	expect_return(s, 0, 0);
}

/* Where TTLs are raised, the hops are not what they seem. */
static void test_raised(void **state)
{
	struct scene s = with_box(2, raise_ttl);
	struct report *r;

	(void)state;
	s.back_from = 1;
	s.back_more = 3;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, !r->asymmetry);
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same),
		cmocka_unit_test(test_hops_told),
		cmocka_unit_test(test_two_routers),
		cmocka_unit_test(test_longer_and_shorter),
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_too_little),
		cmocka_unit_test(test_raised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
