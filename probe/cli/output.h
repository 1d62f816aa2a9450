/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where reports go: standard output or the -o file, as text or JSON.
 */
#ifndef PROBE_CLI_OUTPUT_H
#define PROBE_CLI_OUTPUT_H

#include <stdio.h>

struct options;
struct report;
struct output;

/* Opens the -o file, before privileges are dropped (afterwards it could be
 * neither created nor renamed: a directory of the user's is closed to a root
 * without capabilities). The reports are collected and replace its content
 * in output_close, when room for all of them is reserved: nothing
 * half-written ever stands there. A FIFO or device such as /dev/full is
 * simply written to. NULL after a complaint: exit code 74. Decides on colour
 * (--color, NO_COLOR, TERM=dumb, a terminal). */
struct output *output_open(const struct options *o);

/* Prints one report in the form asked for; on standard output at once. */
void output_report(struct output *out, const struct report *r);

/* For reports of other kinds: where to print one, and when it is printed. */
FILE *output_begin(struct output *out);
void output_end(struct output *out);

/* Writes what was collected. Without any report a file that output_open
 * created is removed, another left as it was. 0, or 74 after a complaint.
 * Frees `out`. */
int output_close(struct output *out);

#endif
