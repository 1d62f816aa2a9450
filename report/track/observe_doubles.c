/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections that are seen in two places: in captures of both ends, or on two
 * interfaces of a router. They are followed where they are first seen.
 */
#include <netinet/in.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observe.h"

struct viewpoint observe_viewpoint(const struct observer *o)
{
	return (struct viewpoint){o->file, o->link.interface};
}

static bool same(struct viewpoint a, struct viewpoint b)
{
	return a.file == b.file && a.interface == b.interface;
}

static bool is_known(const struct doubles *e, struct viewpoint v)
{
	for (size_t i = 0; e && i < e->viewpoint_count; i++)
		if (same(e->viewpoints[i], v))
			return true;
	return false;
}

/* The SYN again, some hops before or behind. One that is sent again has its
 * TTL, as in a second file of one capture. */
static bool is_same_syn(const struct flow *f, const struct packet *p)
{
	return observe_is_syn(p) && p->tcp.sequence == f->client_isn &&
	       f->sent_count && p->ip.ttl != f->sent[0]->packet.ip.ttl;
}

static void add_viewpoint(struct flow *f, struct viewpoint v)
{
	if (!f->doubles)
		f->doubles = arena_alloc(f->arena, sizeof(*f->doubles));
	if (f->doubles->viewpoint_count < VIEWPOINTS_MAX)
		f->doubles->viewpoints[f->doubles->viewpoint_count++] = v;
}

static void keep(struct observer *o, struct flow *f, unsigned side,
		 const struct packet *p, uint64_t frame, int64_t time_us)
{
	struct doubles *e = f->doubles;
	struct kept *k;

	if (e->seen_count[side] >= DOUBLES_MAX || o->kept >= KEPT_PLENTY)
		return;
	k = observer_keep(f->arena, p, frame, time_us);
	k->viewpoint = observe_viewpoint(o);
	*ARENA_PUSH(f->arena, e->seen[side], e->seen_count[side]) = k;
	o->kept++;
}

bool observe_double(struct observer *o, struct flow *from, struct flow *to,
		    const struct packet *p, uint64_t frame, int64_t time_us)
{
	bool forward = from && from->begun, back = to && to->begun;
	struct viewpoint here = observe_viewpoint(o);
	struct flow *f = forward ? from : to;

	if (forward == back || same(f->viewpoint, here))
		return false;
	if (!is_known(f->doubles, here)) {
		if (!forward || !is_same_syn(f, p))
			return false;
		add_viewpoint(f, here);
	}
	keep(o, f, forward ? 0 : 1, p, frame, time_us);
	return true;
}
