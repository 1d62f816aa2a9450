/* SPDX-License-Identifier: GPL-3.0-or-later
 * TARGETS of a survey's command line.
 */
#ifndef PROBE_CLI_SURVEY_TARGETS_H
#define PROBE_CLI_SURVEY_TARGETS_H

struct options;
struct survey_header;
struct targets;

/* Adds an address or prefix, a file with more of them ("-": standard input), or
 * a name, which is looked up; and notes in the header what it meant. 0, or an
 * exit code after a complaint. */
int survey_target_add(struct targets *t, struct survey_header *h,
		      const struct options *o, const char *text);

#endif
