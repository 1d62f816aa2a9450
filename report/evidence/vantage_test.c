/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where captures were made, by the packets and as it is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/evidence/judgement.h"
#include "report/track/capture.h"
#include "tests/client.h"

static enum vantage vantage_in(const char *file, enum vantage said)
{
	struct observer *o = observer_new();
	struct judge_target target;
	struct report *r;
	enum vantage found;
	char error[400];

	assert_non_null(o);
	o->vantage = said;
	assert_int_equal(capture_read(file, o, error, sizeof(error)),
			 CAPTURE_OK);
	assert_true(judge_targets(o, &target, 1) >= 1);
	r = judge(o, &target);
	found = r->vantage;
	assert_int_equal(r->vantage_said, said != VANTAGE_UNKNOWN);
	report_free(r);
	observer_free(o);
	return found;
}

/* The last four have both ends on one link, where all TTLs are as sent. */
static const struct {
	const char *file;
	enum vantage vantage;
} captures[] = {
	{"pcaps/lab/strip.pcap", VANTAGE_CLIENT},
	{"pcaps/read/gave-up.pcap", VANTAGE_CLIENT},
	{"pcaps/read/server-side-data.pcap", VANTAGE_SERVER},
	{"pcaps/read/router.pcap", VANTAGE_PATH},
	{"pcaps/read/on-path-strip.pcap", VANTAGE_PATH},
	{"pcaps/read/no-syn-acks.pcap", VANTAGE_UNKNOWN},
	{"pcaps/read/one-link-client.pcap", VANTAGE_CLIENT},
	{"pcaps/read/one-link-server.pcap", VANTAGE_SERVER},
	{"pcaps/read/one-link-unfilled.pcap", VANTAGE_SERVER},
	{"pcaps/read/one-link.pcap", VANTAGE_CLIENT},
};

static void test_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++)
		assert_int_equal(vantage_in(captures[i].file, VANTAGE_UNKNOWN),
				 captures[i].vantage);
}

static void test_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++)
		for (enum vantage v = VANTAGE_CLIENT; v <= VANTAGE_PATH; v++)
			assert_int_equal(vantage_in(captures[i].file, v), v);
}

/* ---- packets by hand ----------------------------------------------------- */

#define LINK_COOKED 113 /* DLT_LINUX_SLL */

/* How it passed where it was captured. */
enum way { UNTOLD = -1, IN = 0, OUT = 4 };

static void see(struct scene *s, const struct wire *w, enum way way)
{
	uint8_t frame[1700] = {[1] = (uint8_t)way, [3] = 1, [5] = 6, [14] = 8};

	if (way == UNTOLD) {
		scene_see(s, w);
		return;
	}
	memcpy(frame + 16, w->bytes, w->length);
	observer_frame(s->o, LINK_COOKED, ++s->frames, s->now, frame,
		       16 + w->length, 16 + w->length);
}

struct seen {
	enum way way;
	unsigned ttl; /* 0: it was not seen */
};

/* A connection of which these were seen. */
static void see_connection(struct scene *s, struct seen syn, struct seen answer)
{
	struct caller *c = call(s, PURPOSE_TCP, 0);
	struct wire w = syn_wire(s, c, syn.ttl, 0);
	struct packet p = wire_parse(&w);
	struct envelope e = scene_envelope(s, s->hops + 1, answer.ttl);
	struct tcp_segment t =
		answer_to(&p, TCP_FLAG_SYN | TCP_FLAG_ACK, 0x10203040);

	see(s, &w, syn.way);
	if (!answer.ttl)
		return;
	e.ttl = (uint8_t)answer.ttl;
	e.protocol = 6;
	w = wire_tcp(&e, &t);
	see(s, &w, answer.way);
}

static enum vantage vantage_told(struct scene *s)
{
	struct report *r = judge_scene(s);
	enum vantage found = r->vantage;

	report_free(r);
	scene_end(s);
	return found;
}

/* What link headers say of one of the two, or of both that they went out,
 * leaves it to the TTLs. */
static void test_ways(void **state)
{
	static const struct {
		struct seen syn, answer;
		enum vantage vantage;
	} cases[] = {
		{{IN, 60}, {OUT, 64}, VANTAGE_SERVER},
		{{OUT, 64}, {IN, 60}, VANTAGE_CLIENT},
		{{IN, 64}, {IN, 64}, VANTAGE_PATH},
		{{UNTOLD, 64}, {OUT, 64}, VANTAGE_CLIENT},
		{{IN, 64}, {UNTOLD, 64}, VANTAGE_CLIENT},
		{{OUT, 60}, {OUT, 64}, VANTAGE_SERVER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene s = scene();

		scene_begin(&s);
		see_connection(&s, cases[i].syn, cases[i].answer);
		assert_int_equal(vantage_told(&s), cases[i].vantage);
	}
}

/* By a connection whose SYN has gone some hops, its answer none. */
static enum vantage vantage_between(const char *client, const char *server)
{
	struct scene s = scene();
	struct envelope there = {.from = address_of(client),
				 .to = address_of(server),
				 .protocol = IPPROTO_TCP,
				 .ttl = 60};
	struct envelope back = {.from = there.to,
				.to = there.from,
				.protocol = IPPROTO_TCP,
				.ttl = 64};
	struct tcp_segment syn = {.source_port = 40000,
				  .destination_port = PORT,
				  .sequence = 0x01020304,
				  .flags = TCP_FLAG_SYN};
	struct wire w = wire_tcp(&there, &syn);
	struct packet p = wire_parse(&w);
	struct tcp_segment answer =
		answer_to(&p, TCP_FLAG_SYN | TCP_FLAG_ACK, 0x10203040);
	struct report *r;
	enum vantage found;

	scene_begin(&s);
	scene_see(&s, &w);
	w = wire_tcp(&back, &answer);
	scene_see(&s, &w);
	r = judge(s.o,
		  &(struct judge_target){.address = there.to, .port = PORT});
	found = r->vantage;
	report_free(r);
	scene_end(&s);
	return found;
}

/* Both ends are there, whatever TTL a program chooses. */
static void test_loopback(void **state)
{
	(void)state;
	assert_int_equal(vantage_between("127.0.0.1", "127.0.0.1"),
			 VANTAGE_CLIENT);
	assert_int_equal(vantage_between("10.0.1.1", "10.0.5.2"),
			 VANTAGE_SERVER);
}

/* A sweep that names its TTLs is mpprobe's; one beside which somebody else's
 * SYN comes in is not where both were sent. */
static void test_sweeps_and_contradictions(void **state)
{
	struct scene s = scene();
	struct caller *c;

	(void)state;
	scene_begin(&s);
	c = call(&s, PURPOSE_TCP, 0);
	for (unsigned ttl = 1; ttl < 4; ttl++) {
		struct wire w = syn_wire(&s, c, ttl, 0);

		scene_see(&s, &w);
	}
	assert_int_equal(vantage_told(&s), VANTAGE_CLIENT);
	s = scene();
	scene_begin(&s);
	see_connection(&s, (struct seen){UNTOLD, 64},
		       (struct seen){UNTOLD, 60});
	see_connection(&s, (struct seen){UNTOLD, 60},
		       (struct seen){UNTOLD, 64});
	assert_int_equal(vantage_told(&s), VANTAGE_UNKNOWN);
}

/* ---- what is said of it -------------------------------------------------- */

static void expect_verdict(struct observer *o, enum vantage said,
			   const char *words, bool there)
{
	struct judge_target target;
	struct report *r;

	o->vantage = said;
	assert_true(judge_targets(o, &target, 1) >= 1);
	r = judge(o, &target);
	if (!strstr(r->verdict, words) == there)
		assert_string_equal(r->verdict, words);
	report_free(r);
}

static void test_verdicts(void **state)
{
	struct observer *o = observer_new();
	struct scene s = scene();
	char error[400];

	(void)state;
	assert_int_equal(capture_read("pcaps/read/gave-up.pcap", o, error,
				      sizeof(error)),
			 CAPTURE_OK);
	expect_verdict(o, VANTAGE_SERVER,
		       "the plain SYN after them is answered", true);
	expect_verdict(o, VANTAGE_PATH, "the plain SYN after them was answered",
		       true);
	observer_free(o);
	/* Where nothing is answered, too little is known. */
	scene_begin(&s);
	see_connection(&s, (struct seen){UNTOLD, 60}, (struct seen){0});
	expect_verdict(s.o, VANTAGE_SERVER, "arrive without MPTCP", false);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guessed),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_sweeps_and_contradictions),
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
