/* SPDX-License-Identifier: GPL-3.0-or-later
 * Probing a host, for the command that does that, and for `doctor`.
 */
#ifndef PROBE_CLI_PROBING_H
#define PROBE_CLI_PROBING_H

struct options;
struct output;

/* Probes HOST[:PORT] and prints what is found: the exit code. `opened`, unless
 * NULL, is called once all is open and privileges are given up, before anything
 * is sent; then nothing is said on stderr of this host's own MPTCP. */
int probe_host(const struct options *o, struct output *out, const char *host,
	       void (*opened)(void *context), void *context);

#endif
