/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is believed, and what is not: windows, resets, two SYNs, and packets of
 * our own that come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "crafting/cursor.h"
#include "report/track/observe.h"
#include "tests/fixture.h"

#define SECOND 1000000

static void reply_with(const struct caller *c, uint8_t flags, uint32_t sequence,
		       uint32_t ack)
{
	struct tcp_segment t = {.source_port = PORT,
				.destination_port = c->port,
				.flags = flags,
				.sequence = sequence,
				.acknowledgment = ack,
				.payload = (const uint8_t *)"x",
				.payload_length = !(flags & TCP_FLAG_RST)};

	scene_reply(&s, s.hops + 1, &t);
}

/* ---- windows and resets -------------------------------------------------- */

static struct caller *established(void)
{
	struct caller *c = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);

	send_third_ack(&s, c, 64, false);
	return c;
}

static bool takes(const struct caller *c, uint8_t flags, uint32_t sequence,
		  uint32_t ack)
{
	const struct flow *f = flow_of(&s, c);
	size_t before = f->received_count;
	uint64_t unfit = f->unfit;

	reply_with(c, flags, sequence, ack);
	assert_int_equal(f->unfit - unfit, f->received_count == before);
	return f->received_count > before;
}

static void test_window(void **state)
{
	struct caller *c = established();
	const struct flow *f = flow_of(&s, c);
	uint32_t next = f->server_next, ack = c->isn + 1;
	uint32_t window = f->client_window;

	(void)state;
	assert_in_range(window, 60000, 70000);
	window = window < 65535 ? 65535 : window;
	assert_true(takes(c, TCP_FLAG_ACK, next + window, ack));
	assert_false(takes(c, TCP_FLAG_ACK, next + window + 1, ack));
	assert_false(takes(c, TCP_FLAG_ACK, next + (1u << 31), ack));
	assert_true(takes(c, TCP_FLAG_ACK, next - 1, ack));
	assert_false(takes(c, TCP_FLAG_ACK, next - window - 1, ack));
	assert_false(takes(c, TCP_FLAG_ACK, next, ack + 1));
	assert_false(takes(c, TCP_FLAG_ACK, next, ack - 1));
	assert_true(takes(c, TCP_FLAG_ACK, next, ack));
}

static void test_reset_window(void **state)
{
	struct caller *c = established();
	uint32_t next = flow_of(&s, c)->server_next, ack = c->isn + 1;
	const uint8_t rst = TCP_FLAG_RST, both = rst | TCP_FLAG_ACK;

	(void)state;
	send_half(&s, c, 0, true, 64, false);
	s.o->flows[0]->server_next = next; /* as if no answer had come */
	assert_false(takes(c, rst, next + 1, 0));
	assert_false(takes(c, rst, next - 1, 0));
	assert_false(takes(c, both, next + 70000, ack + 1));
	assert_false(takes(c, both, next + 1, ack + 1000));
	assert_true(takes(c, both, next + 1, ack + 1));
	assert_true(takes(c, both, 0, ack)); /* answers the SYN */
	assert_true(takes(c, rst, next, 0));
}

/* What answers an older segment has the number that this one acknowledged. */
static void test_reset_of_an_older(void **state)
{
	struct caller *c = established();
	uint32_t first = flow_of(&s, c)->server_next;

	(void)state;
	reply_with(c, TCP_FLAG_ACK, first, c->isn + 1);
	reply_with(c, TCP_FLAG_ACK, first + 1, c->isn + 1);
	send_half(&s, c, 0, true, 64, false);
	assert_false(takes(c, TCP_FLAG_RST, first + 1, 0));
	assert_true(takes(c, TCP_FLAG_RST, first, 0));
}

/* What the client sends is near what it sent before; where the capture has a
 * hole, two of them agree. */
static void test_sent(void **state)
{
	struct caller *c = established(), far = *c;
	struct flow *f = flow_of(&s, c);
	size_t before = f->sent_count;

	(void)state;
	far.isn += 1 << 25;
	send_half(&s, &far, 0, true, 1, false);
	assert_int_equal(f->sent_count, before);
	assert_int_equal(f->unfit, 1);
	far.isn += 1 << 26;
	send_half(&s, &far, 0, true, 1, false);
	assert_int_equal(f->sent_count, before);
	far.isn += 100;
	send_half(&s, &far, 0, true, 1, false);
	assert_int_equal(f->sent_count, before + 1);
	assert_int_equal(f->unfit, 2);
}

/* ---- which of two SYNs --------------------------------------------------- */

/* Another SYN of these addresses and ports. */
static struct wire rival_of(const struct caller *c)
{
	struct caller other = *c;

	other.isn += 100000;
	return syn_wire(&s, &other, 60, 0);
}

static void test_forged_syn(void **state)
{
	struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);
	struct wire forged = rival_of(c);
	const struct flow *f;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct wire w = syn_wire(&s, c, 64, 0);

		scene_see(&s, &w);
		scene_see(&s, &forged);
	}
	f = flow_of(&s, c);
	assert_int_equal(s.o->flow_count, 1);
	assert_int_equal(f->unfit, 2);
	reply_with(c, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, c->isn + 1);
	assert_true(f->syn_ack_seen);
	scene_see(&s, &forged); /* and behind the answer */
	assert_ptr_equal(flow_of(&s, c), f);
	assert_int_equal(f->sent_count, 2);
	assert_int_equal(f->unfit, 3);
}

/* The forged one comes first: the server answers the other. */
static void confirmed(uint8_t flags)
{
	struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);
	struct wire forged = rival_of(c), w = syn_wire(&s, c, 64, 0);
	const struct flow *f;

	scene_see(&s, &forged);
	scene_see(&s, &w);
	reply_with(c, flags, 0, c->isn + 1);
	f = flow_of(&s, c);
	assert_int_equal(f->client_isn, c->isn);
	assert_int_equal(f->sent_count, 1);
	assert_int_equal(f->received_count, 1);
	assert_ptr_equal(s.o->flows[0], s.o->forgotten);
	assert_ptr_equal(s.o->flows[1], f);
	assert_int_equal(s.o->connections.count, 2); /* one of them is gone */
	assert_ptr_equal(s.o->connections.oldest, s.o->connections.newest);
}

static void test_confirmed(void **state)
{
	(void)state;
	confirmed(TCP_FLAG_SYN | TCP_FLAG_ACK);
}

static void test_confirmed_by_reset(void **state)
{
	(void)state;
	confirmed(TCP_FLAG_RST | TCP_FLAG_ACK);
}

/* A whole sweep waits: the answer tells which SYN it is to. */
static void test_confirmed_sweep(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct wire forged = rival_of(c);
	struct tcp_segment t = {.source_port = PORT,
				.destination_port = c->port,
				.flags = TCP_FLAG_SYN | TCP_FLAG_ACK,
				.acknowledgment = c->isn + 1};
	uint8_t options[12];
	struct writer w = writer_over(options, sizeof(options));

	(void)state;
	scene_see(&s, &forged);
	for (unsigned ttl = 1; ttl <= 30; ttl++) {
		struct wire syn = syn_wire(&s, c, ttl, 0);

		scene_see(&s, &syn);
	}
	write_timestamps(&w, 1, c->ts + 5);
	write_nop(&w, 2);
	t.options = options;
	t.options_length = w.length;
	scene_reply(&s, s.hops + 1, &t);
	assert_int_equal(flow_of(&s, c)->sent_count, 30);
	assert_int_equal(flow_reach(flow_of(&s, c)), 5);
}

/* Ports that rested for long are used anew. */
static void test_rested(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct wire w = syn_wire(&s, c, 64, 0), later = rival_of(c);

	(void)state;
	scene_see(&s, &w);
	scene_wait(&s, 59 * SECOND);
	scene_see(&s, &later);
	assert_int_equal(s.o->flow_count, 1);
	scene_wait(&s, SECOND);
	scene_see(&s, &later);
	assert_int_equal(s.o->flow_count, 2);
}

/* A segment with an MPTCP option, before the SYN: of another connection. */
static void test_forged_before(void **state)
{
	static const uint8_t option[] = {30, 4, 0x81, 1};
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct tcp_segment t = {.source_port = PORT,
				.destination_port = c->port,
				.flags = TCP_FLAG_ACK,
				.sequence = 77,
				.acknowledgment = c->isn + 1 + (1 << 16),
				.options = option,
				.options_length = sizeof(option)};

	(void)state;
	scene_reply(&s, s.hops + 1, &t);
	assert_int_equal(s.o->middle_count, 1);
	send_syn(&s, c, 1, false);
	assert_int_equal(s.o->middle_count, 1);
	assert_int_equal(flow_of(&s, c)->sides[1].packets, 0);
	t.destination_port++;
	t.acknowledgment = c->isn + 1;
	scene_reply(&s, s.hops + 1, &t); /* its SYN comes late */
	c->port++;
	send_syn(&s, c, 1, false);
	assert_int_equal(flow_of(&s, c)->sides[1].packets, 1);
	t.destination_port++;
	c->port++;
	scene_reply(&s, s.hops + 1, &t);
	t.acknowledgment += 1 << 17; /* beside one that was forged */
	scene_reply(&s, s.hops + 1, &t);
	send_syn(&s, c, 1, false);
	assert_int_equal(flow_of(&s, c)->sides[1].packets, 0);
}

/* ---- ways ---------------------------------------------------------------- */

static void see_ethernet(const struct wire *w, const char *ends)
{
	scene_see_ethernet(&s, w, ends);
}

static void test_bounced(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct wire w = syn_wire(&s, c, 64, 0);
	const struct flow *f;

	(void)state;
	see_ethernet(&w, GOES);
	set_ttl(&w, 62);
	see_ethernet(&w, COMES);
	f = flow_of(&s, c);
	assert_int_equal(f->sent_count, 1);
	assert_int_equal(f->unfit, 1);
	see_ethernet(&w, GOES); /* once more, with a small TTL */
	assert_int_equal(f->sent_count, 2);
	assert_int_equal(f->unfit, 1);
}

static void test_bounced_control(void **state)
{
	struct wire w = {0};
	const struct packet *sent;
	struct flow *f;

	(void)state;
	s.udp_silent = true;
	send_control(&s, 64);
	sent = &s.o->flows[0]->sent[0]->packet;
	memcpy(w.bytes, sent->bytes, w.length = sent->available);
	observer_free(s.o);
	s.o = observer_new();
	see_ethernet(&w, GOES);
	see_ethernet(&w, COMES);
	f = s.o->flows[0];
	assert_int_equal(f->sent_count, 1);
	assert_int_equal(f->unfit, 1);
}

/* What came in before the client was seen to send is given up for its SYN. */
static void test_came_in(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct caller *other = call(&s, PURPOSE_TCP, 0);
	struct wire forged = rival_of(c), w = syn_wire(&s, other, 64, 0);
	const struct flow *f;

	(void)state;
	see_ethernet(&forged, COMES);
	see_ethernet(&w, GOES);
	reply_with(other, TCP_FLAG_SYN | TCP_FLAG_ACK, 7, other->isn + 1);
	w = syn_wire(&s, c, 64, 0);
	see_ethernet(&w, GOES);
	f = flow_of(&s, c);
	assert_int_equal(f->client_isn, c->isn);
	assert_ptr_equal(s.o->flows[0], s.o->forgotten);
	see_ethernet(&forged, COMES);
	assert_ptr_equal(flow_of(&s, c), f);
	assert_int_equal(f->sent_count, 1);
}

/* Or by what routers answer to where the client is. */
static void test_at_home(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct wire forged = rival_of(c), w = syn_wire(&s, c, 1, 0), icmp;
	struct envelope e = scene_envelope(&s, 1, 64);
	const struct flow *f;

	(void)state;
	see_ethernet(&forged, COMES);
	see_ethernet(&w, GOES);
	icmp = wire_icmp(&e, TIME_EXCEEDED, &w, 1500);
	see_ethernet(&icmp, COMES);
	f = flow_of(&s, c);
	assert_int_equal(f->client_isn, c->isn);
	assert_int_equal(f->quote_count, 1);
	/* and not the other way round */
	see_ethernet(&forged, COMES);
	icmp = wire_icmp(&e, TIME_EXCEEDED, &forged, 1500);
	see_ethernet(&icmp, COMES);
	assert_ptr_equal(flow_of(&s, c), f);
	assert_int_equal(f->quote_count, 1);
}

/* What came in from an own address is told apart by the socket. */
static void test_came_back(void **state)
{
	struct caller *c = call(&s, PURPOSE_TCP, 0);
	struct wire w = syn_wire(&s, c, 64, 0);
	uint64_t frames;

	(void)state;
	observer_came_back(s.o, LINK_RAW, s.now, w.bytes, w.length);
	assert_int_equal(s.o->flow_count, 0);
	scene_see(&s, &w);
	frames = s.o->frames;
	observer_came_back(s.o, LINK_RAW, s.now, w.bytes, w.length);
	assert_int_equal(s.o->frames, frames + 1);
	assert_int_equal(flow_of(&s, c)->sent_count, 1);
	assert_int_equal(flow_of(&s, c)->unfit, 1);
}

/* ---- controls ------------------------------------------------------------ */

/* In a live run nobody else sends controls. */
static void test_strange_controls(void **state)
{
	struct address own = hop_address(&s, 1);

	(void)state;
	observer_own(s.o, &own);
	send_control(&s, 64);
	assert_int_equal(s.o->flow_count, 0);
	own = hop_address(&s, 0);
	observer_own(s.o, &own);
	send_control(&s, 64);
	assert_int_equal(s.o->flow_count, 1);
}

static void see_echo(bool reply, const char *payload)
{
	struct envelope e = scene_envelope(&s, s.hops + 1, 60);
	uint8_t message[80];
	ssize_t length;

	if (!reply) {
		e.from = hop_address(&s, 0);
		e.to = server_address(&s);
	}
	length = echo_request_write(77, 1, (const uint8_t *)payload,
				    strlen(payload), &e.from, &e.to, message,
				    sizeof(message));
	message[0] = reply ? 0 : 8;
	e.protocol = IPPROTO_ICMP;
	{
		struct wire w = wire_ip(&e, message, (size_t)length);

		scene_see(&s, &w);
	}
}

/* An echo reply fits by the random digits in it, not by its ID. */
static void test_echo(void **state)
{
	struct flow *f;

	(void)state;
	see_echo(false, "mpprobe 060 0123456789abcdef");
	f = s.o->flows[0];
	see_echo(true, "mpprobe 060 0123456789abcdee");
	see_echo(true, "mpprobe 060 0123456789abcde");
	see_echo(true, "");
	assert_int_equal(f->received_count, 0);
	assert_int_equal(f->unfit, 3);
	see_echo(true, "mpprobe 060 0123456789abcdef");
	assert_int_equal(f->received_count, 1);
	assert_int_equal(flow_reach(f), 60);
}

/* The server may join a connection, and not without end. */
static void test_many_joins(void **state)
{
	struct address own = hop_address(&s, 0);
	struct caller *c;
	size_t before;

	(void)state;
	observer_own(s.o, &own);
	c = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	before = s.o->flow_count;
	for (unsigned i = 0; i < 1000; i++) {
		struct caller join = {.purpose = PURPOSE_MP_JOIN,
				      .version = 1,
				      .port = (uint16_t)(2000 + i),
				      .isn = i};
		struct wire w;
		struct address client;

		join.token = flow_of(&s, c)->mptcp.client_token;
		w = syn_wire(&s, &join, 64, 0);
		client = wire_parse(&w).ip.source;
		memcpy(w.bytes + 12, w.bytes + 16, 4);
		memcpy(w.bytes + 16, client.bytes, 4);
		fix_ip_checksum(&w);
		scene_see(&s, &w);
	}
	assert_in_range(s.o->flow_count, before + 60, before + SUBFLOWS_MAX);
}

/* ---- room ---------------------------------------------------------------- */

/* Strangers' SYNs take bounded room, and that of nobody who was answered. */
static void test_room(void **state)
{
	struct caller *answered = established(), *lost;
	size_t there = 0;

	(void)state;
	s.port_silent = true;
	lost = call(&s, PURPOSE_MP_CAPABLE, 1);
	send_syn(&s, lost, 64, false);
	for (unsigned i = 0; i < 40000; i++) {
		struct caller c = {.purpose = PURPOSE_MP_CAPABLE,
				   .version = 1,
				   .port = (uint16_t)(1024 + i),
				   .isn = i};
		struct wire w = syn_wire(&s, &c, 64, 0);

		w.bytes[13] = 99;
		fix_ip_checksum(&w);
		scene_see(&s, &w);
	}
	for (size_t i = 0; i < s.o->flow_count; i++)
		there += s.o->flows[i] != s.o->forgotten;
	assert_in_range(there, STRANGERS_MAX, STRANGERS_MAX + 9);
	assert_non_null(flow_of(&s, answered));
	assert_non_null(flow_of(&s, lost));
}

/* The same of segments that belong to no connection. */
static void test_room_of_middles(void **state)
{
	static const uint8_t option[] = {30, 4, 0x81, 1};

	(void)state;
	for (unsigned i = 0; i < 40000; i++) {
		struct tcp_segment t = {.source_port = PORT,
					.destination_port = (uint16_t)i,
					.flags = TCP_FLAG_ACK,
					.sequence = 1,
					.options = option,
					.options_length = sizeof(option)};

		scene_reply(&s, s.hops + 1, &t);
	}
	assert_in_range(s.o->middle_count, STRANGERS_MAX, STRANGERS_MAX + 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_window),
		TEST(test_reset_window),
		TEST(test_reset_of_an_older),
		TEST(test_sent),
		TEST(test_forged_syn),
		TEST(test_confirmed),
		TEST(test_confirmed_by_reset),
		TEST(test_confirmed_sweep),
		TEST(test_rested),
		TEST(test_forged_before),
		TEST(test_bounced),
		TEST(test_bounced_control),
		TEST(test_came_in),
		TEST(test_at_home),
		TEST(test_came_back),
		TEST(test_strange_controls),
		TEST(test_echo),
		TEST(test_many_joins),
		TEST(test_room),
		TEST(test_room_of_middles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
