/* SPDX-License-Identifier: GPL-3.0-or-later
 * A sequence diagram: who sent what to whom, time running down. Rows of HTML
 * with lines in percent, so that it fits any width, and is read aloud in order.
 */
#ifndef REPORT_PRINT_HTML_TALK_H
#define REPORT_PRINT_HTML_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TALK_LANES 6

/* Who stands where, in percent of the width. */
struct talk_lane {
	double at;
	const char *name, *address;
};

struct talk {
	FILE *out;
	struct talk_lane lanes[TALK_LANES]; /* from left to right */
	size_t count;
};

struct talk_row {
	double from, to;   /* in percent */
	bool lost;	   /* it ends in a cross */
	bool bare;	   /* without MPTCP */
	const char *time;  /* "0.65" */
	const char *words; /* what is sent */
	const char *frame; /* "46" */
	const char *severity;
};

void talk_begin(const struct talk *t, const char *label);
void talk_row(const struct talk *t, const struct talk_row *r);
void talk_end(const struct talk *t);

#endif
