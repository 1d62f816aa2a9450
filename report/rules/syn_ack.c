/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYN/ACKs that do not bring the server's MP_CAPABLE as it was sent.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* ---- echoes -------------------------------------------------------------- */

static bool is_mirrored(const struct flow *f)
{
	return f->mptcp.mirrored;
}

/* Where version 0 works, an echo of version 1 only hides that the server does
 * not speak that. */
static enum why capable_mirrored(const struct judgement *j, struct said *s)
{
	s->flow = flow_first(j, is_mirrored);
	s->direction = DIRECTION_UNKNOWN;
	s->confidence = CONFIDENCE_LIKELY;
	if (!s->flow)
		return WHY_ABSENT;
	return j->working && j->working->mptcp.version == s->flow->mptcp.version
		       ? WHY_CONTRARY
		       : WHY_SAID;
}

static void say_mirrored(struct judgement *j, struct finding *f,
			 const struct said *s)
{
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK carries the option of our SYN");
	f->or_server = true;
	f->text = "The SYN/ACK echoes our own MP_CAPABLE: no MPTCP server "
		  "does that, but a device does, or a server's TCP that sends "
		  "back options it does not know.";
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

static enum why option_mirrored(const struct judgement *j, struct said *s)
{
	s->flow = flow_first(j, echoes_experiment);
	s->direction = DIRECTION_UNKNOWN;
	s->confidence = CONFIDENCE_LIKELY;
	return s->flow ? WHY_SAID : WHY_ABSENT;
}

static void say_option_mirrored(struct judgement *j, struct finding *f,
				const struct said *s)
{
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK carries the experimental option of our "
			 "SYN");
	f->or_server = true;
	f->text = "The SYN/ACK echoes an experimental option (kind 253), as a "
		  "device does, or a server's TCP that sends back options it "
		  "does not know.";
}

/* ---- the option does not come back, yet the server knows MPTCP ----------- */

/* The server's answer to an MP_JOIN of no connection shows that it is an MPTCP
 * listener. */
static void show_listener(struct judgement *j, struct finding *f,
			  const struct flow *random, const char *text)
{
	const struct kept *k = random->join.syn_ack ? flow_syn_ack(random)
						    : flow_reset(random);

	finding_connection(j, f, random->id);
	finding_evidence(j, f, k->frame, NULL, NULL, "%s", text);
}

/* A listener that shows itself so speaks version 1, and answers version 1 so:
 * another version in its SYN/ACK was put there on the way. */
static bool answered_otherwise(const struct flow *f)
{
	return flow_answered_plainly(f, 1) && f->mptcp.other_version >= 0;
}

static bool answered_v1(const struct flow *f)
{
	return flow_answered_plainly(f, 1);
}

static bool answered_v0(const struct flow *f)
{
	return flow_answered_plainly(f, 0);
}

static bool brings_capable(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return f->mptcp.syn_ack && !flow_syn_ack_ignored(f);
}

static enum why version_modified(const struct judgement *j, struct said *s)
{
	s->flow = flow_first(j, answered_otherwise);
	s->direction = DIRECTION_RETURN;
	if (!s->flow)
		return WHY_ABSENT;
	return flow_first(j, flow_shows_listener) ? WHY_SAID : WHY_CONTROL;
}

static void say_version(struct judgement *j, struct finding *f,
			const struct said *s)
{
	int other = s->flow->mptcp.other_version;

	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, "1",
			 arena_printf(j->arena, "%d", other),
			 "the SYN/ACK to version 1 names another");
	show_listener(j, f, flow_first(j, flow_shows_listener),
		      "yet the server answers an MP_JOIN with an unknown token "
		      "as version 1 does");
	f->text = arena_printf(j->arena,
			       "The version in the MP_CAPABLE of the SYN/ACK "
			       "is %d, where a server of version 1 must have "
			       "sent 1: it was modified on the return path.",
			       other);
}

/* Of one version, which works: then this is of no account to the other. */
static enum why flags_modified(const struct judgement *j, struct said *s)
{
	s->flow = flow_first(j, flow_syn_ack_ignored);
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	if (!s->flow)
		return WHY_ABSENT;
	s->less = ask_witnesses(j, brings_capable, NULL) > 0;
	return j->working && j->working->mptcp.version != s->flow->mptcp.version
		       ? WHY_CONTRARY
		       : WHY_SAID;
}

static void say_flags(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	uint8_t flags = s->flow->mptcp.syn_ack_flags;

	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL,
			 arena_printf(j->arena, "%02x", flags),
			 "the flags of MP_CAPABLE in the SYN/ACK");
	f->or_server = true;
	f->text = arena_printf(
		j->arena,
		"The MP_CAPABLE of the SYN/ACK %s, so clients ignore it and "
		"go on with plain TCP: its flags are modified on the return "
		"path, or the server sends them so.",
		flags & MPC_EXTENSIBILITY ? "asks for an extension (flag B)"
		: flags & MPC_HMAC	  ? "names more than one algorithm"
					  : "names no algorithm (flag H)");
}

/* Where the SYN arrives intact at the last hop, that hop itself is left, and
 * the way back. */
static void said_removed(const struct judgement *j, struct said *s, int version)
{
	s->less = !intact_to_last_hop(j, SEGMENT_SYN, version);
	s->direction = DIRECTION_UNKNOWN;
}

static void say_removed(struct judgement *j, struct finding *f,
			const struct said *s, const char *server)
{
	f->segment = s->less ? SEGMENT_SYN : SEGMENT_SYN_ACK;
	f->bounds = s->less ? BOUNDS_BETWEEN : BOUNDS_LAST_HOP;
	f->text = arena_printf(
		j->arena,
		s->less ? "MP_CAPABLE is removed, or changed, in the SYN or in "
			  "the SYN/ACK, or another listener gets such SYNs: "
			  "%s, but its option does not come back."
			: "MP_CAPABLE is removed from the SYN/ACK on the "
			  "return path, or from the SYN right before the "
			  "server, or another listener gets such SYNs: it "
			  "arrives intact at the last hop, and %s.",
		server);
}

/* Who shows itself so speaks version 1, and answers version 0 as TCP. */
static enum why removed_tcprst(const struct judgement *j, struct said *s)
{
	s->flow = flow_first(j, answered_v1);
	said_removed(j, s, 1);
	if (!s->flow)
		return WHY_ABSENT;
	return flow_first(j, flow_shows_listener) ? WHY_SAID : WHY_CONTROL;
}

static void say_removed_tcprst(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK comes without MP_CAPABLE");
	show_listener(j, f, flow_first(j, flow_shows_listener),
		      "yet the server answers an MP_JOIN with an unknown token "
		      "as only an MPTCP listener does");
	say_removed(j, f, s, "the server speaks MPTCP");
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
		if (k && (!flow_syn_ack(f) || token_refused_late(j, f)) &&
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

/* The same where RSTs have no MP_TCPRST, as those of version 0. A listener of
 * version 1 that is too old for it (before Linux 5.13) would answer version 1,
 * so both must have been tried in vain. */
static enum why removed_rst(const struct judgement *j, struct said *s)
{
	struct random_answers *random;

	s->flow = flow_first(j, answered_v0);
	said_removed(j, s, 0);
	s->confidence = CONFIDENCE_LIKELY;
	s->need = RANDOM_RESETS_MIN;
	if (!s->flow || !plainly_answered(j, 1))
		return WHY_ABSENT;
	random = arena_alloc(j->arena, sizeof(*random));
	*random = random_answers(j, flow_syn_ack(s->flow));
	s->facts = random;
	s->have = random->bare;
	if (random->others)
		return WHY_CONTRARY;
	return s->have < s->need ? WHY_FEW : WHY_SAID;
}

static void say_removed_rst(struct judgement *j, struct finding *f,
			    const struct said *s)
{
	const struct random_answers *random = s->facts;

	finding_evidence(j, f, flow_syn_ack(s->flow)->frame, NULL, NULL,
			 "the SYN/ACK comes without MP_CAPABLE, for version 1 "
			 "and for version 0");
	show_listener(j, f, random->example,
		      "yet an MP_JOIN with an unknown token is refused, as by "
		      "an MPTCP listener; a plain TCP listener would accept "
		      "it");
	say_removed(j, f, s,
		    s->less ? "the server knows MP_JOIN"
			    : "the server knows MP_JOIN, but its option does "
			      "not come back");
}

/* ---- filler in its place ------------------------------------------------- */

/* The most that SYN/ACKs for plain SYNs have; -1: there was none. */
static int plain_filler(const struct judgement *j)
{
	int most = -1;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_syn_ack(j->flows[i]);

		if (flow_is(j->flows[i], PURPOSE_TCP) && k &&
		    (int)kept_padding(k, NULL) > most)
			most = (int)kept_padding(k, NULL);
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

		if (flow_answered_plainly(f, version) && k->options.complete &&
		    (int)kept_padding(k, NULL) >= plain + room)
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

static enum why removed_filler(const struct judgement *j, struct said *s)
{
	int plain = plain_filler(j);

	s->direction = DIRECTION_RETURN;
	s->less = j->negotiated; /* on the other paths it comes back */
	if (plain < 0)
		return WHY_CONTROL;
	s->flow = flow_with_room(j, 1, plain, CAPABLE_SYN_ACK_BYTES);
	if (!s->flow && plainly_answered(j, 1) &&
	    !flow_with_room(j, 1, plain, CAPABLE_SYN_BYTES))
		s->flow = flow_with_room(j, 0, plain, CAPABLE_SYN_ACK_BYTES);
	return s->flow ? WHY_SAID : WHY_ABSENT;
}

static void say_removed_filler(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct kept *k = flow_syn_ack(s->flow);

	f->segment = SEGMENT_SYN_ACK;
	f->bounds = BOUNDS_BETWEEN; /* whatever was said of it before */
	f->text = "MP_CAPABLE is removed from the SYN/ACK on the return path: "
		  "padding (NOP or EOL) is in its place, so the server had "
		  "sent it.";
	finding_evidence(j, f, k->frame, NULL, NULL,
			 "the SYN/ACK has %u bytes of padding, those for plain "
			 "SYNs have %d: the difference is the length of "
			 "MP_CAPABLE",
			 kept_padding(k, &f->how), plain_filler(j));
}

const struct rule syn_ack_rules[] = {
	{"mp_capable.mirrored", "echo", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 capable_mirrored, say_mirrored, .if_working = TO_HARMLESS},
	{"tcp.option_mirrored", "echo", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 option_mirrored, .say = say_option_mirrored},
	{"mp_capable.modified", "version", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 version_modified, say_version, .gates = NOT_NEGOTIATED},
	{"mp_capable.modified", "flags", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 flags_modified, say_flags, .if_less = TO_IMPAIRS},
	{"mp_capable.removed", "tcprst", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 removed_tcprst, say_removed_tcprst, .unless = {"mp_capable.modified"},
	 .gates = NOT_NEGOTIATED},
	{"mp_capable.removed", "rst", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 removed_rst, say_removed_rst, .unless = {"mp_capable.removed"},
	 .gates = NOT_NEGOTIATED},
	{"mp_capable.removed", "filler", PHASE_SYN_ACK, SEGMENT_SYN_ACK,
	 removed_filler, say_removed_filler,
	 .unless = {"mp_capable.removed/syn", "mp_capable.removed/ack"},
	 .joins = JOINS_REFINES, .if_less = TO_IMPAIRS},
	{0},
};
