/* SPDX-License-Identifier: GPL-3.0-or-later
 * The sweeps of SYNs: what of them is missing, when it is sent again, and
 * down to which TTL they are answered.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/track/observer.h"

#define MS 1000
/* How long a missing quote is waited for before its SYN is sent again, and
 * how often: rate-limited routers answer the later sweeps anyway. */
#define QUOTE_WAIT_MIN_US (60 * MS)
#define SILENT_WAIT_US (8 * MS)
#define QUOTE_ROUNDS 2

bool run_sweeping(const struct run *p)
{
	return p->options->first_ttl < FULL_TTL;
}

/* Another port of this address is probed before this one. */
bool run_follows(const struct run *p)
{
	return p->shared->leader != p;
}

unsigned run_last_ttl(const struct run *p)
{
	unsigned last = p->options->max_ttl;

	return last < FULL_TTL ? last : FULL_TTL - 1;
}

/* Where the SYNs of this run are answered, with or without MPTCP. */
unsigned run_reach(const struct run *p)
{
	unsigned reach = sweep_reach(&p->plain);

	for (unsigned i = 0; i < p->syn_count; i++) {
		const struct syn *l = &p->syns[i];

		if (l->client.purpose == PURPOSE_TCP &&
		    l->copy.ttl < FULL_TTL && syn_answered(l) &&
		    (!reach || l->copy.ttl < reach))
			reach = l->copy.ttl;
	}
	return reach;
}

/* Which hops have answered anything at all: they are limited, not silent. */
void run_update_heard(struct run *p)
{
	const struct observer *o = p->live->observer;
	struct shared *c = p->shared;

	if (c->quotes == o->quotes)
		return;
	c->quotes = o->quotes;
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		if (!address_equal(&f->server, &p->to.target))
			continue;
		for (size_t k = 0; k < f->quote_count; k++)
			c->heard |=
				UINT64_C(1)
				<< (f->sent[f->quotes[k].sent]->packet.ip.ttl &
				    63);
	}
}

static bool heard(const struct run *p, unsigned ttl)
{
	return p->shared->heard >> (ttl & 63) & 1;
}

/* Hops below the reach that did not quote this sweep. A hop that has never
 * answered anything is asked twice in vain, no more. */
static bool is_missing(const struct run *p, const struct sweep *w, unsigned ttl)
{
	return !sweep_quoted(w, ttl) && (w->rounds == 0 || heard(p, ttl));
}

static unsigned sweep_end(const struct run *p, const struct sweep *w)
{
	unsigned reach = run_reach(p);

	return reach ? reach : w->last + 1;
}

static unsigned count_missing(const struct run *p, const struct sweep *w)
{
	unsigned end = sweep_end(p, w), missing = 0;

	for (unsigned ttl = w->first; ttl < end; ttl++)
		missing += is_missing(p, w, ttl);
	return missing;
}

static bool sweep_complete(const struct run *p, const struct sweep *w)
{
	unsigned end = sweep_end(p, w);

	for (unsigned ttl = w->first; ttl < end; ttl++)
		if (!sweep_quoted(w, ttl))
			return false;
	return true;
}

/* How long quotes are waited for: somewhat longer than the target takes.
 * The last time, where only silent hops are missing, a short while. */
static int64_t quote_wait(const struct run *p, const struct sweep *w)
{
	int64_t rtt = p->pace.rtt_us;
	int64_t slack = rtt / 4 > QUOTE_SLACK_US ? rtt / 4 : QUOTE_SLACK_US;

	if (!run_reach(p) && p->before.state != CONNECTION_ENDED)
		return pace_wait_us(&p->pace);
	if (w->rounds > 0 && count_missing(p, w) == 0)
		return rtt / 8 > SILENT_WAIT_US ? rtt / 8 : SILENT_WAIT_US;
	return rtt + slack > QUOTE_WAIT_MIN_US ? rtt + slack
					       : QUOTE_WAIT_MIN_US;
}

static void resend_missing(struct run *p, struct sweep *w, int64_t now_us)
{
	unsigned reach = run_reach(p);

	for (unsigned ttl = w->first; ttl < reach; ttl++)
		if (is_missing(p, w, ttl))
			sweep_again(w, ttl, true);
	w->rounds++;
	w->sent_us = now_us;
}

/* Quotes came that do not tell their TTL: sending again would draw more of
 * the same, at the cost of answers that routers limit. */
static bool sweep_untold(const struct sweep *w)
{
	const struct flow *f = client_flow(&w->client);

	return f && f->misfits > 0;
}

/* The hops of a sweep that should have answered and did not: sent again. */
int64_t run_step_sweep(struct run *p, struct sweep *w, int64_t now_us)
{
	int64_t wait;

	if (w->last == 0 || w->rounds > QUOTE_ROUNDS || sweep_complete(p, w))
		return NEVER;
	wait = quote_wait(p, w);
	if (now_us < w->sent_us + wait)
		return w->sent_us + wait;
	if (w->rounds == QUOTE_ROUNDS || count_missing(p, w) == 0) {
		w->rounds = QUOTE_ROUNDS + 1;
		return NEVER;
	}
	resend_missing(p, w, now_us);
	return now_us + quote_wait(p, w);
}

bool run_sweep_settled(const struct run *p, const struct sweep *w)
{
	if (w->last == 0)
		return w != &p->plain || !run_sweeping(p);
	return w->rounds > QUOTE_ROUNDS || sweep_untold(w) ||
	       sweep_complete(p, w);
}

/* Where the leader's SYNs are answered, this port's are likely to be, too:
 * the hops before are known. The leader's other sweeps come first. */
static void start_plain_sweep(struct run *p)
{
	const struct run *leader = p->shared->leader;
	unsigned first = p->options->first_ttl, reach;

	if (!run_sweeping(p) || p->plain.last || !run_follows(p) ||
	    (!leader->over && !leader->after_started))
		return;
	reach = run_reach(leader);
	if (!reach)
		reach = control_distance(&leader->control);
	if (reach > first + 1 && reach <= run_last_ttl(p))
		first = reach - 1;
	sweep_start(&p->plain, p->live, &p->to, PURPOSE_TCP, 0, first,
		    run_last_ttl(p), 0);
}

/* They are answered before that: the rest of the sweep as well. */
static void extend_plain_sweep(struct run *p, int64_t now_us)
{
	struct sweep *w = &p->plain;
	unsigned first = p->options->first_ttl;

	if (!w->last || w->first == first || sweep_reach(w) != w->first)
		return;
	for (unsigned ttl = first; ttl < w->first; ttl++)
		sweep_again(w, ttl, false);
	w->first = first;
	w->rounds = 0;
	w->sent_us = now_us;
}

/* Whether the TTL below the smallest that was answered expires on the way,
 * as a quote shows; if none does, the SYN that was answered may not be the
 * first that could be (loss, reordering): lone SYNs go down the edge. */
static void step_edge(struct run *p)
{
	unsigned reach = run_reach(p);

	if (!run_sweeping(p) || reach <= p->options->first_ttl ||
	    !run_sweep_settled(p, &p->plain) || p->edge == reach - 1 ||
	    sweep_quoted(&p->plain, reach - 1))
		return;
	p->edge = reach - 1;
	run_add_syn(p, PURPOSE_TCP, 0, p->edge, EDGE_TRIES);
}

/* No SYN/ACK tells which SYN it answers: one flow for each TTL behind the
 * last hop that quoted. */
static void step_untold_reach(struct run *p)
{
	const struct flow *f =
		p->plain.last ? client_flow(&p->plain.client) : NULL;
	unsigned ttl = run_last_ttl(p);

	if (!f || p->edges_sent || !f->syn_ack_seen || flow_reach(f) ||
	    !run_sweep_settled(p, &p->plain))
		return;
	p->edges_sent = true;
	while (ttl >= p->options->first_ttl && !sweep_quoted(&p->plain, ttl))
		ttl--;
	/* Two at the first of them: one alone may have taken a way of its
	 * own. */
	run_add_syn(p, PURPOSE_TCP, 0, ttl + 1, EDGE_TRIES);
	for (ttl++; ttl <= run_last_ttl(p); ttl++)
		run_add_syn(p, PURPOSE_TCP, 0, ttl, EDGE_TRIES);
}

/* Quotes that show neither timestamps nor a checksum as sent, nor, over IPv4,
 * the IP ID, do not tell their TTL: the hops that are missing are tried with
 * SYNs of their own. */
static void step_untold_hops(struct run *p)
{
	const struct sweep *w = &p->attempts[0].sweep;
	const struct flow *f =
		p->plain.last ? client_flow(&p->plain.client) : NULL;
	unsigned reach = run_reach(p);

	if ((p->to.target.family == 4 && (!f || !f->misfits)) || p->hops_sent ||
	    !reach || !w->last || !run_sweep_settled(p, &p->plain) ||
	    !run_sweep_settled(p, w))
		return;
	p->hops_sent = true;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		if (!sweep_quoted(&p->plain, ttl) && !sweep_quoted(w, ttl)) {
			run_add_syn(p, PURPOSE_TCP, 0, ttl, 1);
			run_add_syn(p, PURPOSE_MP_CAPABLE,
				    p->attempts[0].version, ttl, EDGE_TRIES);
		}
}

void run_begin_plain(struct run *p, int64_t now_us)
{
	start_plain_sweep(p);
	extend_plain_sweep(p, now_us);
}

void run_step_edges(struct run *p)
{
	step_edge(p);
	step_untold_reach(p);
	step_untold_hops(p);
}
