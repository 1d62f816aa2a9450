/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/run.h"

#include <stdio.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/net/names.h"
#include "probe/net/target.h"
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/track/observer.h"

#define TURN_WAIT_US 100000
/* What every link takes (RFC 9293 3.7.1, RFC 8200 5). */
#define SMALL_MSS4 536
#define SMALL_MSS6 1220
/* So long before it is given up, an answer has stalled. */
#define STALL_US 2000000

void run_init(struct run *p, struct live *live, const struct probe_settings *o,
	      const struct destination *to, const char *host,
	      struct shared *shared)
{
	memset(p, 0, sizeof(*p));
	p->live = live;
	p->options = o;
	p->shared = shared;
	if (!shared->leader)
		shared->leader = p;
	p->to = *to;
	p->request_length =
		target_request(host, p->request, sizeof(p->request));
	p->to_small = *to;
	p->to_small.mss = to->target.family == 6 ? SMALL_MSS6 : SMALL_MSS4;
	control_init(&p->control, live, &p->to);
	if (o->mptcp_version != 0)
		p->attempts[p->attempt_count++].version = 1;
	if (o->mptcp_version != 1)
		p->attempts[p->attempt_count++].version = 0;
}

bool run_start_connection(struct run *p, struct connection *d,
			  enum purpose purpose, unsigned version, bool checksum)
{
	return connection_start(d, p->live, &p->to, &p->pace, purpose, version,
				checksum, p->request, p->request_length);
}

static bool start_attempt(struct run *p, struct attempt *a)
{
	a->started = true;
	return run_start_connection(p, &a->bare, PURPOSE_MP_CAPABLE, a->version,
				    false) &&
	       run_start_connection(p, &a->summed, PURPOSE_MP_CAPABLE,
				    a->version, true) &&
	       syn_start(&a->random, p->live, &p->to, &p->pace,
			 PURPOSE_MP_JOIN_RANDOM, a->version, NULL, FULL_TTL, 3);
}

/* An attempt that is the sweep of its SYN and nothing else; at once, although
 * nobody knows yet which of them reach the server. */
static bool sweep_attempt(struct run *p, struct attempt *a)
{
	a->started = true;
	a->bare.state = CONNECTION_ENDED;
	a->summed.state = CONNECTION_ENDED;
	a->random.retry.pace = &p->pace;
	return !run_sweeping(p) ||
	       sweep_start(&a->sweep, p->live, &p->to, PURPOSE_MP_CAPABLE,
			   a->version, p->options->first_ttl, run_last_ttl(p),
			   0);
}

bool run_start(struct run *p)
{
	if (run_sweeping(p) && !run_follows(p) &&
	    (!sweep_start(&p->plain, p->live, &p->to, PURPOSE_TCP, 0,
			  p->options->first_ttl, run_last_ttl(p), 0) ||
	     !run_start_control(p)))
		return false;
	if (p->to.reference && (run_follows(p) || !run_sweeping(p)) &&
	    !control_send(&p->control, FULL_TTL))
		return false; /* it marks the reference in the capture */
	if (p->options->sweep_only)
		return sweep_attempt(p, &p->attempts[0]) &&
		       connection_start(&p->before, p->live, &p->to, &p->pace,
					PURPOSE_TCP, 0, false, NULL, 0);
	return run_start_connection(p, &p->before, PURPOSE_TCP, 0, false) &&
	       start_attempt(p, &p->attempts[0]);
}

/* The smallest round-trip time of any SYN/ACK so far. */
static void update_pace(struct run *p)
{
	const struct observer *o = p->live->observer;

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

/* A DATA_ACK for the first data will do for a token. */
static bool connection_proven(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return f && d->state >= CONNECTION_SECOND &&
	       d->state != CONNECTION_ENDED && f->mptcp.has_data_ack;
}

static void start_capable_sweep(struct run *p, struct attempt *a)
{
	unsigned reach = run_reach(p);
	unsigned last = run_last_ttl(p);

	if (!run_sweeping(p) || a->sweep.last ||
	    (!reach && !run_sweep_settled(p, &p->plain)))
		return;
	sweep_start(&a->sweep, p->live, &p->to, PURPOSE_MP_CAPABLE, a->version,
		    p->options->first_ttl, last, reach);
}

/* Ended by a RST for data with mappings: copies can still show why. */
static bool data_refused(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == CONNECTION_ENDED && f && f->mptcp.mapped &&
	       flow_reset(f) && f->established;
}

struct connection *run_connection_to_copy(struct attempt *a)
{
	if (connection_data_acked(&a->bare) || a->bare.state == CONNECTION_HELD)
		return &a->bare;
	if (data_refused(&a->bare) && data_refused(&a->summed))
		return &a->bare;
	return &a->summed;
}

/* Copies of what the server has acknowledged, none of which reaches it. */
static void sweep_copies(struct run *p, struct attempt *a)
{
	unsigned reach = run_reach(p);
	struct connection *d = run_connection_to_copy(a);
	const struct flow *f = client_flow(&d->client);

	if (run_follows(p) && connection_data_acked(d))
		return; /* nothing to find out that is worth the quotes */
	if (a->ack_swept || !reach || d->state < CONNECTION_ANSWER ||
	    (d->state == CONNECTION_ENDED && !data_refused(d)) ||
	    !f->mptcp.syn_ack)
		return;
	a->ack_swept = true;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		connection_copy(d, SEGMENT_ACK, (uint8_t)ttl);
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		connection_copy(d, SEGMENT_DATA, (uint8_t)ttl);
}

static bool fell_back(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == CONNECTION_HELD && f && f->mptcp.syn_ack &&
	       !f->mptcp.has_data_ack;
}

static bool answered(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return f && (f->payload_received || f->server_fin);
}

/* When answers count as stalled: all that was asked was acknowledged, with
 * MPTCP and without it, and nothing is answered. NEVER: they do not. */
static int64_t stalls_at(const struct run *p, const struct attempt *a)
{
	if (!connection_data_acked(&a->bare) ||
	    !connection_data_acked(&a->summed) ||
	    p->before.state != CONNECTION_HELD || answered(&p->before) ||
	    answered(&a->bare) || answered(&a->summed))
		return NEVER;
	return a->bare.answer_until_us - STALL_US;
}

/* Checksums alone that fail ask for a second witness. Answers that stall may
 * be too large for a link: a small MSS tells. */
static int64_t step_again(struct run *p, struct attempt *a, int64_t now_us)
{
	int64_t stalled = stalls_at(p, a);

	if (a->again.client.live)
		return connection_step(&a->again, now_us);
	if (connection_data_acked(&a->bare) && fell_back(&a->summed)) {
		run_start_connection(p, &a->again, PURPOSE_MP_CAPABLE,
				     a->version, true);
		return now_us;
	}
	if (now_us < stalled || stalled == NEVER)
		return stalled;
	connection_start(&a->again, p->live, &p->to_small, &p->pace,
			 PURPOSE_MP_CAPABLE, a->version, false, p->request,
			 p->request_length);
	return now_us;
}

static bool join_over(const struct attempt *a)
{
	return a->join.state == JOIN_IDLE || a->join.state >= JOIN_HELD;
}

/* All data was acknowledged at data level: it has not fallen back to TCP. */
static bool takes_all(const struct flow *f)
{
	return f->mptcp.has_data_ack &&
	       f->mptcp.data_ack >= f->mptcp.mapped_end;
}

/* The server ended the connection to which a subflow was to be added, and that
 * was not: some close as soon as they have answered, or found a request that
 * they do not know. */
static bool closed_too_early(const struct attempt *a)
{
	const struct flow *f =
		a->joined ? client_flow(a->join.client.parent) : NULL;
	const struct flow *join = client_flow(&a->join.client);

	return f && join && !join->join.fourth_ack_frame &&
	       (a->join.state == JOIN_ENDED || a->join.retry.tries > 1) &&
	       !f->mptcp.mp_fail && takes_all(f) &&
	       (f->server_fin || f->mptcp.data_fin || f->mptcp.fastclose ||
		flow_reset(f));
}

/* Then a join is tried once more, to a connection that the server waits for
 * the request of. */
#define OPEN_BYTES 4

static int64_t step_open(struct run *p, struct attempt *a, int64_t now_us)
{
	struct connection *d = &a->open;
	int64_t wake;

	if (!d->client.live) {
		if (!closed_too_early(a))
			return NEVER;
		run_start_connection(p, d, PURPOSE_MP_CAPABLE, a->version,
				     false);
		d->split = OPEN_BYTES;
		d->first_only = true;
		join_end(&a->join);
	}
	wake = connection_step(d, now_us);
	if (a->joined_again || !connection_data_acked(d))
		return wake;
	a->joined_again = true;
	join_start(&a->join, p->live, &p->to, &p->pace, &d->client);
	return now_us;
}

static bool open_over(const struct attempt *a)
{
	return a->open.client.live ? connection_over(&a->open)
				   : !closed_too_early(a);
}

static void sweep_join(struct run *p, struct attempt *a)
{
	unsigned reach = run_reach(p);

	if (a->join_swept || !reach || !a->joined ||
	    a->join.state <= JOIN_SYN_SENT ||
	    (run_follows(p) && a->join.state != JOIN_ENDED))
		return;
	a->join_swept = true;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		client_send_syn(&a->join.client,
				(struct copy){(uint8_t)ttl, true, false});
}

/* Joins as soon as a connection is proven; the server may forbid it (flag
 * C: RFC 8684 3.1). */
static void start_join(struct run *p, struct attempt *a)
{
	struct connection *d =
		connection_proven(&a->bare) ? &a->bare : &a->summed;
	const struct flow *f = client_flow(&d->client);

	if (a->joined || !connection_proven(d) ||
	    (f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0))
		return;
	if (d == &a->summed && !connection_over(&a->bare))
		return;
	a->joined = true;
	join_start(&a->join, p->live, &p->to, &p->pace, &d->client);
}

static int64_t step_attempt(struct run *p, struct attempt *a, int64_t now_us)
{
	int64_t wake = NEVER, at;

	if (!a->started)
		return NEVER;
	start_capable_sweep(p, a);
	at = run_step_sweep(p, &a->sweep, now_us);
	wake = at < wake ? at : wake;
	at = connection_step(&a->bare, now_us);
	wake = at < wake ? at : wake;
	at = connection_step(&a->summed, now_us);
	wake = at < wake ? at : wake;
	at = step_again(p, a, now_us);
	wake = at < wake ? at : wake;
	at = syn_step(&a->random, now_us);
	wake = at < wake ? at : wake;
	start_join(p, a);
	at = step_open(p, a, now_us);
	wake = at < wake ? at : wake;
	at = join_step(&a->join, now_us);
	wake = at < wake ? at : wake;
	sweep_copies(p, a);
	sweep_join(p, a);
	run_step_contrast(p, a, now_us);
	return wake;
}

static bool attempt_over(const struct run *p, const struct attempt *a,
			 int64_t now_us)
{
	return !a->started ||
	       (connection_over(&a->bare) && connection_over(&a->summed) &&
		(!a->again.client.live || connection_over(&a->again)) &&
		join_over(a) && open_over(a) && syn_over(&a->random, now_us) &&
		(!run_sweeping(p) ||
		 (a->sweep.last && run_sweep_settled(p, &a->sweep))));
}

static bool answered_plainly(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return f && f->syn_ack_seen && !f->mptcp.syn_ack;
}

/* Version 0 is tried as soon as version 1 is answered as plain TCP, or by its
 * own echo, which a server of version 0 may be behind; or where only SYNs of
 * version 0 are answered. */
static void start_next_attempt(struct run *p)
{
	struct attempt *a = &p->attempts[0];
	const struct flow *f;

	if (p->attempt_count < 2 || p->attempts[1].started || !a->started)
		return;
	f = client_flow(&a->bare.client);
	if (answered_plainly(&a->bare) || answered_plainly(&a->summed) ||
	    (f && !f->syn_ack_seen && run_speaks(p, 0)))
		start_attempt(p, &p->attempts[1]);
}

static bool main_part_over(const struct run *p, int64_t now_us)
{
	if (!run_control_over(p, now_us))
		return false;
	if (!connection_over(&p->before) || !run_syns_over(p, now_us) ||
	    !run_limited_over(p) || !run_sweep_settled(p, &p->plain))
		return false;
	for (unsigned i = 0; i < p->attempt_count; i++)
		if (!attempt_over(p, &p->attempts[i], now_us))
			return false;
	return true;
}

static void ask_names(struct run *p)
{
	const struct observer *o = p->live->observer;

	if (p->shared->quotes == o->quotes)
		return;
	for (size_t i = 0; p->live->names && i < o->flow_count; i++)
		for (size_t k = 0; k < o->flows[i]->quote_count; k++)
			names_ask(p->live->names,
				  &o->flows[i]->quotes[k].responder);
}

/* Behind a balancer whose servers share no tokens, a MP_JOIN finds its own by
 * chance: several do not all. */
#define MORE_JOINS 4

/* The slower checks, where MPTCP works. Whether they run. */
static bool start_checks(struct run *p)
{
	for (unsigned i = 0; i < p->attempt_count && !p->checks.started; i++) {
		struct attempt *a = &p->attempts[i];

		if (!a->started || !connection_data_acked(&a->bare))
			continue;
		checks_start(&p->checks, p->live, &p->to, &p->pace, a->version,
			     p->options->first_ttl,
			     run_sweeping(p) ? run_reach(p) : 0);
		for (int k = 0; k < MORE_JOINS && a->joined; k++)
			run_add_join(p, a, FULL_TTL);
	}
	return p->checks.started;
}

/* Connections with MPTCP whose data is not acknowledged, or not answered as
 * it was without MPTCP: is it still without? */
static bool wants_answer(const struct run *p)
{
	const struct flow *before = client_flow(&p->before.client);

	for (unsigned i = 0; i < p->attempt_count; i++) {
		const struct attempt *a = &p->attempts[i];
		const struct flow *f = client_flow(&a->bare.client);

		if (a->started && f && f->mptcp.syn_ack &&
		    f->payload_received == 0 &&
		    (before->payload_received ||
		     seq_diff(f->server_acked, f->client_isn) <= 1))
			return true;
	}
	return false;
}

/* What followed the SYN/ACK came from elsewhere, by its TTL: so it may again.
 */
static bool ttl_differs(const struct flow *f)
{
	const struct kept *syn_ack = flow_syn_ack(f);

	for (size_t i = 0; syn_ack && i < f->received_count; i++)
		if (f->received[i]->packet.ip.ttl != syn_ack->packet.ip.ttl)
			return true;
	return false;
}

/* The plain baseline once more, when all else is known. */
static int64_t step_after(struct run *p, int64_t now_us)
{
	if (!p->after_started) {
		const struct flow *f = client_flow(&p->before.client);

		if (!f || !f->syn_ack_seen || p->options->sweep_only) {
			p->over = true;
			return now_us;
		}
		p->after_started = true;
		connection_start(&p->after, p->live, &p->to, &p->pace,
				 PURPOSE_TCP, 0, false,
				 wants_answer(p) || ttl_differs(f) ? p->request
								   : NULL,
				 p->request_length);
		p->after.wants_answer = wants_answer(p);
	}
	if (connection_over(&p->after))
		p->over = true;
	return connection_step(&p->after, now_us);
}

int64_t run_step(struct run *p, int64_t now_us)
{
	int64_t wake = NEVER, at;

	update_pace(p);
	ask_names(p);
	run_update_heard(p);
	run_begin_plain(p, now_us);
	at = connection_step(&p->before, now_us);
	wake = at < wake ? at : wake;
	at = run_step_sweep(p, &p->plain, now_us);
	wake = at < wake ? at : wake;
	run_step_edges(p);
	at = run_step_control(p, now_us);
	wake = at < wake ? at : wake;
	at = run_step_limited(p, now_us);
	wake = at < wake ? at : wake;
	for (unsigned i = 0; i < p->attempt_count; i++) {
		at = step_attempt(p, &p->attempts[i], now_us);
		wake = at < wake ? at : wake;
	}
	start_next_attempt(p);
	at = run_step_syns(p, now_us);
	wake = at < wake ? at : wake;
	if (!main_part_over(p, now_us))
		return wake;
	if (run_step_same_port(p, now_us, &wake))
		return wake;
	if (p->options->all && start_checks(p) && !p->checks.over) {
		at = checks_step(&p->checks, now_us);
		return at < wake ? at : wake;
	}
	if (run_step_fetch(p, now_us, &wake))
		return p->fetch_at_us	    ? wake
		       : p->shared->fetcher ? now_us + TURN_WAIT_US
					    : now_us;
	at = step_after(p, now_us);
	return at < wake ? at : wake;
}

static void end_sweep(struct sweep *w)
{
	if (w->last)
		client_send_reset(&w->client);
}

void run_end(struct run *p)
{
	if (p->checks.started)
		checks_end(&p->checks);
	end_sweep(&p->plain);
	connection_end(&p->before);
	if (p->after_started)
		connection_end(&p->after);
	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct attempt *a = &p->attempts[i];

		if (!a->started)
			continue;
		end_sweep(&a->sweep);
		syn_end(&a->random);
		join_end(&a->join);
		if (a->again.client.live)
			connection_end(&a->again);
		if (a->open.client.live)
			connection_end(&a->open);
		connection_end(&a->summed);
		connection_end(&a->bare);
	}
	for (unsigned i = 0; i < p->syn_count; i++)
		syn_end(&p->syns[i]);
	for (unsigned i = 0; i < p->limited_count; i++)
		connection_end(&p->limited[i]);
}
