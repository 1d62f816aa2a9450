/* SPDX-License-Identifier: GPL-3.0-or-later
 * The ways to one host by several uplinks: -i a,b, -i all, or -s
 * ADDRESS,ADDRESS.
 */
#ifndef PROBE_NET_WAYS_H
#define PROBE_NET_WAYS_H

#include "probe/net/target.h"
#include "report/paths/paths.h"

#define WAYS_MAX 8

/* Uplinks that cannot be probed, each once for each family; and addresses of
 * the host, to which no route leads. */
struct ways_left_out {
	struct path_left_out all[2 * WAYS_MAX];
	unsigned count;
	struct target lost[2];
	unsigned lost_count;
};

/* Whether one was left out that was named. */
bool ways_left_out_named(const struct ways_left_out *l);

/* Whether it names several, or all that there are. */
bool ways_are_several(const struct target_wanted *wanted);

/* As target_find, for each way: those of one way stand beside each other. The
 * name is resolved once. `out` has room for two targets (of IPv4 and IPv6) a
 * way. An interface by which nothing can be sent to the host (it is down, its
 * link has no carrier, it has no address, no route leads there by it) is left
 * out, after a line that says so, and added to `left_out`; without that where
 * it is NULL. Returns their number; 0 after a complaint, with `*exit_code` as
 * of target_find: 69 where all were left out, 64 for loopback.
 */
unsigned ways_find(const char *text, const struct target_wanted *wanted,
		   struct target *out, struct ways_left_out *left_out,
		   int *exit_code);

/* Whether this host itself would send to the target from the source by the
 * interface that it is probed by, without being told to. */
bool way_is_own(const struct target *t);

#endif
