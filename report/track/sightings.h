/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets that a capture holds twice. A capture of all interfaces of a router
 * or bridge has each packet as it comes and as it goes; a capture at two ends,
 * merged, has it at both. Only the first of them is news.
 */
#ifndef REPORT_TRACK_SIGHTINGS_H
#define REPORT_TRACK_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet;

struct sighting {
	int64_t time_us;
	uint32_t sequence, acknowledgment;
	uint32_t flow_label;
	uint32_t place; /* a file, or an interface of it */
	uint16_t id, checksum, window, length;
	uint8_t flags, ttl;
	bool there;
};

/* The latest packets of one direction of a connection. */
#define SIGHTINGS 8
struct sightings {
	struct sighting latest[SIGHTINGS];
	size_t next;
	bool elsewhere; /* one of them was seen in another place as well */
};

/* Whether this TCP packet was seen a moment ago; if not, it is remembered. */
bool sightings_again(struct sightings *s, const struct packet *p,
		     uint32_t place, int64_t time_us);

#endif
