/* SPDX-License-Identifier: GPL-3.0-or-later
 * What answers to MP_JOIN, and silence, convict.
 */
#include "report/arena.h"
#include "report/evidence/judge_loss.h"

static const struct class joins = {PURPOSE_MP_JOIN, -1, SEGMENT_JOIN_SYN, NULL,
				   0};

static bool wrong_join_hmac(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.hmac == KNOWN_NO;
}

static bool join_option_lost(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && f->syn_ack_seen &&
	       !f->join.syn_ack && !flow_fell(f);
}

/* Whether the server still has to know the token. */
static bool parent_alive(const struct judgement *j, const struct flow *f)
{
	const struct flow *parent = j->o->flows[f->join.parent];
	const struct kept *end = flow_reset(parent);

	if (!flow_data_acked(parent) || parent->mptcp.fastclose ||
	    parent->mptcp.data_fin || parent->mptcp.mp_fail ||
	    parent->server_fin || flow_sent_unmapped(parent))
		return false;
	return !end || end->time_us > f->first_us;
}

static bool join_refused(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && flow_refused(f) &&
	       parent_alive(j, f);
}

static void judge_join_replies(struct judgement *j)
{
	const struct flow *flow = flow_first(j, wrong_join_hmac);
	struct finding *f;

	if (flow) {
		f = finding_add(j, "mp_join.modified", DIRECTION_UNKNOWN,
				SEGMENT_JOIN_SYN_ACK);
		finding_connection(j, f, flow->id);
		finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
				 "the HMAC in the SYN/ACK does not fit the "
				 "keys and nonces");
		f->text = "The HMAC or nonce in the SYN/ACK of the MP_JOIN was "
			  "modified on the path.";
	}
	/* Where plain connections end, there ends a MP_JOIN as well. */
	flow = flow_first(j, join_option_lost);
	if (flow && !finding_find(j, "mp_join.removed") &&
	    !finding_find(j, "tcp.terminated")) {
		f = finding_add(j, "mp_join.removed", DIRECTION_UNKNOWN,
				SEGMENT_JOIN_SYN);
		finding_connection(j, f, flow->id);
		finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
				 "the SYN/ACK to a valid token comes without "
				 "MP_JOIN, which no MPTCP listener does");
		f->confidence = CONFIDENCE_LIKELY;
		f->text = "MP_JOIN is removed from the SYN or the SYN/ACK of "
			  "additional subflows.";
	}
}

/* Where others are reset as well, something limits connections. */
static bool plain_reset(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_TCP) &&
		    flow_refused(j->flows[i]))
			return true;
	return false;
}

/* The token was made of a key that is the server's own: one that was changed
 * on the way is refused by right. */
static bool key_proven(const struct judgement *j, const struct flow *f)
{
	return j->o->flows[f->join.parent]->mptcp.server_dsn == KNOWN_YES;
}

static void judge_join_reset(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *flow = j->flows[i];
		const struct kept *k = flow_reset(flow);
		bool marked, before_target, by_server;
		struct finding *f;
		unsigned reach;

		if (!join_refused(j, flow))
			continue;
		marked = tcp_options_mptcp(&k->options, MP_TCPRST) != NULL;
		if (!marked && plain_reset(j))
			continue;
		reach = reset_reach(j, &joins);
		before_target =
			reach && j->plain_reach && reach < j->plain_reach;
		by_server =
			marked || (!before_target && flow->mptcp.version == 0);
		if (by_server && !key_proven(j, flow))
			continue;
		f = finding_add(j,
				by_server ? "mp_join.refused" : "mp_join.reset",
				marked ? DIRECTION_UNKNOWN : DIRECTION_FORWARD,
				SEGMENT_JOIN_SYN);
		if (!marked && !before_target)
			f->confidence = CONFIDENCE_LIKELY;
		if (!marked)
			put_between(j, ask_reset(j, &joins), &f->after, &f->at);
		reset_evidence(j, f, flow);
		f->text =
			marked ? "An MP_JOIN with a valid token is refused by "
				 "an MPTCP stack that does not know it: "
				 "another host answers at this address."
			       : arena_printf(j->arena,
					      "MP_JOIN SYNs are answered by a "
					      "RST %s.",
					      place_phrase(j, f->after, f->at));
		return;
	}
}

static void judge_join_dropped(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	struct attempts join = count_attempts(j, PURPOSE_MP_JOIN, -1);
	struct finding *f;

	if (join.flows == 0 || join.reset || !j->working ||
	    !parent_alive(j, join.example))
		return;
	if (join.answered) {
		judge_dropped_on_a_way(j, "mp_join.dropped", &joins);
		return;
	}
	if (!beyond_chance(join.lost, tries_of(&plain),
			   controls_since(j, join.first_us)))
		return;
	f = finding_add(j, "mp_join.dropped", DIRECTION_UNKNOWN,
			SEGMENT_JOIN_SYN);
	put_between(j, ask_silence(j, &joins), &f->after, &f->at);
	if (f->at.known && f->at.ttl < j->plain_reach)
		f->direction = DIRECTION_FORWARD;
	finding_connection(j, f, join.example->id);
	finding_evidence(j, f, join.example->first_frame, NULL, NULL,
			 attempts_text(j, &join, &plain));
	if (f->direction == DIRECTION_UNKNOWN)
		f->text = arena_printf(
			j->arena,
			"SYNs with MP_JOIN go unanswered, SYNs without it do "
			"not: they are dropped %s, or their SYN/ACKs are "
			"dropped on the return path.",
			place_phrase(j, f->after, f->at));
	else
		f->text = arena_printf(
			j->arena,
			"SYNs with MP_JOIN are dropped %s; SYNs without "
			"it pass.",
			place_phrase(j, f->after, f->at));
	refusal_evidence(j, f, &joins);
}

void judge_join(struct judgement *j)
{
	if (finding_find(j, "mp_join.removed") ||
	    finding_find(j, "mp_join.modified"))
		return;
	judge_join_replies(j);
	judge_join_reset(j);
	judge_join_dropped(j);
}
