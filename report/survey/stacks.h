/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey's SYNs tell of the stacks of those that speak MPTCP: two of
 * them are what scenarios of mpprobe run begin with, and so their answers are
 * outcomes of these, which stacks are known by. The rest of an exchange is not
 * made, so no more is told.
 */
#ifndef REPORT_SURVEY_STACKS_H
#define REPORT_SURVEY_STACKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/survey/class.h"

/* How many targets answered a scenario's SYN so. */
struct stack_row {
	const char *scenario; /* "random-token-join" */
	const char *outcome;  /* its name there: "syn" */
	unsigned version;     /* of MPTCP, that they speak */
	char answer[32];      /* "reset 1", in the scenario's words */
	uint64_t targets;
	const char *like; /* which stacks do so: "as linux-v1 (5.10 or later)
			     does"; NULL: it is not known. Borrowed */
};

struct survey_stacks {
	struct stack_row *rows;
	size_t count;
};

/* Adds what a line of schema mpprobe-survey/1 says, whose class is known; but
 * nothing of a target whose probe found that something interferes. */
void stacks_add(struct survey_stacks *s, const json_t *line,
		enum survey_class class);

/* By scenario and version, the most frequent first. */
void stacks_sort(struct survey_stacks *s);

/* Whether they are of one scenario and version. */
bool stacks_same_table(const struct stack_row *a, const struct stack_row *b);

/* Of how many targets this row is a share: those of its scenario and version.
 */
uint64_t stacks_total(const struct survey_stacks *s, const struct stack_row *r);

void stacks_free(struct survey_stacks *s);

#endif
