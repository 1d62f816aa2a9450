/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/traffic.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/keys.h"
#include "crafting/packet.h"
#include "crafting/segment.h"
#include "report/track/traffic_parts.h"

#define BUCKETS 65536
#define SECOND 1000000LL
/* What is over stays known so long, for what comes late. */
#define CLOSED_US (30 * SECOND)
#define IDLE_US (3600 * SECOND)

struct lru {
	struct traffic_subflow *oldest, *newest;
};

struct traffic {
	traffic_fn *fn;
	void *context;
	struct keys *keys;
	uint64_t count,
		numbered; /* joins take numbers, too, till they are told */
	size_t open, peak;
	struct traffic_subflow *buckets[BUCKETS];
	struct traffic_connection *tokens[2][BUCKETS]; /* by whose it is */
	struct lru living, closed;
};

struct traffic *traffic_new(traffic_fn *fn, void *context)
{
	struct traffic *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fn = fn;
	t->context = context;
	t->keys = keys_new();
	if (!t->keys) {
		free(t);
		return NULL;
	}
	return t;
}

uint64_t traffic_count(const struct traffic *t)
{
	return t->count;
}

size_t traffic_peak(const struct traffic *t)
{
	return t->peak;
}

/* --- finding subflows ---------------------------------------------------- */

/* The same for both directions. */
static size_t hash_end(const struct address *a, uint16_t port)
{
	uint64_t h = port * 0x9e3779b97f4a7c15u;
	uint64_t words[2];

	memcpy(words, a->bytes, sizeof(words));
	h ^= words[0] * 0xbf58476d1ce4e5b9u;
	h ^= words[1] * 0x94d049bb133111ebu;
	h ^= h >> 31;
	return (size_t)(h * 0xd6e8feb86659fd93u >> 16);
}

static struct traffic_subflow **bucket_of(struct traffic *t,
					  const struct packet *p)
{
	return &t->buckets[(hash_end(&p->ip.source, p->tcp.source_port) +
			    hash_end(&p->ip.destination,
				     p->tcp.destination_port)) %
			   BUCKETS];
}

static struct traffic_subflow **bucket_of_subflow(struct traffic *t,
						  struct traffic_subflow *s)
{
	return &t->buckets[(hash_end(&s->initiator, s->initiator_port) +
			    hash_end(&s->responder, s->responder_port)) %
			   BUCKETS];
}

static bool is_from(const struct traffic_subflow *s, const struct packet *p)
{
	return s->initiator_port == p->tcp.source_port &&
	       s->responder_port == p->tcp.destination_port &&
	       address_equal(&s->initiator, &p->ip.source) &&
	       address_equal(&s->responder, &p->ip.destination);
}

static bool is_to(const struct traffic_subflow *s, const struct packet *p)
{
	return s->initiator_port == p->tcp.destination_port &&
	       s->responder_port == p->tcp.source_port &&
	       address_equal(&s->initiator, &p->ip.destination) &&
	       address_equal(&s->responder, &p->ip.source);
}

static struct traffic_subflow *
find_subflow(struct traffic *t, const struct packet *p, unsigned *side)
{
	for (struct traffic_subflow *s = *bucket_of(t, p); s;
	     s = s->hash_next) {
		*side = is_from(s, p) ? 0 : 1;
		if (*side == 0 || is_to(s, p))
			return s;
	}
	return NULL;
}

/* --- the lists ----------------------------------------------------------- */

static void list_add(struct lru *l, struct traffic_subflow *s)
{
	s->older = l->newest;
	s->newer = NULL;
	if (l->newest)
		l->newest->newer = s;
	else
		l->oldest = s;
	l->newest = s;
}

static void list_remove(struct lru *l, struct traffic_subflow *s)
{
	if (s->older)
		s->older->newer = s->newer;
	else
		l->oldest = s->newer;
	if (s->newer)
		s->newer->older = s->older;
	else
		l->newest = s->older;
}

static void hash_remove(struct traffic *t, struct traffic_subflow *s)
{
	struct traffic_subflow **at = bucket_of_subflow(t, s);

	while (*at && *at != s)
		at = &(*at)->hash_next;
	if (*at)
		*at = s->hash_next;
}

/* --- connections --------------------------------------------------------- */

void traffic_add_token(struct traffic *t, struct traffic_connection *c,
		       unsigned side)
{
	struct traffic_connection **bucket =
		&t->tokens[side][c->tokens[side] % BUCKETS];

	c->token_next[side] = *bucket;
	*bucket = c;
}

static void remove_token(struct traffic *t, struct traffic_connection *c,
			 unsigned side)
{
	struct traffic_connection **at =
		&t->tokens[side][c->tokens[side] % BUCKETS];

	while (*at && *at != c)
		at = &(*at)->token_next[side];
	if (*at)
		*at = c->token_next[side];
}

struct traffic_connection *traffic_by_token(struct traffic *t, uint32_t token,
					    unsigned *side)
{
	for (unsigned i = 2; i-- > 0;) {
		struct traffic_connection *c = t->tokens[i][token % BUCKETS];

		while (c && c->tokens[i] != token)
			c = c->token_next[i];
		*side = i;
		if (c)
			return c;
	}
	return NULL;
}

struct keys *traffic_keys(struct traffic *t)
{
	return t->keys;
}

static struct traffic_connection *new_connection(struct traffic *t)
{
	struct traffic_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->number = ++t->numbered;
	t->count++;
	c->version = -1;
	c->dsn[0] = c->dsn[1] = UNKNOWN;
	if (++t->open > t->peak)
		t->peak = t->open;
	return c;
}

/* All subflows are gone: it is told and forgotten. */
static void end_connection(struct traffic *t, struct traffic_connection *c)
{
	struct traffic_subflow *next;

	t->fn(t->context, c);
	for (unsigned side = 0; side < 2; side++)
		if (c->has_key[side])
			remove_token(t, c, side);
	for (struct traffic_subflow *s = c->subflows; s; s = next) {
		next = s->sibling;
		free(s);
	}
	free(c);
	t->open--;
}

/* The subflow's packets are not followed any more; what is known of it stays
 * with its connection. */
static void forget(struct traffic *t, struct traffic_subflow *s)
{
	hash_remove(t, s);
	list_remove(s->closed ? &t->closed : &t->living, s);
	if (--s->connection->open_count == 0)
		end_connection(t, s->connection);
}

static void expire(struct traffic *t, int64_t now_us)
{
	while (t->closed.oldest &&
	       now_us - t->closed.oldest->last_us > CLOSED_US)
		forget(t, t->closed.oldest);
	while (t->living.oldest && now_us - t->living.oldest->last_us > IDLE_US)
		forget(t, t->living.oldest);
}

void traffic_attach(struct traffic_connection *c, struct traffic_subflow *s)
{
	struct traffic_subflow **end = &c->subflows;

	while (*end)
		end = &(*end)->sibling;
	*end = s;
	s->connection = c;
	c->subflow_count++;
	c->open_count++;
}

/* A joined subflow goes to the connection whose token it names. */
void traffic_move(struct traffic *t, struct traffic_subflow *s,
		  struct traffic_connection *to)
{
	struct traffic_connection *from = s->connection;

	if (from == to || from->subflow_count != 1)
		return;
	from->subflows = NULL;
	for (unsigned side = 0; side < 2; side++)
		if (from->has_key[side])
			remove_token(t, from, side);
	if (from->number == t->numbered)
		t->numbered--; /* as it is most often: no number twice, and few
				  left out */
	free(from);
	t->open--;
	t->count--;
	traffic_attach(to, s);
}

/* --- beginning ----------------------------------------------------------- */

static bool is_syn_ack(const struct packet *p)
{
	return (p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) ==
	       (TCP_FLAG_SYN | TCP_FLAG_ACK);
}

/* Who has begun, where the capture does not show it: not who sends the
 * SYN/ACK, nor who uses the smaller port. */
static bool sender_began(const struct packet *p)
{
	if (p->tcp.flags & TCP_FLAG_SYN)
		return !is_syn_ack(p);
	return p->tcp.source_port >= p->tcp.destination_port;
}

static struct traffic_subflow *new_subflow(struct traffic *t,
					   const struct packet *p,
					   uint64_t frame, int64_t time_us,
					   unsigned *side)
{
	struct traffic_subflow *s = calloc(1, sizeof(*s));
	struct traffic_connection *c = s ? new_connection(t) : NULL;
	struct traffic_subflow **bucket = bucket_of(t, p);

	if (!c) {
		free(s);
		return NULL;
	}
	*side = sender_began(p) ? 0 : 1;
	s->initiator = *side ? p->ip.destination : p->ip.source;
	s->responder = *side ? p->ip.source : p->ip.destination;
	s->initiator_port =
		*side ? p->tcp.destination_port : p->tcp.source_port;
	s->responder_port =
		*side ? p->tcp.source_port : p->tcp.destination_port;
	s->first_frame = frame;
	s->first_us = time_us;
	s->hmacs[0] = s->hmacs[1] = UNKNOWN;
	s->sides[0].reset_reason = s->sides[1].reset_reason = -1;
	s->hash_next = *bucket;
	*bucket = s;
	list_add(&t->living, s);
	traffic_attach(c, s);
	return s;
}

/* A SYN with another sequence number than the subflow's uses its ports
 * again. */
static bool begins_anew(const struct traffic_subflow *s, unsigned side,
			const struct packet *p)
{
	return (p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN &&
	       (side == 1 ||
		(s->sides[0].has_isn && s->sides[0].isn != p->tcp.sequence));
}

static void touch(struct traffic *t, struct traffic_subflow *s, uint64_t frame,
		  int64_t time_us)
{
	bool over = s->sides[0].reset_frame || s->sides[1].reset_frame ||
		    (s->sides[0].fin && s->sides[1].fin);

	list_remove(s->closed ? &t->closed : &t->living, s);
	s->closed = over;
	s->last_frame = frame;
	s->last_us = time_us;
	list_add(over ? &t->closed : &t->living, s);
}

void traffic_packet(struct traffic *t, const struct packet *p, uint64_t frame,
		    int64_t time_us)
{
	struct traffic_subflow *s;
	struct kept k;
	unsigned side;

	if (p->transport != TRANSPORT_TCP || p->tcp.available < 14 ||
	    p->tcp.data_offset == 0)
		return;
	expire(t, time_us); /* before the search: it may be what is found */
	s = find_subflow(t, p, &side);
	if (s && begins_anew(s, side, p)) {
		forget(t, s);
		s = NULL;
	}
	if (!s && p->tcp.options_available < 3)
		return;
	k.packet = *p;
	k.frame = frame;
	k.time_us = time_us;
	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &k.options);
	if (!s && !k.options.mptcp_count)
		return;
	if (!s)
		s = new_subflow(t, p, frame, time_us, &side);
	if (!s)
		return;
	traffic_look(t, s, side, &k);
	touch(t, s, frame, time_us);
}

void traffic_end(struct traffic *t)
{
	while (t->closed.oldest)
		forget(t, t->closed.oldest);
	while (t->living.oldest)
		forget(t, t->living.oldest);
}

void traffic_free(struct traffic *t)
{
	if (!t)
		return;
	t->fn = traffic_ignore;
	traffic_end(t);
	keys_free(t->keys);
	free(t);
}

void traffic_ignore(void *context, const struct traffic_connection *c)
{
	(void)context;
	(void)c;
}

double traffic_rate(const struct traffic_side *s)
{
	if (s->bytes < 10000 || s->last_us - s->first_us < 1000)
		return -1;
	return (double)s->bytes * 8 / (double)(s->last_us - s->first_us);
}
