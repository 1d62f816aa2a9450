/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections that are seen in two places: in captures of both ends, or on two
 * interfaces of a router or a pcapng file. They are followed where they are
 * first seen.
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

/* Besides the sequence number: the IP ID, or where there is none, as over IPv6,
 * the timestamp. */
static bool same_numbers(const struct kept *a, const struct kept *b)
{
	const struct ip_view *x = &a->packet.ip, *y = &b->packet.ip;
	bool clocks = a->options.has_timestamps && b->options.has_timestamps;

	if (clocks && a->options.tsval != b->options.tsval)
		return false;
	return x->version == 4 && x->id && y->id ? x->id == y->id : clocks;
}

static bool was_sent(const struct flow *f, const struct kept *syn)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_is_syn(f->sent[i]) && same_numbers(f->sent[i], syn))
			return true;
	return false;
}

/* A firewall has given it another sequence number: ID and timestamp tell, as
 * far as there are; on other ports both. */
static bool is_rewritten(const struct flow *f, const struct kept *syn,
			 bool named)
{
	return f->sent_count && kept_is_syn(f->sent[0]) &&
	       syn->packet.ip.ttl != f->sent[0]->packet.ip.ttl &&
	       f->sent[0]->options.has_timestamps &&
	       syn->options.has_timestamps && (named || syn->packet.ip.id) &&
	       was_sent(f, syn);
}

/* A SYN is not sent again before that time (RFC 6298 2.1), but by mpprobe,
 * which keeps the timestamp. */
#define AGAIN_US 1000000

/* Some hops before or behind. The SYNs of a sweep have TTLs of their own, and
 * timestamps or IDs: with none of these, only what is no sweep's is taken for
 * another's. */
static bool was_elsewhere(const struct flow *f, const struct kept *syn)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		const struct ip_view *x = &k->packet.ip, *y = &syn->packet.ip;

		if (!kept_is_syn(k) || x->ttl == y->ttl)
			continue;
		if (k->options.has_timestamps && syn->options.has_timestamps
			    ? k->options.tsval == syn->options.tsval
		    : x->version == 4 && x->id && y->id
			    ? x->id == y->id
			    : x->ttl >= ORDINARY_TTL && y->ttl >= ORDINARY_TTL)
			return true;
	}
	return false;
}

/* The SYN again, some hops before or behind; or on the same link, but not what
 * is sent again, as in a second file of one capture. */
static bool is_same_syn(const struct flow *f, const struct packet *p,
			int64_t time_us)
{
	const struct kept syn = observer_look(p, 0, 0);

	if (!observe_is_syn(p) || !f->sent_count)
		return false;
	if (p->tcp.sequence != f->client_isn)
		return is_rewritten(f, &syn, true);
	if (p->ip.ttl != f->sent[0]->packet.ip.ttl)
		return was_elsewhere(f, &syn);
	return was_sent(f, &syn) &&
	       (p->ip.id ||
		(time_us - f->first_us < AGAIN_US && !kept_names_ttl(&syn)));
}

/* So many flows are looked at, the newest. */
#define SEARCHED_FLOWS 512

/* The flow that this is a SYN of, behind a translator or before it: it has the
 * sequence number, and another that nobody guesses. NULL: none. */
static struct flow *translated_flow(const struct observer *o,
				    const struct packet *p)
{
	const struct kept syn = observer_look(p, 0, 0);
	struct viewpoint here = observe_viewpoint(o);
	size_t seen = 0;

	if (!observe_is_syn(p) || o->own_count)
		return NULL;
	for (size_t i = o->flow_count; i-- > 0 && seen < SEARCHED_FLOWS;
	     seen++) {
		struct flow *f = o->flows[i];

		if (f->client.family != p->ip.source.family || !f->sent_count ||
		    same(f->viewpoint, here) ||
		    p->ip.ttl == f->sent[0]->packet.ip.ttl)
			continue;
		if (f->client_isn == p->tcp.sequence
			    ? was_sent(f, &syn)
			    : is_rewritten(f, &syn, false))
			return f;
	}
	return NULL;
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

/* Its ports are used again. */
static bool is_anew(const struct flow *f, const struct packet *p)
{
	const struct kept syn = observer_look(p, 0, 0);

	return p->tcp.sequence != f->client_isn && !is_rewritten(f, &syn, true);
}

static bool has_room(const struct flow *f)
{
	return !f->doubles || f->doubles->viewpoint_count < VIEWPOINTS_MAX;
}

/* The SYN with other addresses or ports: those of one more flow. */
static struct flow *see_translated(struct observer *o, const struct packet *p)
{
	struct viewpoint here = observe_viewpoint(o);
	struct flow *f = translated_flow(o, p);

	if (!f || (!is_known(f->doubles, here) && !has_room(f)))
		return NULL;
	if (!is_known(f->doubles, here))
		add_viewpoint(f, here);
	observer_add_translated(o, f, p);
	return f;
}

bool observe_double(struct observer *o, struct flow *from, struct flow *to,
		    const struct packet *p, uint64_t frame, int64_t time_us)
{
	struct viewpoint here = observe_viewpoint(o);
	bool forward, back;
	struct flow *f;

	if (!from && !to)
		from = see_translated(o, p);
	forward = from && from->begun;
	back = to && to->begun;
	f = forward ? from : to;
	if (forward == back || same(f->viewpoint, here) ||
	    (observe_is_syn(p) && is_anew(f, p)))
		return false;
	if (!is_known(f->doubles, here)) {
		if (!forward || !is_same_syn(f, p, time_us))
			return false;
		add_viewpoint(f, here);
	}
	keep(o, f, forward ? 0 : 1, p, frame, time_us);
	return true;
}
