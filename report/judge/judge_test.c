/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which connections are judged, and for whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

/* A TTL that nobody sends names no hop. */
static void test_ttl_of_zero(void **state)
{
	struct scene s = scene();
	struct caller *c;
	struct wire w, icmp;
	struct envelope e;
	struct report *r;

	(void)state;
	scene_begin(&s);
	c = call(&s, PURPOSE_TCP, 0);
	w = syn_wire(&s, c, 0, 0);
	scene_see(&s, &w);
	e = scene_envelope(&s, 1, 64);
	icmp = wire_icmp(&e, TIME_EXCEEDED, &w, 1500);
	scene_see(&s, &icmp);
	assert_int_equal(flow_of(&s, c)->quote_count, 1);
	r = judge_scene(&s);
	CHECK(r, r->path_length == 0 && r->finding_count == 0);
	report_free(r);
	scene_end(&s);
}

/* A stranger's SYN to us makes us no target. */
static void test_counter_syn(void **state)
{
	struct scene s = scene();
	struct judge_target targets[4];
	struct tcp_segment t = {.source_port = 80,
				.destination_port = 5000,
				.flags = TCP_FLAG_SYN};

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	scene_reply(&s, s.hops + 1, &t);
	assert_int_equal(judge_targets(s.o, targets, 4), 1);
	assert_int_equal(targets[0].port, PORT);
	scene_end(&s);
}

/* Nor is a SYN with our address ours that came in before any of ours. */
static void test_syn_came_in(void **state)
{
	struct scene s = scene();
	struct caller *c, *forged;
	struct report *r;
	struct wire w;

	(void)state;
	scene_begin(&s);
	c = call(&s, PURPOSE_TCP, 0);
	forged = call(&s, PURPOSE_MP_CAPABLE, 1);
	w = syn_wire(&s, forged, 64, 0);
	scene_see_ethernet(&s, &w, COMES);
	w = syn_wire(&s, c, 64, 0);
	scene_see_ethernet(&s, &w, GOES);
	server_receive(&s, &w);
	r = judge_scene(&s);
	CHECK(r, r->connection_count == 1);
	CHECK(r, r->connections[0].source_port == c->port);
	report_free(r);
	scene_end(&s);
}

/* By several uplinks: what one alone shows is of its path. */
static void test_uplinks(void **state)
{
	static const char there[] = "That is on the path from 10.0.1.";

	(void)state;
	for (unsigned uplinks = 2; uplinks <= 3; uplinks++) {
		struct scene s = scene();
		struct report *r;

		scene_begin(&s);
		for (s.uplink = 0; s.uplink < uplinks; s.uplink++) {
			s.box = s.uplink ? alter_wscale : NULL;
			s.box_at = 2;
			run_probe(&s);
		}
		r = judge_scene(&s);
		CHECK(r, r->status == STATUS_CLEAR && r->finding_count == 1);
		CHECK(r, !strstr(r->findings->text, there) == (uplinks == 3));
		report_free(r);
		scene_end(&s);
	}
}

/* One without data, and the server's token of it. */
static uint32_t open_connection(struct scene *s)
{
	struct caller *c = knock(s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);

	send_third_ack(s, c, 64, false);
	return flow_of(s, c)->mptcp.server_token;
}

/* An MP_JOIN by one uplink that names the token of the other's connection. */
static void join_by(struct scene *s, unsigned uplink, uint32_t token)
{
	struct caller *c = call(s, PURPOSE_MP_JOIN, 1);

	s->uplink = uplink;
	c->token = token;
	send_syn(s, c, 64, false);
}

/* Who joins: the second uplink, which a device affects, or the first; NOBODY,
 * or somebody that another server answers. */
enum { SECOND, FIRST, NOBODY, MISLED };

/* What stands on the way of each of two uplinks: there, at this hop, and back.
 */
struct devices {
	box_fn *boxes[2], *backs[2];
	unsigned at;
};

static void set_devices(struct scene *s, const struct devices *d)
{
	s->box = d->boxes[s->uplink];
	s->box_at = d->at;
	s->back = d->backs[s->uplink];
}

/* What is said of the second. */
static struct report *judge_second(struct scene *s, const struct devices *d,
				   int who)
{
	uint32_t tokens[2];

	s->one_of_several = true;
	scene_begin(s);
	for (s->uplink = 0; s->uplink < 2; s->uplink++) {
		set_devices(s, d);
		run_probe(s);
		knock(s, PURPOSE_MP_CAPABLE, 0, false, NULL, 1);
		tokens[s->uplink] = open_connection(s);
	}
	s->uplink = who != FIRST;
	set_devices(s, d);
	if (who == MISLED)
		s->back = alter_hmac;
	if (who != NOBODY)
		join_by(s, who != FIRST, tokens[who == FIRST]);
	s->uplink = 1;
	return judge(s->o, &(struct judge_target){.address = server_address(s),
						  .port = PORT,
						  .source = hop_address(s, 0)});
}

static const char settles[] = "Over 10.0.1.1 the same server is not affected.";

static bool is_settled(int who)
{
	struct scene s = scene();
	struct devices d = {{NULL, strip_data}, {NULL}, s.hops};
	struct report *r = judge_second(&s, &d, who);
	bool settled;

	CHECK(r, r->finding_count == 1 &&
			 !strcmp(r->findings->kind->id, "dss.removed"));
	settled = strstr(r->findings->text, settles);
	CHECK(r, settled == (r->findings->confidence == CONFIDENCE_PROVEN));
	report_free(r);
	scene_end(&s);
	return settled;
}

/* The same server works over the other uplink: that it is the same, a join
 * between the two shows. */
static void test_same_server(void **state)
{
	(void)state;
	assert_true(is_settled(SECOND));
	assert_true(is_settled(FIRST));
	assert_false(is_settled(NOBODY));
	assert_false(is_settled(MISLED));
}

static enum act proxy_data(struct scene *s, struct wire *w)
{
	return has_data(w) ? proxy(s, w) : PASS;
}

static enum act from_nearer(struct scene *s, struct wire *w)
{
	(void)s;
	if (!is_syn(w))
		set_ttl(w, 63);
	return PASS;
}

/* What the server has no part in tells nothing by it, nor what befalls the
 * other uplink as well; what is proven, or harmless, needs no more. */
static void test_not_settled(void **state)
{
	static const struct {
		struct devices d;
		const char *id;
		enum effect effect;
		enum confidence confidence;
	} all[] = {
		{{{NULL, strip_data}, {NULL}, 2},
		 "dss.removed",
		 EFFECT_BLOCKS,
		 CONFIDENCE_PROVEN},
		{{{NULL, strip_join}, {NULL}, 4},
		 "mp_join.removed",
		 EFFECT_IMPAIRS,
		 CONFIDENCE_LIKELY},
		{{{NULL, drop_join}, {NULL, from_nearer}, 4},
		 "data.acked_early",
		 EFFECT_HARMLESS,
		 CONFIDENCE_LIKELY},
		{{{NULL, proxy_data}, {from_nearer}, 3},
		 "data.acked_early",
		 EFFECT_BLOCKS,
		 CONFIDENCE_LIKELY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct scene s = scene();
		struct report *r = judge_second(&s, &all[i].d, FIRST);
		const struct finding *f = NULL;

		for (size_t k = 0; k < r->finding_count; k++)
			if (!strcmp(r->findings[k].kind->id, all[i].id))
				f = &r->findings[k];
		CHECK(r, f && f->effect == all[i].effect);
		CHECK(r, f->confidence == all[i].confidence);
		CHECK(r, !strstr(f->text, settles));
		report_free(r);
		scene_end(&s);
	}
}

/* The option vanishes in front of the server, or another one answers: behind
 * the last hop, which quotes so many bytes of the SYN. */
static bool is_removed_here(unsigned quoted)
{
	struct scene s = scene();
	struct devices d = {{NULL, strip}, {NULL}, s.hops};
	struct report *r;
	bool removed;

	s.quotes[s.hops] = quoted;
	r = judge_second(&s, &d, NOBODY);
	removed = r->finding_count == 1 &&
		  strstr(r->findings->text, "speak MPTCP with 10.0.1.1.");
	CHECK(r, removed || r->finding_count == 0);
	report_free(r);
	scene_end(&s);
	return removed;
}

/* The SYN comes to the server as it was sent: then that one lacks MPTCP,
 * though at its address another one speaks it, as behind a balancer. */
static void test_works_from_another(void **state)
{
	(void)state;
	assert_true(is_removed_here(28));
	assert_false(is_removed_here(0));
}

/* One of several clients, as behind a proxy, has an answer; the others only
 * began. */
static void test_source(void **state)
{
	(void)state;
	for (unsigned who = 0; who < 3; who++) {
		struct scene s = scene();
		struct address source;
		struct report *r;

		s.other_program = true;
		scene_begin(&s);
		for (s.uplink = 0; s.uplink < 3; s.uplink++)
			if (s.uplink == who)
				converse(&s, PURPOSE_MP_CAPABLE, 1, false);
			else
				open_connection(&s);
		s.uplink = who;
		source = hop_address(&s, 0);
		r = judge_scene(&s);
		CHECK(r, address_equal(&r->source, &source));
		report_free(r);
		scene_end(&s);
	}
}

static void test_nothing(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	scene_begin(&s);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_UNREACHABLE ||
			 r->status == STATUS_UNDETERMINED);
	CHECK(r, r->finding_count == 0);
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ttl_of_zero),
		cmocka_unit_test(test_counter_syn),
		cmocka_unit_test(test_syn_came_in),
		cmocka_unit_test(test_uplinks),
		cmocka_unit_test(test_same_server),
		cmocka_unit_test(test_not_settled),
		cmocka_unit_test(test_works_from_another),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
