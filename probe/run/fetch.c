/* SPDX-License-Identifier: GPL-3.0-or-later
 * Quotes that a finding still needs, fetched at the pace of routers that
 * limit their answers.
 */
#include <string.h>
#include <time.h>

#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/judge.h"
#include "report/track/observer.h"

#define PROHIBITED 3 /* reason of a MP_TCPRST (RFC 8684 3.6) */

/* Whether connections without MP_CAPABLE end before those with it: all SYNs
 * that were sent in pairs to find out say so. */
static bool plain_ends(const struct run *p, unsigned reach)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < p->syn_count && p->sorted; i++) {
		const struct syn *l = &p->syns[i];
		bool plain = l->client.purpose == PURPOSE_TCP;

		if (l->copy.ttl != reach ||
		    (!plain && l->client.purpose != PURPOSE_MP_CAPABLE))
			continue;
		if (syn_answered(l) != plain)
			return false;
		passed += !plain;
	}
	return passed >= SORTED_TOLD_MIN;
}

/* From which TTL on segments with MPTCP arrive: where connections without it
 * are ended by a device on the path, behind that. No farther than a hop
 * behind the last one that quoted a SYN with MP_CAPABLE. */
static unsigned fetch_reach(const struct run *p)
{
	unsigned plain = run_reach(p), reach = plain;
	unsigned distance = control_distance(&p->control);

	for (unsigned i = 0; i < p->attempt_count; i++) {
		const struct sweep *w = &p->attempts[i].sweep;
		unsigned end = sweep_reach(w);

		if (distance && distance < end)
			end = distance;
		while (end > reach && !sweep_quoted(w, end - 1))
			end--;
		if (end > reach)
			reach = end;
	}
	return reach > plain && plain_ends(p, plain) ? reach : plain;
}

/* Copies went as far as SYNs without MPTCP do: now farther. */
static unsigned fetch_behind_end(struct run *p, unsigned reach)
{
	unsigned first = run_reach(p), sent = 0;

	if (p->behind_fetched)
		return 0;
	p->behind_fetched = true;
	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct attempt *a = &p->attempts[i];
		struct connection *d = run_connection_to_copy(a);

		for (unsigned ttl = first; ttl < reach && a->started; ttl++) {
			sent += sweep_again(&a->sweep, ttl, true);
			if (a->ack_swept) {
				sent += connection_copy(d, SEGMENT_ACK,
							(uint8_t)ttl);
				sent += connection_copy(d, SEGMENT_DATA,
							(uint8_t)ttl);
			}
			if (a->join_swept)
				sent += client_send_syn(
					&a->join.client,
					(struct copy){(uint8_t)ttl, true,
						      false});
		}
	}
	return sent;
}

/* A segment of the kind that a quote is missing of, once more: from the flow
 * that the report names where copies of it were swept, else from the sweep of
 * the same version. */
static bool fetch_segment(struct run *p, unsigned id, enum segment_kind kind,
			  unsigned ttl)
{
	const struct flow *f = p->live->observer->flows[id - 1];
	struct copy copy = {(uint8_t)ttl, true, false};

	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct attempt *a = &p->attempts[i];
		bool summed = client_flow(&a->summed.client) == f;

		if (!a->started || a->version != f->mptcp.version)
			continue;
		if (kind == SEGMENT_SYN && a->sweep.last)
			return client_send_syn(&a->sweep.client, copy);
		if (kind == SEGMENT_JOIN_SYN && a->joined)
			return client_send_syn(&a->join.client, copy);
		if ((kind == SEGMENT_ACK || kind == SEGMENT_DATA) &&
		    a->ack_swept)
			return connection_copy(summed ? &a->summed : &a->bare,
					       kind, (uint8_t)ttl);
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

/* The hops within a bracket that answered others, but not this segment. */
static unsigned fetch_bracket(struct run *p, const struct report *r,
			      const struct finding *f)
{
	unsigned sent = 0;

	for (unsigned ttl = f->after.ttl + 1;
	     ttl < f->at.ttl && ttl <= r->path_length; ttl++)
		if (r->path[ttl - 1].responder_count > 0 &&
		    !r->path[ttl - 1].is_target)
			sent += fetch_segment(p, f->connections[0], f->segment,
					      ttl);
	return sent;
}

/* Nothing places it yet: all hops that answered others, but not this segment;
 * data also wants the third ACK of its connection, to tell what shifts. */
static unsigned fetch_place(struct run *p, const struct report *r,
			    const struct finding *f, unsigned reach)
{
	unsigned sent = 0;

	for (unsigned ttl = p->options->first_ttl;
	     ttl < reach && ttl <= r->path_length; ttl++) {
		const struct report_hop *hop = &r->path[ttl - 1];
		enum segment_kind kind = f->segment;
		unsigned id = f->connections[0];

		if (hop->responder_count == 0 || hop->is_target)
			continue;
		if (kind == SEGMENT_DATA && hop_quotes(hop, kind, id))
			kind = SEGMENT_ACK;
		if (!hop_quotes(hop, kind, id))
			sent += fetch_segment(p, id, kind, ttl);
	}
	return sent;
}

/* Copies of data that was acknowledged with its mapping show a mapping
 * changed: the device begins late, perhaps between two copies. The hops before
 * are asked once more. */
static unsigned fetch_again(struct run *p, const struct finding *f)
{
	const struct flow *flow;
	unsigned sent = 0;

	if (f->segment != SEGMENT_DATA || p->fetches > 1 ||
	    strncmp(f->kind->id, "dss.", 4) != 0)
		return 0;
	flow = p->live->observer->flows[f->connections[0] - 1];
	if (!flow->mptcp.has_data_ack)
		return 0;
	for (unsigned ttl = p->options->first_ttl; ttl <= f->after.ttl; ttl++)
		sent += fetch_segment(p, f->connections[0], f->segment, ttl);
	return sent;
}

static unsigned fetch_finding(struct run *p, const struct report *r,
			      const struct finding *f, unsigned reach)
{
	if (f->connection_count == 0 || f->direction == DIRECTION_RETURN)
		return 0;
	return f->at.known && f->after.known
		       ? fetch_bracket(p, r, f) + fetch_again(p, f)
		       : fetch_place(p, r, f, reach);
}

/* Whether this hop answered what was sent within the last second: what it may
 * answer may be spent. Segments have the time of the capture. */
static bool answered_of_late(const struct run *p, unsigned ttl)
{
	const struct observer *o = p->live->observer;
	struct timespec now;
	int64_t since_us;

	clock_gettime(CLOCK_REALTIME, &now);
	since_us = ((int64_t)now.tv_sec - 1) * 1000000 + now.tv_nsec / 1000;
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; k < f->quote_count; k++) {
			const struct kept *sent = f->sent[f->quotes[k].sent];

			if (sent->time_us > since_us &&
			    sent->packet.ip.ttl == ttl)
				return true;
		}
	}
	return false;
}

/* A drop is placed by what is quoted and what is not: the SYN with the
 * option once more at the hop that seems to be the first without it, when
 * that has had time to rest; each hop once. */
static unsigned fetch_drop(struct run *p, const struct finding *f,
			   unsigned reach)
{
	bool vanishes = strcmp(strchr(f->kind->id, '.'), ".dropped") == 0 ||
			strcmp(f->kind->id, "dss.reset") == 0;

	if (!vanishes || !f->at.known || f->at.ttl >= reach ||
	    p->drops_asked >> f->at.ttl & 1)
		return 0;
	if (p->fetches < REST_ROUNDS && answered_of_late(p, f->at.ttl))
		return 1; /* nothing is sent, but waited for */
	p->drops_asking |= UINT64_C(1) << f->at.ttl;
	return fetch_segment(p, f->connections[0], f->segment, f->at.ttl);
}

/* Without the last hop's quote the server cannot be held responsible. A hop
 * that never answered anything may be limited, but not for ever. */
static unsigned fetch_last_hop(struct run *p, const struct report *r)
{
	unsigned reach = run_reach(p);
	unsigned sent = 0;

	if (p->fetches > 2 && reach > 1 && reach - 1 <= r->path_length &&
	    r->path[reach - 2].responder_count == 0)
		return 0;

	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct sweep *w = &p->attempts[i].sweep;

		if (reach > 1 && w->last && !sweep_quoted(w, reach - 1) &&
		    reach - 1 >= w->first)
			sent += sweep_again(w, reach - 1, true);
	}
	return sent;
}

/* The server's data was changed, perhaps in its length: then our later
 * acknowledgments are shifted, and copies of data show where. */
static unsigned fetch_behind_answer(struct run *p, const struct finding *f,
				    unsigned reach)
{
	unsigned sent = 0;

	if (strcmp(f->kind->id, "payload.modified") != 0 ||
	    f->direction != DIRECTION_RETURN || f->connection_count == 0 ||
	    p->fetches > 1)
		return 0;
	for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
		sent += fetch_segment(p, f->connections[0], SEGMENT_DATA, ttl);
	return sent;
}

/* The server refused our third ACK of the MP_JOIN, and not for a limit of its
 * own. */
static bool join_ack_refused(const struct attempt *a)
{
	const struct flow *f = a->joined ? client_flow(&a->join.client) : NULL;
	const struct kept *reset = f ? flow_reset(f) : NULL;
	const struct mptcp_option *why =
		reset ? tcp_options_mptcp(&reset->options, MP_TCPRST) : NULL;

	return reset && f->join.hmac == KNOWN_YES && f->join.ack_sent &&
	       !f->join.fourth_ack_frame &&
	       (!why || why->tcprst.reason != PROHIBITED);
}

/* Its HMAC may have been changed on the way, or taken out. */
static unsigned fetch_join_ack(struct run *p, unsigned reach)
{
	unsigned sent = 0;

	for (unsigned i = 0; i < p->attempt_count; i++) {
		struct attempt *a = &p->attempts[i];

		if (!join_ack_refused(a))
			continue;
		for (unsigned ttl = p->options->first_ttl; ttl < reach; ttl++)
			if (!flow_quote(client_flow(&a->join.client),
					SEGMENT_JOIN_ACK, ttl))
				sent += client_send_third_ack(
					&a->join.client,
					(struct copy){(uint8_t)ttl, true,
						      false});
	}
	return sent;
}

static unsigned fetch_quotes(struct run *p)
{
	struct judge_target target = {p->to.target, p->to.port};
	struct report *r = judge(p->live->observer, &target);
	unsigned reach = fetch_reach(p);
	unsigned sent = 0, behind = fetch_behind_end(p, reach);

	p->drops_asked |= p->drops_asking;
	p->drops_asking = 0;
	for (size_t i = 0; i < r->finding_count && !behind; i++) {
		sent += fetch_finding(p, r, &r->findings[i], reach);
		sent += fetch_drop(p, &r->findings[i], reach);
		sent += fetch_behind_answer(p, &r->findings[i], reach);
	}
	if (behind)
		p->fetches--; /* the findings come next */
	else
		sent += fetch_join_ack(p, reach);
	if (!sent && !behind && r->status == STATUS_UNDETERMINED &&
	    !p->options->sweep_only)
		sent += fetch_last_hop(p, r);
	report_free(r);
	return sent + behind;
}

/* What is still missing for a bracket is fetched at the pace of routers
 * that limit their answers. False: nothing (more) is. */
bool run_step_fetch(struct run *p, int64_t now_us, int64_t *wake)
{
	if (!run_sweeping(p))
		return false;
	if (p->shared->fetcher && p->shared->fetcher != p)
		return true; /* the routers answer one a second */
	if (p->fetch_at_us == 0 && p->fetches < REST_ROUNDS) {
		p->fetch_at_us = now_us;
		p->fetches++;
		if (fetch_quotes(p) > 0) {
			p->shared->fetcher = p;
			p->fetch_at_us = now_us + ROUTER_REST_US;
		} else {
			p->shared->fetcher = NULL;
			p->fetches = REST_ROUNDS;
			p->fetch_at_us = 0;
			return false;
		}
	}
	if (p->fetch_at_us > now_us) {
		*wake = p->fetch_at_us < *wake ? p->fetch_at_us : *wake;
		return true;
	}
	p->fetch_at_us = 0;
	p->shared->fetcher = NULL;
	return p->fetches < REST_ROUNDS;
}
