/* SPDX-License-Identifier: GPL-3.0-or-later
 * What becomes of our ACKs without data: the third one, with MP_CAPABLE, and
 * those behind it, with DSS. Elsewhere data goes out with them, and hides that
 * they are lost. A keep-alive is such an ACK, and is answered at once (RFC 9293
 * 3.8.4), with a DSS when the third ACK arrived. And where the window is
 * narrow, the server sends on only when an ACK, and its DATA_ACK, has come
 * (RFC 8684 3.3.4).
 */
#include "probe/run/experiment.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* Not yet a line: the server waits for more. */
#define ACKS_BYTES 4
/* Linux answers one keep-alive in half a second (tcp_invalid_ratelimit). */
#define KEEP_ALIVE_US 600000
/* The ACK of data and the answer to a keep-alive may be alike, and pass for one
 * packet that was seen twice (sightings.c). */
#define PAUSE_US 5000
/* All witnesses together send as many as it takes. */
#define ACK_TRIES ((VAIN_TRIES + ACK_WITNESSES - 1) / ACK_WITNESSES)

static bool any_answered(const struct flow *f)
{
	struct keep_alive a = keep_alives(f);

	while (keep_alive_next(&a))
		if (a.answer)
			return true;
	return false;
}

/* The first one has no time to wait. */
static unsigned tries_of(const struct connection *c)
{
	return c->patient ? ACK_TRIES : 1;
}

/* ---- the third ACK, without data ------------------------------------------
 */

enum { THIRD_ACK = 1 };

static void third_send(struct connection *c)
{
	client_send_pure_ack(&c->client, true, COPY_FULL);
}

static bool third_done(const struct connection *c, const struct flow *f)
{
	(void)c;
	return any_answered(f) && flow_third_ack_taken(f);
}

static void third_next(struct connection *c, const struct flow *f, bool done)
{
	(void)f;
	(void)done;
	if (c->step == 0)
		connection_go(c, THIRD_ACK, KEEP_ALIVE_US);
	else
		connection_end(c);
}

static const struct course course_third = {
	third_send, third_done,	       tries_of,
	third_next, .last = THIRD_ACK, .ends_with_fin = true};

/* ---- keep-alives behind data ----------------------------------------------
 */

enum { ALIVE_DATA = 1, ALIVE_PAUSE, ALIVE_ACKS };

static bool bytes_acked(const struct flow *f)
{
	return connection_acked(f) >= ACKS_BYTES;
}

static void alive_send(struct connection *c)
{
	if (c->step == ALIVE_DATA)
		client_send_data(&c->client, c->request, ACKS_BYTES, 0, false,
				 COPY_FULL);
	else if (c->step == ALIVE_ACKS)
		client_send_pure_ack(&c->client, true, COPY_FULL);
}

static bool alive_done(const struct connection *c, const struct flow *f)
{
	return c->step == ALIVE_DATA ? bytes_acked(f)
				     : c->step == ALIVE_ACKS && any_answered(f);
}

static unsigned alive_tries(const struct connection *c)
{
	if (c->step == ALIVE_PAUSE)
		return 1;
	return c->step == ALIVE_DATA ? DATA_TRIES : tries_of(c);
}

static void alive_next(struct connection *c, const struct flow *f, bool done)
{
	(void)f;
	if (c->step == 0)
		connection_go(c, ALIVE_DATA, 0);
	else if (c->step == ALIVE_DATA && done)
		connection_go(c, ALIVE_PAUSE, PAUSE_US);
	else if (c->step == ALIVE_PAUSE)
		connection_go(c, ALIVE_ACKS, c->patient ? KEEP_ALIVE_US : 0);
	else if (c->patient)
		connection_hold(c); /* for copies */
	else
		connection_end(c);
}

static const struct course course_alive = {
	alive_send, alive_done,		alive_tries,
	alive_next, .last = ALIVE_ACKS, .ends_with_fin = true};

/* ---- a narrow window -------------------------------------------------------
 */

/* The third ACK alone, and a keep-alive; the request; the first of its answer,
 * which fills the window; ACKs for that, until there is more; and data, which
 * acknowledges it as well. */
enum {
	NARROW_GREETS = 1,
	NARROW_ASKS,
	NARROW_FILLED,
	NARROW_ACKS,
	NARROW_DATA
};

static const uint8_t line_end[] = "\r\n"; /* servers skip it: RFC 9112 2.2 */

/* With MP_CAPABLE and with DSS: MPTCP works on it only if both pass. */
static void narrow_ask(struct connection *c)
{
	size_t first = c->length / 2;

	client_send_data(&c->client, c->request, first, 0, false, COPY_FULL);
	client_send_data(&c->client, c->request + first, c->length - first,
			 first, false, COPY_FULL);
}

static void narrow_send(struct connection *c)
{
	if (c->step == NARROW_GREETS)
		client_send_pure_ack(&c->client, true, COPY_FULL);
	else if (c->step == NARROW_ASKS)
		narrow_ask(c);
	else if (c->step == NARROW_ACKS)
		client_send_ack(&c->client);
	else if (c->step == NARROW_DATA)
		client_send_data(&c->client, line_end, 2, c->length, false,
				 COPY_FULL);
}

/* What is not acknowledged at the MPTCP level comes again by TCP: no news. */
static uint64_t bytes_of_server(const struct flow *f)
{
	return f->mptcp.server_mapped_end
		       ? f->mptcp.server_mapped_end - f->mptcp.server_idsn - 1
		       : f->payload_received;
}

static bool narrow_done(const struct connection *c, const struct flow *f)
{
	if (c->step == NARROW_GREETS)
		return any_answered(f);
	if (c->step == NARROW_ASKS)
		return connection_acked(f) >= c->length;
	return bytes_of_server(f) + (c->step == NARROW_FILLED) > CLIENT_NARROW;
}

#define FILLED_TRIES 3 /* waits for the answer: others have had theirs */

static unsigned narrow_tries(const struct connection *c)
{
	if (c->step == NARROW_GREETS)
		return 1;
	if (c->step == NARROW_FILLED)
		return FILLED_TRIES;
	return c->step == NARROW_ACKS ? tries_of(c) : DATA_TRIES;
}

static void narrow_next(struct connection *c, const struct flow *f, bool done)
{
	(void)f;
	if (c->step == 0)
		connection_go(c, NARROW_GREETS, 0);
	else if (c->step == NARROW_GREETS)
		connection_go(c, NARROW_ASKS, 0);
	else if (c->step == NARROW_ASKS && done)
		connection_go(c, NARROW_FILLED, 0);
	else if (c->step == NARROW_FILLED && done)
		connection_go(c, NARROW_ACKS, 0);
	else if (c->step == NARROW_ACKS && !done && c->patient)
		connection_go(c, NARROW_DATA, 0);
	else
		connection_end(c);
}

static const struct course course_narrow = {narrow_send, narrow_done,
					    narrow_tries, narrow_next,
					    .last = NARROW_ACKS};

/* ---- what they show -------------------------------------------------------
 */

static void begin(struct run *r, struct version *v, const struct course *course,
		  enum purpose purpose, bool patient)
{
	struct connection *c = &v->acks[v->acks_count++];

	run_open(r, c, course, purpose, v->number);
	c->client.narrow = course == &course_narrow;
	c->request = r->request;
	c->length = r->request_length;
	c->patient = patient;
	connection_begin(c);
}

static bool stays_full(const struct connection *c, const struct flow *f)
{
	return c->course == &course_narrow && !flow_server_ended(f) &&
	       bytes_of_server(f) == CLIENT_NARROW;
}

/* A server that ends the connection tells nothing, but of what was before. */
static bool is_told(const struct connection *c, const struct flow *f)
{
	if (flow_server_ended(f) &&
	    !(c->course == &course_narrow && c->step > NARROW_GREETS))
		return false;
	return connection_over(c) || (c->patient && c->tries > 1);
}

/* The third ACK alone did not do; or no keep-alive is answered; or the window
 * stays full. */
static bool is_odd(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	if (!f || !f->established || f->unkept || !is_told(c, f) ||
	    c->client.purpose == PURPOSE_TCP)
		return false;
	if (c->course == &course_alive)
		return bytes_acked(f) && !any_answered(f);
	return !any_answered(f) || !flow_third_ack_taken(f) || stays_full(c, f);
}

static bool third_ack_odd(const struct connection *c)
{
	return c->course == &course_third && is_odd(c) &&
	       !flow_third_ack_taken(client_flow(&c->client));
}

static bool any_odd(const struct version *v,
		    bool (*odd)(const struct connection *c))
{
	for (unsigned i = 0; i < v->acks_count; i++)
		if (odd(&v->acks[i]))
			return true;
	return false;
}

/* Where data with MPTCP does not pass, that is what there is to say. */
static bool takes_data(const struct version *v)
{
	const struct flow *bare = client_flow(&v->bare.client);
	const struct flow *summed = client_flow(&v->summed.client);

	return (bare && flow_data_acked(bare)) ||
	       (summed && flow_data_acked(summed));
}

/* A subflow has joined, or none will. */
static bool join_settled(const struct version *v)
{
	const struct flow *join = client_flow(&v->join.client);

	return connection_over(&v->bare) || connection_over(&v->join) ||
	       (join && join->join.fourth_ack_frame);
}

/* A server that has not had the time to accept them drops what would be one
 * connection more than it has room for, be it a join: where round trips are
 * short, it gets one after the other. */
#define NEAR_US 5000
#define ACCEPTS_US 15000

static bool is_near(const struct run *r)
{
	return r->to.rtt_us < NEAR_US;
}

bool acks_wanted(const struct run *r, const struct version *v)
{
	return is_negotiated(&v->bare.client) &&
	       (!is_near(r) || join_settled(v));
}

/* What a v0 kernel makes of ACKs before all data, and of such a window, is not
 * known. */
void acks_start(struct run *r, struct version *v)
{
	begin(r, v, v->number == 1 ? &course_narrow : &course_alive,
	      PURPOSE_MP_CAPABLE, false);
	if (is_near(r))
		run_wait(r, ACCEPTS_US);
}

/* Others have had their answers: too short ones to fill it. */
int64_t acks_step(struct run *r, struct version *v, int64_t now_us)
{
	struct connection *c = &v->acks[0];
	const struct flow *before = client_flow(&r->before.client);

	(void)now_us;
	if (!connection_over(c) && connection_over(&v->bare) && before &&
	    before->payload_received <= CLIENT_NARROW)
		connection_end(c);
	return OVER;
}

bool acks_again_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return takes_data(v) && any_odd(v, is_odd);
}

void acks_again_start(struct run *r, struct version *v)
{
	v->alive = &v->acks[v->acks_count];
	for (unsigned i = 0; i < ACK_WITNESSES; i++) {
		begin(r, v, &course_alive, PURPOSE_MP_CAPABLE, true);
		begin(r, v, &course_alive, PURPOSE_TCP, true);
		if (v->number == 1)
			begin(r, v, &course_third, PURPOSE_MP_CAPABLE, true);
	}
}

bool narrow_again_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = &v->acks[0];

	(void)r;
	return takes_data(v) && v->acks_count && is_odd(c) &&
	       stays_full(c, client_flow(&c->client));
}

void narrow_again_start(struct run *r, struct version *v)
{
	for (unsigned i = 0; i < ACK_WITNESSES; i++) {
		begin(r, v, &course_narrow, PURPOSE_MP_CAPABLE, true);
		begin(r, v, &course_narrow, PURPOSE_TCP, true);
	}
}

/* Does the server wait for data, whatever the third ACK has? */
bool acks_deferred_wanted(const struct run *r, const struct version *v)
{
	(void)r;
	return any_odd(v, third_ack_odd);
}

/* Of a connection that tested them, or else of any. */
void ack_copy(struct version *v, unsigned ttl)
{
	struct connection *c = v->alive ? v->alive : connection_to_copy(v);

	client_send_pure_ack(&c->client, false, low_copy(ttl));
}

/* Those that were tried again show it, too. */
static bool odd_again(const struct connection *c)
{
	return c->patient && is_odd(c);
}

bool ack_copies_wanted(const struct run *r, const struct version *v)
{
	const struct flow *f = v->alive ? client_flow(&v->alive->client) : NULL;

	(void)r;
	return f && bytes_acked(f) && any_odd(v, odd_again);
}

/* The window did not stay full, nor open: the server ends too early, or answers
 * too little to fill it. Hops may still show what is done to ACKs. */
bool untold_acks_wanted(const struct run *r, const struct version *v)
{
	const struct connection *c = &v->acks[0];
	const struct flow *f = client_flow(&c->client);

	return f && !run_follows(r) && connection_over(&v->bare) &&
	       takes_data(v) && connection_over(c) && !is_odd(c) &&
	       bytes_of_server(f) <= CLIENT_NARROW;
}

void ack_copies_start(struct run *r, struct version *v)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < r->reach; ttl++)
		ack_copy(v, ttl);
	run_wait(r, quote_wait_us(&r->to));
}
