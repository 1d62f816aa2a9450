// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/exchange.h"

#include "report/arena.h"
#include "report/print/html/parts.h"

bool finding_names(const struct finding *f, unsigned connection)
{
	for (size_t i = 0; i < f->connection_count; i++)
		if (f->connections[i] == connection)
			return true;
	return false;
}

bool finding_matters(const struct finding *f)
{
	return f->effect != EFFECT_HARMLESS;
}

double exchange_place(const struct exchange *e, unsigned ttl)
{
	return HOST_AT +
	       (SERVER_AT - HOST_AT) * (double)ttl / (double)e->target;
}

static void add_lane(struct exchange *e, double at, const char *name,
		     const char *address)
{
	struct talk *t = &e->talk;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->lanes[i].at == at)
			return;
	if (t->count == TALK_LANES)
		return;
	for (i = t->count++; i > 0 && t->lanes[i - 1].at > at; i--)
		t->lanes[i] = t->lanes[i - 1];
	t->lanes[i] = (struct talk_lane){at, name, address};
}

static void add_hop_lane(struct exchange *e, const struct place *at)
{
	if (at->known && at->ttl && at->ttl < e->target)
		add_lane(e, exchange_place(e, at->ttl),
			 arena_printf(e->page->arena, "hop %u", at->ttl), "");
}

bool exchange_has_lane(const struct exchange *e, unsigned ttl)
{
	for (size_t i = 0; i < e->talk.count; i++)
		if (ttl && e->talk.lanes[i].at == exchange_place(e, ttl))
			return true;
	return false;
}

static unsigned target_ttl(const struct report *r)
{
	for (size_t i = 0; i < r->path_length; i++)
		if (r->path[i].is_target && r->path[i].ttl)
			return r->path[i].ttl;
	return (unsigned)r->path_length + 1;
}

/* The address of the client, or the server: of a join they may be others than
 * those of the report. */
static const char *end_words(const struct exchange *e, bool server)
{
	struct packet p;

	if (e->packets->quotes || !exchange_parse(e->packets, &p))
		return "";
	return address_words(e->page, e->packets->received == server
					      ? &p.ip.source
					      : &p.ip.destination);
}

void exchange_lanes(struct exchange *e)
{
	const struct report *r = e->report;

	e->talk.count = 0;
	e->target = target_ttl(r);
	add_lane(e, HOST_AT, "client", end_words(e, false));
	add_lane(e, SERVER_AT, "server", end_words(e, true));
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];

		if (!finding_matters(f) ||
		    !finding_names(f, e->packets->connection))
			continue;
		add_hop_lane(e, &f->after);
		add_hop_lane(e, &f->at);
	}
}
