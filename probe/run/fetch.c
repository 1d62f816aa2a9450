/* SPDX-License-Identifier: GPL-3.0-or-later
 * Quotes that a finding still needs, fetched at the pace of routers that
 * limit their answers: what is known is judged, each hop that a finding
 * leaves open is asked, and so on.
 */
#include <string.h>
#include <time.h>

#include "probe/net/clock.h"
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/judge/judge.h"
#include "report/rules/rules.h"
#include "report/track/observer.h"

#define TURN_WAIT_US 100000

/* ---- which hops may be asked --------------------------------------------- */

/* When what this hop answered last was sent; 0: it answered nothing within
 * the last second. Segments have the time of the capture. */
static int64_t answered_of_late_us(const struct run *r, unsigned ttl,
				   int64_t now_us)
{
	const struct observer *o = r->to.live->observer;
	int64_t wall_us = clock_us(CLOCK_REALTIME), last_us = 0;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; k < f->quote_count; k++) {
			const struct kept *sent = f->sent[f->quotes[k].sent];

			if (run_sees(r, f) && sent->packet.ip.ttl == ttl &&
			    sent->time_us > last_us)
				last_us = sent->time_us;
		}
	}
	return wall_us - last_us < ROUTER_REST_US ? now_us - (wall_us - last_us)
						  : 0;
}

/* How often a hop was asked; none so far away is. */
static unsigned asks_of(const struct run *r, unsigned ttl)
{
	return ttl < FULL_TTL ? r->fetch.asks[ttl] : 0;
}

/* What is open; and whether it may be asked now: a hop must rest in between.
 * The first time it need not: its first answers may not be spent. */
static bool may_ask(struct run *r, unsigned ttl, bool rested)
{
	struct fetch *f = &r->fetch;
	int64_t at_us, late_us;

	if (ttl >= FULL_TTL || asks_of(r, ttl) == REST_ROUNDS)
		return false;
	at_us = f->asked_us[ttl];
	if (at_us || rested) {
		late_us = answered_of_late_us(r, ttl, f->now_us);
		at_us = (late_us > at_us ? late_us : at_us) + ROUTER_REST_US;
	}
	if (at_us > f->now_us) {
		if (at_us < f->next_us && at_us <= f->until_us)
			f->next_us = at_us;
		return false;
	}
	f->asking |= UINT64_C(1) << ttl;
	return true;
}

/* ---- copies that go farther ---------------------------------------------- */

/* Whether connections without MP_CAPABLE end before those with it: all SYNs
 * that were sent in pairs to find out say so. */
static bool plain_ends(const struct run *r)
{
	unsigned passed = 0;

	for (size_t i = 0; i < r->connection_count; i++) {
		const struct connection *c = r->connections[i];
		bool plain = c->client.purpose == PURPOSE_TCP;

		if (c->copy.ttl != r->reach ||
		    (!plain && c->client.purpose != PURPOSE_MP_CAPABLE))
			continue;
		if (connection_answered(c) != plain)
			return false;
		passed += !plain;
	}
	return passed >= SORTED_TOLD_MIN && run_began(r, sort_start, NULL);
}

/* From which TTL on segments with MPTCP arrive: where connections without it
 * are ended by a device on the path, behind that. No farther than a hop
 * behind the last one that quoted a SYN with MP_CAPABLE. */
static unsigned capable_reach(const struct run *r)
{
	unsigned distance = control_distance(&r->control), reach = r->reach;

	for (unsigned i = 0; i < r->version_count; i++) {
		const struct sweep *w = &r->versions[i].sweep;
		unsigned end = sweep_reach(w);

		if (distance && distance < end)
			end = distance;
		while (end > reach && !sweep_quoted(w, end - 1))
			end--;
		if (end > reach)
			reach = end;
	}
	return reach > r->reach && plain_ends(r) ? reach : r->reach;
}

/* Everything of this version that was swept. */
static void copy_all(struct run *r, struct version *v, unsigned ttl)
{
	struct connection *c = connection_to_copy(v);

	sweep_again(&v->sweep, ttl, true);
	if (run_began(r, copies_start, v)) {
		connection_copy(c, SEGMENT_ACK, ttl);
		connection_copy(c, SEGMENT_DATA, ttl);
	}
	if (run_began(r, join_copies_start, v))
		client_send_syn(&v->join.client, low_copy(ttl));
}

/* Copies went as far as SYNs without MPTCP do: now farther. */
static void fetch_behind_end(struct run *r, unsigned reach)
{
	for (unsigned ttl = r->reach; ttl < reach; ttl++) {
		if (!may_ask(r, ttl, false))
			continue;
		for (unsigned i = 0; i < r->version_count; i++)
			if (run_began(r, mptcp_start, &r->versions[i]))
				copy_all(r, &r->versions[i], ttl);
	}
}

/* ---- what findings leave open -------------------------------------------- */

static struct client *client_of(const struct run *r, const struct flow *f)
{
	for (size_t i = 0; i < r->connection_count; i++)
		if (client_flow(&r->connections[i]->client) == f)
			return &r->connections[i]->client;
	return NULL;
}

/* The same, or the sweep. */
static struct client *sender_of(struct run *r, const struct flow *f)
{
	struct client *c = client_of(r, f);

	for (unsigned i = 0; !c && i < r->version_count; i++)
		if (client_flow(&r->versions[i].sweep.client) == f)
			c = &r->versions[i].sweep.client;
	return c;
}

/* A segment of the kind that a quote is missing of, once more: of this flow,
 * or of the sweep. */
static void send_copy(struct run *r, struct version *v, const struct flow *f,
		      enum segment_kind kind, unsigned ttl)
{
	bool summed = client_flow(&v->summed.client) == f;
	struct client *own = client_of(r, f);

	if (kind == SEGMENT_SYN)
		client_send_syn(flow_swept(f, kind) && own ? own
							   : &v->sweep.client,
				low_copy(ttl));
	else if (kind == SEGMENT_JOIN_SYN)
		client_send_syn(flow_swept(f, kind) && own ? own
							   : &v->join.client,
				low_copy(ttl));
	else if (kind == SEGMENT_JOIN_DATA)
		connection_copy(&v->join, kind, ttl);
	else if (kind == SEGMENT_PURE_ACK)
		ack_copy(v, ttl);
	else if (kind != SEGMENT_DATA || !check_copy(r, f, ttl))
		connection_copy(summed ? &v->summed : &v->bare, kind, ttl);
}

static bool was_swept(const struct run *r, const struct version *v,
		      enum segment_kind kind)
{
	if (kind == SEGMENT_SYN)
		return v->sweep.last != 0;
	if (kind == SEGMENT_JOIN_SYN)
		return v->join.client.to != NULL;
	if (kind == SEGMENT_JOIN_DATA)
		return run_began(r, join_data_start, v);
	if (kind == SEGMENT_PURE_ACK)
		return v->acks_count > 0;
	return (kind == SEGMENT_ACK || kind == SEGMENT_DATA) &&
	       run_began(r, copies_start, v);
}

/* Asks this hop. Returns whether it was asked. */
static bool fetch_segment(struct run *r, unsigned id, enum segment_kind kind,
			  unsigned ttl, bool rested)
{
	const struct flow *f = r->to.live->observer->flows[id - 1];

	for (unsigned i = 0; i < r->version_count; i++) {
		struct version *v = &r->versions[i];

		if (v->number != f->mptcp.version || !was_swept(r, v, kind))
			continue;
		if (!may_ask(r, ttl, rested))
			return false;
		send_copy(r, v, f, kind, ttl);
		return true;
	}
	return false;
}

static bool hop_quotes(const struct report_hop *hop, enum segment_kind kind,
		       unsigned connection)
{
	for (size_t i = 0; i < hop->quote_count; i++)
		if (hop->quotes[i].segment == kind &&
		    hop->quotes[i].connection == connection)
			return true;
	return false;
}

/* A hop that has answered nothing may have spent its answers on another run:
 * it has not rested the first time that it is asked, and has the second. */
#define SILENT_ASKS 2

/* From the hop `ttl` to the last before `end`: those that have not quoted this
 * segment, but others; and where no hop quotes it intact, those that may be
 * silent, too. Data also wants the third ACK of its connection, to tell what
 * shifts.
 */
static void fetch_between(struct run *r, const struct report *report,
			  const struct finding *f, unsigned ttl, unsigned end)
{
	unsigned id = f->connections[0];
	bool placed = f->at.known && f->after.known && f->after.ttl;

	for (; ttl < end && ttl <= report->path_length; ttl++) {
		const struct report_hop *hop = &report->path[ttl - 1];
		enum segment_kind kind = f->segment;

		if (hop->is_target ||
		    (hop->responder_count == 0 &&
		     (placed || asks_of(r, ttl) == SILENT_ASKS)))
			continue;
		if (kind == SEGMENT_DATA && hop_quotes(hop, kind, id))
			kind = SEGMENT_ACK;
		if (!hop_quotes(hop, kind, id))
			fetch_segment(r, id, kind, ttl, false);
	}
}

/* Data at each hop before `end`, once. */
static void fetch_data(struct run *r, const struct finding *f, unsigned end)
{
	for (unsigned ttl = r->settings->first_ttl;
	     ttl < end && r->fetch.judged == 1; ttl++)
		fetch_segment(r, f->connections[0], SEGMENT_DATA, ttl, false);
}

/* Copies of data that was acknowledged with its mapping show a mapping
 * changed: the device begins late, perhaps between two copies. */
static bool begins_late(const struct run *r, const struct finding *f)
{
	const struct flow *flow =
		r->to.live->observer->flows[f->connections[0] - 1];

	return f->segment == SEGMENT_DATA && flow_data_acked(flow) &&
	       strncmp(f->kind->id, "dss.", 4) == 0;
}

/* When the last segment of the kind went out to this hop, on flows of this
 * purpose. */
static int64_t asked_last_us(const struct run *r, enum purpose purpose,
			     enum segment_kind kind, unsigned ttl)
{
	const struct observer *o = r->to.live->observer;
	int64_t last_us = 0;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; f->purpose == purpose && run_sees(r, f) &&
				   k < f->sent_count;
		     k++)
			if (f->sent[k]->kind == kind &&
			    f->sent[k]->packet.ip.ttl == ttl &&
			    f->sent[k]->time_us > last_us)
				last_us = f->sent[k]->time_us;
	}
	return last_us;
}

/* Whether the hop answered what went out behind the last of that: then it had
 * an answer left, and did not get it. */
static bool answered_behind(const struct run *r, const struct flow *of,
			    enum segment_kind kind, unsigned ttl)
{
	const struct observer *o = r->to.live->observer;
	int64_t asked_us = asked_last_us(r, of->purpose, kind, ttl);

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; run_sees(r, f) && k < f->quote_count; k++) {
			const struct kept *sent = f->sent[f->quotes[k].sent];

			if (sent->packet.ip.ttl == ttl &&
			    sent->time_us > asked_us)
				return true;
		}
	}
	return false;
}

static bool vanishes(const struct finding *f)
{
	return strcmp(strchr(f->kind->id, '.'), ".dropped") == 0 ||
	       strcmp(f->kind->id, "ip.too_big_dropped") == 0 ||
	       strcmp(f->kind->id, "dss.reset") == 0 ||
	       strncmp(f->rule->row, "way", 3) == 0;
}

/* A drop is placed by what is quoted and what is not: the segment once more at
 * the hop that seems to be the first without it, and behind it a plain SYN: if
 * that is answered, the hop's answers were not spent. If not, once more when
 * the hop has had time to rest. */
static void fetch_drop(struct run *r, const struct finding *f, unsigned reach)
{
	const unsigned id = f->connections[0];
	const uint64_t bit = UINT64_C(1) << (f->at.ttl & 63);
	const struct flow *flow = r->to.live->observer->flows[id - 1];

	if (!vanishes(f) || !f->at.known || f->at.ttl >= reach ||
	    r->fetch.drops & bit)
		return;
	if (r->fetch.beside & bit &&
	    answered_behind(r, flow, f->segment, f->at.ttl)) {
		r->fetch.drops |= bit;
	} else if (r->fetch.beside & bit || !r->plain.last) {
		if (fetch_segment(r, id, f->segment, f->at.ttl, true))
			r->fetch.drops |= bit;
	} else if (fetch_segment(r, id, f->segment, f->at.ttl, false)) {
		sweep_again(&r->plain, f->at.ttl, true);
		r->fetch.beside |= bit;
	}
}

void spend(struct client *c)
{
	for (unsigned i = 0; i < BURST_SYNS; i++)
		client_send_syn(c, COPY_FULL);
}

static bool quoted_again(const struct flow *f, enum segment_kind kind,
			 unsigned ttl)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *k = f->sent[f->quotes[i].sent];

		count += k->kind == kind && k->packet.ip.ttl == ttl;
	}
	return count > 1;
}

/* A hop that quotes the option as sent, right before one that does not: once
 * more, behind so many SYNs that a device which lets some pass has none to
 * spare, whatever it gained since it did. */
static void fetch_intact(struct run *r, const struct finding *f)
{
	bool syn = f->segment == SEGMENT_SYN || f->segment == SEGMENT_JOIN_SYN;
	unsigned id = f->connections[0], ttl = f->after.ttl;
	const struct flow *flow = r->to.live->observer->flows[id - 1];
	struct client *c = sender_of(r, flow);
	uint64_t bit = UINT64_C(1) << (ttl & 63), *asked;

	if (!syn || !strstr(f->kind->id, ".removed") || !f->at.known || !ttl ||
	    ttl >= FULL_TTL)
		return;
	asked = r->fetch.intact & bit ? &r->fetch.rested : &r->fetch.intact;
	if (*asked & bit || quoted_again(flow, f->segment, ttl) ||
	    !may_ask(r, ttl, false))
		return;
	if (c)
		spend(c);
	if (fetch_segment(r, id, f->segment, ttl, false))
		*asked |= bit;
}

/* The server's data was changed, perhaps in its length: then our later
 * acknowledgments are shifted, and copies of data show where. */
static bool shifts(const struct finding *f)
{
	return strcmp(f->kind->id, "payload.modified") == 0;
}

static void fetch_finding(struct run *r, const struct report *report,
			  const struct finding *f, unsigned reach)
{
	if (f->connection_count == 0)
		return;
	if (f->direction == DIRECTION_RETURN) {
		if (shifts(f))
			fetch_data(r, f, reach);
	} else if (f->at.known && f->after.known) {
		fetch_between(r, report, f, f->after.ttl + 1, f->at.ttl);
		if (begins_late(r, f))
			fetch_data(r, f, f->after.ttl + 1);
	} else {
		fetch_between(r, report, f, r->settings->first_ttl, reach);
	}
	fetch_drop(r, f, reach);
	fetch_intact(r, f);
}

/* ---- what else is open --------------------------------------------------- */

/* Without the last hop's quote the server cannot be held responsible; where
 * some connections come to be plain TCP, one quote may be of those that do not.
 * A hop that never answered anything may be limited, but not for ever. */
static void fetch_last_hop(struct run *r, const struct report *report)
{
	unsigned last = r->reach - 1;

	if (r->reach < 2 ||
	    (asks_of(r, last) > 1 && last <= report->path_length &&
	     report->path[last - 1].responder_count == 0))
		return;
	for (unsigned i = 0; i < r->version_count; i++) {
		const struct version *v = &r->versions[i];
		struct sweep *w = &r->versions[i].sweep;

		if (w->last && last >= w->first &&
		    (!sweep_quoted(w, last) || some_plain(r, v)) &&
		    may_ask(r, last, false)) {
			spend(&w->client);
			sweep_again(w, last, true);
		}
	}
}

/* The server refused our third ACK of the MP_JOIN, and not for a limit of its
 * own. */
static bool join_ack_refused(const struct version *v)
{
	const struct flow *f = client_flow(&v->join.client);
	const struct kept *reset = f ? flow_reset(f) : NULL;
	const struct mptcp_option *why =
		reset ? tcp_options_mptcp(&reset->options, MP_TCPRST) : NULL;

	return reset && f->join.hmac == KNOWN_YES && f->join.ack_sent &&
	       !f->join.fourth_ack_frame &&
	       (!why || why->tcprst.reason != TCPRST_PROHIBITED);
}

/* Its HMAC may have been changed on the way, or taken out. */
static void fetch_join_ack(struct run *r, struct version *v, unsigned reach)
{
	if (!join_ack_refused(v))
		return;
	for (unsigned ttl = r->settings->first_ttl; ttl < reach; ttl++)
		if (!flow_quote(client_flow(&v->join.client), SEGMENT_JOIN_ACK,
				ttl) &&
		    may_ask(r, ttl, false))
			client_send_third_ack(&v->join.client, low_copy(ttl));
}

/* ---- the experiment ------------------------------------------------------ */

static struct judge_target run_target(const struct run *r)
{
	struct judge_target target = {.address = r->to.target,
				      .port = r->to.port};

	if (r->to.several)
		target.source = r->to.source;
	return target;
}

static void fetch_open(struct run *r, unsigned reach)
{
	struct judge_target target = run_target(r);
	struct report *report = judge(r->to.live->observer, &target);
	struct fetch *f = &r->fetch;

	f->judged++;
	for (size_t i = 0; i < report->finding_count; i++)
		fetch_finding(r, report, &report->findings[i], reach);
	for (unsigned i = 0; i < r->version_count; i++)
		fetch_join_ack(r, &r->versions[i], reach);
	if (!f->asking && f->next_us == NEVER && !r->settings->sweep_only &&
	    report->status == STATUS_UNDETERMINED)
		fetch_last_hop(r, report);
	report_free(report);
}

/* What is open is asked for; r->fetch.next_us tells what cannot be yet. */
static void ask(struct run *r)
{
	struct fetch *f = &r->fetch;
	unsigned reach = capable_reach(r);

	f->asking = 0;
	f->next_us = NEVER;
	if (!f->behind)
		fetch_behind_end(r, reach);
	f->behind = true;
	if (!f->asking) /* else the findings come next */
		fetch_open(r, reach);
	for (unsigned ttl = 0; ttl < FULL_TTL; ttl++) {
		if (!(f->asking >> ttl & 1))
			continue;
		f->asks[ttl]++;
		f->asked_us[ttl] = f->now_us;
	}
}

int64_t fetch_step(struct run *r, struct version *v, int64_t now_us)
{
	struct fetch *f = &r->fetch;

	(void)v;
	if (r->shared->fetcher && r->shared->fetcher != r)
		return now_us + TURN_WAIT_US;
	if (now_us < f->at_us)
		return f->at_us;
	f->now_us = now_us;
	if (!f->until_us)
		f->until_us = now_us + REST_ROUNDS * ROUTER_REST_US;
	ask(r);
	f->at_us = f->asking ? now_us + quote_wait_us(&r->to) : f->next_us;
	r->shared->fetcher = f->at_us == NEVER ? NULL : r;
	return f->at_us == NEVER ? OVER : f->at_us;
}
