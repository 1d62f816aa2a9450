/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/packet.h"
#include "probe/run/client.h"
#include "probe/survey/turns.h"
#include "probe/survey/window.h"
#include "report/evidence/judgement.h"
#include "report/report.h"

#define S 1000000
#define HOPS 4

static const struct located_place nowhere;

static struct address hop(unsigned n)
{
	return (struct address){.family = 4, .bytes = {10, 0, (uint8_t)n, 2}};
}

static struct address target(unsigned n)
{
	return (struct address){.family = 4, .bytes = {192, 0, 2, (uint8_t)n}};
}

static struct turn turn(enum survey_class class, unsigned n)
{
	return (struct turn){
		.target = target(n), .class = class, .first_ttl = FULL_TTL};
}

/* Four hops that quote MP_CAPABLE; it is removed between 3 and 4. */
struct path {
	struct report report;
	struct report_hop hops[HOPS];
	struct report_quote quotes[HOPS];
	struct responder responders[HOPS];
	struct report_connection connection;
	struct finding finding;
	unsigned id;
};

static void make_path(struct path *s)
{
	*s = (struct path){
		.connection = {.version = 1},
		.finding = {.text = "Removed between 10.0.3.2 and 10.0.4.2.",
			    .effect = EFFECT_BLOCKS,
			    .direction = DIRECTION_FORWARD,
			    .segment = SEGMENT_SYN,
			    .after = {true, 3, hop(3)},
			    .at = {true, 4, hop(4)},
			    .confidence = CONFIDENCE_PROVEN,
			    .connections = &s->id,
			    .connection_count = 1},
		.report = {.target = target(1),
			   .status = STATUS_IMPAIRED,
			   .path = s->hops,
			   .path_length = HOPS,
			   .findings = &s->finding,
			   .finding_count = 1,
			   .connections = &s->connection,
			   .connection_count = 1}};
	for (unsigned i = 0; i < HOPS; i++) {
		s->quotes[i] = (struct report_quote){.segment = SEGMENT_SYN,
						     .covers_options = true};
		s->responders[i].address = hop(i + 1);
		s->hops[i] =
			(struct report_hop){.ttl = i + 1,
					    .address = hop(i + 1),
					    .quotes = &s->quotes[i],
					    .quote_count = 1,
					    .responders = &s->responders[i],
					    .responder_count = 1};
	}
}

/* --- who is probed ------------------------------------------------------- */

static struct open_target plain(void)
{
	struct open_target o = {.target.address = target(1)};

	o.seen.of[SYN_CAPABLE].what = ANSWER_SYN_ACK;
	return o;
}

/* Plain ones only of the sample, which is another's choice. */
static void test_who(void **state)
{
	struct open_target o = {0};
	struct turn t;

	(void)state;
	assert_false(turn_is_wanted(&o)); /* silent */
	o = plain();
	assert_false(turn_is_wanted(&o));
	t = turn_of(&o);
	assert_int_equal(t.class, CLASS_PLAIN);
	assert_true(turn_needs_place(&t));
	assert_false(turn_speaks(&t));
	assert_true(address_equal(&t.target, &o.target.address));
	assert_int_equal(t.first_ttl, FULL_TTL);
	o.seen.of[SYN_CAPABLE].mptcp = ANSWER_V1;
	assert_true(turn_is_wanted(&o));
	t = turn_of(&o);
	assert_false(turn_needs_place(&t));
	assert_true(turn_speaks(&t));
	o.seen.of[SYN_CAPABLE].mptcp = ANSWER_EXACT;
	assert_true(turn_is_wanted(&o));
	t = turn_of(&o);
	assert_true(turn_needs_place(&t));
	assert_false(turn_speaks(&t));
}

/* An ICMP error, if it quotes another option of MPTCP than was sent. */
static void test_who_is_quoted(void **state)
{
	static char changed[] = "{\"field\":\"tcp.option.mptcp\"}",
		    other[] = "{\"field\":\"tcp.window\"}";
	struct open_target o = {0};

	(void)state;
	o.seen.of[SYN_JOIN].what = ANSWER_ICMP;
	assert_false(turn_is_wanted(&o));
	o.answers[SYN_CAPABLE] = other;
	assert_false(turn_is_wanted(&o));
	o.answers[SYN_JOIN] = changed;
	assert_true(turn_is_wanted(&o));
}

/* --- answers that are spent ---------------------------------------------- */

static int64_t rested_after(struct turns *all, struct packet error,
			    const struct address *from,
			    const struct address *quoted)
{
	error.ip.source = *from;
	turns_see(all, &error, quoted, 100 * S);
	return hop_budget_rested_us(&all->budgets[0]);
}

/* All that says that a TTL ran out; that a target is not there, if a hop says
 * so that a sweep will ask. */
static void test_spent(void **state)
{
	const struct packet expired = {.icmp.time_exceeded = true},
			    dead = {.icmp.unreachable = true}, other = {0};
	const struct address one = hop(1), nine = hop(9), to = target(1),
			     six = {.family = 6, .bytes = {0x20, 1}};
	struct turns all = {0};
	struct path s;

	(void)state;
	make_path(&s);
	assert_int_equal(rested_after(&all, dead, &one, &to), 0);
	assert_int_equal(rested_after(&all, other, &one, &to), 0);
	assert_int_equal(rested_after(&all, expired, &nine, &six), 0);
	assert_int_equal(hop_budget_rested_us(&all.budgets[1]), 101 * S);
	assert_int_equal(rested_after(&all, expired, &nine, &to), 101 * S);
	hop_budget_learn(&all.budgets[0], &s.report, 1, 0);
	assert_int_equal(rested_after(&all, dead, &one, &to), 101 * S);
	assert_int_equal(rested_after(&all, dead, &one, &to), 102 * S);
	/* a router that is the target itself */
	assert_int_equal(rested_after(&all, dead, &one, &one), 102 * S);
	assert_int_equal(rested_after(&all, dead, &nine, &to), 102 * S);
	assert_int_equal(rested_after(&all, other, &one, &to), 102 * S);
}

/* --- sweeps -------------------------------------------------------------- */

static bool sweep(struct turns *all, struct turn *t, const struct path *s)
{
	turns_begin(all, t, &nowhere);
	return turns_end(all, t, &s->report, 0);
}

/* One at a time, when all have rested. */
static void test_sweeps(void **state)
{
	struct turn one = turn(CLASS_PLAIN, 1), two = turn(CLASS_PLAIN, 2),
		    six = {.target = {.family = 6}, .class = CLASS_PLAIN};
	const struct address near = hop(1);
	struct turns all = {0};
	struct path s;

	(void)state;
	make_path(&s);
	hop_budget_answered(&all.budgets[0], &near, 100 * S);
	assert_int_equal(turns_due_us(&all, &one, &nowhere, true, 0), 101 * S);
	turns_begin(&all, &one, &nowhere);
	assert_int_equal(one.first_ttl, 1);
	assert_int_equal(turns_due_us(&all, &two, &nowhere, false, 0),
			 INT64_MAX);
	assert_int_equal(turns_due_us(&all, &six, &nowhere, false, 0), 0);
	assert_false(turns_end(&all, &one, &s.report, 100 * S));
	assert_int_equal(turns_due_us(&all, &two, &nowhere, false, 0), 101 * S);
	assert_true(hop_budget_knows(&all.budgets[0], &near));
}

/* From the last hop that all paths share; once more from hop 1 on, where it
 * may be done by those that were left out, but not if that is in vain. */
static void test_whole(void **state)
{
	struct turn t = turn(CLASS_V1, 1);
	struct turns all = {0};
	struct path s;

	(void)state;
	make_path(&s);
	s.report.finding_count = 0;
	for (unsigned i = 0; i < 3; i++)
		assert_false(sweep(&all, &t, &s));
	assert_false(t.whole);
	s.report.finding_count = 1;
	s.finding.after.known = s.finding.at.known = false;
	for (unsigned i = 0; i < 3; i++) {
		t = turn(CLASS_V1, 1);
		assert_true(sweep(&all, &t, &s));
		assert_int_equal(t.first_ttl, 4);
		assert_true(t.whole);
		assert_false(sweep(&all, &t, &s));
		assert_int_equal(t.first_ttl, 1);
	}
	t = turn(CLASS_V1, 1);
	assert_false(sweep(&all, &t, &s));
	assert_int_equal(t.first_ttl, 4);
}

/* The first hop was left out alone. */
static void test_whole_of_two(void **state)
{
	struct turn t = turn(CLASS_V1, 1);
	struct turns all = {0};
	struct path s;

	(void)state;
	make_path(&s);
	s.report.finding_count = 0;
	s.hops[2].responder_count = 2;
	for (unsigned i = 0; i < 3; i++)
		assert_false(sweep(&all, &t, &s));
	s.report.finding_count = 1;
	s.finding.after.known = s.finding.at.known = false;
	assert_true(sweep(&all, &t, &s));
	assert_int_equal(t.first_ttl, 2);
}

/* --- places -------------------------------------------------------------- */

/* Two sweeps have shown it, and nothing has been asked since. */
static void learn_place(struct turns *all, struct path *s)
{
	for (unsigned i = 0; i < 2; i++) {
		struct turn t = turn(CLASS_MIRROR, i);

		make_path(s);
		assert_false(sweep(all, &t, s));
	}
}

static void test_place(void **state)
{
	struct turn t = turn(CLASS_MIRROR, 9), other = turn(CLASS_PLAIN, 9);
	struct located_place near;
	struct turns all = {0};
	struct path s;

	(void)state;
	assert_int_equal(turns_place(&all, &t).number, 0);
	learn_place(&all, &s);
	assert_int_equal(turns_place(&all, &other).number, 0);
	near = turns_place(&all, &t);
	assert_int_not_equal(near.number, 0);
	assert_int_equal(near.hop_count, 2);
	turns_begin(&all, &t, &near);
	assert_int_equal(t.first_ttl, FULL_TTL);
	assert_int_equal(t.near.number, near.number);
	/* sweeps wait for what is promised, others like it do not */
	assert_int_equal(turns_due_us(&all, &other, &nowhere, false, 0),
			 INT64_MAX);
	assert_int_equal(turns_due_us(&all, &other, &near, false, 0), 0);
	assert_int_equal(turns_due_us(&all, &other, &near, true, 0), INT64_MAX);
	assert_false(turns_end(&all, &t, &s.report, 0));
	assert_false(t.elsewhere);
	assert_int_equal(turns_due_us(&all, &other, &nowhere, false, 0), 0);
	assert_int_equal(all.located.entries[0].own.right, 1);
}

/* What its own hops do not show is looked for by a sweep. */
static void test_elsewhere(void **state)
{
	struct turn t = turn(CLASS_MIRROR, 9);
	struct located_place near;
	struct turns all = {0};
	struct path s;

	(void)state;
	learn_place(&all, &s);
	near = turns_place(&all, &t);
	turns_begin(&all, &t, &near);
	s.report.finding_count = 0;
	assert_true(turns_end(&all, &t, &s.report, 0));
	assert_true(t.elsewhere);
	assert_int_equal(all.located.entries[0].own.wrong, 1);
	near = turns_place(&all, &t);
	assert_int_equal(near.number, 0);
	turns_begin(&all, &t, &near);
	assert_int_equal(t.near.number, 0);
	assert_int_equal(t.first_ttl, 1);
	assert_false(turns_end(&all, &t, &s.report, 0));
}

/* --- connections alone --------------------------------------------------- */

/* What interferes with who speaks MPTCP has its place looked for, and nothing
 * is learnt of the path. */
static void test_connections(void **state)
{
	struct turn t = turn(CLASS_V1, 1);
	const struct address one = hop(1);
	struct turns all = {0};
	struct path s;

	(void)state;
	make_path(&s);
	assert_true(turns_end(&all, &t, &s.report, 0));
	s.finding.effect = EFFECT_HARMLESS;
	assert_false(turns_end(&all, &t, &s.report, 0));
	s.report.status = STATUS_UNDETERMINED;
	assert_true(turns_end(&all, &t, &s.report, 0));
	assert_false(hop_budget_knows(&all.budgets[0], &one));
}

/* Who may be a device that answers in the name of a target is swept from hop 1
 * on, as long as that finds one. */
static void test_nearer(void **state)
{
	struct report_syn_ack syn_ack = {.hops = 3};
	struct responder own = {.reply_ttl = 60, .initial_ttl = 64};
	struct report_hop last = {.ttl = 4,
				  .is_target = true,
				  .responders = &own,
				  .responder_count = 1};
	struct report_connection c = {.purpose = PURPOSE_TCP,
				      .syn_ack = &syn_ack};
	const struct report r = {.path = &last,
				 .path_length = 1,
				 .connections = &c,
				 .connection_count = 1};
	struct turn t = turn(CLASS_MIRROR, 1);
	struct turns all = {0};

	(void)state;
	assert_false(turn_asks_distance(&t));
	assert_false(turns_end(&all, &t, &r, 0));
	for (unsigned i = 0; i < 4; i++) {
		t = turn(CLASS_V1, 1);
		assert_true(turn_asks_distance(&t));
		assert_true(turns_end(&all, &t, &r, 0));
		assert_true(t.nearer && t.whole);
		turns_begin(&all, &t, &nowhere);
		assert_false(turns_end(&all, &t, &r, 0));
		assert_int_equal(t.first_ttl, 1);
		assert_false(turn_asks_distance(&t));
		assert_int_equal(all.nearer.wrong, i + 1);
	}
	t = turn(CLASS_V1, 1);
	assert_false(turns_end(&all, &t, &r, 0));
	syn_ack.hops = 4;
	all.nearer.wrong = 0;
	assert_false(turns_end(&all, &t, &r, 0));
	t.near.number = 1;
	assert_false(turn_asks_distance(&t));
}

/* A limit of time, or this host: what is told is all there is. */
static void test_interrupted(void **state)
{
	struct turn t = turn(CLASS_V1, 1);
	struct turns all = {0};
	struct path s;

	(void)state;
	make_path(&s);
	s.report.interrupted = true;
	assert_false(turns_end(&all, &t, &s.report, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_who_is_quoted),
		cmocka_unit_test(test_spent),
		cmocka_unit_test(test_sweeps),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_whole_of_two),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_nearer),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
