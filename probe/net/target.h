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
	bool tls;	/* of a URL that means TLS */
};

/* "host", "host:80", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80",
 * "fe80::1%eth0"; or a URL, of which that is taken, with the port that its
 * scheme has (http, https, ws, wss) where it names none. -1 and one line in
 * `error` for anything else (port 0, 70000, "80x"): exit code 64. */
int target_parse(const char *text, struct target_name *out, char *error,
		 size_t size);

/* What is said to it, as request_write() takes it: `said` if that is not NULL,
 * and else what its URL means. */
const char *target_say(const struct target_name *t, const char *said);

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
 * with -i and -s (`option` in words) where not NULL. 0, or after a complaint
 * an exit code: 3 no route, 69 no such interface or it is down, 64 a source
 * that is not of this host or family, a target that is no unicast address, or a
 * link-local one without interface; 71. */
int route_find(const struct address *target, const char *interface,
	       const struct address *source, const char *option,
	       struct route *out);

/* Whether what is sent to `target` from the source of `as` leaves by the same
 * interface; without a complaint. */
bool route_is(const struct address *target, const struct route *as);

/* Whether the way to `target` would be another without this source: rules by
 * source decide. */
bool route_is_by_source(const struct address *target, const struct route *as);

/* Whether a route to `target` leads by this interface. With an interface the
 * kernel takes any IPv4 address for a neighbour where none does. */
bool route_leads(const struct address *target, const char *interface);

/* The interface that an address of this host belongs to; "" if none. */
void route_owner(const struct address *a, char owner[16]);

/* Which address of a host, and which way to it. */
struct target_wanted {
	bool ipv4, ipv6;       /* neither: as `source` is, if there is one, or
				  as the name resolves */
	const char *interface; /* NULL: that of the zone or the route */
	const char *source;    /* a numeric address; NULL: the route's. Both may
				  be lists with commas (ways.h) */
};

/* An address of a host, and the way to it. */
struct target {
	struct target_name name; /* its port is 80 if none was given */
	struct address address;
	struct route route;
	bool bound; /* to the interface, by the user */
	bool lost;  /* no route leads there */
};

/* HOST[:PORT], resolved and routed: one target, or two (for which there must
 * be room) where both families are wanted, IPv4 first. Those to which no route
 * leads are told by a complaint each, and stand behind them as lost. Returns
 * the number of those that are not; 0 after a complaint, with `*exit_code` as
 * of the functions above. */
unsigned target_find(const char *text, const struct target_wanted *wanted,
		     struct target *out, int *exit_code);

/* Takes the way from this address of this host (NULL: the kernel's choice).
 * 0, or an exit code after a complaint that names `option`. */
int target_route(struct target *t, const struct address *source,
		 const char *option);

#endif
