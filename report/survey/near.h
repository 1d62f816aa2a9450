/* SPDX-License-Identifier: GPL-3.0-or-later
 * What interferes near a vantage point, as all targets that tell show it from
 * there.
 */
#ifndef REPORT_SURVEY_NEAR_H
#define REPORT_SURVEY_NEAR_H

#include "report/survey/sides.h"

struct judging {
	const struct contrast *c;
	struct arena *arena;
	const struct contrast_target **targets; /* by address, c->count */
	struct sides *out;
};

/* Fills in `near`. Hops know better than classes, where they tell. */
void near_judge(struct judging *j);

/* Whether that is what is near: what all targets show from a vantage point says
 * nothing of one of them. */
bool near_is(const struct judging *j, size_t vantage, const char *id);

#endif
