// SPDX-License-Identifier: GPL-3.0-or-later
/* What is a change from run to run and what is not, by reports made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/watch/phrases.h"
#include "report/watch/watched.h"

static struct arena *arena;
static struct subject subject;
static struct watch_change change;
static int64_t clock_us;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	memset(&subject, 0, sizeof(subject));
	clock_us = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct address address(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

/* A path of four hops to 10.0.5.2. */
static struct report *a_run(enum status status)
{
	struct report *r = arena_alloc(arena, sizeof(*r));

	*r = (struct report){.arena = arena,
			     .started_us = clock_us += 1000000,
			     .status = status,
			     .verdict = "a sentence",
			     .target = address("10.0.5.2"),
			     .port = 80};
	for (unsigned i = 1; i <= 5; i++)
		*ARENA_PUSH(arena, r->path,
			    r->path_length) = (struct report_hop){
			.ttl = i,
			.address = address(arena_printf(arena, "10.0.%u.2", i)),
			.is_target = i == 5};
	return r;
}

static void silence(struct report *r, unsigned ttl)
{
	r->path[ttl - 1].address = (struct address){0};
}

static void answer(struct report *r, unsigned ttl, const char *by)
{
	r->path[ttl - 1].address = address(by);
}

static void balance(struct report *r, unsigned ttl, const char *by)
{
	struct report_hop *h = &r->path[ttl - 1];

	ARENA_PUSH(arena, h->responders, h->responder_count)->address =
		address(by);
}

/* TTL -1: not known. */
static struct place place(int ttl)
{
	return (struct place){.known = ttl >= 0,
			      .ttl = ttl < 0 ? 0 : (unsigned)ttl};
}

static struct report *found(const char *id, int after, int at)
{
	struct report *r = a_run(STATUS_BLOCKED);
	const struct finding_kind *kind = finding_kind(id);

	assert_non_null(kind);
	*ARENA_PUSH(arena, r->findings, r->finding_count) =
		(struct finding){.kind = kind,
				 .effect = kind->effect,
				 .after = place(after),
				 .at = place(at)};
	return r;
}

static enum news run(const struct report *r)
{
	const struct watched w = watched_of(r);

	return subject_take(&subject, &w, &change);
}

static void quiet(const struct report *r)
{
	assert_int_equal(run(r), NEWS_NONE);
}

/* Told when the second run shows it. */
static void told(const struct report *first, const struct report *second,
		 unsigned what)
{
	assert_int_equal(run(first), NEWS_UNSURE);
	assert_int_equal(run(second), NEWS_CHANGE);
	assert_int_equal(change.what, what);
}

static void says(const char *text)
{
	assert_string_equal(change_phrase(arena, &change), text);
}

#define BEGINS(r) assert_int_equal(run(r), NEWS_BEGINS)

/* --- verdicts ------------------------------------------------------------- */

static void test_verdict(void **state)
{
	struct report *first, *second;

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	quiet(a_run(STATUS_CLEAR));
	first = found("mp_capable.removed", 3, 4);
	second = found("mp_capable.removed", 3, 4);
	told(first, second, CHANGED_VERDICT);
	says("clear -> blocked: mp_capable.removed at or between hop 3 and "
	     "hop 4");
	assert_int_equal(change.since_us, 2000000);
	assert_int_equal(change.now.time_us, 4000000);
	quiet(found("mp_capable.removed", 3, 4));
	told(a_run(STATUS_CLEAR), a_run(STATUS_CLEAR), CHANGED_VERDICT);
	says("blocked -> clear");
}

static void test_one_run_is_none(void **state)
{
	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	assert_int_equal(run(a_run(STATUS_UNREACHABLE)), NEWS_UNSURE);
	quiet(a_run(STATUS_CLEAR));
	/* what was forgotten needs two again */
	told(a_run(STATUS_UNREACHABLE), a_run(STATUS_UNREACHABLE),
	     CHANGED_VERDICT);
	says("clear -> unreachable: a sentence");
}

static void test_two_others_are_none(void **state)
{
	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	assert_int_equal(run(a_run(STATUS_UNREACHABLE)), NEWS_UNSURE);
	assert_int_equal(run(a_run(STATUS_UNSUPPORTED)), NEWS_UNSURE);
	assert_int_equal(run(a_run(STATUS_UNSUPPORTED)), NEWS_CHANGE);
	says("clear -> unsupported");
}

static void test_interrupted(void **state)
{
	struct report *first = a_run(STATUS_CLEAR),
		      *second = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	first->interrupted = second->interrupted = true;
	second->interruption = "eth0 is down\n\x1b[2J";
	told(first, second, CHANGED_VERDICT);
	says("clear -> undetermined: the run was interrupted");
	quiet(second);
}

static void test_failed(void **state)
{
	const struct watched failed = watched_failed(9, "no route");

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	assert_int_equal(subject_take(&subject, &failed, &change), NEWS_UNSURE);
	assert_int_equal(subject_take(&subject, &failed, &change), NEWS_CHANGE);
	says("clear -> undetermined: no route");
	assert_true(address_equal(&change.now.target, &change.was.target));
	assert_int_equal(subject_take(&subject, &failed, &change), NEWS_NONE);
	told(a_run(STATUS_CLEAR), a_run(STATUS_CLEAR), CHANGED_VERDICT);
	says("undetermined -> clear");
}

/* What others wrote goes to terminals and into commands. */
static void test_words_of_others(void **state)
{
	const struct watched w = watched_failed(1, "a\x1b]0;b\xff\n\x7f");

	(void)state;
	assert_string_equal(w.why, "a?]0;b???");
}

static void test_long_words(void **state)
{
	char text[3 * WATCHED_WHY];
	struct watched w;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	w = watched_failed(1, text);
	assert_int_equal(strlen(w.why), WATCHED_WHY - 1);
}

/* --- findings and their places -------------------------------------------- */

static void test_other_finding(void **state)
{
	(void)state;
	BEGINS(found("mp_capable.removed", 3, 4));
	told(found("dss.removed", 3, 4), found("dss.removed", 3, 4),
	     CHANGED_FINDINGS);
	says("blocked: dss.removed at or between hop 3 and hop 4; it was "
	     "mp_capable.removed at or between hop 3 and hop 4");
}

static void test_harmless(void **state)
{
	struct report *r = found("tcp.mss_changed", 1, 2);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	r->status = STATUS_CLEAR;
	quiet(r);
}

static void test_place(void **state)
{
	(void)state;
	BEGINS(found("mp_capable.removed", 3, 4));
	/* a bracket that is wider, narrower or not known holds it as well */
	quiet(found("mp_capable.removed", 2, 4));
	quiet(found("mp_capable.removed", 1, 5));
	quiet(found("mp_capable.removed", -1, -1));
	quiet(found("mp_capable.removed", 1, -1));
	quiet(found("mp_capable.removed", -1, 5));
	/* hop 4 quoted it, and now quotes what was sent */
	told(found("mp_capable.removed", 4, 5),
	     found("mp_capable.removed", 4, 5), CHANGED_PLACE);
	says("blocked: mp_capable.removed at or between hop 4 and hop 5; it "
	     "was mp_capable.removed at or between hop 3 and hop 4");
	told(found("mp_capable.removed", 1, 2),
	     found("mp_capable.removed", -1, 2), CHANGED_PLACE);
	says("blocked: mp_capable.removed at or between hop 1 and hop 2; it "
	     "was mp_capable.removed at or between hop 4 and hop 5");
}

/* What several runs show of it together. */
static void test_place_narrows(void **state)
{
	(void)state;
	BEGINS(found("mp_capable.removed", 1, -1));
	quiet(found("mp_capable.removed", -1, 4));
	quiet(found("mp_capable.removed", 2, 5));
	told(found("mp_capable.removed", 4, 5),
	     found("mp_capable.removed", 4, 5), CHANGED_PLACE);
	says("blocked: mp_capable.removed at or between hop 4 and hop 5; it "
	     "was mp_capable.removed at or between hop 2 and hop 4");
}

/* A file may say anything: what cannot be is not known, and is no change. */
static void test_no_bracket(void **state)
{
	(void)state;
	BEGINS(found("mp_capable.removed", 4, 3));
	quiet(found("mp_capable.removed", 4, 3));
	quiet(found("mp_capable.removed", 3, 3));
	quiet(found("mp_capable.removed", 1, 2));
}

static void test_places_in_words(void **state)
{
	struct watched w = watched_of(found("mp_capable.removed", -1, 4));

	(void)state;
	assert_string_equal(watched_phrase(arena, &w),
			    "blocked: mp_capable.removed at hop 4 or before "
			    "it");
	w = watched_of(found("mp_capable.removed", 3, -1));
	w.findings[0].after.address = address("10.0.3.2");
	assert_string_equal(watched_phrase(arena, &w),
			    "blocked: mp_capable.removed at hop 3 (10.0.3.2) "
			    "or beyond it");
	w = watched_of(found("mp_capable.removed", -1, -1));
	assert_string_equal(watched_phrase(arena, &w),
			    "blocked: mp_capable.removed");
}

/* One of a newer version, and more of them than are kept. */
static void test_strange_findings(void **state)
{
	static const struct finding_kind strange = {.id = "x.y"};
	struct report *r = a_run(STATUS_BLOCKED);
	struct watched w;

	(void)state;
	ARENA_PUSH(arena, r->findings, r->finding_count)->kind = &strange;
	for (size_t i = 0; i < finding_kind_count; i++)
		ARENA_PUSH(arena, r->findings, r->finding_count)->kind =
			&finding_kinds[i];
	w = watched_of(r);
	assert_int_equal(w.finding_count, WATCHED_FINDINGS);
	assert_ptr_equal(w.findings[0].kind, &finding_kinds[0]);
}

/* --- the path ------------------------------------------------------------- */

static void test_other_hop(void **state)
{
	struct report *first = a_run(STATUS_CLEAR),
		      *second = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	answer(first, 2, "10.9.0.1");
	answer(second, 2, "10.9.0.1");
	silence(second, 3);
	told(first, second, CHANGED_PATH);
	says("clear; path: hop 2 is 10.9.0.1, was 10.0.2.2");
	quiet(first);
}

static void test_silent_hops(void **state)
{
	struct report *r = a_run(STATUS_CLEAR), *other = a_run(STATUS_CLEAR);

	(void)state;
	silence(r, 2);
	silence(r, 3);
	BEGINS(r);
	quiet(a_run(STATUS_CLEAR));
	quiet(r);
	/* that hop 2 was silent meanwhile makes nobody forget it */
	answer(other, 2, "10.9.0.1");
	told(other, other, CHANGED_PATH);
}

static void test_balanced(void **state)
{
	struct report *both = a_run(STATUS_CLEAR), *other = a_run(STATUS_CLEAR),
		      *third = a_run(STATUS_CLEAR);

	(void)state;
	balance(both, 2, "10.9.0.1");
	answer(other, 2, "10.9.0.1");
	answer(third, 2, "10.9.0.7");
	BEGINS(a_run(STATUS_CLEAR));
	/* no run has shown both yet: this may be another path */
	assert_int_equal(run(other), NEWS_UNSURE);
	quiet(both);
	quiet(other);
	quiet(a_run(STATUS_CLEAR));
	told(third, third, CHANGED_PATH);
	says("clear; path: hop 2 is 10.9.0.7, was 10.0.2.2 or 10.9.0.1");
}

static void test_length(void **state)
{
	struct report *r = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	r->path_length = 4;
	quiet(r); /* the target did not answer to the sweep */
	r->path[3].is_target = true;
	told(r, r, CHANGED_PATH);
	says("clear; path: the server is 4 hops away, was 5");
}

static void test_many_hops(void **state)
{
	struct report *r = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	for (unsigned i = 1; i <= 4; i++)
		answer(r, i, arena_printf(arena, "10.9.%u.1", i));
	r->path[4].ttl = 6;
	told(r, r, CHANGED_PATH);
	says("clear; path: the server is 6 hops away, was 5; hop 1 is "
	     "10.9.1.1, was 10.0.1.2; hop 2 is 10.9.2.1, was 10.0.2.2; hop 3 "
	     "is 10.9.3.1, was 10.0.3.2; and 1 more");
}

/* Round robin of a name: another server, by another path. */
static void test_other_server(void **state)
{
	struct report *r = a_run(STATUS_CLEAR), *again = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	r->target = again->target = address("10.7.0.2");
	answer(r, 2, "10.9.0.1");
	quiet(r);
	quiet(a_run(STATUS_CLEAR));
	quiet(r);
	told(again, again, CHANGED_PATH); /* to that server it is one */
}

/* A gap hides no change of the path. */
static void test_path_behind_a_gap(void **state)
{
	struct report *gap = a_run(STATUS_UNDETERMINED),
		      *r = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	answer(gap, 3, "10.9.0.9");
	told(gap, gap, CHANGED_VERDICT);
	answer(r, 2, "10.9.0.1");
	told(r, r, CHANGED_VERDICT | CHANGED_PATH);
	says("undetermined -> clear; path: hop 2 is 10.9.0.1, was 10.0.2.2");
}

static void test_path_stays_known(void **state)
{
	struct report *r = found("mp_capable.removed", 1, 2),
		      *other = a_run(STATUS_CLEAR);

	(void)state;
	BEGINS(a_run(STATUS_CLEAR));
	silence(r, 3);
	r->path_length = 4;
	told(r, r, CHANGED_VERDICT);
	answer(other, 3, "10.9.0.1");
	told(other, other, CHANGED_VERDICT | CHANGED_PATH);
	says("blocked -> clear; path: hop 3 is 10.9.0.1, was 10.0.3.2");
}

/* Files hold what anybody wrote. */
static void test_strange_paths(void **state)
{
	struct report *r = a_run(STATUS_CLEAR);
	struct watched w;

	(void)state;
	r->path[0].ttl = 0;
	r->path[1].ttl = WATCHED_HOPS + 1;
	r->path[2].ttl = WATCHED_HOPS;
	for (unsigned i = 0; i < 3 * WATCHED_RESPONDERS; i++)
		balance(r, 3, arena_printf(arena, "10.9.0.%u", i));
	w = watched_of(r);
	assert_int_equal(w.hops[0].count, 0);
	assert_int_equal(w.hops[WATCHED_HOPS - 1].count, WATCHED_RESPONDERS);
}

static void test_unwatched(void **state)
{
	(void)state;
	setenv("TZ", "UTC-1", 1);
	BEGINS(a_run(STATUS_CLEAR));
	told(a_run(STATUS_UNSUPPORTED), a_run(STATUS_UNSUPPORTED),
	     CHANGED_VERDICT);
	change.unwatched = true;
	says("clear -> unsupported; some time since 1970-01-01 01:00:01 "
	     "+0100");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_verdict),
		TEST(test_one_run_is_none),
		TEST(test_two_others_are_none),
		TEST(test_interrupted),
		TEST(test_failed),
		TEST(test_words_of_others),
		TEST(test_long_words),
		TEST(test_other_finding),
		TEST(test_harmless),
		TEST(test_place),
		TEST(test_place_narrows),
		TEST(test_no_bracket),
		TEST(test_places_in_words),
		TEST(test_strange_findings),
		TEST(test_other_hop),
		TEST(test_silent_hops),
		TEST(test_balanced),
		TEST(test_length),
		TEST(test_many_hops),
		TEST(test_other_server),
		TEST(test_path_behind_a_gap),
		TEST(test_path_stays_known),
		TEST(test_strange_paths),
		TEST(test_unwatched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
