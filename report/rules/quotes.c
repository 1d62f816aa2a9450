/* SPDX-License-Identifier: GPL-3.0-or-later
 * What hops quote otherwise than it was sent.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule quotes_rules[] = {
	{.id = "quotes",
	 .row = "all",
	 .phase = PHASE_QUOTES,
	 .judge = judge_quotes},
	{0},
};
