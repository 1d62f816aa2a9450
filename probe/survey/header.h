/* SPDX-License-Identifier: GPL-3.0-or-later
 * The first line of a survey's journal: what must be the same when it goes on.
 */
#ifndef PROBE_SURVEY_HEADER_H
#define PROBE_SURVEY_HEADER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "report/survey/identity.h"

struct survey_header {
	uint8_t secret[SIPHASH_KEY];
	uint64_t seed;
	uint16_t ports[SYN_KINDS][SURVEY_PORTS]; /* 0: any will do */
	char **line; /* the command line, ends in NULL */
	int line_count;
};

/* Owned by the caller. */
json_t *survey_header_write(const struct survey_header *h);

/* False: it is none. Else the line is owned by the caller. */
bool survey_header_read(const json_t *json, struct survey_header *out);

#endif
