/* SPDX-License-Identifier: GPL-3.0-or-later
 * The further subflows of a connection of this process, as they come and go.
 */
#ifndef PROBE_DOCTOR_GATHER_SUBFLOWS_H
#define PROBE_DOCTOR_GATHER_SUBFLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

#define SUBFLOWS_SEEN 32

struct seen_subflow {
	struct address local;
	uint16_t port;
	bool joined; /* once: the peer answered the third ACK with MP_JOIN */
};

struct seen_subflows {
	unsigned inode;	      /* of the connection, and of its subflows */
	struct address first; /* from where the connection was opened */
	uint16_t first_port;
	struct seen_subflow all[SUBFLOWS_SEEN];
	size_t count, joined;
	size_t pending; /* there at the last look, and not joined */
	unsigned still; /* looks since anything was on its way */
};

/* False: this kernel does not tell. */
bool subflows_begin(struct seen_subflows *s, int fd);
bool subflows_look(struct seen_subflows *s);

/* After a look: whether all of @expected came into use, or, of as many
 * that were @tried, none has been on its way for some looks: a socket is
 * nobody's until its SYN was sent, and one look misses it. */
bool subflows_settled(struct seen_subflows *s, unsigned expected,
		      unsigned tried);

#endif
