/* SPDX-License-Identifier: GPL-3.0-or-later
 * A page to look at, and to hand to the operator who can mend it: one file that
 * loads nothing, runs nothing, and has the JSON of the run inside. Rows of the
 * table in format.c, which has their contract.
 */
#ifndef REPORT_PRINT_HTML_HTML_H
#define REPORT_PRINT_HTML_HTML_H

#include "report/print/format.h"

struct document *html_open(void);
int html_close(const struct page *p, const char *body, size_t length);
int html_report(const struct page *p, const struct report *r);
int html_paths(const struct page *p, const struct paths *all);
int html_legs(const struct page *p, const struct legs *l);
int html_list(const struct page *p);
int html_list_rest(const struct page *p, uint64_t left_out);
int html_connection(const struct page *p, const struct mptcp_connection *c);
int html_survey(const struct page *p, const struct survey_tables *t);
int html_contrast(const struct page *p, const struct contrast *c);
int html_compare(const struct page *p, const struct compare *c);

#endif
