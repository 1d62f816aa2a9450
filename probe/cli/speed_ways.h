/* SPDX-License-Identifier: GPL-3.0-or-later
 * The uplinks that mpprobe speed downloads by, and what this host's kernel
 * makes of them.
 */
#ifndef PROBE_CLI_SPEED_WAYS_H
#define PROBE_CLI_SPEED_WAYS_H

#include "probe/doctor/facts.h"
#include "probe/net/ways.h"
#include "report/print/speed.h"

struct speed_ways {
	struct target targets[WAYS_MAX]; /* to one address of the host */
	char sources[WAYS_MAX][ADDRESS_TEXT];
	struct speed_uplink uplinks[WAYS_MAX];
	unsigned count; /* 0: whatever way this host takes */
	struct ways_left_out left_out;
	struct speed_left_out gone[2 * WAYS_MAX];
	unsigned gone_count;
	char pinned[400]; /* "host:port:address", for all; "": it is a number */
	struct facts facts;
};

/* Finds those of -i and -s where they name several. To be done while nothing
 * has come from a stranger, and freed. 0, or an exit code after a complaint. */
int speed_ways_find(struct speed_ways *w, const struct target_wanted *wanted,
		    const char *url);
void speed_ways_free(struct speed_ways *w);

/* The interface to bind to, or the source; NULL: neither. */
const char *speed_way_interface(const struct speed_ways *w, size_t way);
const char *speed_way_source(const struct speed_ways *w, size_t way);

/* The uplink that an address of this host is of; -1: none. */
int speed_way_of(const struct speed_ways *w, const struct address *local);

/* By which MPTCP connections are to be opened: over which TCP works, as the
 * first round tells, and so that the others have endpoints. */
size_t speed_way_opener(const struct speed_ways *w,
			const struct speed_round *first);

/* Says of the uplinks over which nothing came why. */
void speed_ways_explain(struct speed_ways *w, const struct speed *s);

#endif
