/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where a worker keeps a shard that it works on: a directory with the list, and
 * the directory of mpprobe survey in it.
 */
#ifndef PROBE_FLEET_PLACE_H
#define PROBE_FLEET_PLACE_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct definition;
struct fleet_options;

#define PLACE_ARGUMENTS 64

struct place {
	char path[PATH_MAX - 64], results[PATH_MAX], status[PATH_MAX];
	/* The command line of mpprobe survey, to be run in `path`; what is not
	 * of the definition stands in the rest. */
	const char *argv[PLACE_ARGUMENTS];
	char program[PATH_MAX], rate[16], bits[32], part[48];
};

/* Makes it, or finds what was begun there; `own_blocklist`: who is not asked
 * from here, as lines of a blocklist. 0, or an exit code after a complaint. */
int place_make(struct place *p, const struct fleet_options *o,
	       const char *survey, const json_t *shard,
	       const struct definition *d, const char *own_blocklist);

/* meta.json of the survey in it, owned by the caller; NULL: there is none. */
json_t *place_meta(const struct place *p);

/* What the survey in it said last; of none, {0}. */
struct place_said {
	uint64_t targets; /* that it has begun to ask */
	bool all_sent;	  /* it sends nothing more */
};
struct place_said place_said(const struct place *p);

void place_remove(const struct place *p);

#endif
