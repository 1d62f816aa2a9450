/* SPDX-License-Identifier: GPL-3.0-or-later
 * Memory that grows with open connections, and not with the capture.
 */
#include <netinet/in.h>
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observe.h"

/* Old flows looked at when a new one begins: more than one, so that the
 * sweep keeps up with them. */
#define LOOKS 4
/* What comes so late belongs to no probe. */
#define LATE_US 30000000
/* What was sent before so long a silence is settled. */
#define SILENT_US 120000000
/* A connection that is silent so long is over. */
#define IDLE_US 3600000000

void observer_free_flow(struct flow *f)
{
	struct flow *name = f->doubles ? f->doubles->translated : NULL;

	for (struct flow *next; name; name = next) {
		next = name->sibling;
		observer_free_flow(name);
	}
	side_free(&f->sides[0]);
	side_free(&f->sides[1]);
	arena_free(f->packets);
	arena_free(f->arena);
}

/* Ended, or never begun. */
static bool has_ended(const struct flow *f)
{
	return f->sides[0].reset_frame || f->sides[1].reset_frame ||
	       (f->sides[0].fin && f->sides[1].fin) ||
	       (f->begun && !f->syn_ack_seen);
}

static bool is_over(const struct flow *f, int64_t now_us)
{
	int64_t silent_us = now_us - f->last_us;

	return silent_us > IDLE_US || (has_ended(f) && silent_us >= LATE_US);
}

static bool is_wanted(const struct kept *k)
{
	return k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST) ||
	       k->kind == SEGMENT_ACK || k->kind == SEGMENT_JOIN_ACK;
}

static void keep_again(struct arena *a, struct kept ***list, size_t *count,
		       const struct kept *k)
{
	struct kept *copy = observer_keep(a, &k->packet, k->frame, k->time_us);

	copy->kind = k->kind;
	*ARENA_PUSH(a, *list, *count) = copy;
}

/* Moves what is wanted to a new arena. */
static void release_packets(struct observer *o, struct flow *f)
{
	struct arena *a = arena_new();
	struct kept **sent = f->sent, **received = f->received;
	size_t sent_count = f->sent_count, received_count = f->received_count;
	size_t syn_ack = f->first_syn_ack;

	f->sent = f->received = NULL;
	f->sent_count = f->received_count = 0;
	f->released = true;
	for (size_t i = 0; i < sent_count; i++)
		if (is_wanted(sent[i]))
			keep_again(a, &f->sent, &f->sent_count, sent[i]);
	for (size_t i = 0; i < received_count; i++) {
		if (i == syn_ack)
			f->first_syn_ack = f->received_count;
		if (is_wanted(received[i]))
			keep_again(a, &f->received, &f->received_count,
				   received[i]);
	}
	o->kept -= sent_count - f->sent_count;
	o->kept -= received_count - f->received_count;
	arena_free(f->packets);
	f->packets = a;
	f->sightings = NULL;
}

/* Every byte before the FIN was acknowledged, or before a long silence, and no
 * quote came: nothing else can be said of these packets. */
static bool is_settled(const struct flow *f, int64_t now_us)
{
	bool closed = f->client_fin && f->server_fin;

	return f->protocol == IPPROTO_TCP && !f->released &&
	       f->first_reset == FLOW_NONE && f->syn_ack_seen &&
	       now_us - f->last_us >= (closed ? LATE_US : SILENT_US) &&
	       !f->quote_count && !f->untold &&
	       seq_diff(f->server_acked, f->client_next) >= -1;
}

/* A SYN to which nothing came, of who was never answered, or a single segment
 * of a connection that was not seen: anybody can send such in any number. */
static bool is_slight(const struct observer *o, const struct flow *f)
{
	if (!f->begun)
		return f->sides[0].packets + f->sides[1].packets <= 1;
	return !f->syn_ack_seen && !f->received_count && !f->quote_count &&
	       !observer_was_answered(o, &f->client);
}

/* Plain TCP of who has no connection with MPTCP: newer ones tell as much. */
static bool is_plain(const struct observer *o, const struct flow *f)
{
	return f->begun && f->protocol == IPPROTO_TCP && !f->connection &&
	       !f->quote_count && !clients_have(&o->speakers, &f->client);
}

/* Over or slight, with many newer ones; or plain, where many go on. */
static bool is_past(const struct observer *o, const struct flow *f,
		    int64_t now_us)
{
	size_t newer = f->begun ? o->flow_count - f->id : o->middle_count;
	bool many = o->flow_count - o->forgotten_count >= 2 * FLOWS_MAX;

	if (newer >= FLOWS_MAX)
		return is_over(f, now_us) || is_slight(o, f) ||
		       (many && is_plain(o, f));
	return newer >= STRANGERS_MAX && is_slight(o, f);
}

static void forget_flow(struct observer *o, struct flow *f)
{
	o->kept -= f->sent_count + f->received_count;
	for (int side = 0; f->doubles && side < 2; side++)
		o->kept -= f->doubles->seen_count[side];
	observer_unlist(o, f);
	for (struct flow *name = f->doubles ? f->doubles->translated : NULL;
	     name; name = name->sibling)
		observer_unlist(o, name);
	if (f->begun) {
		o->flows[f->id - 1] = o->forgotten;
		o->forgotten_count++;
	} else {
		observer_remove_middle(o, f);
	}
	observer_free_flow(f);
}

void observer_drop_connection(struct observer *o, struct mptcp_connection *c)
{
	for (struct flow *f = c->flows, *next; f; f = next) {
		next = f->sibling;
		forget_flow(o, f);
	}
	mptcp_connection_free(&o->connections, c);
}

static void forget(struct observer *o, struct flow *f, int64_t now_us)
{
	struct mptcp_connection *c = f->connection;

	for (const struct flow *s = c ? c->flows : NULL; s; s = s->sibling)
		if (!is_past(o, s, now_us))
			return;
	if (!c) {
		forget_flow(o, f);
		return;
	}
	if (o->ended)
		o->ended(o->ended_context, c);
	observer_drop_connection(o, c);
}

/* Its SYN looks like one of mpprobe, or a quote or another place tells more of
 * it. */
static bool is_special(const struct flow *f)
{
	return f->quote_count || f->untold || f->alien_reset || f->doubles ||
	       (f->sent_count && kept_is_syn(f->sent[0]) &&
		kept_names_ttl(f->sent[0]));
}

/* So many of MPTCP may be open, and half as many newer ones. */
#define OPEN_MAX (FLOWS_MAX / 2)

/* One that goes on, where many do. The first ones stay, whatever comes. */
static bool may_freeze(const struct observer *o,
		       const struct mptcp_connection *c)
{
	const struct mptcp_connections *all = &o->connections;
	bool goes_on = false;

	if (!c || all->there < OPEN_MAX || c->number <= STRANGERS_MAX ||
	    all->count - c->number < OPEN_MAX / 2)
		return false;
	for (const struct flow *f = c->flows; f; f = f->sibling) {
		if (is_special(f))
			return false;
		goes_on |= !has_ended(f);
	}
	return goes_on;
}

void observer_retract(struct observer *o, struct flow *f)
{
	struct mptcp_connection *c = f->connection;

	if (c && c->flow_count > 1)
		return;
	forget_flow(o, f);
	if (c)
		mptcp_connection_free(&o->connections, c);
}

static void look_at(struct observer *o, size_t index, int64_t now_us)
{
	struct flow *f = o->flows[index];

	if (f == o->forgotten)
		return;
	if (is_past(o, f, now_us))
		forget(o, f, now_us);
	else if (may_freeze(o, f->connection))
		observe_freeze(o, f->connection);
	else if (o->flow_count - index > FLOWS_WITH_PACKETS &&
		 is_settled(f, now_us))
		release_packets(o, f);
}

static void look_at_middle(struct observer *o, int64_t now_us)
{
	struct flow *f = o->middles[o->middle_sweep++ % o->middle_count];

	if (is_past(o, f, now_us))
		forget(o, f, now_us);
	else if (may_freeze(o, f->connection))
		observe_freeze(o, f->connection);
}

void observer_forget(struct observer *o, int64_t now_us)
{
	observe_end_frozen(o, now_us - IDLE_US);
	for (unsigned i = 0; i < LOOKS && o->middle_count > STRANGERS_MAX; i++)
		look_at_middle(o, now_us);
	if (o->flow_count < FLOWS_WITH_PACKETS)
		return;
	if (o->flow_count > STRANGERS_MAX)
		look_at(o, o->flow_count - STRANGERS_MAX - 1, now_us);
	if (o->flow_count > OPEN_MAX)
		look_at(o, o->flow_count - OPEN_MAX - 1, now_us);
	if (o->flow_count > FLOWS_MAX)
		look_at(o, o->flow_count - FLOWS_MAX - 1, now_us);
	for (unsigned i = 0; i < LOOKS; i++) {
		if (o->sweep >= o->flow_count)
			o->sweep = o->oldest;
		look_at(o, o->sweep++, now_us);
	}
	while (o->oldest < o->flow_count && o->flows[o->oldest] == o->forgotten)
		o->oldest++;
}
