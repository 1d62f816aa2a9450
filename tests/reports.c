/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/reports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/judge/judge.h"
#include "report/paths/paths.h"
#include "report/print/json.h"
#include "report/report.h"
#include "report/track/observer.h"
#include "tests/page.h"

#define TARGETS_MAX 16

static bool data_passes(const struct report *r)
{
	return r->ladder[RUNG_DATA_ACK].result == RUNG_PASS &&
	       r->ladder[RUNG_SERVER_DSN].result == RUNG_PASS &&
	       r->ladder[RUNG_JOIN_DATA].result == RUNG_PASS;
}

struct report *consistent(struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];

		if (f->effect == EFFECT_BLOCKS && f->segment == SEGMENT_DATA &&
		    f->direction != DIRECTION_RETURN && data_passes(r))
			fail_msg("%s blocks data that passes", f->kind->id);
	}
	return r;
}

/* As `mpprobe read` does: of several uplinks what they say together first. */
static void print_group(struct page *page, const struct observer *o,
			const struct judge_target *targets, size_t count)
{
	struct report *reports[TARGETS_MAX];
	const struct paths_group group = {.reports = reports, .count = count};
	struct paths *paths;

	for (size_t i = 0; i < count; i++)
		reports[i] = consistent(judge(o, &targets[i]));
	if (count > 1) {
		paths = paths_judge(o, &group);
		assert_int_equal(json_paths(page, paths), 0);
		paths_free(paths);
	}
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(json_report(page, reports[i]), 0);
		report_free(reports[i]);
	}
}

char *reports_by(struct observer *o)
{
	struct judge_target targets[TARGETS_MAX];
	char *text = NULL;
	size_t size, count;
	struct page page = page_in(&text, &size);

	count = judge_targets(o, targets, TARGETS_MAX);
	count = count < TARGETS_MAX ? count : TARGETS_MAX;
	for (size_t i = 0, used; i < count; i += used) {
		used = paths_take_group(&targets[i], count - i);
		print_group(&page, o, &targets[i], used);
	}
	page_done(&page);
	observer_free(o);
	return text;
}
