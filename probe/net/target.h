/* SPDX-License-Identifier: GPL-3.0-or-later
 * HOST[:PORT] -> addresses, and the route to them.
 */
#ifndef PROBE_NET_TARGET_H
#define PROBE_NET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct target_name {
	char host[256]; /* without brackets and zone */
	char zone[16];	/* "eth0" of "fe80::1%eth0", to be taken as -i is;
			   empty: none */
	uint16_t port;	/* 0: none given */
};

/* "host", "host:80", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80",
 * "fe80::1%eth0". -1 and one line in `error` for anything else (port 0,
 * 70000, "80x"): exit code 64. */
int target_parse(const char *text, struct target_name *out, char *error,
		 size_t size);

/* The first address of each wanted family (getaddrinfo; of both only the
 * first in its order unless both are asked for). Returns how many (1, 2; with
 * both asked for, IPv4 first) or 0 with one line in `error`: exit code 68. */
int target_resolve(const char *host, bool ipv4, bool ipv6,
		   struct address out[2], char *error, size_t size);

struct route {
	struct address source;
	char interface[16];
	unsigned mtu;
};

/* What the kernel would use to reach `target` for a TCP connection (by
 * rtnetlink: routing rules, the source they pick, and the rules by source),
 * with -i and -s where not NULL. 0, or an exit code and one line in `error`:
 * 3 no route, 69 no such interface or it is down, 64 a source that is not of
 * this host or family, a target that is no unicast address, or a link-local
 * one without interface; 71. */
int route_find(const struct address *target, const char *interface,
	       const struct address *source, struct route *out, char *error,
	       size_t size);

#endif
