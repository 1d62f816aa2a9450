/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey counts, in the order of its journal: add at the end only.
 */
#ifndef PROBE_SURVEY_COUNTS_H
#define PROBE_SURVEY_COUNTS_H

#include "report/survey/class.h"

enum survey_count {
	COUNT_TARGETS, /* asked */
	COUNT_BLOCKED,
	COUNT_PACKETS, /* sent */
	COUNT_NOT_SENT,
	COUNT_AGAIN,   /* packets that were sent again */
	COUNT_ANSWERS, /* that fit, the first of their kind */
	COUNT_COPIES,  /* that fit, and came again */
	COUNT_LATE,    /* that fit, of targets that were closed */
	COUNT_UNFIT,   /* by enum answer_fit */
	COUNT_CLASSES = COUNT_UNFIT + FITS, /* by enum survey_class */
	COUNT_PROBED = COUNT_CLASSES + SURVEY_CLASSES,
	COUNT_DUPLICATES, /* that came again while they were asked */
	COUNTS
};

#endif
