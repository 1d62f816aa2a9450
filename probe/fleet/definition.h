/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a fleet is to ask: how, at which rate, and whom never.
 */
#ifndef PROBE_FLEET_DEFINITION_H
#define PROBE_FLEET_DEFINITION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct definition {
	json_t *all; /* the message; what follows is of it */
	const char *seed, *blocklist;
	json_t *options; /* of mpprobe survey */
	unsigned rate;	 /* packets a second of a worker; 0: no limit */
	uint64_t bits;	 /* on its link, the same; not both are 0 */
	unsigned ack_wait_s;
	uint64_t shards; /* 0: it is being cut */
};

/* Borrows `all` while it lasts. False: it is none. */
bool definition_read(json_t *all, struct definition *out);

#endif
