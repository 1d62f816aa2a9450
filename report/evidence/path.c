/* SPDX-License-Identifier: GPL-3.0-or-later
 * The path: which hops answered, how far the connections reach, how far the
 * target is.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"

static unsigned smaller(unsigned a, unsigned b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Where nothing was swept, a TTL says where the capture was made. */
static bool ttls_tell(const struct judgement *j)
{
	if (j->controlled)
		return true;
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].quote->time_exceeded)
			return true;
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_swept(j->flows[i], SEGMENT_SYN))
			return true;
	return false;
}

unsigned told_reach(const struct judgement *j, const struct flow *f)
{
	unsigned reach = j->ttls_tell ? flow_reach(f) : 0;

	return reach > SWEEP_TTL_MAX ? 0 : reach;
}

/* Where the target answers no datagrams, an echo that it answers with the
 * TTL that the SYNs need says that it is no farther. (A larger TTL would say
 * nothing: the echoes begin there. Nor does a TTL of 1: a user-mode NAT beside
 * this host answers both for anyone.) */
static unsigned echo_distance(const struct judgement *j)
{
	if (j->plain_reach == 1)
		return 0;
	for (size_t i = 0; i < j->control_count; i++)
		if (j->controls[i]->protocol == IPPROTO_ICMP &&
		    j->plain_reach &&
		    flow_reach(j->controls[i]) == j->plain_reach)
			return j->plain_reach;
	return 0;
}

static bool is_distance_answer(const struct view *v)
{
	return v->flow->protocol == IPPROTO_UDP && v->quote->port_unreachable &&
	       address_equal(&v->quote->responder, &v->flow->server);
}

static int control_hops(const struct view *v)
{
	return (int)v->ttl - v->quote->quoted.ip.ttl + 1;
}

/* Two controls arrived with TTLs that do not differ as those sent do. Each took
 * a way of its own, perhaps, and one is longer than the other (ECMP): so only
 * those tell whose TTLs differ by more than ways do. */
static bool arrive_alike(const struct view *a, const struct view *b)
{
	int sent = abs((int)a->ttl - (int)b->ttl);

	return sent >= TTLS_APART_MIN && 2 * abs((int)a->quote->quoted.ip.ttl -
						 (int)b->quote->quoted.ip.ttl) <
						 sent;
}

/* More than a run sends: only so many are compared with others. */
#define COMPARED_MAX 64

/* The first controls that the target answered. */
struct answers {
	const struct view *list[COMPARED_MAX];
	unsigned count;
};

/* Whether this control, or it and one before it, shows that a TTL was rewritten
 * on the way: it arrived with more than was sent, or as that one did. */
static bool shows_rewritten(const struct answers *before, const struct view *v)
{
	for (unsigned i = 0; i < before->count; i++)
		if (arrive_alike(before->list[i], v))
			return true;
	return control_hops(v) < 1;
}

/* The distance that the controls tell: the least, as several ports may take
 * ways of several lengths. */
static void judge_distance(struct judgement *j)
{
	struct answers before = {.count = 0};

	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];
		int hops = control_hops(v);

		if (!is_distance_answer(v))
			continue;
		j->distance_answers++;
		if (shows_rewritten(&before, v)) {
			j->ttl_rewritten = true;
			j->ttl_witness = v->quote;
		}
		if (hops > 0)
			j->distance = smaller(j->distance, (unsigned)hops);
		if (before.count < COMPARED_MAX)
			before.list[before.count++] = v;
	}
	if (j->ttl_rewritten)
		j->distance = 0;
	else if (!j->distance)
		j->distance = echo_distance(j);
}

/* A plain SYN alone on its port, with a TTL with which others are answered. */
static bool asks_at_reach(const struct judgement *j, const struct flow *f)
{
	const struct kept *k = f->sent_count ? f->sent[0] : NULL;

	return flow_is(f, PURPOSE_TCP) && k && k->kind == SEGMENT_SYN &&
	       k->packet.ip.ttl >= j->plain_reach &&
	       k->packet.ip.ttl <= SWEEP_TTL_MAX && had_time(j, k) &&
	       !flow_swept(f, SEGMENT_SYN) && !flow_reset(f);
}

/* Whether ways of several lengths lead there (ECMP): then SYNs may have taken
 * the short ones and controls the others, by chance. A SYN expires where others
 * are answered; or several are lost, as a router may be silent. */
static bool ways_differ(const struct judgement *j)
{
	unsigned silent = 0;

	for (size_t i = 0; i < j->flow_count && j->plain_reach; i++) {
		const struct flow *f = j->flows[i];

		if (!asks_at_reach(j, f) || flow_syn_ack(f))
			continue;
		if (flow_quote(f, SEGMENT_SYN, f->sent[0]->packet.ip.ttl))
			return true;
		silent++;
	}
	return silent >= WAYS_SILENT_MIN;
}

/* Routers that answer at or behind the TTL with which a SYN is answered:
 * the SYN is answered by something before the target. One alone may stand on
 * a longer path of its own (ECMP); so several must, each on a port of its
 * own, and none of them may have reached the target by then. */
static void judge_beyond(struct judgement *j)
{
	unsigned witnesses = 0, farthest = 0;

	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (!j->plain_reach || v->flow->protocol == IPPROTO_TCP ||
		    !v->quote->time_exceeded || v->ttl < j->plain_reach ||
		    address_equal(&v->quote->responder, &v->flow->server))
			continue;
		witnesses++;
		if (v->ttl > farthest)
			farthest = v->ttl;
	}
	/* At least one must stand behind all TTLs with which connections are
	 * answered: a path that is longer by one hop (ECMP) has routers at
	 * the smallest of them, too. */
	if (witnesses >= BEYOND_MIN && farthest > j->farthest_reach &&
	    !j->ways_differ && (!j->distance || j->distance > j->plain_reach))
		j->beyond = farthest;
	j->doubted = witnesses >= BEYOND_MIN && !j->distance;
}

/* The farthest hop at which a SYN expired. */
static unsigned farthest_expired(const struct judgement *j)
{
	unsigned farthest = 0;

	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].flow->protocol == IPPROTO_TCP &&
		    j->views[i].ttl > farthest)
			farthest = j->views[i].ttl;
	return farthest;
}

static bool tells_reach(const struct judgement *j, const struct flow *f)
{
	return told_reach(j, f) && !flow_joins(f) &&
	       !flow_is(f, PURPOSE_UNKNOWN_OPTION);
}

/* A lone SYN that is answered says that no more is needed than its TTL, which
 * may be far too much, unless less was seen to expire. */
static bool is_bound(const struct judgement *j, const struct flow *f,
		     unsigned expired)
{
	unsigned least =
		flow_is(f, PURPOSE_TCP) ? j->plain_reach : j->capable_reach;

	return !flow_swept(f, SEGMENT_SYN) && told_reach(j, f) > least &&
	       told_reach(j, f) > expired + 1;
}

/* Whether a SYN with MP_CAPABLE expired where plain ones are answered. */
static bool expired_behind(const struct judgement *j)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (flow_is(j->views[i].flow, PURPOSE_MP_CAPABLE) &&
		    j->views[i].sent->kind == SEGMENT_SYN &&
		    j->views[i].ttl >= j->plain_reach)
			return true;
	return false;
}

unsigned control_reply_ttl(const struct judgement *j)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].quote->port_unreachable &&
		    address_equal(&j->views[i].quote->responder, &j->r->target))
			return j->views[i].quote->reply_ttl;
	return 0;
}

const struct flow *plain_at_reach(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_TCP) &&
		    flow_syn_ack(j->flows[i]) &&
		    flow_reach(j->flows[i]) == j->plain_reach)
			return j->flows[i];
	return NULL;
}

/* A SYN/ACK that arrives with just the TTL of the target's own answers is the
 * target's, however small the TTL of the SYN: those of TCP alone are raised.
 * (One hop may be a way of its own, ECMP.) */
static void judge_raised(struct judgement *j)
{
	const struct flow *f = j->plain_reach ? plain_at_reach(j) : NULL;

	if (f && !j->ways_differ && j->distance > j->farthest_reach + 1 &&
	    flow_syn_ack(f)->packet.ip.ttl == control_reply_ttl(j))
		j->ttl_rewritten = true;
}

/* Of a connection with MP_CAPABLE that is not refused; or 0. */
static unsigned reach_of_capable(const struct judgement *j,
				 const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && flow_syn_ack(f)
		       ? told_reach(j, f)
		       : 0;
}

/* That with the smallest reach; or NULL. */
static const struct flow *nearest_capable(const struct judgement *j)
{
	const struct flow *nearest = NULL;
	unsigned least = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned reach = reach_of_capable(j, j->flows[i]);

		if (!reach || (least && reach >= least))
			continue;
		least = reach;
		nearest = j->flows[i];
	}
	return nearest;
}

/* A device may end those of one version alone. */
static void judge_capable(struct judgement *j, unsigned expired)
{
	const struct flow *nearest = nearest_capable(j);

	j->capable_nearest = nearest;
	for (size_t i = 0; i < j->flow_count && nearest; i++) {
		const struct flow *f = j->flows[i];
		unsigned reach = reach_of_capable(j, f);

		if (!reach || f->mptcp.version != nearest->mptcp.version ||
		    is_bound(j, f, expired))
			continue;
		j->capable_count++;
		if (reach > j->capable_farthest)
			j->capable_farthest = reach;
	}
}

bool capable_ends(const struct judgement *j)
{
	return j->capable_farthest && j->plain_reach > j->capable_farthest &&
	       j->distance != j->capable_farthest;
}

void judge_reach(struct judgement *j)
{
	unsigned expired = farthest_expired(j);

	j->ttls_tell = ttls_tell(j);
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned *least = flow_is(f, PURPOSE_TCP) ? &j->plain_reach
							  : &j->capable_reach;

		if (tells_reach(j, f))
			*least = smaller(*least, told_reach(j, f));
	}
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned reach = told_reach(j, f);

		if (!tells_reach(j, f) || is_bound(j, f, expired))
			continue;
		if (flow_is(f, PURPOSE_TCP)) {
			j->plain_count++;
			if (reach > j->plain_farthest)
				j->plain_farthest = reach;
		}
		j->reach_count++;
		if (reach > j->farthest_reach)
			j->farthest_reach = reach;
	}
	judge_capable(j, expired);
	judge_distance(j);
	/* The first SYN of a sweep that arrives is answered, not the one with
	 * the smallest TTL, where the path reorders. */
	if (j->plain_reach && j->distance == j->plain_reach &&
	    j->capable_reach > j->plain_reach && !expired_behind(j))
		j->capable_reach = j->plain_reach;
	j->ways_differ = ways_differ(j);
	judge_beyond(j);
	judge_raised(j);
}

static struct report_hop *hop_of(struct judgement *j, unsigned ttl)
{
	while (j->r->path_length < ttl) {
		struct report_hop *hop =
			ARENA_PUSH(j->arena, j->r->path, j->r->path_length);
		hop->ttl = (unsigned)j->r->path_length;
		hop->rtt_ms = -1;
	}
	return &j->r->path[ttl - 1];
}

/* More answer at one TTL in no real network. */
#define RESPONDERS_MAX 64

static void hop_answer(struct judgement *j, struct report_hop *hop,
		       const struct address *address, int64_t rtt_us,
		       unsigned reply_ttl)
{
	double rtt = rtt_us < 0 ? -1 : (double)rtt_us / 1000;
	struct responder *responder = NULL;

	for (size_t i = 0; i < hop->responder_count; i++)
		if (address_equal(&hop->responders[i].address, address))
			responder = &hop->responders[i];
	if (!responder && hop->responder_count >= RESPONDERS_MAX)
		return;
	if (!responder) {
		responder = ARENA_PUSH(j->arena, hop->responders,
				       hop->responder_count);
		*responder = (struct responder){.address = *address,
						.rtt_ms = rtt,
						.reply_ttl = reply_ttl};
		return_hops_set(responder, hop->ttl);
	} else if (rtt >= 0 &&
		   (responder->rtt_ms < 0 || rtt < responder->rtt_ms)) {
		responder->rtt_ms = rtt;
	}
	if (!return_hops_agree(responder, hop->ttl, reply_ttl))
		responder->return_varies = true;
	if (hop->responder_count == 1)
		hop->address = *address;
	if (rtt >= 0 && (hop->rtt_ms < 0 || rtt < hop->rtt_ms))
		hop->rtt_ms = rtt;
}

static void hop_quote(struct judgement *j, struct report_hop *hop,
		      const struct view *v)
{
	const struct comparison *c = &v->comparison;
	struct report_quote *q =
		ARENA_PUSH(j->arena, hop->quotes, hop->quote_count);

	q->segment = v->sent->kind;
	q->connection = v->flow->id;
	q->plain = flow_is(v->flow, PURPOSE_TCP);
	q->frame = v->quote->frame;
	q->bytes = v->quote->bytes;
	q->matched_by = v->quote->matched_by;
	q->covers_options = v->quote->quoted.tcp.data_offset != 0 &&
			    v->quote->quoted.tcp.options_available ==
				    v->quote->quoted.tcp.options_length;
	for (size_t i = 0; i < c->count; i++)
		*ARENA_PUSH(j->arena, q->changes, q->change_count) =
			c->items[i].change;
}

static void add_views(struct judgement *j)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];
		struct report_hop *hop;

		if (!v->quote->time_exceeded || v->ttl == 0)
			continue;
		hop = hop_of(j, v->ttl);
		hop_answer(j, hop, &v->quote->responder,
			   v->quote->time_us - v->sent->time_us,
			   v->quote->reply_ttl);
		if (v->flow->protocol == IPPROTO_TCP &&
		    v->sent->kind < SEGMENT_FALLBACK_SYN &&
		    !flow_is(v->flow, PURPOSE_UNKNOWN_OPTION))
			hop_quote(j, hop, v);
	}
}

/* The target answers at the distance that the control tells, or else where
 * the SYNs are answered. */
static void add_target(struct judgement *j)
{
	unsigned reach = smaller(j->plain_reach, j->capable_reach);
	unsigned ttl = j->distance > reach ? j->distance : reach;
	struct report_hop *hop;

	if (j->beyond >= ttl)
		return;
	hop = hop_of(j, ttl);
	hop->is_target = true;
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k = flow_syn_ack(f);
		size_t syn;

		if (!k || told_reach(j, f) != ttl)
			continue;
		syn = flow_answered_syn(f, f->first_syn_ack);
		if (syn != FLOW_NONE)
			hop_answer(j, hop, &f->server,
				   k->time_us - f->sent[syn]->time_us,
				   k->packet.ip.ttl);
	}
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->quote->port_unreachable &&
		    address_equal(&v->quote->responder, &j->r->target))
			hop_answer(j, hop, &v->quote->responder,
				   v->quote->time_us - v->sent->time_us,
				   v->quote->reply_ttl);
	}
	hop->address = j->r->target;
}

void path_fill(struct judgement *j, const struct flow *f, const struct quote *q)
{
	const struct kept *sent = f->sent[q->sent];
	unsigned ttl = sent->packet.ip.ttl;
	struct report_hop *hop;

	if (!q->time_exceeded || ttl == 0 || ttl >= j->r->path_length)
		return;
	hop = &j->r->path[ttl - 1];
	if (hop->responder_count == 0)
		hop_answer(j, hop, &q->responder, q->time_us - sent->time_us,
			   q->reply_ttl);
}

/* Where this port's own probes drew no answer, those to other ports of the
 * address may have. */
static void ask_other_ports(struct judgement *j)
{
	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		if (f->server_port == j->r->port ||
		    !address_equal(&f->server, &j->r->target))
			continue;
		for (size_t k = 0; k < f->quote_count; k++)
			path_fill(j, f, &f->quotes[k]);
	}
}

void judge_path(struct judgement *j)
{
	add_views(j);
	add_target(j);
	ask_other_ports(j);
	judge_return(j);
}

struct place place_at(const struct judgement *j, unsigned ttl)
{
	struct place p = {.known = true, .ttl = ttl};

	if (ttl == 0)
		p.address = j->r->source;
	else if (ttl <= j->r->path_length)
		p.address = j->r->path[ttl - 1].address;
	return p;
}

static const char *hop_phrase(const struct judgement *j, struct place p)
{
	const char *what =
		p.ttl <= j->r->path_length && j->r->path[p.ttl - 1].is_target &&
				address_equal(&p.address, &j->r->target)
			? "the target"
			: "hop";

	if (what[0] == 't')
		return arena_printf(j->arena, "%s (%s)", what,
				    arena_address(j->arena, &p.address));
	if (p.address.family == 0)
		return arena_printf(j->arena, "hop %u", p.ttl);
	return arena_printf(j->arena, "hop %u (%s)", p.ttl,
			    arena_address(j->arena, &p.address));
}

const char *place_phrase(const struct judgement *j, struct place after,
			 struct place at)
{
	if (at.known && after.known && after.ttl > 0)
		return arena_printf(j->arena, "at or between %s and %s",
				    hop_phrase(j, after), hop_phrase(j, at));
	if (at.known)
		return arena_printf(j->arena, "at %s or on the path to it",
				    hop_phrase(j, at));
	if (after.known && after.ttl > 0)
		return arena_printf(j->arena, "at %s or beyond it",
				    hop_phrase(j, after));
	return "at an unknown place";
}

const char *answerer_phrase(const struct judgement *j, struct finding *f)
{
	struct place *at = &f->at;

	f->bounds = BOUNDS_ANSWERER;
	if (address_equal(&at->address, &j->r->target))
		at->address = (struct address){0};
	return arena_printf(
		j->arena, "at hop %u%s or just before it", at->ttl,
		at->address.family
			? arena_printf(j->arena, " (%s)",
				       arena_address(j->arena, &at->address))
			: "");
}

bool intact_to_last_hop(const struct judgement *j, enum segment_kind kind,
			int version)
{
	unsigned reach = j->capable_reach ? j->capable_reach : j->plain_reach;

	/* not if what answers may be nearer or farther than the target */
	if (j->ttl_rewritten || j->distance > reach)
		return false;
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->ttl == reach - 1 && v->sent->kind == kind &&
		    flow_is(v->flow, PURPOSE_MP_CAPABLE) &&
		    (version < 0 || (int)v->flow->mptcp.version == version) &&
		    comparison_covers(&v->comparison, FIELD_OPTION_MPTCP) &&
		    !comparison_find(&v->comparison, FIELD_OPTION_MPTCP))
			return true;
	}
	return false;
}
