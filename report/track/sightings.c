/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/sightings.h"

#include <stdlib.h>

#include "crafting/packet.h"

/* So long a router has a packet at most. Retransmissions come later. */
#define MOMENT_US 1000
/* Probes of a sweep have lower TTLs, and may be alike in all else. */
#define ORDINARY_TTL 32

static bool same_packet(const struct sighting *a, const struct sighting *b)
{
	return a->there && a->sequence == b->sequence &&
	       a->acknowledgment == b->acknowledgment && a->id == b->id &&
	       a->checksum == b->checksum && a->window == b->window &&
	       a->length == b->length && a->flags == b->flags &&
	       a->flow_label == b->flow_label &&
	       llabs(a->time_us - b->time_us) <= MOMENT_US &&
	       (a->ttl == b->ttl ||
		(a->ttl >= ORDINARY_TTL && b->ttl >= ORDINARY_TTL));
}

/* Whenever that was: what is sent again has the same TTL, and mostly another
 * ID.
 */
static bool is_elsewhere(const struct sighting *a, const struct sighting *b)
{
	if (!a->there || a->place == b->place || a->ttl == b->ttl ||
	    a->sequence != b->sequence ||
	    a->acknowledgment != b->acknowledgment || a->id != b->id ||
	    a->length != b->length || a->flags != b->flags)
		return false;
	return a->id ||
	       (a->checksum == b->checksum && a->flow_label == b->flow_label);
}

bool sightings_again(struct sightings *s, const struct packet *p,
		     uint32_t place, int64_t time_us)
{
	struct sighting now = {
		.time_us = time_us,
		.sequence = p->tcp.sequence,
		.acknowledgment = p->tcp.acknowledgment,
		.flow_label = p->ip.flow_label,
		.place = place,
		.id = p->ip.id,
		.checksum = p->tcp.checksum,
		.window = p->tcp.window,
		.length = (uint16_t)p->tcp.payload_length,
		.flags = p->tcp.flags,
		.ttl = p->ip.ttl,
		.there = true,
	};

	for (size_t i = 0; i < SIGHTINGS; i++)
		s->elsewhere |= is_elsewhere(&s->latest[i], &now);
	for (size_t i = 0; i < SIGHTINGS; i++)
		if (same_packet(&s->latest[i], &now))
			return true;
	s->latest[s->next] = now;
	s->next = (s->next + 1) % SIGHTINGS;
	return false;
}
