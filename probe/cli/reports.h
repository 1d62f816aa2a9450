/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports on one address and port, by one uplink or several.
 */
#ifndef PROBE_CLI_REPORTS_H
#define PROBE_CLI_REPORTS_H

#include <stddef.h>

struct format;
struct observer;
struct output;
struct page;
struct paths;
struct paths_group;
struct report;

void report_print(struct output *out, const struct report *r);
void paths_print(struct output *out, const struct paths *p);

/* The heading of the list of MPTCP connections, and one of them: in the forms
 * that have these. */
int list_heading_print(const struct format *f, const struct page *p,
		       const void *nothing);
int list_connection_print(const struct format *f, const struct page *p,
			  const void *connection);

/* Prints them, and above those of several uplinks what they say together.
 * Returns the exit code. */
int reports_print(struct output *out, const struct observer *o,
		  const struct paths_group *g);

#endif
