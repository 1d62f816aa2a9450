// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe run --replay, and what it says of bad scripts: each case in a
 * process of its own, as the command gives up privileges for ever. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/scenario/scenario.h"

static char said[200000]; /* on both streams */

static int child(FILE *to, struct options *o, const char *script)
{
	char *argv[] = {(char *)script, NULL};
	struct output *out;
	int code;

	dup2(fileno(to), STDOUT_FILENO);
	dup2(fileno(to), STDERR_FILENO);
	out = output_open(o);
	code = output_close(out, cmd_run(o, out, 1, argv));
	return code;
}

static int run(struct options *o, const char *capture, const char *script)
{
	FILE *file = tmpfile();
	size_t length;
	int status;
	pid_t pid;

	o->replay_file = capture;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(child(file, o, script));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rewind(file);
	length = fread(said, 1, sizeof(said) - 1, file);
	said[length] = '\0';
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int replay(const char *directory, const char *name, bool json)
{
	struct options o = {.mptcp_version = -1, .json = json};
	char capture[300], script[300];

	snprintf(capture, sizeof(capture), "pcaps/%s/%s.pcap", directory, name);
	snprintf(script, sizeof(script), "scenarios/%s.lua", name);
	return run(&o, capture, script);
}

static void expect_said(const char *what)
{
	if (!strstr(said, what))
		fail_msg("\"%s\" is not in:\n%s", what, said);
}

/* Table 3.7 of the reference: what the v0 kernel answered. */
static const struct {
	const char *name, *sent, *outcomes;
} v0[] = {
	{"compliant", "csum 0x3aca",
	 "{\"data\":\"data-acked\",\"response\":\"mapped\",\"join\":"
	 "\"accepted\"}"},
	{"invalid-key", "csum 0x3aca",
	 "{\"data\":\"data-acked\",\"response\":\"mapped\",\"join\":"
	 "\"accepted\"}"},
	{"no-dss-checksum", "dsn fb4e435d ssn 1 len 72, nop",
	 "{\"data\":\"reset\",\"response\":\"none\",\"join\":\"accepted\"}"},
	{"bad-dss-checksum", "csum 0x6090",
	 "{\"data\":\"mp-fail\",\"response\":\"none\",\"join\":\"reset\"}"},
	{"infinite-mapping", "dsn fb4e435d ssn 1 len 0 csum 0x0000",
	 "{\"data\":\"data-acked\",\"response\":\"infinite\",\"join\":"
	 "\"reset\"}"},
	{"bad-join-token", "csum 0x3aca",
	 "{\"data\":\"data-acked\",\"response\":\"mapped\",\"join\":"
	 "\"reset\"}"},
};

static void test_v0_captures(void **state)
{
	static const char *const places[] = {"v0", "v0-ipv6"};

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < sizeof(v0) / sizeof(v0[0]); i++) {
			if (replay(places[d], v0[i].name, true) != 0)
				fail_msg("%s: %s", v0[i].name, said);
			expect_said(v0[i].sent);
			expect_said("dsn fb4e435d ssn 1");
			expect_said(v0[i].outcomes);
			expect_said("\"mptcp_version\":0");
			expect_said("{\"name\":\"linux-v0\",\"release\":null,"
				    "\"matches\":true");
		}
		assert_int_equal(replay(places[d], "plain", true), 0);
		expect_said("{\"syn_ack\":\"plain\",\"data\":\"fallback\","
			    "\"response\":\"plain\"}");
	}
}

/* The token is that of the server's recorded key. */
static void test_v0_tokens(void **state)
{
	(void)state;
	assert_int_equal(replay("v0", "compliant", false), 0);
	expect_said("token");
	expect_said("bd198775");
	assert_int_equal(replay("v0", "bad-dss-checksum", false), 0);
	expect_said("3093d1be");
	assert_int_equal(replay("v0", "infinite-mapping", false), 0);
	expect_said("04a6e202");
}

/* Each was recorded in the lab, as `mpprobe run -w` writes it. How many. */
static unsigned replay_all(const char *place)
{
	char path[64];
	DIR *directory;
	struct dirent *entry;
	unsigned count = 0;

	snprintf(path, sizeof(path), "pcaps/%s", place);
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		char *dot = strstr(entry->d_name, ".pcap");

		if (!dot)
			continue;
		*dot = '\0';
		if (replay(place, entry->d_name, true) != 0)
			fail_msg("%s: %s", entry->d_name, said);
		expect_said("{\"name\":\"linux-v1\",\"release\":\"");
		expect_said("\"matches\":true");
		count++;
	}
	closedir(directory);
	return count;
}

static void test_v1_captures(void **state)
{
	(void)state;
	assert_true(replay_all("v1-scenarios") >= 29);
}

/* Kernels of these releases, by lab/kernels.py. */
static void test_old_captures(void **state)
{
	(void)state;
	assert_true(replay_all("v1-linux-5.10") >= 6);
	assert_true(replay_all("v1-linux-6.16") >= 1);
	assert_int_equal(replay("v1-linux-5.10", "fastclose", true), 0);
	expect_said("\"right_key\":\"silent before 5.13\"");
	assert_int_equal(replay("v1-linux-5.10", "data-fin", true), 0);
	expect_said("\"data_fin\":\"acked\"");
}

static void test_another_exchange(void **state)
{
	struct options o = {.mptcp_version = -1};

	(void)state;
	assert_int_equal(
		run(&o, "pcaps/v0/plain.pcap", "scenarios/compliant.lua"), 65);
	expect_said("compliant.lua:14: sends mss 1460, MP_CAPABLE v1 flags "
		    "AH, but frame 1 of the capture has mss 1460");
	assert_int_equal(run(&o, "pcaps/v0/compliant.pcap",
			     "scenarios/bad-join-token.lua"),
			 65);
	expect_said("bad-join-token.lua:22: sends mss 1460, MP_JOIN syn id 1 "
		    "token 42198775");
	assert_int_equal(run(&o, "pcaps/v0/compliant.pcap",
			     "scenarios/no-dss-checksum.lua"),
			 65);
	expect_said("no-dss-checksum.lua:15: ");
	assert_int_equal(run(&o, "/dev/null", "scenarios/join.lua"), 65);
	assert_int_equal(run(&o, "/nonexistent", "scenarios/join.lua"), 65);
	assert_int_equal(run(&o, "pcaps/v0/plain.pcap", "nonexistent"), 65);
	assert_int_equal(run(&o, "pcaps/v0/plain.pcap", "/none.lua"), 65);
}

#define HEAD                                                                   \
	"scenario { title = 't', source = 's', versions = { 0, 1 },\n"         \
	"answers = { rfc = { x = 'y' } } }\n"
#define CONNECT "local a = subflow { checksum = true }\na:connect()\n"

/* Scripts against pcaps/v0/compliant.pcap: exit code and what is said. The
 * third line is the first behind HEAD, the fifth behind CONNECT. */
static const struct {
	const char *script;
	int code;
	const char *says;
} scripts[] = {
	{"this is not lua", 65, "x.lua:1: syntax error near 'is'"},
	{"", 65, "x.lua: it declares no scenario {}"},
	{"while true do end", 65, "x.lua:1: the script took more"},
	{"os.execute 'id'", 65, "x.lua:1: attempt to index a nil value"},
	{"subflow()", 65, "x.lua:1: scenario {} must come first"},
	{"scenario { title = 1 }", 65, "x.lua:1: title: expected a string"},
	{"scenario { titel = 'x' }", 65,
	 "x.lua:1: scenario has no field titel"},
	{"scenario { title = 't', source = 's', versions = { 2 } }", 65,
	 "x.lua:1: scenario: versions are 0 and 1"},
	{"scenario { title = 't', source = 's', versions = { 1 } }", 65,
	 "x.lua:1: scenario: answers: expected a table"},
	{HEAD "\nerror 'boom'", 65, "x.lua:4: boom"},
	{HEAD "while true do end", 65, "x.lua:3: the script took more"},
	{HEAD "local s = 'x' while true do s = s .. s end", 65,
	 "x.lua:3: the script needs more than 8 MiB"},
	{HEAD "subflow { kee = 1 }", 65, "x.lua:3: subflow has no field kee"},
	{HEAD "subflow().nonsense()", 65,
	 "x.lua:3: a subflow has no field nonsense"},
	{HEAD "subflow().key = 1", 65,
	 "x.lua:3: the fields of a subflow cannot be set"},
	{HEAD "subflow():syn { ttl = 300 }", 65,
	 "x.lua:3: ttl: expected at most 255, got 300"},
	{HEAD "subflow():syn { ttl = { 3, 1 } }", 65,
	 "x.lua:3: ttl: expected 1 to 255"},
	{HEAD "subflow():syn { options = { 7 } }", 65,
	 "x.lua:3: options: expected options such as mss()"},
	{HEAD "subflow():syn { options = { raw 'xyz' } }", 65,
	 "x.lua:3: raw: expected hex digits"},
	{HEAD "subflow():syn { options = { raw(('00'):rep(41)) } }", 65,
	 "x.lua:3: the options take more than 40 bytes"},
	{HEAD "subflow():syn { flags = 'SX' }", 65,
	 "x.lua:3: flags: expected letters of FSRPAUEC"},
	{HEAD "mss { 1, x = 2 }", 65, "x.lua:3: mss has no field x"},
	{HEAD "dss { chekcsum = 1 }", 65, "x.lua:3: dss has no field chekcsum"},
	{HEAD CONNECT "a:data(request, { options = { dss { checksum = {} } } "
		      "})",
	 65,
	 "x.lua:5: checksum: expected a whole number, true or false, got "
	 "table"},
	{HEAD CONNECT "a:expect({ option = 'MP_FAIL' }, 100)", 1,
	 "x.lua:5: expected MP_FAIL in a segment, got nothing in 100 ms"},
	{HEAD CONNECT "a:data(request)\n"
		      "pcall(a.expect, a, { flags = 'R' })",
	 1, "x.lua:6: expected a RST, got PA with 312 bytes DSS"},
	{HEAD CONNECT "check(1 == 2, 'one is two')", 1,
	 "x.lua:5: expected that one is two"},
	{HEAD CONNECT "outcome('x', 'y') outcome('x', 'y')", 65,
	 "x.lua:5: outcome x is recorded already"},
	{HEAD CONNECT "outcome('x', 'y')", 0, "The peer answers as s asks."},
	{HEAD CONNECT "outcome('x', 'z')", 1,
	 "The answers are like those of no known stack. Not as s asks: x is z, "
	 "not y. The\nreturn path may"},
	{HEAD CONNECT "outcome('x', 'mapped')", 1,
	 "The peer answers like no known stack. Not as s asks: x is mapped, "
	 "not y.\n"},
	{HEAD CONNECT "outcome('w', 1) outcome('x', 'reset') check(false, '')",
	 1, "The answers differ: x.lua:5: "},
	{HEAD CONNECT "for i = 1, 100 do subflow() end", 65, "x.lua:5: "},
	{HEAD CONNECT "wait(1 << 40)", 65, "x.lua:5: bad argument"},
	{HEAD "either(subflow(), 1)", 65, "x.lua:3: bad argument #2"},
	{HEAD CONNECT "local b = subflow { checksum = true }\n"
		      "local k, s = either(a, b, {}, 100)\n"
		      "outcome('x', not k and not s and 'y')",
	 0, "The peer answers as s asks."},
	{HEAD "subflow { version = 0, checksum = true }:connect() note(1)", 1,
	 "note      line 3   1"},
	{"scenario { title = 't', source = 's', versions = { 0, 1 },\n"
	 "answers = { rfc = function(v) while true do end end } }",
	 65, "x.lua:2: the script took more"},
	{"scenario { title = 't', source = 's', versions = { 0, 1 },\n"
	 "answers = { rfc = { x = function(v) return v == 'q' end } } }\n"
	 "outcome('x', 'q')",
	 0, "The peer answers as s asks."},
};

static void test_scripts(void **state)
{
	char directory[] = "/tmp/mpprobe-test-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/x.lua", directory);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct options o = {.mptcp_version = -1};
		FILE *file = fopen(path, "w");
		int code;

		assert_non_null(file);
		fputs(scripts[i].script, file);
		fclose(file);
		code = run(&o, "pcaps/v0/compliant.pcap", path);
		if (code != scripts[i].code || !strstr(said, scripts[i].says))
			fail_msg("%s\n  exits %d and says %s\n  wanted %d, %s",
				 scripts[i].script, code, said, scripts[i].code,
				 scripts[i].says);
	}
	unlink(path);
	rmdir(directory);
}

static void test_too_long(void **state)
{
	char path[] = "/tmp/mpprobe-test-XXXXXX.lua";
	struct options o = {.mptcp_version = -1};
	FILE *file = fdopen(mkstemps(path, 4), "w");

	(void)state;
	for (int i = 0; i < 10000; i++)
		fputs("-- a comment\n", file);
	fclose(file);
	assert_int_equal(run(&o, "pcaps/v0/compliant.pcap", path), 65);
	expect_said("too long for a scenario");
	unlink(path);
}

/* --- outcomes that were seen elsewhere ------------------------------------ */

/* Which stacks answer the scenario so. */
static void expect_like(const char *file, unsigned version, const char *outcome,
			const char *value, const char *expected)
{
	char error[300];
	struct script script;
	struct scenario r;

	assert_int_equal(script_load(&script, file, error, sizeof(error)), 0);
	assert_int_equal(scenario_compare(&r, &script, version, outcome, value),
			 0);
	assert_string_equal(scenario_like(&r), expected);
	scenario_free(&r);
	script_free(&script);
}

/* The words that report/survey/stacks.c has. */
static void test_compare(void **state)
{
	static const char join[] = "scenarios/random-token-join.lua";
	static const char version_0[] = "scenarios/v0-syn-to-v1.lua";
	static const char linux_v1[] = "linux-v1 (5.10 or later) does";

	(void)state;
	expect_like(join, 1, "syn", "reset 1",
		    "RFC 8684 3.2 asks and as linux-v1 (5.10 or later) does");
	expect_like(join, 1, "syn", "silent", linux_v1);
	expect_like(join, 1, "syn", "SYN/ACK with MP_JOIN", linux_v1);
	expect_like(join, 1, "syn", "reset", "RFC 8684 3.2 asks");
	expect_like(join, 1, "syn", "SYN/ACK", "");
	expect_like(join, 1, "syn", "ICMP error", "");
	expect_like(join, 0, "syn", "reset",
		    "RFC 8684 3.2 asks and as linux-v0 does");
	expect_like(version_0, 1, "syn_ack", "plain",
		    "RFC 8684 3.1 asks and as linux-v1 (5.6 or later) does");
	expect_like(version_0, 1, "syn_ack", "version 1", "RFC 8684 3.1 asks");
	expect_like(version_0, 1, "syn_ack", "silent", "");
	/* an outcome that the scenario does not have */
	expect_like(version_0, 1, "syn", "plain", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v0_captures),
		cmocka_unit_test(test_v0_tokens),
		cmocka_unit_test(test_v1_captures),
		cmocka_unit_test(test_old_captures),
		cmocka_unit_test(test_another_exchange),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
