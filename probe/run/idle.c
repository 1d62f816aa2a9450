/* SPDX-License-Identifier: GPL-3.0-or-later
 * The keep-alive ladder of --all: plain connections that were opened together
 * and send nothing for longer and longer, beside some that are kept busy. Who
 * forgets them is for the judge to tell.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define SECOND_US 1000000
/* They are busy at the time that the others wake up, too. */
#define BUSY_US (SECOND_US / 2)
#define LIMITED_TRIES 3

static const int64_t rests_us[] = {
	0,
	1 * SECOND_US,
	2 * SECOND_US,
	4 * SECOND_US,
};

#define RESTS (sizeof(rests_us) / sizeof(rests_us[0]))

/* ---- one connection ------------------------------------------------------ */

enum {
	STEP_DATA = 1, /* some data, as of a request that never ends */
	STEP_REST,     /* all acknowledged: silence */
	STEP_WAKE,     /* keep-alives, until one is answered */
	STEP_BUSY,     /* a keep-alive now and then, for ever */
};

/* A request that never ends: servers wait for more of it. */
static const char head[] = "GET / HTTP/1.1\r\n";
#define HEAD (sizeof(head) - 1)

static struct idler *idler_of(struct connection *c)
{
	return (struct idler *)c;
}

static const struct idler *const_idler_of(const struct connection *c)
{
	return (const struct idler *)c;
}

/* The last byte once more (RFC 9293 3.8.4): whoever knows the connection
 * acknowledges it, and the application does not notice. */
static void send_keep_alive(struct idler *i, unsigned ttl)
{
	client_send_data(&i->connection.client,
			 (const uint8_t *)head + HEAD - 1, 1, HEAD - 1, true,
			 (struct copy){(uint8_t)ttl, false, false});
}

static void course_send(struct connection *c)
{
	if (c->step == STEP_DATA)
		client_send_data(&c->client, (const uint8_t *)head, HEAD, 0,
				 true, COPY_FULL);
	else if (c->step == STEP_WAKE)
		send_keep_alive(idler_of(c), idler_of(c)->ttl);
	else if (c->step == STEP_BUSY && c->tries > 1)
		send_keep_alive(idler_of(c), FULL_TTL);
}

/* One that is not to reach the server only tells who ends it: a router, or
 * who sends a RST. */
static bool course_done(const struct connection *c, const struct flow *f)
{
	const struct idler *i = const_idler_of(c);

	if (c->step == STEP_DATA)
		return connection_acked(f) >= HEAD;
	return c->step == STEP_WAKE &&
	       (f->received_count > i->received ||
		(i->ttl != FULL_TTL && flow_quote(f, SEGMENT_DATA, i->ttl)));
}

static unsigned course_tries(const struct connection *c)
{
	switch (c->step) {
	case STEP_DATA:
		return DATA_TRIES;
	case STEP_REST:
		return 1;
	case STEP_WAKE:
		return const_idler_of(c)->ttl == FULL_TTL ? VAIN_TRIES
							  : LIMITED_TRIES;
	default:
		return UINT_MAX;
	}
}

static void course_next(struct connection *c, const struct flow *f, bool done)
{
	struct idler *i = idler_of(c);

	if (c->step == 0) {
		connection_go(c, STEP_DATA, 0);
	} else if (c->step == STEP_DATA && !done) {
		connection_end(c);
	} else if (c->step == STEP_DATA && i->rest_us) {
		connection_go(c, STEP_REST, i->rest_us);
	} else if (c->step == STEP_REST) {
		i->received = f->received_count;
		connection_go(c, STEP_WAKE, 0);
	} else if (c->step == STEP_WAKE && (!done || i->ttl != FULL_TTL)) {
		connection_hold(c);
	} else {
		connection_go(c, STEP_BUSY, BUSY_US);
	}
}

static const struct course course_idle = {
	course_send,	      course_done,	 course_tries,
	course_next,	      .last = STEP_BUSY, .endless = STEP_BUSY,
	.ends_with_fin = true};

static void begin(struct run *r, int64_t rest_us, unsigned ttl)
{
	struct idler *i = &r->idle.list[r->idle.count];

	if (r->idle.count == IDLERS_MAX)
		return;
	r->idle.count++;
	i->rest_us = rest_us;
	i->ttl = (uint8_t)ttl;
	run_open(r, &i->connection, &course_idle, PURPOSE_TCP, 0);
	connection_begin(&i->connection);
}

static bool is_busy(const struct idler *i)
{
	return i->connection.state == CONNECTION_BUSY &&
	       i->connection.step == STEP_BUSY;
}

/* Not answered any more. */
static bool fell_silent(const struct idler *i)
{
	return i->connection.state == CONNECTION_HELD &&
	       i->connection.step == STEP_WAKE && i->ttl == FULL_TTL;
}

/* A keep-alive behind the rest drew a RST. */
static bool was_reset(const struct idler *i)
{
	const struct flow *f = client_flow(&i->connection.client);

	return i->connection.state == CONNECTION_ENDED &&
	       i->connection.step == STEP_WAKE && f && flow_reset(f) &&
	       !f->server_fin;
}

/* ---- all of them --------------------------------------------------------- */

bool idle_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return r->settings->all && r->checks.count > 0;
}

void idle_start(struct run *r, struct version *v)
{
	(void)v;
	for (size_t k = 0; k < RESTS; k++)
		for (unsigned i = 0; i < IDLE_WITNESSES_MIN; i++)
			begin(r, rests_us[k], FULL_TTL);
}

typedef bool idler_fn(const struct idler *i);

/* The first that is so, and rested or did not; or NULL. */
static struct idler *find(struct run *r, idler_fn *is_so, bool rested)
{
	for (unsigned i = 0; i < r->idle.count; i++) {
		struct idler *one = &r->idle.list[i];

		if (is_so(one) && (one->rest_us != 0) == rested)
			return one;
	}
	return NULL;
}

/* The shortest rest of those that are so; 0: none is. */
static int64_t shortest_us(const struct run *r, idler_fn *is_so)
{
	int64_t rest_us = 0;

	for (unsigned i = 0; i < r->idle.count; i++) {
		const struct idler *one = &r->idle.list[i];

		if (is_so(one) && (!rest_us || one->rest_us < rest_us))
			rest_us = one->rest_us;
	}
	return rest_us;
}

/* Each has told what it is for. */
bool idle_again_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->idle.count; i++)
		if (!connection_settled(&r->idle.list[i].connection))
			return false;
	return r->idle.count > 0;
}

/* RSTs may be the server's. So the same again with TTLs that do not reach it,
 * each on a connection of its own; and, as a control, on one that is busy. */
static void place_resets(struct run *r)
{
	int64_t rest_us = shortest_us(r, was_reset);
	struct idler *busy = find(r, is_busy, false);

	if (!rest_us || !busy || !run_sweeping(r) ||
	    r->reach <= r->settings->first_ttl)
		return;
	send_keep_alive(busy, r->reach - 1);
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		begin(r, rest_us, ttl);
	begin(r, rest_us, r->reach - 1);
}

/* An outage that takes some connections and not others may take those that
 * rested by chance. It does not let others begin and then rest. */
void idle_again_start(struct run *r, struct version *v)
{
	int64_t rest_us = shortest_us(r, fell_silent);

	(void)v;
	for (unsigned i = 0; i < IDLE_WITNESSES_MIN && rest_us; i++)
		begin(r, rest_us, FULL_TTL);
	place_resets(r);
}

bool idle_copies_wanted(const struct run *r, const struct version *v)
{
	struct run *run = (struct run *)r;

	return run_began(r, idle_again_start, v) &&
	       find(run, fell_silent, true) && find(run, is_busy, false);
}

/* Keep-alives with small TTLs on a connection that was forgotten, and on one
 * that was not: up to where the first are quoted. */
static void send_copies(struct run *r, struct version *v)
{
	struct idler *silent = find(r, fell_silent, true);
	struct idler *busy = find(r, is_busy, false);
	const struct flow *f = client_flow(&silent->connection.client);

	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++) {
		if (flow_quote(f, SEGMENT_DATA, ttl))
			continue;
		send_keep_alive(silent, ttl);
		send_keep_alive(busy, ttl);
	}
}

int64_t idle_copies_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, idle_copies_wanted, send_copies);
}
