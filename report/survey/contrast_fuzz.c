/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as the results of a survey, and of two vantage points: the first
 * half from one, all of them from the other.
 */
#include <stdio.h>

#include "report/print/json.h"
#include "report/print/text.h"
#include "report/survey/contrast.h"
#include "report/survey/csv.h"
#include "report/survey/tables.h"
#include "tests/fuzz.h"

static FILE *file_of(const uint8_t *data, size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");

	FUZZ_REQUIRE(file);
	return file;
}

static void one(const uint8_t *data, size_t size)
{
	struct survey_tally tally = {0};
	const struct survey_tables t = {.name = "d", .tally = &tally};
	FILE *file = file_of(data, size);
	struct page p = fuzz_page();

	tally_read(&tally, file);
	FUZZ_REQUIRE(!text_survey(&p, &t));
	FUZZ_REQUIRE(!json_survey(&p, &t));
	csv_print(&tally, file, "stacks", p.out);
	csv_print(&tally, file, "hops", p.out);
	csv_print(&tally, file, "findings", p.out);
	fuzz_page_done(&p);
	fclose(file);
	tally_free(&tally);
}

static void two(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a", "b"};
	FILE *files[] = {file_of(data, size / 2), file_of(data, size)};
	struct page p = fuzz_page();
	struct contrast c;

	contrast_read(&c, names, files, 2);
	FUZZ_REQUIRE(!text_contrast(&p, &c));
	FUZZ_REQUIRE(!json_contrast(&p, &c));
	csv_contrast(&c, p.out);
	contrast_free(&c);
	fuzz_page_done(&p);
	for (unsigned i = 0; i < 2; i++)
		fclose(files[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0; /* half of it would be none */
	one(data, size);
	two(data, size);
	return 0;
}
