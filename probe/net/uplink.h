/* SPDX-License-Identifier: GPL-3.0-or-later
 * One interface that packets leave by: raw sockets, and what became of it.
 */
#ifndef PROBE_NET_UPLINK_H
#define PROBE_NET_UPLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

/* Why there is an end of it: the first error stays, as it is the cause of those
 * that follow. */
struct wire_failure {
	int exit_code; /* 0: none, or it may go on */
	char text[320];
};

/* Keeps the error, and returns -1. */
__attribute__((format(printf, 3, 4))) int
wire_fail(struct wire_failure *f, int exit_code, const char *format, ...);

/* What is wanted of it. */
struct uplink_config {
	const char *interface;
	bool bind_interface; /* SO_BINDTODEVICE for the raw sockets */
	bool ipv4, ipv6;     /* which raw sockets to open */
	struct address source4, source6; /* bind them, so that routing rules
					    by source apply as they do to
					    connections; family 0: do not */
};

struct uplink {
	char interface[IFNAMSIZ];
	unsigned index; /* of the interface */
	int raw4, raw6;
	struct address own[2];	   /* of the config */
	struct address watched[2]; /* those that can be asked for */
	int control; /* a datagram socket to ask about the interface */
	struct wire_failure *failure;
};

/* Finds the interface and opens its sockets. 0, or -1 (`failure`, which must
 * outlive it); to be closed in both cases. */
int uplink_open(struct uplink *u, const struct uplink_config *c,
		struct wire_failure *failure);

/* Sends a packet, from its IP header on; what a full queue takes later is
 * waited for. 0, or -1 with errno. */
int uplink_transmit(struct uplink *u, const struct address *to,
		    const uint8_t *packet, size_t length);

/* Whether it can send to that family at all. */
bool uplink_has_family(const struct uplink *u, unsigned family);

/* Says why errno came of sending there; errno stays. */
void uplink_explain_send(struct uplink *u, const struct address *to);

/* Whether interface and addresses are still there, as libpcap is silent when an
 * interface goes down: 0, or -1. */
int uplink_check(struct uplink *u);

/* Keeps that it went down, or is gone. */
int uplink_fail_down(struct uplink *u);

/* Whether this process has the right to, long before it does: 0, or -1. */
int uplink_may_send(struct wire_failure *failure);

/* What a user without privilege needs to know; `what` is not permitted. */
int wire_fail_privilege(struct wire_failure *f, const char *what);

/* With `control`, `raw4`, `raw6` -1 before uplink_open(). */
void uplink_close(struct uplink *u);

#endif
