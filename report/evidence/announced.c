/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the server announced by ADD_ADDR, and whether it can be joined there.
 */
#include <netinet/in.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"

static bool is_joined(const struct mptcp_connection *c,
		      const struct announced *a)
{
	uint16_t port = a->has_port ? a->port : c->flows->server_port;

	for (const struct flow *f = c->flows->sibling; f; f = f->sibling)
		if (!f->reversed && f->server_port == port &&
		    f->join.fourth_ack_frame && f->join.hmac != KNOWN_NO &&
		    address_equal(&f->server, &a->address))
			return true;
	return false;
}

static void add_address(struct judgement *j, const struct address *a)
{
	struct report *r = j->r;

	for (size_t i = 0; i < r->announced_count; i++)
		if (address_equal(&r->announced[i], a))
			return;
	*ARENA_PUSH(j->arena, r->announced, r->announced_count) = *a;
}

static struct announcement *find(const struct report *r,
				 const struct announced *a, int port)
{
	for (size_t i = 0; i < r->announcement_count; i++) {
		struct announcement *n = &r->announcements[i];

		if (n->port == port && n->id == a->id &&
		    address_equal(&n->address, &a->address))
			return n;
	}
	return NULL;
}

/* Each is announced on each connection. */
static void add(struct judgement *j, const struct mptcp_connection *c,
		const struct announced *a)
{
	int port = a->has_port ? a->port : -1;
	struct announcement *n = find(j->r, a, port);

	add_address(j, &a->address);
	if (!n) {
		n = ARENA_PUSH(j->arena, j->r->announcements,
			       j->r->announcement_count);
		*n = (struct announcement){.address = a->address,
					   .port = port,
					   .id = a->id,
					   .hmac = UNKNOWN};
	}
	if (a->hmac == KNOWN_YES)
		n->hmac = KNOWN_YES;
	n->joined |= is_joined(c, a);
}

/* What was forged is not the server's. */
static void add_all(struct judgement *j, const struct mptcp_connection *c)
{
	for (size_t i = 0; c && i < c->address_count; i++) {
		const struct announced *a = &c->addresses[i];

		if (a->host == 1 && a->frame && a->hmac != KNOWN_NO)
			add(j, c, a);
	}
}

/* What became of TCP to there. */
struct tried {
	bool any, answered, joins, plain;
	unsigned quoted; /* the last hop that a SYN came to; 0: none told */
	bool data, data_acked; /* over a subflow that joined */
};

/* The largest TTL that expired on the way there. */
static unsigned last_quoted(const struct flow *f)
{
	unsigned last = 0;

	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		unsigned ttl = f->sent[q->sent]->packet.ip.ttl;

		if (q->time_exceeded && ttl > last)
			last = ttl;
	}
	return last;
}

static struct tried tried(const struct judgement *j,
			  const struct announcement *a)
{
	int port = a->port < 0 ? j->r->port : a->port;
	struct tried t = {0};

	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		if (f->server_port != port ||
		    !address_equal(&f->server, &a->address))
			continue;
		t.any = true;
		t.answered |= flow_syn_ack(f) || flow_reset(f);
		t.joins |= flow_is(f, PURPOSE_MP_JOIN);
		t.plain |= flow_is(f, PURPOSE_TCP);
		if (last_quoted(f) > t.quoted)
			t.quoted = last_quoted(f);
		t.data |= f->join.fourth_ack_frame && f->join.data_end;
		t.data_acked |= f->join.data_ack_frame != 0;
	}
	return t;
}

/* ---- another program's joins ----------------------------------------------
 */

static bool goes_there(const struct judgement *j, const struct flow *f,
		       const struct announcement *a)
{
	return flow_is(f, PURPOSE_MP_JOIN) && !f->reversed &&
	       f->server_port == (a->port < 0 ? j->r->port : a->port) &&
	       address_equal(&f->server, &a->address);
}

/* When data of the connection was last seen, either way. */
static int64_t last_data_us(const struct flow *parent)
{
	int64_t last_us = 0;

	for (const struct flow *f = parent; f; f = f->sibling)
		for (unsigned i = 0; i < 2; i++)
			if (f->sides[i].last_us > last_us)
				last_us = f->sides[i].last_us;
	return last_us;
}

/* While the connection went on, and had time to be answered. */
static unsigned syns_in_vain(const struct judgement *j, const struct flow *f,
			     int64_t until_us)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		count += f->sent[i]->kind == SEGMENT_JOIN_SYN &&
			 f->sent[i]->time_us + j->patience_us < until_us;
	return count;
}

/* What became of it that neither loss nor the server explains; or NULL. */
static const char *odd_fate(const struct judgement *j, const struct flow *f)
{
	int64_t until_us = last_data_us(j->o->flows[f->join.parent]);
	const struct kept *reset = flow_reset(f);

	if (flow_lost_join(f))
		return "are answered without MP_JOIN";
	if (reset)
		return reset_reason(reset) < 0 && reset->time_us < until_us
			       ? "are answered by a RST"
			       : NULL;
	return !flow_syn_ack(f) && syns_in_vain(j, f, until_us) >= VAIN_SYNS_MIN
		       ? "are not answered"
		       : NULL;
}

static const char *doubt_of(const struct judgement *j,
			    const struct announcement *a)
{
	const struct flow *f = NULL;
	const char *fate = NULL;

	for (size_t i = 0; i < j->flow_count && !fate; i++)
		for (f = j->flows[i]->sibling; f && !fate; f = f->sibling)
			if (goes_there(j, f, a))
				fate = odd_fate(j, f);
	return fate ? arena_printf(j->arena,
				   "whether a subflow to %s port %d works, "
				   "which the server announces, is not known: "
				   "joins to there %s",
				   arena_address(j->arena, &a->address),
				   a->port < 0 ? j->r->port : a->port, fate)
		    : NULL;
}

const char *announced_doubt(const struct judgement *j)
{
	const char *doubt = NULL;

	for (size_t i = 0; i < j->r->announcement_count && !doubt; i++) {
		const struct announcement *a = &j->r->announcements[i];

		if (!j->controlled && !a->joined &&
		    (!address_is_private(&a->address) ||
		     address_is_private(&j->r->target)))
			doubt = doubt_of(j, a);
	}
	return doubt;
}

/* ---- in words -------------------------------------------------------------
 */

const char *announced_in_vain(const struct judgement *j,
			      const struct announcement *a)
{
	struct tried t = tried(j, a);

	if (a->joined || !t.joins)
		return NULL;
	if (t.answered)
		return "it answers TCP, but is not joined";
	if (!t.plain)
		return "it does not answer TCP";
	return t.quoted ? arena_printf(j->arena,
				       "not reachable: SYNs come as far as hop "
				       "%u, and none is answered, with MP_JOIN "
				       "or without",
				       t.quoted)
			: "not reachable: no SYN is answered, with MP_JOIN or "
			  "without";
}

static const char *fate_of(const struct judgement *j,
			   const struct announcement *a)
{
	struct tried t = tried(j, a);

	if (a->joined && t.data_acked)
		return " (joined, and carries data)";
	if (a->joined)
		return t.data ? " (joined, but its data is not acknowledged)"
			      : " (joined; data was not tried)";
	if (t.any && !t.answered)
		return " (does not answer TCP)";
	if (t.joins)
		return " (answers TCP, but is not joined)";
	if (t.any)
		return "";
	if (a->address.family != j->r->target.family)
		return a->address.family == 4 ? " (IPv4: not tried from IPv6)"
					      : " (IPv6: not tried from IPv4)";
	return address_is_private(&a->address) ? " (private: not tried)"
					       : " (not tried)";
}

static void put_into_words(const struct judgement *j, struct announcement *a)
{
	const char *port =
		a->port < 0 ? "" : arena_printf(j->arena, " port %d", a->port);

	a->text = arena_printf(j->arena, "%s%s%s",
			       arena_address(j->arena, &a->address), port,
			       fate_of(j, a));
}

static int initial_joins(const struct judgement *j)
{
	const struct flow *f = j->working ? j->working : j->negotiated;

	return !f ? UNKNOWN : !(f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0);
}

/* A SYN/ACK, or as Linux has it, a RST with MP_TCPRST: where it takes joins
 * only, a plain SYN is refused by its MPTCP. A bare RST may be a firewall's,
 * which would answer an MP_JOIN in the same way. */
static bool shows_open(const struct flow *control, const struct flow *join)
{
	const struct kept *reset = flow_reset(control);

	return flow_syn_ack(control) ||
	       (reset && (!flow_reset(join) ||
			  tcp_options_mptcp(&reset->options, MP_TCPRST)));
}

bool join_control_answered(const struct judgement *j, const struct flow *join)
{
	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		if (flow_is(f, PURPOSE_TCP) &&
		    f->server_port == join->server_port &&
		    address_equal(&f->server, &join->server) &&
		    address_equal(&f->client, &join->client) &&
		    shows_open(f, join))
			return true;
	}
	return false;
}

void judge_announced(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		add_all(j, j->flows[i]->connection);
	if (j->snapped)
		add_all(j, j->snapped->connection);
	for (size_t i = 0; i < j->r->announcement_count; i++)
		put_into_words(j, &j->r->announcements[i]);
	j->r->initial_joins = initial_joins(j);
}
