/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is judged: the path to one address and port.
 */
#ifndef REPORT_EVIDENCE_TARGET_H
#define REPORT_EVIDENCE_TARGET_H

#include <stdint.h>

#include "crafting/address.h"

struct judge_target {
	struct address address;
	uint16_t port;
	struct address source; /* of the uplink, where a run had several;
				  family 0: SYNs from any */
	/* The judge's: joins that go there are looked at, where the server
	 * announced that it can be joined, in the place of all others; family
	 * 0: those to the target. */
	struct address joined;
	uint16_t joined_port;
};

#endif
