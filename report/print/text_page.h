/* SPDX-License-Identifier: GPL-3.0-or-later
 * What text is made of: ink, wrapping, and words for numbers.
 */
#ifndef REPORT_PRINT_TEXT_PAGE_H
#define REPORT_PRINT_TEXT_PAGE_H

#include "report/arena.h"
#include "report/print/text.h"
#include "report/report.h"

enum ink { INK_NONE, INK_BAD, INK_WARN, INK_GOOD, INK_DIM };

/* Switches a colour on, and back; nothing without page->colour. */
void page_ink(const struct page *p, enum ink ink);

/* A copy that is safe on a terminal: what is not printable ASCII becomes
 * \xNN. "" for NULL. */
const char *page_clean(const struct page *p, const char *text);

/* As text_wrap, in ink. */
void page_wrap(const struct page *p, enum ink ink, const char *first,
	       const char *rest, const char *text);

const char *page_address(const struct page *p, const struct address *a);
const char *page_number(const struct page *p, int value); /* < 0: "-" */
const char *page_ms(const struct page *p, double ms);	  /* < 0: "-" */
/* "1 frame", "2 frames" */
const char *page_count(const struct page *p, uint64_t count, const char *what);

struct effect_look {
	enum ink ink;
	const char *sign, *word; /* "!!", "BLOCKS" */
};
extern const struct effect_look effect_looks[]; /* by effect */

void text_path(const struct page *p, const struct report *r); /* the hops */
/* Under -v. */
void text_return(const struct page *p, const struct report *r);
void text_ladder(const struct page *p, const struct report *r);
void text_rules(const struct page *p, const struct report *r); /* -vv */
void text_connections(const struct page *p, const struct report *r);

#endif
