/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which packets were seen in another place, and which go on there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/track/observe.h"
#include "tests/fixture.h"

/* Another SYN, in another file. */
static struct flow *see_syn_again(struct caller *c, unsigned ttl)
{
	struct wire w = syn_wire(&s, c, ttl, 0);

	s.o->file = 1;
	scene_see(&s, &w);
	return flow_of(&s, c);
}

/* The first one, as it is seen some hops on, in another file. */
static struct flow *see_syn_there(struct caller *c, unsigned ttl)
{
	struct flow *f = flow_of(&s, c);
	struct wire w = {.length = f->sent[0]->packet.available};

	memcpy(w.bytes, f->sent[0]->packet.bytes, w.length);
	set_ttl(&w, ttl);
	s.o->file = 1;
	scene_see(&s, &w);
	return f;
}

static void see_data(struct caller *c, unsigned offset)
{
	struct span d = {.offset = offset, .length = 1};

	send_data(&s, c, &d, 61, false);
}

static void test_double(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = see_syn_there(c, 61);
	uint64_t packets = f->sides[0].packets;

	(void)state;
	assert_non_null(f->doubles);
	assert_int_equal(f->doubles->seen_count[0], 1);
	for (unsigned i = 0; i < 2 * DOUBLES_MAX; i++)
		see_data(c, i);
	assert_int_equal(f->doubles->seen_count[0], DOUBLES_MAX);
	assert_int_equal(f->sides[0].packets, packets);
	assert_int_equal(f->unfit, 0);
	s.o->file = 0;
	see_data(c, 0);
	assert_int_equal(f->sides[0].packets, packets + 1);
}

/* A SYN that is sent again, in the next file of one capture. */
static void test_sent_again(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = see_syn_again(c, 64);

	(void)state;
	assert_null(f->doubles);
	assert_int_equal(f->sides[0].packets, 2);
}

/* A connection that goes on in the next file, or over another interface. */
static void test_goes_on(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = flow_of(&s, c);
	uint64_t packets = f->sides[0].packets;

	(void)state;
	s.o->file = 1;
	see_data(c, 0);
	assert_null(f->doubles);
	assert_int_equal(f->sides[0].packets, packets + 1);
	assert_false(f->blurred);
}

/* Whether a packet that is seen once more, so, is known to be the same, seen in
 * another place. */
static bool blurs(unsigned ttl, unsigned file, uint16_t more_id)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = flow_of(&s, c);
	struct wire w;
	bool blurred;

	see_data(c, 0);
	w.length = f->sent[f->sent_count - 1]->packet.available;
	memcpy(w.bytes, f->sent[f->sent_count - 1]->packet.bytes, w.length);
	if (more_id)
		set_id(&w, (uint16_t)(w.bytes[4] << 8 | w.bytes[5]) + more_id);
	set_ttl(&w, ttl);
	s.o->file = file;
	scene_see(&s, &w);
	blurred = f->blurred;
	s.o->file = 0;
	return blurred;
}

static void test_blurred(void **state)
{
	(void)state;
	assert_true(blurs(58, 1, 0));
	assert_false(blurs(61, 1, 0)); /* sent again, maybe */
	assert_false(blurs(58, 0, 0));
	if (!s.ip6)
		assert_false(blurs(58, 1, 1));
}

/* The very same SYN, at the other end of a link; another with its numbers, some
 * of them, is sent again. */
static void test_same_link(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = see_syn_there(c, 64);

	(void)state;
	assert_non_null(f->doubles);
	assert_int_equal(f->sides[0].packets, 1);
}

/* At both ends, and on two interfaces of each of some routers. */
static void test_many_places(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = flow_of(&s, c);
	struct wire w = {.length = f->sent[0]->packet.available};

	(void)state;
	memcpy(w.bytes, f->sent[0]->packet.bytes, w.length);
	for (s.o->file = 1; s.o->file < 8; s.o->file++) {
		set_ttl(&w, 64 - s.o->file);
		scene_see(&s, &w);
	}
	for (s.o->file = 0; s.o->file < 8; s.o->file++) {
		struct span d = {.length = 1};

		send_data(&s, c, &d, 64 - s.o->file, false);
	}
	assert_int_equal(f->doubles->viewpoint_count, 7);
	assert_int_equal(f->doubles->seen_count[0], 14);
	assert_false(f->blurred);
}

/* Over IPv6 there is no ID: the time tells. */
static void test_same_link6(void **state)
{
	static const struct {
		int64_t wait_us;
		unsigned more; /* in the timestamp */
		bool found;
	} cases[] = {{900 * MS, 1, true}, {1000 * MS, 1, false}, {0, 0, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct caller *c = call(&s, PURPOSE_TCP, 0);

		c->ts += cases[i].more;
		s.o->file = 0;
		send_syn(&s, c, 64, false);
		scene_wait(&s, cases[i].wait_us);
		assert_int_equal(see_syn_there(c, 64)->doubles != NULL,
				 cases[i].found);
	}
}

/* Ports that are used again: another connection begins. */
static void test_used_again(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = see_syn_there(c, 61);

	(void)state;
	scene_wait(&s, 100 * 1000 * MS);
	c->isn += 1000000;
	see_syn_again(c, 61);
	assert_int_equal(s.o->flow_count, 2);
	assert_int_equal(f->doubles->seen_count[0], 1);
}

/* What a translator makes of a SYN, seen in two more places. */
static void test_translated(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct flow *f = flow_of(&s, c);
	struct wire w = {.length = f->sent[0]->packet.available};

	(void)state;
	memcpy(w.bytes, f->sent[0]->packet.bytes, w.length);
	w.bytes[12] ^= 1;
	set_ttl(&w, 62);
	scene_see(&s, &w); /* here it is another client's */
	assert_int_equal(s.o->flow_count, 2);
	for (s.o->file = 1; s.o->file < 3; s.o->file++) {
		w.bytes[13] ^= 1;
		set_ttl(&w, 62 - s.o->file);
		scene_see(&s, &w);
	}
	assert_int_equal(s.o->flow_count, 2);
	f = s.o->flows[1]->doubles ? s.o->flows[1] : f;
	assert_int_equal(f->doubles->viewpoint_count, 2);
	assert_int_equal(f->doubles->seen_count[0], 2);
	/* no room is left: it is another's */
	for (; s.o->file < VIEWPOINTS_MAX + 2; s.o->file++) {
		w.bytes[13] += 2;
		scene_see(&s, &w);
	}
	assert_int_equal(f->doubles->viewpoint_count, VIEWPOINTS_MAX);
}

/* A SYN of another client, one of many. */
static void see_syn_from(uint16_t n)
{
	struct wire w = {.length = s.o->flows[0]->sent[0]->packet.available};

	memcpy(w.bytes, s.o->flows[0]->sent[0]->packet.bytes, w.length);
	w.bytes[14] = (uint8_t)(n >> 8);
	w.bytes[15] = (uint8_t)n;
	w.bytes[24] ^= 0xff; /* its sequence number */
	set_id(&w, n);
	scene_see(&s, &w);
}

/* With so many newer ones it is not looked for. */
static void test_many_newer(void **state)
{
	struct caller *c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	struct wire w = {.length = flow_of(&s, c)->sent[0]->packet.available};
	uint16_t n = 512;

	(void)state;
	memcpy(w.bytes, flow_of(&s, c)->sent[0]->packet.bytes, w.length);
	set_ttl(&w, 61);
	for (; n < 512 + 511; n++)
		see_syn_from(n);
	s.o->file = 1;
	w.bytes[12] ^= 1;
	scene_see(&s, &w);
	assert_int_equal(s.o->flow_count, 512);
	s.o->file = 0;
	see_syn_from(n);
	s.o->file = 2;
	w.bytes[13] ^= 1;
	scene_see(&s, &w);
	assert_int_equal(s.o->flow_count, 514);
}

/* Nor is one seen in two places that goes on in the next file. */
static void test_sweep_goes_on(void **state)
{
	struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);

	(void)state;
	for (unsigned ttl = 1; ttl < 40; ttl++) {
		s.o->file = ttl / 3;
		send_syn(&s, c, ttl, false);
	}
	assert_null(flow_of(&s, c)->doubles);
	assert_int_equal(flow_of(&s, c)->sent_count, 39);
}

/* Without timestamps the IDs tell; without these as well, the TTLs. */
static void see_bare_syn(unsigned ttl, uint16_t id)
{
	const struct tcp_segment t = {.source_port = 5000,
				      .destination_port = PORT,
				      .sequence = 100,
				      .flags = TCP_FLAG_SYN,
				      .data_offset = SEGMENT_AUTO,
				      .checksum = SEGMENT_AUTO};
	struct envelope e = scene_envelope(&s, 0, ttl);
	struct wire w;

	e.to = server_address(&s);
	e.id = id;
	w = wire_tcp(&e, &t);
	scene_see(&s, &w);
}

static bool is_double(unsigned ttl, unsigned ttl_there, uint16_t id,
		      uint16_t id_there)
{
	bool found;

	see_bare_syn(ttl, id);
	s.o->file = 1;
	see_bare_syn(ttl_there, id_there);
	found = s.o->flows[0]->doubles;
	fixture_end(NULL);
	fixture_begin(NULL);
	return found;
}

static void test_without_timestamps(void **state)
{
	(void)state;
	assert_true(is_double(30, 27, 7, 7));
	assert_false(is_double(30, 27, 7, 8));
	assert_false(is_double(64, 61, 7, 8));
	assert_true(is_double(64, 61, 0, 0));
	assert_true(is_double(35, 32, 0, 0));
	assert_false(is_double(34, 31, 0, 0));
	assert_false(is_double(31, 34, 0, 0));
}

/* A sweep has SYNs of many TTLs in one place. */
static void test_sweep(void **state)
{
	struct caller *c = sweep(&s, PURPOSE_MP_CAPABLE, 1);

	(void)state;
	assert_null(flow_of(&s, c)->doubles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_double),	   TEST(test_sent_again),
		TEST(test_goes_on),	   TEST(test_sweep),
		TEST(test_same_link),	   TEST6(test_same_link6),
		TEST(test_used_again),	   TEST(test_translated),
		TEST(test_many_newer),	   TEST(test_blurred),
		TEST6(test_blurred),	   TEST(test_sweep_goes_on),
		TEST6(test_sweep_goes_on), TEST(test_without_timestamps),
		TEST(test_many_places),	   TEST6(test_many_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
