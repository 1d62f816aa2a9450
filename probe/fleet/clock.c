// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/clock.h"

#include "probe/net/clock.h"

int64_t fleet_now_ms(void)
{
	return clock_us(CLOCK_BOOTTIME) / 1000;
}
