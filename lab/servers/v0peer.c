/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/servers/v0peer.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/keys.h"
#include "crafting/packet.h"
#include "crafting/segment.h"
#include "lab/servers/v0flow.h"

#define FLOWS_MAX 4096
#define SYN_ACK_TRIES 6 /* tcp_synack_retries */
#define DATA_TRIES 8
#define SYN_ACK_WAIT_MS 1000 /* RFC 6298: doubled each time */
#define DATA_WAIT_MS 300
#define DUPLICATE_MS 500 /* tcp_invalid_ratelimit */
#define IDLE_MS 600000
#define FORGET_MS 60000 /* a connection without any subflow */
#define MSS_DEFAULT 536
#define MSS_MIN 88

struct v0peer {
	struct v0_sender sender;
	struct v0peer_calls calls;
	struct v0_flow *flows;
	size_t flow_count;
	struct v0_connection *connections;
};

/* One segment that came in. */
struct arrival {
	const struct tcp_view *tcp;
	struct tcp_options options;
	struct v0_ends ends;
};

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

struct v0peer *v0peer_new(const struct v0peer_calls *calls)
{
	struct v0peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->calls = *calls;
	p->sender.calls = &p->calls;
	p->sender.keys = keys_new();
	if (p->sender.keys)
		return p;
	free(p);
	return NULL;
}

/* ---- flows and connections ------------------------------------------------
 */

static struct v0_flow *find_flow(const struct v0peer *p,
				 const struct v0_ends *e)
{
	for (struct v0_flow *f = p->flows; f; f = f->next)
		if (f->client_port == e->client_port &&
		    f->server_port == e->server_port &&
		    address_equal(&f->client, &e->client) &&
		    address_equal(&f->server, &e->server))
			return f;
	return NULL;
}

static void leave_connection(const struct v0peer *p, struct v0_flow *f)
{
	f->connection->flows--;
	f->connection->idle_ms = p->sender.now_ms;
}

static void drop_flow(struct v0peer *p, struct v0_flow *f)
{
	struct v0_flow **at = &p->flows;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	p->flow_count--;
	leave_connection(p, f);
	free(f->mapping.bytes);
	free(f);
}

static struct v0_flow *quietest_flow(const struct v0peer *p)
{
	struct v0_flow *quietest = p->flows;

	for (struct v0_flow *f = p->flows; f; f = f->next)
		if (f->active_ms < quietest->active_ms)
			quietest = f;
	return quietest;
}

/* Those that no subflow can name or be of any more. */
static void drop_connections(struct v0peer *p)
{
	struct v0_connection **at = &p->connections;

	while (*at) {
		struct v0_connection *c = *at;

		if (c->flows == 0 &&
		    (!v0_data_joinable(c) ||
		     p->sender.now_ms - c->idle_ms >= FORGET_MS)) {
			*at = c->next;
			free(c);
		} else {
			at = &c->next;
		}
	}
}

void v0peer_free(struct v0peer *p)
{
	if (!p)
		return;
	while (p->flows)
		drop_flow(p, p->flows);
	for (struct v0_connection *c = p->connections; c; c = c->next)
		c->closed = true;
	drop_connections(p);
	keys_free(p->sender.keys);
	free(p);
}

static uint64_t draw(const struct v0peer *p, enum v0peer_draw what)
{
	return p->calls.draw(p->calls.context, what);
}

static struct v0_connection *new_connection(struct v0peer *p)
{
	struct v0_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->next = p->connections;
	p->connections = c;
	return c;
}

/* RFC 6824 3.1 */
static void negotiate(struct v0peer *p, struct v0_connection *c,
		      uint64_t peer_key)
{
	c->peer_key = peer_key;
	c->own_key = draw(p, V0PEER_KEY);
	c->mptcp = keys_derive(p->sender.keys, 0, c->own_key, &c->own_token,
			       &c->own_idsn) == 0 &&
		   keys_derive(p->sender.keys, 0, peer_key, NULL,
			       &c->peer_idsn) == 0;
	c->send_next = c->own_idsn + 1;
	c->receive_next = c->peer_idsn + 1;
}

static struct v0_connection *find_token(const struct v0peer *p, uint32_t token)
{
	for (struct v0_connection *c = p->connections; c; c = c->next)
		if (v0_data_joinable(c) && c->own_token == token)
			return c;
	return NULL;
}

/* ---- SYNs -----------------------------------------------------------------
 */

static void read_syn_options(struct v0_flow *f, const struct tcp_options *o)
{
	f->timestamps = o->has_timestamps;
	f->recent = o->tsval;
	f->sack = o->sack_permitted;
	f->scaled = o->has_wscale;
	f->mss = o->has_mss ? o->mss : MSS_DEFAULT;
	if (f->mss < MSS_MIN)
		f->mss = MSS_MIN;
}

static struct v0_flow *new_flow(struct v0peer *p, const struct arrival *a,
				struct v0_connection *c)
{
	struct v0_flow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	if (p->flow_count >= FLOWS_MAX)
		drop_flow(p, quietest_flow(p));
	f->next = p->flows;
	p->flows = f;
	p->flow_count++;
	f->client = a->ends.client;
	f->server = a->ends.server;
	f->client_port = a->ends.client_port;
	f->server_port = a->ends.server_port;
	f->connection = c;
	c->flows++;
	read_syn_options(f, &a->options);
	f->own_isn = (uint32_t)draw(p, V0PEER_ISN);
	f->peer_isn = a->tcp->sequence;
	f->receive_next = f->window_base = f->peer_isn + 1;
	f->sent_acked = f->send_next = f->own_isn + 1;
	f->active_ms = p->sender.now_ms;
	f->duplicate_ms = INT64_MIN / 2;
	f->send_again_ms = p->sender.now_ms + SYN_ACK_WAIT_MS;
	f->tries = 1;
	return f;
}

/* Data on a SYN is not taken. */
static void accept_join(struct v0peer *p, const struct arrival *a,
			const struct mptcp_option *join)
{
	struct v0_connection *c = find_token(p, join->join.token);
	struct v0_flow *f;

	if (!c) {
		v0_send_refusal(&p->sender, &a->ends, a->tcp->sequence + 1);
		return;
	}
	f = new_flow(p, a, c);
	if (!f)
		return;
	f->joined = true;
	f->peer_nonce = join->join.nonce;
	f->own_nonce = (uint32_t)draw(p, V0PEER_NONCE);
	v0_send_syn_ack(&p->sender, f);
}

/* A form that the kernel takes: version 0 with a key, and HMAC-SHA1. */
static bool speaks_v0(const struct mptcp_option *o)
{
	return o && o->capable.version == 0 && o->length == 12 &&
	       (o->capable.flags & MPC_HMAC);
}

/* RFC 6824 3.1 wants plain TCP where B is set; this kernel drops the SYN. */
static bool drops(const struct mptcp_option *o)
{
	return o && o->capable.version == 0 && o->length == 12 &&
	       (o->capable.flags & MPC_EXTENSIBILITY);
}

static void receive_syn(struct v0peer *p, const struct arrival *a)
{
	const struct mptcp_option *capable =
		tcp_options_mptcp(&a->options, MP_CAPABLE);
	const struct mptcp_option *join =
		tcp_options_mptcp(&a->options, MP_JOIN);
	struct v0_connection *c;
	struct v0_flow *f;

	if (drops(capable))
		return;
	if (join && !capable && join->join.stage == JOIN_SYN) {
		accept_join(p, a, join);
		return;
	}
	c = new_connection(p);
	if (!c)
		return;
	if (speaks_v0(capable) && !join)
		negotiate(p, c, capable->capable.sender_key);
	f = new_flow(p, a, c);
	if (f)
		v0_send_syn_ack(&p->sender, f);
}

/* The copies of a sweep are duplicates: as in Linux each SYN/ACK answers the
 * first, and not every copy gets one. */
static void receive_syn_again(struct v0peer *p, struct v0_flow *f,
			      const struct arrival *a)
{
	if (f->state == V0_SYN_RECEIVED && a->tcp->sequence != f->peer_isn) {
		drop_flow(p, f);
		receive_syn(p, a);
		return;
	}
	if (p->sender.now_ms - f->duplicate_ms < DUPLICATE_MS)
		return;
	f->duplicate_ms = p->sender.now_ms;
	if (f->state == V0_SYN_RECEIVED)
		v0_send_syn_ack(&p->sender, f);
	else
		v0_send_ack(&p->sender, f);
}

/* ---- the third ACK --------------------------------------------------------
 */

/* RFC 6824 3.2: the whole HMAC of the client. */
static bool proves_join(const struct v0peer *p, const struct v0_flow *f,
			const struct arrival *a)
{
	const struct mptcp_option *join =
		tcp_options_mptcp(&a->options, MP_JOIN);
	uint8_t hmac[32];

	return join && join->join.stage == JOIN_ACK &&
	       keys_join_hmac(p->sender.keys, 0, f->connection->peer_key,
			      f->connection->own_key, f->peer_nonce,
			      f->own_nonce, hmac) == 0 &&
	       memcmp(hmac, join->join.hmac, sizeof(join->join.hmac)) == 0;
}

static bool goes_on_with_mptcp(const struct arrival *a)
{
	const struct mptcp_option *capable =
		tcp_options_mptcp(&a->options, MP_CAPABLE);

	return (capable && capable->capable.has_receiver_key) ||
	       tcp_options_mptcp(&a->options, MP_DSS);
}

static void set_established(struct v0_flow *f)
{
	f->state = V0_ESTABLISHED;
	f->send_again_ms = V0PEER_NEVER;
	f->tries = 0;
}

/* The keys that the third ACK repeats are not compared (recorded:
 * invalid-key). False: the flow is gone. */
static bool receive_third_ack(struct v0peer *p, struct v0_flow *f,
			      const struct arrival *a)
{
	if (a->tcp->acknowledgment != f->own_isn + 1 ||
	    (f->joined && !proves_join(p, f, a))) {
		v0_send_bare_reset(&p->sender, &a->ends,
				   a->tcp->acknowledgment);
		drop_flow(p, f);
		return false;
	}
	set_established(f);
	if (!f->joined && !goes_on_with_mptcp(a))
		f->connection->mptcp = false;
	return true;
}

/* ---- an established flow --------------------------------------------------
 */

static enum v0_mapped how_to_map(const struct v0_connection *c)
{
	if (!c->mptcp || c->infinite_sent)
		return V0_PLAIN;
	return c->infinite ? V0_INFINITE : V0_MAPPED;
}

static void start_answer(struct v0peer *p, struct v0_flow *f)
{
	struct v0_connection *c = f->connection;

	f->due--;
	f->answering = true;
	f->answer_at = f->send_next;
	f->answer_dsn = c->send_next;
	f->answer_mapped = how_to_map(c);
	c->infinite_sent |= f->answer_mapped == V0_INFINITE;
	f->send_next += (uint32_t)v0_answer_length();
	c->send_next += v0_answer_length();
	f->send_again_ms = p->sender.now_ms + DATA_WAIT_MS;
	f->tries = 1;
	v0_send_answer(&p->sender, f);
}

static void start_fin(struct v0peer *p, struct v0_flow *f)
{
	v0_send_fin(&p->sender, f);
	f->send_next++;
	f->fin_sent = true;
	if (f->connection->data_fin || f->connection->flows == 1)
		f->connection->closed = true;
	f->send_again_ms = p->sender.now_ms + DATA_WAIT_MS;
	f->tries = 1;
}

/* What can be sent now that nothing is unacknowledged. */
static void send_more(struct v0peer *p, struct v0_flow *f)
{
	if (f->answering || f->fin_sent)
		return;
	if (f->due)
		start_answer(p, f);
	else if (f->fin_received || f->connection->data_fin)
		start_fin(p, f);
}

static void receive_ack(struct v0peer *p, struct v0_flow *f, uint32_t ack)
{
	if (!before(f->sent_acked, ack) || before(f->send_next, ack))
		return;
	f->sent_acked = ack;
	if (ack != f->send_next)
		return;
	f->answering = false;
	f->send_again_ms = V0PEER_NEVER;
	f->tries = 0;
	send_more(p, f);
}

/* The window closes until half of it is used, then the application's reading
 * shows. */
static void move_window(struct v0_flow *f, bool purged)
{
	if (purged || f->receive_next - f->window_base > 32000)
		f->window_base = f->receive_next;
}

static void end_connection(struct v0peer *p, struct v0_connection *c)
{
	struct v0_flow *next;

	c->closed = true;
	for (struct v0_flow *f = p->flows; f; f = next) {
		next = f->next;
		if (f->connection == c)
			drop_flow(p, f);
	}
}

/* RFC 6824 3.5 */
static bool ends_all(const struct v0_flow *f, const struct arrival *a)
{
	const struct mptcp_option *close =
		tcp_options_mptcp(&a->options, MP_FASTCLOSE);

	return close && f->connection->mptcp &&
	       close->fastclose.receiver_key == f->connection->own_key;
}

static void receive_reset(struct v0peer *p, struct v0_flow *f,
			  const struct arrival *a)
{
	if (a->tcp->sequence != f->receive_next) { /* RFC 5961 3.2 */
		if (f->state == V0_ESTABLISHED)
			v0_send_ack(&p->sender, f);
		return;
	}
	if (ends_all(f, a))
		end_connection(p, f->connection);
	else
		drop_flow(p, f);
}

/* Data and DSS that are next in order. False: the flow is gone. */
static bool take_data(struct v0peer *p, struct v0_flow *f,
		      const struct arrival *a, uint32_t skip)
{
	const struct tcp_view *tcp = a->tcp;
	enum v0_taken taken =
		v0_data_take(f->connection, &f->mapping, &a->options,
			     f->receive_next - f->peer_isn, tcp->payload + skip,
			     tcp->payload_available - skip);

	if (taken == V0_RESET) {
		v0_send_reset(&p->sender, f);
		drop_flow(p, f);
		return false;
	}
	f->receive_next += (uint32_t)tcp->payload_available - skip;
	move_window(f, taken == V0_PURGED);
	while (v0_data_request(f->connection))
		f->due++;
	return true;
}

static bool has_data_fin(const struct arrival *a)
{
	const struct mptcp_option *dss = tcp_options_mptcp(&a->options, MP_DSS);

	return dss && (dss->dss.flags & DSS_DATA_FIN);
}

/* The third ACK of a MP_JOIN, or a copy: it draws the fourth. */
static bool asks_for_fourth(const struct v0_flow *f, const struct arrival *a)
{
	return f->joined && tcp_options_mptcp(&a->options, MP_JOIN);
}

/* RFC 9293 3.10.7.4: what is before the window is answered. */
static bool is_keep_alive(const struct v0_flow *f, const struct arrival *a)
{
	return a->tcp->sequence + 1 == f->receive_next;
}

static void receive_data(struct v0peer *p, struct v0_flow *f,
			 const struct arrival *a)
{
	const struct tcp_view *tcp = a->tcp;
	uint32_t length = (uint32_t)tcp->payload_available;
	bool fin = tcp->flags & TCP_FLAG_FIN;
	uint32_t skip = f->receive_next - tcp->sequence;

	if (!length && !fin && !has_data_fin(a)) {
		if (asks_for_fourth(f, a) || is_keep_alive(f, a))
			v0_send_ack(&p->sender, f);
		return;
	}
	/* Data after a hole is not kept: the client sends it again. */
	if (before(f->receive_next, tcp->sequence) || skip > length ||
	    (length && skip == length && !fin) || f->fin_received) {
		v0_send_ack(&p->sender, f);
		return;
	}
	if (!take_data(p, f, a, skip))
		return;
	if (fin) {
		f->receive_next++;
		f->fin_received = true;
	}
	v0_send_ack(&p->sender, f);
	send_more(p, f);
}

static bool is_over(const struct v0_flow *f)
{
	return f->fin_received && f->fin_sent && f->sent_acked == f->send_next;
}

static void receive_established(struct v0peer *p, struct v0_flow *f,
				const struct arrival *a)
{
	struct v0_ends ends = a->ends;

	if (a->options.has_timestamps &&
	    !before(f->receive_next, a->tcp->sequence))
		f->recent = a->options.tsval;
	if (ends_all(f, a)) {
		v0_send_bare_reset(&p->sender, &ends, f->send_next);
		end_connection(p, f->connection);
		return;
	}
	if (tcp_options_mptcp(&a->options, MP_FAIL))
		f->connection->infinite = true;
	receive_ack(p, f, a->tcp->acknowledgment);
	if (is_over(f))
		drop_flow(p, f);
	else
		receive_data(p, f, a);
}

/* ---- all segments ---------------------------------------------------------
 */

/* RFC 9293 3.10.7.1 */
static void receive_stray(struct v0peer *p, const struct arrival *a)
{
	const struct tcp_view *tcp = a->tcp;

	if (tcp->flags & TCP_FLAG_RST)
		return;
	if (tcp->flags & TCP_FLAG_ACK)
		v0_send_bare_reset(&p->sender, &a->ends, tcp->acknowledgment);
	else if (tcp->flags & TCP_FLAG_SYN)
		receive_syn(p, a);
}

static void receive_flow(struct v0peer *p, struct v0_flow *f,
			 const struct arrival *a)
{
	uint8_t flags = a->tcp->flags;

	f->active_ms = p->sender.now_ms;
	if (flags & TCP_FLAG_RST)
		receive_reset(p, f, a);
	else if (flags & TCP_FLAG_SYN)
		receive_syn_again(p, f, a);
	else if ((flags & TCP_FLAG_ACK) &&
		 (f->state == V0_ESTABLISHED || receive_third_ack(p, f, a)))
		receive_established(p, f, a);
}

static bool is_whole_tcp(const struct packet *packet)
{
	const struct tcp_view *tcp = &packet->tcp;

	return packet->transport == TRANSPORT_TCP && tcp->data_offset &&
	       tcp->payload_available == tcp->payload_length &&
	       packet_tcp_checksum(packet) == 1;
}

void v0peer_receive(struct v0peer *p, const struct packet *packet,
		    int64_t now_ms)
{
	struct arrival a = {.tcp = &packet->tcp};
	struct v0_flow *f;

	p->sender.now_ms = now_ms;
	if (!is_whole_tcp(packet))
		return;
	a.ends = (struct v0_ends){packet->ip.source, packet->ip.destination,
				  a.tcp->source_port, a.tcp->destination_port};
	tcp_options_read(a.tcp->options, a.tcp->options_available,
			 a.tcp->options_length, &a.options);
	f = find_flow(p, &a.ends);
	if (f)
		receive_flow(p, f, &a);
	else
		receive_stray(p, &a);
}

/* ---- time -----------------------------------------------------------------
 */

static void send_again(const struct v0peer *p, struct v0_flow *f)
{
	int64_t wait = SYN_ACK_WAIT_MS;

	if (f->state == V0_SYN_RECEIVED) {
		v0_send_syn_ack(&p->sender, f);
	} else {
		wait = DATA_WAIT_MS;
		if (f->answering) {
			v0_send_answer(&p->sender, f);
		} else {
			f->send_next--;
			v0_send_fin(&p->sender, f);
			f->send_next++;
		}
	}
	f->send_again_ms = p->sender.now_ms + (wait << f->tries);
	f->tries++;
}

/* False: it has been quiet or unheard for too long, and is gone. */
static bool step_flow(struct v0peer *p, struct v0_flow *f)
{
	unsigned most =
		f->state == V0_SYN_RECEIVED ? SYN_ACK_TRIES : DATA_TRIES;

	if (p->sender.now_ms - f->active_ms >= IDLE_MS ||
	    (f->send_again_ms <= p->sender.now_ms && f->tries >= most)) {
		drop_flow(p, f);
		return false;
	}
	if (f->send_again_ms <= p->sender.now_ms)
		send_again(p, f);
	return true;
}

int64_t v0peer_step(struct v0peer *p, int64_t now_ms)
{
	int64_t wake = V0PEER_NEVER;
	struct v0_flow *next;

	p->sender.now_ms = now_ms;
	for (struct v0_flow *f = p->flows; f; f = next) {
		int64_t at = f->active_ms + IDLE_MS;

		next = f->next;
		if (!step_flow(p, f))
			continue;
		at = f->send_again_ms < at ? f->send_again_ms : at;
		wake = at < wake ? at : wake;
	}
	drop_connections(p);
	if (p->connections && now_ms + FORGET_MS < wake)
		wake = now_ms + FORGET_MS;
	return wake;
}
