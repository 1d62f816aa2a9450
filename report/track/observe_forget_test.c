/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is forgotten where many connections stay open, and what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "report/track/observe.h"
#include "tests/client.h"

#define ROUND 1000	 /* connections */
#define REST_US 31000000 /* after which one that ended is over */
#define SLACK 16
#define MANY (3 * FLOWS_MAX)

static struct scene s;

static int begin(void **state)
{
	(void)state;
	s = scene();
	scene_begin(&s);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scene_end(&s);
	return 0;
}

/* The address of a stranger. */
static struct address stranger(unsigned n)
{
	struct address a = hop_address(&s, 0);

	a.bytes[1] = 99;
	a.bytes[2] = (uint8_t)(n >> 8);
	a.bytes[3] = (uint8_t)n;
	return a;
}

static void see(unsigned n, bool forward, uint8_t flags, uint32_t sequence,
		uint32_t acknowledgment, size_t length)
{
	static const uint8_t bytes[8];
	struct tcp_segment t = {.source_port = forward ? 4000 : PORT,
				.destination_port = forward ? PORT : 4000,
				.sequence = sequence,
				.acknowledgment = acknowledgment,
				.flags = flags,
				.window = 64240,
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many_stay_open),   TEST(test_goes_on_forgotten),
		TEST(test_who_speaks_mptcp), TEST(test_one_stays_open),
		TEST(test_packets_of_many),  TEST(test_begins_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
