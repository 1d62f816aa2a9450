/* SPDX-License-Identifier: GPL-3.0-or-later
 * What answers convict, and silence where the answers to others were not
 * silent (design.md, "Loss").
 */
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/judgement.h"

/* Attempts of one kind at full TTL, each SYN that had time to be answered. */
struct attempts {
	unsigned sent, lost; /* lost: unanswered SYNs */
	unsigned flows, answered, reset;
	const struct flow *example;
	int64_t first_us;
};

static bool is_first_syn(const struct kept *k)
{
	return k->kind == SEGMENT_SYN || k->kind == SEGMENT_JOIN_SYN;
}

/* Whether a plain SYN that was answered went out at about that time: what is
 * lost in an outage, while nothing else was tried, counts for nothing. */
#define COMPANY_US 1000000

static bool in_company(const struct judgement *j, int64_t time_us)
{
	size_t low = 0, high = j->plain_time_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->plain_times[middle] < time_us - COMPANY_US)
			low = middle + 1;
		else
			high = middle;
	}
	return low < j->plain_time_count &&
	       j->plain_times[low] <= time_us + COMPANY_US;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void collect_plain_times(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_is(f, PURPOSE_TCP) && flow_syn_ack(f))
			*ARENA_PUSH(j->arena, j->plain_times,
				    j->plain_time_count) = f->first_us;
	}
	if (j->plain_time_count)
		qsort(j->plain_times, j->plain_time_count,
		      sizeof(*j->plain_times), by_time);
}

/* Counts the SYNs of a flow. The SYNs of a sweep reach the target as many
 * copies at once: together they are one attempt. */
static unsigned count_syns(const struct judgement *j, const struct flow *f,
			   const struct kept *reply)
{
	unsigned full = 0, low = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!is_first_syn(k) ||
		    (reply ? k->time_us > reply->time_us : !had_time(j, k)) ||
		    (!flow_is(f, PURPOSE_TCP) && !in_company(j, k->time_us)))
			continue;
		if (k->packet.ip.ttl > SWEEP_TTL_MAX)
			full++;
		else if (j->plain_reach && k->packet.ip.ttl >= j->plain_reach)
			low = 1;
	}
	return full + (flow_swept(f, SEGMENT_SYN) ? low : 0);
}

static bool wanted(const struct flow *f, enum purpose purpose, int version)
{
	if (!flow_is(f, purpose))
		return false;
	if (purpose == PURPOSE_MP_CAPABLE && !f->mptcp.syn_valid)
		return false;
	return version < 0 || (int)f->mptcp.version == version;
}

static struct attempts count_attempts(const struct judgement *j,
				      enum purpose purpose, int version)
{
	struct attempts a = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *reply = flow_syn_ack(f);
		unsigned syns;

		if (!wanted(f, purpose, version))
			continue;
		if (!reply)
			reply = flow_reset(f);
		syns = count_syns(j, f, reply);
		if (syns == 0)
			continue;
		a.flows++;
		a.sent += syns;
		a.lost += reply ? syns - 1 : syns;
		a.answered += flow_syn_ack(f) && !flow_refused(f);
		a.reset += flow_refused(f);
		if (!a.example)
			a.example = f;
		if (!a.first_us || f->first_us < a.first_us)
			a.first_us = f->first_us;
	}
	return a;
}

/* Connections without the option that were answered after the attempts with
 * it had begun: the controls of the contrast. One that was not answered
 * spoils it: then whatever befell it may have befallen the others. */
static unsigned controls_since(const struct judgement *j, int64_t since_us)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, PURPOSE_TCP) || f->first_us < since_us)
			continue;
		if (flow_syn_ack(f))
			count++;
		else if (count_syns(j, f, NULL))
			return 0;
	}
	return count;
}

#define CHANCE_OF_LOSS 1e-6
#define LOST_MIN 4

/* The rate of loss is estimated on the plain ones by the rule of
 * succession, so that few answered controls do not count as certainty. */
static bool beyond_chance(unsigned lost, const struct attempts *plain,
			  unsigned controls)
{
	double rate = (plain->lost + 1.0) / (plain->sent + 2.0);

	return lost >= LOST_MIN && controls >= LOST_MIN - 1 &&
	       pow(rate, lost) < CHANCE_OF_LOSS;
}

/* Whether segments of this kind went out with small TTLs at all. */
static bool swept_with(const struct judgement *j, enum purpose purpose,
		       enum segment_kind kind)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], purpose) &&
		    flow_swept(j->flows[i], kind))
			return true;
	return false;
}

/* Brackets a drop: `after` is the last hop that quoted the option intact,
 * `at` the next TTL at which others were answered and it never was. */
static void place_drop(struct judgement *j, struct finding *f,
		       enum purpose purpose, enum segment_kind kind)
{
	unsigned after = 0, at = 0;
	unsigned end = j->plain_reach ? j->plain_reach : 0;

	if (!swept_with(j, purpose, kind))
		return;
	for (unsigned ttl = 1; ttl <= j->r->path_length; ttl++)
		if (quoted_at(j, purpose, kind, ttl))
			after = ttl;
	for (unsigned ttl = after + 1; ttl <= end && !at; ttl++)
		if (ttl == end || quoted_at(j, PURPOSE_TCP, SEGMENT_SYN, ttl))
			at = ttl;
	f->after = place_at(j, after);
	if (at)
		f->at = place_at(j, at);
}

static const char *times(const struct judgement *j, const struct attempts *a,
			 const struct attempts *plain)
{
	return arena_printf(j->arena,
			    "%u of %u SYNs with the option went unanswered, "
			    "while %u of %u connections without it were "
			    "answered",
			    a->lost, a->sent, plain->answered, plain->flows);
}

static void judge_capable_dropped(struct judgement *j, int version)
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
			 times(j, &mpc, &plain));
	f->text = arena_printf(j->arena,
			       "SYNs with MP_CAPABLE are dropped %s; the same "
			       "without it pass.",
			       place_phrase(j, f->after, f->at));
}

/* The smallest TTL with which a lone segment drew a RST. */
static unsigned reset_reach(const struct judgement *j, enum purpose purpose)
{
	unsigned reach = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned ttl;

		if (!flow_is(f, purpose) || !flow_refused(f) ||
		    flow_swept(f, SEGMENT_SYN) ||
		    flow_swept(f, SEGMENT_JOIN_SYN))
			continue;
		ttl = flow_reach(f);
		if (ttl && (reach == 0 || ttl < reach))
			reach = ttl;
	}
	return reach;
}

static void place_reset(struct judgement *j, struct finding *f,
			enum purpose purpose, enum segment_kind kind)
{
	unsigned at = reset_reach(j, purpose), after = 0;

	if (at == 0 || at > SWEEP_TTL_MAX)
		at = j->plain_reach;
	for (unsigned ttl = 1; ttl < at; ttl++)
		if (quoted_at(j, purpose, kind, ttl))
			after = ttl;
	if (!at)
		return;
	f->after = place_at(j, after);
	f->at = place_at(j, at);
}

static void reset_evidence(struct judgement *j, struct finding *f,
			   const struct flow *flow)
{
	const struct kept *k = flow_reset(flow);

	finding_connection(j, f, flow->id);
	finding_evidence(
		j, f, k->frame, NULL, NULL,
		arena_printf(j->arena, "RST with TTL %u (initial TTL %u)",
			     k->packet.ip.ttl, initial_ttl(k->packet.ip.ttl)));
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

static void judge_capable_reset(struct judgement *j, int version)
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
		if (wanted(j->flows[i], PURPOSE_MP_CAPABLE, version) &&
		    flow_refused(j->flows[i]))
			reset_evidence(j, f, j->flows[i]);
	f->text = arena_printf(j->arena,
			       "SYNs with MP_CAPABLE are answered by a RST %s; "
			       "the same without it are accepted.",
			       place_phrase(j, f->after, f->at));
}

static const struct flow *first_flow(const struct judgement *j,
				     bool (*fits)(const struct flow *))
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (fits(j->flows[i]))
			return j->flows[i];
	return NULL;
}

static bool is_mirrored(const struct flow *f)
{
	return f->mptcp.mirrored;
}

/* Where version 0 works, an echo of version 1 only hides that the server does
 * not speak that. */
static void judge_mirrored(struct judgement *j)
{
	const struct flow *flow = first_flow(j, is_mirrored);
	struct finding *f;

	if (!flow ||
	    (j->working && j->working->mptcp.version == flow->mptcp.version))
		return;
	f = finding_add(j, "mp_capable.mirrored", DIRECTION_UNKNOWN,
			SEGMENT_SYN_ACK);
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
			 "the SYN/ACK carries the option of our SYN");
	if (j->working)
		f->effect = EFFECT_HARMLESS;
	f->text = "The SYN/ACK echoes our own MP_CAPABLE: no MPTCP server "
		  "does that, a device does.";
}

static bool find_experiment(const struct kept *k, struct tcp_option *o)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);

	while (option_next(&walk, o) == OPTION_FOUND)
		if (o->kind == TCPOPT_KIND_EXPERIMENT)
			return true;
	return false;
}

static bool echoes_experiment(const struct flow *f)
{
	struct tcp_option sent, seen;

	return flow_syn_ack(f) && f->sent_count &&
	       find_experiment(f->sent[0], &sent) &&
	       find_experiment(flow_syn_ack(f), &seen) &&
	       sent.length == seen.length &&
	       memcmp(sent.bytes, seen.bytes, sent.length) == 0;
}

static void judge_option_mirrored(struct judgement *j)
{
	const struct flow *flow = first_flow(j, echoes_experiment);
	struct finding *f;

	if (!flow)
		return;
	f = finding_add(j, "tcp.option_mirrored", DIRECTION_UNKNOWN,
			SEGMENT_SYN_ACK);
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
			 "the SYN/ACK carries the experimental option of our "
			 "SYN");
	f->text = "The SYN/ACK echoes an option that no server can know.";
}

static bool plainly_accepted(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_valid &&
	       f->mptcp.version == 1 && f->syn_ack_seen && !f->mptcp.syn_ack &&
	       !f->mptcp.mirrored;
}

static bool drew_tcprst(const struct flow *f)
{
	const struct kept *k = flow_reset(f);

	return flow_is(f, PURPOSE_MP_JOIN_RANDOM) && k && !flow_syn_ack(f) &&
	       tcp_options_mptcp(&k->options, MP_TCPRST);
}

/* Verdict rule 5: the server is an MPTCP listener, and yet no SYN/ACK brings
 * its option. MP_TCPRST is version 1's, which answers version 0 as TCP. */
static void judge_capable_removed(struct judgement *j)
{
	const struct flow *plain = first_flow(j, plainly_accepted);
	const struct flow *random = first_flow(j, drew_tcprst);
	bool intact = intact_to_last_hop(j, SEGMENT_SYN, 1);
	struct finding *f;

	if (!plain || !random || j->negotiated ||
	    finding_find(j, "mp_capable.removed") ||
	    finding_find(j, "mp_capable.modified"))
		return;
	f = finding_add(j, "mp_capable.removed",
			intact ? DIRECTION_RETURN : DIRECTION_UNKNOWN,
			intact ? SEGMENT_SYN_ACK : SEGMENT_SYN);
	finding_connection(j, f, plain->id);
	finding_connection(j, f, random->id);
	finding_evidence(j, f, flow_syn_ack(plain)->frame, NULL, NULL,
			 "the SYN/ACK comes without MP_CAPABLE");
	finding_evidence(j, f, flow_reset(random)->frame, NULL, NULL,
			 "yet the server answers a MP_JOIN with an unknown "
			 "token as only an MPTCP listener does");
	f->text = intact ? "MP_CAPABLE is removed from the SYN/ACK on the way "
			   "back: the SYN arrives intact at the last hop, and "
			   "the server speaks MPTCP."
			 : "MP_CAPABLE is removed, from the SYN or from the "
			   "SYN/ACK: the server speaks MPTCP, but its option "
			   "does not come back.";
}

/* What a MP_JOIN with a random token drew. RSTs that travelled as far as the
 * SYN/ACK `like` count. */
struct random_answers {
	unsigned bare, others;
	const struct flow *example; /* of the bare ones */
};

static struct random_answers random_answers(const struct judgement *j,
					    const struct kept *like)
{
	struct random_answers a = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k = flow_reset(f);

		if (!flow_is(f, PURPOSE_MP_JOIN_RANDOM))
			continue;
		if (k && !flow_syn_ack(f) &&
		    !tcp_options_mptcp(&k->options, MP_TCPRST) &&
		    k->packet.ip.ttl == like->packet.ip.ttl) {
			a.bare++;
			a.example = f;
		} else if (k || flow_syn_ack(f)) {
			a.others++;
		}
	}
	return a;
}

static bool plainly_accepted_v0(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_valid &&
	       f->mptcp.version == 0 && f->syn_ack_seen && !f->mptcp.syn_ack &&
	       !f->mptcp.mirrored;
}

/* The same where RSTs have no MP_TCPRST, as those of version 0. A listener of
 * version 1 that is too old for it (before Linux 5.13) would answer version 1,
 * so both must have been tried in vain. */
static void judge_capable_removed_v0(struct judgement *j)
{
	const struct flow *plain = first_flow(j, plainly_accepted_v0);
	bool intact = intact_to_last_hop(j, SEGMENT_SYN, 0);
	struct random_answers random;
	struct finding *f;

	if (!plain || !plainly_answered(j, 1) || j->negotiated ||
	    finding_find(j, "mp_capable.removed") ||
	    finding_find(j, "mp_capable.modified"))
		return;
	random = random_answers(j, flow_syn_ack(plain));
	if (random.bare < 2 || random.others)
		return;
	f = finding_add(j, "mp_capable.removed",
			intact ? DIRECTION_RETURN : DIRECTION_UNKNOWN,
			intact ? SEGMENT_SYN_ACK : SEGMENT_SYN);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, plain->id);
	finding_connection(j, f, random.example->id);
	finding_evidence(j, f, flow_syn_ack(plain)->frame, NULL, NULL,
			 "the SYN/ACK comes without MP_CAPABLE, for version 1 "
			 "and for version 0");
	finding_evidence(j, f, flow_reset(random.example)->frame, NULL, NULL,
			 "yet a MP_JOIN with an unknown token is refused, as "
			 "by an MPTCP listener; a plain TCP listener would "
			 "accept it");
	f->text = intact ? "MP_CAPABLE is removed from the SYN/ACK on the way "
			   "back: the SYN arrives intact at the last hop, and "
			   "the server knows MP_JOIN, but its option does not "
			   "come back."
			 : "MP_CAPABLE is removed, from the SYN or from the "
			   "SYN/ACK: the server knows MP_JOIN, but its option "
			   "does not come back.";
}

static bool has_altered_key(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.server_dsn == KNOWN_NO && f->mptcp.mapped;
}

static void judge_key_altered(struct judgement *j)
{
	const struct flow *flow = first_flow(j, has_altered_key);
	struct finding *f;

	if (!flow || j->working)
		return;
	f = finding_add(j, "mp_capable.modified", DIRECTION_RETURN,
			SEGMENT_SYN_ACK);
	finding_connection(j, f, flow->id);
	finding_evidence(
		j, f, flow->mptcp.server_dsn_frame,
		arena_printf(j->arena, "%016llx",
			     (unsigned long long)flow->mptcp.server_idsn + 1),
		arena_printf(j->arena, "%016llx",
			     (unsigned long long)flow->mptcp.server_dsn_seen),
		"the server's first DSN is not IDSN + 1 of the key in its "
		"SYN/ACK");
	f->text = "The key in the SYN/ACK is not the server's own: it was "
		  "changed on the way back.";
}

/* Data with DSS of a flow: how often it was sent in vain, and whether the
 * same bytes without it were acknowledged afterwards. */
static bool dss_in_vain(const struct flow *f, unsigned *lost, bool *plain_ok)
{
	*lost = 0;
	*plain_ok = false;
	if (!f->mptcp.syn_ack || !f->established || f->join.parent >= 0)
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool mapped = tcp_options_mptcp(&k->options, MP_DSS) ||
			      tcp_options_mptcp(&k->options, MP_CAPABLE);
		bool acked =
			seq_diff(f->server_acked, k->packet.tcp.sequence) > 0;

		if (k->kind != SEGMENT_DATA ||
		    k->packet.ip.ttl <= SWEEP_TTL_MAX)
			continue;
		if (mapped)
			*lost += 1;
		else if (acked && *lost)
			*plain_ok = true;
	}
	return *plain_ok;
}

/* Data with a valid mapping that the server took as TCP only. */
static bool lost_mapping(const struct flow *f)
{
	unsigned lost;
	bool plain_ok;

	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.mapped && f->established && !f->mptcp.server_dss &&
	       !f->mptcp.mp_fail && !dss_in_vain(f, &lost, &plain_ok) &&
	       seq_diff(f->server_acked, f->client_isn + 1) > 0 &&
	       f->join.parent < 0;
}

static void judge_dss_removed(struct judgement *j)
{
	const struct flow *flow = first_flow(j, lost_mapping);
	bool intact = intact_to_last_hop(j, SEGMENT_DATA, -1) &&
		      intact_to_last_hop(j, SEGMENT_ACK, -1);
	struct finding *f;

	if (!flow || j->working || finding_blocks(j) ||
	    finding_find(j, "payload.modified") ||
	    finding_find(j, "data.rewritten"))
		return;
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_data_acked(j->flows[i]))
			return;
	f = finding_add(j, "dss.removed",
			intact ? DIRECTION_RETURN : DIRECTION_UNKNOWN,
			SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, 0, NULL, NULL,
			 "the data was acknowledged by TCP, but no segment of "
			 "the server carries a DSS");
	f->text =
		intact ? "DSS is removed from data on the way back: what we "
			 "sent arrives intact at the last hop, yet no "
			 "DATA_ACK comes."
		       : "MPTCP falls back to TCP after the handshake: DSS is "
			 "removed from data, one way or the other.";
}

static void judge_dss_dropped(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	unsigned lost;
	bool plain_ok;

	for (size_t i = 0; i < j->flow_count && !j->working; i++) {
		const struct flow *flow = j->flows[i];
		struct finding *f;

		if (!dss_in_vain(flow, &lost, &plain_ok) ||
		    flow_data_acked(flow) ||
		    !beyond_chance(lost, &plain, LOST_MIN))
			continue;
		f = finding_add(j, "dss.dropped", DIRECTION_UNKNOWN,
				SEGMENT_DATA);
		place_drop(j, f, PURPOSE_MP_CAPABLE, SEGMENT_DATA);
		finding_connection(j, f, flow->id);
		finding_evidence(
			j, f, 0, NULL, NULL,
			arena_printf(j->arena,
				     "%u segments with a mapping went "
				     "unacknowledged; the same bytes without "
				     "it were acknowledged",
				     lost));
		f->text = arena_printf(j->arena,
				       "Data with DSS is dropped %s; the same "
				       "bytes without it pass.",
				       place_phrase(j, f->after, f->at));
		return;
	}
}

/* A RST in answer to MPTCP data that the server's stack would mark with
 * MP_TCPRST, and that plain data does not draw. */
static bool was_reset(const struct flow *f)
{
	const struct kept *k = flow_reset(f);

	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && k &&
	       !tcp_options_mptcp(&k->options, MP_TCPRST) &&
	       !tcp_options_mptcp(&k->options, MP_FASTCLOSE) &&
	       !f->mptcp.has_data_ack && !f->mptcp.server_dss;
}

static bool plain_data_reset(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && flow_reset(f);
}

static bool plain_data_acked(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && !flow_reset(f) &&
	       seq_diff(f->server_acked, f->client_isn + 1) > 0;
}

static void judge_dss_reset(struct judgement *j)
{
	const struct flow *flow = first_flow(j, was_reset);
	unsigned count = 0;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count; i++)
		count += was_reset(j->flows[i]);
	if (!flow || count < 2 || j->working ||
	    first_flow(j, plain_data_reset) || !first_flow(j, plain_data_acked))
		return;
	f = finding_add(j, "dss.reset", DIRECTION_UNKNOWN, SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	reset_evidence(j, f, flow);
	f->text = "Segments with MPTCP options after the handshake draw a RST; "
		  "the same data without them does not.";
}

static bool wrong_join_hmac(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.hmac == KNOWN_NO;
}

static bool join_option_lost(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN) && f->syn_ack_seen &&
	       !f->join.syn_ack;
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
	const struct flow *flow = first_flow(j, wrong_join_hmac);
	struct finding *f;

	if (flow) {
		f = finding_add(j, "mp_join.modified", DIRECTION_UNKNOWN,
				SEGMENT_JOIN_SYN_ACK);
		finding_connection(j, f, flow->id);
		finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
				 "the HMAC in the SYN/ACK does not fit the "
				 "keys and nonces");
		f->text = "The HMAC or nonce in the SYN/ACK of the MP_JOIN was "
			  "changed on the way.";
	}
	/* Where plain connections end, there ends a MP_JOIN as well. */
	flow = first_flow(j, join_option_lost);
	if (flow && !finding_find(j, "mp_join.removed") &&
	    !finding_find(j, "tcp.terminated")) {
		f = finding_add(j, "mp_join.removed", DIRECTION_UNKNOWN,
				SEGMENT_JOIN_SYN);
		finding_connection(j, f, flow->id);
		finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
				 "the SYN/ACK to a valid token comes without "
				 "MP_JOIN, as no MPTCP listener sends it");
		f->confidence = CONFIDENCE_LIKELY;
		f->text = "MP_JOIN is removed from the SYN or the SYN/ACK of "
			  "additional subflows.";
	}
}

static void judge_join_reset(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *flow = j->flows[i];
		const struct kept *k = flow_reset(flow);
		bool marked, before_target;
		struct finding *f;
		unsigned reach;

		if (!join_refused(j, flow))
			continue;
		reach = reset_reach(j, PURPOSE_MP_JOIN);
		marked = tcp_options_mptcp(&k->options, MP_TCPRST) != NULL;
		before_target =
			reach && j->plain_reach && reach < j->plain_reach;
		f = finding_add(
			j,
			marked || (!before_target && flow->mptcp.version == 0)
				? "mp_join.refused"
				: "mp_join.reset",
			marked ? DIRECTION_UNKNOWN : DIRECTION_FORWARD,
			SEGMENT_JOIN_SYN);
		if (!marked && !before_target)
			f->confidence = CONFIDENCE_LIKELY;
		if (!marked)
			place_reset(j, f, PURPOSE_MP_JOIN, SEGMENT_JOIN_SYN);
		reset_evidence(j, f, flow);
		f->text =
			marked ? "A MP_JOIN with a valid token is refused by "
				 "an "
				 "MPTCP stack that does not know it: another "
				 "host answers under this address."
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

	if (join.flows == 0 || join.answered || join.reset || !j->working ||
	    !parent_alive(j, join.example) ||
	    !beyond_chance(join.lost, &plain, controls_since(j, join.first_us)))
		return;
	f = finding_add(j, "mp_join.dropped", DIRECTION_UNKNOWN,
			SEGMENT_JOIN_SYN);
	place_drop(j, f, PURPOSE_MP_JOIN, SEGMENT_JOIN_SYN);
	if (f->at.known && f->at.ttl < j->plain_reach)
		f->direction = DIRECTION_FORWARD;
	finding_connection(j, f, join.example->id);
	finding_evidence(j, f, join.example->first_frame, NULL, NULL,
			 times(j, &join, &plain));
	f->text = arena_printf(j->arena,
			       "SYNs with MP_JOIN are dropped %s; SYNs without "
			       "it pass.",
			       place_phrase(j, f->after, f->at));
}

/* The TTL with which the target's own answers arrive; 0: it sent none. */
static unsigned control_reply_ttl(const struct judgement *j)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].quote->port_unreachable &&
		    address_equal(&j->views[i].quote->responder, &j->r->target))
			return j->views[i].quote->reply_ttl;
	return 0;
}

/* Whether every control went farther than any connection. One hop more may
 * be a path of its own (ECMP): then several on each side must say so. */
#define ANSWERS_MIN 3
#define REACHES_MIN 2

static bool ends_early(const struct judgement *j)
{
	if (j->beyond > j->farthest_reach)
		return true;
	if (j->distance > j->farthest_reach + 1)
		return true;
	return j->distance > j->farthest_reach &&
	       j->distance_answers >= ANSWERS_MIN &&
	       j->reach_count >= REACHES_MIN;
}

static bool sent_syn_at(const struct judgement *j, const struct flow *f,
			unsigned ttl)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == SEGMENT_SYN &&
		    f->sent[i]->packet.ip.ttl == ttl && had_time(j, f->sent[i]))
			return true;
	return false;
}

/* Connections with MP_CAPABLE that were not answered at the TTL with which
 * all without it are. */
static unsigned count_passing(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned reach = flow_reach(f);

		count += flow_is(f, PURPOSE_MP_CAPABLE) &&
			 (!reach || reach > j->plain_farthest) &&
			 sent_syn_at(j, f, j->plain_farthest);
	}
	return count;
}

/* Whether only the connections without MP_CAPABLE end early, all of them:
 * an optimiser that leaves MPTCP alone. Paths of several lengths (ECMP) would
 * not sort them so, and a router quotes what goes on. */
#define SORTED_MIN 5

static bool plain_ends_early(const struct judgement *j)
{
	if (!j->plain_farthest || j->capable_reach <= j->plain_farthest)
		return false;
	return j->plain_count >= SORTED_MIN && count_passing(j) >= SORTED_MIN &&
	       quoted_at(j, PURPOSE_MP_CAPABLE, SEGMENT_SYN, j->plain_farthest);
}

/* A TCP connection answered before the target. That the SYN/ACK arrives with
 * just the TTL of the target's own ICMP answers says that the target sent
 * it, and that the TTLs of TCP alone are rewritten. */
static void judge_terminated(struct judgement *j)
{
	unsigned reach = j->plain_reach;
	unsigned reply = control_reply_ttl(j);
	const struct flow *ended = NULL;
	bool all = ends_early(j);
	struct finding *f;

	if (reach == 0 || j->ttl_rewritten || !(all || plain_ends_early(j)))
		return;
	for (size_t i = 0; i < j->flow_count && !ended; i++)
		if (flow_is(j->flows[i], PURPOSE_TCP) &&
		    flow_syn_ack(j->flows[i]) &&
		    flow_reach(j->flows[i]) == reach)
			ended = j->flows[i];
	if (!ended)
		return;
	if (reply && flow_syn_ack(ended)->packet.ip.ttl == reply) {
		j->ttl_rewritten = j->distance > j->farthest_reach + 1;
		return; /* one hop may be a path of its own (ECMP) */
	}
	f = finding_add(j, "tcp.terminated", DIRECTION_FORWARD, SEGMENT_SYN);
	if (j->working)
		f->effect = EFFECT_IMPAIRS;
	else if (!all)
		f->effect = EFFECT_HARMLESS;
	if (all && j->distance_answers < 2 && !j->beyond)
		f->confidence = CONFIDENCE_LIKELY;
	f->after = place_at(j, reach - 1);
	f->at = place_at(j, reach);
	if (address_equal(&f->at.address, &j->r->target))
		f->at.address = (struct address){0};
	finding_connection(j, f, ended->id);
	finding_evidence(j, f, flow_syn_ack(ended)->frame, NULL, NULL,
			 arena_printf(j->arena,
				      "a SYN with TTL %u was answered with a "
				      "SYN/ACK",
				      reach));
	finding_evidence(
		j, f, 0, NULL, NULL,
		!all ? arena_printf(j->arena,
				    "a SYN with MP_CAPABLE needs TTL %u",
				    j->capable_reach)
		: j->distance
			? arena_printf(j->arena,
				       "the target itself is %u hops away",
				       j->distance)
			: arena_printf(j->arena,
				       "a router still answered at TTL %u",
				       j->beyond));
	f->text = arena_printf(
		j->arena,
		"TCP connections to port %u%s are ended by a device at hop "
		"%u%s or just before it: it answers SYNs that the target, %s, "
		"never sees.",
		j->r->port, all ? "" : " without MP_CAPABLE", reach,
		f->at.address.family
			? arena_printf(j->arena, " (%s)",
				       address_text(&f->at.address,
						    (char[ADDRESS_TEXT]){0}))
			: "",
		j->distance
			? arena_printf(j->arena, "%u hops away", j->distance)
		: all ? "farther away"
		      : arena_printf(j->arena, "%u hops away",
				     j->capable_reach));
}

/* The TTLs of TCP alone: the SYN/ACK comes from as far as the target. */
static void syn_ack_witness(struct judgement *j, struct finding *f)
{
	unsigned reply = control_reply_ttl(j);

	f->confidence = CONFIDENCE_LIKELY;
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_syn_ack(j->flows[i]);

		if (!k || k->packet.ip.ttl != reply ||
		    flow_reach(j->flows[i]) != j->plain_reach)
			continue;
		finding_connection(j, f, j->flows[i]->id);
		finding_evidence(
			j, f, k->frame, NULL, NULL,
			arena_printf(j->arena,
				     "a SYN with TTL %u is answered from as "
				     "far away as the target itself, %u hops",
				     j->plain_reach, j->distance));
		return;
	}
}

static void judge_ttl(struct judgement *j)
{
	const struct quote *q = j->ttl_witness;
	unsigned reach = j->plain_reach ? j->plain_reach : j->capable_reach;
	struct finding *f;

	if (!j->ttl_rewritten)
		return;
	f = finding_add(j, "ip.ttl_rewritten", DIRECTION_FORWARD, SEGMENT_SYN);
	if (reach) {
		f->after = place_at(j, reach - 1);
		f->at = place_at(j, reach);
	}
	if (q)
		finding_evidence(
			j, f, q->frame, NULL,
			arena_printf(j->arena, "%u", q->quoted.ip.ttl),
			"the TTL on arrival at the target does not fit the "
			"TTL sent");
	else
		syn_ack_witness(j, f);
	f->text = arena_printf(j->arena,
			       "The TTL is raised %s; hops behind cannot be "
			       "seen.",
			       place_phrase(j, f->after, f->at));
}

void judge_replies(struct judgement *j)
{
	collect_plain_times(j);
	judge_terminated(j);
	judge_ttl(j);
	if (finding_blocks(j))
		return; /* the rest would only follow from it */
	judge_mirrored(j);
	judge_option_mirrored(j);
	judge_capable_removed(j);
	judge_capable_removed_v0(j);
	for (int version = 1; version >= 0 && !j->negotiated; version--) {
		if (finding_blocks(j))
			return;
		judge_capable_dropped(j, version);
		judge_capable_reset(j, version);
	}
	if (finding_blocks(j))
		return;
	judge_reset_injected(j);
	judge_key_altered(j);
	judge_payload(j);
	judge_dss_removed(j);
	judge_dss_dropped(j);
	judge_dss_reset(j);
	if (!finding_blocks(j))
		judge_data(j);
	if (finding_blocks(j))
		return;
	if (finding_find(j, "mp_join.removed") ||
	    finding_find(j, "mp_join.modified"))
		return;
	judge_join_replies(j);
	judge_join_reset(j);
	judge_join_dropped(j);
}
