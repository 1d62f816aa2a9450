/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with an option, and those without it as their control: how many were
 * sent, lost, answered and reset. What is beyond chance tells loss.h.
 */
#ifndef REPORT_EVIDENCE_ATTEMPTS_H
#define REPORT_EVIDENCE_ATTEMPTS_H

#include "report/evidence/judgement.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"

/* Notes when plain SYNs were answered, and counts them: before all else. */
void judge_company(struct judgement *j);

struct attempts count_attempts(const struct judgement *j, enum purpose purpose,
			       int version);

/* Connections without the option that were answered after the attempts with
 * it had begun: the controls of the contrast. Many that were not answered
 * spoil it: then whatever befell them may have befallen the others. A RST is an
 * answer, but no control. */
unsigned controls_since(const struct judgement *j, int64_t since_us);

static inline struct tries tries_of(const struct attempts *a)
{
	return (struct tries){a->sent, a->lost};
}

/* How often loss alone has that many of the connections wait for their second
 * SYN or for ever, by the plain ones. Later SYNs do not count: where one way is
 * down for a while, they are all lost. */
double chance_of_late(const struct judgement *j, const struct attempts *a);

/* What became of attempts as a whole. */
enum fate {
	FATE_UNCLEAR, /* too few, or of several kinds */
	FATE_DROPPED,
	FATE_RESET,
	FATE_ANSWERED,
};

enum fate attempts_fate(const struct judgement *j, const struct attempts *a);

/* What an ICMP unreachable says: "a filter prohibits it". */
const char *refusal_phrase(const struct quote *q);
/* Says who refused segments of this kind with an ICMP error, if one did. */
void refusal_evidence(struct judgement *j, struct finding *f,
		      const struct class *c);

/* "8 of 8 SYNs with the option went unanswered, while ..." */
const char *attempts_text(const struct judgement *j, const struct attempts *a);

void reset_evidence(struct judgement *j, struct finding *f,
		    const struct flow *flow);

#endif
