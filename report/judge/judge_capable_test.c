/* SPDX-License-Identifier: GPL-3.0-or-later
 * What befalls MP_CAPABLE: where it is found and placed, and the innocent paths
 * nearest to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

static void test_capable_removed(void **state)
{
	(void)state;
	for (unsigned at = 1; at < 4; at++) {
		expect(with_box(at, strip), removal("nop", (int)at));
		expect(with_box(at, strip_syn), removal("nop", (int)at));
		expect(with_box(at, strip_eol), removal("eol", (int)at));
		expect(with_box(at, strip_cut), removal("cut", (int)at));
	}
}

/* A hop that quotes 8 bytes, or nothing, widens the bracket. */
static void test_removed_behind_short_quotes(void **state)
{
	struct scene s = with_box(2, strip);
	struct expected e = removal("nop", 2);

	(void)state;
	s.silent[3] = true;
	e.at = 4;
	expect(s, e);
	s.silent[2] = true;
	e.after = 1;
	expect(s, e);
	s = with_box(2, strip);
	s.quotes[2] = s.quotes[3] = 28;
	expect(s, e);
	s.quotes[1] = 28;
	e.after = 0;
	expect(s, e);
}

/* A plain server behind it changes nothing; an ECMP path without the device
 * does: then MPTCP works in part. */
static void test_removed_plain_server(void **state)
{
	struct scene s = with_box(2, strip);

	(void)state;
	s.version = -1;
	expect(s, removal("nop", 2));
}

static enum act strip_odd(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP && p.tcp.source_port & 1
		       ? strip(s, w)
		       : PASS;
}

/* What a rung says is so. */
static void check_rung(struct scene s, enum ladder_rung rung, const char *text)
{
	struct report *r;

	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	if (!strstr(r->ladder[rung].text, text))
		assert_string_equal(r->ladder[rung].text, text);
	report_free(r);
	scene_end(&s);
}

static void test_rungs_say_what_is_so(void **state)
{
	struct scene s = with_back(alter_version);

	(void)state;
	check_rung(s, RUNG_SYN_ACK_OPTION,
		   "carries MP_CAPABLE of version 0, and the SYN that of 1");
	s = with_back(cut_capable);
	check_rung(s, RUNG_SYN_ACK_OPTION, "comes without MP_CAPABLE");
	s = with_back(drop_dss); /* the server sends some */
	check_rung(s, RUNG_SERVER_DSN,
		   "no data of the server with a mapping "
		   "came");
}

/* On one of two ways: the routers of that way are named. */
static void test_removed_on_branch(void **state)
{
	struct scene s = with_box(2, strip_odd);
	unsigned seen = 0;

	(void)state;
	s.parted = true;
	for (unsigned first = 0; first < 2; first++) {
		const struct finding *f = NULL;
		struct report *r;

		s.next_port = (uint16_t)(40000 + first);
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		for (size_t i = 0; i < r->finding_count; i++)
			if (is_at(&r->findings[i].at, 3))
				f = &r->findings[i];
		CHECK(r, f && f->at.address.bytes[1] == 1 &&
				 f->after.address.bytes[1] == 1);
		seen += strcmp(f->kind->id, "mp_capable.removed") == 0;
		report_free(r);
		scene_end(&s);
		s.served_count = s.caller_count = 0;
	}
	assert_true(seen > 0);
}

static void test_removed_return(void **state)
{
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "mp_capable.removed",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_UNKNOWN,
			     .segment = SEGMENT_SYN_ACK,
			     .after = NOWHERE,
			     .at = NOWHERE};
	struct scene s = with_back(cut_capable);

	(void)state;
	expect(s, e);
	s.silent[4] = true; /* not intact up to the last hop */
	e.segment = SEGMENT_SYN;
	expect(s, e);
	s.bare_reset = true; /* the random token proves nothing */
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	/* the room that overwriting leaves tells */
	e.direction = DIRECTION_RETURN;
	e.segment = SEGMENT_SYN_ACK;
	for (s.version = 0; s.version < 2; s.version++) {
		s.back = strip_capable;
		expect(s, e);
		s.back = strip_capable_eol;
		expect(s, e);
	}
}

static void test_capable_modified(void **state)
{
	struct expected e = removal(NULL, 2);

	(void)state;
	e.finding = "mp_capable.modified";
	expect(with_box(2, downgrade), e);
}

/* Servers do not compare the key of the third ACK with their own (both
 * versions), so their DSN tells, and in version 1 the checksum over it whether
 * key or DSN was changed. That the token of the wrong key is refused follows
 * from it. */
static void test_key_altered(void **state)
{
	struct scene s = with_back(alter_key);
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "mp_capable.modified",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_RETURN,
			     .segment = SEGMENT_SYN_ACK,
			     .after = NOWHERE,
			     .at = NOWHERE};

	(void)state;
	expect(s, e);
	s.version = 0;
	e.confidence = CONFIDENCE_LIKELY;
	expect(s, e);
	s = with_back(alter_version);
	e.confidence = CONFIDENCE_PROVEN;
	expect(s, e);
	s = with_back(alter_dsn);
	e.finding = "dss.modified";
	e.segment = SEGMENT_DATA;
	e.confidence = CONFIDENCE_LIKELY;
	expect(s, e);
}

static void test_mirrored(void **state)
{
	struct scene s = with_back(mirror);

	(void)state;
	s.version = -1;
	expect(s, (struct expected){.status = STATUS_BLOCKED,
				    .finding = "mp_capable.mirrored",
				    .effect = EFFECT_BLOCKS,
				    .direction = DIRECTION_UNKNOWN,
				    .segment = SEGMENT_SYN_ACK,
				    .after = NOWHERE,
				    .at = NOWHERE,
				    .confidence = CONFIDENCE_LIKELY});
}

static void test_capable_dropped(void **state)
{
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "mp_capable.dropped",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_FORWARD,
			     .segment = SEGMENT_SYN,
			     .after = 2,
			     .at = 3};
	struct scene s = with_box(2, drop_capable);

	(void)state;
	expect(s, e);
	expect(with_box(2, prohibit_capable), e);
	s.no_sweep = true; /* proven, but not placed */
	e.after = e.at = NOWHERE;
	expect(s, e);
	e.direction = DIRECTION_RETURN;
	e.segment = SEGMENT_SYN_ACK;
	expect(with_back(drop_capable), e);
}

static bool lose_a_control(struct scene *s, bool forward,
			   const struct packet *p)
{
	/* MSS, SACK, timestamps, window scale: 20 bytes, and no more */
	(void)s;
	return forward && p->transport == TRANSPORT_TCP &&
	       p->tcp.flags & TCP_FLAG_SYN && p->tcp.options_length == 20 &&
	       p->tcp.source_port / 5 == 40030 / 5;
}

/* Loss takes one of the connections without the option as well. */
static void test_capable_dropped_and_loss(void **state)
{
	struct scene s = with_box(2, drop_capable);

	(void)state;
	s.lost = lose_a_control;
	expect(s, (struct expected){.status = STATUS_BLOCKED,
				    .finding = "mp_capable.dropped",
				    .effect = EFFECT_BLOCKS,
				    .direction = DIRECTION_FORWARD,
				    .segment = SEGMENT_SYN,
				    .after = 2,
				    .at = 4});
}

static bool lose_after_first(struct scene *s, bool forward,
			     const struct packet *p)
{
	(void)s;
	return forward && p->transport == TRANSPORT_TCP &&
	       p->tcp.source_port > 40011;
}

/* A server that stops answering everybody is no device that drops MPTCP. */
static void test_overload(void **state)
{
	struct scene s = scene();

	(void)state;
	s.lost = lose_after_first;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

static void test_capable_reset(void **state)
{
	struct scene s = with_box(2, reset_capable);
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "mp_capable.reset",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_FORWARD,
			     .segment = SEGMENT_SYN,
			     .after = 2,
			     .at = 5};

	(void)state;
	expect(s, e);
	s.no_sweep = true;
	e.after = e.at = NOWHERE;
	expect(s, e);
}

static enum act reset_for_a_while(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) && wire_parse(w).tcp.source_port > 40010 ? RESET
								  : PASS;
}

/* A server that refuses everybody after a while. */
static void test_refused_later(void **state)
{
	(void)state;
	expect(with_box(4, reset_for_a_while),
	       (struct expected){.status = STATUS_UNDETERMINED});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rungs_say_what_is_so),
		cmocka_unit_test(test_capable_removed),
		cmocka_unit_test(test_removed_behind_short_quotes),
		cmocka_unit_test(test_removed_plain_server),
		cmocka_unit_test(test_removed_on_branch),
		cmocka_unit_test(test_removed_return),
		cmocka_unit_test(test_capable_modified),
		cmocka_unit_test(test_key_altered),
		cmocka_unit_test(test_mirrored),
		cmocka_unit_test(test_capable_dropped),
		cmocka_unit_test(test_capable_dropped_and_loss),
		cmocka_unit_test(test_overload),
		cmocka_unit_test(test_capable_reset),
		cmocka_unit_test(test_refused_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
