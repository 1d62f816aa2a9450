/* SPDX-License-Identifier: GPL-3.0-or-later
 * mpprobe survey --report: what results say, of one vantage point or several.
 */
#ifndef PROBE_CLI_SURVEY_REPORT_H
#define PROBE_CLI_SURVEY_REPORT_H

#include <stdio.h>

struct options;
struct output;
struct scenario_list;

/* An exit code. `argv`: further directories. */
int survey_report(const struct options *o, struct output *out, int argc,
		  char **argv);

/* The tables of a survey that ends, once privileges are dropped; `scenarios`
 * that know stacks, or NULL, as `meta` may be. Complains of lines that are none
 * of a survey. */
void survey_report_own(struct output *out, FILE *results, FILE *meta,
		       const struct scenario_list *scenarios);

#endif
