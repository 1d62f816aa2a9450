/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pages of reports made by hand, and of all captures: well-formed, nothing that
 * runs or loads, hostile text as text, and the same report inside. To look at
 * those of reports made by hand: HTML_SAMPLES=DIR writes them there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "report/arena.h"
#include "report/compare/compare.h"
#include "report/judge/judge.h"
#include "report/paths/paths.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/pieces.h"
#include "report/print/json.h"
#include "report/saved/saved.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/html.h"
#include "tests/page.h"
#include "tests/samples.h"

#define TARGETS_MAX 16

/* What would break out of text, of an attribute, of the JSON. */
#define EVIL                                                                   \
	"\"><script>alert(1)</script>' onload='x' </script><!--<svg "          \
	"onload=alert(1)>&\x1b[2J\xff"

static struct origin_capture captures[] = {{.name = EVIL, .sha256 = "0123"},
					   {.name = "b.pcap"}};
static const struct origin origin = {.command = "mpprobe '" EVIL "'",
				     .captures = captures,
				     .capture_count = 2};

/* Reports in a format that makes documents, whole. */
static char *document_of(const char *name, struct report *const *reports,
			 size_t count)
{
	const struct format *f = format_named(name);
	char *body = NULL, *text = NULL;
	size_t body_size, size;
	struct page page = page_in(&body, &body_size);
	struct page whole = page_in(&text, &size);

	page.origin = whole.origin = &origin;
	page.document = whole.document = f->open();
	for (size_t i = 0; i < count; i++)
		assert_int_equal(f->report(&page, reports[i]), 0);
	page_done(&page);
	assert_int_equal(f->close(&whole, body, body_size), 0);
	page_done(&whole);
	free(body);
	return text;
}

static char *page_of(struct report *const *reports, size_t count)
{
	return document_of("html", reports, count);
}

static char *json_of(const struct report *r)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.verbose = true;
	assert_int_equal(json_report(&page, r), 0);
	page_done(&page);
	return text;
}

/* The report inside is the one that -j prints. */
static void check_inside(const char *page, const struct report *r)
{
	size_t length = strlen(page);
	const char *lines = saved_lines(page, &length);
	json_t *inside = json_loadb(lines, length, 0, NULL), *outside;
	char *json = json_of(r);

	outside = json_loads(json, 0, NULL);
	assert_non_null(inside);
	assert_true(json_equal(inside, outside));
	assert_null(memchr(lines, '<', length));
	json_decref(inside);
	json_decref(outside);
	free(json);
}

static void keep_page(const char *name, const char *text)
{
	const char *directory = getenv("HTML_SAMPLES");
	char file[256];
	FILE *out;

	if (!directory)
		return;
	snprintf(file, sizeof(file), "%s/%s.html", directory, name);
	out = fopen(file, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void check_page(const char *name, struct report *r)
{
	char *text = page_of(&r, 1);

	check_html(text);
	check_inside(text, r);
	if (name)
		keep_page(name, text);
	free(text);
	text = document_of("svg", &r, 1);
	check_html(text);
	free(text);
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct report *r = samples[i].make();

		check_page(samples[i].name, r);
		report_free(r);
	}
}

static void test_captures(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/*/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct observer *o = observer_new();
		struct judge_target targets[TARGETS_MAX];
		char error[400];
		size_t count;

		capture_read(found.gl_pathv[i], o, error, sizeof(error));
		count = judge_targets(o, targets, TARGETS_MAX);
		for (size_t k = 0; k < count && k < TARGETS_MAX; k++) {
			struct report *r = judge(o, &targets[k]);

			check_page(NULL, r);
			report_free(r);
		}
		observer_free(o);
	}
	globfree(&found);
}

/* Every text that a stranger may choose. */
static struct report *evil_report(void)
{
	struct report *r = sample_impaired();
	struct finding *f = &r->findings[2];

	r->target_name = EVIL;
	r->interface = EVIL;
	r->verdict = EVIL ": " EVIL;
	r->advice = EVIL;
	r->seen_twice = EVIL;
	r->interrupted = true;
	r->interruption = EVIL;
	r->path[0].name = r->path[1].name = EVIL;
	r->path[1].origin = 64500;
	r->path[1].origin_name = EVIL;
	r->path[3].quotes[0].changes[0].field = "tcp." EVIL;
	r->connections[0].syn_ack->options_text = EVIL;
	r->announcements[0].text = EVIL;
	r->untested[0].words = r->untested[0].why = EVIL;
	r->ladder[2].text = EVIL;
	f->text = EVIL;
	f->evidence[0].text = f->evidence[0].sent = f->evidence[0].seen = EVIL;
	return r;
}

static void test_hostile(void **state)
{
	struct report *r = evil_report();
	char *text = page_of(&r, 1);

	(void)state;
	check_html(text);
	assert_null(strstr(text, "<script>"));
	assert_null(strstr(text, "<svg onload"));
	assert_null(strstr(text, "<!--"));
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "&lt;script&gt;alert(1)"));
	assert_non_null(strstr(text, "\\x1b[2J\\xff"));
	free(text);
	text = document_of("svg", &r, 1);
	check_html(text);
	assert_null(strstr(text, "<script"));
	free(text);
	report_free(r);
}

/* In both pictures, in the table and in the advice. */
static void test_networks(void **state)
{
	struct report *r = sample_networks();
	char *text = page_of(&r, 1);

	(void)state;
	assert_int_equal(count(text, ">AS64500 EXAMPLE-AS</text>"), 2);
	assert_int_equal(count(text, ">AS64501</text>"), 2);
	assert_int_equal(count(text, "example.net, AS64500 EXAMPLE-AS</td>"),
			 1);
	assert_int_equal(count(text, "hop 4 to AS64501: ask there.</p>"), 1);
	free(text);
	report_free(r);
	r = sample_strip();
	text = page_of(&r, 1);
	assert_null(strstr(text, ">AS"));
	assert_null(strstr(text, "<nav")); /* there is one report */
	free(text);
	report_free(r);
}

static void test_several(void **state)
{
	struct report *reports[] = {sample_strip(), sample_clear()};
	char *text = page_of(reports, 2), *first;

	(void)state;
	check_html(text);
	assert_int_equal(count(text, "<a href=\"#part-"), 2);
	assert_non_null(strstr(text, "<li class=\"bad\"><a href=\"#part-1\">"
				     "server.lab (10.0.5.2) port 80</a> "
				     "<b>Blocked</b></li>"));
	assert_non_null(strstr(text, "<article class=\"good\" id=\"part-2\">"));
	first = strstr(text, "</article>");
	assert_non_null(first);
	assert_non_null(strstr(first, "<article class=\"good\" id="));
	assert_non_null(
		strstr(text, "<title>Blocked: server.lab (10.0.5.2) port 80"));
	free(text);
	for (size_t i = 0; i < 2; i++)
		report_free(reports[i]);
}

/* The MPTCP connections of a capture, as `mpprobe read` lists them. */
static char *connections_of(const char *file)
{
	struct observer *o = observer_new();
	char *body = NULL, *text = NULL, error[400];
	size_t body_size, size;
	struct page page = page_in(&body, &body_size);
	struct page whole = page_in(&text, &size);

	page.origin = whole.origin = &origin;
	page.document = whole.document = html_open();
	o->connections.drawn = true;
	capture_read(file, o, error, sizeof(error));
	html_list(&page);
	for (const struct mptcp_connection *c = o->connections.oldest; c;
	     c = c->newer)
		assert_int_equal(html_connection(&page, c), 0);
	page_done(&page);
	assert_int_equal(html_close(&whole, body, body_size), 0);
	page_done(&whole);
	observer_free(o);
	free(body);
	return text;
}

/* Three subflows, two of which fall silent. */
static void test_failover(void **state)
{
	char *text = connections_of("pcaps/read/failover.pcap");

	(void)state;
	check_html(text);
	assert_int_equal(count(text, "carried which data of the server"), 1);
	assert_int_equal(count(text, "carried which data of the client"), 0);
	assert_int_equal(count(text, "nothing new acknowledged"), 1);
	assert_int_equal(count(text, "<path class=\"marks\""), 3);
	assert_int_equal(count(text, "<path class=\"line\""), 3);
	assert_int_equal(count(text, "<path class=\"steps\""), 1);
	free(text);
}

static void test_little_data(void **state)
{
	char *text = connections_of("pcaps/read/router.pcap");

	(void)state;
	check_html(text);
	assert_int_equal(count(text, "<h3>Connection 1, MPTCP v1</h3>"), 1);
	assert_int_equal(count(text, "carried which data"), 0);
	free(text);
}

/* What several uplinks say together. */
static char *uplinks_of(const char *file)
{
	static const struct path_left_out gone[] = {
		{"eth7", 6, EVIL, true},
		{"eth7", 4, EVIL, true},
	};
	struct observer *o = observer_new();
	struct judge_target targets[TARGETS_MAX];
	struct report *reports[TARGETS_MAX];
	struct paths_group group = {
		.reports = reports, .left_out = gone, .left_out_count = 2};
	struct paths *paths;
	char *text = NULL, error[400];
	size_t size;
	struct page page = page_in(&text, &size);

	page.document = html_open();
	page.origin = &origin;
	capture_read(file, o, error, sizeof(error));
	group.count = judge_targets(o, targets, TARGETS_MAX);
	group.count = paths_take_group(targets, group.count);
	for (size_t i = 0; i < group.count; i++)
		reports[i] = judge(o, &targets[i]);
	paths = paths_judge(o, &group);
	assert_int_equal(html_paths(&page, paths), 0);
	assert_int_equal(html_close(&page, "", 0), 0);
	paths_free(paths);
	for (size_t i = 0; i < group.count; i++)
		report_free(reports[i]);
	page_done(&page);
	observer_free(o);
	return text;
}

static void test_uplinks(void **state)
{
	char *text = uplinks_of("pcaps/uplinks/takeover.pcap");

	(void)state;
	check_html(text);
	assert_non_null(strstr(text,
			       "<h1>MPTCP works over 2 of 3 uplinks</h1>\n"
			       "<p class=\"lede\">Each joins "));
	assert_int_equal(count(text, "takes over in "), 2);
	assert_int_equal(count(text, "<tr><th scope=\"row\">eth7</th><td "
				     "colspan=\"6\">left out: &quot;&gt;&lt;"),
			 1);
	assert_null(strstr(text, "<script>"));
	free(text);
	text = uplinks_of("pcaps/uplinks/takeover-never.pcap");
	assert_non_null(strstr(text, "never takes over"));
	free(text);
	text = uplinks_of("pcaps/uplinks/strip-join-at-b2.pcap");
	assert_non_null(strstr(text, "<h1>MPTCP works over 2 of 3 uplinks"
				     "</h1>\n<p class=\"lede\">A join "));
	assert_null(strstr(text, "takes over"));
	free(text);
}

static char *comparison_of(int64_t later_us)
{
	struct compare *c = compare_new();
	char *body = NULL, *text = NULL, error[400];
	size_t body_size, size;
	struct page page = page_in(&body, &body_size);
	struct page whole = page_in(&text, &size);

	page.origin = whole.origin = &origin;
	page.document = whole.document = html_open();
	for (unsigned i = 0; i < 2; i++) {
		struct observer *o = observer_new();

		capture_read("pcaps/lab/clean-v4.pcap", o, error,
			     sizeof(error));
		o->first_us += i * later_us;
		compare_observe(c, i ? "b" : EVIL, o);
		observer_free(o);
	}
	compare_judge(c);
	assert_int_equal(html_compare(&page, c), 0);
	compare_free(c);
	page_done(&page);
	assert_int_equal(html_close(&whole, body, body_size), 0);
	page_done(&whole);
	free(body);
	return text;
}

static void test_compare(void **state)
{
	char *text = comparison_of(3600000000);

	(void)state;
	check_html(text);
	assert_int_equal(count(text, "<svg class=\"chart\""), 3);
	assert_non_null(strstr(text, "TTL of the SYN/ACK on arrival"));
	free(text);
	text = comparison_of(0);
	check_html(text);
	assert_int_equal(count(text, "<svg class=\"chart\""), 0);
	free(text);
}

static void test_markup(void **state)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);
	const char *volatile nothing = NULL;

	(void)state;
	markup(page.out, "%s|%s|%u|%5.2f|%zu|%llu|%d|%c|100%%",
	       "a<b>&\"'\t\x7f", nothing, 7u, 1.234, (size_t)8,
	       (unsigned long long)1 << 40, -3, 'x');
	page_done(&page);
	assert_string_equal(text, "a&lt;b&gt;&amp;&quot;&#39;\\x09\\x7f||7| "
				  "1.23|8|1099511627776|-3|x|100%");
	free(text);
}

static void check_prose(const char *text, const char *expected)
{
	char *out = NULL;
	size_t size;
	struct page page = page_in(&out, &size);

	markup_prose(page.out, text);
	page_done(&page);
	assert_string_equal(out, expected);
	free(out);
}

static void test_prose(void **state)
{
	(void)state;
	check_prose("run `a <b>`; or `c`", "run <code>a &lt;b&gt;</code>; or "
					   "<code>c</code>");
	check_prose("a ` alone", "a ` alone");
	check_prose("`a` b ` c", "<code>a</code> b ` c");
	check_prose(NULL, "");
}

static void check_hex(const char *text, const char *other, const char *expected)
{
	char *out = NULL;
	size_t size;
	struct page page = page_in(&out, &size);

	hex_marked(&page, text, other);
	page_done(&page);
	assert_string_equal(out, expected);
	free(out);
}

static void test_hex(void **state)
{
	(void)state;
	check_hex("1e040101", "1e040101", "1e 04 01 01");
	check_hex("01010101", "1e040101",
		  "<mark>01</mark> <mark>01</mark> 01 01");
	check_hex("0101", "01", "01 <mark>01</mark>");
	check_hex("1400", "1460", "14 <mark>00</mark>");
	check_hex("64", NULL, "64");
	check_hex("ttl 3", "ttl 4", "<mark>ttl 3</mark>");
}

/* 10.0.1.1 to 10.0.2.2, a SYN with MSS, 4 bytes of MP_CAPABLE. */
#define SYN_HEAD                                                               \
	0x45, 0, 0, 48, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 1, 1, 10, 0, 2, 2,     \
		0x9c, 0x41, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x70, 2, 0xfa,      \
		0xf0, 0, 0, 0, 0, 2, 4, 5, 0xb4

static size_t find_piece(const struct pieces *p, const char *name)
{
	size_t i = 0;

	while (i < p->count && strcmp(p->list[i].name, name) != 0)
		i++;
	return i;
}

static void test_pieces(void **state)
{
	static const uint8_t sent[] = {SYN_HEAD, 0x1e, 4, 1, 1};
	static const uint8_t nops[] = {SYN_HEAD, 1, 1, 1, 1};
	static const uint8_t added[] = {SYN_HEAD, 0x1e, 4, 1, 1, 3, 3, 7, 0};
	struct report_packet packets[] = {
		{.bytes = sent, .length = sizeof(sent)},
		{.bytes = nops, .length = sizeof(nops)},
		{.bytes = added, .length = sizeof(added)},
		{.bytes = sent, .length = 28},
	};
	struct arena *a = arena_new();
	struct pieces p[4];
	struct piece beside;
	uint8_t longer[sizeof(added)];
	size_t capable;

	(void)state;
	memcpy(longer, added, sizeof(added));
	longer[32] = 0x80; /* the data offset: four bytes more */
	longer[3] = 52;
	packets[2].bytes = longer;
	for (size_t i = 0; i < 4; i++)
		p[i] = pieces_of(a, &packets[i]);
	capable = find_piece(&p[0], "MP_CAPABLE");
	assert_true(capable < p[0].count);
	assert_true(piece_beside(&p[0], capable, &p[1], &beside));
	assert_memory_equal(beside.bytes, nops + 44, 4);
	assert_true(piece_beside(&p[0], capable, &p[2], &beside));
	assert_int_equal(beside.length, 4);
	assert_true(piece_is_added(&p[0], &p[2],
				   find_piece(&p[2], "Window scale")));
	assert_false(
		piece_is_added(&p[0], &p[2], find_piece(&p[2], "MP_CAPABLE")));
	assert_false(piece_beside(&p[0], capable, &p[3], &beside));
	assert_int_equal(find_piece(&p[3], "Flags"), p[3].count);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_little_data),
		cmocka_unit_test(test_uplinks),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_markup),
		cmocka_unit_test(test_prose),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
