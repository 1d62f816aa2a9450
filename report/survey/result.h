/* SPDX-License-Identifier: GPL-3.0-or-later
 * A line of a survey's results, read back: schema mpprobe-survey/1.
 */
#ifndef REPORT_SURVEY_RESULT_H
#define REPORT_SURVEY_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/survey/class.h"

/* What is wrong with results. */
struct result_faults {
	uint64_t bad_lines;    /* that are none of a survey */
	char other_schema[40]; /* of the first line that has another; or "" */
};

struct survey_result {
	json_t *object; /* all of it, to be given back by json_decref() */
	struct address address;
	uint16_t port;
	enum survey_class class;
};

/* False: it is none, which is noted. */
bool survey_result_read(const char *line, struct survey_result *out,
			struct result_faults *faults);

#endif
