/* SPDX-License-Identifier: GPL-3.0-or-later
 * One download by the kernel's own sockets, TCP or MPTCP, through libcurl.
 */
#ifndef PROBE_CLI_DOWNLOAD_H
#define PROBE_CLI_DOWNLOAD_H

#include <stdbool.h>

struct address;
struct speed_run;

struct download {
	const char *url;
	bool ipv4, ipv6;       /* neither: any */
	const char *interface; /* NULL: as the routes say */
	const char *source;    /* an address of this host; NULL: any */
	const char *pinned;    /* "host:port:address", not to be looked up;
				  NULL: none */
	/* The uplink that an address of this host is of, of whose subflows it
	 * is told what came; -1: none. NULL: that is not asked. */
	int (*uplink_of)(void *context, const struct address *local);
	void *uplinks;	  /* its context */
	bool insecure;	  /* certificates are not verified */
	unsigned seconds; /* at most; 0: to the end */
	void (*progress)(void *context, double share); /* < 0: unknown */
	void *context;
};

/* Loads libcurl, first of all. False with one line in `error`. */
bool download_load(char *error, unsigned size);

/* Downloads by the way of `d`, again until it has taken a while
 * (DOWNLOAD_SECONDS); `out` says how it went. False: interrupted, or the host
 * has no address, and out->unknown_host is set. */
bool download_run(const struct download *d, bool mptcp, struct speed_run *out);

/* Whether this kernel makes MPTCP sockets. False with one line in `error`. */
bool download_has_mptcp(char *error, unsigned size);

#endif
