/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with MP_CAPABLE that are not answered, or by a RST.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule syn_rules[] = {
	{.id = "mp_capable.dropped",
	 .row = "all",
	 .phase = PHASE_SYN,
	 .judge = judge_refused},
	{0},
};
