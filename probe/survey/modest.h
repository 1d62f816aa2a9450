/* SPDX-License-Identifier: GPL-3.0-or-later
 * How fast a survey may be that nobody has allowed to be faster.
 */
#ifndef PROBE_SURVEY_MODEST_H
#define PROBE_SURVEY_MODEST_H

#include <stdbool.h>

/* Of packets and bits a second, of which the lower holds; 0: no such limit. */
bool rate_is_modest(double pps, double bits);

/* The complaint of one that is not, and its exit code. */
int rate_refuse(void);

#endif
