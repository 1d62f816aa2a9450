/* SPDX-License-Identifier: GPL-3.0-or-later
 * All checks of --all for one address and port: which run when, and the
 * copies that place what they showed.
 */
#ifndef PROBE_RUN_CHECKS_H
#define PROBE_RUN_CHECKS_H

#include "probe/run/check.h"
#include "probe/run/idle.h"
#include "probe/run/sweep.h"

#define CHECKS_MAX 40

struct checks {
	struct live *live;
	const struct destination *to;
	const struct pace *pace;
	unsigned version;
	unsigned first_ttl, reach; /* where copies may expire */
	bool started, confirmed, told, copies_over, over;
	struct check list[CHECKS_MAX];
	unsigned count;
	struct idle_ladder idle;
	struct sweep bare; /* SYNs without MSS; for who adds one */
	unsigned copied;   /* checks whose copies are done with */
	unsigned rounds;
	int64_t wait_until_us;
};

/* `reach`: the TTL with which the server is reached; 0: unknown. */
void checks_start(struct checks *t, struct live *live,
		  const struct destination *to, const struct pace *pace,
		  unsigned version, unsigned first_ttl, unsigned reach);

/* Does what is due; sets t->over at the end. */
int64_t checks_step(struct checks *t, int64_t now_us);

void checks_end(struct checks *t);

#endif
