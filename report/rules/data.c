/* SPDX-License-Identifier: GPL-3.0-or-later
 * What becomes of data.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule data_rules[] = {
	{.id = "tcp.reset_injected",
	 .row = "all",
	 .phase = PHASE_DATA,
	 .judge = judge_reset_injected},
	{.id = "mp_capable.modified",
	 .row = "all",
	 .phase = PHASE_DATA,
	 .judge = judge_key_altered},
	{.id = "payload.modified",
	 .row = "all",
	 .phase = PHASE_DATA,
	 .if_lost = TO_BLOCKS,
	 .judge = judge_payload},
	{.id = "dss.removed",
	 .row = "all",
	 .phase = PHASE_DATA,
	 .judge = judge_dss},
	{.id = "dss.dropped",
	 .row = "all",
	 .phase = PHASE_DATA,
	 .judge = judge_size},
	{0},
};
