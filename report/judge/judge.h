/* SPDX-License-Identifier: GPL-3.0-or-later
 * The judge: a pure function from an observation to a report.
 */
#ifndef REPORT_JUDGE_JUDGE_H
#define REPORT_JUDGE_JUDGE_H

#include <stddef.h>

#include "report/evidence/target.h"

struct observer;
struct report;

/* The addresses and ports that SYNs were sent to in the capture, in order of
 * their first SYN, from each uplink of a run of several; at most `capacity` are
 * written. Returns how many there are. */
size_t judge_targets(const struct observer *o, struct judge_target *out,
		     size_t capacity);

/* Judges the path to one target by all that was observed. The report stands
 * alone: it stays valid without the observer. Target name, interface, hop
 * names, `interrupted` and `dropped` are the caller's to fill in afterwards
 * (strings in r->arena). Never NULL. A target without any packet is
 * "undetermined". */
struct report *judge(const struct observer *o,
		     const struct judge_target *target);

#endif
