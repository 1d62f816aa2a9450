/* SPDX-License-Identifier: GPL-3.0-or-later
 * Segments of full size: dropped for their option, or for their size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "report/evidence/loss.h"
#include "tests/expect.h"

#define FULL 1420    /* bytes of data: packets of 1500 bytes, 1520 over IPv6 */
#define SMALLER 1100 /* with all headers no more than 1280 */
#define LINK 1280

static unsigned tries = 5;
static int each = 2; /* connections with MPTCP, and without */

/* ---- the client ---------------------------------------------------------- */

/* Data behind the first half of the request, with a DSS or without. */
static void send_big(struct scene *s, struct caller *c, size_t length)
{
	static const uint8_t payload[FULL + 28];
	const struct flow *f = flow_of(s, c);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options,
				.payload = payload,
				.payload_length = length};
	struct mptcp_option o = {.subtype = MP_DSS};

	begin_client_segment(s, c, &w, &t, 64);
	t.sequence += HALF;
	o.dss.flags = DSS_ACK | DSS_ACK8 | DSS_MAPPING | DSS_DSN8;
	o.dss.data_ack = f->mptcp.server_idsn + 1;
	o.dss.dsn = f->mptcp.client_idsn + 1 + HALF;
	o.dss.ssn = 1 + HALF;
	o.dss.data_level_length = (uint16_t)length;
	if (c->purpose == PURPOSE_MP_CAPABLE)
		mptcp_encode(&w, &o);
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, 64, 0), 64);
}

static bool big_acked(const struct scene *s, const struct caller *c,
		      size_t length)
{
	return seq_diff(flow_of(s, c)->server_acked,
			c->isn + 1 + HALF + (uint32_t)length) >= 0;
}

/* One size after the other until one is acknowledged, as the live trial. */
static void run_big(struct scene *s, enum purpose purpose, const size_t *sizes,
		    size_t count)
{
	struct caller *c = knock(s, purpose, 1, false, NULL, 3);

	if (!flow_of(s, c)->syn_ack_seen)
		return;
	send_third_ack(s, c, 64, false);
	for (int i = 0; i < 5 && !half_acked(s, c, 0); i++)
		send_half(s, c, 0, false, 64, false);
	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; k < tries; k++) {
			send_big(s, c, sizes[i]);
			if (big_acked(s, c, sizes[i]))
				return;
			scene_wait(s, 250 * MS);
		}
}

static void run_sizes(struct scene *s)
{
	static const size_t mapped[] = {FULL, SMALLER, HALF};
	static const size_t plain[] = {FULL + 28, FULL, SMALLER};

	run_probe(s);
	for (int i = 0; i < each; i++)
		run_big(s, PURPOSE_MP_CAPABLE, mapped, 3);
	for (int i = 0; i < each; i++)
		run_big(s, PURPOSE_TCP, plain, 3);
	scene_wait(s, 1200 * MS);
	send_control(s, 1);
}

/* ---- devices ------------------------------------------------------------- */

static enum act hole(struct scene *s, struct wire *w)
{
	(void)s;
	return w->length > LINK ? DROP : PASS;
}

/* The packet with the option does not fit, the same data without it does. */
static enum act tight_hole(struct scene *s, struct wire *w)
{
	return w->length > (s->ip6 ? 1500 : 1480) ? DROP : PASS;
}

static enum act drop_big_dss(struct scene *s, struct wire *w)
{
	(void)s;
	return w->length > 1400 && wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL)
		       ? DROP
		       : PASS;
}

/* The smaller of ours as well, and none that is as small goes out without it.
 */
static enum act drop_smaller_dss(struct scene *s, struct wire *w)
{
	(void)s;
	return w->length > 1000 && wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL)
		       ? DROP
		       : PASS;
}

/* The router says what the link takes (RFC 1191, RFC 8201). */
static enum act told_hole(struct scene *s, struct wire *w)
{
	struct envelope e = scene_envelope(s, s->box_at, 64);
	struct wire icmp;
	uint8_t *at;

	if (w->length <= LINK)
		return PASS;
	icmp = wire_icmp(&e, TIME_EXCEEDED, w, 200);
	at = icmp.bytes + (s->ip6 ? 40 : 20);
	at[0] = s->ip6 ? 2 : 3;
	at[1] = s->ip6 ? 0 : 4;
	at[6] = LINK >> 8;
	at[7] = LINK & 0xff;
	scene_see(s, &icmp);
	return DROP;
}

/* The same, and a link for which all of full size is too large. */
static enum act drop_both(struct scene *s, struct wire *w)
{
	return w->length > 1490 ? DROP : drop_big_dss(s, w);
}

/* The first plain SYN of those that are sent for it. */
static bool lost_one;

static bool lose_a_plain_syn(struct scene *s, bool forward,
			     const struct packet *p)
{
	bool plain = forward && s->caller_count > 10 &&
		     p->transport == TRANSPORT_TCP &&
		     p->tcp.flags == TCP_FLAG_SYN &&
		     p->tcp.options_length == 20;

	if (!plain || lost_one)
		return false;
	return lost_one = true;
}

/* ---- what is said -------------------------------------------------------- */

static struct report *judge_sizes(struct scene *s, box_fn *box, bool ip6)
{
	*s = box ? with_box(2, box) : scene();
	s->ip6 = ip6;
	scene_begin(s);
	run_sizes(s);
	return judge_scene(s);
}

static void test_innocent(void **state)
{
	static box_fn *const boxes[] = {NULL, told_hole};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct scene s;
		struct report *r = judge_sizes(&s, boxes[i / 2], i & 1);

		check_report(r, &innocent);
		report_free(r);
		scene_end(&s);
	}
}

/* A link that takes less is no interference with MPTCP. */
static void test_too_big(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct scene s;
		bool tight = i / 2;
		struct report *r =
			judge_sizes(&s, tight ? tight_hole : hole, i & 1);

		check_report(r,
			     &(struct expected){.status = STATUS_CLEAR,
						.finding = "ip.too_big_dropped",
						.effect = EFFECT_HARMLESS,
						.direction = DIRECTION_UNKNOWN,
						.segment = SEGMENT_DATA,
						.after = NOWHERE,
						.at = NOWHERE});
		CHECK(r, !strstr(r->findings->text, "the same data without it "
						    "passes") == !tight);
		report_free(r);
		scene_end(&s);
	}
}

static void test_option_dropped(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s;
		struct report *r = judge_sizes(&s, drop_big_dss, i);

		check_report(r,
			     &(struct expected){.status = STATUS_IMPAIRED,
						.finding = "dss.dropped",
						.effect = EFFECT_IMPAIRS,
						.direction = DIRECTION_UNKNOWN,
						.segment = SEGMENT_DATA,
						.after = NOWHERE,
						.at = NOWHERE});
		report_free(r);
		scene_end(&s);
	}
}

static void test_smaller_dropped(void **state)
{
	struct scene s;
	struct report *r = judge_sizes(&s, drop_smaller_dss, false);

	(void)state;
	CHECK(r, r->status == STATUS_IMPAIRED);
	CHECK(r, strstr(r->verdict, "in packets of 1180 bytes; packets of 1500 "
				    "bytes without it pass"));
	report_free(r);
	scene_end(&s);
}

/* How often one id is said. */
static unsigned count_of(const struct report *r, const char *id)
{
	unsigned count = 0;

	for (size_t i = 0; i < r->finding_count; i++)
		count += strcmp(r->findings[i].kind->id, id) == 0;
	return count;
}

static unsigned count_too_big(struct scene *s)
{
	struct report *r;
	unsigned count;

	scene_begin(s);
	run_sizes(s);
	r = judge_scene(s);
	count = count_of(r, "ip.too_big_dropped");
	report_free(r);
	scene_end(s);
	return count;
}

/* Each number that it takes, and one less. */
static void test_enough(void **state)
{
	struct scene s = with_box(2, hole);

	(void)state;
	tries = FULL_SIZE_LOST_MIN;
	assert_int_equal(count_too_big(&s), 1);
	/* That may be chance on a path that loses plain SYNs as well. */
	s = with_box(2, hole);
	s.lost = lose_a_plain_syn;
	lost_one = false;
	assert_int_equal(count_too_big(&s), 0);
	assert_true(lost_one);
	tries--;
	each = 6; /* then all of them together are not enough, either */
	s = with_box(2, hole);
	assert_int_equal(count_too_big(&s), 0);
	tries = 5;
	each = 2;
}

/* One of them is what MPTCP meets first. */
static void test_both(void **state)
{
	static const size_t mapped[] = {FULL - 40, SMALLER};
	static const size_t plain[] = {FULL + 28, FULL};
	struct scene s = with_box(2, drop_both);
	struct report *r;

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	for (int i = 0; i < 2; i++)
		run_big(&s, PURPOSE_MP_CAPABLE, mapped, 2);
	for (int i = 0; i < 2; i++)
		run_big(&s, PURPOSE_TCP, plain, 2);
	scene_wait(&s, 1200 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, count_of(r, "dss.dropped") == 1);
	CHECK(r, count_of(r, "ip.too_big_dropped") == 0);
	report_free(r);
	scene_end(&s);
}

/* Data with MP_CAPABLE, of whatever size, is not without MPTCP. */
static void test_first_data(void **state)
{
	static const size_t mapped[] = {FULL - 40, SMALLER};
	struct scene s = with_box(2, drop_big_dss);
	struct caller *c;
	struct report *r;

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	for (int i = 0; i < 2; i++)
		run_big(&s, PURPOSE_MP_CAPABLE, mapped, 2);
	c = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 3);
	send_third_ack(&s, c, 64, false);
	send_data(&s, c, &(struct span){.length = FULL}, 64, false);
	scene_wait(&s, 1200 * MS);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, count_of(r, "dss.dropped") == 0);
	report_free(r);
	scene_end(&s);
}

/* Loss is not taken for it, however heavy. */
static void test_loss(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 300; seed++) {
		struct scene s = scene();
		struct report *r;

		s.random = seed;
		s.lost = scene_loses_some;
		s.lost_count = seed % 70;
		scene_begin(&s);
		run_sizes(&s);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 0);
		report_free(r);
		scene_end(&s);
	}
}

/* ---- on a joined subflow ------------------------------------------------- */

static void send_span(struct scene *s, struct caller *c, unsigned offset,
		      size_t length)
{
	send_data(s, c, &(struct span){.offset = offset, .length = length}, 64,
		  false);
	scene_wait(s, 250 * MS);
}

/* A short segment over it, then one of full size that often. */
static void join_big(struct scene *s)
{
	struct caller *c = knock(s, PURPOSE_MP_CAPABLE, 1, false, NULL, 3);
	struct caller *joined;

	send_third_ack(s, c, 64, false);
	send_span(s, c, 0, HALF);
	send_span(s, c, HALF, 10);
	joined = knock(s, PURPOSE_MP_JOIN, 1, false, c, 3);
	send_third_ack(s, joined, 64, false);
	send_span(s, joined, HALF + 10, 10);
	for (int i = 0; i < FULL_SIZE_LOST_MIN; i++)
		send_span(s, joined, HALF + 20, FULL - 20);
}

/* What a router has said is too large leaves the subflow in no doubt. */
static void test_told_over_joined(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool told = i / 2;
		struct scene s = with_box(2, told ? told_hole : hole);
		struct report *r;

		s.ip6 = i & 1;
		s.no_join = true;
		scene_begin(&s);
		run_probe(&s);
		join_big(&s);
		scene_wait(&s, 1200 * MS);
		send_control(&s, 1);
		r = judge_scene(&s);
		CHECK(r, r->finding_count == 0);
		CHECK(r,
		      r->status == (told ? STATUS_CLEAR : STATUS_UNDETERMINED));
		CHECK(r, r->ladder[RUNG_JOIN_DATA].result ==
				 (told ? RUNG_PASS : RUNG_FAIL));
		report_free(r);
		scene_end(&s);
	}
}

/* ---- on the way back ----------------------------------------------------- */

#define SMALL 536

static const struct kept *syn_of(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	const struct flow *f =
		observer_flow(s->o, &p.ip.destination, p.tcp.destination_port,
			      &p.ip.source, p.tcp.source_port, IPPROTO_TCP);

	return f && f->sent_count ? f->sent[0] : NULL;
}

static unsigned window; /* of one connection */

/* The server has much to say, in segments of full size, but into that window.
 */
static enum act hole_back(struct scene *s, struct wire *w)
{
	const struct kept *syn = has_data(w) ? syn_of(s, w) : NULL;

	return syn && syn->options.mss > SMALL &&
			       syn->packet.tcp.window != window
		       ? DROP
		       : PASS;
}

static enum act mptcp_hole_back(struct scene *s, struct wire *w)
{
	return wire_has(w, TCPOPT_MPTCP) ? hole_back(s, w) : PASS;
}

/* The same, but for the first of all connections with data. */
static enum act hole_back_later(struct scene *s, struct wire *w)
{
	const struct kept *syn = has_data(w) ? syn_of(s, w) : NULL;

	if (syn && !s->lost_count)
		s->lost_count = syn->frame;
	return syn && syn->frame != s->lost_count ? hole_back(s, w) : PASS;
}

/* A server that answers the last connection only. */
static enum act late_back(struct scene *s, struct wire *w)
{
	const struct kept *syn = has_data(w) ? syn_of(s, w) : NULL;

	return syn && syn != flow_of(s, &s->callers[s->caller_count - 1])
					       ->sent[0]
		       ? DROP
		       : PASS;
}

static void converse_small(struct scene *s, uint16_t mss)
{
	struct caller *c = call(s, PURPOSE_MP_CAPABLE, 1);

	c->mss = mss;
	send_syn(s, c, 64, false);
	send_third_ack(s, c, 64, false);
	send_request(s, c);
	scene_wait(s, 1200 * MS);
	send_control(s, 1);
}

static struct report *judge_back(struct scene *s, box_fn *back, uint16_t mss,
				 bool ip6)
{
	*s = with_back(back);
	s->ip6 = ip6;
	scene_begin(s);
	run_probe(s);
	s->window = window;
	converse_small(s, 1460);
	s->window = 0;
	converse_small(s, mss);
	return judge_scene(s);
}

/* With a small MSS, or in a window that takes no more. */
static void test_too_big_back(void **state)
{
	static const struct {
		uint16_t mss;
		const char *words;
	} cases[] = {{SMALL, "(an MSS of 536)"}, {1460, "(a window of 402 "}};

	(void)state;
	window = NARROW_BYTES * 3 / 4;
	for (int i = 0; i < 4; i++) {
		struct scene s;
		struct report *r =
			judge_back(&s, hole_back, cases[i / 2].mss, i % 2);

		check_report(
			r, &(struct expected){.status = STATUS_CLEAR,
					      .finding = "ip.too_big_dropped",
					      .effect = EFFECT_HARMLESS,
					      .direction = DIRECTION_RETURN,
					      .segment = SEGMENT_DATA,
					      .after = NOWHERE,
					      .at = NOWHERE,
					      .confidence = CONFIDENCE_LIKELY});
		CHECK(r, strstr(r->findings[0].text, cases[i / 2].words));
		report_free(r);
		scene_end(&s);
	}
}

/* What has nothing to do with the size says nothing of it. */
static void test_not_too_big_back(void **state)
{
	static const struct {
		box_fn *back;
		uint16_t mss;
		unsigned window;
	} cases[] = {{mptcp_hole_back, SMALL, 300}, /* plain answers come */
		     {hole_back_later, SMALL, 300}, /* a large one does */
		     {hole_back, SMALL, NARROW_BYTES * 3 / 2},
		     {late_back, 1460, 300}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s;
		struct report *r;

		window = cases[i].window;
		r = judge_back(&s, cases[i].back, cases[i].mss, false);

		for (size_t k = 0; k < r->finding_count; k++)
			CHECK(r, strcmp(r->findings[k].kind->id,
					"ip.too_big_dropped") != 0);
		report_free(r);
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_innocent),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_option_dropped),
		cmocka_unit_test(test_smaller_dropped),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_first_data),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_told_over_joined),
		cmocka_unit_test(test_too_big_back),
		cmocka_unit_test(test_not_too_big_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
