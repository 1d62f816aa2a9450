/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/loss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_rate_of_few_controls_is_no_certainty(void **state)
{
	(void)state;
	assert_float_equal(loss_rate((struct tries){0, 0}), 0.5, 1e-9);
	assert_float_equal(loss_rate((struct tries){3, 0}), 0.2, 1e-9);
	assert_float_equal(loss_rate((struct tries){8, 0}), 0.1, 1e-9);
	assert_float_equal(loss_rate((struct tries){8, 3}), 0.4, 1e-9);
	assert_float_equal(chance_of_loss(0, (struct tries){8, 3}), 1, 1e-9);
	assert_float_equal(chance_of_loss(2, (struct tries){8, 3}), 0.16, 1e-9);
}

static void silence_is_beyond_chance_where_loss_is_rare(void **state)
{
	static const struct {
		unsigned lost;
		struct tries control;
		unsigned controls;
		bool beyond;
	} cases[] = {
		/* three lost SYNs convict nobody */
		{3, {1, 0}, 1, false},
		{3, {100000, 0}, 100000, false},
		{4, {29, 0}, 29, false},
		{4, {30, 0}, 30, true},
		/* the controls must be there */
		{9, {3, 0}, 3, true},
		{9, {3, 0}, 2, false},
		{8, {3, 0}, 3, false},
		/* and their own losses count */
		{9, {9, 1}, 8, true},
		{9, {9, 2}, 7, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(beyond_chance(cases[i].lost, cases[i].control,
					       cases[i].controls),
				 cases[i].beyond);
}

static void losses_needed_are_the_fewest(void **state)
{
	(void)state;
	assert_int_equal(losses_needed((struct tries){100000, 0}), LOST_MIN);
	assert_int_equal(losses_needed((struct tries){150, 0}), LOST_MIN);
	for (unsigned sent = 1; sent < 40; sent++) {
		for (unsigned lost = 0; lost < sent; lost++) {
			struct tries control = {sent, lost};
			unsigned needed = losses_needed(control);

			assert_true(
				beyond_chance(needed, control, CONTROLS_MIN));
			assert_false(beyond_chance(needed - 1, control,
						   CONTROLS_MIN));
		}
	}
}

static void losses_among_answers_are_counted_as_well(void **state)
{
	static const struct {
		struct tries of, control;
		double chance;
	} cases[] = {
		{{0, 0}, {8, 3}, 1},
		{{5, 0}, {8, 3}, 1},
		{{2, 2}, {8, 3}, 0.16},
		{{2, 1}, {8, 3}, 1 - 0.36},
		{{4, 2}, {8, 0}, 0.0523},
		/* every second one of those that are sent in pairs */
		{{32, 16}, {32, 0}, 6.3e-17},
		/* loss of one in ten takes a tenth of many */
		{{100000, 10000}, {100000, 10000}, 0.505},
		{{100000, 11000}, {100000, 10000}, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_float_equal(
			chance_of_losses(cases[i].of, cases[i].control),
			cases[i].chance, 0.003);
}

/* What loss.h says of its own numbers. */
static void connections_are_sorted_by_chance_so_often(void **state)
{
	(void)state;
	assert_float_equal(chance_of_sorting(0, 7), 1, 1e-9);
	assert_float_equal(chance_of_sorting(1, 1), 1. / 2, 1e-9);
	assert_float_equal(chance_of_sorting(1, 99), 1. / 100, 1e-9);
	assert_float_equal(chance_of_sorting(RESETS_MIN, RESETS_MIN), 1. / 924,
			   1e-9);
	assert_float_equal(chance_of_sorting(SORTED_MIN, SORTED_MIN), 1. / 252,
			   1e-9);
	assert_float_equal(chance_of_sorting(ONE_HOP_MIN, ONE_HOP_MIN), 1. / 70,
			   1e-9);
	assert_float_equal(chance_of_marking(0, 3, 9), 1, 1e-9);
	assert_float_equal(chance_of_marking(2, 3, 1), 0.5, 1e-9);
	assert_float_equal(chance_of_marking(4, 3, 9), 0, 1e-9);
	assert_true(chance_of_sorting(RESETS_MIN, RESETS_MIN) <
		    CHANCE_OF_SORTING);
	assert_true(chance_of_sorting(RESETS_MIN - 1, RESETS_MIN - 1) >
		    CHANCE_OF_SORTING);
}

/* The probe must send enough for a rule to conclude: on a path of which only
 * that is known which it asks in any case. */
static void the_probe_sends_enough(void **state)
{
	struct tries before = {CONTROLS_MIN, 0};
	struct tries contrast = {CONTRAST_ROUNDS, 0};

	(void)state;
	assert_int_equal(VAIN_TRIES, losses_needed(before));
	assert_true(VAIN_TRIES > VAIN_MIN);
	assert_true(CONTRAST_ROUNDS >= losses_needed(contrast));
	assert_true(CONTRAST_ROUNDS >= RESETS_MIN);
	assert_true(SYN_TRIES >= LOST_MIN);
	assert_true(SORT_PAIRS >= SORTED_MIN);
}

static void an_interval_narrows_with_its_degrees_of_freedom(void **state)
{
	(void)state;
	assert_float_equal(student(1), 12.706, 1e-9);
	assert_float_equal(student(10), 2.228, 1e-9);
	assert_float_equal(student(30), 2.042, 0.01); /* of the tables */
	for (size_t freedom = 1; freedom < 100; freedom++)
		assert_true(student(freedom) > student(freedom + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_of_few_controls_is_no_certainty),
		cmocka_unit_test(silence_is_beyond_chance_where_loss_is_rare),
		cmocka_unit_test(losses_needed_are_the_fewest),
		cmocka_unit_test(losses_among_answers_are_counted_as_well),
		cmocka_unit_test(connections_are_sorted_by_chance_so_often),
		cmocka_unit_test(the_probe_sends_enough),
		cmocka_unit_test(
			an_interval_narrows_with_its_degrees_of_freedom),
	};

	return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}
