/* SPDX-License-Identifier: GPL-3.0-or-later
 * A comparison for programs: schema mpprobe-compare/1. Fields may be added,
 * never renamed.
 */
#include <jansson.h>
#include <time.h>

#include "report/compare/compare.h"

/* Negative: not known. */
static json_t *number(int value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *text(const char *value)
{
	json_t *json = json_string(value);

	return json ? json : json_string("?");
}

static json_t *span(struct span s)
{
	return json_pack("[ii]", (int)s.low, (int)s.high);
}

static json_t *answer(const struct compare_row *r)
{
	if (!r->answered)
		return json_null();
	return json_pack("{s:o, s:i, s:o, s:o, s:o, s:i, s:o, s:s, s:o}", "ttl",
			 span(r->ttl), "initial_ttl", (int)r->initial_ttl,
			 "hops", span(r->hops), "rtt_ms",
			 r->rtt_ms < 0 ? json_null() : json_real(r->rtt_ms),
			 "mss", number(r->mss), "window", (int)r->window,
			 "wscale", number(r->wscale), "options", r->options,
			 "mptcp", number(r->answer_version));
}

static json_t *started(int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	char day[64] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	return json_sprintf("%s.%03dZ", day, (int)(us % 1000000 / 1000));
}

static json_t *row(const struct compare *c, const struct compare_row *r)
{
	char address[ADDRESS_TEXT];

	return json_pack(
		"{s:o, s:o, s:s, s:i, s:o, s:b, s:i, s:i, s:i, s:i, s:i, s:i, "
		"s:o, s:b, s:o}",
		"run", text(c->runs[r->run].name), "started",
		started(c->runs[r->run].started_us), "address",
		address_text(&r->target, address), "port", r->port, "mptcp",
		number(r->version), "fallback", r->fallback, "connections",
		(int)r->connections, "answered", (int)r->answered, "refused",
		(int)r->refused, "syns", (int)r->syns, "unanswered_syns",
		(int)r->lost_syns, "syn_ttl", (int)r->syn_ttl, "reach_ttl",
		number(r->reach ? (int)r->reach : -1), "reach_measured",
		compare_reach_measured(r), "syn_ack", answer(r));
}

int compare_json(FILE *out, const struct compare *c)
{
	json_t *rows = json_array(), *differences = json_array();
	json_t *json;
	int ret = -1;

	for (size_t i = 0; i < c->row_count; i++)
		json_array_append_new(rows, row(c, &c->rows[i]));
	for (size_t i = 0; i < c->difference_count; i++)
		json_array_append_new(
			differences,
			json_pack("{s:s, s:b, s:o}", "kind",
				  c->differences[i].kind, "meaningful",
				  c->differences[i].meaningful, "text",
				  text(c->differences[i].text)));
	json = json_pack("{s:s, s:s, s:b, s:o, s:o}", "schema",
			 "mpprobe-compare/1", "version", MPPROBE_VERSION,
			 "differs", compare_differs(c), "rows", rows,
			 "differences", differences);
	if (json &&
	    json_dumpf(json, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) ==
		    0 &&
	    fputc('\n', out) != EOF)
		ret = 0;
	json_decref(json);
	return ret;
}
