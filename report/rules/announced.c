/* SPDX-License-Identifier: GPL-3.0-or-later
 * Ports that the server announces and a firewall does not let through: where
 * it forbids joins to its first address and port (flag C), subflows have no
 * other way.
 */
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* The SYNs to one such port, with MP_JOIN and without it. */
struct port {
	const struct flow *join; /* the first */
	unsigned sent;		 /* that reach any host, and had time */
	bool answered;
};

static bool is_syn(const struct kept *k)
{
	return k->kind == SEGMENT_SYN || k->kind == SEGMENT_JOIN_SYN;
}

/* Of a connection of the target, to another port of the target. */
static bool is_join_of(const struct judgement *j, const struct flow *f)
{
	const struct flow *parent =
		f->join.parent < 0 ? NULL : j->o->flows[f->join.parent];

	return parent && flow_is(f, PURPOSE_MP_JOIN) &&
	       parent->server_port == j->r->port &&
	       f->server_port != j->r->port &&
	       address_equal(&parent->server, &j->r->target) &&
	       address_equal(&f->server, &j->r->target);
}

static bool goes_there(const struct flow *f, const struct flow *join)
{
	return (flow_is(f, PURPOSE_TCP) || flow_is(f, PURPOSE_MP_JOIN)) &&
	       f->server_port == join->server_port &&
	       address_equal(&f->server, &join->server) &&
	       address_equal(&f->client, &join->client);
}

static void count_port(const struct judgement *j, struct port *p)
{
	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		if (!goes_there(f, p->join))
			continue;
		p->answered |= flow_syn_ack(f) || flow_reset(f);
		for (size_t k = 0; k < f->sent_count; k++)
			p->sent += is_syn(f->sent[k]) &&
				   kept_is_full(f->sent[k]) &&
				   had_time(j, f->sent[k]);
	}
}

static struct port announced_port(const struct judgement *j)
{
	struct port p = {0};

	for (size_t i = 0; i < j->o->flow_count && !p.join; i++)
		if (is_join_of(j, j->o->flows[i]))
			p.join = j->o->flows[i];
	if (p.join)
		count_port(j, &p);
	return p;
}

/* ---- where they end ------------------------------------------------------ */

static unsigned copies(const struct judgement *j, const void *of, unsigned ttl)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		if (goes_there(f, of) && !f->untold)
			count += flow_sent_count(f, SEGMENT_SYN, ttl) +
				 flow_sent_count(f, SEGMENT_JOIN_SYN, ttl);
	}
	return count;
}

static unsigned farthest_quote(const struct judgement *j,
			       const struct flow *join)
{
	unsigned last = 0;

	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		for (size_t k = 0; goes_there(f, join) && k < f->quote_count;
		     k++) {
			const struct quote *q = &f->quotes[k];
			unsigned ttl = f->sent[q->sent]->packet.ip.ttl;

			if (q->time_exceeded && ttl > last)
				last = ttl;
		}
	}
	return last;
}

/* A port that nobody listens at would be refused: silence is a filter's. Behind
 * the last hop that may be the server's own. */
static enum why port_dropped(const struct judgement *j, struct said *s)
{
	struct port p = announced_port(j);
	struct between b = {.known = true};
	unsigned controls;

	if (!p.join || j->r->initial_joins != 0)
		return WHY_ABSENT;
	if (p.answered)
		return WHY_CONTRARY;
	s->facts = p.join;
	s->have = p.sent;
	s->need = losses_needed(tries_of(&j->plain));
	controls = controls_since(j, p.join->first_us);
	if (s->have < s->need)
		return WHY_FEW;
	if (!beyond_chance(s->have, tries_of(&j->plain), controls))
		return WHY_CONTROL;
	b.after = farthest_quote(j, p.join);
	b.at = first_silent(j, b.after, copies, p.join);
	if (!b.at || b.at >= j->plain_reach)
		s->confidence = CONFIDENCE_LIKELY;
	put_between(j, b, &s->after, &s->at);
	return WHY_SAID;
}

static void say_port_dropped(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	const struct flow *join = s->facts; /* none of the report's */
	const char *address = arena_address(j->arena, &join->server);

	finding_evidence(j, f, join->first_frame, NULL, NULL,
			 "%u SYNs to port %u went unanswered, with MP_JOIN and "
			 "without it, while %u of %u connections to port %u "
			 "were answered",
			 s->have, join->server_port, j->plain.answered,
			 j->plain.flows, j->r->port);
	f->text = arena_printf(
		j->arena,
		"The server takes second subflows only at %s port %u (flag C "
		"and ADD_ADDR), and SYNs to that port are dropped %s%s, with "
		"MP_JOIN or without it.",
		address, join->server_port, place_phrase(j, f->after, f->at),
		f->confidence == CONFIDENCE_LIKELY ? " (or by the server)"
						   : "");
}

const struct rule announced_rules[] = {
	{"mp_join.dropped", "port", PHASE_REST, SEGMENT_JOIN_SYN, port_dropped,
	 say_port_dropped, .unless = {"mp_join.dropped"}, .gates = WORKING},
	{0},
};
