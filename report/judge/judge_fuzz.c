/* SPDX-License-Identifier: GPL-3.0-or-later
 * A whole capture to all that is said of it. Fuzz targets are built so that
 * flows are forgotten after a few (FLOWS_MAX).
 */
#include "report/compare/compare.h"
#include "report/judge/judge.h"
#include "report/paths/legs.h"
#include "report/paths/paths.h"
#include "report/report.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/fuzz.h"

#define TARGETS 4

static const struct format *const *formats(void)
{
	static const struct format *all[3];

	all[0] = format_named("text");
	all[1] = format_named("json");
	return all;
}

static void print_report(const struct page *page, const struct report *r)
{
	int code = report_exit_code(r);

	FUZZ_REQUIRE(code >= 0 && code <= 3);
	FUZZ_REQUIRE(r->verdict);
	for (const struct format *const *f = formats(); *f; f++)
		FUZZ_REQUIRE((*f)->report(page, r) == 0);
}

static void list(void *context, const struct mptcp_connection *c)
{
	for (const struct format *const *f = formats(); *f; f++)
		FUZZ_REQUIRE((*f)->connection(context, c) == 0);
}

static void judge_group(const struct page *page, const struct observer *o,
			const struct judge_target *targets, size_t count)
{
	struct report *reports[TARGETS];
	const struct paths_group group = {.reports = reports, .count = count};
	struct paths *paths;

	for (size_t i = 0; i < count; i++) {
		reports[i] = judge(o, &targets[i]);
		print_report(page, reports[i]);
	}
	paths = paths_judge(o, &group);
	for (const struct format *const *f = formats(); *f; f++)
		FUZZ_REQUIRE((*f)->paths(page, paths) == 0);
	paths_free(paths);
	for (size_t i = 0; i < count; i++)
		report_free(reports[i]);
}

static void find_legs(const struct page *page, const struct observer *o)
{
	struct legs *l = legs_find(o);

	for (const struct format *const *f = formats(); *f; f++)
		FUZZ_REQUIRE((*f)->legs(page, l) == 0);
	legs_free(l);
}

static void judge_all(const struct page *page, const struct observer *o)
{
	struct judge_target targets[TARGETS];
	size_t count = judge_targets(o, targets, TARGETS);

	count = count < TARGETS ? count : TARGETS;
	for (size_t i = 0, used; i < count; i += used) {
		used = paths_take_group(&targets[i], count - i);
		judge_group(page, o, &targets[i], used);
	}
	find_legs(page, o);
}

static void compare_all(const struct page *page, const struct observer *o)
{
	struct compare *c = compare_new();

	FUZZ_REQUIRE(c);
	compare_observe(c, "a", o);
	compare_observe(c, "b", o);
	compare_judge(c);
	for (const struct format *const *f = formats(); *f; f++)
		FUZZ_REQUIRE((*f)->compare(page, c) == 0);
	compare_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page page = fuzz_page();
	struct observer *o = observer_new();
	char error[400];

	FUZZ_REQUIRE(o);
	o->connections.drawn = true;
	o->ended = list;
	o->ended_context = &page;
	capture_read(fuzz_file(data, size), o, error, sizeof(error));
	judge_all(&page, o);
	compare_all(&page, o);
	observe_end_frozen(o, INT64_MAX);
	for (const struct mptcp_connection *c = o->connections.oldest; c;
	     c = c->newer)
		list(&page, c);
	observer_free(o);
	fuzz_page_done(&page);
	return 0;
}
