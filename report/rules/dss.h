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

/* A DATA_ACK covers the byte that goes by this sequence number on the first
 * subflow. */
bool dss_arrived(const struct flow *f, uint32_t sequence);

/* Whether the first data of `vain` that did not arrive with its mapping did on
 * `f`, and all else of it: so the device is none that begins behind so much. */
bool dss_carries_beside(const struct flow *f, const struct flow *vain);

/* One of those, without DSS checksums if there is one, where data arrived
 * later, so that the device is none that begins at some time; or NULL. */
const struct flow *dss_carrier(const struct judgement *j,
			       const struct flow *vain);

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
