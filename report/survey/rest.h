/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey has not told yet, and so is missing in its tables.
 */
#ifndef REPORT_SURVEY_REST_H
#define REPORT_SURVEY_REST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct survey_rest {
	bool known;    /* there is a meta.json */
	bool complete; /* all asked and told */
	bool ended;    /* it neither runs nor was killed */
	uint64_t asked;
	uint64_t untold;   /* asked, without a line */
	uint64_t to_probe; /* of these, that wait to be probed, or were */
	uint64_t at_once;  /* probes were to be made; 0: none */
	uint64_t sample;   /* of plain targets one in so many was to be */
};

/* By meta.json, or NULL, and how many lines there are. */
struct survey_rest survey_rest_of(const json_t *meta, uint64_t told);

/* "Not complete: of 64 targets that were asked 29 ..."; "" if nothing is known
 * to be missing. */
#define SURVEY_REST_TEXT 200
const char *survey_rest_words(const struct survey_rest *r,
			      char text[SURVEY_REST_TEXT]);

/* Of a survey that was to probe and did not: whom it would have. "" if it was
 * not to. */
const char *survey_none_probed(const struct survey_rest *r,
			       char text[SURVEY_REST_TEXT]);

#endif
