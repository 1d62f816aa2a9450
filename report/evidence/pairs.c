/* SPDX-License-Identifier: GPL-3.0-or-later
 * One packet that was seen in two places is told by its numbers. Those nearer
 * to who sent it saw the larger TTL, whatever the clocks say.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judgement.h"

static bool same_numbers(const struct tcp_view *a, const struct tcp_view *b)
{
	const unsigned flags =
		TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_FIN | TCP_FLAG_RST;

	return a->sequence == b->sequence &&
	       a->payload_length == b->payload_length &&
	       !((a->flags ^ b->flags) & flags) &&
	       (!(a->flags & TCP_FLAG_ACK) ||
		a->acknowledgment == b->acknowledgment);
}

static bool is_whole(const struct kept *k)
{
	return k->packet.tcp.options_available == k->packet.tcp.options_length;
}

/* A packet that is sent again has another IP ID; without IDs, as of IPv6 and of
 * Linux' SYN/ACKs, another timestamp, if it is no ACK that goes out beside
 * others. */
static bool is_same(const struct kept *a, const struct kept *b)
{
	const struct ip_view *x = &a->packet.ip, *y = &b->packet.ip;

	if (!same_numbers(&a->packet.tcp, &b->packet.tcp) || !is_whole(a) ||
	    !is_whole(b) || x->ttl == y->ttl)
		return false;
	if (x->version == 4 && x->id && y->id)
		return x->id == y->id;
	return (a->packet.tcp.payload_length > 0 ||
		a->packet.tcp.flags & TCP_FLAG_SYN) &&
	       a->options.has_timestamps && b->options.has_timestamps &&
	       a->options.tsval == b->options.tsval;
}

/* The only one that is the same; or NULL. */
static const struct kept *match(const struct kept *k, struct kept *const *list,
				size_t count)
{
	const struct kept *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_same(k, list[i]))
			continue;
		if (found)
			return NULL;
		found = list[i];
	}
	return found;
}

static void add_pair(struct judgement *j, const struct flow *f, unsigned side,
		     const struct kept *home, const struct kept *other)
{
	bool before = home->packet.ip.ttl > other->packet.ip.ttl;
	struct pair *p = ARENA_PUSH(j->arena, j->pairs, j->pair_count);

	*p = (struct pair){
		.flow = f,
		.side = side,
		.kind = home->kind,
		.left = before ? home : other,
		.arrived = before ? other : home,
		.left_at = before ? f->viewpoint : other->viewpoint,
		.arrived_at = before ? other->viewpoint : f->viewpoint,
	};
	compare_packets(j->arena, p->left, &p->arrived->packet, &p->comparison);
}

/* Those of one place, which are listed together. */
static size_t of_viewpoint(const struct doubles *e, unsigned side,
			   struct viewpoint v, struct kept **list)
{
	size_t count = 0;

	for (size_t i = 0; i < e->seen_count[side]; i++) {
		struct viewpoint at = e->seen[side][i]->viewpoint;

		if (at.file == v.file && at.interface == v.interface)
			list[count++] = e->seen[side][i];
	}
	return count;
}

static struct sightings_of home_of(const struct flow *f, unsigned side)
{
	size_t count = side ? f->received_count : f->sent_count;

	return (struct sightings_of){side ? f->received : f->sent, count,
				     f->sides[side].packets == count};
}

static struct sightings_of there_of(const struct flow *f, unsigned side,
				    struct viewpoint v,
				    struct kept *list[DOUBLES_MAX])
{
	return (struct sightings_of){
		list, of_viewpoint(f->doubles, side, v, list),
		f->doubles->seen_count[side] < DOUBLES_MAX};
}

static void pair_side(struct judgement *j, const struct flow *f, unsigned side,
		      struct viewpoint v)
{
	struct kept *list[DOUBLES_MAX];
	struct sightings_of home = home_of(f, side);
	struct sightings_of there = there_of(f, side, v, list);

	for (size_t i = 0; i < there.count; i++) {
		const struct kept *k = match(list[i], home.list, home.count);

		if (k && match(k, list, there.count))
			add_pair(j, f, side, k, list[i]);
	}
}

static void count_missed(struct judgement *j, const struct flow *f,
			 unsigned side, struct viewpoint v)
{
	struct kept *list[DOUBLES_MAX];
	struct sightings_of home = home_of(f, side);
	struct sightings_of there = there_of(f, side, v, list);

	j->missed += missed_packets(j, f, side, v, &home, &there);
}

static void collect_pairs(struct judgement *j, const struct flow *f)
{
	const struct doubles *e = f->doubles;

	for (size_t i = 0; e && i < e->viewpoint_count; i++) {
		pair_side(j, f, 0, e->viewpoints[i]);
		pair_side(j, f, 1, e->viewpoints[i]);
		count_missed(j, f, 0, e->viewpoints[i]);
		count_missed(j, f, 1, e->viewpoints[i]);
	}
}

/* And of its connection's subflows to elsewhere, which are no target's. */
static void collect_subflows(struct judgement *j, const struct flow *f,
			     const struct judge_target *target)
{
	for (const struct flow *s = f->sibling; s; s = s->sibling)
		if (s->server_port != target->port ||
		    !address_equal(&s->server, &target->address))
			collect_pairs(j, s);
}

const char *viewpoint_name(const struct judgement *j, struct viewpoint v)
{
	const char *file = j->o->files ? j->o->files[v.file] : NULL;
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (!file)
		return arena_printf(j->arena, "interface %u", v.interface);
	file = slash ? slash + 1 : file;
	return v.interface ? arena_printf(j->arena, "%s (interface %u)", file,
					  v.interface)
			   : file;
}

static const char *missed_phrase(const struct judgement *j)
{
	if (!j->missed)
		return "";
	return arena_printf(j->arena,
			    " %u more %s seen only where %s passed first: "
			    "lost in between, or missed by a capture.",
			    j->missed, j->missed == 1 ? "was" : "were",
			    j->missed == 1 ? "it" : "they");
}

/* "24 packets were seen both at a.pcap and at b.pcap, and 1 of them changed in
 * between." */
static const char *sum_up(const struct judgement *j)
{
	const struct pair *p = j->pairs;
	unsigned changed = 0;

	for (size_t i = 0; i < j->pair_count; i++)
		changed += j->pairs[i].comparison.count > 0;
	return arena_printf(
		j->arena, "%zu packet%s seen both at %s and at %s, %s.%s",
		j->pair_count, j->pair_count == 1 ? " was" : "s were",
		viewpoint_name(j, p->left_at), viewpoint_name(j, p->arrived_at),
		changed ? arena_printf(j->arena,
				       "and %u of them changed in between",
				       changed)
			: "unchanged",
		missed_phrase(j));
}

void judge_pairs(struct judgement *j, const struct judge_target *target)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		collect_pairs(j, f);
		if (f->connection && f->connection->flows == f)
			collect_subflows(j, f, target);
	}
	if (j->pair_count)
		j->r->seen_twice = sum_up(j);
}
