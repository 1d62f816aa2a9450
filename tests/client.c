/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/tcp_options.h"
#include "report/track/observe.h"
#include "tests/client.h"

struct caller *call(struct scene *s, enum purpose purpose, unsigned version)
{
	struct caller *c = &s->callers[s->caller_count++];

	if (s->caller_count > 320)
		abort();
	*c = (struct caller){.purpose = purpose,
			     .version = version,
			     .port = s->next_port++,
			     .to = s->to,
			     .isn = (uint32_t)scene_random(s),
			     .ts = (uint32_t)scene_random(s) & 0xffffff00,
			     .token = (uint32_t)scene_random(s),
			     .nonce = (uint32_t)scene_random(s),
			     .key = scene_random(s)};
	return c;
}

struct flow *flow_of(const struct scene *s, const struct caller *c)
{
	struct address from = hop_address(s, 0), to = server_address(s);

	return observer_flow(s->o, &from, c->port, &to,
			     c->to ? c->to : scene_port(s), IPPROTO_TCP);
}

#define WSCALE 7

struct wire client_wire(struct scene *s, struct tcp_segment *t,
			const struct caller *c, unsigned ttl, uint8_t class)
{
	struct envelope e = {.from = hop_address(s, 0),
			     .to = server_address(s),
			     .protocol = IPPROTO_TCP,
			     .ttl = (uint8_t)ttl,
			     .traffic_class = class,
			     .id = s->next_id++};

	t->source_port = c->port;
	t->destination_port = c->to ? c->to : scene_port(s);
	if (s->narrow) /* one unit of it would be too much */
		t->window = t->flags & TCP_FLAG_SYN ? sizeof(PAGE) - 1 : 0;
	else if (s->window)
		t->window = (uint16_t)(t->flags & TCP_FLAG_SYN
					       ? s->window
					       : s->window >> WSCALE);
	else if (!t->window)
		t->window = 64240;
	return wire_tcp(&e, t);
}

static void write_unknown(struct writer *w, const struct caller *c,
			  unsigned length)
{
	write_u8(w, TCPOPT_KIND_EXPERIMENT);
	write_u8(w, (uint8_t)length);
	for (unsigned i = 2; i < length; i++)
		write_u8(w, (uint8_t)(c->nonce >> i));
}

struct wire syn_wire(struct scene *s, const struct caller *c, unsigned ttl,
		     uint8_t class)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {
		.sequence = c->isn, .flags = TCP_FLAG_SYN, .options = options};

	if (s->ecn_syn)
		t.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
	write_mss(&w, c->mss ? c->mss : 1460);
	write_sack_permitted(&w);
	write_timestamps(&w, c->ts + ttl + (c->gave_up ? 128 : 0), 0);
	write_nop(&w, 1);
	write_wscale(&w, WSCALE);
	/* Copies carry an option that nobody knows beside MP_CAPABLE. */
	if (c->gave_up)
		class = 0;
	else if (c->purpose == PURPOSE_UNKNOWN_OPTION)
		write_unknown(&w, c, c->version == 1 ? 4 : 12);
	else if (c->purpose == PURPOSE_MP_CAPABLE && class)
		write_unknown(&w, c, 4);
	if (c->gave_up) {
		t.options_length = w.length;
		return client_wire(s, &t, c, ttl, class);
	}
	if (c->purpose == PURPOSE_MP_CAPABLE) {
		o.capable.version = (uint8_t)c->version;
		o.capable.flags = (c->no_algorithm ? 0 : MPC_HMAC) |
				  (c->extended ? MPC_EXTENSIBILITY : 0) |
				  (c->checksum ? MPC_CHECKSUM : 0);
		o.capable.has_sender_key = c->version == 0;
		o.capable.sender_key = c->key;
		mptcp_encode(&w, &o);
	} else if (c->purpose == PURPOSE_MP_JOIN ||
		   c->purpose == PURPOSE_MP_JOIN_RANDOM) {
		o.subtype = MP_JOIN;
		o.join.stage = JOIN_SYN;
		o.join.address_id = 1;
		o.join.token = c->token;
		o.join.nonce = c->nonce;
		mptcp_encode(&w, &o);
	}
	t.options_length = w.length;
	return client_wire(s, &t, c, ttl, class);
}

void send_syn(struct scene *s, const struct caller *c, unsigned ttl,
	      bool marked)
{
	scene_send(s, syn_wire(s, c, ttl, marked ? MARKED : 0), ttl);
}

void begin_client_segment(struct scene *s, struct caller *c, struct writer *w,
			  struct tcp_segment *t, unsigned ttl)
{
	const struct flow *f = flow_of(s, c);

	c->segments++;
	if (f->timestamps) {
		write_nop(w, 2);
		write_timestamps(w, c->ts + 256 * c->segments + ttl,
				 f->server_tsval);
	}
	t->flags = TCP_FLAG_ACK;
	t->sequence = c->isn + 1;
	t->acknowledgment = f->server_isn + 1;
	t->window = (uint16_t)(500 + (ttl == 64 || f->timestamps ? 0 : ttl));
}

static struct mptcp_option capable_ack(const struct caller *c,
				       const struct flow *f)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	o.capable.version = (uint8_t)c->version;
	o.capable.flags = MPC_HMAC | (c->checksum ? MPC_CHECKSUM : 0);
	o.capable.has_sender_key = o.capable.has_receiver_key = true;
	o.capable.sender_key = c->key;
	o.capable.receiver_key = f->mptcp.server_key;
	return o;
}

static struct mptcp_option join_ack(struct scene *s, const struct caller *c,
				    const struct flow *f)
{
	struct mptcp_option o = {.subtype = MP_JOIN};
	uint8_t hmac[32];

	o.join.stage = JOIN_ACK;
	keys_join_hmac(s->keys, c->version, c->parent->key,
		       flow_of(s, c->parent)->mptcp.server_key, c->nonce,
		       f->join.server_nonce, hmac);
	memcpy(o.join.hmac, hmac, 20);
	return o;
}

void send_third_ack(struct scene *s, struct caller *c, unsigned ttl,
		    bool marked)
{
	const struct flow *f = flow_of(s, c);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options};
	struct mptcp_option o;

	begin_client_segment(s, c, &w, &t, ttl);
	if (c->parent)
		o = join_ack(s, c, f);
	else
		o = capable_ack(c, f);
	if (c->parent ? f->join.syn_ack : f->mptcp.syn_ack)
		mptcp_encode(&w, &o);
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, ttl, marked ? MARKED : 0), ttl);
}

void send_data(struct scene *s, struct caller *c, const struct span *d,
	       unsigned ttl, bool marked)
{
	const struct flow *f = flow_of(s, c);
	const struct flow *first = c->parent ? flow_of(s, c->parent) : f;
	uint16_t length = (uint16_t)d->length;
	uint64_t dsn = first->mptcp.client_idsn + 1 + d->offset;
	uint32_t before;
	uint8_t options[40], payload[1500] = REQUEST;
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options,
				.payload = payload + d->offset,
				.payload_length = length};
	struct mptcp_option o = {.subtype = MP_DSS};

	if (d->offset + d->length > sizeof(payload))
		abort();
	if (d->other)
		payload[d->offset] ^= 0x20;
	if (c->parent && !c->joined_at)
		c->joined_at = d->offset;
	before = d->offset - c->joined_at;
	begin_client_segment(s, c, &w, &t, ttl);
	t.flags |= TCP_FLAG_PSH;
	t.sequence += before;
	if (s->narrow)
		t.acknowledgment = f->server_next;
	if (!d->offset && c->version == 1) {
		o = capable_ack(c, f);
		o.capable.has_data_length = true;
		o.capable.data_length = length;
		o.capable.has_checksum = f->mptcp.checksum;
		o.capable.checksum =
			dss_checksum(dsn, 1, length, t.payload, length);
	} else {
		o.dss.flags = DSS_ACK | DSS_ACK8 | DSS_MAPPING | DSS_DSN8;
		o.dss.data_ack = first->mptcp.server_mapped_end
					 ? first->mptcp.server_mapped_end
					 : first->mptcp.server_idsn + 1;
		o.dss.dsn = dsn;
		o.dss.ssn = 1 + before;
		o.dss.data_level_length = length;
		o.dss.has_checksum = first->mptcp.checksum;
		o.dss.checksum =
			dss_checksum(dsn, o.dss.ssn, length, t.payload, length);
	}
	if (!d->plain && (c->parent ? f->join.syn_ack : f->mptcp.syn_ack))
		mptcp_encode(&w, &o);
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, ttl, marked ? MARKED : 0), ttl);
}

void send_half(struct scene *s, struct caller *c, int half, bool plain,
	       unsigned ttl, bool marked)
{
	struct span d = {.offset = half ? HALF : 0,
			 .length = half ? sizeof(REQUEST) - 1 - HALF : HALF,
			 .plain = plain};

	send_data(s, c, &d, ttl, marked);
}

void send_rare(struct scene *s, struct caller *c, bool add_addr, unsigned ttl)
{
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options};

	o.add_addr.version = 1;
	o.add_addr.address_id = 2;
	o.add_addr.address = address_of("10.9.9.9");
	o.add_addr.has_hmac = true;
	begin_client_segment(s, c, &w, &t, ttl);
	if (add_addr) {
		mptcp_encode(&w, &o);
	} else {
		t.flags |= TCP_FLAG_URG;
		t.urgent = 1;
		t.payload = (const uint8_t *)REQUEST;
		t.payload_length = 1;
	}
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, ttl, MARKED), ttl);
}

void send_control(struct scene *s, unsigned ttl)
{
	struct envelope e = {.from = hop_address(s, 0),
			     .to = server_address(s),
			     .protocol = IPPROTO_UDP,
			     .ttl = (uint8_t)ttl,
			     .id = s->next_id++};
	uint8_t datagram[80];
	char payload[60], mark[20] = "";
	const char *of = s->one_of_several ? UPLINK_MARK : "";
	int text;
	uint16_t port = s->next_port++;
	ssize_t length;

	if (s->reference)
		snprintf(mark, sizeof(mark), REFERENCE_MARK "%05u",
			 scene_port(s));
	text = snprintf(payload, sizeof(payload), "%s %03u %016llx%s%s",
			s->other_program ? "others" : "mpprobe", ttl,
			(unsigned long long)scene_random(s), mark, of);
	if (s->echo) {
		e.protocol = s->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		length = echo_request_write(
			1, s->next_id, (const uint8_t *)payload, (size_t)text,
			&e.from, &e.to, datagram, sizeof(datagram));
	} else {
		length = udp_datagram_write(port, (uint16_t)(33434 + port % 64),
					    (const uint8_t *)payload,
					    (size_t)text, &e.from, &e.to,
					    datagram, sizeof(datagram));
	}
	scene_send(s, wire_ip(&e, datagram, (size_t)length), ttl);
}

struct caller *sweep(struct scene *s, enum purpose purpose, unsigned version)
{
	struct caller *c = call(s, purpose, version);
	bool marked = purpose != PURPOSE_TCP;

	for (unsigned ttl = 1; ttl <= 12; ttl++)
		send_syn(s, c, ttl, marked && ttl <= s->hops);
	scene_wait(s, 100 * MS);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		if (!flow_quote(flow_of(s, c), SEGMENT_SYN, ttl))
			send_syn(s, c, ttl, true);
	scene_wait(s, 100 * MS);
	return c;
}

struct caller *knock(struct scene *s, enum purpose purpose, unsigned version,
		     bool checksum, const struct caller *parent, unsigned tries)
{
	struct caller *c = call(s, purpose, version);

	c->checksum = checksum;
	c->parent = parent;
	if (parent)
		c->token = flow_of(s, parent)->mptcp.server_token;
	for (unsigned i = 0; i < tries; i++) {
		const struct flow *f;

		send_syn(s, c, 64, false);
		f = flow_of(s, c);
		if (f->syn_ack_seen || flow_reset(f))
			break;
		scene_wait(s, 250 * MS);
	}
	return c;
}

bool half_acked(const struct scene *s, const struct caller *c, int half)
{
	uint32_t end = half ? sizeof(REQUEST) - 1 : HALF;
	const struct flow *f = flow_of(s, c);

	return seq_diff(f->server_acked, c->isn + 1 + end) >= 0;
}

void send_request(struct scene *s, struct caller *c)
{
	const struct flow *f = flow_of(s, c);

	for (int half = 0; half < 2; half++) {
		for (unsigned i = 0; i < 10; i++) {
			if (half_acked(s, c, half) || flow_reset(f))
				break;
			if (!half || i)
				send_third_ack(s, c, 64, false);
			send_half(s, c, half, i > 7, 64, false);
			if (!half_acked(s, c, half))
				scene_wait(s, 250 * MS);
		}
	}
}

struct caller *converse(struct scene *s, enum purpose purpose, unsigned version,
			bool checksum)
{
	struct caller *c = knock(s, purpose, version, checksum, NULL, 3);
	const struct flow *f = flow_of(s, c);

	if (!f->syn_ack_seen ||
	    (purpose == PURPOSE_MP_CAPABLE && !f->mptcp.syn_ack))
		return c;
	send_third_ack(s, c, 64, false);
	send_request(s, c);
	return c;
}

void copies(struct scene *s, struct caller *c)
{
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_third_ack(s, c, ttl, true);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_half(s, c, 1, false, ttl, true);
}

#define TAIL 16

static bool refused_or_silent(const struct scene *s, const struct caller *c)
{
	return !flow_of(s, c)->syn_ack_seen;
}

static void run_contrast(struct scene *s, enum purpose purpose,
			 unsigned version, const struct caller *parent)
{
	struct caller *c;

	for (int i = 0; i < 8; i++) {
		knock(s, purpose, version, false, parent, 1);
		knock(s, PURPOSE_TCP, 0, false, NULL, 1);
		if (parent)
			continue;
		knock(s, PURPOSE_UNKNOWN_OPTION, version, false, NULL, 1);
		knock(s, PURPOSE_MP_CAPABLE, !version, false, NULL, 1);
		c = call(s, PURPOSE_MP_CAPABLE, version);
		c->no_algorithm = true;
		send_syn(s, c, 64, false);
	}
	scene_wait(s, 1000 * MS);
}

/* What was held back: that it is taken shows that the connection is alive. */
static void send_tail(struct scene *s, struct caller *c)
{
	struct span d = {.offset = sizeof(REQUEST) - 1, .length = TAIL};
	uint32_t end = c->isn + 1 + d.offset + TAIL;
	const struct flow *f = flow_of(s, c);

	for (int i = 0; i < 10 && !flow_reset(f); i++) {
		send_data(s, c, &d, 64, false);
		if (seq_diff(f->server_acked, end) >= 0)
			return;
		scene_wait(s, 250 * MS);
	}
}

static void run_join(struct scene *s, struct caller *parent)
{
	const struct flow *f = flow_of(s, parent);
	struct caller *c;

	if (s->no_join || !f->mptcp.has_data_ack ||
	    (f->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0))
		return;
	c = knock(s, PURPOSE_MP_JOIN, parent->version, false, parent, 3);
	if (flow_of(s, c)->join.syn_ack)
		send_third_ack(s, c, 64, false);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_syn(s, c, ttl, true);
	if (!refused_or_silent(s, c))
		return;
	run_contrast(s, PURPOSE_MP_JOIN, parent->version, parent);
	send_tail(s, parent);
}

static void run_version(struct scene *s, unsigned version)
{
	struct caller *bare, *summed, *best, *token;

	bare = converse(s, PURPOSE_MP_CAPABLE, version, false);
	summed = converse(s, PURPOSE_MP_CAPABLE, version, true);
	token = knock(s, PURPOSE_MP_JOIN_RANDOM, version, false, NULL, 3);
	if (s->no_checksum && flow_of(s, token)->syn_ack_seen)
		send_third_ack(s, token, 64, false);
	if (!s->no_sweep)
		sweep(s, PURPOSE_MP_CAPABLE, version);
	best = flow_of(s, bare)->mptcp.has_data_ack ? bare : summed;
	if (flow_of(s, best)->mptcp.syn_ack)
		copies(s, best);
	run_join(s, best);
	if (refused_or_silent(s, bare) && refused_or_silent(s, summed))
		run_contrast(s, PURPOSE_MP_CAPABLE, version, NULL);
}

void run_probe(struct scene *s)
{
	static const uint8_t beyond[] = {0, 0, 0, 1, 2};
	struct caller *plain;
	unsigned reach;

	if (!s->no_sweep) {
		plain = sweep(s, PURPOSE_TCP, 0);
		send_control(s, 64);
		send_control(s, 96);
		send_control(s, 60);
		reach = flow_reach(flow_of(s, plain));
		for (unsigned i = 0; reach && i < sizeof(beyond); i++)
			send_control(s, reach + beyond[i]);
	}
	converse(s, PURPOSE_TCP, 0, false);
	if (s->only_version != 0)
		run_version(s, 1);
	if (s->only_version == 0 || (s->only_version < 0 && !s->no_version0 &&
				     (s->version != 1 || s->no_checksum)))
		run_version(s, 0);
	scene_wait(s, 50 * MS);
	scene_wait(s, s->pause);
	if (s->no_checksum) /* the control of what becomes of its third ACKs */
		send_third_ack(s, knock(s, PURPOSE_TCP, 0, false, NULL, 3), 64,
			       false);
	if (!s->no_after)
		converse(s, PURPOSE_TCP, 0, false);
	scene_wait(s, 1200 * MS);
	/* any last frame: time has passed */
	send_control(s, 1);
}
