/* SPDX-License-Identifier: GPL-3.0-or-later
 * The parts of the text report, for each other (text.c, text_path.c,
 * text_tables.c). Not for anybody else.
 */
#ifndef REPORT_PRINT_TEXT_PAGE_H
#define REPORT_PRINT_TEXT_PAGE_H

#include <stdio.h>

#include "report/print/text.h"
#include "report/report.h"

#define PAGE_WIDTH 80

struct arena;

struct page {
	FILE *out;
	const struct report *report;
	const struct text_style *style;
	struct arena *arena; /* for this page only */
};

enum ink { INK_NONE, INK_BAD, INK_WARN, INK_GOOD, INK_DIM };

/* Switches a colour on, and back; nothing without style->colour. */
void page_ink(const struct page *p, enum ink ink);

/* A copy that is safe on a terminal: what is not printable ASCII becomes
 * \xNN. "" for NULL. */
const char *page_clean(const struct page *p, const char *text);

/* As text_wrap, without the newline at the end. */
void page_wrap(const struct page *p, const char *first, const char *rest,
	       const char *text);

const char *page_address(const struct page *p, const struct address *a);

enum ink effect_ink(enum effect effect);
const char *effect_sign(enum effect effect); /* "!!", "! ", "  " */

void text_path(const struct page *p);	     /* the hop table */
void text_return(const struct page *p);	     /* under -v: the way back */
void text_ladder(const struct page *p);	     /* under -v */
void text_connections(const struct page *p); /* under -v */

#endif
