/* SPDX-License-Identifier: GPL-3.0-or-later
 * The one way in which anything gets onto a page. What comes from the network,
 * a file or the command line is hostile text.
 */
#ifndef REPORT_PRINT_HTML_MARKUP_H
#define REPORT_PRINT_HTML_MARKUP_H

#include <stdint.h>
#include <stdio.h>

/* As fprintf, but each %s is made harmless, as text and within quotes of an
 * attribute; NULL is "". Conversions: %s %c %d %u %x %zu %llu %f, with widths
 * and precisions but for %s. The format is markup, and never made of anything
 * but literals. */
void markup(FILE *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What %s makes of a text: & < > " ' are written as references; what is no
 * printable ASCII, and so might turn or hide what follows, as \xNN. */
void markup_text(FILE *out, const char *text);

/* The same; what stands between `backquotes` is code. */
void markup_prose(FILE *out, const char *text);

#endif
