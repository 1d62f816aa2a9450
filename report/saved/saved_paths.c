/* SPDX-License-Identifier: GPL-3.0-or-later
 * The inverse of print/json_paths.c.
 */
#include <stdio.h>
#include <string.h>

#include "report/arena.h"
#include "report/paths/paths.h"
#include "report/saved/member.h"
#include "report/saved/saved.h"

#define PATHS_MAX 64

size_t saved_paths_count(const json_t *line)
{
	return json_array_size(json_object_get(line, "uplinks"));
}

static enum status worst_status(const json_t *verdict)
{
	const char *text = member_text(verdict, "status");
	int s = STATUS_CLEAR;

	while (s < STATUS_UNREACHABLE && strcmp(status_name(s), text) != 0)
		s++;
	return (enum status)s;
}

static enum joining joining_of(const char *name)
{
	int j = JOINING_UNTRIED;

	while (j < JOINING_ENDED && strcmp(joining_name(j), name) != 0)
		j++;
	return strcmp(joining_name(j), name) ? JOINING_UNTRIED
					     : (enum joining)j;
}

static enum cause cause_of(const char *name)
{
	int c = CAUSE_NONE;

	while (c < CAUSE_SERVER && strcmp(cause_name(c), name) != 0)
		c++;
	return strcmp(cause_name(c), name) ? CAUSE_NONE : (enum cause)c;
}

/* "" where none was tried. */
static struct path_takeover takeover_of_saved(const json_t *json)
{
	const char *result = member_text(json, "result");

	return (struct path_takeover){
		.result = !strcmp(result, "taken")   ? TAKEOVER_TAKEN
			  : !strcmp(result, "never") ? TAKEOVER_NEVER
						     : TAKEOVER_UNTRIED,
		.ms = member_decimal(json, "ms"),
		.back_ms = member_decimal(json, "back_ms"),
		.twice = member_count(json, "bytes_twice"),
		.missing = member_count(json, "bytes_missing"),
	};
}

static void take_left_out(struct paths *p, const json_t *json)
{
	struct path_left_out *l = arena_alloc(p->arena, sizeof(*l));

	snprintf(l->name, sizeof(l->name), "%s", member_text(json, "name"));
	l->why = arena_printf(p->arena, "%s", member_text(json, "text"));
	l->named = member_flag(json, "named");
	*ARENA_PUSH(p->arena, p->left_out, p->left_out_count) = l;
}

/* They are written in the order in which they are kept. */
static void take_joins(struct paths *p, const json_t *line)
{
	const json_t *joins = json_object_get(line, "joins"), *json;
	size_t i;

	for (i = 0; i < p->count * p->count; i++) {
		json = json_array_get(joins, i);
		p->joins[i] = (struct path_join){
			.joining = joining_of(member_text(json, "result")),
			.cause = cause_of(member_text(json, "cause")),
			.why = member_copy(p->arena, json, "text"),
			.connection =
				(unsigned)member_number(json, "connection", 0),
			.reason = member_number(json, "reason", -1),
			.frame = member_count(json, "frame"),
			.takeover = takeover_of_saved(
				json_object_get(json, "takeover")),
		};
	}
}

static void take_finding(struct paths *p, const json_t *json)
{
	struct arena *a = p->arena;

	*ARENA_PUSH(a, p->findings, p->finding_count) = (struct path_finding){
		.opened = arena_printf(a, "%s", member_text(json, "opened")),
		.from = arena_printf(a, "%s", member_text(json, "from")),
		.confidence = strcmp(member_text(json, "confidence"), "likely")
				      ? CONFIDENCE_PROVEN
				      : CONFIDENCE_LIKELY,
		.text = arena_printf(a, "%s", member_text(json, "text")),
		.connection = (unsigned)member_number(json, "connection", 0),
		.frame = member_count(json, "frame"),
	};
}

static void take_advice(struct paths *p, const json_t *json)
{
	*ARENA_PUSH(p->arena, p->advice,
		    p->advice_count) = (struct path_advice){
		.text = arena_printf(p->arena, "%s", member_text(json, "text")),
		.command = member_copy(p->arena, json, "command"),
	};
}

struct paths *saved_paths(const json_t *line, struct report *const *reports,
			  size_t count)
{
	const json_t *verdict = json_object_get(line, "verdict"), *json;
	struct paths *p;
	size_t i;

	if (!count || count > PATHS_MAX || saved_paths_count(line) != count)
		return NULL;
	p = paths_new(reports, count);
	p->status = worst_status(verdict);
	p->text = arena_printf(p->arena, "%s", member_text(verdict, "text"));
	take_joins(p, line);
	json_array_foreach(json_object_get(line, "uplinks"), i, json)
		p->uplinks[i]
			.answers_by = member_copy(p->arena, json, "answers_by");
	json_array_foreach(json_object_get(line, "left_out"), i, json)
		take_left_out(p, json);
	json_array_foreach(json_object_get(line, "findings"), i, json)
		take_finding(p, json);
	json_array_foreach(json_object_get(line, "advice"), i, json)
		take_advice(p, json);
	return p;
}
