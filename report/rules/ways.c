/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with an option that are dropped on one of several ways: some of the
 * connections that ask for it are answered, and others are not until they send
 * the SYN without it, on the same ports and so on the same way. Or some of them
 * are reset, or lost wherever they go.
 */
#include "report/rules/ways.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"

struct ways {
	unsigned answered; /* when they asked with it */
	unsigned fallen;   /* answered without it only */
	unsigned silent;   /* not answered without it, either */
	unsigned lost;	   /* SYNs with it, when the first without it had been
			      answered */
	const struct flow *example;
	uint64_t answered_frame; /* the SYN of the last that was answered */
	uint64_t fallen_frame;	 /* of the first that fell */
	unsigned again;		 /* answered with it, but not at once */
	const struct flow *late; /* of these: so it is no matter of its way */
};

static const struct kept *plain_syn(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_FALLBACK_SYN &&
		    kept_is_full(f->sent[i]))
			return f->sent[i];
	return NULL;
}

static bool asks(const struct flow *f, const struct class *c)
{
	return class_has(c, f) &&
	       (flow_fell(f) || f->mptcp.gave_up || flow_syn_ack(f));
}

/* When the first SYN without the option went out that was answered. */
static int64_t first_answered(const struct judgement *j, const struct class *c)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k = plain_syn(f);

		if (asks(f, c) && flow_fell(f) && k && k->time_us < first)
			first = k->time_us;
	}
	return first;
}

/* Its SYNs with the option that are of no use to who waits for an outage to
 * pass: others had been answered without it by then. */
static unsigned lost_since(const struct judgement *j, const struct flow *f,
			   int64_t since_us)
{
	unsigned lost = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		lost += kept_is_first_syn(k) && kept_is_full(k) &&
			k->time_us >= since_us && syn_is_due(f, k) &&
			had_time(j, k);
	}
	return lost;
}

/* SYNs with the option that went unanswered before one like them, from the same
 * ports, was answered. */
static bool passes_later(const struct judgement *j, const struct flow *f)
{
	const struct kept *answer = flow_syn_ack(f);
	unsigned lost = 0;

	for (size_t i = 0; answer && i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		lost += kept_is_first_syn(k) && kept_is_full(k) &&
			syn_is_due(f, k) &&
			k->time_us + j->patience_us < answer->time_us;
	}
	return lost >= LATE_MIN && !flow_fell(f);
}

/* Of one port some SYNs are answered and others not, more than loss does. */
static bool passes_again(const struct judgement *j, const struct ways *w)
{
	return w->again &&
	       chance_of_losses((struct tries){w->answered, w->again},
				(struct tries){j->plain.flows, j->plain.late}) <
		       CHANCE_OF_SILENCE;
}

static struct ways count_ways(const struct judgement *j, const struct class *c)
{
	int64_t since = first_answered(j, c);
	const struct flow *again = NULL;
	struct ways w = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!asks(f, c) || (flow_fell(f) && !plain_syn(f)))
			continue;
		if (flow_fell(f)) {
			if (!w.fallen++)
				w.fallen_frame = f->first_frame;
			w.lost += lost_since(j, f, since);
			w.example =
				w.example && flow_swept(w.example,
							SEGMENT_FALLBACK_SYN)
					? w.example
					: f;
		} else if (flow_syn_ack(f)) {
			w.answered++;
			w.answered_frame = f->first_frame;
			w.late = !w.late && passes_later(j, f) ? f : w.late;
			if (flow_sent_count(f, c->kind, 0) > 1 &&
			    !flow_swept(f, c->kind) && !w.again++)
				again = f;
		} else {
			w.silent += plain_syn(f) && had_time(j, plain_syn(f));
		}
	}
	if (!w.late && passes_again(j, &w))
		w.late = again;
	return w;
}

/* Who answered this connection: other ways have other hops. */
static struct place place_of(const struct judgement *j, const struct flow *f,
			     enum segment_kind kind, unsigned ttl)
{
	const struct quote *q = flow_quote(f, kind, ttl);
	struct place p = place_at(j, ttl);

	if (q)
		p.address = q->responder;
	return p;
}

/* The way of the swept connection: the last hop that quoted the SYN with the
 * option, and the next that quoted the one without it. */
static void place_way(const struct judgement *j, struct said *s,
		      enum segment_kind kind)
{
	unsigned after = 0, at = 0;

	s->direction = DIRECTION_UNKNOWN;
	if (!flow_swept(s->flow, SEGMENT_FALLBACK_SYN))
		return;
	for (unsigned ttl = 1; ttl < j->plain_reach; ttl++)
		if (flow_quote(s->flow, kind, ttl))
			after = ttl;
	for (unsigned ttl = after + 1; ttl < j->plain_reach && !at; ttl++)
		if (flow_quote(s->flow, SEGMENT_FALLBACK_SYN, ttl) &&
		    flow_sent_count(s->flow, kind, ttl) >= WAY_COPIES_MIN)
			at = ttl;
	if (at)
		s->direction = DIRECTION_FORWARD;
	else
		at = j->plain_reach;
	s->after = place_of(j, s->flow, kind, after);
	if (at)
		s->at = place_of(j, s->flow, SEGMENT_FALLBACK_SYN, at);
}

enum why dropped_on_a_way(const struct judgement *j, struct said *s)
{
	const struct class *c = s->rule->of;
	struct ways *w = arena_alloc(j->arena, sizeof(*w));
	unsigned controls;

	*w = count_ways(j, c);
	s->facts = w;
	s->flow = w->example;
	s->have = w->fallen;
	s->need = FALLEN_MIN;
	s->less = true; /* on the other ways it works */
	if (!w->answered)
		return WHY_ABSENT;
	if (enough(s) != WHY_SAID)
		return enough(s);
	/* One fell: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	controls = controls_since(j, s->flow->first_us);
	if (w->fallen < FALLEN_PER_SILENT * w->silent ||
	    !beyond_chance(w->lost, tries_of(&j->plain), controls))
		return WHY_CONTROL;
	if (w->late) /* a hop that quotes one quotes what happened to pass */
		s->direction = DIRECTION_UNKNOWN;
	else
		place_way(j, s, c->kind);
	return WHY_SAID;
}

/* All that were answered came before. */
static bool is_since(const struct ways *w)
{
	return w->answered_frame < w->fallen_frame;
}

static const char *which_phrase(const struct ways *w)
{
	if (w->late)
		return "now and then, as by a rate limit or by chance";
	return is_since(w)
		       ? "after some had passed, by a device that remembers "
			 "them or on one of several paths (load balancing)"
		       : "on one of several paths (load balancing)";
}

static const char *others_pass_phrase(const struct ways *w)
{
	if (w->late)
		return "the same SYN passes at another time, and so do those "
		       "without it";
	return is_since(w) ? "those without it pass"
			   : "on that path the same without it pass";
}

void say_dropped_on_a_way(struct judgement *j, struct finding *f,
			  const struct said *s)
{
	const struct class *c = s->rule->of;
	const struct ways *w = s->facts;
	const char *option =
		c->purpose == PURPOSE_MP_JOIN ? "MP_JOIN" : "MP_CAPABLE";

	finding_evidence(j, f, plain_syn(s->flow)->frame, NULL, NULL,
			 "%u connections with %s were answered; %u were not, "
			 "until they sent the SYN without it from the same "
			 "ports",
			 w->answered, option, w->fallen);
	if (w->late)
		finding_evidence(
			j, f, w->late->first_frame, NULL, NULL,
			"this SYN, sent again from the same ports, was "
			"answered at last, with %s",
			option);
	f->text = arena_printf(
		j->arena, "SYNs with %s are dropped %s, %s%s; %s.", option,
		which_phrase(w), place_phrase(j, f->after, f->at),
		f->direction == DIRECTION_FORWARD
			? ""
			: ", or their SYN/ACKs on the return path",
		others_pass_phrase(w));
}

/* ---- reset --------------------------------------------------------------- */

const struct attempts *keep_attempts(const struct judgement *j, struct said *s)
{
	const struct class *c = s->rule->of;
	struct attempts *a = arena_alloc(j->arena, sizeof(*a));

	*a = count_attempts(j, c->purpose, c->version);
	s->facts = a;
	return a;
}

static unsigned count_refused(const struct judgement *j, const struct class *c)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++)
		count += class_has(c, j->flows[i]) && flow_refused(j->flows[i]);
	return count;
}

/* The first that a RST refused; if there is one, of which copies went the same
 * way. */
static const struct flow *first_refused(const struct judgement *j,
					const struct class *c)
{
	const struct flow *first = NULL;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!class_has(c, f) || !flow_refused(f))
			continue;
		if (flow_swept(f, c->kind))
			return f;
		first = first ? first : f;
	}
	return first;
}

int64_t reset_behind_us(const struct judgement *j, const struct class *c)
{
	int64_t answered_us = 0, reset_us = INT64_MAX;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!class_has(c, f))
			continue;
		if (flow_refused(f) && f->first_us < reset_us)
			reset_us = f->first_us;
		if (!flow_refused(f) && flow_syn_ack(f) &&
		    f->first_us > answered_us)
			answered_us = f->first_us;
	}
	return answered_us && reset_us > answered_us && reset_us != INT64_MAX
		       ? reset_us
		       : 0;
}

/* Copies of the SYN, from the same port, are quoted as far as they come. */
void place_reset_way(const struct judgement *j, struct said *s,
		     const struct class *c)
{
	struct class one = *c;
	struct between b;

	s->flow = first_refused(j, c);
	one.only = s->flow;
	b = ask_silence(j, &one);
	/* Copies may pass a limit that has been lifted by then. */
	if (b.at < j->plain_reach || !reset_behind_us(j, c))
		said_between(j, s, b);
	if (!b.at || b.at >= j->plain_reach)
		s->confidence = CONFIDENCE_LIKELY;
}

enum why reset_on_a_way(const struct judgement *j, struct said *s)
{
	const struct class *c = s->rule->of;
	const struct attempts *a = keep_attempts(j, s);

	s->have = count_refused(j, c);
	s->need = RESETS_LIKELY_MIN;
	if (!a->answered)
		return WHY_ABSENT;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (j->plain.reset ||
	    chance_of_marking(s->have, s->have + a->answered,
			      j->plain.answered) >= CHANCE_OF_SORTING)
		return WHY_CONTROL;
	s->less = true;
	place_reset_way(j, s, c);
	return WHY_SAID;
}

void say_reset_on_a_way(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct class *c = s->rule->of;
	bool join = c->purpose == PURPOSE_MP_JOIN;
	const struct attempts *a = s->facts;

	reset_evidence(j, f, s->flow);
	finding_evidence(j, f, 0, NULL, NULL,
			 "%u SYNs with the option were answered by a RST, and "
			 "%u by a SYN/ACK, while %u of %u connections without "
			 "it were answered",
			 count_refused(j, c), a->answered, j->plain.answered,
			 j->plain.flows);
	f->text = arena_printf(
		j->arena,
		"Some SYNs with %s are answered by a RST %s, and others %s; "
		"none without it is.",
		join ? "MP_JOIN" : "MP_CAPABLE",
		place_phrase(j, f->after, f->at),
		reset_behind_us(j, s->rule->of)
			? "that went out before are not (a limit on how many "
			  "there may be)"
			: "from other ports are not (load balancing, or a "
			  "device that goes by ports)");
}

/* ---- lost now and then --------------------------------------------------- */

enum why dropped_some(const struct judgement *j, struct said *s)
{
	const struct attempts *a = keep_attempts(j, s);
	struct attempts apart = *a;

	s->flow = a->example;
	s->have = a->apart;
	s->need = LOST_MIN;
	s->less = true;
	s->direction = DIRECTION_UNKNOWN;
	if (!a->answered)
		return WHY_ABSENT;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (a->reset || controls_since(j, a->first_us) < CONTROLS_MIN ||
	    ask_witnesses(j, flow_storms, NULL))
		return WHY_CONTROL;
	apart.late = a->apart;
	return chance_of_late(j, &apart) < CHANCE_OF_LOSS ? WHY_SAID : WHY_FEW;
}

void say_dropped_some(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	const struct class *c = s->rule->of;
	const struct attempts *a = s->facts;

	finding_evidence(j, f, a->example->first_frame, NULL, NULL,
			 "the first SYN of %u of %u connections with the "
			 "option went unanswered, and that of %u of %u without "
			 "it",
			 a->apart, a->flows, j->plain.late, j->plain.flows);
	f->text = arena_printf(
		j->arena,
		"Some SYNs with %s are dropped, or their SYN/ACKs: the first "
		"one of %u of %u connections, of %u of %u without it. Loss "
		"alone does that less than once in a million.",
		c->purpose == PURPOSE_MP_JOIN ? "MP_JOIN" : "MP_CAPABLE",
		a->apart, a->flows, j->plain.late, j->plain.flows);
}
