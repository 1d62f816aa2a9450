/* SPDX-License-Identifier: GPL-3.0-or-later
 * Why this kernel makes no subflow by an uplink: of the facts, without a
 * packet.
 */
#ifndef PROBE_DOCTOR_UNUSED_UPLINK_H
#define PROBE_DOCTOR_UNUSED_UPLINK_H

#include "probe/doctor/facts.h"

struct uplink_wanted {
	const char *name, *interface;
	struct address address;
};

/* What is asked for that: settings, endpoints, limits. */
void unused_uplink_gather(struct facts *f, struct arena *arena);

/* Whether a subflow from this address is to be made where the connection was
 * opened from another. */
bool uplink_has_endpoint(const struct facts *f, const struct address *address);

/* A clause, of the arena of the facts, and the commands that mend it, a line
 * each, or NULL. `others`: how many subflows are wanted beside the first. */
const char *uplink_unused_why(const struct facts *f,
			      const struct uplink_wanted *u, unsigned others,
			      const char **commands);

#endif
