/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is forgotten where many connections stay open, and what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "crafting/cursor.h"
#include "report/track/observe.h"
#include "tests/fixture.h"

#define ROUND 1000	 /* connections */
#define REST_US 31000000 /* after which one that ended is over */
#define SLACK 16
#define MANY (3 * FLOWS_MAX)

/* The address of a stranger. */
static struct address stranger(unsigned n)
{
	struct address a = hop_address(&s, 0);

	a.bytes[1] = 99;
	a.bytes[2] = (uint8_t)(n >> 8);
	a.bytes[3] = (uint8_t)n;
	return a;
}

static void see_options(unsigned n, bool forward, uint8_t flags,
			uint32_t sequence, uint32_t acknowledgment,
			const struct writer *options, size_t length)
{
	static const uint8_t bytes[8];
	struct tcp_segment t = {.source_port = forward ? 4000 : PORT,
				.destination_port = forward ? PORT : 4000,
				.sequence = sequence,
				.acknowledgment = acknowledgment,
				.flags = flags,
				.window = 64240,
				.options = options ? options->start : NULL,
				.options_length = options ? options->length : 0,
				.payload = bytes,
				.payload_length = length};
	struct envelope e = {.from = stranger(n),
			     .to = server_address(&s),
			     .protocol = IPPROTO_TCP,
			     .ttl = 64,
			     .id = (uint16_t)sequence};
	struct wire w;

	if (!forward) {
		e.to = e.from;
		e.from = server_address(&s);
	}
	w = wire_tcp(&e, &t);
	scene_see(&s, &w);
}

static void see(unsigned n, bool forward, uint8_t flags, uint32_t sequence,
		uint32_t acknowledgment, size_t length)
{
	see_options(n, forward, flags, sequence, acknowledgment, NULL, length);
}

/* A connection of TCP, with data. */
static void connect_plainly(unsigned n)
{
	see(n, true, TCP_FLAG_SYN, 100, 0, 0);
	see(n, false, TCP_FLAG_SYN | TCP_FLAG_ACK, 500, 101, 0);
	see(n, true, TCP_FLAG_ACK, 101, 501, 0);
	see(n, true, TCP_FLAG_ACK, 101, 501, 8);
	see(n, false, TCP_FLAG_ACK, 501, 109, 8);
}

static void finish(unsigned n)
{
	see(n, true, TCP_FLAG_FIN | TCP_FLAG_ACK, 109, 509, 0);
	see(n, false, TCP_FLAG_FIN | TCP_FLAG_ACK, 509, 110, 0);
}

static const struct flow *flow_from(unsigned n)
{
	const struct address from = stranger(n), to = server_address(&s);

	return observer_flow(s.o, &from, 4000, &to, PORT, IPPROTO_TCP);
}

static size_t remembered(void)
{
	size_t count = 0;

	for (size_t i = 0; i < s.o->flow_count; i++)
		count += s.o->flows[i] != s.o->forgotten;
	assert_int_equal(count, s.o->flow_count - s.o->forgotten_count);
	return count;
}

static void test_many_stay_open(void **state)
{
	(void)state;
	for (unsigned n = 0; n < MANY; n++)
		connect_plainly(n);
	assert_in_range(remembered(), 2 * FLOWS_MAX - SLACK,
			2 * FLOWS_MAX + SLACK);
	assert_non_null(flow_from(MANY - 1));
}

/* A segment of one that was forgotten begins nothing. */
static void test_goes_on_forgotten(void **state)
{
	size_t before;

	(void)state;
	for (unsigned n = 0; n < MANY; n++)
		connect_plainly(n);
	before = s.o->flow_count;
	see(0, false, TCP_FLAG_ACK, 509, 109, 8);
	assert_int_equal(s.o->flow_count, before);
	assert_int_equal(s.o->middle_count, 0);
}

/* Of who speaks MPTCP, plain connections are what others are held against. */
static void test_who_speaks_mptcp(void **state)
{
	struct caller *plain = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	struct caller *spoken = converse(&s, PURPOSE_MP_CAPABLE, 1, false);

	(void)state;
	for (unsigned n = 0; n < MANY; n++)
		connect_plainly(n);
	assert_non_null(flow_of(&s, plain));
	assert_non_null(flow_syn_ack(flow_of(&s, plain)));
	assert_non_null(flow_of(&s, spoken));
}

/* ---- MPTCP --------------------------------------------------------------- */

static uint64_t client_key(unsigned n)
{
	return n + 1;
}

static uint64_t server_key(unsigned n)
{
	return ~(uint64_t)n;
}

/* With so many bytes, which are sent before those with a SSN of this. */
static void see_mapped(unsigned n, uint32_t ssn)
{
	uint8_t bytes[40];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct mptcp_option o = {.subtype = MP_DSS};

	o.dss.flags = DSS_MAPPING | DSS_DSN8;
	keys_derive(s.keys, 1, client_key(n), &o.dss.ssn, &o.dss.dsn);
	o.dss.dsn += ssn;
	o.dss.ssn = ssn;
	o.dss.data_level_length = 8;
	mptcp_encode(&w, &o);
	see_options(n, true, TCP_FLAG_ACK, 100 + ssn, 501, &w, 8);
}

static void see_capable(unsigned n, bool forward, uint8_t flags, uint32_t seq,
			uint32_t ack, uint64_t sender, uint64_t receiver)
{
	uint8_t bytes[40];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	o.capable.version = 1;
	o.capable.flags = MPC_HMAC;
	o.capable.has_sender_key = sender;
	o.capable.sender_key = sender;
	o.capable.has_receiver_key = receiver;
	o.capable.receiver_key = receiver;
	mptcp_encode(&w, &o);
	see_options(n, forward, flags, seq, ack, &w, 0);
}

/* A connection of MPTCP, with data. */
static void connect_mptcp(unsigned n)
{
	see_capable(n, true, TCP_FLAG_SYN, 100, 0, 0, 0);
	see_capable(n, false, TCP_FLAG_SYN | TCP_FLAG_ACK, 500, 101,
		    server_key(n), 0);
	see_capable(n, true, TCP_FLAG_ACK, 101, 501, client_key(n),
		    server_key(n));
	see_mapped(n, 1);
}

#define OPEN FLOWS_MAX /* twice as many as may be */

static void connect_many(void)
{
	for (unsigned n = 0; n < OPEN; n++)
		connect_mptcp(n);
}

#define FROZEN (STRANGERS_MAX + 100) /* one of them */

static void test_mptcp_stays_open(void **state)
{
	const struct mptcp_connection *c;
	const struct flow *f;

	(void)state;
	connect_many();
	assert_in_range(s.o->connections.there, FLOWS_MAX / 2 - SLACK,
			FLOWS_MAX / 2 + FLOWS_MAX / 8);
	assert_int_equal(s.o->connections.there + s.o->freezer.count, OPEN);
	assert_int_equal(flow_from(0)->sent_count, 3);
	assert_int_equal(flow_from(OPEN - 1)->sent_count, 3);
	assert_null(flow_from(FROZEN));
	see_mapped(FROZEN, 9);
	f = flow_from(FROZEN);
	assert_non_null(f);
	c = f->connection;
	assert_int_equal(c->number, FROZEN + 1);
	assert_int_equal(s.o->connections.count, OPEN);
	assert_int_equal(c->hosts[0].key, client_key(FROZEN));
	assert_int_equal(c->hosts[1].key, server_key(FROZEN));
	assert_int_equal(c->hosts[0].first_dsn, KNOWN_YES);
	assert_true(c->negotiated && f->sides[0].syn && f->sides[1].syn);
	assert_int_equal(f->sides[0].packets, 4);
	assert_int_equal(f->sides[0].stream.bytes, 16);
	assert_int_equal(c->hosts[0].data.bytes, 16);
}

/* What it waits for, and what it lacks, is not lost. */
static void test_frozen_as_it_was(void **state)
{
	struct mptcp_connection *c;
	struct flow *f;

	(void)state;
	for (unsigned n = 0; n <= FROZEN; n++)
		connect_mptcp(n);
	see_mapped(FROZEN, 33); /* some are missing before it */
	f = s.o->flows[FROZEN];
	c = f->connection;
	c->hosts[0].stall = (struct stall){.us = 5, .resumed = f};
	c->hosts[0].latest = f;
	c->addresses = calloc(ANNOUNCED_MAX, sizeof(*c->addresses));
	c->addresses[c->address_count++] = (struct announced){.id = 7};
	for (unsigned n = FROZEN + 1; n < OPEN; n++)
		connect_mptcp(n);
	assert_null(flow_from(FROZEN));
	see_mapped(FROZEN, 9);
	f = s.o->middles[0];
	c = f->connection;
	assert_int_equal(f->sides[0].stream.gap_count, 1);
	assert_int_equal(f->sides[0].stream.gaps[0].from, 117);
	assert_int_equal(c->hosts[0].data.gap_count, 1);
	assert_int_equal(c->hosts[0].stall.us, 5);
	assert_ptr_equal(c->hosts[0].stall.resumed, f);
	assert_ptr_equal(c->hosts[0].latest, f);
	assert_int_equal(c->addresses[0].id, 7);
}

static void test_frozen_is_joined(void **state)
{
	uint8_t bytes[40];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct mptcp_option o = {.subtype = MP_JOIN};
	const struct mptcp_connection *c;
	uint64_t idsn;
	unsigned host;

	(void)state;
	connect_many();
	o.join.stage = JOIN_SYN;
	keys_derive(s.keys, 1, server_key(FROZEN), &o.join.token, &idsn);
	mptcp_encode(&w, &o);
	see_options(OPEN, true, TCP_FLAG_SYN, 100, 0, &w, 0);
	c = mptcp_by_token(&s.o->connections, o.join.token, &host);
	assert_non_null(c);
	assert_int_equal(c->number, FROZEN + 1);
	assert_int_equal(c->flow_count, 2);
}

static uint64_t ended;

static void count_ended(void *context, const struct mptcp_connection *c)
{
	(void)context;
	assert_int_equal(c->flow_count, 1);
	ended += c->number;
}

/* Those that have ended are not packed away: they will be forgotten. */
static void test_closed_is_not_frozen(void **state)
{
	(void)state;
	for (unsigned n = 0; n < OPEN; n++) {
		connect_mptcp(n);
		finish(n);
	}
	assert_int_equal(s.o->freezer.count, 0);
	assert_int_equal(s.o->connections.there, OPEN);
}

/* Each is told once, when all are over. */
static void test_frozen_ends(void **state)
{
	uint64_t all = 0;

	(void)state;
	s.o->ended = count_ended;
	connect_many();
	for (const struct mptcp_connection *c = s.o->connections.oldest; c;
	     c = c->newer)
		all += c->number;
	assert_int_equal(ended, 0);
	observe_end_frozen(s.o, INT64_MAX);
	assert_int_equal(s.o->freezer.count, 0);
	assert_int_equal(ended + all, (uint64_t)OPEN * (OPEN + 1) / 2);
}

/* One that is silent for an hour is over. */
static void test_frozen_is_idle(void **state)
{
	(void)state;
	ended = 0;
	s.o->ended = count_ended;
	connect_many();
	scene_wait(&s, INT64_C(3500000000));
	connect_plainly(OPEN);
	assert_int_equal(ended, 0);
	scene_wait(&s, INT64_C(101000000));
	connect_plainly(OPEN + 1);
	assert_in_range(s.o->freezer.count, 0, SLACK);
	assert_true(ended > 0);
}

/* However many come after it, where those end. */
static void test_one_stays_open(void **state)
{
	(void)state;
	connect_plainly(0);
	for (unsigned n = 1; n < 2 * FLOWS_MAX; n++) {
		connect_plainly(n);
		finish(n);
		if (n % ROUND == 0)
			scene_wait(&s, REST_US);
	}
	assert_in_range(remembered(), FLOWS_MAX, FLOWS_MAX + 2 * ROUND);
	assert_non_null(flow_from(0));
	assert_null(flow_from(1));
}

static void test_packets_of_many(void **state)
{
	struct caller *spoken = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	const struct flow *f = flow_of(&s, spoken);

	(void)state;
	for (unsigned n = 0; n < FLOWS_MAX; n++)
		connect_plainly(n);
	assert_true(s.o->kept >= KEPT_PLENTY);
	for (uint32_t i = 1; i < 100; i++) {
		struct span d = {.offset = i, .length = 1};

		see(FLOWS_MAX - 1, true, TCP_FLAG_ACK, 101 + 8 * i, 501, 8);
		see(FLOWS_MAX - 1, false, TCP_FLAG_ACK, 501 + 8 * i,
		    109 + 8 * i, 8);
		send_data(&s, spoken, &d, 64, false);
	}
	assert_int_equal(flow_from(FLOWS_MAX - 1)->sent_count, KEPT_PLAIN);
	assert_int_equal(flow_from(FLOWS_MAX - 1)->received_count, KEPT_PLAIN);
	assert_int_equal(flow_from(FLOWS_MAX - 1)->payload_received, 800);
	assert_true(f->sent_count > 10 * KEPT_PLAIN);
}

/* A segment that is of no connection, and later its SYN. */
static void see_with_option(unsigned n, uint8_t flags, uint32_t sequence)
{
	static const uint8_t option[] = {30, 4, 1, 1};
	struct tcp_segment t = {.source_port = 4000,
				.destination_port = PORT,
				.sequence = sequence,
				.flags = flags,
				.options = option,
				.options_length = sizeof(option)};
	struct envelope e = {.from = stranger(n),
			     .to = server_address(&s),
			     .protocol = IPPROTO_TCP,
			     .ttl = 64};
	struct wire w = wire_tcp(&e, &t);

	scene_see(&s, &w);
}

/* A SYN that comes late in the file, of the flow that is the next to go. */
static void test_begins_late(void **state)
{
	struct flow *f;
	unsigned n = 0;

	(void)state;
	for (; n < STRANGERS_MAX + 10; n++) {
		see_with_option(n, TCP_FLAG_ACK, 101);
		see_with_option(n, TCP_FLAG_ACK, 102);
	}
	for (unsigned i = 0; i < 40; i++)
		see_with_option(n++, TCP_FLAG_ACK, 101);
	do {
		see_with_option(n++, TCP_FLAG_SYN, 100);
		f = s.o->middles[s.o->middle_sweep % s.o->middle_count];
	} while (f->sides[0].packets > 1);
	n = f->client.bytes[2] * 256U + f->client.bytes[3];
	see_with_option(n, TCP_FLAG_SYN, 100);
	assert_true(flow_from(n)->begun);
	assert_int_equal(flow_from(n)->sides[0].packets, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many_stay_open),   TEST(test_goes_on_forgotten),
		TEST(test_who_speaks_mptcp), TEST(test_one_stays_open),
		TEST(test_packets_of_many),  TEST(test_begins_late),
		TEST(test_mptcp_stays_open), TEST(test_frozen_as_it_was),
		TEST(test_frozen_is_joined), TEST(test_frozen_ends),
		TEST(test_frozen_is_idle),   TEST(test_closed_is_not_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
