// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/pace.h"

#define RAMP_S 1.0 /* from a tenth of the rate to all of it */
#define RAMP_FROM 0.1
#define GRAIN_US 2000 /* what is due within is sent together */
#define BEHIND_S 0.25 /* what is made up for; the rest is let go */

void pace_begin(struct pace *p, double rate, int64_t now_us)
{
	*p = (struct pace){.rate = rate, .start_us = now_us};
}

/* Of the rate that rises, the sum so far. */
static double earned(const struct pace *p, int64_t now_us)
{
	double t = (double)(now_us - p->start_us) / 1e6;
	double rising = t < RAMP_S ? t : RAMP_S;

	return p->rate * (RAMP_FROM * rising +
			  (1 - RAMP_FROM) * rising * rising / (2 * RAMP_S) +
			  (t - rising));
}

bool pace_is_due(struct pace *p, int64_t now_us)
{
	double due = earned(p, now_us) - p->forgiven - p->spent;

	if (!p->rate)
		return true;
	if (due > p->rate * BEHIND_S) {
		p->forgiven += due - p->rate * BEHIND_S;
		due = p->rate * BEHIND_S;
	}
	return due >= 0;
}

void pace_spend(struct pace *p, double cost)
{
	p->spent += cost;
}

/* At the full rate, which is not far off while it rises: it is asked again. */
int64_t pace_next_us(const struct pace *p, int64_t now_us)
{
	double due = earned(p, now_us) - p->forgiven - p->spent;
	int64_t wait;

	if (!p->rate || due >= 0)
		return now_us;
	wait = (int64_t)(-due / p->rate * 1e6) + 1;
	return now_us + (wait > GRAIN_US ? wait : GRAIN_US);
}
