/* SPDX-License-Identifier: GPL-3.0-or-later
 * Comparisons of recorded runs (pcaps/compare) with their expected text, and
 * of rows made by hand. GOLDEN_UPDATE=1 writes the texts anew.
 */
#include "report/compare/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/text.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/page.h"

static const struct {
	const char *name; /* of the expected text */
	bool differs;
	const char *runs[4];
} recorded[] = {
	{"clean", false, {"clean-tcp", "clean-mptcp"}},
	{"optimiser", true, {"optimiser-tcp", "optimiser-mptcp"}},
	{"optimiser-live", true, {"optimiser-live"}},
	{"drop", false, {"drop-tcp", "drop-mptcp"}},
	{"drop-live", true, {"drop-live"}},
	{"fallback", false, {"drop-mptcp"}},
	{"one-rst", false, {"one-tcp", "one-rst"}},
	{"low-ttl", false, {"ttl30", "ttl32"}},
	{"over-time", true, {"clean-tcp", "optimiser-tcp", "optimiser-live"}},
	{"one", false, {"clean-tcp"}},
	{"plainly", false, {"plainly"}},
};

static void add_capture(struct compare *c, const char *run)
{
	struct observer *o = observer_new();
	char file[200], error[400];

	snprintf(file, sizeof(file), "pcaps/compare/%s.pcap", run);
	assert_int_equal(capture_read(file, o, error, sizeof(error)),
			 CAPTURE_OK);
	assert_true(compare_observe(c, run, o) > 0);
	observer_free(o);
}

static void check_text(const char *name, const struct compare *c)
{
	char file[200], *seen = NULL;
	size_t size;
	struct page page = page_in(&seen, &size);

	text_compare(&page, c);
	page_done(&page);
	snprintf(file, sizeof(file), "pcaps/compare/%s.txt", name);
	check_golden(file, seen);
	free(seen);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(*recorded); i++) {
		struct compare *c = compare_new();

		for (size_t k = 0; k < 4 && recorded[i].runs[k]; k++)
			add_capture(c, recorded[i].runs[k]);
		compare_judge(c);
		check_text(recorded[i].name, c);
		assert_int_equal(compare_differs(c), recorded[i].differs);
		compare_free(c);
	}
}

static void test_json(void **state)
{
	struct compare *c = compare_new();
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	add_capture(c, "optimiser-live");
	compare_judge(c);
	assert_int_equal(json_compare(&page, c), 0);
	page_done(&page);
	assert_non_null(strstr(text, "\"schema\":\"mpprobe-compare/1\""));
	assert_non_null(strstr(text, "\"kind\":\"terminated\""));
	assert_non_null(strstr(text, "\"differs\":true"));
	assert_non_null(strstr(text, "\"reach_ttl\":2"));
	free(text);
	compare_free(c);
}

/* What else `read -j` writes is no run of SYNs, and no error. */
static void test_other_lines(void **state)
{
	static const char lines[] =
		"{\"schema\":\"mpprobe-report/1\",\"target\":{\"address\":"
		"\"10.0.0.1\",\"port\":80},\"connections\":[{\"purpose\":"
		"\"tcp\",\"syn_ttl\":64,\"syn_ack\":{\"ttl\":60}}]}\n"
		"{\"schema\":\"mpprobe-connection/1\",\"number\":1}\n";
	const char *second = strchr(lines, '\n') + 1;
	struct compare *c = compare_new();
	char error[200];

	(void)state;
	assert_int_equal(compare_report(c, "a", lines, strlen(lines), error,
					sizeof(error)),
			 1);
	assert_int_equal(compare_report(c, "b", second, strlen(second), error,
					sizeof(error)),
			 -1);
	assert_int_equal(c->run_count, 1);
	compare_free(c);
}

/* --- rows by hand, as reports -------------------------------------------- */

struct made {
	const char *address, *purpose;
	int version, reach, ttl;
	const char *options; /* NULL: no answer */
	unsigned count;	     /* of connections */
	const char *reset;   /* NULL: none */
};

#define LINUX "020405b40402080a00000001000000020103030a"

static void add_made(struct compare *c, const char *run, const struct made *m)
{
	char answer[300] = "null", connection[600], text[8000], error[200];

	int used;

	if (m->options)
		snprintf(answer, sizeof(answer),
			 "{\"ttl\":%d,\"mss\":1460,\"window\":65160,"
			 "\"options\":\"%s\"}",
			 m->ttl, m->options);
	snprintf(connection, sizeof(connection),
		 "{\"purpose\":\"%s\",\"version\":%d,\"attempts\":%d,"
		 "\"syn_ttl\":%d,\"reach_ttl\":%d,\"syn_ack\":%s,"
		 "\"reset\":%s}",
		 m->purpose, m->version, m->options || m->reset ? 1 : 4,
		 m->reach > 0 ? m->reach : 64, m->reach, answer,
		 m->reset ? m->reset : "null");
	used = snprintf(text, sizeof(text),
			"{\"schema\":\"mpprobe-report/1\",\"started\":"
			"\"2026-11-20T23:00:0%c.000Z\",\"target\":{"
			"\"address\":\"%s\",\"port\":80},\"connections\":[",
			*run, m->address);
	for (unsigned i = 0; i < m->count; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "%s%s", i ? "," : "", connection);
	used += snprintf(text + used, sizeof(text) - (size_t)used, "]}\n");
	assert_int_equal(compare_report(c, run, text, (size_t)used, error,
					sizeof(error)),
			 m->count);
}

/* Of the same: from another address, or port, or with a finding. */
static void add_line(struct compare *c, const char *run, const char *time,
		     const char *source, unsigned port, const char *finding,
		     const char *options)
{
	char text[2000], error[200];
	int used = snprintf(
		text, sizeof(text),
		"{\"schema\":\"mpprobe-report/1\",\"started\":"
		"\"2026-11-20T%s:00.000Z\",\"source\":{\"address\":\"%s\"},"
		"\"target\":{\"address\":\"192.0.2.1\",\"port\":%u},"
		"\"findings\":[%s],\"connections\":[{\"purpose\":"
		"\"mp_capable\",\"version\":1,\"attempts\":1,\"syn_ttl\":"
		"64,\"syn_ack\":{\"ttl\":52,\"mss\":1460,\"window\":65160,"
		"\"options\":\"%s\"}}]}\n",
		time, source, port, finding, options);

	assert_int_equal(compare_report(c, run, text, (size_t)used, error,
					sizeof(error)),
			 1);
}

#define REMOVED                                                                \
	"{\"id\":\"mp_capable.removed\",\"effect\":\"blocks\",\"text\":"       \
	"\"MP_CAPABLE is removed at hop 3.\"}"
#define WITH_MPTCP LINUX "1e0c018100000000000000ff"

#define ANSWERED(segment)                                                      \
	"{\"id\":\"tcp.terminated\",\"effect\":\"impairs\",\"segment\":"       \
	"\"" segment "\",\"text\":\"At hop 2.\"}"

/* Rows tell who answers SYNs, and of joins there are none. */
static void test_found_of_joins(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	add_line(c, "a", "08:29", "192.0.2.9", 80, ANSWERED("syn"), LINUX);
	add_line(c, "b", "09:29", "192.0.2.9", 80, ANSWERED("join_syn"), LINUX);
	compare_judge(c);
	assert_int_equal(c->difference_count, 1);
	assert_string_equal(c->differences[0].text, "In b: At hop 2.");
	compare_free(c);
}

/* What judging found is said, and when that began and ended. */
static void test_found(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	add_line(c, "a", "08:29", "192.0.2.9", 80, "", LINUX);
	add_line(c, "b", "09:29", "192.0.2.9", 80, REMOVED, LINUX);
	compare_judge(c);
	assert_int_equal(c->difference_count, 1);
	assert_true(c->differences[0].meaningful);
	assert_string_equal(c->differences[0].kind, "mp_capable.removed");
	assert_string_equal(c->differences[0].text,
			    "In b: MP_CAPABLE is removed at hop 3.");
	assert_string_equal(c->notes[c->note_count - 1].text,
			    "mpprobe -p 80 192.0.2.1 tells more.");
	compare_free(c);
	c = compare_new();
	c->over_time = true;
	add_line(c, "c", "10:29", "192.0.2.9", 80, "", LINUX);
	add_line(c, "a", "08:29", "192.0.2.9", 80, "", LINUX);
	add_line(c, "b", "09:29", "192.0.2.9", 80, REMOVED, LINUX);
	compare_judge(c);
	assert_int_equal(c->difference_count, 2);
	assert_string_equal(c->differences[0].text,
			    "Changed between 2026-11-20 08:29 and 09:29 UTC: "
			    "MP_CAPABLE is removed at hop 3.");
	assert_string_equal(c->differences[1].text,
			    "Changed between 2026-11-20 09:29 and 10:29 UTC: "
			    "no longer so: MP_CAPABLE is removed at hop 3.");
	compare_free(c);
}

/* Over time, only what has changed is told. */
static void test_over_time(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	c->over_time = true;
	add_line(c, "a", "08:29", "192.0.2.9", 80, REMOVED, LINUX);
	add_line(c, "b", "09:29", "192.0.2.9", 80, REMOVED, LINUX);
	compare_judge(c);
	assert_int_equal(c->difference_count + c->note_count, 0);
	assert_false(compare_differs(c));
	compare_free(c);
	c = compare_new();
	c->over_time = true;
	add_line(c, "a", "08:29", "192.0.2.9", 80, "", WITH_MPTCP);
	add_line(c, "b", "09:29", "192.0.2.9", 80, "", LINUX);
	compare_judge(c);
	assert_int_equal(c->difference_count, 1);
	assert_string_equal(
		c->differences[0].text,
		"Changed between 2026-11-20 08:29 and 09:29 UTC: The SYN/ACK "
		"has MP_CAPABLE with MPTCP v1 at 08:29, and not with MPTCP v1 "
		"at 09:29: the server's setting has changed, or a device "
		"removes the option.");
	compare_free(c);
}

/* Another source is no later time of the same path. */
static void test_sources(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	add_line(c, "a", "08:29", "192.0.2.9", 80, "", WITH_MPTCP);
	add_line(c, "b", "09:29", "198.51.100.9", 80, "", LINUX);
	add_line(c, "c", "10:29", "192.0.2.9", 80, "", WITH_MPTCP);
	compare_judge(c);
	assert_int_equal(c->difference_count, 1);
	assert_true(c->differences[0].meaningful);
	assert_string_equal(
		c->differences[0].text,
		"192.0.2.1 port 80: The SYN/ACK has MP_CAPABLE with MPTCP v1 "
		"from 192.0.2.9, and not with MPTCP v1 from 198.51.100.9: a "
		"device on one of the two paths removes the option, or another "
		"server answers there.");
	compare_free(c);
}

/* What a comparison wrote can be compared again. */
static void test_comparison_again(void **state)
{
	struct compare *c = compare_new(), *again = compare_new();
	char *text = NULL, error[200];
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	add_capture(c, "clean-tcp");
	add_capture(c, "optimiser-live");
	compare_judge(c);
	json_compare(&page, c);
	page_done(&page);
	assert_int_equal(compare_report(again, "x", text, strlen(text), error,
					sizeof(error)),
			 c->row_count);
	assert_int_equal(again->run_count, 2);
	compare_judge(again);
	assert_int_equal(again->difference_count, c->difference_count);
	for (size_t i = 0; i < c->difference_count; i++)
		assert_string_equal(again->differences[i].kind,
				    c->differences[i].kind);
	free(text);
	compare_free(c);
	compare_free(again);
}

static const struct difference *
judge_two(struct compare *c, const struct made *a, const struct made *b)
{
	add_made(c, "1", a);
	add_made(c, "2", b);
	compare_judge(c);
	return c->difference_count ? &c->differences[0] : NULL;
}

/* The 4G operator of 2020. */
static void test_operator(void **state)
{
	struct compare *c = compare_new();
	const struct difference *d = judge_two(
		c,
		&(struct made){"192.0.2.1", "tcp", -1, -1, 124, LINUX, 1, NULL},
		&(struct made){"192.0.2.1", "mp_capable", 1, -1, 51, LINUX, 1,
			       NULL});

	(void)state;
	assert_non_null(d);
	assert_true(d->meaningful);
	assert_string_equal(d->kind, "terminated");
	assert_string_equal(
		d->text,
		"With MPTCP v1 the SYN/ACK comes from a host 13 hops away (TTL "
		"51 of 64), without MPTCP from one 4 hops away (TTL 124 of "
		"128): connections without MPTCP are terminated by a device on "
		"the path.");
	compare_free(c);
}

static void test_one_hop(void **state)
{
	struct compare *c = compare_new();
	const struct difference *d = judge_two(
		c,
		&(struct made){"192.0.2.1", "tcp", -1, -1, 52, LINUX, 1, NULL},
		&(struct made){"192.0.2.1", "mp_capable", 1, -1, 51, LINUX, 1,
			       NULL});

	(void)state;
	assert_non_null(d);
	assert_string_equal(d->kind, "ecmp");
	assert_false(compare_differs(c));
	compare_free(c);
}

static void test_other_address(void **state)
{
	struct compare *c = compare_new();
	const struct difference *d = judge_two(
		c,
		&(struct made){"192.0.2.1", "tcp", -1, -1, 120, LINUX, 1, NULL},
		&(struct made){"192.0.2.2", "mp_capable", 1, -1, 51, LINUX, 1,
			       NULL});

	(void)state;
	assert_non_null(d);
	assert_string_equal(d->kind, "address");
	assert_false(compare_differs(c));
	compare_free(c);
}

/* What connections with MPTCP and without have met is certain from how many on
 * of each. */
static void check_counts(unsigned plain, unsigned mptcp, const char *reset,
			 const char *kind, bool certain)
{
	struct compare *c = compare_new();
	const struct difference *d =
		judge_two(c,
			  &(struct made){"192.0.2.1", "tcp", -1, -1, 52, LINUX,
					 plain, NULL},
			  &(struct made){"192.0.2.1", "mp_capable", 1, -1, 0,
					 NULL, mptcp, reset});

	assert_non_null(d);
	assert_string_equal(d->kind, kind);
	assert_int_equal(d->meaningful, certain);
	compare_free(c);
}

static void test_unanswered(void **state)
{
	(void)state;
	check_counts(1, 1, NULL, "unanswered", false); /* 4 SYNs each */
	check_counts(2, 9, NULL, "unanswered", false);
	check_counts(3, 2, NULL, "unanswered", false);
	check_counts(3, 3, NULL, "unanswered", true);
}

static void test_refused(void **state)
{
	(void)state;
	check_counts(1, 1, "{}", "refused", false);
	check_counts(5, 5, "{}", "refused", false);
	check_counts(6, 6, "{}", "refused", true);
	check_counts(15, 1, "{}", "refused", false);
}

/* That a SYN with TTL 9 was answered says that the host is no farther. */
static void test_bound(void **state)
{
	struct compare *c = compare_new();
	const struct difference *d = judge_two(
		c,
		&(struct made){"192.0.2.1", "tcp", -1, 9, 61, LINUX, 1, NULL},
		&(struct made){"192.0.2.1", "mp_capable", 1, -1, 51, LINUX, 1,
			       NULL});

	(void)state;
	assert_non_null(d);
	assert_string_equal(d->kind, "terminated");
	assert_non_null(strstr(d->text, "SYNs with TTL 9 reach it"));
	assert_non_null(strstr(d->text, "at hop 9 or before it; the SYN/ACK's "
					"own TTL says 4."));
	compare_free(c);
}

static void test_no_report(void **state)
{
	static const char *const bad[] = {
		"{}", "{", "[]\n", "\n\n", "", "{\"schema\":\"other\"}\n"};
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct compare *c = compare_new();

		assert_int_equal(compare_report(c, "x", bad[i], strlen(bad[i]),
						error, sizeof(error)),
				 -1);
		compare_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_other_lines),
		cmocka_unit_test(test_operator),
		cmocka_unit_test(test_one_hop),
		cmocka_unit_test(test_other_address),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_no_report),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_found_of_joins),
		cmocka_unit_test(test_over_time),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_comparison_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
