/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the observer makes of frames: which segment a quote or a reply
 * belongs to, and what MPTCP options prove.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/dlt.h>

#include "crafting/cursor.h"
#include "tests/fixture.h"

/* ---- reach ----------------------------------------------------------------
 */

static bool lose_ttl_5(struct scene *scene_of, bool forward,
		       const struct packet *p)
{
	(void)scene_of;
	return forward && p->ip.ttl == 5;
}

static void test_reach(void **state)
{
	struct caller *c = sweep(&s, PURPOSE_TCP, 0);

	(void)state;
	assert_int_equal(flow_reach(flow_of(&s, c)), 5);
	assert_true(flow_swept(flow_of(&s, c), SEGMENT_SYN));
	s.lost = lose_ttl_5;
	c = sweep(&s, PURPOSE_TCP, 0);
	assert_int_equal(flow_reach(flow_of(&s, c)), 6);
	s.lost = NULL;
	s.no_timestamps = true; /* nothing tells which SYN was answered */
	c = sweep(&s, PURPOSE_TCP, 0);
	assert_int_equal(flow_reach(flow_of(&s, c)), 0);
	c = call(&s, PURPOSE_TCP, 0);
	send_syn(&s, c, 7, false); /* unless there was but one */
	assert_int_equal(flow_reach(flow_of(&s, c)), 7);
}

/* ---- quotes ----------------------------------------------------------------
 */

static struct caller *caller;
static struct wire sent[4];

/* SYNs with TTL 1 to 3 that nobody has answered yet. */
static struct flow *sent_syns(void)
{
	caller = call(&s, PURPOSE_MP_CAPABLE, 1);
	for (unsigned ttl = 1; ttl < 4; ttl++) {
		sent[ttl] = syn_wire(&s, caller, ttl, 0);
		scene_see(&s, &sent[ttl]);
	}
	return flow_of(&s, caller);
}

static void quote(const struct wire *w, size_t bytes)
{
	struct envelope e = scene_envelope(&s, 2, 64);
	struct wire icmp = wire_icmp(&e, TIME_EXCEEDED, w, bytes);

	scene_see(&s, &icmp);
}

static void assert_quote(const struct flow *f, unsigned ttl, enum matched_by by)
{
	const struct quote *q = flow_quote(f, SEGMENT_SYN, ttl);

	assert_non_null(q);
	assert_int_equal(q->matched_by, by);
	assert_int_equal(f->quote_count, 1);
}

static void test_match_id(void **state)
{
	(void)state;
	for (size_t n = 28; n <= 64; n++) {
		const struct flow *f = sent_syns();

		quote(&sent[2], n);
		assert_quote(f, 2, MATCHED_IP_ID);
	}
}

static void test_match_swapped_id(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	set_id(&sent[3], (uint16_t)(wire_parse(&sent[3]).ip.id << 8 |
				    wire_parse(&sent[3]).ip.id >> 8));
	quote(&sent[3], 28);
	assert_quote(f, 3, MATCHED_IP_ID);
}

static void test_match_tsval(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	set_id(&sent[2], 0xbeef); /* rewritten on the way */
	quote(&sent[2], 64);
	assert_quote(f, 2, MATCHED_TSVAL);
	/* The sequence number alone cannot tell the TTL. */
	f = sent_syns();
	set_id(&sent[2], 0xbeef);
	quote(&sent[2], 28);
	assert_int_equal(f->quote_count, 0);
}

static void test_match_tsval_ip6(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	quote(&sent[3], 84);
	assert_quote(f, 3, MATCHED_TSVAL);
	f = sent_syns();
	quote(&sent[3], 40 + 18); /* down to the checksum */
	assert_quote(f, 3, MATCHED_TCP_CHECKSUM);
	f = sent_syns();
	quote(&sent[3], 48);
	assert_int_equal(f->quote_count, 0);
}

/* The clock is shifted, and the new checksum is another copy's by chance. */
static void test_checksum_by_chance(void **state)
{
	const struct flow *f = sent_syns();
	uint8_t *other = wire_tcp_header(&sent[1]);

	(void)state;
	wire_option(&sent[3], TCPOPT_KIND_TIMESTAMPS, -1, NULL)[2] ^= 0x55;
	memcpy(wire_tcp_header(&sent[3]) + 16, other + 16, 2);
	quote(&sent[3], 84);
	assert_int_equal(f->quote_count, 0);
}

/* IP IDs are drawn anew, and one is another copy's by chance. */
static void test_id_by_chance(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	set_id(&sent[3], wire_parse(&sent[1]).ip.id);
	quote(&sent[3], 64);
	assert_quote(f, 3, MATCHED_TSVAL);
}

static void test_match_lone(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct wire w = syn_wire(&s, c, 2, 0);

	(void)state;
	scene_see(&s, &w);
	quote(&w, 48);
	assert_quote(flow_of(&s, c), 2, MATCHED_LONE_PROBE);
}

static void test_rewritten_sequence(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	wire_tcp_header(&sent[2])[5] ^= 0x55;
	quote(&sent[2], 64);
	assert_quote(f, 2, MATCHED_IP_ID);
}

/* A translator that leaves the quote as it was translated. */
static void test_translated(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	sent[2].bytes[15] = 99;
	quote(&sent[2], 28); /* IP ID and sequence number */
	assert_quote(f, 2, MATCHED_IP_ID);
	assert_false(f->quotes[0].fits_tuple);
	f = sent_syns();
	sent[2].bytes[15] = 99;
	set_id(&sent[2], 0xbeef);
	quote(&sent[2], 28); /* the sequence number alone */
	assert_int_equal(f->quote_count, 0);
}

/* Right addresses and ports, and no number that fits. */
static void test_spoofed(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	for (unsigned ttl = 1; ttl < 4; ttl++) {
		set_id(&sent[ttl], 0xbeef);
		wire_tcp_header(&sent[ttl])[4] ^= 0x55;
		wire_option(&sent[ttl], TCPOPT_KIND_TIMESTAMPS, -1, NULL)[2] ^=
			0x55;
		wire_tcp_header(&sent[ttl])[16] ^= 0x55;
		for (size_t n = 20; n <= 64; n++)
			quote(&sent[ttl], n);
	}
	assert_int_equal(f->quote_count, 0);
}

/* A quote of the older connection of a port is not one of the newer. */
static void test_port_reuse(void **state)
{
	struct flow *older = sent_syns(), *newer;
	struct wire w = sent[2];

	(void)state;
	caller->isn += 100000;
	caller->ts += 100000;
	scene_wait(&s, 60000 * MS);
	sent[1] = syn_wire(&s, caller, 1, 0);
	scene_see(&s, &sent[1]);
	newer = flow_of(&s, caller);
	assert_ptr_not_equal(older, newer);
	assert_int_equal(newer->sent_count, 1);
	assert_int_equal(s.o->flow_count, 2);
	quote(&w, 64);
	assert_int_equal(newer->quote_count, 0);
	quote(&sent[1], 64);
	assert_int_equal(newer->quote_count, 1);
}

/* ---- replies ----------------------------------------------------------------
 */

static void reply(const struct caller *c, uint8_t flags, uint32_t sequence,
		  uint32_t ack, const struct mptcp_option *o,
		  const char *payload)
{
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.source_port = PORT,
				.destination_port = c->port,
				.flags = flags,
				.sequence = sequence,
				.acknowledgment = ack,
				.options = options,
				.payload = (const uint8_t *)payload,
				.payload_length =
					payload ? strlen(payload) : 0};

	if (o)
		mptcp_encode(&w, o);
	t.options_length = w.length;
	scene_reply(&s, s.hops + 1, &t);
}

static void test_resets(void **state)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};
	const struct flow *f = sent_syns();
	uint8_t rst = TCP_FLAG_RST | TCP_FLAG_ACK;

	(void)state;
	reply(caller, rst, 0, caller->isn + 2, NULL, NULL);
	reply(caller, rst, 0, caller->isn, NULL, NULL);
	reply(caller, TCP_FLAG_RST, 7, 0, NULL, NULL);
	assert_null(flow_reset(f));
	/* Nonsense that says SYN as well: a reset, no answer. */
	o.capable.version = 1;
	o.capable.flags = MPC_HMAC;
	reply(caller, rst | TCP_FLAG_SYN, 7, caller->isn + 1, &o, NULL);
	assert_non_null(flow_reset(f));
	assert_null(flow_syn_ack(f));
	assert_false(f->mptcp.mirrored);
	assert_false(f->mptcp.syn_ack);
}

/* Hosts send no segment without ACK but a SYN or a RST: anybody can forge one,
 * since there is no number in it that must fit. */
static void test_no_ack_flag(void **state)
{
	struct caller *c = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	const struct flow *f = flow_of(&s, c);
	size_t before = f->received_count;

	(void)state;
	reply(c, 0, f->server_next, 0, NULL, "x");
	reply(c, TCP_FLAG_FIN, f->server_next, c->isn + 1, NULL, NULL);
	reply(c, TCP_FLAG_ACK, f->server_next, c->isn, NULL, "x");
	assert_int_equal(f->received_count, before);
	reply(c, TCP_FLAG_ACK, f->server_next, c->isn + 1, NULL, "x");
	assert_int_equal(f->received_count, before + 1);
}

/* An IP ID is guessed in 65,536 tries: it needs another number beside it. */
static void test_guessed_id(void **state)
{
	struct flow *f = sent_syns();
	struct wire w = sent[2];

	(void)state;
	w.bytes[24] ^= 0x55; /* the sequence number */
	quote(&w, 28);
	assert_int_equal(f->quote_count, 0);
	assert_int_equal(f->unfit, 1);
	quote(&sent[2], 28);
	assert_int_equal(f->quote_count, 1);
}

/* A SYN of the server, with an option or none. */
static void server_syn_to(uint16_t to, uint16_t port,
			  const struct mptcp_option *o)
{
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.source_port = port,
				.destination_port = to,
				.flags = TCP_FLAG_SYN,
				.sequence = 4711,
				.options = options};
	const struct envelope e = {.from = server_address(&s),
				   .to = hop_address(&s, 0),
				   .protocol = IPPROTO_TCP,
				   .ttl = 60};
	struct wire syn;

	if (o)
		mptcp_encode(&w, o);
	t.options_length = w.length;
	syn = wire_tcp(&e, &t);
	scene_see(&s, &syn);
}

static void counter_syn(const struct caller *c, uint16_t port)
{
	server_syn_to(c->port, port, NULL);
}

/* Who forges a SYN from the server's port does not become the client: neither
 * before nor after the server's answer. */
static void test_counter_syn(void **state)
{
	struct judge_target target;
	const struct flow *f;

	(void)state;
	f = sent_syns();
	counter_syn(caller, PORT);
	reply(caller, TCP_FLAG_SYN | TCP_FLAG_ACK, 99, caller->isn + 1, NULL,
	      NULL);
	assert_true(f->syn_ack_seen);
	counter_syn(caller, PORT);
	reply(caller, TCP_FLAG_ACK, 100, caller->isn + 1, NULL, "x");
	assert_int_equal(f->payload_received, 1);
	assert_int_equal(judge_targets(s.o, &target, 1), 1);
	assert_int_equal(target.port, PORT);
}

/* Strangers' SYNs open no flow of a live run, however many come. */
static void test_strangers(void **state)
{
	struct address own = hop_address(&s, 0);
	const struct flow *f;
	size_t before;

	(void)state;
	observer_own(s.o, &own);
	f = sent_syns();
	before = s.o->flow_count;
	for (unsigned i = 0; i < 40000; i++)
		counter_syn(caller, (uint16_t)(1024 + i));
	assert_int_equal(s.o->flow_count, before);
	assert_ptr_equal(flow_of(&s, caller), f);
}

/* But the server may join from an address of its own. */
static void test_server_joins(void **state)
{
	struct address own = hop_address(&s, 0);
	struct mptcp_option o = {.subtype = MP_JOIN};
	struct caller *c;
	size_t before;

	(void)state;
	observer_own(s.o, &own);
	c = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	before = s.o->flow_count;
	o.join.stage = JOIN_SYN;
	o.join.token = flow_of(&s, c)->mptcp.client_token + 1;
	server_syn_to(4000, 4001, &o);
	assert_int_equal(s.o->flow_count, before);
	o.join.token--;
	server_syn_to(4000, 4001, &o);
	assert_int_equal(s.o->flow_count, before + 1);
}

/* Of flows that were forgotten nobody reads an answer that never was, and
 * controls count as used for as long as they are. */
static void test_forgotten(void **state)
{
	size_t forgotten = 0;

	(void)state;
	sent_syns();
	for (unsigned i = 0; i < FLOWS_MAX + 8000; i++) {
		counter_syn(caller, (uint16_t)(1024 + i));
		if (i == 500)
			scene_wait(&s, 60000000);
	}
	send_control(&s, 64);
	for (size_t i = 0; i < s.o->flow_count; i++) {
		forgotten += s.o->flows[i] == s.o->forgotten;
		assert_null(flow_syn_ack(s.o->flows[i]));
		assert_null(flow_reset(s.o->flows[i]));
	}
	assert_true(forgotten > 0);
	assert_int_equal(s.o->flows[s.o->flow_count - 1]->last_us, s.now - 100);
}

/* However many segments came before, the reset is kept. */
static void test_late_reset(void **state)
{
	struct caller *c = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	const struct flow *f = flow_of(&s, c);

	(void)state;
	for (uint32_t i = 0; i < 1200; i++)
		reply(c, TCP_FLAG_ACK, f->server_isn + 1 + i, c->isn + 1, NULL,
		      "x");
	assert_true(f->sides[1].packets > f->received_count);
	assert_int_equal(f->payload_received, 1200);
	reply(c, TCP_FLAG_RST | TCP_FLAG_ACK, f->server_next, c->isn + 1, NULL,
	      NULL);
	assert_non_null(flow_reset(f));
	assert_int_equal(flow_reset(f)->frame, s.frames);
}

static void test_foreign_syn_ack(void **state)
{
	const struct flow *f = sent_syns();

	(void)state;
	reply(caller, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, caller->isn + 2, NULL,
	      NULL);
	assert_false(f->syn_ack_seen);
	reply(caller, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, caller->isn + 1, NULL,
	      NULL);
	assert_true(f->syn_ack_seen);
	assert_int_equal(f->server_isn, 7);
}

/* ---- MPTCP ----------------------------------------------------------------
 */

static void check_conversation(unsigned version, bool checksum)
{
	struct caller *c;
	const struct flow *f;
	const struct mptcp_facts *m;

	s.version = (int)version;
	c = converse(&s, PURPOSE_MP_CAPABLE, version, checksum);
	f = flow_of(&s, c);
	m = &f->mptcp;
	assert_int_equal(f->purpose, PURPOSE_MP_CAPABLE);
	assert_true(m->syn && m->syn_valid && m->syn_ack && m->third_ack);
	assert_int_equal(m->version, version);
	assert_true(m->has_client_key && m->client_key == c->key);
	assert_int_equal(m->checksum, checksum);
	assert_true(m->mapped && m->has_data_ack && !m->data_ack_misfit);
	assert_int_equal(m->data_ack - m->client_idsn - 1, strlen(REQUEST));
	assert_int_equal(m->mapped_end, m->data_ack);
	assert_int_equal(m->server_dsn, KNOWN_YES);
	assert_int_equal(m->checksums_good, checksum);
	assert_int_equal(m->checksums_bad, 0);
	assert_int_equal(f->payload_received, strlen(PAGE));
	assert_false(m->mirrored || m->mp_fail || m->data_fin);
}

static void test_conversation(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		check_conversation(i & 1, i & 2);
}

/* A connection whose request is mapped, and which the server is yet to
 * acknowledge. */
static struct flow *mapped_flow(struct caller **c)
{
	struct flow *f;

	*c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	f = flow_of(&s, *c);
	send_third_ack(&s, *c, 1, false); /* goes no farther than hop 1 */
	send_half(&s, *c, 0, false, 1, false);
	assert_true(f->mptcp.mapped);
	assert_int_equal(f->mptcp.mapped_end - f->mptcp.client_idsn - 1, HALF);
	return f;
}

static void acknowledge(const struct caller *c, const struct flow *f,
			uint8_t flags, uint64_t ack)
{
	struct mptcp_option o = {.subtype = MP_DSS};

	o.dss.flags = DSS_ACK | flags;
	o.dss.data_ack = ack;
	reply(c, TCP_FLAG_ACK, f->server_next, f->client_next, &o, NULL);
}

static void test_data_ack(void **state)
{
	struct caller *c;
	struct flow *f = mapped_flow(&c);
	uint64_t first = f->mptcp.client_idsn + 1;

	(void)state;
	acknowledge(c, f, DSS_ACK8, first - 1);
	acknowledge(c, f, DSS_ACK8, first + HALF + 1);
	acknowledge(c, f, DSS_ACK8, 12345);
	assert_true(f->mptcp.data_ack_misfit && !f->mptcp.has_data_ack);
	acknowledge(c, f, DSS_ACK8, first);
	assert_true(f->mptcp.has_data_ack);
	assert_int_equal(f->mptcp.data_ack, first);
	acknowledge(c, f, 0, (uint32_t)(first + HALF)); /* 32 bits */
	assert_int_equal(f->mptcp.data_ack, first + HALF);
	acknowledge(c, f, DSS_ACK8, first + 3); /* does not go back */
	assert_int_equal(f->mptcp.data_ack, first + HALF);
}

static void map(const struct caller *c, const struct flow *f, uint8_t flags,
		uint64_t dsn, uint32_t ssn, uint16_t length,
		const char *payload)
{
	struct mptcp_option o = {.subtype = MP_DSS};

	o.dss.flags = DSS_MAPPING | flags;
	o.dss.dsn = dsn;
	o.dss.ssn = ssn;
	o.dss.data_level_length = length;
	reply(c, TCP_FLAG_ACK, f->server_next, f->client_next, &o, payload);
}

#define HIGH_BIT (UINT64_C(1) << 63)

static void test_server_dsn(void **state)
{
	struct caller *c;
	struct flow *f = mapped_flow(&c);
	uint64_t first = f->mptcp.server_idsn + 1;

	(void)state;
	map(c, f, DSS_DSN8, first, 1, 0, "x"); /* infinite: says nothing */
	assert_int_equal(f->mptcp.server_dsn, UNKNOWN);
	map(c, f, 0, (uint32_t)first + 1, 2, 3, "abc"); /* 32 bits */
	assert_int_equal(f->mptcp.server_dsn, KNOWN_YES);
	assert_int_equal(f->mptcp.server_mapped_end, first + 4);
	f = mapped_flow(&c);
	map(c, f, DSS_DSN8, f->mptcp.server_idsn ^ HIGH_BIT, 1, 3, "abc");
	assert_int_equal(f->mptcp.server_dsn, KNOWN_NO);
	assert_int_equal(f->mptcp.server_dsn_seen,
			 f->mptcp.server_idsn ^ HIGH_BIT);
	/* Data before it may have come where the capture does not see it. */
	f = mapped_flow(&c);
	map(c, f, DSS_DSN8, f->mptcp.server_idsn + 1001, 1, 3, "abc");
	assert_int_equal(f->mptcp.server_dsn, UNKNOWN);
	f = mapped_flow(&c); /* a DATA_FIN alone has SSN 0 */
	map(c, f, DSS_DSN8 | DSS_DATA_FIN, f->mptcp.server_idsn + 1, 0, 1,
	    NULL);
	assert_int_equal(f->mptcp.server_dsn, KNOWN_YES);
	assert_true(f->mptcp.data_fin);
}

/* With a second subflow, data of its own may come between. */
static void test_server_dsn_beside_another(void **state)
{
	struct caller *c;
	struct flow *f = mapped_flow(&c);

	(void)state;
	knock(&s, PURPOSE_MP_JOIN, 1, false, c, 1);
	assert_true(f->mptcp.joined);
	map(c, f, DSS_DSN8, f->mptcp.server_idsn + 1001, 1, 3, "abc");
	assert_int_equal(f->mptcp.server_dsn, UNKNOWN);
}

static void test_mirror(void **state)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};
	const struct flow *f = sent_syns();

	(void)state;
	o.capable.version = 1;
	o.capable.flags = MPC_HMAC;
	reply(caller, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, caller->isn + 1, &o,
	      NULL);
	assert_true(f->mptcp.mirrored && !f->mptcp.syn_ack);
	caller = call(&s, PURPOSE_MP_CAPABLE, 0);
	sent[0] = syn_wire(&s, caller, 64, 0);
	scene_see(&s, &sent[0]);
	o.capable.version = 0;
	o.capable.has_sender_key = true;
	o.capable.sender_key = caller->key;
	reply(caller, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, caller->isn + 1, &o,
	      NULL);
	assert_true(flow_of(&s, caller)->mptcp.mirrored);
}

static void test_join(void **state)
{
	struct caller *parent = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	struct caller *c = knock(&s, PURPOSE_MP_JOIN, 1, false, parent, 1);
	const struct flow *f = flow_of(&s, c);

	(void)state;
	assert_int_equal(f->purpose, PURPOSE_MP_JOIN);
	assert_int_equal(f->join.parent, flow_of(&s, parent)->id - 1);
	assert_true(f->join.syn && f->join.syn_ack);
	assert_int_equal(f->join.hmac, KNOWN_YES);
	assert_int_equal(f->join.fourth_ack_frame, 0);
	send_third_ack(&s, c, 64, false);
	assert_true(f->join.ack_sent);
	assert_int_equal(f->join.fourth_ack_frame, s.frames);
	c = knock(&s, PURPOSE_MP_JOIN_RANDOM, 1, false, NULL, 1);
	f = flow_of(&s, c);
	assert_int_equal(f->purpose, PURPOSE_MP_JOIN_RANDOM);
	assert_int_equal(f->join.parent, -1);
	assert_non_null(flow_reset(f));
}

static enum act flip_hmac(struct scene *scene_of, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_JOIN, NULL);

	(void)scene_of;
	if (o)
		o[5] ^= 1;
	return PASS;
}

static void test_join_wrong_hmac(void **state)
{
	struct caller *parent = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	struct caller *c;

	(void)state;
	s.back = flip_hmac;
	c = knock(&s, PURPOSE_MP_JOIN, 1, false, parent, 1);
	assert_int_equal(flow_of(&s, c)->join.hmac, KNOWN_NO);
}

static void test_control(void **state)
{
	const struct flow *f;

	(void)state;
	send_control(&s, 64);
	f = s.o->flows[0];
	assert_int_equal(f->purpose, PURPOSE_CONTROL);
	assert_int_equal(f->quote_count, 1);
	assert_true(f->quotes[0].port_unreachable);
	assert_int_equal(flow_reach(f), 5);
	send_control(&s, 3);
	f = s.o->flows[1];
	assert_true(f->quotes[0].time_exceeded);
	assert_int_equal(flow_reach(f), 0);
}

/* A translator that leaves the quote as it was translated, and draws IDs anew:
 * the whole mark tells whose it is, a part of it does not. */
static void test_control_translated(void **state)
{
	const struct flow *f;
	struct wire w = {0};

	(void)state;
	send_control(&s, 64);
	f = s.o->flows[0];
	w.length = f->sent[0]->packet.available;
	memcpy(w.bytes, f->sent[0]->packet.bytes, w.length);
	w.bytes[f->client.family == 6 ? 23 : 15] ^= 0x55;
	w.bytes[(f->client.family == 6 ? 40 : 20) + 6] ^= 0x55; /* checksum */
	if (f->client.family == 4)
		set_id(&w, 0xbeef);
	quote(&w, w.length - 4);
	assert_int_equal(f->quote_count, 1);
	quote(&w, w.length);
	assert_int_equal(f->quote_count, 2);
	assert_int_equal(f->quotes[1].matched_by, MATCHED_PAYLOAD);
	assert_false(f->quotes[1].fits_tuple);
}

/* ---- times ------------------------------------------------------------- */

/* When the last of frames with these stamps was. */
static int64_t last_of(const int64_t *stamps, size_t count)
{
	struct observer *o = observer_new();
	int64_t last;

	for (size_t i = 0; i < count; i++)
		observer_frame(o, DLT_RAW, i + 1, stamps[i], (uint8_t[]){0}, 1,
			       1);
	last = o->frame_us;
	observer_free(o);
	return last;
}

#define LAST_OF(...)                                                           \
	last_of((const int64_t[]){__VA_ARGS__},                                \
		sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* What a clock of milliseconds stamps alike is in order nevertheless; one that
 * is set back is not set forth for it. */
static void test_coarse_clock(void **state)
{
	(void)state;
	assert_int_equal(LAST_OF(0), 0);
	assert_int_equal(LAST_OF(-1), -1);
	assert_int_equal(LAST_OF(1000, 1000), 1001);
	assert_int_equal(LAST_OF(1000, 1000, 1000), 1002);
	assert_int_equal(LAST_OF(1000, 1000, 1000, 1001), 1003);
	assert_int_equal(LAST_OF(1000, 1000, 1002), 1002);
	assert_int_equal(LAST_OF(1000, 1000, 999), 999);
	assert_int_equal(LAST_OF(1000, 1000, 999, 999), 1000);
	assert_int_equal(LAST_OF(INT64_MAX, INT64_MAX), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reach),
		TEST6(test_reach),
		TEST(test_match_id),
		TEST(test_match_swapped_id),
		TEST(test_match_tsval),
		TEST6(test_match_tsval_ip6),
		TEST6(test_checksum_by_chance),
		TEST(test_id_by_chance),
		TEST6(test_match_lone),
		TEST(test_rewritten_sequence),
		TEST(test_translated),
		TEST(test_spoofed),
		TEST(test_port_reuse),
		TEST6(test_port_reuse),
		TEST(test_resets),
		TEST(test_no_ack_flag),
		TEST(test_guessed_id),
		TEST(test_counter_syn),
		TEST6(test_counter_syn),
		TEST(test_strangers),
		TEST(test_server_joins),
		TEST(test_forgotten),
		TEST(test_late_reset),
		TEST(test_foreign_syn_ack),
		TEST(test_conversation),
		TEST6(test_conversation),
		TEST(test_data_ack),
		TEST(test_server_dsn),
		TEST(test_server_dsn_beside_another),
		TEST(test_mirror),
		TEST(test_join),
		TEST6(test_join),
		TEST(test_join_wrong_hmac),
		TEST(test_control),
		TEST6(test_control),
		TEST(test_control_translated),
		TEST6(test_control_translated),
		cmocka_unit_test(test_coarse_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
