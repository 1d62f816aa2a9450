/* SPDX-License-Identifier: GPL-3.0-or-later
 * The runs of `mpprobe compare --live`: SYNs without MPTCP and with either
 * version in turn, with the usual TTL and with the smallest that reaches.
 */
#ifndef PROBE_CLI_COMPARING_H
#define PROBE_CLI_COMPARING_H

struct compare;
struct options;

/* Makes the runs to all ports and adds them. With --save each port's packets
 * go to a file of their own. 0, or an exit code after a complaint (130: what
 * was seen until then is there). Drops all privileges. */
int comparing_run(const struct options *o, const char *host, struct compare *c);

#endif
