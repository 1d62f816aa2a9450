/* SPDX-License-Identifier: GPL-3.0-or-later
 * What comes back on a subflow that joins: the ACK that confirms it, which may
 * lack its DSS or not come; and a RST to its data.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sizes.h"
#include "report/rules/join.h"
#include "report/rules/rules.h"

/* ---- ACKs without their DSS -----------------------------------------------
 */

/* The ACKs without data that acknowledge data, or the third ACK, as a subflow's
 * alone is. */
struct answers {
	unsigned bare, with_dss;
	const struct kept *first; /* bare, or padded, if one is */
	bool padded;		  /* something stands in the place of a DSS */
};

static struct answers answers_of(const struct flow *f, bool data)
{
	struct answers a = {0};

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (!kept_is_ack(k) || kept_acks_data(f, k) != data)
			continue;
		a.with_dss += tcp_options_mptcp(&k->options, MP_DSS) != NULL;
		if (k->options.mptcp_count)
			continue;
		a.bare++;
		if (!a.first || (kept_lost_dss(k) && !a.padded))
			a.first = k;
		a.padded |= kept_lost_dss(k);
	}
	return a;
}

/* Those that are to confirm it, or its data. */
static struct answers answers_to(const struct flow *f)
{
	return answers_of(f, f->join.fourth_ack_frame != 0);
}

/* The server does not say that it missed our DSS. */
static bool took_data(const struct flow *f)
{
	int reason = reset_reason(flow_reset(f));

	return f->join.data_end && reason != TCPRST_MPTCP &&
	       reason != TCPRST_MIDDLEBOX;
}

static bool answered_barely(const struct judgement *j, const struct flow *f)
{
	struct answers a = answers_to(f);
	bool told = f->join.fourth_ack_frame
			    ? took_data(f)
			    : join_sent_third_ack(f) && !flow_reset(f);

	(void)j;
	return told && a.bare && !a.with_dss;
}

static bool answered_padded(const struct judgement *j, const struct flow *f)
{
	return answered_barely(j, f) && answers_to(f).padded;
}

/* On the subflow that it joins the server's ACKs have a DSS. */
static bool answered_otherwise(const struct judgement *j, const struct flow *f)
{
	return answered_barely(j, f) &&
	       answers_of(j->o->flows[f->join.parent], true).with_dss;
}

/* To the last that it sent. */
static bool answered_well(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN) &&
	       answers_of(f, f->join.data_end != 0).with_dss;
}

static enum why removed(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_RETURN;
	s->less = true; /* the first subflow works */
	if (!ask_witnesses(j, answered_barely, NULL))
		return WHY_ABSENT;
	if (ask_witnesses(j, answered_padded, &s->flow))
		return WHY_SAID;
	if (ask_witnesses(j, answered_well, NULL))
		return WHY_CONTRARY;
	s->confidence = CONFIDENCE_LIKELY;
	return ask_witnesses(j, answered_otherwise, &s->flow) ? WHY_SAID
							      : WHY_CONTROL;
}

static void say_removed(struct judgement *j, struct finding *f,
			const struct said *s)
{
	struct answers a = answers_to(s->flow);
	bool data = s->flow->join.fourth_ack_frame;

	if (a.padded)
		kept_padding(a.first, &f->how);
	/* There is one: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	finding_evidence(j, f, a.first->frame, NULL, NULL,
			 "the server acknowledges %s without a DSS%s",
			 data ? "data on the joined subflow" : "the third ACK",
			 a.padded ? ", but with padding (NOP or EOL) in its "
				    "place"
				  : "; on the first subflow its ACKs have one");
	f->or_server = !a.padded;
	f->text = arena_printf(
		j->arena,
		"DSS is missing in the server's ACKs on the joined "
		"subflow, %s: %s.",
		a.padded ? "removed on the return path"
			 : "removed on the return path or never sent",
		data ? "they do not acknowledge its data at the MPTCP level"
		     : "the fourth ACK does not confirm it");
}

/* ---- data without its DSS -------------------------------------------------
 */

static bool plain_padded(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && flow_padded_data(f);
}

static enum why data_removed(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_RETURN;
	s->less = true; /* the first subflow works */
	if (!ask_witnesses(j, joined_padded, &s->flow))
		return WHY_ABSENT;
	return ask_witnesses(j, plain_padded, NULL) ? WHY_CONTRARY : WHY_SAID;
}

static void say_data_removed(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	const struct kept *k = flow_padded_data(s->flow);

	kept_padding(k, &f->how);
	finding_evidence(j, f, k->frame, NULL, NULL,
			 "data of the server has padding (NOP or EOL) in the "
			 "place of a DSS, in a packet of %zu bytes",
			 kept_length(k));
	f->text = "DSS is removed from the server's data on the joined "
		  "subflow, on the return path: a client resets the subflow.";
}

/* ---- the fourth ACK ------------------------------------------------------ */

/* The third ACKs, if nothing at all followed them: a server that did not get
 * them would have sent its SYN/ACK again. 0 where it had no time to. */
static unsigned unanswered_third_acks(const struct judgement *j,
				      const struct flow *f)
{
	unsigned count = 0;
	int64_t first_us = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_JOIN_ACK &&
		    kept_is_full(f->sent[i]) && !count++)
			first_us = f->sent[i]->time_us;
	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->time_us > first_us)
			return 0;
	return j->o->last_us - first_us >= DEFER_TOLD_US ? count : 0;
}

static enum why dropped(const struct judgement *j, struct said *s)
{
	enum why why;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned lost = join_sent_third_ack(f) && join_due(j, f)
					? unanswered_third_acks(j, f)
					: 0;

		s->have += lost;
		if (lost && !s->flow)
			s->flow = f;
	}
	s->direction = DIRECTION_RETURN;
	why = join_acks_in_vain(j, s);
	if (why != WHY_SAID)
		return why;
	/* That keeps no SYN/ACK to send again, and that may have been lost. */
	if (ask_witnesses(j, keeps_no_state, NULL) || j->plain.lost)
		s->direction = DIRECTION_UNKNOWN;
	return WHY_SAID;
}

static void say_dropped(struct judgement *j, struct finding *f,
			const struct said *s)
{
	finding_evidence(j, f, s->flow->first_frame, NULL, NULL,
			 "%u third ACKs with the right HMAC got no fourth ACK, "
			 "nor did the SYN/ACK come again",
			 s->have);
	f->text = f->direction == DIRECTION_RETURN
			  ? "The fourth ACK, by which the server confirms a "
			    "join, is dropped on the return path: no second "
			    "subflow comes up."
			  : "The third ACK of an MP_JOIN is dropped, or on the "
			    "return path the fourth, by which the server "
			    "confirms the join: no second subflow comes up.";
}

/* ---- a RST ----------------------------------------------------------------
 */

static bool is_from_elsewhere(const struct flow *f)
{
	return flow_reset(f)->packet.ip.ttl != flow_syn_ack(f)->packet.ip.ttl;
}

/* Without a reason, and the server's SYN/ACK was seen. */
static bool is_bare(const struct flow *f, const struct kept *reset)
{
	return flow_syn_ack(f) && is_bare_reset(reset);
}

/* Proven and placed, if it took fewer hops than the SYN/ACK did; by one it may
 * have taken another path. */
static enum why placed(const struct judgement *j, struct said *s,
		       const struct class *c)
{
	struct between b = ask_silence(j, c);

	if (hops_back(flow_reset(s->flow)->packet.ip.ttl) + HOPS_FEWER_MIN >
	    hops_back(flow_syn_ack(s->flow)->packet.ip.ttl)) {
		s->confidence = CONFIDENCE_LIKELY;
		s->direction = DIRECTION_UNKNOWN;
	} else if (b.at < j->plain_reach) {
		put_between(j, b, &s->after, &s->at);
	}
	return WHY_SAID;
}

static void say_reset(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	bool data = f->segment == SEGMENT_JOIN_DATA;

	reset_evidence(j, f, s->flow);
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK of that subflow arrived with TTL %u",
			 flow_syn_ack(s->flow)->packet.ip.ttl);
	f->or_server = !is_from_elsewhere(s->flow);
	f->text = arena_printf(j->arena, "%s triggers a RST %s; %s.",
			       data ? "Data on the joined subflow"
				    : "The third ACK of an MP_JOIN",
			       f->or_server  ? "of the server, or of a device"
			       : f->at.known ? place_phrase(j, f->after, f->at)
					     : "of a device before the server",
			       data ? "over the first subflow it passes"
				    : "no second subflow comes up");
}

/* Not by the server, which may have a limit. */
static bool ack_reset(const struct judgement *j, const struct flow *f)
{
	return join_sent_third_ack(f) && !f->join.fourth_ack_frame &&
	       is_bare(f, flow_reset(f)) && is_from_elsewhere(f) &&
	       !closed_before(j, f);
}

static enum why reset_ack(const struct judgement *j, struct said *s)
{
	return ask_witnesses(j, ack_reset, &s->flow) ? placed(j, s, &join_acks)
						     : WHY_ABSENT;
}

/* Beside a first subflow that lives. */
static bool data_reset(const struct judgement *j, const struct flow *f)
{
	return f->join.fourth_ack_frame && f->join.data_end &&
	       is_bare(f, join_data_reset(j, f)) && !closed_before(j, f) &&
	       join_data_taken(j, f);
}

static enum why reset_data(const struct judgement *j, struct said *s)
{
	s->less = true;
	return ask_witnesses(j, data_reset, &s->flow)
		       ? placed(j, s, &joined_data)
		       : WHY_ABSENT;
}

const struct rule joined_rules[] = {
	{"dss.removed", "join_answers", PHASE_REST, SEGMENT_JOIN_ACK, removed,
	 say_removed, .unless = {"dss.removed"}, .stands = true,
	 .if_less = TO_IMPAIRS},
	{"dss.removed", "joined_answer", PHASE_REST, SEGMENT_JOIN_DATA,
	 data_removed, say_data_removed, .unless = {"dss.removed"},
	 .stands = true, .if_less = TO_IMPAIRS},
	{"mp_join.dropped", "fourth_ack", PHASE_REST, SEGMENT_JOIN_ACK, dropped,
	 say_dropped, .unless = {"mp_join.removed"}},
	{"mp_join.reset", "third_ack", PHASE_REST, SEGMENT_JOIN_ACK, reset_ack,
	 .say = say_reset},
	{"dss.reset", "joined", PHASE_REST, SEGMENT_JOIN_DATA, reset_data,
	 say_reset, .unless = {"dss.removed"}, .if_less = TO_IMPAIRS},
	{0},
};
