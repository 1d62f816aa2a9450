/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/doctor/gather_subflows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void all_joined_at_once(void **state)
{
	struct seen_subflows s = {.joined = 2};

	(void)state;
	assert_true(subflows_settled(&s, 2, 2));
	assert_true(subflows_settled(&s, 0, 0));
}

/* Whoever looks between a SYN and its socket's becoming the connection's sees
 * what was counted, and no socket. */
static void none_is_given_up_at_one_look(void **state)
{
	struct seen_subflows s = {0};

	(void)state;
	for (int look = 1; look < 20; look++)
		assert_false(subflows_settled(&s, 2, 2));
	assert_true(subflows_settled(&s, 2, 2));
}

static void what_is_on_its_way_is_waited_for(void **state)
{
	struct seen_subflows s = {0};

	(void)state;
	for (int look = 0; look < 19; look++)
		assert_false(subflows_settled(&s, 2, 2));
	s.pending = 1;
	for (int look = 0; look < 100; look++)
		assert_false(subflows_settled(&s, 2, 2));
	s.pending = 0;
	s.joined = 1;
	for (int look = 1; look < 20; look++)
		assert_false(subflows_settled(&s, 2, 2));
	assert_true(subflows_settled(&s, 2, 2));
}

static void what_was_not_tried_is_waited_for(void **state)
{
	struct seen_subflows s = {0};

	(void)state;
	for (int look = 0; look < 100; look++)
		assert_false(subflows_settled(&s, 2, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_joined_at_once),
		cmocka_unit_test(none_is_given_up_at_one_look),
		cmocka_unit_test(what_is_on_its_way_is_waited_for),
		cmocka_unit_test(what_was_not_tried_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
