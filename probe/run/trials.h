/* SPDX-License-Identifier: GPL-3.0-or-later
 * All trials of --all for one address and port: which run when, and the
 * copies that place what they showed.
 */
#ifndef PROBE_RUN_TRIALS_H
#define PROBE_RUN_TRIALS_H

#include "probe/run/idle.h"
#include "probe/run/sweep.h"
#include "probe/run/trial.h"

#define TRIALS_MAX 40

struct trials {
	struct live *live;
	const struct destination *to;
	const struct pace *pace;
	unsigned version;
	unsigned first_ttl, reach; /* where copies may expire */
	bool started, confirmed, told, copies_over, over;
	struct trial list[TRIALS_MAX];
	unsigned count;
	struct idle_ladder idle;
	struct sweep bare; /* SYNs without MSS; for who adds one */
	unsigned copied;   /* trials whose copies are done with */
	unsigned rounds;
	int64_t wait_until_us;
};

/* `reach`: the TTL with which the server is reached; 0: unknown. */
void trials_start(struct trials *t, struct live *live,
		  const struct destination *to, const struct pace *pace,
		  unsigned version, unsigned first_ttl, unsigned reach);

/* Does what is due; sets t->over at the end. */
int64_t trials_step(struct trials *t, int64_t now_us);

void trials_end(struct trials *t);

#endif
