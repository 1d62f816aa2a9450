/* SPDX-License-Identifier: GPL-3.0-or-later
 * The directory of a survey: results.jsonl, journal, meta.json, and optout,
 * which its user writes.
 */
#ifndef PROBE_SURVEY_FILES_H
#define PROBE_SURVEY_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct survey_files {
	const char *directory; /* NULL: results go to standard output */
	int results, journal, meta, status; /* -1: not open */
	int evidence;			    /* a directory in it; -1 */
	bool made_directory, made_optout, made_evidence;
};

#define SURVEY_FILES_NONE                                                      \
	{                                                                      \
		.results = -1, .journal = -1, .meta = -1, .status = -1,        \
		.evidence = -1                                                 \
	}

/* Makes the directory, if it is not there, and the files in it, which must not
 * be; `status` (NULL: none) may. 0, or an exit code after a complaint. */
int survey_files_make(struct survey_files *f, const char *directory,
		      const char *status);

/* Without a directory: standard output, and `status`. */
int survey_files_stream(struct survey_files *f, const char *status);

/* Opens those of a survey that is to go on, and takes the first line of its
 * journal to `header`, owned by the caller; `*journal` stands behind it. */
int survey_files_open(struct survey_files *f, const char *directory,
		      json_t **header, FILE **journal);

/* Cuts off what a crash left behind the last position. 0, or an exit code. */
int survey_files_cut(struct survey_files *f, long journal, long results);

/* Begins the journal. 0, or an exit code. */
int survey_files_begin(struct survey_files *f, const json_t *header);

int survey_files_status(struct survey_files *f, const char *name);

/* Makes the directory for captures, if it is not there, and removes those that
 * no result names. 0, or an exit code. */
int survey_files_evidence(struct survey_files *f);

/* Removes those that survey_files_make() made, and the directory if nothing
 * else is in it: the survey has not begun. */
void survey_files_remove(const struct survey_files *f);

void survey_files_close(struct survey_files *f);

/* A file in the directory, to read; NULL with errno. */
FILE *survey_file_read(const char *directory, const char *name);

#endif
