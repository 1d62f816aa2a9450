/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/run.h"

#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* How often an experiment may start again: more would be a mistake of ours. */
#define STARTS_MAX 64

/* ---- for experiments ----------------------------------------------------- */

static struct connection *own(struct run *r, struct connection *c)
{
	if (!c && r->pool_count == POOL_MAX - 1)
		return &r->pool[r->pool_count]; /* nobody will step it */
	if (!c)
		c = &r->pool[r->pool_count++];
	for (size_t i = 0; i < r->connection_count; i++)
		if (r->connections[i] == c)
			return c;
	if (r->connection_count < CONNECTIONS_MAX)
		r->connections[r->connection_count++] = c;
	return c;
}

struct connection *run_open_to(struct run *r, struct connection *c,
			       const struct destination *to,
			       const struct course *course,
			       enum purpose purpose, unsigned version)
{
	c = own(r, c);
	connection_open(c, course, to, purpose, version);
	c->of = r->current;
	return c;
}

struct connection *run_open(struct run *r, struct connection *c,
			    const struct course *course, enum purpose purpose,
			    unsigned version)
{
	return run_open_to(r, c, &r->to, course, purpose, version);
}

static void ask(struct run *r, struct connection *c)
{
	c->of = r->current;
	if (r->settings->mute)
		return;
	c->request = r->request;
	c->length = r->request_length;
	c->split = c->length / 2;
}

struct connection *run_open_request(struct run *r, struct connection *c,
				    enum purpose purpose, unsigned version)
{
	c = run_open(r, c, &course_request, purpose, version);
	ask(r, c);
	return c;
}

void run_take_up(struct run *r, struct connection *c,
		 const struct course *course, const struct client *client)
{
	connection_take_up(own(r, c), course, client);
	ask(r, c);
}

static void begin_syn(struct connection *c, unsigned ttl, unsigned tries)
{
	c->copy.ttl = (uint8_t)ttl;
	c->syn_tries = tries;
	connection_begin(c);
}

void run_add_syn(struct run *r, enum purpose purpose, unsigned version,
		 unsigned ttl, unsigned tries)
{
	begin_syn(run_open(r, NULL, NULL, purpose, version), ttl, tries);
}

void run_add_join(struct run *r, const struct client *like, unsigned ttl)
{
	struct connection *c =
		run_open(r, NULL, NULL, PURPOSE_MP_JOIN, like->version);

	client_join(&c->client, like->parent);
	c->client.to = like->to;
	begin_syn(c, ttl, 1);
}

void run_add_syn_to(struct run *r, const struct destination *to)
{
	begin_syn(run_open_to(r, NULL, to, NULL, PURPOSE_TCP, 0), FULL_TTL, 1);
}

void run_wait(struct run *r, int64_t us)
{
	r->current->until_us = live_now_us() + us;
}

int64_t run_round(struct run *r, struct version *v, int64_t now_us,
		  wanted_fn *missing, start_fn *send)
{
	struct progress *p = r->current;

	if (!missing(r, v))
		return OVER;
	if (now_us < p->round_us)
		return p->round_us;
	if (p->rounds == REST_ROUNDS)
		return OVER;
	send(r, v);
	p->rounds++;
	p->round_us = now_us + ROUTER_REST_US;
	return p->round_us;
}

bool run_sees(const struct run *r, const struct flow *f)
{
	return !r->to.several || address_equal(&f->client, &r->to.source);
}

bool run_sweeping(const struct run *r)
{
	return r->settings->first_ttl < FULL_TTL;
}

bool run_follows(const struct run *r)
{
	return r->shared->leader != r;
}

struct copy low_copy(unsigned ttl)
{
	return (struct copy){(uint8_t)ttl, true, false};
}

bool is_silent(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && !f->syn_ack_seen && !flow_reset(f);
}

bool is_negotiated(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && (f->mptcp.syn_ack || f->join.syn_ack);
}

/* ---- the baselines ------------------------------------------------------- */

bool always(const struct run *r, const struct version *v)
{
	(void)r;
	(void)v;
	return true;
}

static void before_start(struct run *r, struct version *v)
{
	(void)v;
	if (r->settings->sweep_only)
		run_open(r, &r->before, &course_request, PURPOSE_TCP, 0);
	else
		run_open_request(r, &r->before, PURPOSE_TCP, 0);
	connection_begin(&r->before);
}

/* Connections with MPTCP whose data is not acknowledged, or not answered as
 * it was without MPTCP, or that the server forgot: is it still without? */
static bool wants_answer(const struct run *r)
{
	const struct flow *before = client_flow(&r->before.client);

	for (unsigned i = 0; i < r->version_count; i++) {
		const struct connection *bare = &r->versions[i].bare;
		const struct flow *f = client_flow(&bare->client);

		if (!connection_over(bare) || !f || !f->mptcp.syn_ack)
			continue;
		if (flow_forgotten(f) ||
		    (!flow_answered(f) &&
		     (before->payload_received ||
		      seq_diff(f->server_acked, f->client_isn) <= 1)))
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

/* Whether the last segments are out that are to reach the server; *last_us:
 * when the last connection of such segments began. */
static bool all_sent(const struct run *r, int64_t *last_us)
{
	*last_us = 0;
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct connection *c = r->connections[i];

		if (c->copy.ttl < FULL_TTL || c == r->after)
			continue;
		if (!connection_all_sent(c))
			return false;
		if (c->begun_us > *last_us)
			*last_us = c->begun_us;
	}
	return true;
}

static bool should_ask(const struct run *r)
{
	return wants_answer(r) || ttl_differs(client_flow(&r->before.client));
}

/* The plain baseline once more, behind all that might have spoiled it: again
 * where something of that sort began later, or turned out to want an answer.
 * With --all most of it is still to come. */
static bool after_wanted(const struct run *r, const struct version *v)
{
	const struct flow *before = client_flow(&r->before.client);
	int64_t last_us;

	(void)v;
	if (r->settings->sweep_only || !before || !before->syn_ack_seen ||
	    !all_sent(r, &last_us) || (r->settings->all && !r->quiet))
		return false;
	return !r->after || last_us > r->after->begun_us ||
	       (r->quiet && should_ask(r) && !r->after->request);
}

static void after_start(struct run *r, struct version *v)
{
	(void)v;
	r->after = should_ask(r)
			   ? run_open_request(r, NULL, PURPOSE_TCP, 0)
			   : run_open(r, NULL, &course_request, PURPOSE_TCP, 0);
	r->after->wants_answer = wants_answer(r);
	connection_begin(r->after);
}

/* ---- the experiments ----------------------------------------------------- */

#define SWEEP NEED_SWEEP
#define REACH (NEED_SWEEP | NEED_REACH)
#define QUIET NEED_QUIET

static const struct experiment experiments[] = {
	{"SYNs to each hop", ONCE, SWEEP, always, NULL, plain_sweep_step},
	{"the distance of the target", ONCE, 0, control_wanted, control_start,
	 control_step},
	{"routers beyond the target", ONCE, REACH, beyond_wanted, beyond_start,
	 NULL},
	{"plain TCP", ONCE, 0, always, before_start, NULL},
	{"connections with MPTCP", EACH, 0, mptcp_wanted, mptcp_start, NULL},
	{"MP_CAPABLE to each hop", EACH, SWEEP, capable_sweep_wanted,
	 capable_sweep_start, capable_sweep_step},
	{"SYNs from more ports", EACH, 0, ports_wanted, ports_start, NULL},
	{"ACKs without data", EACH, 0, acks_wanted, acks_start, acks_step},
	{"ACKs without data again", EACH, 0, acks_again_wanted,
	 acks_again_start, NULL},
	{"a narrow window again", EACH, 0, narrow_again_wanted,
	 narrow_again_start, NULL},
	{"whether the server defers accepting", EACH, 0, acks_deferred_wanted,
	 deferring_start, NULL},
	{"data to each hop", EACH, REACH, copies_wanted, copies_start, NULL},
	{"ACKs without MPTCP to each hop", EACH, REACH, bare_acks_wanted,
	 bare_acks_start, NULL},
	{"data to each hop", EACH, REACH, odd_copies_wanted, NULL,
	 odd_copies_step},
	{"the first data to each hop", EACH, REACH, first_copies_wanted, NULL,
	 first_copies_step},
	{"a second subflow", EACH_AGAIN, 0, join_wanted, join_start, NULL},
	{"subflows between uplinks", EACH, 0, across_wanted, across_start,
	 across_step},
	{"subflows from more ports", EACH, 0, join_ports_wanted,
	 join_ports_start, NULL},
	{"ADD_ADDR echoes", EACH_AGAIN, 0, echo_wanted, echo_start, NULL},
	{"announced addresses", EACH_AGAIN, 0, elsewhere_wanted,
	 elsewhere_start, elsewhere_step},
	{"announced addresses that refuse", EACH_AGAIN, REACH | NEED_RTT,
	 refused_wanted, refused_start, refused_step},
	{"announcements", EACH, 0, announcement_wanted, announcement_start,
	 announcement_step},
	{"MPTCP again", EACH, 0, again_wanted, again_start, NULL},
	{"an answer that stalls", EACH, 0, stalled_wanted, NULL, stalled_step},
	{"a second subflow again", EACH, 0, open_wanted, open_start, NULL},
	{"segments of full size", EACH, 0, full_size_wanted, full_size_start,
	 checks_step},
	{"MP_JOIN to each hop", EACH, REACH, join_copies_wanted,
	 join_copies_start, NULL},
	{"the subflow's ACK to each hop", EACH, REACH, unconfirmed_wanted,
	 unconfirmed_start, NULL},
	{"whether the server defers accepting", EACH, 0, unconfirmed_wanted,
	 deferring_start, NULL},
	{"ACKs to each hop", EACH, REACH, ack_copies_wanted, ack_copies_start,
	 NULL},
	{"ACKs to each hop", EACH, REACH, untold_acks_wanted, ack_copies_start,
	 NULL},
	{"the subflow's data to each hop", EACH, REACH, join_data_wanted,
	 join_data_start, NULL},
	{"where SYNs end", AGAIN, REACH, edge_wanted, edge_start, NULL},
	{"where SYNs end", ONCE, SWEEP, untold_reach_wanted, untold_reach_start,
	 NULL},
	{"hops that did not tell", ONCE, REACH, untold_hops_wanted,
	 untold_hops_start, NULL},
	{"pairs where SYNs of one kind end", ONCE, 0, sort_wanted, sort_start,
	 NULL},
	{"an experimental option", ONCE, 0, mirror_wanted, mirror_start, NULL},
	{"where data is reset", ONCE, REACH, limited_wanted, limited_start,
	 NULL},
	{"pairs with MP_CAPABLE and without", EACH, NEED_RTT, contrast_wanted,
	 contrast_start, contrast_step},
	{"pairs with MP_JOIN and without", EACH, NEED_RTT, join_contrast_wanted,
	 join_contrast_start, join_contrast_step},
	{"an unknown token", EACH, REACH, token_wanted, token_start,
	 token_step},
	{"several paths", EACH_AGAIN, REACH, branches_wanted, NULL,
	 branches_step},
	/* Where some ways differ from others. */
	{"MPTCP again", EACH, QUIET, adopt_wanted, adopt_start, NULL},
	{"pairs with MP_CAPABLE and without", EACH, QUIET, pairs_wanted,
	 pairs_start, NULL},
	{"more subflows", EACH, QUIET, more_joins_wanted, more_joins_start,
	 NULL},
	{"plain SYNs beside subflows that are refused", EACH, QUIET,
	 limited_joins_wanted, limited_joins_start, NULL},
	{"the same ports again", EACH, QUIET, same_port_wanted, same_port_start,
	 NULL},
	{"the same ports without MPTCP", EACH, QUIET, plain_port_wanted,
	 plain_port_start, NULL},
	{"the same ports to each hop", EACH, QUIET | REACH, port_copies_wanted,
	 NULL, port_copies_step},
	{"a burst of SYNs", EACH, QUIET | REACH, burst_wanted, burst_start,
	 burst_step},
	{"pairs of data with DSS and without", EACH, QUIET, data_pairs_wanted,
	 NULL, data_pairs_step},
	/* --all */
	{"the slower checks", ONCE, QUIET, checks_wanted, checks_start,
	 checks_step},
	{"the slower checks again", ONCE, QUIET, checks_again_wanted,
	 checks_again_start, checks_step},
	{"data that expires", ONCE, QUIET, expired_wanted, NULL, expired_step},
	{"the slower checks to each hop", ONCE, QUIET, check_copies_wanted,
	 NULL, check_copies_step},
	{"connections that rest for up to 4 s", ONCE, 0, idle_wanted,
	 idle_start, NULL},
	{"connections that rest again", ONCE, 0, idle_again_wanted,
	 idle_again_start, NULL},
	{"connections that rest, to each hop", ONCE, REACH, idle_copies_wanted,
	 NULL, idle_copies_step},
	/* When all is known, at the pace of the routers. */
	{"the distance again", EACH, QUIET | REACH, control_again_wanted, NULL,
	 control_again_step},
	{"hops around a known place", EACH, QUIET, place_wanted, place_start,
	 place_step},
	{"what hops left open", ONCE, QUIET | SWEEP, always, NULL, fetch_step},
	{"plain TCP once more", AGAIN, 0, after_wanted, after_start, NULL},
};

#define EXPERIMENTS (sizeof(experiments) / sizeof(experiments[0]))
_Static_assert(EXPERIMENTS <= EXPERIMENTS_MAX, "struct run has room for them");

static bool is_each(const struct experiment *x)
{
	return x->often == EACH || x->often == EACH_AGAIN;
}

bool run_began(const struct run *r, start_fn *start, const struct version *v)
{
	for (size_t i = 0; i < EXPERIMENTS; i++)
		if (experiments[i].start == start)
			return r->progress[i][is_each(&experiments[i])
						      ? v - r->versions
						      : 0]
				       .state != PROGRESS_IDLE;
	return false;
}

const char *run_running(const struct run *r)
{
	const char *name = NULL;

	for (size_t i = 0; i < EXPERIMENTS; i++)
		for (unsigned k = 0; k < VERSIONS; k++)
			if (r->progress[i][k].state == PROGRESS_RUNNING)
				name = experiments[i].name;
	return name;
}

/* ---- the loop ------------------------------------------------------------ */

/* With timestamps, and if the server takes as much as our link. */
static size_t full_size(const struct destination *to)
{
	const struct client c = {.to = to};

	return client_full_size(&c) - TIMESTAMPS;
}

void run_init(struct run *r, const struct probe_settings *settings,
	      const struct destination *to, const char *host,
	      struct shared *shared)
{
	r->settings = settings;
	r->shared = shared;
	if (!shared->leader)
		shared->leader = r;
	r->to = *to;
	r->request_length = request_write(settings->say, host, r->request);
	r->more = MIDDLE_SIZE + full_size(to);
	if (!request_write_long(settings->say, host, r->more, r->long_request))
		r->more = 0;
	if (settings->mptcp_version != 0)
		r->versions[r->version_count++].number = 1;
	if (settings->mptcp_version != 1)
		r->versions[r->version_count++].number = 0;
}

/* The time that the first SYN/ACK of the target took. */
static void update_rtt(struct run *r)
{
	const struct observer *o = r->to.live->observer;

	for (size_t i = 0; i < o->flow_count && !r->to.rtt_us; i++) {
		const struct flow *f = o->flows[i];
		const struct kept *k = flow_syn_ack(f);

		if (!k || f->sent_count == 0 || !run_sees(r, f) ||
		    !address_equal(&f->server, &r->to.target))
			continue;
		r->to.rtt_us = k->time_us - f->first_us;
		if (r->to.rtt_us < 1)
			r->to.rtt_us = 1;
	}
}

/* Where the SYNs of this run are answered, with or without MPTCP. */
static void update_reach(struct run *r)
{
	r->reach = sweep_reach(&r->plain);
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct connection *c = r->connections[i];

		if (c->client.purpose == PURPOSE_TCP &&
		    c->copy.ttl < FULL_TTL && connection_answered(c) &&
		    (!r->reach || c->copy.ttl < r->reach))
			r->reach = c->copy.ttl;
	}
}

static unsigned facts_of(const struct run *r)
{
	return (run_sweeping(r) ? NEED_SWEEP : 0) |
	       (r->reach ? NEED_REACH : 0) | (r->to.rtt_us ? NEED_RTT : 0) |
	       (r->quiet ? NEED_QUIET : 0);
}

static bool may_start(const struct run *r, const struct experiment *x,
		      const struct progress *p, const struct version *v)
{
	if ((x->needs & NEED_QUIET && x < r->quiet_last) ||
	    (r->knocking && x->start != before_start))
		return false;
	return (p->state == PROGRESS_IDLE ||
		(p->state == PROGRESS_OVER &&
		 (x->often == AGAIN || x->often == EACH_AGAIN) &&
		 p->starts < STARTS_MAX)) &&
	       !(x->needs & ~facts_of(r)) && x->wanted(r, v);
}

static bool is_settled(const struct run *r, const struct progress *p,
		       int64_t now_us)
{
	for (size_t i = 0; i < r->connection_count; i++)
		if (r->connections[i]->of == p &&
		    !connection_settled(r->connections[i]))
			return false;
	return now_us >= p->until_us;
}

/* Starts an experiment if it is to, and steps it. Returns whether that changed
 * what others may start by. */
static bool step_experiment(struct run *r, const struct experiment *x,
			    struct progress *p, struct version *v,
			    int64_t now_us, int64_t *wake)
{
	bool starts = may_start(r, x, p, v);
	int64_t at = OVER;

	r->current = p;
	if (starts) {
		p->state = PROGRESS_RUNNING;
		p->starts++;
		if (x->needs & NEED_QUIET)
			r->quiet_last = x;
		if (x->start)
			x->start(r, v);
	}
	if (p->state != PROGRESS_RUNNING)
		return false;
	if (x->step)
		at = x->step(r, v, now_us);
	if (at == OVER && is_settled(r, p, now_us)) {
		p->state = PROGRESS_OVER;
		return true;
	}
	if (at == OVER)
		at = p->until_us > now_us ? p->until_us : NEVER;
	*wake = at < *wake ? at : *wake;
	return starts;
}

/* A port that answered a knock is to go on. */
static bool may_end(const struct run *r)
{
	return r->quiet && !(r->knocking && connection_answered(&r->before));
}

/* All experiments once, in the order of the table. Those that need quiet start
 * when none above runs. Returns whether anything started or ended. */
static bool step_experiments(struct run *r, int64_t now_us, int64_t *wake)
{
	bool changed = false;

	r->quiet = true;
	for (size_t i = 0; i < EXPERIMENTS; i++) {
		const struct experiment *x = &experiments[i];
		unsigned count = is_each(x) ? r->version_count : 1;

		for (unsigned k = 0; k < count; k++) {
			struct progress *p = &r->progress[i][k];

			changed |= step_experiment(r, x, p, &r->versions[k],
						   now_us, wake);
			if (i + 1 == EXPERIMENTS)
				r->over = may_end(r) && !changed &&
					  p->state != PROGRESS_RUNNING;
			else if (changed || p->state == PROGRESS_RUNNING)
				r->quiet = false;
		}
	}
	return changed;
}

/* Returns whether one went on to another step, which others may wait for. */
static bool step_connections(struct run *r, int64_t now_us)
{
	bool changed = false;

	for (size_t i = 0; i < r->connection_count; i++) {
		struct connection *c = r->connections[i];
		enum connection_state state = c->state;
		unsigned step = c->step;

		connection_step(c, now_us);
		changed |= c->state != state || c->step != step;
	}
	return changed;
}

/* A subflow that took the tail, its connection, and what that had already been
 * answered: one waits for the other. */
#define STEPS_AT_ONCE 4

int64_t run_step(struct run *r, int64_t now_us)
{
	int64_t wake;

	update_rtt(r);
	run_see_quotes(r);
	update_reach(r);
	for (unsigned i = 0; i < STEPS_AT_ONCE; i++)
		if (!step_connections(r, now_us))
			break;
	do {
		wake = NEVER;
	} while (step_experiments(r, now_us, &wake) && !r->to.live->exit_code);
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct connection *c = r->connections[i];
		int64_t at = c->state == CONNECTION_BUSY ? connection_due_us(c)
							 : NEVER;
		int64_t silent = connection_silent_at_us(c);

		at = silent < at ? silent : at;
		wake = at < wake ? at : wake;
	}
	return wake;
}

void run_end(struct run *r)
{
	sweep_end(&r->plain);
	sweep_end(&r->checks.bare);
	for (unsigned i = 0; i < r->version_count; i++)
		sweep_end(&r->versions[i].sweep);
	for (size_t i = r->connection_count; i-- > 0;)
		connection_end(r->connections[i]);
}
