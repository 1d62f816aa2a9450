/* SPDX-License-Identifier: GPL-3.0-or-later
 * Addresses as the socket calls take and give them.
 */
#ifndef PROBE_NET_SOCKADDR_H
#define PROBE_NET_SOCKADDR_H

#include <sys/socket.h>

#include "crafting/address.h"

/* Fills `out` and returns its length. `scope`: the index of the interface, for
 * a link-local address. */
socklen_t sockaddr_make(const struct address *a, uint16_t port, unsigned scope,
			struct sockaddr_storage *out);

/* The address and, unless NULL, the port; family 0 if it is of no IP. */
struct address sockaddr_read(const struct sockaddr *from, uint16_t *port);

#endif
