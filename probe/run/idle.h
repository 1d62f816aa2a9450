/* SPDX-License-Identifier: GPL-3.0-or-later
 * The keep-alive ladder of --all: plain connections that were opened together
 * and send nothing for longer and longer, beside some that are kept busy. Who
 * forgets them is for the judge to tell.
 */
#ifndef PROBE_RUN_IDLE_H
#define PROBE_RUN_IDLE_H

#include "probe/run/connection.h"

enum idler_state {
	IDLER_SYN,
	IDLER_DATA,    /* some data sent, as of a request that never ends */
	IDLER_RESTING, /* all acknowledged: silence */
	IDLER_WOKEN,   /* keep-alives sent, not yet answered */
	IDLER_BUSY,    /* answered; sends keep-alives from now on */
	IDLER_SILENT,  /* not answered any more */
	IDLER_ENDED,   /* closed, or none of those that count */
};

struct idler {
	struct client client;
	const struct pace *pace;
	enum idler_state state;
	int64_t rest_us; /* 0: it never rests */
	int64_t at_us;	 /* when a rest ends, or the next keep-alive is due */
	uint8_t ttl;	 /* of the keep-alives behind the rest */
	struct retry retry;
	size_t received; /* what had come in by the end of the rest */
	bool reset;	 /* a keep-alive behind the rest drew a RST */
};

#define IDLERS_MAX 80

struct idle_ladder {
	struct live *live;
	const struct destination *to;
	const struct pace *pace;
	unsigned first_ttl, reach; /* where copies may expire */
	struct idler list[IDLERS_MAX];
	unsigned count;
	bool again; /* what came of it was tried once more, if need be */
	unsigned rounds;
	int64_t wait_until_us;
	bool over;
};

/* `reach`: the TTL with which the server is reached; 0: unknown. */
void idle_start(struct idle_ladder *l, struct live *live,
		const struct destination *to, const struct pace *pace,
		unsigned first_ttl, unsigned reach);

/* Does what is due; the time at which it wants to be stepped again. Sets
 * l->over at the end. */
int64_t idle_step(struct idle_ladder *l, int64_t now_us);

void idle_end(struct idle_ladder *l);

#endif
