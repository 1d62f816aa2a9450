/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports that are read again and written once more are the same; those of
 * pcaps/, of samples made by hand, and what anybody may have made of them.
 * Run from the top of the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "report/arena.h"
#include "report/judge/judge.h"
#include "report/paths/legs.h"
#include "report/paths/paths.h"
#include "report/print/format.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/json.h"
#include "report/print/text.h"
#include "report/report.h"
#include "report/saved/saved.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/captures.h"
#include "tests/page.h"
#include "tests/samples.h"

#define TARGETS_MAX 16

static char *written(const struct report *r)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.verbose = page.rules = true;
	assert_int_equal(json_report(&page, r), 0);
	page_done(&page);
	return text;
}

static char *as_text(const struct report *r, bool verbose)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.verbose = page.rules = verbose;
	assert_int_equal(text_report(&page, r), 0);
	page_done(&page);
	return text;
}

static void check_texts(const char *what, char *was, char *is)
{
	if (strcmp(was, is) != 0)
		fail_msg("%s: was %s\nis %s", what, was, is);
	free(was);
	free(is);
}

/* `ascii`: what is not UTF-8 is not kept in JSON. */
static void check_same(const char *what, const struct report *r, bool ascii)
{
	char *text = written(r);
	json_t *line = json_loads(text, 0, NULL);
	struct report *again = saved_report(line);

	check_texts(what, text, written(again));
	if (ascii) {
		check_texts(what, as_text(r, false), as_text(again, false));
		check_texts(what, as_text(r, true), as_text(again, true));
	}
	report_free(again);
	json_decref(line);
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct report *r = samples[i].make();

		check_same(samples[i].name, r,
			   strcmp(samples[i].name, "hostile") != 0);
		report_free(r);
	}
}

static size_t check_capture(const char *file)
{
	struct observer *o = observer_new();
	struct judge_target targets[TARGETS_MAX];
	char error[400];
	size_t count, packets = 0;

	capture_read(file, o, error, sizeof(error));
	count = judge_targets(o, targets, TARGETS_MAX);
	for (size_t i = 0; i < count && i < TARGETS_MAX; i++) {
		struct report *r = judge(o, &targets[i]);

		check_same(file, r, true);
		packets += r->packet_count;
		report_free(r);
	}
	observer_free(o);
	return packets;
}

static void test_captures(void **state)
{
	glob_t found;
	size_t packets = 0;

	(void)state;
	assert_int_equal(glob("pcaps/*/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		packets += check_capture(found.gl_pathv[i]);
	globfree(&found);
	assert_true(packets > 1000);
}

/* --- the list ------------------------------------------------------------- */

struct twice {
	size_t connections, points;
	const char *file;
};

static char *listed(const struct mptcp_connection *c, const char *format)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	format_named(format)->connection(&page, c);
	page_done(&page);
	return text;
}

static size_t points_of(const char *page)
{
	size_t count = 0;

	for (; (page = strstr(page, "h0")); page++)
		count++;
	return count;
}

/* The part of a page that shows it, with what is drawn; and its line. */
static char *drawn(const struct mptcp_connection *c, char **line)
{
	struct document *d = html_open();
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.document = d;
	html_connection(&page, c);
	fflush(d->connections);
	fputs(d->connections_text, page.out);
	fflush(d->listed_json);
	*line = strdup(d->listed_text);
	page_done(&page);
	page.out = fopen("/dev/null", "w");
	page.origin = &(const struct origin){.command = ""};
	html_close(&page, "", 0);
	fclose(page.out);
	return text;
}

static void check_connection(void *context, const struct mptcp_connection *c)
{
	static const char *const formats[] = {
		"text",
		"json",
	};
	struct twice *t = context;
	char *line, *page = drawn(c, &line), *line_again, *page_again;
	json_t *json = json_loads(line, 0, NULL);
	struct arena *arena = arena_new();
	const struct mptcp_connection *again = saved_connection(arena, json);

	page_again = drawn(again, &line_again);
	if (strcmp(page, page_again) || strcmp(line, line_again))
		fail_msg("%s: was %s%s\nis %s%s", t->file, line, page,
			 line_again, page_again);
	t->points += points_of(page);
	for (size_t i = 0; i < 2; i++) {
		char *was = listed(c, formats[i]);
		char *is = listed(again, formats[i]);

		if (strcmp(was, is) != 0)
			fail_msg("%s: was %s\nis %s", t->file, was, is);
		free(was);
		free(is);
	}
	t->connections++;
	json_decref(json);
	arena_free(arena);
	free(line);
	free(line_again);
	free(page);
	free(page_again);
}

static void test_lists(void **state)
{
	struct twice t = {0};
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/*/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct observer *o = observer_new();
		char error[400];

		t.file = found.gl_pathv[i];
		o->connections.drawn = true;
		o->ended = check_connection;
		o->ended_context = &t;
		capture_read(t.file, o, error, sizeof(error));
		for (const struct mptcp_connection *c = o->connections.oldest;
		     c; c = c->newer)
			check_connection(&t, c);
		observer_free(o);
	}
	globfree(&found);
	assert_true(t.connections > 500);
	assert_true(t.points > 500);
}

static char *legs_as(const struct legs *l, const char *format)
{
	char *text = NULL, *json = NULL;
	size_t size, json_size;
	struct page page = page_in(&text, &size);
	struct document document = {.json = open_memstream(&json, &json_size)};

	page.document = &document;
	assert_int_equal(format_named(format)->legs(&page, l), 0);
	page_done(&page);
	fclose(document.json);
	free(json);
	return text;
}

static void check_legs(const char *file)
{
	static const char *const formats[] = {"text", "json", "html"};
	struct observer *o = observer_new();
	char error[400], *text;
	struct legs *l, *again;
	json_t *line;

	capture_read(file, o, error, sizeof(error));
	l = legs_find(o);
	text = legs_as(l, "json");
	line = json_loads(text, 0, NULL);
	again = saved_legs(line);
	assert_true(l->count > 1);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		check_texts(file, legs_as(l, formats[i]),
			    legs_as(again, formats[i]));
	legs_free(l);
	legs_free(again);
	json_decref(line);
	free(text);
	observer_free(o);
}

static void test_legs(void **state)
{
	(void)state;
	check_legs("pcaps/legs/socks.pcap");
	check_legs("pcaps/legs/redirected.pcap");
}

/* A capture does not tell of them. */
static const struct path_left_out gone[] = {
	{"way1", 4, "it is down", true},
	{"way2", 6, "no route leads there by it", false},
};

static void print_uplinks(const char *file, char **text, bool json)
{
	struct observer *o = observer_new();
	struct judge_target targets[TARGETS_MAX];
	struct report *reports[TARGETS_MAX];
	struct paths_group group = {
		.reports = reports, .left_out = gone, .left_out_count = 2};
	char error[400];
	size_t size, count;
	struct page page = page_in(text, &size);
	struct paths *paths;

	assert_int_equal(capture_read(file, o, error, sizeof(error)),
			 CAPTURE_OK);
	count = judge_targets(o, targets, TARGETS_MAX);
	count = paths_take_group(targets, count);
	assert_true(count > 1);
	for (size_t i = 0; i < count; i++)
		reports[i] = judge(o, &targets[i]);
	group.count = count;
	paths = paths_judge(o, &group);
	page.verbose = true;
	(json ? json_paths : text_paths)(&page, paths);
	for (size_t i = 0; i < count && json; i++)
		json_report(&page, reports[i]);
	paths_free(paths);
	for (size_t i = 0; i < count; i++)
		report_free(reports[i]);
	page_done(&page);
	observer_free(o);
}

static char *uplinks_again(const char *lines)
{
	json_t *line[TARGETS_MAX] = {NULL};
	struct report *reports[TARGETS_MAX];
	size_t count = 0, size;
	char *text = NULL;
	struct page page = page_in(&text, &size);
	struct paths *paths;

	for (; *lines; lines += strcspn(lines, "\n") + 1)
		line[count++] =
			json_loadb(lines, strcspn(lines, "\n"), 0, NULL);
	assert_int_equal(saved_paths_count(line[0]), count - 1);
	for (size_t i = 1; i < count; i++)
		reports[i - 1] = saved_report(line[i]);
	assert_null(saved_paths(line[0], reports, count - 2));
	paths = saved_paths(line[0], reports, count - 1);
	page.verbose = true;
	text_paths(&page, paths);
	paths_free(paths);
	for (size_t i = 0; i < count; i++) {
		if (i)
			report_free(reports[i - 1]);
		json_decref(line[i]);
	}
	page_done(&page);
	return text;
}

static void test_uplinks(void **state)
{
	glob_t found;
	size_t count = 0;

	(void)state;
	assert_int_equal(glob("pcaps/uplinks/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++, count++) {
		char *text, *lines, *again;

		print_uplinks(found.gl_pathv[i], &text, false);
		print_uplinks(found.gl_pathv[i], &lines, true);
		again = uplinks_again(lines);
		assert_string_equal(again, text);
		free(text);
		free(lines);
		free(again);
	}
	globfree(&found);
	assert_true(count > 0);
}

/* Nothing of it need be there, or of the right type. */
static void test_anything(void **state)
{
	static const char *const lines[] = {
		"{}",
		"[]",
		"{\"verdict\":7,\"findings\":[7],\"path\":[null],"
		"\"connections\":[[]],\"ladder\":[{\"step\":\"none\"},1],"
		"\"packets\":[{\"bytes\":\"0g\"},{\"bytes\":\"4500\"},{}],"
		"\"announced\":[1,\"x\"],\"announcements\":[{}],"
		"\"asymmetry\":{},\"rules\":[{}],\"elapsed_ms\":-1e300}",
		"{\"findings\":[{\"id\":\"new.thing\",\"effect\":\"blocks\","
		"\"evidence\":[{}],\"connections\":[\"x\",-1]}],"
		"\"verdict\":{\"status\":\"strange\",\"untested\":[{}]},"
		"\"path\":[{\"ttl\":99999999999,\"quotes\":[{\"changes\":"
		"[{}]}],\"responders\":[{}]}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		json_t *line = json_loads(lines[i], 0, NULL);
		struct report *r = saved_report(line);
		char *text = NULL;
		size_t size;
		struct page page = page_in(&text, &size);

		page.verbose = page.rules = true;
		text_report(&page, r);
		page_done(&page);
		free(text);
		free(written(r));
		report_free(r);
		json_decref(line);
	}
}

static void test_newer_finding(void **state)
{
	json_t *line = json_loads("{\"findings\":[{\"id\":\"new.thing\","
				  "\"effect\":\"impairs\"}]}",
				  0, NULL);
	struct report *r = saved_report(line);

	(void)state;
	assert_string_equal(r->findings[0].kind->id, "new.thing");
	assert_int_equal(r->findings[0].effect, EFFECT_IMPAIRS);
	report_free(r);
	json_decref(line);
}

static void check_lines(const char *text, const char *expected)
{
	size_t length = strlen(text);
	const char *lines = saved_lines(text, &length);

	assert_int_equal(length, strlen(expected));
	assert_memory_equal(lines, expected, length);
}

static void test_lines(void **state)
{
	(void)state;
	check_lines("{\"a\":1}\n", "{\"a\":1}\n");
	check_lines("<html>" SAVED_BEGIN "{}\n" SAVED_END "</html>", "{}\n");
	check_lines("<html>" SAVED_BEGIN "{}\n{", "{}\n{");
	check_lines("<html></html>", "");
	check_lines("", "");
	assert_true(saved_begins('{') && saved_begins('<'));
	assert_false(saved_begins(0xd4) || saved_begins(EOF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_legs),
		cmocka_unit_test(test_uplinks),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_newer_finding),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
