/* SPDX-License-Identifier: GPL-3.0-or-later
 * The text of reports made by hand against golden/NAME*.txt, from the top of
 * the tree. GOLDEN_UPDATE=1 writes the files anew: read what changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/print/text.h"
#include "report/topics.h"
#include "tests/page.h"
#include "tests/samples.h"

/* Only what `style` says of colour, length and width counts. */
static char *rendered(const struct report *r, const struct page *style)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.colour = style->colour;
	page.verbose = style->verbose;
	page.quiet = style->quiet;
	if (style->width)
		page.width = style->width;
	text_report(&page, r);
	page_done(&page);
	return text;
}

static void compare(const char *name, const char *suffix, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "report/print/golden/%s%s.txt", name,
		 suffix);
	check_golden(path, text);
}

/* No line is wider than the terminal, but for a word that fills it alone;
 * none ends in a space, and none holds what a terminal might obey. */
static void check_lines(const char *text, unsigned width)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n"), i;
		size_t margin = strspn(text, " ");

		for (i = 0; i < length; i++)
			assert_in_range(text[i], ' ', '~');
		if (length > 0)
			assert_int_not_equal(text[length - 1], ' ');
		if (length > width &&
		    memchr(text + margin, ' ', length - margin) != NULL)
			fail_msg("wider than %u: %.*s", width, (int)length,
				 text);
		text += length;
		text += *text == '\n';
	}
}

static void test_golden(void **state)
{
	static const struct {
		const char *suffix;
		struct page style;
	} styles[] = {
		{"", {0}},
		{"-v", {.verbose = true}},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sample_count; i++)
		for (k = 0; k < 2; k++) {
			struct report *r = samples[i].make();
			char *text = rendered(r, &styles[k].style);

			check_lines(text, PAGE_WIDTH);
			compare(samples[i].name, styles[k].suffix, text);
			free(text);
			report_free(r);
		}
}

/* Narrow or wide. The tables of -v need 80 columns. */
static void test_widths(void **state)
{
	static const unsigned widths[] = {60, 72, 100, 132, 200};
	size_t i, k;

	(void)state;
	for (i = 0; i < sample_count; i++)
		for (k = 0; k < sizeof(widths) / sizeof(widths[0]); k++) {
			struct report *r = samples[i].make();
			const struct page style = {.width = widths[k],
						   .verbose = widths[k] >= 80};
			char *text = rendered(r, &style);

			check_lines(text, widths[k]);
			free(text);
			report_free(r);
		}
}

/* Without its colours, a coloured report is the plain one. */
static void test_colour(void **state)
{
	const struct page plain = {0}, colour = {.colour = true};
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		struct report *r = samples[i].make();
		char *expected = rendered(r, &plain);
		char *text = rendered(r, &colour), *from, *to;

		assert_non_null(strchr(text, '\033'));
		for (from = to = text; *from != '\0';)
			if (*from == '\033')
				from += strcspn(from, "m") + 1;
			else
				*to++ = *from++;
		*to = '\0';
		assert_string_equal(text, expected);
		free(text);
		free(expected);
		report_free(r);
	}
}

static void test_quiet(void **state)
{
	static const char about[] = "server.lab (10.0.5.2) port 80: ";
	const struct page style = {.quiet = true, .verbose = true};
	struct report *r = sample_strip();
	char *text = rendered(r, &style);
	size_t begin = strlen(about), length = strlen(r->verdict);

	(void)state;
	assert_int_equal(strlen(text), begin + length + 1);
	assert_memory_equal(text, about, begin);
	assert_memory_equal(text + begin, r->verdict, length);
	assert_int_equal(text[begin + length], '\n');
	free(text);
	report_free(r);
}

static void wrapped(const char *text, const char *expected)
{
	char *result = NULL;
	size_t size;
	struct page page = page_in(&result, &size);

	text_wrap(&page, "- ", "  ", text);
	page_done(&page);
	assert_string_equal(result, expected);
	free(result);
}

#define TEN "123456789 "

static void test_wrap(void **state)
{
	(void)state;
	wrapped("", "- \n");
	wrapped("  a   b  ", "- a b\n");
	/* 78 characters behind the margin fit, 79 do not. */
	wrapped(TEN TEN TEN TEN TEN TEN TEN "12345678",
		"- " TEN TEN TEN TEN TEN TEN TEN "12345678\n");
	wrapped(TEN TEN TEN TEN TEN TEN TEN "123456789",
		"- " TEN TEN TEN TEN TEN TEN "123456789\n  123456789\n");
	wrapped("bell \a", "- bell \\x07\n");
}

static char *explained(const struct finding_kind *kind)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	text_explain(&page, kind);
	page_done(&page);
	return text;
}

static void test_explain(void **state)
{
	struct page page;
	size_t i, size;
	char *text;

	(void)state;
	for (i = 0; i < finding_kind_count; i++) {
		text = explained(&finding_kinds[i]);
		check_lines(text, PAGE_WIDTH);
		assert_non_null(strstr(text, finding_kinds[i].id));
		free(text);
	}
	for (i = 0; i < topic_count; i++) {
		page = page_in(&text, &size);
		text_explain_topic(&page, &topics[i]);
		page_done(&page);
		check_lines(text, PAGE_WIDTH);
		free(text);
	}
	text = explained(finding_kind("mp_capable.removed"));
	compare("explain", "", text);
	free(text);
}

static void test_list(void **state)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	text_list_findings(&page);
	page_done(&page);
	check_lines(text, PAGE_WIDTH);
	compare("list", "", text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_widths),
		cmocka_unit_test(test_colour), cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_wrap),   cmocka_unit_test(test_explain),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
