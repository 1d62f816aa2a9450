/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the command line of serve says of a survey.
 */
#ifndef PROBE_FLEET_DEFINE_H
#define PROBE_FLEET_DEFINE_H

#include <jansson.h>
#include <stdbool.h>

struct fleet_options;

#define ACK_WAIT_DEFAULT 30
#define PER_SHARD_DEFAULT 50000

/* The definition of a survey that is not cut yet, owned by the caller. NULL
 * after a complaint, with `*code`. */
json_t *define_survey(const struct fleet_options *o, const char *name,
		      int count, char **targets, int *code);

/* Packets a second of each worker; 0: bits alone are limited. */
unsigned define_pps(const struct fleet_options *o);

/* Whether both are of one command line; without `seed` its seed was random. */
bool define_is_same(const json_t *before, const json_t *now, bool seed);

#endif
