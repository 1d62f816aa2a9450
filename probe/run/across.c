/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows by other uplinks: for each of them a connection of this uplink is
 * opened, which it is to join, and to bring the last of the request to.
 */
#include "probe/run/experiment.h"

/* As soon as MP_CAPABLE came back: a round trip later would be too late to be
 * ready with the rest. */
bool across_wanted(const struct run *r, const struct version *v)
{
	return r->peer_count && (is_negotiated(&v->bare.client) ||
				 is_negotiated(&v->summed.client));
}

void across_start(struct run *r, struct version *v)
{
	for (unsigned i = 0; i < r->peer_count; i++) {
		struct connection *open = &v->across[i].open;

		run_open_request(r, open, PURPOSE_MP_CAPABLE, v->number);
		hold_tail(r, open, open->split);
		connection_begin(open);
	}
}

static bool may_join(const struct across *a)
{
	return a->join.state == CONNECTION_IDLE && is_proven(&a->open) &&
	       !forbids_joins(&a->open.client);
}

static void join_by(struct run *r, struct version *v, unsigned peer)
{
	struct across *a = &v->across[peer];

	run_open_to(r, &a->join, &r->peers[peer]->to, &course_join,
		    PURPOSE_MP_JOIN, v->number);
	client_join(&a->join.client, &a->open.client);
	if (a->open.step <= REQUEST_HELD)
		take_rest(&a->join, &a->open);
	a->open.joined = &a->join;
	connection_begin(&a->join);
}

static void try_again(struct run *r, struct version *v, struct across *a)
{
	connection_end(&a->join);
	connection_end(&a->open);
	a->again = true;
	a->join = (struct connection){0};
	open_to_join(r, &a->open, v->number);
}

/* A connection that is not proven when all was tried is not joined. */
int64_t across_step(struct run *r, struct version *v, int64_t now_us)
{
	bool over = true;

	(void)now_us;
	for (unsigned i = 0; i < r->peer_count; i++) {
		struct across *a = &v->across[i];

		if (!a->again && closed_early(&a->join))
			try_again(r, v, a);
		if (may_join(a))
			join_by(r, v, i);
		over &= connection_over(&a->join) ||
			(a->join.state == CONNECTION_IDLE &&
			 connection_over(&a->open));
	}
	return over ? OVER : NEVER;
}
