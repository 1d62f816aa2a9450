// SPDX-License-Identifier: GPL-3.0-or-later
/* What leaves this host beside what was sent: as it was crafted, changed by a
 * firewall, or another program's. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/run/departures.h"
#include "tests/frames.h"

#define SENT_US 1000

struct numbers {
	const char *from, *to;
	uint16_t id, port;
	uint32_t sequence;
	uint8_t ttl;
};

static const struct numbers ours = {
	.from = "10.0.0.1",
	.to = "10.0.0.2",
	.id = 7,
	.port = 40000,
	.sequence = 1000,
	.ttl = 64,
};

static struct wire tcp(const struct numbers *n)
{
	const uint8_t options[] = {2, 4, 5, 0xb4, 30, 4, 1, 1};
	const struct envelope e = {
		.from = address_of(n->from),
		.to = address_of(n->to),
		.protocol = IPPROTO_TCP,
		.ttl = n->ttl,
		.id = n->id,
	};
	const struct tcp_segment t = {
		.source_port = n->port,
		.destination_port = 80,
		.sequence = n->sequence,
		.flags = TCP_FLAG_SYN,
		.window = 65535,
		.options = options,
		.options_length = sizeof(options),
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};

	return wire_tcp(&e, &t);
}

static struct wire udp(uint16_t port, char payload)
{
	const struct envelope e = {
		.from = address_of("10.0.0.1"),
		.to = address_of("10.0.0.2"),
		.protocol = IPPROTO_UDP,
		.ttl = 64,
		.id = 7,
	};
	const uint8_t bytes[] = {(uint8_t)(port >> 8),
				 (uint8_t)port,
				 130,
				 154,
				 0,
				 10,
				 0,
				 0,
				 (uint8_t)payload,
				 1};

	return wire_ip(&e, bytes, sizeof(bytes));
}

/* A request, or an answer. */
static struct wire echo(uint8_t type)
{
	const struct envelope e = {
		.from = address_of("10.0.0.1"),
		.to = address_of("10.0.0.2"),
		.protocol = IPPROTO_ICMP,
		.ttl = 64,
		.id = 7,
	};
	const uint8_t bytes[] = {type, 0, 0, 0, 0, 9, 0, 1, 'a', 'b'};

	return wire_ip(&e, bytes, sizeof(bytes));
}

static struct departures sent(const struct wire *w)
{
	struct departures d = {0};

	departures_add(&d, w->bytes, w->length, SENT_US);
	return d;
}

/* What is seen when `seen` leaves after `probe` was sent, which is awaited
 * then unless it was that. */
static void expect(const struct wire *probe, const struct wire *seen,
		   enum sight_of_probe wanted, size_t wanted_at)
{
	struct departures d = sent(probe);
	size_t at = 0;

	assert_int_equal(departures_see(&d, seen->bytes, seen->length, &at),
			 wanted);
	assert_int_equal(at, wanted_at);
	assert_int_equal(d.count, wanted != PROBE_AS_SENT);
	assert_true(departures_since(&d) ==
		    (wanted == PROBE_AS_SENT ? INT64_MAX : SENT_US));
	departures_free(&d);
}

/* Of two on their way: the first that went, and the one that was changed. */
static void test_source(void **state)
{
	struct numbers other = ours;
	struct departures d = {0};
	struct wire first = tcp(&ours), second, changed;
	struct address source = departures_source(&d, false);
	size_t at;

	(void)state;
	assert_int_equal(source.family, 0);
	other.from = "10.9.0.1";
	other.id = 8;
	second = tcp(&other);
	other.from = "10.8.0.1";
	changed = tcp(&other);
	departures_add(&d, second.bytes, second.length, SENT_US + 1);
	departures_add(&d, first.bytes, first.length, SENT_US);
	source = departures_source(&d, false);
	assert_int_equal(source.family, 4);
	assert_memory_equal(source.bytes, ((uint8_t[]){10, 0, 0, 1}), 4);
	assert_int_equal(departures_see(&d, changed.bytes, changed.length, &at),
			 PROBE_CHANGED);
	source = departures_source(&d, true);
	assert_memory_equal(source.bytes, ((uint8_t[]){10, 9, 0, 1}), 4);
	departures_free(&d);
}

static void test_as_sent(void **state)
{
	struct wire probe = tcp(&ours), copy = probe;

	(void)state;
	expect(&probe, &copy, PROBE_AS_SENT, 0);
	/* raw(7): the kernel fills these in */
	copy.bytes[2] ^= 1;
	copy.bytes[10] ^= 1;
	expect(&probe, &copy, PROBE_AS_SENT, 0);
	copy = probe = udp(40000, 'a');
	copy.bytes[2] ^= 1;
	copy.bytes[10] ^= 1;
	expect(&probe, &copy, PROBE_AS_SENT, 0);
}

static void test_changed(void **state)
{
	struct wire probe = tcp(&ours), copy = probe;
	struct numbers n = ours;

	(void)state;
	option_fill(&copy, 30, 1);
	expect(&probe, &copy, PROBE_CHANGED, 44);
	n.port = 1024; /* source NAT */
	copy = tcp(&n);
	expect(&probe, &copy, PROBE_CHANGED, 20);
	n = ours;
	n.sequence++; /* a proxy */
	copy = tcp(&n);
	expect(&probe, &copy, PROBE_CHANGED, 27);
	probe = udp(40000, 'a');
	copy = udp(40000, 'b');
	expect(&probe, &copy, PROBE_CHANGED, 28);
	copy = udp(1024, 'a');
	expect(&probe, &copy, PROBE_CHANGED, 20);
}

static void test_of_others(void **state)
{
	struct wire probe = tcp(&ours), other;
	struct numbers n = ours;

	(void)state;
	n.port = 1024; /* the same identification, by chance */
	n.sequence = 5;
	other = tcp(&n);
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
	n = ours;
	n.id++;
	n.sequence++;
	other = tcp(&n);
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
	n = ours;
	n.to = "10.0.0.3";
	other = tcp(&n);
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
	other = udp(1024, 'b');
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
	probe = udp(40000, 'a');
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
}

/* Who answers an echo has its number; fragments are cut by the kernel; nothing
 * of ours is as long as a super-segment. */
static void test_what_none_of_ours_is(void **state)
{
	static uint8_t large[2 * PACKET_MAX];
	struct wire probe = echo(8), other = echo(0);
	struct departures d = sent(&probe);
	size_t at;

	(void)state;
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
	other = probe;
	other.bytes[29] ^= 1; /* of its payload */
	expect(&probe, &other, PROBE_CHANGED, 29);
	probe = other = tcp(&ours);
	other.bytes[6] |= 0x20;
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
	memcpy(large, probe.bytes, probe.length);
	large[2] = large[3] = 0;
	assert_int_equal(departures_see(&d, large, sizeof(large), &at),
			 PROBE_OF_OTHERS);
	departures_free(&d);
}

/* A server on this host may use the identifications that the probe does. */
static void test_own_host(void **state)
{
	struct numbers n = ours;
	struct wire probe, other;

	(void)state;
	n.to = n.from;
	probe = tcp(&n);
	n.sequence++;
	other = tcp(&n);
	expect(&probe, &other, PROBE_OF_OTHERS, 0);
}

static void test_ipv6(void **state)
{
	struct numbers n = ours;
	struct wire probe, copy;

	(void)state;
	n.from = "fd00::1";
	n.to = "fd00::2";
	copy = probe = tcp(&n);
	expect(&probe, &copy, PROBE_AS_SENT, 0);
	option_fill(&copy, 30, 1);
	expect(&probe, &copy, PROBE_CHANGED, 64);
	copy = probe;
	copy.bytes[7]--;
	expect(&probe, &copy, PROBE_CHANGED, 7);
	n.sequence++;
	copy = tcp(&n);
	expect(&probe, &copy, PROBE_OF_OTHERS, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_as_sent),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_of_others),
		cmocka_unit_test(test_what_none_of_ours_is),
		cmocka_unit_test(test_own_host),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
