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

static bool is_syn(const struct packet *p)
{
	return has_flags(p, TCP_FLAG_SYN, TCP_FLAG_ACK | TCP_FLAG_RST);
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

	if (is_syn(&k->packet) && gives_up(f, k))
		return SEGMENT_FALLBACK_SYN;
	if (is_syn(&k->packet))
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

/* The purpose of a flow is what its first SYN asks for. A token that no
 * connection of this capture has is a random one. */
static enum purpose syn_purpose(const struct kept *k)
{
	struct tcp_option experiment;

	if (tcp_options_mptcp(&k->options, MP_CAPABLE))
		return PURPOSE_MP_CAPABLE;
	if (tcp_options_mptcp(&k->options, MP_JOIN))
		return PURPOSE_MP_JOIN_RANDOM; /* until its parent is found */
	return kept_experiment(k, &experiment) ? PURPOSE_UNKNOWN_OPTION
					       : PURPOSE_TCP;
}

static void track_sent(struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN))
		end++;
	if (tcp->flags & TCP_FLAG_RST)
		return;
	if (is_syn(&k->packet) && gives_up(f, k)) {
		f->plain_syn = true;
		f->mptcp.gave_up |= !f->syn_ack_seen;
	}
	f->client_fin |= (tcp->flags & TCP_FLAG_FIN) != 0;
	if (seq_diff(end, f->client_next) > 0)
		f->client_next = end;
	if (f->syn_ack_seen && (tcp->flags & TCP_FLAG_ACK))
		f->established = true;
}

/* A reply is believed if it acknowledges what this flow sent, which nobody who
 * does not see its packets can know; hosts send no segment without ACK but a
 * SYN or a RST (RFC 9293 3.10). */
static bool reply_fits(const struct flow *f, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;
	bool ack = tcp->flags & TCP_FLAG_ACK;
	bool ack_fits = ack && tcp->acknowledgment != f->client_isn &&
			seq_diff(tcp->acknowledgment, f->client_isn) > 0 &&
			seq_diff(tcp->acknowledgment, f->client_next) <= 0;
	int32_t ahead = seq_diff(tcp->sequence, f->server_next);

	if (tcp->flags & TCP_FLAG_SYN)
		return ack && tcp->acknowledgment == f->client_isn + 1;
	if (tcp->flags & TCP_FLAG_RST)
		return ack_fits ||
		       (f->syn_ack_seen && ahead > -65536 && ahead < 65536);
	return f->syn_ack_seen && ack_fits;
}

static void track_syn_ack(struct flow *f, const struct kept *k, size_t index)
{
	if (f->syn_ack_seen)
		return;
	f->syn_ack_seen = true;
	f->first_syn_ack = index;
	f->server_isn = k->packet.tcp.sequence;
	f->server_next = f->server_isn + 1;
	f->server_acked = k->packet.tcp.acknowledgment;
	f->timestamps = k->options.has_timestamps;
}

static void track_received(struct flow *f, const struct kept *k, size_t index)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (tcp->flags & TCP_FLAG_RST) {
		if (f->first_reset == FLOW_NONE)
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

/* One more segment of a long connection: followed, but not kept. Segments
 * with low TTLs, which quotes refer to, are. */
static bool is_ordinary(const struct flow *f, const struct kept *k, size_t kept,
			bool sent)
{
	bool plain = k->kind == SEGMENT_DATA || k->kind == SEGMENT_JOIN_DATA ||
		     k->kind == SEGMENT_FRAGMENT || k->kind == SEGMENT_OTHER;

	if (kept < KEPT_ORDINARY || !plain ||
	    (k->packet.tcp.flags & TCP_FLAG_RST))
		return false;
	return !sent || f->released || k->packet.ip.ttl >= ORDINARY_TTL;
}

static void see_snapped(struct flow *f, const struct packet *p)
{
	if (p->tcp.options_available >= p->tcp.options_length)
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
	    !address_equal(&p->ip.destination, &first->destination))
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

static bool seen_again(struct flow *f, unsigned side, const struct packet *p,
		       int64_t time_us)
{
	if (!f->sightings)
		f->sightings =
			arena_alloc(f->packets, 2 * sizeof(*f->sightings));
	return sightings_again(&f->sightings[side], p, time_us);
}

static void observe_sent(struct observer *o, struct flow *f,
			 const struct packet *p, uint64_t frame,
			 int64_t time_us)
{
	struct kept k;

	if (seen_again(f, 0, p, time_us))
		return;
	k = observer_look(p, frame, time_us);
	f->last_us = time_us;
	see_snapped(f, p);
	k.kind = sent_kind(f, &k);
	track_sent(f, &k);
	observe_mptcp(o, f, 0, &k);
	if (f->sent_count >= KEPT_MAX ||
	    is_ordinary(f, &k, f->sent_count, true))
		return;
	*ARENA_PUSH(f->packets, f->sent, f->sent_count) =
		observer_keep(f->packets, p, frame, time_us);
	f->sent[f->sent_count - 1]->kind = k.kind;
	if (k.kind == SEGMENT_FRAGMENT)
		begin_fragments(o, f);
}

static void observe_received(struct observer *o, struct flow *f,
			     const struct packet *p, uint64_t frame,
			     int64_t time_us)
{
	size_t index = f->received_count;
	struct kept k;

	if (!reply_fits(f, p) || seen_again(f, 1, p, time_us))
		return;
	see_snapped(f, p);
	k = observer_look(p, frame, time_us);
	f->last_us = time_us;
	k.kind = received_kind(f, &k);
	track_received(f, &k, index);
	observe_mptcp(o, f, 1, &k);
	/* The first SYN/ACK and the first RST are kept in any case. */
	if ((index >= KEPT_MAX || is_ordinary(f, &k, index, false)) &&
	    f->first_syn_ack != index && f->first_reset != index)
		return;
	*ARENA_PUSH(f->packets, f->received, f->received_count) =
		observer_keep(f->packets, p, frame, time_us);
	f->received[index]->kind = k.kind;
}

/* A SYN that comes behind others of its subflow in the file begins it. */
static struct flow *begin_flow(struct observer *o, const struct packet *p,
			       struct flow *middle, uint64_t frame,
			       int64_t time_us)
{
	const struct side *sent = middle ? &middle->sides[0] : NULL;
	struct kept first = observer_look(p, frame, time_us);
	struct flow *f = middle;

	if (sent && (!sent->has_isn || sent->isn == p->tcp.sequence)) {
		observer_remove_middle(o, f);
		observer_begin(o, f);
	} else {
		f = observer_add_flow(o, p, IPPROTO_TCP, p->tcp.source_port,
				      p->tcp.destination_port);
		f->first_frame = frame;
		f->first_us = time_us;
	}
	f->purpose = syn_purpose(&first);
	f->last_us = time_us;
	f->client_isn = p->tcp.sequence;
	f->client_next = f->client_isn;
	return f;
}

/* So long after its last packet the ports of a connection may be used anew
 * by the other end: twice the maximum segment lifetime of Linux. */
#define PORTS_REST_US 60000000

/* The server joins a connection by its client's token: nobody else knows it. */
static bool joins_ours(const struct observer *o, const struct packet *p)
{
	const struct kept k = observer_look(p, 0, 0);
	const struct mptcp_option *join =
		tcp_options_mptcp(&k.options, MP_JOIN);
	unsigned host;

	return join && mptcp_by_token(&o->connections, join->join.token, &host);
}

/* A SYN with the addresses and ports of a connection that is open is not its
 * client's: hosts do not use them anew before it ends. */
static bool is_forged_syn(const struct packet *p, const struct flow *from,
			  int64_t time_us)
{
	return is_syn(p) && from && from->begun && from->syn_ack_seen &&
	       from->client_isn != p->tcp.sequence && !from->sides[0].fin &&
	       !from->sides[1].fin && !from->sides[0].reset_frame &&
	       !from->sides[1].reset_frame &&
	       time_us - from->last_us < PORTS_REST_US;
}

/* A SYN begins a connection, unless it comes from the server of one: who forges
 * that wants to be taken for its client. */
static bool opens(const struct observer *o, const struct packet *p,
		  const struct flow *from, const struct flow *to,
		  int64_t time_us)
{
	if (!is_syn(p) ||
	    (from && from->begun && from->client_isn == p->tcp.sequence))
		return false;
	if (!from && to && to->begun && to->syn_ack_seen &&
	    time_us - to->last_us < PORTS_REST_US)
		return false;
	return !o->own_count || observer_owns(o, &p->ip.source) ||
	       joins_ours(o, p);
}

/* --- in the middle -------------------------------------------------------- */

/* Who has begun, where the capture does not show it: not who sends the
 * SYN/ACK, nor who uses the smaller port. */
static bool sender_began(const struct packet *p)
{
	if (p->tcp.flags & TCP_FLAG_SYN)
		return is_syn(p);
	return p->tcp.source_port >= p->tcp.destination_port;
}

/* Without the SYN nothing tells whether a segment fits. */
static void observe_middle(struct observer *o, struct flow *f, unsigned side,
			   const struct packet *p, uint64_t frame,
			   int64_t time_us)
{
	struct kept k;

	if (seen_again(f, side, p, time_us))
		return;
	k = observer_look(p, frame, time_us);
	f->last_us = time_us;
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

/* --- a SYN/ACK in front of its SYN ---------------------------------------- */

static void keep_early(struct observer *o, const struct packet *p,
		       uint64_t frame, int64_t time_us)
{
	struct early *e = &o->early[o->next_early % EARLY_MAX];

	if (o->own_count ||
	    !has_flags(p, TCP_FLAG_SYN | TCP_FLAG_ACK, TCP_FLAG_RST))
		return;
	o->next_early++;
	arena_free(e->arena);
	e->arena = arena_new();
	e->syn_ack = observer_keep(e->arena, p, frame, time_us);
}

static bool answers(const struct packet *p, const struct flow *f)
{
	return p->tcp.destination_port == f->client_port &&
	       p->tcp.source_port == f->server_port &&
	       address_equal(&p->ip.destination, &f->client) &&
	       address_equal(&p->ip.source, &f->server) && reply_fits(f, p);
}

/* The SYN has come: its SYN/ACK is taken now, as if only now it came. */
static void take_early(struct observer *o, struct flow *f)
{
	for (size_t i = 0; i < EARLY_MAX; i++) {
		struct early *e = &o->early[i];

		if (!e->arena || !answers(&e->syn_ack->packet, f))
			continue;
		f->sightings = NULL;
		observe_received(o, f, &e->syn_ack->packet, e->syn_ack->frame,
				 e->syn_ack->time_us);
		arena_free(e->arena);
		e->arena = NULL;
	}
}

static void observe_unbegun(struct observer *o, struct flow *from,
			    struct flow *to, const struct packet *p,
			    uint64_t frame, int64_t time_us)
{
	keep_early(o, p, frame, time_us);
	if (from || to)
		observe_middle(o, from ? from : to, from ? 0 : 1, p, frame,
			       time_us);
	else
		begin_middle(o, p, frame, time_us);
}

void observe_tcp(struct observer *o, const struct packet *p, uint64_t frame,
		 int64_t time_us)
{
	const struct tcp_view *tcp = &p->tcp;
	struct flow *from, *to; /* that its source, its destination began */
	bool begins;

	if (tcp->available < 14 || tcp->data_offset == 0)
		return;
	from = observer_flow(o, &p->ip.source, tcp->source_port,
			     &p->ip.destination, tcp->destination_port,
			     IPPROTO_TCP);
	to = observer_flow(o, &p->ip.destination, tcp->destination_port,
			   &p->ip.source, tcp->source_port, IPPROTO_TCP);
	if (is_forged_syn(p, from, time_us))
		return;
	begins = opens(o, p, from, to, time_us);
	if (begins) {
		observer_forget(o, time_us);
		from = begin_flow(o, p, from && !from->begun ? from : NULL,
				  frame, time_us);
	}
	if (from && from->begun &&
	    (is_syn(p) || !to || !to->begun || !reply_fits(to, p)))
		observe_sent(o, from, p, frame, time_us);
	else if (to && to->begun && !lacks_syn_ack(o, to, p))
		observe_received(o, to, p, frame, time_us);
	else
		observe_unbegun(o, from, to, p, frame, time_us);
	if (begins)
		take_early(o, from);
}
