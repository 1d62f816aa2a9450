// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/curve.h"

#include <stdlib.h>

#include "report/arena.h"

static void thin_out(struct curve *c)
{
	for (size_t i = 0; 2 * i < c->count; i++)
		c->points[i] = c->points[2 * i];
	c->count = (c->count + 1) / 2;
	c->stride *= 2;
}

void curve_add(struct curve **curve, int64_t time_us, uint64_t number,
	       uint64_t bytes)
{
	struct curve *c = *curve;

	if (!c) {
		c = *curve = must_have(calloc(1, sizeof(*c)));
		c->stride = 1;
	}
	c->last = (struct curve_point){time_us, number, bytes};
	if (c->count && ++c->skipped < c->stride)
		return;
	c->skipped = 0;
	if (c->count == CURVE_MAX)
		thin_out(c);
	c->points[c->count++] = c->last;
}
