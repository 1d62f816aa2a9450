/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs of scenarios in the forms of report/print/format.h, whose contract
 * holds here.
 */
#ifndef PROBE_SCENARIO_PRINT_H
#define PROBE_SCENARIO_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/print/format.h"

struct arena;
struct scenario;

#define STACKS_MAX 4 /* that are known */
#define NAMED_MAX 8  /* scenarios that are named */

/* What `run all` came to. */
struct run_total {
	size_t count, matching; /* scenarios */
	size_t untested;	/* beside those */
	size_t incomplete;	/* of those */
	struct total_stack {
		const char *name;
		/* The scenarios that it answers otherwise: how many, and the
		 * names of the first. */
		size_t differing;
		const char *differs[NAMED_MAX];
	} stacks[STACKS_MAX];
	size_t stack_count;
	int exit_code;
};

/* Whether this stack, or any, answers all of them so. */
bool run_total_like(const struct run_total *t, const struct total_stack *s);
bool run_total_matches(const struct run_total *t);

/* The stack that answers most of them so, where none does all; an
 * implementation rather than the RFC. NULL: no scenario is answered as any
 * stack does. */
const struct total_stack *run_total_nearest(const struct run_total *t);

/* One sentence. */
const char *run_total_sentence(struct arena *a, const struct run_total *t);

struct run_format {
	const char *name; /* of the format */
	int (*run)(const struct page *p, struct scenario *r);
	/* Of `run all`: the heading (NULL: none), a run, the end. */
	int (*head)(const struct page *p);
	int (*row)(const struct page *p, struct scenario *r);
	int (*summary)(const struct page *p, const struct run_total *t);
};

/* The row for this format. */
const struct run_format *run_format(const struct format *format);

/* Schemas mpprobe-scenario/1 and mpprobe-scenarios/1. */
int scenario_json(const struct page *p, struct scenario *r);
int scenario_summary_json(const struct page *p, const struct run_total *t);

#endif
