/* SPDX-License-Identifier: GPL-3.0-or-later
 * What `mpprobe explain` knows besides findings: verdicts, the rungs of the
 * proof ladder, and exit codes.
 */
#ifndef REPORT_TOPICS_H
#define REPORT_TOPICS_H

#include <stddef.h>

struct topic {
	const char *name;    /* "unsupported", "data_ack", "65" */
	const char *kind;    /* "verdict", "exit code" */
	const char *title;   /* a clause */
	const char *meaning; /* what it means */
	const char *proof;   /* how it is proved, or NULL */
	const char *advice;  /* what to do */
};

extern const struct topic topics[];
extern const size_t topic_count;

/* NULL if there is no such name. */
const struct topic *topic(const char *name);

#endif
