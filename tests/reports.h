/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is said of a capture, as JSON.
 */
#ifndef TESTS_REPORTS_H
#define TESTS_REPORTS_H

struct observer;
struct report;

/* The report, which must not contradict itself: no finding blocks our data
 * where the ladder has it arrive, over both subflows. */
struct report *consistent(struct report *r);

/* The reports on all targets of what was observed, one a line, to be freed; it
 * frees the observer. */
char *reports_by(struct observer *o);

#endif
