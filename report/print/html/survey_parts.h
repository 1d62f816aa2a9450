/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tables on the page of a survey: a bar for each share, with the interval
 * in which it lies.
 */
#ifndef REPORT_PRINT_HTML_SURVEY_PARTS_H
#define REPORT_PRINT_HTML_SURVEY_PARTS_H

#include <stdint.h>

struct page;
struct survey_stacks;
struct survey_tally;

/* "1,234,567" */
const char *survey_number(const struct page *p, uint64_t n);

/* A table a port, and one of all if there are several. */
void survey_class_tables(const struct page *p, const struct survey_tally *t);

/* IPv4 beside IPv6, if there are targets of both. */
void survey_family_table(const struct page *p, const struct survey_tally *t);

/* A table a scenario and version. */
void survey_stack_tables(const struct page *p, const struct survey_stacks *s);

/* What probes found, by hop and by network. */
void survey_places_tables(const struct page *p, const struct survey_tally *t);

#endif
