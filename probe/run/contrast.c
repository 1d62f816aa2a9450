/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs and connections of their own that tell why others were not answered:
 * pairs with and without an option, and the TTL at which a RST is drawn.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* ---- who answers --------------------------------------------------------- */

bool sort_nearer(const struct run *r, const struct version *v)
{
	unsigned reach = sweep_reach(&v->sweep);

	return reach && reach < sweep_reach(&r->plain);
}

/* The version whose SYNs are answered at another TTL than those without MPTCP,
 * or NULL. */
static const struct version *apart(const struct run *r)
{
	unsigned plain = sweep_reach(&r->plain);

	for (unsigned i = 0; i < r->version_count && plain; i++)
		if (sort_nearer(r, &r->versions[i]) ||
		    sweep_reach(&r->versions[i].sweep) > plain)
			return &r->versions[i];
	return NULL;
}

bool sort_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return apart(r) && sweep_settled(r, &r->plain);
}

/* Pairs on fresh ports, with the TTL at which the nearer ones end. */
void sort_start(struct run *r, struct version *v)
{
	const struct version *of = apart(r);
	bool nearer = sort_nearer(r, of);
	unsigned ttl = sweep_reach(nearer ? &of->sweep : &r->plain);

	(void)v;
	for (int i = 0; i < SORT_PAIRS; i++) {
		run_add_syn(r, PURPOSE_TCP, 0, ttl, nearer ? 1 : 2);
		run_add_syn(r, PURPOSE_MP_CAPABLE, of->number, ttl,
			    nearer ? 2 : 1);
	}
}

bool mirror_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->version_count; i++) {
		const struct flow *f = client_flow(&r->versions[i].bare.client);

		if (f && f->mptcp.mirrored)
			return true;
	}
	return false;
}

/* Who echoes our MP_CAPABLE: does it echo what nobody knows as well? */
void mirror_start(struct run *r, struct version *v)
{
	(void)v;
	run_add_syn(r, PURPOSE_UNKNOWN_OPTION, 1, FULL_TTL, 2);
}

/* ---- data that draws a RST ----------------------------------------------- */

bool limited_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f = client_flow(&r->before.client);

	(void)v;
	return r->before.state == CONNECTION_ENDED && f && f->established &&
	       flow_reset(f) && seq_diff(f->server_acked, f->client_isn) <= 1;
}

/* Does it draw one where it cannot reach the server? A connection for each
 * TTL. */
void limited_start(struct run *r, struct version *v)
{
	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++) {
		struct connection *c =
			run_open_request(r, NULL, PURPOSE_TCP, 0);

		c->data_ttl = (uint8_t)ttl;
		connection_begin(c);
	}
}

/* ---- SYNs that are not answered ------------------------------------------ */

static bool gave_up(const struct connection *c)
{
	return c->state == CONNECTION_ENDED && is_silent(&c->client);
}

static bool drew_reset(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return c->state == CONNECTION_ENDED && f && !f->established &&
	       flow_reset(f);
}

/* Nobody waits until a host would give up. */
static bool both_silent(const struct version *v)
{
	return connection_seems_silent(&v->bare) &&
	       connection_seems_silent(&v->summed);
}

bool contrast_wanted(const struct run *r, const struct version *v)
{
	return (both_silent(v) && connection_answered(&r->before)) ||
	       (sweep_settled(r, &v->sweep) &&
		(drew_reset(&v->bare) || gave_up(&v->bare)) &&
		(drew_reset(&v->summed) || gave_up(&v->summed)));
}

/* As long as MP_CAPABLE, and its subtype, but it names no algorithm: that it
 * is answered where MP_CAPABLE is not tells that SYNs pass, and that their
 * SYN/ACKs do not where these have the option (RFC 8684 3.1). */
static void add_no_algorithm(struct run *r, unsigned version)
{
	struct connection *c =
		run_open(r, NULL, NULL, PURPOSE_MP_CAPABLE, version);

	c->syn_tries = 1;
	c->client.no_algorithm = true;
	connection_begin(c);
}

/* On fresh ports: MP_CAPABLE beside nothing; in the first rounds also an option
 * that nobody knows, as long as it; and the MP_CAPABLE of the other version,
 * which is longer or shorter. Which of them comes first changes, because
 * balancers go by the bits of ports. */
static void add_round(struct run *r, const struct version *v, unsigned round)
{
	const struct {
		enum purpose purpose;
		unsigned version;
	} kinds[] = {{PURPOSE_TCP, 0},
		     {PURPOSE_MP_CAPABLE, v->number},
		     {PURPOSE_UNKNOWN_OPTION, v->number},
		     {PURPOSE_MP_CAPABLE, !v->number}};
	const unsigned count = round < CONTRAST_ROUNDS ? 4 : 2;

	for (unsigned i = 0; i < count; i++) {
		unsigned kind = (round + i) % count;

		run_add_syn(r, kinds[kind].purpose, kinds[kind].version,
			    FULL_TTL, 1);
	}
	if (round < CONTRAST_ROUNDS)
		add_no_algorithm(r, v->number);
}

static void add_join_round(struct run *r, const struct version *v,
			   unsigned round)
{
	if (round % 2)
		run_add_syn(r, PURPOSE_TCP, 0, FULL_TTL, 1);
	run_add_join(r, &v->join.client, FULL_TTL);
	if (round % 2 == 0)
		run_add_syn(r, PURPOSE_TCP, 0, FULL_TTL, 1);
}

typedef void add_round_fn(struct run *r, const struct version *v,
			  unsigned round);

/* As long as the judge waits. */
static int64_t patience_us(const struct run *r)
{
	int64_t wait = PATIENCE_FACTOR * r->to.rtt_us;

	if (wait < PATIENCE_MIN_US)
		wait = PATIENCE_MIN_US;
	return (wait > PATIENCE_MAX_US ? PATIENCE_MAX_US : wait) + PAIR_GAP_US;
}

/* The others of this purpose are waiting for what will not come; that to a
 * random token as well, which is not answered under SYN cookies either. */
static void give_up_all(struct run *r, const struct version *v,
			enum purpose purpose)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		struct connection *c = r->connections[i];

		if (c->client.version == v->number &&
		    (c->client.purpose == purpose ||
		     c->client.purpose == PURPOSE_MP_JOIN_RANDOM))
			connection_give_up(c);
	}
}

/* Pairs, one behind the other, as long as nothing with the option is answered.
 */
static int64_t step_pairs(struct run *r, struct version *v, int64_t now_us,
			  enum purpose purpose, add_round_fn *add)
{
	struct progress *p = r->current;

	if (now_us < p->round_us)
		return p->round_us;
	if (p->rounds < DECIDING_PAIRS) {
		add(r, v, p->rounds++);
		p->round_us =
			now_us + (p->rounds < DECIDING_PAIRS ? PAIR_GAP_US
							     : patience_us(r));
		return p->round_us;
	}
	if (p->rounds++ == DECIDING_PAIRS) {
		/* The last control: for the judge, too, time has passed. */
		run_add_syn(r, PURPOSE_TCP, 0, FULL_TTL, 1);
		if (all_lost(r, v, purpose))
			give_up_all(r, v, purpose);
	}
	return OVER;
}

/* The TTL from which on a RST may be drawn: behind the last hop that quoted
 * the SYN, or the first one where the SYN itself passes. */
static unsigned first_edge(const struct run *r, const struct client *drew,
			   const struct client *swept, enum segment_kind kind)
{
	const struct flow *f = client_flow(swept);
	unsigned ttl = r->reach ? r->reach - 1 : 0;

	while (f && ttl && !flow_quote(f, kind, ttl))
		ttl--;
	return client_flow(drew)->syn_ack_seen || ttl + 1 >= r->reach
		       ? r->settings->first_ttl
		       : ttl + 1;
}

/* RSTs: the rounds at once, and what is drawn at which TTL. */
static void contrast_resets(struct run *r, struct version *v, bool join)
{
	unsigned ttl;

	for (unsigned round = 0; round < CONTRAST_ROUNDS; round++) {
		if (join)
			add_join_round(r, v, round);
		else
			add_round(r, v, round);
	}
	r->current->rounds = DECIDING_PAIRS;
	ttl = join ? first_edge(r, &v->join.client, &v->join.client,
				SEGMENT_JOIN_SYN)
		   : first_edge(r, &v->bare.client, &v->sweep.client,
				SEGMENT_SYN);
	for (; run_sweeping(r) && ttl <= r->reach; ttl++) {
		if (join)
			run_add_join(r, &v->join.client, ttl);
		else
			run_add_syn(r, PURPOSE_MP_CAPABLE, v->number, ttl, 2);
	}
}

void contrast_start(struct run *r, struct version *v)
{
	if (!both_silent(v))
		contrast_resets(r, v, false);
}

int64_t contrast_step(struct run *r, struct version *v, int64_t now_us)
{
	return both_silent(v)
		       ? step_pairs(r, v, now_us, PURPOSE_MP_CAPABLE, add_round)
		       : OVER;
}

/* Given up, or answered by a RST. */
static bool join_failed(const struct run *r, const struct version *v)
{
	const struct flow *f = client_flow(&v->join.client);

	return v->join.state == CONNECTION_ENDED && f && !f->established &&
	       (!f->syn_ack_seen || flow_reset(f)) &&
	       sweep_settled(r, &v->sweep);
}

bool join_contrast_wanted(const struct run *r, const struct version *v)
{
	return (joins_seem_silent(r, v) || join_failed(r, v)) &&
	       v->open.state != CONNECTION_BUSY &&
	       run_began(r, join_copies_start, v);
}

void join_contrast_start(struct run *r, struct version *v)
{
	if (flow_reset(client_flow(&v->join.client)))
		contrast_resets(r, v, true);
}

int64_t join_contrast_step(struct run *r, struct version *v, int64_t now_us)
{
	return is_silent(&v->join.client)
		       ? step_pairs(r, v, now_us, PURPOSE_MP_JOIN,
				    add_join_round)
		       : OVER;
}

/* ---- an unknown token ---------------------------------------------------- */

/* Everything is answered as plain TCP, and that is not: where does it end? */
bool token_wanted(const struct run *r, const struct version *v)
{
	const struct flow *bare = client_flow(&v->bare.client);
	const struct flow *f = client_flow(&v->random.client);

	return v == r->versions && v->random.state == CONNECTION_ENDED && f &&
	       !f->syn_ack_seen && bare && bare->syn_ack_seen &&
	       !is_negotiated(&v->bare.client);
}

/* A RST: SYNs of their own tell which TTL draws one. */
void token_start(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl;
	     ttl < r->reach && !is_silent(&v->random.client); ttl++)
		run_add_syn(r, PURPOSE_MP_JOIN_RANDOM, v->number, ttl, 2);
	run_wait(r, 2 * answer_wait_us(&r->to));
}

/* The last hop that quoted its copies. */
static unsigned token_quoted(const struct run *r, const struct version *v)
{
	const struct flow *f = client_flow(&v->random.client);
	unsigned ttl = r->reach - 1;

	while (ttl && !flow_quote(f, SEGMENT_JOIN_SYN, ttl))
		ttl--;
	return ttl;
}

/* Of routers whose answers were spent a second round tells, before their
 * silence does; and one behind the last must quote SYNs without MPTCP. */
#define TOKEN_ROUNDS_MIN 2

static bool token_missing(const struct run *r, const struct version *v)
{
	unsigned ttl = token_quoted(r, v) + 1;

	if (r->current->rounds < TOKEN_ROUNDS_MIN)
		return ttl < r->reach;
	while (ttl < r->reach && !sweep_quoted(&r->plain, ttl))
		ttl++;
	return ttl == r->reach && token_quoted(r, v) + 1 < r->reach;
}

static void token_copies(struct run *r, struct version *v)
{
	for (unsigned ttl = token_quoted(r, v) + 1; ttl < r->reach; ttl++) {
		client_send_syn(&v->random.client, low_copy(ttl));
		if (!sweep_quoted(&r->plain, ttl))
			sweep_again(&r->plain, ttl, true);
	}
}

/* Silence: copies show where it is dropped. */
int64_t token_step(struct run *r, struct version *v, int64_t now_us)
{
	return is_silent(&v->random.client)
		       ? run_round(r, v, now_us, token_missing, token_copies)
		       : OVER;
}

/* ---- several ways -------------------------------------------------------- */

/* Answered as plain TCP, as a MP_JOIN never is, or by a RST. */
static bool is_odd(const struct client *c)
{
	const struct flow *f = client_flow(c);

	if (!f || is_negotiated(c) || f->mptcp.mirrored)
		return false;
	return f->syn_ack_seen ||
	       (c->purpose != PURPOSE_MP_JOIN_RANDOM && flow_reset(f));
}

/* The first that asks so and is answered oddly. */
static struct client *find_odd(const struct run *r, const struct version *v,
			       enum purpose purpose)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		struct connection *c = r->connections[i];

		if (c->client.purpose == purpose && c->copy.ttl == FULL_TTL &&
		    c->client.version == v->number && !c->client.no_algorithm &&
		    is_odd(&c->client))
			return &c->client;
	}
	return NULL;
}

static bool any_negotiated(const struct run *r, const struct version *v,
			   enum purpose purpose)
{
	for (size_t i = 0; i < r->connection_count; i++)
		if (r->connections[i]->client.purpose == purpose &&
		    r->connections[i]->client.version == v->number &&
		    is_negotiated(&r->connections[i]->client))
			return true;
	return false;
}

/* One of each kind, whose option comes back on others: they may take different
 * ways. The SYN with a random token is looked at where MP_CAPABLE does. */
static struct client *find_branch(const struct run *r, const struct version *v,
				  enum purpose purpose)
{
	bool others =
		purpose == PURPOSE_MP_JOIN
			? any_negotiated(r, v, PURPOSE_MP_JOIN)
			: is_negotiated(&v->sweep.client) ||
				  any_negotiated(r, v, PURPOSE_MP_CAPABLE);

	return others ? find_odd(r, v, purpose) : NULL;
}

bool some_plain(const struct run *r, const struct version *v)
{
	const struct client *c = find_branch(r, v, PURPOSE_MP_CAPABLE);

	return c && client_flow(c)->syn_ack_seen;
}

static const enum purpose branch_kinds[] = {PURPOSE_MP_CAPABLE, PURPOSE_MP_JOIN,
					    PURPOSE_MP_JOIN_RANDOM};

#define BRANCH_KINDS (sizeof(branch_kinds) / sizeof(*branch_kinds))

/* No copies went the same way yet. */
static bool wants_copies(const struct run *r, const struct client *c)
{
	const struct flow *f = c ? client_flow(c) : NULL;

	return f && !flow_sent_count(f, SEGMENT_SYN, r->settings->first_ttl) &&
	       !flow_sent_count(f, SEGMENT_JOIN_SYN, r->settings->first_ttl);
}

bool branches_wanted(const struct run *r, const struct version *v)
{
	for (size_t i = 0; i < BRANCH_KINDS; i++)
		if (r->reach > r->settings->first_ttl &&
		    wants_copies(r, find_branch(r, v, branch_kinds[i])))
			return true;
	return false;
}

static bool is_untold(const struct run *r, const struct client *c, unsigned ttl)
{
	const struct flow *f = c ? client_flow(c) : NULL;

	return f && run_heard(r, ttl) && !flow_quote(f, SEGMENT_SYN, ttl) &&
	       !flow_quote(f, SEGMENT_JOIN_SYN, ttl);
}

static bool branches_missing(const struct run *r, const struct version *v)
{
	for (size_t i = 0; i < BRANCH_KINDS; i++)
		for (unsigned ttl = r->settings->first_ttl; ttl < r->reach;
		     ttl++)
			if (is_untold(r, find_branch(r, v, branch_kinds[i]),
				      ttl))
				return true;
	return false;
}

/* Copies of the SYN take the same way as it did. */
static void branches_send(struct run *r, struct version *v)
{
	for (size_t i = 0; i < BRANCH_KINDS; i++) {
		struct client *c = find_branch(r, v, branch_kinds[i]);

		for (unsigned ttl = r->settings->first_ttl; ttl < r->reach;
		     ttl++)
			if (is_untold(r, c, ttl))
				client_send_syn(c, low_copy(ttl));
	}
}

int64_t branches_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, branches_missing, branches_send);
}
