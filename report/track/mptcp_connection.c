// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/mptcp_connection.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/keys.h"
#include "crafting/mptcp.h"
#include "report/arena.h"
#include "report/track/curve.h"
#include "report/track/observer.h"

bool mptcp_connections_open(struct mptcp_connections *all, struct keys *keys)
{
	all->keys = keys;
	for (unsigned host = 0; host < 2; host++)
		all->tokens[host] =
			calloc(TOKEN_BUCKETS, sizeof(*all->tokens[host]));
	return all->tokens[0] && all->tokens[1];
}

void mptcp_connections_close(struct mptcp_connections *all)
{
	struct mptcp_connection *c = all->oldest, *newer;

	for (; c; c = newer) {
		newer = c->newer;
		mptcp_connection_free(all, c);
	}
	free(all->tokens[0]);
	free(all->tokens[1]);
}

static void append(struct mptcp_connections *all, struct mptcp_connection *c)
{
	c->older = all->newest;
	if (all->newest)
		all->newest->newer = c;
	else
		all->oldest = c;
	all->newest = c;
	all->there++;
}

struct mptcp_connection *mptcp_connection_new(struct mptcp_connections *all)
{
	struct mptcp_connection *c = must_have(calloc(1, sizeof(*c)));

	c->number = ++all->count;
	c->version = -1;
	c->drawn = all->drawn;
	c->hosts[0].first_dsn = c->hosts[1].first_dsn = UNKNOWN;
	append(all, c);
	return c;
}

static struct mptcp_connection **
token_bucket(const struct mptcp_connections *all, unsigned host, uint32_t token)
{
	return &all->tokens[host][token % TOKEN_BUCKETS];
}

static void add_token(struct mptcp_connections *all, struct mptcp_connection *c,
		      unsigned host)
{
	struct mptcp_connection **bucket =
		token_bucket(all, host, c->hosts[host].token);

	c->token_next[host] = *bucket;
	*bucket = c;
}

struct mptcp_connection *
mptcp_connection_again(struct mptcp_connections *all,
		       const struct mptcp_connection *image)
{
	struct mptcp_connection *c = must_have(malloc(sizeof(*c)));

	*c = *image;
	append(all, c);
	for (unsigned host = 0; host < 2; host++)
		if (c->hosts[host].has_key)
			add_token(all, c, host);
	return c;
}

static void remove_token(struct mptcp_connections *all,
			 struct mptcp_connection *c, unsigned host)
{
	struct mptcp_connection **at =
		token_bucket(all, host, c->hosts[host].token);

	while (*at && *at != c)
		at = &(*at)->token_next[host];
	if (*at)
		*at = c->token_next[host];
}

void mptcp_connection_free(struct mptcp_connections *all,
			   struct mptcp_connection *c)
{
	for (unsigned host = 0; host < 2; host++)
		if (c->hosts[host].has_key)
			remove_token(all, c, host);
	if (c->older)
		c->older->newer = c->newer;
	else
		all->oldest = c->newer;
	if (c->newer)
		c->newer->older = c->older;
	else
		all->newest = c->older;
	all->there--;
	free(c->hosts[0].data.gaps);
	free(c->hosts[1].data.gaps);
	free(c->hosts[0].acks);
	free(c->hosts[1].acks);
	free(c->addresses);
	free(c);
}

struct mptcp_connection *mptcp_by_token(const struct mptcp_connections *all,
					uint32_t token, unsigned *host)
{
	for (unsigned i = 2; i-- > 0;) {
		struct mptcp_connection *c = *token_bucket(all, i, token);

		while (c && c->hosts[i].token != token)
			c = c->token_next[i];
		*host = i;
		if (c)
			return c;
	}
	return NULL;
}

void mptcp_attach(struct mptcp_connection *c, struct flow *f)
{
	if (c->last)
		c->last->sibling = f;
	else
		c->flows = f;
	c->last = f;
	f->connection = c;
	c->flow_count++;
}

/* --- keys ----------------------------------------------------------------- */

bool mptcp_learn_key(struct mptcp_connections *all, struct mptcp_connection *c,
		     unsigned host, uint64_t key, bool hearsay)
{
	struct host *h = &c->hosts[host];

	if (h->has_key && h->key == key)
		h->hearsay &= hearsay;
	if (h->has_key || c->version < 0 || c->version > 1 ||
	    keys_derive(all->keys, (unsigned)c->version, key, &h->token,
			&h->idsn) != 0)
		return false;
	h->has_key = true;
	h->hearsay = hearsay;
	h->key = key;
	add_token(all, c, host);
	return true;
}

bool mptcp_own_key(const struct mptcp_connection *c, unsigned host)
{
	return c->hosts[host].has_key && !c->hosts[host].hearsay;
}

uint64_t mptcp_first_dsn(const struct mptcp_connection *c, unsigned host)
{
	return mptcp_own_key(c, host) ? c->hosts[host].idsn + 1 : 0;
}

uint64_t mptcp_next_dsn(const struct mptcp_connection *c, unsigned host)
{
	return c->hosts[host].dsn_end ? c->hosts[host].dsn_end
				      : mptcp_first_dsn(c, host);
}

enum known mptcp_join_hmac(const struct mptcp_connections *all,
			   const struct mptcp_connection *c, unsigned host,
			   uint32_t own_nonce, uint32_t other_nonce,
			   const uint8_t *hmac, size_t length)
{
	uint8_t right[32];

	if (!c->hosts[0].has_key || !c->hosts[1].has_key ||
	    keys_join_hmac(all->keys, (unsigned)c->version, c->hosts[host].key,
			   c->hosts[1 - host].key, own_nonce, other_nonce,
			   right) != 0)
		return UNKNOWN;
	if (memcmp(right, hmac, length) == 0)
		return KNOWN_YES;
	return mptcp_own_key(c, 0) && mptcp_own_key(c, 1) ? KNOWN_NO : UNKNOWN;
}

/* --- addresses ------------------------------------------------------------ */

/* RFC 8684 3.4.1 */
static enum known add_addr_hmac(const struct mptcp_connections *all,
				const struct mptcp_connection *c, unsigned host,
				const struct mptcp_option *o)
{
	uint64_t hmac;

	if (!o->add_addr.has_hmac || !mptcp_own_key(c, 0) ||
	    !mptcp_own_key(c, 1) ||
	    keys_add_addr_hmac(
		    all->keys, c->hosts[host].key, c->hosts[1 - host].key,
		    o->add_addr.address_id, &o->add_addr.address,
		    o->add_addr.has_port ? o->add_addr.port : 0, &hmac) != 0)
		return UNKNOWN;
	return hmac == o->add_addr.hmac ? KNOWN_YES : KNOWN_NO;
}

static struct announced *new_announced(struct mptcp_connection *c)
{
	if (!c->addresses)
		c->addresses =
			must_have(calloc(ANNOUNCED_MAX, sizeof(*c->addresses)));
	return c->address_count < ANNOUNCED_MAX
		       ? &c->addresses[c->address_count++]
		       : NULL;
}

static struct announced *find_announced(struct mptcp_connection *c,
					unsigned owner,
					const struct mptcp_option *o)
{
	for (size_t i = 0; i < c->address_count; i++) {
		struct announced *a = &c->addresses[i];

		if (a->host == owner && a->id == o->add_addr.address_id &&
		    a->has_port == o->add_addr.has_port &&
		    (!a->has_port || a->port == o->add_addr.port) &&
		    address_equal(&a->address, &o->add_addr.address))
			return a;
	}
	return NULL;
}

const struct announced *
mptcp_add_addr(const struct mptcp_connections *all, struct mptcp_connection *c,
	       unsigned host, const struct mptcp_option *o, uint64_t frame)
{
	unsigned owner = o->add_addr.echo ? 1 - host : host;
	struct announced *a = find_announced(c, owner, o);

	if (a && o->add_addr.echo && !a->echo_frame)
		a->echo_frame = frame;
	if (a || o->add_addr.echo)
		return NULL;
	a = new_announced(c);
	if (!a)
		return NULL;
	*a = (struct announced){
		.address = o->add_addr.address,
		.port = o->add_addr.port,
		.id = o->add_addr.address_id,
		.has_port = o->add_addr.has_port,
		.host = owner,
		.hmac = add_addr_hmac(all, c, host, o),
		.frame = frame,
	};
	return a;
}

static void remove_id(struct mptcp_connection *c, unsigned host, uint8_t id,
		      uint64_t frame)
{
	struct announced *a = NULL;

	for (size_t i = 0; i < c->address_count && !a; i++)
		if (c->addresses[i].host == host && c->addresses[i].id == id)
			a = &c->addresses[i];
	if (!a)
		a = new_announced(c);
	if (!a)
		return;
	a->host = host;
	a->id = id;
	if (!a->frame)
		a->hmac = UNKNOWN;
	a->removed_frame = frame;
}

void mptcp_remove_addr(struct mptcp_connection *c, unsigned host,
		       const struct mptcp_option *o, uint64_t frame)
{
	for (unsigned i = 0; i < o->remove_addr.count; i++)
		remove_id(c, host, o->remove_addr.ids[i], frame);
}

/* --- progress ------------------------------------------------------------- */

void mptcp_see_data(struct mptcp_connection *c, unsigned host,
		    const struct flow *f, uint64_t dsn, uint32_t length,
		    int64_t time_us)
{
	struct host *h = &c->hosts[host];

	if (!h->has_acked && mptcp_own_key(c, host)) {
		h->has_acked = true;
		h->acked = h->idsn + 1;
	}
	stream_add(&h->data, (uint32_t)dsn, length);
	if (!h->data_end || (int64_t)(dsn + length - h->data_end) > 0)
		h->data_end = dsn + length;
	if (!h->has_acked || (int64_t)(dsn + length - h->acked) <= 0)
		return;
	if ((int64_t)(dsn - h->acked) <= 0)
		h->latest = f;
	if (!h->waiting_us)
		h->waiting_us = time_us;
}

void mptcp_see_data_ack(struct mptcp_connection *c, unsigned host, uint64_t ack,
			bool ack8, uint64_t frame, int64_t time_us)
{
	struct host *h = &c->hosts[host];
	uint64_t near = h->has_acked ? h->acked : h->dsn_end;
	int64_t waited = h->waiting_us ? time_us - h->waiting_us : 0;

	if (!ack8 && !near)
		return;
	if (!ack8)
		ack = dsn_widen(ack, near);
	if (h->has_acked && (int64_t)(ack - h->acked) <= 0)
		return;
	if (waited > h->stall.us)
		h->stall = (struct stall){waited, time_us, frame, h->latest};
	h->has_acked = true;
	h->acked = ack;
	if (c->drawn)
		curve_add(&h->acks, time_us, ack, 0);
	/* Data may have come over subflows that are not in the capture. */
	h->waiting_us =
		h->data_end && (int64_t)(h->data_end - ack) > 0 ? time_us : 0;
}

int64_t mptcp_stalled_us(const struct mptcp_connection *c, unsigned host)
{
	int64_t since_us = c->hosts[host].waiting_us, last_us = since_us;

	for (const struct flow *f = c->flows; f; f = f->sibling)
		if (f->last_us > last_us)
			last_us = f->last_us;
	return since_us ? last_us - since_us : 0;
}

bool mptcp_fell_silent(const struct flow *f, unsigned host)
{
	const struct stall *stall = &f->connection->hosts[host].stall;
	const struct side *s = &f->sides[f->reversed ? 1 - host : host];

	return stall->resumed && f != stall->resumed && s->last_us &&
	       s->last_us < stall->end_us && !s->fin && !s->reset_frame;
}

uint64_t mptcp_bytes_again(const struct mptcp_connection *c, unsigned host)
{
	uint64_t again = c->hosts[host].data.bytes_again, alone = 0;

	for (const struct flow *f = c->flows; f; f = f->sibling)
		alone += f->sides[f->reversed ? 1 - host : host]
				 .stream.bytes_again;
	return again > alone ? again - alone : 0;
}

/* --- fallback ------------------------------------------------------------- */

/* Who is answered with DSS has not fallen back.
 * RFC 8684 3.7: with one subflow MP_FAIL ends MPTCP, with more that one. */
static const char *side_fallback(const struct mptcp_connection *c,
				 const struct flow *f, const struct side *s)
{
	if (s->infinite_frame)
		return "infinite mapping";
	if (s->fail_frame && (c->flow_count == 1 || !f->sibling->sides[1].syn))
		return "MP_FAIL";
	if (s->unmapped_frame && !f->snapped &&
	    (s == f->sides ? s + 1 : f->sides)->last_dss < s->unmapped_frame)
		return "data without a mapping";
	return NULL;
}

static const char *handshake_fallback(const struct mptcp_connection *c,
				      const struct flow *f)
{
	bool plain = f->sides[0].syn && f->sides[1].syn && !f->syn_ack_option &&
		     !f->snapped;

	if (c->mirrored)
		return "the SYN/ACK echoes the client's MP_CAPABLE";
	if (plain && f->plain_syn)
		return "the client fell back to a plain SYN: those with MPTCP "
		       "went unanswered";
	return plain ? "no MP_CAPABLE in the SYN/ACK" : NULL;
}

const char *mptcp_fallback(const struct mptcp_connection *c)
{
	const struct flow *f = c->flows;
	const char *why;

	if (c->state)
		return c->fallback;
	if (!f || f->joins)
		return NULL;
	why = handshake_fallback(c, f);
	for (unsigned i = 0; i < 2 && !why; i++)
		why = side_fallback(c, f, &f->sides[i]);
	if (why || f->snapped || !c->negotiated)
		return why;
	if (f->sides[0].stream.bytes && f->sides[1].stream.bytes &&
	    !f->sides[0].dss && !f->sides[1].dss)
		return "no DSS";
	if (f->sides[1].stream.bytes > 1 && !f->sides[1].dss &&
	    f->sides[1].has_isn)
		return "no DSS from the server";
	return NULL;
}
