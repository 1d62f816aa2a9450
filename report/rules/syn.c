/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with MP_CAPABLE that are not answered, or by a RST, where the same
 * without it are accepted.
 */
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/ways.h"

/* What became of SYNs with MP_CAPABLE of one version. */
struct tried {
	struct attempts capable;
	struct class class;
	struct attempts odd; /* those that name no algorithm */
};

/* SYNs whose MP_CAPABLE names no algorithm are answered as plain TCP. Where
 * they fare as those without the option, the others arrive as well, and it is
 * the SYN/ACKs with the option that are missing. */
static struct attempts count_no_algorithm(const struct judgement *j,
					  int version)
{
	struct attempts a = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, PURPOSE_MP_CAPABLE) ||
		    (int)f->mptcp.version != version ||
		    f->mptcp.syn_flags & MPC_HMAC)
			continue;
		a.sent++;
		a.answered += flow_syn_ack(f) != NULL;
		if (!a.example)
			a.example = f;
	}
	return a;
}

/* Few will do here: some that were swept come from before the target. */
static bool is_reset(const struct judgement *j, const struct tried *t)
{
	return !t->capable.answered && t->capable.reset >= RESETS_LIKELY_MIN &&
	       j->plain.answered >= RESETS_LIKELY_MIN && !j->plain.reset &&
	       controls_since(j, t->capable.first_us) > 0;
}

static bool is_dropped(const struct judgement *j, const struct tried *t)
{
	return attempts_fate(j, &t->capable) == FATE_DROPPED;
}

/* Of the version that more was sent of, of those that are not answered; the
 * other was for the contrast. Without such, of any. */
static struct tried tried_most(const struct judgement *j)
{
	struct tried most = {0};
	bool fails = false;

	for (int version = 1; version >= 0; version--) {
		struct tried t = {.capable = count_attempts(
					  j, PURPOSE_MP_CAPABLE, version),
				  .class = {PURPOSE_MP_CAPABLE, version,
					    SEGMENT_SYN, NULL, 0, ALL_OF_KIND},
				  .odd = count_no_algorithm(j, version)};
		bool one = is_dropped(j, &t) || is_reset(j, &t);

		if (one < fails ||
		    (one == fails && t.capable.flows <= most.capable.flows))
			continue;
		most = t;
		fails = one;
	}
	return most;
}

static void keep(const struct judgement *j, struct said *s, struct tried t)
{
	struct tried *facts = arena_alloc(j->arena, sizeof(t));

	*facts = t;
	s->facts = facts;
	s->flow = t.capable.example;
}

/* ---- dropped ------------------------------------------------------------- */

/* The version that works passes when its SYN is sent again, and mostly not
 * before: so may this one, of which none was sent again. */
static bool passes_again(const struct judgement *j, const struct tried *t)
{
	struct attempts working;

	if (!j->working || t->class.version == (int)j->working->mptcp.version ||
	    t->capable.sent > t->capable.flows)
		return false;
	working = count_attempts(j, PURPOSE_MP_CAPABLE,
				 (int)j->working->mptcp.version);
	return 2 * working.late > working.flows;
}

static enum why dropped(const struct judgement *j, struct said *s)
{
	struct tried t = tried_most(j);
	enum why why = ask_chance(j, &t.capable, &s->have, &s->need);

	keep(j, s, t);
	return why == WHY_SAID && passes_again(j, &t) ? WHY_CONTROL : why;
}

static enum why dropped_return(const struct judgement *j, struct said *s)
{
	enum why why = dropped(j, s);
	const struct tried *t = s->facts;

	s->direction = DIRECTION_RETURN;
	if (why != WHY_SAID)
		return why;
	if (t->odd.sent == 0)
		return WHY_ABSENT;
	return t->odd.answered < NO_ALGORITHM_MIN ||
			       t->odd.answered * 2 < t->odd.sent
		       ? WHY_CONTROL
		       : WHY_SAID;
}

static void attempts_evidence(struct judgement *j, struct finding *f,
			      const struct tried *t)
{
	finding_evidence(j, f, t->capable.example->first_frame, NULL, NULL,
			 "%s", attempts_text(j, &t->capable));
}

static void say_dropped_return(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct tried *t = s->facts;

	attempts_evidence(j, f, t);
	finding_evidence(
		j, f, t->odd.example->first_frame, NULL, NULL, "%s",
		arena_printf(
			j->arena,
			"%u of %u SYNs whose MP_CAPABLE names no algorithm "
			"were answered, as plain TCP",
			t->odd.answered, t->odd.sent));
	f->text = "SYN/ACKs with MP_CAPABLE are dropped on the return path: "
		  "SYNs with it arrive, since SYNs whose MP_CAPABLE makes a "
		  "server answer as plain TCP are answered.";
}

static enum why dropped_silence(const struct judgement *j, struct said *s)
{
	enum why why = dropped(j, s);
	const struct tried *t = s->facts;

	if (why != WHY_SAID)
		return why;
	said_between(j, s, ask_silence(j, &t->class));
	if (t->odd.sent >= NO_ALGORITHM_MIN && !t->odd.answered)
		s->direction = DIRECTION_FORWARD;
	return WHY_SAID;
}

static void say_dropped(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct tried *t = s->facts;

	attempts_evidence(j, f, t);
	f->text = arena_printf(
		j->arena,
		"SYNs with MP_CAPABLE are dropped %s%s; the same without it "
		"pass.",
		place_phrase(j, f->after, f->at),
		f->direction == DIRECTION_FORWARD
			? ""
			: ", or their SYN/ACKs on the return path");
	refusal_evidence(j, f, &t->class);
}

/* ---- dropped for a wrong checksum ---------------------------------------- */

/* What a hop at or behind `ttl` shows of the TCP checksum of plain SYNs: the
 * quotes that have it as sent, or otherwise. A translator that repairs
 * addresses in quotes leaves that of any SYN wrong. */
static bool plain_checksum_quoted(const struct judgement *j, unsigned ttl,
				  bool changed)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];
		const struct comparison *c = &v->comparison;

		if (flow_is(v->flow, PURPOSE_TCP) && v->ttl >= ttl &&
		    v->sent->kind == SEGMENT_SYN &&
		    comparison_covers(c, FIELD_TCP_CHECKSUM) &&
		    (comparison_find(c, FIELD_TCP_CHECKSUM) != NULL) == changed)
			return true;
	}
	return false;
}

/* A SYN of the class whose checksum, all else intact, is wrong from some hop
 * on: whoever checks it drops the SYN. */
static bool broken_checksum(const struct judgement *j, const struct class *c,
			    struct bracket *b)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (class_has(c, j->flows[i]) &&
		    ask_bracket(j, i, SEGMENT_SYN, ALL_OF_KIND,
				FIELD_TCP_CHECKSUM, b) &&
		    packet_tcp_checksum(&b->first->quote->quoted) == 0)
			return true;
	return false;
}

static enum why dropped_checksum(const struct judgement *j, struct said *s)
{
	enum why why = dropped(j, s);
	const struct tried *t = s->facts;
	struct bracket b;

	if (why != WHY_SAID)
		return why;
	if (!broken_checksum(j, &t->class, &b))
		return WHY_ABSENT;
	if (plain_checksum_quoted(j, b.at, true) ||
	    !plain_checksum_quoted(j, b.at, false))
		return WHY_CONTROL;
	s->bracket = arena_alloc(j->arena, sizeof(b));
	*s->bracket = b;
	return WHY_SAID;
}

static void say_dropped_checksum(struct judgement *j, struct finding *f,
				 const struct said *s)
{
	attempts_evidence(j, f, s->facts);
	f->text = arena_printf(
		j->arena,
		"The TCP checksum of SYNs with MP_CAPABLE is made wrong %s, "
		"and so they are dropped behind it; the same without it pass.",
		place_phrase(j, f->after, f->at));
}

/* ---- reset --------------------------------------------------------------- */

/* A RST from before the target is no balancer's doing. */
static bool beyond_balancing(const struct judgement *j, const struct tried *t)
{
	unsigned reach = reset_reach(j, &t->class);

	return (reach && reach < j->plain_reach) ||
	       (t->capable.reset >= RESETS_MIN &&
		j->plain.answered >= RESETS_MIN);
}

static enum why reset(const struct judgement *j, struct said *s)
{
	struct tried t = tried_most(j);

	s->have = t.capable.reset;
	s->need = RESETS_LIKELY_MIN;
	if (!t.capable.reset)
		return WHY_ABSENT;
	if (t.capable.answered)
		return WHY_CONTRARY;
	if (s->have < s->need)
		return WHY_FEW;
	if (!is_reset(j, &t))
		return WHY_CONTROL;
	if (!beyond_balancing(j, &t))
		s->confidence = CONFIDENCE_LIKELY;
	put_between(j, ask_reset(j, &t.class), &s->after, &s->at);
	keep(j, s, t);
	return WHY_SAID;
}

static void say_reset(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	const struct tried *t = s->facts;

	for (size_t i = 0; i < j->flow_count; i++)
		if (class_has(&t->class, j->flows[i]) &&
		    flow_refused(j->flows[i]))
			reset_evidence(j, f, j->flows[i]);
	f->text = arena_printf(j->arena,
			       "SYNs with MP_CAPABLE are answered by a RST %s; "
			       "the same without it are accepted.",
			       place_phrase(j, f->after, f->at));
}

static const struct class syns_v1 = {
	PURPOSE_MP_CAPABLE, 1, SEGMENT_SYN, NULL, 0, ALL_OF_KIND};
static const struct class syns_v0 = {
	PURPOSE_MP_CAPABLE, 0, SEGMENT_SYN, NULL, 0, ALL_OF_KIND};

const struct rule syn_rules[] = {
	{"mp_capable.dropped", "checksum", PHASE_SYN, SEGMENT_SYN,
	 dropped_checksum, say_dropped_checksum, .if_working = TO_IMPAIRS},
	/* A server that speaks the other version has no option to answer
	 * with. */
	{"mp_capable.dropped", "return", PHASE_SYN, SEGMENT_SYN_ACK,
	 dropped_return, say_dropped_return, .unless = {"mp_capable.dropped"},
	 .gates = NOT_WORKING},
	{"mp_capable.dropped", "silence", PHASE_SYN, SEGMENT_SYN,
	 dropped_silence, say_dropped, .unless = {"mp_capable.dropped"},
	 .if_working = TO_IMPAIRS},
	{"mp_capable.reset", "rst", PHASE_SYN, SEGMENT_SYN, reset, say_reset,
	 .if_working = TO_IMPAIRS},
	{"mp_capable.dropped", "way_v1", PHASE_SYN, SEGMENT_SYN,
	 dropped_on_a_way, say_dropped_on_a_way,
	 .unless = {"mp_capable.dropped"}, .of = &syns_v1,
	 .if_less = TO_IMPAIRS},
	{"mp_capable.dropped", "way_v0", PHASE_SYN, SEGMENT_SYN,
	 dropped_on_a_way, say_dropped_on_a_way,
	 .unless = {"mp_capable.dropped"}, .of = &syns_v0,
	 .if_less = TO_IMPAIRS},
	{"mp_capable.reset", "way_v1", PHASE_SYN, SEGMENT_SYN, reset_on_a_way,
	 say_reset_on_a_way, .unless = {"mp_capable.reset"}, .of = &syns_v1,
	 .if_less = TO_IMPAIRS},
	{"mp_capable.reset", "way_v0", PHASE_SYN, SEGMENT_SYN, reset_on_a_way,
	 say_reset_on_a_way, .unless = {"mp_capable.reset"}, .of = &syns_v0,
	 .if_less = TO_IMPAIRS},
	{"mp_capable.dropped", "some_v1", PHASE_SYN, SEGMENT_SYN, dropped_some,
	 say_dropped_some, .unless = {"mp_capable.dropped"}, .of = &syns_v1,
	 .if_less = TO_IMPAIRS},
	{"mp_capable.dropped", "some_v0", PHASE_SYN, SEGMENT_SYN, dropped_some,
	 say_dropped_some, .unless = {"mp_capable.dropped"}, .of = &syns_v0,
	 .if_less = TO_IMPAIRS},
	{0},
};
