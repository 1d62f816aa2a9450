/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with MP_CAPABLE that are not answered, or by a RST, where the same
 * without it are accepted.
 */
#include "report/arena.h"
#include "report/judge_loss.h"

void judge_capable_dropped(struct judgement *j, int version)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	struct attempts mpc = count_attempts(j, PURPOSE_MP_CAPABLE, version);
	struct finding *f;

	if (mpc.flows == 0 || mpc.answered || mpc.reset ||
	    !beyond_chance(mpc.lost, &plain, controls_since(j, mpc.first_us)))
		return;
	f = finding_add(j, "mp_capable.dropped", DIRECTION_UNKNOWN,
			SEGMENT_SYN);
	place_drop(j, f, PURPOSE_MP_CAPABLE, SEGMENT_SYN);
	if (f->at.known && f->at.ttl < j->plain_reach)
		f->direction = DIRECTION_FORWARD;
	finding_connection(j, f, mpc.example->id);
	finding_evidence(j, f, mpc.example->first_frame, NULL, NULL,
			 attempts_text(j, &mpc, &plain));
	f->text = arena_printf(j->arena,
			       "SYNs with MP_CAPABLE are dropped %s; the same "
			       "without it pass.",
			       place_phrase(j, f->after, f->at));
}

/* Behind a balancer one server of which refuses all connections, few of each
 * kind may be sorted by chance; a RST from before the target is none. */
#define RESETS_MIN 6

static bool beyond_balancing(const struct judgement *j,
			     const struct attempts *reset,
			     const struct attempts *plain)
{
	unsigned reach = reset_reach(j, PURPOSE_MP_CAPABLE);

	return (reach && reach < j->plain_reach) ||
	       (reset->reset >= RESETS_MIN && plain->answered >= RESETS_MIN);
}

void judge_capable_reset(struct judgement *j, int version)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	struct attempts mpc = count_attempts(j, PURPOSE_MP_CAPABLE, version);
	struct finding *f;

	if (mpc.answered || mpc.reset < 2 || plain.answered < 2 ||
	    plain.reset || controls_since(j, mpc.first_us) == 0)
		return;
	f = finding_add(j, "mp_capable.reset", DIRECTION_FORWARD, SEGMENT_SYN);
	if (!beyond_balancing(j, &mpc, &plain))
		f->confidence = CONFIDENCE_LIKELY;
	place_reset(j, f, PURPOSE_MP_CAPABLE, SEGMENT_SYN);
	for (size_t i = 0; i < j->flow_count; i++)
		if (attempt_wanted(j->flows[i], PURPOSE_MP_CAPABLE, version) &&
		    flow_refused(j->flows[i]))
			reset_evidence(j, f, j->flows[i]);
	f->text = arena_printf(j->arena,
			       "SYNs with MP_CAPABLE are answered by a RST %s; "
			       "the same without it are accepted.",
			       place_phrase(j, f->after, f->at));
}
