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

/* All of version 0, and of version 1 the first SYN of each port. */
static enum act drop_first(struct scene *s, struct wire *w)
{
	static uint16_t port;
	const uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);
	uint16_t from = wire_parse(w).tcp.source_port;

	(void)s;
	if (!o || !is_syn(w) || ((o[2] & 0x0f) && from == port))
		return PASS;
	if (o[2] & 0x0f)
		port = from;
	return DROP;
}

#define CONNECTIONS 12

/* So many of version 1 are answered to their second SYN, and as many of version
 * 0 send so many SYNs. */
static void check_first_dropped(unsigned tries, const char *words)
{
	struct scene s = with_box(2, drop_first);
	struct report *r;

	scene_begin(&s);
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		converse(&s, PURPOSE_MP_CAPABLE, 1, false);
		converse(&s, PURPOSE_TCP, 0, false);
		knock(&s, PURPOSE_MP_CAPABLE, 0, false, NULL, tries);
	}
	scene_wait(&s, 1200 * MS);
	converse(&s, PURPOSE_TCP, 0, false);
	send_control(&s, 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1);
	CHECK(r, strstr(r->findings[0].text, words));
	report_free(r);
	scene_end(&s);
}

/* Where a device drops the first SYN of each port, version 0 may have the same
 * fate: that is not known of SYNs that were sent once. */
static void test_first_dropped(void **state)
{
	(void)state;
	check_first_dropped(1, "the first one of 12 of 12");
	check_first_dropped(2,
			    "SYNs with MP_CAPABLE are dropped at an unknown");
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
		cmocka_unit_test(test_first_dropped),
		cmocka_unit_test(test_innocent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
