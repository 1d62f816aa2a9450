/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/paths/paths.h"

#include <string.h>

#include "report/arena.h"
#include "report/judge/judge.h"
#include "report/track/observer.h"

#define ENUM_CELL(value, name, cell, phrase) [value] = (cell),
#define ENUM_PHRASE(value, name, cell, phrase) [value] = (phrase),

NAMES_OF(joining_name, enum joining, JOININGS, ENUM_NAME)
NAMES_OF(joining_cell, enum joining, JOININGS, ENUM_CELL)
NAMES_OF(joining_phrase, enum joining, JOININGS, ENUM_PHRASE)
NAMES_OF(cause_name, enum cause, CAUSES, ENUM_NAME)

const struct path_join *paths_join(const struct paths *p, size_t opened,
				   size_t from)
{
	return &p->joins[opened * p->count + from];
}

/* ---- the uplinks --------------------------------------------------------- */

/* Two of one interface are told by their addresses. */
static const char *name_of(struct paths *p, struct report *const *reports,
			   size_t i)
{
	const char *name = reports[i]->interface;

	for (size_t k = 0; k < p->count && name; k++)
		if (k != i && reports[k]->interface &&
		    !strcmp(reports[k]->interface, name))
			name = NULL;
	return name ? name : arena_address(p->arena, &reports[i]->source);
}

static bool works(const struct report *r)
{
	return r->status == STATUS_CLEAR || r->status == STATUS_IMPAIRED;
}

static const struct finding *headline(const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect == EFFECT_BLOCKS)
			return &r->findings[i];
	return NULL;
}

bool paths_refused(const struct report *r)
{
	bool refused = false;

	for (size_t i = 0; i < r->connection_count; i++) {
		if (r->connections[i].syn_ack)
			return false;
		refused |= r->connections[i].reset != NULL;
	}
	return refused;
}

static const char *state_of(struct paths *p, const struct report *r)
{
	const struct finding *f = headline(r);

	switch (r->status) {
	case STATUS_CLEAR:
		return "works";
	case STATUS_IMPAIRED:
		return "impaired";
	case STATUS_BLOCKED:
		return f && f->at.known
			       ? arena_printf(p->arena, "BLOCKED %u", f->at.ttl)
			       : "BLOCKED";
	case STATUS_UNSUPPORTED:
		return "no MPTCP";
	case STATUS_UNREACHABLE:
		return paths_refused(r) ? "closed" : "silent";
	default:
		return "unclear";
	}
}

static int hops_of(const struct report *r)
{
	for (size_t i = 0; i < r->path_length; i++)
		if (r->path[i].is_target)
			return (int)r->path[i].ttl;
	return -1;
}

static double rtt_of(const struct report *r)
{
	double best = -1;

	for (size_t i = 0; i < r->connection_count; i++) {
		const struct report_syn_ack *s = r->connections[i].syn_ack;

		if (s && s->rtt_ms >= 0 && (best < 0 || s->rtt_ms < best))
			best = s->rtt_ms;
	}
	return best;
}

/* The interface that SYNs from a source left by; 0: not told. */
static uint32_t left_by(const struct observer *o, const struct address *source)
{
	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i]->link.interface &&
		    address_equal(&o->flows[i]->client, source))
			return o->flows[i]->link.interface;
	return 0;
}

/* The interface by which all SYN/ACKs to a source came in; 0: not told. */
static uint32_t answered_by(const struct observer *o,
			    const struct address *source)
{
	uint32_t by = 0;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		if (!f->syn_ack_seen || !f->syn_ack_link.interface ||
		    !address_equal(&f->client, source))
			continue;
		if (by && by != f->syn_ack_link.interface)
			return 0;
		by = f->syn_ack_link.interface;
	}
	return by;
}

/* Another uplink whose SYNs leave by this interface; or NULL. */
static const struct path_uplink *who_leaves_by(const struct paths *p,
					       const struct observer *o,
					       size_t but, uint32_t interface)
{
	for (size_t k = 0; k < p->count && interface; k++)
		if (k != but &&
		    interface == left_by(o, &p->uplinks[k].report->source))
			return &p->uplinks[k];
	return NULL;
}

static bool is_same_name(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* Another uplink that works, whose SYNs leave by the interface of this one's. A
 * capture of one interface does not tell: the reports of a live run do. */
static const struct path_uplink *who_shares(const struct paths *p,
					    const struct observer *o, size_t i)
{
	const struct report *r = p->uplinks[i].report;
	const struct path_uplink *by =
		who_leaves_by(p, o, i, left_by(o, &r->source));

	for (size_t k = 0; k < p->count && !by; k++)
		if (k != i &&
		    is_same_name(p->uplinks[k].report->interface, r->interface))
			by = &p->uplinks[k];
	return by && by->works ? by : NULL;
}

static void see_interfaces(struct paths *p, const struct observer *o)
{
	for (size_t i = 0; i < p->count; i++) {
		struct path_uplink *u = &p->uplinks[i];
		uint32_t left = left_by(o, &u->report->source);
		uint32_t by = answered_by(o, &u->report->source);
		const struct path_uplink *shares = who_shares(p, o, i);
		const struct path_uplink *answered = who_leaves_by(p, o, i, by);

		if (shares)
			u->leaves_by = shares->name;
		if (by && left && by != left)
			u->answers_by =
				answered ? answered->name : "another interface";
	}
}

static void fill_uplinks(struct paths *p, struct report *const *reports)
{
	p->uplinks = arena_alloc(p->arena, p->count * sizeof(*p->uplinks));
	for (size_t i = 0; i < p->count; i++)
		p->uplinks[i] = (struct path_uplink){
			.name = name_of(p, reports, i),
			.report = reports[i],
			.works = works(reports[i]),
			.state = state_of(p, reports[i]),
			.hops = hops_of(reports[i]),
			.rtt_ms = rtt_of(reports[i]),
		};
}

/* The same address and port, by another uplink. */
static bool are_peers(const struct judge_target *a,
		      const struct judge_target *b)
{
	return a->source.family && b->source.family && a->port == b->port &&
	       address_equal(&a->address, &b->address);
}

size_t paths_take_group(struct judge_target *targets, size_t left)
{
	size_t count = 1;

	for (size_t i = 1; i < left; i++) {
		struct judge_target one = targets[i];

		if (!are_peers(&targets[0], &one))
			continue;
		memmove(&targets[count + 1], &targets[count],
			(i - count) * sizeof(one));
		targets[count++] = one;
	}
	return count;
}

/* ---- left out ------------------------------------------------------------ */

static bool is_left_out(const struct paths_group *g, size_t i)
{
	return g->left_out[i].family == g->reports[0]->target.family;
}

bool paths_are_several(const struct paths_group *g)
{
	size_t count = g->count;

	for (size_t i = 0; i < g->left_out_count; i++)
		count += is_left_out(g, i);
	return count > 1 && !g->reports[0]->reference;
}

static void fill_left_out(struct paths *p, const struct paths_group *g)
{
	for (size_t i = 0; i < g->left_out_count; i++)
		if (is_left_out(g, i))
			*ARENA_PUSH(p->arena, p->left_out, p->left_out_count) =
				&g->left_out[i];
}

/* ---- all of it ----------------------------------------------------------- */

struct paths *paths_new(struct report *const *reports, size_t count)
{
	struct arena *arena = arena_new();
	struct paths *p = arena_alloc(arena, sizeof(*p));

	p->arena = arena;
	p->count = count;
	p->first = reports[0];
	fill_uplinks(p, reports);
	p->joins = arena_alloc(arena, count * count * sizeof(*p->joins));
	return p;
}

struct paths *paths_judge(const struct observer *o, const struct paths_group *g)
{
	struct paths *p = paths_new(g->reports, g->count);

	fill_left_out(p, g);
	see_interfaces(p, o);
	paths_fill_joins(p, o);
	paths_say(p);
	paths_advise(p);
	return p;
}

void paths_free(struct paths *p)
{
	if (p)
		arena_free(p->arena);
}

int paths_exit_code(const struct paths *p)
{
	struct report said = {.status = p->status};

	return report_exit_code(&said);
}
