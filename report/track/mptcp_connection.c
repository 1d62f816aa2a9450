// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/mptcp_connection.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/keys.h"
#include "crafting/mptcp.h"
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
	while (all->oldest)
		mptcp_connection_free(all, all->oldest);
	free(all->tokens[0]);
	free(all->tokens[1]);
}

struct mptcp_connection *mptcp_connection_new(struct mptcp_connections *all)
{
	struct mptcp_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->number = ++all->count;
	c->version = -1;
	c->hosts[0].first_dsn = c->hosts[1].first_dsn = UNKNOWN;
	c->older = all->newest;
	if (all->newest)
		all->newest->newer = c;
	else
		all->oldest = c;
	all->newest = c;
	return c;
}

static struct mptcp_connection **
token_bucket(const struct mptcp_connections *all, unsigned host, uint32_t token)
{
	return &all->tokens[host][token % TOKEN_BUCKETS];
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
	struct mptcp_connection **bucket;
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
	bucket = token_bucket(all, host, h->token);
	c->token_next[host] = *bucket;
	*bucket = c;
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
	if (a || o->add_addr.echo || c->address_count == ANNOUNCED_MAX)
		return NULL;
	if (!c->addresses)
		c->addresses = calloc(ANNOUNCED_MAX, sizeof(*c->addresses));
	if (!c->addresses)
		return NULL;
	a = &c->addresses[c->address_count++];
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

void mptcp_remove_addr(struct mptcp_connection *c, unsigned host,
		       const struct mptcp_option *o, uint64_t frame)
{
	for (size_t i = 0; i < c->address_count; i++)
		for (unsigned k = 0; k < o->remove_addr.count; k++)
			if (c->addresses[i].host == host &&
			    c->addresses[i].id == o->remove_addr.ids[k])
				c->addresses[i].removed_frame = frame;
}

/* --- fallback ------------------------------------------------------------- */

/* RFC 8684 3.7: with one subflow MP_FAIL ends MPTCP, with more that one. */
static const char *side_fallback(const struct mptcp_connection *c,
				 const struct flow *f, const struct side *s)
{
	if (s->infinite_frame)
		return "infinite mapping";
	if (s->fail_frame && (c->flow_count == 1 || !f->sibling->sides[1].syn))
		return "MP_FAIL";
	if (s->unmapped_frame && !f->snapped)
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
