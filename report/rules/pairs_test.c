/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets that are seen in two places, by hand: what is said of a change, and
 * which packets are one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

#define FARTHER 61 /* TTL there */

static const char *const files[] = {"a.pcap", "b.pcap"};

static struct wire wire_sent(const struct kept *k)
{
	struct wire w = {.length = k->packet.available};

	memcpy(w.bytes, k->packet.bytes, w.length);
	return w;
}

/* A connection as it was seen at its client, and its SYN, some hops on. */
static struct caller *connect_twice(struct scene *s, box_fn *on_syn)
{
	struct caller *c;
	struct wire w;

	c = knock(s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	send_third_ack(s, c, 64, false);
	w = wire_sent(flow_of(s, c)->sent[0]);
	if (on_syn)
		on_syn(s, &w);
	set_ttl(&w, FARTHER);
	s->o->file = 1;
	scene_see(s, &w);
	s->o->file = 0;
	return c;
}

static struct caller *begin(struct scene *s, box_fn *on_syn)
{
	*s = scene();
	scene_begin(s);
	s->o->files = files;
	return connect_twice(s, on_syn);
}

/* The last packet that was sent, as it is seen there. */
static struct wire last_sent(const struct scene *s, const struct caller *c)
{
	const struct flow *f = flow_of(s, c);
	struct wire w = wire_sent(f->sent[f->sent_count - 1]);

	set_ttl(&w, FARTHER);
	return w;
}

static void see_there(struct scene *s, const struct wire *w)
{
	s->o->file = 1;
	scene_see(s, w);
}

static void expect_text(struct scene *s, const char *text)
{
	struct report *r = judge_scene(s);

	CHECK(r, r->finding_count == 1);
	assert_string_equal(r->findings[0].text, text);
	report_free(r);
	scene_end(s);
}

static void test_words(void **state)
{
	static const struct {
		box_fn *box;
		const char *text;
	} cases[] = {
		{strip, "MP_CAPABLE is removed from the SYN (overwritten with "
			"NOPs) between a.pcap and b.pcap: 1 packet shows it."},
		{strip_eol, "MP_CAPABLE is removed from the SYN (overwritten "
			    "with EOL) between a.pcap and b.pcap: 1 packet "
			    "shows it."},
		{strip_cut, "MP_CAPABLE is removed from the SYN (cut out) "
			    "between a.pcap and b.pcap: 1 packet shows it."},
		{alter_version, "MP_CAPABLE is modified in the SYN between "
				"a.pcap and b.pcap: 1 packet shows it."},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&s, cases[i].box);
		expect_text(&s, cases[i].text);
	}
}

static enum act add_unknown(struct scene *s, struct wire *w)
{
	static const uint8_t option[4] = {28, 4, 0, 9};

	(void)s;
	option_append(w, option, sizeof(option));
	return PASS;
}

static enum act clear_id(struct scene *s, struct wire *w)
{
	(void)s;
	set_id(w, 0);
	return PASS;
}

/* What is not MPTCP's is harmless, and the rest of the packet is as it was. */
static void test_fields(void **state)
{
	static const struct {
		box_fn *box;
		const char *id, *text;
	} cases[] = {
		{clamp_mss, "tcp.mss_changed", "The MSS option of the SYN"},
		{strip_wscale, "tcp.option_removed",
		 "A TCP option (tcp.option.wscale) is removed from the SYN "},
		{alter_wscale, "tcp.option_modified",
		 "A TCP option of the SYN is changed from 0303"},
		{add_unknown, "tcp.option_added", "A TCP option ("},
		{set_window, "tcp.window_changed", "The window of the SYN"},
		{clear_id, "ip.id_rewritten", "The IP ID of the SYN"},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct report *r;

		begin(&s, cases[i].box);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 1);
		assert_string_equal(r->findings[0].kind->id, cases[i].id);
		CHECK(r, r->findings[0].effect == EFFECT_HARMLESS);
		CHECK(r, strstr(r->findings[0].text, cases[i].text) ==
				 r->findings[0].text);
		CHECK(r, strstr(r->findings[0].text,
				" between a.pcap and b.pcap: 1 packet shows "
				"it."));
		report_free(r);
		scene_end(&s);
	}
}

static const char *text_of(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, id) == 0)
			return r->findings[i].text;
	return "";
}

/* Marks that the SYN has before it comes here, and not here. */
static void test_cleared(void **state)
{
	static const char *const ids[] = {
		"tcp.ecn_cleared", "tcp.urgent_cleared", "ip.dscp_rewritten",
		"ip.ecn_cleared"};
	struct scene s = scene();
	struct report *r;
	struct caller *c;
	struct wire w;

	(void)state;
	scene_begin(&s);
	s.o->files = files;
	c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	w = wire_sent(flow_of(&s, c)->sent[0]);
	set_traffic_class(&w, 0x2a);
	wire_tcp_header(&w)[13] |= TCP_FLAG_ECE | TCP_FLAG_CWR | TCP_FLAG_URG;
	wire_tcp_header(&w)[19] = 1;
	set_ttl(&w, 67);
	see_there(&s, &w);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == sizeof(ids) / sizeof(*ids));
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		CHECK(r, strstr(text_of(r, ids[i]),
				" between b.pcap and a.pcap: 1 packet shows"));
	report_free(r);
	scene_end(&s);
}

/* What the server sends comes from there. */
static void test_field_back(void **state)
{
	struct scene s;
	struct caller *c = begin(&s, NULL);
	struct wire w = wire_sent(flow_of(&s, c)->received[0]);
	struct report *r;

	(void)state;
	clamp_mss(&s, &w);
	set_ttl(&w, FARTHER + 1);
	see_there(&s, &w);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1);
	CHECK(r, r->findings[0].direction == DIRECTION_RETURN);
	assert_string_equal(text_of(r, "tcp.mss_changed"),
			    "The MSS option of the SYN/ACK is changed from "
			    "020404b4 to 020405b4 between b.pcap and a.pcap: 1 "
			    "packet shows it.");
	report_free(r);
	scene_end(&s);
}

/* Of what may go with any segment, the segment is not told. */
static void test_no_segment(void **state)
{
	struct scene s;
	struct caller *c = begin(&s, NULL);
	struct wire w;

	(void)state;
	send_half(&s, c, 0, false, 64, false);
	w = last_sent(&s, c);
	alter_payload(&s, &w);
	see_there(&s, &w);
	expect_text(&s, "The payload is modified between a.pcap and b.pcap: 1 "
			"packet shows it.");
	c = begin(&s, NULL);
	send_half(&s, c, 0, false, 64, false);
	send_rare(&s, c, true, 64);
	w = last_sent(&s, c);
	strip(&s, &w);
	see_there(&s, &w);
	expect_text(&s, "ADD_ADDR is removed (overwritten with NOPs) between "
			"a.pcap and b.pcap: 1 packet shows it.");
}

/* How many packets were seen twice, when the last one is seen there so. */
static size_t pairs_with(void (*change)(struct scene *s, struct wire *w))
{
	struct scene s;
	struct caller *c = begin(&s, NULL);
	struct report *r;
	unsigned pairs = 0;
	struct wire w;

	send_half(&s, c, 0, false, 64, false);
	w = last_sent(&s, c);
	change(&s, &w);
	see_there(&s, &w);
	r = judge_scene(&s);
	if (r->seen_twice)
		sscanf(r->seen_twice, "%u", &pairs);
	report_free(r);
	scene_end(&s);
	return pairs;
}

static void leave(struct scene *s, struct wire *w)
{
	(void)s;
	(void)w;
}

/* Sent again, at the same time. */
static void take_another_id(struct scene *s, struct wire *w)
{
	(void)s;
	w->bytes[5] ^= 1;
	set_ttl(w, FARTHER);
}

static void take_its_ttl(struct scene *s, struct wire *w)
{
	(void)s;
	set_ttl(w, 64);
}

/* On one link, where nothing tells which of the places is nearer. */
static void change_with_its_ttl(struct scene *s, struct wire *w)
{
	alter_payload(s, w);
	set_ttl(w, 64);
}

static void come_twice(struct scene *s, struct wire *w)
{
	see_there(s, w);
}

static void test_same(void **state)
{
	(void)state;
	assert_int_equal(pairs_with(leave), 2);
	assert_int_equal(pairs_with(take_another_id), 1);
	assert_int_equal(pairs_with(take_its_ttl), 2);
	assert_int_equal(pairs_with(change_with_its_ttl), 1);
	assert_int_equal(pairs_with(come_twice), 1);
}

/* ---- on one link ----------------------------------------------------------
 */

/* A packet there, at this time. */
static void see_at(struct scene *s, const struct wire *w, int64_t time_us)
{
	s->o->file = 1;
	observer_frame(s->o, LINK_RAW, ++s->frames, time_us, w->bytes,
		       w->length, w->length);
	s->o->file = 0;
}

/* The first data loses its option on a link at whose other end the SYN/ACK
 * comes so much later behind the SYN. */
static struct report *strip_on_link(bool forward, int64_t later_us)
{
	struct scene s = scene();
	const struct flow *f;
	struct caller *c;
	struct report *r;
	struct wire w;

	scene_begin(&s);
	s.o->files = files;
	c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
	f = flow_of(&s, c);
	w = wire_sent(f->sent[0]);
	see_at(&s, &w, f->sent[0]->time_us + 1000);
	w = wire_sent(f->received[0]);
	see_at(&s, &w, f->received[0]->time_us + 1000 + later_us);
	send_third_ack(&s, c, 64, false);
	send_half(&s, c, 0, false, 64, false);
	send_half(&s, c, 1, false, 64, false);
	w = wire_sent(forward ? f->sent[f->sent_count - 1]
			      : f->received[f->received_count - 1]);
	strip(&s, &w);
	see_at(&s, &w, s.now + 1000);
	r = judge_scene(&s);
	scene_end(&s);
	return r;
}

/* The server is where its answer comes sooner; what lacks the option there is
 * on its way there, or comes from there. */
static void test_one_link(void **state)
{
	static const struct {
		int64_t later_us;
		bool there, back; /* it is removed so */
	} cases[] = {{-50, true, false}, {-5, true, false}, {-4, false, false},
		     {0, false, false},	 {4, false, false}, {5, false, true},
		     {50, false, true}};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		bool forward = i % 2;
		bool found = forward ? cases[i / 2].there : cases[i / 2].back;
		struct report *r =
			strip_on_link(forward, cases[i / 2].later_us);

		CHECK(r, (r->finding_count == 1) == found);
		CHECK(r, !found || r->findings->direction ==
					   (forward ? DIRECTION_FORWARD
						    : DIRECTION_RETURN));
		report_free(r);
	}
}

/* What the server sent last was seen there before. */
static void see_answer_there(struct scene *s, const struct caller *c)
{
	const struct flow *f = flow_of(s, c);
	struct wire w = wire_sent(f->received[f->received_count - 1]);

	set_ttl(&w, FARTHER + 1);
	see_there(s, &w);
	s->o->file = 0;
}

/* ---- which packets are one ------------------------------------------------
 */

static unsigned count_pairs(struct scene *s)
{
	struct report *r = judge_scene(s);
	unsigned count = 0;

	if (r->seen_twice)
		sscanf(r->seen_twice, "%u", &count);
	report_free(r);
	scene_end(s);
	return count;
}

/* A SYN/ACK there that did not come here has numbers of its own. */
static void test_two_syn_acks(void **state)
{
	struct scene s;
	struct caller *c = begin(&s, NULL);
	struct wire w = wire_sent(flow_of(&s, c)->received[0]);

	(void)state;
	w.bytes[24] ^= 1; /* the sequence number */
	set_id(&w, 77);
	set_ttl(&w, 64);
	see_there(&s, &w);
	see_answer_there(&s, c);
	assert_int_equal(count_pairs(&s), 2);
}

/* Nor does a packet tell which it is that comes twice here. */
static void test_twice_here(void **state)
{
	struct scene s;
	struct caller *c = begin(&s, NULL);
	struct wire w;

	(void)state;
	send_half(&s, c, 0, false, 64, false);
	w = wire_sent(flow_of(&s, c)->sent[flow_of(&s, c)->sent_count - 1]);
	scene_wait(&s, 2 * MS);
	scene_see(&s, &w);
	set_ttl(&w, FARTHER);
	see_there(&s, &w);
	assert_int_equal(count_pairs(&s), 1);
}

/* A SYN without ID and timestamp is one, and no packet of which that is known;
 * its answer is. */
static void test_syn_without_numbers(void **state)
{
	struct scene s = scene();
	struct caller *c;
	struct wire w;

	(void)state;
	scene_begin(&s);
	s.o->files = files;
	c = call(&s, PURPOSE_TCP, 0);
	w = syn_wire(&s, c, 64, 0);
	option_fill(&w, TCPOPT_KIND_TIMESTAMPS, TCPOPT_KIND_NOP);
	set_id(&w, 0);
	fix_tcp_checksum(&w);
	scene_see(&s, &w);
	server_receive(&s, &w);
	set_ttl(&w, FARTHER);
	see_there(&s, &w);
	see_answer_there(&s, c);
	assert_int_equal(count_pairs(&s), 1);
}

/* ---- what did not come ----------------------------------------------------
 */

/* So many bytes, each for itself; one of them does not come there. */
static void send_bytes(struct scene *s, struct caller *c, unsigned count,
		       unsigned lost)
{
	for (unsigned i = 0; i < count; i++) {
		struct span d = {.offset = i, .length = 1};
		struct wire w;

		send_data(s, c, &d, 64, false);
		w = last_sent(s, c);
		if (i != lost)
			see_there(s, &w);
		s->o->file = 0;
	}
}

static int missed(struct scene *s)
{
	static const char before[] = "unchanged. ";
	struct report *r = judge_scene(s);
	const char *text = r->seen_twice ? strstr(r->seen_twice, before) : NULL;
	int count = text ? atoi(text + strlen(before)) : 0;

	CHECK(r, r->seen_twice);
	report_free(r);
	scene_end(s);
	return count;
}

/* The third ACK did not come there, either. */
static void test_missed(void **state)
{
	struct scene s;
	struct caller *c = begin(&s, NULL);

	(void)state;
	send_bytes(&s, c, 40, 20);
	assert_int_equal(missed(&s), 2);
	/* Not all are kept that come there. */
	c = begin(&s, NULL);
	send_bytes(&s, c, DOUBLES_MAX + 10, 20);
	see_answer_there(&s, c);
	assert_int_equal(missed(&s), 0);
	/* Nothing came there behind it but of another connection. */
	c = begin(&s, NULL);
	send_bytes(&s, connect_twice(&s, NULL), 1, 0);
	send_bytes(&s, c, 1, 1);
	assert_int_equal(missed(&s), 1);
}

/* Followed where the option is gone: what comes from before there had it. */
static void test_tried(void **state)
{
	static const uint8_t capable[] = {TCPOPT_MPTCP, 4, 0x01, 0x01};
	struct scene s = scene();
	struct caller *c;
	struct report *r;
	struct wire w;

	(void)state;
	scene_begin(&s);
	s.o->files = files;
	c = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	w = wire_sent(flow_of(&s, c)->sent[0]);
	option_append(&w, capable, sizeof(capable));
	set_ttl(&w, 67);
	see_there(&s, &w);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1);
	CHECK(r, !strstr(r->verdict, "no connection with MPTCP was tried"));
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cleared),
		cmocka_unit_test(test_field_back),
		cmocka_unit_test(test_no_segment),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_tried),
		cmocka_unit_test(test_one_link),
		cmocka_unit_test(test_two_syn_acks),
		cmocka_unit_test(test_twice_here),
		cmocka_unit_test(test_syn_without_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
