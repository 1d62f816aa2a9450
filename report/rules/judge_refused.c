/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with MP_CAPABLE that are not answered, or by a RST, where the same
 * without it are accepted.
 */
#include "report/arena.h"
#include "report/evidence/judge_loss.h"

/* SYNs whose MP_CAPABLE names no algorithm are answered as plain TCP. Where
 * they fare as those without the option, the others arrive as well, and it is
 * the SYN/ACKs with the option that are missing. */
static struct attempts count_no_algorithm(const struct judgement *j,
					  int version)
{
	struct attempts a = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, PURPOSE_MP_CAPABLE) || f->mptcp.syn_valid ||
		    (int)f->mptcp.version != version ||
		    f->mptcp.syn_flags & MPC_HMAC)
			continue;
		a.sent++;
		a.answered += flow_syn_ack(f) != NULL;
		if (!a.example)
			a.example = f;
	}
	return a;
}

static bool add_dropped_return(struct judgement *j, const struct attempts *mpc,
			       const struct attempts *plain)
{
	struct attempts odd =
		count_no_algorithm(j, (int)mpc->example->mptcp.version);
	struct finding *f;

	if (odd.answered < NO_ALGORITHM_MIN || odd.answered * 2 < odd.sent)
		return false;
	f = finding_add(j, "mp_capable.dropped", DIRECTION_RETURN,
			SEGMENT_SYN_ACK);
	finding_connection(j, f, mpc->example->id);
	finding_evidence(j, f, mpc->example->first_frame, NULL, NULL,
			 attempts_text(j, mpc, plain));
	finding_evidence(
		j, f, odd.example->first_frame, NULL, NULL,
		arena_printf(
			j->arena,
			"%u of %u SYNs whose MP_CAPABLE names no algorithm "
			"were answered, as plain TCP",
			odd.answered, odd.sent));
	f->text = "SYN/ACKs with MP_CAPABLE are dropped on the return path: "
		  "SYNs with it arrive, since SYNs whose MP_CAPABLE makes a "
		  "server answer as plain TCP are answered.";
	return true;
}

static void add_dropped(struct judgement *j, const struct attempts *mpc,
			const struct attempts *plain)
{
	struct finding *f = finding_add(j, "mp_capable.dropped",
					DIRECTION_UNKNOWN, SEGMENT_SYN);
	int version = (int)mpc->example->mptcp.version;
	struct class c = {PURPOSE_MP_CAPABLE, version, SEGMENT_SYN, NULL, 0};
	struct attempts odd;

	put_between(j, ask_silence(j, &c), &f->after, &f->at);
	odd = count_no_algorithm(j, version);
	if ((f->at.known && f->at.ttl < j->plain_reach) ||
	    (odd.sent >= NO_ALGORITHM_MIN && !odd.answered))
		f->direction = DIRECTION_FORWARD;
	finding_connection(j, f, mpc->example->id);
	finding_evidence(j, f, mpc->example->first_frame, NULL, NULL,
			 attempts_text(j, mpc, plain));
	f->text = arena_printf(
		j->arena,
		"SYNs with MP_CAPABLE are dropped %s%s; the same without it "
		"pass.",
		place_phrase(j, f->after, f->at),
		f->direction == DIRECTION_FORWARD
			? ""
			: ", or their SYN/ACKs on the return path");
	refusal_evidence(j, f, &c);
	judge_refused_forms(j, f, (unsigned)version, FATE_DROPPED);
}

/* A RST from before the target is no balancer's doing. */
static bool beyond_balancing(const struct judgement *j,
			     const struct attempts *reset,
			     const struct attempts *plain)
{
	struct class c = {PURPOSE_MP_CAPABLE,
			  (int)reset->example->mptcp.version, SEGMENT_SYN, NULL,
			  0};
	unsigned reach = reset_reach(j, &c);

	return (reach && reach < j->plain_reach) ||
	       (reset->reset >= RESETS_MIN && plain->answered >= RESETS_MIN);
}

static void add_reset(struct judgement *j, const struct attempts *mpc,
		      const struct attempts *plain)
{
	struct finding *f = finding_add(j, "mp_capable.reset",
					DIRECTION_FORWARD, SEGMENT_SYN);
	int version = (int)mpc->example->mptcp.version;
	struct class c = {PURPOSE_MP_CAPABLE, version, SEGMENT_SYN, NULL, 0};

	if (!beyond_balancing(j, mpc, plain))
		f->confidence = CONFIDENCE_LIKELY;
	put_between(j, ask_reset(j, &c), &f->after, &f->at);
	for (size_t i = 0; i < j->flow_count; i++)
		if (class_has(&c, j->flows[i]) && flow_refused(j->flows[i]))
			reset_evidence(j, f, j->flows[i]);
	f->text = arena_printf(j->arena,
			       "SYNs with MP_CAPABLE are answered by a RST %s; "
			       "the same without it are accepted.",
			       place_phrase(j, f->after, f->at));
	judge_refused_forms(j, f, (unsigned)version, FATE_RESET);
}

static bool is_dropped(const struct judgement *j, const struct attempts *mpc,
		       const struct attempts *plain)
{
	return attempts_fate(j, mpc, plain) == FATE_DROPPED;
}

/* Few will do here: some that were swept come from before the target. */
static bool is_reset(const struct judgement *j, const struct attempts *mpc,
		     const struct attempts *plain)
{
	return !mpc->answered && mpc->reset >= RESETS_LIKELY_MIN &&
	       plain->answered >= RESETS_LIKELY_MIN && !plain->reset &&
	       controls_since(j, mpc->first_us) > 0;
}

/* Of the version that more was sent of; the other was for the contrast. */
void judge_refused(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	struct attempts mpc = {0};
	size_t before = j->r->finding_count;

	for (int version = 1; version >= 0; version--) {
		struct attempts a =
			count_attempts(j, PURPOSE_MP_CAPABLE, version);

		if (a.flows > mpc.flows &&
		    (is_dropped(j, &a, &plain) || is_reset(j, &a, &plain)))
			mpc = a;
	}
	if (mpc.flows && is_dropped(j, &mpc, &plain)) {
		if (!add_dropped_return(j, &mpc, &plain))
			add_dropped(j, &mpc, &plain);
	} else if (mpc.flows) {
		add_reset(j, &mpc, &plain);
	} else {
		for (int version = 1; version >= 0; version--)
			if (judge_dropped_on_a_way(
				    j, "mp_capable.dropped",
				    &(struct class){PURPOSE_MP_CAPABLE, version,
						    SEGMENT_SYN, NULL, 0}))
				return;
	}
	if (j->working && j->r->finding_count > before)
		j->r->findings[before].effect = EFFECT_IMPAIRS;
}
