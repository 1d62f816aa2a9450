/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with MP_CAPABLE that are dropped, and what comes first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/expect.h"

static enum act break_capable(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) && has_capable(w) ? CORRUPT : PASS;
}

/* As a translator leaves quotes whose addresses it has repaired. */
static enum act forge_checksum(struct scene *s, struct wire *w)
{
	(void)s;
	if (wire_parse(w).transport == TRANSPORT_TCP)
		wire_tcp_header(w)[16] ^= 0x3a;
	return PASS;
}

static const struct expected dropped = {
	STATUS_BLOCKED,
	"mp_capable.dropped",
	EFFECT_BLOCKS,
	DIRECTION_FORWARD,
	SEGMENT_SYN,
	2,
	3,
	CONFIDENCE_PROVEN,
	NULL,
};

/* The server drops them: the place is that of the cause. */
static void test_wrong_checksum(void **state)
{
	(void)state;
	expect(with_box(2, break_capable), dropped);
}

/* Quotes that show the checksum of plain SYNs changed as well say nothing. */
static void test_translated_quotes(void **state)
{
	struct scene s = with_box(3, drop_capable);
	struct expected e = dropped;

	(void)state;
	s.forger_at = 2;
	s.forger = forge_checksum;
	e.after = 3;
	e.at = 4;
	expect(s, e);
}

static void test_innocent(void **state)
{
	(void)state;
	expect(scene(), innocent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_checksum),
		cmocka_unit_test(test_translated_quotes),
		cmocka_unit_test(test_innocent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
