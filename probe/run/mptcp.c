/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connections with MPTCP of one version, the subflow that joins them, and
 * copies of their segments that end at each hop.
 */
#include "probe/run/experiment.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* Answered as plain TCP, or by its own echo, which a server of another
 * version may be behind. */
static bool answered_plainly(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && f->syn_ack_seen && !f->mptcp.syn_ack;
}

static bool any_speaks(const struct run *r, unsigned version)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct client *c = &r->connections[i]->client;

		if (c->purpose == PURPOSE_MP_CAPABLE && c->version == version &&
		    is_negotiated(c))
			return true;
	}
	return false;
}

/* The second version is tried as soon as the first is answered as plain TCP,
 * or where only SYNs of the second are answered. */
bool mptcp_wanted(const struct run *r, const struct version *v)
{
	const struct version *first = &r->versions[0];
	const struct flow *f = client_flow(&first->bare.client);

	if (r->settings->sweep_only)
		return false;
	return v == first || answered_plainly(&first->bare) ||
	       answered_plainly(&first->summed) ||
	       (f && !f->syn_ack_seen && any_speaks(r, v->number));
}

/* Devices that look at data may leave very short segments alone. */
#define TAIL_BYTES 32

/* What is left of the request when `split` bytes are out goes out in two more
 * segments, of which a subflow that joins is to bring the last, with as much
 * more behind it as it takes. */
void hold_tail(const struct run *r, struct connection *c, size_t split)
{
	if (r->settings->mute)
		return;
	if (r->more) {
		c->request = r->long_request;
		c->more = r->more;
	}
	c->tail = c->length - split > TAIL_BYTES ? TAIL_BYTES
						 : (c->length - split) / 2;
	c->split = split;
	c->length -= c->tail;
}

void mptcp_start(struct run *r, struct version *v)
{
	run_open_request(r, &v->bare, PURPOSE_MP_CAPABLE, v->number);
	hold_tail(r, &v->bare, v->bare.split);
	connection_begin(&v->bare);
	run_open_request(r, &v->summed, PURPOSE_MP_CAPABLE, v->number);
	v->summed.client.checksum = true;
	if (r->more)
		hold_tail(r, &v->summed, v->summed.split);
	v->summed.alone = true;
	v->bare.beside = &v->summed;
	connection_begin(&v->summed);
	run_open(r, &v->random, &course_request, PURPOSE_MP_JOIN_RANDOM,
		 v->number);
	v->random.syn_tries = 3;
	connection_begin(&v->random);
}

/* ---- copies -------------------------------------------------------------- */

/* Ended by a RST for data with mappings: copies can still show why. */
static bool data_refused(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return c->state == CONNECTION_ENDED && f && f->mptcp.mapped &&
	       flow_reset(f) && f->established;
}

struct connection *connection_to_copy(struct version *v)
{
	if (connection_data_acked(&v->bare) || v->bare.state == CONNECTION_HELD)
		return &v->bare;
	if (data_refused(&v->bare) && data_refused(&v->summed))
		return &v->bare;
	return &v->summed;
}

/* All of its request was acknowledged, or refused. */
bool copies_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = connection_to_copy((struct version *)v);
	const struct flow *f = client_flow(&c->client);
	bool acked = c->state == CONNECTION_HELD ||
		     (c->state == CONNECTION_BUSY && c->step >= REQUEST_HELD);

	if (run_follows(r) && connection_data_acked(c))
		return false; /* nothing that is worth the quotes */
	return f && f->mptcp.syn_ack && (acked || data_refused(c));
}

/* Old data leaves no hole, and none of them reaches the server. */
void copies_start(struct run *r, struct version *v)
{
	struct connection *c = connection_to_copy(v);

	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		connection_copy(c, SEGMENT_ACK, ttl);
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		connection_copy(c, SEGMENT_DATA, ttl);
}

/* SYNs with MP_CAPABLE are answered before those without it. */
bool bare_acks_wanted(const struct run *r, const struct version *v)
{
	return sort_nearer(r, v) && copies_wanted(r, v);
}

/* If a device ends the connections, all their segments end there; if the TTLs
 * of what has an option are raised, ACKs without one go on. */
void bare_acks_start(struct run *r, struct version *v)
{
	struct client *c = &connection_to_copy(v)->client;

	for (unsigned ttl = sweep_reach(&v->sweep); ttl < r->reach; ttl++)
		client_send_bare_ack(c, low_copy(ttl));
	run_wait(r, quote_wait_us(&r->to));
}

/* Its data was taken, but not as MPTCP. */
static bool fell_back(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return c->state == CONNECTION_HELD && f && f->mptcp.syn_ack &&
	       !flow_data_acked(f);
}

/* A server that closes at once, by MP_FASTCLOSE, refused nothing. */
static bool lost_mptcp(const struct connection *c)
{
	return (data_refused(c) && !client_flow(&c->client)->mptcp.fastclose) ||
	       fell_back(c);
}

/* The one of the two that lost MPTCP with its data, if the other did not: so
 * far copies were sent of that one. Or NULL. */
static struct connection *odd_one(struct version *v)
{
	if (connection_data_acked(&v->summed) && lost_mptcp(&v->bare))
		return &v->bare;
	return connection_data_acked(&v->bare) && lost_mptcp(&v->summed)
		       ? &v->summed
		       : NULL;
}

bool odd_copies_wanted(const struct run *r, const struct version *v)
{
	return run_began(r, copies_start, v) && odd_one((struct version *)v);
}

static bool odd_untold(const struct run *r, const struct connection *c,
		       unsigned ttl)
{
	return run_heard(r, ttl) &&
	       !flow_quote(client_flow(&c->client), SEGMENT_DATA, ttl);
}

static bool odd_missing(const struct run *r, const struct version *v)
{
	const struct connection *c = odd_one((struct version *)v);

	for (unsigned ttl = r->settings->first_ttl; c && ttl < r->reach; ttl++)
		if (odd_untold(r, c, ttl))
			return true;
	return false;
}

static void odd_send(struct run *r, struct version *v)
{
	struct connection *c = odd_one(v);

	for (unsigned ttl = r->settings->first_ttl; c && ttl < r->reach; ttl++)
		if (odd_untold(r, c, ttl))
			connection_copy(c, SEGMENT_DATA, ttl);
}

int64_t odd_copies_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, odd_missing, odd_send);
}

/* ---- the first data ------------------------------------------------------ */

/* What lost MPTCP with its first data, which in version 1 carries MP_CAPABLE:
 * copies of later data show what becomes of a DSS. Or NULL. */
static struct connection *lost_at_first(const struct version *v)
{
	struct version *of = (struct version *)v;
	struct connection *odd = odd_one(of);
	struct connection *c = odd ? odd : connection_to_copy(of);

	return v->number == 1 && fell_back(c) && !c->plain_tried ? c : NULL;
}

bool first_copies_wanted(const struct run *r, const struct version *v)
{
	return run_began(r, copies_start, v) && lost_at_first(v);
}

static bool quoted_first(const struct flow *f, unsigned ttl)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *k = f->sent[f->quotes[i].sent];

		if (k->kind == SEGMENT_DATA && k->packet.ip.ttl == ttl &&
		    tcp_options_mptcp(&k->options, MP_CAPABLE))
			return true;
	}
	return false;
}

static bool first_untold(const struct run *r, const struct connection *c,
			 unsigned ttl)
{
	return run_heard(r, ttl) && !quoted_first(client_flow(&c->client), ttl);
}

static bool first_missing(const struct run *r, const struct version *v)
{
	const struct connection *c = lost_at_first(v);

	for (unsigned ttl = r->settings->first_ttl; c && ttl < r->reach; ttl++)
		if (first_untold(r, c, ttl))
			return true;
	return false;
}

static void first_send(struct run *r, struct version *v)
{
	struct connection *c = lost_at_first(v);

	for (unsigned ttl = r->settings->first_ttl; c && ttl < r->reach; ttl++)
		if (first_untold(r, c, ttl))
			connection_copy_first(c, ttl);
}

int64_t first_copies_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, first_missing, first_send);
}

/* ---- once more ----------------------------------------------------------- */

/* Checksums alone that fail ask for a second witness. */
bool again_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return v->again.state == CONNECTION_IDLE &&
	       connection_data_acked(&v->bare) && fell_back(&v->summed);
}

void again_start(struct run *r, struct version *v)
{
	run_open_request(r, &v->again, PURPOSE_MP_CAPABLE, v->number);
	v->again.client.checksum = true;
	connection_begin(&v->again);
}

static bool answered(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && (flow_answered(f) || f->server_fin);
}

/* All that was asked was acknowledged, with MPTCP and without it, and nothing
 * is answered. */
bool stalled_wanted(const struct run *r, const struct version *v)
{
	return v->again.state == CONNECTION_IDLE &&
	       v->bare.step >= REQUEST_ANSWER &&
	       connection_data_acked(&v->bare) &&
	       connection_data_acked(&v->summed) &&
	       r->before.state == CONNECTION_HELD && !answered(&r->before) &&
	       !answered(&v->bare) && !answered(&v->summed);
}

/* So long before it is given up, an answer has stalled. */
#define STALL_US 2000000
/* What every link takes (RFC 9293 3.7.1, RFC 8200 5). */
#define SMALL_MSS4 536
#define SMALL_MSS6 1220

/* Answers that stall may be too large for a link: a small MSS tells. */
int64_t stalled_step(struct run *r, struct version *v, int64_t now_us)
{
	int64_t at = connection_due_us(&v->bare) - STALL_US;

	if (!stalled_wanted(r, v))
		return OVER;
	if (now_us < at)
		return at;
	r->to_small = r->to;
	r->to_small.mss = r->to.target.family == 6 ? SMALL_MSS6 : SMALL_MSS4;
	run_open_request(r, &v->again, PURPOSE_MP_CAPABLE, v->number);
	v->again.client.to = &r->to_small;
	connection_begin(&v->again);
	return OVER;
}

/* ---- subflows ------------------------------------------------------------ */

/* A DATA_ACK for the first data will do for a token. */
bool is_proven(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && flow_data_acked(f) &&
	       (c->state == CONNECTION_HELD ||
		(c->state == CONNECTION_BUSY && c->step >= REQUEST_SECOND));
}

/* The one that is open behind a server that closes too early, or else the
 * first that is proven. */
struct connection *connection_to_join(struct version *v)
{
	if (v->open.state != CONNECTION_IDLE)
		return &v->open;
	return is_proven(&v->bare) ? &v->bare : &v->summed;
}

/* As soon as a connection is proven; and, where the server forbids joins to
 * its first address and port, when it announced another. */
bool join_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = connection_to_join((struct version *)v);

	(void)r;
	return (v->join.state == CONNECTION_IDLE ||
		(c == &v->open && v->join.client.parent != &c->client)) &&
	       is_proven(c) &&
	       (!forbids_joins(&c->client) || announced_to(&c->client)) &&
	       (c != &v->summed || connection_over(&v->bare));
}

void take_rest(struct connection *join, const struct connection *parent)
{
	join->request = parent->request;
	join->length = parent->length;
	join->tail = parent->tail;
	join->more = parent->more;
}

void join_start(struct run *r, struct version *v)
{
	struct connection *parent = connection_to_join(v);

	run_open(r, &v->join, &course_join, PURPOSE_MP_JOIN, v->number);
	client_join(&v->join.client, &parent->client);
	if (forbids_joins(&parent->client))
		join_announced(r, v);
	if (parent->step <= REQUEST_HELD && !parent->alone)
		take_rest(&v->join, parent);
	parent->joined = &v->join;
	v->join.beside = &v->summed;
	connection_begin(&v->join);
}

/* Its third ACK was not answered: copies show where that ends; and whether
 * the server answers none before data (TCP_DEFER_ACCEPT) tell plain
 * connections, to which the SYN/ACK comes again then. */
bool unconfirmed_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f = client_flow(&v->join.client);

	(void)r;
	return v->join.state == CONNECTION_ENDED && f &&
	       f->join.hmac == KNOWN_YES && f->join.ack_sent &&
	       !f->join.fourth_ack_frame && !flow_reset(f);
}

void unconfirmed_start(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		client_send_third_ack(&v->join.client, low_copy(ttl));
}

void deferring_start(struct run *r, struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < DEFER_CONTROLS_MIN; i++)
		connection_begin(
			run_open(r, NULL, &course_request, PURPOSE_TCP, 0));
	run_wait(r, DEFER_TOLD_US + answer_wait_us(&r->to));
}

bool join_copies_wanted(const struct run *r, const struct version *v)
{
	const struct connection *join = &v->join;

	return join->state == CONNECTION_ENDED || joins_seem_silent(r, v) ||
	       (!run_follows(r) && join->step > 0);
}

void join_copies_start(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		client_send_syn(&v->join.client, low_copy(ttl));
}

/* Its data, or what of it is of full size, was not acknowledged: copies show
 * where it lost its mapping, or ends. */
bool join_data_wanted(const struct run *r, const struct version *v)
{
	const struct connection *join = &v->join;
	const struct flow *f = client_flow(&join->client);

	(void)r;
	return f && f->join.data_end &&
	       (join->shrinks || (join->state == CONNECTION_ENDED &&
				  !connection_took_all(join)));
}

void join_data_start(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		connection_copy(&v->join, SEGMENT_JOIN_DATA, ttl);
}

/* It says that it got no MP_JOIN with the third ACK: once may be chance. */
static bool missed_third_ack(const struct flow *f)
{
	return f->join.ack_sent && f->sides[1].reset_reason == TCPRST_MPTCP;
}

/* The server ended the connection to which a subflow was to be added, and that
 * was not: some close as soon as they have answered, or found a request that
 * they do not know. Or it did not take the third ACK. */
bool closed_early(const struct connection *join)
{
	const struct flow *added = client_flow(&join->client);
	const struct flow *f = added ? client_flow(join->client.parent) : NULL;

	return f && !added->join.fourth_ack_frame &&
	       (join->state == CONNECTION_ENDED || join->tries > 1) &&
	       !f->mptcp.mp_fail && f->mptcp.has_data_ack &&
	       (flow_server_ended(f) || missed_third_ack(added));
}

bool open_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return closed_early(&v->join);
}

/* Then a join is tried once more, to a connection whose server has not got a
 * line yet. */
#define OPEN_BYTES 4

void open_to_join(struct run *r, struct connection *c, unsigned version)
{
	run_open_request(r, c, PURPOSE_MP_CAPABLE, version);
	hold_tail(r, c, c->split);
	c->split = c->length = OPEN_BYTES;
	connection_begin(c);
}

void open_start(struct run *r, struct version *v)
{
	connection_end(&v->join);
	open_to_join(r, &v->open, v->number);
}
