/* SPDX-License-Identifier: GPL-3.0-or-later
 * Names of hops, looked up by a process of its own while probes fly: it has no
 * socket of ours, and a silent name server never delays a report.
 */
#ifndef PROBE_NET_NAMES_H
#define PROBE_NET_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"

struct names;

/* Starts that process, which must happen before privileges are dropped, to look
 * up names of addresses, or who announces them, or both. NULL: no memory or no
 * process. */
struct names *names_new(bool names, bool origins);

/* Starts looking `a` up, unless it is known or under way. Never blocks. The
 * origin of a private address is asked of nobody. */
void names_ask(struct names *n, const struct address *a);

/* The name, or NULL: not asked for, not (yet) known, or none. Waits until it
 * is known, but all waits over the life of `n` together are never longer
 * than the largest `wait_ms` given. Letters, digits, '-', '_' and '.' only:
 * a reverse zone belongs to strangers. Owned by n. */
const char *names_get(struct names *n, const struct address *a, int wait_ms);

/* The number of the autonomous system that announces `a`, by the zones of
 * Team Cymru; 0 as names_get() has NULL. `*title`: its name there, printable
 * ASCII, or NULL; owned by n. */
uint32_t names_origin(struct names *n, const struct address *a, int wait_ms,
		      const char **title);

void names_free(struct names *n); /* waits for nobody */

#endif
