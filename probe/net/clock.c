// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/clock.h"

int64_t clock_us(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
