/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey sends: SYNs to the next targets, as its rate allows, and again
 * to those that answered only some.
 */
#ifndef PROBE_SURVEY_ASKING_H
#define PROBE_SURVEY_ASKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct open_target;
struct survey;

/* Whether somebody is left to ask, and not too many wait to be probed, nor too
 * many lines to be read. */
bool asking_may(const struct survey *s);

/* When the rate allows the next packet (survey_now_us()). */
int64_t asking_next_us(const struct survey *s, int64_t now);

/* Asks those that are due, some at most. */
void asking_go_on(struct survey *s);

/* Asks those again whose time for that has come. */
void asking_again(struct survey *s);

/* Asks a target that has answered what only those are asked that do. */
void asking_more(struct survey *s, struct open_target *o);

/* Counts a packet of so many bytes, and what it takes of the rate. */
void asking_spend(struct survey *s, size_t length);

#endif
