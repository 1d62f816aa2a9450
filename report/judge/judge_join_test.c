/* SPDX-License-Identifier: GPL-3.0-or-later
 * What befalls MP_JOIN, at the first address and elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"
#include "tests/server.h"

static void test_joins(void **state)
{
	struct scene s = with_box(2, reset_join);
	struct expected e = impairment("mp_join.removed");

	(void)state;
	expect(with_box(2, strip_join), e);
	e = impairment("mp_join.dropped");
	expect(with_box(2, drop_join), e);
	e = impairment("mp_join.reset");
	e.confidence = CONFIDENCE_LIKELY;
	e.at = 5;
	expect(s, e);
	e = impairment("mp_join.removed");
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	e.confidence = CONFIDENCE_LIKELY;
	expect(with_back(strip_join), e);
	e.finding = "mp_join.modified";
	e.segment = SEGMENT_JOIN_SYN_ACK;
	e.confidence = CONFIDENCE_PROVEN;
	expect(with_back(alter_hmac), e);
}

static void test_join_refused(void **state)
{
	struct expected e = impairment("mp_join.refused");
	struct scene s = scene();

	(void)state;
	s.other_backend = true;
	e.direction = DIRECTION_UNKNOWN;
	e.after = e.at = NOWHERE;
	expect(s, e);
}

/* ---- joins elsewhere ----------------------------------------------------- */

/* What becomes of a subflow that joins at another port, beside a plain
 * SYN. */
struct elsewhere {
	box_fn *box, *always; /* always: on the first connections, too */
	bool allowed; /* the server takes joins to its first address as well */
	bool own;     /* and there it goes */
	bool silent;
	bool copied; /* its third ACK and data go out with small TTLs */
};

static struct report *judge_elsewhere(const struct elsewhere *e)
{
	struct scene s = scene();
	const struct caller *parent = NULL;
	struct caller *c;
	struct report *r;

	s.deny_join = !e->allowed;
	s.no_join = true;
	s.second_at = 3;
	s.second = e->always;
	scene_begin(&s);
	run_probe(&s);
	for (size_t i = 0; i < s.caller_count && !parent; i++)
		if (flow_of(&s, &s.callers[i])->mptcp.has_data_ack)
			parent = &s.callers[i];
	assert_non_null(parent);
	s.box_at = 2;
	s.box = e->box;
	s.port_silent = e->silent;
	if (!e->own)
		s.to = 8080;
	knock(&s, PURPOSE_TCP, 0, false, NULL, 3);
	c = call(&s, PURPOSE_MP_JOIN, 1);
	c->parent = parent;
	c->token = flow_of(&s, parent)->mptcp.server_token;
	for (unsigned ttl = 1; ttl <= s.hops; ttl++)
		send_syn(&s, c, ttl, true);
	send_syn(&s, c, 64, false);
	for (unsigned ttl = 1; ttl <= s.hops && e->copied; ttl++) {
		send_third_ack(&s, c, ttl, true);
		send_half(&s, c, 1, false, ttl, true);
	}
	scene_wait(&s, 1500 * MS);
	s.to = 0;
	send_control(&s, 1);
	r = judge_scene(&s);
	scene_end(&s);
	return r;
}

static void check_elsewhere(struct elsewhere e, const char *id, bool named)
{
	struct report *r = judge_elsewhere(&e);
	const struct finding *f = NULL;

	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, id) == 0)
			f = &r->findings[i];
	CHECK(r,
	      f && named == (strstr(f->text, "only at 10.0.5.2 port 8080 "
					     "(flag C and ADD_ADDR)") != NULL));
	report_free(r);
}

static enum act strip_join_ack(struct scene *s, struct wire *w)
{
	return is_syn(w) ? PASS : strip_join(s, w);
}

/* Where the server takes joins only there, what befalls them is told with the
 * place, and nothing else is. */
static void test_joins_elsewhere(void **state)
{
	struct report *r;

	(void)state;
	check_elsewhere((struct elsewhere){.box = alter_hmac},
			"mp_join.modified", true);
	check_elsewhere((struct elsewhere){.box = alter_hmac, .allowed = true},
			"mp_join.modified", false);
	check_elsewhere((struct elsewhere){.box = alter_hmac, .own = true},
			"mp_join.modified", false);
	check_elsewhere(
		(struct elsewhere){.box = strip_join_ack, .copied = true},
		"mp_join.removed", true);
	check_elsewhere((struct elsewhere){.box = strip_data, .copied = true},
			"dss.removed", false);
	check_elsewhere((struct elsewhere){.always = set_window},
			"tcp.window_changed", false);
	r = judge_elsewhere(&(struct elsewhere){.silent = true});
	CHECK(r, strstr(r->verdict, "port 8080, by flag C, which does not "
				    "answer"));
	report_free(r);
	r = judge_elsewhere(&(struct elsewhere){.box = NULL});
	CHECK(r, !strstr(r->verdict, "does not answer"));
	report_free(r);
}

/* An address that was announced, and answers a plain SYN. */
static void test_announced_answers(void **state)
{
	struct scene s = scene();
	struct envelope to, back;
	struct tcp_segment syn = {.source_port = 50000,
				  .destination_port = PORT,
				  .sequence = 1000,
				  .flags = TCP_FLAG_SYN};
	struct tcp_segment reply = {.source_port = PORT,
				    .destination_port = 50000,
				    .sequence = 77,
				    .acknowledgment = 1001,
				    .flags = TCP_FLAG_SYN | TCP_FLAG_ACK};
	struct wire w;
	struct report *r;

	(void)state;
	s.announce = true;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, r->announcement_count == 1);
	CHECK(r, strstr(r->announcements[0].text, "(private: not tried)"));
	to = scene_envelope(&s, 0, 64);
	back = scene_envelope(&s, 5, 60);
	to.to = back.from = r->announcements[0].address;
	report_free(r);
	w = wire_tcp(&to, &syn);
	scene_see(&s, &w);
	w = wire_tcp(&back, &reply);
	scene_see(&s, &w);
	r = judge_scene(&s);
	CHECK(r, r->announcement_count == 1);
	CHECK(r, !strstr(r->announcements[0].text, "("));
	report_free(r);
	scene_end(&s);
}

/* Data of a joined subflow belongs to the hops that quote it. */
static void test_join_data_quoted(void **state)
{
	struct scene s = scene();
	struct caller *join = NULL;
	const struct report_hop *hop;
	struct report *r;
	bool quoted = false;

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	for (size_t i = 0; i < s.caller_count; i++)
		if (s.callers[i].purpose == PURPOSE_MP_JOIN)
			join = &s.callers[i];
	assert_non_null(join);
	send_half(&s, join, 1, false, 2, true);
	r = judge_scene(&s);
	hop = &r->path[1];
	for (size_t i = 0; i < hop->quote_count; i++)
		quoted |= hop->quotes[i].segment == SEGMENT_JOIN_DATA;
	CHECK(r, quoted);
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_join_refused),
		cmocka_unit_test(test_join_data_quoted),
		cmocka_unit_test(test_joins_elsewhere),
		cmocka_unit_test(test_announced_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
