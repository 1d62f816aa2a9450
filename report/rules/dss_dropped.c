/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with DSS that is not answered, all of it or some.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sends.h"
#include "report/rules/dss.h"
#include "report/rules/rules.h"

/* The first data of this flow that was never acknowledged with its mapping;
 * what is dropped late in a connection was quoted before. */
static int64_t dropped_since(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool again = false;

		if (!kept_is_full_data(k))
			continue;
		for (size_t n = i + 1; n < f->sent_count; n++)
			again |= kept_is_full_data(f->sent[n]) &&
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

/* It is data with DSS checksums that is dropped, and only that. */
static bool only_checksums(const struct judgement *j, const struct flow *vain)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (j->flows[i]->mptcp.checksum
			    ? dss_carries_beside(j->flows[i], vain)
			    : dss_in_vain(j->flows[i]) > 0)
			return false;
	return vain->mptcp.checksum && dss_carrier(j, vain);
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
	s->less = lost_alone(j, s->flow) || dss_carrier(j, s->flow);
	place_drop(j, s);
	return WHY_SAID;
}

static void carrier_evidence(struct judgement *j, struct finding *f,
			     const struct flow *beside)
{
	finding_evidence(j, f, beside->mptcp.data_ack_frame, NULL, NULL,
			 "on another connection%s, %u bytes with a mapping "
			 "were acknowledged by DATA_ACK",
			 beside->mptcp.checksum ? ""
						: ", without DSS checksums",
			 (unsigned)flow_mptcp_acked(beside));
}

static const char *what_is_dropped(const struct judgement *j,
				   const struct flow *vain)
{
	if (only_checksums(j, vain))
		return "Data with DSS checksums";
	return data_has_capable(vain, true) && !flow_data_acked(vain)
		       ? "The first data, which carries MP_CAPABLE,"
	       : dss_carrier(j, vain) ? "Some data with DSS"
				      : "Data with DSS";
}

static void say_dropped_vain(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	finding_evidence(j, f, 0, NULL, NULL,
			 "%u segments with a mapping went unacknowledged; the "
			 "same bytes without it were acknowledged",
			 s->have);
	if (dss_carrier(j, s->flow))
		carrier_evidence(j, f, dss_carrier(j, s->flow));
	f->text = arena_printf(
		j->arena, "%s is dropped%s %s; %s.",
		what_is_dropped(j, s->flow), except_bytes(j, s->flow),
		place_phrase(j, f->after, f->at),
		only_checksums(j, s->flow) ? "with a DSS without them it passes"
					   : "the same bytes without it pass");
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

		if (!dss_negotiated(f))
			continue;
		if (is_acked(f) || flow_reset(f))
			return (struct unacked){0};
		u.connections++;
		*example = f;
		for (size_t k = 0; k < f->sent_count; k++)
			u.lost += kept_is_full_data(f->sent[k]) &&
				  kept_is_mapped(f->sent[k]) &&
				  had_time(j, f->sent[k]);
	}
	return u;
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
	if (!dss_plain_around(j, s->flow, 0, is_acked))
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

/* Some of it arrives only when it is sent again, on several connections, and
 * plain data does not need that. */
static bool sent_in_vain(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_data_acked(f) && sends_of(f, true).lost;
}

static enum why dropped_some(const struct judgement *j, struct said *s)
{
	struct tries mapped, plain;

	if (!j->controlled)
		return WHY_ABSENT;
	mapped = sends_apart(j);
	plain = sends_plain(j);
	s->have = mapped.lost;
	s->need = LOST_MIN;
	s->direction = DIRECTION_UNKNOWN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	/* By chance, all that are lost would have a DSS. */
	if (plain.lost)
		return WHY_CONTROL;
	return ask_witnesses(j, sent_in_vain, &s->flow) &&
			       chance_of_marking(mapped.lost, mapped.sent,
						 plain.sent) < CHANCE_OF_LOSS
		       ? WHY_SAID
		       : WHY_FEW;
}

static void say_dropped_some(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	struct tries mapped = sends_mapped(j), plain = sends_plain(j);

	finding_connection(j, f, s->flow->id);
	finding_evidence(j, f, 0, NULL, NULL,
			 "%u of %u data segments with DSS had to be sent "
			 "again, and %u of %u without MPTCP",
			 mapped.lost, mapped.sent, plain.lost, plain.sent);
	f->text = arena_printf(
		j->arena,
		"Some data with DSS is dropped, or the ACKs for it: %u of %u "
		"segments had to be sent again, of plain data %u of %u. Loss "
		"alone does that less than once in a million.",
		mapped.lost, mapped.sent, plain.lost, plain.sent);
}

const struct rule dss_dropped_rules[] = {
	{"dss.dropped", "vain", PHASE_DATA, SEGMENT_DATA, dropped_vain,
	 say_dropped_vain, .unless = {"dss.removed"}, .if_less = TO_IMPAIRS},
	{"dss.dropped", "all", PHASE_DATA, SEGMENT_DATA, dropped_all,
	 .say = say_dropped_all},
	{"dss.dropped", "some", PHASE_DATA, SEGMENT_DATA, dropped_some,
	 say_dropped_some, .unless = {"dss.dropped"}, .gates = WORKING,
	 .if_working = TO_IMPAIRS},
	{0},
};
