/* SPDX-License-Identifier: GPL-3.0-or-later
 * What copies of a scenario's segments tell of the path: how many go out, how
 * far and how often, and what is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "probe/scenario/exchange.h"
#include "probe/scenario/path.h"
#include "report/arena.h"
#include "tests/devices.h"
#include "tests/fixture.h"

#define ISN 1000
#define CLIENT_PORT 40001

/* What was asked of the peer. */
static unsigned sent, farthest, waits;
static int64_t waited_us;

static enum peer_result send_on(struct peer *p, struct ip_envelope *e,
				const uint8_t *segment, size_t length)
{
	struct envelope to = {.from = e->source,
			      .to = e->destination,
			      .protocol = e->protocol,
			      .id = s.next_id++};
	struct wire w = wire_ip(&to, segment, length);

	(void)p;
	sent++;
	farthest = e->ttl > farthest ? e->ttl : farthest;
	set_ttl(&w, e->ttl);
	scene_send(&s, w, e->ttl);
	return PEER_OK;
}

static int64_t now_us(const struct peer *p)
{
	(void)p;
	return s.now;
}

static bool wait_until(struct peer *p, int64_t until_us)
{
	(void)p;
	if (until_us <= s.now)
		return false;
	waits++;
	waited_us += until_us - s.now;
	s.now = until_us;
	return false;
}

static const struct peer_ops ops = {
	.send = send_on, .wait = wait_until, .now_us = now_us};

static struct peer peer;
static struct exchange x;
static struct subflow first;

static void send_segment(uint8_t flags, uint32_t sequence, uint32_t ack,
			 const void *option, size_t length, size_t payload)
{
	struct tcp_segment t = {.source_port = CLIENT_PORT,
				.destination_port = PORT,
				.sequence = sequence,
				.acknowledgment = ack,
				.flags = flags,
				.window = 65535,
				.options = option,
				.options_length = length,
				.payload = (const uint8_t *)REQUEST,
				.payload_length = payload,
				.data_offset = SEGMENT_AUTO,
				.checksum = SEGMENT_AUTO};
	struct envelope e = {.from = hop_address(&s, 0),
			     .to = server_address(&s),
			     .protocol = IPPROTO_TCP,
			     .ttl = 64,
			     .id = s.next_id++};

	scene_send(&s, wire_tcp(&e, &t), 64);
}

/* A subflow that has sent its SYN, and was answered. */
static void connect_first(void)
{
	static const uint8_t capable[] = {TCPOPT_MPTCP, 4, 0x01, 0x01};

	sent = farthest = waits = 0;
	waited_us = 0;
	peer = (struct peer){.ops = &ops, .observer = s.o, .version = 1};
	first = (struct subflow){
		.exchange = &x,
		.connection = &first,
		.begun = true,
		.choices = {.source = hop_address(&s, 0),
			    .target = server_address(&s),
			    .source_port = CLIENT_PORT,
			    .port = PORT,
			    .isn = ISN},
	};
	x = (struct exchange){.peer = &peer,
			      .arena = arena_new(),
			      .subflows = {&first},
			      .subflow_count = 1};
	send_segment(TCP_FLAG_SYN, ISN, 0, capable, sizeof(capable), 0);
	assert_true(subflow_flow(&first)->syn_ack_seen);
}

/* What is said of it; the test's. */
static const char *said(void)
{
	const char *text = path_changes(&x);

	return text ? text : "";
}

static void end_first(void)
{
	arena_free(x.arena);
}

static void test_removed(void **state)
{
	const char *text;

	(void)state;
	s.box_at = 2;
	s.box = strip;
	connect_first();
	text = said();
	assert_non_null(strstr(text, "MP_CAPABLE is removed from the SYN"));
	assert_non_null(strstr(text, "at or between hop 2 "));
	assert_int_equal(waits, 1);
	end_first();
}

static void test_unchanged(void **state)
{
	(void)state;
	connect_first();
	assert_string_equal(said(), "");
	assert_int_equal(sent, s.hops); /* each was quoted: none again */
	end_first();
}

/* Hops that do not answer at once are asked again. */
static void test_rounds(void **state)
{
	(void)state;
	connect_first();
	s.silent[2] = true;
	assert_string_equal(said(), "");
	assert_int_equal(waits, 4);
	assert_int_equal(sent, s.hops + 3);
	assert_in_range(waited_us, 3500 * MS, 3700 * MS);
	end_first();
}

static void test_farthest(void **state)
{
	(void)state;
	s.hops = 15;
	connect_first();
	said();
	assert_int_equal(farthest, 15);
	end_first();
	s.hops = 18;
	scene_end(&s);
	scene_begin(&s);
	connect_first();
	said();
	assert_int_equal(farthest, 15);
	end_first();
}

/* More sorts of segments than a router quotes at once. */
static void test_many_sorts(void **state)
{
	uint32_t ack;

	(void)state;
	connect_first();
	ack = subflow_flow(&first)->server_isn + 1;
	for (unsigned subtype = 9; subtype < 16; subtype++) {
		const uint8_t option[] = {TCPOPT_MPTCP, 4,
					  (uint8_t)(subtype << 4), 0};

		send_segment(TCP_FLAG_ACK, ISN + 1, ack, option, sizeof(option),
			     HALF);
	}
	said();
	assert_int_equal(sent, 6 * s.hops);
	end_first();
}

/* Without room for a timestamp no copy goes out over IPv6. */
static void test_no_room(void **state)
{
	uint8_t option[32] = {TCPOPT_MPTCP, 12, 0x90};

	(void)state;
	connect_first();
	memset(option + 12, 1, sizeof(option) - 12);
	send_segment(TCP_FLAG_ACK, ISN + 1,
		     subflow_flow(&first)->server_isn + 1, option,
		     sizeof(option), HALF);
	said();
	assert_int_equal(sent, s.ip6 ? s.hops : 2 * s.hops);
	end_first();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_removed),    TEST6(test_removed),
		TEST(test_unchanged),  TEST6(test_unchanged),
		TEST(test_rounds),     TEST6(test_rounds),
		TEST(test_farthest),   TEST6(test_farthest),
		TEST(test_many_sorts), TEST6(test_many_sorts),
		TEST(test_no_room),    TEST6(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
