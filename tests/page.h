/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pages in memory, and what should stand on them.
 */
#ifndef TESTS_PAGE_H
#define TESTS_PAGE_H

#include "report/print/format.h"

/* A page of 80 columns; from page_done on `text` holds what was printed, and is
 * to be freed. */
struct page page_in(char **text, size_t *size);
/* The same on an open file. */
struct page page_on(FILE *out);
void page_done(struct page *p); /* closes the file */

/* The text must be what is in the file; GOLDEN_UPDATE=1 writes it anew: read
 * what changed. */
void check_golden(const char *file, const char *text);

#endif
