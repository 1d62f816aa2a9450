/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "address.h"

static struct address parsed(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

static void test_text_round_trip(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",	    "10.0.3.2",
		"255.255.255.255",  "::",
		"fd00:3::2",	    "2001:db8:1:2:3:4:5:6",
		"::ffff:192.0.2.1", "fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address a = parsed(texts[i]);

		assert_string_equal(address_text(&a, text), texts[i]);
	}
}

/* Each byte in each place, as inet_ntop() writes it. */
static void test_ipv4_text(void **state)
{
	char text[ADDRESS_TEXT], wanted[ADDRESS_TEXT];

	(void)state;
	for (unsigned i = 0; i < 4 * 256; i++) {
		struct address a = {.family = 4, .bytes = {1, 22, 133, 9}};

		a.bytes[i / 256] = (uint8_t)i;
		assert_non_null(
			inet_ntop(AF_INET, a.bytes, wanted, sizeof(wanted)));
		assert_string_equal(address_text(&a, text), wanted);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const texts[] = {
		"",	      "10.0.3",	     "10.0.3.256",   "10.0.3.2:80",
		"host.lab",   " 10.0.3.2",   "fd00::1%eth0", "[fd00::1]",
		"fd00::1::2", "10.0.3.2/24",
	};
	struct address a = {.family = 9};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(address_parse(texts[i], &a));
	assert_int_equal(a.family, 9);
}

static void test_bytes(void **state)
{
	static const uint8_t bytes[16] = {0xfd, 0, 0, 3, [15] = 2};
	struct address a = address_from(bytes, 16), b;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(a.family, 6);
	assert_int_equal(address_length(&a), 16);
	assert_string_equal(address_text(&a, text), "fd00:3::2");
	b = address_from(bytes, 4);
	assert_int_equal(b.family, 4);
	assert_int_equal(address_length(&b), 4);
	assert_string_equal(address_text(&b, text), "253.0.0.3");
	assert_int_equal(b.bytes[15], 0);
	assert_int_equal(address_from(bytes, 5).family, 0);
	assert_int_equal(address_from(NULL, 0).family, 0);
}

static void test_equal(void **state)
{
	struct address a = parsed("10.0.3.2"), b = parsed("10.0.3.2");
	struct address c = parsed("10.0.3.3"), d = parsed("a00:302::");
	struct address none = {0};

	(void)state;
	assert_true(address_equal(&a, &b));
	b.bytes[4] = 1; /* no part of an IPv4 address */
	assert_true(address_equal(&a, &b));
	assert_false(address_equal(&a, &c));
	assert_false(address_equal(&a, &d));
	assert_false(address_equal(&a, &none));
	assert_true(address_equal(&none, &none));
}

static void test_none(void **state)
{
	struct address none = {0}, odd = {.family = 5};
	char text[ADDRESS_TEXT];

	(void)state;
	assert_string_equal(address_text(&none, text), "?");
	assert_string_equal(address_text(&odd, text), "?");
	assert_int_equal(address_length(&none), 0);
	assert_int_equal(address_length(&odd), 0);
}

static void test_private(void **state)
{
	static const char *const yes[] = {
		"10.0.0.1",    "127.0.0.1",   "172.16.0.1", "172.31.255.1",
		"192.168.3.4", "169.254.1.1", "100.64.0.1", "100.127.0.1",
		"fc00::1",     "fd12::9",     "fe80::1",    "::1"};
	static const char *const no[] = {
		"11.0.0.1",   "172.15.0.1",  "172.32.0.1",  "192.169.0.1",
		"100.63.0.1", "100.128.0.1", "2001:db8::1", "fec0::1"};
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		assert_true(address_parse(yes[i], &a));
		assert_true(address_is_private(&a));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_true(address_parse(no[i], &a));
		assert_false(address_is_private(&a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_ipv4_text),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
