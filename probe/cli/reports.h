/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports on one address and port, by one uplink or several.
 */
#ifndef PROBE_CLI_REPORTS_H
#define PROBE_CLI_REPORTS_H

#include <stddef.h>

#include "probe/cli/output.h"

struct observer;
struct paths;
struct paths_group;
struct report;

void report_print(struct output *out, const struct report *r);
void paths_print(struct output *out, const struct paths *p);

/* The heading of the list of MPTCP connections, one of them, and the legs of
 * connections: in the forms that have these. */
int list_heading_print(const struct format *f, const struct page *p,
		       const void *nothing);
int list_legs_print(const struct format *f, const struct page *p,
		    const void *legs);
int list_rest_print(const struct format *f, const struct page *p,
		    const void *left_out);
int list_connection_print(const struct format *f, const struct page *p,
			  const void *connection);

/* Prints what is said beside the reports; -q leaves it to documents. */
void print_beside_report(struct output *out, output_print_fn *print,
			 const void *thing);

/* Prints them, and above those of several uplinks what they say together.
 * Returns the exit code. */
int reports_print(struct output *out, const struct observer *o,
		  const struct paths_group *g);

#endif
