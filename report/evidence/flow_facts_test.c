/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whether a flow fell behind, by the last that its server sent; what of the
 * server's did not come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/evidence/judgement.h"

static struct kept dss = {.options = {.mptcp_count = 1}};
static struct kept plain, announcing = {.options = {.mptcp_count = 1}};
static struct kept both = {.options = {.mptcp_count = 2}};

/* TCP acknowledges a byte that MPTCP does not; then the server sent these. */
static bool fell_behind(struct kept **received, size_t count, bool unkept)
{
	struct flow f = {
		.purpose = PURPOSE_MP_CAPABLE,
		.established = true,
		.server_acked = 2,
		.mptcp = {.third_ack = true, .mapped = true},
		.received = received,
		.received_count = count,
		.unkept = unkept,
	};

	dss.options.mptcp[0].subtype = MP_DSS;
	announcing.options.mptcp[0].subtype = MP_ADD_ADDR;
	both.options.mptcp[0].subtype = MP_DSS;
	both.options.mptcp[1].subtype = MP_ADD_ADDR;
	return flow_fell_behind(&f);
}

static void by_the_last(void **state)
{
	(void)state;
	assert_false(fell_behind((struct kept *[]){&plain, &dss}, 2, false));
	assert_true(fell_behind((struct kept *[]){&dss, &plain}, 2, false));
}

static void add_addr_tells_nothing(void **state)
{
	(void)state;
	assert_false(
		fell_behind((struct kept *[]){&dss, &announcing}, 2, false));
	assert_true(
		fell_behind((struct kept *[]){&plain, &announcing}, 2, false));
	assert_false(fell_behind((struct kept *[]){&plain, &both}, 2, false));
	assert_true(fell_behind((struct kept *[]){&announcing}, 1, false));
	assert_false(fell_behind((struct kept *[]){&announcing}, 1, true));
}

#define ISN 1000u

/* Bytes of the server from `from` to before `to`, counted from its first. */
static void add(struct flow *f, uint32_t from, uint32_t to)
{
	stream_add(&f->sides[1].stream, ISN + 1 + from, to - from);
	if (f->server_next == ISN + 1 + from)
		f->server_next = ISN + 1 + to;
}

/* How many bytes before this one did not come, as a later segment tells. */
static uint32_t lacks_before(struct flow *f, uint32_t sequence)
{
	struct kept word = {.time_us = 1,
			    .packet = {.tcp.sequence = ISN + 1 + sequence}};
	struct kept *received[] = {&word};
	struct lack l;

	f->received = received;
	f->received_count = 1;
	l = flow_lacks(f, 0);
	assert_int_equal(l.words, l.bytes ? 1 : 0);
	return l.bytes;
}

static struct flow begun(void)
{
	return (struct flow){.server_isn = ISN,
			     .server_next = ISN + 1,
			     .client_acked = ISN + 1};
}

static void lacks_in_whatever_order(void **state)
{
	struct flow f = begun();

	(void)state;
	assert_int_equal(lacks_before(&f, 0), 0);
	assert_int_equal(lacks_before(&f, 7), 7);
	add(&f, 0, 10);
	assert_int_equal(lacks_before(&f, 10), 0);
	assert_int_equal(lacks_before(&f, 11), 1);
	/* One that overtook another, which comes; and one does not. */
	add(&f, 20, 30);
	add(&f, 10, 20);
	assert_int_equal(lacks_before(&f, 30), 0);
	add(&f, 40, 50);
	assert_int_equal(lacks_before(&f, 50), 20);
	/* A FIN has a sequence number, too. */
	add(&f, 30, 40);
	assert_int_equal(lacks_before(&f, 51), 1);
	f.sides[1].fin = true;
	assert_int_equal(lacks_before(&f, 51), 0);
	assert_int_equal(lacks_before(&f, 52), 1);
	side_free(&f.sides[1]);

	/* The first did not come, and no gap tells; or the capture lacks it. */
	f = begun();
	add(&f, 1, 10);
	assert_int_equal(lacks_before(&f, 10), 10);
	f.client_acked = ISN + 1 + 10;
	assert_int_equal(lacks_before(&f, 10), 0);
	assert_int_equal(lacks_before(&f, 11), 1);
	side_free(&f.sides[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_last),
		cmocka_unit_test(add_addr_tells_nothing),
		cmocka_unit_test(lacks_in_whatever_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
