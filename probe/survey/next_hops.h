/* SPDX-License-Identifier: GPL-3.0-or-later
 * The routers of this link that packets go by, and their link-layer addresses,
 * as the kernel knows them: who has these can send whole frames.
 */
#ifndef PROBE_SURVEY_NEXT_HOPS_H
#define PROBE_SURVEY_NEXT_HOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"

#define ETHERNET_HEADER 14

struct next_hops;

struct next_hops_config {
	unsigned interface; /* its index */
	bool bound;	    /* routes of others do not count, as with -i */
	bool families[2];   /* IPv4 and IPv6, of interest */
};

/* Opens what the kernel is asked by, and asks. Without rights; NULL: it tells
 * nothing. */
struct next_hops *next_hops_open(const struct next_hops_config *c);
void next_hops_free(struct next_hops *n); /* NULL is fine */

/* Asks again: to be called each second. */
void next_hops_refresh(struct next_hops *n);

/* Writes the Ethernet header of a frame to this address. False: the kernel has
 * to send it, as it is a neighbour, or the way to it or its router's address is
 * not known or not the only one, or the interface is no Ethernet; and once
 * between two refreshes for each router, so that the kernel finds out where
 * that is, and whether it still is there. */
bool next_hops_header(struct next_hops *n, const struct address *to,
		      uint8_t out[ETHERNET_HEADER]);

#endif
