/* SPDX-License-Identifier: GPL-3.0-or-later
 * Lines of JSON in the place of reports of `mpprobe -j`, twice: as two runs.
 */
#include "report/compare/compare.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page page = fuzz_page();
	struct compare *c = compare_new();
	char error[200] = "";
	int count;

	FUZZ_REQUIRE(c);
	count = compare_report(c, "a", (const char *)data, size, error,
			       sizeof(error));
	FUZZ_REQUIRE((count < 0) == (*error != '\0'));
	compare_report(c, "b", (const char *)data, size, error, sizeof(error));
	compare_judge(c);
	format_named("text")->compare(&page, c);
	format_named("json")->compare(&page, c);
	compare_free(c);
	fuzz_page_done(&page);
	return 0;
}
