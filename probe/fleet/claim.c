// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/claim.h"

#include <string.h>

#define ROOM_MS 3000 /* to end what runs, and for two clocks */
#define TRIES 6	     /* before somebody else may have it */

bool claim_is_anothers(const char *worker, const char *own)
{
	return *worker && strcmp(worker, own) != 0;
}

int64_t claim_left_ms(int64_t made_ms, int64_t now_ms, int64_t wait_ms)
{
	int64_t left = made_ms + wait_ms - now_ms;

	if (!now_ms)
		return wait_ms;
	return left > 0 ? left : 0;
}

int64_t claim_end_ms(int64_t made_ms, int64_t wait_ms)
{
	return made_ms + wait_ms - ROOM_MS;
}

bool claim_is_due(int64_t made_ms, int64_t tried_ms, int64_t now_ms,
		  int64_t wait_ms)
{
	return now_ms >= tried_ms + wait_ms / TRIES &&
	       now_ms < claim_end_ms(made_ms, wait_ms);
}
