/* SPDX-License-Identifier: GPL-3.0-or-later
 * Several ways, one of which drops SYNs with an option; and what only looks
 * so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/evidence/loss.h"
#include "report/rules/rules.h"
#include "tests/expect.h"

#define PAIRS 12
#define SILENT_MAX 6

/* As connect and probe on fresh ports do, some time later. */
static void run_pairs(struct scene *s, enum purpose purpose,
		      const struct caller *parent)
{
	for (int i = 0; i < 2 * PAIRS; i++) {
		bool plain = i % 2 == i / 2 % 2;

		knock(s, plain ? PURPOSE_TCP : purpose,
		      plain ? 0 : (unsigned)s->version, false,
		      plain ? NULL : parent, 1);
	}
	scene_wait(s, 500 * MS);
}

static bool is_silent(const struct scene *s, const struct caller *c)
{
	const struct flow *f = flow_of(s, c);

	return !f->syn_ack_seen && !flow_reset(f);
}

/* From the how manieth connection on plain SYNs have another TTL. */
static unsigned low_from = SILENT_MAX;

static void again(struct scene *s, struct caller **silent, unsigned i,
		  bool plain)
{
	if (!is_silent(s, silent[i]))
		return;
	silent[i]->gave_up = plain;
	send_syn(s, silent[i], plain && i >= low_from ? 60 : 64, false);
}

/* How often a way is swept, and how many connections go on with plain SYNs. */
static unsigned sweeps = 2, silent_max = SILENT_MAX;
/* How often every second of them goes on with the option before. */
static unsigned asked = 4;
/* More plain ones that are answered. */
static unsigned controls;

static void sweep_way(struct scene *s, struct caller *c)
{
	for (unsigned i = 0; i < sweeps; i++) {
		for (unsigned ttl = 1; ttl <= s->hops; ttl++) {
			c->gave_up = false;
			send_syn(s, c, ttl, true);
			c->gave_up = true;
			send_syn(s, c, ttl, true);
		}
		scene_wait(s, 100 * MS);
	}
}

/* The turns of probe/run/probing_turns.c. */
static void run_turns(struct scene *s, enum purpose purpose)
{
	struct caller *silent[SILENT_MAX];
	unsigned count = 0;

	for (size_t i = 0; i < s->caller_count && count < silent_max; i++)
		if (s->callers[i].purpose == purpose &&
		    !s->callers[i].no_algorithm &&
		    s->callers[i].version == (unsigned)s->version &&
		    is_silent(s, &s->callers[i]))
			silent[count++] = &s->callers[i];
	for (unsigned tries = 0; tries < asked; tries++) {
		for (unsigned i = 0; i < count; i++)
			again(s, silent, i, i % 2);
		scene_wait(s, 250 * MS);
	}
	for (unsigned tries = 0; tries < 3; tries++) {
		for (unsigned i = 0; i < count; i++)
			again(s, silent, i, true);
		scene_wait(s, 250 * MS);
	}
	for (unsigned i = 0; i < count; i++)
		if (!is_silent(s, silent[i]) && silent[i]->gave_up) {
			sweep_way(s, silent[i]);
			break;
		}
}

/* Those that are silent by turns, and the last controls. */
static struct report *judge_turns(struct scene *s, enum purpose purpose)
{
	run_turns(s, purpose);
	converse(s, PURPOSE_TCP, 0, false);
	scene_wait(s, 1200 * MS);
	send_control(s, 1);
	return judge_scene(s);
}

static struct report *run_ways(struct scene *s, enum purpose purpose)
{
	const struct caller *parent = NULL;

	scene_begin(s);
	run_probe(s);
	for (size_t i = 0; i < s->caller_count && !parent; i++)
		if (flow_of(s, &s->callers[i])->mptcp.has_data_ack)
			parent = &s->callers[i];
	assert_non_null(parent);
	run_pairs(s, purpose, purpose == PURPOSE_MP_JOIN ? parent : NULL);
	for (unsigned i = 0; i < controls; i++)
		knock(s, PURPOSE_TCP, 0, false, NULL, 1);
	return judge_turns(s, purpose);
}

static enum act drop_odd(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP && p.tcp.source_port & 1
		       ? drop_capable(s, w)
		       : PASS;
}

static enum act drop_odd_joins(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP && p.tcp.source_port & 1
		       ? drop_join(s, w)
		       : PASS;
}

/* And all of so many. */
static unsigned dead;
static uint16_t dead_ports[8];

static enum act drop_odd_and_dead(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	enum act act = drop_odd(s, w);
	unsigned i = 0;

	if (p.transport != TRANSPORT_TCP)
		return PASS;
	while (i < dead && dead_ports[i] && dead_ports[i] != p.tcp.source_port)
		i++;
	if (act == DROP && s->caller_count > 30 && i < dead)
		dead_ports[i] = p.tcp.source_port;
	return i < dead && dead_ports[i] ? DROP : act;
}

static struct expected dropped(const char *id, enum segment_kind segment)
{
	return (struct expected){.status = STATUS_IMPAIRED,
				 .finding = id,
				 .effect = EFFECT_IMPAIRS,
				 .direction = DIRECTION_FORWARD,
				 .segment = segment,
				 .after = 2,
				 .at = 3};
}

/* Whether the first connection takes the way that drops or not. */
static void test_dropped_on_a_way(void **state)
{
	struct expected e = dropped("mp_capable.dropped", SEGMENT_SYN);

	(void)state;
	for (unsigned first = 0; first < 16; first++) {
		struct scene s = with_box(2, drop_odd);
		struct report *r;

		s.parted = true;
		s.ip6 = first & 1;
		s.version = first < 8;
		s.silent[3] = first & 2;
		e.at = s.silent[3] ? 4 : 3;
		s.no_join = true;
		s.next_port = (uint16_t)(40000 + (first >> 2) % 2);
		r = run_ways(&s, PURPOSE_MP_CAPABLE);
		check_report(r, &e);
		if (!s.ip6)
			CHECK(r,
			      r->findings[0].after.address.bytes[1] == 1 &&
				      r->findings[0].at.address.bytes[1] == 1);
		report_free(r);
		scene_end(&s);
	}
}

/* The way's own hop is silent: the next one tells. */
static void test_silent_hop(void **state)
{
	struct scene s = with_box(1, drop_odd);
	struct expected e = dropped("mp_capable.dropped", SEGMENT_SYN);
	struct report *r;

	(void)state;
	s.parted = s.no_join = true;
	s.silent[2] = true;
	e.after = 1;
	r = run_ways(&s, PURPOSE_MP_CAPABLE);
	check_report(r, &e);
	report_free(r);
	scene_end(&s);
}

static void test_joins_dropped_on_a_way(void **state)
{
	struct expected e = dropped("mp_join.dropped", SEGMENT_JOIN_SYN);

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct scene s = with_box(2, drop_odd_joins);
		struct report *r;

		s.parted = true;
		s.next_port = (uint16_t)(40000 + first);
		r = run_ways(&s, PURPOSE_MP_JOIN);
		check_report(r, &e);
		report_free(r);
		scene_end(&s);
	}
}

/* From this port on SYNs pass at last; 0: none does. */
static uint16_t spared;

static enum act drop_odd_below(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	return spared && p.transport == TRANSPORT_TCP &&
			       p.tcp.source_port >= spared
		       ? PASS
		       : drop_odd(s, w);
}

#define LATE_MAX 5

/* Of so many connections the first SYNs are dropped, so many: enough, and the
 * way is not to blame; or not. `plain` more without MPTCP are answered. */
static void check_late(unsigned connections, unsigned dropped, unsigned plain,
		       const char *words)
{
	struct scene s = with_box(2, drop_odd_below);
	struct caller *late[LATE_MAX] = {0};
	struct report *r;

	spared = 0;
	s.no_join = true;
	s.next_port = 40000;
	scene_begin(&s);
	run_probe(&s);
	run_pairs(&s, PURPOSE_MP_CAPABLE, NULL);
	for (unsigned i = 0; i < connections; i++) {
		s.next_port |= 1;
		late[i] = knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
		for (unsigned k = 1; k < dropped; k++)
			send_syn(&s, late[i], 64, false);
	}
	for (unsigned i = 0; i < plain; i++)
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(&s, 1200 * MS);
	spared = late[0]->port;
	for (unsigned i = 0; i < connections; i++)
		send_syn(&s, late[i], 64, false);
	scene_wait(&s, 250 * MS);
	r = judge_turns(&s, PURPOSE_MP_CAPABLE);
	CHECK(r, r->finding_count == 1);
	CHECK(r, strcmp(r->findings[0].kind->id, "mp_capable.dropped") == 0);
	CHECK(r, strstr(r->findings[0].text, words));
	CHECK(r, !strstr(words, "now and then") || !r->findings[0].at.known);
	report_free(r);
	scene_end(&s);
}

static void test_passes_later(void **state)
{
	(void)state;
	check_late(1, LATE_MIN, 0,
		   "now and then, as by a rate limit or by chance");
	check_late(1, LATE_MIN - 1, 0, "load balancing");
	/* one each, of several: loss does not do that so often */
	check_late(LATE_MAX, 1, 0, "now and then");
	check_late(LATE_MAX - 3, 1, 0, "load balancing");
	/* 1.1 and 0.8 in a thousand, by the plain ones */
	check_late(4, 1, 4, "load balancing");
	check_late(4, 1, 6, "now and then");
	check_late(4, 1, 6, "the same SYN passes at another time");
}

/* All that were answered were so long before: that is no other way. */
static void test_dropped_since(void **state)
{
	struct scene s = with_box(2, drop_odd);
	struct report *r;

	(void)state;
	s.next_port = 40000;
	scene_begin(&s);
	converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	scene_wait(&s, 3000 * MS);
	for (int i = 0; i < PAIRS; i++) {
		s.next_port |= 1;
		knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	}
	scene_wait(&s, 500 * MS);
	r = judge_turns(&s, PURPOSE_MP_CAPABLE);
	CHECK(r, r->finding_count == 1);
	CHECK(r, strcmp(r->findings[0].kind->id, "mp_capable.dropped") == 0);
	report_free(r);
	scene_end(&s);
}

/* Those that pass are all before those that do not, or are not. */
static void check_words(unsigned later, const char *words)
{
	struct scene s = with_box(2, drop_odd);
	struct report *r;

	s.parted = true;
	s.no_join = true;
	s.next_port = 40000;
	scene_begin(&s);
	converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	for (int i = 0; i < PAIRS; i++) {
		s.next_port |= 1;
		knock(&s, PURPOSE_MP_CAPABLE, 1, false, NULL, 1);
		s.next_port |= 1;
		knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	}
	for (unsigned i = 0; i < later; i++) {
		s.next_port = 50000;
		converse(&s, PURPOSE_MP_CAPABLE, 1, false);
	}
	scene_wait(&s, 500 * MS);
	r = judge_turns(&s, PURPOSE_MP_CAPABLE);
	CHECK(r, r->finding_count == 1 && strstr(r->findings->text, words));
	report_free(r);
	scene_end(&s);
}

static void test_words_for_ways(void **state)
{
	(void)state;
	check_words(0, "after some had passed, by a device that remembers");
	check_words(1, "dropped on one of several paths");
}

static enum act alter_odd_tokens(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP && p.tcp.source_port & 1
		       ? alter_hmac(s, w)
		       : PASS;
}

/* A token that was altered is met with a RST, under SYN cookies with silence.
 */
static void test_joins_altered_on_a_way(void **state)
{
	struct expected e = dropped("mp_join.modified", SEGMENT_JOIN_SYN);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct scene s = with_box(2, alter_odd_tokens);
		struct report *r;

		s.parted = true;
		s.cookies = i;
		r = run_ways(&s, PURPOSE_MP_JOIN);
		check_report(r, &e);
		report_free(r);
		scene_end(&s);
	}
}

static bool lose_some(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	return p->transport == TRANSPORT_TCP &&
	       scene_random(s) % 100 < s->lost_count;
}

/* Loss drops these and those. */
static void test_loss(void **state)
{
	(void)state;
	for (unsigned percent = 5; percent <= 40; percent += 5)
		for (unsigned seed = 0; seed < 20; seed++) {
			struct scene s = scene();
			struct report *r;

			s.random += seed * 7919;
			s.lost = lose_some;
			s.lost_count = percent;
			s.no_sweep = true;
			scene_begin(&s);
			run_probe(&s);
			run_pairs(&s, PURPOSE_MP_CAPABLE, NULL);
			r = judge_turns(&s, PURPOSE_MP_CAPABLE);
			for (size_t i = 0; i < r->finding_count; i++)
				CHECK(r, !strstr(r->findings[i].kind->id,
						 ".dropped"));
			report_free(r);
			scene_end(&s);
		}
}

static int64_t outage_ends;

static bool lose_odd_until(struct scene *s, bool forward,
			   const struct packet *p)
{
	(void)forward;
	return p->transport == TRANSPORT_TCP &&
	       (p->tcp.source_port & 1 || p->tcp.destination_port & 1) &&
	       (p->tcp.flags & TCP_FLAG_SYN) && s->now < outage_ends;
}

/* One way is down for a while: what was silent meanwhile is answered then,
 * with the option or without it. */
static void test_outage(void **state)
{
	(void)state;
	for (int ms = 200; ms < 3000; ms += 40) {
		struct scene s = scene();
		struct report *r;

		s.no_join = true;
		s.next_port = 40002;
		scene_begin(&s);
		run_probe(&s);
		s.lost = lose_odd_until;
		outage_ends = s.now + ms * MS;
		run_pairs(&s, PURPOSE_MP_CAPABLE, NULL);
		r = judge_turns(&s, PURPOSE_MP_CAPABLE);
		for (size_t i = 0; i < r->finding_count; i++)
			CHECK(r, strcmp(r->findings[i].kind->id,
					"mp_capable.dropped"));
		report_free(r);
		scene_end(&s);
	}
}

/* Whether it is said, and where. */
static bool is_said(box_fn *box, struct finding *out)
{
	struct scene s = with_box(2, box);
	struct report *r;
	bool said = false;

	s.parted = s.no_join = true;
	r = run_ways(&s, PURPOSE_MP_CAPABLE);
	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].rule->row, "way_v1") == 0) {
			said = true;
			*out = r->findings[i];
		}
	report_free(r);
	scene_end(&s);
	return said;
}

/* For each connection that nothing helps three were answered when they gave
 * the option up. */
static void test_silent_as_well(void **state)
{
	struct finding f;

	(void)state;
	controls = 60;
	silent_max = 4;
	dead = 1;
	memset(dead_ports, 0, sizeof(dead_ports));
	assert_true(is_said(drop_odd_and_dead, &f));
	silent_max = 6;
	dead = 2;
	memset(dead_ports, 0, sizeof(dead_ports));
	assert_false(is_said(drop_odd_and_dead, &f));
	silent_max = SILENT_MAX;
	controls = 0;
}

/* So many connections, however many SYNs they lose. */
static void test_few_fell(void **state)
{
	struct finding f;

	(void)state;
	asked = 12;
	silent_max = 3;
	assert_true(is_said(drop_odd, &f));
	silent_max = 2;
	assert_false(is_said(drop_odd, &f));
	silent_max = SILENT_MAX;
	asked = 4;
}

static void test_swept_too_little(void **state)
{
	struct finding f;

	(void)state;
	sweeps = 1;
	assert_true(is_said(drop_odd, &f));
	assert_int_equal(f.direction, DIRECTION_UNKNOWN);
	assert_true(is_at(&f.after, 2) && is_at(&f.at, 5));
	sweeps = 0;
	assert_true(is_said(drop_odd, &f));
	assert_true(is_at(&f.after, NOWHERE) && is_at(&f.at, NOWHERE));
	/* That is not the way that the others took. */
	low_from = SILENT_MAX - 1;
	assert_true(is_said(drop_odd, &f));
	sweeps = 2;
	low_from = 0;
	assert_false(is_said(drop_odd, &f));
	low_from = SILENT_MAX;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dropped_on_a_way),
		cmocka_unit_test(test_silent_hop),
		cmocka_unit_test(test_passes_later),
		cmocka_unit_test(test_joins_dropped_on_a_way),
		cmocka_unit_test(test_dropped_since),
		cmocka_unit_test(test_words_for_ways),
		cmocka_unit_test(test_joins_altered_on_a_way),
		cmocka_unit_test(test_silent_as_well),
		cmocka_unit_test(test_few_fell),
		cmocka_unit_test(test_swept_too_little),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
