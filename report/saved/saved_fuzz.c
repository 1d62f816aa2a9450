/* SPDX-License-Identifier: GPL-3.0-or-later
 * Anything in the place of what mpprobe wrote, printed in each form again.
 */
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/paths/legs.h"
#include "report/paths/paths.h"
#include "report/print/format.h"
#include "report/report.h"
#include "report/saved/saved.h"
#include "report/watch/watched.h"
#include "tests/fuzz.h"

#define REPORTS_MAX 8

static const struct origin origin = {.command = "mpprobe"};

static void print_html(const struct report *r)
{
	const struct format *html = format_named("html");
	struct page page = fuzz_page();

	page.origin = &origin;
	page.document = html->open();
	FUZZ_REQUIRE(html->report(&page, r) == 0);
	FUZZ_REQUIRE(html->close(&page, "", 0) == 0);
	fuzz_page_done(&page);
}

static void print(const struct report *r)
{
	struct page page = fuzz_page();

	format_named("text")->report(&page, r);
	FUZZ_REQUIRE(format_named("json")->report(&page, r) == 0);
	print_html(r);
	fuzz_page_done(&page);
}

static void print_connection(const json_t *line)
{
	const struct format *html = format_named("html");
	struct page page = fuzz_page();
	struct arena *arena = arena_new();
	const struct mptcp_connection *c = saved_connection(arena, line);

	format_named("text")->connection(&page, c);
	FUZZ_REQUIRE(format_named("json")->connection(&page, c) == 0);
	page.origin = &origin;
	page.document = html->open();
	FUZZ_REQUIRE(html->list(&page) == 0);
	FUZZ_REQUIRE(html->connection(&page, c) == 0);
	FUZZ_REQUIRE(html->close(&page, "", 0) == 0);
	arena_free(arena);
	fuzz_page_done(&page);
}

/* What several uplinks say together. */
static void print_paths(const struct paths *all)
{
	struct page page = fuzz_page();

	FUZZ_REQUIRE(format_named("text")->paths(&page, all) == 0);
	FUZZ_REQUIRE(format_named("json")->paths(&page, all) == 0);
	fuzz_page_done(&page);
}

static void print_legs(const json_t *line)
{
	struct page page = fuzz_page();
	struct legs *l = saved_legs(line);

	format_named("text")->legs(&page, l);
	FUZZ_REQUIRE(format_named("json")->legs(&page, l) == 0);
	legs_free(l);
	fuzz_page_done(&page);
}

/* Runs of one address and port that follow each other. */
static void watch(struct subject *s, const struct report *r)
{
	struct watched run = watched_of(r);
	struct watch_change change;
	struct page page = fuzz_page();

	if (!run.time_us) /* then a watcher has it of the file's name */
		run.time_us = 1;
	while (subject_take(s, &run, &change) == NEWS_UNSURE)
		;
	change = (struct watch_change){.what = ~0U,
				       .host = "h",
				       .unwatched = true,
				       .was = s->known,
				       .now = run};
	FUZZ_REQUIRE(format_named("text")->watch(&page, &change) == 0);
	FUZZ_REQUIRE(format_named("json")->watch(&page, &change) == 0);
	fuzz_page_done(&page);
}

/* Every line is taken as a report, as a connection, as legs, and as what is
 * said of those before it. */
static void take(const json_t *line, struct report **reports, size_t *count,
		 struct subject *subject)
{
	size_t uplinks = saved_paths_count(line);
	struct paths *all;

	if (*count < REPORTS_MAX) {
		reports[*count] = saved_report(line);
		watch(subject, reports[*count]);
		print(reports[(*count)++]);
	}
	print_connection(line);
	print_legs(line);
	if (uplinks > *count)
		return;
	all = saved_paths(line, reports, uplinks);
	if (all)
		print_paths(all);
	paths_free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report *reports[REPORTS_MAX];
	struct subject subject = {0};
	size_t count = 0;
	const char *line, *end;
	char *text;

	if (!size || !saved_begins(*data))
		return 0;
	text = malloc(size + 1);
	FUZZ_REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	line = saved_lines(text, &size);
	end = line + size;
	while (line < end) {
		json_t *json = saved_next(&line, end);

		if (json)
			take(json, reports, &count, &subject);
		json_decref(json);
	}
	while (count > 0)
		report_free(reports[--count]);
	free(text);
	return 0;
}
