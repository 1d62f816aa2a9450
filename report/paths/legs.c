// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/paths/legs.h"

#include <netinet/in.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/track/observer.h"

NAMES_OF(leg_kind_name, enum leg_kind, LEG_KINDS, ENUM_NAME)
NAMES_OF(leg_kind_phrase, enum leg_kind, LEG_KINDS, ENUM_THIRD)

#define LEGS_MAX 256
#define HOST_MAX 64
#define SERVERS_MAX 1024
/* What a translator makes of a SYN follows close behind it. */
#define NEAR 16

/* Which ends of a connection are where the capture was made. */
struct ends {
	bool client, server;
	bool told; /* by the link headers; else by how far the packets came */
};

/* A connection of the capture, or a subflow that joins one. */
struct candidate {
	const struct flow *flow;
	struct ends ends;
	bool opened, ended; /* by the host */
	bool in_chain;
};

struct search {
	struct legs *legs;
	struct candidate *list;
	size_t count;
};

static bool is_listed(const struct address *list, size_t count,
		      const struct address *a)
{
	for (size_t i = 0; i < count; i++)
		if (address_equal(&list[i], a))
			return true;
	return false;
}

static bool is_local(const struct flow *f)
{
	return address_is_loopback(&f->client);
}

/* ---- where a connection ends ----------------------------------------------
 */

/* A router sends SYN/ACKs as well, but with one hop less to go. */
static struct ends told_by_ways(const struct flow *f)
{
	enum link_way syn = f->link.way, answer = f->syn_ack_link.way;

	return (struct ends){
		.client = syn == LINK_WAY_OUT && answer == LINK_WAY_IN,
		.server = syn == LINK_WAY_IN && answer == LINK_WAY_OUT &&
			  as_sent(flow_syn_ack(f)),
		.told = true,
	};
}

static struct ends ends_of(const struct flow *f)
{
	if (is_local(f))
		return (struct ends){true, true, true};
	if (f->doubles) /* it goes on from here */
		return (struct ends){0};
	if (f->link.way && f->syn_ack_link.way)
		return told_by_ways(f);
	return (struct ends){
		.client = f->sent_count && as_sent(f->sent[0]),
		.server = as_sent(flow_syn_ack(f)),
	};
}

static bool is_answered(const struct flow *f)
{
	return f->begun && f->protocol == IPPROTO_TCP && f->syn_ack_seen &&
	       !f->blurred;
}

static void gather(struct search *s, const struct observer *o)
{
	struct legs *l = s->legs;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		if (f == o->forgotten)
			l->more = true;
		else if (is_answered(f))
			*ARENA_PUSH(l->arena, s->list, s->count) =
				(struct candidate){.flow = f,
						   .ends = ends_of(f)};
	}
}

/* ---- the host -------------------------------------------------------------
 */

static void add_host(struct legs *l, const struct address *a)
{
	if (l->host_count < HOST_MAX && !is_listed(l->host, l->host_count, a))
		*ARENA_PUSH(l->arena, l->host, l->host_count) = *a;
}

static bool is_own(const struct legs *l, const struct address *a)
{
	return is_listed(l->host, l->host_count, a);
}

/* Both ends of a connection over the loopback are here, which tells nothing of
 * any other. */
static bool is_told(const struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].ends.told && !is_local(s->list[i].flow))
			return true;
	return false;
}

/* By link headers: what it opens is from its own addresses; what it answers may
 * be for others. */
static void find_here(struct search *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct candidate *c = &s->list[i];

		if (!c->ends.told)
			continue;
		if (c->ends.client)
			add_host(s->legs, &c->flow->client);
		c->opened = c->ends.client && !c->flow->joins;
		c->ended = c->ends.server && !c->flow->joins;
	}
}

/* Of those that answer here, as the packets tell. */
static const struct address *answering(const struct search *s, size_t *count)
{
	struct address *list = NULL;

	*count = 0;
	for (size_t i = 0; i < s->count && *count < SERVERS_MAX; i++) {
		const struct candidate *c = &s->list[i];

		if (c->ends.server && !c->ends.told &&
		    !is_listed(list, *count, &c->flow->server))
			*ARENA_PUSH(s->legs->arena, list, *count) =
				c->flow->server;
	}
	return list;
}

/* By packets: its addresses are those that are an end of both kinds. */
static void find_in_network(struct search *s)
{
	size_t count;
	const struct address *servers = answering(s, &count);

	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].ends.client && !s->list[i].ends.told &&
		    is_listed(servers, count, &s->list[i].flow->client))
			add_host(s->legs, &s->list[i].flow->client);
	for (size_t i = 0; i < s->count; i++) {
		struct candidate *c = &s->list[i];

		if (c->flow->joins)
			continue;
		c->opened = c->ends.client && is_own(s->legs, &c->flow->client);
		c->ended = c->ends.server && is_own(s->legs, &c->flow->server);
	}
}

/* ---- what is open at the same time ----------------------------------------
 */

/* The same connection behind a translator. */
static bool is_translated(const struct search *s, size_t at)
{
	uint32_t isn = s->list[at].flow->client_isn;

	for (size_t i = at; i-- > 0 && at - i <= NEAR;)
		if (s->list[i].flow->client_isn == isn)
			return true;
	return false;
}

/* Of all, in the order in which they were opened. */
static void find_opened_meanwhile(struct search *s)
{
	int64_t open_until_us = INT64_MIN;

	for (size_t i = 0; i < s->count; i++) {
		struct candidate *c = &s->list[i];

		c->opened = c->opened && !is_translated(s, i);
		if (c->opened && c->flow->first_us <= open_until_us)
			c->in_chain = true;
		if (c->ended && c->flow->last_us > open_until_us)
			open_until_us = c->flow->last_us;
	}
}

static void find_ended_meanwhile(struct search *s)
{
	const struct flow *next = NULL; /* that is opened */

	for (size_t i = s->count; i-- > 0;) {
		struct candidate *c = &s->list[i];

		if (c->ended && next && next->first_us <= c->flow->last_us)
			c->in_chain = true;
		if (c->opened)
			next = c->flow;
	}
}

static bool goes_elsewhere(const struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].in_chain && !is_local(s->list[i].flow))
			return true;
	return false;
}

/* ---- the legs -------------------------------------------------------------
 */

static enum leg_kind kind_of(const struct flow *f)
{
	if (f->connection && f->connection->negotiated)
		return mptcp_fallback(f->connection) ? LEG_FELL_BACK
						     : LEG_MPTCP;
	if (f->syn_snapped)
		return LEG_UNTOLD;
	return f->connection ? LEG_ANSWERED_AS_TCP : LEG_TCP;
}

/* A connection over the loopback is one from and to this host. */
static struct leg of_candidate(const struct search *s,
			       const struct candidate *c)
{
	const struct flow *f = c->flow;
	bool own = is_own(s->legs, &f->server) || is_local(f);

	return (struct leg){
		.from_host = c->opened,
		.to_host = c->ended && own,
		.in_its_place = c->ended && !own,
		.server = f->server,
		.port = f->server_port,
		.kind = kind_of(f),
	};
}

static bool is_same(const struct leg *a, const struct leg *b)
{
	return a->from_host == b->from_host && a->to_host == b->to_host &&
	       a->in_its_place == b->in_its_place && a->port == b->port &&
	       a->kind == b->kind && address_equal(&a->server, &b->server);
}

/* NULL: there are too many. */
static struct leg *find_leg(struct legs *l, const struct leg *like)
{
	struct leg *leg;

	for (size_t i = 0; i < l->count; i++)
		if (is_same(&l->list[i], like))
			return &l->list[i];
	if (l->count == LEGS_MAX)
		return NULL;
	leg = ARENA_PUSH(l->arena, l->list, l->count);
	*leg = *like;
	return leg;
}

static void add_client(struct legs *l, struct leg *leg, const struct address *a)
{
	if (leg->client_count < LEG_ADDRESSES_MAX &&
	    !is_listed(leg->clients, leg->client_count, a))
		*ARENA_PUSH(l->arena, leg->clients, leg->client_count) = *a;
}

static void add_connection(struct legs *l, struct leg *leg,
			   const struct flow *first)
{
	size_t subflows = 0;

	add_client(l, leg, &first->client);
	if (!first->connection)
		subflows = 1;
	else
		for (const struct flow *f = first->connection->flows; f;
		     f = f->sibling) {
			if (f->sides[1].syn && f->joins)
				add_client(l, leg, &f->client);
			subflows += f->sides[1].syn && !f->reversed;
		}
	if (!leg->connections++ || subflows < leg->fewest)
		leg->fewest = subflows;
	if (subflows > leg->most)
		leg->most = subflows;
}

static void fill(struct search *s)
{
	struct legs *l = s->legs;

	for (size_t i = 0; i < s->count; i++) {
		const struct candidate *c = &s->list[i];
		struct leg like = of_candidate(s, c), *leg;

		if (!c->in_chain)
			continue;
		leg = find_leg(l, &like);
		if (leg)
			add_connection(l, leg, c->flow);
		else
			l->more = true;
	}
}

struct legs *legs_find(const struct observer *o)
{
	struct arena *arena = arena_new();
	struct legs *l = arena_alloc(arena, sizeof(*l));
	struct search s = {.legs = l};

	*l = (struct legs){.arena = arena};
	gather(&s, o);
	l->here = is_told(&s);
	if (l->here)
		find_here(&s);
	else
		find_in_network(&s);
	find_opened_meanwhile(&s);
	find_ended_meanwhile(&s);
	if (goes_elsewhere(&s))
		fill(&s);
	return l;
}

void legs_free(struct legs *l)
{
	if (l)
		arena_free(l->arena);
}
