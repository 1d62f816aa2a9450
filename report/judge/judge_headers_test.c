/* SPDX-License-Identifier: GPL-3.0-or-later
 * Headers and payload that change on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

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
	struct expected e = impairment("add_addr.dropped");
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
	struct expected e = impairment("add_addr.removed");

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
	struct expected e = impairment("payload.modified");

	(void)state;
	e.segment = SEGMENT_DATA;
	expect(with_box(2, alter_payload), e);
	e.finding = "data.rewritten";
	expect(with_box(2, lengthen_payload), e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_rare_segments),
		cmocka_unit_test(test_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
