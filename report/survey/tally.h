/* SPDX-License-Identifier: GPL-3.0-or-later
 * How many targets of a survey are of which class, a table for each port.
 */
#ifndef REPORT_SURVEY_TALLY_H
#define REPORT_SURVEY_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/survey/class.h"
#include "report/survey/places.h"
#include "report/survey/rest.h"
#include "report/survey/result.h"
#include "report/survey/stacks.h"

enum { TALLY_IPV4, TALLY_IPV6, TALLY_FAMILIES };

struct tally_port {
	uint16_t port;
	uint64_t total, classes[SURVEY_CLASSES];
};

struct survey_tally {
	struct tally_port *ports; /* by number */
	size_t count;
	struct tally_port
		families[TALLY_FAMILIES]; /* all ports; their own: 0 */
	struct survey_stacks stacks;
	struct survey_places places;
	struct survey_rest rest; /* that is missing in all of these */
	struct result_faults faults;
};

void tally_add(struct survey_tally *t, unsigned family, uint16_t port,
	       enum survey_class class);

/* Adds what stands in a file of lines of schema mpprobe-survey/1, once. */
void tally_read(struct survey_tally *t, FILE *file);

/* Then what is missing, by meta.json, or NULL. */
void tally_rest(struct survey_tally *t, const json_t *meta);

/* Whether there is something to set beside each other. */
bool tally_has_both(const struct survey_tally *t);

/* "IPv4" */
const char *tally_family_name(unsigned family);

/* Of all ports; its own is 0. */
struct tally_port tally_sum(const struct survey_tally *t);

/* "1,234,567" */
#define TALLY_NUMBER 32
const char *tally_number(uint64_t n, char text[TALLY_NUMBER]);

void tally_free(struct survey_tally *t);

/* Wilson's interval for `hits` of `total`, which is not 0, as shares: that in
 * which the share lies, 19 times of 20, if the targets are a random sample
 * (Wilson 1927). */
void tally_interval(uint64_t hits, uint64_t total, double *low, double *high);

/* The same in words, with no more digits than it supports. Of fewer targets
 * than SMALL_SAMPLE a percentage says more than there is: "3 of 45". */
#define SMALL_SAMPLE 100
struct tally_share {
	char count[TALLY_NUMBER + 8]; /* "1,234"; "3 of 45" */
	char share[24];		      /* "9.9 %"; "" */
	char interval[48];	      /* "9.8 to 10.0 %" */
};
void tally_share(uint64_t hits, uint64_t total, struct tally_share *out);

#endif
