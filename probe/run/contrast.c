/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs and connections of their own that tell why others were not answered:
 * pairs with and without an option, and the TTL at which a RST is drawn.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* ---- who answers --------------------------------------------------------- */

/* The version whose SYNs go farther than those without MPTCP, or NULL. */
static const struct version *farther(const struct run *r)
{
	unsigned plain = sweep_reach(&r->plain);

	for (unsigned i = 0; i < r->version_count && plain; i++)
		if (sweep_reach(&r->versions[i].sweep) > plain)
			return &r->versions[i];
	return NULL;
}

bool sort_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return farther(r) && sweep_settled(r, &r->plain);
}

/* Pairs on fresh ports, with the TTL at which those without it end. */
void sort_start(struct run *r, struct version *v)
{
	const unsigned plain = sweep_reach(&r->plain);

	(void)v;
	for (int i = 0; i < SORT_PAIRS; i++) {
		run_add_syn(r, PURPOSE_TCP, 0, plain, 2);
		run_add_syn(r, PURPOSE_MP_CAPABLE, farther(r)->number, plain,
			    1);
	}
}

bool mirror_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->version_count; i++) {
		const struct flow *f = client_flow(&r->versions[i].bare.client);

		if (f && f->mptcp.mirrored)
			return true;
	}
	return false;
}

/* Who echoes our MP_CAPABLE: does it echo what nobody knows as well? */
void mirror_start(struct run *r, struct version *v)
{
	(void)v;
	run_add_syn(r, PURPOSE_UNKNOWN_OPTION, 1, FULL_TTL, 2);
}

/* ---- data that draws a RST ----------------------------------------------- */

bool limited_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f = client_flow(&r->before.client);

	(void)v;
	return r->before.state == CONNECTION_ENDED && f && f->established &&
	       flow_reset(f) && seq_diff(f->server_acked, f->client_isn) <= 1;
}

/* Does it draw one where it cannot reach the server? A connection for each
 * TTL. */
void limited_start(struct run *r, struct version *v)
{
	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++) {
		struct connection *c =
			run_open_request(r, NULL, PURPOSE_TCP, 0);

		c->data_ttl = (uint8_t)ttl;
		connection_begin(c);
	}
}

/* ---- SYNs that are not answered ------------------------------------------ */

static bool gave_up(const struct connection *c)
{
	return c->state == CONNECTION_ENDED && is_silent(&c->client);
}

static bool drew_reset(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return c->state == CONNECTION_ENDED && f && !f->established &&
	       flow_reset(f);
}

bool contrast_wanted(const struct run *r, const struct version *v)
{
	return sweep_settled(r, &v->sweep) &&
	       (drew_reset(&v->bare) || gave_up(&v->bare)) &&
	       (drew_reset(&v->summed) || gave_up(&v->summed));
}

/* As long as MP_CAPABLE, and its subtype, but it names no algorithm: that it
 * is answered where MP_CAPABLE is not tells that SYNs pass, and that their
 * SYN/ACKs do not where these have the option (RFC 8684 3.1). */
static void add_no_algorithm(struct run *r, unsigned version)
{
	struct connection *c =
		run_open(r, NULL, NULL, PURPOSE_MP_CAPABLE, version);

	c->syn_tries = 1;
	c->client.no_algorithm = true;
	connection_begin(c);
}

/* On fresh ports: MP_CAPABLE beside nothing; an option that nobody knows, as
 * long as it; and the MP_CAPABLE of the other version, which is longer or
 * shorter. Which of them comes first changes, because balancers go by the
 * bits of ports. */
static void add_round(struct run *r, const struct version *v, unsigned round)
{
	const struct {
		enum purpose purpose;
		unsigned version;
	} kinds[] = {{PURPOSE_TCP, 0},
		     {PURPOSE_MP_CAPABLE, v->number},
		     {PURPOSE_UNKNOWN_OPTION, v->number},
		     {PURPOSE_MP_CAPABLE, !v->number}};
	const unsigned count = sizeof(kinds) / sizeof(kinds[0]);

	for (unsigned i = 0; i < count; i++) {
		unsigned kind = (round + i) % count;

		run_add_syn(r, kinds[kind].purpose, kinds[kind].version,
			    FULL_TTL, 1);
	}
	add_no_algorithm(r, v->number);
}

static void add_join_round(struct run *r, const struct version *v,
			   unsigned round)
{
	if (round % 2)
		run_add_syn(r, PURPOSE_TCP, 0, FULL_TTL, 1);
	run_add_join(r, v, FULL_TTL);
	if (round % 2 == 0)
		run_add_syn(r, PURPOSE_TCP, 0, FULL_TTL, 1);
}

/* The TTL from which on a RST may be drawn: behind the last hop that quoted
 * the SYN, or the first one where the SYN itself passes. */
static unsigned first_edge(const struct run *r, const struct client *drew,
			   const struct client *swept, enum segment_kind kind)
{
	const struct flow *f = client_flow(swept);
	unsigned ttl = r->reach ? r->reach - 1 : 0;

	while (f && ttl && !flow_quote(f, kind, ttl))
		ttl--;
	return client_flow(drew)->syn_ack_seen || ttl + 1 >= r->reach
		       ? r->settings->first_ttl
		       : ttl + 1;
}

/* Silence only: nothing but the rounds. */
static void contrast(struct run *r, struct version *v, bool join, bool silent)
{
	unsigned ttl;

	for (unsigned round = 0; round < CONTRAST_ROUNDS; round++) {
		if (join)
			add_join_round(r, v, round);
		else
			add_round(r, v, round);
	}
	if (silent) {
		run_wait(r, 2 * answer_wait_us(&r->to));
		return;
	}
	ttl = join ? first_edge(r, &v->join.client, &v->join.client,
				SEGMENT_JOIN_SYN)
		   : first_edge(r, &v->bare.client, &v->sweep.client,
				SEGMENT_SYN);
	for (; run_sweeping(r) && ttl <= r->reach; ttl++) {
		if (join)
			run_add_join(r, v, ttl);
		else
			run_add_syn(r, PURPOSE_MP_CAPABLE, v->number, ttl, 2);
	}
}

void contrast_start(struct run *r, struct version *v)
{
	contrast(r, v, false, gave_up(&v->bare) && gave_up(&v->summed));
}

bool join_contrast_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f = client_flow(&v->join.client);

	return v->join.state == CONNECTION_ENDED && f && !f->established &&
	       (!f->syn_ack_seen || flow_reset(f)) &&
	       v->open.state != CONNECTION_BUSY &&
	       run_began(r, join_copies_start, v) &&
	       sweep_settled(r, &v->sweep);
}

void join_contrast_start(struct run *r, struct version *v)
{
	contrast(r, v, true, !flow_reset(client_flow(&v->join.client)));
}

/* ---- an unknown token ---------------------------------------------------- */

/* Everything is answered as plain TCP, and that is not: where does it end? */
bool token_wanted(const struct run *r, const struct version *v)
{
	const struct flow *bare = client_flow(&v->bare.client);
	const struct flow *f = client_flow(&v->random.client);

	return v == r->versions && v->random.state == CONNECTION_ENDED && f &&
	       !f->syn_ack_seen && bare && bare->syn_ack_seen &&
	       !is_negotiated(&v->bare.client);
}

/* Copies show where it is dropped, SYNs of their own which TTL draws a RST. */
void token_start(struct run *r, struct version *v)
{
	bool silent = is_silent(&v->random.client);

	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		if (silent)
			client_send_syn(&v->random.client, low_copy(ttl));
		else
			run_add_syn(r, PURPOSE_MP_JOIN_RANDOM, v->number, ttl,
				    2);
	run_wait(r, 2 * answer_wait_us(&r->to));
}

/* ---- several ways -------------------------------------------------------- */

/* Answered as plain TCP, or as a MP_JOIN never is, and no copies went the same
 * way yet. */
static bool wants_copies(const struct run *r, const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->syn_ack_seen && !is_negotiated(c) &&
	       !f->mptcp.mirrored &&
	       !flow_sent_count(f, SEGMENT_SYN, r->settings->first_ttl) &&
	       !flow_sent_count(f, SEGMENT_JOIN_SYN, r->settings->first_ttl);
}

/* MP_CAPABLE comes back on one connection, and another is answered as plain
 * TCP: they may take different ways. */
bool branches_wanted(const struct run *r, const struct version *v)
{
	return r->reach > r->settings->first_ttl &&
	       (is_negotiated(&v->bare.client) ||
		is_negotiated(&v->summed.client) ||
		is_negotiated(&v->sweep.client)) &&
	       (wants_copies(r, &v->bare.client) ||
		wants_copies(r, &v->summed.client) ||
		wants_copies(r, &v->random.client));
}

/* Copies of the SYN take the same way as it did. */
void branches_start(struct run *r, struct version *v)
{
	struct client *clients[] = {&v->bare.client, &v->summed.client,
				    &v->random.client};

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		for (unsigned ttl = r->settings->first_ttl;
		     ttl < r->reach && wants_copies(r, clients[i]); ttl++)
			client_send_syn(clients[i], low_copy(ttl));
	run_wait(r, 2 * answer_wait_us(&r->to));
}
