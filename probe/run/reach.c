/* SPDX-License-Identifier: GPL-3.0-or-later
 * The sweeps of SYNs: what of them is missing, when it is sent again, and
 * down to which TTL they are answered.
 */
#include "probe/net/names.h"
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/track/observer.h"

/* How long only silent hops are waited for, and how often a missing quote's
 * SYN is sent again: rate-limited routers answer the later sweeps anyway. */
#define SILENT_WAIT_US 8000
#define QUOTE_ROUNDS 2
#define EDGE_TRIES 2

static unsigned last_ttl(const struct run *r)
{
	unsigned last = r->settings->max_ttl;

	return last < FULL_TTL ? last : FULL_TTL - 1;
}

/* Which hops have answered anything at all: they are limited, not silent. */
void run_see_quotes(struct run *r)
{
	const struct observer *o = r->to.live->observer;
	struct shared *shared = r->shared;

	if (shared->quotes == o->quotes)
		return;
	shared->quotes = o->quotes;
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; k < f->quote_count; k++) {
			const struct quote *q = &f->quotes[k];
			unsigned ttl = f->sent[q->sent]->packet.ip.ttl;

			if (r->to.live->names)
				names_ask(r->to.live->names, &q->responder);
			if (run_sees(r, f) &&
			    address_equal(&f->server, &r->to.target))
				shared->heard |= UINT64_C(1) << (ttl & 63);
		}
	}
}

bool run_heard(const struct run *r, unsigned ttl)
{
	return r->shared->heard >> (ttl & 63) & 1;
}

/* Hops below the reach that did not quote this sweep. A hop that has never
 * answered anything is asked twice in vain, no more. */
static bool is_missing(const struct run *r, const struct sweep *w, unsigned ttl)
{
	return !sweep_quoted(w, ttl) && (w->rounds == 0 || run_heard(r, ttl));
}

static unsigned end_of(const struct run *r, const struct sweep *w)
{
	return r->reach ? r->reach : w->last + 1;
}

static unsigned count_missing(const struct run *r, const struct sweep *w)
{
	unsigned end = end_of(r, w), missing = 0;

	for (unsigned ttl = w->first; ttl < end; ttl++)
		missing += is_missing(r, w, ttl);
	return missing;
}

static bool sweep_complete(const struct run *r, const struct sweep *w)
{
	unsigned end = end_of(r, w);

	for (unsigned ttl = w->first; ttl < end; ttl++)
		if (!sweep_quoted(w, ttl))
			return false;
	return true;
}

/* How long quotes are waited for: somewhat longer than the target takes.
 * The last time, where only silent hops are missing, a short while. */
static int64_t sweep_wait_us(const struct run *r, const struct sweep *w)
{
	int64_t silent = r->to.rtt_us / 8;

	if (!r->reach && r->before.state != CONNECTION_ENDED)
		return answer_wait_us(&r->to);
	if (w->rounds > 0 && count_missing(r, w) == 0)
		return silent > SILENT_WAIT_US ? silent : SILENT_WAIT_US;
	return quote_wait_us(&r->to);
}

static void resend_missing(struct run *r, struct sweep *w, int64_t now_us)
{
	for (unsigned ttl = w->first; ttl < r->reach; ttl++)
		if (is_missing(r, w, ttl))
			sweep_again(w, ttl, true);
	w->rounds++;
	w->sent_us = now_us;
}

/* Quotes came that do not tell their TTL: sending again would draw more of
 * the same, at the cost of answers that routers limit. */
static bool sweep_untold(const struct sweep *w)
{
	const struct flow *f = client_flow(&w->client);

	return f && f->untold > 0;
}

/* The hops of a sweep that should have answered and did not: sent again. */
static int64_t step_sweep(struct run *r, struct sweep *w, int64_t now_us)
{
	int64_t wait;

	if (w->rounds > QUOTE_ROUNDS || sweep_complete(r, w))
		return OVER;
	wait = sweep_wait_us(r, w);
	if (now_us < w->sent_us + wait)
		return w->sent_us + wait;
	if (w->rounds == QUOTE_ROUNDS || count_missing(r, w) == 0) {
		w->rounds = QUOTE_ROUNDS + 1;
		return OVER;
	}
	resend_missing(r, w, now_us);
	return now_us + sweep_wait_us(r, w);
}

bool sweep_settled(const struct run *r, const struct sweep *w)
{
	if (w->last == 0)
		return w != &r->plain || !run_sweeping(r);
	return w->rounds > QUOTE_ROUNDS || sweep_untold(w) ||
	       sweep_complete(r, w);
}

/* Where the leader's SYNs are answered, this port's are likely to be, too:
 * the hops before are known. */
static void start_plain(struct run *r)
{
	const struct run *leader = r->shared->leader;
	unsigned first = r->settings->first_ttl, reach = leader->reach;

	if (!reach)
		reach = control_distance(&leader->control);
	if (run_follows(r) && reach > first + 1 && reach <= last_ttl(r))
		first = reach - 1;
	sweep_start(&r->plain, &r->to, PURPOSE_TCP, 0, first, last_ttl(r), 0);
}

/* They are answered before that: the rest of the sweep as well. */
static void extend_plain(struct run *r, int64_t now_us)
{
	struct sweep *w = &r->plain;
	unsigned first = r->settings->first_ttl;

	if (w->first == first || sweep_reach(w) != w->first)
		return;
	for (unsigned ttl = first; ttl < w->first; ttl++)
		sweep_again(w, ttl, false);
	w->first = first;
	w->rounds = 0;
	w->sent_us = now_us;
}

/* The leader's other sweeps come first. */
int64_t plain_sweep_step(struct run *r, struct version *v, int64_t now_us)
{
	const struct run *leader = r->shared->leader;

	(void)v;
	if (!r->plain.last && run_follows(r) && !leader->quiet && !leader->over)
		return NEVER;
	if (!r->plain.last)
		start_plain(r);
	extend_plain(r, now_us);
	return step_sweep(r, &r->plain, now_us);
}

/* Alone, it goes out at once, although nobody knows yet which of its SYNs
 * reach the server. */
bool capable_sweep_wanted(const struct run *r, const struct version *v)
{
	if (r->settings->sweep_only)
		return v == &r->versions[0];
	return v->bare.state != CONNECTION_IDLE &&
	       (r->reach || sweep_settled(r, &r->plain));
}

void capable_sweep_start(struct run *r, struct version *v)
{
	sweep_start(&v->sweep, &r->to, PURPOSE_MP_CAPABLE, v->number,
		    r->settings->first_ttl, last_ttl(r),
		    r->settings->sweep_only ? 0 : r->reach);
}

int64_t capable_sweep_step(struct run *r, struct version *v, int64_t now_us)
{
	return step_sweep(r, &v->sweep, now_us);
}

/* ---- SYNs where the sweeps do not tell ----------------------------------- */

static bool asked_at(const struct run *r, unsigned ttl)
{
	for (size_t i = 0; i < r->connection_count; i++)
		if (r->connections[i]->client.purpose == PURPOSE_TCP &&
		    r->connections[i]->copy.ttl == ttl)
			return true;
	return false;
}

/* Whether the TTL below the smallest that was answered expires on the way,
 * as a quote shows; if none does, the SYN that was answered may not be the
 * first that could be (loss, reordering): SYNs go down the edge. */
bool edge_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return r->reach > r->settings->first_ttl &&
	       sweep_settled(r, &r->plain) &&
	       !sweep_quoted(&r->plain, r->reach - 1) &&
	       !asked_at(r, r->reach - 1);
}

void edge_start(struct run *r, struct version *v)
{
	(void)v;
	run_add_syn(r, PURPOSE_TCP, 0, r->reach - 1, EDGE_TRIES);
}

/* No SYN/ACK tells which SYN it answers. */
bool untold_reach_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f =
		r->plain.last ? client_flow(&r->plain.client) : NULL;

	(void)v;
	return f && f->syn_ack_seen && !flow_reach(f) &&
	       sweep_settled(r, &r->plain);
}

/* One flow for each TTL behind the last hop that quoted. */
void untold_reach_start(struct run *r, struct version *v)
{
	unsigned ttl = last_ttl(r);

	(void)v;
	while (ttl >= r->settings->first_ttl && !sweep_quoted(&r->plain, ttl))
		ttl--;
	/* Two at the first of them: one alone may have taken a way of its
	 * own. */
	run_add_syn(r, PURPOSE_TCP, 0, ttl + 1, EDGE_TRIES);
	for (ttl++; ttl <= last_ttl(r); ttl++)
		run_add_syn(r, PURPOSE_TCP, 0, ttl, EDGE_TRIES);
}

/* Quotes that show neither timestamps nor a checksum as sent, nor, over IPv4,
 * the IP ID, do not tell their TTL. */
bool untold_hops_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f =
		r->plain.last ? client_flow(&r->plain.client) : NULL;

	return (r->to.target.family == 6 || (f && f->untold)) &&
	       v->sweep.last && sweep_settled(r, &r->plain) &&
	       sweep_settled(r, &v->sweep);
}

/* The hops that are missing are tried with SYNs of their own. */
void untold_hops_start(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++) {
		if (sweep_quoted(&r->plain, ttl) ||
		    sweep_quoted(&v->sweep, ttl))
			continue;
		run_add_syn(r, PURPOSE_TCP, 0, ttl, 1);
		run_add_syn(r, PURPOSE_MP_CAPABLE, v->number, ttl, EDGE_TRIES);
	}
}
