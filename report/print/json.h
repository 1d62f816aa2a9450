/* SPDX-License-Identifier: GPL-3.0-or-later
 * The report for programs: schema mpprobe-report/1, one object a line.
 */
#ifndef REPORT_PRINT_JSON_H
#define REPORT_PRINT_JSON_H

#include <stdio.h>

struct report;

/* Writes the object and a newline. 0, or -1 (no memory, or ferror(out)). */
int json_report(FILE *out, const struct report *r);

#endif
