/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/doctor/own_mptcp.h"

static const char *const folders[] = {"net", "sys", "sys/net", "sys/net/mptcp"};
static const char *const files[] = {"net/netstat", "sys/net/mptcp/enabled",
				    "sys/net/mptcp/blackhole_timeout"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char proc[] = "/tmp/own_mptcp.XXXXXX";

static char *in_proc(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *out = fopen(in_proc(name), "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static int make_proc(void **state)
{
	(void)state;
	if (!mkdtemp(proc))
		return -1;
	for (size_t i = 0; i < COUNT(folders); i++)
		if (mkdir(in_proc(folders[i]), 0700))
			return -1;
	return 0;
}

static int remove_proc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(in_proc(files[i]));
	for (size_t i = COUNT(folders); i-- > 0;)
		rmdir(in_proc(folders[i]));
	return rmdir(proc);
}

static void put_all(const char *enabled, const char *timeout,
		    const char *counts)
{
	char text[300];

	put("sys/net/mptcp/enabled", enabled);
	put("sys/net/mptcp/blackhole_timeout", timeout);
	snprintf(text, sizeof(text),
		 "TcpExt: Blackhole\nTcpExt: 7\n"
		 "MPTcpExt: MPCapableSYNTX MPCapableSYNTXDisabled Blackhole\n"
		 "MPTcpExt: %s\n",
		 counts);
	put("net/netstat", text);
}

/* A kernel without MPTCP, or a /proc that is hidden. */
static void test_nothing_there(void **state)
{
	char text[300];

	(void)state;
	assert_false(own_mptcp_off("/nonexistent", text, sizeof(text)));
}

static void test_on(void **state)
{
	char text[300];

	(void)state;
	put_all("1\n", "3600\n", "5 0 0");
	assert_false(own_mptcp_off(proc, text, sizeof(text)));
	put_all("1\n", "0\n", "5 0 2");
	assert_false(own_mptcp_off(proc, text, sizeof(text)));
	put_all("1\n", "3600\n", "5");
	assert_false(own_mptcp_off(proc, text, sizeof(text)));
}

static void test_off(void **state)
{
	char text[300];

	(void)state;
	put_all("0\n", "3600\n", "5 0 0");
	assert_true(own_mptcp_off(proc, text, sizeof(text)));
	assert_non_null(strstr(text, "sysctl -w net.mptcp.enabled=1"));
	put_all("1\n", "1800\n", "5 3 1");
	assert_true(own_mptcp_off(proc, text, sizeof(text)));
	assert_non_null(strstr(text, "blackholes: 1,"));
	assert_non_null(strstr(text, "since: 3,"));
	assert_non_null(strstr(text, "net.mptcp.blackhole_timeout=1800"));
	put_all("1\n", "3600\n", "5 3 0");
	assert_true(own_mptcp_off(proc, text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_on),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, make_proc, remove_proc);
}
