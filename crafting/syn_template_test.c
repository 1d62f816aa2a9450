/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/packet.h"
#include "crafting/syn_template.h"

static libnet_t *net;

static struct address address(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

/* Numbers of all sizes, so that sums carry. */
static struct syn_numbers numbers(const char *to, unsigned i)
{
	uint32_t x = i * 0x9e3779b9u;

	return (struct syn_numbers){
		.to = address(to),
		.port = (uint16_t)(i % 3 ? x : 65535),
		.source_port = (uint16_t)(x >> 7 | 1),
		.isn = i % 2 ? x : 0xffffffff,
		.tsval = x ^ 0x12345678,
		.id = (uint16_t)(x >> 11),
		.flow_label = x & 0xfffff,
		.token = ~x,
		.nonce = x << 3 | 5,
		.key = (uint64_t)x << 32 | 0xfffffffe,
	};
}

static void assert_mptcp(const struct packet *p, enum syn_kind kind,
			 const struct syn_numbers *n)
{
	const struct mptcp_option *o;
	struct tcp_options options;

	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &options);
	assert_int_equal(options.tsval, n->tsval);
	assert_int_equal(options.mptcp_count, kind != SYN_PLAIN);
	o = &options.mptcp[0];
	if (kind == SYN_JOIN) {
		assert_int_equal(o->subtype, MP_JOIN);
		assert_int_equal(o->join.token, n->token);
		assert_int_equal(o->join.nonce, n->nonce);
	} else if (kind != SYN_PLAIN) {
		assert_int_equal(o->subtype, MP_CAPABLE);
		assert_int_equal(o->capable.version, kind == SYN_CAPABLE);
		assert_int_equal(o->capable.flags, MPC_HMAC);
		assert_int_equal(o->capable.has_sender_key,
				 kind == SYN_CAPABLE_V0);
		assert_true(kind == SYN_CAPABLE ||
			    o->capable.sender_key == n->key);
	}
}

/* What all packets to a target have; `id`: of IPv4. */
static void assert_sent(const uint8_t *bytes, size_t length,
			const struct syn_numbers *n, uint16_t id,
			struct packet *p)
{
	assert_true(packet_parse(bytes, length, p));
	assert_int_equal(p->transport, TRANSPORT_TCP);
	assert_true(address_equal(&p->ip.destination, &n->to));
	assert_true(p->ip.version == 6 || p->ip.checksum_valid);
	assert_int_equal(packet_tcp_checksum(p), 1);
	assert_int_equal(p->ip.ttl, 64);
	assert_int_equal(p->ip.version == 4 ? p->ip.id : p->ip.flow_label,
			 p->ip.version == 4 ? id : n->flow_label);
	assert_int_equal(p->tcp.source_port, n->source_port);
	assert_int_equal(p->tcp.destination_port, n->port);
}

static void assert_filled(const struct syn_template *t, enum syn_kind kind,
			  const struct syn_numbers *n)
{
	uint8_t bytes[SYN_MAX];
	struct packet p;

	syn_template_fill(t, n, bytes);
	assert_sent(bytes, t->length, n, n->id, &p);
	assert_int_equal(p.tcp.sequence, n->isn);
	assert_int_equal(p.tcp.flags, 2);
	assert_mptcp(&p, kind, n);
}

/* A RST with the sequence number that a SYN/ACK acknowledges, and no more. */
static void assert_reset(const struct syn_template *t,
			 const struct syn_numbers *n)
{
	uint8_t bytes[SYN_MAX];
	struct packet p;

	reset_template_fill(t, n, bytes);
	assert_sent(bytes, t->length, n, 0, &p);
	assert_int_equal(p.tcp.sequence, (uint32_t)(n->isn + 1));
	assert_int_equal(p.tcp.acknowledgment, 0);
	assert_int_equal(p.tcp.flags, 4);
	assert_int_equal(p.tcp.options_length, 0);
	assert_int_equal(p.tcp.payload_length, 0);
}

static void check_resets(const char *from, const char *const *to, size_t count)
{
	struct address source = address(from);
	struct syn_template t;

	assert_int_equal(reset_template_make(&t, net, &source), 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct syn_numbers n = numbers(to[i % count], i);

		assert_reset(&t, &n);
	}
}

static void check(const char *from, const char *const *to, size_t count)
{
	struct address source = address(from);

	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		struct syn_template t;

		assert_int_equal(syn_template_make(&t, net, kind, &source), 0);
		for (unsigned i = 0; i < 1000; i++) {
			struct syn_numbers n = numbers(to[i % count], i);

			assert_filled(&t, kind, &n);
		}
	}
	check_resets(from, to, count);
}

static void test_ipv4(void **state)
{
	static const char *const to[] = {"10.128.0.1", "255.255.255.255",
					 "0.0.0.0", "198.51.100.77"};

	(void)state;
	check("10.0.1.1", to, 4);
}

static void test_ipv6(void **state)
{
	static const char *const to[] = {
		"fd00:ffff::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"::", "2001:db8::4:77"};

	(void)state;
	check("fd00:1::1", to, 4);
}

static int open_net(void **state)
{
	char error[LIBNET_ERRBUF_SIZE];

	(void)state;
	net = libnet_init(LIBNET_NONE, NULL, error);
	return net ? 0 : -1;
}

static int close_net(void **state)
{
	(void)state;
	libnet_destroy(net);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, open_net, close_net);
}
