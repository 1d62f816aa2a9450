/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/frozen.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/track/observe.h"

#define CAPACITY_MIN 1024 /* a power of two, as all are */

/* By which a packet finds it: one of each flow, one of each key. */
struct frozen_name {
	uint64_t name;
	struct frozen *of;
	struct frozen_name *next; /* in its bucket */
};

struct frozen {
	struct frozen *older, *newer;
	int64_t last_us;
	size_t name_count;
	struct frozen_name names[]; /* behind them, what was packed */
};

/* --- names ---------------------------------------------------------------- */

static uint64_t token_name(uint32_t token)
{
	return token;
}

static struct frozen_name **bucket(const struct freezer *z, uint64_t name)
{
	return &z->names[(size_t)(name ^ name >> 29) & (z->capacity - 1)];
}

static void enter(struct freezer *z, struct frozen_name *n)
{
	struct frozen_name **first = bucket(z, n->name);

	n->next = *first;
	*first = n;
	z->name_count++;
}

static void leave(struct freezer *z, struct frozen_name *n)
{
	struct frozen_name **at = bucket(z, n->name);

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	z->name_count--;
}

static void grow(struct freezer *z)
{
	struct freezer larger = *z;

	larger.capacity = z->capacity ? 2 * z->capacity : CAPACITY_MIN;
	larger.names = must_have(calloc(larger.capacity, sizeof(*z->names)));
	larger.name_count = 0;
	for (size_t i = 0; i < z->capacity; i++)
		for (struct frozen_name *n = z->names[i], *next; n; n = next) {
			next = n->next;
			enter(&larger, n);
		}
	free(z->names);
	*z = larger;
}

static struct frozen *find(const struct freezer *z, uint64_t name)
{
	struct frozen_name *n = z->count ? *bucket(z, name) : NULL;

	while (n && n->name != name)
		n = n->next;
	return n ? n->of : NULL;
}

/* --- packing -------------------------------------------------------------- */

/* Flows of the connection that it refers to: which of them from 1, 0: none. */
struct references {
	uint32_t latest[2], resumed[2];
};

static uint32_t number_of(const struct mptcp_connection *c,
			  const struct flow *f)
{
	uint32_t number = 1;

	for (const struct flow *s = c->flows; s; s = s->sibling, number++)
		if (s == f)
			return number;
	return 0;
}

static struct flow *flow_numbered(const struct mptcp_connection *c,
				  uint32_t number)
{
	struct flow *f = number ? c->flows : NULL;

	while (f && --number)
		f = f->sibling;
	return f;
}

static void pack_stream(struct packed *p, const struct stream *s)
{
	zeros_pack(p, s->gaps, s->gap_count * sizeof(*s->gaps));
}

static void pack_connection(struct packed *p, const struct mptcp_connection *c)
{
	struct references refs = {0};
	struct mptcp_connection image;

	memcpy(&image, c, sizeof(image));
	image.addresses = NULL;
	image.flows = image.last = NULL;
	image.older = image.newer = NULL;
	image.token_next[0] = image.token_next[1] = NULL;
	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &image.hosts[i];

		refs.latest[i] = number_of(c, h->latest);
		refs.resumed[i] = number_of(c, h->stall.resumed);
		h->latest = h->stall.resumed = NULL;
		h->data.gaps = NULL;
		h->acks = NULL; /* what is drawn begins anew */
	}
	zeros_pack(p, &image, sizeof(image));
	zeros_pack(p, &refs, sizeof(refs));
	zeros_pack(p, c->addresses, c->address_count * sizeof(*c->addresses));
	for (unsigned i = 0; i < 2; i++)
		pack_stream(p, &c->hosts[i].data);
}

/* What is listed of a flow, and what goes on with it. */
static void pack_flow(struct packed *p, const struct flow *f)
{
	struct flow image = {
		.client = f->client,
		.server = f->server,
		.client_port = f->client_port,
		.server_port = f->server_port,
		.protocol = f->protocol,
		.first_us = f->first_us,
		.last_us = f->last_us,
		.first_frame = f->first_frame,
		.server_acked = f->server_acked,
		.viewpoint = f->viewpoint,
		.snapped = f->snapped,
		.syn_snapped = f->syn_snapped,
		.sides = {f->sides[0], f->sides[1]},
		.joins = f->joins,
		.reversed = f->reversed,
		.plain_syn = f->plain_syn,
		.syn_ack_option = f->syn_ack_option,
		.ack_option = f->ack_option,
		.join = f->join,
		.mixed = f->mixed,
	};
	bool sums[2] = {f->sides[0].sums, f->sides[1].sums};

	image.join.parent = -1;
	for (unsigned i = 0; i < 2; i++) {
		image.sides[i].stream.gaps = NULL;
		image.sides[i].sums = NULL;
		image.sides[i].curve = NULL;
	}
	zeros_pack(p, &image, sizeof(image));
	zeros_pack(p, sums, sizeof(sums));
	for (unsigned i = 0; i < 2; i++) {
		const struct side *s = &f->sides[i];

		pack_stream(p, &s->stream);
		if (sums[i])
			zeros_pack(p, s->sums, SUMS_MAX * sizeof(*s->sums));
	}
}

static size_t count_names(const struct mptcp_connection *c)
{
	return c->flow_count + c->hosts[0].has_key + c->hosts[1].has_key;
}

static void give_names(struct freezer *z, struct frozen *of,
		       const struct mptcp_connection *c)
{
	struct frozen_name *n = of->names;

	for (const struct flow *f = c->flows; f; f = f->sibling)
		(n++)->name = observer_flow_name(&f->client, f->client_port,
						 &f->server, f->server_port);
	for (unsigned i = 0; i < 2; i++)
		if (c->hosts[i].has_key)
			(n++)->name = token_name(c->hosts[i].token);
	for (size_t i = 0; i < of->name_count; i++) {
		of->names[i].of = of;
		enter(z, &of->names[i]);
	}
}

static int64_t last_seen_us(const struct mptcp_connection *c)
{
	int64_t last_us = 0;

	for (const struct flow *f = c->flows; f; f = f->sibling)
		last_us = f->last_us > last_us ? f->last_us : last_us;
	return last_us;
}

static void put(struct freezer *z, const struct mptcp_connection *c)
{
	size_t names = count_names(c);
	size_t head =
		sizeof(struct frozen) + names * sizeof(struct frozen_name);
	struct frozen *new;

	if (z->name_count + names > z->capacity)
		grow(z);
	z->scratch.length = 0;
	pack_connection(&z->scratch, c);
	for (const struct flow *f = c->flows; f; f = f->sibling)
		pack_flow(&z->scratch, f);
	new = must_have(malloc(head + z->scratch.length));
	*new = (struct frozen){.older = z->newest,
			       .last_us = last_seen_us(c),
			       .name_count = names};
	memcpy(new->names + names, z->scratch.bytes, z->scratch.length);
	give_names(z, new, c);
	*(z->newest ? &z->newest->newer : &z->oldest) = new;
	z->newest = new;
	z->count++;
}

static void take(struct freezer *z, struct frozen *f)
{
	for (size_t i = 0; i < f->name_count; i++)
		leave(z, &f->names[i]);
	*(f->older ? &f->older->newer : &z->oldest) = f->newer;
	*(f->newer ? &f->newer->older : &z->newest) = f->older;
	z->count--;
}

void freezer_close(struct freezer *z)
{
	for (struct frozen *f = z->oldest, *newer; f; f = newer) {
		newer = f->newer;
		free(f);
	}
	free(z->names);
	packed_free(&z->scratch);
}

/* --- unpacking ------------------------------------------------------------ */

static const uint8_t *unpack_stream(const uint8_t *from, struct stream *s)
{
	if (!s->gap_count)
		return from;
	s->gaps = must_have(calloc(GAPS_MAX, sizeof(*s->gaps)));
	return zeros_unpack(from, s->gaps, s->gap_count * sizeof(*s->gaps));
}

static const uint8_t *unpack_addresses(const uint8_t *from,
				       struct mptcp_connection *c)
{
	if (!c->address_count)
		return from;
	c->addresses = must_have(calloc(ANNOUNCED_MAX, sizeof(*c->addresses)));
	return zeros_unpack(from, c->addresses,
			    c->address_count * sizeof(*c->addresses));
}

static const uint8_t *unpack_flow(struct observer *o, const uint8_t *from,
				  struct mptcp_connection *c)
{
	struct flow image, *f;
	bool sums[2];

	from = zeros_unpack(from, &image, sizeof(image));
	from = zeros_unpack(from, sums, sizeof(sums));
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &image.sides[i];

		from = unpack_stream(from, &s->stream);
		if (!sums[i])
			continue;
		s->sums = must_have(calloc(SUMS_MAX, sizeof(*s->sums)));
		from = zeros_unpack(from, s->sums, SUMS_MAX * sizeof(*s->sums));
	}
	f = observer_add_again(o, &image);
	mptcp_attach(c, f);
	return from;
}

static struct mptcp_connection *thaw(struct observer *o, struct frozen *frozen)
{
	const uint8_t *from =
		(const uint8_t *)(frozen->names + frozen->name_count);
	struct mptcp_connection image, *c;
	struct references refs;
	size_t flows;

	take(&o->freezer, frozen);
	from = zeros_unpack(from, &image, sizeof(image));
	from = zeros_unpack(from, &refs, sizeof(refs));
	from = unpack_addresses(from, &image);
	for (unsigned i = 0; i < 2; i++)
		from = unpack_stream(from, &image.hosts[i].data);
	flows = image.flow_count;
	image.flow_count = 0;
	c = mptcp_connection_again(&o->connections, &image);
	while (flows--)
		from = unpack_flow(o, from, c);
	for (unsigned i = 0; i < 2; i++) {
		c->hosts[i].latest = flow_numbered(c, refs.latest[i]);
		c->hosts[i].stall.resumed = flow_numbered(c, refs.resumed[i]);
	}
	free(frozen);
	return c;
}

/* --- the observer's ------------------------------------------------------- */

void observe_freeze(struct observer *o, struct mptcp_connection *c)
{
	put(&o->freezer, c);
	observer_drop_connection(o, c);
}

bool observe_thaw(struct observer *o, const struct packet *p)
{
	const struct address *from = &p->ip.source, *to = &p->ip.destination;
	uint16_t source = p->tcp.source_port;
	uint16_t destination = p->tcp.destination_port;
	struct frozen *f;

	if (!o->freezer.count)
		return false;
	f = find(&o->freezer,
		 observer_flow_name(from, source, to, destination));
	if (!f)
		f = find(&o->freezer,
			 observer_flow_name(to, destination, from, source));
	if (f)
		thaw(o, f);
	return f != NULL;
}

void observe_thaw_token(struct observer *o, uint32_t token)
{
	struct frozen *f = find(&o->freezer, token_name(token));

	if (f)
		thaw(o, f);
}

void observe_end_frozen(struct observer *o, int64_t until_us)
{
	struct freezer *z = &o->freezer;

	while (z->oldest && z->oldest->last_us <= until_us) {
		struct mptcp_connection *c = thaw(o, z->oldest);

		if (o->ended)
			o->ended(o->ended_context, c);
		observer_drop_connection(o, c);
	}
}
