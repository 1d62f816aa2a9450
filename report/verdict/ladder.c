/* SPDX-License-Identifier: GPL-3.0-or-later
 * The proof ladder: what was proved, what failed, and what
 * was not tried and why.
 */
#include <string.h>

#include "report/arena.h"
#include "report/evidence/loss.h"
#include "report/evidence/sizes.h"
#include "report/rules/dss.h"

static void set(struct judgement *j, enum ladder_rung rung,
		enum rung_result result, const char *text)
{
	struct ladder_step *s = &j->r->ladder[rung];

	s->rung = rung;
	s->version = rung <= RUNG_DISTANCE || j->r->mptcp_version < 0
			     ? -1
			     : j->r->mptcp_version;
	s->result = result;
	s->text = text;
}

static void show(struct judgement *j, enum ladder_rung rung, uint64_t frame)
{
	struct ladder_step *s = &j->r->ladder[rung];

	if (frame)
		*ARENA_PUSH(j->arena, s->frames, s->frame_count) = frame;
}

static const struct flow *plain_flow(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_TCP) &&
		    flow_syn_ack(j->flows[i]))
			return j->flows[i];
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_syn_ack(j->flows[i]))
			return j->flows[i];
	return NULL;
}

static void rung_tcp(struct judgement *j)
{
	const struct flow *f = plain_flow(j);

	if (f) {
		set(j, RUNG_TCP, RUNG_PASS,
		    flow_is(f, PURPOSE_TCP)
			    ? "a plain SYN is answered with a SYN/ACK"
			    : "a SYN is answered with a SYN/ACK");
		show(j, RUNG_TCP, f->first_frame);
		show(j, RUNG_TCP, flow_syn_ack(f)->frame);
	} else if (j->blurred) {
		set(j, RUNG_TCP, RUNG_SKIPPED,
		    "the packets are of two places, the SYN of one");
	} else if (j->unshown) {
		set(j, RUNG_TCP, RUNG_SKIPPED,
		    "the SYN/ACK is not in the capture");
	} else if (j->tcp_refused) {
		set(j, RUNG_TCP, RUNG_FAIL, "the SYN is answered with a RST");
	} else if (!j->tcp_tried) {
		set(j, RUNG_TCP, RUNG_SKIPPED,
		    j->snapped ? "the SYNs were not captured whole"
			       : "no SYN without MPTCP is in the capture");
	} else {
		set(j, RUNG_TCP, RUNG_FAIL, "no SYN is answered");
	}
}

static void rung_distance(struct judgement *j)
{
	unsigned reach = j->plain_reach ? j->plain_reach : j->capable_reach;

	if (j->ttl_rewritten)
		set(j, RUNG_DISTANCE, RUNG_FAIL,
		    "TTLs are rewritten on the path, so they tell no distance");
	else if (reach == 0)
		set(j, RUNG_DISTANCE, RUNG_SKIPPED,
		    "no SYN of a sweep was answered");
	else if (capable_ends(j))
		set(j, RUNG_DISTANCE, RUNG_FAIL,
		    arena_printf(j->arena,
				 "SYNs with MP_CAPABLE are answered at TTL %u, "
				 "those without it at %u",
				 j->capable_farthest, j->plain_reach));
	else if (j->distance == 0 && j->beyond >= reach)
		set(j, RUNG_DISTANCE, RUNG_FAIL,
		    arena_printf(j->arena,
				 "SYNs are answered at TTL %u, yet a router "
				 "forwards at TTL %u",
				 reach, j->beyond));
	else if (j->doubted)
		set(j, RUNG_DISTANCE, RUNG_FAIL,
		    arena_printf(j->arena,
				 "SYNs are answered at TTL %u, yet routers "
				 "answer other packets there, and the target "
				 "none",
				 reach));
	else if (j->distance == 0)
		set(j, RUNG_DISTANCE, RUNG_SKIPPED,
		    "the target does not answer the control");
	else if (j->distance > reach && j->ways_differ)
		set(j, RUNG_DISTANCE, RUNG_SKIPPED,
		    "ways of several lengths lead to the target");
	else if (j->distance > reach)
		set(j, RUNG_DISTANCE, RUNG_FAIL,
		    arena_printf(j->arena,
				 "SYNs are answered at TTL %u, but the target "
				 "is %u hops away",
				 reach, j->distance));
	else if (j->distance == 1)
		set(j, RUNG_DISTANCE, RUNG_PASS,
		    "SYNs are answered at TTL 1, and the target is one hop "
		    "away");
	else
		set(j, RUNG_DISTANCE, RUNG_PASS,
		    arena_printf(j->arena,
				 "SYNs are answered at TTL %u, and the target "
				 "is %u hops away",
				 reach, j->distance));
}

static const struct flow *capable_flow(const struct judgement *j)
{
	if (j->working)
		return j->working;
	if (j->negotiated)
		return j->negotiated;
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    flow_syn_ack(j->flows[i]))
			return j->flows[i];
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE))
			return j->flows[i];
	return NULL;
}

static void rung_syn_ack(struct judgement *j, const struct flow *f)
{
	const char *text = "no SYN with MP_CAPABLE was sent";
	enum rung_result result = RUNG_SKIPPED;

	if (f && f->mptcp.syn_ack) {
		result = RUNG_PASS;
		text = "the SYN/ACK carries MP_CAPABLE";
	} else if (f && f->mptcp.mirrored) {
		result = RUNG_PASS;
		text = "the SYN/ACK carries an MP_CAPABLE, our own";
	} else if (f && f->mptcp.gave_up && flow_syn_ack(f)) {
		result = RUNG_FAIL;
		text = "the SYNs are not answered, a plain one after them is";
	} else if (f && flow_syn_ack(f)) {
		result = RUNG_FAIL;
		text = f->mptcp.other_version < 0
			       ? "the SYN/ACK comes without MP_CAPABLE"
			       : arena_printf(
					 j->arena,
					 "the SYN/ACK carries MP_CAPABLE of "
					 "version %d, and the SYN that of %u",
					 f->mptcp.other_version,
					 f->mptcp.version);
	} else if (f) {
		result = RUNG_FAIL;
		text = flow_reset(f) ? "the SYN triggers a RST"
				     : "the SYN is not answered";
	}
	set(j, RUNG_SYN_ACK_OPTION, result, text);
	if (!f)
		return;
	show(j, RUNG_SYN_ACK_OPTION, f->first_frame);
	if (flow_syn_ack(f))
		show(j, RUNG_SYN_ACK_OPTION, flow_syn_ack(f)->frame);
}

static void rung_mirrored(struct judgement *j, const struct flow *f)
{
	if (!f || (!f->mptcp.syn_ack && !f->mptcp.mirrored)) {
		set(j, RUNG_NOT_MIRRORED, RUNG_SKIPPED,
		    "no MP_CAPABLE came back");
		return;
	}
	set(j, RUNG_NOT_MIRRORED, f->mptcp.mirrored ? RUNG_FAIL : RUNG_PASS,
	    f->mptcp.mirrored
		    ? "the SYN/ACK echoes the option of our SYN"
		    : "the SYN/ACK carries a key of the server's own");
	show(j, RUNG_NOT_MIRRORED, flow_syn_ack(f)->frame);
}

static void rung_random(struct judgement *j)
{
	const struct flow *f = NULL;
	const struct kept *k;

	for (size_t i = 0; i < j->flow_count && !f; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_JOIN_RANDOM))
			f = j->flows[i];
	if (!f) {
		set(j, RUNG_RANDOM_TOKEN, RUNG_SKIPPED, "not sent");
		return;
	}
	k = flow_syn_ack(f);
	if (k && flow_shows_listener(f)) {
		set(j, RUNG_RANDOM_TOKEN, RUNG_PASS,
		    j->controlled
			    ? "an unknown token is answered by a SYN/ACK with "
			      "MP_JOIN: an MPTCP listener (as Linux before "
			      "5.13)"
			    : "a token of no connection in the capture is "
			      "answered by a SYN/ACK with MP_JOIN: an MPTCP "
			      "listener");
		show(j, RUNG_RANDOM_TOKEN, k->frame);
		return;
	}
	if (k && token_refused_late(j, f)) {
		set(j, RUNG_RANDOM_TOKEN, RUNG_PASS,
		    "an unknown token is accepted as plain TCP, and its third "
		    "ACK refused (RST), as that of a plain connection is not: "
		    "an older MPTCP listener (as Linux before 5.13)");
		show(j, RUNG_RANDOM_TOKEN, k->frame);
		show(j, RUNG_RANDOM_TOKEN, flow_reset(f)->frame);
		return;
	}
	if (k) {
		set(j, RUNG_RANDOM_TOKEN, RUNG_FAIL,
		    "an MP_JOIN with an unknown token is accepted as plain "
		    "TCP: what answers does not know MP_JOIN, or does not see "
		    "it");
		show(j, RUNG_RANDOM_TOKEN, k->frame);
		return;
	}
	k = flow_reset(f);
	if (!k) {
		set(j, RUNG_RANDOM_TOKEN, RUNG_SKIPPED,
		    token_ends_before(j)
			    ? "an MP_JOIN with an unknown token is dropped "
			      "before the target"
			    : "no answer, as under SYN cookies");
		return;
	}
	if (j->tcp_refused && !flow_shows_listener(f)) {
		set(j, RUNG_RANDOM_TOKEN, RUNG_SKIPPED,
		    "a RST answers any SYN");
		return;
	}
	set(j, RUNG_RANDOM_TOKEN, RUNG_PASS,
	    tcp_options_mptcp(&k->options, MP_TCPRST)
		    ? "an unknown token triggers a RST with MP_TCPRST: an "
		      "MPTCP listener"
		    : "an unknown token triggers a bare RST: an older MPTCP "
		      "listener, or a device");
	show(j, RUNG_RANDOM_TOKEN, k->frame);
}

static const char *no_data_reason(const struct flow *f)
{
	if (!f || !f->mptcp.syn_ack)
		return "MPTCP was not negotiated";
	if (!f->mptcp.third_ack && f->connection->other_keys_frame)
		return "the third ACK has other keys than the SYN and SYN/ACK";
	if (!f->mptcp.third_ack)
		return "the handshake was not completed";
	if (flow_data_acked(f))
		return NULL;
	if (!f->mptcp.mapped && f->sides[0].mapped)
		return "the mapping of the data that was sent does not fit";
	if (!f->mptcp.mapped)
		return "no data with a mapping was sent";
	return NULL;
}

static void rung_data_ack(struct judgement *j, const struct flow *f)
{
	const char *reason = no_data_reason(f);

	if (reason) {
		set(j, RUNG_DATA_ACK, RUNG_SKIPPED, reason);
	} else if (flow_data_acked(f)) {
		set(j, RUNG_DATA_ACK, RUNG_PASS,
		    arena_printf(j->arena,
				 "the server acknowledges %u bytes of data by "
				 "DATA_ACK, counted from IDSN(our key) + 1",
				 (unsigned)(f->mptcp.data_ack -
					    f->mptcp.client_idsn - 1)));
		show(j, RUNG_DATA_ACK, f->mptcp.data_ack_frame);
	} else if (f->mptcp.data_ack_misfit) {
		set(j, RUNG_DATA_ACK, RUNG_FAIL,
		    "the DATA_ACK does not fit our key");
		show(j, RUNG_DATA_ACK, f->mptcp.misfit_frame);
	} else {
		set(j, RUNG_DATA_ACK, RUNG_FAIL,
		    "no DATA_ACK for the data that was sent");
	}
}

static void rung_server_dsn(struct judgement *j, const struct flow *f)
{
	if (!f || (!f->mptcp.mapped && !flow_data_acked(f))) {
		set(j, RUNG_SERVER_DSN, RUNG_SKIPPED, "MPTCP was not in use");
		return;
	}
	if (f->mptcp.server_dsn == UNKNOWN) {
		set(j, RUNG_SERVER_DSN, RUNG_SKIPPED,
		    "no data of the server with a mapping came");
		return;
	}
	set(j, RUNG_SERVER_DSN,
	    f->mptcp.server_dsn == KNOWN_YES ? RUNG_PASS : RUNG_FAIL,
	    f->mptcp.server_dsn == KNOWN_YES
		    ? "the server's DSN is IDSN(its key) + 1"
		    : "the server's DSN does not fit the key in its SYN/ACK");
	show(j, RUNG_SERVER_DSN, f->mptcp.server_dsn_frame);
}

static void rung_checksum(struct judgement *j)
{
	const struct flow *f = NULL;

	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    j->flows[i]->mptcp.syn_ack && j->flows[i]->mptcp.checksum &&
		    j->flows[i]->mptcp.mapped)
			f = j->flows[i];
	if (!f) {
		set(j, RUNG_CHECKSUM, RUNG_SKIPPED,
		    j->negotiated && flow_first(j, flow_denied_checksums) &&
				    !finding_find(j, "mp_capable.removed")
			    ? "the server answers a SYN that asks for them "
			      "(flag A) as plain TCP, as Linux before 5.14"
			    : "no connection ran with DSS checksums");
	} else if (f->mptcp.checksums_bad) {
		set(j, RUNG_CHECKSUM, RUNG_FAIL,
		    "a DSS checksum of the server is wrong");
		show(j, RUNG_CHECKSUM, f->mptcp.checksum_frame);
	} else if (flow_data_acked(f) && dss_in_vain(f)) {
		set(j, RUNG_CHECKSUM, RUNG_FAIL,
		    arena_printf(j->arena,
				 "with DSS checksums, the server acknowledges "
				 "the first %u bytes, and no more",
				 (unsigned)flow_mptcp_acked(f)));
		show(j, RUNG_CHECKSUM, f->mptcp.data_ack_frame);
	} else if (flow_data_acked(f)) {
		set(j, RUNG_CHECKSUM, RUNG_PASS,
		    f->mptcp.checksums_good
			    ? "with DSS checksums, the server acknowledges our "
			      "data and its own checksums are right"
			    : "with DSS checksums, the server acknowledges our "
			      "data");
		show(j, RUNG_CHECKSUM, f->mptcp.data_ack_frame);
	} else {
		set(j, RUNG_CHECKSUM, RUNG_FAIL,
		    f->mptcp.mp_fail ? "the server finds our checksum wrong "
				       "(MP_FAIL)"
				     : "no DATA_ACK where checksums are used");
	}
}

/* By the reason in its MP_TCPRST, if it names one. */
static const char *reset_cause(const struct judgement *j, const struct flow *f,
			       const struct kept *reset)
{
	if (f->join.answered_anew)
		return "it answered the SYN twice, and knows only the second "
		       "of its nonces";
	switch (reset_reason(reset)) {
	case TCPRST_MPTCP:
		return "our HMAC did not arrive as it was sent";
	case TCPRST_PROHIBITED:
		return may_have_closed(j, f) ? "a limit of its own, or it was "
					       "about to close"
					     : "a limit of its own";
	case TCPRST_MIDDLEBOX:
		return "something on the path interferes with MPTCP";
	default:
		return "a limit of its own, or its HMAC did not arrive";
	}
}

/* As Apache has it: a bare third ACK is dropped, and a new subflow may send
 * nothing else before the fourth (RFC 8684 3.2). */
static const char *no_fourth_ack(const struct judgement *j)
{
	switch (server_defers(j)) {
	case KNOWN_YES:
		return "no fourth ACK: the server takes no connection before "
		       "data comes on it (TCP_DEFER_ACCEPT), as the SYN/ACKs "
		       "of plain ones without data come again";
	case KNOWN_NO:
		return "no fourth ACK, though the server takes plain "
		       "connections without data: the third or the fourth ACK "
		       "was lost, or its HMAC did not arrive";
	default:
		return "no fourth ACK: the server waits for data first "
		       "(TCP_DEFER_ACCEPT), or its HMAC did not arrive";
	}
}

static const char *join_failure(const struct judgement *j, const struct flow *f)
{
	const struct kept *reset = flow_reset(f);

	if (closed_before(j, f))
		return "the server closes the connection before a subflow has "
		       "joined";
	if (reset && !flow_syn_ack(f))
		return arena_printf(
			j->arena, "the MP_JOIN SYN triggers a RST%s%s",
			reason_phrase(j, reset),
			reset_reason(reset) == TCPRST_PROHIBITED
				? ": a limit of the server's, or a device "
				  "sends joins to another port of it, where "
				  "Linux answers so"
				: "");
	if (!flow_syn_ack(f))
		return "the MP_JOIN SYN is not answered";
	if (!f->join.syn_ack)
		return "the SYN/ACK comes without MP_JOIN";
	if (flow_token_unknown(f))
		return "the server does not know the token: the MP_JOIN in its "
		       "SYN/ACK has neither HMAC nor nonce";
	if (f->join.hmac == KNOWN_NO)
		return "the HMAC of the SYN/ACK is wrong";
	if (reset)
		return arena_printf(
			j->arena, "the server resets the new subflow%s: %s",
			reason_phrase(j, reset), reset_cause(j, f, reset));
	return no_fourth_ack(j);
}

/* Answered to the end, and at the target itself, if there is such a one. Not
 * one whose SYN/ACK comes before its SYN in the file: then little is known. */
const struct flow *join_flow(const struct judgement *j)
{
	const struct flow *best = NULL;
	int most = -1;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		for (; f; f = f->sibling) {
			int rank = 2 * (f->join.fourth_ack_frame != 0) +
				   is_own_join(j, f);

			if (!flow_is(f, PURPOSE_MP_JOIN) || rank <= most ||
			    (f->sides[1].syn && !flow_syn_ack(f)))
				continue;
			best = f;
			most = rank;
		}
	}
	return best;
}

static const char *join_text(const struct judgement *j, const struct flow *f,
			     const char *text)
{
	if (is_own_join(j, f))
		return text;
	return arena_printf(j->arena, "%s (to %s port %u)", text,
			    arena_address(j->arena, &f->server),
			    f->server_port);
}

/* The server knows the connection, and takes no more subflows of it. With this
 * reason it answers those of a connection that has fallen back to TCP as well.
 */
static bool is_over_limit(const struct judgement *j, const struct flow *f)
{
	const struct flow *parent = j->o->flows[f->join.parent];

	return reset_reason(flow_reset(f)) == TCPRST_PROHIBITED &&
	       !closed_before(j, f) && !may_have_closed(j, f) &&
	       f->join.hmac == KNOWN_YES && flow_data_acked(parent) &&
	       !flow_fell_behind(parent) && !flow_sent_unmapped(parent) &&
	       !parent->mptcp.mp_fail;
}

const char *join_impossible(const struct judgement *j)
{
	const struct flow *f = join_flow(j);

	if (f)
		return is_over_limit(j, f)
			       ? "the server takes none: its MP_TCPRST has "
				 "reason 3, prohibited"
			       : NULL;
	return j->r->initial_joins == 0 && j->r->announcement_count == 0
		       ? "the server forbids joins here by flag C, and "
			 "announces no other address"
		       : NULL;
}

static const char *no_join_reason(const struct judgement *j,
				  const struct flow *capable)
{
	if (!capable || !flow_data_acked(capable))
		return "no MPTCP connection to join";
	if (join_flow(j))
		return "the server takes none";
	if (j->r->initial_joins != 0)
		return "not tried";
	return j->r->announcement_count
		       ? "the server forbids them here by flag C, and where it "
			 "announces they were not tried"
		       : "the server forbids them here by flag C";
}

static void rung_join(struct judgement *j, const struct flow *capable)
{
	const struct flow *f = join_flow(j);

	if (!f || join_impossible(j)) {
		set(j, RUNG_JOIN, RUNG_SKIPPED, no_join_reason(j, capable));
		return;
	}
	if (f->join.fourth_ack_frame && f->join.hmac == KNOWN_YES) {
		set(j, RUNG_JOIN, RUNG_PASS,
		    join_text(j, f,
			      "a second subflow is joined, both HMACs right, "
			      "up to the fourth ACK"));
		show(j, RUNG_JOIN, f->first_frame);
		show(j, RUNG_JOIN, flow_syn_ack(f)->frame);
		show(j, RUNG_JOIN, f->join.fourth_ack_frame);
		return;
	}
	set(j, RUNG_JOIN, RUNG_FAIL, join_text(j, f, join_failure(j, f)));
	show(j, RUNG_JOIN, f->first_frame);
	if (flow_reset(f))
		show(j, RUNG_JOIN, flow_reset(f)->frame);
}

static const char *data_failure(const struct judgement *j, const struct flow *f)
{
	const struct kept *reset = join_data_reset(j, f);
	const struct mptcp_option *why =
		reset ? tcp_options_mptcp(&reset->options, MP_TCPRST) : NULL;

	if (why)
		return arena_printf(j->arena,
				    "the server resets it over its data "
				    "(MP_TCPRST, reason %u)",
				    why->tcprst.reason);
	if (reset)
		return "its data triggers a RST";
	return flow_tcp_acked(f) ? "its data is acknowledged by TCP, but not "
				   "at the MPTCP level (DATA_ACK)"
				 : "its data is not acknowledged";
}

/* Why nothing was tried that the server would have to acknowledge. */
static const char *data_lacking(const struct flow *f)
{
	if (f->sides[0].stream.bytes)
		return "no data of the client with a mapping that fits was "
		       "sent over it";
	return f->sides[1].mapped && f->sides[1].stream.bytes
		       ? "the client sent no data over it, only the server did"
		       : "no data with a mapping was sent over it";
}

/* Packets of full size are not acknowledged on it, as they are on the first
 * one. */
static bool takes_short_only(const struct judgement *j, const struct flow *f)
{
	const struct kept *vain = joined_data_in_vain(j, f);

	return vain && !smaller_in_vain(j, f, vain) &&
	       first_takes_as_large(j, f, vain);
}

static const char *data_text(const struct judgement *j, const struct flow *f)
{
	const char *answer =
		f->payload_received
			? arena_printf(j->arena,
				       "; %u bytes of the server's come "
				       "over it",
				       f->payload_received)
			: "";

	return arena_printf(j->arena,
			    "data over the second subflow is acknowledged by "
			    "DATA_ACK, in packets of up to %zu bytes%s",
			    flow_largest_taken(f), answer);
}

/* Sent three times or more, and none of it acknowledged, as a capture at the
 * server shows. */
static bool answers_in_vain(const struct flow *f)
{
	const struct side *server = &f->sides[1];

	return server->stream.bytes && server->retransmitted >= 2 &&
	       f->client_acked == f->server_isn + 1;
}

static void rung_join_data(struct judgement *j)
{
	const struct flow *f = join_flow(j);
	const char *doubt =
		f && f->join.data_end ? joined_size_doubt(j, f) : NULL;

	if (j->r->ladder[RUNG_JOIN].result != RUNG_PASS) {
		set(j, RUNG_JOIN_DATA, RUNG_SKIPPED, "no second subflow");
		/* It passed: NOLINTNEXTLINE(*-core.NullDereference) */
	} else if (!f->join.data_end && answers_in_vain(f)) {
		set(j, RUNG_JOIN_DATA, RUNG_FAIL,
		    "the server's data over it comes again and again, and is "
		    "not acknowledged");
	} else if (!f->join.data_end) {
		set(j, RUNG_JOIN_DATA, RUNG_SKIPPED, data_lacking(f));
	} else if (f->join.data_ack_frame && takes_short_only(j, f)) {
		set(j, RUNG_JOIN_DATA, RUNG_FAIL,
		    "its data is acknowledged in short segments, and not in "
		    "larger ones");
	} else if (doubt) {
		set(j, RUNG_JOIN_DATA, RUNG_FAIL, doubt);
		if (join_data_reset(j, f))
			show(j, RUNG_JOIN_DATA, flow_reset(f)->frame);
	} else if (f->join.data_ack_frame) {
		set(j, RUNG_JOIN_DATA, RUNG_PASS, data_text(j, f));
		show(j, RUNG_JOIN_DATA, f->join.data_ack_frame);
	} else {
		set(j, RUNG_JOIN_DATA, RUNG_FAIL, data_failure(j, f));
		if (join_data_reset(j, f))
			show(j, RUNG_JOIN_DATA, flow_reset(f)->frame);
	}
}

void judge_ladder(struct judgement *j)
{
	const struct flow *capable = capable_flow(j);

	rung_tcp(j);
	rung_distance(j);
	rung_syn_ack(j, capable);
	rung_mirrored(j, capable);
	rung_random(j);
	rung_data_ack(j, capable);
	rung_server_dsn(j, capable);
	rung_checksum(j);
	rung_join(j, capable);
	rung_join_data(j);
}
