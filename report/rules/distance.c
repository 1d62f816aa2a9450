/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who answers: a connection that ends before the target, and TTLs that are
 * rewritten, as distances tell.
 */
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

/* ---- a connection that ends before the target ---------------------------- */

/* Whether every control went farther than any connection. One hop more may
 * be a path of its own (ECMP): then several on each side must say so. */
static bool ends_early(const struct judgement *j)
{
	if (j->beyond > j->farthest_reach)
		return true;
	if (j->distance > j->farthest_reach + 1)
		return true;
	return j->distance > j->farthest_reach &&
	       j->distance_answers >= FARTHER_ANSWERS_MIN &&
	       j->reach_count >= FARTHER_REACHES_MIN;
}

static bool sent_syn_at(const struct judgement *j, const struct flow *f,
			unsigned ttl)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_SYN &&
		    f->sent[i]->packet.ip.ttl == ttl && had_time(j, f->sent[i]))
			return true;
	return false;
}

/* Connections with MP_CAPABLE that were not answered at the TTL with which
 * all without it are. */
static unsigned count_passing(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned reach = flow_reach(f);

		count += flow_is(f, PURPOSE_MP_CAPABLE) &&
			 (!reach || reach > j->plain_farthest) &&
			 sent_syn_at(j, f, j->plain_farthest);
	}
	return count;
}

/* The connection that ends there. That its SYN/ACK arrives with just the TTL of
 * the target's own ICMP answers says that the target sent it, and that the
 * TTLs of TCP alone are rewritten, or that one hop is a way of its own. */
static enum why said_ended(const struct judgement *j, struct said *s)
{
	unsigned reply = control_reply_ttl(j);

	s->flow = plain_at_reach(j);
	if (!s->flow)
		return WHY_ABSENT;
	if (reply && flow_syn_ack(s->flow)->packet.ip.ttl == reply)
		return WHY_CONTROL;
	put_between(j,
		    (struct between){true, j->plain_reach - 1, j->plain_reach},
		    &s->after, &s->at);
	return WHY_SAID;
}

static enum why ended_by_distance(const struct judgement *j, struct said *s)
{
	s->have = j->distance_answers;
	s->need = FARTHER_ANSWERS_MIN;
	if (!j->plain_reach || j->ttl_rewritten || !(j->distance || j->beyond))
		return WHY_ABSENT;
	if (j->beyond <= j->farthest_reach && j->distance <= j->farthest_reach)
		return WHY_CONTRARY;
	if (!ends_early(j))
		return WHY_FEW;
	if (s->have < DISTANCE_ANSWERS_MIN && !j->beyond)
		s->confidence = CONFIDENCE_LIKELY;
	return said_ended(j, s);
}

/* Only the connections without MP_CAPABLE end early, all of them: an optimiser
 * that leaves MPTCP alone. Paths of several lengths (ECMP) would not sort them
 * so, and a router quotes what goes on. */
static enum why ended_without_mptcp(const struct judgement *j, struct said *s)
{
	s->less = true; /* MPTCP itself passes */
	if (!j->plain_reach || j->ttl_rewritten || !j->plain_farthest)
		return WHY_ABSENT;
	if (j->capable_reach <= j->plain_farthest)
		return WHY_CONTRARY;
	s->have = j->plain_count;
	s->need = SORTED_MIN;
	if (s->have >= s->need)
		s->have = count_passing(j);
	if (s->have < s->need)
		return WHY_FEW;
	return quoted_at(j, PURPOSE_MP_CAPABLE, SEGMENT_SYN, j->plain_farthest)
		       ? said_ended(j, s)
		       : WHY_CONTROL;
}

static const char *target_phrase(const struct judgement *j, bool all)
{
	unsigned hops = j->distance ? j->distance : all ? 0 : j->capable_reach;

	return hops ? arena_printf(j->arena, "%u hops away", hops)
		    : "farther away";
}

static const char *farther_phrase(const struct judgement *j, bool all)
{
	if (!all)
		return arena_printf(j->arena,
				    "a SYN with MP_CAPABLE needs TTL %u",
				    j->capable_reach);
	if (j->distance)
		return arena_printf(j->arena,
				    "the target itself is %u hops away",
				    j->distance);
	return arena_printf(j->arena,
			    "a router beyond still answered at TTL %u",
			    j->beyond);
}

static void say_ended(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	bool all = !s->less;
	char text[ADDRESS_TEXT];

	if (address_equal(&f->at.address, &j->r->target))
		f->at.address = (struct address){0};
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 arena_printf(j->arena,
				      "a SYN with TTL %u was answered with a "
				      "SYN/ACK",
				      j->plain_reach));
	finding_evidence(j, f, 0, NULL, NULL, farther_phrase(j, all));
	f->text = arena_printf(
		j->arena,
		"TCP connections to port %u%s are terminated by a device at "
		"hop %u%s or just before it: it answers SYNs that the target, "
		"%s, never sees.",
		j->r->port, all ? "" : " without MP_CAPABLE", j->plain_reach,
		f->at.address.family
			? arena_printf(j->arena, " (%s)",
				       address_text(&f->at.address, text))
			: "",
		target_phrase(j, all));
}

/* ---- TTLs that are rewritten --------------------------------------------- */

static enum why ttl_rewritten(const struct judgement *j, struct said *s)
{
	unsigned reach = j->plain_reach ? j->plain_reach : j->capable_reach;

	if (!j->ttl_rewritten)
		return WHY_ABSENT;
	if (reach)
		put_between(j, (struct between){true, reach - 1, reach},
			    &s->after, &s->at);
	if (!j->ttl_witness) {
		s->confidence = CONFIDENCE_LIKELY;
		s->flow = plain_at_reach(j);
	}
	return WHY_SAID;
}

static void say_ttl(struct judgement *j, struct finding *f,
		    const struct said *s)
{
	const struct quote *q = j->ttl_witness;

	if (q)
		finding_evidence(
			j, f, q->frame, NULL,
			arena_printf(j->arena, "%u", q->quoted.ip.ttl),
			"the TTL on arrival at the target does not fit the "
			"TTL sent");
	else
		finding_evidence(
			j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			arena_printf(j->arena,
				     "a SYN with TTL %u is answered by a host "
				     "as far away as the target itself, %u "
				     "hops",
				     j->plain_reach, j->distance));
	f->text = arena_printf(j->arena,
			       "The TTL is raised %s; hops beyond it cannot be "
			       "seen.",
			       place_phrase(j, f->after, f->at));
}

const struct rule distance_rules[] = {
	{"tcp.terminated", "distance", PHASE_DISTANCE, SEGMENT_SYN,
	 ended_by_distance, say_ended, .if_working = TO_IMPAIRS},
	{"tcp.terminated", "plain", PHASE_DISTANCE, SEGMENT_SYN,
	 ended_without_mptcp, say_ended, .unless = {"tcp.terminated"},
	 .if_working = TO_IMPAIRS, .if_less = TO_HARMLESS},
	{.id = "data.acked_early",
	 .row = "all",
	 .phase = PHASE_DISTANCE,
	 .judge = judge_syn_proxy},
	{"ip.ttl_rewritten", "control", PHASE_DISTANCE, SEGMENT_SYN,
	 ttl_rewritten, say_ttl, .joins = JOINS_NONE},
	{0},
};
