/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is judged beside a target, as it may decide what is said of it: other
 * ports of its address, a reference, other uplinks, places that it announced.
 */
#ifndef REPORT_JUDGE_OTHERS_H
#define REPORT_JUDGE_OTHERS_H

#include "report/evidence/judgement.h"
#include "report/judge/judge.h"

/* The report without a look at any of these; report_free() it. */
struct report *judge_alone(const struct observer *o,
			   const struct judge_target *target);

/* Something is odd, or unknown, that others may decide (ports.c). */
bool has_work_to_do(const struct judgement *j);

/* Whether a report of another target has such a finding (ports.c). */
bool has_finding(const struct report *r, const char *id);

/* Convicts a device by another port that it leaves alone. */
void judge_contrast(struct judgement *j);

/* The reference of a run, if it has one: whether this target is it, and what
 * becomes of MPTCP towards it. */
bool is_reference(const struct observer *o, const struct judge_target *target);
void judge_reference(struct judgement *j);

/* The same address and port over other uplinks of the run (uplinks.c). */
void judge_uplinks(struct judgement *j, const struct judge_target *target);

/* What becomes of joins to other places that the server announced, where those
 * to the first one pass (elsewhere.c). */
void judge_elsewhere(struct judgement *j, const struct judge_target *target);

#endif
