/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with DSS that is taken as TCP only, not answered, or by a RST; the
 * server's that comes without it, or not at all.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sizes.h"
#include "report/rules/rules.h"

static bool is_full_data(const struct kept *k)
{
	return k->kind == SEGMENT_DATA && kept_is_full(k);
}

/* A connection of its own whose SYN/ACK brought MP_CAPABLE. */
static bool is_negotiated(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && f->mptcp.mapped && f->join.parent < 0;
}

/* A DATA_ACK covers what is mapped from there on: the mapping came late, not
 * never, as all does on a path that stalled (RFC 8684 3.3.2). */
static bool mapping_arrived(const struct flow *f, uint32_t sequence)
{
	uint64_t dsn = f->mptcp.client_idsn +
		       (uint32_t)seq_diff(sequence, f->client_isn);

	return f->mptcp.has_data_ack && (int64_t)(f->mptcp.data_ack - dsn) > 0;
}

/* How often bytes went out with a mapping, and in vain, that were acknowledged
 * when they came without it; 0: there are none such. */
static unsigned dss_in_vain(const struct flow *f)
{
	unsigned most = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *plain = f->sent[i];
		uint32_t sequence = plain->packet.tcp.sequence;
		unsigned lost = 0;

		if (!is_full_data(plain) || kept_is_mapped(plain) ||
		    seq_diff(f->server_acked, sequence) <= 0 ||
		    mapping_arrived(f, sequence))
			continue;
		for (size_t k = 0; k < i; k++)
			lost += is_full_data(f->sent[k]) &&
				kept_is_mapped(f->sent[k]) &&
				f->sent[k]->packet.tcp.sequence == sequence;
		if (lost > most)
			most = lost;
	}
	return most;
}

/* ---- taken as TCP only --------------------------------------------------- */

/* A RST in answer to MPTCP data that the server's stack would mark with
 * MP_TCPRST. */
static bool was_reset(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && is_bare_reset(flow_reset(f)) &&
	       !f->mptcp.has_data_ack && !f->mptcp.server_dss;
}

/* Data with a valid mapping that the server took as TCP only. */
static bool lost_mapping(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.mapped && f->established && !f->mptcp.server_dss &&
	       !f->mptcp.mp_fail && dss_in_vain(f) == 0 &&
	       flow_tcp_acked(f) > 0 && f->join.parent < 0;
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

/* What follows the SYN/ACK and has padding in the place of a DSS; or NULL. */
static const struct kept *padded_answer(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (!(k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
		    kept_lost_dss(k))
			return k;
	}
	return NULL;
}

static bool lost_and_padded(const struct judgement *j, const struct flow *f)
{
	return lost_mapping(j, f) && padded_answer(f);
}

/* Whether its answers without MPTCP have such padding: then it stands in the
 * place of other options. */
static bool plain_padded(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && padded_answer(f);
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
	       !ask_witnesses(j, plain_padded, NULL) &&
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
	    was_reset(j, s->flow) != reset)
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

static const char *removed_phrase(const struct judgement *j)
{
	if (arrives_intact(j))
		return "Our DSS arrives intact at the last hop, yet no "
		       "DATA_ACK "
		       "comes: DSS is removed by that hop, beyond it, or on "
		       "the return path, or the server itself sends none.";
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

static void say_removed(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct kept *padded = padded_answer(s->flow);

	finding_evidence(j, f, 0, NULL, NULL,
			 "the data was acknowledged by TCP, but no segment of "
			 "the server carries a DSS");
	f->text = removed_phrase(j);
	f->or_server = f->direction != DIRECTION_RETURN;
	if (f->or_server)
		return;
	finding_evidence(j, f, padded->frame, NULL, NULL,
			 "a segment of the server has %u bytes of padding (NOP "
			 "or EOL), none of a plain connection has so many",
			 kept_padding(padded, &f->how));
	f->text = "DSS is removed from what the server sends, on the return "
		  "path: padding (NOP or EOL) is in its place, so the server "
		  "had sent it.";
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

/* ---- our data is not answered -------------------------------------------- */

/* The first data of this flow that was never acknowledged with its mapping;
 * what is dropped late in a connection was quoted before. */
static int64_t dropped_since(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool again = false;

		if (!is_full_data(k))
			continue;
		for (size_t n = i + 1; n < f->sent_count; n++)
			again |= is_full_data(f->sent[n]) &&
				 f->sent[n]->packet.tcp.sequence ==
					 k->packet.tcp.sequence;
		if (again)
			return k->time_us;
	}
	return f->last_us;
}

/* Data that carries MP_CAPABLE (RFC 8684 3.1), in full or in copies for hops.
 */
static bool data_has_capable(const struct flow *f, bool full)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_DATA &&
		    kept_is_full(f->sent[i]) == full &&
		    tcp_options_mptcp(&f->sent[i]->options, MP_CAPABLE))
			return true;
	return false;
}

static bool only_capable(const struct flow *f)
{
	return data_has_capable(f, true) && !data_has_capable(f, false);
}

/* Where copies of the data end: before the target, it is on the way there.
 * Copies with DSS pass where only MP_CAPABLE is dropped, and the other way
 * round. */
static void place_drop(const struct judgement *j, struct said *s)
{
	struct class c = {
		PURPOSE_MP_CAPABLE,
		-1,
		SEGMENT_DATA,
		s->flow,
		dropped_since(s->flow),
		flow_data_acked(s->flow) ? WITHOUT_CAPABLE : ALL_OF_KIND,
	};
	struct between b = ask_silence(j, &c);

	if (c.of == ALL_OF_KIND && b.after + 1 >= j->plain_reach &&
	    only_capable(s->flow))
		b = (struct between){0};
	said_between(j, s, b);
}

static enum why dropped_vain(const struct judgement *j, struct said *s)
{
	s->need = losses_needed(tries_of(&j->plain));
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned more = dss_in_vain(f);

		s->have += more;
		if (more >= MAPPED_LOST_MIN &&
		    (!s->flow || (flow_swept(f, SEGMENT_DATA) &&
				  !flow_swept(s->flow, SEGMENT_DATA))))
			s->flow = f;
	}
	if (!s->have)
		return WHY_ABSENT;
	if (!s->flow ||
	    !beyond_chance(s->have, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	s->less = lost_alone(j, s->flow);
	place_drop(j, s);
	return WHY_SAID;
}

static void say_dropped_vain(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	finding_evidence(j, f, 0, NULL, NULL,
			 "%u segments with a mapping went unacknowledged; the "
			 "same bytes without it were acknowledged",
			 s->have);
	f->text = arena_printf(
		j->arena,
		"%s is dropped%s %s; the same bytes without it "
		"pass.",
		data_has_capable(s->flow, true) && !flow_data_acked(s->flow)
			? "The first data, which carries "
			  "MP_CAPABLE,"
			: "Data with DSS",
		except_bytes(j, s->flow), place_phrase(j, f->after, f->at));
}

static bool is_acked(const struct flow *f)
{
	return flow_tcp_acked(f) > 0;
}

/* How often data went out with a mapping on connections of which none was
 * ever acknowledged a byte, and how many connections; none: 0. */
struct unacked {
	unsigned lost, connections;
};

static struct unacked never_acked(const struct judgement *j,
				  const struct flow **example)
{
	struct unacked u = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!is_negotiated(f))
			continue;
		if (is_acked(f) || flow_reset(f))
			return (struct unacked){0};
		u.connections++;
		*example = f;
		for (size_t k = 0; k < f->sent_count; k++)
			u.lost += is_full_data(f->sent[k]) &&
				  kept_is_mapped(f->sent[k]) &&
				  had_time(j, f->sent[k]);
	}
	return u;
}

/* Whether plain connections with so much data at least, of those before `flow`
 * and of those after it, fare so, all of them. */
static bool plain_around(const struct judgement *j, const struct flow *flow,
			 uint32_t bytes, bool (*fits)(const struct flow *))
{
	bool before = false, after = false;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		bool data = false;

		for (size_t k = 0; k < f->sent_count; k++)
			data |= is_full_data(f->sent[k]);
		if (!flow_is(f, PURPOSE_TCP) || !data ||
		    flow_tcp_acked(f) < bytes)
			continue;
		if (!fits(f))
			return false;
		before |= f->first_us <= flow->first_us;
		after |= f->first_us > flow->first_us;
	}
	return before && after;
}

/* Nothing that is sent with a mapping is ever acknowledged, nor is it without
 * on the same connections, as the server's ACKs have a DSS then. */
static enum why dropped_all(const struct judgement *j, struct said *s)
{
	struct unacked u = never_acked(j, &s->flow);

	s->have = u.connections;
	s->need = MAPPED_WITNESSES_MIN;
	if (enough(s) != WHY_SAID)
		return enough(s);
	s->have = u.lost;
	s->need = losses_needed(tries_of(&j->plain));
	if (!beyond_chance(u.lost, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	if (!plain_around(j, s->flow, 0, is_acked))
		return WHY_CONTROL;
	place_drop(j, s);
	if (s->direction == DIRECTION_UNKNOWN)
		s->after = s->at = (struct place){0};
	return WHY_SAID;
}

static void say_dropped_all(struct judgement *j, struct finding *f,
			    const struct said *s)
{
	const struct flow *example = NULL;
	struct unacked u = never_acked(j, &example);

	(void)s;
	finding_evidence(j, f, 0, NULL, NULL,
			 "%u segments with a mapping went unacknowledged on %u "
			 "connections; data on connections without MPTCP was "
			 "acknowledged, before and after",
			 u.lost, u.connections);
	f->text =
		f->direction == DIRECTION_FORWARD
			? arena_printf(j->arena,
				       "Data with DSS is dropped %s; without "
				       "MPTCP it passes.",
				       place_phrase(j, f->after, f->at))
			: "Segments with DSS are dropped after the handshake, "
			  "on the return path or beyond the last hop that "
			  "quotes them; without MPTCP data passes.";
}

/* ---- a RST --------------------------------------------------------------- */

static bool plain_data_reset(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->established && flow_reset(f);
}

static bool plain_data_acked(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->established && !flow_reset(f) &&
	       is_acked(f);
}

static enum why reset(const struct judgement *j, struct said *s)
{
	static const struct class c = {
		PURPOSE_MP_CAPABLE, -1, SEGMENT_DATA, NULL, 0, ALL_OF_KIND};

	s->have = ask_witnesses(j, was_reset, &s->flow);
	s->need = DATA_RESETS_MIN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (ask_witnesses(j, plain_data_reset, NULL) ||
	    !ask_witnesses(j, plain_data_acked, NULL))
		return WHY_CONTROL;
	said_between(j, s, ask_silence(j, &c));
	if (s->direction ==
	    DIRECTION_UNKNOWN) /* or what is answered draws it */
		s->after = s->at = (struct place){0};
	return WHY_SAID;
}

static void say_reset(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	reset_evidence(j, f, s->flow);
	f->or_server = !f->at.known;
	f->text = arena_printf(j->arena,
			       "Segments with MPTCP options after the "
			       "handshake trigger a RST %s; the same data "
			       "without them does not.",
			       f->at.known ? place_phrase(j, f->after, f->at)
					   : "of the server, or of a device");
}

/* ---- the server's data --------------------------------------------------- */

/* The server takes our data by DATA_ACK, all of it. */
static bool takes_data(const struct flow *f)
{
	return is_negotiated(f) && flow_data_acked(f) && !flow_fell_behind(f) &&
	       !flow_sent_unmapped(f) && !f->mptcp.mp_fail;
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
	return is_negotiated(f) && flow_data_acked(f) && !f->mptcp.mp_fail &&
	       !f->sides[1].fastclose_frame && flow_padded_data(f);
}

static bool lacks_mappings(const struct judgement *j, const struct flow *f)
{
	return answers_unmapped(j, f) || answers_padded(j, f);
}

static enum why removed_server(const struct judgement *j, struct said *s)
{
	bool padded = !ask_witnesses(j, plain_padded, NULL) &&
		      ask_witnesses(j, answers_padded, &s->flow);

	s->have = ask_witnesses(j, lacks_mappings, padded ? NULL : &s->flow);
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
		if (is_full_data(f->sent[i]))
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
		if (flow_lacks(a).words)
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
		if (!is_negotiated(j->flows[i]) || is_early(j, j->flows[i]) ||
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
	return j->plain.lost || !plain_around(j, s->flow, request_bytes(j),
					      flow_answered)
		       ? WHY_CONTROL
		       : WHY_SAID;
}

/* Whose server says, by the sequence number of what came late, that it has sent
 * what did not; or NULL. */
static const struct flow *told_to_send(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (is_negotiated(j->flows[i]) && late_word(j->flows[i]) &&
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
	return is_negotiated(f) && flow_answered(f) && !is_narrow(f) &&
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
	return plain_around(j, s->flow, request_bytes(j), is_answered_whole)
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

const struct rule dss_rules[] = {
	{"dss.removed", "fallback", PHASE_DATA, SEGMENT_DATA, removed_fallback,
	 say_removed, .unless = {"payload.modified", "data.rewritten"},
	 .gates = OWN_PHASE},
	/* Who acknowledged the data is unknown where others do so early. */
	{"dss.removed", "fallback_reset", PHASE_DATA, SEGMENT_DATA,
	 removed_reset, say_removed,
	 .unless = {"payload.modified", "data.rewritten", "data.acked_early"},
	 .gates = OWN_PHASE},
	{"dss.removed", "server", PHASE_DATA, SEGMENT_DATA, removed_server,
	 say_removed_server, .if_working = TO_IMPAIRS},
	{"dss.removed", "tcprst", PHASE_DATA, SEGMENT_DATA, removed_tcprst,
	 say_removed_tcprst,
	 .unless = {"dss.removed", "payload.modified", "data.rewritten"},
	 .if_working = TO_IMPAIRS},
	{"dss.dropped", "vain", PHASE_DATA, SEGMENT_DATA, dropped_vain,
	 say_dropped_vain, .unless = {"dss.removed"}, .if_less = TO_IMPAIRS},
	{"dss.dropped", "all", PHASE_DATA, SEGMENT_DATA, dropped_all,
	 .say = say_dropped_all},
	{"dss.reset", "rst", PHASE_DATA, SEGMENT_DATA, reset, say_reset,
	 .gates = NOT_WORKING},
	{"dss.dropped", "server", PHASE_DATA, SEGMENT_DATA, dropped_server,
	 say_dropped_server, .gates = OWN_PHASE},
	{"dss.reset", "server", PHASE_DATA, SEGMENT_DATA, reset_server,
	 say_reset_server, .if_less = TO_IMPAIRS},
	{0},
};
