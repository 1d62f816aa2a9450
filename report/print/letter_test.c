/* SPDX-License-Identifier: GPL-3.0-or-later
 * Letters of captures against golden/letter-NAME.txt, from the top of the tree;
 * GOLDEN_UPDATE=1 writes them anew. And of reports made by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/judge/judge.h"
#include "report/print/letter.h"
#include "report/report.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/page.h"
#include "tests/samples.h"

#define COLUMNS 76
#define LINES_MAX 24

static struct origin_capture captures[] = {
	{.name = "run.pcap",
	 .sha256 = "0123456789abcdef0123456789abcdef"
		   "0123456789abcdef0123456789abcdef"}};
static const struct origin origin = {.command = "mpprobe 10.0.5.2",
				     .captures = captures,
				     .capture_count = 1};

static char *letter_of(const struct report *r)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	page.origin = &origin;
	assert_int_equal(letter_report(&page, r), 0);
	page_done(&page);
	return text;
}

/* Nothing of a name may turn or hide what follows; a word that fills a line
 * alone may be longer. */
static void check_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t length = strcspn(text, "\n");
		size_t margin = strspn(text, " ");

		for (size_t i = 0; i < length; i++)
			assert_in_range(text[i], ' ', '~');
		if (length > COLUMNS)
			assert_null(
				memchr(text + margin, ' ', length - margin));
		lines++;
	}
	assert_in_range(lines, 1, LINES_MAX);
}

static void check_capture(const char *name)
{
	struct observer *o = observer_new();
	struct judge_target target;
	struct report *r;
	char file[128], error[400], *text;

	snprintf(file, sizeof(file), "pcaps/lab/%s.pcap", name);
	assert_int_equal(capture_read(file, o, error, sizeof(error)),
			 CAPTURE_OK);
	assert_int_equal(judge_targets(o, &target, 1), 1);
	r = judge(o, &target);
	text = letter_of(r);
	check_lines(text);
	snprintf(file, sizeof(file), "report/print/golden/letter-%s.txt", name);
	check_golden(file, text);
	free(text);
	report_free(r);
	observer_free(o);
}

static void test_captures(void **state)
{
	static const char *const names[] = {"strip", "drop-join", "reset",
					    "proxy", "clean-v6"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		check_capture(names[i]);
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct report *r = samples[i].make();
		char *text = letter_of(r);

		check_lines(text);
		assert_int_equal(strncmp(text, "Subject: ", 9) == 0,
				 r->status == STATUS_BLOCKED ||
					 r->status == STATUS_IMPAIRED);
		free(text);
		report_free(r);
	}
}

static void test_networks(void **state)
{
	struct report *r = sample_networks();
	char *text = letter_of(r);

	(void)state;
	check_golden("report/print/golden/letter-networks.txt", text);
	free(text);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
