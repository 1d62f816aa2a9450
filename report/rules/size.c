/* SPDX-License-Identifier: GPL-3.0-or-later
 * Larger segments that vanish where smaller ones of the same connection pass:
 * because of the option in them, or because a link takes less than both ends
 * think. Then MPTCP is not the cause, though its options make a segment larger.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sizes.h"
#include "report/rules/rules.h"

/* Bytes: packets that differ by less are of one size. */
#define ALIKE 100

/* What became of data of one kind, with a mapping or on plain connections. */
struct sizes {
	size_t passed;	      /* the largest packet that was acknowledged */
	size_t passed_data;   /* the largest payload */
	size_t vain;	      /* the smallest packet that never was; 0: none */
	size_t vain_data;     /* its payload */
	size_t vain_most;     /* the largest such packet */
	unsigned lost, flows; /* such sends, and connections that show it */
	const struct flow *last;    /* of them */
	const struct flow *example; /* if there is one, one that was swept */
	const struct kept *segment; /* of the example */
};

/* Copies as large went out with small TTLs, and none that were smaller. */
static bool swept_with(const struct flow *f, const struct kept *k)
{
	bool swept = false;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *s = f->sent[i];

		if (s->kind != SEGMENT_DATA || kept_is_full(s))
			continue;
		if (kept_length(s) != kept_length(k))
			return false;
		swept = true;
	}
	return swept;
}

static void add_vain(struct sizes *s, const struct flow *f,
		     const struct kept *k, unsigned count)
{
	if (s->last != f) {
		s->flows++;
		s->lost += count;
	}
	s->last = f;
	if (kept_length(k) > s->vain_most)
		s->vain_most = kept_length(k);
	if (s->vain && (s->vain < kept_length(k) ||
			(s->vain == kept_length(k) && !swept_with(f, k))))
		return;
	s->vain = kept_length(k);
	s->example = f;
	s->vain_data = k->packet.tcp.payload_length;
	s->segment = k;
}

static void add_data(struct sizes *s, const struct flow *f,
		     const struct kept *k)
{
	unsigned count;

	if (flow_took_whole(f, k)) {
		if (kept_length(k) > s->passed)
			s->passed = kept_length(k);
		if (k->packet.tcp.payload_length > s->passed_data)
			s->passed_data = k->packet.tcp.payload_length;
		return;
	}
	count = flow_took_some(f, k) ? flow_sent_alike(f, k) : 0;
	if (count >= FULL_SIZE_LOST_MIN && !flow_told_size(f))
		add_vain(s, f, k, count);
}

/* As large, and not so much larger that a device may look at one only. */
static bool is_as_large(size_t length, size_t as)
{
	return length >= as && length - as < ALIKE;
}

/* A packet as large, with a DSS or without, was acknowledged. */
static bool takes(const struct flow *f, bool mapped, size_t length)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_brings_data(f->sent[i], mapped) &&
		    is_as_large(kept_length(f->sent[i]), length) &&
		    flow_took_whole(f, f->sent[i]))
			return true;
	return false;
}

static bool plain_passes(const struct judgement *j, size_t length)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_TCP) &&
		    takes(j->flows[i], false, length))
			return true;
	return false;
}

static struct sizes sizes_of(const struct judgement *j, bool mapped)
{
	enum purpose purpose = mapped ? PURPOSE_MP_CAPABLE : PURPOSE_TCP;
	struct sizes s = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, purpose))
			continue;
		for (size_t k = 0; k < f->sent_count; k++)
			if (kept_brings_data(f->sent[k], mapped))
				add_data(&s, f, f->sent[k]);
	}
	return s;
}

/* ---- sizes that do not pass ---------------------------------------------- */

struct both {
	struct sizes mapped, plain;
};

/* Where copies as large end. */
static void place_vain(const struct judgement *j, struct said *s,
		       const struct sizes *vain)
{
	const struct class c = {PURPOSE_MP_CAPABLE, -1, SEGMENT_DATA,
				vain->example,	    0,	ALL_OF_KIND};

	s->direction = DIRECTION_UNKNOWN;
	if (!swept_with(vain->example, vain->segment))
		return;
	s->direction = DIRECTION_FORWARD;
	said_between(j, s, ask_silence(j, &c));
}

/* Data with DSS in packets of full size is lost, and smaller ones are not.
 * `option`: as large ones pass without it, so that the option is what
 * matters. */
static enum why full_size(const struct judgement *j, struct said *s,
			  bool option)
{
	struct both *b = arena_alloc(j->arena, sizeof(*b));

	*b = (struct both){sizes_of(j, true), sizes_of(j, false)};
	s->facts = b;
	s->flow = b->mapped.example;
	s->have = b->mapped.flows;
	s->need = FULL_SIZE_WITNESSES_MIN;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (!beyond_chance(b->mapped.lost, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	place_vain(j, s, &b->mapped);
	if (option)
		return plain_passes(j, b->mapped.vain) ||
				       plain_passes(j, b->mapped.vain_most)
			       ? WHY_SAID
			       : WHY_CONTROL;
	s->have = b->plain.flows;
	return enough(s);
}

static void size_evidence(struct judgement *j, struct finding *f,
			  const struct sizes *s, const char *what)
{
	finding_connection(j, f, s->example->id);
	finding_evidence(j, f, s->segment->frame, NULL, NULL,
			 "%s of %zu bytes went unacknowledged %u times on %u "
			 "connections, smaller ones did not",
			 what, s->vain, s->lost, s->flows);
}

/* "full-size packets (1500 bytes)" */
static const char *size_phrase(const struct judgement *j, const struct flow *f,
			       size_t length)
{
	return arena_printf(j->arena,
			    is_full_size(f, length)
				    ? "full-size packets (%zu bytes)"
				    : "packets of %zu bytes",
			    length);
}

static bool joined_passes(const struct judgement *j, size_t length)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_joins(j->flows[i]) && takes(j->flows[i], true, length))
			return true;
	return false;
}

static enum why option_dropped(const struct judgement *j, struct said *s)
{
	return full_size(j, s, true);
}

/* Without the option as large ones as the smallest that are dropped may not
 * have been sent, as those of full size pass. */
static const char *plain_pass_phrase(const struct judgement *j,
				     const struct sizes *mapped)
{
	if (plain_passes(j, mapped->vain))
		return "packets as large";
	return arena_printf(j->arena, "packets of %zu bytes",
			    mapped->vain_most);
}

static void say_option_dropped(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct both *b = s->facts;
	const struct sizes *mapped = &b->mapped;

	size_evidence(j, f, mapped, "packets with DSS");
	finding_evidence(j, f, 0, NULL, NULL,
			 "a packet of %zu bytes without it was acknowledged",
			 b->plain.passed);
	f->text = arena_printf(
		j->arena,
		"Data with DSS is dropped in %s%s; %s without it pass, and so "
		"do smaller%s ones with it.%s",
		size_phrase(j, s->flow, mapped->vain),
		f->at.known ? arena_printf(j->arena, " %s",
					   place_phrase(j, f->after, f->at))
			    : "",
		plain_pass_phrase(j, mapped),
		mapped->passed > mapped->vain ? " and larger" : "",
		joined_passes(j, mapped->vain)
			? " On a joined subflow they pass."
			: "");
}

static enum why too_big(const struct judgement *j, struct said *s)
{
	return full_size(j, s, false);
}

static void say_too_big(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct both *b = s->facts;
	const struct sizes *mapped = &b->mapped, *plain = &b->plain;
	bool pushed = plain->passed_data >= mapped->vain_data;

	size_evidence(j, f, mapped, "packets with DSS");
	size_evidence(j, f, plain, "packets without MPTCP");
	f->text = arena_printf(
		j->arena,
		"Packets of %zu bytes are dropped%s, with MPTCP options or "
		"without, and no router reports it; %zu bytes pass.%s",
		plain->vain < mapped->vain ? plain->vain : mapped->vain,
		f->at.known ? arena_printf(j->arena, " %s",
					   place_phrase(j, f->after, f->at))
			    : "",
		plain->passed > mapped->passed ? plain->passed : mapped->passed,
		pushed ? " The DSS option is what makes a full-size segment "
			 "too large: the same data without it passes."
		       : "");
}

/* ---- a RST --------------------------------------------------------------- */

/* Some of its data was taken, and the largest that it sent behind that drew a
 * RST which no MPTCP stack marked. That segment, or NULL. */
static const struct kept *reset_over(const struct flow *f)
{
	const struct kept *reset = flow_reset(f);

	return f->mptcp.has_data_ack && is_bare_reset(reset) &&
			       !flow_ended_before(f, reset->frame)
		       ? flow_data_in_vain(f, reset->frame)
		       : NULL;
}

static bool plain_takes(const struct flow *f, size_t length)
{
	return flow_is(f, PURPOSE_TCP) && takes(f, false, length);
}

struct resets {
	unsigned reset, plain; /* connections with MPTCP; without, that are not
				*/
	bool contrary;	       /* with MPTCP, as large, and taken; or without,
				  and reset */
	const struct kept *smallest; /* that a RST came for */
	const struct flow *example;
};

static struct resets resets_of(const struct judgement *j)
{
	struct resets r = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k =
			flow_is(f, PURPOSE_MP_CAPABLE) ? reset_over(f) : NULL;

		r.reset += k != NULL;
		if (!k ||
		    (r.smallest && kept_length(r.smallest) <= kept_length(k)))
			continue;
		r.smallest = k;
		r.example = f;
	}
	for (size_t i = 0; r.smallest && i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		size_t length = kept_length(r.smallest);

		r.plain += plain_takes(f, length);
		r.contrary |= flow_is(f, PURPOSE_TCP)
				      ? f->established && flow_reset(f)
				      : takes(f, true, length);
	}
	return r;
}

static enum why large_reset(const struct judgement *j, struct said *s)
{
	struct resets *r = arena_alloc(j->arena, sizeof(*r));

	*r = resets_of(j);
	s->facts = r;
	s->flow = r->example;
	s->have = r->reset;
	s->need = FULL_SIZE_RESETS_MIN;
	s->direction = DIRECTION_UNKNOWN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (r->contrary)
		return WHY_CONTRARY;
	return r->plain >= FULL_SIZE_RESETS_MIN ? WHY_SAID : WHY_CONTROL;
}

static void say_large_reset(struct judgement *j, struct finding *f,
			    const struct said *s)
{
	const struct resets *r = s->facts;

	finding_connection(j, f, r->example->id);
	finding_evidence(j, f, r->smallest->frame, NULL, NULL,
			 "packets with DSS of %zu bytes and more trigger a RST "
			 "on %u connections; as large ones without it were "
			 "acknowledged on %u, and none of these was reset",
			 kept_length(r->smallest), r->reset, r->plain);
	f->or_server = true;
	f->text = arena_printf(j->arena,
			       "Data with DSS in large packets (%zu bytes) "
			       "triggers a RST of the server, or of a device; "
			       "packets as large without it do not.",
			       kept_length(r->smallest));
}

/* ---- on a joined subflow --------------------------------------------------
 */

static const struct class joined_data = {
	PURPOSE_MP_JOIN, -1, SEGMENT_JOIN_DATA, NULL, 0, ALL_OF_KIND};

static enum why joined_dropped(const struct judgement *j, struct said *s)
{
	struct class c = joined_data;
	const struct kept *vain = NULL;

	for (size_t i = 0; i < j->flow_count && !vain; i++) {
		vain = joined_data_in_vain(j, j->flows[i]);
		s->flow = j->flows[i];
	}
	if (!vain)
		return WHY_ABSENT;
	if (smaller_in_vain(j, s->flow, vain))
		return WHY_CONTRARY;
	if (!flow_took_some(s->flow, vain)) /* or is it the number of bytes? */
		s->confidence = CONFIDENCE_LIKELY;
	s->facts = vain;
	s->have = flow_sent_alike(s->flow, vain);
	s->need = losses_needed(tries_of(&j->plain));
	if (!beyond_chance(s->have, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	if (!first_takes_as_large(j, s->flow, vain))
		return WHY_CONTROL;
	c.only = s->flow;
	said_between(j, s, ask_silence(j, &c));
	return WHY_SAID;
}

static void say_joined_dropped(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	finding_evidence(j, f, ((const struct kept *)s->facts)->frame, NULL,
			 NULL,
			 "packets of %zu bytes went unacknowledged %u times on "
			 "the joined subflow, a smaller one did not; one as "
			 "large was acknowledged on the first subflow",
			 kept_length(s->facts), s->have);
	f->text = arena_printf(j->arena,
			       "Data on the joined subflow is dropped in "
			       "%s %s; smaller ones pass, and over the first "
			       "subflow those as large do.",
			       size_phrase(j, s->flow, kept_length(s->facts)),
			       place_phrase(j, f->after, f->at));
}

/* ---- on the return path ---------------------------------------------------
 */

static bool is_window(unsigned size)
{
	return size < NARROW_BYTES;
}

/* The largest segment that it lets the server send: by its MSS, or a window
 * that is less than any. */
static unsigned asked_size(const struct flow *f)
{
	if (is_window(f->client_window))
		return f->client_window;
	return f->sent_count && f->sent[0]->options.has_mss
		       ? f->sent[0]->options.mss
		       : 0;
}

/* All the data was acknowledged, long ago, and none came. */
static bool stalls(const struct judgement *j, const struct flow *f)
{
	const struct kept *last = NULL;

	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->packet.tcp.payload_length)
			last = f->sent[i];
	return last && f->established && !flow_reset(f) && !f->server_fin &&
	       !flow_answered(f) && flow_acked(f, last) && had_time(j, last);
}

struct answers {
	unsigned size;		    /* the largest with data of the server */
	const struct flow *example; /* that one, with MPTCP */
	unsigned plain, mapped;	    /* stalled, with a larger one */
	unsigned stalled;	    /* the smallest of these; 0: none */
	bool larger;		    /* or as large, with which data came */
};

static void add_stalled(const struct judgement *j, struct answers *a,
			const struct flow *f)
{
	bool plain = flow_is(f, PURPOSE_TCP);

	if (!asked_size(f) || !stalls(j, f) ||
	    (!plain && !flow_is(f, PURPOSE_MP_CAPABLE)))
		return;
	a->plain += plain;
	a->mapped += !plain;
	if (!a->stalled || asked_size(f) < a->stalled)
		a->stalled = asked_size(f);
}

static struct answers count_answers(const struct judgement *j)
{
	struct answers a = {0};

	for (size_t i = 0; i < j->flow_count; i++)
		add_stalled(j, &a, j->flows[i]);
	for (size_t i = 0; a.stalled && i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!f->payload_received)
			continue;
		a.larger |= asked_size(f) >= a.stalled;
		if (flow_proves_mptcp(f) && asked_size(f) > a.size) {
			a.size = asked_size(f);
			a.example = f;
		}
	}
	return a;
}

/* The server's data comes only where it was asked for small segments, with
 * MPTCP or without. */
static enum why answer_too_big(const struct judgement *j, struct said *s)
{
	struct answers *a = arena_alloc(j->arena, sizeof(*a));

	*a = count_answers(j);
	s->facts = a;
	s->flow = a->example;
	s->have = a->example ? a->mapped : 0;
	s->need = FULL_SIZE_WITNESSES_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (a->larger)
		return WHY_CONTRARY;
	return a->plain ? WHY_SAID : WHY_CONTROL;
}

/* No link takes so little (RFC 791): then it is a device. */
static const char *small_phrase(const struct judgement *j, unsigned size)
{
	return is_window(size)
		       ? arena_printf(j->arena,
				      " (a window of %u bytes): their size "
				      "matters, and not MPTCP.",
				      size)
		       : arena_printf(j->arena,
				      " (an MSS of %u): a link has a smaller "
				      "MTU than both ends assume, and no "
				      "router reports it.",
				      size);
}

static void say_answer_too_big(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct answers *a = s->facts;

	finding_evidence(j, f, a->example->mptcp.server_dsn_frame, NULL, NULL,
			 "asked for %s of %u, the server's data comes; with a "
			 "larger one it does not, on %u connections with MPTCP "
			 "and %u without",
			 is_window(a->size) ? "a window" : "an MSS", a->size,
			 a->mapped, a->plain);
	f->text = arena_printf(
		j->arena,
		"The server's data is dropped on the return path, with MPTCP "
		"or without, unless its segments are small%s",
		small_phrase(j, a->size));
}

const struct rule size_rules[] = {
	{"ip.too_big_dropped", "return", PHASE_DATA, SEGMENT_DATA,
	 answer_too_big, .say = say_answer_too_big},
	{"dss.dropped", "size", PHASE_DATA, SEGMENT_DATA, option_dropped,
	 say_option_dropped, .unless = {"dss.dropped"},
	 .if_working = TO_IMPAIRS},
	{"dss.reset", "size", PHASE_DATA, SEGMENT_DATA, large_reset,
	 say_large_reset, .unless = {"dss.removed", "tcp.reset_injected"},
	 .gates = WORKING, .if_working = TO_IMPAIRS},
	{"ip.too_big_dropped", "size", PHASE_DATA, SEGMENT_DATA, too_big,
	 say_too_big, .unless = {"dss.dropped"}},
	{0},
};

const struct rule joined_size_rules[] = {
	{"dss.dropped", "joined_size", PHASE_REST, SEGMENT_JOIN_DATA,
	 joined_dropped, say_joined_dropped, .gates = WORKING,
	 .if_working = TO_IMPAIRS},
	{0},
};
