/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which packets were seen in another place, and which go on there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/track/observe.h"
#include "tests/fixture.h"

/* The same SYN again, in another file. */
static struct flow *see_syn_again(struct caller *c, unsigned ttl)
{
	struct wire w = syn_wire(&s, c, ttl, 0);

	s.o->file = 1;
	scene_see(&s, &w);
	return flow_of(&s, c);
}

static void see_data(struct caller *c, unsigned offset)
{
	struct span d = {.offset = offset, .length = 1};

	send_data(&s, c, &d, 61, false);
}

static void test_double(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = see_syn_again(c, 61);
	uint64_t packets = f->sides[0].packets;

	(void)state;
	assert_non_null(f->doubles);
	assert_int_equal(f->doubles->seen_count[0], 1);
	for (unsigned i = 0; i < 2 * DOUBLES_MAX; i++)
		see_data(c, i);
	assert_int_equal(f->doubles->seen_count[0], DOUBLES_MAX);
	assert_int_equal(f->sides[0].packets, packets);
	assert_int_equal(f->unfit, 0);
	s.o->file = 0;
	see_data(c, 0);
	assert_int_equal(f->sides[0].packets, packets + 1);
}

/* A SYN that is sent again, in the next file of one capture. */
static void test_sent_again(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = see_syn_again(c, 64);

	(void)state;
	assert_null(f->doubles);
	assert_int_equal(f->sides[0].packets, 2);
}

/* A connection that goes on in the next file, or over another interface. */
static void test_goes_on(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = flow_of(&s, c);
	uint64_t packets = f->sides[0].packets;

	(void)state;
	s.o->file = 1;
	see_data(c, 0);
	assert_null(f->doubles);
	assert_int_equal(f->sides[0].packets, packets + 1);
}

/* A sweep has SYNs of many TTLs in one place. */
static void test_sweep(void **state)
{
	struct caller *c = sweep(&s, PURPOSE_MP_CAPABLE, 1);

	(void)state;
	assert_null(flow_of(&s, c)->doubles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_double),
		TEST(test_sent_again),
		TEST(test_goes_on),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
