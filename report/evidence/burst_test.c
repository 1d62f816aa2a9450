/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which copies of a SYN are of a burst, and a limit that it comes to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "tests/devices.h"
#include "tests/expect.h"

/* Of copies of which the last goes out so many milliseconds behind the others,
 * and one more, with TTL 2, so many behind the first. */
struct copies {
	int last, more;
	struct scene s;
	const struct flow *flow;
	struct bursts bursts;
};

static void send_copies(struct copies *b)
{
	const struct caller *c;

	b->s = scene();
	scene_begin(&b->s);
	c = call(&b->s, PURPOSE_MP_CAPABLE, 1);
	for (unsigned i = 1; i < BURST_MIN; i++)
		send_syn(&b->s, c, 64, false);
	scene_wait(&b->s, b->last * MS);
	send_syn(&b->s, c, 64, false);
	scene_wait(&b->s, (b->more - b->last) * MS);
	send_syn(&b->s, c, 2, true);
	b->flow = flow_of(&b->s, c);
	b->bursts = flow_bursts(b->flow, SEGMENT_SYN);
}

static unsigned bursts_of(int last, enum segment_kind kind)
{
	struct copies b = {.last = last, .more = last};
	unsigned count;

	send_copies(&b);
	count = flow_bursts(b.flow, kind).count;
	scene_end(&b.s);
	return count;
}

static void copies_at_once_are_a_burst(void **state)
{
	const int ms = MOMENT_US / MS;

	(void)state;
	assert_int_equal(bursts_of(ms - 5, SEGMENT_SYN), 1);
	assert_int_equal(bursts_of(ms + 10, SEGMENT_SYN), 0);
	assert_int_equal(bursts_of(ms - 5, SEGMENT_JOIN_SYN), 0);
}

/* Whether what a hop quotes, so long behind the first copy, is of the burst. */
static bool is_quoted(int more, unsigned ttl)
{
	struct copies b = {.more = more};
	bool quoted;

	send_copies(&b);
	assert_int_equal(b.flow->quote_count, 1);
	quoted = burst_quoted(&b.bursts, b.flow, SEGMENT_SYN, ttl);
	scene_end(&b.s);
	return quoted;
}

static void what_goes_out_with_them_belongs_to_it(void **state)
{
	const int ms = MOMENT_US / MS;

	(void)state;
	assert_true(is_quoted(ms - 5, 2));
	assert_false(is_quoted(ms - 5, 3));
	assert_false(is_quoted(ms + 10, 2));
}

static unsigned passing;

static enum act limit_joins(struct scene *s, struct wire *w)
{
	if (!is_syn(w) || !has_join(w))
		return PASS;
	if (!passing)
		return drop_join(s, w);
	passing--;
	return PASS;
}

static bool spoils; /* the hop before it, its SYNs */

static enum act strip_while_it_spoils(struct scene *s, struct wire *w)
{
	return spoils ? strip(s, w) : PASS;
}

static void burst(struct scene *s, const struct caller *c)
{
	scene_wait(s, ROUTER_REST_US);
	passing = BURST_MIN / 2;
	for (unsigned i = 0; i < BURST_SYNS; i++)
		send_syn(s, c, 64, false);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_syn(s, c, ttl, true);
}

/* The server answered the same SYN before; no hop behind the device shows its
 * option. Whether a limit is told, where so many pass right behind the burst.
 */
static bool is_limit_told(bool spoiled, unsigned behind)
{
	struct scene s = scene();
	const struct caller *parent = NULL;
	struct caller *c;
	struct report *r;
	bool told = false;

	s.quotes[3] = s.quotes[4] = 28;
	s.box_at = 2;
	s.box = limit_joins;
	s.second_at = 1;
	s.second = strip_while_it_spoils;
	passing = 1000;
	scene_begin(&s);
	run_probe(&s);
	for (size_t i = 0; i < s.caller_count && !parent; i++)
		if (flow_of(&s, &s.callers[i])->mptcp.has_data_ack)
			parent = &s.callers[i];
	assert_non_null(parent);
	c = knock(&s, PURPOSE_MP_JOIN, 1, false, parent, 1);
	scene_wait(&s, ROUTER_REST_US);
	spoils = spoiled;
	send_syn(&s, c, 2, true);
	spoils = false;
	burst(&s, c);
	passing = behind;
	if (behind)
		knock(&s, PURPOSE_MP_JOIN, 1, false, parent, 1);
	scene_wait(&s, 1200 * MS);
	for (int i = 0; i < 20; i++) {
		knock(&s, PURPOSE_MP_JOIN, 1, false, parent, 1);
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	}
	scene_wait(&s, 1200 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		told |= !strcmp(r->findings[i].kind->id, "mp_join.dropped") &&
			strstr(r->findings[i].text,
			       "Only so many SYNs with MP_JOIN");
	report_free(r);
	scene_end(&s);
	return told;
}

static void a_join_that_was_answered_came_farther(void **state)
{
	(void)state;
	assert_true(is_limit_told(false, 0));
	assert_false(is_limit_told(false, 1));
}

/* Then what stands before that place removes the option, by chance. */
static void what_a_hop_before_quotes_without_it_is_no_limit(void **state)
{
	(void)state;
	assert_false(is_limit_told(true, 0));
}

/* ---- a limit, or chance ---------------------------------------------------
 */

static enum { ALL, EVERY_SECOND, NONE } passing_now;
static enum act stopped; /* what becomes of the others */

static enum act pass_some(struct scene *s, struct wire *w)
{
	static unsigned seen;

	(void)s;
	if (passing_now == ALL || !is_syn(w) || !has_capable(w))
		return PASS;
	return passing_now == EVERY_SECOND && seen++ % 2 ? PASS : stopped;
}

static void send_syns(struct scene *s, unsigned count, int gap_us)
{
	for (unsigned i = 0; i < count; i++) {
		send_syn(s, call(s, PURPOSE_MP_CAPABLE, 1), 64, false);
		scene_wait(s, gap_us);
	}
}

/* A SYN that is answered, and many copies of it that are not; some others so
 * long behind these, and later more of which none is. */
static void send_burst(struct scene *s, unsigned others, int behind_us)
{
	struct caller *c = call(s, PURPOSE_MP_CAPABLE, 1);

	send_syn(s, c, 64, false);
	passing_now = NONE;
	scene_wait(s, ROUTER_REST_US);
	for (unsigned i = 0; i < BURST_SYNS; i++)
		send_syn(s, c, 64 + i, false);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_syn(s, c, ttl, true);
	scene_wait(s, behind_us);
	passing_now = ALL;
	send_syns(s, others, 0);
	passing_now = NONE;
	scene_wait(s, ROUTER_REST_US);
	for (int i = 0; i < 20; i++) {
		send_syns(s, 1, 30 * MS);
		knock(s, PURPOSE_TCP, 0, false, NULL, 1);
	}
	scene_wait(s, ROUTER_REST_US);
}

struct limit {
	enum act stopped;
	unsigned seconds; /* of which every second passes, */
	int gap_us;	  /* so many microseconds apart */
	unsigned others;  /* which pass so long behind the burst */
	int behind_us;
	bool again; /* one is stopped, and one behind it lost and sent again */
};

static void stop_and_lose(struct scene *s)
{
	struct caller *c;

	send_syns(s, 1, 0);
	stopped = DROP;
	c = call(s, PURPOSE_MP_CAPABLE, 1);
	send_syn(s, c, 64, false);
	scene_wait(s, ROUTER_REST_US);
	passing_now = ALL;
	send_syn(s, c, 64, false);
	stopped = RESET;
}

static bool is_limit(struct limit l)
{
	struct scene s = scene();
	struct report *r;
	bool told = false;

	passing_now = ALL;
	stopped = l.stopped;
	s.box = pass_some;
	s.box_at = 2;
	scene_begin(&s);
	run_probe(&s);
	send_burst(&s, l.others, l.behind_us);
	if (l.again)
		stop_and_lose(&s);
	passing_now = EVERY_SECOND;
	send_syns(&s, l.seconds, l.gap_us);
	scene_wait(&s, ROUTER_REST_US);
	send_control(&s, 1);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		told |= strstr(r->findings[i].text, "Only so many") != NULL;
	report_free(r);
	scene_end(&s);
	return told;
}

static void no_limit_lets_one_pass_beside_one_that_it_stops(void **state)
{
	const int gap_us = SIDE_BY_SIDE_US;

	(void)state;
	assert_true(is_limit((struct limit){RESET, 2, gap_us, 0, 0, false}));
	assert_false(
		is_limit((struct limit){RESET, 2, gap_us - 700, 0, 0, false}));
	assert_true(is_limit((struct limit){RESET, 0, 0, 0, 0, true}));
	/* once may be loss */
	assert_true(is_limit(
		(struct limit){DROP, 2 * MIXED_MIN - 2, 0, 0, 0, false}));
	assert_false(
		is_limit((struct limit){DROP, 2 * MIXED_MIN, 0, 0, 0, false}));
}

static void no_limit_lets_one_pass_behind_a_burst(void **state)
{
	(void)state;
	assert_false(is_limit((struct limit){RESET, 0, 0, 1, 1000, false}));
	assert_true(is_limit((struct limit){RESET, 0, 0, 1, MOMENT_US, false}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_at_once_are_a_burst),
		cmocka_unit_test(a_join_that_was_answered_came_farther),
		cmocka_unit_test(
			what_a_hop_before_quotes_without_it_is_no_limit),
		cmocka_unit_test(what_goes_out_with_them_belongs_to_it),
		cmocka_unit_test(
			no_limit_lets_one_pass_beside_one_that_it_stops),
		cmocka_unit_test(no_limit_lets_one_pass_behind_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
