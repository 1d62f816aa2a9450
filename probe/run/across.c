/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows by other uplinks: for each of them a connection of this uplink is
 * opened, which it is to join, and to bring the last of the request to.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

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
		connection_begin(open);
	}
}

/* ---- takeover ------------------------------------------------------------ */

/* The answer is acknowledged on neither subflow until it came on one; then on
 * the other only, over which the server goes on after its RTO, 200 ms or more
 * (RFC 6298; Linux). */
#define TAKEOVER_US 1500000

static void begin_takeover(struct across *a)
{
	const struct flow *open = client_flow(&a->open.client);

	a->open.mute = a->join.mute = true;
	a->before = open ? open->payload_received : 0;
	a->until_us = live_now_us() + ANSWER_WAIT_US;
}

static void end_takeover(struct across *a)
{
	a->open.mute = a->join.mute = false;
	a->until_us = 0;
}

/* Returns when it is to be stepped again at the latest; OVER: it is over. */
static int64_t step_takeover(struct across *a, int64_t now_us)
{
	const struct flow *open = client_flow(&a->open.client);
	const struct flow *join = client_flow(&a->join.client);
	bool first = open && open->payload_received > a->before;
	bool second = join && join->payload_received > 0;

	if (!a->until_us)
		return OVER;
	if (first != second && a->open.mute && a->join.mute) {
		a->open.mute = first;
		a->join.mute = second;
		a->until_us = now_us + TAKEOVER_US;
	}
	if ((first && second) || now_us >= a->until_us ||
	    a->join.state == CONNECTION_ENDED) {
		end_takeover(a);
		return OVER;
	}
	return a->until_us;
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
	if (a->open.step <= REQUEST_HELD)
		take_rest(&a->join, &a->open);
	a->open.joined = &a->join;
	if (r->settings->takeover)
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
