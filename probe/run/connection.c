/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/connection.h"

#include <string.h>

#include "crafting/keys.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define MS 1000
/* Before any answer the round-trip time is unknown: four SYNs in three and
 * a half seconds, as much patience as traceroute has. */
#define FIRST_WAIT_US (500 * MS)
#define WAIT_MIN_US (200 * MS)
#define WAIT_MAX_US (1000 * MS)
#define LIMITED_DATA_TRIES 2 /* it is not to arrive */
#define ANSWER_WAIT_US (3000 * MS)

int64_t pace_wait_us(const struct pace *p)
{
	int64_t wait = p->rtt_us ? 3 * p->rtt_us : FIRST_WAIT_US;

	if (wait < WAIT_MIN_US)
		wait = WAIT_MIN_US;
	return wait > WAIT_MAX_US ? WAIT_MAX_US : wait;
}

void retry_begin(struct retry *r, const struct pace *pace, bool steady)
{
	*r = (struct retry){pace, live_now_us(), 1, steady};
}

int64_t retry_at(const struct retry *r)
{
	int64_t wait = pace_wait_us(r->pace);

	if (!r->steady)
		wait += wait / 2 * (r->tries - 1);
	return r->sent_us + (wait > WAIT_MAX_US ? WAIT_MAX_US : wait);
}

bool retry_due(struct retry *r, int64_t now_us)
{
	if (now_us < retry_at(r))
		return false;
	r->tries++;
	r->sent_us = now_us;
	return true;
}

bool connection_start(struct connection *d, struct live *live,
		      const struct destination *to, const struct pace *pace,
		      enum purpose purpose, unsigned version, bool checksum,
		      const uint8_t *request, size_t length)
{
	struct client client;

	*d = (struct connection){0};
	if (!client_open(&client, live, to, purpose, version))
		return false;
	client.checksum = checksum;
	connection_adopt(d, &client, pace, request, length);
	return client_send_syn(&d->client, COPY_FULL);
}

void connection_adopt(struct connection *d, const struct client *client,
		      const struct pace *pace, const uint8_t *request,
		      size_t length)
{
	*d = (struct connection){.client = *client,
				 .pace = pace,
				 .request = request,
				 .length = length,
				 .split = length / 2,
				 .data_ttl = FULL_TTL};
	retry_begin(&d->retry, pace, false);
}

static bool send_first(struct connection *d, bool plain)
{
	return client_send_data(&d->client, d->request, d->split, 0, plain,
				(struct copy){d->data_ttl, false, false});
}

static bool send_second(struct connection *d)
{
	return client_send_data(&d->client, d->request + d->split,
				d->length - d->split, d->split, d->plain_tried,
				COPY_FULL);
}

static bool wants_mptcp(const struct connection *d)
{
	return d->client.purpose == PURPOSE_MP_CAPABLE;
}

static void enter(struct connection *d, enum connection_state state)
{
	d->state = state;
	retry_begin(&d->retry, d->pace,
		    state == CONNECTION_FIRST || state == CONNECTION_SECOND);
}

static void step_syn(struct connection *d, const struct flow *f, int64_t now_us)
{
	if (f && f->syn_ack_seen) {
		if (wants_mptcp(d) && !f->mptcp.syn_ack) {
			connection_end(d);
			return;
		}
		client_send_third_ack(&d->client, COPY_FULL);
		if (!d->request) {
			enter(d, CONNECTION_HELD);
			return;
		}
		send_first(d, false);
		enter(d, CONNECTION_FIRST);
		return;
	}
	if (!retry_due(&d->retry, now_us))
		return;
	if (d->retry.tries > SYN_TRIES)
		d->state = CONNECTION_ENDED;
	else
		client_send_syn(&d->client, COPY_FULL);
}

/* Data in vain. Copies of it may still show where it ends; a RST would have
 * firewalls forget the connection. */
static void give_up(struct connection *d)
{
	if (wants_mptcp(d))
		enter(d, CONNECTION_HELD);
	else
		connection_end(d);
}

static void step_first(struct connection *d, const struct flow *f,
		       int64_t now_us)
{
	unsigned tries = d->data_ttl < FULL_TTL ? LIMITED_DATA_TRIES
			 : wants_mptcp(d)	? VAIN_TRIES
						: DATA_TRIES;

	if (seq_diff(f->server_acked, f->client_isn + 1 + (uint32_t)d->split) >=
	    0) {
		if (!d->first_only)
			send_second(d);
		enter(d, d->first_only ? CONNECTION_HELD : CONNECTION_SECOND);
		return;
	}
	if (!retry_due(&d->retry, now_us))
		return;
	if (d->retry.tries <= tries) {
		client_send_third_ack(&d->client, COPY_FULL);
		send_first(d, false);
	} else if (wants_mptcp(d) && !d->plain_tried) {
		d->plain_tried = true;
		d->retry.tries = tries - 2;
		send_first(d, true);
	} else {
		give_up(d);
	}
}

static void step_second(struct connection *d, const struct flow *f,
			int64_t now_us)
{
	unsigned tries = wants_mptcp(d) ? VAIN_TRIES : DATA_TRIES;

	if (seq_diff(f->server_acked,
		     f->client_isn + 1 + (uint32_t)d->length) >= 0) {
		enter(d, wants_mptcp(d) || d->wants_answer ? CONNECTION_ANSWER
							   : CONNECTION_HELD);
		d->answer_until_us = now_us + ANSWER_WAIT_US;
		return;
	}
	if (!retry_due(&d->retry, now_us))
		return;
	if (d->retry.tries <= tries) {
		send_second(d);
	} else if (wants_mptcp(d) && !d->plain_tried) {
		d->plain_tried = true;
		d->retry.tries = tries - 2;
		send_second(d);
	} else {
		give_up(d);
	}
}

/* The server's data proves its key, or comes without a mapping: then there is
 * nothing more to wait for. */
static void step_answer(struct connection *d, const struct flow *f,
			int64_t now_us)
{
	bool known = f->mptcp.server_dsn != UNKNOWN || f->mptcp.mp_fail ||
		     f->payload_received;

	if (known || f->server_fin || now_us >= d->answer_until_us)
		enter(d, CONNECTION_HELD);
}

static void acknowledge(struct connection *d, const struct flow *f)
{
	if (!f->established || d->acked == f->server_next)
		return;
	if (d->acked || f->server_next != f->server_isn + 1)
		client_send_ack(&d->client);
	d->acked = f->server_next;
}

int64_t connection_step(struct connection *d, int64_t now_us)
{
	const struct flow *f = client_flow(&d->client);

	if (d->state == CONNECTION_ENDED)
		return NEVER;
	if (f && flow_reset(f)) {
		d->state = CONNECTION_ENDED;
		return NEVER;
	}
	if (f)
		acknowledge(d, f);
	switch (d->state) {
	case CONNECTION_SYN:
		step_syn(d, f, now_us);
		break;
	case CONNECTION_FIRST:
		step_first(d, f, now_us);
		break;
	case CONNECTION_SECOND:
		step_second(d, f, now_us);
		break;
	case CONNECTION_ANSWER:
		step_answer(d, f, now_us);
		break;
	default:
		break;
	}
	if (d->state == CONNECTION_HELD || d->state == CONNECTION_ENDED)
		return NEVER;
	return d->state == CONNECTION_ANSWER ? d->answer_until_us
					     : retry_at(&d->retry);
}

bool connection_copy(struct connection *d, enum segment_kind kind, uint8_t ttl)
{
	struct copy copy = {ttl, true, false};

	if (kind == SEGMENT_ACK)
		return client_send_third_ack(&d->client, copy);
	return client_send_data(&d->client, d->request + d->split,
				d->length - d->split, d->split, false, copy);
}

bool connection_over(const struct connection *d)
{
	return d->state == CONNECTION_HELD || d->state == CONNECTION_ENDED;
}

bool connection_data_acked(const struct connection *d)
{
	const struct flow *f = client_flow(&d->client);

	return f && d->state >= CONNECTION_ANSWER &&
	       d->state != CONNECTION_ENDED && f->mptcp.has_data_ack;
}

void connection_end(struct connection *d)
{
	if (d->state != CONNECTION_ENDED)
		client_send_reset(&d->client);
	d->state = CONNECTION_ENDED;
}

bool join_start(struct join *join, struct live *live,
		const struct destination *to, const struct pace *pace,
		const struct client *parent)
{
	*join = (struct join){.pace = pace, .state = JOIN_SYN_SENT};
	if (!client_open(&join->client, live, to, PURPOSE_MP_JOIN,
			 parent->version))
		return false;
	client_join(&join->client, parent);
	retry_begin(&join->retry, pace, false);
	return client_send_syn(&join->client, COPY_FULL);
}

static void step_join_syn(struct join *join, const struct flow *f,
			  int64_t now_us)
{
	if (f && f->syn_ack_seen) {
		if (!f->join.syn_ack || f->join.hmac == KNOWN_NO) {
			join_end(join);
			return;
		}
		client_send_third_ack(&join->client, COPY_FULL);
		join->state = JOIN_ACK_SENT;
		retry_begin(&join->retry, join->pace, false);
		return;
	}
	if (!retry_due(&join->retry, now_us))
		return;
	if (join->retry.tries > SYN_TRIES)
		join->state = JOIN_ENDED;
	else
		client_send_syn(&join->client, COPY_FULL);
}

static void step_join_ack(struct join *join, const struct flow *f,
			  int64_t now_us)
{
	if (f->join.fourth_ack_frame) {
		join->state = JOIN_HELD;
		return;
	}
	if (!retry_due(&join->retry, now_us))
		return;
	if (join->retry.tries > DATA_TRIES)
		join_end(join);
	else
		client_send_third_ack(&join->client, COPY_FULL);
}

int64_t join_step(struct join *join, int64_t now_us)
{
	const struct flow *f;

	if (join->state == JOIN_IDLE || join->state >= JOIN_HELD)
		return NEVER;
	f = client_flow(&join->client);
	if (f && flow_reset(f)) {
		join->state = JOIN_ENDED;
		return NEVER;
	}
	if (join->state == JOIN_SYN_SENT)
		step_join_syn(join, f, now_us);
	else
		step_join_ack(join, f, now_us);
	return join->state >= JOIN_HELD ? NEVER : retry_at(&join->retry);
}

void join_end(struct join *join)
{
	if (join->state != JOIN_IDLE && join->state != JOIN_ENDED)
		client_send_reset(&join->client);
	join->state = JOIN_ENDED;
}

bool syn_open(struct syn *l, struct live *live, const struct destination *to,
	      const struct pace *pace, enum purpose purpose, unsigned version,
	      const struct client *parent, uint8_t ttl, unsigned tries_max)
{
	*l = (struct syn){.copy = {ttl, false, false}, .tries_max = tries_max};
	retry_begin(&l->retry, pace, false);
	if (!client_open(&l->client, live, to, purpose, version))
		return false;
	if (parent)
		client_join(&l->client, parent);
	return true;
}

bool syn_start(struct syn *l, struct live *live, const struct destination *to,
	       const struct pace *pace, enum purpose purpose, unsigned version,
	       const struct client *parent, uint8_t ttl, unsigned tries_max)
{
	return syn_open(l, live, to, pace, purpose, version, parent, ttl,
			tries_max) &&
	       client_send_syn(&l->client, l->copy);
}

bool syn_answered(const struct syn *l)
{
	const struct flow *f = client_flow(&l->client);

	return f && (f->syn_ack_seen || flow_reset(f));
}

bool syn_over(const struct syn *l, int64_t now_us)
{
	return syn_answered(l) || (l->retry.tries >= l->tries_max &&
				   now_us >= retry_at(&l->retry));
}

int64_t syn_step(struct syn *l, int64_t now_us)
{
	if (syn_over(l, now_us))
		return NEVER;
	if (retry_due(&l->retry, now_us))
		client_send_syn(&l->client, l->copy);
	return retry_at(&l->retry);
}

void syn_end(struct syn *l)
{
	client_send_reset(&l->client);
}
