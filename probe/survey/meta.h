/* SPDX-License-Identifier: GPL-3.0-or-later
 * meta.json of a survey: what was asked how, and what was counted, for papers.
 */
#ifndef PROBE_SURVEY_META_H
#define PROBE_SURVEY_META_H

struct survey;
struct survey_header;

struct survey_meta {
	int fd; /* open */
	const struct survey *survey;
	const struct survey_header *header;
	const char *interface;
	const char *started, *ended; /* UTC; NULL: it runs */
};

/* Replaces what stands there. 0, or -1 with errno. */
int survey_meta_write(const struct survey_meta *m);

#endif
