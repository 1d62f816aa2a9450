/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/survey/class.h"
#include "report/survey/line.h"
#include "report/survey/tally.h"

/* What came to each kind of SYN, in the order of enum syn_kind: '-' nothing,
 * 's' SYN/ACK, 'r' RST, 'i' ICMP; with '1', '0', 'j' join, 't' TCPRST, 'e' the
 * exact echo, 'o' another one behind it. */
static struct survey_seen seen_of(const char *words)
{
	static const char whats[] = "-sri", mptcp[] = "_10jteo";
	struct survey_seen seen = {0};

	for (enum syn_kind kind = 0; *words; words++) {
		const char *what = strchr(whats, *words);

		if (what)
			seen.of[kind++].what = (enum answer_what)(what - whats);
		else
			seen.of[kind - 1].mptcp = (enum answer_mptcp)(
				strchr(mptcp, *words) - mptcp);
	}
	return seen;
}

static void test_classes(void **state)
{
	static const struct {
		const char *words, *class;
	} rows[] = {
		{"s1rt", "v1"},
		{"s1-", "v1"},
		{"s1sj", "v1"},
		{"s1se", "v1"},
		{"srss0", "v0"},
		{"s0r", "v0"},
		{"sese", "mirror"},
		{"so-", "mirror"},
		{"sse", "mirror"},
		{"so--s0", "mirror"},
		{"ss", "plain"},
		{"s-", "plain"},
		{"sr", "plain"},
		{"si", "plain"},
		{"srss", "plain"},
		{"--ss", "plain"}, /* only version 0 was asked for */
		{"srt", "listener_behind_strip"},
		{"ssj", "listener_behind_strip"},
		{"-ss", "capable_dropped"},
		{"-rts", "capable_dropped"},
		{"-sr", "capable_dropped"},
		/* nor is the plain one answered */
		{"-s", "silent"},
		{"-s-", "silent"},
		{"-si", "icmp"},
		{"-rt-", "reset"},
		{"--s", "capable_dropped"},
		{"is", "capable_dropped"},
		{"rs", "capable_reset"},
		{"r-s", "capable_reset"},
		{"rr", "reset"},
		{"rrt", "capable_reset"}, /* a listener is there */
		{"r-", "reset"},
		{"-r", "reset"},
		{"ri", "reset"},
		{"ii", "icmp"},
		{"-i", "icmp"},
		{"--", "silent"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct survey_seen seen = seen_of(rows[i].words);

		assert_string_equal(survey_class_name(survey_classify(&seen)),
				    rows[i].class);
	}
}

static void test_mirror_kinds(void **state)
{
	struct survey_seen exact = seen_of("sese"), other = seen_of("so-");

	(void)state;
	assert_true(survey_mirror_is_exact(&exact));
	assert_false(survey_mirror_is_exact(&other));
}

/* The first counts, but for an ICMP error. */
static void test_see(void **state)
{
	struct survey_seen seen = {0};

	(void)state;
	assert_true(survey_see(&seen, SYN_CAPABLE, ANSWER_ICMP, 0));
	assert_false(survey_see(&seen, SYN_CAPABLE, ANSWER_ICMP, 0));
	assert_true(survey_see(&seen, SYN_CAPABLE, ANSWER_SYN_ACK, ANSWER_V1));
	assert_false(survey_see(&seen, SYN_CAPABLE, ANSWER_RESET, 0));
	assert_false(survey_see(&seen, SYN_CAPABLE, ANSWER_SYN_ACK, 0));
	assert_int_equal(seen.of[SYN_CAPABLE].mptcp, ANSWER_V1);
}

static void test_needs_again(void **state)
{
	struct survey_seen some = seen_of("-s"), none = seen_of("--"),
			   v1 = seen_of("-rt"), old = seen_of("-r"),
			   joinless = seen_of("s1-"), icmp = seen_of("-i");

	(void)state;
	assert_true(survey_needs_again(&some, SYN_CAPABLE));
	assert_false(survey_needs_again(&some, SYN_JOIN));
	assert_false(survey_needs_again(&none, SYN_CAPABLE));
	assert_true(survey_needs_again(&v1, SYN_CAPABLE));
	assert_true(survey_needs_again(&old, SYN_CAPABLE));
	assert_true(survey_needs_again(&joinless, SYN_JOIN));
	assert_false(survey_needs_again(&joinless, SYN_CAPABLE));
	assert_false(survey_needs_again(&icmp, SYN_CAPABLE));
}

/* --- lines --------------------------------------------------------------- */

static struct survey_answer answer(void)
{
	struct survey_answer a = {
		.kind = SYN_CAPABLE,
		.what = ANSWER_SYN_ACK,
		.mptcp = ANSWER_V1,
		.ttl = 57,
		.timestamp = true,
		.option = {30, 4, 1, 255},
		.option_length = 4,
	};

	return a;
}

static void test_answer_text(void **state)
{
	struct survey_answer a = answer();
	char text[ANSWER_TEXT];

	(void)state;
	survey_answer_text(&a, 1234, text, sizeof(text));
	assert_string_equal(text, "\"capable\":{\"answer\":\"syn_ack\","
				  "\"mptcp\":\"1e0401ff\",\"ttl\":57,"
				  "\"rtt_ms\":1.234}");
	a.option_length = 0;
	a.timestamp = false;
	survey_answer_text(&a, -1, text, sizeof(text));
	assert_string_equal(text, "\"capable\":{\"answer\":\"syn_ack\","
				  "\"mptcp\":null,\"timestamp\":\"other\","
				  "\"ttl\":57,\"rtt_ms\":null}");
}

static void test_line(void **state)
{
	struct survey_answer a = answer();
	char text[LINE_TEXT], capable[ANSWER_TEXT];
	struct survey_line line = {.port = 443,
				   .sent_us = 1764358743123456,
				   .asked = 1 << SYN_CAPABLE | 1 << SYN_JOIN,
				   .copies = 2,
				   .unfit = 1,
				   .seen = seen_of("se")};

	(void)state;
	assert_true(address_parse("192.0.2.1", &line.address));
	survey_answer_text(&a, -1, capable, sizeof(capable));
	line.answers[SYN_CAPABLE] = capable;
	survey_line_text(&line, text, sizeof(text));
	assert_string_equal(
		text,
		"{\"schema\":\"mpprobe-survey/1\",\"target\":{\"address\":"
		"\"192.0.2.1\",\"port\":443},\"class\":\"mirror\",\"mirror\":"
		"\"exact\",\"sent\":\"2025-11-28T19:39:03.123Z\",\"asked\":["
		"\"capable\",\"join\"],\"answers\":{\"capable\":{\"answer\":"
		"\"syn_ack\",\"mptcp\":\"1e0401ff\",\"ttl\":57,\"rtt_ms\":null"
		"}},\"copies\":2,\"unfit\":1}\n");
	line.probe = "{\"path\":[]}";
	survey_line_text(&line, text, sizeof(text));
	assert_non_null(strstr(text, ",\"copies\":2,\"unfit\":1,\"probe\":"
				     "{\"path\":[]}}\n"));
}

/* The longest there is has room. */
static void test_long_line(void **state)
{
	struct survey_answer a = answer();
	char text[LINE_TEXT], answers[SYN_KINDS][ANSWER_TEXT];
	struct survey_line line = {.port = 65535, .asked = 15};
	json_t *json;

	(void)state;
	a.what = ANSWER_ICMP;
	memset(a.changes, ' ', sizeof(a.changes) - 1);
	memset(&a.from, 255, sizeof(a.from));
	a.from.family = 6;
	line.address = a.from;
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		a.kind = kind;
		survey_answer_text(&a, INT64_C(600000000), answers[kind],
				   ANSWER_TEXT);
		line.answers[kind] = answers[kind];
	}
	survey_line_text(&line, text, sizeof(text));
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	json_decref(json);
}

/* --- tables -------------------------------------------------------------- */

static void test_read(void **state)
{
	static const char lines[] = "{\"schema\":\"mpprobe-survey/1\","
				    "\"target\":{\"address\":\"192.0.2.1\","
				    "\"port\":80},\"class\":\"v1\"}\n"
				    "{\"target\":{\"address\":\"192.0.2.1\","
				    "\"port\":65535},\"class\":\"v1\"}\n"
				    "{\"target\":{\"address\":\"192.0.2.1\","
				    "\"port\":65536},\"class\":\"v1\"}\n"
				    "{\"target\":{\"address\":\"192.0.2.1\","
				    "\"port\":80},\"class\":\"unknown\"}\n"
				    "{\"target\":{\"address\":\"192.0.2.1\","
				    "\"port\":0},\"class\":\"v1\"}\n"
				    "torn\n"
				    "{\"target\":{\"address\":\"192.0.2.1\","
				    "\"port\":80},\"class\":\"silent\"}\n";
	FILE *file = fmemopen((char *)lines, sizeof(lines) - 1, "r");
	struct survey_tally t = {0};

	(void)state;
	tally_read(&t, file);
	fclose(file);
	assert_int_equal(t.faults.bad_lines, 4);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.ports[1].port, 65535);
	assert_int_equal(t.ports[0].total, 2);
	assert_int_equal(t.ports[0].classes[CLASS_V1], 1);
	tally_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_mirror_kinds),
		cmocka_unit_test(test_see),
		cmocka_unit_test(test_needs_again),
		cmocka_unit_test(test_answer_text),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
