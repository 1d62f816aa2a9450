/* SPDX-License-Identifier: GPL-3.0-or-later
 * A segment of a run, in the numbers and words of a report.
 */
#ifndef PROBE_SCENARIO_SIGHT_H
#define PROBE_SCENARIO_SIGHT_H

#include <stdint.h>

struct arena;
struct run;
struct sight;
struct tcp_view;

/* Relative to the initial sequence numbers; 0 where they are not known. */
struct sight_numbers {
	uint32_t sequence, acknowledgment;
};

struct sight_numbers sight_numbers(const struct run *r, const struct sight *s);

/* Milliseconds since the first segment of the run. */
double sight_ms(const struct run *r, const struct sight *s);

/* The options of a segment in words, MPTCP in full; in the arena. */
const char *options_in_words(struct arena *a, const struct tcp_view *tcp);

#endif
