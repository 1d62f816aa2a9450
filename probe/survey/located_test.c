/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "probe/survey/located.h"
#include "report/findings.h"
#include "report/report.h"

#define LENGTH 14

static struct address hop(unsigned n)
{
	return (struct address){.family = 4, .bytes = {10, 0, (uint8_t)n, 2}};
}

static struct address target(unsigned net, unsigned n)
{
	return (struct address){.family = 4,
				.bytes = {192, 0, (uint8_t)net, (uint8_t)n}};
}

/* Hop 3 quotes MP_CAPABLE as it was sent, hop 4 does not; the last is the
 * target. */
struct path {
	struct report report;
	struct report_hop hops[LENGTH];
	struct report_quote quotes[LENGTH];
	struct responder responders[LENGTH][LOCATED_HOPS];
	struct report_connection connections[2];
	struct finding findings[2];
	unsigned id;
};

static void make_path(struct path *p)
{
	*p = (struct path){
		.connections = {{.id = 5, .version = -1},
				{.id = 7, .version = 1}},
		.id = 7,
		.findings = {{.text = "Removed between 10.0.3.2 and 10.0.4.2.",
			      .effect = EFFECT_BLOCKS,
			      .direction = DIRECTION_FORWARD,
			      .segment = SEGMENT_SYN,
			      .after = {true, 3, hop(3)},
			      .at = {true, 4, hop(4)},
			      .confidence = CONFIDENCE_PROVEN,
			      .connections = &p->id,
			      .connection_count = 1},
			     {.text = "Slow.", .effect = EFFECT_HARMLESS}},
		.report = {.target = target(2, 1),
			   .path = p->hops,
			   .path_length = LENGTH,
			   .findings = p->findings,
			   .finding_count = 2,
			   .connections = p->connections,
			   .connection_count = 2,
			   .mptcp_version = 0}};
	for (unsigned i = 0; i < LENGTH; i++) {
		p->quotes[i] = (struct report_quote){.segment = SEGMENT_SYN};
		p->hops[i] = (struct report_hop){
			.ttl = i + 1,
			.address = hop(i + 1),
			.is_target = i + 1 == LENGTH,
			.quotes = &p->quotes[i],
			.quote_count = 1,
			.responders = p->responders[i],
			.responder_count = 1,
		};
		p->responders[i][0].address = hop(i + 1);
	}
}

/* Two that are the same are believed. */
static void learn_twice(struct located *l, const struct path *p)
{
	located_learn(l, CLASS_PLAIN, &p->report);
	located_learn(l, CLASS_PLAIN, &p->report);
}

/* Whether one of another address of the same /24 is looked for there. */
static bool is_learnt(const struct path *p, struct located_place *out)
{
	const struct address near = target(2, 99);
	struct located l = {0};

	learn_twice(&l, p);
	return located_find(&l, CLASS_PLAIN, &near, out);
}

static void test_learn(void **state)
{
	struct located_place place;
	struct path p;

	(void)state;
	make_path(&p);
	assert_true(is_learnt(&p, &place));
	assert_int_equal(place.place.segment, SEGMENT_SYN);
	assert_int_equal(place.place.version, 1);
	assert_int_equal(place.place.first, 3);
	assert_int_equal(place.place.last, 4);
	assert_int_equal(place.hop_count, 2);
	assert_memory_equal(&place.hops[1], &p.hops[3].address,
			    sizeof(place.hops[1]));
	p.findings[0].after.ttl = 2; /* hop 3 is silent */
	p.hops[2].responder_count = 0;
	assert_true(is_learnt(&p, &place));
	assert_int_equal(place.place.first, 2);
	assert_int_equal(place.hop_count, 2);
	assert_memory_equal(&place.hops[0], &p.hops[1].address,
			    sizeof(place.hops[0]));
}

/* Of version 0, and as far apart as may be. */
static void test_far_apart(void **state)
{
	struct located_place place;
	struct path p;

	(void)state;
	make_path(&p);
	p.connections[1].version = 0;
	p.findings[0].at.ttl = 3 + LOCATED_SPAN - 1;
	assert_true(is_learnt(&p, &place));
	assert_int_equal(place.place.version, 0);
	assert_int_equal(place.hop_count, LOCATED_SPAN);
}

/* 48 bits of IPv6. */
static void test_ipv6(void **state)
{
	struct address a = {.family = 6,
			    .bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4}};
	struct located_place place;
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	p.report.target = a;
	learn_twice(&l, &p);
	a.bytes[6] = 99;
	for (unsigned i = 0; i < 9; i++) { /* of its own: no guesses */
		assert_true(located_find(&l, CLASS_PLAIN, &a, &place));
		located_begin(&l, &place, &a);
		located_end(&l, &place, &a, i % 2);
	}
	a.bytes[5] = 99;
	assert_true(located_find(&l, CLASS_PLAIN, &a, &place));
	located_begin(&l, &place, &a);
	assert_false(located_find(&l, CLASS_PLAIN, &a, &place));
}

/* All of several ways are to have an answer. */
static void test_ways(void **state)
{
	struct located_place place;
	struct path p;

	(void)state;
	make_path(&p);
	p.hops[2].responder_count = 3;
	p.responders[2][2].address = hop(77);
	assert_true(is_learnt(&p, &place));
	assert_int_equal(place.hop_count, 4);
	assert_memory_equal(&place.hops[2], &p.responders[2][2].address,
			    sizeof(place.hops[2]));
	p.hops[2].responder_count = LOCATED_HOPS - 1;
	assert_true(is_learnt(&p, &place));
	assert_int_equal(place.hop_count, LOCATED_HOPS);
	p.hops[3].responder_count = 2;
	assert_false(is_learnt(&p, &place));
}

/* A subflow is of the version of its connection. */
static void test_join(void **state)
{
	struct located_place place;
	struct path p;

	(void)state;
	make_path(&p);
	p.findings[0].segment = SEGMENT_JOIN_SYN;
	assert_false(is_learnt(&p, &place)); /* none was quoted */
	p.quotes[2].segment = p.quotes[3].segment = SEGMENT_JOIN_SYN;
	p.report.mptcp_version = 1;
	assert_true(is_learnt(&p, &place));
	assert_int_equal(place.place.segment, SEGMENT_JOIN_SYN);
	assert_int_equal(place.place.version, 1);
	p.report.mptcp_version = -1;
	assert_false(is_learnt(&p, &place));
}

#define ASSERT_NOT_LEARNT(change)                                              \
	do {                                                                   \
		make_path(&p);                                                 \
		change;                                                        \
		assert_false(is_learnt(&p, &place));                           \
	} while (0)

static void test_not_learnt(void **state)
{
	struct located_place place;
	struct path p;

	(void)state;
	ASSERT_NOT_LEARNT(p.report.finding_count = 0);
	ASSERT_NOT_LEARNT(p.findings[0].effect = EFFECT_HARMLESS);
	ASSERT_NOT_LEARNT(p.findings[1].effect = EFFECT_IMPAIRS);
	ASSERT_NOT_LEARNT(p.findings[1] = p.findings[0]);
	ASSERT_NOT_LEARNT(p.findings[0].direction = DIRECTION_RETURN);
	ASSERT_NOT_LEARNT(p.findings[0].confidence = CONFIDENCE_LIKELY);
	ASSERT_NOT_LEARNT(p.findings[0].after.known = false);
	ASSERT_NOT_LEARNT(p.findings[0].after.ttl = 0);
	ASSERT_NOT_LEARNT(p.findings[0].at.known = false);
	ASSERT_NOT_LEARNT(p.findings[0].at.ttl = 3);
	ASSERT_NOT_LEARNT(p.hops[3].is_target = true);
	ASSERT_NOT_LEARNT(p.report.path_length = 3);
	ASSERT_NOT_LEARNT(p.findings[0].segment = SEGMENT_DATA);
	ASSERT_NOT_LEARNT(p.quotes[2].segment = SEGMENT_DATA);
	ASSERT_NOT_LEARNT(p.quotes[3].plain = true);
	ASSERT_NOT_LEARNT(p.hops[3].quote_count = 0); /* it is dropped */
	ASSERT_NOT_LEARNT(p.findings[0].at.ttl = 3 + LOCATED_SPAN);
	ASSERT_NOT_LEARNT(p.connections[1].version = -1);
}

/* The same, whatever is said behind the first sentence, of this prefix or of
 * another. */
static void test_twice(void **state)
{
	const struct address near = target(2, 9), far = target(3, 9);
	struct located_place place;
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	located_learn(&l, CLASS_PLAIN, &p.report);
	assert_false(located_find(&l, CLASS_PLAIN, &near, &place));
	p.findings[0].text = "Removed from some at 10.0.4.2.";
	located_learn(&l, CLASS_PLAIN, &p.report);
	assert_false(located_find(&l, CLASS_PLAIN, &near, &place));
	p.findings[0].text = "Removed from some at 10.0.4.2. Version 0 passes.";
	p.report.target = target(3, 1);
	located_learn(&l, CLASS_V1, &p.report);
	assert_false(located_find(&l, CLASS_PLAIN, &near, &place));
	located_learn(&l, CLASS_PLAIN, &p.report);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
	assert_int_equal(place.net.bytes[2], 2);
	assert_true(located_find(&l, CLASS_PLAIN, &far, &place));
	assert_int_equal(place.net.bytes[2], 3);
}

/* A sweep that finds something else ends it; one that finds nothing, or is of
 * others, does not. */
static void test_forget(void **state)
{
	const struct address near = target(2, 9);
	struct located_place place;
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	learn_twice(&l, &p);
	p.report.finding_count = 0;
	located_learn(&l, CLASS_PLAIN, &p.report);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
	p.report.finding_count = 1;
	p.findings[0].effect = EFFECT_HARMLESS;
	located_learn(&l, CLASS_PLAIN, &p.report);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
	make_path(&p);
	p.findings[0].after.known = false;
	located_learn(&l, CLASS_V1, &p.report);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
	located_learn(&l, CLASS_PLAIN, &p.report);
	assert_false(located_find(&l, CLASS_PLAIN, &near, &place));
}

/* Others are only guessed to be there, until that is wrong too often. */
static void test_guesses(void **state)
{
	const struct address far = target(3, 9);
	const struct address six = {.family = 6, .bytes = {192, 0, 2}};
	struct located_place place, again;
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	learn_twice(&l, &p);
	assert_false(located_find(&l, CLASS_V1, &far, &place));
	assert_false(located_find(&l, CLASS_PLAIN, &six, &place));
	assert_true(located_find(&l, CLASS_PLAIN, &far, &place));
	located_begin(&l, &place, &far);
	assert_false(located_find(&l, CLASS_PLAIN, &far, &again));
	located_end(&l, &place, &far, true);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(located_find(&l, CLASS_PLAIN, &far, &again));
		located_begin(&l, &place, &far);
		located_end(&l, &place, &far, false);
	}
	assert_false(located_find(&l, CLASS_PLAIN, &far, &again));
	located_learn(&l, CLASS_PLAIN, &p.report); /* it is still wrong */
	assert_false(located_find(&l, CLASS_PLAIN, &far, &again));
}

/* Of its own prefix, later. */
static void test_own(void **state)
{
	const struct address near = target(2, 9), far = target(3, 9);
	struct located_place place, again;
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	learn_twice(&l, &p);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
	for (unsigned i = 0; i < 9; i++) {
		located_begin(&l, &place, &near);
		located_end(&l, &place, &near, i % 2 == 0);
		assert_true(located_find(&l, CLASS_PLAIN, &near, &again));
		assert_true(located_find(&l, CLASS_PLAIN, &far, &again));
	}
	for (unsigned i = 0; i < 5; i++) {
		assert_true(located_find(&l, CLASS_PLAIN, &near, &again));
		located_begin(&l, &place, &near);
		located_end(&l, &place, &near, false);
	}
	assert_false(located_find(&l, CLASS_PLAIN, &near, &again));
	located_learn(&l, CLASS_PLAIN, &p.report); /* the same: still wrong */
	assert_false(located_find(&l, CLASS_PLAIN, &near, &again));
	p.findings[0].text = "Removed at 10.0.4.2.";
	learn_twice(&l, &p);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &again));
}

/* What ends when its place is forgotten says nothing of others. */
static void test_own_forgotten(void **state)
{
	const struct address near = target(2, 9);
	struct located_place place;
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	learn_twice(&l, &p);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
	located_begin(&l, &place, &near);
	p.findings[0].text = "Removed at 10.0.4.2.";
	learn_twice(&l, &p);
	located_end(&l, &place, &near, true);
	assert_int_equal(l.entries[0].own.right, 0);
	assert_true(located_find(&l, CLASS_PLAIN, &near, &place));
}

/* The latest of all others; of many prefixes the oldest are forgotten. */
static void test_many(void **state)
{
	struct located_place place;
	struct located l = {0};
	struct address a;
	struct path p;

	(void)state;
	make_path(&p);
	for (unsigned n = 0; n < LOCATED_PLACES + 5; n++) {
		p.report.target = target(n, 1);
		p.findings[0].after.ttl = n % 2 ? 2 : 3;
		located_learn(&l, CLASS_PLAIN, &p.report);
	}
	for (unsigned n = LOCATED_PLACES - 5; n < LOCATED_PLACES + 5; n++) {
		a = target(n, 77);
		assert_true(located_find(&l, CLASS_PLAIN, &a, &place));
		assert_int_equal(place.place.first, n % 2 ? 2 : 3);
		assert_true(place.number == n + 1);
	}
	a = target(2, 5); /* forgotten: the latest is tried */
	assert_true(located_find(&l, CLASS_PLAIN, &a, &place));
	assert_true(place.number == l.count);
	located_begin(&l, &place, &a);
	assert_true(located_find(&l, CLASS_PLAIN, &a, &place));
	assert_true(place.number == l.count - 1);
}

/* Only what a target's own hops show is believed. */
static void test_shows(void **state)
{
	struct located_place place;
	struct path p;

	(void)state;
	make_path(&p);
	assert_true(is_learnt(&p, &place));
	assert_true(located_shows(&place, &p.report));
	p.findings[0].after.known = false;
	assert_false(located_shows(&place, &p.report));
	make_path(&p);
	p.findings[0].at.known = false;
	assert_false(located_shows(&place, &p.report));
	make_path(&p);
	p.findings[0].confidence = CONFIDENCE_LIKELY;
	assert_false(located_shows(&place, &p.report));
	make_path(&p);
	p.findings[0].text = "Removed between 10.0.3.2 and 10.0.4.2. All.";
	assert_true(located_shows(&place, &p.report));
	p.findings[0].text = "Removed between 10.0.3.2 and 10.0.4.22.";
	assert_false(located_shows(&place, &p.report));
	p.findings[0].text = "Removed.";
	assert_false(located_shows(&place, &p.report));
	make_path(&p);
	p.findings[1].effect = EFFECT_IMPAIRS;
	assert_false(located_shows(&place, &p.report));
	make_path(&p);
	p.report.finding_count = 0;
	assert_false(located_shows(&place, &p.report));
}

/* The hops that were left out are asked, until that was in vain for three. */
static void test_nowhere(void **state)
{
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	assert_false(located_wants_whole(&l, CLASS_MIRROR, &p.report));
	p.findings[0].after.known = false;
	for (unsigned i = 0; i < 3; i++) {
		assert_true(located_wants_whole(&l, CLASS_MIRROR, &p.report));
		located_learn_whole(&l, CLASS_MIRROR, &p.report);
	}
	assert_false(located_wants_whole(&l, CLASS_MIRROR, &p.report));
	assert_true(located_wants_whole(&l, CLASS_PLAIN, &p.report));
	p.findings[0].text = "Something else.";
	assert_true(located_wants_whole(&l, CLASS_MIRROR, &p.report));
	make_path(&p);
	p.findings[0].after.known = false;
	p.findings[0].direction = DIRECTION_RETURN;
	assert_false(located_wants_whole(&l, CLASS_PLAIN, &p.report));
	make_path(&p);
	p.findings[0].effect = EFFECT_HARMLESS;
	p.findings[0].after.known = false;
	assert_false(located_wants_whole(&l, CLASS_PLAIN, &p.report));
}

/* Once one of the class has a place, others may. */
static void test_somewhere(void **state)
{
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	p.findings[0].after.known = false;
	for (unsigned i = 0; i < 3; i++)
		located_learn_whole(&l, CLASS_MIRROR, &p.report);
	p.findings[0].after.known = true;
	located_learn_whole(&l, CLASS_PLAIN, &p.report);
	p.findings[0].after.known = false;
	assert_false(located_wants_whole(&l, CLASS_MIRROR, &p.report));
	p.findings[0].after.known = true;
	located_learn_whole(&l, CLASS_MIRROR, &p.report);
	p.findings[0].after.known = false;
	assert_true(located_wants_whole(&l, CLASS_MIRROR, &p.report));
}

/* Of very many the oldest are forgotten. */
static void test_nowhere_many(void **state)
{
	char text[LOCATED_NOWHERE + 1][30];
	struct located l = {0};
	struct path p;

	(void)state;
	make_path(&p);
	p.findings[0].after.known = false;
	for (unsigned i = 0; i <= LOCATED_NOWHERE; i++) {
		snprintf(text[i], sizeof(text[i]), "Number %u.", i);
		p.findings[0].text = text[i];
		for (unsigned k = 0; k < 3; k++)
			located_learn_whole(&l, CLASS_MIRROR, &p.report);
		assert_false(located_wants_whole(&l, CLASS_MIRROR, &p.report));
	}
	p.findings[0].text = text[0];
	assert_true(located_wants_whole(&l, CLASS_MIRROR, &p.report));
	p.findings[0].text = text[1];
	assert_false(located_wants_whole(&l, CLASS_MIRROR, &p.report));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learn),
		cmocka_unit_test(test_far_apart),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_not_learnt),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_own_forgotten),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_shows),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_somewhere),
		cmocka_unit_test(test_nowhere_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
