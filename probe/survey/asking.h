/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey sends: SYNs to the next targets, as its rate allows, and again
 * to those that answered only some.
 */
#ifndef PROBE_SURVEY_ASKING_H
#define PROBE_SURVEY_ASKING_H

#include <stddef.h>

struct survey;

/* Asks those that are due, some at most. */
void asking_go_on(struct survey *s);

/* Asks those again whose time for that has come. */
void asking_again(struct survey *s);

/* Counts a packet of so many bytes, and what it takes of the rate. */
void asking_spend(struct survey *s, size_t length);

#endif
