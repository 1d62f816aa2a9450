/* SPDX-License-Identifier: GPL-3.0-or-later
 * A connection that ends before the target, and TTLs that are rewritten: what
 * the distances tell.
 */
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"

/* The TTL with which the target's own answers arrive; 0: it sent none. */
static unsigned control_reply_ttl(const struct judgement *j)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].quote->port_unreachable &&
		    address_equal(&j->views[i].quote->responder, &j->r->target))
			return j->views[i].quote->reply_ttl;
	return 0;
}

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

/* Whether only the connections without MP_CAPABLE end early, all of them:
 * an optimiser that leaves MPTCP alone. Paths of several lengths (ECMP) would
 * not sort them so, and a router quotes what goes on. */
static bool plain_ends_early(const struct judgement *j)
{
	if (!j->plain_farthest || j->capable_reach <= j->plain_farthest)
		return false;
	return j->plain_count >= SORTED_MIN && count_passing(j) >= SORTED_MIN &&
	       quoted_at(j, PURPOSE_MP_CAPABLE, SEGMENT_SYN, j->plain_farthest);
}

/* A TCP connection answered before the target. That the SYN/ACK arrives with
 * just the TTL of the target's own ICMP answers says that the target sent
 * it, and that the TTLs of TCP alone are rewritten. */
void judge_terminated(struct judgement *j)
{
	unsigned reach = j->plain_reach;
	unsigned reply = control_reply_ttl(j);
	const struct flow *ended = NULL;
	bool all = ends_early(j);
	struct finding *f;

	if (reach == 0 || j->ttl_rewritten || !(all || plain_ends_early(j)))
		return;
	for (size_t i = 0; i < j->flow_count && !ended; i++)
		if (flow_is(j->flows[i], PURPOSE_TCP) &&
		    flow_syn_ack(j->flows[i]) &&
		    flow_reach(j->flows[i]) == reach)
			ended = j->flows[i];
	if (!ended)
		return;
	if (reply && flow_syn_ack(ended)->packet.ip.ttl == reply) {
		j->ttl_rewritten = j->distance > j->farthest_reach + 1;
		return; /* one hop may be a path of its own (ECMP) */
	}
	f = finding_add(j, "tcp.terminated", DIRECTION_FORWARD, SEGMENT_SYN);
	if (j->working)
		f->effect = EFFECT_IMPAIRS;
	else if (!all)
		f->effect = EFFECT_HARMLESS;
	if (all && j->distance_answers < DISTANCE_ANSWERS_MIN && !j->beyond)
		f->confidence = CONFIDENCE_LIKELY;
	f->after = place_at(j, reach - 1);
	f->at = place_at(j, reach);
	if (address_equal(&f->at.address, &j->r->target))
		f->at.address = (struct address){0};
	finding_connection(j, f, ended->id);
	finding_evidence(j, f, flow_syn_ack(ended)->frame, NULL, NULL,
			 arena_printf(j->arena,
				      "a SYN with TTL %u was answered with a "
				      "SYN/ACK",
				      reach));
	finding_evidence(
		j, f, 0, NULL, NULL,
		!all ? arena_printf(j->arena,
				    "a SYN with MP_CAPABLE needs TTL %u",
				    j->capable_reach)
		: j->distance
			? arena_printf(j->arena,
				       "the target itself is %u hops away",
				       j->distance)
			: arena_printf(j->arena,
				       "a router beyond still answered at TTL "
				       "%u",
				       j->beyond));
	f->text = arena_printf(
		j->arena,
		"TCP connections to port %u%s are terminated by a device at "
		"hop %u%s or just before it: it answers SYNs that the target, "
		"%s, never sees.",
		j->r->port, all ? "" : " without MP_CAPABLE", reach,
		f->at.address.family
			? arena_printf(j->arena, " (%s)",
				       address_text(&f->at.address,
						    (char[ADDRESS_TEXT]){0}))
			: "",
		j->distance
			? arena_printf(j->arena, "%u hops away", j->distance)
		: all ? "farther away"
		      : arena_printf(j->arena, "%u hops away",
				     j->capable_reach));
}

/* The TTLs of TCP alone: the SYN/ACK comes from as far as the target. */
static void syn_ack_witness(struct judgement *j, struct finding *f)
{
	unsigned reply = control_reply_ttl(j);

	f->confidence = CONFIDENCE_LIKELY;
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_syn_ack(j->flows[i]);

		if (!k || k->packet.ip.ttl != reply ||
		    flow_reach(j->flows[i]) != j->plain_reach)
			continue;
		finding_connection(j, f, j->flows[i]->id);
		finding_evidence(
			j, f, k->frame, NULL, NULL,
			arena_printf(j->arena,
				     "a SYN with TTL %u is answered by a host "
				     "as far away as the target itself, %u "
				     "hops",
				     j->plain_reach, j->distance));
		return;
	}
}

void judge_ttl(struct judgement *j)
{
	const struct quote *q = j->ttl_witness;
	unsigned reach = j->plain_reach ? j->plain_reach : j->capable_reach;
	struct finding *f;

	if (!j->ttl_rewritten)
		return;
	f = finding_add(j, "ip.ttl_rewritten", DIRECTION_FORWARD, SEGMENT_SYN);
	if (reach) {
		f->after = place_at(j, reach - 1);
		f->at = place_at(j, reach);
	}
	if (q)
		finding_evidence(
			j, f, q->frame, NULL,
			arena_printf(j->arena, "%u", q->quoted.ip.ttl),
			"the TTL on arrival at the target does not fit the "
			"TTL sent");
	else
		syn_ack_witness(j, f);
	f->text = arena_printf(j->arena,
			       "The TTL is raised %s; hops beyond it cannot be "
			       "seen.",
			       place_phrase(j, f->after, f->at));
}
