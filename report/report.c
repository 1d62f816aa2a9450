/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"

#include "report/arena.h"
#include "report/names.h"

NAMES_OF(status_name, enum status, STATUSES, ENUM_NAME)
NAMES_OF(confidence_name, enum confidence, CONFIDENCES, ENUM_NAME)
NAMES_OF(direction_name, enum direction, DIRECTIONS, ENUM_NAME)
NAMES_OF(bounds_name, enum bounds, BOUNDS, ENUM_NAME)
NAMES_OF(segment_name, enum segment_kind, SEGMENTS, ENUM_NAME)
NAMES_OF(segment_phrase, enum segment_kind, SEGMENTS, ENUM_THIRD)
NAMES_OF(purpose_name, enum purpose, PURPOSES, ENUM_NAME)
NAMES_OF(matched_by_name, enum matched_by, MATCHES, ENUM_NAME)
NAMES_OF(rung_name, enum ladder_rung, RUNGS, ENUM_NAME)
NAMES_OF(rung_result_name, enum rung_result, RUNG_RESULTS, ENUM_NAME)
NAMES_OF(why_name, enum why, WHYS, ENUM_NAME)
NAMES_OF(why_phrase, enum why, WHYS, ENUM_THIRD)
NAMES_OF(vantage_name, enum vantage, VANTAGES, ENUM_NAME)

int report_exit_code(const struct report *r)
{
	static const int codes[] = {STATUSES(ENUM_THIRD)};

	return codes[r->status];
}

void report_free(struct report *r)
{
	if (r != NULL)
		arena_free(r->arena);
}
