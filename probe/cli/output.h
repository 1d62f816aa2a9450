/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where results go, and in which form: standard output or the -o file, and
 * documents beside it (--html).
 */
#ifndef PROBE_CLI_OUTPUT_H
#define PROBE_CLI_OUTPUT_H

#include "report/print/format.h"

struct options;
struct output;

/* Opens the files that options name, before privileges are dropped. What is
 * printed on a file is collected and replaces it in output_close, as a whole:
 * nothing half-written ever stands there. A FIFO or device such as /dev/full is
 * simply written to. NULL after a complaint: exit code 74. Decides on colour
 * (--color, NO_COLOR, TERM=dumb, a terminal). */
struct output *output_open(const struct options *o);

/* Names a capture that the results are of, for documents, which tell its
 * SHA-256: call it before privileges are dropped. It is read when the first
 * result is printed. The name must outlive `out`. */
void output_capture(struct output *out, const char *name);

/* Prints one thing on all that is written: `print` calls the format's function
 * that is for it. If all that is printed is longer than the screen, its verdict
 * follows once more at the end. */
typedef int output_print_fn(const struct format *f, const struct page *p,
			    const void *thing);
void output_print(struct output *out, output_print_fn *print,
		  const void *thing);
/* Puts pseudonyms into all that is printed from now on (cover.h); NULL: no
 * more. It is borrowed. */
struct cover;
void output_cover(struct output *out, struct cover *cover);

/* The same, on documents beside the report only; whether there are any. */
bool output_has_documents(const struct output *out);
void output_beside(struct output *out, output_print_fn *print,
		   const void *thing);

/* The form of the report, and one thing printed on it alone:
 *     output_end(out, output_format(out)->speed(output_begin(out), s));
 * On standard output it goes out at once, whole, by one write(2), so that the
 * lines of several runs into one file do not mix. Without memory (-1) nothing
 * of it does. */
const struct format *output_format(const struct output *out);
const struct page *output_begin(struct output *out);
void output_end(struct output *out, int printed);

/* Whether nothing more can be written, as output_close will tell: the reader of
 * a pipe has gone, a disk is full. */
bool output_failed(const struct output *out);

/* How it is printed, for what goes elsewhere first. */
struct page output_page(const struct output *out);

/* Writes what was collected, and frees `out`. Where nothing was printed a file
 * that output_open created is removed, another left as it was. Returns `code`,
 * what the command ends with; unless that is no error and this was one: 74, or
 * 71 if memory ran out, after a complaint. */
int output_close(struct output *out, int code);

#endif
