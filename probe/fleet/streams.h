/* SPDX-License-Identifier: GPL-3.0-or-later
 * The streams of a survey on the NATS server.
 */
#ifndef PROBE_FLEET_STREAMS_H
#define PROBE_FLEET_STREAMS_H

#include <stdint.h>

struct bus;
struct fleet_options;
struct survey_names;

/* Makes what is not there yet. 0, or an exit code after a complaint, as all of
 * these. */
int streams_add(struct bus *bus, const struct fleet_options *o,
		const struct survey_names *names);

/* How many shards were ever put into the queue, in their order. */
int streams_count_shards(struct bus *bus, const struct survey_names *names,
			 uint64_t *count);

int streams_remove(struct bus *bus, const char *name);

#endif
