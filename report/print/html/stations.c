// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/stations.h"

#include <string.h>

#include "report/arena.h"
#include "report/origins.h"
#include "report/print/html/parts.h"

#define STRETCHES_MAX 6

/* --- stations ------------------------------------------------------------- */

static struct station *add(const struct page *p, struct stations *s)
{
	struct station *one = ARENA_PUSH(p->arena, s->list, s->count);

	one->name = one->address = one->more = one->rtt = one->network = "";
	one->back = -1;
	return one;
}

static void add_host(const struct page *p, struct stations *s,
		     const struct report *r)
{
	struct station *one = add(p, s);

	one->end = true;
	one->name = "this host";
	one->address = address_words(p, &r->source);
}

static const char *others(const struct page *p, const struct report_hop *h)
{
	size_t count = 0;

	for (size_t i = 0; i < h->responder_count; i++)
		count += !address_equal(&h->responders[i].address, &h->address);
	return count ? arena_printf(p->arena, " +%zu", count) : "";
}

static void add_hop(const struct page *p, struct stations *s,
		    const struct report *r, const struct report_hop *h)
{
	struct station *one = add(p, s);

	one->hop = h;
	one->end = h->is_target;
	one->silent = hop_silent(r, h) && !h->is_target;
	snprintf(one->number, sizeof(one->number), "%u", h->ttl);
	one->name = h->is_target ? "target" : h->name ? h->name : "";
	one->address = one->silent && !h->address.family
			       ? "no answer"
			       : address_words(p, &h->address);
	one->more = others(p, h);
	one->rtt = ms_words(p, h->rtt_ms);
	one->network = origin_words(p->arena, h) ?: "";
	s->networks |= h->origin != 0;
	if (h->responder_count) {
		one->back = (int)h->responders[0].return_hops;
		one->back_differs = h->responders[0].return_hops != h->ttl;
		s->returns = true;
	}
}

/* Where the path does not show it. */
static void add_target(const struct page *p, struct stations *s,
		       const struct report *r)
{
	struct station *one = add(p, s);

	one->end = true;
	one->name = "target";
	one->address = address_words(p, &r->target);
}

/* --- stretches ------------------------------------------------------------ */

static size_t station_of(const struct stations *s, unsigned ttl)
{
	size_t i = 0;

	while (i + 1 < s->count &&
	       (!s->list[i].hop || s->list[i].hop->ttl < ttl) && ttl)
		i++;
	return i;
}

static bool repeats(const struct stations *s, const struct stretch *one)
{
	for (size_t i = 0; i < s->stretch_count; i++)
		if (s->stretches[i].from == one->from &&
		    s->stretches[i].to == one->to &&
		    s->stretches[i].finding->kind == one->finding->kind)
			return true;
	return false;
}

static void add_stretch(const struct page *p, struct stations *s,
			const struct finding *f)
{
	struct stretch one = {
		.finding = f,
		.to = s->count - 1,
		.returns = f->direction == DIRECTION_RETURN,
	};

	if (f->effect == EFFECT_HARMLESS || s->stretch_count == STRETCHES_MAX)
		return;
	if (f->after.known)
		one.from = station_of(s, f->after.ttl);
	if (f->at.known)
		one.to = station_of(s, f->at.ttl);
	if (one.from >= one.to)
		one.from = one.to ? one.to - 1 : 0;
	if ((f->after.known || f->at.known || one.returns) && !repeats(s, &one))
		*ARENA_PUSH(p->arena, s->stretches, s->stretch_count) = one;
}

const char *stretch_words(const struct page *p, const struct stretch *s)
{
	return arena_printf(p->arena, "%s%s", s->finding->kind->title,
			    s->returns ? " on the return path" : "");
}

/* --- lanes ---------------------------------------------------------------- */

/* What is no more there than a segment that is dropped. */
static bool stops(const struct finding *f)
{
	const char *what = strchr(f->kind->id, '.');

	return what && (!strcmp(what, ".dropped") || !strcmp(what, ".reset"));
}

/* What shows that the server got it. */
static bool arrives(const struct report *r, const struct hop_column *c)
{
	enum ladder_rung rung =
		c->segment == SEGMENT_JOIN_SYN ? RUNG_JOIN : RUNG_DATA_ACK;

	return !c->plain && c->segment != SEGMENT_SYN &&
	       r->ladder[rung].result == RUNG_PASS;
}

static void add_lane(struct stations *s, const struct report *r,
		     const struct hop_column *c)
{
	struct lane *lane = &s->lanes[s->lane_count++];

	*lane = (struct lane){
		.column = c, .severity = "plain", .arrived = arrives(r, c)};
	for (size_t i = 0; i < s->stretch_count; i++) {
		const struct stretch *one = &s->stretches[i];

		if (one->finding->segment != c->segment || c->plain ||
		    one->returns)
			continue;
		lane->severity = severity_of_effect(one->finding->effect);
		if (stops(one->finding)) {
			lane->stopped = true;
			lane->stop = one->from;
		}
	}
}

struct stations stations_of(const struct page *p, const struct report *r)
{
	struct stations s = {0};
	bool target = false;

	add_host(p, &s, r);
	for (size_t i = 0; i < r->path_length; i++) {
		add_hop(p, &s, r, &r->path[i]);
		target |= r->path[i].is_target;
	}
	if (!target)
		add_target(p, &s, r);
	for (size_t i = 0; i < r->finding_count; i++)
		add_stretch(p, &s, &r->findings[i]);
	for (size_t i = 0; i < HOP_COLUMNS; i++)
		if (hop_column_swept(r, &hop_columns[i]))
			add_lane(&s, r, &hop_columns[i]);
	return s;
}

enum hop_mark lane_mark(const struct page *p, const struct report *r,
			const struct stations *s, const struct lane *l,
			size_t station)
{
	const struct station *at = &s->list[station];
	enum hop_mark mark =
		at->hop ? hop_cell(p->arena, r, l->column, at->hop).mark
			: HOP_NOTHING;

	return mark == HOP_NOTHING && l->arrived && station + 1 == s->count
		       ? HOP_ANSWERED
		       : mark;
}

/* --- words ---------------------------------------------------------------- */

static const char *station_words(const struct page *p, const struct station *s)
{
	if (!s->hop)
		return s->name;
	return arena_printf(p->arena, "hop %s", s->number);
}

const char *stations_words(const struct page *p, const struct stations *s)
{
	size_t silent = 0;
	const char *text;

	for (size_t i = 0; i < s->count; i++)
		silent += s->list[i].silent;
	text = arena_printf(p->arena, "%zu hops to the target", s->count - 1);
	if (silent)
		text = arena_printf(p->arena, "%s, %zu of them silent", text,
				    silent);
	for (size_t i = 0; i < s->stretch_count; i++)
		text = arena_printf(
			p->arena, "%s. %s, between %s and %s", text,
			stretch_words(p, &s->stretches[i]),
			station_words(p, &s->list[s->stretches[i].from]),
			station_words(p, &s->list[s->stretches[i].to]));
	return arena_printf(p->arena, "%s.", text);
}
