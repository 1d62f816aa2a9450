/* SPDX-License-Identifier: GPL-3.0-or-later
 * The packets that a report shows: the first of each connection, and those
 * that findings name, with what they quote.
 */
#include <stdlib.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"

#define BYTES_SHOWN 128	 /* both headers, and the first of the data */
#define SHOWN_OF_FLOW 40 /* a whole sweep and its quotes would be 60 */
#define SHOWN_MAX 600	 /* behind so many, only those that findings name */

struct showing {
	struct judgement *j;
	struct arena *arena; /* of what is here */
	uint64_t *named;     /* frames of evidence, in order */
	size_t named_count;
	struct report_packet *all; /* of one connection */
	size_t count;
};

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int by_frame(const void *a, const void *b)
{
	const struct report_packet *x = a, *y = b;

	return by_number(&x->frame, &y->frame);
}

static void name_frame(struct showing *s, uint64_t frame)
{
	*ARENA_PUSH(s->arena, s->named, s->named_count) = frame;
}

static void sort_named(struct showing *s)
{
	if (s->named_count)
		qsort(s->named, s->named_count, sizeof(*s->named), by_number);
}

static bool is_named(const struct showing *s, uint64_t frame)
{
	return s->named_count && bsearch(&frame, s->named, s->named_count,
					 sizeof(frame), by_number);
}

/* What the evidence of a finding is, and what of it quotes. */
static void name_evidence(struct showing *s)
{
	const struct report *r = s->j->r;
	size_t count;

	for (size_t i = 0; i < r->finding_count; i++)
		for (size_t k = 0; k < r->findings[i].evidence_count; k++)
			name_frame(s, r->findings[i].evidence[k].frame);
	sort_named(s);
	count = s->named_count;
	for (size_t i = 0; i < s->j->view_count && count; i++) {
		const struct view *v = &s->j->views[i];

		if (bsearch(&v->quote->frame, s->named, count,
			    sizeof(*s->named), by_number))
			name_frame(s, v->sent->frame);
	}
	sort_named(s);
}

static void take_bytes(struct report_packet *shown, const struct packet *p)
{
	shown->bytes = p->bytes;
	shown->length = p->available < BYTES_SHOWN ? p->available : BYTES_SHOWN;
}

static double since_first(const struct showing *s, int64_t time_us)
{
	return (double)(time_us - s->j->o->first_us) / 1000;
}

static void take_segment(struct showing *s, const struct flow *f,
			 const struct kept *k, bool received)
{
	struct report_packet *shown = ARENA_PUSH(s->arena, s->all, s->count);

	*shown = (struct report_packet){
		.frame = k->frame,
		.ms = since_first(s, k->time_us),
		.connection = f->id,
		.received = received,
		.segment = k->kind,
	};
	take_bytes(shown, &k->packet);
}

static void take_quote(struct showing *s, const struct flow *f,
		       const struct quote *q)
{
	const struct kept *sent = f->sent[q->sent];
	struct report_packet *shown = ARENA_PUSH(s->arena, s->all, s->count);

	*shown = (struct report_packet){
		.frame = q->frame,
		.ms = since_first(s, q->time_us),
		.connection = f->id,
		.received = true,
		.segment = sent->kind,
		.quotes = sent->frame,
		.hop = q->time_exceeded ? sent->packet.ip.ttl : 0,
		.responder = q->responder,
	};
	take_bytes(shown, &q->quoted);
}

static void take_flow(struct showing *s, const struct flow *f)
{
	s->all = NULL;
	s->count = 0;
	for (size_t i = 0; i < f->sent_count; i++)
		take_segment(s, f, f->sent[i], false);
	for (size_t i = 0; i < f->received_count; i++)
		take_segment(s, f, f->received[i], true);
	for (size_t i = 0; i < f->quote_count; i++)
		take_quote(s, f, &f->quotes[i]);
	if (s->count)
		qsort(s->all, s->count, sizeof(*s->all), by_frame);
}

/* The bytes are the flow's, which the report outlives. */
static void show(struct showing *s, const struct report_packet *p)
{
	struct report *r = s->j->r;
	struct report_packet *shown =
		ARENA_PUSH(s->j->arena, r->packets, r->packet_count);
	uint8_t *bytes = arena_alloc(s->j->arena, p->length + 1);

	*shown = *p;
	for (size_t i = 0; i < p->length; i++)
		bytes[i] = p->bytes[i];
	shown->bytes = bytes;
}

/* So many of its first packets, and those that findings name. */
static void show_flow(struct showing *s, const struct flow *f, size_t first)
{
	take_flow(s, f);
	for (size_t i = 0; i < s->count; i++)
		if (i < first || is_named(s, s->all[i].frame))
			show(s, &s->all[i]);
}

/* Whether the evidence of a finding may be one of its packets. */
static bool is_in_findings(const struct report *r, const struct flow *f)
{
	for (size_t i = 0; i < r->finding_count; i++)
		for (size_t k = 0; k < r->findings[i].connection_count; k++)
			if (r->findings[i].connections[k] == f->id)
				return true;
	return false;
}

void judge_packets(struct judgement *j)
{
	struct showing s = {.j = j, .arena = arena_new()};

	name_evidence(&s);
	for (size_t i = 0; i < j->flow_count; i++)
		if (j->r->packet_count < SHOWN_MAX)
			show_flow(&s, j->flows[i], SHOWN_OF_FLOW);
		else if (is_in_findings(j->r, j->flows[i]))
			show_flow(&s, j->flows[i], 0);
	arena_free(s.arena);
}
