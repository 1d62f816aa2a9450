/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "probe/fleet/definition.h"
#include "probe/fleet/options.h"
#include "probe/fleet/place.h"
#include "probe/net/complain.h"

static char directory[] = "/tmp/mpprobe-place-XXXXXX";

/* The command line of a shard, in one string; "": none. */
static const char *line_of(struct place *p, const struct fleet_options *given,
			   const char *shard, const char *options,
			   const char *seed)
{
	static char text[1000];
	struct fleet_options o = given ? *given : (struct fleet_options){0};
	json_t *message = json_loads(shard, 0, NULL);
	struct definition d = {.seed = seed,
			       .blocklist = "192.0.2.7\n",
			       .options = json_loads(options, 0, NULL),
			       .rate = 1000};
	int code;

	assert_non_null(message);
	assert_non_null(d.options);
	o.directory = directory;
	code = place_make(p, &o, "s", message, &d, "");
	*text = '\0';
	for (unsigned i = 0; !code && p->argv[i]; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s", i ? " " : "", p->argv[i]);
	assert_true(!code == (*text != '\0'));
	place_remove(p);
	json_decref(message);
	json_decref(d.options);
	return text;
}

static void test_list(void **state)
{
	const struct fleet_options o = {.rate = 50, .interface = "eth1"};
	struct place p;

	(void)state;
	assert_string_equal(line_of(&p, NULL,
				    "{\"shard\":3,\"list\":\"192.0.2.1\\n\"}",
				    "[\"--port\",\"80,443\",\"--ipv4\"]", "7"),
			    "mpprobe survey --quiet --rate 1000 --status "
			    "status -o survey --port 80,443 "
			    "--ipv4 list");
	/* the lower rate of both */
	assert_string_equal(line_of(&p, &o, "{\"shard\":3,\"list\":\"x\\n\"}",
				    "[\"--blocklist\",\"none\"]", "7"),
			    "mpprobe survey --quiet --rate 50 --status status "
			    "-o survey -i eth1 "
			    "--blocklist none list");
}

static void test_prefixes(void **state)
{
	const struct fleet_options o = {.rate = 5000, .program = "survey-er"};
	struct place p;

	(void)state;
	assert_string_equal(
		line_of(&p, &o,
			"{\"shard\":3,\"targets\":[\"192.0.2.0/24\","
			"\"198.51.100.1 443\"],\"part\":[2,9]}",
			"[]", "7"),
		"survey-er survey --quiet --rate 1000 --status status -o "
		"survey --seed 7 "
		"--shard 2/9 -- 192.0.2.0/24 198.51.100.1 443");
}

/* Of shard 3, which is a list, and a definition without options. */
static void make(struct place *p, const struct fleet_options *o,
		 const struct definition *given, const char *blocklist)
{
	json_t *shard = json_loads("{\"shard\":3,\"list\":\"x\\n\"}", 0, NULL);
	struct definition d = *given;

	d.seed = "7";
	d.options = json_array();
	if (!d.blocklist)
		d.blocklist = "";
	assert_int_equal(place_make(p, o, "s", shard, &d, blocklist), 0);
	json_decref(shard);
	json_decref(d.options);
}

/* The options of the rate that a survey of a definition gets. */
static const char *rates_of(const struct fleet_options *given, unsigned rate,
			    uint64_t bits)
{
	static char text[100];
	struct fleet_options o = *given;
	const struct definition d = {.rate = rate, .bits = bits};
	struct place p;

	o.directory = directory;
	make(&p, &o, &d, "");
	*text = '\0';
	for (unsigned i = 3; strcmp(p.argv[i], "--status") != 0; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s ", p.argv[i]);
	place_remove(&p);
	return text;
}

/* Of each kind the lower one; who limits one does not lift the other. */
static void test_rates(void **state)
{
	const struct fleet_options none = {0}, pps = {.rate = 500},
				   bits = {.bandwidth = 1000000},
				   both = {.rate = 7, .bandwidth = 8};

	(void)state;
	assert_string_equal(rates_of(&none, 0, 10000000000),
			    "--bandwidth 10000000000 ");
	assert_string_equal(rates_of(&pps, 0, 9000),
			    "--rate 500 --bandwidth 9000 ");
	assert_string_equal(rates_of(&bits, 1000, 0),
			    "--rate 1000 --bandwidth 1000000 ");
	assert_string_equal(rates_of(&bits, 0, 999999), "--bandwidth 999999 ");
	assert_string_equal(rates_of(&bits, 0, 1000001),
			    "--bandwidth 1000000 ");
	assert_string_equal(rates_of(&both, 1, 1), "--rate 1 --bandwidth 1 ");
}

static void test_blocklists(void **state)
{
	const struct fleet_options o = {.directory = directory};
	const struct definition d = {.blocklist = "192.0.2.7\n", .rate = 1};
	char path[PATH_MAX + 20], text[100] = "";
	struct place p;
	FILE *file;

	(void)state;
	make(&p, &o, &d, "192.0.2.9\n");
	snprintf(path, sizeof(path), "%s/survey/optout", p.path);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, "192.0.2.7\n192.0.2.9\n");
	place_remove(&p);
}

static void say(const struct place *p, const char *text)
{
	FILE *file = fopen(p->status, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* What a survey says of itself; half a file, as while it is written, is no
 * word, nor is what is left of an earlier process. */
static void test_all_sent(void **state)
{
	const struct fleet_options o = {.directory = directory};
	const struct definition d = {.rate = 1};
	struct place p;

	(void)state;
	make(&p, &o, &d, "");
	assert_false(place_said(&p).all_sent);
	say(&p, "{\"all_asked\":true,\"all_sent\":false}");
	assert_false(place_said(&p).all_sent);
	say(&p, "{\"all_sent\":true");
	assert_false(place_said(&p).all_sent);
	say(&p, "{\"all_sent\":true,\"targets\":17}");
	assert_int_equal(place_said(&p).targets, 17);
	assert_true(place_said(&p).all_sent);
	make(&p, &o, &d, "");
	assert_false(place_said(&p).all_sent);
	place_remove(&p);
}

/* The program is looked for where PATH leads, or is a file. */
static void test_program(void **state)
{
	const struct fleet_options name = {.program = "Makefile"},
				   none = {.program = "./none/mpprobe"},
				   file = {.program = "./Makefile"};
	static const char list[] = "{\"shard\":3,\"list\":\"192.0.2.1\\n\"}";
	struct place p;

	(void)state;
	line_of(&p, &name, list, "[]", "7");
	assert_string_equal(p.argv[0], "Makefile");
	line_of(&p, &none, list, "[]", "7");
	assert_string_equal(p.argv[0], "./none/mpprobe");
	line_of(&p, &file, list, "[]", "7");
	assert_int_equal(p.argv[0][0], '/');
}

/* So many times the same. */
static const char *list_of(const char *word, unsigned count, char *text)
{
	strcpy(text, "[");
	for (unsigned i = 0; i < count; i++) {
		strcat(text, i ? "," : "");
		strcat(text, word);
	}
	return strcat(text, "]");
}

/* As many words as there is room for, and one more. */
static void test_room(void **state)
{
	static const char list[] = "{\"shard\":3,\"list\":\"192.0.2.1\\n\"}";
	const unsigned room = PLACE_ARGUMENTS - 1 - 10;
	char words[2000], shard[2100];
	struct place p;

	(void)state;
	line_of(&p, NULL, list, list_of("\"--ipv4\"", room, words), "7");
	assert_string_equal(p.argv[PLACE_ARGUMENTS - 2], "list");
	assert_null(p.argv[PLACE_ARGUMENTS - 1]);
	assert_string_equal(line_of(&p, NULL, list,
				    list_of("\"--ipv4\"", room + 1, words),
				    "7"),
			    "");
	snprintf(shard, sizeof(shard),
		 "{\"shard\":3,\"targets\":%s,\"part\":[1,2]}",
		 list_of("\"192.0.2.1\"", PLACE_ARGUMENTS, words));
	assert_string_equal(line_of(&p, NULL, shard, "[]", "7"), "");
}

/* The directory is made, too. */
static void test_new_directory(void **state)
{
	char path[sizeof(directory) + 4];
	const struct fleet_options o = {.directory = path};
	const struct definition d = {.rate = 1};
	struct place p;

	(void)state;
	snprintf(path, sizeof(path), "%s/new", directory);
	errno = 0;
	make(&p, &o, &d, "");
	place_remove(&p);
	assert_int_equal(rmdir(path), 0);
}

/* What would name a file here, or is no survey's. */
static void test_what_is_refused(void **state)
{
	static const char list[] = "{\"shard\":3,\"list\":\"192.0.2.1\\n\"}";
	static const char *const options[] = {
		"[\"--status\",\"/etc/passwd\"]",
		"[\"-o\",\"x\"]",
		"[\"--blocklist\",\"/etc/passwd\"]",
		"[\"--port\"]",
		"[\"--ipv4\",\"x\"]",
		"[7]"};
	static const char *const shards[] = {
		"{\"shard\":3,\"targets\":[\"/etc/passwd\"],\"part\":[1,2]}",
		"{\"shard\":3,\"targets\":[7],\"part\":[1,2]}",
		"{\"shard\":3,\"targets\":[\"192.0.2.1\"]}"};
	static const char good[] =
		"{\"shard\":3,\"targets\":[\"192.0.2.1\"],\"part\":[1,2]}";
	struct place p;

	(void)state;
	for (unsigned i = 0; i < sizeof(options) / sizeof(*options); i++)
		assert_string_equal(line_of(&p, NULL, list, options[i], "7"),
				    "");
	for (unsigned i = 0; i < sizeof(shards) / sizeof(*shards); i++)
		assert_string_equal(line_of(&p, NULL, shards[i], "[]", "7"),
				    "");
	assert_string_equal(line_of(&p, NULL, good, "[]", "7 --status"), "");
	assert_string_not_equal(line_of(&p, NULL, good, "[]", "7"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_blocklists),
		cmocka_unit_test(test_all_sent),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_new_directory),
		cmocka_unit_test(test_what_is_refused),
	};
	int failed;

	if (!mkdtemp(directory))
		return EXIT_SYSTEM;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return failed;
}
