/* SPDX-License-Identifier: GPL-3.0-or-later
 * What needs more data than a segment or two, and takes --all: acknowledgments
 * that are not the server's, retransmissions, gaps, what begins late.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/evidence/sizes.h"
#include "report/rules/rules.h"

/* ---- acknowledgments that are not the target's -------------------------- */

/* This segment, or a copy of it with the same TTL. */
static bool expired(const struct flow *f, const struct kept *k)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *quoted = f->sent[f->quotes[i].sent];

		if (f->quotes[i].time_exceeded && quoted->kind == k->kind &&
		    quoted->packet.ip.ttl == k->packet.ip.ttl &&
		    quoted->packet.tcp.sequence == k->packet.tcp.sequence)
			return true;
	}
	return false;
}

/* Whether these bytes had gone out by then with a TTL that suffices. */
static bool sent_to_arrive(const struct judgement *j, const struct flow *f,
			   uint32_t end, int64_t before_us)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		const struct tcp_view *tcp = &k->packet.tcp;

		if (k->time_us <= before_us && kept_has_data(k) &&
		    !falls_short(j, k->packet.ip.ttl) &&
		    seq_diff(tcp->sequence + (uint32_t)tcp->payload_length,
			     end) >= 0)
			return true;
	}
	return false;
}

/* The acknowledgment of this segment, of whose bytes none could arrive. */
static const struct kept *early_ack(const struct judgement *j,
				    const struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (f->has_acked_ahead && seq_diff(f->acked_ahead, end) >= 0)
		return NULL;
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];

		if ((r->packet.tcp.flags & (TCP_FLAG_RST | TCP_FLAG_SYN)) ||
		    seq_diff(r->packet.tcp.acknowledgment, end) < 0)
			continue;
		if (flow_echoes_unseen(f, r) &&
		    !falls_short(j, r->options.tsecr & CLOCK_TTL))
			return NULL; /* the capture lacks one that arrived */
		return sent_to_arrive(j, f, end, r->time_us) ? NULL : r;
	}
	return NULL;
}

/* What tells, of the connection of this segment, that somebody before the
 * target has acted on it: a segment that came back, or NULL. */
typedef const struct kept *acted_fn(const struct judgement *j,
				    const struct flow *f, const struct kept *k);

/* Data that expired on the path. */
struct witness {
	unsigned ttl;		  /* of the data; 0: there was none */
	const struct kept *reply; /* that tells, or NULL */
};

static struct witness witness_of(const struct judgement *j,
				 const struct flow *f, acted_fn *acted)
{
	struct witness w = {0};

	for (size_t i = 0; i < f->sent_count && !w.reply; i++) {
		const struct kept *k = f->sent[i];

		if (!kept_has_data(k) || !expired(f, k) ||
		    sent_to_arrive(
			    j, f,
			    k->packet.tcp.sequence +
				    (uint32_t)k->packet.tcp.payload_length,
			    k->time_us))
			continue;
		w.ttl = k->packet.ip.ttl;
		w.reply = acted(j, f, k);
	}
	return w;
}

/* The finding is placed by the smallest TTL with which it is so, and the
 * largest below that with which it is not. */
static enum why edge_of(const struct judgement *j, struct said *s,
			draws_fn *draws, acted_fn *acted, unsigned need)
{
	struct edge e = ask_edge(j, draws);
	struct witness *w = arena_alloc(j->arena, sizeof(*w));

	if (e.flow)
		*w = witness_of(j, e.flow, acted);
	s->facts = w;
	s->have = e.count;
	s->need = need;
	s->flow = e.flow;
	s->after = place_at(j, e.after);
	s->at = place_at(j, e.at);
	return enough(s);
}

static unsigned draws_by(const struct judgement *j, const struct flow *f,
			 acted_fn *acted, bool *drawn)
{
	struct witness w = witness_of(j, f, acted);

	*drawn = w.reply != NULL;
	return w.ttl;
}

static void expired_evidence(struct judgement *j, struct finding *f,
			     const struct witness *w)
{
	finding_evidence(j, f, w->reply->frame, NULL, NULL,
			 "data with TTL %u expired on the path", w->ttl);
}

static unsigned draws_early_ack(const struct judgement *j, const struct flow *f,
				bool *drawn)
{
	return draws_by(j, f, early_ack, drawn);
}

static enum why acked_early(const struct judgement *j, struct said *s)
{
	return edge_of(j, s, draws_early_ack, early_ack, 1);
}

static void say_acked_early(struct judgement *j, struct finding *f,
			    const struct said *s)
{
	expired_evidence(j, f, s->facts);
	f->text = arena_printf(j->arena,
			       "Data is acknowledged in place of the server "
			       "%s.",
			       place_phrase(j, f->after, f->at));
}

/* ---- retransmissions with other bytes ----------------------------------- */

/* Other bytes in the place of these, time and again, in vain; then the same
 * bytes, and they are acknowledged. */
static const struct kept *dropped_change(const struct judgement *j,
					 const struct flow *f,
					 const struct kept *first)
{
	unsigned vain = 0;
	const struct kept *same = NULL;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->time_us <= first->time_us || !kept_has_data(k) ||
		    falls_short(j, k->packet.ip.ttl) ||
		    k->packet.tcp.sequence != first->packet.tcp.sequence)
			continue;
		if (!kept_same_bytes(k, first))
			vain += same == NULL;
		else if (!same)
			same = k;
	}
	if (vain < VAIN_MIN || !same)
		return NULL;
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];

		if (seq_diff(r->packet.tcp.acknowledgment,
			     first->packet.tcp.sequence) > 0)
			return r->time_us >= same->time_us ? r : NULL;
	}
	return NULL;
}

static unsigned draws_dropped_change(const struct judgement *j,
				     const struct flow *f, bool *drawn)
{
	return draws_by(j, f, dropped_change, drawn);
}

static enum why change_dropped(const struct judgement *j, struct said *s)
{
	return edge_of(j, s, draws_dropped_change, dropped_change,
		       VAIN_WITNESSES_MIN);
}

static void say_change_dropped(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	expired_evidence(j, f, s->facts);
	f->text = arena_printf(
		j->arena, "Retransmissions with other bytes are dropped %s.",
		place_phrase(j, f->after, f->at));
}

/* ---- gaps --------------------------------------------------------------- */

/* A segment behind a gap that drew no answer, however often it was sent; what
 * fills the gap did at once. */
static bool hole_blocked(const struct judgement *j, const struct flow *f)
{
	uint32_t next = f->client_isn + 1;
	const struct kept *behind = NULL, *fill = NULL;
	unsigned vain = 0;

	(void)j;
	for (size_t i = 0; i < f->sent_count && !fill; i++) {
		const struct kept *k = f->sent[i];
		int32_t gap = seq_diff(k->packet.tcp.sequence, next);

		if (!kept_has_data(k) || !kept_is_full(k))
			continue;
		if (gap > 0) {
			behind = behind ? behind : k;
			vain++;
		} else if (gap == 0) {
			fill = behind ? k : NULL;
			next += (uint32_t)k->packet.tcp.payload_length;
		}
	}
	if (!fill || vain < VAIN_MIN ||
	    seq_diff(f->server_acked, fill->packet.tcp.sequence) <= 0)
		return false;
	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->time_us > behind->time_us &&
		    f->received[i]->time_us < fill->time_us)
			return false;
	return true;
}

/* ---- segments merged ---------------------------------------------------- */

/* Whether the data that was not acknowledged at data level begins with a
 * segment that another follows or leads at once, before any answer. */
static bool broke_at_pair(const struct flow *f)
{
	uint32_t from = f->client_isn + 1 + (uint32_t)flow_mptcp_acked(f);
	const struct kept *last = NULL;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool answered = false;

		if (!kept_has_data(k) || !kept_is_full(k))
			continue;
		for (size_t r = 0; last && r < f->received_count; r++)
			answered |= f->received[r]->time_us >= last->time_us &&
				    f->received[r]->time_us <= k->time_us;
		if (last && !answered &&
		    k->packet.tcp.sequence ==
			    last->packet.tcp.sequence +
				    (uint32_t)last->packet.tcp.payload_length &&
		    (k->packet.tcp.sequence == from ||
		     last->packet.tcp.sequence == from))
			return true;
		last = k;
	}
	return false;
}

static bool broken_pair(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_data_acked(f) && flow_fell_behind(f) && broke_at_pair(f);
}

/* Not at its first segment or two, one at a time. */
static bool broke_late(const struct judgement *j, const struct flow *f)
{
	uint32_t from = f->client_isn + 1 + (uint32_t)flow_mptcp_acked(f);
	unsigned unacked = 0;

	(void)j;
	if (!flow_data_acked(f) || !flow_fell_behind(f) || broke_at_pair(f))
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!kept_has_data(k) || !kept_is_full(k) ||
		    seq_diff(k->packet.tcp.sequence, from) < 0)
			continue;
		unacked++;
		from = k->packet.tcp.sequence +
		       (uint32_t)k->packet.tcp.payload_length;
	}
	return unacked >= LATE_SEGMENTS_MIN;
}

/* The last of the connections stands for them: it was sent to confirm what the
 * first had shown. */
static enum why said_by(const struct judgement *j, struct said *s,
			shows_fn *shows, unsigned need)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		if (!shows(j, j->flows[i]))
			continue;
		s->have++;
		s->flow = j->flows[i];
	}
	s->need = need;
	s->direction = DIRECTION_UNKNOWN;
	return enough(s);
}

static enum why hole(const struct judgement *j, struct said *s)
{
	return said_by(j, s, hole_blocked, VAIN_WITNESSES_MIN);
}

static enum why late(const struct judgement *j, struct said *s)
{
	s->confidence = CONFIDENCE_LIKELY;
	return said_by(j, s, broke_late, 1);
}

static enum why coalesced(const struct judgement *j, struct said *s)
{
	return said_by(j, s, broken_pair, PAIR_WITNESSES_MIN);
}

/* What there is to say of a row, wherever it is. */
struct sentences {
	const char *evidence, *text;
};

static void say_sentences(struct judgement *j, struct finding *f,
			  const struct said *s)
{
	const struct sentences *said = s->rule->of;

	finding_evidence(j, f, 0, NULL, NULL, "%s", said->evidence);
	f->text = said->text;
}

static const struct sentences hole_sentences = {
	"a segment after a gap gets no answer, however often it is sent; once "
	"the gap is filled the answer comes at once",
	"Data after a gap is held back on the path."};

static const struct sentences late_sentences = {
	"data is acknowledged at the MPTCP level (DATA_ACK) at first, then by "
	"TCP only",
	"DSS is removed late in a connection, in one direction or the other: "
	"it falls back to TCP after it was MPTCP."};

static const struct sentences coalesced_sentences = {
	"two segments sent back to back break the connection, segments sent "
	"one by one do not",
	"Adjacent segments are merged on the path, and one of their mappings "
	"is lost."};

const struct rule long_rules[] = {
	{"data.acked_early", "low_ttl", PHASE_LONG, SEGMENT_DATA, acked_early,
	 say_acked_early, .joins = JOINS_REFINES},
	{"data.retransmission_dropped", "edge", PHASE_LONG, SEGMENT_DATA,
	 change_dropped, .say = say_change_dropped},
	{"data.hole_blocked", "gap", PHASE_LONG, SEGMENT_DATA, hole,
	 say_sentences, .of = &hole_sentences},
	{"dss.removed", "late", PHASE_LONG, SEGMENT_DATA, late, say_sentences,
	 .unless = {"dss.removed", "payload.modified", "data.rewritten"},
	 .gates = WORKING, .of = &late_sentences},
	{"data.coalesced", "pair", PHASE_LONG, SEGMENT_DATA, coalesced,
	 say_sentences, .unless = {"dss.removed"}, .of = &coalesced_sentences},
	{0},
};
