/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYN/ACKs that do not bring the server's MP_CAPABLE as it was sent.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule syn_ack_rules[] = {
	{.id = "mp_capable.removed",
	 .row = "all",
	 .phase = PHASE_SYN_ACK,
	 .judge = judge_syn_ack},
	{0},
};
