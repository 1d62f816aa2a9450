/* SPDX-License-Identifier: GPL-3.0-or-later
 * Addresses and ports that the server announces and a firewall does not let
 * through: where it forbids joins to its first address and port (flag C),
 * subflows have no other way.
 */
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* The SYNs to one such port, with MP_JOIN and without it. */
struct port {
	const struct flow *join; /* the first */
	unsigned sent;		 /* that reach any host, and had time */
	bool answered, taken;	 /* by a SYN/ACK, or by an MPTCP stack */
};

/* Of a connection of the target, to another place: the one that is looked at,
 * or any. */
static bool is_join_of(const struct judgement *j, const struct flow *f)
{
	const struct judge_target *t = &j->target;
	const struct flow *parent =
		f->join.parent < 0 ? NULL : j->o->flows[f->join.parent];

	return parent && flow_is(f, PURPOSE_MP_JOIN) &&
	       parent->server_port == j->r->port &&
	       address_equal(&parent->server, &j->r->target) &&
	       !is_own_join(j, f) &&
	       (!t->joined.family || (f->server_port == t->joined_port &&
				      address_equal(&f->server, &t->joined)));
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
		p->taken |= flow_syn_ack(f) || reset_reason(flow_reset(f)) >= 0;
		for (size_t k = 0; k < f->sent_count; k++)
			p->sent += kept_is_first_syn(f->sent[k]) &&
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

/* Those that the hop had to quote, and time to. */
static unsigned copies(const struct judgement *j, const void *of, unsigned ttl)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		for (size_t k = 0;
		     goes_there(f, of) && !f->untold && k < f->sent_count; k++)
			count += kept_is_first_syn(f->sent[k]) &&
				 f->sent[k]->packet.ip.ttl == ttl &&
				 had_time(j, f->sent[k]) &&
				 !router_spent(j, f, f->sent[k]);
	}
	return count;
}

static unsigned last_quote_to(const struct judgement *j,
			      const struct flow *join, unsigned end)
{
	unsigned last = 0;

	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		for (size_t k = 0; goes_there(f, join) && k < f->quote_count;
		     k++) {
			const struct quote *q = &f->quotes[k];
			unsigned ttl = f->sent[q->sent]->packet.ip.ttl;

			if (q->time_exceeded && ttl > last && ttl < end)
				last = ttl;
		}
	}
	return last;
}

/* A router has no way to the place, and says so: that is no filter. */
static bool is_unreachable(const struct judgement *j, const struct flow *join)
{
	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		for (size_t k = 0; goes_there(f, join) && k < f->quote_count;
		     k++)
			if (f->quotes[k].unreachable &&
			    !f->quotes[k].admin_prohibited)
				return true;
	}
	return false;
}

/* A port that nobody listens at would be refused: silence is a filter's. Behind
 * the last hop that may be the server's own. */
static enum why port_dropped(const struct judgement *j, struct said *s)
{
	struct port p = announced_port(j);
	struct between b = {.known = true};
	unsigned controls;

	if (!p.join || (j->r->initial_joins != 0 && !j->target.joined.family))
		return WHY_ABSENT;
	if (p.answered || is_unreachable(j, p.join))
		return WHY_CONTRARY;
	s->facts = p.join;
	s->have = p.sent;
	s->need = losses_needed(tries_of(&j->plain));
	controls = controls_since(j, p.join->first_us);
	if (s->have < s->need)
		return WHY_FEW;
	if (!beyond_chance(s->have, tries_of(&j->plain), controls))
		return WHY_CONTROL;
	b.after = last_quote_to(j, p.join, SWEEP_TTL_MAX);
	b.at = first_silent(j, b.after, copies, p.join);
	put_between(j, b, &s->after, &s->at);
	if (b.at && b.at < j->plain_reach)
		return WHY_SAID;
	s->confidence = CONFIDENCE_LIKELY;
	/* Where another place can be joined, a server that does not listen
	 * there harms nobody. */
	return j->r->initial_joins == 0 ? WHY_SAID : WHY_CONTROL;
}

/* The smallest TTL with which one SYN to there drew a RST; 0: none did. */
static unsigned port_reset_reach(const struct judgement *j,
				 const struct flow *join)
{
	unsigned reach = 0;

	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];
		unsigned ttl = goes_there(f, join) && flow_reset(f) &&
					       !flow_swept(f, SEGMENT_JOIN_SYN)
				       ? flow_reach(f)
				       : 0;

		if (ttl && (!reach || ttl < reach))
			reach = ttl;
	}
	return reach;
}

/* A server may refuse them as well, but not before it is reached. */
static enum why port_reset(const struct judgement *j, struct said *s)
{
	struct port p = announced_port(j);
	struct between b = {.known = true};

	if (!p.join || (j->r->initial_joins != 0 && !j->target.joined.family))
		return WHY_ABSENT;
	b.at = port_reset_reach(j, p.join);
	if (!b.at)
		return WHY_ABSENT;
	if (p.taken || b.at >= j->plain_reach)
		return WHY_CONTRARY;
	b.after = last_quote_to(j, p.join, b.at);
	s->facts = p.join;
	put_between(j, b, &s->after, &s->at);
	return WHY_SAID;
}

/* What happens to all SYNs to the place. */
static void say_port(struct judgement *j, struct finding *f,
		     const struct flow *join, const char *fate)
{
	const char *where = place_phrase(j, f->after, f->at);

	if (j->r->initial_joins != 0)
		f->text = arena_printf(j->arena,
				       "SYNs are %s %s, with MP_JOIN or "
				       "without it.",
				       fate, where);
	else
		f->text = arena_printf(
			j->arena,
			"The server takes second subflows only at %s port %u "
			"(flag C and ADD_ADDR), and SYNs to that port are %s "
			"%s%s, with MP_JOIN or without it.",
			arena_address(j->arena, &join->server),
			join->server_port, fate, where,
			f->confidence == CONFIDENCE_LIKELY
				? " (or by the server)"
				: "");
}

static void say_port_reset(struct judgement *j, struct finding *f,
			   const struct said *s)
{
	const struct flow *join = s->facts; /* none of the report's */

	finding_evidence(j, f, join->first_frame, NULL, NULL,
			 "SYNs to port %u, with MP_JOIN and without it, are "
			 "answered by a RST, with TTL %u as well, while the "
			 "target is reached with %u",
			 join->server_port, s->at.ttl, j->plain_reach);
	say_port(j, f, join, "answered by a RST");
}

static void say_port_dropped(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	const struct flow *join = s->facts; /* none of the report's */

	finding_evidence(j, f, join->first_frame, NULL, NULL,
			 "%u SYNs to port %u went unanswered, with MP_JOIN and "
			 "without it, while %u of %u connections to port %u "
			 "were answered",
			 s->have, join->server_port, j->plain.answered,
			 j->plain.flows, j->r->port);
	say_port(j, f, join, "dropped");
}

const struct rule announced_rules[] = {
	{"mp_join.dropped", "port", PHASE_REST, SEGMENT_JOIN_SYN, port_dropped,
	 say_port_dropped, .unless = {"mp_join.dropped"}, .gates = WORKING},
	{"mp_join.reset", "port", PHASE_REST, SEGMENT_JOIN_SYN, port_reset,
	 say_port_reset, .unless = {"mp_join.reset"}, .gates = WORKING},
	{0},
};
