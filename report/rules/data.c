/* SPDX-License-Identifier: GPL-3.0-or-later
 * Resets that data triggers, and data and keys that arrive changed where no
 * hop shows it.
 */
#include "crafting/mapping.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* ---- resets that data triggers ------------------------------------------- */

/* The third ACK, which reaches the server, went out again behind the data: it
 * may have drawn the RST. */
static bool acked_again(const struct flow *f)
{
	const struct kept *reset = flow_reset(f);

	for (size_t i = 0; reset && i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_ACK &&
		    kept_is_full(f->sent[i]) &&
		    f->sent[i]->time_us > f->sides[0].first_us &&
		    f->sent[i]->frame < reset->frame)
			return true;
	return false;
}

/* That a smaller TTL draws none is the control that a server which resets
 * whatever is opened would not pass. */
static unsigned data_draws_reset(const struct judgement *j,
				 const struct flow *f, bool *drawn)
{
	unsigned ttl = flow_data_ttl(f);

	*drawn = flow_reset(f) != NULL;
	return !f->established || acked_again(f) ||
			       (*drawn && !falls_short(j, ttl))
		       ? 0
		       : ttl;
}

/* The TTL of the hop that quotes it; 0: that is not told, or no hop does. */
static unsigned alien_reset_ttl(const struct judgement *j, const struct flow *f)
{
	for (unsigned ttl = 1; f->alien_reset && ttl < j->r->path_length;
	     ttl++) {
		struct place p = place_at(j, ttl);

		if (address_equal(&p.address, &f->alien_reset->responder))
			return ttl;
	}
	return 0;
}

/* The connection whose RST the nearest hop quotes; or NULL. */
static const struct flow *alien_reset_flow(const struct judgement *j)
{
	const struct flow *first = NULL;
	unsigned nearest = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned ttl = alien_reset_ttl(j, j->flows[i]);

		if (!ttl || (first && ttl >= nearest))
			continue;
		first = j->flows[i];
		nearest = ttl;
	}
	return first;
}

static void alien_reset_evidence(struct judgement *j, struct finding *f,
				 const struct flow *flow)
{
	char text[ADDRESS_TEXT];

	finding_evidence(j, f, flow->alien_reset->frame, NULL, NULL,
			 "hop %u (%s) quotes a RST towards the target that was "
			 "not sent from here, with the sequence number of our "
			 "data",
			 alien_reset_ttl(j, flow),
			 address_text(&flow->alien_reset->responder, text));
}

static enum why reset_injected(const struct judgement *j, struct said *s)
{
	struct edge e = ask_edge(j, data_draws_reset);

	if (!e.at)
		return WHY_ABSENT;
	if (!e.after)
		return WHY_CONTROL;
	s->flow = e.flow;
	s->after = place_at(j, e.after);
	s->at = place_at(j, e.at);
	return WHY_SAID;
}

static void say_reset_injected(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct kept *reset = flow_reset(s->flow);

	finding_evidence(j, f, reset->frame, NULL, NULL,
			 "data with TTL %u, too small to reach the target, "
			 "triggers a RST (TTL on arrival %u)",
			 f->at.ttl, reset->packet.ip.ttl);
	f->text = arena_printf(j->arena,
			       "Data triggers a RST that is not the target's "
			       "%s.",
			       place_phrase(j, f->after, f->at));
	if (alien_reset_flow(j))
		alien_reset_evidence(j, f, alien_reset_flow(j));
}

/* Hops before the device quote data as it was sent. */
static enum why reset_quoted(const struct judgement *j, struct said *s)
{
	struct between b = {.known = true};

	s->flow = alien_reset_flow(j);
	if (!s->flow)
		return WHY_ABSENT;
	b.at = alien_reset_ttl(j, s->flow);
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->sent->kind == SEGMENT_DATA && v->ttl < b.at &&
		    v->ttl > b.after && v->flow->purpose == s->flow->purpose)
			b.after = v->ttl;
	}
	if (!j->controlled)
		s->confidence = CONFIDENCE_LIKELY;
	put_between(j, b, &s->after, &s->at);
	return WHY_SAID;
}

static void say_reset_quoted(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	alien_reset_evidence(j, f, s->flow);
	f->text = arena_printf(j->arena,
			       "RSTs that were not sent from here are sent to "
			       "the target %s.",
			       place_phrase(j, f->after, f->at));
}

/* ---- the server's key ---------------------------------------------------- */

static bool has_altered_key(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.server_dsn == KNOWN_NO && f->mptcp.mapped &&
	       !flow_has_several_keys(f) && j->r->vantage != VANTAGE_SERVER;
}

/* What a DSN that does not fit the key was, key or DSN, tells the checksum of
 * its mapping, which covers the whole DSN (RFC 8684 3.3.1). Version 0 sends
 * half of it, so that the key is needed for the other half. */
enum altered { ALTERED_EITHER, ALTERED_KEY, ALTERED_DSN };

static enum altered what_was_altered(const struct judgement *j)
{
	unsigned good = 0, bad = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!has_altered_key(j, f) || f->mptcp.version == 0)
			continue;
		good += f->mptcp.checksums_good;
		bad += f->mptcp.checksums_bad;
	}
	if ((good && bad) || (!good && !bad))
		return ALTERED_EITHER;
	return good ? ALTERED_KEY : ALTERED_DSN;
}

static enum why altered(const struct judgement *j, struct said *s, bool dsn)
{
	enum altered what = what_was_altered(j);

	if (!ask_witnesses(j, has_altered_key, &s->flow))
		return WHY_ABSENT;
	if ((what == ALTERED_DSN) != dsn)
		return WHY_CONTRARY;
	s->direction = DIRECTION_RETURN;
	if (what != ALTERED_KEY)
		s->confidence = CONFIDENCE_LIKELY;
	return WHY_SAID;
}

/* ---- who answers data ---------------------------------------------------- */

/* What acknowledges data in the place of the server also sends data, which does
 * not fit the server's key: the connection ends there. */
static enum why answered_by_other(const struct judgement *j, struct said *s)
{
	const struct finding *f = finding_find(j, "data.acked_early");

	if (!f || !ask_witnesses(j, has_altered_key, &s->flow))
		return WHY_ABSENT;
	s->direction = f->direction;
	s->confidence = f->confidence;
	s->after = f->after;
	s->at = f->at;
	s->less = true; /* of MPTCP, all of it */
	return WHY_SAID;
}

static void say_answered_by_other(struct judgement *j, struct finding *f,
				  const struct said *s)
{
	finding_evidence(j, f, s->flow->mptcp.server_dsn_frame, NULL, NULL,
			 "the data sequence numbers of what answers do not fit "
			 "the key in the SYN/ACK");
	f->text = arena_printf(j->arena,
			       "%s What answers data does not know the "
			       "server's key.",
			       f->text);
}

/* ---- numbers that do not fit the key ------------------------------------- */

static enum why key_altered(const struct judgement *j, struct said *s)
{
	return altered(j, s, false);
}

static enum why dsn_altered(const struct judgement *j, struct said *s)
{
	return altered(j, s, true);
}

static void say_altered(struct judgement *j, struct finding *f,
			const struct said *s)
{
	static const char *const texts[] = {
		[ALTERED_EITHER] = "The server's data sequence numbers do not "
				   "fit the key in its SYN/ACK: one of the two "
				   "was modified on the return path.",
		[ALTERED_KEY] = "The key in the SYN/ACK is not the server's "
				"own: it was modified on the return path.",
		[ALTERED_DSN] = "The server's data sequence numbers fit "
				"neither its key nor the checksum of its "
				"mapping: they were modified on the return "
				"path.",
	};
	const struct mptcp_facts *m = &s->flow->mptcp;

	finding_evidence(
		j, f, m->server_dsn_frame,
		arena_printf(j->arena, "%016llx",
			     (unsigned long long)m->server_idsn + 1),
		arena_printf(j->arena, "%016llx",
			     (unsigned long long)m->server_dsn_seen),
		"the server's first DSN is not IDSN + 1 of the key in its "
		"SYN/ACK");
	f->text = texts[what_was_altered(j)];
}

/* ---- payload ------------------------------------------------------------- */

/* Captured where it was sent, nothing on the path can have changed it. */
static bool sums_wrong(const struct judgement *j, const struct flow *f)
{
	return f->mptcp.checksums_bad && f->mptcp.server_dsn == KNOWN_YES &&
	       !seen_leaving(j, f);
}

static enum why changed_by_sums(const struct judgement *j, struct said *s)
{
	if (!ask_witnesses(j, sums_wrong, &s->flow))
		return WHY_ABSENT;
	s->direction = DIRECTION_RETURN;
	s->have = (unsigned)s->flow->mptcp.checksums_bad;
	if (s->have < BAD_CHECKSUMS_MIN)
		s->confidence = CONFIDENCE_LIKELY;
	return WHY_SAID;
}

static void say_changed_by_sums(struct judgement *j, struct finding *f,
				const struct said *s)
{
	finding_evidence(j, f, s->flow->mptcp.checksum_frame, NULL, NULL,
			 "the DSS checksum of the server's data is wrong, "
			 "while its DSN fits its key");
	f->text = "The payload of the server's data, or its mapping, is "
		  "modified on the return path: the DSS checksum is wrong.";
}

/* What the hops do not show happens behind the last of them. Twice (once, if
 * it is not mpprobe that asked) the server complains of our checksum (MP_FAIL),
 * or falls back with checksums while it does not without. */
static bool complains(const struct judgement *j, const struct flow *f)
{
	bool contrast = j->working && !j->working->mptcp.checksum;

	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.checksum &&
	       f->mptcp.mapped &&
	       (f->mptcp.unjust_fail_frame ||
		(contrast && flow_fell_behind(f)));
}

static bool works_with_sums(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return f->mptcp.checksum && f->mptcp.mapped && flow_proves_mptcp(f) &&
	       !f->mptcp.mp_fail;
}

static enum why changed_by_complaints(const struct judgement *j, struct said *s)
{
	s->have = ask_witnesses(j, complains, &s->flow);
	s->need = j->controlled ? COMPLAINTS_MIN : 1;
	s->confidence = CONFIDENCE_LIKELY;
	return s->have && ask_witnesses(j, works_with_sums, NULL) ? WHY_CONTRARY
								  : enough(s);
}

static void say_changed_by_complaints(struct judgement *j, struct finding *f,
				      const struct said *s)
{
	uint64_t frame = s->flow->mptcp.unjust_fail_frame;

	finding_evidence(j, f, frame, NULL, NULL, "%s",
			 frame ? "the server finds our DSS checksum wrong "
				 "(MP_FAIL), which was right when it was sent"
			       : "every connection with DSS checksums falls "
				 "back to TCP at its first data, while one "
				 "without them works");
	f->text = "Payload is modified on the path: the server finds our DSS "
		  "checksums wrong, but no hop shows the change.";
}

/* ---- DATA_ACKs ahead of TCP ---------------------------------------------- */

/* Somewhat ahead: what a stack makes up is far off. */
#define AHEAD_MAX (1 << 16)

static bool acks_ahead(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.ack_ahead &&
	       f->mptcp.ack_ahead <= AHEAD_MAX;
}

static bool acks_in_step(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return f->mptcp.acks_in_step;
}

/* Of one connection the capture may lack a subflow. */
static enum why data_acks_altered(const struct judgement *j, struct said *s)
{
	s->have = ask_witnesses(j, acks_ahead, &s->flow);
	s->need = ACKS_AHEAD_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	if (s->have && ask_witnesses(j, acks_in_step, NULL))
		return WHY_CONTRARY;
	return s->have && !j->controlled ? WHY_CONTROL : enough(s);
}

static void say_data_acks_altered(struct judgement *j, struct finding *f,
				  const struct said *s)
{
	finding_evidence(j, f, s->flow->mptcp.ahead_frame, NULL, NULL,
			 "a DATA_ACK is %llu bytes ahead of what TCP "
			 "acknowledges, and none is in step with it",
			 (unsigned long long)s->flow->mptcp.ack_ahead);
	f->or_server = true;
	f->text = "DATA_ACKs of the server are modified on the return path, or "
		  "it acknowledges what it has not got.";
}

/* ---- DATA_ACKs behind what is answered ----------------------------------- */

/* Data that was to reach the server. */
static bool went_before(const struct kept *k, uint64_t frame)
{
	return kept_has_data(k) && kept_is_full(k) && k->frame < frame;
}

static bool acked_until(const struct flow *f, const struct kept *sent,
			uint64_t frame)
{
	uint32_t end = sent->packet.tcp.sequence +
		       (uint32_t)sent->packet.tcp.payload_length;

	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->frame <= frame &&
		    seq_diff(f->received[i]->packet.tcp.acknowledgment, end) >=
			    0)
			return true;
	return false;
}

/* The DSN behind what TCP had acknowledged, over each subflow, by this frame,
 * as far as that is all that went out before. */
static uint64_t taken_until(const struct flow *first, uint64_t frame)
{
	uint64_t dsn = first->mptcp.client_idsn + 1, end = dsn;
	struct mapping m;

	for (const struct flow *f = first; f; f = f->sibling)
		for (size_t i = 0; i < f->sent_count; i++) {
			const struct kept *k = f->sent[i];

			if (!went_before(k, frame))
				continue;
			/* mutant: who sends without a mapping fell back, and
			 * has no DATA_ACK that counts. */
			if (!acked_until(f, k, frame) ||
			    !mapping_read(&k->options, dsn, end, &m))
				return end;
			if ((int64_t)(m.dsn + mapping_payload(&m) - end) > 0)
				end = m.dsn + mapping_payload(&m);
		}
	return end;
}

/* The first data of the server, over whichever subflow; or NULL. */
static const struct kept *first_answer(const struct flow *first)
{
	const struct kept *answer = NULL;

	for (const struct flow *f = first; f; f = f->sibling)
		for (size_t i = 0; i < f->received_count; i++)
			if (kept_has_data(f->received[i]) &&
			    (!answer || f->received[i]->frame < answer->frame))
				answer = f->received[i];
	return answer;
}

/* By how much the DATA_ACKs of the connection, all of them, are behind what the
 * server had got when it answered; -1: it did not, or without a DSS. */
static int64_t answer_behind(const struct flow *f)
{
	const struct kept *k = first_answer(f);
	uint64_t acked = f->mptcp.client_idsn + 1 + flow_mptcp_acked(f);
	int64_t behind;

	if (!f->mptcp.has_data_ack || !k ||
	    !tcp_options_mptcp(&k->options, MP_DSS))
		return -1;
	behind = (int64_t)(taken_until(f, k->frame) - acked);
	return behind > 0 ? behind : 0;
}

static bool answers_unacked(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return answer_behind(f) > 0;
}

static bool answers_acked(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return answer_behind(f) == 0;
}

/* How often this subflow's TCP acknowledged more with one and the same
 * DATA_ACK, up to this frame. */
static unsigned raises_beside(const struct flow *f, uint64_t data_ack)
{
	uint32_t acked = f->client_isn + 1;
	unsigned count = 0;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];
		uint32_t ack = k->packet.tcp.acknowledgment;
		const struct mptcp_option *o =
			tcp_options_mptcp(&k->options, MP_DSS);

		if (seq_diff(ack, acked) <= 0)
			continue;
		acked = ack;
		count += o && (uint32_t)o->dss.data_ack == (uint32_t)data_ack;
	}
	return count;
}

/* It stays where it is, while TCP goes on and on: it is none that comes late.
 */
static bool answers_stuck(const struct judgement *j, const struct flow *first)
{
	unsigned count = 0;

	for (const struct flow *f = first; f && answers_unacked(j, first);
	     f = f->sibling)
		count += raises_beside(f, first->mptcp.data_ack);
	return count >= ACKS_STUCK_MIN;
}

/* Without MPTCP it answers all that is sent, and not a part of it. */
static bool answers_whole(const struct judgement *j, const struct flow *f)
{
	const struct kept *k = first_answer(f);

	(void)j;
	return flow_is(f, PURPOSE_TCP) && k &&
	       seq_diff(k->packet.tcp.acknowledgment, f->client_next) >= 0;
}

static bool answers_part(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && first_answer(f) &&
	       !answers_whole(j, f);
}

static enum why data_acks_lowered(const struct judgement *j, struct said *s)
{
	s->have = ask_witnesses(j, answers_unacked, &s->flow);
	s->need = ACKS_BEHIND_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (ask_witnesses(j, answers_acked, NULL) &&
	    ask_witnesses(j, answers_stuck, NULL) < s->need)
		return WHY_CONTRARY;
	return j->controlled && ask_witnesses(j, answers_whole, NULL) &&
			       !ask_witnesses(j, answers_part, NULL)
		       ? WHY_SAID
		       : WHY_CONTROL;
}

static void say_data_acks_lowered(struct judgement *j, struct finding *f,
				  const struct said *s)
{
	unsigned bytes = (unsigned)answer_behind(s->flow);

	finding_evidence(j, f, first_answer(s->flow)->frame, NULL, NULL,
			 "the server answers a request that TCP has "
			 "acknowledged, and its DATA_ACK is %u byte%s behind "
			 "the end of that; so on %u connections, and on %u "
			 "it is not",
			 bytes, bytes == 1 ? "" : "s", s->have,
			 ask_witnesses(j, answers_acked, NULL));
	f->or_server = true;
	f->text = "DATA_ACKs of the server are modified on the return path, or "
		  "it does not acknowledge what it has got: requests are "
		  "answered, and not acknowledged to their end.";
}

/* ---- mappings beside the data that they come with ------------------------ */

/* The mapping that the segment states for its payload; false: none. */
static bool states_mapping(const struct kept *k, struct mapping *m)
{
	return mapping_read(&k->options, 0, 0, m) && m->length;
}

static bool covers(const struct mapping *m, uint32_t ssn)
{
	return ssn - m->ssn < mapping_payload(m);
}

/* It is in the mapping, and at its begin if it is all of it. */
static bool fits_mapping(const struct kept *k, uint32_t ssn,
			 const struct mapping *m)
{
	return covers(m, ssn) &&
	       (ssn == m->ssn ||
		k->packet.tcp.payload_length != mapping_payload(m));
}

/* Whether the server states one that begins there, maybe ahead of its data, in
 * an ACK. */
static bool is_mapped_elsewhere(const struct flow *f, uint32_t ssn)
{
	struct mapping m;

	for (size_t i = 0; i < f->received_count; i++)
		if (states_mapping(f->received[i], &m) && m.ssn == ssn)
			return true;
	return false;
}

/* What the first data that came with a mapping has to do with it. */
struct beside {
	const struct kept *kept; /* NULL: no data came with one */
	uint32_t ssn;		 /* of its first byte */
	struct mapping mapping;
	bool fits;
};

static struct beside first_beside(const struct flow *f)
{
	struct beside b = {0};

	for (size_t i = 0; i < f->received_count && !b.kept; i++) {
		const struct kept *k = f->received[i];

		if (!kept_has_data(k) || !states_mapping(k, &b.mapping))
			continue;
		b.kept = k;
		b.ssn = k->packet.tcp.sequence - f->server_isn;
		b.fits = fits_mapping(k, b.ssn, &b.mapping) ||
			 is_mapped_elsewhere(f, b.ssn);
	}
	return b;
}

/* What the capture lacks may have stated it. */
static bool mappings_misfit(const struct judgement *j, const struct flow *f)
{
	struct beside b = first_beside(f);

	return b.kept && !b.fits && !f->sides[1].stream.gap_count &&
	       !seen_leaving(j, f);
}

static bool mappings_fit(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return first_beside(f).fits;
}

static enum why ssns_altered(const struct judgement *j, struct said *s)
{
	s->have = ask_witnesses(j, mappings_misfit, &s->flow);
	s->need = SSNS_WRONG_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	return s->have && ask_witnesses(j, mappings_fit, NULL) ? WHY_CONTRARY
							       : enough(s);
}

static void say_ssns_altered(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	struct beside b = first_beside(s->flow);

	/* It was found: NOLINTNEXTLINE(*-core.NullDereference) */
	finding_evidence(j, f, b.kept->frame,
			 arena_printf(j->arena, "%u", b.ssn),
			 arena_printf(j->arena, "%u", b.mapping.ssn),
			 "data of the server begins at byte %u of the subflow, "
			 "and its mapping at %u; so on %u connections, and it "
			 "fits on none",
			 b.ssn, b.mapping.ssn, s->have);
	f->or_server = true;
	f->text = "The server's mappings do not cover the data that they come "
		  "with: their subflow sequence numbers are modified on the "
		  "return path, or the server itself sends them so.";
}

const struct rule data_rules[] = {
	{"tcp.reset_injected", "edge", PHASE_DATA, SEGMENT_DATA, reset_injected,
	 say_reset_injected, .if_working = TO_IMPAIRS},
	{"tcp.reset_injected", "quote", PHASE_DATA, SEGMENT_DATA, reset_quoted,
	 say_reset_quoted, .unless = {"tcp.reset_injected"},
	 .if_working = TO_IMPAIRS},
	{"data.acked_early", "key", PHASE_DATA, SEGMENT_DATA, answered_by_other,
	 say_answered_by_other, .joins = JOINS_REFINES, .gates = NOT_WORKING,
	 .if_less = TO_BLOCKS},
	{"mp_capable.modified", "key", PHASE_DATA, SEGMENT_SYN_ACK, key_altered,
	 say_altered, .unless = {"data.acked_early"}, .if_working = TO_IMPAIRS},
	{"dss.modified", "key", PHASE_DATA, SEGMENT_DATA, dsn_altered,
	 say_altered, .unless = {"data.acked_early"}, .if_working = TO_IMPAIRS},
	{"dss.modified", "data_ack", PHASE_DATA, SEGMENT_PURE_ACK,
	 data_acks_altered, say_data_acks_altered, .if_working = TO_IMPAIRS},
	{"dss.modified", "behind", PHASE_DATA, SEGMENT_PURE_ACK,
	 data_acks_lowered, say_data_acks_lowered,
	 .unless = {"dss.modified/data_ack"}, .if_working = TO_IMPAIRS},
	{"dss.modified", "ssn", PHASE_DATA, SEGMENT_DATA, ssns_altered,
	 .say = say_ssns_altered},
	{"payload.modified", "checksum", PHASE_DATA, SEGMENT_DATA,
	 changed_by_sums, say_changed_by_sums,
	 .unless = {"payload.modified", "data.rewritten"}, .stands = true,
	 .if_lost = TO_BLOCKS},
	{"payload.modified", "complaint", PHASE_DATA, SEGMENT_DATA,
	 changed_by_complaints, say_changed_by_complaints,
	 .unless = {"payload.modified", "data.rewritten", "dss.removed"},
	 .if_lost = TO_BLOCKS},
	{0},
};
