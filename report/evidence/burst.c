/* SPDX-License-Identifier: GPL-3.0-or-later
 * Copies of one SYN, many at once, and more that end at each hop right behind
 * them: where a device lets only so many through, these come to it, and one and
 * the same SYN came farther at another time.
 */
#include <stdlib.h>

#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/ledger.h"
#include "report/track/observer.h"

struct bursts flow_bursts(const struct flow *f, enum segment_kind kind)
{
	struct bursts b = {0};
	unsigned copies = 0;
	int64_t first_us = 0;

	for (size_t i = 0; i < f->sent_count && b.count < BURSTS_MAX; i++) {
		const struct kept *k = f->sent[i];

		if (k->kind != kind || !kept_is_full(k))
			continue;
		if (!copies || k->time_us - first_us > MOMENT_US) {
			copies = 0;
			first_us = k->time_us;
		}
		if (++copies == BURST_MIN)
			b.begun_us[b.count++] = first_us;
	}
	return b;
}

static bool is_behind(const struct bursts *b, int64_t us)
{
	for (unsigned i = 0; i < b->count; i++)
		if (us >= b->begun_us[i] && us <= b->begun_us[i] + MOMENT_US)
			return true;
	return false;
}

bool burst_has(const struct bursts *b, const struct kept *k)
{
	return is_behind(b, k->time_us);
}

bool burst_quoted(const struct bursts *b, const struct flow *f,
		  enum segment_kind kind, unsigned ttl)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *k = f->sent[f->quotes[i].sent];

		if (k->kind == kind && k->packet.ip.ttl == ttl &&
		    burst_has(b, k))
			return true;
	}
	return false;
}

/* What a hop shows of the option in copies right behind a burst, or in
 * others. */
static const struct view *shown(const struct judgement *j,
				const struct burst *b, unsigned ttl, bool burst,
				bool changed)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];
		const struct comparison *c = &v->comparison;

		if (v->flow == b->flow && v->ttl == ttl &&
		    v->sent->kind == b->kind &&
		    burst_has(&b->bursts, v->sent) == burst &&
		    comparison_covers(c, FIELD_OPTION_MPTCP) &&
		    (comparison_find(c, FIELD_OPTION_MPTCP) != NULL) == changed)
			return v;
	}
	return NULL;
}

/* Copies that the hop had to quote. */
static unsigned copies(const struct judgement *j, const struct burst *b,
		       unsigned ttl)
{
	unsigned count = 0;

	for (size_t i = 0; i < b->flow->sent_count; i++) {
		const struct kept *k = b->flow->sent[i];

		count += k->kind == b->kind && k->packet.ip.ttl == ttl &&
			 burst_has(&b->bursts, k) &&
			 !router_spent(j, b->flow, k);
	}
	return count;
}

/* Who has copies to quote, quotes none, and others. One that quotes them
 * without their options tells nothing. */
static bool is_silent(const struct judgement *j, const struct burst *b,
		      unsigned ttl)
{
	return copies(j, b, ttl) &&
	       !burst_quoted(&b->bursts, b->flow, b->kind, ttl) &&
	       quoted_at(j, PURPOSE_TCP, SEGMENT_SYN, ttl);
}

/* The last hop that quotes a copy as sent, and the first behind it that quotes
 * one changed, or none though it quotes others. */
static bool place_burst(const struct judgement *j, struct burst *b)
{
	struct between *p = &b->between;
	unsigned silent = 0;

	for (unsigned ttl = 1; ttl < j->plain_reach; ttl++) {
		bool changed = shown(j, b, ttl, true, true);

		if (shown(j, b, ttl, true, false)) {
			*p = (struct between){.after = ttl};
			silent = 0;
		} else if (changed || is_silent(j, b, ttl)) {
			silent += changed ? 0 : copies(j, b, ttl);
			p->at = p->at ? p->at : ttl;
		}
	}
	p->known = true;
	return p->at && (shown(j, b, p->at, true, true) || !j->plain.lost ||
			 chance_of_loss(silent, tries_of(&j->plain)) <
				 CHANCE_OF_SILENCE);
}

/* The same SYN came farther: the server answers its option, or a hop quotes it
 * behind where the copies end. */
static bool came_farther(const struct judgement *j, const struct burst *b)
{
	if (b->flow->mptcp.syn_ack || b->flow->join.syn_ack)
		return true;
	for (unsigned ttl = b->between.at; ttl < j->plain_reach; ttl++)
		if (shown(j, b, ttl, false, false))
			return true;
	return false;
}

/* ---- a limit, or chance ---------------------------------------------------
 */

/* Which asks as the burst does, so that what answers it may be the device's
 * doing alone: not for checksums, nor in a form of its own. */
static bool asks_alike(const struct flow *f, const struct burst *b)
{
	if (b->kind == SEGMENT_JOIN_SYN)
		return flow_is(f, PURPOSE_MP_JOIN);
	return flow_is(f, PURPOSE_MP_CAPABLE) &&
	       f->mptcp.version == b->flow->mptcp.version &&
	       f->mptcp.syn_flags == b->flow->mptcp.syn_flags;
}

/* What became of one SYN. */
struct passage {
	int64_t us; /* when it went out */
	bool passed;
	bool told; /* by an answer or a quote: otherwise it may be lost */
};

struct passages {
	struct passage *list;
	size_t count;
};

/* When its first SYN went out; of a swept flow, that which was answered, or 0.
 */
static int64_t told_us(const struct flow *f, enum segment_kind kind)
{
	size_t syn;

	if (!flow_swept(f, kind))
		return f->first_us;
	syn = flow_syn_ack(f) ? flow_answered_syn(f, f->first_syn_ack)
			      : FLOW_NONE;
	return syn == FLOW_NONE ? 0 : f->sent[syn]->time_us;
}

static bool has_passed(const struct flow *f)
{
	return f->mptcp.syn_ack || f->join.syn_ack;
}

/* Of one that passed when it was sent again, the first was stopped. */
static void add_answer(const struct judgement *j, struct passages *p,
		       const struct flow *f, enum segment_kind kind)
{
	bool again = !flow_swept(f, kind) && flow_sent_count(f, kind, 0) > 1;
	bool told = flow_syn_ack(f) || flow_reset(f);

	if (told_us(f, kind))
		*ARENA_PUSH(j->arena, p->list, p->count) = (struct passage){
			told_us(f, kind), has_passed(f) && !again,
			told && !again};
}

/* Of a server that answers some with the option, so that its answers tell. */
static void add_answers(const struct judgement *j, struct passages *p,
			const struct burst *b)
{
	bool tell = false;

	for (size_t i = 0; i < j->flow_count; i++)
		tell |= asks_alike(j->flows[i], b) && has_passed(j->flows[i]);
	for (size_t i = 0; i < j->flow_count && tell; i++)
		if (asks_alike(j->flows[i], b))
			add_answer(j, p, j->flows[i], b->kind);
}

/* What hops behind the device quote of it. */
static void add_views(const struct judgement *j, struct passages *p,
		      const struct burst *b)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];
		const struct comparison *c = &v->comparison;

		if (v->ttl >= b->between.at && v->sent->kind == b->kind &&
		    asks_alike(v->flow, b) &&
		    comparison_covers(c, FIELD_OPTION_MPTCP))
			*ARENA_PUSH(j->arena, p->list,
				    p->count) = (struct passage){
				v->sent->time_us,
				!comparison_find(c, FIELD_OPTION_MPTCP), true};
	}
}

static int by_time(const void *a, const void *b)
{
	const struct passage *x = a, *y = b;

	return x->us < y->us ? -1 : x->us > y->us;
}

/* One that is stopped, as all are behind a burst, and right behind it one that
 * passes: by chance, or by something else than how many there are. */
static bool is_mixed(const struct judgement *j, const struct burst *b)
{
	const struct passage *stopped = NULL;
	struct passages p = {0};
	unsigned count = 0;

	add_answers(j, &p, b);
	add_views(j, &p, b);
	if (p.count)
		qsort(p.list, p.count, sizeof(*p.list), by_time);
	for (size_t i = 0; i < p.count; i++) {
		const struct passage *k = &p.list[i];

		if (k->passed && is_behind(&b->bursts, k->us))
			return true;
		if (k->passed && stopped &&
		    k->us - stopped->us <= SIDE_BY_SIDE_US)
			count += stopped->told ? MIXED_MIN : 1;
		stopped = k->passed ? NULL : k;
	}
	return count >= MIXED_MIN;
}

bool ask_burst(const struct judgement *j, enum segment_kind kind,
	       struct burst *b)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		*b = (struct burst){.flow = f,
				    .kind = kind,
				    .bursts = flow_bursts(f, kind)};
		if (b->bursts.count && place_burst(j, b) &&
		    came_farther(j, b) && !is_mixed(j, b))
			return true;
	}
	return false;
}
