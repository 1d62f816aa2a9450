/* SPDX-License-Identifier: GPL-3.0-or-later
 * A path in memory, for tests: a client that probes as mpprobe does, routers
 * that quote, one device that does what it likes, and a server. Every frame
 * that the client would capture goes to an observer.
 */
#ifndef TESTS_SCENE_TEST_H
#define TESTS_SCENE_TEST_H

#include "crafting/keys.h"
#include "report/judge.h"
#include "report/track/observer.h"
#include "tests/frames_test.h"

#define MS 1000
#define HOPS_MAX 24
#define PORT 80
#define MARKED (10 << 2 | 2) /* DSCP 10, ECT(0) */

enum act { PASS, DROP, RESET, ANSWER, PROHIBIT };

struct scene;
typedef enum act box_fn(struct scene *s, struct wire *w);

/* A connection of the client. */
struct caller {
	enum purpose purpose;
	unsigned version;
	bool checksum, no_algorithm, gave_up;
	uint16_t port;
	uint32_t isn, ts, token, nonce, segments;
	uint64_t key;
	const struct caller *parent;
	uint16_t mss; /* 0: 1460 */
};

/* The server's side of a connection. */
struct served {
	uint16_t port;
	uint32_t client_isn, isn, next; /* next: expected of the client */
	uint64_t key, client_key;
	uint32_t nonce, segments;
	bool mptcp, joined, third_ack, checksum, has_client_key, answered;
	uint64_t data; /* bytes taken at data level */
	struct served *parent;
};

struct scene {
	/* the path; hops are counted from 1, the server is at hops + 1 */
	unsigned hops;
	unsigned server_hop; /* where the address is; 0: at hops + 1 */
	bool ip6;
	unsigned quotes[HOPS_MAX]; /* bytes that this hop quotes; 0: all */
	bool silent[HOPS_MAX];
	unsigned box_at;
	box_fn *box;	     /* on what the client sends, when forwarded */
	bool box_on_arrival; /* before the TTL is checked */
	box_fn *back;	     /* on what the server sends */
	unsigned forger_at;
	box_fn *forger;	     /* alters what this hop quotes, no more */
	bool back_detour;    /* the way back is longer, too */
	unsigned back_from;  /* for this hop and all behind it ... */
	unsigned back_until; /* ... up to this (0: all) ... */
	int back_more;	     /* ... it has so many hops more */
	unsigned detour;     /* flows with odd ports have so many more hops */
	bool parted;	     /* flows with odd ports meet other routers */
	bool (*lost)(struct scene *s, bool forward, const struct packet *p);

	/* the server */
	int version; /* 1, 0, or -1: no MPTCP */
	bool port_closed, port_silent, cookies, deny_join, refuse_checksum;
	bool no_subflows, other_backend, close_at_once, reset_data, mute;
	bool bare_reset, udp_silent, data_fin, no_timestamps, ecn_syn;
	unsigned udp_hop;    /* answers datagrams in the server's name */
	unsigned icmp_ttl;   /* initial TTL of the server's ICMP */
	unsigned router_ttl; /* the same of the routers */

	/* the client */
	bool no_sweep, no_join, no_after, no_version0;
	int only_version; /* --mptcp; -1: both */
	int64_t pause;	  /* before plain TCP is tried again */
	uint16_t port;	  /* 0: PORT */
	bool reference;	  /* the target is one (--reference) */

	struct observer *o;
	struct keys *keys;
	int64_t now;
	uint64_t frames, lost_count;
	uint16_t next_id, next_port;
	uint64_t random;
	struct served served[320];
	size_t served_count;
	struct caller callers[320];
	size_t caller_count;
};

static inline struct scene scene(void)
{
	return (struct scene){.hops = 4,
			      .version = 1,
			      .only_version = -1,
			      .icmp_ttl = 64,
			      .router_ttl = 64,
			      .now = 1795215600000000,
			      .next_id = 0x1001,
			      .next_port = 40001,
			      .random = 42};
}

static inline uint64_t scene_random(struct scene *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

static inline struct address hop_address(const struct scene *s, unsigned hop)
{
	char text[ADDRESS_TEXT];

	if (hop == 0)
		return address_of(s->ip6 ? "fd00:1::1" : "10.0.1.1");
	snprintf(text, sizeof(text), s->ip6 ? "fd00:%u::2" : "10.0.%u.2", hop);
	return address_of(text);
}

static inline struct address server_address(const struct scene *s)
{
	return hop_address(s, s->server_hop ? s->server_hop : s->hops + 1);
}

static inline uint16_t scene_port(const struct scene *s)
{
	return s->port ? s->port : PORT;
}

static inline void scene_begin(struct scene *s)
{
	s->o = observer_new();
	s->keys = keys_new();
	if (!s->o || !s->keys)
		abort();
}

static inline void scene_end(struct scene *s)
{
	observer_free(s->o);
	keys_free(s->keys);
}

static inline void scene_wait(struct scene *s, int64_t us)
{
	s->now += us;
}

/* What the client's capture sees. */
static inline void scene_see(struct scene *s, const struct wire *w)
{
	s->now += 100;
	observer_frame(s->o, LINK_RAW, ++s->frames, s->now, w->bytes, w->length,
		       w->length);
}

static inline struct envelope scene_envelope(const struct scene *s,
					     unsigned from_hop, unsigned ttl)
{
	if (s->back_from && from_hop >= s->back_from &&
	    (!s->back_until || from_hop <= s->back_until))
		ttl = (unsigned)((int)ttl - s->back_more);
	return (struct envelope){.from = hop_address(s, from_hop),
				 .to = hop_address(s, 0),
				 .protocol = IPPROTO_TCP,
				 .ttl = (uint8_t)ttl};
}

/* A reply that the device or the server sends, seen by the client. */
static inline void scene_reply(struct scene *s, unsigned from_hop,
			       const struct tcp_segment *segment)
{
	struct envelope e = scene_envelope(s, from_hop, 64 - (from_hop - 1));
	struct wire w;
	struct packet p;

	e.from = server_address(s);
	if (s->back_detour && segment->destination_port & 1)
		e.ttl = (uint8_t)(e.ttl - s->detour);
	e.id = (uint16_t)scene_random(s);
	w = wire_tcp(&e, segment);
	p = wire_parse(&w);
	if (s->lost && s->lost(s, false, &p))
		return;
	if (from_hop > s->hops && s->back && s->back(s, &w) == DROP)
		return;
	scene_see(s, &w);
}

static inline void write_ts(struct scene *s, struct writer *w, uint32_t tsecr)
{
	if (s->no_timestamps)
		return;
	write_nop(w, 2);
	write_timestamps(w, (uint32_t)(s->now / 1000), tsecr);
}

static inline struct tcp_segment answer_to(const struct packet *p,
					   uint8_t flags, uint32_t sequence)
{
	uint32_t end = p->tcp.sequence + (uint32_t)p->tcp.payload_length;

	if (p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_FIN))
		end++;
	return (struct tcp_segment){.source_port = p->tcp.destination_port,
				    .destination_port = p->tcp.source_port,
				    .sequence = sequence,
				    .acknowledgment = end,
				    .flags = flags,
				    .window = 64240};
}

/* A RST to what was received, as RFC 9293 3.5.2 has it, from this hop. */
static inline void scene_reset(struct scene *s, unsigned hop,
			       const struct packet *p, int reason)
{
	struct tcp_segment r = answer_to(p, TCP_FLAG_RST | TCP_FLAG_ACK, 0);
	struct mptcp_option o = {.subtype = MP_TCPRST};
	uint8_t options[8];
	struct writer w = writer_over(options, sizeof(options));

	if (p->tcp.flags & TCP_FLAG_ACK) {
		r.sequence = p->tcp.acknowledgment;
		r.flags = TCP_FLAG_RST;
	}
	if (reason >= 0) {
		o.tcprst.reason = (uint8_t)reason;
		mptcp_encode(&w, &o);
	}
	r.options = options;
	r.options_length = w.length;
	r.window = 0;
	scene_reply(s, hop, &r);
}

static inline struct served *served_of(struct scene *s, const struct packet *p)
{
	for (size_t i = s->served_count; i-- > 0;)
		if (s->served[i].port == p->tcp.source_port)
			return &s->served[i];
	return NULL;
}

static inline struct served *served_by_token(struct scene *s, uint32_t token)
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

static inline void write_syn_ack_capable(struct scene *s, struct writer *w,
					 const struct served *c,
					 const struct mptcp_option *syn)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	o.capable.version = (uint8_t)s->version;
	o.capable.flags = MPC_HMAC | (s->deny_join ? MPC_DENY_JOIN_ID0 : 0);
	if (!s->refuse_checksum)
		o.capable.flags |= syn->capable.flags & MPC_CHECKSUM;
	o.capable.has_sender_key = true;
	o.capable.sender_key = c->key;
	mptcp_encode(w, &o);
}

static inline void write_syn_ack_join(struct scene *s, struct writer *w,
				      struct served *c,
				      const struct mptcp_option *syn)
{
	struct mptcp_option o = {.subtype = MP_JOIN};
	uint8_t hmac[32];

	o.join.stage = JOIN_SYN_ACK;
	o.join.nonce = c->nonce;
	keys_join_hmac(s->keys, (unsigned)s->version, c->parent->key,
		       c->parent->client_key, c->nonce, syn->join.nonce, hmac);
	memcpy(o.join.hmac, hmac, 8);
	mptcp_encode(w, &o);
}

static inline bool capable_fits(const struct scene *s,
				const struct mptcp_option *o)
{
	return s->version >= 0 && o->capable.version == s->version &&
	       (o->capable.flags & 0x3f) == MPC_HMAC &&
	       o->length == (s->version == 1 ? 4 : 12);
}

static inline struct served *serve(struct scene *s, const struct packet *p)
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

static inline void server_syn(struct scene *s, const struct packet *p,
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
		if (!parent) {
			scene_reset(s, s->hops + 1, p,
				    s->version == 0 || s->bare_reset ? -1 : 1);
			return;
		}
	}
	c = serve(s, p);
	c->parent = parent;
	c->joined = parent != NULL;
	r.sequence = c->isn;
	write_mss(&w, 1460);
	write_sack_permitted(&w);
	if (in->has_timestamps && !s->no_timestamps)
		write_timestamps(&w, (uint32_t)(s->now / 1000), in->tsval);
	else
		write_nop(&w, 2);
	write_nop(&w, 1);
	write_wscale(&w, 7);
	if (parent) {
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
	scene_reply(s, s->hops + 1, &r);
}

static inline uint64_t idsn_of(struct scene *s, uint64_t key)
{
	uint64_t idsn = 0;

	keys_derive(s->keys, (unsigned)s->version, key, NULL, &idsn);
	return idsn;
}

static inline void write_server_dss(struct scene *s, struct writer *w,
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
		o.dss.dsn = idsn_of(s, first->key) + 1;
		o.dss.ssn = 1;
		o.dss.data_level_length =
			(uint16_t)(length + (s->data_fin ? 1 : 0));
		o.dss.has_checksum = c->checksum;
		o.dss.checksum = dss_checksum(
			o.dss.dsn, 1, o.dss.data_level_length, payload, length);
	}
	mptcp_encode(w, &o);
}

static inline void server_send(struct scene *s, struct served *c,
			       const struct packet *p, const char *payload,
			       uint8_t flags)
{
	struct tcp_segment r = answer_to(p, TCP_FLAG_ACK | flags, c->isn + 1);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));

	r.acknowledgment = c->next;
	write_ts(s, &w, 0);
	if (c->mptcp || c->joined)
		write_server_dss(s, &w, c, payload);
	r.options = options;
	r.options_length = w.length;
	r.payload = (const uint8_t *)payload;
	r.payload_length = payload ? strlen(payload) : 0;
	if (payload)
		r.flags |= TCP_FLAG_PSH;
	scene_reply(s, s->hops + 1, &r);
}

static inline void server_keys(struct served *c, const struct mptcp_option *mpc)
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
static inline bool server_mapping(struct scene *s, const struct served *c,
				  const struct packet *p,
				  const struct tcp_options *in)
{
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

#define REQUEST "GET / HTTP/1.1\r\nHost: server.lab\r\n\r\n"
#define HALF 16
#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static inline void server_data(struct scene *s, struct served *c,
			       const struct packet *p,
			       const struct tcp_options *in)
{
	bool fresh = p->tcp.sequence == c->next;

	if (s->reset_data) {
		scene_reset(s, s->hops + 1, p, c->mptcp ? 0 : -1);
		return;
	}
	if (fresh) {
		if (c->mptcp && !(c->third_ack && server_mapping(s, c, p, in)))
			c->mptcp = false;
		c->next += (uint32_t)p->tcp.payload_length;
		if (c->mptcp)
			c->data += p->tcp.payload_length;
	}
	server_send(s, c, p, NULL, 0);
	if (c->next - c->client_isn - 1 < sizeof(REQUEST) - 1 || s->mute ||
	    c->answered)
		return;
	c->answered = true;
	server_send(s, c, p, PAGE, 0);
}

static inline void server_ack(struct scene *s, struct served *c,
			      const struct packet *p,
			      const struct tcp_options *in)
{
	const struct mptcp_option *join = tcp_options_mptcp(in, MP_JOIN);

	server_keys(c, tcp_options_mptcp(in, MP_CAPABLE));
	if (c->mptcp && s->version == 0)
		c->third_ack = true; /* it has the key from the SYN */
	if (c->joined && p->tcp.payload_length == 0) {
		if (s->no_subflows)
			scene_reset(s, s->hops + 1, p, 3);
		else if (!join || join->join.stage != JOIN_ACK)
			scene_reset(s, s->hops + 1, p, 1);
		else
			server_send(s, c, p, NULL, 0);
		return;
	}
	if (p->tcp.payload_length) {
		server_data(s, c, p, in);
		return;
	}
	if (s->close_at_once && !c->answered) {
		c->answered = true;
		server_send(s, c, p, NULL, TCP_FLAG_FIN);
	}
}

static inline void server_receive(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	struct tcp_options in;
	struct served *c;

	if (p.transport != TRANSPORT_TCP) {
		struct envelope e =
			scene_envelope(s, s->hops + 1, s->icmp_ttl - s->hops);
		struct wire icmp = wire_icmp(&e, PORT_UNREACHABLE, w, 1500);

		if (!s->udp_silent)
			scene_see(s, &icmp);
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
	if (c)
		server_ack(s, c, &p, &in);
}

static inline void router_error(struct scene *s, unsigned hop,
				enum icmp_error error, const struct wire *w)
{
	struct envelope e = scene_envelope(s, hop, s->router_ttl - (hop - 1));
	unsigned bytes = s->quotes[hop] ? s->quotes[hop] : 1500;
	struct wire quoted = *w, icmp;
	struct packet p = wire_parse(&quoted);

	if (s->silent[hop])
		return;
	if (s->parted && p.transport == TRANSPORT_TCP && p.tcp.source_port & 1)
		e.from.bytes[1]++; /* 10.1.2.2, fd01:2::2 */
	if (s->forger && s->forger_at == hop)
		s->forger(s, &quoted);
	icmp = wire_icmp(&e, error, &quoted, bytes);
	scene_see(s, &icmp);
}

static inline enum act pass_box(struct scene *s, unsigned hop, bool arrival,
				struct wire *w)
{
	struct packet p = wire_parse(w);
	enum act act = PASS;

	if (s->box && s->box_at == hop && s->box_on_arrival == arrival) {
		act = s->box(s, w);
		if (act == PASS)
			fix_tcp_checksum(w);
	}
	if (act == RESET)
		scene_reset(s, hop, &p, -1);
	if (act == PROHIBIT)
		router_error(s, hop, HOST_PROHIBITED, w);
	return act;
}

/* Sends it on its way; TTLs are those of arrival. */
static inline void scene_send(struct scene *s, struct wire w, unsigned ttl)
{
	struct packet p = wire_parse(&w);
	uint16_t port = p.transport == TRANSPORT_UDP ? p.udp.source_port
						     : p.tcp.source_port;
	unsigned extra = port & 1 ? s->detour : 0;

	scene_see(s, &w);
	if (s->lost && s->lost(s, true, &p))
		return;
	for (unsigned hop = 1; hop <= s->hops + extra; hop++) {
		set_ttl(&w, ttl - (hop - 1));
		if (p.transport == TRANSPORT_UDP && s->udp_hop == hop &&
		    ttl >= hop) {
			server_receive(s, &w);
			return;
		}
		if (pass_box(s, hop, true, &w) != PASS)
			return;
		if (ttl == hop) {
			router_error(s, hop, TIME_EXCEEDED, &w);
			return;
		}
		if (pass_box(s, hop, false, &w) != PASS)
			return;
		ttl = w.bytes[s->ip6 ? 7 : 8] + (hop - 1);
	}
	set_ttl(&w, ttl - s->hops - extra);
	server_receive(s, &w);
}

/* ---- the client ---------------------------------------------------------- */

static inline struct caller *call(struct scene *s, enum purpose purpose,
				  unsigned version)
{
	struct caller *c = &s->callers[s->caller_count++];

	if (s->caller_count > 320)
		abort();
	*c = (struct caller){.purpose = purpose,
			     .version = version,
			     .port = s->next_port++,
			     .isn = (uint32_t)scene_random(s),
			     .ts = (uint32_t)scene_random(s),
			     .token = (uint32_t)scene_random(s),
			     .nonce = (uint32_t)scene_random(s),
			     .key = scene_random(s)};
	return c;
}

static inline struct flow *flow_of(const struct scene *s,
				   const struct caller *c)
{
	struct address from = hop_address(s, 0), to = server_address(s);

	return observer_flow(s->o, &from, c->port, &to, scene_port(s),
			     IPPROTO_TCP);
}

static inline struct wire client_wire(struct scene *s, struct tcp_segment *t,
				      const struct caller *c, unsigned ttl,
				      uint8_t class)
{
	struct envelope e = {.from = hop_address(s, 0),
			     .to = server_address(s),
			     .protocol = IPPROTO_TCP,
			     .ttl = (uint8_t)ttl,
			     .traffic_class = class,
			     .id = s->next_id++};

	t->source_port = c->port;
	t->destination_port = scene_port(s);
	if (!t->window)
		t->window = 64240;
	return wire_tcp(&e, t);
}

static inline void write_unknown(struct writer *w, const struct caller *c,
				 unsigned length)
{
	write_u8(w, TCPOPT_KIND_EXPERIMENT);
	write_u8(w, (uint8_t)length);
	for (unsigned i = 2; i < length; i++)
		write_u8(w, (uint8_t)(c->nonce >> i));
}

static inline struct wire syn_wire(struct scene *s, const struct caller *c,
				   unsigned ttl, uint8_t class)
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
	write_wscale(&w, 7);
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

static inline void send_syn(struct scene *s, const struct caller *c,
			    unsigned ttl, bool marked)
{
	scene_send(s, syn_wire(s, c, ttl, marked ? MARKED : 0), ttl);
}

static inline void begin_client_segment(struct scene *s, struct caller *c,
					struct writer *w, struct tcp_segment *t,
					unsigned ttl)
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

static inline struct mptcp_option capable_ack(const struct caller *c,
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

static inline struct mptcp_option
join_ack(struct scene *s, const struct caller *c, const struct flow *f)
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

static inline void send_third_ack(struct scene *s, struct caller *c,
				  unsigned ttl, bool marked)
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

/* Half of the request: 0 or 1. */
static inline void send_half(struct scene *s, struct caller *c, int half,
			     bool plain, unsigned ttl, bool marked)
{
	const struct flow *f = flow_of(s, c);
	const uint8_t *payload = (const uint8_t *)REQUEST + (half ? HALF : 0);
	size_t length = half ? sizeof(REQUEST) - 1 - HALF : HALF;
	uint64_t dsn = f->mptcp.client_idsn + 1 + (half ? HALF : 0);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options,
				.payload = payload,
				.payload_length = length};
	struct mptcp_option o = {.subtype = MP_DSS};

	begin_client_segment(s, c, &w, &t, ttl);
	t.flags |= TCP_FLAG_PSH;
	t.sequence += half ? HALF : 0;
	if (!half && c->version == 1) {
		o = capable_ack(c, f);
		o.capable.has_data_length = true;
		o.capable.data_length = (uint16_t)length;
		o.capable.has_checksum = f->mptcp.checksum;
		o.capable.checksum =
			dss_checksum(dsn, 1, (uint16_t)length, payload, length);
	} else {
		o.dss.flags = DSS_ACK | DSS_ACK8 | DSS_MAPPING | DSS_DSN8;
		o.dss.data_ack = f->mptcp.server_idsn + 1;
		o.dss.dsn = dsn;
		o.dss.ssn = half ? 1 + HALF : 1;
		o.dss.data_level_length = (uint16_t)length;
		o.dss.has_checksum = f->mptcp.checksum;
		o.dss.checksum = dss_checksum(dsn, o.dss.ssn, (uint16_t)length,
					      payload, length);
	}
	if (!plain && f->mptcp.syn_ack)
		mptcp_encode(&w, &o);
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, ttl, marked ? MARKED : 0), ttl);
}

static inline void send_control(struct scene *s, unsigned ttl)
{
	struct envelope e = {.from = hop_address(s, 0),
			     .to = server_address(s),
			     .protocol = IPPROTO_UDP,
			     .ttl = (uint8_t)ttl,
			     .id = s->next_id++};
	uint8_t datagram[80];
	char payload[60], mark[20] = "";
	int text;
	uint16_t port = s->next_port++;
	ssize_t length;

	if (s->reference)
		snprintf(mark, sizeof(mark), " reference %05u", scene_port(s));
	text = snprintf(payload, sizeof(payload), "mpprobe %03u %016llx%s", ttl,
			(unsigned long long)scene_random(s), mark);
	length = udp_datagram_write(port, (uint16_t)(33434 + port % 64),
				    (const uint8_t *)payload, (size_t)text,
				    &e.from, &e.to, datagram, sizeof(datagram));
	scene_send(s, wire_ip(&e, datagram, (size_t)length), ttl);
}

/* SYNs of one flow with TTLs 1 to 12, once more where no quote came. */
static inline struct caller *sweep(struct scene *s, enum purpose purpose,
				   unsigned version)
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

/* A SYN at full TTL, up to three times. */
static inline struct caller *knock(struct scene *s, enum purpose purpose,
				   unsigned version, bool checksum,
				   const struct caller *parent, unsigned tries)
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

static inline bool half_acked(const struct scene *s, const struct caller *c,
			      int half)
{
	uint32_t end = half ? sizeof(REQUEST) - 1 : HALF;
	const struct flow *f = flow_of(s, c);

	return seq_diff(f->server_acked, c->isn + 1 + end) >= 0;
}

static inline void send_request(struct scene *s, struct caller *c)
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

/* A connection up to the answer of the server. */
static inline struct caller *converse(struct scene *s, enum purpose purpose,
				      unsigned version, bool checksum)
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

static inline void copies(struct scene *s, struct caller *c)
{
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_third_ack(s, c, ttl, true);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_half(s, c, 1, false, ttl, true);
}

static inline bool refused_or_silent(const struct scene *s,
				     const struct caller *c)
{
	return !flow_of(s, c)->syn_ack_seen;
}

static inline void run_contrast(struct scene *s, enum purpose purpose,
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

static inline void run_join(struct scene *s, const struct caller *parent)
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
	if (refused_or_silent(s, c))
		run_contrast(s, PURPOSE_MP_JOIN, parent->version, parent);
}

static inline void run_version(struct scene *s, unsigned version)
{
	struct caller *bare, *summed, *best;

	bare = converse(s, PURPOSE_MP_CAPABLE, version, false);
	summed = converse(s, PURPOSE_MP_CAPABLE, version, true);
	knock(s, PURPOSE_MP_JOIN_RANDOM, version, false, NULL, 3);
	if (!s->no_sweep)
		sweep(s, PURPOSE_MP_CAPABLE, version);
	best = flow_of(s, bare)->mptcp.has_data_ack ? bare : summed;
	if (flow_of(s, best)->mptcp.syn_ack)
		copies(s, best);
	run_join(s, best);
	if (refused_or_silent(s, bare) && refused_or_silent(s, summed))
		run_contrast(s, PURPOSE_MP_CAPABLE, version, NULL);
}

/* All that a live run does. */
static inline void run_probe(struct scene *s)
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
	if (s->only_version == 0 ||
	    (s->only_version < 0 && !s->no_version0 && s->version != 1))
		run_version(s, 0);
	scene_wait(s, 50 * MS);
	scene_wait(s, s->pause);
	if (!s->no_after)
		converse(s, PURPOSE_TCP, 0, false);
	scene_wait(s, 1200 * MS);
	/* any last frame: time has passed */
	send_control(s, 1);
}

static inline struct report *judge_scene(const struct scene *s)
{
	struct judge_target target = {server_address(s), scene_port(s)};

	return judge(s->o, &target);
}

#endif
