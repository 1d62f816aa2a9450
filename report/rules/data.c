/* SPDX-License-Identifier: GPL-3.0-or-later
 * Resets that data triggers, and data and keys that arrive changed where no
 * hop shows it.
 */
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

const struct rule data_rules[] = {
	{"tcp.reset_injected", "edge", PHASE_DATA, SEGMENT_DATA, reset_injected,
	 .say = say_reset_injected},
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
