/* SPDX-License-Identifier: GPL-3.0-or-later
 * Devices that change some SYNs or data at random, and where they are put.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/script.h"

#define RUNS 200

/* Of runs through a device behind hop 2: how many tell of it, how many put it
 * elsewhere, and how many hops there are between its places, in all. */
struct told {
	unsigned found, wrong, hops;
};

static void tell(const struct report *r, const char *id, struct told *t)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];

		if (strcmp(f->kind->id, id) != 0 || !f->at.ttl)
			continue;
		t->found++;
		t->wrong += f->after.ttl > 2 || f->at.ttl < 3;
		t->hops += f->at.ttl - f->after.ttl;
		return;
	}
}

static void play_once(const char *words, const char *id, struct told *t)
{
	struct scene s;
	struct report *r;

	assert_true(script_play(words, &s));
	r = judge_scene(&s);
	tell(r, id, t);
	report_free(r);
	scene_end(&s);
}

static struct told play(const char *words, const char *id)
{
	struct told told = {0};

	for (unsigned run = 1; run <= RUNS; run++) {
		char text[400];

		snprintf(text, sizeof(text), "%s seed:%u", words,
			 run * 2654435761U);
		play_once(text, id, &told);
	}
	return told;
}

/* What a hop quotes as it was sent may have passed such a device by chance. */
static void at_random(void **state)
{
	struct told t = play("strip@2/capable_syn/percent:30 capable-sweep "
			     "capable-sweep capable-sweep capable*10",
			     "mp_capable.removed");

	(void)state;
	assert_int_equal(t.found, 152);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, 498);
	t = play("strip@2/join_syn/percent:50 join-sweep join-sweep join-sweep "
		 "join*5",
		 "mp_join.removed");
	assert_int_equal(t.found, 199);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, 494);
}

/* All of a connection arrive alike: then a quote tells. */
static void by_connection(void **state)
{
	struct told t = play("strip@2/capable_syn/even capable-sweep "
			     "capable-sweep capable-sweep capable*10",
			     "mp_capable.removed");

	(void)state;
	assert_int_equal(t.found, RUNS);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, RUNS);
}

#define COPIES "mptcp=0+16*3,16+20*3,16+20@-4,16+20@-4 "
#define DATA " bare plain-sweep plain*8 " COPIES COPIES COPIES COPIES

/* The same of data, of which the server tells as well what came. */
static void data_at_random(void **state)
{
	struct told t = play("strip@2/dss/percent:30" DATA, "dss.removed");

	(void)state;
	assert_int_equal(t.found, 191);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, 521);
	t = play("strip@2/mapped/percent:50" DATA, "dss.removed");
	assert_int_equal(t.found, 196);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, 351);
}

/* What begins late lets nothing pass any more: then a quote tells. */
static void late(void **state)
{
	struct told t = {0};

	(void)state;
	for (unsigned after = 0; after < 20; after++) {
		char text[400];

		snprintf(text, sizeof(text), "strip@2/dss/after:%u" DATA,
			 after);
		play_once(text, "dss.removed", &t);
	}
	assert_int_equal(t.found, 20);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, 20);
}

/* What spares small segments lets small ones pass behind large ones. */
static void by_size(void **state)
{
	struct told t = {0};

	(void)state;
	play_once("strip@2/longer bare plain-sweep plain*8 "
		  "mptcp=0+16*3,16+20*3,16+20@-4,0+16@-4,16+8@-4",
		  "dss.removed", &t);
	assert_int_equal(t.found, 1);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.hops, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_random),
		cmocka_unit_test(by_connection),
		cmocka_unit_test(data_at_random),
		cmocka_unit_test(late),
		cmocka_unit_test(by_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
