/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tables of a survey as comma-separated values (RFC 4180, without CR).
 */
#ifndef REPORT_SURVEY_CSV_H
#define REPORT_SURVEY_CSV_H

#include <stdbool.h>
#include <stdio.h>

struct arena;
struct survey_tally;

/* The tables, by name; the first is printed if none is named:
 *     classes   port, class, targets, share, low, high
 *     families  family, class, targets, share, low, high
 *     stacks    scenario, version, answer, targets, share, low, high, stacks
 *     hops      finding, direction, after, after_network, at, at_network,
 *               targets, of
 *     networks  finding, direction, after, at, targets, of
 *     findings  a row a finding of a target: address, port, class, verdict,
 *               finding, effect, direction, segment, how, confidence,
 *               after_ttl, after, after_network, at_ttl, at, at_network,
 *               evidence, text
 * of all classes, also those of no target. */
bool csv_has_table(const char *name);

/* "classes, families, ... or findings" */
const char *csv_tables(struct arena *a);

/* NULL: the first. `results`, of which the tally is, are read once more for the
 * findings. */
void csv_print(const struct survey_tally *t, FILE *results, const char *table,
	       FILE *out);

/* Of several vantage points: side, finding, after, at, there_from,
 * somewhere_from, not_from, unknown_from, targets; names with blanks between.
 * Of a vantage point that has not told all of its targets, a row "untold" says
 * how many. */
struct contrast;
void csv_contrast(const struct contrast *c, FILE *out);

#endif
