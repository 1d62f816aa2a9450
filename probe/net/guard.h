/* SPDX-License-Identifier: GPL-3.0-or-later
 * The port guard: source ports that the local kernel will not answer for.
 * A listening socket bound to the port that drops every segment (see guard.c)
 * keeps the kernel from sending a RST to the peer's SYN/ACK; it needs no
 * privilege and leaves nothing behind.
 */
#ifndef PROBE_NET_GUARD_H
#define PROBE_NET_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct guard;

/* `interface` says which link a link-local address is on; else it may be
 * NULL. Raises the soft limit of open files to the hard one (at most 4096),
 * since each port takes a descriptor. NULL with errno set. */
struct guard *guard_new(const char *interface);

/* One to want, by a random number. */
uint16_t guard_wanted(uint64_t random);

/* The one that is tried behind `port`. */
uint16_t guard_next(uint16_t port);

/* Reserves a TCP port on `address` and guards it. `wanted` is tried first
 * and then the ports above it (wrapping within 32768..60999); 0: any.
 * Returns the port, or 0 with errno set. */
uint16_t guard_port(struct guard *g, const struct address *address,
		    uint16_t wanted);

/* Reserves a UDP port in the same way (so that no ICMP port unreachable or
 * answer of ours disturbs). */
uint16_t guard_udp_port(struct guard *g, const struct address *address,
			uint16_t wanted);

void guard_free(struct guard *g); /* closes all; NULL is fine */

#endif
