/* SPDX-License-Identifier: GPL-3.0-or-later
 * What came in over each subflow of an MPTCP socket, as the kernel tells of it
 * (Linux 5.16), without a right.
 */
#ifndef PROBE_NET_SUBFLOW_BYTES_H
#define PROBE_NET_SUBFLOW_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"

#define SUBFLOW_BYTES_MAX 32

struct subflow_bytes {
	bool told; /* by the kernel, once */
	unsigned count;
	struct {
		struct address local;
		uint16_t port;
		uint64_t received; /* of payload, in sequence */
	} all[SUBFLOW_BYTES_MAX];
};

/* Looks at the subflows that the socket has now. Those that are gone by then
 * keep what was seen of them last. */
void subflow_bytes_look(struct subflow_bytes *s, int socket);

#endif
