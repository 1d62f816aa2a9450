/* SPDX-License-Identifier: GPL-3.0-or-later
 * How programs are named that use MPTCP, or do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/doctor/checks.h"
#include "tests/host.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Nobody else's name stands for a program that this user may not see. */
static void test_programs_without_names(void **state)
{
	struct host *h = host_new();
	struct checkup c;

	(void)state;
	host_socket(h, false, NULL)->user = 33;
	host_socket(h, false, NULL)->user = 33;
	host_socket(h, false, NULL)->user = 34;
	host_socket(h, false, "curl");
	c = checks_ask_one(&h->facts, "programs");
	assert_int_equal(c.count, 1);
	assert_non_null(strstr(c.checks[0].text,
			       "a program of user 33 (2), a program of user 34 "
			       "(1), curl (1)"));
	assert_string_equal(c.checks[0].commands, "mptcpize run curl");
	host_free(h);
}

/* Nothing that a shell would obey comes from who names a program. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {"x;reboot", "$(reboot)", "a b",
					    "`x`",	"-x",	     ""};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct host *h = host_new();
		struct checkup c;

		host_socket(h, false, names[i]);
		c = checks_ask_one(&h->facts, "programs");
		assert_string_equal(c.checks[0].commands,
				    "mptcpize run PROGRAM");
		host_free(h);
	}
}

/* Eight are named. */
static void test_many_programs(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e",
					    "f", "g", "h", "i"};
	struct host *h = host_new();
	struct checkup c;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		host_socket(h, false, names[i]);
	c = checks_ask_one(&h->facts, "programs");
	assert_non_null(strstr(c.checks[0].text, "h (1)"));
	assert_null(strstr(c.checks[0].text, "more"));
	host_socket(h, false, names[8]);
	c = checks_ask_one(&h->facts, "programs");
	assert_non_null(strstr(c.checks[0].text, "h (1) and 1 more"));
	assert_null(strstr(c.checks[0].text, "i (1)"));
	host_free(h);
}

static void test_counts(void **state)
{
	struct host *h = host_new();
	struct checkup c;

	(void)state;
	host_socket(h, false, "wget");
	host_socket(h, true, "curl");
	c = checks_ask_one(&h->facts, "connections");
	assert_non_null(strstr(c.checks[0].text, "1 MPTCP connection now"));
	host_connect(h, "192.0.2.9");
	c = checks_ask_one(&h->facts, "connection");
	assert_non_null(
		strstr(c.checks[0].text, ", and no further subflow joined"));
	host_free(h);
}

/* One port that is listened on over IPv4 and IPv6 is one. */
static void test_ports_once(void **state)
{
	struct host *h = host_new();
	struct checkup c;

	(void)state;
	host_listen(h, true, "nginx", 80);
	host_listen(h, true, "nginx", 80);
	host_listen(h, true, "nginx", 443);
	c = checks_ask_one(&h->facts, "listeners");
	assert_string_equal(c.checks[0].text,
			    "MPTCP is accepted by nginx (80, 443)");
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_without_names),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_many_programs),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_ports_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
