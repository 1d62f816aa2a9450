/* SPDX-License-Identifier: GPL-3.0-or-later
 * What devices inject when data passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/segment.h"
#include "tests/expect.h"

static bool is_copy(struct wire *w)
{
	return has_data(w) && wire_parse(w).ip.traffic_class;
}

/* ---- resets towards the server ------------------------------------------- */

/* A RST made of the segment: its addresses, IP ID and sequence number. */
static void make_reset(struct wire *w)
{
	uint8_t *tcp = wire_tcp_header(w);

	tcp[12] = 5 << 4;
	tcp[13] = TCP_FLAG_RST | TCP_FLAG_ACK;
	tcp[14] = tcp[15] = 0;
	w->length = (size_t)(tcp + 20 - w->bytes);
	fix_length(w);
}

/* Of copies, which end on the way. */
static enum act reset_forward(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_copy(w))
		make_reset(w);
	return PASS;
}

/* A quote of a RST that has no number of ours. */
static enum act reset_of_others(struct scene *s, struct wire *w)
{
	if (reset_forward(s, w) == PASS && flags_of(w) & TCP_FLAG_RST)
		wire_tcp_header(w)[5] ^= 0x77;
	return PASS;
}

static void test_reset_forward(void **state)
{
	static const struct expected e = {
		STATUS_IMPAIRED,
		"tcp.reset_injected",
		EFFECT_IMPAIRS,
		DIRECTION_FORWARD,
		SEGMENT_DATA,
		2,
		3,
		CONFIDENCE_PROVEN,
		NULL,
	};

	(void)state;
	expect(with_box(2, reset_forward), e);
}

static void test_reset_of_others(void **state)
{
	struct scene s = scene();

	(void)state;
	s.forger_at = 3;
	s.forger = reset_of_others;
	expect(s, innocent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_forward),
		cmocka_unit_test(test_reset_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
