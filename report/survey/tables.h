/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is told of a survey when it is over: how many targets are of which
 * class, and how it was made.
 */
#ifndef REPORT_SURVEY_TABLES_H
#define REPORT_SURVEY_TABLES_H

#include <jansson.h>

#include "report/survey/tally.h"

struct survey_tables {
	const char *name; /* of its directory */
	const struct survey_tally *tally;
	const json_t *meta; /* of meta.json; NULL: it is not there */
};

#endif
