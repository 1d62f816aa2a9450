/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who answers: what TTLs and distances tell.
 */
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

const struct rule distance_rules[] = {
	{.id = "tcp.terminated",
	 .row = "all",
	 .phase = PHASE_DISTANCE,
	 .judge = judge_terminated},
	{.id = "data.acked_early",
	 .row = "all",
	 .phase = PHASE_DISTANCE,
	 .judge = judge_syn_proxy},
	{.id = "ip.ttl_rewritten",
	 .row = "all",
	 .phase = PHASE_DISTANCE,
	 .judge = judge_ttl},
	{0},
};
