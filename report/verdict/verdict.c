/* SPDX-License-Identifier: GPL-3.0-or-later
 * The verdict: the first of a list of cases that applies (ARCHITECTURE.md,
 * "The verdict").
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

static void __attribute__((format(printf, 4, 5)))
say(struct judgement *j, enum status status, enum confidence confidence,
    const char *format, ...)
{
	va_list list;

	j->r->status = status;
	j->r->confidence = confidence;
	va_start(list, format);
	j->r->verdict = arena_vprintf(j->arena, format, list);
	va_end(list);
}

const char *refusal_phrase(const struct quote *q)
{
	return q->admin_prohibited   ? "a filter prohibits it"
	       : q->port_unreachable ? "the port is unreachable"
				     : "the host is unreachable";
}

/* Hosts send a SYN again after a second: where another program's was not, the
 * capture may lack its answer. */
static bool had_time_to_answer(const struct judgement *j)
{
	unsigned syns = j->controlled ? 1 : SYNS_IN_VAIN_MIN;

	for (size_t i = 0; i < j->flow_count; i++)
		if (!flow_joins(j->flows[i]) &&
		    unanswered_syns(j, j->flows[i]) >= syns)
			return true;
	return false;
}

/* The RSTs come over fewer hops than the target's own answers, and no hop
 * behind who sends them quoted any SYN: how many, or 0. */
static unsigned refused_before(const struct judgement *j)
{
	unsigned hops = 0, reply = control_reply_ttl(j);

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_reset(j->flows[i]);

		if (!k || flow_joins(j->flows[i]))
			continue;
		if (hops && hops != 1 + hops_back(k->packet.ip.ttl))
			return 0;
		hops = 1 + hops_back(k->packet.ip.ttl);
	}
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].flow->protocol == IPPROTO_TCP &&
		    j->views[i].ttl > hops)
			return 0;
	return reply && hops + HOPS_FEWER_MIN <= 1 + hops_back(reply) ? hops
								      : 0;
}

static void say_refused(struct judgement *j)
{
	unsigned before = refused_before(j);
	const char *text = arena_address(j->arena, &j->r->target);

	if (before)
		say(j, STATUS_UNREACHABLE, CONFIDENCE_LIKELY,
		    "TCP to port %u of %s is refused by a device before it: "
		    "RSTs come from %u hop%s away, the target's own answers "
		    "from %u. So MPTCP could not be tested.",
		    j->r->port, text, before, before == 1 ? "" : "s",
		    1 + hops_back(control_reply_ttl(j)));
	else
		say(j, STATUS_UNREACHABLE, CONFIDENCE_PROVEN,
		    "Port %u of %s is closed: TCP connections are refused, so "
		    "MPTCP could not be tested.",
		    j->r->port, text);
	j->r->advice = "Probe a port that is open (-p).";
}

static bool is_refused(const struct judgement *j)
{
	return j->tcp_tried && j->tcp_refused && !j->unshown;
}

/* The ICMP error that says why no SYN is answered, or NULL. */
static const struct quote *refusal(const struct judgement *j)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].flow->protocol == IPPROTO_TCP &&
		    j->views[i].quote->unreachable)
			return j->views[i].quote;
	return NULL;
}

static bool is_silent(const struct judgement *j)
{
	const struct quote *q = refusal(j);

	if (j->tcp_answered || j->unshown)
		return false;
	return (q && !q->admin_prohibited) ||
	       (j->tcp_tried && (q || had_time_to_answer(j)));
}

static void say_silent(struct judgement *j)
{
	const struct quote *q = refusal(j);
	const char *why =
		q ? arena_printf(j->arena, " (%s answers that %s)",
				 arena_address(j->arena, &q->responder),
				 refusal_phrase(q))
		  : " at all";

	say(j, STATUS_UNREACHABLE, CONFIDENCE_PROVEN,
	    "Port %u of %s does not answer TCP%s, so MPTCP could not be "
	    "tested.",
	    j->r->port, arena_address(j->arena, &j->r->target), why);
	j->r->advice = "Check the address and the port, or probe another port "
		       "(-p).";
}

/* ---- findings ------------------------------------------------------------ */

/* The first finding with this effect: the headline. If plain TCP has stopped
 * to work, what answers and silence say is not believed any more; what hops
 * quote is. */
static const struct finding *headline(const struct judgement *j,
				      enum effect effect)
{
	bool stopped = plain_stopped(j);

	for (size_t i = 0; i < j->r->finding_count; i++) {
		const struct finding *f = &j->r->findings[i];

		if (f->effect == effect &&
		    (!stopped || f->rule->phase == PHASE_QUOTES))
			return f;
	}
	return NULL;
}

static bool nothing_tried(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (!flow_is(j->flows[i], PURPOSE_TCP))
			return false;
	return true;
}

/* Not so of another program that did not try MPTCP, whatever ends its TCP. */
static bool is_blocked(const struct judgement *j)
{
	return headline(j, EFFECT_BLOCKS) &&
	       (j->controlled || !nothing_tried(j));
}

static bool is_removed_forward(const struct finding *f)
{
	return strcmp(f->kind->id, "mp_capable.removed") == 0 &&
	       f->direction == DIRECTION_FORWARD && f->segment == SEGMENT_SYN;
}

/* What users notice, with Linux 6.18 as the client. */
static const char *cost_of(const struct finding *f)
{
	static const char *const costs[][2] = {
		{"mp_capable.dropped",
		 "What it costs: Linux sends a plain SYN only after two "
		 "retransmissions of the one with MPTCP are lost, then turns "
		 "MPTCP off for the whole host for an hour, and twice as long "
		 "each time it happens again, up to 64 hours."},
		{"mp_capable.reset",
		 "What it costs: connections that ask for MPTCP are refused."},
		{"mp_capable.removed",
		 "What it costs: connections work, but as plain TCP, without "
		 "a delay."},
	};

	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		if (strcmp(f->kind->id, costs[i][0]) == 0)
			return costs[i][1];
	return NULL;
}

/* Where the finding alone is to be shown again. */
static const char *proof_again(struct judgement *j)
{
	return arena_printf(j->arena, "To reproduce: mpprobe -p %u %s",
			    j->r->port, arena_address(j->arena, &j->r->target));
}

static void advise_blocked(struct judgement *j, const struct finding *f)
{
	const char *cost = cost_of(f), *advice = j->r->advice;

	j->r->advice = arena_printf(
		j->arena, "%s%s%s%s%s", advice ? advice : "", advice ? " " : "",
		cost ? cost : "", cost ? " " : "", proof_again(j));
}

static void say_blocked(struct judgement *j)
{
	const struct finding *f = headline(j, EFFECT_BLOCKS);

	say(j, STATUS_BLOCKED, f->confidence,
	    "MPTCP is blocked on this path: %s", f->text);
	if (j->working_port)
		j->r->advice = arena_printf(
			j->arena, "Port %u of the same address passes.",
			j->working_port);
	else if (is_removed_forward(f) && j->negotiated)
		j->r->advice = "On other connections MP_CAPABLE comes back: it "
			       "is removed on one of several paths (load "
			       "balancing).";
	else if (is_removed_forward(f))
		j->r->advice =
			"Whether the server itself speaks MPTCP cannot be told "
			"while the option does not reach it.";
	else if (strcmp(f->kind->id, "tcp.terminated") == 0)
		j->r->advice =
			"Whether the server itself speaks MPTCP cannot be told "
			"on this port: the connection ends before it. Another "
			"port (-p 443) may pass.";
	advise_blocked(j, f);
}

static bool is_impaired(const struct judgement *j)
{
	return j->working && headline(j, EFFECT_IMPAIRS);
}

static void say_impaired(struct judgement *j)
{
	const struct finding *f = headline(j, EFFECT_IMPAIRS);

	say(j, STATUS_IMPAIRED, f->confidence,
	    "MPTCP v%u works on this path, but only in part: %s",
	    j->working->mptcp.version, f->text);
}

/* ---- MPTCP works --------------------------------------------------------- */

static void say_stopped(struct judgement *j)
{
	say(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
	    "Undetermined: plain TCP worked at first and then stopped working, "
	    "so what failed in between may not be due to MPTCP.");
	j->r->advice = "The server or a firewall may limit connections: wait a "
		       "minute and probe again.";
}

/* What another program's capture shows of DSS checksums and does not explain.
 * NULL if there is nothing. */
static const char *checksum_doubt(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count && !j->controlled; i++) {
		const struct flow *f = j->flows[i];
		const struct mptcp_facts *m = &f->mptcp;

		if (m->sent_bad_frame && f->sent_count && !as_sent(f->sent[0]))
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

/* Connections with MPTCP that were not answered at all, though that may have
 * been chance. */
static unsigned connections_in_vain(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned syns = 0;

		if ((!flow_is(f, PURPOSE_MP_CAPABLE) &&
		     !flow_is(f, PURPOSE_MP_JOIN)) ||
		    flow_syn_ack(f) || flow_reset(f))
			continue;
		for (size_t k = 0; k < f->sent_count; k++)
			syns += kept_is_syn(f->sent[k]) &&
				as_sent(f->sent[k]) && had_time(j, f->sent[k]);
		count += syns >= VAIN_SYNS_MIN;
	}
	return count;
}

/* Connections with the MPTCP that works on others, answered by a RST, though
 * plain ones were not: too few to be a finding, or only on some ports. */
static unsigned connections_refused(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count && !j->plain.reset; i++)
		count += flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
			 j->flows[i]->mptcp.version ==
				 j->working->mptcp.version &&
			 flow_refused(j->flows[i]);
	return count;
}

static const char *refused_phrase(const struct judgement *j, unsigned refused)
{
	if (refused < 2)
		return refused ? " One connection with MPTCP, however, was "
				 "answered by a RST."
			       : "";
	return arena_printf(j->arena,
			    " %u connections with MPTCP, however, were "
			    "answered by a RST.",
			    refused);
}

static const char *vain_phrase(const struct judgement *j, unsigned vain)
{
	if (vain < 2)
		return vain ? " One connection with MPTCP, however, was not "
			      "answered."
			    : "";
	return arena_printf(j->arena,
			    " %u connections with MPTCP, however, were not "
			    "answered.",
			    vain);
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
	if (j->r->initial_joins == 0 && f && !flow_syn_ack(f) &&
	    !flow_reset(f) && !join_control_answered(j, f))
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
static const char *distance_doubt(const struct judgement *j)
{
	const struct ladder_step *s = &j->r->ladder[RUNG_DISTANCE];

	return s->result == RUNG_FAIL ? s->text : NULL;
}

static const char *doubts_phrase(const struct judgement *j)
{
	const char *distance = distance_doubt(j), *subflow = subflow_doubt(j);
	const char *text = "";

	if (distance)
		text = arena_printf(j->arena,
				    "; whether it is the target that answers, "
				    "or a device before it, is not known: %s",
				    distance);
	if (subflow)
		text = arena_printf(j->arena,
				    "%s; whether a second subflow works is not "
				    "known: %s",
				    text, subflow);
	return text;
}

static const char *interferes(const struct judgement *j, bool vain)
{
	if (distance_doubt(j) || subflow_doubt(j))
		return doubts_phrase(j);
	return vain ? ", and nothing is seen to interfere"
		    : ", and nothing interferes";
}

static void say_clear(struct judgement *j)
{
	const struct ladder_step *join = &j->r->ladder[RUNG_JOIN];
	bool only_v0 = j->working->mptcp.version == 0 &&
		       plainly_answered(j, 1) && reaches_server(j);
	bool mute = j->working->mptcp.server_dsn == UNKNOWN;
	unsigned vain = connections_in_vain(j);
	unsigned refused = connections_refused(j);

	say(j, STATUS_CLEAR,
	    vain || refused || !all_passed(j) ? CONFIDENCE_LIKELY
					      : CONFIDENCE_PROVEN,
	    "MPTCP v%u works on this path: data is acknowledged at the MPTCP "
	    "level (DATA_ACK)%s%s.%s%s%s%s",
	    j->working->mptcp.version, subflow_phrase(j),
	    interferes(j, vain || refused), vain_phrase(j, vain),
	    refused_phrase(j, refused),
	    only_v0 ? " The server speaks only MPTCP v0." : "",
	    mute ? " The server sent no data of its own." : "");
	if (join->result == RUNG_FAIL && !subflow_doubt(j))
		j->r->advice = arena_printf(j->arena,
					    "No second subflow was joined: %s.",
					    join->text);
	else if (refused)
		j->r->advice = "A device that some connections meet (load "
			       "balancing) may refuse them: probe again.";
	else if (vain)
		j->r->advice = "Loss may be the reason, or one of several "
			       "paths (load balancing): probe again.";
}

/* Where the SYNs had come some way already, the server's own data passes by as
 * it was sent, and the client's DATA_ACKs alone tell how it arrived. */
static const char *return_doubt(const struct judgement *j)
{
	const struct flow *f = j->working;
	const struct host *server =
		f->connection ? &f->connection->hosts[1] : NULL;

	if (j->controlled || !server || !f->sent_count || as_sent(f->sent[0]) ||
	    !f->payload_received ||
	    (server->has_acked && server->acked - server->idsn > 1))
		return NULL;
	return "the capture was not made at the client, and it acknowledges "
	       "none of the server's data at the MPTCP level (DATA_ACK): "
	       "behind where the capture was made, that may be changed";
}

static const char *doubt_of(const struct judgement *j)
{
	const char *doubt = checksum_doubt(j);

	if (!doubt)
		doubt = return_doubt(j);
	return doubt ? doubt : stall_doubt(j);
}

static bool is_doubted(const struct judgement *j)
{
	return j->working && doubt_of(j);
}

static void say_doubted(struct judgement *j)
{
	say(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
	    "Undetermined: MPTCP v%u works, but %s.", j->working->mptcp.version,
	    doubt_of(j));
	j->r->advice = "Captures at the client and at the server "
		       "would decide it.";
}

static bool is_working(const struct judgement *j)
{
	return j->working;
}

/* ---- MPTCP does not come back -------------------------------------------- */

static void say_unsupported(struct judgement *j)
{
	unsigned reach = j->capable_reach ? j->capable_reach : j->plain_reach;
	bool controlled = j->distance && j->distance == reach;

	if (j->speaks_behind && controlled) {
		say(j, STATUS_UNSUPPORTED, CONFIDENCE_PROVEN,
		    "The server does not speak MPTCP on port %u: the option "
		    "arrives intact at the last hop, and %s, behind the same "
		    "hop, speaks it.",
		    j->r->port, j->speaks_behind);
		return;
	}
	say(j, STATUS_UNSUPPORTED, CONFIDENCE_LIKELY,
	    "Port %u does not speak MPTCP: the server, or a device right "
	    "before it, answers as plain TCP, and the option arrives intact at "
	    "the last hop%s.",
	    j->r->port,
	    controlled ? "" : " (the distance could not be confirmed)");
	j->r->advice = "That hop itself, or a device between it and the "
		       "server, would look the same: ask who runs them, or "
		       "probe a port, or a reference server behind the same "
		       "hop, that is known to speak MPTCP (-p, --reference).";
}

static bool reference_works(const struct judgement *j)
{
	return j->reference == REFERENCE_WORKS;
}

static void say_by_reference(struct judgement *j)
{
	say(j, STATUS_UNSUPPORTED, CONFIDENCE_LIKELY,
	    "The server does not speak MPTCP on port %u: a reference server "
	    "(%s) does from here, and no hop is seen to remove the option.",
	    j->r->port, j->reference_name);
	j->r->advice = "A device that only the path to this server or port has "
		       "would look the same.";
}

/* ---- what is missing ----------------------------------------------------- */

static bool version_tried(const struct judgement *j, int version)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    (int)j->flows[i]->mptcp.version == version)
			return true;
	return false;
}

/* One version only was tried, and answered as plain TCP: nothing is wrong
 * with a path to a server of the other. */
static const char *other_version_untried(const struct judgement *j)
{
	const struct kept *reset = random_token_reset(j);
	bool v1 = plainly_answered(j, 1) && !version_tried(j, 0);
	bool v0 = plainly_answered(j, 0) && !version_tried(j, 1);

	if (!v0 && !v1)
		return NULL;
	if (v0 && reset && tcp_options_mptcp(&reset->options, MP_TCPRST))
		return "the server speaks MPTCP v1, as its RST to an unknown "
		       "token shows, and only v0 was tried";
	if (v0)
		return reset ? "the server answers MPTCP v0 as plain TCP, but "
			       "knows MP_JOIN: it may speak only v1, which was "
			       "not tried"
			     : "the server does not speak MPTCP v0, or its "
			       "option is removed where no hop shows it; v1 "
			       "was not tried";
	return reset ? "the server answers MPTCP v1 as plain TCP, but knows "
		       "MP_JOIN: it may speak only v0, which was not tried"
		     : "the server does not speak MPTCP v1, or its option is "
		       "removed where no hop shows it; v0 was not tried";
}

/* As kernels do that find no way to connect with MPTCP. */
static bool gave_up(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count && !j->negotiated; i++)
		if (j->flows[i]->mptcp.gave_up && flow_syn_ack(j->flows[i]))
			return true;
	return false;
}

static bool data_sent(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    flow_sent_count(j->flows[i], SEGMENT_DATA, 0))
			return true;
	return false;
}

static bool stalls(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_stalls(j->flows[i]))
			return true;
	return false;
}

/* The client acknowledges SYN/ACKs, and the capture has none of them. */
static const char *unshown_answers(const struct judgement *j)
{
	if (!j->unshown || j->tcp_answered)
		return NULL;
	return j->unshown->sides[1].packets
		       ? "SYN/ACKs that the client acknowledges are missing "
			 "in the capture"
		       : "the capture has only what the client sent, not what "
			 "came back";
}

/* No SYN without the option, and none that has it is answered. */
static const char *only_with_option(const struct judgement *j)
{
	bool reset = false, waited = had_time_to_answer(j);

	if (j->tcp_tried || j->tcp_answered || j->unshown)
		return NULL;
	for (size_t i = 0; i < j->flow_count; i++)
		reset |= !flow_joins(j->flows[i]) && flow_reset(j->flows[i]);
	if (reset)
		return "SYNs with MP_CAPABLE are refused (RST), and none "
		       "without it was sent: the port may be closed, or a "
		       "device refuses MPTCP";
	return waited ? "SYNs with MP_CAPABLE are not answered, and none "
			"without it was sent: the server may be silent, or a "
			"device drops MPTCP"
		      : NULL;
}

static bool syns_in_vain(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    !flow_reset(j->flows[i]) &&
		    unanswered_syns(j, j->flows[i]) >= SYNS_IN_VAIN_MIN)
			return true;
	return false;
}

/* What would decide it depends on what is missing: the first that is. */
struct missing {
	bool is;
	const char *what, *advice;
};

/* Another program's SYNs have come some way, and the SYN/ACKs none: then what
 * leaves here is seen, and not what becomes of it. */
static bool is_at_server(const struct judgement *j)
{
	bool seen = false;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_syn_ack(f) || !f->sent_count)
			continue;
		if (as_sent(f->sent[0]) || !as_sent(flow_syn_ack(f)))
			return false;
		seen = true;
	}
	return seen && !j->controlled;
}

static const char *seen_at_server(const struct judgement *j)
{
	if (!is_at_server(j))
		return NULL;
	if (nothing_tried(j))
		return "the SYNs arrive without MPTCP at the server, where the "
		       "capture was made: they were sent so, or the option "
		       "was removed on the path";
	if (j->negotiated)
		return "the server, where the capture was made, answers with "
		       "MP_CAPABLE, and no data with MPTCP follows: that "
		       "option may not arrive at the client, or DSS not here";
	return "SYNs with MP_CAPABLE arrive at the server, where the capture "
	       "was made, and it answers as plain TCP";
}

static void say_undetermined(struct judgement *j)
{
	const char *at_server = seen_at_server(j);
	const char *other = other_version_untried(j);
	const char *unshown = unshown_answers(j), *only = only_with_option(j);
	bool came_back = j->negotiated;
	bool no_data = came_back && !data_sent(j);
	const struct missing list[] = {
		{j->snapped,
		 "the packets were not captured whole (snapped), so that TCP "
		 "options are missing",
		 "Capture all bytes: tcpdump -s 0."},
		{unshown, unshown,
		 "Capture both directions, and from before the connection "
		 "begins: tcpdump -s 0 host ADDRESS."},
		{only, only, "Probe the path: mpprobe HOST."},
		{at_server, at_server,
		 "A capture at the client would decide it; or probe the path: "
		 "mpprobe HOST."},
		{gave_up(j),
		 "SYNs with MP_CAPABLE went unanswered, and the plain SYN "
		 "after them was answered: they were dropped, or lost",
		 "Probe the path: mpprobe HOST."},
		{other, other,
		 "Probe for both versions: mpprobe --mptcp auto HOST."},
		{nothing_tried(j), "no connection with MPTCP was tried",
		 "Probe the path: mpprobe HOST."},
		{came_back && stalls(j),
		 "the server acknowledges data by TCP but not at the MPTCP "
		 "level (DATA_ACK): its mapping is modified where no hop shows "
		 "it, or the server holds it back",
		 NULL},
		{came_back && j->negotiated->mptcp.version == 0,
		 "the server speaks MPTCP v0, which was not proven", NULL},
		{came_back && flow_data_acked(j->negotiated),
		 "the server speaks MPTCP and acknowledges data, but sent none "
		 "of its own that would prove its key",
		 "A port whose server answers data would decide it (-p)."},
		{no_data && syns_in_vain(j),
		 "some SYNs with MP_CAPABLE are answered with it, and some are "
		 "not answered: loss, or one of several paths (load balancing) "
		 "drops them",
		 "Probe again; if loss is high, later."},
		{no_data,
		 "MP_CAPABLE came back, but no data was sent that would prove "
		 "it",
		 "Probe to the end and with data: mpprobe HOST, without "
		 "--sweep-only."},
		{came_back,
		 "MP_CAPABLE came back, but no data was acknowledged at the "
		 "MPTCP level (DATA_ACK)",
		 NULL},
		{answered_next_door(j),
		 "what answers is the next hop: the target itself, or a "
		 "user-mode NAT beside this host that ends TCP",
		 "If the target is not on this link, probe from outside the "
		 "virtual machine or container."},
		{plainly_answered(j, 1),
		 "the server lacks MPTCP, or its option is removed where no "
		 "hop shows it",
		 NULL},
		{true, "too few answers came",
		 "Probe again; if loss is high, later."}};
	const struct missing *m = list;

	while (!m->is)
		m++;
	say(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY, "Undetermined: %s.",
	    m->what);
	j->r->advice = m->advice ? m->advice
				 : "Another port (-p 443), another server, or "
				   "a server known to speak MPTCP on the same "
				   "path (--reference) would decide it.";
}

/* ---- all of them --------------------------------------------------------- */

static bool is_all_that_is_left(const struct judgement *j)
{
	return j;
}

/* The first that applies. None adds a finding. */
static const struct verdict {
	bool (*applies)(const struct judgement *j);
	void (*say)(struct judgement *j);
} verdicts[] = {
	{is_refused, say_refused},
	{is_silent, say_silent},
	{is_blocked, say_blocked},
	{is_impaired, say_impaired},
	{plain_stopped, say_stopped},
	{is_doubted, say_doubted},
	{is_working, say_clear},
	{path_acquitted, say_unsupported},
	{reference_works, say_by_reference},
	{is_all_that_is_left, say_undetermined},
};

void judge_verdict(struct judgement *j)
{
	const struct verdict *v = verdicts;

	while (!v->applies(j))
		v++;
	v->say(j);
}
