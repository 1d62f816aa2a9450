/* SPDX-License-Identifier: GPL-3.0-or-later
 * How many targets of a survey are of which class, a table for each port.
 */
#ifndef REPORT_SURVEY_TALLY_H
#define REPORT_SURVEY_TALLY_H

#include <stdint.h>
#include <stdio.h>

#include "report/survey/class.h"

struct tally_port {
	uint16_t port;
	uint64_t total, classes[SURVEY_CLASSES];
};

struct survey_tally {
	struct tally_port *ports; /* by number */
	size_t count;
	uint64_t bad_lines; /* that were read and are none of a survey */
};

void tally_add(struct survey_tally *t, uint16_t port, enum survey_class class);

/* Adds what stands in a file of lines of schema mpprobe-survey/1. */
void tally_read(struct survey_tally *t, FILE *file);

/* A table a port, and one of all if there are several; with the intervals in
 * which the shares lie if the targets are a random sample, 19 times of 20
 * (Wilson 1927). */
void tally_print(const struct survey_tally *t, FILE *out);

/* The same numbers as comma-separated values: port, class, targets, share, low,
 * high. */
void tally_print_csv(const struct survey_tally *t, FILE *out);

void tally_free(struct survey_tally *t);

/* Wilson's interval for `hits` of `total`, which is not 0, as shares. */
void tally_interval(uint64_t hits, uint64_t total, double *low, double *high);

#endif
