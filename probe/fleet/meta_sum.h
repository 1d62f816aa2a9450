/* SPDX-License-Identifier: GPL-3.0-or-later
 * meta.json of a fleet's survey, of those of its shards.
 */
#ifndef PROBE_FLEET_META_SUM_H
#define PROBE_FLEET_META_SUM_H

#include <jansson.h>

/* Adds that of a shard to `sum`, an object: what is counted is added up, when
 * it began and ended is that of all, sources are all of them, and the rest is
 * that of the first. */
void meta_sum_add(json_t *sum, const json_t *meta);

#endif
