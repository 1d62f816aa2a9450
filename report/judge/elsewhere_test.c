/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a device does to joins that go to another place of the server, which it
 * announced, while those to the first one pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"

/* The hop whose number is in its address. */
#define OTHER 7

static struct caller *parent_of(struct scene *s)
{
	for (size_t i = 0; i < s->caller_count; i++)
		if (s->callers[i].purpose == PURPOSE_MP_CAPABLE &&
		    flow_of(s, &s->callers[i])->connection)
			return &s->callers[i];
	fail_msg("no connection to join");
	return NULL;
}

/* As if the server's ADD_ADDR had named the other address. */
static void announce_other(struct scene *s, const struct caller *parent)
{
	struct mptcp_connection *c = flow_of(s, parent)->connection;

	assert_int_equal(c->address_count, 1);
	s->server_hop = OTHER;
	c->addresses[0].address = server_address(s);
	s->server_hop = 0;
}

/* More SYNs there, and plain ones to either place. */
static unsigned more;

/* Joins there of one SYN each, and plain SYNs to either place beside each. */
static unsigned joins;

/* It takes data behind them. */
static void show_alive(struct scene *s, struct caller *parent)
{
	struct span tail = {.offset = sizeof(REQUEST) - 1, .length = HALF};

	send_data(s, parent, &tail, 64, false);
}

static struct caller *join_of(struct scene *s, const struct caller *parent,
			      uint32_t token)
{
	struct caller *c = call(s, PURPOSE_MP_JOIN, 1);

	c->parent = parent;
	c->token = token;
	return c;
}

/* A join to there, its SYN to each hop as well, beside plain SYNs. */
static void join_there(struct scene *s, const struct caller *parent)
{
	uint32_t token = flow_of(s, parent)->mptcp.server_token;
	struct caller *c;

	s->server_hop = OTHER;
	knock(s, PURPOSE_TCP, 0, false, NULL, 3);
	c = join_of(s, parent, token);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_syn(s, c, ttl, true);
	for (unsigned i = 0; i <= more; i++)
		send_syn(s, c, 64, false);
	for (unsigned i = 0; i < joins; i++) {
		send_syn(s, join_of(s, parent, token), 64, false);
		knock(s, PURPOSE_TCP, 0, false, NULL, 3);
		s->server_hop = 0;
		knock(s, PURPOSE_TCP, 0, false, NULL, 1);
		s->server_hop = OTHER;
		scene_wait(s, 250 * MS);
	}
	for (unsigned i = 0; i < more; i++)
		knock(s, PURPOSE_TCP, 0, false, NULL, 3);
	s->server_hop = 0;
	for (unsigned i = 0; i < more; i++)
		knock(s, PURPOSE_TCP, 0, false, NULL, 1);
	scene_wait(s, 1500 * MS);
}

/* Whether the report says what this device does to it, in these words. */
static bool is_told_as(struct scene s, box_fn *box, bool other_way,
		       const char *words)
{
	struct caller *parent;
	struct report *r;
	bool told = false;

	s.announce = true;
	s.next_port = 40000;
	scene_begin(&s);
	run_probe(&s);
	parent = parent_of(&s);
	announce_other(&s, parent);
	s.box = box;
	s.box_at = 2;
	s.parted = other_way;
	s.next_port &= 0xfffe; /* that of the join is odd */
	join_there(&s, parent);
	s.parted = false;
	if (joins)
		show_alive(&s, parent);
	converse(&s, PURPOSE_TCP, 0, false);
	send_control(&s, 1);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		told |= strncmp(r->findings[i].text,
				"Towards 10.0.7.2 port 80, which", 31) == 0 &&
			strstr(r->findings[i].text, words);
	report_free(r);
	scene_end(&s);
	return told;
}

static bool is_told(struct scene s, box_fn *box, bool other_way)
{
	return is_told_as(s, box, other_way, "");
}

static void test_told(void **state)
{
	(void)state;
	assert_true(is_told(scene(), alter_hmac, false));
	assert_false(is_told(scene(), NULL, false));
}

/* Then it does not stand on the path to the first one. */
static void test_other_way(void **state)
{
	(void)state;
	assert_false(is_told(scene(), alter_hmac, true));
}

/* Then it may well befall all joins. */
static void test_none_joins_first(void **state)
{
	struct scene s = scene();

	(void)state;
	s.no_join = true;
	assert_false(is_told(s, alter_hmac, false));
}

/* Nor where nothing else is known to work. */
static void test_not_working(void **state)
{
	struct scene s = scene();

	(void)state;
	s.close_at_once = true;
	assert_false(is_told(s, alter_hmac, false));
}

static enum act drop_there(struct scene *s, struct wire *w)
{
	(void)w;
	return s->server_hop == OTHER ? DROP : PASS;
}

/* Whose SYNs they are is not known then. */
static void test_other_program(void **state)
{
	struct scene s = scene();

	(void)state;
	more = 8;
	assert_true(is_told(s, drop_there, false));
	s.other_program = true;
	assert_false(is_told(s, drop_there, false));
	more = 0;
}

static enum act drop_joins_there(struct scene *s, struct wire *w)
{
	return has_join(w) ? drop_there(s, w) : PASS;
}

/* All of them: that others are answered at the first place tells nothing. */
static void test_joins_only(void **state)
{
	(void)state;
	joins = 8;
	assert_true(is_told_as(scene(), drop_joins_there, false,
			       "SYNs with MP_JOIN are dropped at or between "
			       "hop 2"));
	assert_false(is_told(scene(), NULL, false));
	joins = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_other_way),
		cmocka_unit_test(test_none_joins_first),
		cmocka_unit_test(test_not_working),
		cmocka_unit_test(test_other_program),
		cmocka_unit_test(test_joins_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
