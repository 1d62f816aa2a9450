/* SPDX-License-Identifier: GPL-3.0-or-later
 * What becomes of MP_JOINs with a valid token.
 */
#include "report/rules/join.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/ways.h"

static const struct class joins = {
	PURPOSE_MP_JOIN, -1, SEGMENT_JOIN_SYN, NULL, 0, ALL_OF_KIND};

/* ---- SYN/ACKs -------------------------------------------------------------
 */

/* What others captured may have joins of connections that are not there. */
static bool answers_unknown(const struct judgement *j, const struct flow *f)
{
	return (j->controlled && flow_is(f, PURPOSE_MP_JOIN_RANDOM) &&
		f->join.syn_ack) ||
	       flow_token_unknown(f);
}

/* Linux before 5.13 answers unknown tokens as well, with what lies in its
 * memory: zeros, or the HMAC and nonce of another subflow. */
static bool token_forgotten(const struct judgement *j, const struct flow *f)
{
	const struct flow *parent = j->o->flows[f->join.parent];

	if (!ask_witnesses(j, answers_unknown, NULL))
		return false;
	if (flow_ended_before(parent, flow_syn_ack(f)->frame))
		return true;
	for (const struct flow *k = parent->sibling; k; k = k->sibling)
		if (flow_token_unknown(k))
			return true;
	return false;
}

/* By who knows the token, and so has the keys. */
static bool wrong_hmac(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.hmac == KNOWN_NO &&
	       flow_token_known(f) && !token_forgotten(j, f);
}

/* One subflow that shows it suffices; which way it happened, none tells. */
static enum why shown_by(const struct judgement *j, struct said *s,
			 shows_fn *shows)
{
	s->direction = DIRECTION_UNKNOWN;
	return ask_witnesses(j, shows, &s->flow) ? WHY_SAID : WHY_ABSENT;
}

static enum why modified(const struct judgement *j, struct said *s)
{
	return shown_by(j, s, wrong_hmac);
}

static void say_modified(struct judgement *j, struct finding *f,
			 const struct said *s)
{
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the HMAC in the SYN/ACK does not fit the keys and "
			 "nonces");
	f->text = "The HMAC or nonce in the SYN/ACK of the MP_JOIN was "
		  "modified on the path.";
}

static bool lost_option(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_lost_join(f);
}

static enum why removed(const struct judgement *j, struct said *s)
{
	enum why why = shown_by(j, s, lost_option);

	s->confidence = CONFIDENCE_LIKELY;
	return why == WHY_SAID && plain_beside_working(j) ? WHY_CONTROL : why;
}

static void say_removed(struct judgement *j, struct finding *f,
			const struct said *s)
{
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK to a valid token comes without MP_JOIN, "
			 "which no MPTCP listener does");
	f->text = "MP_JOIN is removed from the SYN or the SYN/ACK of "
		  "additional subflows, or another machine answers them.";
}

/* ---- RSTs -----------------------------------------------------------------
 */

/* The last data of the client, as it first went out; or NULL. */
static const struct kept *last_data(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_DATA &&
		    f->sent[i]->time_us == f->sides[0].last_us)
			return f->sent[i];
	return NULL;
}

/* Another subflow joined the same connection when this one had been refused. */
static bool joined_since(const struct flow *parent, const struct flow *f)
{
	const struct kept *end = flow_reset(f);

	for (const struct flow *k = parent->sibling; k && end; k = k->sibling)
		if (k->join.hmac == KNOWN_YES && !k->reversed &&
		    k->join.fourth_ack_frame > end->frame)
			return true;
	return false;
}

/* Whether the server still had to know the token: all data is acknowledged at
 * the MPTCP level, of which the last went out so much later than the subflow
 * was refused, or first asked for, that the server would have told by then
 * that it closes, were that lost at first. */
bool join_parent_alive(const struct judgement *j, const struct flow *f)
{
	const struct flow *parent = j->o->flows[f->join.parent];
	const struct kept *end = flow_reset(f), *data = last_data(parent);
	int64_t since_us = end ? end->time_us : f->first_us;

	if (joined_since(parent, f))
		return true;
	return data && data->time_us - since_us >= CLOSE_TOLD_US &&
	       flow_data_acked(parent) && !parent->mptcp.mp_fail &&
	       parent->mptcp.data_ack == parent->mptcp.mapped_end &&
	       !flow_sent_unmapped(parent) &&
	       !flow_ended_before(parent, data->frame);
}

/* Where others are reset as well, something limits connections. */
static bool plain_reset(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && flow_refused(f);
}

/* The token was made of a key that is the server's own: one that was changed
 * on the way is refused by right. A server that knows the token proves it. */
static bool key_proven(const struct judgement *j, const struct flow *f)
{
	return j->o->flows[f->join.parent]->mptcp.server_dsn == KNOWN_YES ||
	       flow_token_known(f);
}

/* By a RST; or, before Linux 5.13, by an MP_JOIN without an HMAC. */
static bool is_refused(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) &&
	       (flow_refused(f) || flow_token_unknown(f));
}

/* By an MPTCP stack. */
static bool is_marked(const struct flow *f)
{
	return reset_reason(flow_reset(f)) >= 0 || flow_token_unknown(f);
}

/* The first MP_JOIN that a RST refused for no good reason. */
struct refusal {
	const struct flow *flow; /* NULL: there is none */
	bool marked;		 /* with MP_TCPRST: by an MPTCP stack */
	bool before_target;
	bool by_server; /* or another host at its address */
};

static struct refusal refusal_of(const struct judgement *j)
{
	unsigned reach = reset_reach(j, &joins);
	struct refusal r = {.before_target = reach && j->plain_reach &&
					     reach < j->plain_reach};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!is_refused(f))
			continue;
		r.marked = is_marked(f);
		if ((r.marked || !r.before_target) && !join_parent_alive(j, f))
			continue;
		r.by_server =
			r.marked || (!r.before_target && f->mptcp.version == 0);
		if (reset_by_choice(flow_reset(f)))
			continue; /* a limit of the server's */
		if ((!r.marked && ask_witnesses(j, plain_reset, NULL)) ||
		    ((r.by_server || (!r.before_target && !j->working)) &&
		     !key_proven(j, f)))
			continue;
		r.flow = f;
		break;
	}
	return r;
}

/* Something may limit how many connections there are. */
static bool may_be_limit(const struct judgement *j)
{
	int64_t since_us = reset_behind_us(j, &joins);

	return since_us && controls_since(j, since_us) < CONTROLS_MIN;
}

static enum why refused_by(const struct judgement *j, struct said *s,
			   bool server)
{
	struct refusal r = refusal_of(j);

	if (!r.flow)
		return WHY_ABSENT;
	if (r.by_server != server)
		return WHY_CONTRARY;
	if (!r.marked && may_be_limit(j))
		return WHY_CONTROL;
	s->flow = r.flow;
	if (r.marked && !r.before_target) {
		s->direction = DIRECTION_UNKNOWN;
		return WHY_SAID;
	}
	if (!r.before_target)
		s->confidence = CONFIDENCE_LIKELY;
	put_between(j, ask_reset(j, &joins), &s->after, &s->at);
	return WHY_SAID;
}

static enum why refused(const struct judgement *j, struct said *s)
{
	return refused_by(j, s, true);
}

/* Others are answered: then lone SYNs, from ports of their own, tell no edge.
 */
static enum why reset_way(const struct judgement *j, struct said *s)
{
	enum why why;

	if (!keep_attempts(j, s)->answered)
		return WHY_ABSENT;
	why = refused_by(j, s, false);
	if (why == WHY_SAID) {
		s->after = s->at = (struct place){0}; /* of those that pass */
		place_reset_way(j, s, &joins);
	}
	return why;
}

static enum why reset(const struct judgement *j, struct said *s)
{
	return refused_by(j, s, false);
}

static void say_refused(struct judgement *j, struct finding *f,
			const struct said *s)
{
	if (flow_token_unknown(s->flow))
		finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
				 "the MP_JOIN in the SYN/ACK has neither HMAC "
				 "nor nonce");
	else
		reset_evidence(j, f, s->flow);
	f->text =
		is_marked(s->flow)
			? arena_printf(
				  j->arena,
				  "An MP_JOIN with a valid token is "
				  "refused%s by an MPTCP stack that does "
				  "not know it: another host answers %s.",
				  reason_phrase(j, flow_reset(s->flow)),
				  f->at.known ? place_phrase(j, f->after, f->at)
					      : "at this address")
			: arena_printf(j->arena,
				       "MP_JOIN SYNs are answered by a RST "
				       "%s.",
				       place_phrase(j, f->after, f->at));
}

/* ---- silence --------------------------------------------------------------
 */

/* Nothing tells that the server ended it. A RST would have answered the MP_JOIN
 * then, but under SYN cookies. */
static bool seems_open(const struct flow *parent, const struct flow *f)
{
	const struct kept *end = flow_reset(parent);

	return flow_data_acked(parent) && !parent->mptcp.fastclose &&
	       !parent->mptcp.data_fin && !parent->mptcp.mp_fail &&
	       !parent->server_fin && !flow_sent_unmapped(parent) &&
	       (!end || end->time_us > f->first_us);
}

bool join_due(const struct judgement *j, const struct flow *f)
{
	return seems_open(j->o->flows[f->join.parent], f) ||
	       join_parent_alive(j, f);
}

/* MP_JOINs that could have been answered, and no RST among the answers. */
static enum why tried(const struct judgement *j, struct attempts *join)
{
	*join = count_attempts(j, PURPOSE_MP_JOIN, -1);
	if (join->flows == 0)
		return WHY_ABSENT;
	return join->reset || !j->working || !join_due(j, join->example)
		       ? WHY_CONTRARY
		       : WHY_SAID;
}

/* Where they end before the target, it never saw them: what it would have made
 * of them, and of its key, does not matter. */
static enum why dropped(const struct judgement *j, struct said *s)
{
	struct attempts *join = arena_alloc(j->arena, sizeof(*join));
	enum why why;

	*join = count_attempts(j, PURPOSE_MP_JOIN, -1);
	s->facts = join;
	why = ask_chance(j, join, &s->have, &s->need);
	if (why != WHY_SAID)
		return why;
	s->flow = join->example;
	said_between(j, s, ask_silence(j, &joins));
	return s->direction == DIRECTION_UNKNOWN ? tried(j, join) : WHY_SAID;
}

static void say_dropped(struct judgement *j, struct finding *f,
			const struct said *s)
{
	finding_evidence(j, f, s->flow->first_frame, NULL, NULL, "%s",
			 attempts_text(j, s->facts));
	f->text = arena_printf(
		j->arena,
		f->direction == DIRECTION_UNKNOWN
			? "SYNs with MP_JOIN go unanswered, SYNs without it do "
			  "not: they are dropped %s, or their SYN/ACKs are "
			  "dropped on the return path."
			: "SYNs with MP_JOIN are dropped %s; SYNs without it "
			  "pass.",
		place_phrase(j, f->after, f->at));
	refusal_evidence(j, f, &joins);
}

static enum why dropped_way(const struct judgement *j, struct said *s)
{
	struct attempts join;
	enum why why = tried(j, &join);

	return why == WHY_SAID ? dropped_on_a_way(j, s) : why;
}

static enum why dropped_joins(const struct judgement *j, struct said *s)
{
	struct attempts join;
	enum why why = tried(j, &join);

	return why == WHY_SAID ? dropped_some(j, s) : why;
}

/* ---- the third ACK --------------------------------------------------------
 */

const struct class join_acks = {PURPOSE_MP_JOIN, -1, SEGMENT_JOIN_ACK, NULL, 0,
				ALL_OF_KIND};

/* Both HMACs were right when they were captured, and nothing but the third ACK
 * was sent. A server that keeps no state (SYN cookies) may remember the nonce
 * of its last SYN/ACK only, where the SYN came twice. */
bool join_sent_third_ack(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.hmac == KNOWN_YES &&
	       f->join.ack_hmac == KNOWN_YES && !f->join.answered_anew &&
	       !f->sides[0].first_us;
}

/* The server misses the option, or its HMAC is wrong. */
static bool missed_option(const struct judgement *j, const struct flow *f)
{
	return join_sent_third_ack(f) && !f->join.fourth_ack_frame &&
	       reset_reason(flow_reset(f)) == TCPRST_MPTCP &&
	       key_proven(j, f) && join_parent_alive(j, f);
}

bool join_confirmed(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.fourth_ack_frame;
}

/* An unknown token has no answer then. */
bool keeps_no_state(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN_RANDOM) && !flow_syn_ack(f) &&
	       !flow_reset(f);
}

static enum why removed_ack(const struct judgement *j, struct said *s)
{
	s->confidence = CONFIDENCE_LIKELY;
	s->need = ask_witnesses(j, join_confirmed, NULL) ||
				  ask_witnesses(j, keeps_no_state, NULL)
			  ? THIRD_ACKS_MISSED_MIN
			  : 1;
	for (size_t i = 0; i < j->flow_count; i++) {
		if (!missed_option(j, j->flows[i]))
			continue;
		s->have++;
		s->flow = s->flow ? s->flow : j->flows[i];
	}
	/* What comes twice may be a third ACK, too; with the first a server
	 * that keeps no state forgets the nonce. */
	if (enough(s) != WHY_SAID)
		return enough(s);
	return ask_witnesses(j, flow_doubled, NULL) ? WHY_CONTROL : WHY_SAID;
}

static void say_removed_ack(struct judgement *j, struct finding *f,
			    const struct said *s)
{
	reset_evidence(j, f, s->flow);
	f->text = "MP_JOIN is removed from the third ACK of additional "
		  "subflows, or its HMAC is modified, beyond the last hop that "
		  "quotes it: the server resets them.";
}

enum why join_acks_in_vain(const struct judgement *j, struct said *s)
{
	s->need = losses_needed(tries_of(&j->plain));
	if (!s->flow)
		return WHY_ABSENT;
	if (ask_witnesses(j, join_confirmed, NULL) || joined_across(j))
		return WHY_CONTRARY;
	return beyond_chance(s->have, tries_of(&j->plain), CONTROLS_MIN)
		       ? WHY_SAID
		       : WHY_FEW;
}

static enum why dropped_ack(const struct judgement *j, struct said *s)
{
	enum why why;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!join_sent_third_ack(f) || flow_reset(f) || !join_due(j, f))
			continue;
		s->have += flow_third_acks_in_vain(f);
		s->flow = s->flow ? s->flow : f;
	}
	why = join_acks_in_vain(j, s);
	if (why != WHY_SAID)
		return why;
	if (server_defers(j) != KNOWN_NO)
		return WHY_CONTROL;
	put_between(j, ask_silence(j, &join_acks), &s->after, &s->at);
	return WHY_SAID;
}

static void say_dropped_ack(struct judgement *j, struct finding *f,
			    const struct said *s)
{
	finding_evidence(j, f, s->flow->first_frame, NULL, NULL,
			 "%u third ACKs with the right HMAC got no fourth ACK, "
			 "but the SYN/ACK again; without MP_JOIN the server "
			 "takes a third ACK without data",
			 s->have);
	f->text = arena_printf(j->arena,
			       "The third ACK of an MP_JOIN is dropped %s: no "
			       "second subflow comes up.",
			       place_phrase(j, f->after, f->at));
}

/* ---- data -----------------------------------------------------------------
 */

const struct class joined_data = {
	PURPOSE_MP_JOIN, -1, SEGMENT_JOIN_DATA, NULL, 0, ALL_OF_KIND};

/* How often the first of it went out over a subflow that had joined, and was
 * not acknowledged there, as it was over another. */
static unsigned joined_data_lost(const struct judgement *j,
				 const struct flow *f)
{
	unsigned count = 0;

	if (!f->join.fourth_ack_frame || !join_data_taken(j, f) ||
	    flow_tcp_acked(f) || join_data_reset(j, f))
		return 0;
	for (size_t i = 0; i < f->sent_count; i++)
		count += f->sent[i]->kind == SEGMENT_JOIN_DATA &&
			 kept_is_full(f->sent[i]) &&
			 f->sent[i]->packet.tcp.sequence == f->client_isn + 1;
	return count;
}

static bool joined_data_acked(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.data_ack_frame;
}

static enum why dropped_data(const struct judgement *j, struct said *s)
{
	s->need = losses_needed(tries_of(&j->plain));
	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned lost = joined_data_lost(j, j->flows[i]);

		s->have += lost;
		if (lost && !s->flow)
			s->flow = j->flows[i];
	}
	if (!s->flow)
		return WHY_ABSENT;
	if (ask_witnesses(j, joined_data_acked, NULL))
		return WHY_CONTRARY;
	if (!beyond_chance(s->have, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	said_between(j, s, ask_silence(j, &joined_data));
	return WHY_SAID;
}

static void say_dropped_data(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	finding_evidence(j, f, s->flow->join.fourth_ack_frame, NULL, NULL,
			 "%u segments with a mapping went unacknowledged on "
			 "the joined subflow; the same data was acknowledged "
			 "on the first",
			 s->have);
	f->text = arena_printf(j->arena,
			       "Data on the joined subflow is dropped %s; over "
			       "the first subflow it passes.",
			       place_phrase(j, f->after, f->at));
}

/* ---- the server's data ----------------------------------------------------
 */

/* Since the last of its data that came. */
static struct lack joined_lack(const struct flow *f)
{
	return flow_lacks(f, f->sides[1].last_us);
}

/* A server sends again what is not acknowledged, several times by then. */
static bool lacks_answer(const struct judgement *j, const struct flow *f)
{
	struct lack g = joined_lack(f);

	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.parent >= 0 &&
	       f->join.fourth_ack_frame && g.words >= CONTROLS_MIN &&
	       g.last->time_us - g.first->time_us >= ANSWER_TIME_US;
}

static bool plain_answered(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->payload_received;
}

/* It took our data, and says nothing. */
static bool plain_unanswered(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && flow_tcp_acked(f) &&
	       !f->payload_received && !flow_server_ended(f);
}

/* Where plain connections get no answer either, the subflow is no reason. */
static enum why dropped_answer(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	if (!ask_witnesses(j, lacks_answer, &s->flow))
		return WHY_ABSENT;
	return ask_witnesses(j, plain_unanswered, NULL) &&
			       !ask_witnesses(j, plain_answered, NULL)
		       ? WHY_CONTROL
		       : WHY_SAID;
}

static void say_dropped_answer(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	struct lack g = joined_lack(s->flow);

	finding_evidence(j, f, g.last->frame, NULL, NULL,
			 "%u segments of the server come on the joined subflow "
			 "in %.1f s, and their sequence numbers say that it "
			 "has sent %u bytes on it that did not",
			 g.words,
			 (double)(g.last->time_us - g.first->time_us) / 1e6,
			 g.bytes);
	f->text = arena_printf(
		j->arena,
		"The server's data on the joined subflow is dropped on the "
		"return path, its acknowledgments pass%s.",
		j->o->flows[s->flow->join.parent]->payload_received
			? "; over the first subflow the same data comes"
			: "");
}

/* What hops quote otherwise says it. */
#define CHANGED_BY_QUOTES                                                      \
	"mp_join.removed/join_syn", "mp_join.removed/join_ack",                \
		"mp_join.modified/join_syn", "mp_join.modified/join_ack"

const struct rule join_rules[] = {
	{"mp_join.modified", "hmac", PHASE_REST, SEGMENT_JOIN_SYN_ACK, modified,
	 say_modified, .unless = {CHANGED_BY_QUOTES}, .stands = true},
	/* Where plain connections end, an MP_JOIN ends as well. */
	{"mp_join.removed", "reply", PHASE_REST, SEGMENT_JOIN_SYN, removed,
	 say_removed, .unless = {CHANGED_BY_QUOTES, "tcp.terminated"}},
	{"mp_join.refused", "rst", PHASE_REST, SEGMENT_JOIN_SYN, refused,
	 say_refused, .unless = {CHANGED_BY_QUOTES}},
	{"mp_join.reset", "way", PHASE_REST, SEGMENT_JOIN_SYN, reset_way,
	 say_reset_on_a_way, .unless = {CHANGED_BY_QUOTES}, .of = &joins},
	{"mp_join.reset", "rst", PHASE_REST, SEGMENT_JOIN_SYN, reset,
	 say_refused, .unless = {CHANGED_BY_QUOTES, "mp_join.reset"}},
	{"mp_join.removed", "reason", PHASE_REST, SEGMENT_JOIN_ACK, removed_ack,
	 say_removed_ack,
	 .unless = {"mp_join.modified", "mp_join.removed", "tcp.terminated"}},
	{"dss.dropped", "joined", PHASE_REST, SEGMENT_JOIN_DATA, dropped_data,
	 say_dropped_data, .unless = {"dss.dropped", "dss.removed"},
	 .gates = WORKING, .if_working = TO_IMPAIRS},
	{"dss.dropped", "joined_answer", PHASE_REST, SEGMENT_JOIN_DATA,
	 dropped_answer, say_dropped_answer,
	 .unless = {"dss.dropped", "ip.too_big_dropped"}, .gates = WORKING,
	 .if_working = TO_IMPAIRS},
	{"mp_join.dropped", "third_ack", PHASE_REST, SEGMENT_JOIN_ACK,
	 dropped_ack, say_dropped_ack,
	 .unless = {"mp_join.modified", "mp_join.removed", "tcp.terminated"}},
	{"mp_join.dropped", "silence", PHASE_REST, SEGMENT_JOIN_SYN, dropped,
	 say_dropped, .unless = {CHANGED_BY_QUOTES}, .gates = TAKING},
	{"mp_join.dropped", "way", PHASE_REST, SEGMENT_JOIN_SYN, dropped_way,
	 say_dropped_on_a_way, .unless = {CHANGED_BY_QUOTES}, .of = &joins},
	{"mp_join.dropped", "some", PHASE_REST, SEGMENT_JOIN_SYN, dropped_joins,
	 say_dropped_some, .unless = {CHANGED_BY_QUOTES, "mp_join.dropped"},
	 .of = &joins},
	{0},
};
