/* SPDX-License-Identifier: GPL-3.0-or-later
 * A scene of its own for each test of a program: that of scene(), begun.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "tests/client.h"

extern struct scene s;

int fixture_begin(void **state);
int fixture_begin6(void **state); /* over IPv6 */
int fixture_end(void **state);

/* For cmocka.h, which is to be included before. */
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
#define TEST6(name)                                                            \
	cmocka_unit_test_setup_teardown(name, fixture_begin6, fixture_end)

#endif
