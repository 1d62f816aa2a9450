// SPDX-License-Identifier: GPL-3.0-or-later
/* What of a text gets a pseudonym, and what only looks as if it should. */
#include "probe/cli/cover.h"

#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/track/anonymous.h"

static const uint8_t key[PSEUDONYM_KEY] = {3, 1, 4};
static struct anonymous *anonymous;
static struct arena *arena;

static char *covered(const char *text)
{
	struct cover *c =
		cover_new(anonymous, "http://www.example.org:8080/a?secret=1");
	size_t length;
	char *out = cover_text(c, text, strlen(text), &length);

	assert_int_equal(length, strlen(out));
	cover_free(c);
	return out;
}

static void expect(const char *text, const char *shown)
{
	char *out = covered(text);

	assert_string_equal(out, shown);
	free(out);
}

/* The pseudonym, of a prefix its first bits. */
static const char *address_of(const char *text, unsigned bits)
{
	struct address a;

	assert_true(address_parse(text, &a));
	a = anonymous_address(anonymous, &a);
	for (; bits < 8 * address_length(&a); bits++)
		a.bytes[bits / 8] &= (uint8_t) ~(0x80 >> bits % 8);
	return arena_address(arena, &a);
}

static void test_addresses(void **state)
{
	static const char *const forms[] = {
		"%s",	   "to %s.",	   "(%s)",  "\"%s\":1", "%s, %s",
		"[%s]:80", "via %s dev x", "%s-%s", "peer:%s",	"%s\n"};
	static const char *const addresses[] = {"10.1.2.3", "93.184.216.34",
						"fd00:1::5", "2a01:4f8::1",
						"fe80::1"};
	char text[200], shown[200];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (size_t k = 0; k < 5; k++) {
			const char *a = addresses[k], *b = address_of(a, 128);

			snprintf(text, sizeof(text), forms[i], a, a);
			snprintf(shown, sizeof(shown), forms[i], b, b);
			expect(text, shown);
		}
	}
	snprintf(shown, sizeof(shown), "%s:443", address_of("10.1.2.3", 128));
	expect("10.1.2.3:443", shown);
}

static void test_prefixes(void **state)
{
	char shown[200];

	(void)state;
	expect("10.0.0.0/8", "10.0.0.0/8");
	expect("0.0.0.0/0 ::/0", "0.0.0.0/0 ::/0");
	snprintf(shown, sizeof(shown), "%s/24 %s/48",
		 address_of("10.1.2.0", 24), address_of("2a01:4f8::", 48));
	expect("10.1.2.0/24 2a01:4f8::/48", shown);
}

static void test_names(void **state)
{
	const char *host = anonymous_host(anonymous, arena, "www.example.org");
	const char *url = arena_printf(arena, "http://%s/", host);
	static const uint8_t link[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

	(void)state;
	expect("http://www.example.org:8080/a?secret=1", url);
	expect("www.example.org", host);
	expect("mywww.example.org www.example.organ",
	       "mywww.example.org www.example.organ");
	expect("{\"www.example.org\":1}", "{\"www.example.org\":1}");
	expect("52:54:00:12:34:56", anonymous_link(anonymous, arena, link));
}

/* Each of this host, but for the one that all have. */
static void test_interfaces(void **state)
{
	struct if_nameindex *all = if_nameindex();
	char text[ANONYMOUS_INTERFACE];

	(void)state;
	expect("dev lo", "dev lo");
	for (struct if_nameindex *i = all; i && i->if_index; i++)
		if (strcmp(i->if_name, "lo") != 0)
			expect(i->if_name,
			       anonymous_interface(anonymous, i->if_name,
						   text));
	if_freenameindex(all);
}

static void test_others(void **state)
{
	static const char *const same[] = {
		"",
		"12:30:45.123",
		"2026-11-28T12:30:45Z",
		"1.5 s, 3.14, 10.0.3, 300.1.2.3",
		"add::this",
		"tcp_rmem = 4096 131072 33554432",
		"127.0.0.1 ::1 0.0.0.0 255.255.255.255",
		"v10.1.2.3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		expect(same[i], same[i]);
	assert_null(cover_new(NULL, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_others),
	};
	int failed;

	anonymous = anonymous_new(key);
	arena = arena_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	anonymous_free(anonymous);
	return failed;
}
