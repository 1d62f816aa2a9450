/* SPDX-License-Identifier: GPL-3.0-or-later
 * The small shapes of a picture of a path, at a place of it.
 */
#ifndef REPORT_PRINT_HTML_PATH_MARKS_H
#define REPORT_PRINT_HTML_PATH_MARKS_H

#include <stdio.h>

#include "report/print/html/stations.h"

/* What a hop says of a kind of segment. */
void mark_hop(FILE *out, enum hop_mark mark, double x, double y);
/* Nothing goes on from here; across or along the page. */
void mark_stop(FILE *out, double x, double y, bool wide);
void mark_station(FILE *out, const struct station *s, double x, double y);
/* What the shapes mean, as a list. */
void mark_key(FILE *out);

#endif
