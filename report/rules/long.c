/* SPDX-License-Identifier: GPL-3.0-or-later
 * What needs more data than a segment or two.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule long_rules[] = {
	{.id = "data.acked_early",
	 .row = "all",
	 .phase = PHASE_LONG,
	 .judge = judge_data},
	{0},
};
