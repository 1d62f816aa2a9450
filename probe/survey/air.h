/* SPDX-License-Identifier: GPL-3.0-or-later
 * The wire of a survey: finished packets out, many by one call, and what may
 * answer them in, by libpcap's ring.
 */
#ifndef PROBE_SURVEY_AIR_H
#define PROBE_SURVEY_AIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct air;
struct wire_failure;

struct air_config {
	const char *interface;
	bool bind_interface; /* -i */
	bool raw_sockets;    /* the kernel sends all, and nothing as frames */
	struct address sources[2];	/* of IPv4 and IPv6; family 0: none */
	uint16_t first_port, last_port; /* that answers come to */
};

/* Opens all that needs privilege. Where the next hop is known, whole frames are
 * sent, else raw sockets have the kernel find it. NULL: `failure` has the exit
 * code. */
struct air *air_open(const struct air_config *c, struct wire_failure *failure);
void air_close(struct air *a); /* NULL is fine */

/* Where to write the next packet to `to`, of at most SYN_MAX bytes; it is sent
 * with others, at the latest by air_flush(). */
uint8_t *air_packet(struct air *a, const struct address *to, size_t length);

/* Sends what is left. */
void air_flush(struct air *a);

/* Packets that the kernel refused: no route to it, no neighbour, a firewall. */
uint64_t air_not_sent(const struct air *a);

/* A packet that came in, from its IP header on; `time_us` since 1970. */
typedef void air_fn(void *context, const uint8_t *ip, size_t length,
		    int64_t time_us);

/* Hands what is there to `fn`, at most some thousand packets: how many. */
int air_receive(struct air *a, air_fn *fn, void *context);

/* To be polled for reading. */
int air_fd(const struct air *a);

/* Whether interface and addresses are still there; false: the failure. To be
 * called each second, as it looks where the next hops are. */
bool air_is_up(struct air *a);

/* Packets that came in and were lost for want of room. */
uint64_t air_dropped(struct air *a);

#endif
