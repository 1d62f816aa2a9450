/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets on their way out: each must be captured as it was crafted, or a
 * firewall of this host changes or drops what is sent.
 */
#ifndef PROBE_RUN_DEPARTURES_H
#define PROBE_RUN_DEPARTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

#define PACKET_MAX 1600

/* What was sent, and not captured yet. Zeroed at first. */
struct departures {
	struct departure *list;
	size_t count;
	size_t changed; /* in the list: what PROBE_CHANGED was said of */
};

/* A packet was handed to the kernel, `length` bytes from its IP header on,
 * PACKET_MAX at most. */
void departures_add(struct departures *d, const uint8_t *packet, size_t length,
		    int64_t now_us);

enum sight_of_probe {
	PROBE_OF_OTHERS, /* of another program, too */
	PROBE_AS_SENT,	 /* it is on its way no more */
	PROBE_CHANGED,	 /* one that is on its way: `at` is the first byte that
			    differs */
};

/* A packet that leaves was captured, `length` bytes of it from its IP header
 * on. */
enum sight_of_probe departures_see(struct departures *d, const uint8_t *ip,
				   size_t length, size_t *at);

/* Since when the oldest is on its way; INT64_MAX: none is. */
int64_t departures_since(const struct departures *d);

/* Where the oldest was sent from, or the one that was last changed; family 0:
 * there is none. */
struct address departures_source(const struct departures *d, bool changed);

void departures_free(struct departures *d);

#endif
