/* SPDX-License-Identifier: GPL-3.0-or-later
 * A number over time, in bounded memory: where there are too many points, every
 * second one goes, and of those that follow as many.
 */
#ifndef REPORT_TRACK_CURVE_H
#define REPORT_TRACK_CURVE_H

#include <stddef.h>
#include <stdint.h>

#ifndef CURVE_MAX /* fuzz targets are built with less */
#define CURVE_MAX 600
#endif

struct curve_point {
	int64_t time_us;
	uint64_t number; /* a DSN */
	uint64_t bytes;	 /* that went by until then */
};

struct curve {
	struct curve_point points[CURVE_MAX];
	size_t count;
	unsigned stride, skipped; /* one of `stride` is kept */
	struct curve_point last;  /* the latest, kept or not */
};

/* Adds a point; makes the curve, if there is none yet. free() it. */
void curve_add(struct curve **curve, int64_t time_us, uint64_t number,
	       uint64_t bytes);

#endif
