/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections whose SYN/ACK comes from elsewhere than all that follows. From
 * nearer, or from another kind of host: a device right before the server
 * answers SYNs and then lets it take over. From farther: a device on the path
 * lets the SYN pass, and answers data.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"

/* The TTL of all that followed the SYN/ACK and acknowledged data of ours;
 * 0: nothing did, or it varies. */
static unsigned answer_ttl(const struct flow *f)
{
	unsigned ttl = 0;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];
		const struct packet *p = &k->packet;

		if (p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST) ||
		    seq_diff(p->tcp.acknowledgment, f->client_isn + 1) <= 0)
			continue;
		if (ttl && ttl != p->ip.ttl)
			return 0;
		ttl = p->ip.ttl;
	}
	return ttl;
}

/* The TTL of all SYN/ACKs; 0: too few came, or it varies, as it does where
 * packets take ways of several lengths. */
static unsigned syn_ack_ttl(const struct judgement *j)
{
	unsigned ttl = 0, count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_syn_ack(j->flows[i]);

		if (!k)
			continue;
		if (ttl && ttl != k->packet.ip.ttl)
			return 0;
		ttl = k->packet.ip.ttl;
		count++;
	}
	return count >= SYN_ACKS_ALIKE_MIN ? ttl : 0;
}

/* The TTL of what followed on all connections, and how many there were. */
static unsigned following_ttl(const struct judgement *j, unsigned *count,
			      const struct flow **example)
{
	unsigned ttl = 0;

	*count = 0;
	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned one = answer_ttl(j->flows[i]);

		if (!one || !flow_syn_ack(j->flows[i]))
			continue;
		if (ttl && ttl != one)
			return 0;
		ttl = one;
		*count += 1;
		*example = j->flows[i];
	}
	return ttl;
}

static unsigned hops_of(unsigned ttl)
{
	return initial_ttl(ttl) - ttl;
}

static void say_answers_data(struct judgement *j, struct finding *f,
			     unsigned syn_ack, unsigned ttl)
{
	if (j->working) /* whoever it is lets DATA_ACKs pass */
		f->effect = EFFECT_HARMLESS;
	f->text = arena_printf(
		j->arena,
		"Data to port %u is acknowledged on the path, in place of the "
		"server: SYN/ACKs come from %u hops away (TTL %u), and what "
		"follows them from %u (TTL %u).",
		j->r->port, hops_of(syn_ack), syn_ack, hops_of(ttl), ttl);
}

static void say_answers_syns(struct judgement *j, struct finding *f,
			     unsigned syn_ack, unsigned ttl)
{
	if (j->working)
		f->effect = EFFECT_IMPAIRS;
	if (j->plain_reach) {
		f->after = place_at(j, j->plain_reach - 1);
		f->at = place_at(j, j->plain_reach);
	}
	f->text = arena_printf(
		j->arena,
		"SYNs to port %u are answered by a device %s, which then lets "
		"the server take over: SYN/ACKs arrive with another TTL (%u) "
		"than what follows them (%u).",
		j->r->port, place_phrase(j, f->after, f->at), syn_ack, ttl);
}

void judge_syn_proxy(struct judgement *j)
{
	unsigned syn_ack = syn_ack_ttl(j), count, ttl;
	const struct flow *example = NULL;
	struct finding *f;
	bool data;

	ttl = following_ttl(j, &count, &example);
	if (!syn_ack || !ttl || syn_ack == ttl || count < ANSWERED_DATA_MIN ||
	    finding_find(j, "tcp.terminated"))
		return;
	data = hops_of(syn_ack) > hops_of(ttl);
	if (data && finding_find(j, "data.acked_early"))
		return;
	f = data ? finding_add(j, "data.acked_early", DIRECTION_UNKNOWN,
			       SEGMENT_DATA)
		 : finding_add(j, "tcp.terminated", DIRECTION_FORWARD,
			       SEGMENT_SYN);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, example->id);
	finding_evidence(j, f, flow_syn_ack(example)->frame, NULL, NULL,
			 arena_printf(j->arena,
				      "on %u connections the SYN/ACK arrives "
				      "with TTL %u, and what follows with %u",
				      count, syn_ack, ttl));
	if (data)
		say_answers_data(j, f, syn_ack, ttl);
	else
		say_answers_syns(j, f, syn_ack, ttl);
}
