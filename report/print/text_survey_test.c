/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tables of a survey, on terminals of several widths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/print/text.h"
#include "report/survey/tables.h"
#include "tests/page.h"

static unsigned columns = PAGE_WIDTH;

static void check_lines(const char *text)
{
	size_t length;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		if (length > columns)
			fail_msg("%zu columns: %.*s", length, (int)length,
				 text);
	}
}

static char *print(const struct survey_tally *t)
{
	const struct survey_tables tables = {.tally = t};
	char *text;
	size_t size;
	struct page page = page_in(&text, &size);

	page.width = columns;
	text_survey(&page, &tables);
	page_done(&page);
	check_lines(text);
	return text;
}

static void assert_printed(const struct survey_tally *t, const char *expected)
{
	char *text = print(t);

	assert_string_equal(text, expected);
	free(text);
}

static void assert_has(const struct survey_tally *t, const char *part)
{
	char *text = print(t);

	if (!strstr(text, part))
		fail_msg("not there: %s\nbut: %s", part, text);
	free(text);
}

static void assert_lacks(const struct survey_tally *t, const char *part)
{
	char *text = print(t);

	assert_null(strstr(text, part));
	free(text);
}

static void add(struct survey_tally *t, unsigned count, unsigned family,
		uint16_t port, enum survey_class class)
{
	for (unsigned i = 0; i < count; i++)
		tally_add(t, family, port, class);
}

/* No more digits than the sample supports, and of a small one no share. */
static void test_ports(void **state)
{
	struct survey_tally t = {0};

	(void)state;
	add(&t, 4, 4, 443, CLASS_V1);
	add(&t, 1230, 4, 443, CLASS_SILENT);
	add(&t, 3, 4, 80, CLASS_PLAIN);
	add(&t, 42, 4, 80, CLASS_CAPABLE_DROPPED);
	assert_printed(
		&t,
		"All ports: 1,279 targets\n"
		"  v1                         4  0.31 %  (0.12 to 0.80 %)  "
		"speaks MPTCP v1\n"
		"  plain                      3  0.23 %  (0.08 to 0.69 %)  "
		"plain TCP\n"
		"  capable_dropped           42   3.3 %  (2.4 to 4.4 %)\n"
		"      only SYNs without MP_CAPABLE are answered\n"
		"  silent                 1,230  96.2 %  (95.0 to 97.1 %)  no "
		"answer that fits\n"
		"Port 80: 45 targets\n"
		"  plain                   3 of 45  (2 to 18 %)   plain TCP\n"
		"  capable_dropped        42 of 45  (82 to 98 %)  only SYNs "
		"without MP_CAPABLE\n"
		"                                                 are "
		"answered\n"
		"Port 443: 1,234 targets\n"
		"  v1                         4   0.32 %  (0.13 to 0.83 %)    "
		"speaks MPTCP v1\n"
		"  silent                 1,230  99.68 %  (99.17 to 99.87 %)  "
		"no answer that fits\n"
		"In brackets: 95 % confidence intervals, if the targets are a "
		"random sample.\n");
	tally_free(&t);
}

static void test_families(void **state)
{
	struct survey_tally t = {0};

	(void)state;
	add(&t, 1, 4, 80, CLASS_V1);
	add(&t, 3, 4, 80, CLASS_SILENT);
	assert_lacks(&t, "IPv");
	add(&t, 1, 6, 80, CLASS_RESET);
	assert_printed(
		&t,
		"Port 80: 5 targets\n"
		"  v1                     1 of 5  (4 to 62 %)   speaks MPTCP "
		"v1\n"
		"  reset                  1 of 5  (4 to 62 %)   closed: RST\n"
		"  silent                 3 of 5  (23 to 88 %)  no answer that "
		"fits\n"
		"IPv4: 4 targets, IPv6: 1\n"
		"  IPv4 v1                1 of 4  (5 to 70 %)\n"
		"  IPv6 v1                0 of 1  (0 to 79 %)\n"
		"  IPv4 reset             0 of 4  (0 to 49 %)\n"
		"  IPv6 reset             1 of 1  (21 to 100 %)\n"
		"  IPv4 silent            3 of 4  (30 to 95 %)\n"
		"  IPv6 silent            0 of 1  (0 to 79 %)\n"
		"In brackets: 95 % confidence intervals, if the targets are a "
		"random sample.\n");
	tally_free(&t);
}

static void test_stacks(void **state)
{
	struct stack_row rows[] = {{.scenario = "random-token-join",
				    .version = 1,
				    .answer = "reset 1",
				    .targets = 3,
				    .like = "as RFC 8684 3.2 asks and as "
					    "linux-v1 (5.10 or later) does"},
				   {.scenario = "random-token-join",
				    .version = 0,
				    .answer = "reset",
				    .targets = 1}};
	const struct survey_tally t = {.stacks = {rows, 2}};

	(void)state;
	assert_printed(&t, "All ports: 0 targets\n"
			   "MPTCP v1, scenario random-token-join: 3 targets\n"
			   "  reset 1                3 of 3  (44 to 100 %)  as "
			   "RFC 8684 3.2 asks and as\n"
			   "                                                "
			   "linux-v1 (5.10 or later) does\n"
			   "MPTCP v0, scenario random-token-join: 1 target\n"
			   "  reset                  1 of 1  (21 to 100 %)\n");
}

static void test_no_targets(void **state)
{
	const struct survey_tally t = {0};

	(void)state;
	assert_printed(&t, "All ports: 0 targets\n");
}

/* Nothing is cut, and no line is longer than the terminal is wide. */
static void test_narrow(void **state)
{
	struct stack_row row = {.scenario = "random-token-join",
				.version = 1,
				.answer = "reset 1",
				.targets = 3,
				.like = "as RFC 8684 3.2 asks and as linux-v1 "
					"(5.10 or later) does"};
	struct survey_tally t = {.stacks = {&row, 1}};

	(void)state;
	columns = PAGE_WIDTH_MIN;
	t.rest = (struct survey_rest){.known = true, .asked = 64, .untold = 29};
	add(&t, 3, 4, 80, CLASS_PLAIN);
	add(&t, 42, 6, 80, CLASS_CAPABLE_DROPPED);
	assert_printed(
		&t,
		"Not complete: of 64 targets that were asked 29 are not in\n"
		"these tables: all that is told is of the others.\n"
		"Port 80: 45 targets\n"
		"  plain                   3 of 45  (2 to 18 %)   plain TCP\n"
		"  capable_dropped        42 of 45  (82 to 98 %)\n"
		"      only SYNs without MP_CAPABLE are answered\n"
		"IPv4: 3 targets, IPv6: 42\n"
		"  IPv4 plain               3 of 3  (44 to 100 %)\n"
		"  IPv6 plain              0 of 42  (0 to 8 %)\n"
		"  IPv4 capable_dropped     0 of 3  (0 to 56 %)\n"
		"  IPv6 capable_dropped   42 of 42  (92 to 100 %)\n"
		"MPTCP v1, scenario random-token-join: 3 targets\n"
		"  reset 1                3 of 3  (44 to 100 %)\n"
		"      as RFC 8684 3.2 asks and as linux-v1 (5.10 or later)\n"
		"      does\n"
		"In brackets: 95 % confidence intervals, if the targets are a\n"
		"random sample.\n");
	/* of very many the numbers alone take the line */
	t.ports[0].total = 4000000000;
	t.ports[0].classes[CLASS_PLAIN] = 2000000000;
	t.ports[0].classes[CLASS_CAPABLE_DROPPED] = 0;
	assert_has(&t, "Port 80: 4,000,000,000 targets\n"
		       "  plain\n"
		       "    2,000,000,000  50.0000 %  (49.9985 to 50.0015 %)\n"
		       "      plain TCP\n");
	t.stacks = (struct survey_stacks){0};
	tally_free(&t);
	columns = PAGE_WIDTH;
}

/* Of those that are told already, nothing is said again at the end. */
static void test_again(void **state)
{
	struct survey_tally t = {0};
	const struct survey_tables tables = {.tally = &t};
	char *text;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	page.again = true;
	text_survey(&page, &tables);
	page_done(&page);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_no_targets),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
