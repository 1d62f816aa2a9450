/* SPDX-License-Identifier: GPL-3.0-or-later
 * The server's data, that comes without a DSS, not at all, or until a RST.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sizes.h"
#include "report/rules/dss.h"
#include "report/rules/rules.h"

/* The server takes our data by DATA_ACK, all of it. */
static bool takes_data(const struct flow *f)
{
	return dss_negotiated(f) && flow_data_acked(f) &&
	       !flow_fell_behind(f) && !flow_sent_unmapped(f) &&
	       !f->mptcp.mp_fail;
}

static bool answers_unmapped(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return takes_data(f) && f->payload_received > 0 && !f->sides[1].mapped;
}

/* Something stands in the place of the option in some of its data: the server
 * had sent one. */
static bool answers_padded(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return dss_negotiated(f) && flow_data_acked(f) && !f->mptcp.mp_fail &&
	       !f->sides[1].fastclose_frame && flow_padded_data(f);
}

static bool lacks_mappings(const struct judgement *j, const struct flow *f)
{
	return answers_unmapped(j, f) || answers_padded(j, f);
}

static enum why removed_server(const struct judgement *j, struct said *s)
{
	bool padded = !ask_witnesses(j, dss_plain_padded, NULL) &&
		      ask_witnesses(j, answers_padded, &s->flow);

	s->have = ask_witnesses(j, lacks_mappings, padded ? NULL : &s->flow);
	if (padded) /* a server may send the rest over the second subflow */
		s->have += ask_witnesses(j, joined_padded, NULL);
	s->direction = DIRECTION_RETURN;
	s->less = !padded;
	if (s->have < UNMAPPED_WITNESSES_MIN || !padded)
		s->confidence = CONFIDENCE_LIKELY;
	return s->have ? WHY_SAID : WHY_ABSENT;
}

/* Smaller packets than the smallest that is padded come with a mapping. */
static const char *mapped_below(const struct judgement *j)
{
	size_t padded = 0, mapped = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k = flow_padded_data(f);

		if (k && (!padded || kept_length(k) < padded))
			padded = kept_length(k);
		if (flow_largest_answer(f) > mapped)
			mapped = flow_largest_answer(f);
	}
	return mapped && mapped < padded
		       ? arena_printf(j->arena,
				      " in packets of %zu bytes, while those "
				      "of %zu bytes have one",
				      padded, mapped)
		       : "";
}

static void say_removed_server(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	finding_evidence(j, f, s->flow->mptcp.data_ack_frame, NULL, NULL,
			 "the server acknowledges our data at the MPTCP level "
			 "(DATA_ACK), and then sends its own without a "
			 "mapping");
	f->or_server = s->less;
	f->text = s->less ? "The server acknowledges our data by DATA_ACK, but "
			    "its own comes without a mapping: DSS is removed "
			    "from it on the return path, or the server itself "
			    "sends it so."
			  : arena_printf(
				    j->arena,
				    "DSS is removed from the server's data on "
				    "the return path: it acknowledges ours by "
				    "DATA_ACK, but its own comes without a "
				    "mapping%s.",
				    mapped_below(j));
}

/* When the last of our data went out; -1: none did. */
static int64_t asked_us(const struct flow *f)
{
	for (size_t i = f->sent_count; i-- > 0;)
		if (kept_is_full_data(f->sent[i]))
			return f->sent[i]->time_us;
	return -1;
}

static bool had_time_for_data(const struct judgement *j, const struct flow *f)
{
	return asked_us(f) >= 0 &&
	       j->o->last_us - asked_us(f) >= ANSWER_TIME_US;
}

/* The latest segment of the server, sent when it had that time: its sequence
 * number is behind all that it has sent (RFC 9293 3.4). NULL: none came. */
static const struct kept *late_word(const struct flow *f)
{
	const struct kept *k =
		f->received_count ? f->received[f->received_count - 1] : NULL;

	return k && k->time_us - asked_us(f) >= ANSWER_TIME_US ? k : NULL;
}

static bool sent_nothing(const struct flow *f)
{
	const struct kept *k = late_word(f);

	return k && seq_diff(k->packet.tcp.sequence, f->server_next) <= 0;
}

/* It takes all that we send, and has had the time to send something. */
static bool is_mute(const struct judgement *j, const struct flow *f)
{
	return takes_data(f) && !flow_answered(f) && !f->server_fin &&
	       !f->mptcp.data_fin && !flow_reset(f) && had_time_for_data(j, f);
}

/* It is not known yet whether it is. */
static bool is_early(const struct judgement *j, const struct flow *f)
{
	return takes_data(f) && !flow_answered(f) && !had_time_for_data(j, f);
}

/* What it sent went over a subflow that was added, and did not come. */
static bool lost_on_added(const struct flow *f)
{
	for (const struct flow *a = f->sibling; a; a = a->sibling)
		if (flow_lacks(a, 0).words)
			return true;
	return false;
}

/* With so much data, without MPTCP, the server answers; with less it may wait
 * for more. */
static uint32_t request_bytes(const struct judgement *j)
{
	uint32_t bytes = UINT32_MAX;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_is(f, PURPOSE_TCP) && flow_answered(f) &&
		    flow_tcp_acked(f) < bytes)
			bytes = flow_tcp_acked(f);
	}
	return bytes;
}

/* Its window takes less than any host's segments (RFC 9293 3.7.1): answers come
 * in pieces that devices may leave alone. */
static bool is_narrow(const struct flow *f)
{
	return f->client_window < NARROW_BYTES;
}

/* A server that serves one connection after the other would answer none of
 * those that are opened while others are open; so one without MPTCP, opened
 * last, must have been answered. */
static enum why dropped_server(const struct judgement *j, struct said *s)
{
	bool added;

	s->need = MUTE_WITNESSES_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	for (size_t i = 0; i < j->flow_count; i++) {
		if (!dss_negotiated(j->flows[i]) || is_early(j, j->flows[i]) ||
		    is_narrow(j->flows[i]))
			continue;
		added = lost_on_added(j->flows[i]);
		if (!is_mute(j, j->flows[i]) ||
		    (sent_nothing(j->flows[i]) && !added))
			return WHY_CONTRARY;
		s->have++;
		s->flow = j->flows[i];
	}
	if (enough(s) != WHY_SAID)
		return enough(s);
	return j->plain.lost || !dss_plain_around(j, s->flow, request_bytes(j),
						  flow_answered)
		       ? WHY_CONTROL
		       : WHY_SAID;
}

/* Whose server says, by the sequence number of what came late, that it has sent
 * what did not; or NULL. */
static const struct flow *told_to_send(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (dss_negotiated(j->flows[i]) && late_word(j->flows[i]) &&
		    !sent_nothing(j->flows[i]))
			return j->flows[i];
	return NULL;
}

static void say_dropped_server(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct flow *sender = told_to_send(j);
	const struct kept *said = sender ? late_word(sender) : NULL;

	finding_evidence(j, f, s->flow->mptcp.data_ack_frame, NULL, NULL,
			 "the server acknowledges our data by DATA_ACK on %u "
			 "connections and answers on none, while it answers "
			 "the same without MPTCP, before and after",
			 s->have);
	if (said)
		finding_evidence(j, f, said->frame, NULL, NULL,
				 "its sequence number says that the server has "
				 "sent %d bytes that did not come",
				 seq_diff(said->packet.tcp.sequence,
					  sender->server_next));
	f->or_server = !said;
	f->text = said ? "The server's data is dropped on the return path when "
			 "it carries a DSS; without MPTCP it arrives."
		       : "The server's data does not come with MPTCP, and "
			 "without it does: it is dropped on the return path "
			 "when it carries a DSS, or the server sends none.";
}

/* So soon behind its data that no timer of the path or the server's has run. */
static bool reset_at_once(const struct judgement *j, const struct flow *f)
{
	int64_t last_us = f->sides[1].last_us;

	for (const struct flow *a = f->sibling; a; a = a->sibling)
		if (a->sides[1].last_us > last_us)
			last_us = a->sides[1].last_us;
	return flow_reset(f)->time_us - last_us <= j->patience_us;
}

/* It took the whole request, and was made to forget the connection. */
static bool is_forgotten(const struct judgement *j, const struct flow *f)
{
	return takes_data(f) && flow_forgotten(f) &&
	       (!flow_answered(f) || reset_at_once(j, f));
}

static bool is_cut_short(const struct judgement *j, const struct flow *f)
{
	return is_forgotten(j, f) && flow_answered(f) && !is_narrow(f);
}

static bool is_kept(const struct judgement *j, const struct flow *f)
{
	return dss_negotiated(f) && flow_answered(f) && !is_narrow(f) &&
	       !is_forgotten(j, f);
}

/* Where the server itself resets what it has answered, that may be lost. */
static bool is_answered_whole(const struct flow *f)
{
	return flow_answered(f) && !flow_reset(f);
}

static enum why reset_server(const struct judgement *j, struct said *s)
{
	s->need = MUTE_WITNESSES_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	s->have = ask_witnesses(j, is_forgotten, &s->flow);
	s->less = ask_witnesses(j, is_cut_short, NULL);
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (ask_witnesses(j, is_kept, NULL))
		return WHY_CONTRARY;
	return dss_plain_around(j, s->flow, request_bytes(j), is_answered_whole)
		       ? WHY_SAID
		       : WHY_CONTROL;
}

static void say_reset_server(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	finding_evidence(j, f, flow_reset(s->flow)->frame, NULL, NULL,
			 "the server acknowledges our data by DATA_ACK on %u "
			 "connections, and then knows them no more (RST), of "
			 "which nothing was told, while it answers the same "
			 "without MPTCP, before and after",
			 s->have);
	f->or_server = true;
	f->text = arena_printf(
		j->arena,
		"The server's data %s with MPTCP, and then its connections are "
		"gone without a word; without MPTCP it comes: a device resets "
		"them when data with a DSS comes from the server, or the "
		"server itself does.",
		s->less ? "comes only in part" : "does not come");
}

const struct rule dss_server_removed_rules[] = {
	{"dss.removed", "server", PHASE_DATA, SEGMENT_DATA, removed_server,
	 say_removed_server, .if_working = TO_IMPAIRS},
	{0},
};

const struct rule dss_server_rules[] = {
	{"dss.dropped", "server", PHASE_DATA, SEGMENT_DATA, dropped_server,
	 say_dropped_server, .gates = OWN_PHASE},
	{"dss.reset", "server", PHASE_DATA, SEGMENT_DATA, reset_server,
	 say_reset_server, .if_less = TO_IMPAIRS},
	{0},
};
