/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs of scenarios as text and as JSON (schema mpprobe-scenario/1).
 */
#ifndef PROBE_SCENARIO_PRINT_H
#define PROBE_SCENARIO_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct run;

/* What `run all` came to. */
struct run_all {
	size_t count, matching;
	const char *const *like; /* stacks that match throughout */
	size_t like_count;
	int exit_code;
	const char *text;
};

/* One line a segment, the expectations, the outcomes, a sentence. `raw`: the
 * options in hex as well; `quiet`: the sentence only. */
void scenario_text(FILE *out, struct run *r, bool raw, bool quiet);

/* A row of the table that `run all` prints, and its end. */
void scenario_row(FILE *out, struct run *r);
void scenario_summary(FILE *out, const struct run_all *all);

int scenario_json(FILE *out, struct run *r);
int scenario_summary_json(FILE *out, const struct run_all *all);

#endif
