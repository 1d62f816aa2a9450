/* SPDX-License-Identifier: GPL-3.0-or-later
 * The distance control: datagrams to closed high ports of the target, and
 * ICMP echo requests, whose answers tell how far it is.
 */
#ifndef PROBE_RUN_CONTROL_H
#define PROBE_RUN_CONTROL_H

#include "probe/run/client.h"

#define CONTROL_MAX 64

struct control {
	const struct destination *to;
	uint16_t ports[CONTROL_MAX]; /* our source ports */
	unsigned count;
	int64_t sent_us;
	unsigned rounds;
	uint16_t echo_id, echoes;
};

/* How far the target is by its own answers to the datagrams; 0: none came. */
unsigned control_distance(const struct control *c);

#endif
