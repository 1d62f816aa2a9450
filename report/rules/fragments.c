/* SPDX-License-Identifier: GPL-3.0-or-later
 * A segment that is not acknowledged in IP fragments, however often it is
 * sent, and is at once in one piece. It harms nobody who speaks TCP.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* What one connection shows of a segment in fragments. */
struct sending {
	const struct flow *flow;
	const struct kept *first; /* its first fragment, sent first */
	const struct kept *whole; /* the same bytes in one piece, or NULL */
	unsigned lost;		  /* so often it had time to be answered */
	unsigned alive;		  /* answers meanwhile, to what came before */
};

static bool is_full(const struct kept *k)
{
	return kept_is_full(k) && kept_has_data(k);
}

static size_t fragmented_bytes(const struct kept *k)
{
	return k->fragments.length - k->packet.tcp.data_offset;
}

static bool is_whole(const struct kept *first, const struct kept *k)
{
	const struct tcp_view *part = &first->packet.tcp, *tcp = &k->packet.tcp;

	return k->kind == SEGMENT_DATA && tcp->sequence == part->sequence &&
	       tcp->payload_length == fragmented_bytes(first) &&
	       tcp->payload_available >= part->payload_available &&
	       memcmp(tcp->payload, part->payload, part->payload_available) ==
		       0;
}

static bool is_again(const struct kept *first, const struct kept *k)
{
	return k->kind == SEGMENT_FRAGMENT && k->fragments.complete &&
	       k->packet.tcp.sequence == first->packet.tcp.sequence &&
	       fragmented_bytes(k) == fragmented_bytes(first);
}

/* The first fragment of the first segment of a flow that was sent so. */
static const struct kept *first_fragmented(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_FRAGMENT &&
		    is_full(f->sent[i]) && f->sent[i]->fragments.complete)
			return f->sent[i];
	return NULL;
}

/* Reads what was sent. False if other data is about as well. */
static bool read_sent(const struct judgement *j, struct sending *a)
{
	const struct flow *f = a->flow;

	for (size_t i = 0; i < f->sent_count && !a->whole; i++)
		if (is_full(f->sent[i]) && is_whole(a->first, f->sent[i]))
			a->whole = f->sent[i];
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!is_full(k) || is_whole(a->first, k))
			continue;
		if (is_again(a->first, k))
			a->lost += a->whole &&
				   a->whole->time_us - k->fragments.last_us >=
					   j->patience_us;
		else if (seq_diff(
				 k->packet.tcp.sequence +
					 (uint32_t)k->packet.tcp.payload_length,
				 a->first->packet.tcp.sequence) > 0)
			return false;
	}
	return true;
}

/* Whether the receiver's window has room for all of the segment (RFC 7323
 * 2.2). */
static bool has_room(const struct sending *a, const struct kept *reply)
{
	const struct kept *syn_ack = flow_syn_ack(a->flow);
	unsigned scale = syn_ack && syn_ack->options.has_wscale
				 ? syn_ack->options.wscale
				 : 0;

	return ((size_t)reply->packet.tcp.window
		<< (scale > 14 ? 14 : scale)) >= fragmented_bytes(a->first);
}

/* Reads what came back: false if any of the segment was acknowledged before
 * it went out in one piece, or never. */
static bool read_received(struct sending *a)
{
	const struct flow *f = a->flow;
	uint32_t begin = a->first->packet.tcp.sequence;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];
		int32_t ahead = seq_diff(r->packet.tcp.acknowledgment, begin);

		if (ahead > 0)
			return a->whole && r->time_us >= a->whole->time_us &&
			       seq_diff(f->server_acked, begin) >=
				       (int32_t)fragmented_bytes(a->first);
		if (ahead == 0 && r->time_us > a->first->time_us &&
		    (!a->whole || r->time_us < a->whole->time_us))
			a->alive += has_room(a, r);
	}
	return false;
}

/* All connections that tell, together. */
struct tally {
	unsigned flows, lost, alive, passed;
	struct sending example; /* the first */
};

/* Whether fragments of the connection vanished. */
static bool read_sending(const struct judgement *j, const struct flow *f,
			 struct sending *a)
{
	*a = (struct sending){.flow = f, .first = first_fragmented(f)};
	return a->first && f->established && !flow_reset(f) &&
	       read_sent(j, a) && read_received(a) &&
	       a->lost >= FRAGMENTED_LOST_MIN && a->alive >= ALIVE_MIN;
}

/* A whole segment in fragments was acknowledged, and none but in fragments had
 * been sent. */
static bool passes(const struct judgement *j, const struct flow *f)
{
	struct sending a = {.flow = f, .first = first_fragmented(f)};

	if (!a.first)
		return false;
	read_sent(j, &a);
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];

		if (seq_diff(r->packet.tcp.acknowledgment,
			     a.first->packet.tcp.sequence) > 0 &&
		    !(r->packet.tcp.flags & TCP_FLAG_RST) &&
		    (!a.whole || r->time_us < a.whole->time_us))
			return true;
	}
	return false;
}

/* ---- where --------------------------------------------------------------- */

static bool is_of(const struct view *v, enum segment_kind kind, unsigned ttl)
{
	return v->ttl == ttl && v->sent->kind == kind &&
	       first_fragmented(v->flow) != NULL;
}

static bool quoted(const struct judgement *j, enum segment_kind kind,
		   unsigned ttl)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (is_of(&j->views[i], kind, ttl))
			return true;
	return false;
}

static unsigned last_quoted(const struct judgement *j)
{
	unsigned last = 0;

	for (unsigned ttl = 1; ttl < j->plain_reach; ttl++)
		if (quoted(j, SEGMENT_FRAGMENT, ttl))
			last = ttl;
	return last;
}

/* Whether a fragment other than the first, or all put together, came there:
 * one behind which only the first comes may wait for the others in vain. */
static bool all_came(const struct judgement *j, unsigned ttl)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct ip_view *ip = &j->views[i].quote->quoted.ip;

		if (is_of(&j->views[i], SEGMENT_FRAGMENT, ttl) &&
		    (ip->fragment_offset || !ip->more_fragments))
			return true;
	}
	return false;
}

/* How often loss alone leaves all fragments with this TTL unquoted, by what
 * became of data in one piece on the same connections. */
static double chance_of_silence(const struct judgement *j, unsigned ttl)
{
	struct tries pieces = {0};
	unsigned copies = 0, quotes = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!first_fragmented(f))
			continue;
		copies += flow_sent_count(f, SEGMENT_FRAGMENT, ttl);
		pieces.sent += flow_sent_count(f, SEGMENT_DATA, ttl);
	}
	for (size_t i = 0; i < j->view_count; i++)
		quotes += is_of(&j->views[i], SEGMENT_DATA, ttl);
	if (quotes < pieces.sent)
		pieces.lost = pieces.sent - quotes;
	return quotes && pieces.sent ? chance_of_loss(copies, pieces) : 1;
}

/* The first hop that no fragment comes past; 0: that is not known. A router may
 * let them pass and quote none: so a second hop must be silent as well, or it
 * may be anybody up to the target; and where one did, silence says nothing. */
static unsigned first_without(const struct judgement *j)
{
	unsigned last = last_quoted(j), first = 0;
	double chance = 1;

	for (unsigned ttl = 1; ttl < last; ttl++)
		if (!quoted(j, SEGMENT_FRAGMENT, ttl) &&
		    chance_of_silence(j, ttl) < CHANCE_OF_SILENCE)
			return 0;
	for (unsigned ttl = last + 1; ttl < j->plain_reach; ttl++) {
		chance *= chance_of_silence(j, ttl);
		if (chance >= CHANCE_OF_SILENCE)
			continue;
		if (first)
			return first;
		first = ttl;
		chance = 1;
	}
	return first ? j->plain_reach : 0;
}

static void place(const struct judgement *j, struct said *s)
{
	unsigned at = first_without(j), after = at ? at - 1 : 0;

	while (after && !all_came(j, after))
		after--;
	if (!at || (at == j->plain_reach && !after))
		return;
	s->at = place_at(j, at);
	if (after || at == 1)
		s->after = place_at(j, after);
}

static struct tally tally_of(const struct judgement *j)
{
	struct tally t = {0};
	struct sending a;

	for (size_t i = 0; i < j->flow_count; i++) {
		t.passed += passes(j, j->flows[i]);
		if (!read_sending(j, j->flows[i], &a))
			continue;
		if (t.flows == 0)
			t.example = a;
		t.flows++;
		t.lost += a.lost;
		t.alive += a.alive;
	}
	return t;
}

static enum why dropped(const struct judgement *j, struct said *s)
{
	struct tally *t = arena_alloc(j->arena, sizeof(*t));

	*t = tally_of(j);
	s->facts = t;
	s->flow = t->example.flow;
	s->have = t->flows;
	s->need = FRAGMENTED_WITNESSES_MIN;
	if (t->passed)
		return WHY_CONTRARY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	s->have = t->lost / FRAGMENTED_PER_LOSS;
	s->need = losses_needed(tries_of(&j->plain));
	if (s->have < s->need)
		return WHY_FEW;
	place(j, s);
	return beyond_chance(s->have, tries_of(&j->plain), t->alive)
		       ? WHY_SAID
		       : WHY_CONTROL;
}

/* ---- what is said -------------------------------------------------------- */

/* Why it is not told where: routers of IPv4 quote the first fragment only
 * (RFC 792), which may pass where the others do not. */
static const char *unplaced(struct judgement *j)
{
	unsigned last = last_quoted(j);

	return last ? arena_printf(
			      j->arena,
			      " The first of them get as far as hop %u; where "
			      "the others are dropped cannot be seen.",
			      last)
		    : "";
}

static void say_dropped(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct tally *t = s->facts;
	const struct kept *first = t->example.first;
	struct sending a;

	for (size_t i = 0; i < j->flow_count; i++)
		if (read_sending(j, j->flows[i], &a))
			finding_connection(j, f, a.flow->id);
	finding_evidence(j, f, first->frame, NULL, NULL,
			 "%zu bytes of data in %u IP fragments went "
			 "unacknowledged %u times on %u connections, while the "
			 "server answered other data",
			 fragmented_bytes(first), first->fragments.count,
			 t->lost, t->flows);
	finding_evidence(j, f, t->example.whole->frame, NULL, NULL,
			 "the same bytes in one piece were acknowledged");
	f->text = arena_printf(j->arena, "IP fragments are dropped %s.%s",
			       f->at.known ? place_phrase(j, f->after, f->at)
					   : "on the path or by the server",
			       f->at.known ? "" : unplaced(j));
}

const struct rule fragment_rules[] = {
	{"ip.fragment_dropped", "silence", PHASE_REST, SEGMENT_FRAGMENT,
	 dropped, .say = say_dropped},
	{0},
};
