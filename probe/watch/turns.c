// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/turns.h"

#define FIRST_MAX_US 5000000

/* From 0 to `most`. */
static int64_t share(int64_t most, uint32_t random)
{
	return (int64_t)((double)most * random / UINT32_MAX);
}

int64_t turn_first(int64_t now_us, int64_t every_us, uint32_t random)
{
	int64_t most = every_us / 10;

	return now_us +
	       share(most < FIRST_MAX_US ? most : FIRST_MAX_US, random);
}

int64_t turn_next(int64_t due_us, int64_t now_us, int64_t every_us,
		  uint32_t random)
{
	int64_t slip = share(every_us / 5, random) - every_us / 10;
	int64_t next = due_us + every_us + slip;

	return next < now_us ? now_us : next;
}
