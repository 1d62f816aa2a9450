/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/connection.h"

#include "crafting/mptcp.h"
#include "probe/run/live.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define MS 1000
/* Before any answer the round-trip time is unknown: four SYNs in three and
 * a half seconds, as much patience as traceroute has. */
#define FIRST_WAIT_US (500 * MS)
#define WAIT_MIN_US (200 * MS)
#define WAIT_MAX_US (1000 * MS)
#define QUOTE_SLACK_US (15 * MS)
#define QUOTE_WAIT_MIN_US (60 * MS)

int64_t answer_wait_us(const struct destination *to)
{
	int64_t wait = to->rtt_us ? 3 * to->rtt_us : FIRST_WAIT_US;

	if (wait < WAIT_MIN_US)
		wait = WAIT_MIN_US;
	return wait > WAIT_MAX_US ? WAIT_MAX_US : wait;
}

int64_t quote_wait_us(const struct destination *to)
{
	int64_t slack = to->rtt_us / 4 > QUOTE_SLACK_US ? to->rtt_us / 4
							: QUOTE_SLACK_US;
	int64_t wait = to->rtt_us + slack;

	return wait > QUOTE_WAIT_MIN_US ? wait : QUOTE_WAIT_MIN_US;
}

int64_t silence_us(const struct destination *to)
{
	int64_t wait = 2 * to->rtt_us;

	return wait > QUOTE_WAIT_MIN_US ? wait : QUOTE_WAIT_MIN_US;
}

/* ---- any connection ------------------------------------------------------ */

void connection_open(struct connection *c, const struct course *course,
		     const struct destination *to, enum purpose purpose,
		     unsigned version)
{
	struct client client;

	client_open(&client, to, purpose, version);
	connection_take_up(c, course, &client);
}

void connection_take_up(struct connection *c, const struct course *course,
			const struct client *client)
{
	*c = (struct connection){.client = *client,
				 .course = course,
				 .copy = COPY_FULL,
				 .syn_tries = SYN_TRIES,
				 .data_ttl = FULL_TTL};
}

void connection_send(struct connection *c)
{
	if (c->step == 0)
		client_send_syn(&c->client, c->copy);
	if (c->step == 1 && !(c->data_ttl < FULL_TTL && c->tries > 1))
		client_send_third_ack(&c->client, COPY_FULL);
	if (c->step > 0 && c->course->send)
		c->course->send(c);
}

static void enter(struct connection *c, unsigned step, int64_t wait_us)
{
	const struct flow *f = client_flow(&c->client);

	c->step = step;
	c->wait_us = wait_us;
	c->tries = 1;
	c->sent_us = live_now_us();
	c->heard = f ? f->received_count : 0;
}

void connection_go(struct connection *c, unsigned step, int64_t wait_us)
{
	enter(c, step, wait_us);
	connection_send(c);
}

void connection_begin(struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	c->state = CONNECTION_BUSY;
	enter(c, 0, 0);
	c->begun_us = c->sent_us;
	if (!f || !f->syn_ack_seen)
		connection_send(c);
}

void connection_hold(struct connection *c)
{
	c->state = CONNECTION_HELD;
}

void connection_end(struct connection *c)
{
	if (c->state != CONNECTION_IDLE && !c->closed)
		client_send_reset(&c->client);
	c->closed = true;
	c->state = CONNECTION_ENDED;
}

bool connection_over(const struct connection *c)
{
	return c->state == CONNECTION_HELD || c->state == CONNECTION_ENDED;
}

bool connection_settled(const struct connection *c)
{
	return c->state != CONNECTION_BUSY ||
	       (c->course && c->course->endless &&
		c->step == c->course->endless);
}

bool connection_all_sent(const struct connection *c)
{
	return c->state != CONNECTION_BUSY ||
	       (c->course ? c->step >= c->course->last
			  : c->tries >= c->syn_tries);
}

bool connection_answered(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && (f->syn_ack_seen || flow_reset(f));
}

static bool awaits_syn_ack(const struct connection *c)
{
	return c->state == CONNECTION_BUSY && c->step == 0 &&
	       !connection_answered(c);
}

int64_t connection_silent_at_us(const struct connection *c)
{
	int64_t at = c->begun_us + silence_us(c->client.to);

	return awaits_syn_ack(c) && at > live_now_us() ? at : NEVER;
}

bool connection_seems_silent(const struct connection *c)
{
	if (c->state == CONNECTION_ENDED)
		return client_flow(&c->client) && !connection_answered(c);
	return awaits_syn_ack(c) && client_flow(&c->client) &&
	       connection_silent_at_us(c) == NEVER;
}

void connection_give_up(struct connection *c)
{
	if (awaits_syn_ack(c))
		c->state = CONNECTION_ENDED;
}

size_t connection_acked(const struct flow *f)
{
	int32_t bytes = seq_diff(f->server_acked, f->client_isn + 1);

	return bytes > 0 ? (size_t)bytes : 0;
}

/* Behind so many tries of its step. */
static int64_t wait_us(const struct connection *c, unsigned tries)
{
	int64_t wait = answer_wait_us(c->client.to);

	if (c->wait_us)
		return c->wait_us;
	if (c->step == 0 || c->course->grows)
		wait += wait / 2 * (tries - 1);
	return wait > WAIT_MAX_US ? WAIT_MAX_US : wait;
}

int64_t connection_due_us(const struct connection *c)
{
	return c->sent_us + wait_us(c, c->tries);
}

/* ---- the rest of a request ----------------------------------------------- */

static size_t rest_end(const struct connection *c)
{
	return c->length + c->tail + c->more;
}

/* What is not acknowledged yet begins there. */
static size_t rest_begin(const struct connection *c)
{
	size_t acked = connection_acked(client_flow(&c->client));

	return c->client.parent ? c->length + acked : acked;
}

static size_t piece_size(const struct connection *c)
{
	size_t full = client_full_size(&c->client);
	size_t told = client_told_size(&c->client);
	size_t size = told && told < full ? told : full;

	return c->shrinks && size > SMALL_PIECE ? SMALL_PIECE : size;
}

/* Where the segment that begins there ends: the tail is one of its own, and so
 * is what follows in middle size. */
static size_t piece_end(const struct connection *c, size_t at)
{
	size_t short_end = c->length + c->tail;
	size_t middle_end = short_end + MIDDLE_SIZE;

	return at < short_end				  ? short_end
	       : at < middle_end && c->more > MIDDLE_SIZE ? middle_end
							  : rest_end(c);
}

static size_t size_at(const struct connection *c, size_t at)
{
	size_t size = piece_end(c, at) - at;

	return size > piece_size(c) ? piece_size(c) : size;
}

/* One segment, which begins there. Returns its bytes. */
static size_t send_piece(struct connection *c, size_t at, struct copy copy)
{
	size_t size = size_at(c, at);

	if (c->client.parent)
		client_send_joined(&c->client, c->request + at, size, at,
				   c->length, copy);
	else
		client_send_data(&c->client, c->request + at, size, at,
				 c->plain_tried, copy);
	return size;
}

/* Large segments are in vain on another connection, too. */
static bool is_vain_beside(const struct connection *c)
{
	return c->beside && c->beside->shrinks;
}

static void send_rest(struct connection *c)
{
	if (!c->client.parent && is_vain_beside(c))
		c->shrinks = true;
	c->piece = piece_size(c);
	for (size_t at = rest_begin(c); at < rest_end(c);)
		at += send_piece(c, at, COPY_FULL);
}

static bool rest_acked(const struct connection *c)
{
	return rest_begin(c) >= rest_end(c);
}

bool connection_rest_reset(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);
	const struct kept *reset = f ? flow_reset(f) : NULL;

	return reset && c->more && c->step >= REQUEST_HELD &&
	       c->step <= REQUEST_TAIL && !rest_acked(c) &&
	       !f->mptcp.fastclose &&
	       !tcp_options_mptcp(&reset->options, MP_TCPRST);
}

bool connection_rest_unmapped(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	if (!f || !c->piece || c->client.parent || !f->mptcp.has_data_ack)
		return false;
	if (flow_reset(f))
		return f->sides[1].reset_reason == TCPRST_MIDDLEBOX ||
		       f->sides[1].reset_reason == TCPRST_MPTCP;
	return c->state == CONNECTION_HELD && flow_fell_behind(f);
}

/* A router says that a link takes less: at once in smaller segments. */
static void heed_too_big(struct connection *c)
{
	if (c->state != CONNECTION_BUSY || !c->piece || rest_acked(c) ||
	    piece_size(c) >= c->piece)
		return;
	send_rest(c);
}

/* ---- its steps ---------------------------------------------------------- */

/* The SYN/ACK has what the SYN asked for. */
static bool is_accepted(const struct connection *c, const struct flow *f)
{
	if (c->client.purpose == PURPOSE_MP_CAPABLE)
		return f->mptcp.syn_ack;
	return c->client.purpose != PURPOSE_MP_JOIN ||
	       (f->join.syn_ack && f->join.hmac != KNOWN_NO);
}

static bool is_answered(const struct flow *f)
{
	return f && f->syn_ack_seen;
}

static void finish_step(struct connection *c, const struct flow *f, bool done)
{
	if (c->step > 0)
		c->course->next(c, f, done);
	else if (!is_answered(f))
		c->state = CONNECTION_ENDED;
	else if (!c->course)
		connection_hold(c);
	else if (!is_accepted(c, f))
		connection_end(c);
	else
		c->course->next(c, f, true);
}

/* What came in, but not the SYN/ACK alone, which the third ACK is for. What
 * comes once more is acknowledged once more (RFC 9293 3.10.7.4): the ACK may
 * have been lost. */
static void acknowledge(struct connection *c, const struct flow *f)
{
	uint64_t again = f->sides[1].retransmitted;

	if (!f->established || c->mute ||
	    (c->acked == f->server_next && c->again == again))
		return;
	if (c->acked || f->server_next != f->server_isn + 1)
		client_send_ack(&c->client);
	c->acked = f->server_next;
	c->again = again;
}

static bool is_ended(const struct connection *c, const struct flow *f)
{
	return flow_reset(f) ||
	       (c->course && c->course->ends_with_fin && f->server_fin);
}

static bool step_done(const struct connection *c, const struct flow *f)
{
	return c->step > 0 ? c->course->done(c, f) : is_answered(f);
}

static unsigned step_tries(const struct connection *c)
{
	return c->step > 0 ? c->course->tries(c) : c->syn_tries;
}

int64_t connection_left_us(const struct connection *c, int64_t now_us)
{
	int64_t left = connection_due_us(c) - now_us;

	if (connection_settled(c))
		return 0;
	for (unsigned tries = c->tries + 1; tries <= step_tries(c); tries++)
		left += wait_us(c, tries);
	return left > 0 ? left : 0;
}

int64_t connection_step(struct connection *c, int64_t now_us)
{
	const struct flow *f = client_flow(&c->client);

	if (c->state == CONNECTION_IDLE || c->state == CONNECTION_ENDED)
		return NEVER;
	if (f && is_ended(c, f)) {
		c->state = CONNECTION_ENDED;
		return NEVER;
	}
	if (f && c->course)
		acknowledge(c, f);
	if (f)
		heed_too_big(c);
	if (c->state == CONNECTION_HELD)
		return NEVER;
	if (step_done(c, f)) {
		finish_step(c, f, true);
	} else if (now_us >= connection_due_us(c)) {
		c->sent_us = now_us;
		if (++c->tries > step_tries(c))
			finish_step(c, f, false);
		else
			connection_send(c);
	}
	return connection_over(c) ? NEVER : connection_due_us(c);
}

/* ---- a request ----------------------------------------------------------- */

/* It is not to arrive, and goes out when the third ACK, which may trigger a RST
 * as well, had time to. */
#define LIMITED_DATA_TRIES 3
#define PLAIN_DATA_TRIES 3   /* behind VAIN_TRIES with MPTCP */
#define HELD_MAX_US 10000000 /* longer than a subflow takes to join, or not */

static bool wants_mptcp(const struct connection *c)
{
	return c->client.purpose == PURPOSE_MP_CAPABLE;
}

static void request_send(struct connection *c)
{
	if (c->step == REQUEST_FIRST &&
	    (c->data_ttl == FULL_TTL || c->tries > 1))
		client_send_data(&c->client, c->request, c->split, 0,
				 c->plain_tried,
				 (struct copy){c->data_ttl, false, false});
	if (c->step == REQUEST_SECOND)
		client_send_data(&c->client, c->request + c->split,
				 c->length - c->split, c->split, c->plain_tried,
				 COPY_FULL);
	if (c->step == REQUEST_TAIL)
		send_rest(c);
	if (c->step == REQUEST_ASKED)
		client_send_keep_alive(&c->client);
}

static bool joins(const struct connection *join, const struct connection *c)
{
	return join && join->client.parent == &c->client;
}

/* No subflow is to take the tail any more: it did, or it cannot join, as on a
 * connection that is no MPTCP; or the server forbids it (flag C: RFC 8684 3.1)
 * and nobody waits for it to announce where it does not. */
static bool tail_is_free(const struct connection *c, const struct flow *f)
{
	if (!flow_data_acked(f) || f->mptcp.mp_fail)
		return true;
	if (!c->joined)
		return f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0 &&
		       !c->awaits_address;
	return !joins(c->joined, c) || connection_over(c->joined) ||
	       c->joined->step > JOIN_DATA;
}

/* The server's data proves its key, or comes without a mapping: then there is
 * nothing more to wait for. */
static bool request_done(const struct connection *c, const struct flow *f)
{
	switch (c->step) {
	case REQUEST_FIRST:
		return connection_acked(f) >= c->split;
	case REQUEST_SECOND:
		return connection_acked(f) >= c->length;
	case REQUEST_HELD:
		return tail_is_free(c, f);
	case REQUEST_QUIET:
		return f->mptcp.data_fin || f->server_fin;
	case REQUEST_TAIL:
		return rest_acked(c);
	case REQUEST_ASKED:
		return f->received_count > c->heard;
	default:
		return f->mptcp.server_dsn != UNKNOWN || f->mptcp.mp_fail ||
		       flow_answered(f) || f->server_fin;
	}
}

static bool tries_full_size(const struct connection *c)
{
	return c->step == REQUEST_TAIL && c->more && !c->shrinks;
}

/* On, with smaller segments. */
static void shrink(struct connection *c)
{
	c->vain_at = rest_begin(c);
	c->vain = size_at(c, c->vain_at);
	c->shrinks = true;
	connection_go(c, c->step, 0);
}

static unsigned request_tries(const struct connection *c)
{
	if (c->step == REQUEST_ANSWER || c->step == REQUEST_HELD ||
	    c->step == REQUEST_QUIET)
		return 1;
	if (c->step == REQUEST_FIRST && c->data_ttl < FULL_TTL)
		return LIMITED_DATA_TRIES;
	if (!wants_mptcp(c) || tries_full_size(c))
		return DATA_TRIES;
	return c->plain_tried ? PLAIN_DATA_TRIES : VAIN_TRIES;
}

/* With a mapping in vain: then the same bytes without any option. Copies of
 * them may still show where they end; a RST would have firewalls forget the
 * connection. */
static void request_in_vain(struct connection *c)
{
	if (!wants_mptcp(c)) {
		connection_end(c);
	} else if (tries_full_size(c)) {
		shrink(c);
	} else if (c->plain_tried) {
		connection_hold(c);
	} else {
		c->plain_tried = true;
		connection_go(c, c->step, 0);
	}
}

/* Behind its second data, or the tail. */
static void request_sent(struct connection *c)
{
	if (wants_mptcp(c) || c->wants_answer)
		connection_go(c, REQUEST_ANSWER, ANSWER_WAIT_US);
	else
		connection_hold(c);
}

bool connection_took_all(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && f->join.data_ack_frame && rest_acked(c);
}

/* Not for a limit of the server's, which knows the connection then. */
static bool tail_refused(const struct connection *c)
{
	const struct flow *added =
		joins(c->joined, c) ? client_flow(&c->joined->client) : NULL;

	return added && flow_reset(added) && !added->join.fourth_ack_frame &&
	       added->sides[1].reset_reason != TCPRST_PROHIBITED;
}

static void request_next(struct connection *c, const struct flow *f, bool done)
{
	(void)f;
	if (c->step == 0 && !c->request)
		client_send_third_ack(&c->client, COPY_FULL);
	if (c->step == 0 && c->request)
		connection_go(c, REQUEST_FIRST, 0);
	else if (c->step == REQUEST_ANSWER && !done)
		connection_go(c, REQUEST_ASKED, 0);
	else if (c->step == 0 || c->step >= REQUEST_ANSWER)
		connection_hold(c);
	else if (c->step == REQUEST_HELD && tail_refused(c))
		connection_go(c, REQUEST_QUIET, CLOSE_TOLD_US + WAIT_MIN_US);
	else if (c->step == REQUEST_QUIET ||
		 (c->step == REQUEST_HELD &&
		  !(joins(c->joined, c) && connection_took_all(c->joined))))
		connection_go(c, REQUEST_TAIL, 0);
	else if (!done)
		request_in_vain(c);
	else if (c->step == REQUEST_FIRST && c->split < c->length)
		connection_go(c, REQUEST_SECOND, 0);
	else if (c->step <= REQUEST_SECOND && c->tail && c->alone)
		connection_go(c, REQUEST_TAIL, 0);
	else if (c->step <= REQUEST_SECOND && c->tail)
		connection_go(c, REQUEST_HELD, HELD_MAX_US);
	else
		request_sent(c);
}

const struct course course_request = {request_send, request_done, request_tries,
				      request_next, .last = REQUEST_SECOND};

bool connection_data_acked(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && flow_data_acked(f) &&
	       (c->state == CONNECTION_HELD ||
		(c->state == CONNECTION_BUSY && c->step >= REQUEST_HELD));
}

/* What was sent in vain is what follows. */
static bool first_taken(const struct connection *c)
{
	const struct flow *f = client_flow(&c->client);

	return f && flow_data_acked(f);
}

void connection_copy_first(struct connection *c, unsigned ttl)
{
	client_send_data(&c->client, c->request, c->split, 0, false,
			 (struct copy){(uint8_t)ttl, true, false});
}

/* What was in vain, or else the first that is not acknowledged, or the tail. */
static void copy_piece(struct connection *c, struct copy copy)
{
	bool shrinks = c->shrinks;

	c->shrinks = false;
	send_piece(c,
		   c->vain_at	   ? c->vain_at
		   : rest_acked(c) ? c->length
				   : rest_begin(c),
		   copy);
	c->shrinks = shrinks;
}

void connection_copy(struct connection *c, enum segment_kind kind, unsigned ttl)
{
	struct copy copy = {(uint8_t)ttl, true, false};

	if (kind == SEGMENT_ACK)
		client_send_third_ack(&c->client, copy);
	else if (kind == SEGMENT_JOIN_DATA)
		copy_piece(c, copy);
	else if (c->plain_tried && !first_taken(c)) /* it has MP_CAPABLE */
		connection_copy_first(c, ttl);
	else
		client_send_data(&c->client, c->request + c->split,
				 c->length - c->split, c->split, false, copy);
}

/* ---- an additional subflow ----------------------------------------------- */

/* A server whose answer is lost on this subflow sends it over another one no
 * sooner behind its acknowledgment of our data (Linux: 200 ms). */
#define ANSWER_TAKEN_OVER_US (150 * MS)
#define ASKED_TRIES 5
#define ASKED_WAIT_US (700 * MS)

static void join_send(struct connection *c)
{
	if (c->step == JOIN_DATA)
		send_rest(c);
	if (c->step == JOIN_ASKED)
		client_send_keep_alive(&c->client);
}

static const struct flow *parent_flow(const struct connection *c)
{
	return client_flow(c->client.parent);
}

/* The last that came tells by its sequence number that nothing is missing. */
static bool lacks_nothing(const struct connection *c, const struct flow *f)
{
	const struct kept *last = f->received_count > c->heard
					  ? f->received[f->received_count - 1]
					  : NULL;

	return f->payload_received ||
	       (last && last->packet.tcp.sequence == f->server_next);
}

static bool join_done(const struct connection *c, const struct flow *f)
{
	switch (c->step) {
	case JOIN_DATA:
		return connection_took_all(c);
	case JOIN_ANSWER:
		return flow_answered(f) || flow_server_ended(parent_flow(c));
	case JOIN_ASKED:
		return lacks_nothing(c, f);
	default:
		return f->join.fourth_ack_frame != 0;
	}
}

static unsigned join_tries(const struct connection *c)
{
	if (c->step == JOIN_ANSWER)
		return 1;
	if (c->step == JOIN_DATA && (c->shrinks || is_vain_beside(c)))
		return DATA_TRIES;
	return c->step == JOIN_ASKED ? ASKED_TRIES : VAIN_TRIES;
}

static void join_go_on(struct connection *c)
{
	if (c->client.version == 1)
		client_send_backup(c->client.parent);
	connection_go(c, JOIN_DATA, 0);
}

/* The answer came over the other subflow, and so late that it may have been
 * lost on this one; or it did not come, not even where the server closed. */
static bool may_lack_answer(const struct connection *c, const struct flow *f,
			    bool done)
{
	int64_t us = live_now_us() - c->sent_us;

	return !f->payload_received &&
	       (!done || !flow_answered(f) || us > ANSWER_TAKEN_OVER_US);
}

static void join_next(struct connection *c, const struct flow *f, bool done)
{
	if (c->step == 0)
		connection_go(c, JOIN_THIRD_ACK, 0);
	else if (done && c->step == JOIN_THIRD_ACK && c->tail)
		join_go_on(c);
	else if (c->step == JOIN_DATA && !done && !c->shrinks && c->more &&
		 !rest_acked(c) && rest_begin(c) > c->length)
		shrink(c);
	else if (done && c->step == JOIN_DATA)
		connection_go(c, JOIN_ANSWER, 2 * answer_wait_us(c->client.to));
	else if (c->step == JOIN_ANSWER && may_lack_answer(c, f, done))
		connection_go(c, JOIN_ASKED, ASKED_WAIT_US);
	else if (done || c->step == JOIN_ASKED)
		connection_hold(c);
	else
		connection_end(c);
}

const struct course course_join = {join_send, join_done,	 join_tries,
				   join_next, .last = JOIN_DATA, .grows = true};
