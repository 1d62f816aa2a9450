/* SPDX-License-Identifier: GPL-3.0-or-later
 * The link header of a captured frame: Ethernet with VLAN tags, Linux cooked
 * v1 and v2, raw IP, null and loop, and PPP.
 */
#ifndef CRAFTING_LINK_H
#define CRAFTING_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DLT_* values of libpcap, so that crafting/ need not include it. */
bool link_supported(int link_type);

/* Where the IP packet begins in a frame of `captured` bytes. False if the
 * frame does not carry IPv4 or IPv6, is cut before it, or the link type is
 * not supported. `*length` is what is left of the frame. */
bool link_find_ip(int link_type, const uint8_t *frame, size_t captured,
		  const uint8_t **ip, size_t *length);

#endif
