/* SPDX-License-Identifier: GPL-3.0-or-later
 * What every room of the judge asks of what is judged, and adds to it.
 */
#include <stdarg.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"

bool had_time(const struct judgement *j, const struct kept *k)
{
	return j->o->last_us - k->time_us >= j->patience_us;
}

const struct flow *flow_first(const struct judgement *j,
			      bool (*fits)(const struct flow *))
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (fits(j->flows[i]))
			return j->flows[i];
	return NULL;
}

struct finding *finding_add(struct judgement *j, const char *id,
			    enum direction direction, enum segment_kind segment)
{
	struct finding *f =
		ARENA_PUSH(j->arena, j->r->findings, j->r->finding_count);

	f->kind = finding_kind(id);
	f->effect = f->kind->effect;
	f->direction = direction;
	f->segment = segment;
	f->confidence = CONFIDENCE_PROVEN;
	f->text = f->kind->title;
	return f;
}

#define CONNECTIONS_MAX 64 /* named; more say no more */

void finding_connection(struct judgement *j, struct finding *f, unsigned id)
{
	for (size_t i = 0; i < f->connection_count; i++)
		if (f->connections[i] == id)
			return;
	if (f->connection_count == CONNECTIONS_MAX)
		return;
	*ARENA_PUSH(j->arena, f->connections, f->connection_count) = id;
}

void finding_evidence(struct judgement *j, struct finding *f, uint64_t frame,
		      const char *sent, const char *seen, const char *format,
		      ...)
{
	const char *text;
	va_list list;

	va_start(list, format);
	text = arena_vprintf(j->arena, format, list);
	va_end(list);
	*ARENA_PUSH(j->arena, f->evidence, f->evidence_count) =
		(struct evidence){frame, sent, seen, text};
}

struct finding *finding_find(const struct judgement *j, const char *id)
{
	for (size_t i = 0; i < j->r->finding_count; i++)
		if (strcmp(j->r->findings[i].kind->id, id) == 0)
			return &j->r->findings[i];
	return NULL;
}

bool finding_overlaps(const struct finding *f, unsigned after, unsigned at)
{
	return f->at.known && f->after.known && f->after.ttl < at &&
	       after < f->at.ttl;
}
