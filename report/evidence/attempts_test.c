/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/attempts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/arena.h"
#include "tests/client.h"

#define CONTROLS 3

/* What becomes of attempts, beside plain SYNs of which some were answered. */
static enum fate fate_of(struct attempts a, struct attempts plain)
{
	struct scene s = scene();
	struct judgement j = {0};
	enum fate fate;

	scene_begin(&s);
	for (int i = 0; i < CONTROLS; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	j.plain = plain;
	j.o = s.o;
	j.flows = s.o->flows;
	j.flow_count = s.o->flow_count;
	fate = attempts_fate(&j, &a);
	scene_end(&s);
	return fate;
}

static void those_that_pass_are_several_and_most(void **state)
{
	static const struct attempts plain = {0};
	struct attempts a = {.flows = 9,
			     .answered = PASSING_MIN,
			     .lost = PASSING_MIN / PASSING_PER_LOST};

	(void)state;
	assert_int_equal(fate_of(a, plain), FATE_ANSWERED);
	a.reset = 1;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.reset = 0;
	a.lost++;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.lost = 0;
	a.answered--;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
}

static void those_that_are_reset_have_controls_that_are_not(void **state)
{
	struct attempts a = {.flows = 9, .reset = RESETS_MIN};
	struct attempts plain = {.answered = RESETS_MIN};

	(void)state;
	assert_int_equal(fate_of(a, plain), FATE_RESET);
	a.answered = 1;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.answered = 0;
	a.reset--;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.reset++;
	plain.answered--;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	plain.answered++;
	plain.reset = 1;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	plain.reset = 0;
	a.flows = 0; /* then nobody knows since when */
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
}

static void those_that_are_dropped_are_beyond_chance(void **state)
{
	struct attempts plain = {.sent = CONTROLS, .answered = CONTROLS};
	struct attempts a = {.flows = 9,
			     .moments = MOMENTS_MIN,
			     .lost = losses_needed(tries_of(&plain))};

	(void)state;
	assert_int_equal(fate_of(a, plain), FATE_DROPPED);
	a.moments--; /* one outage takes all that are sent at once */
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.moments++;
	a.lost--;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.lost++;
	a.reset = 1;
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
	a.reset = 0;
	a.first_us = INT64_MAX; /* no control since */
	assert_int_equal(fate_of(a, plain), FATE_UNCLEAR);
}

/* Those with MP_CAPABLE; the scene is over then. */
static struct attempts attempts_of(struct scene *s)
{
	struct judgement j = {.o = s->o,
			      .flows = s->o->flows,
			      .flow_count = s->o->flow_count,
			      .arena = arena_new()};
	struct attempts a;

	judge_company(&j);
	a = count_attempts(&j, PURPOSE_MP_CAPABLE, 1);
	arena_free(j.arena);
	scene_end(s);
	return a;
}

/* How many of two SYNs that are lost so many milliseconds apart count, if one
 * without the option is answered so many behind the first; -1: none is. What
 * that makes of them; in `chance`, of the other rules. */
static struct attempts lost_apart(int apart, int answered, enum why *chance)
{
	struct scene s = scene();
	struct judgement j = {0};
	struct attempts a;
	unsigned have, need;

	scene_begin(&s);
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 100 * MS);
	for (int ms = 0; ms <= apart; ms++) {
		s.port_silent = true;
		if (ms == 0 || ms == apart)
			send_syn(&s, call(&s, PURPOSE_MP_CAPABLE, 1), 64,
				 false);
		s.port_silent = false;
		if (ms == answered)
			knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
		scene_wait(&s, MS);
	}
	scene_wait(&s, PATIENCE_MAX_US);
	send_control(&s, 1);
	j.o = s.o;
	j.flows = s.o->flows;
	j.flow_count = s.o->flow_count;
	j.arena = arena_new();
	judge_company(&j);
	a = count_attempts(&j, PURPOSE_MP_CAPABLE, 1);
	a.lost = LOST_MIN * LOST_MIN; /* be it ever so many */
	*chance = ask_chance(&j, &a, &have, &need);
	arena_free(j.arena);
	scene_end(&s);
	return a;
}

static void those_of_one_moment_count_as_one(void **state)
{
	const int ms = MOMENT_US / MS;

	struct attempts a;
	enum why chance;

	(void)state;
	a = lost_apart(ms - 5, -1, &chance);
	assert_int_equal(a.late, 1);
	assert_int_equal(a.moments, 1);
	assert_int_equal(chance, WHY_FEW);
	a = lost_apart(ms + 10, -1, &chance);
	assert_int_equal(a.late, 2);
	assert_int_equal(a.moments, MOMENTS_MIN);
	assert_int_not_equal(chance, WHY_FEW);
	/* unless another is answered then */
	a = lost_apart(ms - 5, ms / 2, &chance);
	assert_int_equal(a.late, 2);
	assert_int_not_equal(chance, WHY_FEW);
}

/* Sent again, they are lost at moments of their own. */
static void those_of_one_connection_are_of_several_moments(void **state)
{
	struct scene s = scene();
	struct caller *c;
	struct attempts a;

	(void)state;
	scene_begin(&s);
	s.port_silent = true;
	c = call(&s, PURPOSE_MP_CAPABLE, 1);
	for (int i = 0; i < 3; i++) {
		s.port_silent = false;
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
		s.port_silent = true;
		send_syn(&s, c, 64, false);
		scene_wait(&s, 1000 * MS);
	}
	scene_wait(&s, PATIENCE_MAX_US);
	send_control(&s, 1);
	a = attempts_of(&s);
	assert_int_equal(a.late, 1);
	assert_int_equal(a.moments, 3);
}

/* Of one with the option that is lost, so long before a plain one that is lost,
 * too; `parted`: with one between them that is answered. */
static unsigned late_beside(int ms, bool parted)
{
	struct scene s = scene();

	scene_begin(&s);
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 100 * MS);
	s.port_silent = true;
	send_syn(&s, call(&s, PURPOSE_MP_CAPABLE, 1), 64, false);
	scene_wait(&s, MS);
	s.port_silent = false;
	if (parted)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, (ms - 1) * MS);
	s.port_silent = true;
	send_syn(&s, call(&s, PURPOSE_TCP, 0), 64, false);
	scene_wait(&s, PATIENCE_MAX_US);
	send_control(&s, 1);
	return attempts_of(&s).apart;
}

static void what_is_lost_beside_a_plain_one_tells_nothing(void **state)
{
	const int ms = MOMENT_US / MS;

	(void)state;
	assert_int_equal(late_beside(ms - 5, false), 0);
	assert_int_equal(late_beside(ms - 5, true), 1);
	assert_int_equal(late_beside(ms + 10, false), 1);
}

/* Its first SYN was. */
static void what_is_answered_the_second_time_is_late(void **state)
{
	struct scene s = scene();
	struct attempts a;
	struct caller *c;

	(void)state;
	scene_begin(&s);
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	c = call(&s, PURPOSE_MP_CAPABLE, 1);
	s.port_silent = true;
	send_syn(&s, c, 64, false);
	s.port_silent = false;
	scene_wait(&s, 100 * MS);
	send_syn(&s, c, 64, false);
	a = attempts_of(&s);
	assert_int_equal(a.answered, 1);
	assert_int_equal(a.lost, 1);
	assert_int_equal(a.late, 1);
}

/* Of SYNs with these TTLs, 5 ms apart, on one port: whether the first answer
 * was prompt. Copies of a sweep are not sent for want of an answer. */
static bool is_prompt(unsigned first, unsigned second)
{
	struct scene s = scene();
	struct judgement j = {0};
	struct caller *c;
	bool prompt;

	scene_begin(&s);
	c = call(&s, PURPOSE_TCP, 0);
	send_syn(&s, c, first, true);
	scene_wait(&s, 5 * MS);
	send_syn(&s, c, second, true);
	j.o = s.o;
	j.flows = s.o->flows;
	j.flow_count = s.o->flow_count;
	j.arena = arena_new();
	judge_company(&j);
	assert_int_equal(j.plain_time_count, 1);
	prompt = j.prompt_time_count;
	arena_free(j.arena);
	scene_end(&s);
	return prompt;
}

static void a_sweep_is_prompt(void **state)
{
	(void)state;
	assert_true(is_prompt(1, SWEEP_TTL_MAX));
	assert_false(is_prompt(1, SWEEP_TTL_MAX + 1));
	assert_true(is_prompt(SWEEP_TTL_MAX + 1, SWEEP_TTL_MAX + 1));
}

/* Nor is it one that was lost. */
static void a_plain_syn_on_its_port_is_no_attempt(void **state)
{
	struct scene s = scene();
	struct attempts a;
	struct caller *c;

	(void)state;
	scene_begin(&s);
	for (int i = 0; i < CONTROLS; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	s.port_silent = true;
	c = call(&s, PURPOSE_MP_CAPABLE, 1);
	send_syn(&s, c, 64, false);
	scene_wait(&s, 2 * MOMENT_US);
	c->gave_up = true;
	send_syn(&s, c, 64, false);
	a = attempts_of(&s);
	assert_int_equal(a.flows, 1);
	assert_int_equal(a.sent, 1);
	assert_int_equal(a.lost, 1);
}

/* How many attempts two copies of a SYN are that are lost so many milliseconds
 * apart. */
static unsigned sent_apart(int ms)
{
	struct scene s = scene();
	struct caller *c;

	scene_begin(&s);
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	s.port_silent = true;
	c = call(&s, PURPOSE_MP_CAPABLE, 1);
	send_syn(&s, c, 64, false);
	scene_wait(&s, ms * MS);
	send_syn(&s, c, 64, false);
	scene_wait(&s, PATIENCE_MAX_US);
	send_control(&s, 1);
	return attempts_of(&s).sent;
}

static void copies_at_once_are_one_attempt(void **state)
{
	const int ms = MOMENT_US / MS;

	(void)state;
	assert_int_equal(sent_apart(ms - 5), 1);
	assert_int_equal(sent_apart(ms + 10), 2);
}

/* As much as the shortest DSS takes. */
static void padding_of_a_dss(void **state)
{
	static const uint8_t nops[8] = {1, 1, 1, 1, 1, 1, 1, 1};
	struct kept k = {.options.complete = true};

	(void)state;
	k.packet.tcp.options = nops;
	for (size_t i = 7; i <= 8; i++) {
		k.packet.tcp.options_length = i;
		k.packet.tcp.options_available = i;
		assert_int_equal(kept_lost_dss(&k), i == 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_syn_on_its_port_is_no_attempt),
		cmocka_unit_test(copies_at_once_are_one_attempt),
		cmocka_unit_test(padding_of_a_dss),
		cmocka_unit_test(those_of_one_moment_count_as_one),
		cmocka_unit_test(
			those_of_one_connection_are_of_several_moments),
		cmocka_unit_test(what_is_answered_the_second_time_is_late),
		cmocka_unit_test(what_is_lost_beside_a_plain_one_tells_nothing),
		cmocka_unit_test(a_sweep_is_prompt),
		cmocka_unit_test(those_that_pass_are_several_and_most),
		cmocka_unit_test(
			those_that_are_reset_have_controls_that_are_not),
		cmocka_unit_test(those_that_are_dropped_are_beyond_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
