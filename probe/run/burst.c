/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with an option of which some pass and others do not: by their ports, by
 * the way that they take, or because a device lets only so many through. Many
 * copies of one of them at once, and then one to each hop and others from fresh
 * ports, tell the last.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* Of which one may be a server's doing. */
#define STOPPED_MIN 2

/* It came to an MPTCP stack. */
static bool arrived(const struct client *c)
{
	const struct flow *f = client_flow(c);
	const struct kept *reset = f ? flow_reset(f) : NULL;

	return is_negotiated(c) ||
	       (reset && tcp_options_mptcp(&reset->options, MP_TCPRST));
}

static bool stopped(const struct client *c)
{
	return client_flow(c) && !arrived(c);
}

/* Its SYN came only when it was sent again. */
static bool late(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f &&
	       flow_sent_count(f, SEGMENT_SYN, FULL_TTL) +
			       flow_sent_count(f, SEGMENT_JOIN_SYN, FULL_TTL) >
		       1;
}

static unsigned count(const struct run *r, const struct version *v,
		      enum purpose purpose,
		      bool (*fits)(const struct client *c))
{
	unsigned found = 0;

	for (size_t i = 0; i < r->connection_count; i++) {
		const struct connection *c = r->connections[i];

		found += c->copy.ttl == FULL_TTL && !c->client.no_algorithm &&
			 c->client.version == v->number &&
			 c->client.purpose == purpose &&
			 (purpose != PURPOSE_MP_JOIN ||
			  c->client.to == v->join.client.to) &&
			 fits(&c->client);
	}
	return found;
}

static struct client *to_repeat(struct version *v, bool join)
{
	return join ? &v->join.client : &v->sweep.client;
}

/* That the others come to an MPTCP stack an unknown token tells as well. */
static bool fares_differently(const struct run *r, const struct version *v,
			      bool join)
{
	enum purpose purpose = join ? PURPOSE_MP_JOIN : PURPOSE_MP_CAPABLE;

	return client_flow(to_repeat((struct version *)v, join)) &&
	       (count(r, v, purpose, stopped) >= STOPPED_MIN ||
		count(r, v, purpose, late) >= LOST_MIN) &&
	       (count(r, v, purpose, arrived) || arrived(&v->random.client) ||
		(!join && arrived(&v->sweep.client)));
}

bool burst_wanted(const struct run *r, const struct version *v)
{
	return fares_differently(r, v, true) || fares_differently(r, v, false);
}

/* Routers are to answer each of the copies. */
void burst_start(struct run *r, struct version *v)
{
	(void)v;
	r->current->round_us = live_now_us() + ROUTER_REST_US;
}

static bool is_missing(const struct run *r, struct client *c, bool join)
{
	const struct flow *f = client_flow(c);
	enum segment_kind kind = join ? SEGMENT_JOIN_SYN : SEGMENT_SYN;
	struct bursts b = flow_bursts(f, kind);

	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		if ((!b.count || run_heard(r, ttl)) &&
		    !burst_quoted(&b, f, kind, ttl))
			return true;
	return false;
}

/* What is missing once may have been lost. */
#define BURST_ROUNDS 2

/* Which of both is repeated next, as a router answers one; or neither: -1. */
static int next_kind(const struct run *r, const struct version *v)
{
	struct version *of = (struct version *)v;

	for (int join = 0; join < 2; join++)
		if (v->bursts[join] < BURST_ROUNDS &&
		    fares_differently(r, v, join) &&
		    is_missing(r, to_repeat(of, join), join))
			return join;
	return -1;
}

static bool burst_missing(const struct run *r, const struct version *v)
{
	return next_kind(r, v) >= 0;
}

/* Who lets only so many through stops them all by then; chance does not. */
static void knock(struct run *r, struct version *v, bool join)
{
	if (join)
		join_ports_start(r, v);
	else
		option_ports_start(r, v);
}

/* No two are alike: a SYN that comes twice may be seen in two places. */
static struct copy full_copy(unsigned i)
{
	return (struct copy){(uint8_t)(FULL_TTL + i), false, false};
}

static void burst_send(struct run *r, struct version *v)
{
	int join = next_kind(r, v);
	struct client *c = to_repeat(v, join);

	for (unsigned i = 0; i < BURST_SYNS; i++)
		client_send_syn(c, full_copy(i));
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		client_send_syn(c, low_copy(ttl));
	if (!v->bursts[join]++)
		knock(r, v, join);
}

int64_t burst_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, burst_missing, burst_send);
}
