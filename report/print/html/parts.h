/* SPDX-License-Identifier: GPL-3.0-or-later
 * The parts of a page, each in a file of its name, and what they share.
 */
#ifndef REPORT_PRINT_HTML_PARTS_H
#define REPORT_PRINT_HTML_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "report/print/format.h"
#include "report/report.h"

/* --- words.c: what the parts have in common ------------------------------- */

/* The class that colours it: "bad", "warn", "good", "plain". */
const char *severity_of_status(enum status s);
const char *status_words(enum status s); /* "Works in part" */
const char *severity_of_effect(enum effect e);

const char *address_words(const struct page *p, const struct address *a);
/* "hop 3 (10.0.3.2)", "this host" */
const char *place_words(const struct page *p, const struct place *at);
/* "0.21 ms"; "" for what is not known. */
const char *ms_words(const struct page *p, double ms);
/* "2026-11-20 23:00:00.123 UTC"; "" for 0. */
const char *time_words(const struct page *p, int64_t us);
/* "server.lab (10.0.5.2) port 80", without what would be said twice. */
const char *target_words(const struct page *p, const struct report *r);
/* The same text with its first letter in upper case. */
const char *capitalised(const struct page *p, const char *text);

#define HEADLINE_MAX 90 /* bytes; more is a paragraph */

/* --- parts ---------------------------------------------------------------- */

void part_badge(const struct page *p, enum status s); /* sign and word */
void part_verdict(const struct page *p, const struct report *r);
void part_path(const struct page *p, const struct report *r);
void part_findings(const struct page *p, const struct report *r);
void part_exchange(const struct page *p, const struct report *r);
void part_tested(const struct page *p, const struct report *r);
void part_advice(const struct page *p, const struct report *r);
void part_connections(const struct page *p, const struct report *r);

/* --- pictures ------------------------------------------------------------- */

/* The path, along the page or down it: what stands within an <svg> of this
 * size. */
typedef void path_draw_fn(const struct page *p, const struct report *r);
struct picture {
	double width, height;
	path_draw_fn *draw;
};
struct picture path_wide(const struct page *p, const struct report *r);
struct picture path_tall(const struct page *p, const struct report *r);
/* The former, if there is room for it. */
struct picture path_picture(const struct page *p, const struct report *r);
/* Whether it has room along a page of some 1,000 px. */
bool path_is_wide(const struct page *p, const struct report *r);

/* The paths of several uplinks, as parallel lines. */
struct paths;
void uplinks_picture(const struct page *p, const struct paths *all);

/* bytes.c: the fields of what was sent and of what was seen, side by side. */
void bytes_beside(const struct page *p, const struct report *r,
		  const struct finding *f);

/* Hex of `text`, in pairs; those that differ from `other` are marked. */
void hex_marked(const struct page *p, const char *text, const char *other);

#endif
