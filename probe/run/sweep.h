/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs of one flow with every TTL at once, and the distance control.
 */
#ifndef PROBE_RUN_SWEEP_H
#define PROBE_RUN_SWEEP_H

#include "probe/run/client.h"

#define CONTROL_MAX 64

struct sweep {
	struct client client;
	unsigned first, last; /* TTLs; 0: not started */
	int64_t sent_us;      /* when the last of them went out */
	unsigned rounds;      /* how often what was missing was sent again */
};

/* Opens a flow and sends SYNs with TTL first..last; those below `reach`
 * (0: unknown) cannot reach the server and are marked. */
bool sweep_start(struct sweep *w, struct live *live,
		 const struct destination *to, enum purpose purpose,
		 unsigned version, unsigned first, unsigned last,
		 unsigned reach);

/* The same without MPTCP and without MSS, for TTLs that do not reach the
 * server. */
bool sweep_start_bare(struct sweep *w, struct live *live,
		      const struct destination *to, unsigned first,
		      unsigned last);

/* The smallest TTL that was answered; 0: none yet. */
unsigned sweep_reach(const struct sweep *w);

/* Whether a quote of this TTL's SYN came back. */
bool sweep_quoted(const struct sweep *w, unsigned ttl);

/* Sends the SYN with this TTL once more. */
bool sweep_again(struct sweep *w, unsigned ttl, bool marked);

/* The distance control: datagrams to closed high ports of the target. */
struct control {
	struct live *live;
	const struct destination *to;
	uint16_t ports[CONTROL_MAX]; /* our source ports */
	unsigned count;
	int64_t sent_us;
	unsigned rounds;
	uint16_t echo_id, echoes;
};

void control_init(struct control *c, struct live *live,
		  const struct destination *to);

/* One datagram, from a port of its own to a port of its own. */
bool control_send(struct control *c, uint8_t ttl);

/* One ICMP echo request. */
bool control_send_echo(struct control *c, uint8_t ttl);

/* How far the target is by its own answers to the datagrams; 0: none came. */
unsigned control_distance(const struct control *c);

#endif
