/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where a capture was made. What is captured where it was sent has a TTL that
 * hosts send with; where that does not tell the ends apart, as on one link, the
 * link headers do, or a checksum that the network card would have filled in.
 */
#include "report/evidence/judgement.h"

/* By what cooked captures say of the first SYN and SYN/ACK. A router sees both
 * come in, or the latter go out if that is followed where the SYN came in. */
static enum vantage told_by_ways(const struct flow *f)
{
	bool syn_out = f->link.way == LINK_WAY_OUT;
	bool answer_out = f->syn_ack_link.way == LINK_WAY_OUT;

	if (f->link.way == LINK_WAY_UNKNOWN ||
	    f->syn_ack_link.way == LINK_WAY_UNKNOWN || (syn_out && answer_out))
		return VANTAGE_UNKNOWN;
	if (syn_out)
		return VANTAGE_CLIENT;
	return answer_out && as_sent(flow_syn_ack(f)) ? VANTAGE_SERVER
						      : VANTAGE_PATH;
}

static bool is_unfilled(const struct kept *k, const struct kept *other)
{
	return packet_tcp_checksum(&k->packet) == 0 &&
	       packet_tcp_checksum(&other->packet) == 1;
}

/* The TTLs of a sweep tell nothing, unless it is one of mpprobe. */
static enum vantage told_by_packets(const struct flow *f)
{
	const struct kept *syn = f->sent[0], *answer = flow_syn_ack(f);
	bool swept = flow_swept(f, SEGMENT_SYN);

	if (as_sent(syn) || (swept && kept_names_ttl(syn)))
		return answer && as_sent(answer) && is_unfilled(answer, syn)
			       ? VANTAGE_SERVER
			       : VANTAGE_CLIENT;
	if (answer && as_sent(answer))
		return VANTAGE_SERVER;
	return !answer || swept ? VANTAGE_UNKNOWN : VANTAGE_PATH;
}

static enum vantage vantage_of(const struct flow *f)
{
	enum vantage v = told_by_ways(f);

	if (address_is_loopback(&f->client)) /* both ends are there */
		return VANTAGE_CLIENT;
	return v == VANTAGE_UNKNOWN && f->sent_count ? told_by_packets(f) : v;
}

/* Unknown if its connections contradict each other. */
static enum vantage guess(const struct judgement *j)
{
	enum vantage all = VANTAGE_UNKNOWN;

	if (j->controlled)
		return VANTAGE_CLIENT;
	for (size_t i = 0; i < j->flow_count; i++) {
		enum vantage one = vantage_of(j->flows[i]);

		if (all != VANTAGE_UNKNOWN && one != VANTAGE_UNKNOWN &&
		    one != all)
			return VANTAGE_UNKNOWN;
		all = one == VANTAGE_UNKNOWN ? all : one;
	}
	return all;
}

void judge_vantage(struct judgement *j)
{
	j->r->vantage_said = j->o->vantage != VANTAGE_UNKNOWN;
	j->r->vantage = j->r->vantage_said ? j->o->vantage : guess(j);
}

bool seen_leaving(const struct judgement *j, const struct flow *f)
{
	return j->r->vantage == VANTAGE_SERVER ||
	       (!j->controlled && !j->r->vantage_said &&
		as_sent(flow_syn_ack(f)));
}
