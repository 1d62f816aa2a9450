/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/prefix.h"

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	return p;
}

static void assert_address(struct address a, const char *text)
{
	char got[ADDRESS_TEXT];

	assert_string_equal(address_text(&a, got), text);
}

static void test_parse_refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"10.0.0.0/",
		"0.0.0.0/",
		"::/",
		"10.0.0.0/33",
		"10.0.0.1/8",
		"10.0.0/8",
		"fd00::/129",
		"fd00::1/64",
		"10.0.0.0/08x",
		"10.0.0.0/1/2",
		"10.0.0.0/0008",
		"name/8",
		"10.0.0.0000000000000000000000000000000000000000/8",
	};
	char longest[4096];
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(prefix_parse(texts[i], &p));
	memset(longest, '1', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_false(prefix_parse(longest, &p));
}

static void test_addresses(void **state)
{
	struct prefix p = prefix("10.128.0.0/15");

	(void)state;
	assert_int_equal(prefix_size(&p), 131072);
	assert_address(prefix_address(&p, 0), "10.128.0.0");
	assert_address(prefix_address(&p, 65537), "10.129.0.1");
	assert_address(prefix_last(&p), "10.129.255.255");
	p = prefix("fd00::ff00/120");
	assert_int_equal(prefix_size(&p), 256);
	assert_address(prefix_address(&p, 255), "fd00::ffff");
	p = prefix("192.0.2.7");
	assert_int_equal(prefix_size(&p), 1);
	assert_address(prefix_last(&p), "192.0.2.7");
	p = prefix("0.0.0.0/0");
	assert_int_equal(prefix_size(&p), UINT64_C(1) << 32);
}

static void test_too_many(void **state)
{
	struct prefix p = prefix("fd00::/66");

	(void)state;
	assert_int_equal(prefix_size(&p), UINT64_C(1) << 62);
	p = prefix("fd00::/65");
	assert_int_equal(prefix_size(&p), 0);
	p = prefix("::/0");
	assert_int_equal(prefix_size(&p), 0);
}

static void test_contains(void **state)
{
	struct prefix p = prefix("172.16.0.0/12"), inner;
	struct address a;

	(void)state;
	a = prefix("172.31.255.255").first;
	assert_true(prefix_contains(&p, &a));
	a = prefix("172.32.0.0").first;
	assert_false(prefix_contains(&p, &a));
	a = prefix("ac10::").first; /* the same bits, another family */
	assert_false(prefix_contains(&p, &a));
	inner = prefix("172.20.0.0/16");
	assert_true(prefix_covers(&p, &inner));
	inner = prefix("172.0.0.0/8");
	assert_false(prefix_covers(&p, &inner));
}

static void test_of(void **state)
{
	struct address a = prefix("203.0.113.255").first;
	struct prefix p = prefix_of(&a, 25);

	(void)state;
	assert_address(p.first, "203.0.113.128");
	assert_int_equal(p.length, 25);
	p = prefix_of(&a, 32);
	assert_address(p.first, "203.0.113.255");
	p = prefix_of(&a, 0);
	assert_address(p.first, "0.0.0.0");
	a = prefix("2001:db8::ffff").first;
	p = prefix_of(&a, 113);
	assert_address(p.first, "2001:db8::8000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
