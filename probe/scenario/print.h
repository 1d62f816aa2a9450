/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs of scenarios in the forms of report/print/format.h, whose contract
 * holds here.
 */
#ifndef PROBE_SCENARIO_PRINT_H
#define PROBE_SCENARIO_PRINT_H

#include <stddef.h>

#include "report/print/format.h"

struct run;

/* What `run all` came to. */
struct run_all {
	size_t count, matching;
	const char *const *like; /* stacks that match throughout */
	size_t like_count;
	int exit_code;
	const char *text;
};

struct run_format {
	const char *name; /* of the format */
	int (*run)(const struct page *p, struct run *r);
	/* Of `run all`: the heading (NULL: none), a run, the end. */
	int (*head)(const struct page *p);
	int (*row)(const struct page *p, struct run *r);
	int (*summary)(const struct page *p, const struct run_all *all);
};

/* The row for this format. */
const struct run_format *run_format(const struct format *format);

/* Schemas mpprobe-scenario/1 and mpprobe-scenarios/1. */
int scenario_json(const struct page *p, struct run *r);
int scenario_summary_json(const struct page *p, const struct run_all *all);

#endif
