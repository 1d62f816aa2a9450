/* SPDX-License-Identifier: GPL-3.0-or-later
 * The form for programs: one object a line, each of a schema that stands in
 * report/schemas. Rows of the table in format.c, which has their contract.
 */
#ifndef REPORT_PRINT_JSON_H
#define REPORT_PRINT_JSON_H

#include <jansson.h>

#include "report/print/format.h"

int json_report(const struct page *p, const struct report *r);
/* What a survey keeps of a report: an object with the fields of the same name,
 * of which each hop has its address only. NULL: no memory. */
json_t *json_probe(const struct report *r);
int json_paths(const struct page *p, const struct paths *all);
int json_legs(const struct page *p, const struct legs *l);
int json_list_rest(const struct page *p, uint64_t left_out);
int json_connection(const struct page *p, const struct mptcp_connection *c);
int json_packet(const struct page *p, const struct packet *packet,
		uint64_t frame, int64_t time_us);
int json_compare(const struct page *p, const struct compare *c);
int json_speed(const struct page *p, const struct speed *s);
int json_doctor(const struct page *p, const struct doctor *d);
int json_survey(const struct page *p, const struct survey_tables *t);
/* Whether all of a survey was told, and how many targets were not; null: not
 * known. */
struct survey_rest;
json_t *json_complete(const struct survey_rest *r);
json_t *json_untold(const struct survey_rest *r);
int json_contrast(const struct page *p, const struct contrast *c);
int json_watch(const struct page *p, const struct watch_change *c);

#endif
