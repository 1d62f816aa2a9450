/* SPDX-License-Identifier: GPL-3.0-or-later
 * A survey that runs: SYNs out at a rate, answers in, a line for each target
 * when its time is over.
 */
#ifndef PROBE_SURVEY_SURVEY_H
#define PROBE_SURVEY_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/survey/counts.h"
#include "probe/survey/lines.h"
#include "probe/survey/pace.h"
#include "report/survey/identity.h"

struct air;
struct blocklist;
struct journal;
struct journal_state;
struct probing;
struct targets;
struct window;
struct wire_failure;

#define SURVEY_AGAIN 3 /* times that a SYN is sent again, at most */

struct survey_config {
	unsigned kinds;	  /* 1 << enum syn_kind of what each target gets */
	unsigned later;	  /* of them, those that only a target gets that has
			     answered another */
	unsigned sample;  /* one in so many gets a plain SYN as well; 0: none */
	double pps, bits; /* a second, bits as on the link; 0: no such limit */
	uint64_t max_targets;	/* 0: all */
	unsigned max_runtime_s; /* but for last answers; 0: no end */
	unsigned cooldown_s;	/* that a target has for its answers */
	unsigned probes;	/* at once; 0: nobody is probed */
	int results, status;	/* files; status -1: none */
	bool stream;		/* results are standard output */
};

struct survey {
	struct survey_config config;
	struct survey_identity identity;
	struct targets *targets;
	struct blocklist *blocklist;
	struct air *air;
	struct wire_failure *failure; /* of `air` */
	struct journal *journal;      /* NULL: nobody can go on */
	struct journal_state *before; /* of --resume; empty else */
	struct window *window;
	struct probing *probing; /* NULL: nobody is probed */
	struct pace packets, bits;
	uint64_t counts[COUNTS];      /* those of `before`, to begin with */
	uint64_t sent;		      /* number of the next target */
	uint64_t again[SURVEY_AGAIN]; /* places in the window: who was asked
					 again */
	struct lines lines;
	size_t restored; /* answers of `before` that were used */
	int64_t start_us, tick_us;
	int64_t epoch_us; /* what the clock of 1970 is ahead of the other */
	int input;	  /* that the next target comes from, later; -1 */
	bool all_asked;	  /* that are to be, by all limits */
	bool exhausted;	  /* there are no more targets */
	bool complete;	  /* nor is anything left to do */
	bool all_sent;	  /* but RSTs, to who answers late */
	int exit_code;
};

/* Everything is open, and privileges are dropped. Runs until all is asked and
 * answered, a limit, a signal or an error: 0, or an exit code after a
 * complaint; all that is known is in the files then. */
int survey_run(struct survey *s);

/* A target was probed, as probing.h says; `survey` is one. */
struct open_target;
void survey_probed(void *survey, const struct open_target *o,
		   const char *probe);

/* Now, in microseconds, of the monotonic clock. */
int64_t survey_now_us(void);

/* By --max-runtime. */
bool survey_time_is_over(const struct survey *s);

/* Targets that were asked and have no line yet; and of these, those that are
 * probed, or wait for that. */
uint64_t survey_untold(const struct survey *s);
uint64_t survey_to_probe(const struct survey *s);

/* Whether nothing will be sent any more but RSTs, as far as that is known
 * before all is over: without probes, and --capable-first. */
bool survey_is_all_sent(const struct survey *s);

/* Seconds since it began. */
double survey_elapsed(const struct survey *s);

#endif
