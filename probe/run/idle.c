/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/idle.h"

#include "probe/run/live.h"
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

/* A request that never ends: servers wait for more of it. */
static const char head[] = "GET / HTTP/1.1\r\n";
#define HEAD (sizeof(head) - 1)

/* The last byte once more (RFC 9293 3.8.4): whoever knows the connection
 * acknowledges it, and the application does not notice. */
static bool send_keep_alive(struct idler *i, uint8_t ttl)
{
	return client_send_data(&i->client, (const uint8_t *)head + HEAD - 1, 1,
				HEAD - 1, true,
				(struct copy){ttl, false, false});
}

static bool send_head(struct idler *i)
{
	return client_send_third_ack(&i->client, COPY_FULL) &&
	       client_send_data(&i->client, (const uint8_t *)head, HEAD, 0,
				true, COPY_FULL);
}

static bool begin(struct idle_ladder *l, int64_t rest_us, unsigned ttl)
{
	struct idler *i = &l->list[l->count];

	if (l->count == IDLERS_MAX)
		return false;
	*i = (struct idler){
		.pace = l->pace, .rest_us = rest_us, .ttl = (uint8_t)ttl};
	if (!client_open(&i->client, l->live, l->to, PURPOSE_TCP, 0))
		return false;
	l->count++;
	retry_begin(&i->retry, l->pace, false);
	return client_send_syn(&i->client, COPY_FULL);
}

void idle_start(struct idle_ladder *l, struct live *live,
		const struct destination *to, const struct pace *pace,
		unsigned first_ttl, unsigned reach)
{
	*l = (struct idle_ladder){.live = live,
				  .to = to,
				  .pace = pace,
				  .first_ttl = first_ttl,
				  .reach = reach};
	for (unsigned k = 0; k < RESTS; k++)
		for (unsigned i = 0; i < IDLE_WITNESSES_MIN; i++)
			begin(l, rests_us[k], FULL_TTL);
}

/* ---- one connection ------------------------------------------------------ */

static void step_syn(struct idler *i, const struct flow *f, int64_t now_us)
{
	if (f && f->syn_ack_seen) {
		send_head(i);
		i->state = IDLER_DATA;
		retry_begin(&i->retry, i->pace, true);
	} else if (retry_due(&i->retry, now_us)) {
		if (i->retry.tries > SYN_TRIES)
			i->state = IDLER_ENDED;
		else
			client_send_syn(&i->client, COPY_FULL);
	}
}

static void step_data(struct idler *i, const struct flow *f, int64_t now_us)
{
	if (seq_diff(f->server_acked, f->client_isn + 1) >= (int32_t)HEAD) {
		i->state = i->rest_us ? IDLER_RESTING : IDLER_BUSY;
		i->at_us = now_us + (i->rest_us ? i->rest_us : BUSY_US);
	} else if (retry_due(&i->retry, now_us)) {
		if (i->retry.tries > DATA_TRIES)
			i->state = IDLER_ENDED;
		else
			send_head(i);
	}
}

static void wake(struct idler *i, const struct flow *f, int64_t now_us)
{
	if (now_us < i->at_us)
		return;
	i->state = IDLER_WOKEN;
	i->received = f->received_count;
	retry_begin(&i->retry, i->pace, true);
	send_keep_alive(i, i->ttl);
}

/* One that is not to reach the server only tells who ends it: a router, or
 * who sends a RST. */
static void step_woken(struct idler *i, const struct flow *f, int64_t now_us)
{
	bool limited = i->ttl != FULL_TTL;

	if (limited && flow_quote(f, SEGMENT_DATA, i->ttl)) {
		i->state = IDLER_ENDED;
	} else if (f->received_count > i->received) {
		i->state = limited ? IDLER_ENDED : IDLER_BUSY;
		i->at_us = now_us + BUSY_US;
	} else if (retry_due(&i->retry, now_us)) {
		if (i->retry.tries > (limited ? LIMITED_TRIES : VAIN_TRIES))
			i->state = limited ? IDLER_ENDED : IDLER_SILENT;
		else
			send_keep_alive(i, i->ttl);
	}
}

static void step_busy(struct idler *i, int64_t now_us)
{
	if (now_us < i->at_us)
		return;
	i->at_us = now_us + BUSY_US;
	send_keep_alive(i, FULL_TTL);
}

static int64_t step_idler(struct idler *i, int64_t now_us)
{
	const struct flow *f = client_flow(&i->client);

	if (i->state >= IDLER_SILENT)
		return NEVER;
	if (f && (flow_reset(f) || f->server_fin)) {
		i->reset = i->state == IDLER_WOKEN && !f->server_fin;
		i->state = IDLER_ENDED;
		return NEVER;
	}
	if (i->state == IDLER_SYN)
		step_syn(i, f, now_us);
	else if (i->state == IDLER_DATA)
		step_data(i, f, now_us);
	else if (i->state == IDLER_RESTING)
		wake(i, f, now_us);
	else if (i->state == IDLER_WOKEN)
		step_woken(i, f, now_us);
	else
		step_busy(i, now_us);
	if (i->state >= IDLER_SILENT)
		return NEVER;
	return i->state == IDLER_RESTING || i->state == IDLER_BUSY
		       ? i->at_us
		       : retry_at(&i->retry);
}

/* ---- all of them --------------------------------------------------------- */

static bool all_told(const struct idle_ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->list[i].state < IDLER_BUSY)
			return false;
	return true;
}

/* The first in this state that rested so, or NULL. */
static struct idler *find(struct idle_ladder *l, enum idler_state state,
			  bool rested)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->list[i].state == state &&
		    (l->list[i].rest_us != 0) == rested)
			return &l->list[i];
	return NULL;
}

static bool was_reset(const struct idler *i)
{
	return i->reset;
}

static bool is_silent(const struct idler *i)
{
	return i->state == IDLER_SILENT;
}

/* The shortest rest of those of which this is so; 0: of none. */
static int64_t shortest_us(const struct idle_ladder *l,
			   bool (*is_so)(const struct idler *))
{
	int64_t rest_us = 0;

	for (unsigned i = 0; i < l->count; i++)
		if (is_so(&l->list[i]) &&
		    (!rest_us || l->list[i].rest_us < rest_us))
			rest_us = l->list[i].rest_us;
	return rest_us;
}

/* RSTs may be the server's. So the same again with TTLs that do not reach it,
 * each on a connection of its own; and, as a control, on one that is busy. */
static void place_resets(struct idle_ladder *l)
{
	int64_t rest_us = shortest_us(l, was_reset);
	struct idler *busy = find(l, IDLER_BUSY, false);

	if (!rest_us || !busy || l->reach <= l->first_ttl)
		return;
	send_keep_alive(busy, (uint8_t)(l->reach - 1));
	for (unsigned ttl = l->first_ttl; ttl < l->reach; ttl++)
		begin(l, rest_us, ttl);
	begin(l, rest_us, l->reach - 1);
}

/* An outage that takes some connections and not others may take those that
 * rested by chance. It does not let others begin and then rest. */
static void try_again(struct idle_ladder *l)
{
	int64_t rest_us = shortest_us(l, is_silent);

	l->again = true;
	for (unsigned i = 0; i < IDLE_WITNESSES_MIN && rest_us; i++)
		begin(l, rest_us, FULL_TTL);
	place_resets(l);
}

static bool has_quote(const struct idler *i, unsigned ttl)
{
	return flow_quote(client_flow(&i->client), SEGMENT_DATA, ttl) != NULL;
}

/* Keep-alives with small TTLs on a connection that was forgotten, and on one
 * that was not: up to where the first are quoted. Whether it has still to do.
 */
static bool place_silence(struct idle_ladder *l, int64_t now_us)
{
	struct idler *silent = find(l, IDLER_SILENT, true);
	struct idler *busy = find(l, IDLER_BUSY, false);

	if (!silent || !busy || l->reach <= l->first_ttl)
		return false;
	if (now_us < l->wait_until_us)
		return true;
	if (l->rounds == REST_ROUNDS)
		return false;
	l->rounds++;
	for (unsigned ttl = l->first_ttl; ttl < l->reach; ttl++) {
		if (has_quote(silent, ttl))
			continue;
		send_keep_alive(silent, (uint8_t)ttl);
		send_keep_alive(busy, (uint8_t)ttl);
	}
	l->wait_until_us = now_us + ROUTER_REST_US;
	return true;
}

int64_t idle_step(struct idle_ladder *l, int64_t now_us)
{
	int64_t wake_us = NEVER;

	if (l->over)
		return NEVER;
	for (unsigned i = 0; i < l->count; i++) {
		int64_t at = step_idler(&l->list[i], now_us);

		wake_us = at < wake_us ? at : wake_us;
	}
	if (!all_told(l) && !l->again)
		return wake_us;
	if (!l->again)
		try_again(l);
	if (place_silence(l, now_us))
		return l->wait_until_us < wake_us ? l->wait_until_us : wake_us;
	l->over = all_told(l);
	return l->over ? now_us : wake_us;
}

void idle_end(struct idle_ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		client_send_reset(&l->list[i].client);
}
