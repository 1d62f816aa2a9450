/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows, addresses, fragments, idling.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule rest_rules[] = {
	{.id = "mp_join.removed",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_join},
	{.id = "add_addr.dropped",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_add_addr},
	{.id = "ip.fragment_dropped",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_fragments},
	{.id = "tcp.idle_forgotten",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_idle},
	{0},
};
