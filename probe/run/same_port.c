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

/* With the option or, by a server that does not know it, without. */
static bool was_answered(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->syn_ack_seen;
}

/* Whether the sweep went as far as the target. */
static bool swept_target(const struct run *r, const struct sweep *w)
{
	const struct flow *f = client_flow(&w->client);

	for (unsigned ttl = r->reach; f && ttl && ttl <= w->last; ttl++)
		if (flow_sent_count(f, SEGMENT_SYN, ttl))
			return true;
	return false;
}

/* One of the connections that this is about. */
static bool is_asker(const struct client *c, const struct version *v,
		     enum purpose purpose)
{
	return c->to && c->purpose == purpose && c->version == v->number &&
	       !c->no_algorithm &&
	       (purpose != PURPOSE_MP_JOIN || c->to == v->join.client.to);
}

typedef bool fits_fn(const struct client *c);

/* Those of one purpose that fit, `max` at most. Returns how many they are. */
static unsigned gather(const struct run *r, const struct version *v,
		       enum purpose purpose, fits_fn *fits,
		       const struct client *out[], unsigned max)
{
	unsigned count = 0;

	for (size_t i = 0; i < r->connection_count && count < max; i++) {
		const struct connection *c = r->connections[i];

		if (c->copy.ttl == FULL_TTL &&
		    is_asker(&c->client, v, purpose) && fits(&c->client))
			out[count++] = &c->client;
	}
	if (count < max && is_asker(&v->sweep.client, v, purpose) &&
	    swept_target(r, &v->sweep) && fits(&v->sweep.client))
		out[count++] = &v->sweep.client;
	return count;
}

static bool any(const struct run *r, const struct version *v,
		enum purpose purpose, fits_fn *fits)
{
	const struct client *one;

	return gather(r, v, purpose, fits, &one, 1) > 0;
}

/* ---- connections --------------------------------------------------------- */

static struct connection *find_answered(const struct run *r,
					const struct version *v)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		struct connection *c = r->connections[i];

		if (!c->course && c->copy.ttl == FULL_TTL &&
		    is_asker(&c->client, v, PURPOSE_MP_CAPABLE) &&
		    is_negotiated(&c->client))
			return c;
	}
	return NULL;
}

static bool was_refused(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && flow_reset(f) && !f->syn_ack_seen;
}

static bool got_nowhere(const struct client *c)
{
	return is_silent(c) || was_refused(c);
}

/* Neither connection came up, and a SYN was answered. */
bool adopt_wanted(const struct run *r, const struct version *v)
{
	return got_nowhere(&v->bare.client) && got_nowhere(&v->summed.client) &&
	       find_answered(r, v);
}

/* It goes on as one. */
void adopt_start(struct run *r, struct version *v)
{
	struct connection *syn = find_answered(r, v);
	struct client answered = syn->client;

	syn->client = v->bare.client;
	run_take_up(r, &v->bare, &course_request, &answered);
	connection_begin(&v->bare);
}

/* Some are answered and others are not, or by a RST; or more are lost than of
 * plain ones. MP_JOINs may all have met the way that drops the others. */
bool pairs_wanted(const struct run *r, const struct version *v)
{
	return (any(r, v, PURPOSE_MP_CAPABLE, was_answered) &&
		(any(r, v, PURPOSE_MP_CAPABLE, is_silent) ||
		 any(r, v, PURPOSE_MP_CAPABLE, was_refused) ||
		 lost_with_option(r, v))) ||
	       any(r, v, PURPOSE_MP_JOIN, is_silent);
}

void pairs_start(struct run *r, struct version *v)
{
	for (unsigned i = 0; i < 2 * WAY_PAIRS; i++) {
		/* Which of a pair is first changes: balancers go by the bits
		 * of ports. */
		bool plain = i % 2 == i / 2 % 2;

		run_add_syn(r, plain ? PURPOSE_TCP : PURPOSE_MP_CAPABLE,
			    plain ? 0 : v->number, FULL_TTL, 1);
	}
}

/* ---- from the same ports ------------------------------------------------- */

static unsigned gather_silent(const struct run *r, const struct version *v,
			      enum purpose purpose,
			      const struct client *silent[SILENT_MAX])
{
	unsigned count = gather(r, v, purpose, is_silent, silent, SILENT_MAX);

	return count >= FALLEN_MIN && any(r, v, purpose, was_answered) ? count
								       : 0;
}

bool same_port_wanted(const struct run *r, const struct version *v)
{
	const struct client *silent[SILENT_MAX];

	return run_began(r, pairs_start, v) &&
	       (gather_silent(r, v, PURPOSE_MP_CAPABLE, silent) ||
		gather_silent(r, v, PURPOSE_MP_JOIN, silent));
}

static void send_again(struct connection *c, bool plain)
{
	c->client.gave_up = plain;
	c->syn_tries = plain ? WAY_PLAIN_TRIES : SYN_TRIES;
	connection_begin(c);
}

static void add_same_port(struct run *r, struct version *v,
			  enum purpose purpose)
{
	const struct client *silent[SILENT_MAX];
	unsigned count = gather_silent(r, v, purpose, silent);

	for (unsigned i = 0; i < count; i++) {
		struct same_port *s = &v->same_port;
		struct client client = *silent[i];

		run_take_up(r, &s->list[s->count], NULL, &client);
		s->list[s->count++].closed = true; /* with the first one */
	}
}

/* Every other one without the option, beside the rest with it once more. */
void same_port_start(struct run *r, struct version *v)
{
	struct same_port *s = &v->same_port;

	add_same_port(r, v, PURPOSE_MP_CAPABLE);
	add_same_port(r, v, PURPOSE_MP_JOIN);
	for (unsigned i = 1; i < s->count; i += 2)
		send_again(&s->list[i], true);
	for (unsigned i = 0; i < s->count; i += 2)
		send_again(&s->list[i], false);
}

/* Now those that are still not answered without it, too. */
bool plain_port_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	for (unsigned i = 0; i < v->same_port.count; i += 2)
		if (is_silent(&v->same_port.list[i].client))
			return true;
	return false;
}

void plain_port_start(struct run *r, struct version *v)
{
	(void)r;
	for (unsigned i = 0; i < v->same_port.count; i += 2)
		if (is_silent(&v->same_port.list[i].client))
			send_again(&v->same_port.list[i], true);
}

/* ---- where they end ------------------------------------------------------ */

/* The first of a purpose that was answered without the option. */
static struct client *fallen(struct version *v, enum purpose purpose)
{
	for (unsigned i = 0; i < v->same_port.count; i++) {
		struct client *c = &v->same_port.list[i].client;

		if (c->purpose == purpose && c->gave_up && !is_silent(c) &&
		    !is_negotiated(c))
			return c;
	}
	return NULL;
}

bool port_copies_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return fallen((struct version *)v, PURPOSE_MP_CAPABLE) ||
	       fallen((struct version *)v, PURPOSE_MP_JOIN);
}

/* Twice at least: what is missing once may have been lost. */
static bool is_missing(const struct run *r, const struct version *v)
{
	const struct client *both[] = {
		fallen((struct version *)v, PURPOSE_MP_CAPABLE),
		fallen((struct version *)v, PURPOSE_MP_JOIN)};

	if (r->current->rounds < 2)
		return true;
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		for (int i = 0; i < 2; i++)
			if (both[i] && !flow_quote(client_flow(both[i]),
						   SEGMENT_FALLBACK_SYN, ttl))
				return true;
	return false;
}

/* Copies with and without the option, on the same ports, that no hop quoted
 * yet. */
static void send_missing(struct run *r, struct client *c,
			 enum segment_kind kind)
{
	const struct flow *f = c ? client_flow(c) : NULL;

	for (unsigned ttl = r->settings->first_ttl; c && ttl < r->reach;
	     ttl++) {
		c->gave_up = false;
		if (!flow_quote(f, kind, ttl))
			client_send_syn(c, low_copy(ttl));
		c->gave_up = true;
		if (!flow_quote(f, SEGMENT_FALLBACK_SYN, ttl))
			client_send_syn(c, low_copy(ttl));
	}
}

static void send_both(struct run *r, struct version *v)
{
	send_missing(r, fallen(v, PURPOSE_MP_CAPABLE), SEGMENT_SYN);
	send_missing(r, fallen(v, PURPOSE_MP_JOIN), SEGMENT_JOIN_SYN);
}

int64_t port_copies_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, is_missing, send_both);
}
