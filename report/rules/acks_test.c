/* SPDX-License-Identifier: GPL-3.0-or-later
 * ACKs without data that lack the DSS of the server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/segment.h"
#include "tests/expect.h"

static bool is_ack(struct wire *w)
{
	return flags_of(w) == TCP_FLAG_ACK && !has_data(w);
}

static enum act strip_acks(struct scene *s, struct wire *w)
{
	return is_ack(w) ? strip(s, w) : PASS;
}

static enum act cut_acks(struct scene *s, struct wire *w)
{
	return is_ack(w) ? strip_cut(s, w) : PASS;
}

static unsigned acks;

/* One ACK has it: the server leaves it out of others. */
static enum act cut_but_one(struct scene *s, struct wire *w)
{
	return is_ack(w) && acks++ != 3 ? strip_cut(s, w) : PASS;
}

/* A server that falls back: nothing that it sends has a DSS. */
static enum act cut_all(struct scene *s, struct wire *w)
{
	return is_syn(w) ? PASS : strip_cut(s, w);
}

static const struct expected removed = {
	STATUS_IMPAIRED,  "dss.removed",     EFFECT_IMPAIRS,
	DIRECTION_RETURN, SEGMENT_ACK,	     NOWHERE,
	NOWHERE,	  CONFIDENCE_PROVEN, NULL,
};

static void test_padded(void **state)
{
	struct expected e = removed;

	(void)state;
	e.how = "nop";
	expect(with_back(strip_acks), e);
}

/* What is cut out leaves no trace: two connections must show it. */
static void test_cut(void **state)
{
	struct expected e = removed;

	(void)state;
	e.confidence = CONFIDENCE_LIKELY;
	expect(with_back(cut_acks), e);
}

/* Whether the finding is of ACKs; `back` is what the path does. */
static bool finds_acks(box_fn *back)
{
	struct scene s = with_back(back);
	struct report *r;
	bool found = false;

	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		found |= r->findings[i].segment == SEGMENT_ACK;
	report_free(r);
	scene_end(&s);
	return found;
}

static void test_others(void **state)
{
	(void)state;
	acks = 0;
	assert_false(finds_acks(cut_but_one));
	assert_false(finds_acks(cut_all));
	assert_false(finds_acks(NULL));
	assert_true(finds_acks(cut_acks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padded),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
