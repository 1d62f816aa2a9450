/* SPDX-License-Identifier: GPL-3.0-or-later
 * What runs, and downloads, differ in: for programs.
 */
#include <math.h>

#include "report/compare/compare.h"
#include "report/print/json.h"
#include "report/print/json_value.h"

static json_t *span(struct span s)
{
	return json_pack("[ii]", (int)s.low, (int)s.high);
}

static json_t *answer(const struct compare_row *r)
{
	if (!r->answered)
		return json_null();
	return JSON_OBJECT({"ttl", span(r->ttl)},
			   {"initial_ttl", json_count(r->initial_ttl)},
			   {"hops", span(r->hops)},
			   {"rtt_ms", json_decimal(r->answer.rtt_ms)},
			   {"mss", json_count_or_null(r->answer.mss)},
			   {"window", json_count(r->answer.window)},
			   {"wscale", json_count_or_null(r->answer.wscale)},
			   {"options", json_text(r->answer.options)},
			   {"mptcp", json_count_or_null(r->answer.version)});
}

static json_t *row(const struct compare *c, const struct compare_row *r)
{
	const struct compare_run *run = &c->runs[r->run];

	return JSON_OBJECT(
		{"run", json_text(run->name)},
		{"started", json_time(run->started_us, 3)},
		{"source", json_address(&r->source)},
		{"address", json_address(&r->target)},
		{"port", json_count(r->port)},
		{"mptcp", json_count_or_null(r->version)},
		{"fallback", json_flag(r->fallback)},
		{"connections", json_count(r->connections)},
		{"answered", json_count(r->answered)},
		{"refused", json_count(r->refused)},
		{"syns", json_count(r->syns)},
		{"unanswered_syns", json_count(r->lost_syns)},
		{"syn_ttl", json_count(r->syn_ttl)},
		{"reach_ttl", json_frame(r->reach)},
		{"reach_measured", json_flag(compare_reach_measured(r))},
		{"syn_ack", answer(r)});
}

static json_t *rows(const struct compare *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->row_count; i++)
		array = json_appended(array, row(c, &c->rows[i]));
	return array;
}

static json_t *difference(const struct difference *d)
{
	return JSON_OBJECT({"kind", json_text(d->kind)},
			   {"meaningful", json_flag(d->meaningful)},
			   {"text", json_text(d->text)});
}

JSON_ARRAY_OF(differences, struct difference, difference)

int json_compare(const struct page *p, const struct compare *c)
{
	return JSON_LINE(p, "mpprobe-compare/1",
			 {"differs", json_flag(compare_differs(c))},
			 {"rows", rows(c)},
			 {"differences",
			  differences(c->differences, c->difference_count)},
			 {"notes", differences(c->notes, c->note_count)});
}
