/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/origin_table.h"

static struct origin_table *table(const char *text, unsigned long wrong)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	struct origin_table *t;
	unsigned long found;

	assert_non_null(file);
	t = origin_table_read(file, &found);
	fclose(file);
	assert_int_equal(found, wrong);
	return t;
}

static void assert_origin(const struct origin_table *t, const char *text,
			  uint32_t number, const char *name)
{
	const char *got;
	struct address a;

	assert_true(address_parse(text, &a));
	assert_int_equal(origin_table_find(t, &a, &got), number);
	assert_string_equal(got, name);
}

static void test_forms(void **state)
{
	struct origin_table *t =
		table("; pyasn\n# and others\n\n"
		      "192.0.2.0/24\t64500\n"
		      "198.51.100.0\t24\t64501_64502\n" /* CAIDA */
		      "203.0.113.0 24 64503,64504\n"
		      "198.18.0.0/15 | AS64505 | EXAMPLE Example Carrier\r\n"
		      "198.18.4.0/24,64506,\"Two \\ words\"\n"
		      "100.64.0.0/10 {64507,64508}\n"
		      "2001:db8::/32 4200000000 SIX # of six\n",
		      0);

	(void)state;
	assert_origin(t, "192.0.2.255", 64500, "");
	assert_origin(t, "192.0.3.0", 0, "");
	assert_origin(t, "198.51.100.7", 64501, "");
	assert_origin(t, "203.0.113.7", 64503, "");
	assert_origin(t, "198.18.3.255", 64505, "EXAMPLE Example Carrier");
	assert_origin(t, "198.18.4.1", 64506, "Two \\ words");
	assert_origin(t, "100.64.0.1", 64507, "");
	assert_origin(t, "2001:db8::1", 4200000000, "SIX");
	assert_origin(t, "2001:db9::1", 0, "");
	assert_string_equal(origin_table_name(t, 64505),
			    "EXAMPLE Example Carrier");
	assert_string_equal(origin_table_name(t, 64500), "");
	origin_table_free(t);
}

/* The longest prefix, whatever the order. */
static void test_longest(void **state)
{
	struct origin_table *t = table("10.1.2.3/32 3\n0.0.0.0/0 9\n"
				       "10.1.0.0/16 2\n10.0.0.0/8 1\n::/0 6\n",
				       0);

	(void)state;
	assert_origin(t, "10.1.2.3", 3, "");
	assert_origin(t, "10.1.2.4", 2, "");
	assert_origin(t, "10.2.0.0", 1, "");
	assert_origin(t, "11.0.0.0", 9, "");
	assert_origin(t, "fd00::1", 6, "");
	origin_table_free(t);
}

/* What is wrong is left out, the first is told. */
static void test_wrong(void **state)
{
	static const char *const lines[] = {
		"192.0.2.0/24",
		"192.0.2.0/24 x",
		"192.0.2.0/24 0",
		"192.0.2.0/24 4294967296",
		"192.0.2.1/24 1",
		"192.0.2.0/33 1",
		"192.0.2.0 1",
		"192.0.2.0",
		"192.0.2.0/24 -1",
		"192.0.2.0/24 1x",
		"name 24 1",
		"192.0.2.0/24 AS",
		"192.0.2.0 999999999999999999999999999999999999999999 1",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct origin_table *t;

		snprintf(text, sizeof(text), "10.0.0.0/8 1\n%s\n11.0.0.0/8 2\n",
			 lines[i]);
		t = table(text, 2);
		assert_origin(t, "192.0.2.0", 0, "");
		assert_origin(t, "10.0.0.0", 1, "");
		assert_origin(t, "11.0.0.0", 2, "");
		origin_table_free(t);
	}
}

static void test_none(void **state)
{
	struct origin_table *t = table("#\n", 0);

	(void)state;
	assert_origin(t, "192.0.2.0", 0, "");
	assert_origin(NULL, "192.0.2.0", 0, "");
	assert_string_equal(origin_table_name(NULL, 1), "");
	origin_table_free(t);
	origin_table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
