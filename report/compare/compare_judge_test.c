/* SPDX-License-Identifier: GPL-3.0-or-later
 * Two rows beside each other, and what is said of them: the kinds of
 * differences, each that is significant with "!".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/compare/compare.h"

#define TTL 52

/* An answered connection; what is judged by hops has `ttl`. */
static struct compare_row row_with(int version, unsigned ttl)
{
	return (struct compare_row){
		.port = 80,
		.version = version,
		.target = {.family = 4, .bytes = {192, 0, 2, 1}},
		.connections = 1,
		.answered = 1,
		.syns = 1,
		.tries = {1, 0},
		.syn_ttl = 64,
		.syn_offers = OFFER_MSS | OFFER_TIMESTAMPS,
		.ttl = {ttl, ttl},
		.hops = {64 - ttl, 64 - ttl},
		.initial_ttl = 64,
		.answer = {.ttl = ttl,
			   .mss = 1460,
			   .wscale = 7,
			   .version = -1,
			   .offers = OFFER_MSS,
			   .options = "M",
			   .rtt_ms = 10},
	};
}

static void add_row(struct compare *c, struct compare_row row)
{
	size_t many = REACH_TTL_MAX + 1;

	while (c->run_count <= row.run) {
		size_t run = c->run_count;

		*ARENA_PUSH(c->arena, c->runs, c->run_count) =
			(struct compare_run){.name = run ? "second" : "first",
					     .started_us = (int64_t)run};
	}
	if (!row.unanswered)
		row.unanswered =
			arena_alloc(c->arena, many * sizeof(*row.unanswered));
	row.hops_seen = arena_alloc(c->arena, many * sizeof(*row.hops_seen));
	*ARENA_PUSH(c->arena, c->rows, c->row_count) = row;
}

static void expect_of(const struct compare_row *rows, size_t count,
		      const char *expected)
{
	struct compare *c = compare_new();
	char seen[200] = "";

	for (size_t i = 0; i < count; i++)
		add_row(c, rows[i]);
	compare_judge(c);
	for (size_t i = 0; i < c->difference_count; i++)
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
			 "%s%s%s", i ? " " : "", c->differences[i].kind,
			 c->differences[i].meaningful ? "!" : "");
	assert_string_equal(seen, expected);
	assert_int_equal(compare_differs(c), strchr(expected, '!') != NULL);
	compare_free(c);
}

static void expect(struct compare_row a, struct compare_row b,
		   const char *expected)
{
	expect_of((struct compare_row[]){a, b}, 2, expected);
}

static void like_is_like(void **state)
{
	(void)state;
	expect(row_with(-1, TTL), row_with(1, TTL), "");
}

static void one_hop_takes_four_connections_of_each_kind_in_one_run(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL - 1);

	(void)state;
	a.answered = b.answered = 4;
	expect(a, b, "terminated!");
	a.answered = 3;
	expect(a, b, "ecmp");
	a.answered = 4;
	b.answered = 3;
	expect(a, b, "ecmp");
	b.answered = 4;
	b.run = 1;
	expect(a, b, "ecmp");
	b.version = -1;
	expect(a, b, "ecmp");
}

static void two_hops_are_no_other_path(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL - 2);

	(void)state;
	expect(a, b, "terminated!");
	b.hops.low--; /* now and then as near as one hop */
	expect(a, b, "ecmp");
	b.hops.low--;
	expect(a, b, "");
	b = row_with(-1, TTL - 2);
	b.run = 1;
	expect(a, b, "path_changed!");
	b = row_with(1, TTL);
	b.initial_ttl = 128;
	expect(a, b, "terminated!");
}

/* `far` reaches its host with `reach`, of which one less was too few. */
static struct compare_row reaching(int version, unsigned reach, unsigned count)
{
	struct compare_row r = row_with(version, TTL);

	r.reach = reach;
	r.short_ttl = reach - 1;
	r.reach_count = r.short_count = count;
	return r;
}

static void the_ttls_that_suffice_are_compared(void **state)
{
	struct compare_row far;

	(void)state;
	expect(reaching(-1, 5, 1), reaching(1, 7, 1), "ttl");
	expect(reaching(-1, 5, 4), reaching(1, 6, 4), "ttl");
	expect(reaching(-1, 5, 3), reaching(1, 6, 4), "ecmp");
	expect(reaching(-1, 5, 4), reaching(1, 6, 3), "ecmp");
	expect(reaching(-1, 6, 4), reaching(1, 6, 4), "");
	/* a bound says no more than what expired below it */
	far = reaching(1, 20, 1);
	far.short_ttl = 0;
	expect(reaching(-1, 5, 1), far, "");
	far.short_ttl = 6;
	far.short_count = 1;
	expect(reaching(-1, 5, 1), far, "");
	far.short_count = 2;
	expect(reaching(-1, 5, 1), far, "ttl");
	far.short_ttl = 5;
	expect(reaching(-1, 5, 1), far, "ecmp");
	far.short_ttl = 4;
	expect(reaching(-1, 5, 1), far, "");
}

/* Nearer both ways, or one way only. */
static void who_answers_is_nearer_both_ways(void **state)
{
	struct compare_row near = reaching(-1, 5, 1), far = reaching(1, 7, 1);

	(void)state;
	expect(near, far, "ttl");
	far.version = -1;
	far.port = 443;
	expect(near, far, "terminated!");
	far.version = 1;
	far.port = 80;
	far.hops.high++;
	expect(near, far, "ttl");
	far.hops.low++;
	expect(near, far, "terminated!");
	expect(far, near, "terminated!");
	far.hops = near.hops;
	far.initial_ttl = 128;
	expect(near, far, "terminated!");
	far = reaching(1, 5, 1);
	far.hops = (struct span){near.hops.low + 2, near.hops.high + 2};
	expect(near, far, "return_path");
	expect(far, near, "return_path");
	far.answer.mss = 1400; /* of one host */
	expect(near, far, "mss! return_path");
	far = reaching(1, 6, 1);
	far.hops = (struct span){near.hops.low + 2, near.hops.high + 2};
	expect(near, far, "terminated!");
	far.reach = 5;
	far.short_ttl = 3; /* a bound */
	expect(near, far, "terminated!");
	expect(far, near, "terminated!");
}

static void a_silent_row(struct compare_row *r, unsigned lost)
{
	r->answered = 0;
	r->lost_syns = lost;
	r->tries = (struct tries){lost, lost};
}

static void silence_takes_more_than_loss(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL);

	(void)state;
	a.answered = 3;
	a.tries = (struct tries){3, 0};
	a_silent_row(&b, 9);
	expect(a, b, "unanswered!");
	expect(b, a, "unanswered!");
	a_silent_row(&b, 8);
	expect(a, b, "unanswered");
	a_silent_row(&b, 9);
	a.tries = (struct tries){4, 1};
	expect(a, b, "unanswered");
	a = row_with(-1, TTL);
	a.answered = 2;
	a_silent_row(&b, 99);
	expect(a, b, "unanswered");
	a_silent_row(&a, 99); /* nobody answers */
	expect(a, b, "");
	b = row_with(1, TTL); /* and the other way round */
	b.answered = 3;
	b.tries = (struct tries){3, 0};
	expect(a, b, "unanswered!");
	a.lost_syns = 0; /* nothing that counts was sent */
	expect(a, b, "");
}

static void low_ttls_count_that_reach_the_host(void **state)
{
	struct unanswered low[REACH_TTL_MAX + 1] = {[9] = {3, 9}};
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL);

	(void)state;
	a.answered = 3;
	a.tries = (struct tries){3, 0};
	b.answered = b.connections = 0;
	b.tries = (struct tries){0, 0};
	b.short_ttl = 9;
	b.unanswered = low;
	a.reach = 9;
	expect(a, b, "unanswered!");
	a.reach = 10;
	expect(a, b, "");
	a.reach = 9;
	b.answered = 1; /* those of this row were answered with other TTLs */
	b.connections = 1;
	expect(a, b, "");
	b.answered = 0;
	b.refused = 1;
	expect(a, b, "refused");
}

static void resets_may_be_sorted_by_chance(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL);

	(void)state;
	a.answered = b.refused = 6;
	b.answered = 0;
	expect(a, b, "refused!");
	b.refused = 5;
	expect(a, b, "refused"); /* 1 in 462 */
	a.answered = 7;
	expect(a, b, "refused!"); /* 1 in 792 */
	a.answered = 1000;
	b.refused = 4;
	expect(a, b, "refused!");
	b.refused = 3; /* a moment, be it ever so unlikely */
	expect(a, b, "refused");
	a = row_with(-1, TTL); /* and the other way round */
	b = row_with(1, TTL);
	b.answered = a.refused = 6;
	expect(a, b, ""); /* for some were answered */
	a.answered = 0;
	expect(a, b, "refused!");
	b.answered = 0; /* nobody is */
	expect(a, b, "");
}

static void answers_differ(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL);

	(void)state;
	b.answer.mss = 1400;
	expect(a, b, "mss!");
	b = row_with(1, TTL);
	b.answer.offers = 0;
	expect(a, b, "options!");
	b.syn_offers = 0; /* another question, another answer */
	expect(a, b, "");
	b = row_with(1, TTL - 2); /* another host has another MSS */
	b.answer.mss = 1400;
	expect(a, b, "terminated!");
	b.version = -1;
	b.run = 1;
	expect(a, b, "path_changed! mss!");
}

static void round_trips_are_worth_a_word(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL);

	(void)state;
	b.answer.rtt_ms = 34.9;
	expect(a, b, "");
	expect(b, a, "");
	b.answer.rtt_ms = 35;
	expect(a, b, "rtt");
	expect(b, a, "rtt");
	a.answer.rtt_ms = -1;
	expect(a, b, "");
	a.answer.rtt_ms = 0;
	expect(a, b, "rtt");
	a.answer.rtt_ms = 34.9;
	b.answer.rtt_ms = 10;
	expect(a, b, "");
	a.answer.rtt_ms = 35;
	expect(a, b, "rtt");
	b.answer.rtt_ms = -1;
	expect(a, b, "");
	b.answer.rtt_ms = 0;
	expect(a, b, "rtt");
}

static void versions_are_the_servers_own(void **state)
{
	struct compare_row a = row_with(1, TTL), b = row_with(0, TTL);

	(void)state;
	a.answer.version = 1;
	expect(a, b, "version");
	b.answer.version = 0;
	expect(a, b, "");
	b = row_with(1, TTL);
	b.run = 1; /* of the same kind, later */
	expect(a, b, "mptcp!");
	b.port = 443; /* and of another port: the server's own */
	expect(a, b, "");
}

/* Version 0 is told of beside version 1 only if it has met something else. */
static void what_version_1_met_is_said_once(void **state)
{
	struct compare_row rows[] = {row_with(-1, TTL), row_with(1, TTL),
				     row_with(0, TTL)};

	(void)state;
	rows[1].answer.mss = rows[2].answer.mss = 1400;
	expect_of(rows, 3, "mss!");
	rows[2].answer.mss = 1300;
	expect_of(rows, 3, "mss! mss!");
	rows[2].answer.mss = 1400;
	rows[2].reach = 30;
	expect_of(rows, 3, "mss! mss!");
	rows[2].reach = 0;
	rows[2].answer.offers = OFFER_SACK;
	expect_of(rows, 3, "mss! mss! options!");
	rows[2].answer.offers = OFFER_MSS;
	rows[2].ttl.high++;
	expect_of(rows, 3, "mss! mss!");
	rows[2].ttl.high--;
	rows[2].ttl.low--;
	expect_of(rows, 3, "mss! mss!");
	rows[2].ttl.low++;
	rows[2].answered = 0;
	rows[2].lost_syns = 1;
	expect_of(rows, 3, "mss! unanswered");
}

static void rows_of_a_run_are_compared_in_it(void **state)
{
	struct compare_row rows[] = {row_with(-1, TTL), row_with(1, TTL),
				     row_with(-1, TTL), row_with(1, TTL)};
	struct compare_row later[] = {row_with(-1, TTL), row_with(-1, TTL),
				      row_with(1, TTL)};

	(void)state;
	rows[2].run = rows[3].run = 1;
	rows[2].answer.mss = rows[3].answer.mss = 1400;
	expect_of(rows, 4, "mss! mss!"); /* of each kind, then and now */
	/* without plain ones of its own, with the last that was answered */
	later[1].run = later[2].run = 1;
	a_silent_row(&later[1], 1);
	expect_of(later, 3, "unanswered unanswered");
	later[1].port = 443;
	expect_of(later, 3, "");
	later[2].answer.mss = 1400;
	expect_of(later, 3, "mss!");
}

/* The first difference says so. */
static void expect_text(struct compare_row a, struct compare_row b,
			const char *part)
{
	struct compare *c = compare_new();

	add_row(c, a);
	add_row(c, b);
	compare_judge(c);
	assert_true(c->difference_count > 0);
	if (!strstr(c->differences[0].text, part))
		assert_string_equal(c->differences[0].text, part);
	compare_free(c);
}

static void the_nearer_host_ends_connections(void **state)
{
	struct compare_row near = reaching(-1, 5, 1), far = reaching(1, 7, 1);

	(void)state;
	near.hops.low++; /* the return path is longer */
	expect_text(near, far,
		    "without MPTCP are terminated by a device on "
		    "the path, at hop 5.");
	near.version = 1;
	far.version = -1;
	near.hops.low--;
	expect_text(near, far, "the TTL of SYNs with MPTCP v1 is raised");
	far.hops.low = ++far.hops.high;
	expect_text(near, far, "with MPTCP v1 are terminated");
	near.short_ttl = 3;
	expect_text(near, far, ", at hop 5 or before it.");
	near.reach = near.hops.low + 1;
	near.short_ttl = near.reach - 2;
	far.reach = near.reach + 2;
	far.short_ttl = far.reach - 1;
	expect_text(near, far, " or before it.");
	near.reach++;
	near.short_ttl++;
	far.reach++;
	far.short_ttl++;
	expect_text(near, far, "; the SYN/ACK's own TTL says 13");
	expect_text(row_with(-1, TTL), row_with(1, TTL + 2),
		    "with MPTCP v1 are terminated");
}

static void what_is_missing_is_said(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL);

	(void)state;
	a_silent_row(&b, 4);
	a.answered = CONTROLS_MIN - 1;
	expect_text(a, b, "3 or more connections of each kind");
	a.answered = CONTROLS_MIN;
	expect_text(a, b, "(0 of 1 SYNs of the others were lost)");
	a_silent_row(&b, 99);
	b.run = 1;
	expect_text(a, b, "or the host did not answer at the time of second");
	b.version = -1;
	expect_text(a, b, "drops them now");
	b = row_with(1, TTL);
	b.answer.mss = -1;
	expect_text(a, b, "no MSS with MPTCP v1");
	b.answer.mss = 0;
	expect_text(a, b, "MSS 0 with MPTCP v1");
}

static void places_are_named_where_there_are_several(void **state)
{
	struct compare *c = compare_new();
	struct compare_row a = row_with(-1, TTL), b = row_with(1, TTL - 2);

	(void)state;
	add_row(c, a);
	add_row(c, b);
	a.port = 443;
	add_row(c, a);
	compare_judge(c);
	assert_int_equal(c->difference_count, 1);
	assert_ptr_equal(strstr(c->differences[0].text, "192.0.2.1 port 80: "),
			 c->differences[0].text);
	compare_free(c);
}

static void ports_may_end_at_different_devices(void **state)
{
	struct compare_row a = row_with(-1, TTL), b = row_with(-1, TTL - 2);

	(void)state;
	b.port = 443;
	b.answer.mss = 1400;
	expect(a, b, "terminated!");
	b.answered = 0;
	b.lost_syns = 99;
	expect(a, b, "");
	b = row_with(-1, TTL - 2);
	b.port = 443;
	a_silent_row(&a, 99);
	expect(a, b, "");
	a = row_with(-1, TTL);
	b.run = 1;
	expect(a, b, "");
	b.run = 0;
	b.version = 1;
	expect(a, b, "");
	b.version = -1;
	b.target.bytes[3] = 2;
	expect(a, b, "address");
}

static void what_is_significant_comes_first(void **state)
{
	struct compare_row rows[] = {row_with(-1, TTL), row_with(1, TTL),
				     row_with(-1, TTL - 2)};

	(void)state;
	rows[1].answer.rtt_ms = 35;
	rows[2].port = 443;
	expect_of(rows, 3, "terminated! rtt");
}

/* However many kinds of SYNs are answered so. */
static void that_nobody_speaks_mptcp_is_said_once(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	add_row(c, row_with(1, TTL));
	add_row(c, row_with(0, TTL));
	compare_judge(c);
	assert_int_equal(c->note_count, 1);
	compare_free(c);
}

/* A comparison of these rows, over time or not, with a finding in the run of
 * each row that is marked. The caller's to free. */
static struct compare *judged(const struct compare_row *rows, size_t count,
			      bool over_time, const bool *found)
{
	struct compare *c = compare_new();

	c->over_time = over_time;
	for (size_t i = 0; i < count; i++) {
		add_row(c, rows[i]);
		if (found && found[i])
			*ARENA_PUSH(c->arena, c->found, c->found_count) =
				(struct compare_found){
					.run = rows[i].run,
					.target = rows[i].target,
					.port = rows[i].port,
					.id = "mp_capable.removed",
					.text = "It is removed."};
	}
	compare_judge(c);
	return c;
}

static struct compare_row from_source(struct compare_row r, uint8_t last)
{
	r.source = (struct address){.family = 4, .bytes = {10, 0, 0, last}};
	return r;
}

/* Other uplinks are compared by what is alike otherwise. */
static void uplinks_are_compared(void **state)
{
	struct compare_row a = from_source(row_with(-1, TTL), 1);
	struct compare_row b = from_source(row_with(-1, TTL - 2), 2);

	(void)state;
	expect(a, b, "source");
	b.port = 443;
	expect(a, b, "");
	b.port = 80;
	b.version = 1;
	expect(a, b, "");
}

/* What those without MPTCP have said is not said again. */
static void ports_are_told_apart_once(void **state)
{
	struct compare_row rows[] = {row_with(-1, TTL), row_with(1, TTL),
				     row_with(-1, TTL - 2),
				     row_with(1, TTL - 2)};

	(void)state;
	rows[2].port = rows[3].port = 443;
	expect_of(rows, 4, "terminated!");
}

static bool is_noted(const struct compare *c, const char *kind,
		     const char *text)
{
	for (size_t i = 0; i < c->note_count; i++)
		if (strcmp(c->notes[i].kind, kind) == 0 &&
		    strstr(c->notes[i].text, text))
			return true;
	return false;
}

/* Not that no SYN/ACK has MPTCP, where judging says why. */
static void findings_say_why(void **state)
{
	struct compare_row r = row_with(1, TTL);
	struct compare *c = judged(&r, 1, false, (bool[]){true});

	(void)state;
	assert_int_equal(c->difference_count, 1);
	assert_string_equal(c->differences[0].text, "It is removed.");
	assert_false(is_noted(c, "plain", ""));
	compare_free(c);
	c = judged(&r, 1, false, NULL);
	assert_true(is_noted(c, "plain", ""));
	compare_free(c);
}

/* Runs are named if another of that place has it not. */
static void runs_of_the_place_are_named(void **state)
{
	struct compare_row rows[] = {row_with(1, TTL), row_with(1, TTL)};
	struct compare *c;

	(void)state;
	rows[1].run = 1;
	c = judged(rows, 2, false, (bool[]){true, false});
	assert_string_equal(c->differences[0].text, "In first: It is removed.");
	compare_free(c);
	rows[1].port = 443;
	c = judged(rows, 2, false, (bool[]){true, false});
	assert_string_equal(c->differences[0].text,
			    "192.0.2.1 port 80: It is removed.");
	compare_free(c);
}

/* A finding began, or ended, if the run before, or the next one, could have
 * had it: with MPTCP, to that place. */
static void findings_come_and_go(void **state)
{
	static const bool found[] = {true, false, true};
	struct compare_row rows[] = {row_with(1, TTL), row_with(1, TTL),
				     row_with(1, TTL)};
	struct compare *c;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		rows[i].run = i;
		rows[i].started_us = (int64_t)i;
	}
	c = judged(rows, 3, true, found);
	assert_int_equal(c->difference_count, 2);
	compare_free(c);
	rows[1].version = -1;
	c = judged(rows, 3, true, found);
	assert_int_equal(c->difference_count, 0);
	compare_free(c);
	rows[1].version = 1;
	rows[1].port = 443;
	c = judged(rows, 3, true, found);
	assert_int_equal(c->difference_count, 0);
	compare_free(c);
}

/* Over time only what has changed is told. */
static void over_time_rows_of_a_run_are_not_compared(void **state)
{
	struct compare_row rows[] = {row_with(-1, TTL), row_with(1, TTL - 2)};
	struct compare *c = judged(rows, 2, true, NULL);

	(void)state;
	assert_int_equal(c->difference_count, 0);
	compare_free(c);
	expect_of(rows, 2, "terminated!");
}

/* To each address its own ports. */
static void addresses_are_probed_on_their_ports(void **state)
{
	struct compare_row rows[] = {row_with(-1, TTL), row_with(1, TTL - 2),
				     row_with(-1, TTL)};
	struct compare *c;

	(void)state;
	rows[2].target.bytes[3] = 2;
	rows[2].port = 443;
	c = judged(rows, 3, false, NULL);
	assert_true(is_noted(c, "probe", "mpprobe -p 80 192.0.2.1 tells"));
	assert_true(is_noted(c, "probe", "mpprobe -p 443 192.0.2.2 tells"));
	compare_free(c);
}

/* Of one run: by port, then by address, by source, then without MPTCP, v1,
 * v0. */
static void rows_are_in_order(void **state)
{
	static const struct {
		uint16_t port;
		uint8_t last, source;
		int version;
	} order[] = {{80, 1, 1, -1}, {80, 1, 1, 1},  {80, 1, 1, 0},
		     {80, 1, 2, -1}, {80, 1, 2, 1},  {80, 2, 1, -1},
		     {80, 2, 1, 1},  {443, 1, 1, -1}};
	const size_t count = sizeof(order) / sizeof(order[0]);
	struct compare *c = compare_new();

	(void)state;
	for (size_t i = 0; i < count; i++) {
		size_t k = i * 3 % count; /* each once, in another order */
		struct compare_row r = row_with(order[k].version, TTL);

		r.port = order[k].port;
		r.target.bytes[3] = order[k].last;
		add_row(c, from_source(r, order[k].source));
	}
	compare_judge(c);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(c->rows[i].port, order[i].port);
		assert_int_equal(c->rows[i].target.bytes[3], order[i].last);
		assert_int_equal(c->rows[i].source.bytes[3], order[i].source);
		assert_int_equal(c->rows[i].version, order[i].version);
	}
	compare_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_is_like),
		cmocka_unit_test(
			one_hop_takes_four_connections_of_each_kind_in_one_run),
		cmocka_unit_test(two_hops_are_no_other_path),
		cmocka_unit_test(the_ttls_that_suffice_are_compared),
		cmocka_unit_test(who_answers_is_nearer_both_ways),
		cmocka_unit_test(silence_takes_more_than_loss),
		cmocka_unit_test(low_ttls_count_that_reach_the_host),
		cmocka_unit_test(resets_may_be_sorted_by_chance),
		cmocka_unit_test(answers_differ),
		cmocka_unit_test(round_trips_are_worth_a_word),
		cmocka_unit_test(versions_are_the_servers_own),
		cmocka_unit_test(what_version_1_met_is_said_once),
		cmocka_unit_test(rows_of_a_run_are_compared_in_it),
		cmocka_unit_test(the_nearer_host_ends_connections),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(places_are_named_where_there_are_several),
		cmocka_unit_test(ports_may_end_at_different_devices),
		cmocka_unit_test(what_is_significant_comes_first),
		cmocka_unit_test(that_nobody_speaks_mptcp_is_said_once),
		cmocka_unit_test(uplinks_are_compared),
		cmocka_unit_test(ports_are_told_apart_once),
		cmocka_unit_test(findings_say_why),
		cmocka_unit_test(runs_of_the_place_are_named),
		cmocka_unit_test(findings_come_and_go),
		cmocka_unit_test(over_time_rows_of_a_run_are_not_compared),
		cmocka_unit_test(addresses_are_probed_on_their_ports),
		cmocka_unit_test(rows_are_in_order),
	};

	return cmocka_run_group_tests_name("compare judge", tests, NULL, NULL);
}
