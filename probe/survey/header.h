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
	bool ipv4,
		ipv6; /* that are asked: the numbers of targets depend on it */
	uint16_t ports[SYN_KINDS][SURVEY_PORTS]; /* 0: any will do */
	char **line; /* the command line, ends in NULL */
	int line_count;
	char **targets; /* of it, names as the addresses that they had */
	int target_count;
};

/* Owned by the caller. */
json_t *survey_header_write(const struct survey_header *h);

/* False: it is none. The line and the targets are owned by the caller in both
 * cases. */
bool survey_header_read(const json_t *json, struct survey_header *out);

/* Adds a copy to the targets. */
void survey_header_add(struct survey_header *h, const char *target);

void survey_header_free_targets(struct survey_header *h);
void survey_header_free_line(struct survey_header *h);

#endif
