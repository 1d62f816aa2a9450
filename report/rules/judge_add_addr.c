/* SPDX-License-Identifier: GPL-3.0-or-later
 * ADD_ADDR that a server does not echo, as it should (RFC 8684 3.4.1). Some
 * servers do not, so that alone says nothing: the hops must tell where it
 * vanishes.
 */
#include "report/arena.h"
#include "report/evidence/judge_loss.h"

static unsigned count_full(const struct judgement *j, const struct flow *f)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		count += f->sent[i]->kind == SEGMENT_ADD_ADDR &&
			 f->sent[i]->packet.ip.ttl > SWEEP_TTL_MAX &&
			 had_time(j, f->sent[i]);
	return count;
}

/* The first hop behind that which quotes others and did not quote any copy,
 * nor did one behind it; 0: none before the target. */
static unsigned first_missing(const struct judgement *j, const struct flow *f,
			      unsigned after)
{
	for (unsigned ttl = after + 1; ttl < j->plain_reach; ttl++)
		if (quoted_at(j, PURPOSE_TCP, SEGMENT_SYN, ttl) &&
		    flow_sent_count(f, SEGMENT_ADD_ADDR, ttl) >=
			    ADD_ADDR_COPIES_MIN)
			return ttl;
	return 0;
}

static void add_dropped(struct judgement *j, const struct flow *flow,
			unsigned lost, unsigned after, unsigned at)
{
	struct finding *f = finding_add(j, "add_addr.dropped",
					DIRECTION_FORWARD, SEGMENT_ADD_ADDR);

	f->confidence = CONFIDENCE_LIKELY;
	f->after = place_at(j, after);
	f->at = place_at(j, at);
	finding_connection(j, f, flow->id);
	finding_evidence(
		j, f, 0, NULL, NULL,
		arena_printf(j->arena,
			     "%u ADD_ADDRs get no echo, while data on the same "
			     "connection is acknowledged; no hop from %u on "
			     "quotes one",
			     lost, at));
	f->text =
		arena_printf(j->arena, "Segments with ADD_ADDR are dropped %s.",
			     place_phrase(j, f->after, f->at));
}

void judge_add_addr(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		struct class c = {PURPOSE_MP_CAPABLE, -1, SEGMENT_ADD_ADDR, f,
				  0};
		unsigned lost = count_full(j, f), after, at;

		if (!flow_is(f, PURPOSE_MP_CAPABLE) ||
		    lost < ADD_ADDRS_LOST_MIN || f->mptcp.add_addr_echoed ||
		    !flow_data_acked(f) || flow_reset(f) || f->misfits)
			continue;
		after = last_quote(j, &c, SWEEP_TTL_MAX + 1);
		at = first_missing(j, f, after);
		if (!after || !at || finding_find(j, "add_addr.removed") ||
		    finding_find(j, "add_addr.modified"))
			continue;
		add_dropped(j, f, lost, after, at);
		return;
	}
}
