/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is near to something else, and what is not.
 */
#include "probe/cli/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_apart(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned apart;
	} pairs[] = {
		{"", "", 0},
		{"read", "read", 0},
		{"", "read", 4},
		{"raed", "read", 1},
		{"rea", "read", 1},
		{"readd", "read", 1},
		{"reed", "read", 1},
		{"erad", "read", 1},
		{"rdea", "read", 2},
		{"dear", "read", 2},
		{"doctro", "doctor", 1},
		{"list", "read", 4},
	};
	char a[200], b[200];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(letters_apart(pairs[i].a, pairs[i].b),
				 pairs[i].apart);
		assert_int_equal(letters_apart(pairs[i].b, pairs[i].a),
				 pairs[i].apart);
	}
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	a[199] = b[199] = '\0';
	assert_int_equal(letters_apart(a, b), 63);
}

static const char *name(size_t i)
{
	static const char *const names[] = {"read", "run",  "speed", "doctor",
					    "list", "json", "jsom",  NULL};

	return names[i];
}

static void test_nearest(void **state)
{
	static const struct {
		const char *typed, *meant;
	} pairs[] = {
		{"raed", "read"},      {"doctr", "doctor"}, {"dcotr", "doctor"},
		{"spd", "speed"},      {"sped", "speed"},   {"rn", "run"},
		{"r", NULL},	       {"lost", "list"},    {"example", NULL},
		{"jso", NULL},	       {"json", "json"},    {"", NULL},
		{"docotrs", "doctor"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const char *near = nearest_name(pairs[i].typed, name);

		if (!pairs[i].meant)
			assert_null(near);
		else
			assert_string_equal(near, pairs[i].meant);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
