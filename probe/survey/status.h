/* SPDX-License-Identifier: GPL-3.0-or-later
 * How a survey goes: a line on a terminal, the file of --status, and meta.json.
 */
#ifndef PROBE_SURVEY_STATUS_H
#define PROBE_SURVEY_STATUS_H

#include <jansson.h>
#include <stddef.h>

struct survey;

/* For ticker_source(); the context is the survey. */
void status_ticker(const void *survey, char *text, size_t size);

/* Writes the file of --status, if there is one, anew. */
void status_write(const struct survey *s);

/* All that is counted, for both files. Owned by the caller. */
json_t *status_counts(const struct survey *s);

/* Replaces what stands in an open file, for who reads it at once: blanks are at
 * the end where it was longer. 0, or -1 with errno. */
int status_replace(int fd, const json_t *content);

#endif
