/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs that mpprobe wrote as JSON (-j): reports of a probe or a capture.
 */
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "report/arena.h"
#include "report/compare/samples.h"
#include "report/saved/member.h"
#include "report/saved/saved.h"

static void report_syn_ack(struct compare *c, struct sample *s,
			   const json_t *answer)
{
	const json_t *rtt = json_object_get(answer, "rtt_ms");
	uint8_t block[40];
	long length =
		hex_bytes(member_text(answer, "options"), block, sizeof(block));

	s->answered = true;
	s->answer =
		compare_answer_of(c, block, length < 0 ? 0 : (size_t)length);
	s->answer.ttl = (unsigned)member_number(answer, "ttl", 0) & 255;
	s->answer.window = (unsigned)member_number(answer, "window", 0);
	if (json_is_number(rtt))
		s->answer.rtt_ms = json_number_value(rtt);
}

static bool report_sample(struct compare *c, struct sample *s,
			  const json_t *connection)
{
	const char *purpose = member_text(connection, "purpose");
	const json_t *answer = json_object_get(connection, "syn_ack");
	bool capable = strcmp(purpose, "mp_capable") == 0;
	int reach = member_number(connection, "reach_ttl", -1);

	if (!capable && strcmp(purpose, "tcp") != 0)
		return false;
	s->version = capable ? member_number(connection, "version", 1) : -1;
	s->syn_ttl = (unsigned)member_number(connection, "syn_ttl", 0);
	s->syns = (unsigned)member_number(connection, "attempts", 1);
	s->syn_offers =
		OFFER_MSS | OFFER_SACK | OFFER_TIMESTAMPS | OFFER_WSCALE;
	if (json_is_object(answer))
		report_syn_ack(c, s, answer);
	else if (json_is_object(json_object_get(connection, "reset")))
		s->refused = true;
	if (reach > 0 && reach <= REACH_TTL_MAX) {
		s->reach = (unsigned)reach;
		if (json_is_true(json_object_get(connection, "swept")))
			s->short_ttl = s->reach - 1;
	} else if (!s->answered && s->syn_ttl <= REACH_TTL_MAX) {
		s->short_ttl = s->syn_ttl;
	}
	return true;
}

static void add_findings(struct compare *c, const json_t *report,
			 const struct sample *of)
{
	const json_t *finding;
	size_t index;

	json_array_foreach(json_object_get(report, "findings"), index,
			   finding) if (strcmp(member_text(finding, "effect"),
					       "harmless") != 0)
		compare_add_found(c, of, member_text(finding, "id"),
				  member_text(finding, "segment"),
				  member_text(finding, "text"));
}

static size_t add_report(struct compare *c, const json_t *report)
{
	const json_t *target = json_object_get(report, "target");
	const json_t *source = json_object_get(report, "source");
	const struct sample of = {
		.source = member_address(source, "address"),
		.target = member_address(target, "address"),
		.port = (uint16_t)member_number(target, "port", 0)};
	const json_t *connection;
	size_t index, count = 0;

	if (!of.target.family)
		return 0;
	add_findings(c, report, &of);
	json_array_foreach(json_object_get(report, "connections"), index,
			   connection)
	{
		struct sample s = of;

		if (!report_sample(c, &s, connection))
			continue;
		compare_add_sample(c, &s);
		count++;
	}
	return count;
}

/* ---- comparisons --------------------------------------------------------- */

static struct span member_span(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return (struct span){
		(unsigned)json_integer_value(json_array_get(value, 0)),
		(unsigned)json_integer_value(json_array_get(value, 1))};
}

/* Letters of the options, as compare has them. */
static unsigned offers_in(const char *letters)
{
	return (strchr(letters, 'M') ? OFFER_MSS : 0) |
	       (strchr(letters, 'S') ? OFFER_SACK : 0) |
	       (strchr(letters, 'T') ? OFFER_TIMESTAMPS : 0) |
	       (strchr(letters, 'W') ? OFFER_WSCALE : 0);
}

static void row_answer(struct compare *c, struct compare_row *row,
		       const json_t *answer)
{
	const json_t *rtt = json_object_get(answer, "rtt_ms");
	const char *letters = member_text(answer, "options");

	row->ttl = member_span(answer, "ttl");
	row->hops = member_span(answer, "hops");
	row->initial_ttl = (unsigned)member_number(answer, "initial_ttl", 0);
	row->answer = (struct compare_answer){
		.ttl = row->ttl.high,
		.window = (unsigned)member_number(answer, "window", 0),
		.offers = offers_in(letters),
		.mss = member_number(answer, "mss", -1),
		.wscale = member_number(answer, "wscale", -1),
		.version = member_number(answer, "mptcp", -1),
		.rtt_ms = json_is_number(rtt) ? json_number_value(rtt) : -1,
		.options = arena_printf(c->arena, "%s", letters)};
}

/* What a comparison knew of its runs, as far as it wrote that. */
static void add_row(struct compare *c, const json_t *line)
{
	struct sample s = {.source = member_address(line, "source"),
			   .target = member_address(line, "address"),
			   .port = (uint16_t)member_number(line, "port", 0),
			   .version = member_number(line, "mptcp", -1),
			   .syn_offers = OFFER_MSS | OFFER_SACK |
					 OFFER_TIMESTAMPS | OFFER_WSCALE};
	struct compare_row *row;
	unsigned answered = (unsigned)member_number(line, "answered", 0);

	s.fallback = json_is_true(json_object_get(line, "fallback"));
	row = compare_row_of(c, &s);
	row->connections = (unsigned)member_number(line, "connections", 0);
	row->answered = answered;
	row->refused = (unsigned)member_number(line, "refused", 0);
	row->syns = (unsigned)member_number(line, "syns", 0);
	row->lost_syns = (unsigned)member_number(line, "unanswered_syns", 0);
	row->tries = (struct tries){answered + row->lost_syns, row->lost_syns};
	row->syn_ttl = (unsigned)member_number(line, "syn_ttl", 0);
	row->reach = (unsigned)member_number(line, "reach_ttl", 0);
	row->reach_count = row->reach > 0;
	if (json_is_true(json_object_get(line, "reach_measured"))) {
		row->short_ttl = row->reach - 1;
		row->short_count = 1;
	}
	if (answered)
		row_answer(c, row, json_object_get(line, "syn_ack"));
}

static size_t add_comparison(struct compare *c, const char *run,
			     const json_t *comparison)
{
	const json_t *line;
	const char *before = "";
	size_t index, count = 0;

	json_array_foreach(json_object_get(comparison, "rows"), index, line)
	{
		const char *name = member_text(line, "run");

		if (!count || strcmp(name, before) != 0)
			compare_add_run(
				c, arena_printf(c->arena, "%s (%s)", name, run),
				member_time(line, "started"));
		before = name;
		add_row(c, line);
		count++;
	}
	return count;
}

/* ---- lines --------------------------------------------------------------- */

/* A line of `mpprobe -j`: a report, a comparison, or something else of its,
 * which is no run of SYNs. False if it is neither. */
static bool add_line(struct compare *c, const char *run, const json_t *line,
		     int *count)
{
	const char *schema = member_text(line, "schema");
	bool report = strcmp(schema, "mpprobe-report/1") == 0;

	if (!report && strcmp(schema, "mpprobe-compare/1") != 0)
		return strncmp(schema, "mpprobe-", strlen("mpprobe-")) == 0;
	if (report && *count < 0)
		compare_add_run(c, run, member_time(line, "started"));
	if (*count < 0)
		*count = 0;
	*count += (int)(report ? add_report(c, line)
			       : add_comparison(c, run, line));
	return true;
}

int compare_report(struct compare *c, const char *run, const char *text,
		   size_t length, char *error, size_t size)
{
	const char *line = saved_lines(text, &length);
	const char *end = line + length;
	bool ours = true;
	int count = -1;

	while (line < end && ours) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t span = (size_t)((stop ? stop : end) - line);
		json_t *json = json_loadb(line, span, 0, NULL);

		ours = !span || add_line(c, run, json, &count);
		json_decref(json);
		line += span + 1;
	}
	if (ours && count >= 0)
		return count;
	snprintf(error, size, "%s",
		 ours && length > 1 ? "written by mpprobe -j, but it has no "
				      "SYNs to compare"
				    : "not written by mpprobe -j");
	return -1;
}
