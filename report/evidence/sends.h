/* SPDX-License-Identifier: GPL-3.0-or-later
 * How often data went out, with a DSS and without, and how often in vain.
 */
#ifndef REPORT_EVIDENCE_SENDS_H
#define REPORT_EVIDENCE_SENDS_H

#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"

/* Segments of one flow with data, and a DSS or not, which were acknowledged in
 * the end; lost is what went out again before that. What went out with other
 * bytes as well is not counted. */
struct tries sends_of(const struct flow *f, bool mapped);
/* The same of many flows: of those with MPTCP, or of those without. */
struct tries sends_among(struct flow *const *flows, size_t count, bool mapped);
/* Those with a DSS, on first subflows and on those that joined. */
struct tries sends_mapped(const struct judgement *j);
/* The same, but those lost one behind the other count as one, whatever the
 * connections, until something arrives, with MPTCP or without: an outage takes
 * all that is sent meanwhile. */
struct tries sends_apart(const struct judgement *j);
/* The same on connections without MPTCP: the control. */
struct tries sends_plain(const struct judgement *j);

/* " N of M segments with DSS, however, ...", where loss hardly takes so many,
 * by the plain ones and plain SYNs; else "". */
const char *sends_phrase(const struct judgement *j);

#endif
