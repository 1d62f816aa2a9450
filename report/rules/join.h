/* SPDX-License-Identifier: GPL-3.0-or-later
 * What rules on joins have in common.
 */
#ifndef REPORT_RULES_JOIN_H
#define REPORT_RULES_JOIN_H

#include "report/evidence/ledger.h"

/* The server had to answer it: the connection that it joins was open, or lives
 * on. */
bool join_due(const struct judgement *j, const struct flow *f);

/* Both HMACs were right when they were captured, and nothing but the third ACK
 * was sent. */
bool join_sent_third_ack(const struct flow *f);

/* shows_fn: its fourth ACK came; an unknown token has no answer, as under SYN
 * cookies. */
shows_fn join_confirmed, keeps_no_state;

struct said;

/* Whether the third ACKs in `have`, of the connection `flow` and others, that
 * got no fourth one, are more than loss explains. */
enum why join_acks_in_vain(const struct judgement *j, struct said *s);

extern const struct class join_acks, joined_data;

#endif
