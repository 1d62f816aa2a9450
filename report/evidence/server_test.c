/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "tests/client.h"

/* What answers an MP_JOIN says so of itself only if it cannot know the token:
 * of a token that it knew once, another host may not. */
static void listeners_are_shown_by_unknown_tokens(void **state)
{
	struct scene s = scene();
	struct caller *parent, *join, *random;

	(void)state;
	scene_begin(&s);
	parent = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	s.other_backend = true;
	join = knock(&s, PURPOSE_MP_JOIN, 1, false, parent, 1);
	random = knock(&s, PURPOSE_MP_JOIN_RANDOM, 1, false, NULL, 1);
	assert_int_equal(reset_reason(flow_reset(flow_of(&s, join))), 1);
	assert_int_equal(reset_reason(flow_reset(flow_of(&s, random))), 1);
	assert_false(flow_shows_listener(flow_of(&s, join)));
	assert_true(flow_shows_listener(flow_of(&s, random)));
	s.bare_reset = true;
	random = knock(&s, PURPOSE_MP_JOIN_RANDOM, 1, false, NULL, 1);
	assert_false(flow_shows_listener(flow_of(&s, random)));
	scene_end(&s);
}

/* Connections without data, of which the SYN/ACKs come again on so many. */
static enum known deferring(unsigned open, unsigned again)
{
	struct scene s = scene();
	struct judgement j = {0};
	enum known defers;

	scene_begin(&s);
	for (unsigned i = 0; i < open; i++) {
		struct caller *c = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);

		send_third_ack(&s, c, 64, false);
		scene_wait(&s, 10 * MS);
		if (i < again)
			send_syn(&s, c, 64, false); /* answered again */
	}
	scene_wait(&s, DEFER_TOLD_US);
	send_control(&s, 1);
	j.o = s.o;
	j.flows = s.o->flows;
	j.flow_count = s.o->flow_count;
	defers = server_defers(&j);
	scene_end(&s);
	return defers;
}

static void servers_that_wait_for_data_say_so_several_times(void **state)
{
	(void)state;
	assert_int_equal(deferring(DEFER_CONTROLS_MIN, 0), KNOWN_NO);
	assert_int_equal(deferring(DEFER_CONTROLS_MIN - 1, 0), UNKNOWN);
	assert_int_equal(deferring(DEFER_CONTROLS_MIN, DEFER_CONTROLS_MIN),
			 KNOWN_YES);
	assert_int_equal(deferring(DEFER_CONTROLS_MIN, 1), UNKNOWN);
}

static void storms_are_counted(void **state)
{
	struct kept syn = {.kind = SEGMENT_SYN}, *sent = &syn;
	struct flow f = {.syn_acks_again = STORM_MIN - 1};

	(void)state;
	assert_false(flow_storms(NULL, &f));
	f.syn_acks_again++;
	assert_true(flow_storms(NULL, &f));
	f.sent = &sent; /* its answer, and that may come twice */
	f.sent_count = 1;
	f.syn_acks_again = STORM_MIN + 1;
	assert_false(flow_storms(NULL, &f));
	f.syn_acks_again++;
	assert_true(flow_storms(NULL, &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(storms_are_counted),
		cmocka_unit_test(listeners_are_shown_by_unknown_tokens),
		cmocka_unit_test(
			servers_that_wait_for_data_say_so_several_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
