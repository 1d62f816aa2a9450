/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every finding: a path that makes it, where it must be found and placed, and
 * the innocent paths nearest to it, which must be accused of nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

/* ---- paths without fault ------------------------------------------------- */

static void test_clean(void **state)
{
	struct scene s = scene();

	(void)state;
	for (s.hops = 1; s.hops < 11; s.hops++)
		expect(s, innocent);
}

static void test_clean_v0(void **state)
{
	struct scene s = scene();

	(void)state;
	s.version = 0;
	expect(s, innocent);
}

static void test_silent_and_short(void **state)
{
	struct scene s = scene();

	(void)state;
	s.silent[2] = s.silent[3] = true;
	expect(s, innocent);
	s.silent[1] = s.silent[4] = true;
	expect(s, innocent);
	s = scene();
	for (unsigned bytes = 28; bytes < 128; bytes++) {
		for (unsigned hop = 1; hop <= s.hops; hop++)
			s.quotes[hop] = bytes + (s.ip6 ? 20 : 0);
		expect(s, innocent);
	}
	s.udp_silent = true;
	s.no_timestamps = true;
	expect(s, innocent);
}

static void expect_no_finding(struct scene s)
{
	for (unsigned ip6 = 0; ip6 < 2; ip6++) {
		struct report *r;

		s.ip6 = ip6;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 0);
		report_free(r);
		scene_end(&s);
		s.served_count = s.caller_count = 0;
	}
}

/* Routers that quote what they have themselves altered. */
static void test_forgers(void **state)
{
	static box_fn *const forgers[] = {
		strip,	    strip_cut,	   clamp_mss,  strip_eol,    downgrade,
		clear_dscp, clear_ecn,	   rewrite_id, strip_wscale, translate,
		set_window, alter_payload, strip_syn,  add_option};
	struct scene s = scene();

	(void)state;
	for (size_t i = 0; i < sizeof(forgers) / sizeof(forgers[0]); i++) {
		s.forger = forgers[i];
		for (s.forger_at = 1; s.forger_at < s.hops; s.forger_at++)
			expect(s, innocent);
	}
	/* The last router, with none behind: the server itself took it. */
	s.forger_at = s.hops;
	s.forger = strip_syn;
	expect(s, innocent);
	/* And where it does not speak MPTCP, the checksum of the quote tells.
	 */
	s.version = -1;
	for (size_t i = 0; i < sizeof(forgers) / sizeof(forgers[0]); i++) {
		s.forger = forgers[i];
		if (forgers[i] != clear_dscp && forgers[i] != clear_ecn &&
		    forgers[i] != rewrite_id)
			expect_no_finding(s);
	}
}

static bool lose_some(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	(void)p;
	return scene_random(s) % 100 < s->lost_count;
}

/* Loss is never a block, and nobody is accused of it. */
static void test_loss(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 400; seed++) {
		struct scene s = scene();
		struct report *r;

		s.random = seed;
		s.lost = lose_some;
		s.lost_count = seed % 60;
		s.ip6 = seed & 1;
		s.version = (int)(seed % 3) - 1;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 0);
		report_free(r);
		scene_end(&s);
	}
}

static int64_t outage_begin, outage_end;

static bool lose_while(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	(void)p;
	return s->now >= outage_begin && s->now < outage_end;
}

/* An outage that begins and ends anywhere in the run is no drop of MPTCP. */
static void test_outages(void **state)
{
	(void)state;
	for (int begin = 0; begin < 4000; begin += 80)
		for (int length = 300; length < 4000; length += 700) {
			struct scene s = scene();
			struct report *r;

			outage_begin = s.now + begin * MS;
			outage_end = outage_begin + length * MS;
			s.lost = lose_while;
			scene_begin(&s);
			run_probe(&s);
			r = judge_scene(&s);
			CHECK(r, r->finding_count == 0);
			report_free(r);
			scene_end(&s);
		}
}

/* Nothing but MPTCP is tried while the path is down: no contrast. */
static void test_outage_without_company(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	scene_begin(&s);
	for (int i = 0; i < 4; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 3000 * MS);
	outage_begin = s.now;
	outage_end = s.now + 10000 * MS;
	s.lost = lose_while;
	for (int i = 0; i < 8; i++)
		knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 3);
	s.now = outage_end + 2000 * MS;
	for (int i = 0; i < 8; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 2000 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 0);
	CHECK(r, r->status == STATUS_UNDETERMINED);
	report_free(r);
	scene_end(&s);
}

/* Paths of different length for different ports. */
static void test_ecmp(void **state)
{
	struct scene s = scene();

	(void)state;
	for (s.detour = 1; s.detour < 3; s.detour++)
		for (unsigned i = 0; i < 4; i++) {
			s.next_port = (uint16_t)(40001 + i);
			s.back_detour = i > 1;
			s.udp_silent = false;
			expect(s, innocent);
			s.udp_silent = true;
			expect(s, innocent);
		}
}

/* What servers may do. */
static void test_server_habits(void **state)
{
	struct scene s = scene();

	(void)state;
	s.close_at_once = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	s = scene();
	s.data_fin = true;
	expect(s, innocent);
	s = scene();
	s.cookies = true;
	expect(s, innocent);
	s = scene();
	s.deny_join = true;
	expect(s, innocent);
	s = scene();
	s.refuse_checksum = true;
	expect(s, innocent);
	s = scene();
	s.no_subflows = true;
	expect(s, innocent);
	s = scene();
	s.bare_reset = true;
	expect(s, innocent);
	s = scene();
	s.udp_silent = true;
	expect(s, innocent);
	s = scene();
	s.udp_hop = 2;
	expect(s, innocent);
	s = scene();
	s.icmp_ttl = 255;
	expect(s, innocent);
	s = scene();
	s.no_sweep = true;
	expect(s, innocent);
}

static void test_mute_server(void **state)
{
	struct scene s = scene();

	(void)state;
	s.mute = true;
	expect(s, innocent); /* the HMAC of the MP_JOIN proves its key */
	s.no_join = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	s.no_join = false;
	s.reset_data = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	s.version = -1;
	expect(s, (struct expected){.status = STATUS_UNSUPPORTED});
}

/* A server that has closed forgets the token: RST, or silence under SYN
 * cookies, is its right. */
static bool lose_joins(struct scene *s, bool forward, const struct packet *p)
{
	struct tcp_options o;

	(void)s;
	if (!forward || p->transport != TRANSPORT_TCP)
		return false;
	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &o);
	return tcp_options_mptcp(&o, MP_JOIN) != NULL;
}

static void test_join_after_close(void **state)
{
	struct scene s = scene();

	(void)state;
	s.data_fin = true;
	s.other_backend = true;
	expect(s, innocent);
	s.bare_reset = true;
	expect(s, innocent);
	s.cookies = true;
	expect(s, innocent);
	/* Where they end before the first hop, it never saw them. */
	s.lost = lose_joins;
	expect(s, (struct expected){.status = STATUS_IMPAIRED,
				    .finding = "mp_join.dropped",
				    .effect = EFFECT_IMPAIRS,
				    .direction = DIRECTION_FORWARD,
				    .segment = SEGMENT_JOIN_SYN,
				    .after = 0,
				    .at = 1});
}

/* --mptcp 0 against a server of version 1: it answers as plain TCP, yet its
 * MP_TCPRST shows that it speaks MPTCP. Nothing was removed. */
static void test_wrong_version(void **state)
{
	struct scene s = scene();

	(void)state;
	s.only_version = 0;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

static void test_congestion_mark(void **state)
{
	(void)state;
	expect(with_box(2, mark_congestion), innocent);
}

/* ---- MP_CAPABLE ---------------------------------------------------------- */

static struct expected removed(const char *how, int at)
{
	return (struct expected){.status = STATUS_BLOCKED,
				 .finding = "mp_capable.removed",
				 .effect = EFFECT_BLOCKS,
				 .direction = DIRECTION_FORWARD,
				 .segment = SEGMENT_SYN,
				 .after = at,
				 .at = at + 1,
				 .how = how};
}

static void test_capable_removed(void **state)
{
	(void)state;
	for (unsigned at = 1; at < 4; at++) {
		expect(with_box(at, strip), removed("nop", (int)at));
		expect(with_box(at, strip_syn), removed("nop", (int)at));
		expect(with_box(at, strip_eol), removed("eol", (int)at));
		expect(with_box(at, strip_cut), removed("cut", (int)at));
	}
}

/* A hop that quotes 8 bytes, or nothing, widens the bracket. */
static void test_removed_behind_short_quotes(void **state)
{
	struct scene s = with_box(2, strip);
	struct expected e = removed("nop", 2);

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
	expect(s, removed("nop", 2));
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
	struct expected e = removed(NULL, 2);

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

/* ---- DSS ----------------------------------------------------------------- */

static void test_dss_removed(void **state)
{
	struct expected e = removed("nop", 2);
	struct scene s = with_back(strip_not_syn);

	(void)state;
	e.finding = "dss.removed";
	e.segment = SEGMENT_DATA;
	expect(with_box(2, strip_not_syn), e);
	/* the room that overwriting leaves tells */
	e.direction = DIRECTION_RETURN;
	e.after = e.at = NOWHERE;
	expect(s, e);
	s.silent[4] = true;
	expect(s, e);
}

static enum act cut_not_syn(struct scene *s, struct wire *w)
{
	return is_syn(w) ? PASS : strip_cut(s, w);
}

static enum act fill_timestamps(struct scene *s, struct wire *w)
{
	(void)s;
	if (!is_syn(w))
		option_fill(w, TCPOPT_KIND_TIMESTAMPS, TCPOPT_KIND_NOP);
	return PASS;
}

/* What no hop quotes and nothing is left of may be on either way: behind the
 * last hop, or on the way back. */
static void test_dss_removed_unseen(void **state)
{
	struct scene s = with_box(4, strip_not_syn);
	struct expected e = removed(NULL, NOWHERE);

	(void)state;
	e.finding = "dss.removed";
	e.segment = SEGMENT_DATA;
	e.confidence = CONFIDENCE_LIKELY;
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	expect(s, e);
	s.back = fill_timestamps; /* of any connection: that is no trace */
	expect(s, e);
	expect(with_back(cut_not_syn), e);
}

static void test_dss_dropped(void **state)
{
	struct scene s = with_back(drop_dss);
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "dss.dropped",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_FORWARD,
			     .segment = SEGMENT_DATA,
			     .after = 2,
			     .at = 3};

	(void)state;
	expect(with_box(2, drop_dss), e);
	expect(with_box(2, drop_late_dss), e);
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	expect(with_back(drop_all_dss), e);
	e.direction = DIRECTION_RETURN;
	e.confidence = CONFIDENCE_LIKELY;
	s.pause = 3000 * MS;
	expect(s, e);
}

static enum act strip_after_five(struct scene *s, struct wire *w)
{
	return has_data(w) && ++s->lost_count > 5 ? strip(s, w) : PASS;
}

/* A device that begins between two copies: the hop that quoted the first as
 * sent is asked again. */
static void test_dss_removed_late(void **state)
{
	struct scene s = with_box(2, strip_after_five);
	struct caller *c;
	struct report *r;

	(void)state;
	scene_begin(&s);
	sweep(&s, PURPOSE_TCP, 0);
	converse(&s, PURPOSE_TCP, 0, false);
	c = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	copies(&s, c);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1 && is_at(&r->findings->after, 3));
	report_free(r);
	scene_wait(&s, 1000 * MS);
	copies(&s, c);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1);
	CHECK(r, is_at(&r->findings->after, 2) && is_at(&r->findings->at, 3));
	report_free(r);
	scene_end(&s);
}

/* The server's data without its mapping. */
static void test_server_unmapped(void **state)
{
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "dss.removed",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_RETURN,
			     .segment = SEGMENT_DATA,
			     .after = NOWHERE,
			     .at = NOWHERE};

	(void)state;
	expect(with_back(strip_data), e);
}

static void test_dss_reset(void **state)
{
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "dss.reset",
			     .effect = EFFECT_BLOCKS,
			     .direction = DIRECTION_FORWARD,
			     .segment = SEGMENT_DATA,
			     .after = 2,
			     .at = 3,
			     .confidence = CONFIDENCE_LIKELY};

	(void)state;
	expect(with_box(2, reset_dss), e);
	/* Behind the last hop, or on the way back: nobody can tell. */
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	expect(with_box(4, reset_dss), e);
}

/* ---- MP_JOIN ------------------------------------------------------------- */

static struct expected join_finding(const char *id)
{
	return (struct expected){.status = STATUS_IMPAIRED,
				 .finding = id,
				 .effect = EFFECT_IMPAIRS,
				 .direction = DIRECTION_FORWARD,
				 .segment = SEGMENT_JOIN_SYN,
				 .after = 2,
				 .at = 3};
}

static void test_joins(void **state)
{
	struct scene s = with_box(2, reset_join);
	struct expected e = join_finding("mp_join.removed");

	(void)state;
	expect(with_box(2, strip_join), e);
	e = join_finding("mp_join.dropped");
	expect(with_box(2, drop_join), e);
	e = join_finding("mp_join.reset");
	e.confidence = CONFIDENCE_LIKELY;
	e.at = 5;
	expect(s, e);
	e = join_finding("mp_join.removed");
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	e.confidence = CONFIDENCE_LIKELY;
	expect(with_back(strip_join), e);
	e.finding = "mp_join.modified";
	e.segment = SEGMENT_JOIN_SYN_ACK;
	e.confidence = CONFIDENCE_PROVEN;
	expect(with_back(alter_hmac), e);
}

static void test_join_refused(void **state)
{
	struct expected e = join_finding("mp_join.refused");
	struct scene s = scene();

	(void)state;
	s.other_backend = true;
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	expect(s, e);
}

/* ---- TCP ends before the server ------------------------------------------ */

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

/* ---- headers --------------------------------------------------------------
 */

static struct expected harmless(const char *id, enum segment_kind segment)
{
	return (struct expected){.status = STATUS_CLEAR,
				 .finding = id,
				 .effect = EFFECT_HARMLESS,
				 .direction = DIRECTION_FORWARD,
				 .segment = segment,
				 .after = 2,
				 .at = 3};
}

static void test_headers(void **state)
{
	struct scene s = with_box(2, clear_ecn_flags);

	(void)state;
	expect(with_box(2, clamp_mss),
	       harmless("tcp.mss_changed", SEGMENT_SYN));
	expect(with_box(2, strip_wscale),
	       harmless("tcp.option_removed", SEGMENT_SYN));
	expect(with_box(2, alter_wscale),
	       harmless("tcp.option_modified", SEGMENT_SYN));
	expect(with_box(2, add_option),
	       harmless("tcp.option_added", SEGMENT_SYN));
	expect(with_box(2, set_window),
	       harmless("tcp.window_changed", SEGMENT_SYN));
	expect(with_box(2, clear_dscp),
	       harmless("ip.dscp_rewritten", SEGMENT_SYN));
	expect(with_box(2, clear_ecn), harmless("ip.ecn_cleared", SEGMENT_SYN));
	expect(with_box(2, translate), harmless("ip.translated", SEGMENT_SYN));
	s.ecn_syn = true;
	expect(s, harmless("tcp.ecn_cleared", SEGMENT_SYN));
}

static void expect_family(struct scene s, bool ip6, struct expected e)
{
	struct report *r;

	s.ip6 = ip6;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	check_report(r, &e);
	report_free(r);
	scene_end(&s);
}

static void test_id(void **state)
{
	(void)state;
	expect_family(with_box(2, rewrite_id), false,
		      harmless("ip.id_rewritten", SEGMENT_SYN));
	expect_family(with_box(2, rewrite_id), true, innocent);
}

static void test_sequence(void **state)
{
	(void)state;
	expect(with_box(2, shift_sequence),
	       harmless("tcp.sequence_rewritten", SEGMENT_SYN));
}

static enum act clear_urgent(struct scene *s, struct wire *w)
{
	(void)s;
	wire_tcp_header(w)[13] &= (uint8_t)~TCP_FLAG_URG;
	return PASS;
}

static void send_each(struct scene *s, struct caller *c, bool add_addr)
{
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_rare(s, c, add_addr, ttl);
}

static void expect_swept(box_fn *box, bool add_addr, struct expected e)
{
	struct scene s = scene();
	struct caller *c;
	struct report *r;

	scene_begin(&s);
	sweep(&s, PURPOSE_TCP, 0);
	converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	c = add_addr ? converse(&s, PURPOSE_MP_CAPABLE, 1, false)
		     : converse(&s, PURPOSE_TCP, 0, false);
	s.box_at = 2;
	s.box = box;
	send_each(&s, c, add_addr);
	r = judge_scene(&s);
	check_report(r, &e);
	report_free(r);
	scene_end(&s);
}

static void expect_add_addr(box_fn *box, bool drops)
{
	struct expected e = join_finding("add_addr.dropped");
	struct scene s = with_box(2, box);
	struct caller *c;
	struct report *r;

	e.segment = SEGMENT_ADD_ADDR;
	e.confidence = CONFIDENCE_LIKELY;
	scene_begin(&s);
	sweep(&s, PURPOSE_TCP, 0);
	c = converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	for (int i = 0; i < 5; i++)
		send_rare(&s, c, true, 64);
	for (int i = 0; i < 2; i++)
		send_each(&s, c, true);
	scene_wait(&s, 2000 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	check_report(r, drops ? &e : &innocent);
	report_free(r);
	scene_end(&s);
}

static void test_rare_segments(void **state)
{
	struct expected e = join_finding("add_addr.removed");

	(void)state;
	e.segment = SEGMENT_ADD_ADDR;
	expect_swept(strip, true, e);
	expect_swept(NULL, true, innocent);
	/* the server of a scene does not echo */
	for (int drops = 0; drops < 2; drops++)
		expect_add_addr(drops ? drop_add_addr : NULL, drops);
	expect_swept(clear_urgent, false,
		     harmless("tcp.urgent_cleared", SEGMENT_DATA));
	expect_swept(NULL, false, innocent);
}

static void test_payload(void **state)
{
	struct expected e = join_finding("payload.modified");

	(void)state;
	e.segment = SEGMENT_DATA;
	expect(with_box(2, alter_payload), e);
	e.finding = "data.rewritten";
	expect(with_box(2, lengthen_payload), e);
}

/* ---- verdicts, in their order ---------------------------------------------
 */

static void test_unreachable(void **state)
{
	struct scene s = scene();

	(void)state;
	s.port_closed = true;
	expect(s, (struct expected){.status = STATUS_UNREACHABLE});
	s.port_closed = false;
	s.port_silent = true;
	expect(s, (struct expected){.status = STATUS_UNREACHABLE});
}

static enum act reset_syns(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) ? RESET : PASS;
}

/* By the port, or by who stands before it: the TTL of the RSTs tells. */
static void test_refused(void **state)
{
	static const char before[] = "refused by a device before it";

	(void)state;
	for (unsigned at = 0; at <= 4; at++) {
		struct scene s = with_box(at, at ? reset_syns : NULL);
		struct report *r;

		s.port_closed = at == 0;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->status == STATUS_UNREACHABLE);
		CHECK(r, !strstr(r->verdict, before) == (at == 0 || at == 4));
		report_free(r);
		scene_end(&s);
	}
}

static bool lose_the_last(struct scene *s, bool forward, const struct packet *p)
{
	return forward && p->transport == TRANSPORT_TCP &&
	       p->tcp.flags == TCP_FLAG_SYN && p->tcp.source_port > 40014 &&
	       s->frames;
}

static void test_baseline_fails(void **state)
{
	struct scene s = scene();

	(void)state;
	s.no_join = true;
	s.lost = lose_the_last;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

/* Quotes show what they show, whatever TCP does afterwards; what answers and
 * silence say may be due to that. */
static void test_baseline_and_quotes(void **state)
{
	struct scene s = with_box(3, strip);
	struct expected e = {.status = STATUS_BLOCKED,
			     .finding = "mp_capable.removed",
			     .effect = EFFECT_BLOCKS,
			     .segment = SEGMENT_SYN,
			     .after = 3,
			     .at = 4};

	(void)state;
	s.no_join = true;
	s.lost = lose_the_last;
	expect(s, e);
}

/* A clear path is proven only if what answers is as far away as the target. */
static void test_clear_is_proven_by_distance(void **state)
{
	(void)state;
	for (int swept = 0; swept < 2; swept++) {
		struct scene s = scene();
		struct report *r;

		s.no_sweep = !swept;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		CHECK(r, r->status == STATUS_CLEAR);
		CHECK(r,
		      (r->ladder[RUNG_DISTANCE].result == RUNG_PASS) == swept);
		CHECK(r, r->confidence == (swept ? CONFIDENCE_PROVEN
						 : CONFIDENCE_LIKELY));
		report_free(r);
		scene_end(&s);
	}
}

static void test_unsupported(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.version = -1;
	for (int i = 0; i < 3; i++) {
		struct scene run = s;

		run.udp_silent = i == 1;
		run.udp_hop = i == 2 ? 2 : 0;
		scene_begin(&run);
		run_probe(&run);
		r = judge_scene(&run);
		check_report(r,
			     &(struct expected){.status = STATUS_UNSUPPORTED});
		CHECK(r, r->confidence == CONFIDENCE_LIKELY);
		CHECK(r, strstr(r->verdict, "a device right before it"));
		report_free(r);
		scene_end(&run);
	}
	s.silent[4] = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
	s.silent[4] = false;
	s.no_version0 = true;
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

/* A capture that ends early: SYNs that had no time are not unanswered. */
static void test_interrupted(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.port_silent = true;
	scene_begin(&s);
	send_syn(&s, call(&s, PURPOSE_TCP, 0), 1, false); /* of a sweep */
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	s.now -= 249 * MS;
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_UNDETERMINED);
	report_free(r);
	scene_wait(&s, 1500 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_UNREACHABLE);
	report_free(r);
	scene_end(&s);
}

/* What the SYN/ACKs take. */
static int64_t delay_us;

static enum act delay(struct scene *s, struct wire *w)
{
	if (is_syn(w))
		scene_wait(s, delay_us);
	return PASS;
}

/* Whether plain TCP is said to have stopped: so many SYNs, and then so long no
 * answer, where the one before took so long. */
static bool has_stopped(unsigned syns, int64_t answer_us, int64_t wait_us)
{
	struct scene s = with_back(delay);
	struct caller *c;
	struct report *r;
	bool stopped;

	delay_us = answer_us;
	scene_begin(&s);
	knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	s.port_silent = true;
	c = call(&s, PURPOSE_TCP, 0);
	for (unsigned i = 0; i < syns; i++)
		send_syn(&s, c, 64, false);
	scene_wait(&s, wait_us);
	send_control(&s, 1);
	r = judge_scene(&s);
	stopped = strstr(r->verdict, "stopped working") != NULL;
	report_free(r);
	scene_end(&s);
	return stopped;
}

static void test_patience(void **state)
{
	(void)state;
	assert_false(has_stopped(3, 0, 199 * MS));
	assert_true(has_stopped(3, 0, 200 * MS));
	assert_false(has_stopped(3, 70 * MS, 199 * MS));
	assert_true(has_stopped(3, 70 * MS, 200 * MS));
	assert_false(has_stopped(3, 150 * MS, 299 * MS));
	assert_true(has_stopped(3, 150 * MS, 301 * MS));
	assert_false(has_stopped(3, 250 * MS, 499 * MS));
	assert_true(has_stopped(3, 250 * MS, 501 * MS));
	assert_false(has_stopped(3, 700 * MS, 999 * MS));
	assert_true(has_stopped(3, 700 * MS, 1000 * MS));
	assert_false(has_stopped(2, 0, 9000 * MS));
}

/* The verdict has these words if so many connections with MPTCP get no answer
 * to so many SYNs each; `working`: where it works on others. */
static void check_vain(bool working, unsigned flows, unsigned syns,
		       const char *words)
{
	struct scene s = scene();
	struct report *r;

	scene_begin(&s);
	if (working)
		run_probe(&s);
	else
		sweep(&s, PURPOSE_MP_CAPABLE, 1);
	s.port_silent = true;
	for (unsigned i = 0; i < flows; i++)
		for (struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);
		     c->segments < syns; c->segments++)
			send_syn(&s, c, 64, false);
	scene_wait(&s, 1500 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, strstr(r->verdict, words));
	report_free(r);
	scene_end(&s);
}

static void test_syns_in_vain(void **state)
{
	(void)state;
	check_vain(true, 1, 2, "nothing interferes.");
	check_vain(true, 1, 3, " One connection with MPTCP, however, was not");
	check_vain(true, 2, 3, " 2 connections with MPTCP, however, were not");
	check_vain(false, 1, 1, "no data was sent");
	check_vain(false, 1, 2, "some SYNs with MP_CAPABLE are answered");
}

/* ---- joins elsewhere ----------------------------------------------------- */

/* What becomes of a subflow that joins at another port, beside a plain
 * SYN. */
struct elsewhere {
	box_fn *box, *always; /* always: on the first connections, too */
	bool allowed; /* the server takes joins to its first address as well */
	bool own;     /* and there it goes */
	bool silent;
	bool copied; /* its third ACK and data go out with small TTLs */
};

static struct report *judge_elsewhere(const struct elsewhere *e)
{
	struct scene s = scene();
	const struct caller *parent = NULL;
	struct caller *c;
	struct report *r;

	s.deny_join = !e->allowed;
	s.no_join = true;
	s.second_at = 3;
	s.second = e->always;
	scene_begin(&s);
	run_probe(&s);
	for (size_t i = 0; i < s.caller_count && !parent; i++)
		if (flow_of(&s, &s.callers[i])->mptcp.has_data_ack)
			parent = &s.callers[i];
	assert_non_null(parent);
	s.box_at = 2;
	s.box = e->box;
	s.port_silent = e->silent;
	if (!e->own)
		s.to = 8080;
	knock(&s, PURPOSE_TCP, 0, false, NULL, 3);
	c = call(&s, PURPOSE_MP_JOIN, 1);
	c->parent = parent;
	c->token = flow_of(&s, parent)->mptcp.server_token;
	for (unsigned ttl = 1; ttl <= s.hops; ttl++)
		send_syn(&s, c, ttl, true);
	send_syn(&s, c, 64, false);
	for (unsigned ttl = 1; ttl <= s.hops && e->copied; ttl++) {
		send_third_ack(&s, c, ttl, true);
		send_half(&s, c, 1, false, ttl, true);
	}
	scene_wait(&s, 1500 * MS);
	s.to = 0;
	send_control(&s, 1);
	r = judge_scene(&s);
	scene_end(&s);
	return r;
}

static void check_elsewhere(struct elsewhere e, const char *id, bool named)
{
	struct report *r = judge_elsewhere(&e);
	const struct finding *f = NULL;

	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, id) == 0)
			f = &r->findings[i];
	CHECK(r,
	      f && named == (strstr(f->text, "only at 10.0.5.2 port 8080 "
					     "(flag C and ADD_ADDR)") != NULL));
	report_free(r);
}

static enum act strip_join_ack(struct scene *s, struct wire *w)
{
	return is_syn(w) ? PASS : strip_join(s, w);
}

/* Where the server takes joins only there, what befalls them is told with the
 * place, and nothing else is. */
static void test_joins_elsewhere(void **state)
{
	struct report *r;

	(void)state;
	check_elsewhere((struct elsewhere){.box = alter_hmac},
			"mp_join.modified", true);
	check_elsewhere((struct elsewhere){.box = alter_hmac, .allowed = true},
			"mp_join.modified", false);
	check_elsewhere((struct elsewhere){.box = alter_hmac, .own = true},
			"mp_join.modified", false);
	check_elsewhere(
		(struct elsewhere){.box = strip_join_ack, .copied = true},
		"mp_join.removed", true);
	check_elsewhere((struct elsewhere){.box = strip_data, .copied = true},
			"dss.removed", false);
	check_elsewhere((struct elsewhere){.always = set_window},
			"tcp.window_changed", false);
	r = judge_elsewhere(&(struct elsewhere){.silent = true});
	CHECK(r, strstr(r->verdict, "port 8080, by flag C, which does not "
				    "answer"));
	report_free(r);
	r = judge_elsewhere(&(struct elsewhere){.box = NULL});
	CHECK(r, !strstr(r->verdict, "does not answer"));
	report_free(r);
}

/* An address that was announced, and answers a plain SYN. */
static void test_announced_answers(void **state)
{
	struct scene s = scene();
	struct envelope to, back;
	struct tcp_segment syn = {.source_port = 50000,
				  .destination_port = PORT,
				  .sequence = 1000,
				  .flags = TCP_FLAG_SYN};
	struct tcp_segment reply = {.source_port = PORT,
				    .destination_port = 50000,
				    .sequence = 77,
				    .acknowledgment = 1001,
				    .flags = TCP_FLAG_SYN | TCP_FLAG_ACK};
	struct wire w;
	struct report *r;

	(void)state;
	s.announce = true;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, r->announcement_count == 1);
	CHECK(r, strstr(r->announcements[0].text, "(private: not tried)"));
	to = scene_envelope(&s, 0, 64);
	back = scene_envelope(&s, 5, 60);
	to.to = back.from = r->announcements[0].address;
	report_free(r);
	w = wire_tcp(&to, &syn);
	scene_see(&s, &w);
	w = wire_tcp(&back, &reply);
	scene_see(&s, &w);
	r = judge_scene(&s);
	CHECK(r, r->announcement_count == 1);
	CHECK(r, !strstr(r->announcements[0].text, "("));
	report_free(r);
	scene_end(&s);
}

/* Data of a joined subflow belongs to the hops that quote it. */
static void test_join_data_quoted(void **state)
{
	struct scene s = scene();
	struct caller *join = NULL;
	const struct report_hop *hop;
	struct report *r;
	bool quoted = false;

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	for (size_t i = 0; i < s.caller_count; i++)
		if (s.callers[i].purpose == PURPOSE_MP_JOIN)
			join = &s.callers[i];
	assert_non_null(join);
	send_half(&s, join, 1, false, 2, true);
	r = judge_scene(&s);
	hop = &r->path[1];
	for (size_t i = 0; i < hop->quote_count; i++)
		quoted |= hop->quotes[i].segment == SEGMENT_JOIN_DATA;
	CHECK(r, quoted);
	report_free(r);
	scene_end(&s);
}

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
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_v0),
		cmocka_unit_test(test_silent_and_short),
		cmocka_unit_test(test_forgers),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_outages),
		cmocka_unit_test(test_outage_without_company),
		cmocka_unit_test(test_ecmp),
		cmocka_unit_test(test_server_habits),
		cmocka_unit_test(test_mute_server),
		cmocka_unit_test(test_join_after_close),
		cmocka_unit_test(test_wrong_version),
		cmocka_unit_test(test_rungs_say_what_is_so),
		cmocka_unit_test(test_congestion_mark),
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
		cmocka_unit_test(test_dss_removed),
		cmocka_unit_test(test_dss_removed_unseen),
		cmocka_unit_test(test_dss_dropped),
		cmocka_unit_test(test_dss_removed_late),
		cmocka_unit_test(test_server_unmapped),
		cmocka_unit_test(test_dss_reset),
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_join_refused),
		cmocka_unit_test(test_terminated),
		cmocka_unit_test(test_syn_proxy),
		cmocka_unit_test(test_data_answered),
		cmocka_unit_test(test_terminated_untold),
		cmocka_unit_test(test_ways_of_two_lengths),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_rejected_on_the_way),
		cmocka_unit_test(test_ttl_rewritten),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_rare_segments),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_baseline_fails),
		cmocka_unit_test(test_baseline_and_quotes),
		cmocka_unit_test(test_clear_is_proven_by_distance),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_syns_in_vain),
		cmocka_unit_test(test_join_data_quoted),
		cmocka_unit_test(test_joins_elsewhere),
		cmocka_unit_test(test_announced_answers),
		cmocka_unit_test(test_ttl_of_zero),
		cmocka_unit_test(test_counter_syn),
		cmocka_unit_test(test_syn_came_in),
		cmocka_unit_test(test_uplinks),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
