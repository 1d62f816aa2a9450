/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whose turn it is in the second stage of a survey: who is probed, which hops
 * are asked of it, when these have answers for it, and whether it is probed
 * once more. All by what the first stage and the probes before it showed.
 */
#ifndef PROBE_SURVEY_TURNS_H
#define PROBE_SURVEY_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/survey/hop_budget.h"
#include "probe/survey/located.h"
#include "probe/survey/nearer.h"

struct open_target;
struct packet;
struct report;

/* Zeroed at first. */
struct turns {
	struct hop_budget budgets[2]; /* of IPv4, of IPv6 */
	struct located located;
	struct nearer_score nearer;
};

/* Of a target, from when it waits until it is told of. */
struct turn {
	struct address target;
	enum survey_class class;
	unsigned first_ttl;	   /* of the sweep; FULL_TTL: there is none */
	bool whole;		   /* it is to begin at hop 1 */
	bool elsewhere;		   /* it is at no place that is known */
	bool nearer;		   /* what answers may be */
	struct located_place near; /* whose hops are asked; or none */
};

/* Whether to probe what the first stage found. */
bool turn_is_wanted(const struct open_target *o);

struct turn turn_of(const struct open_target *o);

/* It speaks MPTCP, by a key: it gets a request. */
bool turn_speaks(const struct turn *t);

/* How far it is shows in answers of its own: of those that may be clear. */
bool turn_asks_distance(const struct turn *t);

/* Something interferes for sure: it is swept, or asked near a place, at once;
 * others only where their connections show that. */
bool turn_needs_place(const struct turn *t);

/* An ICMP error came in about a packet to `quoted`. */
void turns_see(struct turns *all, const struct packet *error,
	       const struct address *quoted, int64_t now_us);

/* The place whose hops are asked of it first; or none: its path is swept. */
struct located_place turns_place(const struct turns *all, const struct turn *t);

/* From when on it may begin there; INT64_MAX: when another one is over. No
 * sweep that waits (`sweep_waits`) waits longer for it. */
int64_t turns_due_us(const struct turns *all, const struct turn *t,
		     const struct located_place *near, bool sweep_waits,
		     int64_t now_us);

/* It begins there, or, at none, with a sweep. */
void turns_begin(struct turns *all, struct turn *t,
		 const struct located_place *near);

/* It is over, and showed this. True: it is to be probed once more. */
bool turns_end(struct turns *all, struct turn *t, const struct report *r,
	       int64_t now_us);

#endif
