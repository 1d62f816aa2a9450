/* SPDX-License-Identifier: GPL-3.0-or-later
 * One download by the kernel's own sockets, TCP or MPTCP, through libcurl.
 */
#ifndef PROBE_CLI_DOWNLOAD_H
#define PROBE_CLI_DOWNLOAD_H

#include <stdbool.h>

struct speed_run;

struct download {
	const char *url;
	bool ipv4, ipv6;  /* neither: any */
	unsigned seconds; /* at most; 0: to the end */
	void (*progress)(void *context, double share); /* < 0: unknown */
	void *context;
};

/* Loads libcurl, first of all. False with one line in `error`. */
bool download_load(char *error, unsigned size);

/* Downloads; `out` says how it went. False: interrupted. */
bool download_run(const struct download *d, bool mptcp, struct speed_run *out);

/* Whether this kernel makes MPTCP sockets. False with one line in `error`. */
bool download_has_mptcp(char *error, unsigned size);

/* A counter of MPTcpExt in /proc/net/netstat; 0 if there is none. */
unsigned long download_counter(const char *name);

#endif
