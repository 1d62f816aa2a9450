/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs of one flow with every TTL at once.
 */
#ifndef PROBE_RUN_SWEEP_H
#define PROBE_RUN_SWEEP_H

#include "probe/run/client.h"

struct sweep {
	struct client client;
	unsigned first, last; /* TTLs; 0: not started */
	int64_t sent_us;      /* when the last of them went out */
	unsigned rounds;      /* how often what was missing was sent again */
};

/* Opens a flow and sends SYNs with TTL first..last; those below `reach`
 * (0: unknown) cannot reach the server and are marked. */
void sweep_start(struct sweep *w, const struct destination *to,
		 enum purpose purpose, unsigned version, unsigned first,
		 unsigned last, unsigned reach);

/* The same without MPTCP and without MSS, for TTLs that do not reach the
 * server; only opened. */
void sweep_open_bare(struct sweep *w, const struct destination *to,
		     unsigned first, unsigned last);

/* The same with MP_CAPABLE of this version. */
void sweep_open_capable(struct sweep *w, const struct destination *to,
			unsigned version, unsigned first, unsigned last);

/* The smallest TTL that was answered; 0: none yet. */
unsigned sweep_reach(const struct sweep *w);

/* Whether a quote of this TTL's SYN came back. */
bool sweep_quoted(const struct sweep *w, unsigned ttl);

/* Sends the SYN with this TTL once more. */
void sweep_again(struct sweep *w, unsigned ttl, bool marked);

/* Ends its flow, if there is one. */
void sweep_end(struct sweep *w);

#endif
