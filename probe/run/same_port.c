/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections with an option of which some are not answered, though others
 * are: loss, or one of several ways that drops them. Each of them is tried
 * again as it was and, by turns, without the option: the same ports take the
 * same way.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* More silent ones need not be tried again. */
#define SILENT_MAX (SAME_PORT_MAX / 2)

static bool went_silent(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && !f->syn_ack_seen && !flow_reset(f);
}

static bool came_back(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && (f->mptcp.syn_ack || f->join.syn_ack);
}

/* With the option or, by a server that does not know it, without. */
static bool was_answered(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->syn_ack_seen;
}

/* Whether the sweep went as far as the target. */
static bool swept_target(const struct run *p, const struct sweep *w)
{
	const struct flow *f = client_flow(&w->client);
	unsigned reach = run_reach(p);

	for (unsigned ttl = reach; f && reach && ttl <= w->last; ttl++)
		if (flow_sent_count(f, SEGMENT_SYN, ttl))
			return true;
	return false;
}

/* One of the connections that the turns are about. */
static bool is_asker(const struct client *c, const struct attempt *a,
		     enum purpose purpose)
{
	return c->live && c->purpose == purpose && c->version == a->version &&
	       !c->no_algorithm;
}

/* Those of one purpose that fit, `max` at most. Returns how many they are. */
static unsigned gather(struct run *p, struct attempt *a, enum purpose purpose,
		       bool (*fits)(const struct client *c),
		       struct client *out[], unsigned max)
{
	struct client *own[] = {&a->bare.client, &a->summed.client,
				&a->join.client, &a->sweep.client};
	const unsigned own_count = swept_target(p, &a->sweep) ? 4 : 3;
	unsigned count = 0;

	for (unsigned i = 0; i < own_count + p->syn_count; i++) {
		struct syn *l = i < own_count ? NULL : &p->syns[i - own_count];
		struct client *c = l ? &l->client : own[i];

		if (count < max && is_asker(c, a, purpose) && fits(c) &&
		    (!l || l->copy.ttl == FULL_TTL))
			out[count++] = c;
	}
	return count;
}

static bool any(struct run *p, struct attempt *a, enum purpose purpose,
		bool (*fits)(const struct client *c))
{
	struct client *one;

	return gather(p, a, purpose, fits, &one, 1) > 0;
}

static bool only_some(struct run *p, struct attempt *a, enum purpose purpose)
{
	return any(p, a, purpose, went_silent) &&
	       any(p, a, purpose, was_answered);
}

/* Neither connection came back, and a lone SYN did: it goes on as one. */
static bool promote(struct run *p, struct attempt *a)
{
	if (a->same_port.promoted || !went_silent(&a->bare.client) ||
	    !went_silent(&a->summed.client))
		return false;
	for (unsigned i = 0; i < p->syn_count; i++) {
		struct syn *l = &p->syns[i];
		struct client client = l->client;

		if (!is_asker(&client, a, PURPOSE_MP_CAPABLE) ||
		    !came_back(&client))
			continue;
		a->same_port.promoted = true;
		l->client = a->bare.client;
		connection_adopt(&a->bare, &client, &p->pace, p->request,
				 p->request_length);
		return true;
	}
	return false;
}

static void add_pairs(struct run *p, const struct attempt *a)
{
	for (unsigned i = 0; i < 2 * WAY_PAIRS; i++) {
		/* Which of a pair is first changes: balancers go by the bits
		 * of ports. */
		bool plain = i % 2 == i / 2 % 2;

		run_add_syn(p, plain ? PURPOSE_TCP : PURPOSE_MP_CAPABLE,
			    plain ? 0 : a->version, FULL_TTL, 1);
	}
}

static void send_again(struct syn *l, bool plain)
{
	l->client.gave_up = plain;
	l->tries_max = plain ? WAY_PLAIN_TRIES : SYN_TRIES;
	retry_begin(&l->retry, l->retry.pace, false);
	client_send_syn(&l->client, l->copy);
}

static void add_same_port(struct run *p, struct attempt *a,
			  enum purpose purpose)
{
	struct client *silent[SILENT_MAX];
	unsigned count = gather(p, a, purpose, went_silent, silent, SILENT_MAX);

	if (count < FALLEN_MIN || !any(p, a, purpose, was_answered))
		return;
	for (unsigned i = 0; i < count; i++)
		a->same_port.list[a->same_port.count++] = (struct syn){
			.client = *silent[i],
			.copy = COPY_FULL,
			.retry = {.pace = &p->pace},
		};
}

/* Every other one without the option, beside the rest with it once more. */
static bool begin_first(struct run *p, struct attempt *a)
{
	add_same_port(p, a, PURPOSE_MP_CAPABLE);
	add_same_port(p, a, PURPOSE_MP_JOIN);
	for (unsigned i = 1; i < a->same_port.count; i += 2)
		send_again(&a->same_port.list[i], true);
	for (unsigned i = 0; i < a->same_port.count; i += 2)
		send_again(&a->same_port.list[i], false);
	return a->same_port.count > 0;
}

/* Now those that are still not answered without it, too. */
static void begin_second(struct attempt *a)
{
	for (unsigned i = 0; i < a->same_port.count; i += 2)
		if (went_silent(&a->same_port.list[i].client))
			send_again(&a->same_port.list[i], true);
}

static int64_t step_list(struct attempt *a, int64_t now_us, bool *over)
{
	int64_t wake = NEVER;

	*over = true;
	for (unsigned i = 0; i < a->same_port.count; i++) {
		int64_t at = syn_step(&a->same_port.list[i], now_us);

		wake = at < wake ? at : wake;
		*over &= syn_over(&a->same_port.list[i], now_us);
	}
	return wake;
}

/* The first of a purpose that was answered without the option. */
static struct client *fallen(struct attempt *a, enum purpose purpose)
{
	for (unsigned i = 0; i < a->same_port.count; i++) {
		struct client *c = &a->same_port.list[i].client;

		if (c->purpose == purpose && c->gave_up && !went_silent(c) &&
		    !came_back(c))
			return c;
	}
	return NULL;
}

/* Copies with and without the option, on the same ports, that no hop quoted
 * yet. Returns whether any without it was missing. */
static bool send_missing(struct run *p, struct client *c)
{
	const struct flow *f = client_flow(c);
	enum segment_kind kind =
		c->purpose == PURPOSE_MP_JOIN ? SEGMENT_JOIN_SYN : SEGMENT_SYN;
	bool missing = false;

	for (unsigned ttl = p->options->first_ttl; ttl < run_reach(p); ttl++) {
		struct copy copy = {(uint8_t)ttl, true, false};

		c->gave_up = false;
		if (!flow_quote(f, kind, ttl))
			client_send_syn(c, copy);
		c->gave_up = true;
		if (flow_quote(f, SEGMENT_FALLBACK_SYN, ttl))
			continue;
		missing = true;
		client_send_syn(c, copy);
	}
	return missing;
}

/* Twice at least: what is missing once may have been lost. */
static bool step_sweep(struct run *p, struct attempt *a, int64_t now_us,
		       int64_t *wake)
{
	struct same_port *t = &a->same_port;
	struct client *capable = fallen(a, PURPOSE_MP_CAPABLE);
	struct client *join = fallen(a, PURPOSE_MP_JOIN);
	bool missing = false;

	if (now_us < t->wait_until_us) {
		*wake = t->wait_until_us < *wake ? t->wait_until_us : *wake;
		return true;
	}
	if (!run_sweeping(p) || t->rounds == REST_ROUNDS ||
	    (t->rounds && !t->missing))
		return false;
	if (capable)
		missing |= send_missing(p, capable);
	if (join)
		missing |= send_missing(p, join);
	t->missing = missing || t->rounds == 0;
	t->rounds++;
	t->wait_until_us = now_us + ROUTER_REST_US;
	*wake = t->wait_until_us;
	return capable || join;
}

static bool step_attempt_same_port(struct run *p, struct attempt *a,
				   int64_t now_us, int64_t *wake)
{
	struct same_port *t = &a->same_port;
	bool over;
	int64_t at = step_list(a, now_us, &over);

	*wake = at < *wake ? at : *wake;
	if (!over)
		return true;
	switch (t->state) {
	case SAME_PORT_IDLE:
		if (promote(p, a)) {
			*wake = now_us;
			return true;
		}
		/* MP_JOINs may all have met the way that drops the others. */
		if (!only_some(p, a, PURPOSE_MP_CAPABLE) &&
		    !any(p, a, PURPOSE_MP_JOIN, went_silent))
			break;
		t->state = SAME_PORT_PAIRS;
		add_pairs(p, a);
		*wake = now_us;
		return true;
	case SAME_PORT_PAIRS:
		if (!begin_first(p, a))
			break;
		t->state = SAME_PORT_FIRST;
		*wake = now_us;
		return true;
	case SAME_PORT_FIRST:
		t->state = SAME_PORT_SECOND;
		begin_second(a);
		*wake = now_us;
		return true;
	case SAME_PORT_SECOND:
		if (step_sweep(p, a, now_us, wake))
			return true;
		break;
	case SAME_PORT_OVER:
		return false;
	}
	t->state = SAME_PORT_OVER;
	return false;
}

bool run_step_same_port(struct run *p, int64_t now_us, int64_t *wake)
{
	bool busy = false;

	for (unsigned i = 0; i < p->attempt_count; i++)
		if (p->attempts[i].started && !p->options->sweep_only)
			busy |= step_attempt_same_port(p, &p->attempts[i],
						       now_us, wake);
	return busy;
}
