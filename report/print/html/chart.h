/* SPDX-License-Identifier: GPL-3.0-or-later
 * Numbers over time. A chart takes the width that there is: lines are
 * stretched, text and points are not.
 */
#ifndef REPORT_PRINT_HTML_CHART_H
#define REPORT_PRINT_HTML_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "report/print/format.h"

struct chart {
	const struct page *page;
	double left, right; /* times, in seconds */
	double low, high;   /* numbers */
	unsigned height;    /* px of the plot */
	const char *unit;   /* of the numbers: "B" is scaled, to kB, MB */
};

struct chart_point {
	double time, number;
};

/* `label`: for who does not see it. */
void chart_begin(const struct chart *c, const char *label);
/* A stretch of time, with a text. */
void chart_stretch(const struct chart *c, double from, double to,
		   const char *text);
/* Points; `colour` from 0 on, with a tag beside the last. Large ones show
 * beneath others. */
void chart_large_points(const struct chart *c, const struct chart_point *points,
			size_t count, unsigned colour, const char *tag);
void chart_points(const struct chart *c, const struct chart_point *points,
		  size_t count, unsigned colour, const char *tag);
/* The same as a line. */
void chart_line(const struct chart *c, const struct chart_point *points,
		size_t count, unsigned colour, const char *tag);
/* A line that goes up in steps. */
void chart_steps(const struct chart *c, const struct chart_point *points,
		 size_t count);
void chart_end(const struct chart *c);

#define CHART_COLOURS 6

#endif
