/* SPDX-License-Identifier: GPL-3.0-or-later
 * An ordinary MPTCP connection of this host's kernel, and what became of it.
 */
#ifndef PROBE_DOCTOR_KERNEL_CONNECTION_H
#define PROBE_DOCTOR_KERNEL_CONNECTION_H

#include "probe/doctor/facts.h"

struct target;

/* Connects, says `say` (as request_write has it), waits for an answer, which
 * is not read, and for subflows if there are endpoints, and closes: at most 15
 * seconds. Sets f->connection; of f the counters and endpoints are known. */
void kernel_connection(struct facts *f, const struct target *to,
		       const char *say);

#endif
