/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs and connections of their own that tell why others were not answered:
 * pairs with and without an option, and the TTL at which a RST is drawn.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

void run_add_syn(struct run *p, enum purpose purpose, unsigned version,
		 unsigned ttl, unsigned tries)
{
	if (p->syn_count < SYNS_MAX)
		syn_start(&p->syns[p->syn_count++], p->live, &p->to, &p->pace,
			  purpose, version, NULL, (uint8_t)ttl, tries);
}

/* Connections with MP_CAPABLE that go farther than those without: pairs on
 * fresh ports, with the TTL at which the latter end. */
static void step_sort(struct run *p, const struct attempt *a)
{
	unsigned plain = sweep_reach(&p->plain);
	unsigned capable = sweep_reach(&a->sweep);

	if (p->sorted || !plain || capable <= plain ||
	    !run_sweep_settled(p, &p->plain))
		return;
	p->sorted = true;
	for (int i = 0; i < SORT_PAIRS; i++) {
		run_add_syn(p, PURPOSE_TCP, 0, plain, EDGE_TRIES);
		run_add_syn(p, PURPOSE_MP_CAPABLE, a->version, plain, 1);
	}
}

/* Who echoes our MP_CAPABLE: does it echo what nobody knows as well? */
static void step_mirror(struct run *p, const struct attempt *a)
{
	const struct flow *f = client_flow(&a->bare.client);

	if (p->mirror_tried || !f || !f->mptcp.mirrored)
		return;
	p->mirror_tried = true;
	run_add_syn(p, PURPOSE_UNKNOWN_OPTION, 1, FULL_TTL, EDGE_TRIES);
}

static bool silent(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == CONNECTION_ENDED && f && !f->syn_ack_seen &&
	       !flow_reset(f);
}

static bool drew_reset(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == CONNECTION_ENDED && f && !f->established &&
	       flow_reset(f);
}

static bool data_drew_reset(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return d->state == CONNECTION_ENDED && f && f->established &&
	       flow_reset(f) && seq_diff(f->server_acked, f->client_isn) <= 1;
}

/* Data that draws a RST: does it draw one where it cannot reach the server?
 * A connection for each TTL. */
int64_t run_step_limited(struct run *p, int64_t now_us)
{
	unsigned reach = run_reach(p);
	int64_t wake = NEVER;

	if (run_sweeping(p) && reach && !p->limited_count &&
	    data_drew_reset(&p->before))
		for (unsigned ttl = p->options->first_ttl;
		     ttl < reach && p->limited_count < LIMITED_MAX; ttl++) {
			struct connection *d = &p->limited[p->limited_count++];

			run_start_connection(p, d, PURPOSE_TCP, 0, false);
			d->data_ttl = (uint8_t)ttl;
		}
	for (unsigned i = 0; i < p->limited_count; i++) {
		int64_t at = connection_step(&p->limited[i], now_us);

		wake = at < wake ? at : wake;
	}
	return wake;
}

bool run_limited_over(const struct run *p)
{
	for (unsigned i = 0; i < p->limited_count; i++)
		if (!connection_over(&p->limited[i]))
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

void run_add_join(struct run *p, struct attempt *a, unsigned ttl)
{
	if (p->syn_count < SYNS_MAX)
		syn_start(&p->syns[p->syn_count++], p->live, &p->to, &p->pace,
			  PURPOSE_MP_JOIN, a->version, a->join.client.parent,
			  (uint8_t)ttl, 1);
}

/* SYNs that differ in one option, on fresh ports. Which of them comes first
 * changes, because balancers go by the bits of ports. */
static void add_join_pair(struct run *p, struct attempt *a, unsigned round)
{
	if (round % 2)
		run_add_syn(p, PURPOSE_TCP, 0, FULL_TTL, 1);
	run_add_join(p, a, FULL_TTL);
	if (round % 2 == 0)
		run_add_syn(p, PURPOSE_TCP, 0, FULL_TTL, 1);
}

/* As long as MP_CAPABLE, and its subtype, but it names no algorithm: that it
 * is answered where MP_CAPABLE is not tells that SYNs pass, and that their
 * SYN/ACKs do not where these have the option (RFC 8684 3.1). */
static void add_no_algorithm(struct run *p, unsigned version)
{
	struct syn *l = &p->syns[p->syn_count];

	if (p->syn_count == SYNS_MAX)
		return;
	p->syn_count++;
	syn_open(l, p->live, &p->to, &p->pace, PURPOSE_MP_CAPABLE, version,
		 NULL, FULL_TTL, 1);
	l->client.no_algorithm = true;
	client_send_syn(&l->client, l->copy);
}

/* MP_CAPABLE beside: nothing; an option that nobody knows, as long as it; and
 * the MP_CAPABLE of the other version, which is longer or shorter. */
static void add_round(struct run *p, const struct attempt *a, unsigned round)
{
	const struct {
		enum purpose purpose;
		unsigned version;
	} kinds[] = {{PURPOSE_TCP, 0},
		     {PURPOSE_MP_CAPABLE, a->version},
		     {PURPOSE_UNKNOWN_OPTION, a->version},
		     {PURPOSE_MP_CAPABLE, !a->version}};
	const unsigned count = sizeof(kinds) / sizeof(kinds[0]);

	for (unsigned i = 0; i < count; i++) {
		unsigned kind = (round + i) % count;

		run_add_syn(p, kinds[kind].purpose, kinds[kind].version,
			    FULL_TTL, 1);
	}
	add_no_algorithm(p, a->version);
}

static void add_rounds(struct run *p, struct attempt *a, bool join)
{
	for (unsigned round = 0; round < CONTRAST_ROUNDS; round++) {
		if (join)
			add_join_pair(p, a, round);
		else
			add_round(p, a, round);
	}
}

/* A RST: which TTL draws it? Lone SYNs from the last hop that quoted on, or
 * from the first on where the SYN itself passes. */
static void add_reset_edge(struct run *p, struct attempt *a, bool join)
{
	const struct client *c = join ? &a->join.client : &a->bare.client;
	unsigned reach = run_reach(p);
	unsigned ttl =
		join ? last_quoted(&a->join.client, SEGMENT_JOIN_SYN, reach)
		     : last_quoted(&a->sweep.client, SEGMENT_SYN, reach);

	if (client_flow(c)->syn_ack_seen || ttl + 1 >= reach)
		ttl = p->options->first_ttl - 1;
	add_rounds(p, a, join);
	for (ttl++; run_sweeping(p) && ttl <= reach; ttl++) {
		if (join)
			run_add_join(p, a, ttl);
		else
			run_add_syn(p, PURPOSE_MP_CAPABLE, a->version, ttl,
				    EDGE_TRIES);
	}
}

bool run_speaks(const struct run *p, unsigned version)
{
	for (unsigned i = 0; i < p->syn_count; i++) {
		const struct client *c = &p->syns[i].client;
		const struct flow *f = client_flow(c);

		if (c->purpose == PURPOSE_MP_CAPABLE && c->version == version &&
		    f && f->mptcp.syn_ack)
			return true;
	}
	return false;
}

/* Silence where others are answered: the contrast of the loss rule. */
static void step_contrast(struct run *p, struct attempt *a, int64_t now_us)
{
	bool refused = (drew_reset(&a->bare) || silent(&a->bare)) &&
		       (drew_reset(&a->summed) || silent(&a->summed));
	bool quiet = silent(&a->bare) && silent(&a->summed);
	bool reset = refused && !quiet;
	bool join = a->joined && a->join.state == JOIN_ENDED &&
		    client_flow(&a->join.client) &&
		    !client_flow(&a->join.client)->established &&
		    (!client_flow(&a->join.client)->syn_ack_seen ||
		     flow_reset(client_flow(&a->join.client)));
	bool join_reset = join && flow_reset(client_flow(&a->join.client));
	bool joins_again = a->open.client.live && !a->joined_again &&
			   !connection_over(&a->open);
	bool *contrasted = join ? &a->join_contrasted : &a->contrasted;

	if (*contrasted || !p->pace.rtt_us ||
	    !run_sweep_settled(p, &a->sweep) || (join && !a->join_swept) ||
	    (join && joins_again) || !(reset || quiet || join))
		return;
	*contrasted = true;
	if (reset || join_reset) {
		add_reset_edge(p, a, join_reset);
		return;
	}
	add_rounds(p, a, join);
	p->syns_until_us = now_us + 2 * pace_wait_us(&p->pace);
}

static bool came_back(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->mptcp.syn_ack;
}

static bool came_without(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->syn_ack_seen && !f->mptcp.syn_ack && !f->mptcp.mirrored;
}

/* Answered as plain TCP, or as a MP_JOIN never is. */
static bool was_stripped(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return c->live && (c->purpose == PURPOSE_MP_CAPABLE
				   ? came_without(c)
				   : f && f->syn_ack_seen && !f->join.syn_ack);
}

/* MP_CAPABLE comes back on one connection, and another is answered as plain
 * TCP: they may take different ways. Copies of the SYN that was take the same
 * as it did. */
static void step_branches(struct run *p, struct attempt *a, int64_t now_us)
{
	struct client *clients[] = {&a->bare.client, &a->summed.client,
				    &a->random.client};
	const bool any = came_back(&a->bare.client) ||
			 came_back(&a->summed.client) ||
			 came_back(&a->sweep.client);
	unsigned reach = run_reach(p);

	if (!any || !run_sweeping(p) || !reach)
		return;
	for (unsigned i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (a->branches >> i & 1 || !was_stripped(clients[i]))
			continue;
		a->branches |= 1u << i;
		for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
			client_send_syn(clients[i], (struct copy){(uint8_t)ttl,
								  true, false});
		p->syns_until_us = now_us + 2 * pace_wait_us(&p->pace);
	}
}

int64_t run_step_syns(struct run *p, int64_t now_us)
{
	int64_t wake = NEVER;

	for (unsigned i = 0; i < p->syn_count; i++) {
		int64_t at = syn_step(&p->syns[i], now_us);

		wake = at < wake ? at : wake;
	}
	if (p->syns_until_us > now_us && p->syns_until_us < wake)
		wake = p->syns_until_us;
	return wake;
}

bool run_syns_over(const struct run *p, int64_t now_us)
{
	for (unsigned i = 0; i < p->syn_count; i++)
		if (!syn_over(&p->syns[i], now_us))
			return false;
	return now_us >= p->syns_until_us;
}

void run_step_contrast(struct run *p, struct attempt *a, int64_t now_us)
{
	step_sort(p, a);
	step_mirror(p, a);
	step_contrast(p, a, now_us);
	step_branches(p, a, now_us);
}
