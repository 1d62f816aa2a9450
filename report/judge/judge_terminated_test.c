/* SPDX-License-Identifier: GPL-3.0-or-later
 * TCP that ends before the server, and what only looks so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

static struct expected terminated(int at)
{
	return (struct expected){.status = STATUS_BLOCKED,
				 .finding = "tcp.terminated",
				 .effect = EFFECT_BLOCKS,
				 .direction = DIRECTION_FORWARD,
				 .segment = SEGMENT_SYN,
				 .after = at - 1,
				 .at = at};
}

static void test_terminated(void **state)
{
	struct scene s = with_box(2, proxy);
	struct expected e;

	(void)state;
	s.box_on_arrival = true;
	for (s.box_at = 1; s.box_at < 5; s.box_at++)
		expect(s, terminated((int)s.box_at));
	s.udp_silent = true; /* the routers behind convict it */
	for (s.box_at = 1; s.box_at < 4; s.box_at++)
		expect(s, terminated((int)s.box_at));
	/* One on the last router looks as a longer path beside would. */
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	s.udp_silent = false;
	s.box = mptcp_proxy;
	s.box_at = 2;
	e = terminated(2);
	e.effect = EFFECT_IMPAIRS;
	e.status = STATUS_IMPAIRED;
	expect(s, e);
}

static enum act syn_ack_from_nearer(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_syn(w))
		set_ttl(w, 61);
	return PASS;
}

/* A SYN proxy right before the server: what follows comes from farther. */
static void test_syn_proxy(void **state)
{
	struct scene s = with_back(syn_ack_from_nearer);
	struct expected e = terminated(5);

	(void)state;
	s.version = -1;
	e.confidence = CONFIDENCE_LIKELY;
	expect(s, e);
}

static enum act syn_ack_by_port(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_syn(w))
		set_ttl(w, 61 + wire_parse(w).tcp.destination_port % 2);
	return PASS;
}

/* SYN/ACKs by ways of several lengths are of no one machine. */
static void test_syn_acks_vary(void **state)
{
	struct scene s = with_back(syn_ack_by_port);

	(void)state;
	s.version = -1;
	expect(s, (struct expected){.status = STATUS_UNSUPPORTED});
}

static enum act data_from_nearer(struct scene *s, struct wire *w)
{
	(void)s;
	if (!is_syn(w))
		set_ttl(w, 63);
	return PASS;
}

/* The SYN/ACK is the server's, and what follows is not: no SYN proxy. */
static void test_data_answered(void **state)
{
	struct expected e = {.status = STATUS_CLEAR,
			     .finding = "data.acked_early",
			     .effect = EFFECT_HARMLESS,
			     .direction = DIRECTION_UNKNOWN,
			     .segment = SEGMENT_DATA,
			     .after = NOWHERE,
			     .at = NOWHERE,
			     .confidence = CONFIDENCE_LIKELY};

	(void)state;
	expect(with_back(data_from_nearer), e);
}

/* No SYN/ACK tells which SYN it answers: one SYN for each TTL. Those with more
 * than is needed say nothing of the reach. */
static void test_terminated_untold(void **state)
{
	struct scene s = with_box(2, proxy);
	struct report *r;

	(void)state;
	s.no_timestamps = true;
	s.box_on_arrival = true;
	scene_begin(&s);
	send_syn(&s, call(&s, PURPOSE_TCP, 0), 1, false);
	for (unsigned ttl = 2; ttl <= 12; ttl++)
		send_syn(&s, call(&s, PURPOSE_TCP, 0), ttl, false);
	send_syn(&s, call(&s, PURPOSE_TCP, 0), 2, false);
	for (int i = 0; i < 4; i++)
		send_control(&s, 64);
	scene_wait(&s, 2000 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1);
	CHECK(r, strcmp(r->findings->kind->id, "tcp.terminated") == 0);
	CHECK(r, is_at(&r->findings->at, 2));
	report_free(r);
	scene_end(&s);
}

/* Ways of two lengths (ECMP): SYNs take the short one by chance, and controls
 * the other. SYNs on other ports, with the TTL that is enough for those, expire
 * (or are lost, if routers are silent): nobody answers before the target. */
static void check_two_ways(bool datagrams_answered, unsigned silent)
{
	struct scene s = scene();
	struct report *r;

	s.detour = 3;
	s.udp_silent = !datagrams_answered;
	s.silent[5] = silent > 0;
	scene_begin(&s);
	for (unsigned i = 0; i < 2; i++) {
		s.next_port += s.next_port & 1;
		sweep(&s, PURPOSE_TCP, 0);
	}
	for (unsigned i = 0; i < 12; i++) {
		s.next_port |= 1;
		send_control(&s, datagrams_answered ? 60 + i : 5 + i % 3);
	}
	for (unsigned i = 0; i < 1 + silent; i++) {
		s.next_port |= 1;
		send_syn(&s, call(&s, PURPOSE_TCP, 0), 5, false);
	}
	scene_wait(&s, 2000 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 0);
	report_free(r);
	scene_end(&s);
}

static void test_ways_of_two_lengths(void **state)
{
	(void)state;
	check_two_ways(false, 0);
	check_two_ways(true, 0);
	check_two_ways(true, 1);
}

static enum act reject(struct scene *s, struct wire *w)
{
	(void)s;
	return wire_parse(w).transport == TRANSPORT_TCP ? RESET : PASS;
}

/* A firewall that refuses all is no proxy. */
static void test_rejected(void **state)
{
	struct scene s = with_box(2, reject);

	(void)state;
	expect(s, (struct expected){.status = STATUS_UNREACHABLE});
	s.box_on_arrival = true;
	expect(s, (struct expected){.status = STATUS_UNREACHABLE});
}

/* Nor is one that refuses lone SYNs nearer than the target. */
static void test_rejected_on_the_way(void **state)
{
	struct scene s = with_box(2, reject);
	struct report *r;

	(void)state;
	scene_begin(&s);
	for (unsigned ttl = 1; ttl <= s.hops; ttl++)
		send_syn(&s, call(&s, PURPOSE_TCP, 0), ttl, false);
	for (int i = 0; i < 4; i++)
		send_control(&s, 64);
	scene_wait(&s, 2000 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	check_report(r, &(struct expected){.status = STATUS_UNREACHABLE});
	report_free(r);
	scene_end(&s);
}

static void test_ttl_rewritten(void **state)
{
	struct expected e = terminated(4);

	(void)state;
	e.status = STATUS_CLEAR;
	e.effect = EFFECT_HARMLESS;
	e.finding = "ip.ttl_rewritten";
	e.after = 2;
	e.at = 3;
	expect(with_box(2, raise_ttl), e);
	e.confidence = CONFIDENCE_LIKELY;
	expect(with_box(2, raise_tcp_ttl), e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminated),
		cmocka_unit_test(test_syn_proxy),
		cmocka_unit_test(test_syn_acks_vary),
		cmocka_unit_test(test_data_answered),
		cmocka_unit_test(test_terminated_untold),
		cmocka_unit_test(test_ways_of_two_lengths),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_rejected_on_the_way),
		cmocka_unit_test(test_ttl_rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
