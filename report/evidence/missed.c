/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets that were seen in the place nearer to their sender, and not in the
 * other, though packets before them and behind them were.
 */
#include "crafting/segment.h"
#include "report/evidence/judgement.h"

static bool same(struct viewpoint a, struct viewpoint b)
{
	return a.file == b.file && a.interface == b.interface;
}

/* One with a small TTL is not meant to arrive. */
static bool is_meant_to_arrive(const struct kept *k)
{
	return kept_is_full(k) && !(k->packet.tcp.flags & TCP_FLAG_RST);
}

static bool overlap(const struct tcp_view *a, const struct tcp_view *b)
{
	uint32_t end = a->sequence + (uint32_t)a->payload_length;
	uint32_t other = b->sequence + (uint32_t)b->payload_length;

	return seq_diff(a->sequence, other) < 0 &&
	       seq_diff(b->sequence, end) < 0;
}

static bool have_ids(const struct kept *a, const struct kept *b)
{
	return a->packet.ip.version == 4 && a->packet.ip.id &&
	       b->packet.ip.version == 4 && b->packet.ip.id;
}

/* It came, or in a larger segment, as network cards put them together; the same
 * bytes with another IP ID were sent again. */
static bool is_in(const struct kept *k, const struct kept *seen)
{
	const struct tcp_view *a = &k->packet.tcp, *b = &seen->packet.tcp;
	bool ids = have_ids(k, seen);

	if (ids && k->packet.ip.id == seen->packet.ip.id)
		return true;
	if (!a->payload_length)
		return !ids;
	return overlap(a, b) && !(ids && a->sequence == b->sequence &&
				  a->payload_length == b->payload_length);
}

static bool may_have_arrived(const struct kept *k, const struct sightings_of *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_in(k, s->list[i]))
			return true;
	return false;
}

/* As a pair was seen in one of its places. */
static const struct kept *member(const struct pair *p, struct viewpoint v)
{
	return same(p->left_at, v) ? p->left : p->arrived;
}

static bool is_of(const struct pair *p, const struct flow *f,
		  struct viewpoint v)
{
	return p->flow == f && (same(p->left_at, v) || same(p->arrived_at, v));
}

/* By the clock of the place where it was seen: others came through before it,
 * and behind it. */
static bool is_covered(const struct judgement *j, const struct flow *f,
		       struct viewpoint other, const struct kept *k,
		       struct viewpoint here)
{
	bool before = false, behind = false;

	for (size_t i = 0; i < j->pair_count; i++) {
		const struct pair *p = &j->pairs[i];

		if (!is_of(p, f, other))
			continue;
		before |= member(p, here)->time_us < k->time_us;
		behind |= member(p, here)->time_us > k->time_us;
	}
	return before && behind;
}

/* Any of this side: all went the same way. */
static const struct pair *example(const struct judgement *j,
				  const struct flow *f, unsigned side,
				  struct viewpoint other)
{
	for (size_t i = 0; i < j->pair_count; i++)
		if (j->pairs[i].side == side && j->pairs[i].directed &&
		    is_of(&j->pairs[i], f, other))
			return &j->pairs[i];
	return NULL;
}

unsigned missed_packets(const struct judgement *j, const struct flow *f,
			unsigned side, struct viewpoint other,
			const struct sightings_of *home,
			const struct sightings_of *there)
{
	const struct pair *p = example(j, f, side, other);
	bool leaves_home = p && same(p->left_at, f->viewpoint);
	const struct sightings_of *left = leaves_home ? home : there;
	const struct sightings_of *arrived = leaves_home ? there : home;
	struct viewpoint here = leaves_home ? f->viewpoint : other;
	unsigned missed = 0;

	for (size_t i = 0; p && arrived->whole && i < left->count; i++) {
		const struct kept *k = left->list[i];

		missed += is_meant_to_arrive(k) &&
			  !may_have_arrived(k, arrived) &&
			  is_covered(j, f, other, k, here);
	}
	return missed;
}
