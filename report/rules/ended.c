/* SPDX-License-Identifier: GPL-3.0-or-later
 * A connection that ends before the target, as distances tell.
 */
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

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

/* The connection that ends there. That its SYN/ACK arrives with just the TTL of
 * the target's own ICMP answers says that the target sent it, and that the
 * TTLs of TCP alone are rewritten, or that one hop is a way of its own. */
static enum why said_ended(const struct judgement *j, struct said *s,
			   const struct flow *f)
{
	unsigned reply = control_reply_ttl(j), reach;

	s->flow = f;
	if (!f)
		return WHY_ABSENT;
	if (reply && flow_syn_ack(f)->packet.ip.ttl == reply)
		return WHY_CONTROL;
	reach = flow_reach(f);
	put_between(j, (struct between){true, reach - 1, reach}, &s->after,
		    &s->at);
	return WHY_SAID;
}

/* ---- whatever they are --------------------------------------------------- */

static enum why ended_by_distance(const struct judgement *j, struct said *s)
{
	s->have = j->distance_answers;
	s->need = FARTHER_ANSWERS_MIN;
	if (!j->plain_reach || j->ttl_rewritten || !(j->distance || j->beyond))
		return WHY_ABSENT;
	if (j->ways_differ || (j->beyond <= j->farthest_reach &&
			       j->distance <= j->farthest_reach))
		return WHY_CONTRARY;
	if (!ends_early(j))
		return WHY_FEW;
	if (s->have < DISTANCE_ANSWERS_MIN && !j->beyond)
		s->confidence = CONFIDENCE_LIKELY;
	return said_ended(j, s, plain_at_reach(j));
}

/* ---- those with MP_CAPABLE, or those without it -------------------------- */

/* The connections of one kind end early, all of them; those of the other kind
 * go on. Paths of several lengths (ECMP) would not sort them so. */
struct sorting {
	enum purpose ends, passes;
	unsigned farthest, count; /* reaches of those that end */
	unsigned behind;	  /* the least reach of those that go on */
};

static bool sent_syn_at(const struct judgement *j, const struct flow *f,
			unsigned ttl)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_SYN &&
		    f->sent[i]->packet.ip.ttl == ttl && had_time(j, f->sent[i]))
			return true;
	return false;
}

/* Connections of the other kind that were not answered at the TTL with which
 * all of the one are. */
static unsigned count_passing(const struct judgement *j,
			      const struct sorting *t)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned reach = flow_reach(f);

		count += flow_is(f, t->passes) &&
			 (!reach || reach > t->farthest) &&
			 sent_syn_at(j, f, t->farthest);
	}
	return count;
}

static enum why enough_are_sorted(const struct judgement *j, struct said *s,
				  const struct sorting *t)
{
	if (j->ttl_rewritten || !t->farthest)
		return WHY_ABSENT;
	if (t->behind <= t->farthest)
		return WHY_CONTRARY;
	s->have = t->count;
	s->need = SORTED_MIN;
	if (s->have >= s->need)
		s->have = count_passing(j, t);
	return s->have < s->need ? WHY_FEW : WHY_SAID;
}

/* A router there or farther away quotes what goes on. */
static bool goes_on(const struct judgement *j, const struct sorting *t)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (flow_is(j->views[i].flow, t->passes) &&
		    j->views[i].sent->kind == SEGMENT_SYN &&
		    j->views[i].ttl >= t->farthest)
			return true;
	return false;
}

/* An optimiser that leaves MPTCP alone. */
static enum why ended_without_mptcp(const struct judgement *j, struct said *s)
{
	const struct sorting t = {PURPOSE_TCP, PURPOSE_MP_CAPABLE,
				  j->plain_farthest, j->plain_count,
				  j->capable_reach};
	enum why why = enough_are_sorted(j, s, &t);

	s->less = true; /* MPTCP itself passes */
	if (why != WHY_SAID)
		return why;
	return goes_on(j, &t) ? said_ended(j, s, plain_at_reach(j))
			      : WHY_CONTROL;
}

/* ---- those with MP_CAPABLE alone ----------------------------------------- */

/* Whether its SYN/ACK comes over fewer hops than all of the other kind: if not,
 * it is one host, and the TTLs of some SYNs are rewritten. */
static bool answers_from_nearer(const struct judgement *j,
				const struct sorting *t, const struct flow *f)
{
	unsigned hops = hops_back(flow_syn_ack(f)->packet.ip.ttl);

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *g = j->flows[i];

		if (flow_is(g, t->passes) && flow_syn_ack(g) &&
		    hops_back(flow_syn_ack(g)->packet.ip.ttl) <= hops)
			return false;
	}
	return true;
}

/* Of the version that ends there. */
static bool ends(const struct judgement *j, const struct sorting *t,
		 const struct flow *f)
{
	return flow_is(f, t->ends) &&
	       f->mptcp.version == j->capable_nearest->mptcp.version;
}

/* Whether a router forwards what the answerer would have ended. */
static bool is_forwarded(const struct judgement *j, const struct sorting *t)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (ends(j, t, j->views[i].flow) &&
		    j->views[i].ttl >= t->farthest)
			return true;
	return false;
}

/* Who quotes SYNs of the kind at this TTL first; or NULL. */
static const struct view *quoter_at(const struct judgement *j,
				    enum purpose purpose, unsigned ttl)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].ttl == ttl &&
		    j->views[i].sent->kind == SEGMENT_SYN &&
		    flow_is(j->views[i].flow, purpose))
			return &j->views[i];
	return NULL;
}

/* Whether MPTCP takes a way of its own, which may be shorter: by who quotes
 * SYNs right before the answerer. */
static enum known own_way(const struct judgement *j, const struct sorting *t)
{
	unsigned ttl = t->farthest - 1;
	const struct view *a = quoter_at(j, t->ends, ttl);
	const struct view *b = quoter_at(j, t->passes, ttl);

	if (!ttl)
		return KNOWN_NO;
	if (!a || !b)
		return UNKNOWN;
	return address_equal(&a->quote->responder, &b->quote->responder)
		       ? KNOWN_NO
		       : KNOWN_YES;
}

/* A gateway that speaks MPTCP for servers, or one that answers it as TCP. */
static enum why capable_ended(const struct judgement *j, struct said *s,
			      const struct sorting *t)
{
	const struct flow *f = j->capable_nearest;
	enum known way = own_way(j, t);

	if (is_forwarded(j, t) || j->distance == t->farthest)
		return WHY_CONTRARY;
	if (!goes_on(j, t) || !answers_from_nearer(j, t, f) || way == KNOWN_YES)
		return WHY_CONTROL;
	s->less = j->negotiated; /* with who answers */
	if (way == UNKNOWN)
		s->confidence = CONFIDENCE_LIKELY;
	return said_ended(j, s, f);
}

static enum why ended_with_mptcp(const struct judgement *j, struct said *s)
{
	const struct sorting t = {PURPOSE_MP_CAPABLE, PURPOSE_TCP,
				  j->capable_farthest, j->capable_count,
				  j->plain_reach};
	enum why why = enough_are_sorted(j, s, &t);

	return why == WHY_SAID ? capable_ended(j, s, &t) : why;
}

/* ---- in words ------------------------------------------------------------ */

/* Which connections end there, and what is known of those that do not. */
struct words {
	const char *which, *with; /* of a connection, of a SYN */
	const char *others;	  /* SYNs; NULL: there are none */
	unsigned behind;	  /* their reach */
};

static struct words words_of(const struct judgement *j, const struct said *s)
{
	if (flow_is(s->flow, PURPOSE_MP_CAPABLE))
		return (struct words){" with MP_CAPABLE", " MP_CAPABLE and",
				      "without", j->plain_reach};
	if (s->less)
		return (struct words){" without MP_CAPABLE", "", "with",
				      j->capable_reach};
	return (struct words){"", "", NULL, 0};
}

static const char *target_phrase(const struct judgement *j,
				 const struct words *w)
{
	unsigned hops = j->distance ? j->distance : w->behind;

	return hops ? arena_printf(j->arena, "%u hops away", hops)
		    : "farther away";
}

static const char *farther_phrase(const struct judgement *j,
				  const struct words *w)
{
	if (w->others)
		return arena_printf(j->arena,
				    "a SYN %s MP_CAPABLE needs TTL %u",
				    w->others, w->behind);
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
	struct words w = words_of(j, s);

	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "a SYN with%s TTL %u was answered with a SYN/ACK",
			 w.with, s->at.ttl);
	finding_evidence(j, f, 0, NULL, NULL, "%s", farther_phrase(j, &w));
	f->text = arena_printf(
		j->arena,
		"TCP connections to port %u%s are terminated by a device %s: "
		"it answers SYNs that the target, %s, never sees.",
		j->r->port, w.which, answerer_phrase(j, f),
		target_phrase(j, &w));
}

const struct rule ended_rules[] = {
	{"tcp.terminated", "distance", PHASE_DISTANCE, SEGMENT_SYN,
	 ended_by_distance, say_ended, .if_working = TO_IMPAIRS},
	{"tcp.terminated", "plain", PHASE_DISTANCE, SEGMENT_SYN,
	 ended_without_mptcp, say_ended, .unless = {"tcp.terminated"},
	 .if_working = TO_IMPAIRS, .if_less = TO_HARMLESS},
	{"tcp.terminated", "capable", PHASE_DISTANCE, SEGMENT_SYN,
	 ended_with_mptcp, say_ended, .unless = {"tcp.terminated"},
	 .if_less = TO_IMPAIRS},
	{0},
};
