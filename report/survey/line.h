/* SPDX-License-Identifier: GPL-3.0-or-later
 * A target of a survey as a line of JSON, schema mpprobe-survey/1. By hand, as
 * there may be very many, and all that is in it are numbers and known words.
 */
#ifndef REPORT_SURVEY_LINE_H
#define REPORT_SURVEY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/survey/class.h"

/* An answer as a member of "answers": "\"capable\":{...}". `rtt_us` below 0:
 * not known. Returns its length; `size` bytes (ANSWER_TEXT) do. */
#define ANSWER_TEXT 700
size_t survey_answer_text(const struct survey_answer *a, int64_t rtt_us,
			  char *text, size_t size);

#define SURVEY_LINE_SCHEMA "mpprobe-survey/1"

struct survey_line {
	struct address address;
	uint16_t port;
	int64_t sent_us;	/* since 1970 */
	unsigned asked;		/* 1 << enum syn_kind of what was sent */
	unsigned copies, unfit; /* answers that came again; that do not fit */
	struct survey_seen seen;
	const char *answers[SYN_KINDS]; /* survey_answer_text(); NULL: none */
	const char *probe; /* an object of JSON; NULL: it was not probed */
};

/* The line with its newline. Returns its length; `size` bytes (LINE_TEXT and
 * what the probe has) do. */
#define LINE_TEXT (SYN_KINDS * ANSWER_TEXT + 500)
size_t survey_line_text(const struct survey_line *line, char *text,
			size_t size);

/* "capable_v0" */
const char *survey_kind_name(enum syn_kind kind);

#endif
