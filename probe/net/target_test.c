// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/net/complain.h"
#include "probe/net/target.h"
#include "tests/namespace.h"

static bool networked;

static void test_parse(void **state)
{
	static const struct {
		const char *text, *host, *zone;
		uint16_t port;
	} good[] = {
		{"server.lab", "server.lab", "", 0},
		{"server.lab:80", "server.lab", "", 80},
		{"192.0.2.1", "192.0.2.1", "", 0},
		{"192.0.2.1:65535", "192.0.2.1", "", 65535},
		{"2001:db8::1", "2001:db8::1", "", 0},
		{"::", "::", "", 0},
		{"[2001:db8::1]", "2001:db8::1", "", 0},
		{"[2001:db8::1]:443", "2001:db8::1", "", 443},
		{"fe80::1%eth0", "fe80::1", "eth0", 0},
		{"[fe80::1%eth0]:80", "fe80::1", "eth0", 80},
		{"b\xc3\xbc"
		 "cher.example",
		 "b\xc3\xbc"
		 "cher.example",
		 "", 0},
	};
	struct target_name t;
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
			target_parse(good[i].text, &t, error, sizeof(error)),
			0);
		assert_string_equal(t.host, good[i].host);
		assert_string_equal(t.zone, good[i].zone);
		assert_int_equal(t.port, good[i].port);
	}
}

/* What people paste. */
static void test_parse_urls(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
		bool tls;
	} urls[] = {
		{"http://host", "host", 80, false},
		{"HTTPS://host/", "host", 443, true},
		{"https://u:p@host:8443/a?b#c", "host", 8443, true},
		{"https://u@v@host?x=://y@z", "host", 443, true},
		{"http://[2001:db8::1]:81/", "2001:db8::1", 81, false},
		{"http://[2001:db8::1]", "2001:db8::1", 80, false},
		{"ws://192.0.2.1#x", "192.0.2.1", 80, false},
		{"wss://host/a@b:c", "host", 443, true},
		{"ssh://host:22", "host", 22, false},
	};
	struct target_name t;
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_int_equal(
			target_parse(urls[i].text, &t, error, sizeof(error)),
			0);
		assert_string_equal(t.host, urls[i].host);
		assert_int_equal(t.port, urls[i].port);
		assert_int_equal(t.tls, urls[i].tls);
		assert_true((target_say(&t, NULL) != NULL) == urls[i].tls);
		assert_string_equal(target_say(&t, "none"), "none");
	}
}

static void test_parse_bad(void **state)
{
	static const char *const bad[] = {
		"",	      "host:",		"host:0",
		"host:70000", "host:65536",	"host:80x",
		"host:-1",    "host: 80",	"host:+80",
		":80",	      "[::1",		"[::1]80",
		"[::1]:",     "[host]:80",	"[192.0.2.1]:80",
		"1:2:3",      "2001:db8::1::",	"http://",
		"host/path",  "user@host",	"ho st",
		"host\n",     "fe80::1%",	"fe80::1%anamethatistoolong",
		"host%eth0",  "192.0.2.1%eth0", "host:4294967376",
		"[]",	      "[]:80",		"ssh://host",
		"http://u@",  "http:///x",	"https://host:0/",
		"://host",    "xhttp://host",	"http://host:80x/",
	};
	char error[200], name[600];
	struct target_name t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		if (target_parse(bad[i], &t, error, sizeof(error)) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(strlen(error) > 0);
	}
	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	assert_int_equal(target_parse(name, &t, error, sizeof(error)), -1);
	name[255] = '\0';
	assert_int_equal(target_parse(name, &t, error, sizeof(error)), 0);
}

static void test_resolve_numeric(void **state)
{
	struct address out[2];
	char error[200];

	(void)state;
	assert_int_equal(target_resolve("192.0.2.1", false, false, out, error,
					sizeof(error)),
			 1);
	assert_int_equal(out[0].family, 4);
	assert_int_equal(target_resolve("2001:db8::1", true, true, out, error,
					sizeof(error)),
			 1);
	assert_int_equal(out[0].family, 6);
	assert_int_equal(target_resolve("2001:db8::1", true, false, out, error,
					sizeof(error)),
			 0);
	assert_string_equal(error, "2001:db8::1: not an IPv4 address");
	assert_int_equal(target_resolve("192.0.2.1", false, true, out, error,
					sizeof(error)),
			 0);
	assert_string_equal(error, "192.0.2.1: not an IPv6 address");
}

/* In a network without name servers nothing but /etc/hosts answers. */
static void test_resolve_names(void **state)
{
	struct address out[2];
	char error[200];

	(void)state;
	if (!networked || access("/etc/hosts", R_OK))
		skip();
	assert_int_equal(target_resolve("localhost", true, false, out, error,
					sizeof(error)),
			 1);
	assert_int_equal(out[0].family, 4);
	assert_int_equal(out[0].bytes[0], 127);
	assert_int_equal(target_resolve("no-such-host.invalid", false, false,
					out, error, sizeof(error)),
			 0);
	assert_non_null(strstr(error, "no-such-host.invalid"));
}

static int find(const char *target, const char *interface, const char *source,
		struct route *route)
{
	struct address to, from;

	assert_true(address_parse(target, &to));
	if (source)
		assert_true(address_parse(source, &from));
	return route_find(&to, interface, source ? &from : NULL, "-s", route);
}

static void test_route(void **state)
{
	char text[ADDRESS_TEXT];
	struct route r;

	(void)state;
	if (!networked)
		skip();
	assert_int_equal(find("127.0.0.1", NULL, NULL, &r), 0);
	assert_string_equal(r.interface, "lo");
	assert_string_equal(address_text(&r.source, text), "127.0.0.1");
	assert_int_equal(r.mtu, 65536);
	assert_int_equal(find("127.0.0.1", "lo", "127.0.0.7", &r), 0);
	assert_string_equal(address_text(&r.source, text), "127.0.0.7");
	assert_int_equal(find("::1", "lo", NULL, &r), 0);
	assert_string_equal(address_text(&r.source, text), "::1");
}

static void test_no_route(void **state)
{
	struct route r;

	(void)state;
	if (!networked)
		skip();
	assert_int_equal(find("192.0.2.1", NULL, NULL, &r), EXIT_UNKNOWN);
	assert_int_equal(find("2001:db8::1", NULL, NULL, &r), EXIT_UNKNOWN);
	assert_int_equal(find("127.0.0.1", "nope0", NULL, &r), EXIT_INTERFACE);
	assert_int_equal(
		find("127.0.0.1", "aninterfacewithalongname", NULL, &r),
		EXIT_INTERFACE);
	assert_int_equal(find("127.0.0.1", NULL, "192.0.2.9", &r), EXIT_USAGE);
	assert_int_equal(find("127.0.0.1", NULL, "::1", &r), EXIT_USAGE);
	assert_int_equal(find("127.0.0.1", NULL, "0.0.0.0", &r), EXIT_USAGE);
	assert_int_equal(find("224.0.0.1", NULL, NULL, &r), EXIT_USAGE);
	assert_int_equal(find("ff02::1", "lo", NULL, &r), EXIT_USAGE);
	assert_int_equal(find("255.255.255.255", "lo", NULL, &r), EXIT_USAGE);
	assert_int_equal(find("0.0.0.0", NULL, NULL, &r), EXIT_USAGE);
	assert_int_equal(find("::", NULL, NULL, &r), EXIT_USAGE);
	assert_int_equal(find("fe80::1", NULL, NULL, &r), EXIT_USAGE);
	assert_true(set_loopback(false));
	assert_int_equal(find("127.0.0.1", "lo", NULL, &r), EXIT_INTERFACE);
	assert_true(set_loopback(true));
}

static void test_find(void **state)
{
	struct target_wanted any = {0}, from4 = {.source = "127.0.0.7"};
	struct target t[2];
	int code;

	(void)state;
	if (!networked || access("/etc/hosts", R_OK))
		skip();
	assert_int_equal(target_find("127.0.0.1", &any, t, &code), 1);
	assert_int_equal(t[0].name.port, 80);
	assert_false(t[0].bound);
	any.interface = "lo";
	assert_int_equal(target_find("[::1]:81", &any, t, &code), 1);
	assert_int_equal(t[0].name.port, 81);
	assert_true(t[0].bound);
	assert_int_equal(target_find("", &any, t, &code), 0);
	assert_int_equal(code, EXIT_USAGE);
	/* A source address chooses the family of a name, not of an address. */
	assert_int_equal(target_find("localhost", &from4, t, &code), 1);
	assert_int_equal(t[0].address.family, 4);
	assert_int_equal(t[0].route.source.bytes[3], 7);
	assert_int_equal(target_find("::1", &from4, t, &code), 0);
	assert_int_equal(code, EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_urls),
		cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_resolve_numeric),
		cmocka_unit_test(test_resolve_names),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_no_route),
		cmocka_unit_test(test_find),
	};

	networked = own_network();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
