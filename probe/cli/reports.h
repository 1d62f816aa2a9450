/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports on one address and port, by one uplink or several.
 */
#ifndef PROBE_CLI_REPORTS_H
#define PROBE_CLI_REPORTS_H

#include <stddef.h>

struct observer;
struct output;
struct paths;
struct paths_group;
struct report;

void report_print(struct output *out, const struct report *r);
void paths_print(struct output *out, const struct paths *p);

/* Prints them, and above those of several uplinks what they say together.
 * Returns the exit code. */
int reports_print(struct output *out, const struct observer *o,
		  const struct paths_group *g);

#endif
