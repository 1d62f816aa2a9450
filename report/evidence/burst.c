/* SPDX-License-Identifier: GPL-3.0-or-later
 * Copies of one SYN, many at once, and more that end at each hop right behind
 * them: where a device lets only so many through, these come to it, and one and
 * the same SYN came farther at another time.
 */
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

bool burst_has(const struct bursts *b, const struct kept *k)
{
	for (unsigned i = 0; i < b->count; i++)
		if (k->time_us >= b->begun_us[i] &&
		    k->time_us <= b->begun_us[i] + MOMENT_US)
			return true;
	return false;
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

/* The last hop that quotes a copy as sent, and the first behind it that quotes
 * one changed, or none though it quotes others. */
static bool place_burst(const struct judgement *j, struct burst *b)
{
	struct between *p = &b->between;
	unsigned silent = 0;

	for (unsigned ttl = 1; ttl < j->plain_reach; ttl++) {
		bool changed = shown(j, b, ttl, true, true);
		unsigned sent = copies(j, b, ttl);

		if (shown(j, b, ttl, true, false)) {
			*p = (struct between){.after = ttl};
			silent = 0;
		} else if (changed || (sent && quoted_at(j, PURPOSE_TCP,
							 SEGMENT_SYN, ttl))) {
			silent += changed ? 0 : sent;
			p->at = p->at ? p->at : ttl;
		}
	}
	p->known = true;
	return p->at && (shown(j, b, p->at, true, true) || !j->plain.lost ||
			 chance_of_loss(silent, tries_of(&j->plain)) <
				 CHANCE_OF_SILENCE);
}

/* A hop quotes the option removed that stands before where the copies are
 * stopped: then that was chance. */
static bool changed_before(const struct judgement *j, const struct burst *b)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->ttl && v->ttl <= b->between.after &&
		    v->sent->kind == b->kind &&
		    comparison_find(&v->comparison, FIELD_OPTION_MPTCP))
			return true;
	}
	return false;
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

/* At its first SYN. */
static bool has_passed(const struct flow *f)
{
	return (f->mptcp.syn_ack || f->join.syn_ack) &&
	       flow_sent_count(f, SEGMENT_SYN, 0) +
			       flow_sent_count(f, SEGMENT_JOIN_SYN, 0) ==
		       1;
}

/* One that is stopped, and right behind it one that passes, more than once: by
 * chance, or by something else than how many there are. */
static bool is_mixed(const struct judgement *j, enum segment_kind kind)
{
	enum purpose purpose =
		kind == SEGMENT_JOIN_SYN ? PURPOSE_MP_JOIN : PURPOSE_MP_CAPABLE;
	const struct flow *stopped = NULL;
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, purpose) || flow_swept(f, kind))
			continue;
		if (!has_passed(f)) {
			stopped = f;
			continue;
		}
		count += stopped &&
			 f->first_us - stopped->first_us <= SIDE_BY_SIDE_US;
		stopped = NULL;
	}
	return count >= MIXED_MIN;
}

bool ask_burst(const struct judgement *j, enum segment_kind kind,
	       struct burst *b)
{
	if (is_mixed(j, kind))
		return false;
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		*b = (struct burst){.flow = f,
				    .kind = kind,
				    .bursts = flow_bursts(f, kind)};
		if (b->bursts.count && place_burst(j, b) &&
		    !changed_before(j, b) && came_farther(j, b))
			return true;
	}
	return false;
}
