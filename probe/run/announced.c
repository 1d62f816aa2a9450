/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows to where the server wants them: at the addresses and ports that it
 * announces by ADD_ADDR. Where it forbids joins to its first address and port
 * (flag C: RFC 8684 3.1), that is the only way.
 */
#include "probe/run/experiment.h"
#include "report/track/observer.h"

/* ADD_ADDR comes behind the third ACK, and again after 200 ms (Linux). */
#define ANNOUNCEMENT_US 250000

bool forbids_joins(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0;
}

static uint16_t port_of(const struct announced *a, const struct destination *to)
{
	return a->has_port ? a->port : to->port;
}

/* Whether a join may be tried there: it is the server's own word, elsewhere
 * than the first subflow. */
static bool can_be_joined(const struct announced *a, const struct client *c)
{
	const struct destination *to = c->to;

	return a->host == 1 && a->frame && !a->removed_frame &&
	       (a->hmac == KNOWN_YES || c->version == 0) &&
	       address_equal(&a->address, &to->target) &&
	       port_of(a, to) != to->port;
}

const struct announced *announced_to(const struct client *c)
{
	const struct flow *f = client_flow(c);
	const struct mptcp_connection *m = f ? f->connection : NULL;

	for (size_t i = 0; m && i < m->address_count; i++)
		if (can_be_joined(&m->addresses[i], c))
			return &m->addresses[i];
	return NULL;
}

void join_announced(struct run *r, struct version *v, struct client *parent)
{
	const struct announced *a = announced_to(parent);

	client_echo_add_addr(parent, a);
	v->join_to = r->to;
	v->join_to.target = a->address;
	v->join_to.port = port_of(a, &r->to);
	v->join.client.to = &v->join_to;
	run_open(r, &v->join_control, NULL, PURPOSE_TCP, 0);
	v->join_control.client.to = &v->join_to;
	connection_begin(&v->join_control);
}

/* ---- waiting for an announcement ----------------------------------------- */

bool announcement_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = connection_to_join((struct version *)v);

	(void)r;
	return is_proven(c) && forbids_joins(&c->client) &&
	       !announced_to(&c->client);
}

void announcement_start(struct run *r, struct version *v)
{
	(void)v;
	run_wait(r, ANNOUNCEMENT_US);
}

int64_t announcement_step(struct run *r, struct version *v, int64_t now_us)
{
	if (announced_to(&connection_to_join(v)->client))
		r->current->until_us = now_us;
	return OVER;
}
