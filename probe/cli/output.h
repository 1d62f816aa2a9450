/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where results go, standard output or the -o file, and in which form.
 */
#ifndef PROBE_CLI_OUTPUT_H
#define PROBE_CLI_OUTPUT_H

#include "report/print/format.h"

struct options;
struct output;

/* Opens the -o file, before privileges are dropped. What is printed is
 * collected and replaces the file in output_close, as a whole: nothing
 * half-written ever stands there. A FIFO or device such as /dev/full is simply
 * written to. NULL after a complaint: exit code 74. Decides on colour (--color,
 * NO_COLOR, TERM=dumb, a terminal). */
struct output *output_open(const struct options *o);

/* Says that more than one report follows. */
void output_several(struct output *out);

/* The form that was asked for. One thing is printed by
 *     output_end(out, output_format(out)->report(output_begin(out), r));
 * On standard output it goes out at once, whole, by one write(2), so that the
 * lines of several runs into one file do not mix. Without memory (-1) nothing
 * of it does. */
const struct format *output_format(const struct output *out);
const struct page *output_begin(struct output *out);
void output_end(struct output *out, int printed);

/* How it is printed, for what goes elsewhere first. */
struct page output_page(const struct output *out);

/* Writes what was collected, and frees `out`. Where nothing was printed a file
 * that output_open created is removed, another left as it was. Returns `code`,
 * what the command ends with; unless that is no error and this was one: 74, or
 * 71 if memory ran out, after a complaint. */
int output_close(struct output *out, int code);

#endif
