/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which flow a TCP segment belongs to, and what it says of that flow.
 */
#include <netinet/in.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observe.h"

static bool has_flags(const struct packet *p, uint8_t set, uint8_t clear)
{
	return (p->tcp.flags & set) == set && (p->tcp.flags & clear) == 0;
}

/* A plain SYN of a flow that asked for MPTCP: so clients end up whose other
 * SYNs are not answered. */
static bool gives_up(const struct flow *f, const struct kept *k)
{
	return (f->mptcp.syn || f->join.syn) && !k->options.mptcp_count;
}

/* What a segment of the client is, in the words of the report. */
static enum segment_kind sent_kind(const struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	bool joining = f->purpose == PURPOSE_MP_JOIN ||
		       f->purpose == PURPOSE_MP_JOIN_RANDOM;
	bool third = f->syn_ack_seen && tcp->sequence == f->client_isn + 1 &&
		     tcp->acknowledgment == f->server_isn + 1;

	if (observe_is_syn(&k->packet) && gives_up(f, k))
		return SEGMENT_FALLBACK_SYN;
	if (observe_is_syn(&k->packet))
		return joining ? SEGMENT_JOIN_SYN : SEGMENT_SYN;
	if (tcp->flags & (TCP_FLAG_RST | TCP_FLAG_SYN))
		return SEGMENT_OTHER;
	if (tcp->payload_length > 0 && k->packet.ip.more_fragments)
		return SEGMENT_FRAGMENT;
	if (tcp->payload_length > 0)
		return joining ? SEGMENT_JOIN_DATA : SEGMENT_DATA;
	if (tcp->flags & TCP_FLAG_FIN)
		return SEGMENT_OTHER;
	if (tcp_options_mptcp(&k->options, MP_ADD_ADDR))
		return SEGMENT_ADD_ADDR;
	if (tcp_options_mptcp(&k->options, MP_DSS))
		return SEGMENT_PURE_ACK;
	if (!third)
		return SEGMENT_OTHER;
	return joining ? SEGMENT_JOIN_ACK : SEGMENT_ACK;
}

static enum segment_kind received_kind(const struct flow *f,
				       const struct kept *k)
{
	bool joining = f->purpose == PURPOSE_MP_JOIN ||
		       f->purpose == PURPOSE_MP_JOIN_RANDOM;

	if (has_flags(&k->packet, TCP_FLAG_SYN | TCP_FLAG_ACK, TCP_FLAG_RST))
		return joining ? SEGMENT_JOIN_SYN_ACK : SEGMENT_SYN_ACK;
	if (!(k->packet.tcp.flags & TCP_FLAG_RST) &&
	    k->packet.tcp.payload_length > 0)
		return joining ? SEGMENT_JOIN_DATA : SEGMENT_DATA;
	return SEGMENT_OTHER;
}

/* The SYN/ACK answers a plain SYN, before which the capture lacks another. */
static bool gave_up_before(const struct flow *f)
{
	size_t answered = f->syn_ack_seen
				  ? flow_answered_syn(f, f->first_syn_ack)
				  : FLOW_NONE;

	return answered != FLOW_NONE && !f->sent[answered]->options.mptcp_count;
}

static void track_sent(struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN))
		end++;
	if (tcp->flags & TCP_FLAG_RST)
		return;
	observe_window(f, k);
	if (observe_is_syn(&k->packet) && gives_up(f, k)) {
		f->plain_syn = true;
		f->mptcp.gave_up |= !f->syn_ack_seen;
	} else if (observe_is_syn(&k->packet) && k->options.mptcp_count) {
		f->mptcp.gave_up |= gave_up_before(f);
	}
	f->client_fin |= (tcp->flags & TCP_FLAG_FIN) != 0;
	if (seq_diff(end, f->client_next) > 0)
		f->client_next = end;
	if (f->syn_ack_seen && (tcp->flags & TCP_FLAG_ACK))
		f->established = true;
}

static void track_syn_ack(struct flow *f, const struct kept *k, size_t index)
{
	if (f->syn_ack_seen)
		return;
	f->syn_ack_seen = true;
	f->first_syn_ack = index;
	f->server_isn = k->packet.tcp.sequence;
	f->server_next = f->client_acked = f->server_isn + 1;
	f->server_acked = k->packet.tcp.acknowledgment;
	f->timestamps = k->options.has_timestamps;
	f->mptcp.gave_up |=
		(f->mptcp.syn || f->join.syn) && flow_answered_unseen(f, k);
}

/* It answers a SYN: with a sequence number of 0 (RFC 9293 3.5.2), which says
 * nothing to who has taken the SYN/ACK. Copies of the SYN may come late. */
static bool is_late_refusal(const struct flow *f, const struct tcp_view *tcp)
{
	return f->established && tcp->flags & TCP_FLAG_ACK &&
	       tcp->sequence == 0 && f->server_isn + 1 != 0 &&
	       tcp->acknowledgment == f->client_isn + 1;
}

static void track_received(struct flow *f, const struct kept *k, size_t index)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (tcp->flags & TCP_FLAG_RST) {
		if (f->first_reset == FLOW_NONE && !is_late_refusal(f, tcp))
			f->first_reset = index;
		return;
	}
	if (tcp->flags & TCP_FLAG_SYN) {
		track_syn_ack(f, k, index);
	} else {
		if (seq_diff(tcp->acknowledgment, f->server_acked) > 0)
			f->server_acked = tcp->acknowledgment;
		if (seq_diff(tcp->sequence, f->server_next) <= 0 &&
		    seq_diff(end, f->server_next) > 0) {
			f->payload_received +=
				(uint32_t)seq_diff(end, f->server_next);
			f->server_next = end;
		}
		if ((tcp->flags & TCP_FLAG_FIN) && end == f->server_next &&
		    !f->server_fin) {
			f->server_fin = true;
			f->server_next++;
		}
	}
	if (k->options.has_timestamps)
		f->server_tsval = k->options.tsval;
}

/* Nothing was answered, and there is much already. */
static bool is_too_much(const struct observer *o, const struct flow *f)
{
	return !f->syn_ack_seen && f->sent_count >= KEPT_UNANSWERED &&
	       o->kept >= KEPT_PLENTY;
}

/* One more segment of a long connection: followed, but not kept. Segments
 * with low TTLs, which quotes refer to, are. */
static bool is_ordinary(const struct observer *o, const struct flow *f,
			const struct kept *k, size_t kept, bool sent)
{
	size_t most = KEPT_ORDINARY;
	bool plain = k->kind == SEGMENT_DATA || k->kind == SEGMENT_JOIN_DATA ||
		     k->kind == SEGMENT_FRAGMENT ||
		     k->kind == SEGMENT_PURE_ACK || k->kind == SEGMENT_OTHER;

	if (o->kept >= KEPT_PLENTY && !f->connection)
		most = KEPT_PLAIN;
	else if (o->kept >= KEPT_TOO_MANY)
		most = KEPT_MPTCP;
	if (kept < most || !plain || (k->packet.tcp.flags & TCP_FLAG_RST))
		return false;
	return !sent || f->released || k->packet.ip.ttl >= ORDINARY_TTL;
}

#define TCP_HEADER 20 /* bytes; options follow */

static void see_snapped(struct flow *f, const struct packet *p)
{
	if (p->tcp.available >= TCP_HEADER &&
	    p->tcp.options_available >= p->tcp.options_length)
		return;
	f->snapped = true;
	f->syn_snapped |= (p->tcp.flags & TCP_FLAG_SYN) != 0;
}

/* The segment that was kept last is only begun. */
static void begin_fragments(struct observer *o, struct flow *f)
{
	struct kept *k = f->sent[f->sent_count - 1];

	k->fragments = (struct fragments){
		.count = 1,
		.length = k->packet.tcp.length,
		.last_us = k->time_us,
	};
	o->fragmented = f->id - 1;
}

/* They are sent one behind the other: what comes in another order is left
 * incomplete, and proves nothing. */
void observe_fragment(struct observer *o, const struct packet *p,
		      int64_t time_us)
{
	struct flow *f =
		o->fragmented == FLOW_NONE ? NULL : o->flows[o->fragmented];
	struct kept *k = f && f->sent_count ? f->sent[f->sent_count - 1] : NULL;
	const struct ip_view *first = k ? &k->packet.ip : NULL;
	uint32_t end;

	if (!k || k->kind != SEGMENT_FRAGMENT || k->fragments.complete ||
	    p->ip.id != first->id || p->ip.protocol != IPPROTO_TCP ||
	    p->ip.fragment_offset != k->fragments.length ||
	    p->ip.total_length < p->ip.header_length ||
	    !address_equal(&p->ip.source, &first->source) ||
	    !address_equal(&p->ip.destination, &first->destination) ||
	    link_comes_back(&f->link, &o->link))
		return;
	k->fragments.count++;
	k->fragments.length += p->ip.total_length - p->ip.header_length;
	k->fragments.complete = !p->ip.more_fragments;
	k->fragments.last_us = time_us;
	end = k->packet.tcp.sequence +
	      (uint32_t)(k->fragments.length - k->packet.tcp.data_offset);
	if (seq_diff(end, f->client_next) > 0)
		f->client_next = end;
}

/* Files, and interfaces where these have clocks of their own. */
static uint32_t place_of(const struct observer *o)
{
	return o->file << 16 | o->interface;
}

static bool seen_again(const struct observer *o, struct flow *f, unsigned side,
		       const struct packet *p, int64_t time_us)
{
	bool again;

	if (!f->sightings)
		f->sightings =
			arena_alloc(f->packets, 2 * sizeof(*f->sightings));
	again = sightings_again(&f->sightings[side], p, place_of(o), time_us);
	f->blurred |= f->sightings[side].elsewhere;
	return again;
}

void observe_sent(struct observer *o, struct flow *f, const struct packet *p,
		  uint64_t frame, int64_t time_us)
{
	struct kept k;

	if (!observe_may_be_sent(f, p)) {
		f->unfit++;
		return;
	}
	if (seen_again(o, f, 0, p, time_us))
		return;
	k = observer_look(p, frame, time_us);
	f->last_us = time_us;
	see_snapped(f, p);
	k.kind = sent_kind(f, &k);
	track_sent(f, &k);
	observe_mptcp(o, f, 0, &k);
	if (f->sent_count >= KEPT_MAX || is_too_much(o, f) ||
	    is_ordinary(o, f, &k, f->sent_count, true)) {
		f->unkept = true;
		return;
	}
	o->kept++;
	*ARENA_PUSH(f->packets, f->sent, f->sent_count) =
		observer_keep(f->packets, p, frame, time_us);
	f->sent[f->sent_count - 1]->kind = k.kind;
	if (k.kind == SEGMENT_FRAGMENT)
		begin_fragments(o, f);
}

void observe_received(struct observer *o, struct flow *f,
		      const struct packet *p, uint64_t frame, int64_t time_us)
{
	size_t index = f->received_count;
	struct kept k;

	if (!observe_fits(f, p)) {
		observe_ahead(f, p);
		f->unfit++;
		return;
	}
	if (seen_again(o, f, 1, p, time_us)) {
		f->syn_acks_again += !!(p->tcp.flags & TCP_FLAG_SYN);
		return;
	}
	see_snapped(f, p);
	k = observer_look(p, frame, time_us);
	f->last_us = time_us;
	k.kind = received_kind(f, &k);
	track_received(f, &k, index);
	if (f->first_syn_ack == index) {
		f->syn_ack_link = o->link;
		observer_note_answered(o, f);
	}
	observe_mptcp(o, f, 1, &k);
	/* The first SYN/ACK and the first RST are kept in any case. */
	if ((index >= KEPT_MAX || is_ordinary(o, f, &k, index, false)) &&
	    f->first_syn_ack != index && f->first_reset != index) {
		f->unkept = true;
		return;
	}
	o->kept++;
	*ARENA_PUSH(f->packets, f->received, f->received_count) =
		observer_keep(f->packets, p, frame, time_us);
	f->received[index]->kind = k.kind;
}

/* --- in the middle -------------------------------------------------------- */

/* Who has begun, where the capture does not show it: not who sends the
 * SYN/ACK, nor who uses the smaller port. */
static bool sender_began(const struct packet *p)
{
	if (p->tcp.flags & TCP_FLAG_SYN)
		return observe_is_syn(p);
	return p->tcp.source_port >= p->tcp.destination_port;
}

/* Without the SYN nothing tells whether a segment fits. */
static void observe_middle(struct observer *o, struct flow *f, unsigned side,
			   const struct packet *p, uint64_t frame,
			   int64_t time_us)
{
	struct kept k;

	if (seen_again(o, f, side, p, time_us))
		return;
	k = observer_look(p, frame, time_us);
	f->last_us = time_us;
	if (side && !f->sides[1].packets)
		f->server_acked = p->tcp.acknowledgment;
	f->mixed |= side && (uint32_t)(p->tcp.acknowledgment - f->server_acked +
				       EARLY_BYTES) > 2 * EARLY_BYTES;
	see_snapped(f, p);
	observe_mptcp(o, f, side, &k);
}

static void begin_middle(struct observer *o, const struct packet *p,
			 uint64_t frame, int64_t time_us)
{
	unsigned side = sender_began(p) ? 0 : 1;
	struct tcp_options options;
	struct flow *f;

	if (o->own_count || p->tcp.options_available < 3)
		return;
	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &options);
	if (!options.mptcp_count)
		return;
	observer_forget(o, time_us);
	f = observer_add_middle(o, p, side);
	f->first_us = time_us;
	f->first_frame = frame;
	observe_middle(o, f, side, p, frame, time_us);
}

/* A reply to a client that had a SYN/ACK which is not in the capture. */
static bool lacks_syn_ack(const struct observer *o, const struct flow *f,
			  const struct packet *p)
{
	return !o->own_count && flow_lacks_syn_ack(f) &&
	       !(p->tcp.flags & TCP_FLAG_SYN);
}

static void observe_unbegun(struct observer *o, struct flow *from,
			    struct flow *to, const struct packet *p,
			    uint64_t frame, int64_t time_us)
{
	observe_early(o, p, frame, time_us);
	if (from || to)
		observe_middle(o, from ? from : to, from ? 0 : 1, p, frame,
			       time_us);
	else
		begin_middle(o, p, frame, time_us);
}

/* Forged, or our own that came back: a SYN beside that of a connection, and
 * what is said to be of its client and comes to where this sends from. Which of
 * two SYNs is its client's the server tells. */
static bool is_alien(struct observer *o, const struct packet *p,
		     struct flow *from, uint64_t frame, int64_t time_us)
{
	bool contends = observe_contends(p, from, time_us);

	if (!from || !from->begun ||
	    (!contends && !link_comes_back(&from->link, &o->link)))
		return false;
	if (contends && !from->syn_ack_seen)
		observe_rival(o, p, frame, time_us);
	from->unfit++;
	return true;
}

/* A SYN that came in, where its client is seen to send another: it is none. */
static struct flow *without_alien(struct observer *o, const struct packet *p,
				  struct flow *from)
{
	if (!observe_is_syn(p) || !from || !from->begun || from->syn_ack_seen ||
	    !observer_came_in(o, &from->client, &from->link) ||
	    observer_came_in(o, &from->client, &o->link))
		return from;
	observer_retract(o, from);
	return NULL;
}

/* The flows that its source, its destination began. */
static void find_flows(const struct observer *o, const struct packet *p,
		       struct flow **from, struct flow **to)
{
	const struct tcp_view *tcp = &p->tcp;

	*from = observer_flow(o, &p->ip.source, tcp->source_port,
			      &p->ip.destination, tcp->destination_port,
			      IPPROTO_TCP);
	*to = observer_flow(o, &p->ip.destination, tcp->destination_port,
			    &p->ip.source, tcp->source_port, IPPROTO_TCP);
}

void observe_tcp(struct observer *o, const struct packet *p, uint64_t frame,
		 int64_t time_us)
{
	struct flow *from, *to;
	bool begins;

	if (p->tcp.available < 14 || p->tcp.data_offset == 0)
		return;
	find_flows(o, p, &from, &to);
	if (!from && !to && observe_thaw(o, p))
		find_flows(o, p, &from, &to);
	if (observe_double(o, from, to, p, frame, time_us))
		return;
	from = without_alien(o, p, from);
	if (is_alien(o, p, from, frame, time_us))
		return;
	begins = observe_opens(o, p, from, to, time_us);
	if (begins)
		from = observe_begin(o, p, from && !from->begun ? from : NULL,
				     frame, time_us);
	else if (to && to->begun && !from)
		to = observe_confirm(o, to, p);
	if (from && from->begun &&
	    (observe_is_syn(p) || !to || !to->begun || !observe_fits(to, p)))
		observe_sent(o, from, p, frame, time_us);
	else if (to && to->begun && !lacks_syn_ack(o, to, p))
		observe_received(o, to, p, frame, time_us);
	else
		observe_unbegun(o, from, to, p, frame, time_us);
	if (begins)
		observe_take_early(o, from);
}
