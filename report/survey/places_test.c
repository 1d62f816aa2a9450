/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/origin_table.h"
#include "report/print/text.h"
#include "report/survey/places.h"

static void add(struct survey_places *p, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);

	assert_non_null(line);
	places_add(p, line);
	json_decref(line);
}

/* A target behind hops 10.0.1.2 and HOP2, with these findings. */
static void add_target(struct survey_places *p, const char *target,
		       const char *hop2, const char *status,
		       const char *findings)
{
	char text[3000];

	snprintf(text, sizeof(text),
		 "{\"target\":{\"address\":\"%s\"},\"probe\":{"
		 "\"verdict\":{\"status\":\"%s\"},\"findings\":[%s],\"path\":["
		 "{\"ttl\":1,\"address\":\"10.0.1.2\",\"is_target\":false},"
		 "{\"ttl\":2,\"address\":\"%s\",\"is_target\":false},"
		 "{\"ttl\":3,\"address\":\"%s\",\"is_target\":true}]}}",
		 target, status, findings, hop2, target);
	add(p, text);
}

#define FINDING(id, after, at)                                                 \
	"{\"id\":\"" id "\",\"direction\":\"forward\",\"after\":{\"ttl\":1,"   \
	"\"address\":\"" after "\"},\"at\":{\"ttl\":2,\"address\":\"" at       \
	"\"}}"
#define REMOVED FINDING("mp_capable.removed", "10.0.1.2", "10.0.2.2")

static unsigned columns = 1000;

static void assert_printed(const struct survey_places *p, const char *expected)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct page page = {.width = columns};

	assert_non_null(file);
	page.out = file;
	page.arena = arena_new();
	text_places(&page, p);
	arena_free(page.arena);
	fclose(file);
	assert_string_equal(text, expected);
	free(text);
}

static struct origin_table *table(const char *text)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	unsigned long wrong;
	struct origin_table *t = origin_table_read(file, &wrong);

	fclose(file);
	assert_int_equal(wrong, 0);
	return t;
}

static void test_counts(void **state)
{
	struct survey_places p = {0};

	(void)state;
	add(&p, "{\"target\":{\"address\":\"10.1.0.1\"}}");
	assert_printed(&p, "");
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked", REMOVED);
	/* twice of one target is once */
	add_target(&p, "10.1.0.2", "10.0.2.2", "blocked", REMOVED "," REMOVED);
	/* by one end alone */
	add_target(&p, "10.1.0.3", "10.0.9.2", "clear", "");
	assert_printed(&p, "Probed: 3 targets: 2 blocked, 1 clear\n"
			   "  mp_capable.removed         at or between hop "
			   "10.0.1.2 and hop 10.0.2.2: towards 2 targets; no "
			   "other path was seen to go there\n");
	add_target(&p, "10.1.0.4", "10.0.2.2", "clear", "");
	columns = 60;
	assert_printed(&p, "Probed: 4 targets: 2 blocked, 2 clear\n"
			   "  mp_capable.removed         at or between hop "
			   "10.0.1.2 and\n"
			   "    hop 10.0.2.2: towards 2 of 3 targets whose "
			   "path was seen\n"
			   "    to go there\n");
	columns = 1000;
	assert_printed(&p, "Probed: 4 targets: 2 blocked, 2 clear\n"
			   "  mp_capable.removed         at or between hop "
			   "10.0.1.2 and hop 10.0.2.2: towards 2 of 3 targets "
			   "whose path was seen to go there\n");
	places_free(&p);
}

/* Of routers that share the load the sweep and the finding name another: it
 * goes by those of the finding. */
static void test_branches(void **state)
{
	struct survey_places p = {0};

	(void)state;
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked",
		   FINDING("mp_capable.removed", "10.0.12.2", "10.0.3.2"));
	add_target(&p, "10.1.0.2", "10.0.2.2", "blocked",
		   FINDING("mp_capable.removed", "10.0.12.2", "10.0.3.2"));
	add_target(&p, "10.1.0.3", "10.0.12.2", "blocked",
		   FINDING("mp_capable.removed", "10.0.12.2", ""));
	add_target(&p, "10.1.0.4", "10.0.2.2", "clear", "");
	assert_printed(&p, "Probed: 4 targets: 3 blocked, 1 clear\n"
			   "  mp_capable.removed         at or between hop "
			   "10.0.12.2 and hop 10.0.3.2: towards 2 targets; no "
			   "other path was seen to go there\n"
			   "  mp_capable.removed         at hop 10.0.12.2 or "
			   "beyond it: towards 1 of 3 targets whose path was "
			   "seen to go there\n");
	places_free(&p);
}

/* What answers in the name of the target is not at the hop before: as a report
 * says it. */
static void test_answerer(void **state)
{
	json_t *report = json_load_file("pcaps/zoo/relay.json", 0, NULL);
	json_t *finding =
		json_array_get(json_object_get(report, "findings"), 0);
	char *text = json_dumps(finding, 0);
	struct survey_places p = {0};

	(void)state;
	assert_true(places_is_answerer(finding));
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked", text);
	assert_printed(&p, "Probed: 1 target: 1 blocked\n"
			   "  tcp.terminated             at hop fd00:3::2 or "
			   "before it: towards 1 target; no other path was "
			   "seen to go there\n");
	places_free(&p);
	json_object_del(finding, "bounds");
	assert_false(places_is_answerer(finding));
	free(text);
	json_decref(report);
}

/* What the last hop still shows intact is done there, or beyond, or on the way
 * back: as a report says it. */
static void test_last_hop(void **state)
{
	json_t *report =
		json_load_file("pcaps/zoo/strip-data-last.json", 0, NULL);
	json_t *finding =
		json_array_get(json_object_get(report, "findings"), 0);
	char *text = json_dumps(finding, 0);
	struct origin_table *t = table("10.0.2.0/24 64500\n");
	struct survey_places p = {.origins = t};

	(void)state;
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked", text);
	add_target(&p, "10.1.0.2", "", "blocked", text);
	assert_printed(
		&p,
		"Probed: 2 targets: 2 blocked\n"
		"  dss.removed                at hop 10.0.2.2 (AS64500) or "
		"beyond it, or on the return path: towards 1 target; no other "
		"path was seen to go there\n"
		"  dss.removed                where is not known: towards 1 "
		"target\n"
		"By network (AS):\n"
		"  dss.removed                AS64500 or beyond it, or on the "
		"return path: towards 1 target; no other path was seen to go "
		"there\n"
		"  dss.removed                where is not known: towards 1 "
		"target\n");
	places_free(&p);
	origin_table_free(t);
	free(text);
	json_decref(report);
}

/* The target's own address is that of no hop; the most frequent stands
 * first. */
static void test_places(void **state)
{
	struct survey_places p = {0};

	(void)state;
	add_target(&p, "10.1.0.3", "10.0.2.2", "blocked",
		   "{\"id\":\"dss.removed\",\"direction\":\"return\","
		   "\"after\":null,\"at\":null}");
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked",
		   FINDING("tcp.terminated", "10.0.2.2", "10.1.0.1"));
	add_target(&p, "10.1.0.2", "10.0.2.2", "blocked",
		   FINDING("tcp.terminated", "10.0.2.2", "10.1.0.2"));
	assert_printed(&p, "Probed: 3 targets: 3 blocked\n"
			   "  tcp.terminated             at or between hop "
			   "10.0.2.2 and the target: towards 2 of 3 targets "
			   "whose path was seen to go there\n"
			   "  dss.removed                on the return path: "
			   "towards 1 target\n");
	places_free(&p);
}

#define TO_TARGET(target) FINDING("tcp.terminated", "10.0.2.2", target)

/* Two hops of one network, and targets of two others. */
static void test_networks(void **state)
{
	struct origin_table *t = table("10.0.1.0/24 64500 EXAMPLE Carrier\n"
				       "10.0.2.0/24 64500\n"
				       "10.1.0.0/24 64501\n");
	struct survey_places p = {.origins = t};

	(void)state;
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked", REMOVED);
	/* one network by two hops, of one target */
	add_target(&p, "10.1.0.2", "10.0.2.2", "blocked",
		   REMOVED "," FINDING("mp_capable.removed", "10.0.2.2", ""));
	add_target(&p, "10.1.0.3", "10.0.9.2", "blocked",
		   FINDING("mp_join.dropped", "10.0.9.2", "10.1.0.3"));
	add_target(&p, "10.2.0.4", "10.0.2.2", "blocked",
		   TO_TARGET("10.2.0.4"));
	assert_printed(
		&p,
		"Probed: 4 targets: 4 blocked\n"
		"  mp_capable.removed         at or between hop 10.0.1.2 "
		"(AS64500 EXAMPLE) and hop 10.0.2.2 (AS64500): towards 2 of 3 "
		"targets whose path was seen to go there\n"
		"  mp_capable.removed         at hop 10.0.2.2 (AS64500) or "
		"beyond it: towards 1 of 3 targets whose path was seen to go "
		"there\n"
		"  mp_join.dropped            at or between hop 10.0.9.2 and "
		"the target: towards 1 target; no other path was seen to go "
		"there\n"
		"  tcp.terminated             at or between hop 10.0.2.2 "
		"(AS64500) and the target: towards 1 of 3 targets whose path "
		"was seen to go there\n"
		"By network (AS):\n"
		"  mp_capable.removed         AS64500 EXAMPLE: towards 2 of 4 "
		"targets whose path was seen to go there\n"
		"  mp_capable.removed         AS64500 EXAMPLE or beyond it: "
		"towards 1 of 4 targets whose path was seen to go there\n"
		"  mp_join.dropped            a network that the table does "
		"not have or AS64501: towards 1 of 3 targets whose path was "
		"seen to go there\n"
		"  tcp.terminated             AS64500 EXAMPLE or the target's "
		"network: towards 1 target; no other path was seen to go "
		"there\n");
	places_free(&p);
	origin_table_free(t);
}

/* A table that has none of them; what is at no hop is in no network. */
static void test_no_networks(void **state)
{
	struct origin_table *t = table("192.0.2.0/24 64500\n");
	struct survey_places p = {.origins = t};

	(void)state;
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked",
		   REMOVED ",{\"id\":\"dss.removed\",\"direction\":\"return\""
			   ",\"after\":null,\"at\":null}");
	assert_printed(&p, "Probed: 1 target: 1 blocked\n"
			   "  dss.removed                on the return path: "
			   "towards 1 target\n"
			   "  mp_capable.removed         at or between hop "
			   "10.0.1.2 and hop 10.0.2.2: towards 1 target; no "
			   "other path was seen to go there\n"
			   "By network (AS):\n"
			   "  dss.removed                on the return path: "
			   "towards 1 target\n"
			   "  mp_capable.removed         a network that the "
			   "table does not have: towards 1 target\n");
	places_free(&p);
	origin_table_free(t);
}

static void test_rows(void **state)
{
	struct origin_table *t = table("10.0.1.0/24 64500 EXAMPLE\n");
	struct survey_places p = {.origins = t};
	struct arena *a = arena_new();
	struct place_row *rows;
	size_t count;

	(void)state;
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked", REMOVED);
	rows = places_rows(&p, a, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows->direction, "forward");
	assert_string_equal(rows->after, "10.0.1.2");
	assert_string_equal(rows->after_network, "AS64500");
	assert_string_equal(rows->at, "10.0.2.2");
	assert_string_equal(rows->at_network, "");
	rows = places_network_rows(&p, a, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows->after, "AS64500");
	assert_string_equal(rows->at, "?");
	places_free(&p);
	/* without a table none is told */
	add_target(&p, "10.1.0.1", "10.0.2.2", "blocked", REMOVED);
	places_network_rows(&p, a, &count);
	assert_int_equal(count, 0);
	places_free(&p);
	arena_free(a);
	origin_table_free(t);
}

/* What is no word of a report is left out, and no terminal sees it. */
static void test_hostile(void **state)
{
	struct survey_places p = {0};

	(void)state;
	add(&p, "{\"target\":3,\"probe\":{\"verdict\":[],\"findings\":["
		"{\"id\":\"\\u001b[2J\",\"direction\":7,\"after\":{\"ttl\":1,"
		"\"address\":\"a b\"}}],\"path\":[4,{\"address\":\"\\n\"}]}}");
	assert_printed(&p, "Probed: 1 target: 1\n"
			   "                             where is not known: "
			   "towards 1 target\n");
	places_free(&p);
}

static void add_verdict(struct survey_places *p, const char *status,
			const char *untested, const char *more)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "{\"target\":{\"address\":\"10.1.0.1\"},\"probe\":{"
		 "\"verdict\":{\"status\":\"%s\",\"untested\":["
		 "{\"what\":\"%s\"}]}%s}}",
		 status, untested, more);
	add(p, text);
}

/* Of clear ones only: where no sweep told the distance, and what else tells of
 * it does not say that it is the target. */
static void test_unsure(void **state)
{
	struct survey_places p = {0};
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(places_hindered(&p, arena), "");
	arena_free(arena);
	add_verdict(&p, "clear", "distance", ",\"as_far\":true");
	add_verdict(&p, "clear", "add_addr", ",\"as_far\":null");
	add_verdict(&p, "blocked", "distance", "");
	assert_int_equal(p.unsure, 0);
	add_verdict(&p, "impaired", "distance", "");
	arena = arena_new();
	assert_string_equal(places_hindered(&p, arena),
			    "Towards 2 of 4 targets that were probed MPTCP is "
			    "blocked or impaired.");
	arena_free(arena);
	assert_printed(&p,
		       "Probed: 4 targets: 2 clear, 1 blocked, 1 impaired\n");
	add_verdict(&p, "clear", "distance", ",\"as_far\":null");
	add_verdict(&p, "clear", "distance", ",\"as_far\":false");
	add_verdict(&p, "clear", "distance", "");
	assert_int_equal(p.unsure, 3);
	columns = 80;
	assert_printed(&p,
		       "Probed: 7 targets: 5 clear, 1 blocked, 1 impaired\n"
		       "  3 of the clear ones may be answered by a device that "
		       "ends TCP connections and\n"
		       "    speaks MPTCP itself: the distance of what answers "
		       "was not tested (mpprobe\n"
		       "    HOST tests it).\n");
	columns = 1000;
	places_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_branches),
		cmocka_unit_test(test_answerer),
		cmocka_unit_test(test_last_hop),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_no_networks),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unsure),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
