/* SPDX-License-Identifier: GPL-3.0-or-later
 * All checks of --all for one address and port, and the copies that place
 * what they showed.
 */
#ifndef PROBE_RUN_CHECKS_H
#define PROBE_RUN_CHECKS_H

#include "probe/run/check.h"
#include "probe/run/sweep.h"

#define CHECKS_MAX 40

struct checks {
	unsigned version; /* of MPTCP */
	struct check list[CHECKS_MAX];
	unsigned count;
	struct sweep bare; /* SYNs without MSS; for who adds one */
	unsigned copied;   /* checks whose copies are done with */
};

#endif
