/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with DSS that is taken as TCP only, not answered, or by a RST.
 */
#include "report/arena.h"
#include "report/judge_loss.h"

/* Data with DSS of a flow: how often it was sent in vain, and whether the
 * same bytes without it were acknowledged afterwards. */
static bool dss_in_vain(const struct flow *f, unsigned *lost, bool *plain_ok)
{
	*lost = 0;
	*plain_ok = false;
	if (!f->mptcp.syn_ack || !f->established || f->join.parent >= 0)
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool mapped = tcp_options_mptcp(&k->options, MP_DSS) ||
			      tcp_options_mptcp(&k->options, MP_CAPABLE);
		bool acked =
			seq_diff(f->server_acked, k->packet.tcp.sequence) > 0;

		if (k->kind != SEGMENT_DATA ||
		    k->packet.ip.ttl <= SWEEP_TTL_MAX)
			continue;
		if (mapped)
			*lost += 1;
		else if (acked && *lost)
			*plain_ok = true;
	}
	return *plain_ok;
}

/* Data with a valid mapping that the server took as TCP only. */
static bool lost_mapping(const struct flow *f)
{
	unsigned lost;
	bool plain_ok;

	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.mapped && f->established && !f->mptcp.server_dss &&
	       !f->mptcp.mp_fail && !dss_in_vain(f, &lost, &plain_ok) &&
	       seq_diff(f->server_acked, f->client_isn + 1) > 0 &&
	       f->join.parent < 0;
}

static void judge_dss_removed(struct judgement *j)
{
	const struct flow *flow = flow_first(j, lost_mapping);
	bool intact = intact_to_last_hop(j, SEGMENT_DATA, -1) &&
		      intact_to_last_hop(j, SEGMENT_ACK, -1);
	struct finding *f;

	if (!flow || j->working || finding_blocks(j) ||
	    finding_find(j, "payload.modified") ||
	    finding_find(j, "data.rewritten"))
		return;
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_data_acked(j->flows[i]))
			return;
	f = finding_add(j, "dss.removed",
			intact ? DIRECTION_RETURN : DIRECTION_UNKNOWN,
			SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, 0, NULL, NULL,
			 "the data was acknowledged by TCP, but no segment of "
			 "the server carries a DSS");
	f->text =
		intact ? "DSS is removed from data on the way back: what we "
			 "sent arrives intact at the last hop, yet no "
			 "DATA_ACK comes."
		       : "MPTCP falls back to TCP after the handshake: DSS is "
			 "removed from data, one way or the other.";
}

static void judge_dss_dropped(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	unsigned lost;
	bool plain_ok;

	for (size_t i = 0; i < j->flow_count && !j->working; i++) {
		const struct flow *flow = j->flows[i];
		struct finding *f;

		if (!dss_in_vain(flow, &lost, &plain_ok) ||
		    flow_data_acked(flow) ||
		    !beyond_chance(lost, &plain, LOST_MIN))
			continue;
		f = finding_add(j, "dss.dropped", DIRECTION_UNKNOWN,
				SEGMENT_DATA);
		place_drop(j, f, PURPOSE_MP_CAPABLE, -1, SEGMENT_DATA);
		finding_connection(j, f, flow->id);
		finding_evidence(
			j, f, 0, NULL, NULL,
			arena_printf(j->arena,
				     "%u segments with a mapping went "
				     "unacknowledged; the same bytes without "
				     "it were acknowledged",
				     lost));
		f->text = arena_printf(j->arena,
				       "Data with DSS is dropped %s; the same "
				       "bytes without it pass.",
				       place_phrase(j, f->after, f->at));
		return;
	}
}

/* A RST in answer to MPTCP data that the server's stack would mark with
 * MP_TCPRST, and that plain data does not draw. */
static bool was_reset(const struct flow *f)
{
	const struct kept *k = flow_reset(f);

	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && k &&
	       !tcp_options_mptcp(&k->options, MP_TCPRST) &&
	       !tcp_options_mptcp(&k->options, MP_FASTCLOSE) &&
	       !f->mptcp.has_data_ack && !f->mptcp.server_dss;
}

static bool plain_data_reset(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && flow_reset(f);
}

static bool plain_data_acked(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && !flow_reset(f) &&
	       seq_diff(f->server_acked, f->client_isn + 1) > 0;
}

static void judge_dss_reset(struct judgement *j)
{
	const struct flow *flow = flow_first(j, was_reset);
	unsigned count = 0;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count; i++)
		count += was_reset(j->flows[i]);
	if (!flow || count < 2 || j->working ||
	    flow_first(j, plain_data_reset) || !flow_first(j, plain_data_acked))
		return;
	f = finding_add(j, "dss.reset", DIRECTION_UNKNOWN, SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	reset_evidence(j, f, flow);
	f->text = "Segments with MPTCP options after the handshake draw a RST; "
		  "the same data without them does not.";
}

void judge_dss(struct judgement *j)
{
	judge_dss_removed(j);
	judge_dss_dropped(j);
	judge_dss_reset(j);
}
