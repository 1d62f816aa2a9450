/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs from several ports: what a device does to an option may depend on them,
 * as where it takes its turn by their bits, or stands on one of several ways.
 * Two or three connections may all be spared.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

static void knock_next(struct connection *c, const struct flow *f, bool done)
{
	(void)f;
	(void)done;
	connection_end(c);
}

/* Ended as soon as it is answered: the server need not remember it. */
static const struct course course_knock = {.next = knock_next};

static struct connection *open_knock(struct run *r, enum purpose purpose,
				     unsigned version, unsigned tries)
{
	struct connection *c =
		run_open(r, NULL, &course_knock, purpose, version);

	c->syn_tries = tries;
	return c;
}

/* MPTCP is spoken, as far as a connection or two tell. */
bool ports_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return is_negotiated(&v->bare.client) ||
	       is_negotiated(&v->summed.client);
}

/* By turns with some without the option. */
void ports_start(struct run *r, struct version *v)
{
	for (unsigned i = 0; i < 2 * PORT_PAIRS; i++) {
		/* Which of a pair is first changes: balancers go by the bits
		 * of ports. */
		bool plain = i % 2 == i / 2 % 2;

		connection_begin(
			open_knock(r, plain ? PURPOSE_TCP : PURPOSE_MP_CAPABLE,
				   plain ? 0 : v->number, PORT_TRIES));
	}
}

void option_ports_start(struct run *r, struct version *v)
{
	for (unsigned i = 0; i < PORT_PAIRS; i++)
		connection_begin(
			open_knock(r, PURPOSE_MP_CAPABLE, v->number, 1));
}

bool join_ports_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return v->join.state != CONNECTION_IDLE;
}

/* At once with the first: the server may close when it has answered. Each
 * once, as it may have, by the second time. A plain one among them shows that
 * it is no outage that they are lost to. */
void join_ports_start(struct run *r, struct version *v)
{
	run_add_syn(r, PURPOSE_TCP, 0, FULL_TTL, 1);
	for (unsigned i = 0; i < JOIN_PORTS; i++) {
		struct connection *c =
			open_knock(r, PURPOSE_MP_JOIN, v->number, 1);

		client_join(&c->client, v->join.client.parent);
		c->client.to = v->join.client.to;
		connection_begin(c);
	}
}

static bool is_open(const struct flow *f)
{
	return f && !f->server_fin && !f->mptcp.data_fin &&
	       !f->mptcp.fastclose && !f->mptcp.mp_fail && !flow_reset(f);
}

static unsigned count_joins(const struct run *r, const struct version *v,
			    bool (*fits)(const struct client *c))
{
	unsigned count = 0;

	for (size_t i = 0; i < r->connection_count; i++) {
		const struct client *c = &r->connections[i]->client;

		count += c->purpose == PURPOSE_MP_JOIN &&
			 c->to == v->join.client.to &&
			 r->connections[i]->copy.ttl == FULL_TTL && fits(c);
	}
	return count;
}

static bool is_answered(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && !is_silent(c);
}

bool joins_seem_silent(const struct run *r, const struct version *v)
{
	const struct client *parent = v->join.client.parent;

	return parent && is_open(client_flow(parent)) &&
	       connection_seems_silent(&v->join) &&
	       !count_joins(r, v, is_answered);
}

/* Some joins are answered, and too few are not to tell loss from a device. */
bool more_joins_wanted(const struct run *r, const struct version *v)
{
	const struct client *parent = v->join.client.parent;

	return parent && is_open(client_flow(parent)) &&
	       count_joins(r, v, is_silent) && count_joins(r, v, is_negotiated);
}

void more_joins_start(struct run *r, struct version *v)
{
	join_ports_start(r, v);
	join_ports_start(r, v);
}

static bool is_refused(const struct client *c)
{
	const struct flow *f = client_flow(c);
	const struct kept *reset = f ? flow_reset(f) : NULL;

	return reset && !f->syn_ack_seen &&
	       !tcp_options_mptcp(&reset->options, MP_TCPRST);
}

/* Some are refused, by no MPTCP stack: does a device limit them, or all
 * connections? */
bool limited_joins_wanted(const struct run *r, const struct version *v)
{
	return v->join.state != CONNECTION_IDLE &&
	       count_joins(r, v, is_refused) > 1 &&
	       count_joins(r, v, is_negotiated);
}

static struct client *first_refused(const struct run *r,
				    const struct version *v)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		struct client *c = &r->connections[i]->client;

		if (c->purpose == PURPOSE_MP_JOIN &&
		    c->to == v->join.client.to && is_refused(c))
			return c;
	}
	return NULL;
}

void limited_joins_start(struct run *r, struct version *v)
{
	for (unsigned i = 0; i < CONTROLS_MIN; i++)
		run_add_syn_to(r, v->join.client.to);
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		client_send_syn(first_refused(r, v), low_copy(ttl));
}

/* ---- what became of them ------------------------------------------------- */

/* The SYNs of connections that ask so, and those that nothing answered. */
static struct tries tries_of(const struct run *r, const struct version *v,
			     enum purpose purpose)
{
	struct tries t = {0};

	enum segment_kind kind =
		purpose == PURPOSE_MP_JOIN ? SEGMENT_JOIN_SYN : SEGMENT_SYN;

	for (size_t i = 0; i < r->connection_count; i++) {
		const struct connection *c = r->connections[i];
		const struct flow *f = client_flow(&c->client);
		unsigned sent;

		if (!f || c->client.purpose != purpose ||
		    c->copy.ttl < FULL_TTL || c->client.no_algorithm ||
		    (purpose != PURPOSE_TCP && c->client.version != v->number))
			continue;
		sent = flow_sent_count(f, kind, FULL_TTL);
		t.sent += sent;
		t.lost += sent && connection_answered(c) ? sent - 1 : sent;
	}
	return t;
}

bool lost_with_option(const struct run *r, const struct version *v)
{
	struct tries t = tries_of(r, v, PURPOSE_MP_CAPABLE);

	return t.lost && chance_of_losses(t, tries_of(r, v, PURPOSE_TCP)) <
				 CHANCE_OF_DOUBT;
}

bool all_lost(const struct run *r, const struct version *v,
	      enum purpose purpose)
{
	struct tries t = tries_of(r, v, purpose);
	struct tries plain = tries_of(r, v, PURPOSE_TCP);

	return t.lost == t.sent &&
	       beyond_chance(t.lost, plain, plain.sent - plain.lost);
}
