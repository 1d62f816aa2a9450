/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey that is over complains of.
 */
#ifndef PROBE_CLI_SURVEY_COMPLAINTS_H
#define PROBE_CLI_SURVEY_COMPLAINTS_H

struct survey;

/* Who was not asked, and why. */
void survey_complain_of_lines(const struct survey *s);

/* Of one that is not complete and ends with `code`: what is left, and how to go
 * on, in `directory`, or, if that is NULL, that nobody can. */
void survey_complain_of_rest(const struct survey *s, const char *directory,
			     int code);

/* If a list could not be read to its end: 65. Else 0. */
int survey_complain_of_lists(const struct survey *s);

#endif
