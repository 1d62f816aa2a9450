/* SPDX-License-Identifier: GPL-3.0-or-later
 * When the next run of a host is due. Several watchers, and those of many hosts
 * that were switched on together, must not all probe in the same second. Pure.
 */
#ifndef PROBE_WATCH_TURNS_H
#define PROBE_WATCH_TURNS_H

#include <stdint.h>

/* The first one: at once, or a tenth of the time between runs later, but no
 * more than 5 s. `random`: any number; what differs with it is spread evenly.
 */
int64_t turn_first(int64_t now_us, int64_t every_us, uint32_t random);

/* The one behind that which was due: `every_us` later, or up to a tenth less or
 * more. One that is late is due now, and those that were missed are left out.
 */
int64_t turn_next(int64_t due_us, int64_t now_us, int64_t every_us,
		  uint32_t random);

#endif
