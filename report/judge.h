/* SPDX-License-Identifier: GPL-3.0-or-later
 * The judge: a pure function from an observation to a report.
 */
#ifndef REPORT_JUDGE_H
#define REPORT_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct observer;
struct report;

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

/* The addresses and ports that SYNs were sent to in the capture, in order of
 * their first SYN, from each uplink of a run of several; at most `capacity` are
 * written. Returns how many there are. */
size_t judge_targets(const struct observer *o, struct judge_target *out,
		     size_t capacity);

/* Judges the path to one target by all that was observed. The report stands
 * alone: it stays valid without the observer. Target name, interface, hop
 * names, `interrupted` and `dropped` are the caller's to fill in afterwards
 * (strings in r->arena). Never NULL. A target without any packet is
 * "unreachable". */
struct report *judge(const struct observer *o,
		     const struct judge_target *target);

#endif
