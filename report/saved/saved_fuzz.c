/* SPDX-License-Identifier: GPL-3.0-or-later
 * Anything in the place of what mpprobe wrote, printed in each form again.
 */
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/print/format.h"
#include "report/report.h"
#include "report/saved/saved.h"
#include "tests/fuzz.h"

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

static void print(const json_t *line)
{
	struct page page = fuzz_page();
	struct report *r = saved_report(line);

	format_named("text")->report(&page, r);
	FUZZ_REQUIRE(format_named("json")->report(&page, r) == 0);
	print_html(r);
	report_free(r);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line, *end;
	char *text = malloc(size + 1);

	FUZZ_REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	line = saved_lines(text, &size);
	end = line + size;
	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t span = (size_t)((stop ? stop : end) - line);
		json_t *json = json_loadb(line, span, 0, NULL);

		if (json) {
			print(json);
			print_connection(json);
		}
		json_decref(json);
		line += span + 1;
	}
	free(text);
	return 0;
}
