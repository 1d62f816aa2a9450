/* SPDX-License-Identifier: GPL-3.0-or-later
 * A set of addresses, which grows.
 */
#ifndef REPORT_TRACK_CLIENTS_H
#define REPORT_TRACK_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "crafting/address.h"

/* All zero: empty. */
struct clients {
	struct address *slots; /* family 0: free */
	size_t count, capacity;
};

bool clients_have(const struct clients *c, const struct address *a);
void clients_add(struct clients *c, const struct address *a);
void clients_free(struct clients *c); /* what it holds */

#endif
