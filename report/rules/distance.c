/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who answers: data that others than the server send, and TTLs that are
 * rewritten, as distances tell.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

/* ---- SYN/ACKs from elsewhere than what follows --------------------------- */

/* The TTL of all that followed the SYN/ACK and acknowledged data of ours;
 * 0: nothing did, or it varies. */
static unsigned answer_ttl(const struct flow *f)
{
	unsigned ttl = 0;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (!kept_acks_data(f, k))
			continue;
		if (ttl && ttl != k->packet.ip.ttl)
			return 0;
		ttl = k->packet.ip.ttl;
	}
	return ttl;
}

/* The TTL of all SYN/ACKs; 0: too few came, or it varies, as it does where
 * packets take ways of several lengths. */
static unsigned syn_ack_ttl(const struct judgement *j)
{
	unsigned ttl = 0, count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_syn_ack(j->flows[i]);

		if (!k)
			continue;
		if (ttl && ttl != k->packet.ip.ttl)
			return 0;
		ttl = k->packet.ip.ttl;
		count++;
	}
	return count >= SYN_ACKS_ALIKE_MIN ? ttl : 0;
}

/* What the SYN/ACKs and what follows them have in common, each. */
struct ttls {
	unsigned syn_ack, following; /* 0: they vary, or too few came */
	unsigned count;		     /* connections on which data followed */
};

static struct ttls ttls_of(const struct judgement *j,
			   const struct flow **example)
{
	struct ttls t = {.syn_ack = syn_ack_ttl(j)};

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned one = answer_ttl(j->flows[i]);

		if (!one || !flow_syn_ack(j->flows[i]))
			continue;
		if (t.count && t.following != one)
			return (struct ttls){0};
		t.following = one;
		t.count++;
		*example = j->flows[i];
	}
	return t;
}

/* IP IDs of one host's counter are so close, if it does little else: by chance
 * one in a thousand. */
#define ID_STEPS_MAX 64

/* The SYN/ACK and what follows it were counted by one host, whatever their
 * TTLs. */
static bool ids_run_on(const struct flow *f)
{
	const struct kept *syn_ack = flow_syn_ack(f);

	for (size_t i = f->first_syn_ack + 1; i < f->received_count; i++) {
		uint16_t id = (uint16_t)f->received[i]->packet.ip.id;
		uint16_t first = (uint16_t)syn_ack->packet.ip.id;
		uint16_t steps = (uint16_t)(id - first);

		if (!(f->received[i]->packet.tcp.flags & TCP_FLAG_SYN))
			return first && steps && steps <= ID_STEPS_MAX;
	}
	return false;
}

/* Another program's capture has nothing beside the TTLs: and one hop is what
 * two ways of a balancer differ by. */
static bool may_be_one_host(const struct judgement *j, const struct ttls *t,
			    const struct flow *example)
{
	unsigned a = hops_back(t->syn_ack), b = hops_back(t->following);

	return !j->controlled && ((a > b ? a - b : b - a) < HOPS_FEWER_MIN ||
				  ids_run_on(example));
}

/* Who answers SYNs stands farther away than who answers data: then it is the
 * data that is answered on the path. */
static enum why elsewhere(const struct judgement *j, struct said *s,
			  bool farther)
{
	struct ttls *t = arena_alloc(j->arena, sizeof(*t));

	*t = ttls_of(j, &s->flow);
	s->facts = t;
	s->have = t->count;
	s->need = ANSWERED_DATA_MIN;
	s->confidence = CONFIDENCE_LIKELY;
	if (!t->syn_ack || !t->following || t->syn_ack == t->following)
		return WHY_ABSENT;
	if (s->have < s->need)
		return WHY_FEW;
	return !may_be_one_host(j, t, s->flow) &&
			       (hops_back(t->syn_ack) >
				hops_back(t->following)) == farther
		       ? WHY_SAID
		       : WHY_CONTRARY;
}

static void ttls_evidence(struct judgement *j, struct finding *f,
			  const struct said *s)
{
	const struct ttls *t = s->facts;

	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "on %u connections the SYN/ACK arrives with TTL %u, "
			 "and what follows with %u",
			 t->count, t->syn_ack, t->following);
}

/* ---- data that the server did not send ----------------------------------- */

/* Whether it is the server itself that sends SYN/ACKs, which arrive with this
 * TTL: with a key, as a random token's reset with MP_TCPRST, and from as far
 * away as the target. */
static bool server_answers(const struct judgement *j, unsigned ttl)
{
	const struct kept *reset = random_token_reset(j);

	return j->negotiated && reset && reset->packet.ip.ttl == ttl &&
	       tcp_options_mptcp(&reset->options, MP_TCPRST) && j->distance &&
	       j->distance == j->plain_reach && !j->ttl_rewritten &&
	       !j->doubted;
}

/* The first data that follows the SYN/ACK, without any sign of MPTCP and with
 * another TTL; or NULL. */
static const struct kept *alien_data(const struct flow *f)
{
	const struct kept *syn_ack = flow_syn_ack(f);

	for (size_t i = 0; i < f->received_count && syn_ack; i++) {
		const struct kept *k = f->received[i];

		if (kept_has_data(k) &&
		    k->packet.tcp.sequence == f->server_isn + 1)
			return k->packet.ip.ttl == syn_ack->packet.ip.ttl ||
					       k->options.mptcp_count
				       ? NULL
				       : k;
	}
	return NULL;
}

static bool has_alien_data(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return alien_data(f) != NULL;
}

static unsigned draws_alien_data(const struct judgement *j,
				 const struct flow *f, bool *drawn)
{
	unsigned ttl = flow_data_ttl(f);

	*drawn = has_alien_data(j, f);
	return !f->established || (*drawn && !falls_short(j, ttl)) ? 0 : ttl;
}

static enum why data_injected(const struct judgement *j, struct said *s)
{
	struct edge e = ask_edge(j, draws_alien_data);
	struct ttls t = ttls_of(j, &s->flow);

	s->have = ask_witnesses(j, has_alien_data, &s->flow);
	s->need = ANSWERED_DATA_MIN;
	if (!s->have || !t.following || t.syn_ack == t.following)
		return WHY_ABSENT;
	if (s->have < t.count || !server_answers(j, t.syn_ack))
		return WHY_CONTROL;
	if (!e.at || !e.after) {
		s->confidence = CONFIDENCE_LIKELY;
		s->direction = DIRECTION_UNKNOWN;
	} else {
		put_between(j, (struct between){true, e.after, e.at}, &s->after,
			    &s->at);
	}
	return enough(s);
}

/* The server resets what acknowledges data that it never sent. */
static void disowned_evidence(struct judgement *j, struct finding *f,
			      const struct flow *flow)
{
	const struct kept *reset = flow_reset(flow), *data = alien_data(flow);

	if (reset &&
	    reset->packet.ip.ttl == flow_syn_ack(flow)->packet.ip.ttl &&
	    seq_diff(reset->packet.tcp.sequence, data->packet.tcp.sequence) > 0)
		finding_evidence(j, f, reset->frame, NULL, NULL,
				 "the server (TTL %u) resets the connection "
				 "when that answer is acknowledged",
				 reset->packet.ip.ttl);
}

static void say_data_injected(struct judgement *j, struct finding *f,
			      const struct said *s)
{
	const struct kept *data = alien_data(s->flow);

	finding_evidence(j, f, data->frame, NULL, NULL,
			 "on %u connections the answer to our data comes "
			 "without MPTCP and with TTL %u, the SYN/ACK with %u",
			 s->have, data->packet.ip.ttl,
			 flow_syn_ack(s->flow)->packet.ip.ttl);
	finding_evidence(j, f, random_token_reset(j)->frame, NULL, NULL,
			 "the SYN/ACKs are the server's: they bring its key, "
			 "its RST to an unknown token (MP_TCPRST) has the same "
			 "TTL, and SYNs are answered at its distance, %u hops",
			 j->distance);
	disowned_evidence(j, f, s->flow);
	f->text = arena_printf(
		j->arena,
		"Our data is answered %s, in place of the server: SYN/ACKs are "
		"the server's own, the answer is not (a block page or the "
		"like).",
		f->at.known ? place_phrase(j, f->after, f->at)
			    : "by a device on the path");
}

/* ---- who answers SYNs, and who data -------------------------------------- */

/* A device answers SYNs in place of the server, and lets it take over. */
static enum why syns_answered(const struct judgement *j, struct said *s)
{
	enum why why = elsewhere(j, s, false);

	if (why == WHY_SAID && j->plain_reach)
		put_between(j,
			    (struct between){true, j->plain_reach - 1,
					     j->plain_reach},
			    &s->after, &s->at);
	return why;
}

static void say_syns_answered(struct judgement *j, struct finding *f,
			      const struct said *s)
{
	const struct ttls *t = s->facts;

	ttls_evidence(j, f, s);
	f->text = arena_printf(
		j->arena,
		"SYNs to port %u are answered by a device %s, which then lets "
		"the server take over: SYN/ACKs arrive with another TTL (%u) "
		"than what follows them (%u).",
		j->r->port, place_phrase(j, f->after, f->at), t->syn_ack,
		t->following);
}

/* A device lets the SYN pass, and answers data. */
static enum why data_answered(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_UNKNOWN;
	return elsewhere(j, s, true);
}

static void say_data_answered(struct judgement *j, struct finding *f,
			      const struct said *s)
{
	const struct ttls *t = s->facts;

	ttls_evidence(j, f, s);
	f->text = arena_printf(
		j->arena,
		"Data to port %u is acknowledged on the path, in place of the "
		"server: SYN/ACKs come from %u hops away (TTL %u), and what "
		"follows them from %u (TTL %u).",
		j->r->port, hops_back(t->syn_ack), t->syn_ack,
		hops_back(t->following), t->following);
}

/* ---- TTLs that are rewritten --------------------------------------------- */

static enum why ttl_rewritten(const struct judgement *j, struct said *s)
{
	unsigned reach = j->plain_reach ? j->plain_reach : j->capable_reach;

	if (!j->ttl_rewritten)
		return WHY_ABSENT;
	if (reach)
		put_between(j, (struct between){true, reach - 1, reach},
			    &s->after, &s->at);
	if (!j->ttl_witness) {
		s->confidence = CONFIDENCE_LIKELY;
		s->flow = plain_at_reach(j);
	}
	return WHY_SAID;
}

static void say_ttl(struct judgement *j, struct finding *f,
		    const struct said *s)
{
	const struct quote *q = j->ttl_witness;

	if (q)
		finding_evidence(
			j, f, q->frame, NULL,
			arena_printf(j->arena, "%u", q->quoted.ip.ttl),
			"the TTL on arrival at the target does not fit the TTL "
			"sent");
	else
		finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
				 "a SYN with TTL %u is answered by a host as "
				 "far away as the target itself, %u hops",
				 j->plain_reach, j->distance);
	f->text = arena_printf(j->arena,
			       "The TTL is raised %s; hops beyond it cannot be "
			       "seen.",
			       place_phrase(j, f->after, f->at));
}

const struct rule distance_rules[] = {
	{"data.injected", "ttl", PHASE_DISTANCE, SEGMENT_DATA, data_injected,
	 say_data_injected, .if_working = TO_IMPAIRS},
	/* Whose key comes in a SYN/ACK and is proven later has sent both. */
	{"tcp.terminated", "ttl", PHASE_DISTANCE, SEGMENT_SYN, syns_answered,
	 say_syns_answered, .unless = {"tcp.terminated", "data.injected"},
	 .gates = NOT_WORKING},
	/* If MPTCP works, whoever it is lets DATA_ACKs pass. */
	{"data.acked_early", "ttl", PHASE_DISTANCE, SEGMENT_DATA, data_answered,
	 say_data_answered, .unless = {"tcp.terminated", "data.injected"},
	 .if_working = TO_HARMLESS},
	{"ip.ttl_rewritten", "control", PHASE_DISTANCE, SEGMENT_SYN,
	 ttl_rewritten, .say = say_ttl},
	{0},
};
