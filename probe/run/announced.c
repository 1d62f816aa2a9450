/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows to where the server wants them: at the addresses and ports that it
 * announces by ADD_ADDR. Where it forbids joins to its first address and port
 * (flag C: RFC 8684 3.1), that is the only way.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

bool forbids_joins(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0;
}

uint16_t announced_port(const struct announced *a, const struct destination *to)
{
	return a->has_port ? a->port : to->port;
}

/* Whether a join may be tried there: it is the server's own word, elsewhere
 * than the first subflow. Private networks are none of a server's to probe that
 * is not in one. */
static bool can_be_joined(const struct announced *a, const struct client *c)
{
	const struct destination *to = c->to;

	if (a->host != 1 || !a->frame || a->removed_frame ||
	    (a->hmac != KNOWN_YES && c->version != 0))
		return false;
	if (address_equal(&a->address, &to->target))
		return announced_port(a, to) != to->port;
	return a->address.family == to->target.family &&
	       (!address_is_private(&a->address) ||
		address_is_private(&to->target)) &&
	       live_follow(to->live, &to->source, &a->address);
}

static const struct mptcp_connection *mptcp_of(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f ? f->connection : NULL;
}

const struct announced *announced_to(const struct client *c)
{
	const struct mptcp_connection *m = mptcp_of(c);

	for (size_t i = 0; m && i < m->address_count; i++)
		if (can_be_joined(&m->addresses[i], c))
			return &m->addresses[i];
	return NULL;
}

static void set_place(const struct run *r, const struct announced *a,
		      struct destination *to)
{
	*to = r->to;
	to->target = a->address;
	to->port = announced_port(a, &r->to);
}

/* Has an open join go where the server announced, beside its control. */
static void go_there(struct run *r, struct destination *to,
		     struct connection *join, struct connection *control)
{
	join->client.to = to;
	run_open(r, control, NULL, PURPOSE_TCP, 0);
	control->client.to = to;
	control->syn_tries = join->syn_tries;
	connection_begin(control);
}

void join_announced(struct run *r, struct version *v)
{
	set_place(r, announced_to(v->join.client.parent), &v->join_to);
	go_there(r, &v->join_to, &v->join, &v->join_control);
}

/* ---- the other places ---------------------------------------------------- */

/* None is the only way, so that silence need not be proven: two SYNs will do.
 */
#define ELSEWHERE_TRIES 2

static bool goes_to(const struct destination *to, const struct announced *a,
		    const struct run *r)
{
	return to->live && to->port == announced_port(a, &r->to) &&
	       address_equal(&to->target, &a->address);
}

static const struct announced *
next_place(const struct run *r, const struct version *v, const struct client *c)
{
	const struct mptcp_connection *m = mptcp_of(c);

	for (size_t i = 0; m && i < m->address_count; i++) {
		const struct announced *a = &m->addresses[i];
		bool tried = goes_to(&v->join_to, a, r);

		for (unsigned k = 0; k < v->elsewhere_count; k++)
			tried |= goes_to(&v->elsewhere[k].to, a, r);
		if (!tried && can_be_joined(a, c))
			return a;
	}
	return NULL;
}

/* Behind the join that the version is about: the server may take few. */
bool elsewhere_wanted(const struct run *r, const struct version *v)
{
	const struct connection *join = &v->join;
	const struct flow *f = client_flow(&join->client);

	return f && (f->join.fourth_ack_frame || connection_over(join)) &&
	       v->elsewhere_count < ELSEWHERE_MAX &&
	       next_place(r, v, join->client.parent);
}

/* By a connection of its own: the first may have its answer and be closed by
 * then, or have all the subflows that the server takes. */
void elsewhere_start(struct run *r, struct version *v)
{
	struct elsewhere *e = &v->elsewhere[v->elsewhere_count];

	set_place(r, next_place(r, v, v->join.client.parent), &e->to);
	v->elsewhere_count++;
	open_to_join(r, &e->open, v->number);
	e->open.awaits_address = true;
}

static void join_there(struct run *r, struct version *v, struct elsewhere *e)
{
	run_open(r, &e->join, &course_join, PURPOSE_MP_JOIN, v->number);
	client_join(&e->join.client, &e->open.client);
	take_rest(&e->join, &e->open);
	e->join.client.address_id = (uint8_t)(1 + v->elsewhere_count);
	e->join.syn_tries = ELSEWHERE_TRIES;
	go_there(r, &e->to, &e->join, &e->control);
	connection_begin(&e->join);
}

static bool has_joined(const struct connection *join)
{
	const struct flow *f = client_flow(&join->client);

	return f && f->join.fourth_ack_frame;
}

/* The connection goes on when the subflow brings its rest; or if it did not
 * join, and nobody asks why. */
int64_t elsewhere_step(struct run *r, struct version *v, int64_t now_us)
{
	struct elsewhere *e = &v->elsewhere[v->elsewhere_count - 1];

	(void)now_us;
	if (e->join.state == CONNECTION_IDLE && is_proven(&e->open))
		join_there(r, v, e);
	if (has_joined(&e->join) ||
	    (connection_over(&e->join) && !run_sweeping(r)))
		e->open.joined = &e->join;
	return OVER;
}

/* ---- those that are not joined ------------------------------------------- */

static struct elsewhere *refused(const struct version *v)
{
	for (unsigned i = 0; i < v->elsewhere_count; i++) {
		const struct elsewhere *e = &v->elsewhere[i];

		if (!e->asked && connection_over(&e->join) &&
		    connection_over(&e->control) && !has_joined(&e->join))
			return (struct elsewhere *)e;
	}
	return NULL;
}

bool refused_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return refused(v) != NULL;
}

/* SYNs to there by turns with others; and where a RST comes in, with which TTL
 * it does. */
void refused_start(struct run *r, struct version *v)
{
	struct elsewhere *e = refused(v);
	struct client *c = &e->join.client;

	e->asked = true;
	v->refused = e;
	r->current->rounds = 0;
	for (unsigned i = 0; i < CONTRAST_ROUNDS; i++) {
		run_add_join(r, c, FULL_TTL);
		run_add_syn_to(r, i % 2 ? &e->to : &r->to);
	}
	for (unsigned ttl = r->settings->first_ttl;
	     flow_reset(client_flow(c)) && ttl < r->reach; ttl++)
		run_add_join(r, c, ttl);
	run_wait(r, 2 * answer_wait_us(&r->to));
}

static bool is_untold(const struct run *r, const struct version *v,
		      unsigned ttl)
{
	return !flow_quote(client_flow(&v->refused->join.client),
			   SEGMENT_JOIN_SYN, ttl) &&
	       (!r->current->rounds || run_heard(r, ttl));
}

/* Routers whose answers were spent the second round tells. */
#define REFUSED_ROUNDS 2

static bool refused_missing(const struct run *r, const struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		if (is_untold(r, v, ttl))
			return true;
	return false;
}

static void refused_copies(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		if (is_untold(r, v, ttl))
			client_send_syn(&v->refused->join.client,
					low_copy(ttl));
}

static int64_t copies_step(struct run *r, struct version *v, int64_t now_us)
{
	int64_t end_us;

	if (r->current->rounds < REFUSED_ROUNDS)
		return run_round(r, v, now_us, refused_missing, refused_copies);
	end_us = r->current->round_us - ROUTER_REST_US +
		 2 * answer_wait_us(&r->to);
	return refused_missing(r, v) && now_us < end_us ? end_us : OVER;
}

/* Another one, to the first place, brings the rest: the server knew the token
 * all the time. */
static void join_beside(struct run *r, struct version *v, struct elsewhere *e)
{
	run_open(r, &e->beside, &course_join, PURPOSE_MP_JOIN, v->number);
	client_join(&e->beside.client, &e->open.client);
	take_rest(&e->beside, &e->open);
	e->open.joined = &e->beside;
	connection_begin(&e->beside);
}

int64_t refused_step(struct run *r, struct version *v, int64_t now_us)
{
	struct elsewhere *e = v->refused;
	int64_t at = copies_step(r, v, now_us);

	if (at != OVER || now_us < r->current->until_us || e->open.joined)
		return at;
	if (forbids_joins(&e->open.client))
		e->open.joined = &e->join;
	else
		join_beside(r, v, e);
	return at;
}

/* ---- echoes -------------------------------------------------------------- */

/* A server announces the next one when it has the echo of the last (Linux).
 * That must not seem older than data that is under way: all was captured. */
bool echo_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = connection_to_join((struct version *)v);
	const struct mptcp_connection *m = mptcp_of(&c->client);

	return !r->to.live->departures.count && m && is_proven(c) &&
	       m->address_count > v->echoed;
}

void echo_all(struct client *c, size_t *echoed)
{
	const struct mptcp_connection *m = mptcp_of(c);

	for (; m && *echoed < m->address_count; ++*echoed) {
		const struct announced *a = &m->addresses[*echoed];

		if (a->host == 1 && a->frame && a->hmac == KNOWN_YES)
			client_echo_add_addr(c, a);
	}
}

void echo_start(struct run *r, struct version *v)
{
	(void)r;
	echo_all(&connection_to_join(v)->client, &v->echoed);
}

/* ---- waiting for an announcement ----------------------------------------- */

bool announcement_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = connection_to_join((struct version *)v);

	(void)r;
	return is_proven(c) && forbids_joins(&c->client) &&
	       !announced_to(&c->client);
}

void announcement_start(struct run *r, struct version *v)
{
	connection_to_join(v)->awaits_address = true;
	run_wait(r, ANNOUNCEMENT_US);
}

int64_t announcement_step(struct run *r, struct version *v, int64_t now_us)
{
	struct connection *c = connection_to_join(v);

	if (announced_to(&c->client)) {
		r->current->until_us = now_us;
	} else if (now_us >= r->current->until_us) {
		c->awaits_address = false;
		connection_step(c, now_us);
	}
	return OVER;
}
