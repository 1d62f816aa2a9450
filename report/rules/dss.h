/* SPDX-License-Identifier: GPL-3.0-or-later
 * What rules on DSS have in common.
 */
#ifndef REPORT_RULES_DSS_H
#define REPORT_RULES_DSS_H

#include "report/evidence/ledger.h"

/* A connection of its own whose SYN/ACK brought MP_CAPABLE, and that sent data
 * with a mapping. */
bool dss_negotiated(const struct flow *f);

/* How often bytes went out with a mapping, and in vain, that were acknowledged
 * when they came without it; 0: there are none such. */
unsigned dss_in_vain(const struct flow *f);

/* What follows the SYN/ACK and has padding in the place of a DSS; or NULL. */
const struct kept *dss_padded_answer(const struct flow *f);

/* shows_fn: a RST answered MPTCP data, which the server's stack would mark with
 * MP_TCPRST; answers without MPTCP have such padding, so that it stands in the
 * place of other options. */
shows_fn dss_was_reset, dss_plain_padded;

/* Whether plain connections with so much data at least, of those before `flow`
 * and of those after it, fare so, all of them. */
bool dss_plain_around(const struct judgement *j, const struct flow *flow,
		      uint32_t bytes, bool (*fits)(const struct flow *));

#endif
