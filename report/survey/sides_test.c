/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where on the paths from three vantage points something interferes, as far as
 * hops tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/print/text.h"
#include "report/survey/sides.h"
#include "tests/page.h"

/* What one vantage point says of four targets, 192.0.2.0 on. */
static const char *finding_bounds = "", *bounds_without_place = "";

struct said {
	const char *classes; /* "1sp" as below; P: p, not probed */
	const char *finding; /* of each that is not clear; NULL: not probed */
	const char *after, *at; /* "": not known; "t": the target */
	const char *path;	/* "10.0.0.1 10.0.0.2"; NULL: not probed */
};

static const char *class_of(char letter)
{
	return letter == '1'			? "v1"
	       : letter == 'p' || letter == 'P' ? "plain"
	       : letter == 's'			? "listener_behind_strip"
	       : letter == 'd'			? "capable_dropped"
						: "silent";
}

static void put_place(FILE *f, const char *name, const char *address,
		      unsigned target)
{
	fprintf(f, ",\"%s\":", name);
	if (!*address)
		fputs("null", f);
	else if (*address == 't')
		fprintf(f, "{\"ttl\":9,\"address\":\"192.0.2.%u\"}", target);
	else
		fprintf(f, "{\"ttl\":2,\"address\":\"%s\"}", address);
}

static void put_path(FILE *f, const char *path)
{
	const char *comma = "";

	fputs(",\"path\":[", f);
	while (*path) {
		size_t n = strcspn(path, " ");

		fprintf(f,
			"%s{\"ttl\":1,\"address\":\"%.*s\",\"is_target\":%s}",
			comma, (int)n, path, *path == 't' ? "true" : "false");
		path += n + (path[n] != '\0');
		comma = ",";
	}
	fputs("]", f);
}

/* What is harmless, or on the way back, is of no concern. */
static void put_probe(FILE *f, const struct said *s, unsigned target)
{
	bool found = s->finding && *s->finding;

	fprintf(f,
		",\"probe\":{\"verdict\":{\"status\":\"%s\"},\"findings\":["
		"{\"id\":\"ip.translated\",\"effect\":\"harmless\",\"after\":{"
		"\"ttl\":1,\"address\":\"10.9.9.9\"}},{\"id\":\"dss.removed\","
		"\"effect\":\"blocks\",\"direction\":\"return\"}",
		found ? "blocked" : "clear");
	if (found) {
		fprintf(f, ",{\"id\":\"%s\",\"effect\":\"blocks\"", s->finding);
		put_place(f, "after", s->after, target);
		put_place(f, "at", s->at, target);
		fprintf(f, ",\"bounds\":\"%s\"",
			*s->after || *s->at ? finding_bounds
					    : bounds_without_place);
		fputs("}", f);
	}
	fputs("]", f);
	put_path(f, s->path);
	fputs("}", f);
}

static FILE *results(const struct said *s)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	for (unsigned i = 0; s->classes[i]; i++) {
		if (s->classes[i] == ' ')
			continue;
		fprintf(f,
			"{\"target\":{\"address\":\"192.0.2.%u\",\"port\":80},"
			"\"class\":\"%s\"",
			i, class_of(s->classes[i]));
		if (s->path && s->classes[i] != 'P')
			put_probe(f, s, i);
		fputs("}\n", f);
	}
	return f;
}

static struct arena *arena;
static struct contrast contrast;
static struct sides sides;

/* Judges what three say, until done(). */
static void judge_three(const struct said said[3])
{
	static const char *const names[] = {"A", "B", "C"};
	FILE *files[3];

	arena = arena_new();
	for (unsigned i = 0; i < 3; i++)
		files[i] = results(&said[i]);
	contrast_read(&contrast, names, files, 3);
	sides_judge(&contrast, arena, &sides);
	for (unsigned i = 0; i < 3; i++)
		fclose(files[i]);
}

static void done(void)
{
	contrast_free(&contrast);
	arena_free(arena);
}

static void assert_near(size_t vantage, const char *words)
{
	assert_string_equal(
		side_near_words(&contrast, arena, &sides.near[vantage]), words);
}

static void assert_row(enum contrast_side side, const char *words)
{
	assert_int_equal(sides.count, 1);
	assert_int_equal(sides.rows[0].side, side);
	assert_string_equal(
		arena_printf(arena, "%s: %s", sides.rows[0].id,
			     side_row_words(&contrast, arena, &sides.rows[0])),
		words);
}

#define REMOVED "mp_capable.removed"
#define CLEAR_C                                                                \
	{                                                                      \
		"1111", "", "", "", "10.3.0.1 10.5.0.1 10.6.0.1"               \
	}

static void test_none(void **state)
{
	(void)state;
	judge_three(
		(const struct said[]){{"1111", "", "", "", "10.1.0.1 10.5.0.1"},
				      {"1111", "", "", "", "10.2.0.1 10.5.0.1"},
				      CLEAR_C});
	for (size_t v = 0; v < 3; v++)
		assert_near(v, "");
	assert_int_equal(sides.count, 0);
	done();
}

#define NEAR_A                                                                 \
	{                                                                      \
		"pppp", REMOVED, "10.1.0.1", "10.1.0.2",                       \
			"10.1.0.1 10.1.0.2 10.5.0.1 t"                         \
	}

static void test_near_vantage(void **state)
{
	(void)state;
	judge_three((const struct said[]){
		NEAR_A, {"1111", "", "", "", "10.2.0.1 10.5.0.1"}, CLEAR_C});
	assert_near(0, "All of them plain: what does that is near this vantage "
		       "point. Near this vantage point: mp_capable.removed, at "
		       "or between hop 10.1.0.1 and hop 10.1.0.2, towards all "
		       "4 targets that tell; not from B and C.");
	assert_near(1, "");
	assert_near(2, "");
	assert_int_equal(sides.count, 0);
	done();
	/* so it is of two, each by hops of its own */
	judge_three((const struct said[]){
		NEAR_A,
		{"pppp", REMOVED, "10.2.0.1", "10.2.0.2", "10.2.0.1 10.2.0.2"},
		CLEAR_C});
	assert_non_null(sides.near[0].id);
	/* where the target is, is not known: it may be as far */
	assert_near(1,
		    "On all ways from this vantage point: mp_capable.removed, "
		    "at or between hop 10.2.0.1 and hop 10.2.0.2, towards all "
		    "4 targets that tell; not from C; elsewhere from A.");
	assert_null(sides.near[2].id);
	assert_int_equal(sides.count, 0);
	done();
}

/* Of those that are plain, few are probed: classes tell the same as without
 * probes, and these where. */
static void test_few_probed(void **state)
{
	struct said said[] = {{"pPPP", REMOVED, "10.1.0.1", "10.1.0.2",
			       "10.1.0.1 10.1.0.2 10.5.0.1 t"},
			      {"1111", "", "", "", "10.2.0.1 10.5.0.1"},
			      CLEAR_C};

	(void)state;
	judge_three(said);
	assert_near(0, "All of them plain: what does that is near this vantage "
		       "point. Near this vantage point: mp_capable.removed, at "
		       "or between hop 10.1.0.1 and hop 10.1.0.2, towards the "
		       "one target that tells; not from B and C.");
	assert_int_equal(sides.count, 0);
	done();
	/* no more so if one speaks it */
	said[0].classes = "pPP1";
	judge_three(said);
	assert_near(0, "");
	assert_int_equal(sides.count, 1);
	done();
	/* or if B goes there as well */
	said[0].classes = "pPPP";
	said[1].path = "10.1.0.2 10.5.0.1";
	judge_three(said);
	assert_near(0, "");
	assert_int_equal(sides.count, 1);
	done();
	/* and of another finding, classes say nothing */
	said[1].path = "10.2.0.1 10.5.0.1";
	said[0].finding = "mp_join.dropped";
	judge_three(said);
	assert_near(0, "All of them plain: what does that is near this vantage "
		       "point.");
	done();
}

/* All targets may be in one network, and what interferes at its edge. */
static void test_far(void **state)
{
	(void)state;
	judge_three(
		(const struct said[]){{"pppp", REMOVED, "10.1.0.1", "10.1.0.2",
				       "10.1.0.1 10.1.0.2 t"},
				      {"1111", "", "", "", "10.2.0.1 10.5.0.1"},
				      CLEAR_C});
	assert_near(0,
		    "On all ways from this vantage point: mp_capable.removed, "
		    "at or between hop 10.1.0.1 and hop 10.1.0.2, towards all "
		    "4 targets that tell; not from B and C.");
	assert_int_equal(sides.count, 0);
	done();
}

/* Where one of four shows nothing, it is no longer near. */
static void test_not_all(void **state)
{
	const struct said some[] = {
		{"ppp", REMOVED, "10.1.0.1", "10.1.0.2", "10.1.0.1 10.1.0.2"},
		{"1111", "", "", "", "10.2.0.1 10.5.0.1"},
		CLEAR_C};
	const struct said two[] = {
		{"pp", REMOVED, "10.1.0.1", "10.1.0.2", "10.1.0.1 10.1.0.2"},
		{"1111", "", "", "", "10.2.0.1 10.5.0.1"},
		CLEAR_C};

	(void)state;
	judge_three(some);
	assert_non_null(sides.near[0].id);
	done();
	judge_three(two);
	assert_near(0, "");
	assert_row(SIDE_WAY,
		   "mp_capable.removed: at or between hop 10.1.0.1 and hop "
		   "10.1.0.2: towards 2 targets, from A; not from B and C");
	done();
}

static void test_near_server(void **state)
{
	(void)state;
	judge_three((const struct said[]){
		{"pppp", REMOVED, "10.6.0.1", "t", "10.1.0.1 10.6.0.1"},
		{"pppp", REMOVED, "10.6.0.2", "t", "10.2.0.1 10.6.0.2"},
		{"pppp", REMOVED, "10.6.0.1", "t", "10.3.0.1 10.6.0.1"}});
	for (size_t v = 0; v < 3; v++)
		assert_near(v, "");
	assert_row(SIDE_SERVER, "mp_capable.removed: at the target or before "
				"it: towards 4 targets, from A, B and C");
	done();
}

/* Its target quotes nothing: what is behind the last hop is right before it,
 * but only if that is the last. */
static void test_behind_last_hop(void **state)
{
	const struct said last = {"pppp", REMOVED, "10.6.0.1", "",
				  "10.1.0.1 10.6.0.1 t"};
	const struct said not_last = {"pppp", REMOVED, "10.6.0.1", "",
				      "10.1.0.1 10.6.0.1 10.7.0.1 t"};
	const struct said ended = {"pppp", REMOVED, "10.6.0.1", "",
				   "10.1.0.1 10.6.0.1"};

	(void)state;
	judge_three((const struct said[]){last, last, last});
	assert_row(SIDE_SERVER, "mp_capable.removed: at hop 10.6.0.1 or beyond "
				"it: towards 4 targets, from A, B and C");
	done();
	judge_three((const struct said[]){last, not_last, last});
	assert_int_equal(sides.rows[0].side, SIDE_SHARED);
	done();
	judge_three((const struct said[]){last, ended, last});
	assert_int_equal(sides.rows[0].side, SIDE_SHARED);
	done();
	judge_three((const struct said[]){last, last, CLEAR_C});
	assert_int_equal(sides.rows[0].side, SIDE_SHARED);
	done();
}

/* No hop shows a change: it may be on the way back, so the last hop is not
 * accused, least where others go by it and nothing is; nor is a hop before it
 * that is one of another vantage point. */
static void test_intact_to_last_hop(void **state)
{
	const struct said intact = {"1111", "dss.removed", "", "",
				    "10.2.0.1 10.5.0.1 10.6.0.1 t"};
	const struct said placed = {"1111", "dss.removed", "10.1.0.1",
				    "10.5.0.1", "10.1.0.1 10.5.0.1 10.6.0.1 t"};
	struct said other = placed;

	(void)state;
	bounds_without_place = "last_hop";
	judge_three((const struct said[]){intact, intact, CLEAR_C});
	assert_row(SIDE_SOME, "dss.removed: towards 4 targets; where is "
			      "not known, from A and B; not from C");
	done();
	judge_three((const struct said[]){placed, intact, CLEAR_C});
	assert_row(SIDE_WAY, "dss.removed: at or between hop 10.1.0.1 "
			     "and hop 10.5.0.1: towards 4 targets, from A; "
			     "also, where is not known, from B; not, though by "
			     "that hop as well, from C");
	done();
	/* what may be behind it, or is at the last hop, may be the same */
	other.after = "10.5.0.1";
	other.at = "";
	judge_three((const struct said[]){other, intact, CLEAR_C});
	assert_int_equal(sides.rows[0].side, SIDE_SHARED);
	done();
	other.at = "10.6.0.1";
	judge_three((const struct said[]){other, intact, CLEAR_C});
	assert_int_equal(sides.rows[0].side, SIDE_SHARED);
	done();
	bounds_without_place = "";
}

static void test_shared(void **state)
{
	(void)state;
	judge_three((const struct said[]){
		{"pppp", REMOVED, "10.5.0.1", "10.6.0.1",
		 "10.1.0.1 10.5.0.1 10.6.0.1"},
		{"pppp", REMOVED, "10.5.0.1", "10.6.0.1",
		 "10.2.0.1 10.5.0.1 10.6.0.1"},
		{"1111", "", "", "", "10.3.0.1 10.7.0.1"}});
	for (size_t v = 0; v < 3; v++)
		assert_near(v, "");
	assert_row(SIDE_SHARED,
		   "mp_capable.removed: at or between hop 10.5.0.1 and hop "
		   "10.6.0.1: towards 4 targets, from A and B; not from C");
	done();
}

/* Who goes by the hop before what answers in the name of targets does not go by
 * that; else it may be that hop, too. */
static void test_answerer(void **state)
{
	const struct said said[] = {{"1111", "tcp.terminated", "10.5.0.1",
				     "10.6.0.1", "10.1.0.1 10.5.0.1 10.6.0.1"},
				    {"1111", "", "", "", "10.2.0.1 10.5.0.1"},
				    {"1111", "", "", "", "10.3.0.1 10.7.0.1"}};

	(void)state;
	finding_bounds = "answerer";
	judge_three(said);
	assert_near(0, "On all ways from this vantage point: tcp.terminated, "
		       "at hop 10.6.0.1 or before it, towards all 4 targets "
		       "that tell; not from B and C.");
	done();
	finding_bounds = "";
	judge_three(said);
	assert_near(0, "");
	assert_row(SIDE_WAY,
		   "tcp.terminated: at or between hop 10.5.0.1 and hop "
		   "10.6.0.1: towards 4 targets, from A; not from C; not, "
		   "though by that hop as well, from B");
	done();
}

/* Only what their brackets have in common is said of both. */
static void test_shared_behind(void **state)
{
	(void)state;
	judge_three((const struct said[]){
		{"pppp", REMOVED, "10.1.0.1", "10.6.0.1", "10.1.0.1 10.6.0.1"},
		{"pppp", REMOVED, "10.2.0.1", "10.6.0.1", "10.2.0.1 10.6.0.1"},
		{"1111", "", "", "", "10.3.0.1 10.6.0.1"}});
	assert_row(SIDE_SHARED, "mp_capable.removed: at hop 10.6.0.1 or before "
				"it: towards 4 targets, from A and B; not, "
				"though by that hop as well, from C");
	done();
}

/* One has no hops: where it is from there is not known, and it is said. */
static void test_no_hops(void **state)
{
	(void)state;
	judge_three((const struct said[]){
		{"pppp", REMOVED, "10.5.0.1", "10.6.0.1", "10.5.0.1 10.6.0.1"},
		{"ssss", NULL, "", "", NULL},
		{"    ", NULL, "", "", NULL}});
	/* it may be near A, and near B another one */
	assert_near(0, "");
	assert_true(sides_lack_hops(&contrast, 1));
	assert_false(sides_lack_hops(&contrast, 0));
	/* a probe that needed no hops is not asked for again */
	contrast.probed[1] = true;
	assert_false(sides_lack_hops(&contrast, 1));
	assert_row(SIDE_ALL, "mp_capable.removed: at or between hop 10.5.0.1 "
			     "and hop 10.6.0.1: towards 4 targets, from A; "
			     "also, where is not known, from B");
	done();
	/* nor is it if B shows another finding, by its class */
	judge_three((const struct said[]){
		{"pppp", REMOVED, "10.5.0.1", "10.6.0.1", "10.5.0.1 10.6.0.1"},
		{"dddd", NULL, "", "", NULL},
		{"    ", NULL, "", "", NULL}});
	assert_near(0, "");
	assert_row(
		SIDE_ALONE,
		"mp_capable.removed: at or between hop 10.5.0.1 and hop "
		"10.6.0.1: towards 4 targets, from A; nothing is known from B");
	done();
}

static const struct said *of_strip(struct said out[3], const char *path_of_b)
{
	out[0] = (struct said){"pppp", REMOVED, "10.5.0.1", "10.6.0.1",
			       "10.5.0.1 10.6.0.1"};
	out[1] = (struct said){"pppp", REMOVED, "", "", path_of_b};
	out[2] = (struct said){"pppp", NULL, "", "", NULL};
	return out;
}

/* It shows from both, where is known from one: at the same hop if the other
 * goes there as well, else nobody knows. */
static void test_unplaced(void **state)
{
	struct said said[3];

	(void)state;
	judge_three(of_strip(said, "10.2.0.1"));
	assert_near(0, "");
	assert_row(SIDE_ALL,
		   "mp_capable.removed: at or between hop 10.5.0.1 and hop "
		   "10.6.0.1: towards 4 targets, from A; also, where is not "
		   "known, from B; nothing is known from C");
	done();
	judge_three(of_strip(said, "10.2.0.1 10.5.0.1"));
	assert_row(SIDE_SHARED,
		   "mp_capable.removed: at or between hop 10.5.0.1 and hop "
		   "10.6.0.1: towards 4 targets, from A; also, where is not "
		   "known, from B; nothing is known from C");
	done();
}

/* Joins are no matter of classes: who was not probed tells nothing of them. */
static void test_joins(void **state)
{
	(void)state;
	judge_three((const struct said[]){{"11", "mp_join.dropped", "10.1.0.1",
					   "10.1.0.2", "10.1.0.1 10.1.0.2"},
					  {"11", NULL, "", "", NULL},
					  {"11", "", "", "", "10.3.0.1"}});
	assert_row(SIDE_WAY, "mp_join.dropped: at or between hop 10.1.0.1 and "
			     "hop 10.1.0.2: towards 2 targets, from A; not "
			     "from C; nothing is known from B");
	done();
}

/* This host is no hop, and of who was asked from one place nothing is said. */
static void test_alone(void **state)
{
	(void)state;
	judge_three((const struct said[]){
		{"pppp", REMOVED, "10.1.0.1", "10.1.0.2", "10.1.0.1 10.1.0.2"},
		{"    ", NULL, "", "", NULL},
		{"    ", NULL, "", "", NULL}});
	assert_near(0, "");
	assert_int_equal(sides.count, 0);
	done();
}

static void test_page(void **state)
{
	char *text;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	judge_three((const struct said[]){
		{"pp", REMOVED, "10.5.0.1", "10.6.0.1", "10.5.0.1 10.6.0.1"},
		{"pp", REMOVED, "10.5.0.1", "10.6.0.1", "10.5.0.1 10.6.0.1"},
		{"11", NULL, "", "", NULL}});
	assert_int_equal(text_contrast(&page, &contrast), 0);
	page_done(&page);
	assert_string_equal(
		text,
		"Targets that speak MPTCP from elsewhere, as seen from\n"
		"  A: 2 targets: 2 plain\n"
		"  B: 2 targets: 2 plain\n"
		"  C: 0 targets\n"
		"Interfered with at a hop that several vantage points share\n"
		"  mp_capable.removed: at or between hop 10.5.0.1 and hop "
		"10.6.0.1: towards 2\n"
		"    targets, from A and B; not from C\n"
		"  192.0.2.0 port 80: plain plain v1\n"
		"  192.0.2.1 port 80: plain plain v1\n");
	free(text);
	done();
}

/* Each target its own place. */
static void test_many_places(void **state)
{
	static const char *const names[] = {"A", "B"};
	FILE *files[] = {tmpfile(), tmpfile()};
	char *text;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	for (unsigned i = 0; i < 25; i++) {
		fprintf(files[0],
			"{\"target\":{\"address\":\"192.0.2.%u\",\"port\":80},"
			"\"class\":\"plain\",\"probe\":{\"findings\":[{\"id\":"
			"\"" REMOVED "\",\"effect\":\"blocks\",\"after\":{"
			"\"ttl\":2,\"address\":\"10.0.%u.1\"}}],\"path\":[]}}"
			"\n",
			i, i);
		fprintf(files[1],
			"{\"target\":{\"address\":\"192.0.2.%u\",\"port\":80},"
			"\"class\":\"v1\"}\n",
			i);
	}
	arena = arena_new();
	contrast_read(&contrast, names, files, 2);
	sides_judge(&contrast, arena, &sides);
	assert_int_equal(sides.count, 25);
	assert_int_equal(sides_rows(&sides, 0), 25);
	assert_int_equal(sides_rows(&sides, 20), 5);
	assert_int_equal(text_contrast(&page, &contrast), 0);
	page_done(&page);
	assert_non_null(strstr(text, "  192.0.2.0 port 80: plain v1\n"));
	assert_non_null(
		strstr(text, "  and at 5 places more: --csv has them all\n"));
	free(text);
	done();
	for (unsigned i = 0; i < 2; i++)
		fclose(files[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_near_vantage),
		cmocka_unit_test(test_few_probed),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_not_all),
		cmocka_unit_test(test_near_server),
		cmocka_unit_test(test_behind_last_hop),
		cmocka_unit_test(test_intact_to_last_hop),
		cmocka_unit_test(test_answerer),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_behind),
		cmocka_unit_test(test_no_hops),
		cmocka_unit_test(test_unplaced),
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_many_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
