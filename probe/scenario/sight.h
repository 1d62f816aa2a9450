/* SPDX-License-Identifier: GPL-3.0-or-later
 * A segment of a run, in the numbers and words of a report.
 */
#ifndef PROBE_SCENARIO_SIGHT_H
#define PROBE_SCENARIO_SIGHT_H

#include <stdint.h>

struct scenario;
struct sight;

/* Relative to the initial sequence numbers; 0 where they are not known. */
struct sight_numbers {
	uint32_t sequence, acknowledgment;
};

struct sight_numbers sight_numbers(const struct scenario *r,
				   const struct sight *s);

/* Milliseconds since the first segment of the run. */
double sight_ms(const struct scenario *r, const struct sight *s);

#endif
