/* SPDX-License-Identifier: GPL-3.0-or-later
 * The verdict: the first of a list of cases that applies (ARCHITECTURE.md,
 * "The verdict").
 */
#include "report/verdict/verdict.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

void say_verdict(struct judgement *j, enum status status,
		 enum confidence confidence, const char *format, ...)
{
	va_list list;

	j->r->status = status;
	j->r->confidence = confidence;
	va_start(list, format);
	j->r->verdict = arena_vprintf(j->arena, format, list);
	va_end(list);
}

/* Hosts send a SYN again after a second: where another program's was not, the
 * capture may lack its answer. */
bool had_time_to_answer(const struct judgement *j)
{
	unsigned syns = j->controlled ? 1 : SYNS_IN_VAIN_MIN;

	for (size_t i = 0; i < j->flow_count; i++)
		if (!flow_joins(j->flows[i]) &&
		    unanswered_syns(j, j->flows[i]) >= syns)
			return true;
	return false;
}

/* How many hops away who answers SYNs by a RST is, if all come from as far; or
 * 0. */
static unsigned refused_from(const struct judgement *j)
{
	unsigned hops = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct kept *k = flow_reset(j->flows[i]);

		if (!k || flow_joins(j->flows[i]))
			continue;
		if (hops && hops != 1 + hops_back(k->packet.ip.ttl))
			return 0;
		hops = 1 + hops_back(k->packet.ip.ttl);
	}
	return hops;
}

/* The farthest hop that quotes a SYN, if it is behind that; or NULL. */
static const struct view *quoted_behind(const struct judgement *j,
					unsigned hops)
{
	const struct view *far = NULL;

	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->flow->protocol == IPPROTO_TCP && v->ttl > hops &&
		    (!far || v->ttl > far->ttl))
			far = v;
	}
	return far;
}

/* How far the target is by its own answers; or, at least, by those of a hop
 * before it. Unknown: 0. */
static unsigned target_from(const struct judgement *j, const struct view *hop)
{
	unsigned reply = control_reply_ttl(j);

	if (reply)
		return 1 + hops_back(reply);
	return hop ? 2 + hops_back(hop->quote->reply_ttl) : 0;
}

/* The RSTs come over fewer hops than the target's own answers, and no hop
 * behind who sends them quoted any SYN: how many, or 0. */
static unsigned refused_before(const struct judgement *j)
{
	unsigned hops = refused_from(j);

	return hops && !quoted_behind(j, hops) &&
			       hops + HOPS_FEWER_MIN <= target_from(j, NULL)
		       ? hops
		       : 0;
}

static void say_refused(struct judgement *j)
{
	unsigned before = refused_before(j);
	const char *text = arena_address(j->arena, &j->r->target);

	if (before)
		say_verdict(j, STATUS_UNREACHABLE, CONFIDENCE_LIKELY,
			    "TCP to port %u of %s is refused by a device "
			    "before it: "
			    "RSTs come from %u hop%s away, the target's own "
			    "answers "
			    "from %u. So MPTCP could not be tested.",
			    j->r->port, text, before, before == 1 ? "" : "s",
			    1 + hops_back(control_reply_ttl(j)));
	else
		say_verdict(j, STATUS_UNREACHABLE, CONFIDENCE_PROVEN,
			    "Port %u of %s is closed: TCP connections are "
			    "refused, so "
			    "MPTCP could not be tested.",
			    j->r->port, text);
	j->r->advice = "Probe a port that is open (-p).";
}

static bool is_refused(const struct judgement *j)
{
	return j->tcp_tried && j->tcp_refused && !j->unshown;
}

/* The hop that shows that SYNs pass who refuses the others; or NULL. */
static const struct view *passes_some(const struct judgement *j)
{
	unsigned hops = refused_from(j);
	const struct view *v = hops ? quoted_behind(j, hops) : NULL;

	return v && hops + HOPS_FEWER_MIN <= target_from(j, v) ? v : NULL;
}

static bool is_refused_in_part(const struct judgement *j)
{
	return is_refused(j) && passes_some(j);
}

static void say_refused_in_part(struct judgement *j)
{
	unsigned hops = refused_from(j);

	say_verdict(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
		    "Undetermined: TCP to port %u of %s is refused by a device "
		    "before it, but some SYNs pass: RSTs come from %u hop%s "
		    "away, and hop %u quotes a SYN. It limits how many there "
		    "may be, or is on one of several paths.",
		    j->r->port, arena_address(j->arena, &j->r->target), hops,
		    hops == 1 ? "" : "s", passes_some(j)->ttl);
	j->r->advice = "Wait a minute and probe again.";
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
	bool pass = j->r->vantage == VANTAGE_PATH;
	const char *why =
		q      ? arena_printf(j->arena, " (%s answers that %s)",
				      arena_address(j->arena, &q->responder),
				      refusal_phrase(q))
		: pass ? " where the capture was made, between client and "
			 "server"
		       : " at all";

	say_verdict(
		j, STATUS_UNREACHABLE,
		pass && !q ? CONFIDENCE_LIKELY : CONFIDENCE_PROVEN,
		"Port %u of %s does not answer TCP%s, so MPTCP could not be "
		"tested.",
		j->r->port, arena_address(j->arena, &j->r->target), why);
	j->r->advice = "Check the address and the port, or probe another port "
		       "(-p).";
}

/* ---- findings ------------------------------------------------------------ */

/* Whether it holds though plain TCP has stopped to work. What answers and
 * silence say is not believed any more then; what hops quote is, and numbers
 * that were checked. A server that refuses drops nothing before itself. */
static bool stands(const struct judgement *j, const struct finding *f,
		   const struct flow *stopped)
{
	bool before = f->direction == DIRECTION_FORWARD && f->at.known &&
		      f->at.ttl < j->plain_reach;

	return !stopped || f->rule->phase == PHASE_QUOTES || f->rule->stands ||
	       (before && flow_reset(stopped));
}

/* The first finding with this effect: the headline. */
static const struct finding *headline(const struct judgement *j,
				      enum effect effect)
{
	const struct flow *stopped = plain_stopped(j);

	for (size_t i = 0; i < j->r->finding_count; i++) {
		const struct finding *f = &j->r->findings[i];

		if (f->effect == effect && stands(j, f, stopped))
			return f;
	}
	return NULL;
}

/* Another place shows MPTCP in what the client sent. */
static bool tried_before(const struct judgement *j)
{
	for (size_t i = 0; i < j->pair_count; i++)
		if (!j->pairs[i].side && j->pairs[i].left->options.mptcp_count)
			return true;
	return false;
}

bool nothing_tried(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (!flow_is(j->flows[i], PURPOSE_TCP) &&
		    !flow_is(j->flows[i], PURPOSE_UNKNOWN_OPTION))
			return false;
	return !tried_before(j);
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

	if (f->segment == SEGMENT_ACK &&
	    strcmp(f->kind->id, "mp_capable.dropped") == 0)
		return "What it costs: clients wait, and do not fall back to "
		       "TCP.";
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

	say_verdict(j, STATUS_BLOCKED, f->confidence,
		    f->or_server ? "MPTCP does not work here: %s"
				 : "MPTCP is blocked on this path: %s",
		    f->text);
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
	return j->taking && headline(j, EFFECT_IMPAIRS);
}

static void say_impaired(struct judgement *j)
{
	const struct finding *f = headline(j, EFFECT_IMPAIRS);
	const char *doubt = target_doubt(j);

	if (strcmp(f->kind->id, "tcp.terminated") == 0)
		doubt = NULL; /* that says it */
	say_verdict(j, STATUS_IMPAIRED, f->confidence,
		    "MPTCP v%u works on this path, but only in part: %s%s%s",
		    j->taking->mptcp.version, f->text,
		    doubt ? arena_printf(j->arena, " But %s.", doubt) : "",
		    j->working ? "" : " No data of the server's own came.");
}

static void say_stopped(struct judgement *j)
{
	say_verdict(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
		    "Undetermined: plain TCP worked at first and then stopped "
		    "working, "
		    "so what failed in between may not be due to MPTCP.");
	j->r->advice = "The server or a firewall may limit connections: wait a "
		       "minute and probe again.";
}

static bool is_unasked(const struct judgement *j)
{
	return j->unasked;
}

static void say_unasked(struct judgement *j)
{
	say_verdict(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
		    "Undetermined: connections without MPTCP are answered with "
		    "MPTCP options. The server, or a device before it, is "
		    "broken, so that its options say nothing.");
	j->r->advice = "Another port (-p) may be served by something else.";
}

static bool is_stopped(const struct judgement *j)
{
	return plain_stopped(j) != NULL;
}

static bool is_working(const struct judgement *j)
{
	return j->working;
}

/* ---- MPTCP does not come back -------------------------------------------- */

/* What speaks MPTCP behind the same last hop clears that of stripping the
 * option from all; a device right before the server may act on this port alone.
 */
static const char *who_answers(struct judgement *j)
{
	unsigned reach = j->capable_reach ? j->capable_reach : j->plain_reach;

	if (j->distance != reach)
		return "the server, or a device right before it, answers as "
		       "plain TCP, and the option arrives intact at the last "
		       "hop (the distance could not be confirmed)";
	if (!j->speaks_behind)
		return "the server, or a device right before it, answers as "
		       "plain TCP, and the option arrives intact at the last "
		       "hop";
	return arena_printf(j->arena,
			    "the server, or a device right before it that acts "
			    "on this port only, answers as plain TCP. The "
			    "option arrives intact at the last hop, and %s, "
			    "behind the same hop, speaks it",
			    j->speaks_behind);
}

static void say_unsupported(struct judgement *j)
{
	say_verdict(j, STATUS_UNSUPPORTED, CONFIDENCE_LIKELY,
		    "Port %u does not speak MPTCP: %s.%s", j->r->port,
		    who_answers(j),
		    token_ends_before(j)
			    ? " An MP_JOIN with an unknown token, which would "
			      "tell more, does not get there."
			    : "");
	j->r->advice =
		j->speaks_behind
			? "A capture on the server shows whether the option "
			  "arrives there."
			: "That hop itself, or a device between it and the "
			  "server, would look the same: ask who runs them, or "
			  "capture on the server. Another port, or a reference "
			  "server behind the same hop, that speaks MPTCP (-p, "
			  "--reference) would clear that hop.";
}

static bool reference_works(const struct judgement *j)
{
	return j->reference == REFERENCE_WORKS;
}

static void say_by_reference(struct judgement *j)
{
	say_verdict(
		j, STATUS_UNSUPPORTED, CONFIDENCE_LIKELY,
		"The server does not speak MPTCP on port %u: a reference "
		"server "
		"(%s) does from here, and no hop is seen to remove the option.",
		j->r->port, j->reference_name);
	j->r->advice = "A device that only the path to this server or port has "
		       "would look the same.";
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
	{is_refused_in_part, say_refused_in_part},
	{is_refused, say_refused},
	{is_silent, say_silent},
	{is_blocked, say_blocked},
	{is_impaired, say_impaired},
	{is_unasked, say_unasked},
	{is_stopped, say_stopped},
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
