/* SPDX-License-Identifier: GPL-3.0-or-later
 * A survey that runs: SYNs out at a rate, answers in, a line for each target
 * when its time is over.
 */
#ifndef PROBE_SURVEY_SURVEY_H
#define PROBE_SURVEY_SURVEY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "probe/survey/counts.h"
#include "probe/survey/pace.h"
#include "report/survey/identity.h"

struct air;
struct blocklist;
struct journal;
struct journal_state;
struct targets;
struct window;
struct wire_failure;

#define SURVEY_AGAIN 3 /* times that a SYN is sent again, at most */

struct survey_config {
	unsigned kinds;	 /* 1 << enum syn_kind of what each target gets */
	unsigned sample; /* one in so many gets a plain SYN as well; 0: none */
	double rate;	 /* a second */
	bool bits;	 /* it is of bits on the link, not of packets */
	uint64_t max_targets;	/* 0: all */
	unsigned max_runtime_s; /* of sending; 0: no end */
	unsigned cooldown_s;	/* that a target has for its answers */
	int results, status;	/* files; status -1: none */
};

struct survey {
	struct survey_config config;
	struct survey_identity identity;
	struct targets *targets;
	struct blocklist *blocklist;
	struct air *air;
	struct wire_failure *failure; /* of `air` */
	struct journal *journal;
	struct journal_state *before; /* of --resume; empty else */
	struct window *window;
	struct pace pace;
	libnet_t *net; /* builds RSTs */
	uint64_t counts[COUNTS];
	uint64_t sent;		      /* number of the next target */
	uint64_t again[SURVEY_AGAIN]; /* places in the window: who was asked
					 again */
	char *lines;		      /* results that are not written yet */
	size_t lines_length;
	uint64_t results_bytes;
	size_t restored; /* answers of `before` that were used */
	int64_t start_us, tick_us;
	bool all_asked, complete;
	int exit_code;
};

/* Everything is open, and privileges are dropped. Runs until all is asked and
 * answered, a limit, a signal or an error: 0, or an exit code after a
 * complaint; all that is known is in the files then. */
int survey_run(struct survey *s);

/* Now, in microseconds, of the monotonic clock; of any. */
int64_t survey_now_us(void);
int64_t survey_clock_us(clockid_t clock);

/* Seconds since it began. */
double survey_elapsed(const struct survey *s);

#endif
