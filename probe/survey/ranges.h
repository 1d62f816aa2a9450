/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sets of addresses, as sorted ranges of them.
 */
#ifndef PROBE_SURVEY_RANGES_H
#define PROBE_SURVEY_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "crafting/address.h"

struct ranges {
	struct range *all;
	size_t count, capacity;
};

/* Adds those from `first` to `last`, of one family, `first` not behind. */
void ranges_add(struct ranges *r, const struct address *first,
		const struct address *last);

/* To be called between the last range that is added and the first question. */
void ranges_sort(struct ranges *r);

bool ranges_contain(const struct ranges *r, const struct address *a);

void ranges_free(struct ranges *r);

#endif
