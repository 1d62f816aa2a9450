/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a table of networks.
 */
#include <stdio.h>
#include <string.h>

#include "report/origin_table.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fopen(fuzz_file(data, size), "r");
	struct address a = address_from(
		(const uint8_t[16]){192, 0, 2, size & 0xff}, size & 1 ? 4 : 16);
	struct origin_table *t;
	unsigned long wrong;
	const char *name;

	FUZZ_REQUIRE(file);
	t = origin_table_read(file, &wrong);
	fclose(file);
	if (!origin_table_find(t, &a, &name))
		FUZZ_REQUIRE(!*name);
	for (; *name; name++)
		FUZZ_REQUIRE(*name >= ' ' && *name <= '~');
	origin_table_free(t);
	return 0;
}
