/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "probe/fleet/define.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/options.h"
#include "probe/net/complain.h"

/* What `serve` makes of these words, which end with NULL. */
static json_t *define(const char *first, ...)
{
	struct fleet_options o = {0};
	char *argv[20] = {(char *)"serve"};
	int argc = 1, count, code;
	json_t *definition;
	va_list words;

	va_start(words, first);
	for (const char *word = first; word; word = va_arg(words, char *))
		argv[argc++] = (char *)word;
	va_end(words);
	optind = 0; /* getopt begins anew */
	count = fleet_options_parse(&o, FLEET_SERVE, argc, argv);
	assert_true(count > 0);
	definition = define_survey(&o, argv[0], count - 1, argv + 1, &code);
	assert_non_null(definition);
	assert_int_equal(code, 0);
	return definition;
}

static void assert_member(const json_t *definition, const char *name,
			  const char *expected)
{
	char *text = json_dumps(json_object_get(definition, name),
				JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(text, expected);
	free(text);
}

static void test_defaults(void **state)
{
	json_t *d = define("census", "192.0.2.0/24", "hosts.txt", NULL);

	(void)state;
	assert_member(d, "name", "\"census\"");
	assert_member(d, "targets", "[\"192.0.2.0/24\",\"hosts.txt\"]");
	assert_member(d, "options", "[]");
	assert_member(d, "blocklist", "\"\"");
	assert_member(d, "rate", "1000");
	assert_member(d, "bits", "0");
	assert_member(d, "per_shard", "50000");
	assert_member(d, "ack_wait_s", "30");
	assert_member(d, "shards", "0");
	json_decref(d);
}

static void test_options(void **state)
{
	json_t *d = define("-p", "80,443", "-6", "--probe=4", "--seed", "9",
			   "-b", "none", "-B", "2M", "--per-shard", "7",
			   "--ack-wait", "60", "census", "192.0.2.0/24", NULL);

	(void)state;
	assert_member(d, "options",
		      "[\"--port\",\"80,443\",\"--ipv6\",\"--probe\",\"4\","
		      "\"--blocklist\",\"none\"]");
	assert_member(d, "seed", "\"9\"");
	assert_member(d, "rate", "0"); /* bits alone are limited */
	assert_member(d, "bits", "2000000");
	assert_member(d, "per_shard", "7");
	assert_member(d, "ack_wait_s", "60");
	json_decref(d);
	d = define("-B", "2M", "-r", "50", "census", "192.0.2.0/24", NULL);
	assert_member(d, "rate", "50");
	json_decref(d);
}

/* Each worker has to read it. */
static void test_is_read(void **state)
{
	json_t *d = define("-B", "1G", "census", "192.0.2.0/24", NULL);
	struct definition read;

	(void)state;
	assert_true(definition_read(d, &read));
	assert_int_equal(read.rate, 0);
	assert_true(read.bits == 1000000000);
	assert_int_equal(read.ack_wait_s, 30);
	json_object_set_new(d, "bits", json_integer(0));
	assert_false(definition_read(d, &read)); /* no limit at all */
	json_object_set_new(d, "rate", json_integer(100000000));
	assert_true(definition_read(d, &read));
	json_object_set_new(d, "rate", json_integer(100000001));
	assert_false(definition_read(d, &read));
	json_object_set_new(d, "rate", json_integer(-1));
	assert_false(definition_read(d, &read));
	json_object_set_new(d, "rate", json_integer(1));
	json_object_set_new(d, "ack_wait_s", json_integer(9));
	assert_false(definition_read(d, &read));
	json_object_set_new(d, "ack_wait_s", json_integer(86400));
	assert_true(definition_read(d, &read));
	json_object_set_new(d, "ack_wait_s", json_integer(86401));
	assert_false(definition_read(d, &read));
	json_object_set_new(d, "ack_wait_s", json_integer(10));
	assert_true(definition_read(d, &read));
	json_object_set_new(d, "bits", json_integer(-1));
	assert_false(definition_read(d, &read));
	json_object_set_new(d, "bits", json_integer(0));
	json_object_set_new(d, "shards", json_integer(-1));
	assert_false(definition_read(d, &read));
	json_object_set_new(d, "shards", json_integer(0));
	json_object_set_new(d, "options", json_string("-p 80"));
	assert_false(definition_read(d, &read));
	json_decref(d);
}

/* A member that is missing, or no limit. */
static void test_is_not_read(void **state)
{
	static const char *const members[] = {
		"seed", "blocklist",  "options", "rate",
		"bits", "ack_wait_s", "shards"};
	struct definition read;

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		json_t *d = define("census", "192.0.2.0/24", NULL);

		assert_true(definition_read(d, &read));
		json_object_del(d, members[i]);
		assert_false(definition_read(d, &read));
		json_decref(d);
	}
}

/* What would cut it otherwise, or ask others or faster. */
static void test_same_command_line(void **state)
{
	static const char *const members[] = {
		"targets", "options", "rate", "blocklist", "bits", "per_shard"};
	json_t *d = define("census", "192.0.2.0/24", NULL);
	json_t *other = define("census", "192.0.2.0/24", NULL);

	(void)state;
	assert_true(define_is_same(d, other, false));
	assert_false(define_is_same(d, other, true)); /* both were random */
	json_decref(other);
	for (unsigned i = 0; i < sizeof(members) / sizeof(*members); i++) {
		other = json_deep_copy(d);
		assert_true(define_is_same(d, other, true));
		json_object_set_new(other, members[i], json_string("x"));
		assert_false(define_is_same(d, other, false));
		json_decref(other);
	}
	json_decref(d);
}

/* Comments do not leave this host. */
static void test_blocklist(void **state)
{
	char name[] = "/tmp/mpprobe-define-XXXXXX";
	const struct fleet_options o = {.blocklist = name};
	int fd = mkstemp(name), code;
	const char text[] = "# who asked\n\n 192.0.2.1 by mail\n"
			    "198.51.100.0/24#x\n";
	json_t *d;

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	d = define_survey(&o, "x", 0, NULL, &code);
	assert_member(d, "blocklist", "\"192.0.2.1\\n198.51.100.0/24\\n\"");
	assert_member(d, "options", "[]");
	json_decref(d);
	assert_int_equal(write(fd, "192.0.2.1/24\n", 13), 13);
	assert_null(define_survey(&o, "x", 0, NULL, &code));
	assert_int_equal(code, EXIT_INPUT);
	close(fd);
	unlink(name);
	assert_null(define_survey(&o, "x", 0, NULL, &code));
	assert_int_equal(code, EXIT_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_is_read),
		cmocka_unit_test(test_is_not_read),
		cmocka_unit_test(test_same_command_line),
		cmocka_unit_test(test_blocklist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
