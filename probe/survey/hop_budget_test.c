/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/survey/hop_budget.h"
#include "report/report.h"

#define S 1000000

static struct address hop(unsigned n)
{
	return (struct address){.family = 4, .bytes = {10, 0, (uint8_t)n, 2}};
}

/* Six at once, then one a second, of each hop. */
static void test_answers(void **state)
{
	struct hop_budget b = {0};
	const struct address one = hop(1), two = hop(2);

	(void)state;
	assert_true(hop_budget_rested_us(&b) <= 100 * S);
	for (unsigned i = 0; i < 3; i++)
		hop_budget_answered(&b, &one, 100 * S);
	assert_int_equal(hop_budget_rested_us(&b), 103 * S);
	hop_budget_answered(&b, &two, 101 * S);
	assert_int_equal(hop_budget_rested_us(&b), 103 * S);
	hop_budget_answered(&b, &one, 102 * S);
	assert_int_equal(hop_budget_rested_us(&b), 104 * S);
	for (unsigned i = 0; i < 20; i++)
		hop_budget_answered(&b, &two, 102 * S);
	assert_int_equal(hop_budget_rested_us(&b), 108 * S);
}

/* More hops than are kept: those that have rested are forgotten. */
static void test_many(void **state)
{
	struct hop_budget b = {0};

	(void)state;
	for (unsigned n = 0; n < 200; n++) {
		const struct address a = hop(n);

		hop_budget_answered(&b, &a, (int64_t)(100 + n) * S);
		assert_int_equal(hop_budget_rested_us(&b),
				 (int64_t)(101 + n) * S);
	}
}

/* --- single answers ------------------------------------------------------- */

static int64_t spares(struct hop_budget *b, unsigned n, bool sweep_waits)
{
	const struct address one = hop(n);

	return hop_budget_spares_us(b, &one, 1, sweep_waits, 100 * S);
}

static void answer(struct hop_budget *b, unsigned n, unsigned times)
{
	const struct address one = hop(n);

	while (times--)
		hop_budget_answered(b, &one, 100 * S);
}

/* All but the last of its answers, each in its turn; those of other hops do not
 * matter. */
static void test_spares(void **state)
{
	const struct address hops[] = {hop(1), hop(2)};
	struct hop_budget b = {0};

	(void)state;
	assert_true(spares(&b, 1, false) <= 100 * S);
	answer(&b, 1, 4);
	assert_int_equal(spares(&b, 1, false), 100 * S);
	answer(&b, 1, 1);
	assert_int_equal(spares(&b, 1, false), 101 * S);
	assert_true(spares(&b, 2, false) <= 100 * S);
	assert_int_equal(hop_budget_spares_us(&b, hops, 2, false, 100 * S),
			 101 * S);
	answer(&b, 1, 9);
	assert_int_equal(spares(&b, 1, false), 102 * S);
	b.resumes_us = 107 * S;
	assert_int_equal(spares(&b, 1, false), 107 * S);
	assert_int_equal(spares(&b, 2, false), 107 * S);
}

/* What is promised is as good as given, and no sweep begins before it is. */
static void test_promised(void **state)
{
	const struct address hops[] = {hop(1), hop(2)};
	struct hop_budget b = {0};

	(void)state;
	answer(&b, 1, 3);
	hop_budget_promise(&b, hops, 2);
	assert_int_equal(spares(&b, 1, false), 100 * S);
	assert_int_equal(hop_budget_rested_us(&b), INT64_MAX);
	hop_budget_promise(&b, hops, 2);
	assert_int_equal(spares(&b, 1, false), 101 * S);
	hop_budget_release(&b, hops, 2);
	assert_int_equal(hop_budget_rested_us(&b), INT64_MAX);
	hop_budget_release(&b, hops, 2);
	assert_int_equal(hop_budget_rested_us(&b), 103 * S);
	hop_budget_release(&b, hops, 2); /* nothing is owed */
	assert_int_equal(spares(&b, 1, false), 99 * S);
}

/* Hops that have been promised to somebody are not forgotten for others. */
static void test_promised_many(void **state)
{
	const struct address one = hop(201);
	struct hop_budget b = {0};

	(void)state;
	hop_budget_promise(&b, &one, 1);
	for (unsigned n = 0; n < 200; n++)
		answer(&b, n, 1);
	for (unsigned n = 0; n < 200; n++) {
		const struct address a = {.family = 4, .bytes = {9, 0, n}};

		hop_budget_answered(&b, &a, 100 * S);
	}
	assert_int_equal(hop_budget_rested_us(&b), INT64_MAX);
	hop_budget_release(&b, &one, 1);
	assert_int_equal(hop_budget_rested_us(&b), 101 * S);
}

/* A sweep that waits has all of them as soon as without. */
static void test_sweep_waits(void **state)
{
	struct hop_budget b = {0};

	(void)state;
	assert_int_equal(spares(&b, 1, true), INT64_MAX);
	answer(&b, 1, 2);
	assert_int_equal(spares(&b, 1, true), INT64_MAX);
	assert_true(spares(&b, 2, true) <= 100 * S);
	answer(&b, 2, 1);
	assert_true(spares(&b, 2, true) <= 100 * S);
	answer(&b, 2, 1);
	assert_int_equal(spares(&b, 2, true), INT64_MAX);
}

/* --- paths ---------------------------------------------------------------- */

#define LENGTH 5

struct path {
	struct report report;
	struct report_hop hops[LENGTH];
	struct report_quote quotes[LENGTH];
	struct responder responders[LENGTH];
};

/* Hops 1 to 4 quote MP_CAPABLE as it was sent; 5 is the target. */
static void make_path(struct path *p)
{
	*p = (struct path){.report = {.path = p->hops, .path_length = LENGTH}};
	for (unsigned i = 0; i < LENGTH; i++) {
		p->quotes[i] = (struct report_quote){.segment = SEGMENT_SYN,
						     .covers_options = true};
		p->hops[i] = (struct report_hop){
			.ttl = i + 1,
			.address = hop(i + 1),
			.is_target = i + 1 == LENGTH,
			.quotes = &p->quotes[i],
			.quote_count = 1,
			.responders = &p->responders[i],
			.responder_count = 1,
		};
	}
}

static unsigned first_after(struct path *p, unsigned times, unsigned from)
{
	struct hop_budget b = {0};

	for (unsigned i = 0; i < times; i++)
		hop_budget_learn(&b, &p->report, from, 0);
	return hop_budget_first_ttl(&b);
}

static void test_shared(void **state)
{
	const struct address one = hop(1), other = hop(77);
	struct hop_budget b = {0};
	struct path p;

	(void)state;
	make_path(&p);
	assert_int_equal(first_after(&p, 0, 1), 1);
	assert_false(hop_budget_knows(&b, &one));
	hop_budget_learn(&b, &p.report, 1, 0);
	assert_true(hop_budget_knows(&b, &one));
	assert_false(hop_budget_knows(&b, &other));
	assert_int_equal(first_after(&p, 2, 1), 1);
	assert_int_equal(first_after(&p, 3, 1), 4);
	assert_int_equal(first_after(&p, 3, 2), 1); /* hop 1 was not asked */
}

/* The last hop before what is changed is asked of every path. */
static void test_changed(void **state)
{
	struct path p;

	(void)state;
	make_path(&p);
	p.quotes[3].change_count = 1;
	assert_int_equal(first_after(&p, 9, 1), 3);
	make_path(&p);
	p.quotes[2].plain = true; /* nothing is known of MP_CAPABLE */
	assert_int_equal(first_after(&p, 9, 1), 2);
	make_path(&p);
	p.quotes[2].covers_options = false;
	assert_int_equal(first_after(&p, 9, 1), 2);
	make_path(&p);
	p.hops[1].address.family = 0; /* silent */
	assert_int_equal(first_after(&p, 9, 1), 1);
	make_path(&p);
	p.quotes[1].segment = SEGMENT_DATA; /* no SYN was quoted */
	assert_int_equal(first_after(&p, 9, 1), 1);
	make_path(&p);
	p.hops[2].responder_count = 2; /* several paths */
	assert_int_equal(first_after(&p, 9, 1), 2);
}

static void test_differs(void **state)
{
	struct hop_budget b = {0};
	struct path p;

	(void)state;
	make_path(&p);
	for (unsigned i = 0; i < 3; i++)
		hop_budget_learn(&b, &p.report, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), 4);
	p.hops[2].address = hop(77);
	hop_budget_learn(&b, &p.report, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), 2);
	p.hops[2].address = hop(3);
	hop_budget_learn(&b, &p.report, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), 2);
}

/* What was found between hops 2 and 3, which both quote as sent: drops, say. */
static void test_found(void **state)
{
	struct hop_budget b = {0};
	struct finding f = {.effect = EFFECT_HARMLESS,
			    .after = {.known = true, .ttl = 2}};
	struct path p;

	(void)state;
	make_path(&p);
	p.report.findings = &f;
	p.report.finding_count = 1;
	for (unsigned i = 0; i < 3; i++)
		hop_budget_learn(&b, &p.report, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), 4);
	f.effect = EFFECT_IMPAIRS;
	hop_budget_learn(&b, &p.report, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), 2);
	b = (struct hop_budget){0};
	f = (struct finding){.effect = EFFECT_IMPAIRS,
			     .at = {.known = true, .ttl = 4}};
	for (unsigned i = 0; i < 3; i++)
		hop_budget_learn(&b, &p.report, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), 3);
}

/* As far as TTLs of sweeps reach, and no farther. */
static void test_far(void **state)
{
	static struct report_hop hops[BUDGET_TTLS + 6];
	static struct report_quote quote = {.segment = SEGMENT_SYN,
					    .covers_options = true};
	static const struct resting_hop none[BUDGET_HOPS];
	struct finding f = {.effect = EFFECT_IMPAIRS,
			    .after = {.known = true, .ttl = BUDGET_TTLS}};
	struct report r = {
		.path = hops, .path_length = BUDGET_TTLS + 6, .findings = &f};
	struct hop_budget b = {0};

	(void)state;
	for (unsigned i = 0; i < BUDGET_TTLS + 6; i++)
		hops[i] = (struct report_hop){.ttl = i + 1,
					      .address = hop(i + 1),
					      .quotes = &quote,
					      .quote_count = 1,
					      .responder_count = 1};
	for (unsigned i = 0; i < 3; i++)
		hop_budget_learn(&b, &r, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), BUDGET_TTLS - 1);
	r.finding_count = 1;
	hop_budget_learn(&b, &r, 1, 0);
	assert_memory_equal(b.resting, none, sizeof(none));
	assert_int_equal(hop_budget_first_ttl(&b), BUDGET_TTLS - 1);
	f.after.ttl = BUDGET_TTLS - 10;
	hop_budget_learn(&b, &r, 1, 0);
	assert_int_equal(hop_budget_first_ttl(&b), BUDGET_TTLS - 10);
}

/* Once a hop that answers others is silent, all rest longer and longer; it
 * stays shared. */
static void test_back_off(void **state)
{
	struct hop_budget b = {0};
	struct path p;

	(void)state;
	make_path(&p);
	p.hops[1].address.family = 0;
	hop_budget_learn(&b, &p.report, 1, 100 * S); /* nobody knows it */
	assert_int_equal(hop_budget_rested_us(&b), 100 * S);
	make_path(&p);
	for (unsigned i = 0; i < 3; i++)
		hop_budget_learn(&b, &p.report, 1, 100 * S);
	assert_int_equal(hop_budget_rested_us(&b), 100 * S);
	p.hops[1].address.family = 0;
	hop_budget_learn(&b, &p.report, 1, 200 * S);
	assert_int_equal(hop_budget_rested_us(&b), 202 * S);
	p.hops[1].address = hop(2);
	hop_budget_learn(&b, &p.report, 1, 210 * S);
	assert_int_equal(hop_budget_rested_us(&b), 210 * S);
	p.hops[1].address.family = 0;
	hop_budget_learn(&b, &p.report, 1, 220 * S);
	assert_int_equal(hop_budget_rested_us(&b), 222 * S);
	hop_budget_learn(&b, &p.report, 1, 300 * S);
	assert_int_equal(hop_budget_rested_us(&b), 304 * S);
	hop_budget_learn(&b, &p.report, 3, 400 * S); /* it was not asked */
	assert_int_equal(hop_budget_rested_us(&b), 402 * S);
	for (unsigned i = 0; i < 20; i++)
		hop_budget_learn(&b, &p.report, 1, 500 * S);
	assert_int_equal(hop_budget_rested_us(&b), 564 * S);
	make_path(&p);
	for (unsigned i = 0; i < 20; i++)
		hop_budget_learn(&b, &p.report, 1, 600 * S);
	assert_int_equal(hop_budget_rested_us(&b), 600 * S);
	assert_int_equal(hop_budget_first_ttl(&b), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_spares),
		cmocka_unit_test(test_promised),
		cmocka_unit_test(test_promised_many),
		cmocka_unit_test(test_sweep_waits),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
