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

/* The first of each connection. */
static bool was_stripped[UINT16_MAX + 1];

static enum act strip_first(struct scene *s, struct wire *w)
{
	bool *was = &was_stripped[wire_parse(w).tcp.destination_port];

	if (!is_ack(w) || *was)
		return PASS;
	*was = true;
	return strip(s, w);
}

/* A server that falls back: nothing that it sends has a DSS. */
static enum act cut_all(struct scene *s, struct wire *w)
{
	return is_syn(w) ? PASS : strip_cut(s, w);
}

/* Whose first data ports are acknowledged in place of the server. */
static unsigned spared;

static enum act acknowledge(struct scene *s, struct wire *w)
{
	const struct packet p = wire_parse(w);
	struct tcp_segment ack;

	if (!has_data(w) || !wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL) ||
	    (spared && !--spared))
		return PASS;
	ack = answer_to(&p, TCP_FLAG_ACK, p.tcp.acknowledgment);
	scene_reply(s, s->hops + 1, &ack);
	return PASS;
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

/* How many findings are of ACKs. */
static unsigned finds_acks(struct scene s)
{
	struct report *r;
	unsigned found = 0;

	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		found += r->findings[i].segment == SEGMENT_ACK;
	report_free(r);
	scene_end(&s);
	return found;
}

static void test_others(void **state)
{
	(void)state;
	acks = 0;
	assert_int_equal(0, finds_acks(with_back(cut_but_one)));
	assert_int_equal(0, finds_acks(with_back(cut_all)));
	assert_int_equal(0, finds_acks(with_back(NULL)));
	assert_int_equal(1, finds_acks(with_back(cut_acks)));
}

/* On all connections that tell, of which there are two. */
static void test_first(void **state)
{
	struct scene s = with_box(2, acknowledge);
	struct expected e = removed;

	(void)state;
	e.confidence = CONFIDENCE_LIKELY;
	expect(s, e);
	spared = 1;
	assert_int_equal(finds_acks(s), 0);
	assert_int_equal(finds_acks(with_back(strip_first)),
			 1); /* by its NOPs */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padded),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
