/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which targets a shard has a line of already.
 */
#ifndef PROBE_FLEET_SEEN_H
#define PROBE_FLEET_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct seen_target {
	struct address address;
	uint16_t port; /* 0: none */
};

/* Begins as {0}. */
struct seen {
	struct seen_target *slots;
	size_t count, capacity; /* a power of two, or 0 */
};

/* False: it was there already. */
bool seen_add(struct seen *s, const struct seen_target *t);

void seen_free(struct seen *s);

/* Whose a line of schema mpprobe-survey/1 is. False: it is none. */
bool seen_line(const char *line, size_t length, struct seen_target *out);

#endif
