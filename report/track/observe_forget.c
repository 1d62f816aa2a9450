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

void observer_free_flow(struct flow *f)
{
	arena_free(f->arena);
}

/* Ended, or never begun. */
static bool is_over(const struct flow *f)
{
	return f->first_reset != FLOW_NONE ||
	       (f->client_fin && f->server_fin) || !f->syn_ack_seen;
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
static void release_packets(struct observer *o, size_t index)
{
	struct flow *old = o->flows[index];
	struct arena *a = arena_new();
	struct flow *f = arena_alloc(a, sizeof(*f));

	*f = *old;
	f->arena = a;
	f->sent = f->received = NULL;
	f->sent_count = f->received_count = 0;
	f->released = true;
	for (size_t i = 0; i < old->sent_count; i++)
		if (is_wanted(old->sent[i]))
			keep_again(a, &f->sent, &f->sent_count, old->sent[i]);
	for (size_t i = 0; i < old->received_count; i++) {
		if (i == old->first_syn_ack)
			f->first_syn_ack = f->received_count;
		if (is_wanted(old->received[i]))
			keep_again(a, &f->received, &f->received_count,
				   old->received[i]);
	}
	o->flows[index] = f;
	arena_free(old->arena);
}

/* Every byte was acknowledged and no quote came: nothing else can be said of
 * these packets. */
static bool is_settled(const struct flow *f)
{
	return f->protocol == IPPROTO_TCP && !f->released &&
	       f->first_reset == FLOW_NONE && f->client_fin && f->server_fin &&
	       !f->quote_count && !f->misfits &&
	       seq_diff(f->server_acked, f->client_next) >= 0;
}

static void forget_flow(struct observer *o, size_t index)
{
	struct flow *f = o->flows[index];

	observer_unlist(o, f);
	o->flows[index] = o->forgotten;
	observer_free_flow(f);
}

static void look_at(struct observer *o, size_t index, int64_t now_us)
{
	struct flow *f = o->flows[index];
	size_t newer = o->flow_count - index;

	if (f == o->forgotten || now_us - f->last_us < LATE_US)
		return;
	if (newer > FLOWS_MAX && is_over(f))
		forget_flow(o, index);
	else if (newer > FLOWS_WITH_PACKETS && is_settled(f))
		release_packets(o, index);
}

void observer_forget(struct observer *o, int64_t now_us)
{
	if (o->flow_count < FLOWS_WITH_PACKETS)
		return;
	for (unsigned i = 0; i < LOOKS; i++) {
		if (o->sweep >= o->flow_count)
			o->sweep = o->oldest;
		look_at(o, o->sweep++, now_us);
	}
	while (o->oldest < o->flow_count && o->flows[o->oldest] == o->forgotten)
		o->oldest++;
}
