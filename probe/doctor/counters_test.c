/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/doctor/counters.h"
#include "report/arena.h"

static const struct doctor_counter then[] = {
	{"AddAddr", 2}, {"MPCurrEstab", 9}, {"DssFallback", 1}};
static const struct doctor_counter now[] = {
	{"AddAddr", 5}, {"MPCurrEstab", 1}, {"DssFallback", 1}, {"NewOne", 4}};

static void test_between(void **state)
{
	const struct counters before = {then, 3}, after = {now, 4};
	struct arena *a = arena_new();
	struct counters found;

	(void)state;
	assert_true(counters_between(a, &before, &after, &found));
	assert_int_equal(found.count, 3);
	assert_string_equal(found.all[0].name, "AddAddr");
	assert_int_equal(found.all[0].value, 3);
	assert_int_equal(found.all[1].value, 0);
	assert_int_equal(found.all[2].value, 4);
	arena_free(a);
}

static void test_counted_anew(void **state)
{
	const struct counters before = {now, 4}, after = {then, 3};
	struct arena *a = arena_new();
	struct counters found;

	(void)state;
	assert_false(counters_between(a, &before, &after, &found));
	arena_free(a);
}

static void test_reasons(void **state)
{
	const struct doctor_counter all[] = {
		{"AddAddr", 5}, {"InfiniteMapRx", 1}, {"DssFallback", 2}};
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(
		counters_reasons(a, all, 3),
		"2 connections fell back as data came without a DSS that fits; "
		"1 connection fell back as the peer asked for it (infinite "
		"mapping)");
	assert_string_equal(counters_reasons(a, all, 1), "");
	arena_free(a);
}

static bool read_text(struct arena *a, const char *text, struct counters *out,
		      const char **when)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	bool known;

	assert_non_null(in);
	known = counters_read(a, in, out, when);
	fclose(in);
	return known;
}

static void test_read(void **state)
{
	static const char *const others[] = {
		"",
		"{}",
		"[1]",
		"mpprobe",
		"{\"schema\":\"mpprobe-report/1\",\"counters\":{},\"time\":"
		"\"T\"}",
		"{\"schema\":\"mpprobe-doctor/1\",\"counters\":[],\"time\":"
		"\"T\"}",
		"{\"schema\":\"mpprobe-doctor/1\",\"counters\":{}}"};
	struct arena *a = arena_new();
	struct counters found;
	const char *when;

	(void)state;
	assert_true(read_text(a,
			      "{\"schema\":\"mpprobe-doctor/1\",\"time\":\"T\","
			      "\"counters\":{\"AddAddr\":7}}\n{\"schema\":1}\n",
			      &found, &when));
	assert_string_equal(when, "T");
	assert_int_equal(found.count, 1);
	assert_string_equal(found.all[0].name, "AddAddr");
	assert_int_equal(found.all[0].value, 7);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(*others[i] &&
			     read_text(a, others[i], &found, &when));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_counted_anew),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
