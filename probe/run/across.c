/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows by other uplinks: for each of them a connection of this uplink is
 * opened, which it is to join, and to bring the last of the request to.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

static bool tries_takeover(const struct run *r)
{
	return r->settings->takeover;
}

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
		open->awaits_address = true;
		open->client.narrow = tries_takeover(r);
		connection_begin(open);
	}
}

/* ---- takeover ------------------------------------------------------------ */

/* The window is narrow, so that the answer comes piece by piece. The first is
 * acknowledged on neither subflow until it came on one; then on the other only,
 * over which the server goes on after its RTO, 200 ms or more (RFC 6298;
 * Linux). When it has, it is acknowledged on the first again, and what follows
 * on that one only. */

static int64_t takeover_wait_us(const struct across *a)
{
	return TAKEOVER_US + TAKEOVER_RTTS * a->open.client.to->rtt_us;
}

static uint32_t came_over(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f ? f->payload_received : 0;
}

static void begin_takeover(struct across *a)
{
	a->open.mute = a->join.mute = true;
	a->before = came_over(&a->open);
	a->takeover = TAKEOVER_FIRST;
	a->until_us = live_now_us() + ANSWER_WAIT_US;
}

static void end_takeover(struct across *a)
{
	a->open.mute = a->join.mute = false;
	a->takeover = TAKEOVER_OVER;
}

static struct connection *other_of(struct across *a)
{
	return a->silent == &a->open ? &a->join : &a->open;
}

/* It came over one of them. */
static void see_first(struct across *a, int64_t now_us)
{
	bool open = came_over(&a->open) > a->before;
	bool join = came_over(&a->join) > 0;

	if (open && join)
		end_takeover(a);
	if (open == join)
		return;
	a->silent = open ? &a->open : &a->join;
	a->before = came_over(other_of(a));
	other_of(a)->mute = false;
	a->takeover = TAKEOVER_OTHER;
	a->until_us = now_us + takeover_wait_us(a);
}

/* It came over the other as well, and was acknowledged there. */
static void see_other(struct across *a, int64_t now_us)
{
	struct connection *other = other_of(a);
	const struct flow *f = client_flow(&other->client);

	if (came_over(other) <= a->before || other->acked != f->server_next)
		return;
	a->before = came_over(a->silent);
	other->mute = true;
	a->silent->mute = false;
	a->takeover = TAKEOVER_BACK;
	a->until_us = now_us + takeover_wait_us(a);
}

/* Returns when it is to be stepped again at the latest; OVER: it is over. */
static int64_t step_takeover(struct across *a, int64_t now_us)
{
	if (a->takeover == TAKEOVER_FIRST)
		see_first(a, now_us);
	else if (a->takeover == TAKEOVER_OTHER)
		see_other(a, now_us);
	else if (a->takeover == TAKEOVER_BACK &&
		 came_over(a->silent) > a->before)
		end_takeover(a);
	if (a->takeover &&
	    (now_us >= a->until_us || a->join.state == CONNECTION_ENDED))
		end_takeover(a);
	return a->takeover ? a->until_us : OVER;
}

/* ---- joins --------------------------------------------------------------- */

/* Where the server takes joins only at another place, that can be reached over
 * the other uplink as well. */
static const struct announced *
other_place(const struct run *r, const struct across *a, unsigned peer)
{
	const struct announced *to = announced_to(&a->open.client);

	return to && live_follow(r->to.live, &r->peers[peer]->to.source,
				 &to->address)
		       ? to
		       : NULL;
}

static bool may_join(const struct run *r, const struct across *a, unsigned peer)
{
	return a->join.state == CONNECTION_IDLE && is_proven(&a->open) &&
	       (!forbids_joins(&a->open.client) || other_place(r, a, peer));
}

/* The server may announce such a place a little later. Returns when it is to
 * have done so; OVER: it does not matter, or was waited for. */
static int64_t await_place(const struct run *r, struct across *a,
			   int64_t now_us)
{
	struct connection *open = &a->open;

	if (!open->awaits_address || !is_proven(open) ||
	    a->join.state != CONNECTION_IDLE || !forbids_joins(&open->client))
		return OVER;
	if (!r->to.live->departures.count) /* as in echo_wanted() */
		echo_all(&open->client, &a->echoed);
	a->place_us = a->place_us ? a->place_us : now_us + ANNOUNCEMENT_US;
	if (now_us < a->place_us)
		return a->place_us;
	open->awaits_address = false;
	connection_step(open, now_us);
	return OVER;
}

static void join_by(struct run *r, struct version *v, unsigned peer)
{
	struct across *a = &v->across[peer];

	a->to = r->peers[peer]->to;
	if (forbids_joins(&a->open.client)) {
		const struct announced *to = other_place(r, a, peer);

		a->to.target = to->address;
		a->to.port = announced_port(to, &r->to);
	}
	run_open_to(r, &a->join, &a->to, &course_join, PURPOSE_MP_JOIN,
		    v->number);
	client_join(&a->join.client, &a->open.client);
	a->join.client.narrow = tries_takeover(r);
	if (a->open.step <= REQUEST_HELD)
		take_rest(&a->join, &a->open);
	a->open.joined = &a->join;
	if (tries_takeover(r))
		begin_takeover(a);
	connection_begin(&a->join);
}

static void try_again(struct run *r, struct version *v, struct across *a)
{
	end_takeover(a);
	connection_end(&a->join);
	connection_end(&a->open);
	a->again = true;
	a->join = (struct connection){0};
	open_to_join(r, &a->open, v->number);
}

static bool is_tried(const struct across *a)
{
	return connection_over(&a->join) ||
	       (a->join.state == CONNECTION_IDLE && connection_over(&a->open));
}

/* A connection that is not proven when all was tried is not joined. */
int64_t across_step(struct run *r, struct version *v, int64_t now_us)
{
	int64_t wake = NEVER;
	bool over = true;

	for (unsigned i = 0; i < r->peer_count; i++) {
		struct across *a = &v->across[i];
		int64_t at;

		if (!a->again && closed_early(&a->join))
			try_again(r, v, a);
		if (may_join(r, a, i))
			join_by(r, v, i);
		at = await_place(r, a, now_us);
		if (at == OVER)
			at = step_takeover(a, now_us);
		wake = at != OVER && at < wake ? at : wake;
		over &= at == OVER && is_tried(a);
	}
	return over ? OVER : wake;
}
