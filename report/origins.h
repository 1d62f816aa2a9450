/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whom to ask: the networks that the hops around a finding belong to.
 */
#ifndef REPORT_ORIGINS_H
#define REPORT_ORIGINS_H

struct arena;
struct report;
struct report_hop;

/* "AS3320 DTAG": of its name the first word, as a stranger wrote it; NULL if it
 * is not known. */
const char *origin_words(struct arena *a, const struct report_hop *h);

/* Behind the other advice, when the origins of hops are filled in: "Hop 3 and
 * hop 4 belong to AS3320 (DTAG): ask there." Of the first finding that blocks
 * or impairs and has a place, nothing if no origin is known. */
void report_advise_origins(struct report *r);

#endif
