/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each number below a size once, in an order that looks random and needs no
 * memory: the powers of a generator of the multiplicative group modulo a prime
 * above that size, as zmap has it (Durumeric et al., USENIX Security
 * 2013, 4.1).
 */
#ifndef PROBE_SURVEY_PERMUTATION_H
#define PROBE_SURVEY_PERMUTATION_H

#include <stdbool.h>
#include <stdint.h>

#define PERMUTATION_MAX (UINT64_C(1) << 62)

struct permutation {
	uint64_t size, prime;
	uint64_t at, factor; /* the next element of the group; what follows is
				at * factor */
	uint64_t left;	     /* elements of the group that are still to come */
};

/* Of the numbers below `size` (1 to PERMUTATION_MAX) the share number `shard`,
 * from 0, of `shards` of about the same size: together they are all, each
 * once. The same seed gives the same order. */
void permutation_begin(struct permutation *p, uint64_t size, uint64_t seed,
		       uint64_t shard, uint64_t shards);

/* The next one; false: there is none. */
bool permutation_next(struct permutation *p, uint64_t *out);

#endif
