/* SPDX-License-Identifier: GPL-3.0-or-later
 * The keep-alive ladder of --all: plain connections that were opened together
 * and send nothing for longer and longer, beside some that are kept busy. Who
 * forgets them is for the judge to tell.
 */
#ifndef PROBE_RUN_IDLE_H
#define PROBE_RUN_IDLE_H

#include "probe/run/connection.h"

struct idler {
	struct connection connection; /* first: its course knows it by that */
	int64_t rest_us;	      /* 0: it never rests */
	uint8_t ttl;		      /* of the keep-alives behind the rest */
	size_t received; /* what had come in by the end of the rest */
};

#define IDLERS_MAX 80

struct idle_ladder {
	struct idler list[IDLERS_MAX];
	unsigned count;
};

#endif
