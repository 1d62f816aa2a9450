/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which SYN begins a connection, and what waits until that is known.
 */
#include <netinet/in.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observe.h"

bool observe_is_syn(const struct packet *p)
{
	return (p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST)) ==
	       TCP_FLAG_SYN;
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

/* What came before the SYN is of the same subflow; or it was forged. */
static bool began_so(const struct flow *middle, uint32_t isn)
{
	const struct side *sides = middle->sides;

	return !middle->mixed && (!sides[0].has_isn || sides[0].isn == isn) &&
	       (!sides[0].stream.begun ||
		sides[0].stream.low - isn < EARLY_BYTES) &&
	       (!sides[1].packets ||
		middle->server_acked - isn - 1 < EARLY_BYTES);
}

struct flow *observe_begin(struct observer *o, const struct packet *p,
			   struct flow *middle, uint64_t frame, int64_t time_us)
{
	struct kept first = observer_look(p, frame, time_us);
	struct flow *f = middle;

	if (middle && began_so(middle, p->tcp.sequence)) {
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
	f->link = o->link;
	f->viewpoint = observe_viewpoint(o);
	observer_forget(o, time_us);
	return f;
}

/* --- what may begin one --------------------------------------------------- */

/* So long after its last packet the ports of a connection may be used anew
 * by the other end: twice the maximum segment lifetime of Linux. */
#define PORTS_REST_US 60000000

static bool is_at_rest(const struct flow *f, int64_t time_us)
{
	return f->sides[0].fin || f->sides[1].fin || f->sides[0].reset_frame ||
	       f->sides[1].reset_frame || time_us - f->last_us >= PORTS_REST_US;
}

bool observe_contends(const struct packet *p, const struct flow *from,
		      int64_t time_us)
{
	return observe_is_syn(p) && from && from->begun &&
	       from->client_isn != p->tcp.sequence &&
	       !is_at_rest(from, time_us);
}

/* The server joins a connection by its client's token: nobody else knows it. */
static bool joins_ours(const struct observer *o, const struct packet *p)
{
	const struct kept k = observer_look(p, 0, 0);
	const struct mptcp_option *join =
		tcp_options_mptcp(&k.options, MP_JOIN);
	const struct mptcp_connection *c;
	unsigned host;

	if (!join)
		return false;
	c = mptcp_by_token(&o->connections, join->join.token, &host);
	return c && c->flow_count < SUBFLOWS_MAX;
}

bool observe_opens(const struct observer *o, const struct packet *p,
		   const struct flow *from, const struct flow *to,
		   int64_t time_us)
{
	if (!observe_is_syn(p) ||
	    (from && from->begun && from->client_isn == p->tcp.sequence) ||
	    observer_came_in(o, &p->ip.source, &o->link))
		return false;
	if (!from && to && to->begun && to->syn_ack_seen &&
	    time_us - to->last_us < PORTS_REST_US)
		return false;
	if (o->own_count ? observer_owns(o, &p->ip.source)
			 : !observer_has_server(o, &p->ip.source,
						p->tcp.source_port))
		return true;
	return joins_ours(o, p);
}

/* --- what waits ------------------------------------------------------------
 */

static void keep(struct waiting *w, const struct packet *p,
		 const struct link_ends *link, uint64_t frame, int64_t time_us)
{
	arena_free(w->arena);
	w->arena = arena_new();
	w->kept = observer_keep(w->arena, p, frame, time_us);
	w->link = *link;
}

static void drop(struct waiting *w)
{
	arena_free(w->arena);
	w->arena = NULL;
}

void observe_early(struct observer *o, const struct packet *p, uint64_t frame,
		   int64_t time_us)
{
	const uint8_t both = TCP_FLAG_SYN | TCP_FLAG_ACK;

	if (!o->own_count && (p->tcp.flags & (both | TCP_FLAG_RST)) == both)
		keep(&o->early[o->next_early++ % EARLY_MAX], p, &o->link, frame,
		     time_us);
}

static bool answers(const struct packet *p, const struct flow *f)
{
	return p->tcp.destination_port == f->client_port &&
	       p->tcp.source_port == f->server_port &&
	       address_equal(&p->ip.destination, &f->client) &&
	       address_equal(&p->ip.source, &f->server) && observe_fits(f, p);
}

/* The SYN has come: its SYN/ACK is taken now, as if only now it came. */
void observe_take_early(struct observer *o, struct flow *f)
{
	for (size_t i = 0; i < EARLY_MAX; i++) {
		struct waiting *w = &o->early[i];

		if (!w->arena || !answers(&w->kept->packet, f))
			continue;
		f->sightings = NULL;
		observe_received(o, f, &w->kept->packet, w->kept->frame,
				 w->kept->time_us);
		drop(w);
	}
}

void observe_rival(struct observer *o, const struct packet *p, uint64_t frame,
		   int64_t time_us)
{
	keep(&o->rivals[o->next_rival++ % RIVALS_MAX], p, &o->link, frame,
	     time_us);
}

/* A SYN/ACK, or a RST with ACK, that acknowledges this SYN. */
static bool is_answer_to(const struct packet *p, const struct packet *syn)
{
	return p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST) &&
	       p->tcp.flags & TCP_FLAG_ACK &&
	       p->tcp.acknowledgment == syn->tcp.sequence + 1 &&
	       p->tcp.destination_port == syn->tcp.source_port &&
	       p->tcp.source_port == syn->tcp.destination_port &&
	       address_equal(&p->ip.destination, &syn->ip.source) &&
	       address_equal(&p->ip.source, &syn->ip.destination);
}

static bool same_syn(const struct packet *a, const struct packet *b)
{
	return a->tcp.sequence == b->tcp.sequence &&
	       a->tcp.source_port == b->tcp.source_port &&
	       a->tcp.destination_port == b->tcp.destination_port &&
	       address_equal(&a->ip.source, &b->ip.source) &&
	       address_equal(&a->ip.destination, &b->ip.destination);
}

/* The SYN that waits at this place of the ring, oldest first. */
static struct waiting *rival_at(struct observer *o, size_t i)
{
	return &o->rivals[(o->next_rival + i) % RIVALS_MAX];
}

/* It begins a flow, with all copies of it. */
static struct flow *begin_rival(struct observer *o, const struct packet *syn)
{
	const struct link_ends now = o->link;
	struct flow *f = NULL;

	for (size_t i = 0; i < RIVALS_MAX; i++) {
		struct waiting *w = rival_at(o, i);
		const struct kept *k = w->arena ? w->kept : NULL;

		if (!k || !same_syn(&k->packet, syn))
			continue;
		o->link = w->link;
		if (!f)
			f = observe_begin(o, &k->packet, NULL, k->frame,
					  k->time_us);
		observe_sent(o, f, &k->packet, k->frame, k->time_us);
		if (&k->packet != syn)
			drop(w);
	}
	o->link = now;
	return f;
}

struct flow *observe_confirm(struct observer *o, struct flow *to,
			     const struct packet *p)
{
	for (size_t i = 0; i < RIVALS_MAX && !to->syn_ack_seen; i++) {
		struct waiting *w = rival_at(o, i);

		if (!w->arena || !is_answer_to(p, &w->kept->packet))
			continue;
		observer_retract(o, to);
		to = begin_rival(o, &w->kept->packet);
		drop(w);
		break;
	}
	return to;
}

/* A SYN with the addresses and ports of a flow. */
static bool is_syn_of(const struct flow *f, const struct packet *p)
{
	return p->tcp.source_port == f->client_port &&
	       p->tcp.destination_port == f->server_port &&
	       address_equal(&p->ip.source, &f->client) &&
	       address_equal(&p->ip.destination, &f->server);
}

struct flow *observe_at_home(struct observer *o, struct flow *f)
{
	for (size_t i = 0; i < RIVALS_MAX && o->next_rival; i++) {
		struct waiting *w = rival_at(o, i);

		if (f->syn_ack_seen || link_goes_to(&o->link, &f->link))
			break;
		if (!w->arena || !link_goes_to(&o->link, &w->link) ||
		    !is_syn_of(f, &w->kept->packet))
			continue;
		observer_retract(o, f);
		f = begin_rival(o, &w->kept->packet);
		drop(w);
		break;
	}
	return f;
}
