/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/speed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/print/json.h"
#include "report/print/text.h"
#include "tests/page.h"

#define ROUNDS 4

static struct speed_round rounds[ROUNDS];
static struct speed speed = {.url = "http://x/",
			     .rounds = rounds,
			     .round_count = ROUNDS,
			     .processors = 0};

static void set(const double *tcp, const double *mptcp, bool fallback)
{
	for (size_t i = 0; i < ROUNDS; i++)
		rounds[i] = (struct speed_round){{{.done = tcp[i] > 0,
						   .rate = tcp[i],
						   .downloads = 2,
						   .seconds = 0.2,
						   .bytes = 1000}},
						 {.done = mptcp[i] > 0,
						  .rate = mptcp[i],
						  .seconds = 20,
						  .mptcp = true,
						  .fallback = fallback}};
}

static void take_seconds(double mptcp)
{
	for (size_t i = 0; i < ROUNDS; i++)
		rounds[i].mptcp.seconds = mptcp;
}

static char *text_of(void)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.width = 200; /* nothing is wrapped */
	text_speed(&page, &speed);
	page_done(&page);
	return text;
}

static void expect(const char *words, int code)
{
	char *text = text_of();

	assert_non_null(strstr(text, words));
	assert_null(strstr(text, "-1.00"));
	assert_int_equal(speed_verdict(&speed)->exit_code, code);
	free(text);
}

static const double same[] = {100, 104, 98, 101}, third[] = {33, 34, 32, 33},
		    wild[] = {20, 300, 90, 150}, none[] = {0, 0, 0, 0},
		    more[] = {130, 135, 128, 131}, less[] = {85, 88, 83, 86};

static void test_ratio(void **state)
{
	struct speed_ratio r;

	(void)state;
	set(same, third, false);
	r = speed_ratio(&speed, 0);
	assert_int_equal(r.rounds, ROUNDS);
	assert_true(r.ratio > 0.32 && r.ratio < 0.34);
	assert_true(r.low > 0.31 && r.low < r.ratio && r.high < 0.35);
	assert_true(speed_median_tcp(&speed, 0) == 100.5);
}

static void test_verdicts(void **state)
{
	(void)state;
	set(same, third, false);
	expect("MPTCP is slower than TCP", 1);
	set(same, same, false);
	expect("as fast as TCP", 0);
	set(same, wild, false);
	expect("cannot tell", 3);
	set(wild, same, false);
	expect("cannot tell", 3);
	set(same, more, false);
	expect("faster than TCP", 0);
	set(same, less, false);
	expect("as its overhead explains", 0);
	set(same, same, true);
	expect("MPTCP was not in use", 3);
	set(same, none, false);
	expect("Downloads by MPTCP fail", 1);
	set(none, none, false);
	expect("Too few downloads", 3);
	speed.blackhole = true;
	expect("blackhole", 3);
	speed.blackhole = false;
}

/* A busy host makes MPTCP slower by itself, but not by so much. */
static void test_busy(void **state)
{
	static const double twentieth[] = {5, 6, 5, 4};

	(void)state;
	set(same, third, false);
	speed.processors = 0.4;
	expect("MPTCP is slower than TCP on this path", 1);
	speed.processors = 0.6;
	expect("this host was busy", 3);
	speed.processors = -1;
	expect("this host was busy", 3);
	set(same, twentieth, false);
	expect("MPTCP is slower than TCP on this path", 1);
	speed.processors = 0;
}

/* Linux's own MPTCP may stall for 0.2 s in each round. */
static void test_stalls(void **state)
{
	static const double tcp[] = {581, 655, 557, 384},
			    stalled[] = {38, 37, 37, 66};

	(void)state;
	set(tcp, stalled, false);
	take_seconds(0.22);
	expect("no more than a stall", 3);
	speed.processors = 2;
	expect("this host was busy", 3);
	/* also one that takes so long that a stall tells little */
	take_seconds(2.5);
	expect("this host was busy", 3);
	speed.processors = 0;
	expect("MPTCP is slower than TCP on this path", 1);
	/* What is left decides: 74 % of TCP, 60 %. */
	set(same, third, false);
	take_seconds(0.45);
	expect("no more than a stall", 3);
	take_seconds(0.55);
	expect("MPTCP is slower than TCP on this path", 1);
	/* Of what is as fast, a stall takes nothing. */
	set(same, same, false);
	take_seconds(0.3);
	expect("as fast as TCP", 0);
}

/* What fell back was TCP. */
static void test_fallen(void **state)
{
	(void)state;
	set(same, third, false);
	rounds[0].mptcp.fallback = true;
	assert_int_equal(speed_ratio(&speed, 0).rounds, ROUNDS - 1);
	expect("1 of the connections fell back", 1);
}

static void test_json(void **state)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	set(same, third, false);
	assert_int_equal(json_speed(&page, &speed), 0);
	page_done(&page);
	assert_non_null(strstr(text, "\"schema\":\"mpprobe-speed/1\""));
	assert_non_null(strstr(text, "\"tcp_mbit_s\":100.5"));
	assert_non_null(strstr(text, "\"verdict\":{\"status\":\"slower\""));
	free(text);
}

/* Rounds of so many seconds each, half by TCP. */
static bool goes_on(size_t count, double seconds, unsigned wanted)
{
	struct speed_round list[64] = {0};
	struct speed s = {.rounds = list, .round_count = count};

	for (size_t i = 0; i < count; i++)
		list[i] = (struct speed_round){
			{{.done = true, .seconds = seconds / 2}},
			{.done = true, .seconds = seconds / 2}};
	return speed_goes_on(&s, wanted);
}

/* Twenty rounds, or as many as take twenty seconds, but two. */
static void test_rounds(void **state)
{
	(void)state;
	assert_true(goes_on(0, 0, 0));
	assert_true(goes_on(19, 1, 0));
	assert_false(goes_on(20, 0.1, 0));
	assert_true(goes_on(4, 4.75, 0));
	assert_false(goes_on(4, 5.25, 0));
	assert_true(goes_on(1, 90, 0));
	assert_false(goes_on(2, 90, 0));
	/* or so many that are asked for */
	assert_true(goes_on(29, 90, 30));
	assert_false(goes_on(30, 0.1, 30));
	/* Where nobody is there, once is enough. */
	set(none, none, false);
	assert_false(speed_goes_on(&speed, 30));
}

/* A tenth of a second, or fifty downloads. */
static void test_downloads(void **state)
{
	(void)state;
	assert_true(speed_run_suffices(
		&(struct speed_run){.seconds = 0.11, .downloads = 1}));
	assert_false(speed_run_suffices(
		&(struct speed_run){.seconds = 0.09, .downloads = 49}));
	assert_true(speed_run_suffices(
		&(struct speed_run){.seconds = 0.01, .downloads = 50}));
}

/* ---- by several uplinks -------------------------------------------------- */

static const struct speed_uplink two[] = {
	{.name = "eth0", .interface = "eth0"},
	{.name = "a-long-name", .interface = "a-long-name"},
};

/* `first` over eth0, `second` over the other, and of MPTCP so much of a
 * thousand bytes over eth0. */
static void set_uplinks(const double *first, const double *second,
			const double *mptcp, unsigned share)
{
	set(first, mptcp, false);
	for (size_t i = 0; i < ROUNDS; i++) {
		rounds[i].tcp[1] = rounds[i].tcp[0];
		rounds[i].tcp[1].rate = second[i];
		rounds[i].tcp[1].done = second[i] > 0;
		rounds[i].mptcp.shares_known = true;
		rounds[i].mptcp.subflows = 1;
		rounds[i].mptcp.shares[0] = share;
		rounds[i].mptcp.shares[1] = 1000 - share;
	}
	speed.uplinks = two;
	speed.uplink_count = 2;
}

static int end_uplinks(void **state)
{
	(void)state;
	speed.uplinks = NULL;
	speed.uplink_count = 0;
	speed.processors = 0;
	return 0;
}

/* Beside the best alone, whichever it is. */
static void test_sums(void **state)
{
	static const double seven[] = {700, 700, 700, 700};

	(void)state;
	set_uplinks(third, same, more, 250);
	assert_int_equal(speed_best(&speed), 1);
	expect("MPTCP over these uplinks is faster than TCP over the best", 0);
	expect("MPTCP / TCP over a-long-name = 1.30", 0);
	expect("#2 is a-long-name", 0);
	expect("25 %     75 %", 0);
	set_uplinks(same, third, same, 500);
	assert_int_equal(speed_best(&speed), 0);
	expect("as fast as TCP over the best of them", 0);
	set_uplinks(same, third, less, 500);
	expect("somewhat slower than TCP over the best", 0);
	speed.processors = 0.6;
	expect("this host was busy", 3);
	speed.processors = 0;
	set_uplinks(seven, third, same, 500);
	expect("is slower than TCP over the best of them", 1);
	take_seconds(0.22);
	expect("no more than a stall", 3);
	speed.processors = 0.6;
	set_uplinks(same, same, third, 500);
	expect("this host was busy", 3);
	speed.processors = 0;
	set_uplinks(same, same, wild, 500);
	expect("cannot tell", 3);
}

/* What is between as fast and faster these rounds do not tell. */
static void test_sum_unclear(void **state)
{
	static const double about[] = {120, 98, 118, 107};

	(void)state;
	set_uplinks(same, third, about, 500);
	expect("cannot tell", 3);
}

static void test_one_uplink_used(void **state)
{
	(void)state;
	set_uplinks(same, third, more, 1000);
	expect("MPTCP used one uplink only", 3);
	/* A kernel that does not tell by which: by their number. */
	for (size_t i = 0; i < ROUNDS; i++)
		rounds[i].mptcp.shares_known = false;
	expect("faster than TCP over the best", 0);
	assert_true(speed_share(&speed, 0) < 0);
	for (size_t i = 0; i < ROUNDS; i++)
		rounds[i].mptcp.subflows = 0;
	expect("MPTCP used one uplink only", 3);
}

/* The other is compared, and the rounds go on. */
static void test_dead_uplink(void **state)
{
	(void)state;
	set_uplinks(none, same, same, 500);
	assert_int_equal(speed_best(&speed), 1);
	expect("as fast as TCP", 0);
	assert_true(speed_goes_on(&speed, 30));
	set_uplinks(none, none, none, 500);
	expect("Too few downloads", 3);
	assert_false(speed_goes_on(&speed, 30));
	set_uplinks(same, none, none, 500);
	expect("Downloads by MPTCP fail", 1);
}

static void test_idle_uplink(void **state)
{
	struct speed_uplink idle[2] = {two[0], two[1]};

	(void)state;
	set_uplinks(same, third, same, 1000);
	idle[1].idle = "why not";
	idle[1].commands = "mend it\nand this";
	speed.uplinks = idle;
	expect("By MPTCP, nothing came over a-long-name: why not.\n"
	       "  mend it\n  and this\n",
	       3);
}

static void test_uplinks_json(void **state)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	set_uplinks(third, same, more, 250);
	assert_int_equal(json_speed(&page, &speed), 0);
	page_done(&page);
	assert_non_null(strstr(text, "\"status\":\"sum_more\""));
	assert_non_null(strstr(text, "\"tcp_mbit_s\":33.0,\"share\":0.25"));
	assert_non_null(strstr(text, "\"shares\":[250,750]"));
	assert_non_null(strstr(text, "\"ratio\":1.3"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_fallen),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_downloads),
		cmocka_unit_test_teardown(test_sums, end_uplinks),
		cmocka_unit_test_teardown(test_sum_unclear, end_uplinks),
		cmocka_unit_test_teardown(test_one_uplink_used, end_uplinks),
		cmocka_unit_test_teardown(test_dead_uplink, end_uplinks),
		cmocka_unit_test_teardown(test_idle_uplink, end_uplinks),
		cmocka_unit_test_teardown(test_uplinks_json, end_uplinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
