// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/exchange.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/keys.h"
#include "crafting/segment.h"
#include "crafting/tcp_options.h"
#include "report/arena.h"
#include "report/track/observer.h"

#define WINDOW 65535
#define FULL_TTL 64

static enum peer_result stop(struct exchange *x, const char *error)
{
	snprintf(x->peer->error, sizeof(x->peer->error), "%s", error);
	return PEER_DIFFERS;
}

/* --- opening ------------------------------------------------------------- */

static void derive(struct subflow *s)
{
	keys_derive(s->exchange->keys, s->version, s->choices.key,
		    &s->client_token, &s->idsn);
}

void subflow_set_key(struct subflow *s, uint64_t key)
{
	s->key_given = true;
	s->choices.key = key;
	derive(s);
}

static void take_choices(struct subflow *s, const struct choices *choices)
{
	uint64_t key = s->choices.key;

	s->choices = *choices;
	if (s->key_given)
		s->choices.key = key;
	derive(s);
}

struct subflow *exchange_subflow(struct exchange *x, const struct wish *wish,
				 struct subflow *connection, unsigned version)
{
	struct choices choices;
	struct subflow *s;

	if (x->subflow_count == SUBFLOWS_MAX) {
		stop(x, "more than 64 subflows in one scenario");
		return NULL;
	}
	if (!x->peer->ops->choose(x->peer, wish, 0, &choices)) {
		if (x->peer->replay)
			stop(x, "the capture has no further subflow for this "
				"one");
		return NULL;
	}
	s = arena_alloc(x->arena, sizeof(*s));
	s->exchange = x;
	s->id = (unsigned)x->subflow_count + 1;
	s->connection = connection ? connection : s;
	s->wish = *wish;
	s->version = version;
	take_choices(s, &choices);
	x->subflows[x->subflow_count++] = s;
	return s;
}

const struct flow *subflow_flow(const struct subflow *s)
{
	const struct flow *f;

	if (!s->begun)
		return NULL;
	f = observer_flow(s->exchange->peer->observer, &s->choices.source,
			  s->choices.source_port, &s->choices.target,
			  s->choices.port, IPPROTO_TCP);
	return f && f->client_isn == s->choices.isn ? f : NULL;
}

/* --- sending ------------------------------------------------------------- */

void subflow_outgoing(const struct subflow *s, uint8_t flags,
		      struct outgoing *out)
{
	*out = (struct outgoing){
		.flags = flags,
		.sequence = s->next,
		.window = WINDOW,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
		.ttl_first = FULL_TTL,
		.ttl_last = FULL_TTL,
		.offset = s->connection->next_offset,
	};
	if (flags & TCP_FLAG_SYN)
		out->sequence = 0;
	if (flags & TCP_FLAG_ACK)
		out->acknowledgment = s->server_next;
}

static ssize_t write_segment(const struct subflow *s,
			     const struct outgoing *out, uint8_t *bytes,
			     size_t size)
{
	const struct choices *c = &s->choices;
	bool ack = out->flags & TCP_FLAG_ACK;
	struct tcp_segment segment = {
		.source_port = c->source_port,
		.destination_port = c->port,
		.sequence = c->isn + out->sequence,
		.acknowledgment = ack ? s->server_isn + out->acknowledgment : 0,
		.flags = out->flags,
		.reserved = out->reserved,
		.window = out->window,
		.urgent = out->urgent,
		.options = out->options,
		.options_length = out->options_length,
		.payload = out->payload,
		.payload_length = out->payload_length,
		.data_offset = out->data_offset,
		.checksum = out->checksum,
	};

	return tcp_segment_write(&segment, &c->source, &c->target, bytes, size);
}

static enum peer_result send_once(struct subflow *s, struct outgoing *out,
				  unsigned ttl)
{
	struct peer *p = s->exchange->peer;
	uint8_t bytes[1500];
	struct ip_envelope envelope = {
		.source = s->choices.source,
		.destination = s->choices.target,
		.protocol = IPPROTO_TCP,
		.ttl = (uint8_t)ttl,
		.traffic_class = out->traffic_class,
		.dont_fragment = true,
		.flow_label = s->choices.flow_label,
	};
	size_t room = s->choices.target.family == 6 ? 1460 : 1480;
	ssize_t length = write_segment(s, out, bytes, room);

	if (length < 0)
		return stop(s->exchange, "the segment is too long: at most 40 "
					 "bytes of options, 1,480 with data");
	return p->ops->send(p, &envelope, bytes, (size_t)length);
}

static enum peer_result compose_and_send(struct subflow *s,
					 struct outgoing *out,
					 compose_fn *compose, void *context,
					 unsigned ttl)
{
	out->options_length = 0;
	if (!compose(context, s, out))
		return stop(s->exchange, "the options take more than 40 bytes");
	return send_once(s, out, ttl);
}

/* The first segment of a subflow: of a capture, the flow whose first segment
 * is the same. */
static enum peer_result begin(struct subflow *s, struct outgoing *out,
			      compose_fn *compose, void *context)
{
	struct peer *p = s->exchange->peer;
	enum peer_result result;
	struct choices choices;
	char first[sizeof(p->error)] = "";

	for (unsigned attempt = 0;; attempt++) {
		if (p->replay &&
		    !p->ops->choose(p, &s->wish, attempt, &choices)) {
			return stop(s->exchange,
				    *first ? first
					   : "the capture has no further "
					     "subflow for this one");
		}
		if (p->replay)
			take_choices(s, &choices);
		result = compose_and_send(s, out, compose, context,
					  out->ttl_first);
		if (result != PEER_DIFFERS || !p->replay)
			break;
		if (!*first)
			memcpy(first, p->error, sizeof(first));
	}
	s->begun = result == PEER_OK;
	s->syn = *out;
	return result;
}

static void account(struct subflow *s, const struct outgoing *out)
{
	uint32_t end = out->sequence + (uint32_t)out->payload_length;
	uint64_t data_end = out->offset + out->payload_length;

	if (out->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN))
		end++;
	if (!(out->flags & TCP_FLAG_RST) && seq_diff(end, s->next) > 0)
		s->next = end;
	if (out->flags & TCP_FLAG_ACK)
		s->third_sent = true;
	if (!out->payload_length)
		return;
	s->last = NULL; /* what comes now is the answer */
	if (data_end > s->connection->next_offset)
		s->connection->next_offset = data_end;
	s->connection->data_end = data_end;
}

enum peer_result subflow_send(struct subflow *s, struct outgoing *out,
			      compose_fn *compose, void *context)
{
	enum peer_result result = PEER_OK;

	for (unsigned ttl = out->ttl_first; ttl <= out->ttl_last; ttl++) {
		if (++s->exchange->sends > SENDS_MAX &&
		    !s->exchange->peer->ending)
			return stop(s->exchange, "more than 2,000 segments in "
						 "one scenario");
		result = s->begun ? compose_and_send(s, out, compose, context,
						     ttl)
				  : begin(s, out, compose, context);
		if (result != PEER_OK)
			return result;
	}
	account(s, out);
	return result;
}

/* --- options that are right ---------------------------------------------- */

const struct mptcp_facts *subflow_facts(const struct subflow *s)
{
	static const struct mptcp_facts nothing;
	const struct subflow *c = s->connection;
	const struct flow *f = c->syn_ack ? subflow_flow(c) : NULL;

	return f && f->mptcp.syn_ack ? &f->mptcp : &nothing;
}

struct mptcp_host subflow_host(const struct subflow *s)
{
	const struct subflow *c = s->connection;
	const struct mptcp_facts *m = subflow_facts(s);
	uint8_t ours = c->ask_checksum ? MPC_CHECKSUM : 0;

	return (struct mptcp_host){
		.keys = s->exchange->keys,
		.version = c->version,
		.flags = MPC_HMAC | ours,
		.key = c->choices.key,
		.idsn = c->idsn,
		.peer_key = m->server_key,
		.checksum =
			m->syn_ack && (ours | m->syn_ack_flags) & MPC_CHECKSUM,
	};
}

void capable_default(const struct subflow *s, const struct outgoing *out,
		     struct mptcp_option *option)
{
	struct mptcp_host host = subflow_host(s);

	if (out->flags & TCP_FLAG_SYN)
		compose_capable_syn(&host, option);
	else
		compose_capable(&host, out->payload_length, option);
}

void join_default(const struct subflow *s, const struct outgoing *out,
		  struct mptcp_option *option)
{
	const struct mptcp_facts *m = subflow_facts(s);
	const struct mptcp_host host = subflow_host(s);
	const struct flow *f = subflow_flow(s);

	if (!(out->flags & TCP_FLAG_SYN)) {
		compose_join_ack(&host, s->choices.nonce,
				 f ? f->join.server_nonce : 0, option);
		return;
	}
	*option = (struct mptcp_option){.subtype = MP_JOIN};
	option->join.stage = JOIN_SYN;
	option->join.backup = s->backup;
	option->join.address_id = s->address_id;
	option->join.token = m->has_server_key && s->connection != s
				     ? m->server_token
				     : s->choices.token;
	option->join.nonce = s->choices.nonce;
}

/* Version 1 with 64-bit numbers and a DATA_ACK on everything; version 0 as in
 * the published experiment: 32 bits, and either the mapping or the DATA_ACK. */
void dss_default(const struct subflow *s, const struct outgoing *out,
		 bool mapping, struct mptcp_option *option)
{
	const struct mptcp_host host = subflow_host(s);
	bool data = mapping || out->payload_length;
	uint8_t flags = DSS_ACK | DSS_ACK8;

	if (host.version == 1 && data)
		flags |= DSS_MAPPING | DSS_DSN8;
	else if (host.version == 0)
		flags = data ? DSS_MAPPING : DSS_ACK;
	compose_dss(&host, flags, s->connection->server_dsn_next, out->offset,
		    out->payload_length ? out->sequence : 0,
		    out->payload_length, option);
}

bool capable_carries_data(const struct subflow *s, const struct outgoing *out)
{
	return s->version == 1 && s->connection == s && out->payload_length &&
	       out->offset == 0 && out->sequence == 1;
}

static void default_syn(struct subflow *s, struct outgoing *out,
			struct writer *w)
{
	struct mptcp_option o;

	write_mss(w, s->choices.mss);
	if (s->plain)
		return;
	if (s->connection == s)
		capable_default(s, out, &o);
	else
		join_default(s, out, &o);
	mptcp_encode(w, &o);
}

/* Nothing where the peer does not speak MPTCP, or not yet. */
static bool default_option(const struct subflow *s, const struct outgoing *out,
			   struct mptcp_option *o)
{
	const struct flow *f = subflow_flow(s);
	bool first = s->connection == s;

	if (!subflow_facts(s)->has_server_key || s->plain)
		return false;
	if (capable_carries_data(s, out) ||
	    (first && !s->third_sent && !out->payload_length)) {
		capable_default(s, out, o);
		return true;
	}
	if (!s->third_sent && !out->payload_length) {
		join_default(s, out, o);
		return s->syn_ack && f->join.syn_ack;
	}
	dss_default(s, out, false, o);
	return out->payload_length || s->connection->server_mapped;
}

bool compose_default(void *context, struct subflow *s, struct outgoing *out)
{
	struct writer w = writer_over(out->options, sizeof(out->options));
	const struct mptcp_host host = subflow_host(s);
	struct mptcp_option o;

	(void)context;
	if (out->flags & TCP_FLAG_SYN) {
		default_syn(s, out, &w);
	} else if (default_option(s, out, &o)) {
		compose_checksum(&host, out->payload, out->payload_length, &o);
		mptcp_encode(&w, &o);
	}
	write_options_padding(&w);
	out->options_length = w.length;
	return !w.failed;
}

/* --- what came ----------------------------------------------------------- */

static void take_syn_ack(struct subflow *s, const struct flow *f,
			 const struct kept *k)
{
	if (s->syn_ack)
		return;
	s->syn_ack = true;
	s->server_isn = k->packet.tcp.sequence;
	s->server_next = 1;
	s->rtt_us = k->time_us - f->sent[0]->time_us;
	s->server_dsn_next = f->mptcp.server_idsn + 1;
}

bool segment_data_ack(const struct subflow *s, const struct kept *k,
		      int64_t *bytes)
{
	const struct mptcp_option *o = tcp_options_mptcp(&k->options, MP_DSS);
	uint64_t first = s->connection->idsn + 1;

	if (!o || !(o->dss.flags & DSS_ACK))
		return false;
	if (o->dss.flags & DSS_ACK8)
		*bytes = (int64_t)(o->dss.data_ack - first);
	else
		*bytes = (int32_t)((uint32_t)o->dss.data_ack - (uint32_t)first);
	return true;
}

static void take_dss(struct subflow *s, const struct kept *k)
{
	const struct mptcp_option *o = tcp_options_mptcp(&k->options, MP_DSS);
	struct subflow *c = s->connection;
	uint64_t end;
	int64_t bytes;

	if (segment_data_ack(s, k, &bytes) && bytes > (int64_t)c->data_acked)
		c->data_acked = (uint64_t)bytes;
	if (!o || !(o->dss.flags & DSS_MAPPING))
		return;
	c->server_mapped = true;
	end = o->dss.dsn + o->dss.data_level_length;
	if (!(o->dss.flags & DSS_DSN8)) /* RFC 8684 3.3.3 */
		end = c->server_dsn_next +
		      (uint64_t)(int64_t)(int32_t)((uint32_t)end -
						   (uint32_t)
							   c->server_dsn_next);
	if ((int64_t)(end - c->server_dsn_next) > 0)
		c->server_dsn_next = end;
}

static void take_stream(struct subflow *s, const struct tcp_view *tcp)
{
	uint32_t at = tcp->sequence - s->server_isn;
	uint32_t end = at + (uint32_t)tcp->payload_length;
	uint32_t acked = tcp->acknowledgment - s->choices.isn;

	if (tcp->flags & TCP_FLAG_ACK && seq_diff(acked, s->acked) > 0)
		s->acked = acked;
	if (tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST))
		return;
	if (seq_diff(at, s->server_next) <= 0 &&
	    seq_diff(end, s->server_next) > 0)
		s->server_next = end;
	if (tcp->flags & TCP_FLAG_FIN && end == s->server_next && !s->fin) {
		s->fin = true;
		s->server_next++;
	}
}

static void consume(struct subflow *s, const struct flow *f,
		    const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	if (tcp->flags & TCP_FLAG_RST)
		s->reset = true;
	else if (tcp->flags & TCP_FLAG_SYN)
		take_syn_ack(s, f, k);
	take_stream(s, tcp);
	take_dss(s, k);
	if (k->options.has_timestamps)
		s->tsval = k->options.tsval;
	s->last = k;
}

/* The server's own announcements come when they like, and answer nothing. */
static const struct mptcp_option *announcement(const struct kept *k)
{
	const struct mptcp_option *o =
		tcp_options_mptcp(&k->options, MP_ADD_ADDR);

	return o && !o->add_addr.echo && !k->packet.tcp.payload_length &&
			       !tcp_options_mptcp(&k->options, MP_DSS)
		       ? o
		       : NULL;
}

static bool compose_echo(void *context, struct subflow *s, struct outgoing *out)
{
	struct writer w = writer_over(out->options, sizeof(out->options));
	struct mptcp_option o = *(const struct mptcp_option *)context;

	(void)s;
	o.add_addr.echo = true;
	o.add_addr.has_hmac = false;
	mptcp_encode(&w, &o);
	write_options_padding(&w);
	out->options_length = w.length;
	return !w.failed;
}

/* RFC 8684 3.4.1. A capture may be of a client that did not. */
static void echo_announcement(struct subflow *s, const struct mptcp_option *o)
{
	struct peer *p = s->exchange->peer;
	struct outgoing out;

	subflow_outgoing(s, TCP_FLAG_ACK, &out);
	if (subflow_send(s, &out, compose_echo, (void *)(uintptr_t)o) ==
		    PEER_DIFFERS &&
	    p->replay)
		p->error[0] = '\0';
}

static bool compose_again(void *context, struct subflow *s,
			  struct outgoing *out)
{
	(void)context;
	memcpy(out->options, s->syn.options, sizeof(out->options));
	out->options_length = s->syn.options_length;
	return true;
}

/* A busy server may reset a SYN, and take the next: once, from another port
 * and with another ISN, and all else the same. A reason in the RST is no whim.
 */
static bool begin_again(struct subflow *s, const struct kept *k)
{
	struct peer *p = s->exchange->peer;
	struct subflow before = *s;
	struct outgoing out = s->syn;

	if (!(k->packet.tcp.flags & TCP_FLAG_RST) || s->syn_ack || s->again ||
	    s->syn.payload_length || s->wish.source_port ||
	    tcp_options_mptcp(&k->options, MP_TCPRST) ||
	    !p->ops->choose(p, &s->wish, 0, &s->choices))
		return false;
	s->again = true;
	s->choices.key = before.choices.key;
	s->choices.nonce = before.choices.nonce;
	s->choices.token = before.choices.token;
	s->seen = 0;
	if (begin(s, &out, compose_again, NULL) == PEER_OK)
		return true;
	*s = before;
	s->again = true;
	if (p->replay)
		p->error[0] = '\0';
	return false;
}

/* Of what the subflow received next; UINT64_MAX: nothing yet. */
static uint64_t next_frame(const struct subflow *s)
{
	const struct flow *f = s ? subflow_flow(s) : NULL;

	return f && s->seen < f->received_count ? f->received[s->seen]->frame
						: UINT64_MAX;
}

/* Consumes it. NULL: it is nothing that a script waits for. */
static const struct kept *take_next(struct subflow *s)
{
	const struct flow *f = subflow_flow(s);
	const struct kept *k = f->received[s->seen++], *last = s->last;
	const struct mptcp_option *o = announcement(k);

	if (begin_again(s, k))
		return NULL;
	consume(s, f, k);
	if (!o)
		return k;
	s->last = last;
	echo_announcement(s, o);
	return NULL;
}

const struct kept *either_receive(struct subflow *s, struct subflow *other,
				  int64_t until_us, struct subflow **whose)
{
	struct exchange *x = s->exchange;
	int64_t end = x->started_us + (int64_t)EXCHANGE_MAX_MS * 1000;
	const struct kept *k;

	if (!x->peer->replay && until_us > end)
		until_us = end;
	for (;;) {
		*whose = next_frame(other) < next_frame(s) ? other : s;
		if (next_frame(*whose) != UINT64_MAX) {
			k = take_next(*whose);
			if (k)
				return k;
		} else if (!x->peer->ops->wait(x->peer, until_us)) {
			return NULL;
		}
	}
}

const struct kept *subflow_receive(struct subflow *s, int64_t until_us)
{
	struct subflow *whose;

	return either_receive(s, NULL, until_us, &whose);
}

int64_t exchange_ms(const struct exchange *x, const struct kept *k)
{
	int64_t first = k->time_us;

	for (size_t i = 0; i < x->subflow_count; i++) {
		const struct flow *f = subflow_flow(x->subflows[i]);

		if (f && f->sent[0]->time_us < first)
			first = f->sent[0]->time_us;
	}
	return (k->time_us - first) / 1000;
}

int64_t subflow_patience_us(const struct subflow *s)
{
	return 1000000 + 4 * s->rtt_us;
}

/* --- the end ------------------------------------------------------------- */

static bool compose_end(void *context, struct subflow *s, struct outgoing *out)
{
	struct writer w = writer_over(out->options, sizeof(out->options));
	struct mptcp_option o = {.subtype = MP_FASTCLOSE};

	(void)context;
	o.fastclose.receiver_key = subflow_facts(s)->server_key;
	if (s->connection == s && o.fastclose.receiver_key && s->third_sent)
		mptcp_encode(&w, &o);
	out->options_length = w.length;
	return true;
}

static void send_end(struct subflow *s, uint32_t sequence)
{
	const struct flow *f = subflow_flow(s);
	struct outgoing out;

	subflow_outgoing(s, TCP_FLAG_RST, &out);
	out.sequence = sequence;
	if (f && f->syn_ack_seen) {
		s->server_isn = f->server_isn;
		out.flags |= TCP_FLAG_ACK;
		out.acknowledgment = f->server_next - f->server_isn;
	}
	subflow_send(s, &out, compose_end, NULL);
}

/* With the sequence number that the peer waits for, whatever holes the script
 * has left (RFC 9293 3.5.3); and with the one behind all that is on its way,
 * for which it may wait by then. */
static void end_subflow(struct subflow *s)
{
	const struct flow *f = subflow_flow(s);
	uint32_t waits_for = 1;

	if (!s->begun || s->reset || (f && flow_reset(f)))
		return;
	if (f && f->syn_ack_seen)
		waits_for = f->server_acked - s->choices.isn;
	send_end(s, waits_for);
	if (s->next != waits_for)
		send_end(s, s->next);
}

void exchange_end(struct exchange *x)
{
	if (x->peer->replay)
		return;
	x->peer->ending = true;
	for (size_t i = x->subflow_count; i-- > 0;)
		end_subflow(x->subflows[i]);
	x->peer->ending = false;
}
