/* SPDX-License-Identifier: GPL-3.0-or-later
 * The link header of a captured frame: Ethernet with VLAN tags, Linux cooked
 * v1 and v2, raw IP, null and loop, and PPP; and which way it went.
 */
#ifndef CRAFTING_LINK_H
#define CRAFTING_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DLT_* values of libpcap, so that crafting/ need not include it. */
bool link_supported(int link_type);

/* Came in, or sent by the host that captured it. */
enum link_way { LINK_WAY_UNKNOWN, LINK_WAY_IN, LINK_WAY_OUT };

/* Which way a frame went, as far as its link header says: Ethernet has
 * addresses, Linux cooked headers tell what this host sent. */
struct link_ends {
	bool addressed;
	uint8_t from[6], to[6];
	enum link_way way;
	uint32_t interface; /* its index, in Linux cooked v2; 0: not told */
};

void link_read_ends(int link_type, const uint8_t *frame, size_t captured,
		    struct link_ends *out);

/* Whether a frame is addressed to who sent another. */
bool link_goes_to(const struct link_ends *f, const struct link_ends *sent);

/* Whether a frame comes to where another was sent from. */
bool link_comes_back(const struct link_ends *sent, const struct link_ends *f);

/* Which bytes of a frame are link-layer addresses; those of cooked headers have
 * room for eight, of which mostly six are used. */
struct link_address {
	size_t at, length; /* all of it is there */
};
#define LINK_ADDRESSES 2
unsigned link_find_addresses(int link_type, size_t captured,
			     struct link_address out[LINK_ADDRESSES]);

/* How long the link header of any frame is, without what a VLAN adds. */
size_t link_header_length(int link_type);

/* Where the IP packet begins in a frame of `captured` bytes. False if the
 * frame does not carry IPv4 or IPv6, is cut before it, or the link type is
 * not supported. `*length` is what is left of the frame. */
bool link_find_ip(int link_type, const uint8_t *frame, size_t captured,
		  const uint8_t **ip, size_t *length);

#endif
