/* SPDX-License-Identifier: GPL-3.0-or-later
 * TARGETS of a survey's command line, and who is none.
 */
#ifndef PROBE_CLI_SURVEY_TARGETS_H
#define PROBE_CLI_SURVEY_TARGETS_H

struct blocklist;
struct options;
struct survey_header;
struct targets;

/* Adds an address or prefix, a file with more of them ("-": standard input), or
 * a name, which is looked up; and notes in the header what it meant. 0, or an
 * exit code after a complaint. */
int survey_target_add(struct targets *t, struct survey_header *h,
		      const struct options *o, const char *text);

/* What is never asked: by -b, a file, "none" or NULL, and by the directory's
 * opt-out list; NULL: there is none. 0, or an exit code after a complaint; `b`
 * is to be freed in any case. */
int survey_blocklist(struct blocklist *b, const char *name,
		     const char *directory);

#endif
