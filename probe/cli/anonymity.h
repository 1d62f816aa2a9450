/* SPDX-License-Identifier: GPL-3.0-or-later
 * --anonymize, and the key of --anonymize-key.
 */
#ifndef PROBE_CLI_ANONYMITY_H
#define PROBE_CLI_ANONYMITY_H

struct anonymous;
struct options;

/* With the key of a file, which is made if it is not there, else with one that
 * nobody ever knows; NULL where neither option was given. 0, or an exit code
 * after a complaint. To be called before privileges are dropped. */
int anonymity_open(const struct options *o, struct anonymous **out);

#endif
