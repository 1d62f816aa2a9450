/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PROBE_NET_CLOCK_H
#define PROBE_NET_CLOCK_H

#include <stdint.h>
#include <time.h>

/* What this clock says, in microseconds. CLOCK_MONOTONIC is for waiting,
 * CLOCK_REALTIME for what is compared with captures (since 1970). */
int64_t clock_us(clockid_t clock);

#endif
