/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with DSS that the server takes as TCP only.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/dss.h"
#include "report/rules/rules.h"

/* ---- taken as TCP only --------------------------------------------------- */

/* One that never does takes nothing, whatever it acknowledges. */
static bool offers_window(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->packet.tcp.window &&
		    !(f->received[i]->packet.tcp.flags & TCP_FLAG_RST))
			return true;
	return false;
}

/* An ACK, or data, that takes ours and brings no MPTCP; what ends a connection
 * need not bring any. */
static bool is_acked_barely(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if ((kept_is_ack(k) || kept_has_data(k)) &&
		    k->options.complete && !k->options.mptcp_count &&
		    seq_diff(k->packet.tcp.acknowledgment, f->client_isn + 1) >
			    0)
			return true;
	}
	return false;
}

/* Data with a valid mapping that the server took as TCP only, as it may any
 * whose checksum was wrong before. That none of its segments has a DSS tells
 * nothing where there is none that would. */
static bool lost_mapping(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       offers_window(f) && f->mptcp.mapped && f->established &&
	       !f->mptcp.server_dss && !f->mptcp.mp_fail &&
	       !f->mptcp.sent_bad_frame && dss_in_vain(f) == 0 &&
	       flow_tcp_acked(f) > 0 && (is_acked_barely(f) || flow_reset(f)) &&
	       f->join.parent < 0;
}

static bool lost_without_checksum(const struct judgement *j,
				  const struct flow *f)
{
	return lost_mapping(j, f) && !f->mptcp.checksum;
}

static bool is_data_acked(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_data_acked(f);
}

static bool has_mapped(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return dss_negotiated(f);
}

static bool lost_and_padded(const struct judgement *j, const struct flow *f)
{
	return lost_mapping(j, f) && dss_padded_answer(f);
}

static bool plain_answered(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->payload_received;
}

/* The server sent a DSS, and so had got ours. */
static bool removed_from_answers(const struct judgement *j,
				 const struct flow **example)
{
	return ask_witnesses(j, plain_answered, NULL) &&
	       !ask_witnesses(j, dss_plain_padded, NULL) &&
	       ask_witnesses(j, lost_and_padded, example);
}

static bool arrives_intact(const struct judgement *j)
{
	return intact_to_last_hop(j, SEGMENT_DATA, -1) &&
	       intact_to_last_hop(j, SEGMENT_ACK, -1);
}

/* Two rows: of those connections that were reset then, and of the others. */
static enum why removed(const struct judgement *j, struct said *s, bool reset)
{
	if (!ask_witnesses(j, lost_mapping, &s->flow) ||
	    dss_was_reset(j, s->flow) != reset)
		return WHY_ABSENT;
	if (ask_witnesses(j, is_data_acked, NULL))
		return WHY_CONTRARY;
	if (removed_from_answers(j, &s->flow)) {
		s->direction = DIRECTION_RETURN;
		return WHY_SAID;
	}
	s->confidence = CONFIDENCE_LIKELY;
	s->direction = DIRECTION_UNKNOWN;
	return WHY_SAID;
}

static enum why removed_fallback(const struct judgement *j, struct said *s)
{
	return removed(j, s, false);
}

static enum why removed_reset(const struct judgement *j, struct said *s)
{
	return removed(j, s, true);
}

static const char *removed_phrase(const struct judgement *j,
				  const struct finding *f)
{
	if (f->bounds == BOUNDS_LAST_HOP)
		return "Our DSS arrives intact at the last hop, yet no "
		       "DATA_ACK comes: DSS is removed by that hop, beyond it, "
		       "or on the return path, or the server itself sends "
		       "none.";
	if (ask_witnesses(j, lost_without_checksum, NULL))
		return "MPTCP falls back to TCP after the handshake: DSS is "
		       "removed from data, in one direction or the other, the "
		       "length of the data is changed, or the server itself "
		       "sends no DSS.";
	return "MPTCP falls back to TCP after the handshake: DSS is removed "
	       "from data, in one direction or the other, the data is changed, "
	       "so that its DSS checksum is wrong, or the server itself sends "
	       "no DSS.";
}

static void padding_evidence(struct judgement *j, struct finding *f,
			     const struct flow *of)
{
	const struct kept *padded = dss_padded_answer(of);

	finding_evidence(j, f, padded->frame, NULL, NULL,
			 "a segment of the server has %u bytes of padding (NOP "
			 "or EOL), none of a plain connection has so many",
			 kept_padding(padded, &f->how));
}

static void say_removed(struct judgement *j, struct finding *f,
			const struct said *s)
{
	finding_evidence(j, f, 0, NULL, NULL,
			 "the data was acknowledged by TCP, but no segment of "
			 "the server carries a DSS");
	f->or_server = f->direction != DIRECTION_RETURN;
	if (f->or_server) {
		f->bounds =
			arrives_intact(j) ? BOUNDS_LAST_HOP : BOUNDS_BETWEEN;
		f->text = removed_phrase(j, f);
		return;
	}
	padding_evidence(j, f, s->flow);
	f->text = "DSS is removed from what the server sends, on the return "
		  "path: padding (NOP or EOL) is in its place, so the server "
		  "had sent it.";
}

/* ---- on some connections -------------------------------------------------
 */

/* While others of its version keep MPTCP. */
static bool lost_among_others(const struct judgement *j, const struct flow *f)
{
	return lost_mapping(j, f) && lost_alone(j, f) && is_acked_barely(f);
}

/* Another program may send what no server takes for MPTCP. */
static enum why removed_some(const struct judgement *j, struct said *s)
{
	s->have = ask_witnesses(j, lost_among_others, &s->flow);
	s->need = LOST_MPTCP_MIN;
	s->confidence = CONFIDENCE_LIKELY;
	s->direction = DIRECTION_UNKNOWN;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (!j->controlled)
		return WHY_CONTROL;
	if (removed_from_answers(j, &s->flow)) {
		s->confidence = CONFIDENCE_PROVEN;
		s->direction = DIRECTION_RETURN;
	}
	return WHY_SAID;
}

static void say_removed_some(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	bool back = f->direction == DIRECTION_RETURN;

	finding_connection(j, f, s->flow->id);
	finding_evidence(j, f, 0, NULL, NULL,
			 "on %u of %u connections the data was acknowledged by "
			 "TCP, and no segment of the server carries a DSS; on "
			 "%u it was acknowledged by DATA_ACK",
			 s->have, ask_witnesses(j, has_mapped, NULL),
			 ask_witnesses(j, is_data_acked, NULL));
	if (back)
		padding_evidence(j, f, s->flow);
	f->or_server = !back;
	f->text = arena_printf(
		j->arena,
		"On %u of %u connections MPTCP falls back to TCP behind the "
		"handshake: DSS is removed from %s.",
		s->have, ask_witnesses(j, has_mapped, NULL),
		back ? "what the server sends, on the return path (padding is "
		       "in its place)"
		     : "their data, in one direction or the other, or one of "
		       "several servers sends none");
}

/* ---- the server says so -------------------------------------------------- */

static bool sent_with_mappings(const struct flow *f)
{
	unsigned data = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!k->packet.tcp.payload_length)
			continue;
		if (!kept_is_mapped(k))
			return false;
		data += kept_is_full(k);
	}
	return data && !f->sides[0].wrong_frame;
}

/* Or, as older Linux has it, that something is wrong with its MPTCP: of a
 * subflow that joined, and whose data it then takes over another. */
static bool blames_data(const struct judgement *j, const struct flow *f)
{
	int reason = reset_reason(flow_reset(f));

	return reason == TCPRST_MIDDLEBOX ||
	       (reason == TCPRST_MPTCP && f->join.fourth_ack_frame &&
		join_data_taken(j, f));
}

/* The server resets a subflow whose data comes without a DSS, and names a
 * middlebox as the reason. For a wrong checksum it sends MP_FAIL as well. */
static bool blames_middlebox(const struct judgement *j, const struct flow *f)
{
	return (f->mptcp.syn_ack || f->join.syn_ack) && f->established &&
	       blames_data(j, f) && !f->sides[1].fail_frame &&
	       sent_with_mappings(f);
}

static enum why removed_tcprst(const struct judgement *j, struct said *s)
{
	s->confidence = CONFIDENCE_LIKELY;
	return ask_witnesses(j, blames_middlebox, &s->flow) ? WHY_SAID
							    : WHY_ABSENT;
}

static void say_removed_tcprst(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	bool joined = flow_is(s->flow, PURPOSE_MP_JOIN);
	const struct kept *reset = flow_reset(s->flow);

	if (joined)
		f->segment = SEGMENT_JOIN_DATA;
	f->or_server = reset_reason(reset) == TCPRST_MPTCP;
	reset_evidence(j, f, s->flow);
	f->text = arena_printf(
		j->arena,
		"DSS is removed from data%s%s: it was sent with a mapping, and "
		"the server resets the subflow%s.",
		joined ? " over a second subflow" : "",
		f->or_server ? ", or modified" : "", reason_phrase(j, reset));
}

const struct rule dss_removed_rules[] = {
	{"dss.removed", "fallback", PHASE_DATA, SEGMENT_DATA, removed_fallback,
	 say_removed, .unless = {"payload.modified", "data.rewritten"},
	 .gates = OWN_PHASE},
	/* Who acknowledged the data is unknown where others do so early. */
	{"dss.removed", "fallback_reset", PHASE_DATA, SEGMENT_DATA,
	 removed_reset, say_removed,
	 .unless = {"payload.modified", "data.rewritten", "data.acked_early"},
	 .gates = OWN_PHASE},
	{0},
};

/* Behind acks_removed_rules: where ACKs alone lack their DSS, that explains
 * connections on which nothing but ACKs came. */
const struct rule dss_some_rules[] = {
	{"dss.removed", "some", PHASE_DATA, SEGMENT_DATA, removed_some,
	 say_removed_some, .unless = {"dss.removed", "payload.modified"},
	 .if_working = TO_IMPAIRS},
	{"dss.removed", "tcprst", PHASE_DATA, SEGMENT_DATA, removed_tcprst,
	 say_removed_tcprst,
	 .unless = {"dss.removed", "payload.modified", "data.rewritten"},
	 .if_working = TO_IMPAIRS},
	{0},
};
