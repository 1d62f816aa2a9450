/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with a DSS that had to be sent again, while plain data had not: loss, or
 * a device that drops some of it. Short pieces of a request go out on
 * connections with MPTCP and on others without it, side by side, so that loss
 * takes as much of both.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/evidence/sends.h"
#include "report/track/observer.h"

#define PIECE 24 /* bytes */
/* Between two pieces of a connection: those without MPTCP are to last as long
 * as the others, of which some are sent again. */
#define MAPPED_GAP_US 150000
#define PLAIN_GAP_US (2 * MAPPED_GAP_US)

/* ---- one connection ------------------------------------------------------ */

/* A piece, a pause, a piece ... */
static bool is_pause(const struct connection *c)
{
	return c->step % 2 == 0;
}

static size_t offset_of(const struct connection *c)
{
	return c->step / 2 * (size_t)PIECE;
}

static void pieces_send(struct connection *c)
{
	if (!is_pause(c))
		client_send_data(&c->client, c->request + offset_of(c), PIECE,
				 offset_of(c), false, COPY_FULL);
}

static bool pieces_done(const struct connection *c, const struct flow *f)
{
	return !is_pause(c) && connection_acked(f) >= offset_of(c) + PIECE;
}

static unsigned pieces_tries(const struct connection *c)
{
	return is_pause(c) ? 1 : DATA_TRIES;
}

enum { LAST_PIECE = 2 * DATA_PAIR_PIECES - 1 };

static void pieces_next(struct connection *c, const struct flow *f, bool done)
{
	(void)f;
	if (c->step == 0 || is_pause(c))
		connection_go(c, c->step + 1, 0);
	else if (done && c->step < LAST_PIECE)
		connection_go(c, c->step + 1,
			      c->client.purpose == PURPOSE_TCP ? PLAIN_GAP_US
							       : MAPPED_GAP_US);
	else
		connection_end(c);
}

static const struct course course_pieces = {
	pieces_send, pieces_done,	 pieces_tries,
	pieces_next, .last = LAST_PIECE, .ends_with_fin = true};

/* ---- all of them --------------------------------------------------------- */

static unsigned lost(const struct run *r, bool mapped)
{
	const struct observer *o = r->to.live->observer;

	return sends_among(o->flows, o->flow_count, mapped).lost;
}

static bool is_any_answered(const struct run *r)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct client *c = &r->connections[i]->client;
		const struct flow *f = client_flow(c);

		if (f && c->purpose != PURPOSE_TCP && flow_answered(f))
			return true;
	}
	return false;
}

/* Of a request that is longer than the pieces, and so is not answered: where no
 * answer comes over MPTCP that is what tells, and more that have none would
 * hide it. Where large segments are lost, their size is what is tried. */
bool data_pairs_wanted(const struct run *r, const struct version *v)
{
	return r->more && is_negotiated(&v->bare.client) &&
	       is_any_answered(r) && !run_began(r, full_size_start, v) &&
	       lost(r, true) >= DATA_PAIRS_LOST_MIN && !lost(r, false);
}

static void begin(struct run *r, enum purpose purpose, unsigned version)
{
	struct connection *c =
		run_open(r, NULL, &course_pieces, purpose, version);

	c->request = r->long_request;
	connection_begin(c);
}

/* Which of a pair is first changes: balancers go by the bits of ports. */
int64_t data_pairs_step(struct run *r, struct version *v, int64_t now_us)
{
	struct progress *p = r->current;

	if (p->rounds == DATA_PAIRS)
		return OVER;
	if (now_us < p->round_us)
		return p->round_us;
	for (unsigned i = 0; i < 2; i++)
		if (i == p->rounds % 2)
			begin(r, PURPOSE_TCP, 0);
		else
			begin(r, PURPOSE_MP_CAPABLE, v->number);
	p->rounds++;
	p->round_us = now_us + PAIR_GAP_US;
	return p->round_us;
}
