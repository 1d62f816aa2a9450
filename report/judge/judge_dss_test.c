/* SPDX-License-Identifier: GPL-3.0-or-later
 * What befalls DSS: where it is found and placed, and the innocent paths
 * nearest to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

static void test_dss_removed(void **state)
{
	struct expected e = removal("nop", 2);
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
	struct expected e = removal(NULL, NOWHERE);

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dss_removed),
		cmocka_unit_test(test_dss_removed_unseen),
		cmocka_unit_test(test_dss_dropped),
		cmocka_unit_test(test_dss_removed_late),
		cmocka_unit_test(test_server_unmapped),
		cmocka_unit_test(test_dss_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
