/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "tests/page.h"

struct page page_in(char **text, size_t *size)
{
	return page_on(open_memstream(text, size));
}

struct page page_on(FILE *out)
{
	assert_non_null(out);
	return (struct page){
		.out = out, .width = PAGE_WIDTH, .arena = arena_new()};
}

void page_done(struct page *p)
{
	fclose(p->out);
	arena_free(p->arena);
}

void check_golden(const char *file, const char *text)
{
	char *golden = NULL;
	size_t size = 0;
	FILE *f;

	if (getenv("GOLDEN_UPDATE")) {
		f = fopen(file, "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	f = fopen(file, "r");
	if (!f || getdelim(&golden, &size, '\0', f) == -1)
		fail_msg("%s: cannot be read", file);
	fclose(f);
	if (strcmp(golden, text) != 0)
		fail_msg("%s differs; it is now:\n%s", file, text);
	free(golden);
}
