// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/cli/command.h"
#include "report/arena.h"

#define WORDS_MAX 16

static struct options parsed;
static char *arguments[WORDS_MAX];
static int count;
static char line[400], message[1200];

/* Parses "mpprobe " + text, words split at blanks; stderr to `message`. */
static int parse(const char *text, enum command_bit command)
{
	char *argv[WORDS_MAX] = {(char *)"mpprobe"}, *save = NULL;
	int argc = 1, result, saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	size_t length;

	snprintf(line, sizeof(line), "%s", text);
	for (char *w = strtok_r(line, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	result = options_parse(argc, argv, &parsed, arguments, &count);
	if (result == -1)
		result = options_accept(&parsed, command, "x");
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	length = fread(message, 1, sizeof(message) - 1, file);
	message[length] = '\0';
	fclose(file);
	return result;
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("host", COMMAND_PROBE), -1);
	assert_int_equal(count, 1);
	assert_string_equal(arguments[0], "host");
	assert_int_equal(parsed.first_ttl, 1);
	assert_int_equal(parsed.max_ttl, 30);
	assert_int_equal(parsed.mptcp_version, -1);
	assert_int_equal(parsed.port_count, 0);
	assert_null(parsed.write_file);
	assert_null(parsed.output_file);
	assert_false(parsed.has_seed);
	assert_string_equal(message, "");
}

static void test_all_options(void **state)
{
	(void)state;
	assert_int_equal(parse("-46np80,443 -i eth0 -s 192.0.2.1 -f2 -m 9 "
			       "-w x.pcap host -jo out -v",
			       COMMAND_PROBE),
			 -1);
	assert_true(parsed.where.ipv4 && parsed.where.ipv6 && parsed.numeric);
	assert_int_equal(parsed.port_count, 2);
	assert_int_equal(parsed.ports[0], 80);
	assert_int_equal(parsed.ports[1], 443);
	assert_string_equal(parsed.where.interface, "eth0");
	assert_string_equal(parsed.where.source, "192.0.2.1");
	assert_int_equal(parsed.first_ttl, 2);
	assert_int_equal(parsed.max_ttl, 9);
	assert_string_equal(parsed.write_file, "x.pcap");
	assert_string_equal(parsed.output_file, "out");
	assert_true(parsed.json && parsed.verbose && !parsed.quiet);
	assert_int_equal(count, 1);
	assert_string_equal(arguments[0], "host");
}

static void test_long_options(void **state)
{
	(void)state;
	assert_int_equal(parse("--port=80 --port 81 --first-ttl 64 "
			       "--max-ttl=64 --mptcp 0 --color=never --all "
			       "--sweep-only --seed 0xFf host",
			       COMMAND_PROBE),
			 -1);
	assert_int_equal(parsed.port_count, 2);
	assert_int_equal(parsed.first_ttl, 64);
	assert_int_equal(parsed.max_ttl, 64);
	assert_int_equal(parsed.mptcp_version, 0);
	assert_int_equal(parsed.colour, COLOUR_NEVER);
	assert_true(parsed.all && parsed.sweep_only && parsed.has_seed);
	assert_true(parsed.seed == 255);
	assert_int_equal(parse("--quiet --seed 18446744073709551615 host",
			       COMMAND_PROBE),
			 -1);
	assert_true(parsed.quiet && parsed.seed == UINT64_MAX);
	assert_int_equal(parse("-m 9 -m 12 -i a -i a host", COMMAND_PROBE), -1);
	assert_int_equal(parsed.max_ttl, 12);
	assert_string_equal(parsed.where.interface, "a");
}

static void test_help_and_version(void **state)
{
	(void)state;
	assert_int_equal(parse("-h", COMMAND_PROBE), -1);
	assert_int_equal(parsed.help, 1);
	assert_int_equal(parse("-hh", COMMAND_PROBE), -1);
	assert_int_equal(parsed.help, 2);
	assert_int_equal(parse("read --version", COMMAND_PROBE), -1);
	assert_true(parsed.version);
}

static void test_double_dash(void **state)
{
	(void)state;
	assert_int_equal(parse("-n -- -j", COMMAND_PROBE), -1);
	assert_int_equal(count, 1);
	assert_string_equal(arguments[0], "-j");
	assert_false(parsed.json);
}

static void test_ports(void **state)
{
	char many[400] = "-p ";

	(void)state;
	assert_int_equal(parse("-p 80,443,80", COMMAND_PROBE), -1);
	assert_int_equal(parsed.port_count, 2);
	assert_int_equal(parse("-p 8000-8010,80", COMMAND_PROBE), -1);
	assert_int_equal(parsed.port_count, 12);
	assert_int_equal(parsed.ports[10], 8010);
	assert_int_equal(parse("-p 1-64", COMMAND_PROBE), -1);
	assert_int_equal(parse("-p 1-65", COMMAND_PROBE), EXIT_USAGE);
	assert_int_equal(parse("-p 65535-65535", COMMAND_PROBE), -1);
	for (int i = 1; i <= PORTS_MAX; i++)
		sprintf(many + strlen(many), "%s%d", i > 1 ? "," : "", i);
	assert_int_equal(parse(many, COMMAND_PROBE), -1);
	assert_int_equal(parsed.port_count, PORTS_MAX);
	strcat(many, ",9999");
	assert_int_equal(parse(many, COMMAND_PROBE), EXIT_USAGE);
}

/* Each is refused in one line that holds the word. */
static void test_bad(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{"-m 300", "-m 300: TTL must be between 1 and 255"},
		{"-m 0", "between 1 and 255"},
		{"-m 1x", "-m 1x"},
		{"-m -1", "-m -1"},
		{"--max-ttl 256", "--max-ttl 256"},
		{"-f 9 -m 3", "-f 9 -m 3"},
		{"-f 31", "-f 31"},
		{"-f 4294967297", "-f 4294967297"},
		{"-p 0", "-p 0"},
		{"-p 65536", "-p 65536"},
		{"-p 9-8", "-p 9-8"},
		{"-p 8-", "-p 8-: ports must be between 1 and 65535, as in"},
		{"-p -8", "-p -8"},
		{"-p 8-9-10", "-p 8-9-10"},
		{"-p 80,", "-p 80,"},
		{"-p ,80", "-p ,80"},
		{"-p http", "-p http"},
		{"-p 00000000080", "-p 0000"},
		{"-s host", "-s host"},
		{"-i anameofsixteench", "-i anameofsixteench"},
		{"-i a -i b", "-i b: one interface at a time"},
		{"-s 10.0.0.1 -s ::1", "-s ::1: one source address at a time"},
		{"--mptcp 2", "--mptcp 2"},
		{"--mptcp", "--mptcp"},
		{"--seed -1", "--seed -1"},
		{"--seed 0x", "--seed 0x"},
		{"--seed 1e3", "--seed 1e3"},
		{"--seed 18446744073709551616", "--seed"},
		{"--color maybe", "--color maybe"},
		{"-Z", "-Z"},
		{"-nZ", "-Z"},
		{"--bogus", "--bogus"},
		{"--bogus=1", "--bogus "},
		{"--all=yes", "--all"},
		{"-w", "-w"},
		{"-w -", "-w -"},
		{"-w a -o a", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i].text, COMMAND_PROBE) != EXIT_USAGE)
			fail_msg("%s was taken", bad[i].text);
		if (!strstr(message, bad[i].word))
			fail_msg("%s: %s", bad[i].text, message);
		assert_int_equal(strncmp(message, "mpprobe: ", 9), 0);
		assert_ptr_equal(strchr(message, '\n'),
				 message + strlen(message) - 1);
	}
}

static void test_commands(void **state)
{
	(void)state;
	assert_int_equal(parse("-njqo x --color never", COMMAND_READ), -1);
	assert_int_equal(parse("-m 3", COMMAND_READ), EXIT_USAGE);
	assert_string_equal(message, "mpprobe: -m is no option of mpprobe "
				     "x\n");
	assert_int_equal(parse("-w x", COMMAND_COMPARE), EXIT_USAGE);
	assert_int_equal(parse("-j", COMMAND_LIST), EXIT_USAGE);
	assert_int_equal(parse("--all", COMMAND_EXPLAIN), EXIT_USAGE);
}

static void test_spans(void **state)
{
	static const struct {
		const char *text;
		unsigned seconds;
	} cases[] = {{"1", 1},	   {"90s", 90},	     {"5m", 300},
		     {"1h", 3600}, {"30d", 2592000}, {"365d", 31536000}};
	static const char *const bad[] = {"0",	   "0s",	 "-1s",	 "1w",
					  "1hh",   "h",		 "1.5h", "366d",
					  "8761h", "4294967296d"};
	char text[40];

	(void)state;
	assert_int_equal(parse("h", COMMAND_WATCH), -1);
	assert_int_equal(parsed.every, 3600);
	assert_int_equal(parsed.keep, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "--save x --keep %s",
			 cases[i].text);
		assert_int_equal(parse(text, COMMAND_WATCH), -1);
		assert_int_equal(parsed.keep, cases[i].seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "--every=%s", bad[i]);
		assert_int_equal(parse(text, COMMAND_WATCH), EXIT_USAGE);
		assert_non_null(strstr(message, "--every"));
	}
	assert_int_equal(parse("--keep 1d", COMMAND_WATCH), EXIT_USAGE);
	assert_int_equal(parse("--every 1d", COMMAND_PROBE), EXIT_USAGE);
	assert_int_equal(parse("--seed 1", COMMAND_WATCH), EXIT_USAGE);
	assert_int_equal(parse("-w x", COMMAND_WATCH), EXIT_USAGE);
}

/* What a probe is to do, and nothing that is the watching's own. */
static void test_handed_on(void **state)
{
	static const char *const given[] = {
		"mpprobe", "watch",	   "-jp80,443", "--every=2s", "a",
		"-n",	   "-m",	   "9",		"--save",     "d",
		"--exec",  "--all",	   "--mptcp",	"1",	      "b",
		"-q",	   "--sweep-only", "--",	"-p"};
	static const char *const expected[] = {
		"--port", "80,443",  "--numeric", "--max-ttl",
		"9",	  "--mptcp", "1",	  "--sweep-only"};
	char *argv[sizeof(given) / sizeof(*given) + 1];
	const char *out[2 * sizeof(given) / sizeof(*given)];
	struct arena *a = arena_new();

	(void)state;
	memcpy(argv, given, sizeof(given));
	argv[sizeof(given) / sizeof(*given)] = NULL;
	assert_int_equal(
		options_handed_on(a, sizeof(given) / sizeof(*given), argv, out),
		sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_string_equal(out[i], expected[i]);
	arena_free(a);
}

static void test_output_dash(void **state)
{
	(void)state;
	assert_int_equal(parse("-o -", COMMAND_PROBE), -1);
	assert_null(parsed.output_file);
	assert_int_equal(parse("-w - -o x", COMMAND_PROBE), -1);
	assert_int_equal(parse("-v -q", COMMAND_PROBE), -1);
	assert_true(parsed.quiet && !parsed.verbose);
	assert_int_equal(parse("-v", COMMAND_PROBE), -1);
	assert_true(parsed.verbose && !parsed.rules);
	assert_int_equal(parse("-vv", COMMAND_PROBE), -1);
	assert_true(parsed.verbose && parsed.rules);
}

/* What may be told of the command line, whatever it names. */
static void test_told(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(parse("-w secret.pcap --html=secret.html -vp 443 "
			       "secret.example --seed 7 --anonymize",
			       COMMAND_PROBE),
			 -1);
	assert_string_equal(options_told(&parsed, arena),
			    "-p PORT[,PORT...] --seed N -w FILE --html FILE "
			    "--anonymize -v");
	arena_free(arena);
}

static void test_help_width(void **state)
{
	char *text = NULL, *save = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	options_help(out);
	options_brief(out);
	fclose(out);
	for (char *l = strtok_r(text, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save))
		if (strlen(l) > 80)
			fail_msg("wider than 80 columns: %s", l);
	free(text);
}

static void test_complain_escapes(void **state)
{
	(void)state;
	assert_int_equal(
		parse("--b\033[31m\xc2\x9b\xc3\xbc\xff", COMMAND_PROBE),
		EXIT_USAGE);
	assert_non_null(
		strstr(message, "--b\\x1b[31m\\xc2\\x9b\xc3\xbc\\xff "));
}

static void test_exit_worst(void **state)
{
	(void)state;
	assert_int_equal(exit_worst(0, 0), 0);
	assert_int_equal(exit_worst(0, 2), 2);
	assert_int_equal(exit_worst(2, 3), 3);
	assert_int_equal(exit_worst(3, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_options),
		cmocka_unit_test(test_long_options),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_double_dash),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_handed_on),
		cmocka_unit_test(test_output_dash),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_help_width),
		cmocka_unit_test(test_complain_escapes),
		cmocka_unit_test(test_exit_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
