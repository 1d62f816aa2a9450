// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of public servers is what README.md and the man page say it is. */
#include "probe/net/references.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char text[1 << 18];

static void load(const char *file)
{
	FILE *in = fopen(file, "r");

	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
}

/* Host, ports and date stand next to each other. */
static void expect_named(const char *file, const struct reference *r)
{
	char row[300], port[8];
	const char *at;

	load(file);
	at = strstr(text, r->host);
	assert_non_null(at);
	snprintf(row, sizeof(row), "%s", at);
	assert_non_null(strstr(row, r->said));
	for (size_t i = 0; i < REFERENCE_PORTS; i++) {
		snprintf(port, sizeof(port), "%u", r->ports[i]);
		assert_non_null(strstr(row, port));
	}
}

static void test_papers(void **state)
{
	const struct reference *r;
	size_t count = 0;

	(void)state;
	for (; (r = references_row(count)); count++) {
		expect_named("README.md", r);
		expect_named("man/mpprobe.1", r);
		assert_true(*r->known && strlen(r->host) + 6 < REFERENCE_TEXT);
	}
	assert_true(count > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_papers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
