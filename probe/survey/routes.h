/* SPDX-License-Identifier: GPL-3.0-or-later
 * The routes of this host as a value: which router of its own link a packet to
 * an address goes by, if it goes by one.
 */
#ifndef PROBE_SURVEY_ROUTES_H
#define PROBE_SURVEY_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "crafting/prefix.h"

struct known_route {
	struct prefix to;
	unsigned table; /* 0 is asked first; a match there is the answer */
	uint32_t metric;
	struct address router; /* family 0: none, or not one alone */
};

#define ROUTERS_MAX 16

struct routes {
	struct known_route *all;
	size_t count, capacity;
	/* of routes_sort(): the routers, and which one from where on */
	struct address routers[ROUTERS_MAX];
	unsigned router_count;
	struct reach *reaches;
	size_t reach_count;
};

/* Forgets all of them. */
void routes_clear(struct routes *r);

void routes_add(struct routes *r, const struct known_route *route);

/* To be called between the last that is added and the first question. Takes
 * time with the square of their number. */
void routes_sort(struct routes *r);

/* Which of `routers` packets to it go by; -1: by none of them. */
int routes_router(const struct routes *r, const struct address *to);

void routes_free(struct routes *r);

#endif
