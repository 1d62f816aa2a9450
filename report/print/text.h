/* SPDX-License-Identifier: GPL-3.0-or-later
 * The report for people: verdict, hop table, findings with evidence, and
 * the ladder. 80 columns; every colour comes with a word or a sign.
 */
#ifndef REPORT_PRINT_TEXT_H
#define REPORT_PRINT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

struct report;
struct finding_kind;

struct text_style {
	bool colour;
	bool verbose; /* the ladder, the connections, harmless evidence */
	bool quiet;   /* the verdict only, on one line however long */
};

/* Errors of `out` show in ferror(). */
void text_report(FILE *out, const struct report *r,
		 const struct text_style *style);

/* `mpprobe explain` and `mpprobe list`. */
void text_explain(FILE *out, const struct finding_kind *kind);
void text_list_findings(FILE *out);

/* Writes `text` wrapped at 80 columns, the first line behind `first`, the
 * next ones behind `rest`. */
void text_wrap(FILE *out, const char *first, const char *rest,
	       const char *text);

#endif
