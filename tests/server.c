/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/tcp_options.h"
#include "tests/server.h"

static void write_ts(struct scene *s, struct writer *w, uint32_t tsecr)
{
	if (s->no_timestamps)
		return;
	write_nop(w, 2);
	write_timestamps(w, (uint32_t)(s->now / 1000), tsecr);
}

static struct served *served_of(struct scene *s, const struct packet *p)
{
	for (size_t i = s->served_count; i-- > 0;)
		if (s->served[i].port == p->tcp.source_port)
			return &s->served[i];
	return NULL;
}

static struct served *served_by_token(struct scene *s, uint32_t token)
{
	for (size_t i = 0; i < s->served_count; i++) {
		uint32_t own;

		if (s->served[i].mptcp && !s->served[i].joined &&
		    s->served[i].third_ack &&
		    keys_derive(s->keys, (unsigned)s->version, s->served[i].key,
				&own, NULL) == 0 &&
		    own == token)
			return &s->served[i];
	}
	return NULL;
}

static void write_syn_ack_capable(struct scene *s, struct writer *w,
				  const struct served *c,
				  const struct mptcp_option *syn)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	o.capable.version = (uint8_t)s->version;
	o.capable.flags = MPC_HMAC | (s->deny_join ? MPC_DENY_JOIN_ID0 : 0);
	if (s->unasked)
		o.capable.version = 1;
	else if (!s->refuse_checksum)
		o.capable.flags |= syn->capable.flags & MPC_CHECKSUM;
	o.capable.has_sender_key = true;
	o.capable.sender_key = c->key;
	mptcp_encode(w, &o);
}

static void write_syn_ack_join(struct scene *s, struct writer *w,
			       struct served *c, const struct mptcp_option *syn)
{
	struct mptcp_option o = {.subtype = MP_JOIN};
	uint8_t hmac[32];

	o.join.stage = JOIN_SYN_ACK;
	if (c->parent) {
		o.join.nonce = c->nonce;
		keys_join_hmac(s->keys, (unsigned)s->version, c->parent->key,
			       c->parent->client_key, c->nonce, syn->join.nonce,
			       hmac);
		memcpy(o.join.hmac, hmac, 8);
	}
	mptcp_encode(w, &o);
}

static bool capable_fits(const struct scene *s, const struct mptcp_option *o)
{
	if (s->no_checksum && o->capable.flags & MPC_CHECKSUM)
		return false;
	return s->version >= 0 && o->capable.version == s->version &&
	       (o->capable.flags & 0x3f) == MPC_HMAC &&
	       o->length == (s->version == 1 ? 4 : 12);
}

static struct served *serve(struct scene *s, const struct packet *p)
{
	struct served *c = served_of(s, p);

	if (c && c->client_isn == p->tcp.sequence) {
		if (s->cookies)
			c->key = scene_random(s);
		return c;
	}
	if (s->served_count == 320)
		abort();
	c = &s->served[s->served_count++];
	*c = (struct served){.port = p->tcp.source_port,
			     .client_isn = p->tcp.sequence,
			     .next = p->tcp.sequence + 1,
			     .isn = (uint32_t)scene_random(s),
			     .nonce = (uint32_t)scene_random(s),
			     .key = scene_random(s)};
	return c;
}

static void server_syn(struct scene *s, const struct packet *p,
		       const struct tcp_options *in)
{
	const struct mptcp_option *capable = tcp_options_mptcp(in, MP_CAPABLE);
	const struct mptcp_option *join = tcp_options_mptcp(in, MP_JOIN);
	struct tcp_segment r = answer_to(p, TCP_FLAG_SYN | TCP_FLAG_ACK, 0);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct served *parent = NULL, *c;

	if (s->port_silent)
		return;
	if (s->port_closed) {
		scene_reset(s, s->hops + 1, p, -1);
		return;
	}
	if (join && s->version >= 0) {
		parent = s->other_backend
				 ? NULL
				 : served_by_token(s, join->join.token);
		if (!parent && s->cookies)
			return;
		if (!parent && !s->no_checksum) {
			scene_reset(s, s->hops + 1, p,
				    s->version == 0 || s->bare_reset ? -1 : 1);
			return;
		}
	}
	c = serve(s, p);
	c->parent = parent;
	c->joined = parent != NULL;
	c->unknown = join && !parent && s->version >= 0;
	r.sequence = c->isn;
	write_mss(&w, 1460);
	write_sack_permitted(&w);
	if (in->has_timestamps && !s->no_timestamps)
		write_timestamps(&w, (uint32_t)(s->now / 1000), in->tsval);
	else
		write_nop(&w, 2);
	write_nop(&w, 1);
	write_wscale(&w, 7);
	if (s->unasked) {
		write_syn_ack_capable(s, &w, c, NULL);
	} else if (s->echoes && (capable || join)) {
		mptcp_encode(&w, capable ? capable : join);
	} else if (parent || (join && s->version >= 0)) {
		write_syn_ack_join(s, &w, c, join);
	} else if (capable && capable_fits(s, capable)) {
		c->mptcp = true;
		c->checksum = capable->capable.flags & MPC_CHECKSUM;
		if (s->version == 0) {
			c->client_key = capable->capable.sender_key;
			c->has_client_key = true;
		}
		write_syn_ack_capable(s, &w, c, capable);
	}
	r.options = options;
	r.options_length = w.length;
	if (s->several_keys && c->mptcp) {
		options[w.length - 1] ^= 0x55;
		scene_reply(s, s->hops + 1, &r);
		options[w.length - 1] ^= 0x55;
	}
	scene_reply(s, s->hops + 1, &r);
}

static uint64_t idsn_of(struct scene *s, uint64_t key)
{
	uint64_t idsn = 0;

	keys_derive(s->keys, (unsigned)s->version, key, NULL, &idsn);
	return idsn;
}

static void write_server_dss(struct scene *s, struct writer *w,
			     const struct served *c, const char *payload)
{
	const struct served *first = c->parent ? c->parent : c;
	struct mptcp_option o = {.subtype = MP_DSS};

	o.dss.flags = DSS_ACK | DSS_ACK8;
	o.dss.data_ack = idsn_of(s, first->client_key) + 1 + first->data;
	if (payload) {
		size_t length = strlen(payload);

		o.dss.flags |= DSS_MAPPING | DSS_DSN8 |
			       (s->data_fin ? DSS_DATA_FIN : 0);
		o.dss.dsn = idsn_of(s, first->key) + 1 + c->sent -
			    (c->rounds > 1 ? s->blocks * BLOCK : 0);
		o.dss.ssn = 1 + c->sent;
		o.dss.data_level_length =
			(uint16_t)(length + (s->data_fin ? 1 : 0));
		o.dss.has_checksum = c->checksum;
		o.dss.checksum =
			dss_checksum(o.dss.dsn, o.dss.ssn,
				     o.dss.data_level_length, payload, length);
	}
	mptcp_encode(w, &o);
}

static void server_send(struct scene *s, struct served *c,
			const struct packet *p, const char *payload,
			uint8_t flags)
{
	struct tcp_segment r =
		answer_to(p, TCP_FLAG_ACK | flags, c->isn + 1 + c->sent);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));

	if (s->no_window)
		r.window = 0;
	r.acknowledgment = c->next;
	write_ts(s, &w, 0);
	if ((((c->mptcp && c->third_ack) || c->joined) && !s->no_dss) ||
	    s->unasked)
		write_server_dss(s, &w, c, payload);
	r.options = options;
	r.options_length = w.length;
	r.payload = (const uint8_t *)payload;
	r.payload_length = payload ? strlen(payload) : 0;
	if (payload)
		r.flags |= TCP_FLAG_PSH;
	scene_reply(s, s->hops + 1, &r);
}

/* An ACK with this option. */
static void server_say(struct scene *s, struct served *c,
		       const struct packet *p, const struct mptcp_option *o)
{
	struct tcp_segment r = answer_to(p, TCP_FLAG_ACK, c->isn + 1);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));

	r.acknowledgment = c->next;
	write_ts(s, &w, 0);
	mptcp_encode(&w, o);
	r.options = options;
	r.options_length = w.length;
	scene_reply(s, s->hops + 1, &r);
}

static void server_announce(struct scene *s, struct served *c,
			    const struct packet *p)
{
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};

	if (!s->announce || !c->mptcp || !c->has_client_key || c->announced)
		return;
	c->announced = true;
	o.add_addr.version = 1;
	o.add_addr.address_id = 3;
	o.add_addr.address = address_of("10.9.9.3");
	o.add_addr.has_hmac = true;
	keys_add_addr_hmac(s->keys, c->key, c->client_key, 3,
			   &o.add_addr.address, 0, &o.add_addr.hmac);
	server_say(s, c, p, &o);
}

static void server_keys(struct served *c, const struct mptcp_option *mpc)
{
	if (!c->mptcp || !mpc || !mpc->capable.has_receiver_key)
		return;
	c->third_ack = true;
	c->client_key = mpc->capable.sender_key;
	c->has_client_key = true;
	if (mpc->capable.flags & MPC_CHECKSUM)
		c->checksum = true;
}

/* Whether the segment's mapping is there and its checksum, if any, right. */
static bool server_mapping(struct scene *s, const struct served *subflow,
			   const struct packet *p, const struct tcp_options *in)
{
	const struct served *c = subflow->parent ? subflow->parent : subflow;
	const struct mptcp_option *mpc = tcp_options_mptcp(in, MP_CAPABLE);
	const struct mptcp_option *dss = tcp_options_mptcp(in, MP_DSS);
	uint64_t dsn = idsn_of(s, c->client_key) + 1;
	size_t length = p->tcp.payload_length;

	if (mpc && mpc->capable.has_data_length)
		return !c->checksum ||
		       mpc->capable.checksum ==
			       dss_checksum(dsn, 1, (uint16_t)length,
					    p->tcp.payload, length);
	if (!dss || !(dss->dss.flags & DSS_MAPPING))
		return false;
	return !c->checksum ||
	       dss->dss.checksum == dss_checksum(dss->dss.dsn, dss->dss.ssn,
						 (uint16_t)length,
						 p->tcp.payload, length);
}

/* RFC 8684 3.7: the mapping is there, so its checksum is wrong. */
static void server_complain(struct scene *s, struct served *c,
			    const struct packet *p,
			    const struct tcp_options *in)
{
	const struct mptcp_option *dss = tcp_options_mptcp(in, MP_DSS);
	struct mptcp_option o = {.subtype = MP_FAIL};

	if (!s->complain || !in->mptcp_count)
		return;
	o.fail.dsn = dss ? dss->dss.dsn : idsn_of(s, c->client_key) + 1;
	server_say(s, c, p, &o);
}

/* Over another subflow, a segment without its mapping ends that. */
static void server_joined_data(struct scene *s, struct served *c,
			       const struct packet *p,
			       const struct tcp_options *in)
{
	const struct mptcp_option *dss = tcp_options_mptcp(in, MP_DSS);
	struct served *first = c->parent;

	if (!dss || !server_mapping(s, c, p, in)) {
		scene_reset(s, s->hops + 1, p, TCPRST_MIDDLEBOX);
		return;
	}
	if (p->tcp.sequence == c->next) {
		c->next += (uint32_t)p->tcp.payload_length;
		if (dss->dss.dsn ==
		    idsn_of(s, first->client_key) + 1 + first->data)
			first->data += p->tcp.payload_length;
	}
	server_send(s, c, p, NULL, 0);
	if (!s->answer_joined || c->answered)
		return;
	c->answered = true;
	for (unsigned i = 0; i < s->pages || !i; i++) {
		server_send(s, c, p, PAGE, 0);
		c->sent += sizeof(PAGE) - 1;
	}
}

static void server_data(struct scene *s, struct served *c,
			const struct packet *p, const struct tcp_options *in)
{
	bool fresh = p->tcp.sequence == c->next && !s->no_window;

	if (c->joined) {
		server_joined_data(s, c, p, in);
		return;
	}
	if (s->reset_data) {
		scene_reset(s, s->hops + 1, p, c->mptcp ? 0 : -1);
		return;
	}
	if (fresh) {
		if (c->mptcp &&
		    !(c->third_ack && server_mapping(s, c, p, in))) {
			server_complain(s, c, p, in);
			c->mptcp = false;
		}
		c->next += (uint32_t)p->tcp.payload_length;
		if (c->mptcp && c->data < c->next - c->client_isn - 1)
			c->data = c->next - c->client_isn - 1;
	}
	server_send(s, c, p, NULL, 0);
	if (c->next - c->client_isn - 1 < sizeof(REQUEST) - 1 || s->mute ||
	    (s->mute_mptcp && c->mptcp) || c->answered)
		return;
	c->forgotten = s->forgets || (s->forgets_mptcp && c->mptcp);
	if (c->forgotten)
		return;
	c->answered = true;
	for (unsigned i = 0; i < s->pages || !i; i++) {
		server_send(s, c, p, PAGE, 0);
		c->sent += sizeof(PAGE) - 1;
	}
}

/* It goes on where its answer is acknowledged by TCP, and then sends the same
 * again, as who got no DATA_ACK. */
static void server_send_blocks(struct scene *s, struct served *c,
			       const struct packet *p)
{
	char block[BLOCK + 1] = "";

	if (!c->answered || c->rounds == 2 ||
	    p->tcp.acknowledgment != c->isn + 1 + c->sent)
		return;
	memset(block, 'x', BLOCK);
	c->rounds++;
	for (unsigned i = 0; i < s->blocks; i++) {
		server_send(s, c, p, block, 0);
		c->sent += BLOCK;
	}
}

/* Its answer has another page when the window is open again: at both levels
 * (RFC 8684 3.3.4). */
static void server_go_on(struct scene *s, struct served *c,
			 const struct packet *p, const struct tcp_options *in)
{
	const struct mptcp_option *dss = tcp_options_mptcp(in, MP_DSS);
	uint64_t next = idsn_of(s, c->key) + 1 + c->sent;

	if (!s->narrow || !c->answered || c->went_on ||
	    p->tcp.acknowledgment != c->isn + 1 + c->sent ||
	    (c->mptcp && (!dss || dss->dss.data_ack != next)))
		return;
	c->went_on = true;
	server_send(s, c, p, PAGE, 0);
	c->sent += sizeof(PAGE) - 1;
}

/* The fourth ACK. */
static void server_confirm(struct scene *s, struct served *c,
			   const struct packet *p)
{
	server_send(s, c, p, NULL, 0);
	for (unsigned i = 0; i < s->pushes; i++)
		server_send(s, c, p, PAGE, 0);
}

static void server_ack(struct scene *s, struct served *c,
		       const struct packet *p, const struct tcp_options *in)
{
	const struct mptcp_option *join = tcp_options_mptcp(in, MP_JOIN);
	const struct mptcp_option *address = tcp_options_mptcp(in, MP_ADD_ADDR);
	struct mptcp_option echo;

	server_keys(c, tcp_options_mptcp(in, MP_CAPABLE));
	if (c->mptcp && s->version == 0)
		c->third_ack = true; /* it has the key from the SYN */
	if (c->unknown || (s->reset_idle && !p->tcp.payload_length &&
			   p->tcp.sequence == c->client_isn + 1)) {
		scene_reset(s, s->hops + 1, p, -1);
		return;
	}
	if (c->joined && p->tcp.payload_length == 0 &&
	    p->tcp.sequence == c->client_isn + 1) {
		if (s->no_subflows)
			scene_reset(s, s->hops + 1, p, 3);
		else if (!join || join->join.stage != JOIN_ACK)
			scene_reset(s, s->hops + 1, p, 1);
		else
			server_confirm(s, c, p);
		return;
	}
	if (address && s->echo_address) {
		echo = *address;
		echo.add_addr.echo = true;
		echo.add_addr.has_hmac = false;
		echo.length = 0;
		server_say(s, c, p, &echo);
		return;
	}
	server_go_on(s, c, p, in);
	if (s->blocks)
		server_send_blocks(s, c, p);
	if (p->tcp.payload_length) {
		server_data(s, c, p, in);
		return;
	}
	if (p->tcp.sequence + 1 == c->next) { /* a keep-alive */
		server_send(s, c, p, NULL, 0);
		return;
	}
	server_announce(s, c, p);
	if (s->greets && (!c->mptcp || c->third_ack) && !c->sent) {
		server_send(s, c, p, PAGE, 0);
		c->sent += sizeof(PAGE) - 1;
	}
	if (s->close_at_once && !c->answered) {
		c->answered = true;
		server_send(s, c, p, NULL, TCP_FLAG_FIN);
	}
}

static void server_control(struct scene *s, const struct wire *w,
			   const struct packet *p)
{
	struct envelope e =
		scene_envelope(s, s->hops + 1, s->icmp_ttl - s->hops);
	struct wire reply = wire_icmp(&e, PORT_UNREACHABLE, w, 1500);

	if (p->transport == TRANSPORT_ICMP_ECHO_REQUEST) {
		size_t header = p->ip.header_length;
		uint8_t message[100];

		e.protocol = s->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		memcpy(message, w->bytes + header, w->length - header);
		message[0] = s->ip6 ? 129 : 0;
		reply = wire_ip(&e, message, w->length - header);
	}
	if (!s->udp_silent)
		scene_see(s, &reply);
}

void server_receive(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	struct tcp_options in;
	struct served *c;

	if (p.transport != TRANSPORT_TCP) {
		server_control(s, w, &p);
		return;
	}
	tcp_options_read(p.tcp.options, p.tcp.options_available,
			 p.tcp.options_length, &in);
	if (p.tcp.flags & TCP_FLAG_RST)
		return;
	if (p.tcp.flags & TCP_FLAG_SYN) {
		server_syn(s, &p, &in);
		return;
	}
	c = served_of(s, &p);
	if (c && c->forgotten)
		scene_reset(s, s->hops + 1, &p, -1);
	else if (c)
		server_ack(s, c, &p, &in);
}
