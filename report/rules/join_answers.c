/* SPDX-License-Identifier: GPL-3.0-or-later
 * MP_JOIN SYNs that another machine than the server answers: it knows no MPTCP,
 * and stands elsewhere, as TTLs tell.
 */
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

/* With a valid token, at the address and port of the server. */
static bool is_answered_plainly(const struct judgement *j, const struct flow *f)
{
	return flow_lost_join(f) && is_own_join(j, f);
}

static unsigned syn_ack_ttl(const struct flow *f)
{
	return flow_syn_ack(f)->packet.ip.ttl;
}

static const struct flow *parent_of(const struct judgement *j,
				    const struct flow *f)
{
	return j->o->flows[f->join.parent];
}

/* The connection that it was to join was answered from another place. */
static bool comes_from_elsewhere(const struct judgement *j,
				 const struct flow *f)
{
	return is_answered_plainly(j, f) && flow_syn_ack(f) &&
	       flow_syn_ack(parent_of(j, f)) &&
	       syn_ack_ttl(f) != syn_ack_ttl(parent_of(j, f));
}

static unsigned apart(unsigned a, unsigned b)
{
	return a > b ? a - b : b - a;
}

/* By more than two paths of a balancer differ, and from the same address of
 * the client. */
static bool comes_from_afar(const struct judgement *j, const struct flow *f)
{
	return comes_from_elsewhere(j, f) &&
	       address_equal(&f->client, &parent_of(j, f)->client) &&
	       apart(hops_back(syn_ack_ttl(f)),
		     hops_back(syn_ack_ttl(parent_of(j, f)))) >= HOPS_FEWER_MIN;
}

/* With a TTL that does not reach the server. */
static bool comes_from_nearer(const struct judgement *j, const struct flow *f)
{
	return comes_from_elsewhere(j, f) && falls_short(j, flow_reach(f));
}

/* The SYN/ACKs of other connections have one TTL: paths of several lengths do
 * not sort them so. */
static bool others_alike(const struct judgement *j)
{
	unsigned ttl = 0, count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_syn_ack(f) || flow_joins(f))
			continue;
		if (ttl && ttl != syn_ack_ttl(f))
			return false;
		ttl = syn_ack_ttl(f);
		count++;
	}
	return count >= SYN_ACKS_ALIKE_MIN;
}

static enum why another_machine(const struct judgement *j, struct said *s)
{
	unsigned reach;

	s->less = true; /* other connections pass */
	if (!ask_witnesses(j, is_answered_plainly, &s->flow))
		return WHY_ABSENT;
	if (!others_alike(j))
		return WHY_CONTROL;
	if (!ask_witnesses(j, comes_from_nearer, &s->flow)) {
		s->confidence = CONFIDENCE_LIKELY;
		s->direction = DIRECTION_UNKNOWN;
		return ask_witnesses(j, comes_from_afar, &s->flow)
			       ? WHY_SAID
			       : WHY_CONTRARY;
	}
	reach = flow_reach(s->flow);
	put_between(j, (struct between){true, reach - 1, reach}, &s->after,
		    &s->at);
	return WHY_SAID;
}

static const char *hops_phrase(const struct judgement *j, const struct flow *f)
{
	unsigned ttl = syn_ack_ttl(f), hops = hops_back(ttl);

	return arena_printf(j->arena, "%u hop%s (TTL %u)", hops,
			    hops == 1 ? "" : "s", ttl);
}

static const char *where(const struct judgement *j, struct finding *f,
			 const struct said *s)
{
	if (f->at.known)
		return answerer_phrase(j, f);
	return arena_printf(
		j->arena, "their SYN/ACKs come over %s, the server's over %s",
		hops_phrase(j, s->flow), hops_phrase(j, parent_of(j, s->flow)));
}

static void say_another_machine(struct judgement *j, struct finding *f,
				const struct said *s)
{
	const struct flow *parent = parent_of(j, s->flow);

	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK to a valid token has no MP_JOIN, and "
			 "arrives with TTL %u",
			 syn_ack_ttl(s->flow));
	finding_evidence(j, f, flow_syn_ack(parent)->frame, NULL, NULL,
			 "the SYN/ACK of the connection that it names arrives "
			 "with TTL %u",
			 syn_ack_ttl(parent));
	if (f->at.known)
		finding_evidence(j, f, 0, NULL, NULL,
				 "an MP_JOIN SYN with TTL %u was answered so",
				 f->at.ttl);
	f->text = arena_printf(j->arena,
			       "SYNs with MP_JOIN are answered, without it, by "
			       "another machine than the server: %s.",
			       where(j, f, s));
}

const struct rule join_answer_rules[] = {
	{"tcp.terminated", "join", PHASE_REST, SEGMENT_JOIN_SYN,
	 another_machine, say_another_machine, .if_less = TO_IMPAIRS},
	{0},
};
