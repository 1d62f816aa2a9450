/* SPDX-License-Identifier: GPL-3.0-or-later
 * Places that the server announced, beside the one that is joined: what a
 * device does to joins that go there.
 */
#include <string.h>

#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/judge/others.h"

/* A join of a connection of the target goes there; or NULL. */
static const struct flow *join_to(const struct judgement *j,
				  const struct announcement *a, uint16_t port)
{
	for (size_t i = 0; i < j->flow_count; i++)
		for (const struct flow *f = j->flows[i]->sibling; f;
		     f = f->sibling)
			if (flow_is(f, PURPOSE_MP_JOIN) && !f->reversed &&
			    f->server_port == port &&
			    address_equal(&f->server, &a->address))
				return f;
	return NULL;
}

/* Each hop that quotes it is the one that stands there on the path to the
 * target: so hops that quote nothing of it may be, too. */
static bool shares_path(const struct judgement *j, const struct flow *f)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		struct place p = place_at(j, f->sent[q->sent]->packet.ip.ttl);

		if (q->time_exceeded && p.address.family &&
		    !address_equal(&p.address, &q->responder))
			return false;
	}
	return true;
}

/* What becomes of their SYNs: servers take only so many third ACKs. */
static bool is_of_joins(const struct judgement *j, const struct finding *f)
{
	return strncmp(f->kind->id, "mp_join.", 8) == 0 &&
	       f->segment == SEGMENT_JOIN_SYN && f->effect == EFFECT_IMPAIRS &&
	       !finding_find(j, f->kind->id);
}

static const char *copy(const struct judgement *j, const char *text)
{
	return text ? arena_printf(j->arena, "%s", text) : NULL;
}

/* Everything of it lives in the other report. */
static void take_over(struct judgement *j, const struct finding *from,
		      const struct flow *join)
{
	struct finding *f =
		finding_add(j, from->kind->id, from->direction, from->segment);

	f->effect = from->effect;
	f->how = from->how;
	f->confidence = from->confidence;
	f->or_server = from->or_server;
	f->after = from->after;
	f->at = from->at;
	f->bounds = from->bounds;
	f->rule = from->rule;
	f->text = arena_printf(
		j->arena,
		"Towards %s port %u, which the server announces (ADD_ADDR): %s",
		arena_address(j->arena, &join->server), join->server_port,
		from->text);
	for (size_t i = 0; i < from->connection_count; i++)
		finding_connection(j, f, from->connections[i]);
	for (size_t i = 0; i < from->evidence_count; i++) {
		const struct evidence *e = &from->evidence[i];

		finding_evidence(j, f, e->frame, copy(j, e->sent),
				 copy(j, e->seen), "%s", e->text);
	}
}

static void judge_place(struct judgement *j, const struct judge_target *target,
			const struct flow *join)
{
	struct judge_target there = *target;
	struct report *other;

	there.joined = join->server;
	there.joined_port = join->server_port;
	other = judge_alone(j->whole, &there);
	for (size_t i = 0; i < other->finding_count; i++)
		if (is_of_joins(j, &other->findings[i]))
			take_over(j, &other->findings[i], join);
	report_free(other);
}

/* Otherwise what befalls it may well befall the others. */
static bool first_joins(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && is_own_join(j, f) &&
	       f->join.fourth_ack_frame;
}

void judge_elsewhere(struct judgement *j, const struct judge_target *target)
{
	if (!j->working || !j->controlled ||
	    !ask_witnesses(j, first_joins, NULL))
		return;
	for (size_t i = 0; i < j->r->announcement_count; i++) {
		const struct announcement *a = &j->r->announcements[i];
		uint16_t port = a->port < 0 ? j->r->port : (uint16_t)a->port;
		const struct flow *join = join_to(j, a, port);

		if (join && !a->joined && !is_own_join(j, join) &&
		    shares_path(j, join))
			judge_place(j, target, join);
	}
}
