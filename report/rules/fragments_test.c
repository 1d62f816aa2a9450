/* SPDX-License-Identifier: GPL-3.0-or-later
 * A segment in IP fragments, and what becomes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "crafting/fragment.h"
#include "report/evidence/loss.h"
#include "tests/expect.h"
#include "tests/server.h"

#define DATA 1220
#define TRIES 9
#define ROUNDS 3
#define FLOWS 2

/* ---- the client ---------------------------------------------------------- */

/* How often fragments are sent, other data meanwhile (each time so often), and
 * copies. */
static unsigned tries = TRIES, alive = TRIES, alive_each = 1, rounds = ROUNDS;
/* Other data follows. */
static bool going_on;

struct cut {
	struct wire whole, parts[2];
};

/* Copies that do not arrive differ in the window, where there are no
 * timestamps. */
static struct cut cut_segment(struct scene *s, struct caller *c, unsigned ttl,
			      bool fragments)
{
	static const uint8_t payload[DATA];
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {
		.options = options, .payload = payload, .payload_length = DATA};
	size_t first = s->ip6 ? 1232 : 624, header = s->ip6 ? 40 : 20;
	uint32_t id = (uint32_t)scene_random(s) | 1;
	struct cut cut;

	begin_client_segment(s, c, &w, &t, ttl);
	t.sequence += HALF;
	t.window += fragments && t.window != 500 ? 64 : 0;
	t.options_length = w.length;
	cut.whole = client_wire(s, &t, c, ttl, 0);
	for (int i = 0; i < 2; i++) {
		size_t offset = i ? first : 0;
		struct wire *part = &cut.parts[i];
		ssize_t length = fragment_write(
			cut.whole.bytes, cut.whole.length, id, offset,
			i ? cut.whole.length - header - first : first,
			part->bytes, sizeof(part->bytes));

		assert_true(length > 0);
		part->length = (size_t)length;
	}
	return cut;
}

/* A server, which the scenes lack, puts them together again. */
static void send_fragments(struct scene *s, struct caller *c)
{
	struct cut cut = cut_segment(s, c, 64, true);
	unsigned arrived = 0;

	for (int i = 0; i < 2; i++) {
		struct packet p = wire_parse(&cut.parts[i]);

		scene_see(s, &cut.parts[i]);
		arrived += !(s->lost && s->lost(s, true, &p)) &&
			   !(s->box && s->box(s, &cut.parts[i]) == DROP);
	}
	set_ttl(&cut.whole, 64 - s->hops);
	if (arrived == 2)
		server_receive(s, &cut.whole);
}

/* Routers of IPv4 say nothing of fragments but the first. */
static void copy_fragments(struct scene *s, struct caller *c, unsigned ttl)
{
	struct cut cut = cut_segment(s, c, ttl, true);

	scene_send(s, cut.parts[0], ttl);
	if (s->ip6)
		scene_send(s, cut.parts[1], ttl);
	else
		scene_see(s, &cut.parts[1]);
}

static bool all_acked(const struct scene *s, const struct caller *c)
{
	return seq_diff(flow_of(s, c)->server_acked,
			c->isn + 1 + HALF + DATA) >= 0;
}

static void run_copies(struct scene *s, struct caller *c)
{
	for (unsigned i = 0; i < rounds; i++)
		for (unsigned ttl = 1; ttl <= s->hops; ttl++) {
			if (flow_quote(flow_of(s, c), SEGMENT_FRAGMENT, ttl))
				continue;
			copy_fragments(s, c, ttl);
			scene_send(s, cut_segment(s, c, ttl, false).whole, ttl);
		}
}

/* As the live trial. */
static void run_fragments(struct scene *s)
{
	struct caller *c = knock(s, PURPOSE_TCP, 0, false, NULL, 3);

	if (!flow_of(s, c)->syn_ack_seen)
		return;
	send_third_ack(s, c, 64, false);
	for (int i = 0; i < 5 && !half_acked(s, c, 0); i++)
		send_half(s, c, 0, false, 64, false);
	if (!half_acked(s, c, 0))
		return;
	for (unsigned i = 0; i < tries; i++) {
		send_fragments(s, c);
		for (unsigned k = 0; i && i <= alive && k < alive_each; k++)
			send_half(s, c, 0, false, 64, false);
		if (all_acked(s, c))
			return;
		scene_wait(s, 210 * MS);
	}
	for (int i = 0; i < 5 && !all_acked(s, c); i++) {
		scene_send(s, cut_segment(s, c, 64, false).whole, 64);
		scene_wait(s, 210 * MS);
	}
	if (!all_acked(s, c))
		return;
	run_copies(s, c);
	if (going_on)
		send_data(s, c, &(struct span){HALF + DATA, 10, .plain = true},
			  64, false);
}

/* Behind so many it lets all pass; 0: never. */
static unsigned passes_after;
/* Other data that is swept. */
static unsigned others;

static struct report *judge_run(struct scene *s, unsigned flows)
{
	scene_begin(s);
	run_probe(s);
	for (size_t i = 0; i < s->caller_count && others; i++)
		for (unsigned k = 0;
		     k < others && flow_of(s, &s->callers[i])->mptcp.mapped;
		     k++)
			copies(s, &s->callers[i]);
	for (unsigned i = 0; i < flows; i++) {
		if (passes_after && i == passes_after)
			s->box = NULL;
		run_fragments(s);
	}
	scene_wait(s, 1200 * MS);
	send_control(s, 1);
	return judge_scene(s);
}

/* ---- devices ------------------------------------------------------------- */

static enum act drop_later(struct scene *s, struct wire *w)
{
	(void)s;
	return wire_parse(w).ip.fragment_offset ? DROP : PASS;
}

static enum act drop_all(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	(void)s;
	return p.ip.fragment_offset || p.ip.more_fragments ? DROP : PASS;
}

/* It quotes none, and all of them vanish farther on. */
static enum act keep_quiet(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	(void)s;
	return (p.ip.fragment_offset || p.ip.more_fragments) &&
			       (p.ip.ttl == 1 || p.ip.ttl > 10)
		       ? DROP
		       : PASS;
}

/* It quotes none, the next one does, and they vanish there. */
static struct scene quiet_hop_before(void)
{
	struct scene s = with_box(1, keep_quiet);

	s.box_on_arrival = true;
	s.second = drop_all;
	s.second_at = 2;
	return s;
}

/* The first piece with this TTL. */
static unsigned lost_ttl;

static bool lose_a_piece(struct scene *s, bool forward, const struct packet *p)
{
	(void)s;
	if (!forward || !lost_ttl || p->ip.ttl != lost_ttl ||
	    p->tcp.payload_length < DATA)
		return false;
	lost_ttl = 0;
	return true;
}

/* Nothing but one piece comes through: an outage may have been it. */
static bool lose_all_but_whole(struct scene *s, bool forward,
			       const struct packet *p)
{
	struct address from = hop_address(s, 0);
	const struct flow *f = observer_flow(
		s->o, &from, p->tcp.source_port, &p->ip.destination,
		p->tcp.destination_port, IPPROTO_TCP);

	return forward && (p->ip.more_fragments || p->ip.fragment_offset ||
			   (f && f->client_next - f->client_isn > HALF + 300 &&
			    p->tcp.payload_length == HALF));
}

/* The server is alive, and its window is closed. */
static enum act close_window(struct scene *s, struct wire *w)
{
	uint8_t *tcp = w->bytes + (s->ip6 ? 40 : 20);

	if (!(tcp[13] & TCP_FLAG_SYN))
		tcp[14] = tcp[15] = 0;
	fix_tcp_checksum(w);
	return PASS;
}

/* ---- what is said -------------------------------------------------------- */

static void check_dropped(struct scene s, int after, int at)
{
	struct report *r = judge_run(&s, FLOWS);

	check_report(r, &(struct expected){.status = STATUS_CLEAR,
					   .finding = "ip.fragment_dropped",
					   .effect = EFFECT_HARMLESS,
					   .direction = DIRECTION_FORWARD,
					   .segment = SEGMENT_FRAGMENT,
					   .after = after,
					   .at = at});
	CHECK(r, r->findings->connection_count == FLOWS);
	report_free(r);
	scene_end(&s);
}

/* The first fragments alone come anywhere: they tell no place. */
static void test_later_dropped(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s = with_box(2, drop_later);

		s.ip6 = i;
		check_dropped(s, NOWHERE, NOWHERE);
	}
}

/* `after` is proven by what is not the first, which routers of IPv6 quote. */
static void test_all_dropped(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s = with_box(2, drop_all);

		s.ip6 = i;
		check_dropped(s, i ? 2 : NOWHERE, 3);
		s.box_on_arrival = true;
		check_dropped(s, i ? 1 : NOWHERE, 2);
		s.no_timestamps = true; /* nothing tells how far it is */
		check_dropped(s, NOWHERE, NOWHERE);
		s.no_timestamps = false;
		s.box_at = 1;
		check_dropped(s, 0, 1);
		/* The last hop alone is silent: it may be just that. */
		s.box_at = 4;
		check_dropped(s, i ? 3 : NOWHERE, i ? 5 : NOWHERE);
		/* Nor do hops tell that quote nothing at all. */
		s.box_at = 2;
		s.silent[2] = s.silent[3] = s.silent[4] = true;
		check_dropped(s, NOWHERE, NOWHERE);
	}
}

static void test_quiet_hop(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s = with_box(2, keep_quiet);

		s.ip6 = i;
		s.box_on_arrival = true;
		check_dropped(s, NOWHERE, NOWHERE);
	}
}

static void check_innocent(struct scene s, unsigned flows)
{
	for (int i = 0; i < 2; i++) {
		struct scene run = s;
		struct report *r;

		run.ip6 = i;
		r = judge_run(&run, flows);
		CHECK(r, r->status == STATUS_CLEAR && !r->finding_count);
		report_free(r);
		scene_end(&run);
	}
}

/* How many connections show it; 0: it is not said. */
static size_t count_dropped(struct scene s, unsigned flows, struct finding *out)
{
	struct report *r = judge_run(&s, flows);
	size_t count = 0;

	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, "ip.fragment_dropped") ==
		    0) {
			count = r->findings[i].connection_count;
			*out = r->findings[i];
		}
	report_free(r);
	scene_end(&s);
	return count;
}

/* Each number that it takes, and one less. */
static void test_enough(void **state)
{
	struct scene s = with_box(2, drop_all);
	struct finding f;

	(void)state;
	tries = FRAGMENTED_LOST_MIN; /* and ALIVE_MIN of them answered */
	assert_int_equal(count_dropped(s, 6, &f), 6);
	tries--;
	alive_each = ALIVE_MIN;
	assert_int_equal(count_dropped(s, 12, &f), 0);
	alive_each = 1;
	tries = TRIES;
	alive = ALIVE_MIN - 1;
	assert_int_equal(count_dropped(s, 6, &f), 0);
	/* those lost, of which one in two counts */
	alive = tries = 8;
	assert_int_equal(count_dropped(s, 2, &f), 2);
	tries--;
	assert_int_equal(count_dropped(s, 2, &f), 0);
	/* connections: one that loses as many as several is one */
	alive = tries = 20;
	assert_int_equal(count_dropped(s, 2, &f), 2);
	assert_int_equal(count_dropped(s, 1, &f), 0);
	alive = tries = TRIES;
	/* Where some pass, what became of the others was chance; where other
	 * data is under way, too. */
	passes_after = 3;
	assert_int_equal(count_dropped(s, 4, &f), 0);
	passes_after = 0;
	going_on = true;
	assert_int_equal(count_dropped(s, 2, &f), 0);
	going_on = false;
}

/* So many copies, of all connections together, tell that a hop is silent. */
static void expect_place(struct scene s, unsigned flows, int after, int at)
{
	struct finding f;

	s.ip6 = true;
	assert_int_equal(count_dropped(s, flows, &f), flows);
	assert_true(is_at(&f.after, after));
	assert_true(is_at(&f.at, at));
}

static void test_place(void **state)
{
	struct scene s = with_box(2, drop_all);

	(void)state;
	others = 4; /* of which nothing is told here */
	expect_place(s, FLOWS, 2, 3);
	others = 0;
	rounds = 1;
	expect_place(s, 3, 2, 5); /* (1/5)^3: hop 3 may be silent by chance */
	expect_place(s, 4, 2, 3); /* (1/6)^4, 1 in 1296 */
	s.lost = lose_a_piece;
	lost_ttl = 3; /* (2/7)^5, 1 in 525 */
	expect_place(s, 5, 2, 5);
	/* And one that is silent before: then silence says nothing. */
	s = quiet_hop_before();
	expect_place(s, 3, 2, 5);
	expect_place(s, 4, NOWHERE, NOWHERE);
	s.lost = lose_a_piece;
	lost_ttl = 1;
	expect_place(s, 5, 2, 3);
	rounds = ROUNDS;
}

static void test_innocent(void **state)
{
	struct scene s = scene();

	(void)state;
	check_innocent(s, FLOWS);
	s.no_timestamps = true;
	check_innocent(s, FLOWS);
	check_innocent(with_box(2, drop_all), 1); /* once is not enough */
	s = scene();
	s.lost = lose_all_but_whole;
	check_innocent(s, FLOWS);
}

static void test_window(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s = with_box(2, drop_all);
		struct report *r;

		s.ip6 = i;
		s.back = close_window;
		r = judge_run(&s, FLOWS);
		for (size_t k = 0; k < r->finding_count; k++)
			CHECK(r, strcmp(r->findings[k].kind->id,
					"ip.fragment_dropped") != 0);
		report_free(r);
		scene_end(&s);
	}
}

static void test_loss(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 300; seed++) {
		struct scene s = scene();
		struct report *r;

		s.random = seed;
		s.ip6 = seed & 1;
		s.lost = scene_loses_some;
		s.lost_count = seed % 70;
		r = judge_run(&s, FLOWS);
		CHECK(r, r->finding_count == 0);
		report_free(r);
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later_dropped),
		cmocka_unit_test(test_all_dropped),
		cmocka_unit_test(test_quiet_hop),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_innocent),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
