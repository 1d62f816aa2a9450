/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whether a device acts on MPTCP or on whatever it does not know, and on
 * which form of MP_CAPABLE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"

static bool is_forward_syn(struct wire *w)
{
	return (flags_of(w) & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
}

static bool has_unknown(struct wire *w)
{
	return wire_has(w, TCPOPT_KIND_EXPERIMENT);
}

static bool has_form(struct wire *w, unsigned version)
{
	const uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);

	return o && is_forward_syn(w) && o[1] == (version == 1 ? 4 : 12);
}

/* ---- devices ------------------------------------------------------------- */

static enum act drop_unknown(struct scene *s, struct wire *w)
{
	return has_unknown(w) ? DROP : drop_capable(s, w);
}

static enum act reset_unknown(struct scene *s, struct wire *w)
{
	return has_unknown(w) ? RESET : reset_capable(s, w);
}

static enum act strip_unknown(struct scene *s, struct wire *w)
{
	option_fill(w, TCPOPT_KIND_EXPERIMENT, TCPOPT_KIND_NOP);
	return strip(s, w);
}

static enum act drop_v1(struct scene *s, struct wire *w)
{
	(void)s;
	return has_form(w, 1) ? DROP : PASS;
}

static enum act drop_v0(struct scene *s, struct wire *w)
{
	(void)s;
	return has_form(w, 0) ? DROP : PASS;
}

static enum act reset_v1(struct scene *s, struct wire *w)
{
	(void)s;
	return has_form(w, 1) ? RESET : PASS;
}

static enum act strip_v1(struct scene *s, struct wire *w)
{
	return has_form(w, 1) ? strip(s, w) : PASS;
}

/* One unknown option in two gets lost: nothing can be said of it. */
static enum act drop_some_unknown(struct scene *s, struct wire *w)
{
	if (has_unknown(w) && !has_capable(w))
		return s->next_port % 8 < 5 ? DROP : PASS;
	return drop_capable(s, w);
}

/* ---- what is said -------------------------------------------------------- */

#define SAME_V0(is) "The MPTCP v0 form (12 bytes) is " is " as well."
#define SAME_V1(is) "The MPTCP v1 form (4 bytes) is " is " as well."
#define ONLY_V1(is)                                                            \
	"Only the MPTCP v1 form (4 bytes) is " is "; the v0 form (12 bytes) "  \
	"passes."
#define ONLY_V0(is)                                                            \
	"Only the MPTCP v0 form (12 bytes) is " is "; the v1 form (4 bytes) "  \
	"passes."
#define MPTCP_ALONE                                                            \
	"An experimental option (kind 253) passes: the device acts on MPTCP."
#define UNKNOWN_AS_WELL(is)                                                    \
	"An experimental option (kind 253) is " is " as well: the device "     \
	"acts on any option that it does not know."

static void check_words(const struct report *r, const char *id,
			const char *form, const char *unknown)
{
	const struct finding *f = r->findings;

	CHECK(r, r->finding_count == 1 && strcmp(f->kind->id, id) == 0);
	CHECK(r, form || !strstr(f->text, "form"));
	CHECK(r, !form || strstr(f->text, form));
	CHECK(r, unknown || !strstr(f->text, "kind 253"));
	CHECK(r, !unknown || strstr(f->text, unknown));
}

/* `version`: that is probed, as with --mptcp; -1: both. */
static void say(box_fn *box, int version, const char *id, const char *form,
		const char *unknown)
{
	for (int i = 0; i < 4; i++) {
		struct scene s = with_box(2, box);
		struct report *r;

		s.ip6 = i & 1;
		s.version = i & 2 ? -1 : version >= 0 ? version : -1;
		s.only_version = version;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		check_words(r, id, form, unknown);
		report_free(r);
		scene_end(&s);
	}
}

static void test_dropped(void **state)
{
	static const char id[] = "mp_capable.dropped";

	(void)state;
	say(drop_capable, 1, id, SAME_V0("dropped"), MPTCP_ALONE);
	say(drop_capable, 0, id, SAME_V1("dropped"), MPTCP_ALONE);
	say(drop_unknown, 1, id, SAME_V0("dropped"),
	    UNKNOWN_AS_WELL("dropped"));
	say(drop_unknown, 0, id, SAME_V1("dropped"),
	    UNKNOWN_AS_WELL("dropped"));
	say(drop_v1, 1, id, ONLY_V1("dropped"), MPTCP_ALONE);
	say(drop_v0, 0, id, ONLY_V0("dropped"), MPTCP_ALONE);
	say(drop_some_unknown, 1, id, SAME_V0("dropped"), NULL);
}

static void test_reset(void **state)
{
	static const char id[] = "mp_capable.reset";

	(void)state;
	say(reset_capable, 1, id, SAME_V0("reset"), MPTCP_ALONE);
	say(reset_capable, 0, id, SAME_V1("reset"), MPTCP_ALONE);
	say(reset_unknown, 1, id, SAME_V0("reset"), UNKNOWN_AS_WELL("reset"));
	say(reset_unknown, 0, id, SAME_V1("reset"), UNKNOWN_AS_WELL("reset"));
	say(reset_v1, 1, id, ONLY_V1("reset"), MPTCP_ALONE);
}

static void test_removed(void **state)
{
	static const char id[] = "mp_capable.removed";

	(void)state;
	say(strip, -1, id, SAME_V0("removed"), MPTCP_ALONE);
	say(strip, 1, id, NULL, MPTCP_ALONE);
	say(strip_unknown, -1, id, SAME_V0("removed"),
	    UNKNOWN_AS_WELL("removed"));
	say(strip_unknown, 0, id, NULL, UNKNOWN_AS_WELL("removed"));
	say(strip_v1, -1, id, ONLY_V1("removed"), MPTCP_ALONE);
}

/* Quotes too short for the unknown option say nothing of it. */
static void test_removed_short(void **state)
{
	struct scene s = with_box(2, strip);
	struct report *r;

	(void)state;
	/* MSS, SACK-permitted, timestamps, window scale, then option 253. */
	s.quotes[3] = s.quotes[4] = 20 + 20 + 20;
	s.only_version = 1;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		CHECK(r, !strstr(r->findings[i].text, "kind 253"));
	report_free(r);
	scene_end(&s);
}

/* What a server of version 0 behind it still takes is no block. */
static void test_other_form_works(void **state)
{
	struct scene s = with_box(2, drop_v1);
	struct report *r;

	(void)state;
	s.version = 0;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_IMPAIRED && r->mptcp_version == 0);
	CHECK(r, r->findings->effect == EFFECT_IMPAIRS);
	CHECK(r, r->findings->after.ttl == 2 && r->findings->at.ttl == 3);
	check_words(r, "mp_capable.dropped", ONLY_V1("dropped"), MPTCP_ALONE);
	report_free(r);
	scene_end(&s);
}

static bool lose_tenth(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	(void)p;
	return scene_random(s) % 10 == 0;
}

/* Under loss less may be said, but nothing wrong. */
static void test_loss(void **state)
{
	static box_fn *const boxes[] = {drop_capable, drop_unknown,
					reset_capable, reset_unknown};
	unsigned told = 0;

	(void)state;
	for (unsigned seed = 1; seed < 200; seed++) {
		struct scene s = with_box(2, boxes[seed % 4]);
		struct report *r;

		s.random = seed;
		s.lost = lose_tenth;
		s.only_version = 1;
		scene_begin(&s);
		run_probe(&s);
		r = judge_scene(&s);
		for (size_t i = 0; i < r->finding_count; i++) {
			const char *text = r->findings[i].text;

			CHECK(r,
			      !strstr(text, seed & 1 ? MPTCP_ALONE
						     : "as well: the device"));
			CHECK(r, !strstr(text, ONLY_V1("dropped")));
			told += strstr(text, "kind 253") != NULL;
		}
		report_free(r);
		scene_end(&s);
	}
	assert_true(told > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_removed_short),
		cmocka_unit_test(test_other_form_works),
		cmocka_unit_test(test_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
