/* SPDX-License-Identifier: GPL-3.0-or-later
 * A prefix of IPv4 or IPv6 as a value, and the addresses in it.
 */
#ifndef CRAFTING_PREFIX_H
#define CRAFTING_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct prefix {
	struct address first; /* the bits behind the prefix are zero */
	unsigned length;      /* 0..32, 0..128 */
};

/* "192.0.2.0/24", "2001:db8::/32"; without a length: one address. False for
 * anything else, and where bits behind the prefix are set. */
bool prefix_parse(const char *text, struct prefix *out);

/* The one of this length that the address is in. */
struct prefix prefix_of(const struct address *a, unsigned length);

/* How many addresses; 0: 2^63 or more. */
uint64_t prefix_size(const struct prefix *p);

/* Number `n` of them, from 0. */
struct address prefix_address(const struct prefix *p, uint64_t n);

struct address prefix_last(const struct prefix *p);

bool prefix_contains(const struct prefix *p, const struct address *a);

/* Whether all of `inner` is in it. */
bool prefix_covers(const struct prefix *p, const struct prefix *inner);

#endif
