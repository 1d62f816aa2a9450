/* SPDX-License-Identifier: GPL-3.0-or-later
 * Contrasts of the colours of a page, light and dark (WCAG 2.2, 1.4.3, 1.4.11).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/print/html/style.h"

#define TEXT 4.5
#define LINES 3.0

static double linear(unsigned long part)
{
	double c = (double)part / 255;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* Of "#rgb" or "#rrggbb". */
static double luminance(const char *colour)
{
	unsigned long value = strtoul(colour + 1, NULL, 16);

	if (strspn(colour + 1, "0123456789abcdef") == 3)
		value = (value & 0xf00) * 0x1100 | (value & 0xf0) * 0x110 |
			(value & 0xf) * 0x11;
	return 0.2126 * linear(value >> 16) +
	       0.7152 * linear(value >> 8 & 255) + 0.0722 * linear(value & 255);
}

/* The value of a variable, in the light or the dark set. */
static double colour_of(const char *name, bool dark)
{
	const char *set = strstr(html_style, ":root{"), *found;
	char text[32];

	if (dark)
		set = strstr(set + 1, ":root{");
	assert_non_null(set);
	snprintf(text, sizeof(text), "--%s:#", name);
	found = strstr(set, text);
	assert_non_null(found);
	return luminance(found + strlen(text) - 1);
}

static void check(const char *on, const char *name, double least)
{
	for (int dark = 0; dark < 2; dark++) {
		double a = colour_of(on, dark), b = colour_of(name, dark);
		double ratio = (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);

		if (ratio < least)
			fail_msg("%s on %s, %s: %.2f", name, on,
				 dark ? "dark" : "light", ratio);
	}
}

static void test_contrasts(void **state)
{
	static const char *const texts[] = {"ink",  "mute", "bad", "warn",
					    "good", "link", "c1",  "c2",
					    "c3",   "c4",   "c5",  "c6"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check("bg", texts[i], TEXT);
	check("soft", "ink", TEXT);
	check("soft", "mute", TEXT);
	check("badbg", "bad", TEXT);
	check("warnbg", "warn", TEXT);
	check("goodbg", "good", TEXT);
	check("badbg", "ink", TEXT);
	check("warnbg", "ink", TEXT);
	check("badbg", "mute", TEXT);
	check("warnbg", "mute", TEXT);
	check("bg", "line", LINES);
}

static void test_luminance(void **state)
{
	(void)state;
	assert_true(fabs(luminance("#fff") - 1) < 1e-3);
	assert_true(luminance("#000") < 1e-3);
	assert_true(fabs(luminance("#1a2b3c") - luminance("#1a2b3c;")) < 1e-9);
	assert_true(fabs(luminance("#abc") - luminance("#aabbcc")) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_luminance),
		cmocka_unit_test(test_contrasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
