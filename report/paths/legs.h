/* SPDX-License-Identifier: GPL-3.0-or-later
 * The legs of a capture that was made on a proxy or gateway: connections that
 * this host ends, and those that it opens meanwhile. Which of the latter
 * carries on which of the former is not claimed.
 */
#ifndef REPORT_PATHS_LEGS_H
#define REPORT_PATHS_LEGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/names.h"

struct arena;
struct observer;

/* value, name in JSON, phrase in text */
#define LEG_KINDS(X)                                                           \
	X(LEG_TCP, "tcp", "plain TCP")                                         \
	X(LEG_MPTCP, "mptcp", "MPTCP")                                         \
	X(LEG_FELL_BACK, "fell_back", "MPTCP that fell back to TCP")           \
	X(LEG_ANSWERED_AS_TCP, "answered_as_tcp",                              \
	  "MPTCP asked for, answered as plain TCP")                            \
	X(LEG_UNTOLD, "untold", "TCP whose options were not captured")

enum leg_kind { LEG_KINDS(ENUM_VALUE) };

const char *leg_kind_name(enum leg_kind kind);
const char *leg_kind_phrase(enum leg_kind kind);

#define LEG_ADDRESSES_MAX 64

/* Connections from this host, or from others, to one address and port. */
struct leg {
	bool from_host, to_host;
	bool in_its_place;	 /* this host answers for an address that is not
				    known to be its own, as where connections are
				    redirected */
	struct address *clients; /* of all subflows, so many at most */
	size_t client_count;
	struct address server;
	uint16_t port;
	enum leg_kind kind;
	size_t connections;
	size_t fewest, most; /* subflows of a connection that were answered */
};

struct legs {
	struct arena *arena;
	bool here; /* the capture was made on that host; else in its network */
	struct address *host; /* its addresses, as far as they are known */
	size_t host_count;
	struct leg *list; /* in order of their first connection */
	size_t count;	  /* 0: this is no such capture */
	bool more;	  /* than fit, or connections that are forgotten */
};

/* Finds them: of connections that are still known, whose SYN and SYN/ACK are in
 * the capture. The packets must tell where it was made. Never NULL. */
struct legs *legs_find(const struct observer *o);
void legs_free(struct legs *l); /* NULL is fine */

#endif
