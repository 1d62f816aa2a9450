/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/probing.h"

#include <stdio.h>
#include <string.h>

#include "probe/command.h"
#include "probe/names.h"
#include "probe/session.h"
#include "report/judge.h"
#include "report/observer.h"

#define MS 1000
/* How long a missing quote is waited for before its SYN is sent again, and
 * how often: rate-limited routers answer the later sweeps anyway. */
#define QUOTE_WAIT_MIN_US (60 * MS)
#define QUOTE_SLACK_US (15 * MS)
#define SILENT_WAIT_US (8 * MS)
#define QUOTE_ROUNDS 2
#define EDGE_TRIES 2
/* Pairs of SYNs with and without the option (design.md, "Loss"). */
#define CONTRAST_PAIRS 8
/* Routers give one more answer a second after their first six. */
#define FETCH_WAIT_US (1050 * MS)
#define FETCH_ROUNDS 3
#define TURN_WAIT_US (100 * MS)

void probing_init(struct probing *p, struct session *s, const struct options *o,
		  const struct destination *to, const char *host,
		  struct company *company)
{
	int length;

	memset(p, 0, sizeof(*p));
	p->session = s;
	p->options = o;
	p->company = company;
	if (!company->leader)
		company->leader = p;
	p->to = *to;
	length = snprintf((char *)p->request, sizeof(p->request),
			  "GET / HTTP/1.1\r\nHost: %s%s%s\r\n"
			  "User-Agent: mpprobe/" MPPROBE_VERSION "\r\n"
			  "Accept: */*\r\nConnection: keep-alive\r\n\r\n",
			  strchr(host, ':') ? "[" : "", host,
			  strchr(host, ':') ? "]" : "");
	p->request_length = (size_t)length < sizeof(p->request)
				    ? (size_t)length
				    : sizeof(p->request) - 1;
	control_init(&p->control, s, &p->to);
	if (o->mptcp_version != 0)
		p->attempts[p->attempt_count++].version = 1;
	if (o->mptcp_version != 1)
		p->attempts[p->attempt_count++].version = 0;
}

static bool sweeping(const struct probing *p)
{
	return p->options->first_ttl < FULL_TTL;
}

/* Another port of this address is probed before this one. */
static bool follows(const struct probing *p)
{
	return p->company->leader != p;
}

static unsigned last_ttl(const struct probing *p)
{
	unsigned last = p->options->max_ttl;

	return last < FULL_TTL ? last : FULL_TTL - 1;
}

static bool start_dialog(struct probing *p, struct dialog *d,
			 enum purpose purpose, unsigned version, bool checksum)
{
	return dialog_start(d, p->session, &p->to, &p->pace, purpose, version,
			    checksum, p->request, p->request_length);
}

static bool start_attempt(struct probing *p, struct attempt *a)
{
	a->started = true;
	return start_dialog(p, &a->bare, PURPOSE_MP_CAPABLE, a->version,
			    false) &&
	       start_dialog(p, &a->summed, PURPOSE_MP_CAPABLE, a->version,
			    true) &&
	       lone_start(&a->random, p->session, &p->to, &p->pace,
			  PURPOSE_MP_JOIN_RANDOM, a->version, NULL, FULL_TTL,
			  3);
}

/* An attempt that is the sweep of its SYN and nothing else; at once, although
 * nobody knows yet which of them reach the server. */
static bool sweep_attempt(struct probing *p, struct attempt *a)
{
	a->started = true;
	a->bare.state = DIALOG_ENDED;
	a->summed.state = DIALOG_ENDED;
	a->random.retry.pace = &p->pace;
	return !sweeping(p) ||
	       sweep_start(&a->sweep, p->session, &p->to, PURPOSE_MP_CAPABLE,
			   a->version, p->options->first_ttl, last_ttl(p), 0);
}

static bool start_control(struct probing *p)
{
	static const uint8_t ttls[] = {64, 96, 60};

	p->control.rounds++;
	for (size_t i = 0; i < sizeof(ttls); i++)
		if (!control_send(&p->control, ttls[i]))
			return false;
	return true;
}

bool probing_start(struct probing *p)
{
	if (sweeping(p) && !follows(p) &&
	    (!sweep_start(&p->plain, p->session, &p->to, PURPOSE_TCP, 0,
			  p->options->first_ttl, last_ttl(p), 0) ||
	     !start_control(p)))
		return false;
	if (p->to.reference && (follows(p) || !sweeping(p)) &&
	    !control_send(&p->control, FULL_TTL))
		return false; /* it marks the reference in the capture */
	if (p->options->sweep_only)
		return sweep_attempt(p, &p->attempts[0]) &&
		       dialog_start(&p->before, p->session, &p->to, &p->pace,
				    PURPOSE_TCP, 0, false, NULL, 0);
	return start_dialog(p, &p->before, PURPOSE_TCP, 0, false) &&
	       start_attempt(p, &p->attempts[0]);
}

/* The smallest round-trip time of any SYN/ACK so far. */
static void update_pace(struct probing *p)
{
	const struct observer *o = p->session->observer;

	if (p->pace.rtt_us)
		return;
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];
		const struct kept *k = flow_syn_ack(f);

		if (!k || f->sent_count == 0 ||
		    !address_equal(&f->server, &p->to.target))
			continue;
		p->pace.rtt_us = k->time_us - f->first_us;
		if (p->pace.rtt_us < 1)
			p->pace.rtt_us = 1;
		return;
	}
}

/* Where the SYNs of this run are answered, with or without MPTCP. */
static unsigned known_reach(const struct probing *p)
{
	unsigned reach = sweep_reach(&p->plain);

	for (unsigned i = 0; i < p->lone_count; i++) {
		const struct lone *l = &p->lones[i];

		if (l->client.purpose == PURPOSE_TCP &&
		    l->copy.ttl < FULL_TTL && lone_answered(l) &&
		    (!reach || l->copy.ttl < reach))
			reach = l->copy.ttl;
	}
	return reach;
}

static void add_lone(struct probing *p, enum purpose purpose, unsigned version,
		     unsigned ttl, unsigned tries)
{
	if (p->lone_count < LONES_MAX)
		lone_start(&p->lones[p->lone_count++], p->session, &p->to,
			   &p->pace, purpose, version, NULL, (uint8_t)ttl,
			   tries);
}

/* Which hops have answered anything at all: they are limited, not silent. */
static void update_heard(struct probing *p)
{
	const struct observer *o = p->session->observer;
	struct company *c = p->company;

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

static bool heard(const struct probing *p, unsigned ttl)
{
	return p->company->heard >> (ttl & 63) & 1;
}

/* Hops below the reach that did not quote this sweep. A hop that has never
 * answered anything is asked twice in vain, no more. */
static bool is_missing(const struct probing *p, const struct sweep *w,
		       unsigned ttl)
{
	return !sweep_quoted(w, ttl) && (w->rounds == 0 || heard(p, ttl));
}

static unsigned sweep_end(const struct probing *p, const struct sweep *w)
{
	unsigned reach = known_reach(p);

	return reach ? reach : w->last + 1;
}

static unsigned count_missing(const struct probing *p, const struct sweep *w)
{
	unsigned end = sweep_end(p, w), missing = 0;

	for (unsigned ttl = w->first; ttl < end; ttl++)
		missing += is_missing(p, w, ttl);
	return missing;
}

static bool sweep_complete(const struct probing *p, const struct sweep *w)
{
	unsigned end = sweep_end(p, w);

	for (unsigned ttl = w->first; ttl < end; ttl++)
		if (!sweep_quoted(w, ttl))
			return false;
	return true;
}

/* How long quotes are waited for: somewhat longer than the target takes.
 * The last time, where only silent hops are missing, a short while. */
static int64_t quote_wait(const struct probing *p, const struct sweep *w)
{
	int64_t rtt = p->pace.rtt_us;
	int64_t slack = rtt / 4 > QUOTE_SLACK_US ? rtt / 4 : QUOTE_SLACK_US;

	if (!known_reach(p) && p->before.state != DIALOG_ENDED)
		return pace_wait_us(&p->pace);
	if (w->rounds > 0 && count_missing(p, w) == 0)
		return rtt / 6 > SILENT_WAIT_US ? rtt / 6 : SILENT_WAIT_US;
	return rtt + slack > QUOTE_WAIT_MIN_US ? rtt + slack
					       : QUOTE_WAIT_MIN_US;
}

static void resend_missing(struct probing *p, struct sweep *w, int64_t now_us)
{
	unsigned reach = known_reach(p);

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

	return f && w->client.to->target.family == 6 && f->misfits > 0;
}

/* The hops of a sweep that should have answered and did not: sent again. */
static int64_t step_sweep(struct probing *p, struct sweep *w, int64_t now_us)
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

static bool sweep_settled(const struct probing *p, const struct sweep *w)
{
	if (w->last == 0)
		return w != &p->plain || !sweeping(p);
	return w->rounds > QUOTE_ROUNDS || sweep_untold(w) ||
	       sweep_complete(p, w);
}

/* Where the leader's SYNs are answered, this port's are likely to be, too:
 * the hops before are known. The leader's other sweeps come first. */
static void start_plain_sweep(struct probing *p)
{
	const struct probing *leader = p->company->leader;
	unsigned first = p->options->first_ttl, reach;

	if (!sweeping(p) || p->plain.last || !follows(p) ||
	    (!leader->over && !leader->after_started))
		return;
	reach = known_reach(leader);
	if (!reach)
		reach = control_distance(&leader->control);
	if (reach > first + 1 && reach <= last_ttl(p))
		first = reach - 1;
	sweep_start(&p->plain, p->session, &p->to, PURPOSE_TCP, 0, first,
		    last_ttl(p), 0);
}

/* They are answered before that: the rest of the sweep as well. */
static void extend_plain_sweep(struct probing *p, int64_t now_us)
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
static void step_edge(struct probing *p)
{
	unsigned reach = known_reach(p);

	if (!sweeping(p) || reach <= p->options->first_ttl ||
	    !sweep_settled(p, &p->plain) || p->edge == reach - 1 ||
	    sweep_quoted(&p->plain, reach - 1))
		return;
	p->edge = reach - 1;
	add_lone(p, PURPOSE_TCP, 0, p->edge, EDGE_TRIES);
}

/* No SYN/ACK tells which SYN it answers: one flow for each TTL behind the
 * last hop that quoted. */
static void step_untold_reach(struct probing *p)
{
	const struct flow *f =
		p->plain.last ? client_flow(&p->plain.client) : NULL;
	unsigned ttl = last_ttl(p);

	if (!f || p->edges_sent || !f->syn_ack_seen || flow_reach(f) ||
	    !sweep_settled(p, &p->plain))
		return;
	p->edges_sent = true;
	while (ttl >= p->options->first_ttl && !sweep_quoted(&p->plain, ttl))
		ttl--;
	for (ttl++; ttl <= last_ttl(p); ttl++)
		add_lone(p, PURPOSE_TCP, 0, ttl, EDGE_TRIES);
}

/* Quotes over IPv6 that show neither timestamps nor a checksum as sent do not
 * tell their TTL: the hops that are missing are tried with SYNs of their
 * own. */
static void step_untold_hops(struct probing *p)
{
	const struct sweep *w = &p->attempts[0].sweep;
	unsigned reach = known_reach(p);

	if (p->to.target.family != 6 || p->hops_sent || !reach || !w->last ||
	    !sweep_settled(p, &p->plain) || !sweep_settled(p, w))
		return;
	p->hops_sent = true;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		if (!sweep_quoted(&p->plain, ttl) && !sweep_quoted(w, ttl))
			add_lone(p, PURPOSE_TCP, 0, ttl, 1);
}

static bool dialog_over(const struct dialog *d)
{
	return d->state == DIALOG_HELD || d->state == DIALOG_ENDED;
}

static bool dialog_data_acked(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return f && d->state >= DIALOG_ANSWER && d->state != DIALOG_ENDED &&
	       f->mptcp.has_data_ack;
}

/* A DATA_ACK for the first data will do for a token. */
static bool dialog_proven(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return f && d->state >= DIALOG_SECOND && d->state != DIALOG_ENDED &&
	       f->mptcp.has_data_ack;
}

/* The target's distance is that of the address, whichever port asked. */
static unsigned known_distance(const struct probing *p)
{
	unsigned distance = control_distance(&p->control);

	return distance || !follows(p)
		       ? distance
		       : control_distance(&p->company->leader->control);
}

static unsigned control_rounds(const struct probing *p)
{
	return p->options->sweep_only ? 1 : 2;
}

static int64_t control_wait(const struct probing *p)
{
	int64_t wait = pace_wait_us(&p->pace);

	return p->options->sweep_only && p->pace.rtt_us
		       ? p->pace.rtt_us * 5 / 4 + QUOTE_SLACK_US
		       : wait;
}

/* The distance matters where MPTCP is not proven. */
static bool control_over(const struct probing *p, int64_t now_us)
{
	for (unsigned i = 0; i < p->attempt_count; i++)
		if (p->attempts[i].started &&
		    (dialog_data_acked(&p->attempts[i].bare) ||
		     dialog_data_acked(&p->attempts[i].summed)))
			return true;
	return !sweeping(p) || known_distance(p) ||
	       (p->control.rounds >= control_rounds(p) &&
		now_us >= p->control.sent_us + control_wait(p));
}

/* TTLs at and behind the one that SYNs need: routers that answer there
 * convict a device that answers before the target. */
static const uint8_t beyond[] = {0, 0, 0, 1, 2};

static void repeat_control(struct probing *p, unsigned reach)
{
	start_control(p);
	for (unsigned i = 0; i < sizeof(beyond) && p->control.rounds > 1 &&
			     reach && reach < FULL_TTL - 2;
	     i++)
		control_send_echo(&p->control, (uint8_t)(reach + beyond[i]));
}

static int64_t step_control(struct probing *p, int64_t now_us)
{
	const struct probing *leader = p->company->leader;
	unsigned reach = known_reach(p), distance = known_distance(p);
	int64_t wait = control_wait(p);

	if (!sweeping(p))
		return NEVER;
	if (follows(p) && p->control.rounds == 0 && !leader->over &&
	    !control_over(leader, now_us))
		return NEVER;
	if (!control_over(p, now_us) && p->control.rounds < control_rounds(p) &&
	    !distance && now_us >= p->control.sent_us + wait)
		repeat_control(p, reach);
	if (reach && !p->beyond_sent &&
	    (distance > reach || p->control.rounds > 1)) {
		p->beyond_sent = true;
		for (unsigned i = 0; i < sizeof(beyond) && reach < FULL_TTL - 2;
		     i++)
			control_send(&p->control, (uint8_t)(reach + beyond[i]));
	}
	return control_over(p, now_us) ? NEVER : p->control.sent_us + wait;
}

static void start_capable_sweep(struct probing *p, struct attempt *a)
{
	unsigned reach = known_reach(p);
	unsigned last = last_ttl(p);

	if (!sweeping(p) || a->sweep.last ||
	    (!reach && !sweep_settled(p, &p->plain)))
		return;
	sweep_start(&a->sweep, p->session, &p->to, PURPOSE_MP_CAPABLE,
		    a->version, p->options->first_ttl, last, reach);
}

/* Ended by a RST for data with mappings: copies can still show why. */
static bool data_refused(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == DIALOG_ENDED && f && f->mptcp.mapped &&
	       flow_reset(f) && f->established;
}

static struct dialog *dialog_to_copy(struct attempt *a)
{
	if (dialog_data_acked(&a->bare) || a->bare.state == DIALOG_HELD)
		return &a->bare;
	if (data_refused(&a->bare) && data_refused(&a->summed))
		return &a->bare;
	return &a->summed;
}

/* Copies of what the server has acknowledged, none of which reaches it. */
static void sweep_copies(struct probing *p, struct attempt *a)
{
	unsigned reach = known_reach(p);
	struct dialog *d = dialog_to_copy(a);
	const struct flow *f = client_flow(&d->client);

	if (follows(p) && dialog_data_acked(d))
		return; /* nothing to find out that is worth the quotes */
	if (a->ack_swept || !reach || d->state < DIALOG_ANSWER ||
	    (d->state == DIALOG_ENDED && !data_refused(d)) ||
	    !f->mptcp.syn_ack || d->plain_tried)
		return;
	a->ack_swept = true;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		dialog_copy(d, SEGMENT_ACK, (uint8_t)ttl);
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		dialog_copy(d, SEGMENT_DATA, (uint8_t)ttl);
}

static bool fell_back(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == DIALOG_HELD && f && f->mptcp.syn_ack &&
	       !f->mptcp.has_data_ack;
}

/* Checksums alone that fail ask for a second witness. */
static void step_again(struct probing *p, struct attempt *a)
{
	if (a->again.client.session || !dialog_data_acked(&a->bare) ||
	    !fell_back(&a->summed))
		return;
	start_dialog(p, &a->again, PURPOSE_MP_CAPABLE, a->version, true);
}

static bool join_over(const struct attempt *a)
{
	return a->join.state == JOIN_IDLE || a->join.state >= JOIN_HELD;
}

static void sweep_join(struct probing *p, struct attempt *a)
{
	unsigned reach = known_reach(p);

	if (a->join_swept || !reach || !a->joined ||
	    a->join.state <= JOIN_SYN_SENT ||
	    (follows(p) && a->join.state != JOIN_ENDED))
		return;
	a->join_swept = true;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		client_send_syn(&a->join.client,
				(struct copy){(uint8_t)ttl, true, false});
}

/* Joins as soon as a connection is proven; the server may forbid it (flag
 * C: RFC 8684 3.1). */
static void start_join(struct probing *p, struct attempt *a)
{
	struct dialog *d = dialog_proven(&a->bare) ? &a->bare : &a->summed;
	const struct flow *f = client_flow(&d->client);

	if (a->joined || !dialog_proven(d) ||
	    (f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0))
		return;
	if (d == &a->summed && !dialog_over(&a->bare))
		return;
	a->joined = true;
	join_start(&a->join, p->session, &p->to, &p->pace, &d->client);
}

/* Connections with MP_CAPABLE that go farther than those without: pairs on
 * fresh ports, with the TTL at which the latter end. */
#define SORT_PAIRS 5

static void step_sort(struct probing *p, const struct attempt *a)
{
	unsigned plain = sweep_reach(&p->plain);
	unsigned capable = sweep_reach(&a->sweep);

	if (p->sorted || !plain || capable <= plain ||
	    !sweep_settled(p, &p->plain))
		return;
	p->sorted = true;
	for (int i = 0; i < SORT_PAIRS; i++) {
		add_lone(p, PURPOSE_TCP, 0, plain, EDGE_TRIES);
		add_lone(p, PURPOSE_MP_CAPABLE, a->version, plain, 1);
	}
}

/* Who echoes our MP_CAPABLE: does it echo what nobody knows as well? */
static void step_mirror(struct probing *p, const struct attempt *a)
{
	const struct flow *f = client_flow(&a->bare.client);

	if (p->mirror_tried || !f || !f->mptcp.mirrored ||
	    p->lone_count == LONES_MAX)
		return;
	p->mirror_tried = true;
	lone_start_experiment(&p->lones[p->lone_count++], p->session, &p->to,
			      &p->pace);
}

static bool silent(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == DIALOG_ENDED && f && !f->syn_ack_seen &&
	       !flow_reset(f);
}

static bool drew_reset(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == DIALOG_ENDED && f && !f->established &&
	       flow_reset(f);
}

static bool data_drew_reset(const struct dialog *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == DIALOG_ENDED && f && f->established &&
	       flow_reset(f) && seq_diff(f->server_acked, f->client_isn) <= 1;
}

/* Data that draws a RST: does it draw one where it cannot reach the server?
 * A connection for each TTL. */
static int64_t step_limited(struct probing *p, int64_t now_us)
{
	unsigned reach = known_reach(p);
	int64_t wake = NEVER;

	if (sweeping(p) && reach && !p->limited_count &&
	    data_drew_reset(&p->before))
		for (unsigned ttl = p->options->first_ttl;
		     ttl < reach && p->limited_count < LIMITED_MAX; ttl++) {
			struct dialog *d = &p->limited[p->limited_count++];

			start_dialog(p, d, PURPOSE_TCP, 0, false);
			d->data_ttl = (uint8_t)ttl;
		}
	for (unsigned i = 0; i < p->limited_count; i++) {
		int64_t at = dialog_step(&p->limited[i], now_us);

		wake = at < wake ? at : wake;
	}
	return wake;
}

static bool limited_over(const struct probing *p)
{
	for (unsigned i = 0; i < p->limited_count; i++)
		if (!dialog_over(&p->limited[i]))
			return false;
	return true;
}

/* The last hop that quoted this SYN; the RST comes from behind it. */
static unsigned last_quoted(const struct client *c, enum segment_kind kind,
			    unsigned reach)
{
	const struct flow *f = client_flow(c);
	unsigned ttl = reach ? reach - 1 : 0;

	while (f && ttl && !flow_quote(f, kind, ttl))
		ttl--;
	return ttl;
}

static void add_join_lone(struct probing *p, struct attempt *a, unsigned ttl)
{
	if (p->lone_count < LONES_MAX)
		lone_start(&p->lones[p->lone_count++], p->session, &p->to,
			   &p->pace, PURPOSE_MP_JOIN, a->version,
			   a->join.client.parent, (uint8_t)ttl, 1);
}

/* One with the option and one without, on fresh ports; which of them comes
 * first changes, because balancers go by the bits of ports. */
static void add_pair(struct probing *p, struct attempt *a, bool join)
{
	bool plain_first = p->lone_count / 2 % 2;

	if (plain_first)
		add_lone(p, PURPOSE_TCP, 0, FULL_TTL, 1);
	if (join)
		add_join_lone(p, a, FULL_TTL);
	else
		add_lone(p, PURPOSE_MP_CAPABLE, a->version, FULL_TTL, 1);
	if (!plain_first)
		add_lone(p, PURPOSE_TCP, 0, FULL_TTL, 1);
}

/* A RST: which TTL draws it? Lone SYNs from the last hop that quoted on, or
 * from the first on where the SYN itself passes. */
static void add_reset_edge(struct probing *p, struct attempt *a, bool join)
{
	const struct client *c = join ? &a->join.client : &a->bare.client;
	unsigned reach = known_reach(p);
	unsigned ttl =
		join ? last_quoted(&a->join.client, SEGMENT_JOIN_SYN, reach)
		     : last_quoted(&a->sweep.client, SEGMENT_SYN, reach);

	if (client_flow(c)->syn_ack_seen || ttl + 1 >= reach)
		ttl = p->options->first_ttl - 1;
	for (int i = 0; i < CONTRAST_PAIRS; i++)
		add_pair(p, a, join);
	for (ttl++; sweeping(p) && ttl <= reach; ttl++) {
		if (join)
			add_join_lone(p, a, ttl);
		else
			add_lone(p, PURPOSE_MP_CAPABLE, a->version, ttl,
				 EDGE_TRIES);
	}
}

/* Silence where others are answered: the contrast of the loss rule. */
static void step_contrast(struct probing *p, struct attempt *a, int64_t now_us)
{
	bool reset = drew_reset(&a->bare) && drew_reset(&a->summed);
	bool quiet = silent(&a->bare) && silent(&a->summed);
	bool join = a->joined && a->join.state == JOIN_ENDED &&
		    client_flow(&a->join.client) &&
		    !client_flow(&a->join.client)->established &&
		    (!client_flow(&a->join.client)->syn_ack_seen ||
		     flow_reset(client_flow(&a->join.client)));
	bool join_reset = join && flow_reset(client_flow(&a->join.client));

	if (a->contrasted || !p->pace.rtt_us || !sweep_settled(p, &a->sweep) ||
	    (join && !a->join_swept) || !(reset || quiet || join))
		return;
	a->contrasted = true;
	if (reset || join_reset) {
		add_reset_edge(p, a, join_reset);
		return;
	}
	for (int i = 0; i < CONTRAST_PAIRS; i++)
		add_pair(p, a, join);
	p->lones_until_us = now_us + 2 * pace_wait_us(&p->pace);
}

static int64_t step_attempt(struct probing *p, struct attempt *a,
			    int64_t now_us)
{
	int64_t wake = NEVER, at;

	if (!a->started)
		return NEVER;
	start_capable_sweep(p, a);
	at = step_sweep(p, &a->sweep, now_us);
	wake = at < wake ? at : wake;
	at = dialog_step(&a->bare, now_us);
	wake = at < wake ? at : wake;
	at = dialog_step(&a->summed, now_us);
	wake = at < wake ? at : wake;
	step_again(p, a);
	if (a->again.client.session) {
		at = dialog_step(&a->again, now_us);
		wake = at < wake ? at : wake;
	}
	at = lone_step(&a->random, now_us);
	wake = at < wake ? at : wake;
	start_join(p, a);
	at = join_step(&a->join, now_us);
	wake = at < wake ? at : wake;
	sweep_copies(p, a);
	sweep_join(p, a);
	step_sort(p, a);
	step_mirror(p, a);
	step_contrast(p, a, now_us);
	return wake;
}

static bool attempt_over(const struct probing *p, const struct attempt *a,
			 int64_t now_us)
{
	return !a->started ||
	       (dialog_over(&a->bare) && dialog_over(&a->summed) &&
		(!a->again.client.session || dialog_over(&a->again)) &&
		join_over(a) && lone_over(&a->random, now_us) &&
		(!sweeping(p) ||
		 (a->sweep.last && sweep_settled(p, &a->sweep))));
}

/* Version 0 is tried as soon as version 1 is answered as plain TCP, or by its
 * own echo, which a server of version 0 may be behind. */
static void start_next_attempt(struct probing *p)
{
	struct attempt *a = &p->attempts[0];
	const struct flow *f;

	if (p->attempt_count < 2 || p->attempts[1].started || !a->started)
		return;
	f = client_flow(&a->bare.client);
	if (f && f->syn_ack_seen && !f->mptcp.syn_ack)
		start_attempt(p, &p->attempts[1]);
}

static int64_t step_lones(struct probing *p, int64_t now_us)
{
	int64_t wake = NEVER;

	for (unsigned i = 0; i < p->lone_count; i++) {
		int64_t at = lone_step(&p->lones[i], now_us);

		wake = at < wake ? at : wake;
	}
	if (p->lones_until_us > now_us && p->lones_until_us < wake)
		wake = p->lones_until_us;
	return wake;
}

static bool lones_over(const struct probing *p, int64_t now_us)
{
	for (unsigned i = 0; i < p->lone_count; i++)
		if (!lone_over(&p->lones[i], now_us))
			return false;
	return now_us >= p->lones_until_us;
}

/* A segment of the kind that a quote is missing of, once more: from the flow
 * that the report names where copies of it were swept, else from the sweep of
 * the same version. */
static bool fetch_segment(struct probing *p, unsigned id,
			  enum segment_kind kind, unsigned ttl)
{
	const struct flow *f = p->session->observer->flows[id - 1];
	struct copy copy = {(uint8_t)ttl, true, false};

	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct attempt *a = &p->attempts[i];
		bool summed = client_flow(&a->summed.client) == f;

		if (!a->started || a->version != f->mptcp.version)
			continue;
		if (kind == SEGMENT_SYN && a->sweep.last)
			return client_send_syn(&a->sweep.client, copy);
		if (kind == SEGMENT_JOIN_SYN && a->joined)
			return client_send_syn(&a->join.client, copy);
		if ((kind == SEGMENT_ACK || kind == SEGMENT_DATA) &&
		    a->ack_swept)
			return dialog_copy(summed ? &a->summed : &a->bare, kind,
					   (uint8_t)ttl);
	}
	return false;
}

static bool hop_quotes(const struct report_hop *hop, enum segment_kind kind,
		       unsigned connection)
{
	for (size_t i = 0; i < hop->quote_count; i++)
		if (hop->quotes[i].segment == kind &&
		    hop->quotes[i].connection == connection)
			return true;
	return false;
}

/* The hops within a bracket that answered others, but not this segment. */
static unsigned fetch_bracket(struct probing *p, const struct report *r,
			      const struct finding *f)
{
	unsigned sent = 0;

	for (unsigned ttl = f->after.ttl + 1;
	     ttl < f->at.ttl && ttl <= r->path_length; ttl++)
		if (r->path[ttl - 1].responder_count > 0 &&
		    !r->path[ttl - 1].is_target)
			sent += fetch_segment(p, f->connections[0], f->segment,
					      ttl);
	return sent;
}

/* Nothing places it yet: all hops that answered others, but not this segment;
 * data also wants the third ACK of its connection, to tell what shifts. */
static unsigned fetch_place(struct probing *p, const struct report *r,
			    const struct finding *f)
{
	unsigned reach = known_reach(p), sent = 0;

	for (unsigned ttl = p->options->first_ttl;
	     ttl < reach && ttl <= r->path_length; ttl++) {
		const struct report_hop *hop = &r->path[ttl - 1];
		enum segment_kind kind = f->segment;
		unsigned id = f->connections[0];

		if (hop->responder_count == 0 || hop->is_target)
			continue;
		if (kind == SEGMENT_DATA && hop_quotes(hop, kind, id))
			kind = SEGMENT_ACK;
		if (!hop_quotes(hop, kind, id))
			sent += fetch_segment(p, id, kind, ttl);
	}
	return sent;
}

static unsigned fetch_finding(struct probing *p, const struct report *r,
			      const struct finding *f)
{
	if (f->connection_count == 0 || f->direction == DIRECTION_RETURN)
		return 0;
	return f->at.known && f->after.known ? fetch_bracket(p, r, f)
					     : fetch_place(p, r, f);
}

/* A drop is placed by what is quoted and what is not: the SYN with the
 * option once more at the hop that seems to be the first without it. */
static unsigned fetch_drop(struct probing *p, const struct finding *f)
{
	const char *verb = strchr(f->kind->id, '.');

	if (strcmp(verb, ".dropped") != 0 || !f->at.known ||
	    f->at.ttl >= known_reach(p) || p->fetches > 1)
		return 0;
	return fetch_segment(p, f->connections[0], f->segment, f->at.ttl);
}

/* Without the last hop's quote the server cannot be held responsible. A hop
 * that never answered anything may be limited, but not for ever. */
static unsigned fetch_last_hop(struct probing *p, const struct report *r)
{
	unsigned reach = known_reach(p);
	unsigned sent = 0;

	if (p->fetches > 2 && reach > 1 && reach - 1 <= r->path_length &&
	    r->path[reach - 2].responder_count == 0)
		return 0;

	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct sweep *w = &p->attempts[i].sweep;

		if (reach > 1 && w->last && !sweep_quoted(w, reach - 1) &&
		    reach - 1 >= w->first)
			sent += sweep_again(w, reach - 1, true);
	}
	return sent;
}

static unsigned fetch_quotes(struct probing *p)
{
	struct judge_target target = {p->to.target, p->to.port};
	struct report *r = judge(p->session->observer, &target);
	unsigned sent = 0;

	for (size_t i = 0; i < r->finding_count; i++) {
		sent += fetch_finding(p, r, &r->findings[i]);
		sent += fetch_drop(p, &r->findings[i]);
	}
	if (!sent && r->status == STATUS_UNDETERMINED &&
	    !p->options->sweep_only)
		sent += fetch_last_hop(p, r);
	report_free(r);
	return sent;
}

/* What is still missing for a bracket is fetched at the pace of routers
 * that limit their answers. False: nothing (more) is. */
static bool step_fetch(struct probing *p, int64_t now_us, int64_t *wake)
{
	if (!sweeping(p))
		return false;
	if (p->company->fetcher && p->company->fetcher != p)
		return true; /* the routers answer one a second */
	if (p->fetch_at_us == 0 && p->fetches < FETCH_ROUNDS) {
		p->fetch_at_us = now_us;
		p->fetches++;
		if (fetch_quotes(p) > 0) {
			p->company->fetcher = p;
			p->fetch_at_us = now_us + FETCH_WAIT_US;
		} else {
			p->company->fetcher = NULL;
			p->fetches = FETCH_ROUNDS;
			p->fetch_at_us = 0;
			return false;
		}
	}
	if (p->fetch_at_us > now_us) {
		*wake = p->fetch_at_us < *wake ? p->fetch_at_us : *wake;
		return true;
	}
	p->fetch_at_us = 0;
	p->company->fetcher = NULL;
	return p->fetches < FETCH_ROUNDS;
}

static bool main_part_over(const struct probing *p, int64_t now_us)
{
	if (!control_over(p, now_us))
		return false;
	if (!dialog_over(&p->before) || !lones_over(p, now_us) ||
	    !limited_over(p) || !sweep_settled(p, &p->plain))
		return false;
	for (unsigned i = 0; i < p->attempt_count; i++)
		if (!attempt_over(p, &p->attempts[i], now_us))
			return false;
	return true;
}

static void ask_names(struct probing *p)
{
	const struct observer *o = p->session->observer;

	if (p->company->quotes == o->quotes)
		return;
	for (size_t i = 0; p->session->names && i < o->flow_count; i++)
		for (size_t k = 0; k < o->flows[i]->quote_count; k++)
			names_ask(p->session->names,
				  &o->flows[i]->quotes[k].responder);
}

/* Behind a balancer whose servers share no tokens, a MP_JOIN finds its own by
 * chance: several do not all. */
#define MORE_JOINS 4

/* The slower checks, where MPTCP works. Whether they run. */
static bool start_trials(struct probing *p)
{
	for (unsigned i = 0; i < p->attempt_count && !p->trials.started; i++) {
		struct attempt *a = &p->attempts[i];

		if (!a->started || !dialog_data_acked(&a->bare))
			continue;
		trials_start(&p->trials, p->session, &p->to, &p->pace,
			     a->version, p->options->first_ttl,
			     sweeping(p) ? known_reach(p) : 0);
		for (int k = 0; k < MORE_JOINS && a->joined; k++)
			add_join_lone(p, a, FULL_TTL);
	}
	return p->trials.started;
}

/* The plain baseline once more, when all else is known. */
static int64_t step_after(struct probing *p, int64_t now_us)
{
	if (!p->after_started) {
		const struct flow *f = client_flow(&p->before.client);

		if (!f || !f->syn_ack_seen || p->options->sweep_only) {
			p->over = true;
			return now_us;
		}
		p->after_started = true;
		dialog_start(&p->after, p->session, &p->to, &p->pace,
			     PURPOSE_TCP, 0, false, NULL, 0);
	}
	if (dialog_over(&p->after))
		p->over = true;
	return dialog_step(&p->after, now_us);
}

int64_t probing_step(struct probing *p, int64_t now_us)
{
	int64_t wake = NEVER, at;

	update_pace(p);
	ask_names(p);
	update_heard(p);
	start_plain_sweep(p);
	extend_plain_sweep(p, now_us);
	at = dialog_step(&p->before, now_us);
	wake = at < wake ? at : wake;
	at = step_sweep(p, &p->plain, now_us);
	wake = at < wake ? at : wake;
	step_edge(p);
	step_untold_reach(p);
	step_untold_hops(p);
	at = step_control(p, now_us);
	wake = at < wake ? at : wake;
	at = step_limited(p, now_us);
	wake = at < wake ? at : wake;
	for (unsigned i = 0; i < p->attempt_count; i++) {
		at = step_attempt(p, &p->attempts[i], now_us);
		wake = at < wake ? at : wake;
	}
	start_next_attempt(p);
	at = step_lones(p, now_us);
	wake = at < wake ? at : wake;
	if (!main_part_over(p, now_us))
		return wake;
	if (p->options->all && start_trials(p) && !p->trials.over) {
		at = trials_step(&p->trials, now_us);
		return at < wake ? at : wake;
	}
	if (step_fetch(p, now_us, &wake))
		return p->fetch_at_us	     ? wake
		       : p->company->fetcher ? now_us + TURN_WAIT_US
					     : now_us;
	at = step_after(p, now_us);
	return at < wake ? at : wake;
}

static void end_sweep(struct sweep *w)
{
	if (w->last)
		client_send_reset(&w->client);
}

void probing_end(struct probing *p)
{
	if (p->trials.started)
		trials_end(&p->trials);
	end_sweep(&p->plain);
	dialog_end(&p->before);
	if (p->after_started)
		dialog_end(&p->after);
	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct attempt *a = &p->attempts[i];

		if (!a->started)
			continue;
		end_sweep(&a->sweep);
		lone_end(&a->random);
		join_end(&a->join);
		if (a->again.client.session)
			dialog_end(&a->again);
		dialog_end(&a->summed);
		dialog_end(&a->bare);
	}
	for (unsigned i = 0; i < p->lone_count; i++)
		lone_end(&p->lones[i]);
	for (unsigned i = 0; i < p->limited_count; i++)
		dialog_end(&p->limited[i]);
}
