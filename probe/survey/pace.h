/* SPDX-License-Identifier: GPL-3.0-or-later
 * How much may be sent by now: a rate that rises over its first second and is
 * then kept, whatever one turn of a loop takes.
 */
#ifndef PROBE_SURVEY_PACE_H
#define PROBE_SURVEY_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double rate; /* a second */
	int64_t start_us;
	double spent, forgiven;
};

/* `rate` a second, of packets or of bits, from `now_us` (monotonic) on; 0:
 * there is no limit. */
void pace_begin(struct pace *p, double rate, int64_t now_us);

/* Whether something may be sent now. */
bool pace_is_due(struct pace *p, int64_t now_us);

void pace_spend(struct pace *p, double cost);

/* When the next may be sent. */
int64_t pace_next_us(const struct pace *p, int64_t now_us);

#endif
