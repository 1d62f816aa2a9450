/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which copies of a SYN are of a burst.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "tests/client.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_at_once_are_a_burst),
		cmocka_unit_test(what_goes_out_with_them_belongs_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
