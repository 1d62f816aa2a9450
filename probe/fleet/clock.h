/* SPDX-License-Identifier: GPL-3.0-or-later
 * The clock that everything here is timed by.
 */
#ifndef PROBE_FLEET_CLOCK_H
#define PROBE_FLEET_CLOCK_H

#include <stdint.h>

/* Milliseconds since this host was started; they go on while it sleeps. */
int64_t fleet_now_ms(void);

#endif
