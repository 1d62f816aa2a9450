/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/origin_table.h"
#include "report/print/html/html.h"
#include "report/survey/contrast.h"
#include "report/survey/tables.h"
#include "tests/html.h"
#include "tests/page.h"

#define EVIL "\"><script>alert(1)</script>' onload='x' <!--&\x1b[2J\xff"

static const struct origin origin = {.command = "mpprobe survey '" EVIL "'"};

static char *page_of(const struct survey_tables *t)
{
	char *body = NULL, *text = NULL;
	size_t body_size, size;
	struct page page = page_in(&body, &body_size);
	struct page whole = page_in(&text, &size);

	page.origin = whole.origin = &origin;
	page.document = whole.document = html_open();
	assert_int_equal(html_survey(&page, t), 0);
	page_done(&page);
	assert_int_equal(html_close(&whole, body, body_size), 0);
	page_done(&whole);
	free(body);
	check_html(text);
	return text;
}

static void add(struct survey_tally *t, uint16_t port, enum survey_class class,
		unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		tally_add(t, 4, port, class);
}

static void test_one_port(void **state)
{
	struct survey_tally tally = {0};
	const struct survey_tables t = {.name = "census", .tally = &tally};
	char *text;

	(void)state;
	add(&tally, 443, CLASS_V1, 1);
	add(&tally, 443, CLASS_BEHIND_STRIP, 3);
	add(&tally, 443, CLASS_SILENT, 1996);
	text = page_of(&t);
	assert_non_null(
		strstr(text, "<h1>1 of 2,000 targets speaks MPTCP</h1>"));
	assert_non_null(strstr(text, "<h2>Port 443: 2,000 targets</h2>"));
	assert_int_equal(count(text, "<table class"), 1);
	assert_int_equal(count(text, "<tr class=\"bad\">"), 1);
	assert_int_equal(count(text, "class=\"bar\""), 3);
	assert_non_null(strstr(text, "MPTCP, but MP_CAPABLE is removed<br>"
				     "<code>listener_behind_strip</code>"));
	assert_null(strstr(text, "<code>mirror</code>"));
	/* 1996 of 2000, of 240 px; and Wilson's interval */
	assert_non_null(strstr(text, "<td class=\"n\">99.80 %</td>"
				     "<td class=\"n\">99.49 to 99.92 %</td>"));
	assert_non_null(strstr(text, "class=\"share\" width=\"239.5\""));
	assert_non_null(strstr(text, "d=\"M238.8 7H239.8\""));
	assert_int_equal(count(text, ">Share</th>"), 1);
	/* nothing to go to, to tell or to be read again */
	assert_null(strstr(text, "<nav"));
	assert_null(strstr(text, "class=\"facts\""));
	assert_null(strstr(text, "as JSON"));
	assert_null(strstr(text, "application/json"));
	assert_null(strstr(text, "none of a survey"));
	free(text);
	tally_free(&tally);
}

static void test_ports(void **state)
{
	struct survey_tally tally = {.faults = {.bad_lines = 3}};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	char *text;

	(void)state;
	add(&tally, 80, CLASS_V1, 2);
	add(&tally, 443, CLASS_V0, 2);
	text = page_of(&t);
	assert_non_null(strstr(text, "<h1>4 of 4 targets speak MPTCP</h1>"));
	assert_int_equal(count(text, "<table class"), 3);
	assert_int_equal(count(text, "<a href=\"#part-"), 3);
	assert_non_null(strstr(text, "<h2>All ports: 4 targets</h2>"));
	assert_non_null(strstr(text, "3 lines of the results are none"));
	free(text);
	tally_free(&tally);
}

static void test_families(void **state)
{
	struct survey_tally tally = {0};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	char *text;

	(void)state;
	add(&tally, 80, CLASS_V1, 3);
	text = page_of(&t);
	assert_null(strstr(text, "By address family"));
	free(text);
	tally_add(&tally, 6, 80, CLASS_PLAIN);
	text = page_of(&t);
	assert_non_null(strstr(
		text, "<h2>By address family: 3 of IPv4, 1 of IPv6</h2>"));
	assert_null(strstr(text, ">Share</th>"));
	/* two classes of each family, the one it lacks as well */
	assert_int_equal(count(text, "rowspan=\"2\""), 2);
	assert_int_equal(count(text, "<td>IPv6</td>"), 2);
	assert_non_null(strstr(text, "<td>IPv6</td><td class=\"n\">0 of 1</td>"
				     "<td class=\"n\">0 to 79 %</td>"));
	free(text);
	tally_free(&tally);
}

static void add_joined(struct survey_tally *t, const char *answers)
{
	json_t *line = json_pack("{s:[ss], s:o}", "asked", "capable", "join",
				 "answers", json_loads(answers, 0, NULL));

	assert_non_null(line);
	stacks_add(&t->stacks, line, CLASS_V1);
	json_decref(line);
}

static void test_stacks(void **state)
{
	struct survey_tally tally = {0};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	char *text;

	(void)state;
	add(&tally, 80, CLASS_V1, 2);
	text = page_of(&t);
	assert_null(strstr(text, "scenario"));
	free(text);
	add_joined(&tally, "{}");
	add_joined(&tally, "{\"join\":{\"answer\":\"reset\","
			   "\"mptcp\":\"1e048001\"}}");
	stacks_sort(&tally.stacks);
	tally.stacks.rows[0].like = "as <b> does";
	text = page_of(&t);
	assert_non_null(strstr(text, "<h2>MPTCP v1, scenario "
				     "random-token-join: 2 targets</h2>"));
	assert_non_null(strstr(
		text, "<th scope=\"row\">Reset 1<br><span class=\"words\">"
		      "as &lt;b&gt; does</span></th><td class=\"n\">1 of 2</td>"
		      "<td class=\"n\">9 to 91 %</td>"));
	assert_non_null(strstr(text, "mpprobe run all HOST"));
	free(text);
	tally_free(&tally);
}

static void test_nobody(void **state)
{
	struct survey_tally tally = {0};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	char *text = page_of(&t);

	(void)state;
	assert_non_null(strstr(text, "<h1>0 of 0 targets speak MPTCP</h1>"));
	assert_int_equal(count(text, "<table class"), 0);
	free(text);
}

/* How it was made, by files that anybody may have written. */
static void test_meta(void **state)
{
	struct survey_tally tally = {0};
	json_t *meta = json_pack(
		"{s:s, s:n, s:[ss], s:[s], s:[], s:f, s:i, s:i, s:i, s:b,"
		" s:[sss]}",
		"started", "2026-11-28T23:00:00Z", "ended", "sources",
		"192.0.2.1", "<script>x", "asked", "capable",
		"asked_if_answered", "pps", 50000.0, "packets", 1234567,
		"answers", 0, "blocked", -1, "complete", 0, "line", "mpprobe",
		"survey", "<b>");
	const struct survey_tables t = {
		.name = EVIL, .tally = &tally, .meta = meta};
	char *text;

	(void)state;
	assert_non_null(meta);
	add(&tally, 80, CLASS_PLAIN, 1);
	tally_rest(&tally, meta);
	text = page_of(&t);
	assert_non_null(strstr(text, "<p>2026-11-28T23:00:00Z</p>"));
	assert_non_null(strstr(text, "<p>192.0.2.1, &lt;script&gt;x</p>"));
	assert_non_null(strstr(text, "<p>50000 packets a second</p>"));
	assert_non_null(strstr(text, "<p>1,234,567</p>"));
	assert_non_null(strstr(text, "the survey runs, or was killed"));
	assert_non_null(strstr(text, "<p>Surveyed with <code>mpprobe survey "
				     "&lt;b&gt;</code></p>"));
	assert_null(strstr(text, "<h2>Ended</h2>"));
	assert_null(strstr(text, "<h2>Answers</h2>"));
	assert_null(strstr(text, "<h2>Blocked"));
	assert_null(strstr(text, "if one is answered"));
	free(text);
	tally_free(&tally);
	json_decref(meta);
}

/* Whatever stands there in the place of numbers and lists. */
static void test_other_meta(void **state)
{
	struct survey_tally tally = {0};
	json_t *meta =
		json_pack("{s:[], s:s, s:{}, s:s, s:s}", "started", "sources",
			  "none", "asked", "pps", "fast", "packets", "many");
	const struct survey_tables t = {
		.name = "d", .tally = &tally, .meta = meta};
	char *text = page_of(&t);

	(void)state;
	assert_int_equal(count(text, "<div><h2>"), 0);
	assert_null(strstr(text, "Surveyed with"));
	free(text);
	json_decref(meta);
}

static void test_places(void **state)
{
	struct survey_tally tally = {0};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	json_t *line =
		json_pack("{s:{s:s}, s:{s:{s:s}, s:[{s:s,s:s}], s:[]}}",
			  "target", "address", "192.0.2.1", "probe", "verdict",
			  "status", "blocked", "findings", "id",
			  "mp_capable.removed", "direction", "forward", "path");
	char *text;

	(void)state;
	assert_non_null(line);
	add(&tally, 80, CLASS_BEHIND_STRIP, 1);
	text = page_of(&t);
	assert_null(strstr(text, "What probes found"));
	free(text);
	places_add(&tally.places, line);
	text = page_of(&t);
	assert_non_null(strstr(text, "Probed: 1 target: 1 blocked"));
	assert_non_null(strstr(text, "<code>mp_capable.removed</code></td>"
				     "<td>where is not known</td>"
				     "<td class=\"n\">1</td>"));
	assert_null(strstr(text, "by network (AS)"));
	free(text);
	json_decref(line);
	tally_free(&tally);
}

/* Names of networks are those of a file. */
static void test_networks(void **state)
{
	static const char names[] = "10.0.1.0/24 64500 <script>\n";
	FILE *file = fmemopen((char *)names, strlen(names), "r");
	unsigned long wrong;
	struct origin_table *o = origin_table_read(file, &wrong);
	struct survey_tally tally = {.places = {.origins = o}};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	json_t *line = json_pack(
		"{s:{s:s}, s:{s:{s:s}, s:[{s:s,s:s,s:{s:i,s:s}}], s:[]}}",
		"target", "address", "192.0.2.1", "probe", "verdict", "status",
		"blocked", "findings", "id", "mp_capable.removed", "direction",
		"forward", "after", "ttl", 1, "address", "10.0.1.2", "path");
	char *text;

	(void)state;
	fclose(file);
	assert_non_null(line);
	add(&tally, 80, CLASS_BEHIND_STRIP, 1);
	places_add(&tally.places, line);
	text = page_of(&t);
	assert_non_null(strstr(text, "<td>at hop 10.0.1.2 (AS64500 "
				     "&lt;script&gt;) or beyond it</td>"));
	assert_non_null(strstr(text, "<h2>The same by network (AS)</h2>"));
	assert_non_null(
		strstr(text, "<td>AS64500 &lt;script&gt; or beyond it</td>"));
	free(text);
	json_decref(line);
	tally_free(&tally);
	origin_table_free(o);
}

/* --- several vantage points ----------------------------------------------- */

static FILE *file_of(const char *text)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");

	assert_non_null(file);
	return file;
}

static char *contrast_of(const char *a, const char *b, const char *name)
{
	const char *names[] = {name, "b"};
	FILE *files[] = {file_of(a), file_of(b)};
	char *body = NULL, *text = NULL;
	size_t body_size, size;
	struct page page = page_in(&body, &body_size);
	struct page whole = page_in(&text, &size);
	struct contrast c;

	page.origin = whole.origin = &origin;
	page.document = whole.document = html_open();
	contrast_read(&c, names, files, 2);
	assert_int_equal(html_contrast(&page, &c), 0);
	contrast_free(&c);
	page_done(&page);
	assert_int_equal(html_close(&whole, body, body_size), 0);
	page_done(&whole);
	free(body);
	for (unsigned i = 0; i < 2; i++)
		fclose(files[i]);
	check_html(text);
	return text;
}

#define TARGET(class, probe)                                                   \
	"{\"target\":{\"address\":\"192.0.2.1\",\"port\":80},\"class\":"       \
	"\"" class "\"" probe "}\n"
#define STRIPPED                                                               \
	TARGET("plain",                                                        \
	       ",\"probe\":{\"findings\":[{\"id\":\"mp_capable.removed\","     \
	       "\"effect\":\"blocks\",\"after\":{\"ttl\":1,\"address\":"       \
	       "\"10.0.1.2\"}}],\"path\":[{\"address\":\"10.0.1.2\"}]}")

static void test_contrast(void **state)
{
	char *text = contrast_of(STRIPPED, TARGET("v1", ""), EVIL);

	(void)state;
	assert_non_null(
		strstr(text, "<h1>Some targets are interfered with</h1>"));
	assert_non_null(strstr(text, "<h2>Interfered with on the way from one "
				     "vantage point</h2>"));
	assert_non_null(
		strstr(text, "<p><code>mp_capable.removed</code>: at hop "
			     "10.0.1.2 or beyond it: towards 1 target, from "));
	assert_null(strstr(text, "No hops are known"));
	assert_non_null(strstr(text, "<td><code>192.0.2.1</code> port 80</td>"
				     "<td>plain</td><td>v1</td>"));
	free(text);
	text = contrast_of(STRIPPED, TARGET("plain", ""), "a");
	assert_non_null(strstr(text, "No hops are known from b: "));
	free(text);
	text = contrast_of(TARGET("v1", ""), TARGET("v1", ""), "a");
	assert_non_null(strstr(
		text, "<h1>No target is seen to be interfered with</h1>"));
	assert_null(strstr(text, "<h2>Interfered"));
	assert_null(strstr(text, "near this vantage point"));
	assert_null(strstr(text, "No hops are known"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_port),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_other_meta),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_contrast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
