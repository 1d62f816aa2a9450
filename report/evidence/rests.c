/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/rests.h"

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"

#define RESTS_MAX 256 /* connections that are looked at */

/* One byte that was acknowledged before (RFC 9293 3.8.4). */
bool is_keep_alive(const struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	return tcp->payload_length == 1 && f->syn_ack_seen &&
	       !(tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) &&
	       seq_diff(f->server_acked, tcp->sequence + 1) >= 0;
}

static void read_sent(const struct judgement *j, struct rest *r,
		      const struct kept *k, int64_t silence_us)
{
	if (!is_keep_alive(r->flow, k))
		return;
	if (!r->first) {
		r->first = k;
		r->lost_us = silence_us;
		r->least = k->packet.ip.ttl;
	}
	if (k->packet.ip.ttl < r->least)
		r->least = k->packet.ip.ttl;
	if (!kept_is_full(k) || !had_time(j, k))
		return;
	r->lost++;
	r->last = k;
}

/* Whether the keep-alives that wait for an answer cannot have arrived. */
static bool fell_short(const struct judgement *j, const struct rest *r)
{
	const struct flow *f = r->flow;

	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->frame >= r->first->frame &&
		    !falls_short(j, f->sent[i]->packet.ip.ttl) &&
		    !(f->sent[i]->packet.tcp.flags & TCP_FLAG_RST))
			return false;
	return true;
}

static void read_received(const struct judgement *j, struct rest *r,
			  const struct kept *k)
{
	if (k->packet.tcp.flags & (TCP_FLAG_FIN | TCP_FLAG_RST)) {
		r->ended = true;
		if ((k->packet.tcp.flags & TCP_FLAG_RST) && r->first &&
		    fell_short(j, r))
			r->reset = k;
		return;
	}
	if (r->first) {
		r->answered++;
		if (r->lost_us > r->held_us)
			r->held_us = r->lost_us;
	}
	r->first = r->last = NULL;
	r->lost = 0;
}

/* Both ends' segments, in the order of the capture. */
static struct rest read_rest(const struct judgement *j, const struct flow *f)
{
	struct rest r = {.flow = f};
	int64_t latest_us = f->first_us;
	size_t s = 0, t = 0;

	while (!r.ended && (s < f->sent_count || t < f->received_count)) {
		bool sent = t == f->received_count ||
			    (s < f->sent_count &&
			     f->sent[s]->frame < f->received[t]->frame);
		const struct kept *k = sent ? f->sent[s++] : f->received[t++];

		if (sent)
			read_sent(j, &r, k, k->time_us - latest_us);
		else
			read_received(j, &r, k);
		latest_us = k->time_us;
	}
	return r;
}

static bool counts(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && !f->server_fin &&
	       flow_tcp_acked(f) > 0;
}

/* ---- all of them --------------------------------------------------------- */

bool rest_is_forgotten(const struct rest *r)
{
	return r->first && r->lost >= KEEP_ALIVES_LOST_MIN && !r->reset;
}

bool rest_is_alive(const struct rest *r)
{
	return r->answered && !rest_is_forgotten(r) && !r->reset;
}

static void add_rest(struct idling *all, const struct rest *r)
{
	if (rest_is_alive(r) && r->held_us > all->held_us)
		all->held_us = r->held_us;
	if (!rest_is_forgotten(r) && !r->reset)
		return;
	if (!all->forgotten_us || r->lost_us < all->forgotten_us)
		all->forgotten_us = r->lost_us;
	all->forgotten += !r->reset;
	all->reset += r->reset != NULL;
	all->lost += r->lost;
}

struct idling idling_read(const struct judgement *j)
{
	struct idling all = {0};

	for (size_t i = 0; i < j->flow_count && all.count < RESTS_MAX; i++) {
		struct rest r;

		if (!counts(j->flows[i]))
			continue;
		r = read_rest(j, j->flows[i]);
		if (!r.first && !r.answered)
			continue;
		*ARENA_PUSH(j->arena, all.list, all.count) = r;
		add_rest(&all, &r);
	}
	for (size_t i = 0; i < all.count && !all.example; i++)
		if (rest_is_forgotten(&all.list[i]) || all.list[i].reset)
			all.example = &all.list[i];
	return all;
}
