/* SPDX-License-Identifier: GPL-3.0-or-later
 * What answers convict, in the order of the exchange; and the SYN/ACKs that
 * do not bring the server's MP_CAPABLE as it was sent.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judge_loss.h"

const struct flow *flow_first(const struct judgement *j,
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
	const struct flow *flow = flow_first(j, is_mirrored);
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

static bool echoes_experiment(const struct flow *f)
{
	struct tcp_option sent, seen;

	return flow_syn_ack(f) && f->sent_count &&
	       kept_experiment(f->sent[0], &sent) &&
	       kept_experiment(flow_syn_ack(f), &seen) &&
	       sent.length == seen.length &&
	       memcmp(sent.bytes, seen.bytes, sent.length) == 0;
}

static void judge_option_mirrored(struct judgement *j)
{
	const struct flow *flow = flow_first(j, echoes_experiment);
	struct finding *f;

	if (!flow)
		return;
	f = finding_add(j, "tcp.option_mirrored", DIRECTION_UNKNOWN,
			SEGMENT_SYN_ACK);
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow_syn_ack(flow)->frame, NULL, NULL,
			 "the SYN/ACK carries the experimental option of our "
			 "SYN");
	f->text = "The SYN/ACK echoes an experimental option (kind 253), which "
		  "no server does.";
}

static bool plainly_accepted(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_valid &&
	       f->mptcp.version == 1 && f->syn_ack_seen && !f->mptcp.syn_ack &&
	       !f->mptcp.mirrored && !flow_fell(f);
}

static bool drew_tcprst(const struct flow *f)
{
	const struct kept *k = flow_reset(f);

	return flow_is(f, PURPOSE_MP_JOIN_RANDOM) && k && !flow_syn_ack(f) &&
	       tcp_options_mptcp(&k->options, MP_TCPRST);
}

/* A listener that knows MP_TCPRST speaks version 1, and answers version 1 so:
 * another version in its SYN/ACK was put there on the way. */
static bool answered_otherwise(const struct flow *f)
{
	return plainly_accepted(f) && f->mptcp.other_version >= 0;
}

static void judge_version_altered(struct judgement *j)
{
	const struct flow *flow = flow_first(j, answered_otherwise);
	const struct flow *random = flow_first(j, drew_tcprst);
	struct finding *f;

	if (!flow || !random || j->negotiated ||
	    finding_find(j, "mp_capable.modified"))
		return;
	f = finding_add(j, "mp_capable.modified", DIRECTION_RETURN,
			SEGMENT_SYN_ACK);
	finding_connection(j, f, flow->id);
	finding_connection(j, f, random->id);
	finding_evidence(
		j, f, flow_syn_ack(flow)->frame, "1",
		arena_printf(j->arena, "%d", flow->mptcp.other_version),
		"the SYN/ACK to version 1 names another");
	finding_evidence(j, f, flow_reset(random)->frame, NULL, NULL,
			 "yet the server answers an MP_JOIN with an unknown "
			 "token as version 1 does");
	f->text = arena_printf(j->arena,
			       "The version in the MP_CAPABLE of the SYN/ACK "
			       "is %d, where a server of version 1 must have "
			       "sent 1: it was modified on the return path.",
			       flow->mptcp.other_version);
}

/* Verdict rule 5: the server is an MPTCP listener, and yet no SYN/ACK brings
 * its option. MP_TCPRST is version 1's, which answers version 0 as TCP. */
static void judge_capable_removed(struct judgement *j)
{
	const struct flow *plain = flow_first(j, plainly_accepted);
	const struct flow *random = flow_first(j, drew_tcprst);
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
			 "yet the server answers an MP_JOIN with an unknown "
			 "token as only an MPTCP listener does");
	f->text = intact ? "MP_CAPABLE is removed from the SYN/ACK on the "
			   "return path, or from the SYN right before the "
			   "server: it arrives intact at the last hop, and the "
			   "server speaks MPTCP."
			 : "MP_CAPABLE is removed, or changed, in the SYN or "
			   "in the SYN/ACK: the server speaks MPTCP, but its "
			   "option does not come back.";
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
	       !f->mptcp.mirrored && !flow_fell(f);
}

/* The same where RSTs have no MP_TCPRST, as those of version 0. A listener of
 * version 1 that is too old for it (before Linux 5.13) would answer version 1,
 * so both must have been tried in vain. */
static void judge_capable_removed_v0(struct judgement *j)
{
	const struct flow *plain = flow_first(j, plainly_accepted_v0);
	bool intact = intact_to_last_hop(j, SEGMENT_SYN, 0);
	struct random_answers random;
	struct finding *f;

	if (!plain || !plainly_answered(j, 1) || j->negotiated ||
	    finding_find(j, "mp_capable.removed") ||
	    finding_find(j, "mp_capable.modified"))
		return;
	random = random_answers(j, flow_syn_ack(plain));
	if (random.bare < RANDOM_RESETS_MIN || random.others)
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
			 "yet an MP_JOIN with an unknown token is refused, as "
			 "by an MPTCP listener; a plain TCP listener would "
			 "accept it");
	f->text = intact ? "MP_CAPABLE is removed from the SYN/ACK on the "
			   "return path, or from the SYN right before the "
			   "server: it arrives intact at the last hop, and the "
			   "server knows MP_JOIN, but its option does not come "
			   "back."
			 : "MP_CAPABLE is removed, or changed, in the SYN or "
			   "in the SYN/ACK: the server knows MP_JOIN, but its "
			   "option does not come back.";
}

/* Bytes of the options that say nothing: NOPs, and what follows EOL, which
 * `how` tells if there is one. */
static unsigned filler(const struct kept *k, const char **how)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	struct tcp_option o;
	unsigned nops = 0, rest = 0;

	while (option_next(&walk, &o) == OPTION_FOUND) {
		nops += o.kind == TCPOPT_KIND_NOP;
		if (o.kind == TCPOPT_KIND_EOL)
			rest = (unsigned)(tcp->options_length - o.offset);
	}
	if (how)
		*how = rest > nops ? "eol" : "nop";
	return nops + rest;
}

/* The most that SYN/ACKs for plain SYNs have; -1: there was none. */
static int plain_filler(const struct judgement *j)
{
	int most = -1;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_syn_ack(j->flows[i]);

		if (flow_is(j->flows[i], PURPOSE_TCP) && k &&
		    (int)filler(k, NULL) > most)
			most = (int)filler(k, NULL);
	}
	return most;
}

/* A SYN/ACK without MP_CAPABLE that has `room` bytes or more of filler beyond
 * those of plain ones. */
static const struct flow *flow_with_room(const struct judgement *j, int version,
					 int plain, int room)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k = flow_syn_ack(f);

		if (flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_valid &&
		    (int)f->mptcp.version == version && k &&
		    k->options.complete && !f->mptcp.syn_ack &&
		    !f->mptcp.mirrored && !flow_fell(f) &&
		    (int)filler(k, NULL) >= plain + room)
			return f;
	}
	return NULL;
}

/* The server's MP_CAPABLE is 12 bytes long, in both versions, and who
 * overwrites it leaves as many. The option of the SYN itself is 4 bytes long
 * in version 1, and 12 in version 0: there filler could also come from a device
 * that turns SYNs around, which would do so with version 1 as well. */
#define CAPABLE_SYN_ACK_BYTES 12
#define CAPABLE_SYN_BYTES 4

static void judge_overwritten(struct judgement *j)
{
	int plain = plain_filler(j);
	const struct flow *flow =
		flow_with_room(j, 1, plain, CAPABLE_SYN_ACK_BYTES);
	struct finding *f;

	if (!flow && plainly_answered(j, 1) &&
	    !flow_with_room(j, 1, plain, CAPABLE_SYN_BYTES))
		flow = flow_with_room(j, 0, plain, CAPABLE_SYN_ACK_BYTES);
	if (plain < 0 || !flow || j->negotiated ||
	    finding_find(j, "mp_capable.modified"))
		return;
	f = finding_find(j, "mp_capable.removed");
	if (f && f->direction == DIRECTION_FORWARD)
		return;
	if (!f)
		f = finding_add(j, "mp_capable.removed", DIRECTION_RETURN,
				SEGMENT_SYN_ACK);
	f->text = "MP_CAPABLE is removed from the SYN/ACK on the return path: "
		  "padding (NOP or EOL) is in its place, so the server had "
		  "sent it.";
	f->direction = DIRECTION_RETURN;
	f->segment = SEGMENT_SYN_ACK;
	f->confidence = CONFIDENCE_PROVEN;
	finding_connection(j, f, flow->id);
	finding_evidence(
		j, f, flow_syn_ack(flow)->frame, NULL, NULL,
		arena_printf(j->arena,
			     "the SYN/ACK has %u bytes of padding, those for "
			     "plain SYNs have %d: the difference is the length "
			     "of MP_CAPABLE",
			     filler(flow_syn_ack(flow), &f->how), plain));
}

void judge_syn_ack(struct judgement *j)
{
	judge_mirrored(j);
	judge_option_mirrored(j);
	judge_version_altered(j);
	judge_capable_removed(j);
	judge_capable_removed_v0(j);
	judge_overwritten(j);
}
