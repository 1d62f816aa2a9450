/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where a field is changed, by what hops quote of it.
 */
#include <math.h>

#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/evidence/sizes.h"

/* What a device may act on, or leave alone, as one bit; 0: nothing of these. */
static unsigned class_of(const struct kept *k)
{
	if (k->kind == SEGMENT_DATA)
		return tcp_options_mptcp(&k->options, MP_CAPABLE) ? 1 : 2;
	return k->kind == SEGMENT_JOIN_DATA  ? 4
	       : k->kind == SEGMENT_PURE_ACK ? 8
					     : 0;
}

static bool is_of(const struct kept *k, const struct bracket *b)
{
	return b->classes ? class_of(k) & b->classes
			  : kept_is_of(k, b->kind, b->of);
}

static bool shows(const struct view *v, const struct bracket *b, bool changed)
{
	const struct comparison *c = &v->comparison;

	return is_of(v->sent, b) && comparison_covers(c, b->field) &&
	       (comparison_find(c, b->field) != NULL) == changed;
}

static bool same_hop(const struct view *a, const struct view *b)
{
	return a->ttl == b->ttl &&
	       address_equal(&a->quote->responder, &b->quote->responder);
}

/* Whether the same hop quotes it changed later on: a device that begins late
 * in a connection stands before that hop, whatever it quoted at first. Or it
 * did before: then what stands there leaves some alone. */
static bool changed_too(const struct judgement *j, size_t flow,
			const struct view *intact, const struct bracket *b)
{
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];

		if (v->ttl == intact->ttl && shows(v, b, true) &&
		    (same_hop(v, intact) ||
		     v->sent->time_us > intact->sent->time_us))
			return true;
	}
	return false;
}

/* The same hop quotes it changed on another flow: a device before it lets some
 * pass, as a rate limit does, and this was one of them. */
static bool changed_beside(const struct judgement *j, const struct view *intact,
			   const struct bracket *b)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->flow != intact->flow && shows(v, b, true) &&
		    same_hop(v, intact))
			return true;
	}
	return false;
}

/* A later hop that quotes the field as it was sent clears the hops before
 * it: then one of them quoted a packet that it had itself altered. */
static unsigned last_intact(const struct judgement *j, size_t flow,
			    struct bracket *b)
{
	unsigned last = 0;

	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];

		if (!shows(v, b, false) || v->ttl <= last ||
		    changed_too(j, flow, v, b) ||
		    (b->at && (v->ttl >= b->at || changed_beside(j, v, b))))
			continue;
		last = v->ttl;
		b->intact = v;
	}
	return last;
}

/* The server took what this is a copy of. */
static bool was_accepted(const struct view *v)
{
	return segment_is_syn(v->sent->kind) ? flow_syn_ack(v->flow) != NULL
					     : v->flow->established;
}

static bool has_wrong_checksum(const struct view *v)
{
	return packet_tcp_checksum(&v->quote->quoted) == 0;
}

/* A router may garble what it quotes. Then the checksum of the quote is wrong,
 * though the server took the segment, no hop behind it shows the change, and
 * no other quote of this flow has a wrong one, as it would behind a NAT that
 * mends the addresses in quotes and not the checksum. */
static bool is_garbled(const struct judgement *j, size_t flow,
		       const struct bracket *b)
{
	if (b->witnesses > 1 || !has_wrong_checksum(b->first) ||
	    packet_tcp_checksum(&b->first->sent->packet) != 1 ||
	    !was_accepted(b->first))
		return false;
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++)
		if (!address_equal(&j->views[i].quote->responder,
				   &b->first->quote->responder) &&
		    has_wrong_checksum(&j->views[i]))
			return false;
	return true;
}

bool ask_bracket(const struct judgement *j, size_t flow, enum segment_kind kind,
		 enum of_kind of, enum field field, struct bracket *b)
{
	*b = (struct bracket){.flow = j->flows[flow],
			      .index = flow,
			      .kind = kind,
			      .of = of,
			      .field = field};
	b->after = last_intact(j, flow, b);
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];
		const struct changed *c;

		if (!is_of(v->sent, b) || v->ttl <= b->after)
			continue;
		c = comparison_find(&v->comparison, field);
		if (!c)
			continue;
		b->witnesses++;
		if (b->at == 0 || v->ttl < b->at) {
			b->at = v->ttl;
			b->first = v;
			b->changed = c;
		}
	}
	if (b->at && b->after && changed_beside(j, b->intact, b))
		b->after = last_intact(j, flow, b);
	return b->at != 0 && !is_garbled(j, flow, b);
}

/* What a device does to one version of MP_CAPABLE, it need not do to another.
 */
static bool is_alike(const struct flow *f, const struct bracket *b)
{
	return b->kind != SEGMENT_SYN ||
	       f->mptcp.version == b->flow->mptcp.version;
}

bool bracket_spares(const struct judgement *j, const struct bracket *b)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (is_alike(j->views[i].flow, b) &&
		    shows(&j->views[i], b, false) &&
		    same_hop(&j->views[i], b->first))
			return true;
	return false;
}

/* ---- of a device that lets some pass ------------------------------------- */

/* A connection whose SYN is of the kind. */
static bool is_tried(const struct flow *f, const struct bracket *b)
{
	return flow_is(f, b->kind == SEGMENT_SYN ? PURPOSE_MP_CAPABLE
						 : PURPOSE_MP_JOIN) &&
	       is_alike(f, b);
}

/* The SYN/ACK has the option, as the SYN had when it came. */
static bool is_answered(const struct flow *f, const struct bracket *b)
{
	return b->kind == SEGMENT_SYN ? f->mptcp.syn_ack : f->join.syn_ack;
}

static bool is_answered_plain(const struct flow *f, const struct bracket *b)
{
	return f->syn_ack_seen && !is_answered(f, b);
}

/* The first hop that quotes some changed quotes others as they were sent; or
 * some are answered with their MPTCP option, and some without. */
static bool some_syns_pass(const struct judgement *j, const struct bracket *b)
{
	bool answered = false, plain = false;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		answered |= is_tried(f, b) && is_answered(f, b);
		plain |= is_tried(f, b) && is_answered_plain(f, b);
	}
	return (answered && plain) || bracket_spares(j, b);
}

/* Of those that came to the hop at `at` and farther, to the server as well: how
 * many were changed and how many were not; of how many connections both are.
 * Those that hops before `at` quote as sent, by TTL. */
struct passed {
	unsigned changed, intact;
	unsigned torn; /* connections with SYNs of both kinds; or data that came
			  intact behind what did not */
	size_t least;  /* bytes of the shortest data that was changed */
	unsigned before[UINT8_MAX + 1];
};

static void count_syns(const struct judgement *j, size_t flow,
		       const struct bracket *b, struct passed *p)
{
	const struct flow *f = j->flows[flow];
	unsigned changed = is_answered_plain(f, b), intact = is_answered(f, b);

	if (!is_tried(f, b))
		return;
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];

		changed += shows(v, b, true);
		intact += v->ttl >= b->at && shows(v, b, false);
	}
	p->changed += changed;
	p->intact += intact;
	p->torn += changed && intact;
}

/* The server took it as MPTCP. */
static bool was_taken(const struct flow *f, const struct kept *k)
{
	uint32_t end =
		k->packet.tcp.sequence + (uint32_t)k->packet.tcp.payload_length;

	return kept_is_full_data(k) &&
	       flow_mptcp_acked(f) >= end - (f->client_isn + 1);
}

/* The first data that it took as TCP, so that the connection fell back; or
 * NULL. */
static const struct kept *fell_with(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_is_full_data(f->sent[i]) && !was_taken(f, f->sent[i]))
			return (flow_fell_behind(f) || flow_lost_mptcp(f)) &&
					       flow_acked(f, f->sent[i])
				       ? f->sent[i]
				       : NULL;
	return NULL;
}

/* The first that came changed; NULL: none did. */
static const struct kept *first_changed(const struct judgement *j, size_t flow,
					const struct bracket *b,
					const struct kept *fell)
{
	const struct kept *first = fell;

	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];

		if (v->ttl >= b->at && shows(v, b, true) &&
		    (!first || v->sent->frame < first->frame))
			first = v->sent;
	}
	return first;
}

/* A device that begins late lets nothing pass behind what it changed, and one
 * that goes by the size nothing that is as large. */
static void take_intact(struct passed *p, const struct kept *k,
			const struct kept *first)
{
	p->intact++;
	p->torn +=
		first && k->frame > first->frame && kept_length(k) >= p->least;
}

static void count_data(const struct judgement *j, size_t flow,
		       const struct bracket *b, struct passed *p)
{
	const struct flow *f = j->flows[flow];
	const struct kept *first, *fell = fell_with(f);

	if (fell && !is_of(fell, b))
		fell = NULL;
	first = first_changed(j, flow, b, fell);
	p->changed += fell != NULL;
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];

		p->changed += v->ttl >= b->at && shows(v, b, true);
		if (v->ttl >= b->at && shows(v, b, false))
			take_intact(p, v->sent, first);
	}
	for (size_t i = 0; i < f->sent_count; i++)
		if (is_of(f->sent[i], b) && was_taken(f, f->sent[i]))
			take_intact(p, f->sent[i], first);
}

static void add_class(unsigned *classes, size_t *least, const struct kept *k)
{
	*classes |= class_of(k);
	if (class_of(k) && kept_length(k) < *least)
		*least = kept_length(k);
}

/* What of data and ACKs the device acts on, by quotes, and by what the server
 * took where MPTCP works otherwise. */
static unsigned acted_on(const struct judgement *j, size_t *least)
{
	bool told = flow_first(j, flow_data_acked);
	unsigned classes = 0;

	*least = SIZE_MAX;
	for (size_t i = 0; i < j->view_count; i++)
		if (comparison_find(&j->views[i].comparison,
				    FIELD_OPTION_MPTCP))
			add_class(&classes, least, j->views[i].sent);
	for (size_t i = 0; i < j->flow_count && told; i++) {
		const struct kept *k = fell_with(j->flows[i]);

		if (k)
			add_class(&classes, least, k);
	}
	return classes;
}

static void count_before(const struct judgement *j, size_t flow,
			 const struct bracket *b, struct passed *p)
{
	if (segment_is_syn(b->kind) && !is_tried(j->flows[flow], b))
		return;
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++)
		if (j->views[i].ttl < b->at && shows(&j->views[i], b, false))
			p->before[j->views[i].ttl]++;
}

/* The logarithm of how likely it is at most that of so many these are changed
 * and the others not. */
static double likelihood(unsigned changed, unsigned intact)
{
	double all = changed + intact;

	return changed * log(changed / all) + intact * log(intact / all);
}

/* The nearest hop that shows the change to any connection. */
static void take_nearest(const struct judgement *j, struct bracket *b)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		/* mutant: 0 is of other errors than "time exceeded", and who
		 * sends these for SYNs without MPTCP lets no connection
		 * through. */
		if (!v->ttl || v->ttl >= b->at || !shows(v, b, true))
			continue;
		b->at = v->ttl;
		b->first = v;
		b->changed = comparison_find(&v->comparison, b->field);
	}
}

/* A quote of that hop, as it was sent; NULL: there is none. */
static const struct view *intact_at(const struct judgement *j,
				    const struct bracket *b, unsigned ttl)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].ttl == ttl && shows(&j->views[i], b, false))
			return &j->views[i];
	return NULL;
}

/* The last hop that the device is likely to stand behind. */
static unsigned likely_after(const struct bracket *b, struct passed p)
{
	double likeliest = likelihood(p.changed, p.intact);
	unsigned ttl;

	for (ttl = b->at - 1; ttl > 0; ttl--) {
		p.intact += p.before[ttl];
		if (ttl <= b->after &&
		    likelihood(p.changed, p.intact) <
			    likeliest + log(CHANCE_OF_PASSING))
			break;
	}
	return ttl;
}

bool bracket_spread(const struct judgement *j, struct bracket *b)
{
	const bool syns = segment_is_syn(b->kind);
	struct bracket nearest = *b;
	struct passed p = {0};

	if (b->field != FIELD_OPTION_MPTCP ||
	    !(syns ? some_syns_pass(j, b) : class_of(b->first->sent)))
		return false;
	if (!syns)
		nearest.classes = acted_on(j, &p.least);
	take_nearest(j, &nearest);
	for (size_t i = 0; i < j->flow_count; i++) {
		(syns ? count_syns : count_data)(j, i, &nearest, &p);
		count_before(j, i, &nearest, &p);
	}
	if (!p.torn)
		return syns;
	nearest.after = likely_after(&nearest, p);
	nearest.intact =
		nearest.after ? intact_at(j, &nearest, nearest.after) : NULL;
	*b = nearest;
	return true;
}
