/* SPDX-License-Identifier: GPL-3.0-or-later
 * The verdict where MPTCP works: what else was seen, and what stays in doubt.
 */
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sizes.h"
#include "report/verdict/verdict.h"

/* What another program's capture shows of DSS checksums and does not explain.
 * NULL if there is nothing. */
static const char *checksum_doubt(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count && !j->controlled; i++) {
		const struct flow *f = j->flows[i];
		const struct mptcp_facts *m = &f->mptcp;

		if (m->sent_bad_frame && j->r->vantage != VANTAGE_CLIENT)
			return arena_printf(
				j->arena,
				"DSS checksums of the client are wrong where "
				"the capture was made (frame %llu): either it "
				"makes them so, or its data is modified on the "
				"path",
				(unsigned long long)m->sent_bad_frame);
		if (m->mp_fail && !m->client_failed && !m->sent_bad_frame &&
		    !m->unjust_fail_frame && m->checksum)
			return "the server finds a DSS checksum wrong "
			       "(MP_FAIL): data is modified on the path, or "
			       "was sent so";
	}
	return NULL;
}

/* Data of another program that came and was not acknowledged until the
 * connection ended: whatever kept it, the download did not work. */
static const char *stall_doubt(const struct judgement *j)
{
	for (size_t i = 0; i < 2 * j->flow_count && !j->controlled; i++) {
		const struct flow *f = j->flows[i / 2];
		unsigned host = 1 - i % 2;
		const struct mptcp_connection *c = f->connection;
		const struct host *h = c ? &c->hosts[host] : NULL;
		int64_t us = c ? mptcp_stalled_us(c, host) : 0;

		if (us >= STALLED_MIN_US && c->flows == f &&
		    h->data_end - h->acked >= STALLED_MIN_BYTES)
			return arena_printf(
				j->arena,
				"the %s's data stalls: for the last %.1f s of "
				"a connection some of it came and none was "
				"acknowledged at the MPTCP level",
				host ? "server" : "client", (double)us / 1e6);
	}
	return NULL;
}

/* How often the first data that the server has not acknowledged went out since
 * it said anything. */
static unsigned unheard(const struct judgement *j, const struct flow *f)
{
	const struct kept *last =
		f->received_count ? f->received[f->received_count - 1] : NULL;
	unsigned count = 0;

	for (size_t i = 0; last && i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		count += kept_brings_data(k, true) &&
			 k->time_us > last->time_us && had_time(j, k) &&
			 k->packet.tcp.sequence == f->server_acked;
	}
	return count;
}

/* A connection of ours of which the first data is acknowledged, and then
 * nothing is answered any more, in whatever size it comes. */
static const char *silence_doubt(const struct judgement *j)
{
	for (size_t i = 0; j->controlled && i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_is(f, PURPOSE_MP_CAPABLE) && flow_data_acked(f) &&
		    !flow_server_ended(f) &&
		    beyond_chance(unheard(j, f), tries_of(&j->plain),
				  CONTROLS_MIN))
			return arena_printf(
				j->arena,
				"a connection falls silent: the first %u bytes "
				"of its data are acknowledged, and nothing "
				"behind them is, in whatever size",
				flow_tcp_acked(f));
	}
	return NULL;
}

/* The server answers none of our connections, with MPTCP or without it, and has
 * forgotten several that it took data on. */
static const char *forgotten_doubt(const struct judgement *j)
{
	bool plain = false;
	unsigned count = 0;

	for (size_t i = 0; j->controlled && i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_answered(f) && f->client_window >= NARROW_BYTES)
			return NULL;
		plain |= flow_is(f, PURPOSE_TCP) && flow_forgotten(f);
		count += flow_is(f, PURPOSE_MP_CAPABLE) && flow_forgotten(f);
	}
	return plain && count >= MUTE_WITNESSES_MIN
		       ? "the server takes requests, with MPTCP and without "
			 "it, answers none, and knows the connections no more "
			 "by then (RST): it gives them up without a word, or a "
			 "device resets them when it answers"
		       : NULL;
}

static bool plain_reset(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->established && flow_reset(f);
}

static bool lost_by_reset(const struct judgement *j, const struct flow *f)
{
	return lost_alone(j, f) && flow_reset(f);
}

/* Several of our connections lost MPTCP with their first data, and others did
 * not: no loss does that. */
static const char *lost_doubt(const struct judgement *j)
{
	unsigned count = ask_witnesses(j, lost_by_reset, NULL);

	if (!j->controlled || count < LOST_MPTCP_MIN ||
	    ask_witnesses(j, plain_reset, NULL))
		return NULL;
	return arena_printf(j->arena,
			    "%u connections lost it with the first data, for "
			    "which a RST came, and none of an MPTCP stack: of "
			    "one of several servers, or of a device that some "
			    "connections meet",
			    count);
}

/* Several of our connections came to be plain TCP, and others did not: no loss
 * does that, and whether they met another server is not known. */
static const char *plain_doubt(const struct judgement *j)
{
	return j->controlled && plain_beside_working(j) >= PLAIN_BESIDE_MIN
		       ? plain_beside_phrase(j, "")
		       : NULL;
}

/* Every rung that was tried passed; and what answers is at the distance of the
 * target: a device that ends MPTCP on the path passes all the others. */
static bool all_passed(const struct judgement *j)
{
	for (size_t i = 0; i < RUNG_COUNT; i++)
		if (j->r->ladder[i].result == RUNG_FAIL)
			return false;
	return j->r->ladder[RUNG_DISTANCE].result == RUNG_PASS &&
	       j->r->ladder[RUNG_SERVER_DSN].result == RUNG_PASS;
}

static const char *subflow_phrase(const struct judgement *j)
{
	const char *impossible = join_impossible(j);
	const struct flow *f = join_flow(j);

	if (impossible)
		return arena_printf(j->arena,
				    ", no second subflow is possible (%s)",
				    impossible);
	if (!f)
		return j->r->initial_joins == 0 && j->controlled
			       ? ", no second subflow can be tried from here "
				 "(the server forbids joins to this address "
				 "and port, by flag C, and announces others "
				 "that cannot be reached so)"
			       : "";
	if (j->r->initial_joins == 0 && !flow_syn_ack(f) && !flow_reset(f) &&
	    !join_control_answered(j, f))
		return arena_printf(
			j->arena,
			", no second subflow joins (the server takes them only "
			"at %s port %u, by flag C, which does not answer)",
			arena_address(j->arena, &f->server), f->server_port);
	if (j->r->ladder[RUNG_JOIN].result != RUNG_PASS)
		return "";
	if (is_own_join(j, f))
		return j->r->ladder[RUNG_JOIN_DATA].result == RUNG_PASS
			       ? ", a second subflow joins and carries data"
			       : ", a second subflow joins";
	return arena_printf(j->arena, ", a second subflow joins at %s port %u",
			    arena_address(j->arena, &f->server),
			    f->server_port);
}

/* Why a second subflow did not work, where neither a finding nor the server
 * explains it; or NULL. */
static const char *subflow_doubt(const struct judgement *j)
{
	const struct ladder_step *s = &j->r->ladder[RUNG_JOIN];

	if (s->result == RUNG_PASS)
		s = &j->r->ladder[RUNG_JOIN_DATA];
	return s->result == RUNG_FAIL && !join_impossible(j) ? s->text : NULL;
}

/* A proxy that speaks MPTCP itself would pass all else. */
const char *target_doubt(const struct judgement *j)
{
	const struct ladder_step *s = &j->r->ladder[RUNG_DISTANCE];

	return s->result == RUNG_FAIL
		       ? arena_printf(j->arena,
				      "whether it is the target that answers, "
				      "or a device before it, is not known: %s",
				      s->text)
		       : NULL;
}

static const char *doubts_phrase(const struct judgement *j)
{
	const char *target = target_doubt(j), *subflow = subflow_doubt(j);
	const char *text = "";

	if (target)
		text = arena_printf(j->arena, "; %s", target);
	if (subflow)
		text = arena_printf(j->arena, "%s; whether %s is not known: %s",
				    text,
				    j->r->ladder[RUNG_JOIN].result == RUNG_PASS
					    ? "data passes over it"
					    : "a second subflow works",
				    subflow);
	return text;
}

static const char *interferes(const struct judgement *j, bool some)
{
	if (target_doubt(j) || subflow_doubt(j))
		return doubts_phrase(j);
	if (j->r->ladder[RUNG_JOIN].result == RUNG_SKIPPED && !some)
		return ", and nothing interferes with what was tested";
	return some ? ", and nothing is seen to interfere"
		    : ", and nothing interferes";
}

void say_clear(struct judgement *j)
{
	const struct ladder_step *join = &j->r->ladder[RUNG_JOIN];
	bool only_v0 = j->working->mptcp.version == 0 &&
		       plainly_answered(j, 1) && reaches_server(j);
	bool mute = j->working->mptcp.server_dsn == UNKNOWN;
	const char *others = others_phrase(j);
	bool some = *others;

	say_verdict(j, STATUS_CLEAR,
		    some || !all_passed(j) ? CONFIDENCE_LIKELY
					   : CONFIDENCE_PROVEN,
		    "MPTCP v%u works on this path: data is acknowledged at the "
		    "MPTCP level (DATA_ACK)%s%s.%s%s%s",
		    j->working->mptcp.version, subflow_phrase(j),
		    interferes(j, some), others,
		    only_v0 ? " The server speaks only MPTCP v0." : "",
		    mute ? " No data of the server's own came." : "");
	if (join->result == RUNG_FAIL && !subflow_doubt(j))
		j->r->advice = arena_printf(j->arena,
					    "No second subflow was joined: %s.",
					    join->text);
	else if (some)
		j->r->advice = others_advice(j);
}

/* Where the SYNs had come some way already, the server's own data passes by as
 * it was sent, and the client's DATA_ACKs alone tell how it arrived. */
static const char *return_doubt(const struct judgement *j)
{
	const struct flow *f = j->working;
	const struct host *server = &f->connection->hosts[1];

	if (j->r->vantage == VANTAGE_CLIENT || !f->payload_received ||
	    (server->has_acked && server->acked - server->idsn > 1))
		return NULL;
	return "the capture was not made at the client, and it acknowledges "
	       "none of the server's data at the MPTCP level (DATA_ACK): "
	       "behind where the capture was made, that may be changed";
}

/* A subflow that should have joined, and nothing tells what became of it. */
static bool join_is_silent(const struct judgement *j)
{
	const struct flow *f = join_flow(j);

	if (!f || !is_own_join(j, f) || f->join.fourth_ack_frame ||
	    flow_reset(f) || flow_server_ended(j->o->flows[f->join.parent]))
		return false;
	return !flow_syn_ack(f) ||
	       (f->join.hmac == KNOWN_YES && server_defers(j) != KNOWN_YES);
}

static const char *join_doubt(const struct judgement *j)
{
	const struct flow *f = join_flow(j);

	return join_is_silent(j) || (f &&
				     j->r->ladder[RUNG_JOIN_DATA].result ==
					     RUNG_FAIL &&
				     joined_size_doubt(j, f))
		       ? arena_printf(j->arena,
				      "whether a second subflow does is not "
				      "known: %s",
				      subflow_doubt(j))
		       : NULL;
}

static const char *doubt_of(const struct judgement *j)
{
	const char *doubt = checksum_doubt(j);

	if (!doubt)
		doubt = return_doubt(j);
	if (!doubt)
		doubt = stall_doubt(j);
	if (!doubt)
		doubt = silence_doubt(j);
	if (!doubt)
		doubt = forgotten_doubt(j);
	if (!doubt)
		doubt = lost_doubt(j);
	if (!doubt)
		doubt = plain_doubt(j);
	if (!doubt)
		doubt = join_doubt(j);
	return doubt ? doubt : announced_doubt(j);
}

bool is_doubted(const struct judgement *j)
{
	return j->working && doubt_of(j);
}

void say_doubted(struct judgement *j)
{
	say_verdict(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
		    "Undetermined: MPTCP v%u works, but %s.",
		    j->working->mptcp.version, doubt_of(j));
	j->r->advice = "Captures at the client and at the server "
		       "would decide it.";
}
