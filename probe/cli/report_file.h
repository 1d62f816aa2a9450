/* SPDX-License-Identifier: GPL-3.0-or-later
 * Files that mpprobe wrote itself: lines of -j, pages of --html. They are told
 * by their first byte, as captures are no text.
 */
#ifndef PROBE_CLI_REPORT_FILE_H
#define PROBE_CLI_REPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output;

/* Opens a file that may be one, with the privilege of the start, without
 * reading a byte. NULL: it cannot be one (standard input, no regular file), or
 * cannot be read. */
FILE *report_file_open(const char *name);

/* Whether it is one; NULL is none. Reads its first byte. */
bool report_file_is(FILE *file);

/* All of it, to be freed; NULL if it is empty. */
char *report_file_text(FILE *file, size_t *length);

/* Prints the reports in it, as `mpprobe read` does those of a capture. Returns
 * the exit code. */
int report_file_print(FILE *file, const char *name, struct output *out);

#endif
