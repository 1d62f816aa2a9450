/* SPDX-License-Identifier: GPL-3.0-or-later
 * The picture of the path alone, as a file of SVG. Rows of the table in
 * format.c, which has their contract.
 */
#ifndef REPORT_PRINT_HTML_SVG_H
#define REPORT_PRINT_HTML_SVG_H

#include "report/print/format.h"

struct document *svg_open(void);
int svg_close(const struct page *p, const char *body, size_t length);
int svg_report(const struct page *p, const struct report *r);

#endif
