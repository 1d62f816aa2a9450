/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/judge/judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/judge/others.h"
#include "report/rules/rules.h"

struct candidate {
	struct judge_target target;
	size_t order; /* of its first SYN */
};

static int by_order(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static int by_target(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	const struct address *p = &x->target.address, *q = &y->target.address;
	int order = memcmp(p->bytes, q->bytes, sizeof(p->bytes));

	if (order == 0)
		order = p->family - q->family;
	if (order == 0)
		order = x->target.port - y->target.port;
	if (order == 0)
		order = memcmp(&x->target.source, &y->target.source,
			       sizeof(x->target.source));
	return order ? order : by_order(a, b);
}

static bool same_target(const struct candidate *a, const struct candidate *b)
{
	return a->target.port == b->target.port &&
	       address_equal(&a->target.address, &b->target.address) &&
	       address_equal(&a->target.source, &b->target.source);
}

/* Where a run had several uplinks, who else sent SYNs there does not count. */
static bool is_replaced(const struct candidate *a, const struct candidate *b)
{
	return a->target.port == b->target.port && !a->target.source.family &&
	       b->target.source.family &&
	       address_equal(&a->target.address, &b->target.address);
}

/* Of a subflow that joins a connection to another address or port, that one
 * is the target, also where the server joins it from there; if the connection
 * is not in the capture, nothing is. */
static bool joins_elsewhere(const struct observer *o, const struct flow *f)
{
	const struct flow *parent;
	unsigned host;

	if (f->join.parent < 0)
		return f->join.syn_ack ||
		       (f->join.syn &&
			mptcp_by_token(&o->connections, f->join.token, &host) &&
			host == 0);
	parent = o->flows[f->join.parent];
	return f->server_port != parent->server_port ||
	       !address_equal(&f->server, &parent->server);
}

/* A subflow of a connection to elsewhere that was to join it at the address and
 * port to which this one goes; or NULL. */
static const struct flow *joined_there(const struct observer *o,
				       const struct flow *f)
{
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *join = o->flows[i];

		if (join->join.parent >= 0 && joins_elsewhere(o, join) &&
		    join->server_port == f->server_port &&
		    address_equal(&join->server, &f->server))
			return join;
	}
	return NULL;
}

/* The addresses that mpprobe probed from. Anybody can send what looks like its
 * controls, but not have a client send SYNs like its own: these have their TTL
 * in the timestamp, and those of a sweep have small ones. */
#define PROBERS_MAX 16
struct probers {
	struct address list[PROBERS_MAX];
	size_t count;
};

static bool is_prober(const struct probers *p, const struct address *a)
{
	for (size_t i = 0; i < p->count; i++)
		if (address_equal(&p->list[i], a))
			return true;
	return false;
}

static bool is_probe(const struct flow *f, unsigned ttl_max)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (kept_is_syn(k) && k->packet.ip.ttl <= ttl_max &&
		    kept_names_ttl(k))
			return true;
	}
	return false;
}

/* Without a sweep controls only mark references. */
static struct probers probers_of(const struct observer *o)
{
	struct probers p = {0};
	unsigned ttl_max = 0;

	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i]->purpose == PURPOSE_CONTROL)
			ttl_max = o->flows[i]->reference_port ||
						  o->flows[i]->uplink ||
						  ttl_max == 255
					  ? 255
					  : SWEEP_TTL_MAX;
	for (size_t i = 0; i < o->flow_count && ttl_max; i++) {
		const struct flow *f = o->flows[i];

		if (f->protocol == IPPROTO_TCP && p.count < PROBERS_MAX &&
		    !is_prober(&p, &f->client) && is_probe(f, ttl_max))
			p.list[p.count++] = f->client;
	}
	return p;
}

/* A SYN to the prober, or against a connection: forged, or another matter. */
static bool is_counter_syn(const struct observer *o, const struct probers *p,
			   const struct flow *f)
{
	return !f->syn_ack_seen &&
	       (is_prober(p, &f->server) ||
		observer_flow(o, &f->server, f->server_port, &f->client,
			      f->client_port, IPPROTO_TCP));
}

/* A plain SYN of the prober to where it joins a connection to elsewhere. */
static bool is_join_control(const struct observer *o, const struct probers *p,
			    const struct flow *f)
{
	return f->purpose == PURPOSE_TCP && is_prober(p, &f->client) &&
	       joined_there(o, f) != NULL;
}

/* One of the uplinks of a run that had several. */
static bool is_uplink(const struct observer *o, const struct probers *p,
		      const struct address *a)
{
	for (size_t i = 0; i < o->flow_count && is_prober(p, a); i++)
		if (o->flows[i]->uplink &&
		    address_equal(&o->flows[i]->client, a))
			return true;
	return false;
}

/* A subflow of one uplink that joins a connection of another. */
static bool joins_across(const struct observer *o, const struct flow *f)
{
	return f->join.parent >= 0 &&
	       !address_equal(&o->flows[f->join.parent]->client, &f->client);
}

/* What is judged of this target: of a run of several uplinks what came from one
 * of them, and other flows are as forgotten. */
static const struct observer *look_from(const struct observer *o,
					struct arena *arena,
					const struct address *source)
{
	struct observer *view;

	if (!source->family)
		return o;
	view = arena_alloc(arena, sizeof(*view));
	*view = *o;
	view->flows =
		arena_alloc(arena, (o->flow_count + 1) * sizeof(struct flow *));
	for (size_t i = 0; i < o->flow_count; i++)
		view->flows[i] = address_equal(&o->flows[i]->client, source) &&
						 !joins_across(o, o->flows[i])
					 ? o->flows[i]
					 : o->forgotten;
	return view;
}

static struct address uplink_of(const struct observer *o,
				const struct probers *p, const struct flow *f)
{
	return is_uplink(o, p, &f->client) ? f->client : (struct address){0};
}

size_t judge_targets(const struct observer *o, struct judge_target *out,
		     size_t capacity)
{
	struct arena *arena = arena_new();
	struct candidate *all =
		arena_alloc(arena, (o->flow_count + 1) * sizeof(*all));
	struct probers probers = probers_of(o);
	size_t flows = 0, count = 0;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		if (f->protocol == IPPROTO_TCP && !joins_elsewhere(o, f) &&
		    !observer_came_in(o, &f->client, &f->link) &&
		    !is_counter_syn(o, &probers, f) &&
		    !is_join_control(o, &probers, f))
			all[flows++] = (struct candidate){
				{.address = f->server,
				 .port = f->server_port,
				 .source = uplink_of(o, &probers, f)},
				i};
	}
	qsort(all, flows, sizeof(*all), by_target);
	for (size_t i = 0; i < flows; i++) {
		if (count && is_replaced(&all[count - 1], &all[i]))
			count--;
		if (!count || !same_target(&all[count - 1], &all[i]))
			all[count++] = all[i];
	}
	qsort(all, count, sizeof(*all), by_order);
	for (size_t i = 0; i < count && i < capacity; i++)
		out[i] = all[i].target;
	arena_free(arena);
	return count;
}

/* A join to a connection of the target at another of its ports; or where it
 * announced another address, if it takes joins nowhere else. That is open, as
 * the control beside it shows: then its fate is that of any join. */
static bool joins_where_announced(const struct judgement *j,
				  const struct judge_target *target,
				  const struct flow *f)
{
	const struct flow *parent =
		f->join.parent < 0 ? NULL : j->o->flows[f->join.parent];

	return parent && flow_is(f, PURPOSE_MP_JOIN) && j->controlled &&
	       parent->server_port == target->port &&
	       address_equal(&parent->server, &target->address) &&
	       joins_elsewhere(j->o, f) &&
	       (target->joined.family ||
		address_equal(&f->server, &target->address) ||
		parent->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0) &&
	       join_control_answered(j, f);
}

/* A join that goes elsewhere than those that are looked at. */
static bool is_beside(const struct judge_target *target, const struct flow *f)
{
	return target->joined.family && flow_is(f, PURPOSE_MP_JOIN) &&
	       (f->server_port != target->joined_port ||
		!address_equal(&f->server, &target->joined));
}

/* The first, or one that shows both directions. */
static void leave_unshown(struct judgement *j, const struct flow *f)
{
	if (!j->unshown || f->sides[1].packets)
		j->unshown = f;
}

static void collect_flow(struct judgement *j, const struct judge_target *target,
			 struct flow *f)
{
	bool there = address_equal(&f->server, &target->address);
	bool own = there && f->server_port == target->port;

	if (observer_came_in(j->o, &f->client, &f->link) ||
	    is_beside(target, f))
		return;
	if (f->protocol != IPPROTO_TCP && there)
		*ARENA_PUSH(j->arena, j->controls, j->control_count) = f;
	else if (own && f->snapped)
		j->snapped = f;
	else if (own && f->blurred)
		j->blurred = f;
	else if (own && flow_lacks_syn_ack(f))
		leave_unshown(j, f);
	else if (own || joins_where_announced(j, target, f))
		*ARENA_PUSH(j->arena, j->flows, j->flow_count) = f;
}

static void collect_flows(struct judgement *j,
			  const struct judge_target *target)
{
	for (size_t i = 0; i < j->o->flow_count; i++)
		collect_flow(j, target, j->o->flows[i]);
}

static void collect_views(struct judgement *j, const struct flow *f)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		struct view *v;

		/* A stranger's segment that is not in the capture may be much
		 * like one that is. */
		if (q->matched_by == MATCHED_LONE_PROBE && !j->controlled)
			continue;
		v = ARENA_PUSH(j->arena, j->views, j->view_count);
		v->flow = f;
		v->quote = q;
		v->sent = f->sent[q->sent];
		/* Who refuses a segment may stand anywhere before the hop that
		 * its TTL names; controls are refused by the target. */
		v->ttl = f->protocol != IPPROTO_TCP || q->time_exceeded
				 ? v->sent->packet.ip.ttl
				 : 0;
		compare_packets(j->arena, v->sent, &q->quoted, &v->comparison);
	}
}

/* How long an answer may take: several times the slowest that came. */
static void judge_patience(struct judgement *j)
{
	int64_t slowest = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *k = flow_syn_ack(f);

		if (k && k->time_us - f->first_us > slowest)
			slowest = k->time_us - f->first_us;
	}
	j->patience_us = slowest * PATIENCE_FACTOR;
	if (j->patience_us < PATIENCE_MIN_US)
		j->patience_us = PATIENCE_MIN_US;
	if (j->patience_us > PATIENCE_MAX_US || !slowest)
		j->patience_us = PATIENCE_MAX_US;
}

/* A server that takes data and sends none: all that can be proven is, but for
 * its key. */
static bool takes_silently(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       flow_data_acked(f) && f->mptcp.server_dsn == UNKNOWN &&
	       !flow_answered(f) && !f->server_fin && !f->mptcp.mp_fail &&
	       !flow_reset(f) && !flow_fell_behind(f) && !flow_stalls(f);
}

static void judge_mute(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count && !j->working; i++) {
		const struct flow *f = j->flows[i];

		if (!takes_silently(f))
			continue;
		if (flow_joined_by_key(f))
			j->working = f;
		else if (!j->taking)
			j->taking = f;
	}
	if (j->working)
		j->taking = j->working;
}

/* A SYN of it had no MPTCP option: that one is not answered says of TCP. */
static bool asks_plainly(const struct flow *f)
{
	return f->plain_syn || flow_is(f, PURPOSE_TCP) ||
	       flow_is(f, PURPOSE_UNKNOWN_OPTION);
}

/* A SYN/ACK with MPTCP options to a SYN without. */
static bool is_answered_unasked(const struct flow *f)
{
	const struct kept *k = flow_syn_ack(f);

	return flow_is(f, PURPOSE_TCP) && k && k->options.mptcp_count;
}

static void judge_facts(struct judgement *j)
{
	bool reset = false;

	judge_vantage(j);
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_syn_ack(f))
			j->tcp_answered = true;
		else if (asks_plainly(f))
			reset |= flow_reset(f) != NULL;
		j->tcp_tried |= asks_plainly(f);
		if (!j->negotiated && f->mptcp.syn_ack && !flow_refused(f))
			j->negotiated = f;
		if (!j->working && flow_proves_mptcp(f))
			j->working = f;
	}
	judge_mute(j);
	j->unasked = flow_first(j, is_answered_unasked);
	j->tcp_refused = reset && !j->tcp_answered;
	judge_patience(j);
}

static void report_reply(const struct judgement *j, const struct flow *f,
			 struct report_connection *c)
{
	const struct kept *k = flow_syn_ack(f);
	char text[256];
	size_t syn;

	if (!k)
		return;
	c->syn_ack = arena_alloc(j->arena, sizeof(*c->syn_ack));
	syn = flow_answered_syn(f, f->first_syn_ack);
	*c->syn_ack = (struct report_syn_ack){
		.ttl = k->packet.ip.ttl,
		.initial_ttl = initial_ttl(k->packet.ip.ttl),
		.hops = hops_back(k->packet.ip.ttl),
		.rtt_ms = syn == FLOW_NONE ? -1
					   : (double)(k->time_us -
						      f->sent[syn]->time_us) /
						     1000,
		.options = arena_hex(j->arena, k->packet.tcp.options,
				     k->packet.tcp.options_available),
		.mss = k->options.has_mss ? k->options.mss : -1,
		.wscale = k->options.has_wscale ? k->options.wscale : -1,
		.window = k->packet.tcp.window,
		.frame = k->frame,
	};
	tcp_options_text(k->packet.tcp.options, k->packet.tcp.options_available,
			 text, sizeof(text));
	c->syn_ack->options_text = arena_printf(j->arena, "%s", text);
}

static void report_reset_of(const struct judgement *j, const struct flow *f,
			    struct report_connection *c)
{
	const struct kept *k = flow_reset(f);
	const struct mptcp_option *tcprst;

	if (!k)
		return;
	c->reset = arena_alloc(j->arena, sizeof(*c->reset));
	tcprst = tcp_options_mptcp(&k->options, MP_TCPRST);
	*c->reset = (struct report_reset){
		.ttl = k->packet.ip.ttl,
		.initial_ttl = initial_ttl(k->packet.ip.ttl),
		.hops = hops_back(k->packet.ip.ttl),
		.reason = tcprst ? tcprst->tcprst.reason : -1,
		.frame = k->frame,
	};
}

static int keys_verified(const struct flow *f)
{
	if (flow_proves_mptcp(f))
		return 1;
	if (f->mptcp.server_dsn == KNOWN_NO ||
	    (f->mptcp.data_ack_misfit && !f->mptcp.has_data_ack))
		return 0;
	return -1;
}

/* How often the SYN (or datagram) went out with the TTL that it went out
 * with most. */
static unsigned count_sent(const struct flow *f, unsigned *highest)
{
	unsigned counts[256] = {0}, most = 0;

	*highest = 0;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		unsigned ttl = k->packet.ip.ttl;

		if (f->protocol == IPPROTO_TCP && !kept_is_syn(k))
			continue;
		if (++counts[ttl] > most)
			most = counts[ttl];
		if (ttl > *highest)
			*highest = ttl;
	}
	return most;
}

static void report_connection(struct judgement *j, const struct flow *f)
{
	struct report *r = j->r;
	struct report_connection *c =
		ARENA_PUSH(j->arena, r->connections, r->connection_count);
	unsigned reach = told_reach(j, f);

	c->id = f->id;
	c->purpose = f->purpose;
	c->version = f->purpose == PURPOSE_MP_CAPABLE ||
				     f->purpose == PURPOSE_MP_JOIN
			     ? (int)f->mptcp.version
			     : -1;
	c->source_port = f->client_port;
	c->port = f->server_port;
	c->attempts = count_sent(f, &c->syn_ttl);
	c->swept =
		flow_swept(f, SEGMENT_SYN) || flow_swept(f, SEGMENT_JOIN_SYN);
	c->reach_ttl = reach ? (int)reach : -1;
	c->checksum = f->mptcp.checksum;
	c->keys_verified = keys_verified(f);
	report_reply(j, f, c);
	report_reset_of(j, f, c);
}

static int by_id(const void *a, const void *b)
{
	const struct report_connection *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static bool is_reported(const struct judgement *j, unsigned id)
{
	for (size_t i = 0; i < j->r->connection_count; i++)
		if (j->r->connections[i].id == id)
			return true;
	return false;
}

/* Subflows to other places, which a finding is about. */
static void report_named(struct judgement *j, const struct finding *f)
{
	for (size_t i = 0; i < f->connection_count; i++)
		if (!is_reported(j, f->connections[i]))
			report_connection(j,
					  j->o->flows[f->connections[i] - 1]);
}

static void report_connections(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		report_connection(j, j->flows[i]);
	for (size_t i = 0; i < j->control_count; i++)
		report_connection(j, j->controls[i]);
	for (size_t i = 0; i < j->r->finding_count; i++)
		report_named(j, &j->r->findings[i]);
	if (j->r->connection_count == 0)
		return;
	qsort(j->r->connections, j->r->connection_count,
	      sizeof(*j->r->connections), by_id);
}

static uint64_t misfits_of(struct flow *const *flows, size_t count)
{
	uint64_t misfits = 0;

	for (size_t i = 0; i < count; i++)
		misfits += flows[i]->unfit + flows[i]->misfits;
	return misfits;
}

/* What cannot be judged. */
static const struct flow *left_out(const struct judgement *j)
{
	if (j->snapped)
		return j->snapped;
	return j->blurred ? j->blurred : j->unshown;
}

/* The name of the interface that SYNs from the source left by, if the capture
 * tells it. */
static const char *interface_of(const struct judgement *j,
				const struct address *source)
{
	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];
		const char *name =
			address_equal(&f->client, source) &&
					f->link.way == LINK_WAY_OUT
				? observer_interface_name(j->o, f->viewpoint)
				: NULL;

		if (name)
			return arena_printf(j->arena, "%s", name);
	}
	return NULL;
}

/* The one that the verdict rests on. Others may be of other hosts, as where the
 * capture was made at a proxy. */
static const struct flow *telling_flow(const struct judgement *j)
{
	if (j->working)
		return j->working;
	return j->negotiated ? j->negotiated : j->flows[0];
}

static void report_head(struct judgement *j, const struct judge_target *target)
{
	struct report *r = j->r;
	char text[ADDRESS_TEXT];

	r->target = target->address;
	r->port = target->port;
	r->reference = is_reference(j->o, target);
	r->target_name =
		arena_printf(j->arena, "%s", address_text(&r->target, text));
	r->started_us = j->o->first_us;
	r->elapsed_ms = (double)(j->o->last_us - j->o->first_us) / 1000;
	r->frames = j->o->frames;
	r->truncated = j->o->truncated;
	r->misfits = misfits_of(j->flows, j->flow_count) +
		     misfits_of(j->controls, j->control_count);
	r->mptcp_version = j->working	   ? (int)j->working->mptcp.version
			   : j->negotiated ? (int)j->negotiated->mptcp.version
					   : -1;
	if (j->flow_count)
		r->source = telling_flow(j)->client;
	else if (left_out(j))
		r->source = left_out(j)->client;
	else
		r->source = target->source;
	r->uplink = target->source.family != 0;
	if (r->uplink)
		r->interface = interface_of(j, &r->source);
	judge_announced(j);
}

/* Of a join: it went elsewhere than to the target's own port. */
static void name_port(struct judgement *j, struct finding *f)
{
	const struct flow *join = join_flow(j);

	if (j->r->initial_joins != 0 || !join || is_own_join(j, join) ||
	    f->segment < SEGMENT_JOIN_SYN || f->segment > SEGMENT_JOIN_ACK ||
	    strcmp(f->rule->row, "port") == 0)
		return;
	f->text = arena_printf(
		j->arena,
		"%s The server takes second subflows only at %s port %u (flag "
		"C and ADD_ADDR).",
		f->text, arena_address(j->arena, &join->server),
		join->server_port);
}

/* Where all that shows it came from another address of the client than the
 * one in the report's head, it is of another path. */
static void name_source(struct judgement *j, struct finding *f)
{
	const struct address *from = NULL;

	for (size_t i = 0; i < f->connection_count; i++) {
		const struct flow *flow = j->o->flows[f->connections[i] - 1];

		if (address_equal(&flow->client, &j->r->source) ||
		    (from && !address_equal(&flow->client, from)))
			return;
		from = &flow->client;
	}
	if (from)
		f->text = arena_printf(
			j->arena,
			"%s That is on the path from %s, not from %s.", f->text,
			arena_address(j->arena, from),
			arena_address(j->arena, &j->r->source));
}

static void name_sources(struct judgement *j)
{
	for (size_t i = 0; i < j->r->finding_count; i++)
		name_source(j, &j->r->findings[i]);
}

static void finish_findings(struct judgement *j)
{
	for (size_t i = 0; i < j->r->finding_count; i++) {
		struct finding *f = &j->r->findings[i];

		if (f->more)
			f->text = arena_printf(j->arena, "%s%s", f->text,
					       f->more);
		name_port(j, f);
	}
}

/* Only mpprobe sends its controls. */
static bool is_controlled(const struct observer *o)
{
	const struct probers p = probers_of(o);

	for (size_t i = 0; i < o->flow_count && p.count; i++)
		if (o->flows[i]->purpose == PURPOSE_CONTROL &&
		    is_prober(&p, &o->flows[i]->client))
			return true;
	return false;
}

static struct report *judge_target(const struct observer *o,
				   const struct judge_target *target,
				   bool alone)
{
	struct arena *arena = arena_new();
	struct report *r = arena_alloc(arena, sizeof(*r));
	struct judgement j = {.o = look_from(o, arena, &target->source),
			      .whole = o,
			      .target = *target,
			      .r = r,
			      .arena = arena};

	r->arena = arena;
	j.controlled = is_controlled(j.o);
	collect_flows(&j, target);
	j.first_view =
		arena_alloc(arena, (j.flow_count + 1) * sizeof(*j.first_view));
	for (size_t i = 0; i < j.flow_count; i++) {
		collect_views(&j, j.flows[i]);
		j.first_view[i + 1] = j.view_count;
	}
	for (size_t i = 0; i < j.control_count; i++)
		collect_views(&j, j.controls[i]);
	judge_pairs(&j, target);
	judge_facts(&j);
	report_head(&j, target);
	judge_reach(&j);
	judge_path(&j);
	judge_company(&j);
	rules_run(&j, PHASE_QUOTES, PHASE_REST);
	judge_forms(&j);
	rules_settle(&j);
	judge_ladder(&j);
	if (!alone) {
		judge_elsewhere(&j, target);
		judge_contrast(&j);
		judge_uplinks(&j, target);
	}
	judge_reference(&j);
	rules_run(&j, PHASE_LAST, PHASE_LAST);
	judge_untested(&j);
	name_sources(&j); /* the verdict says it, too */
	judge_verdict(&j);
	finish_findings(&j);
	report_connections(&j);
	judge_packets(&j);
	return r;
}

struct report *judge(const struct observer *o,
		     const struct judge_target *target)
{
	return judge_target(o, target, false);
}

struct report *judge_alone(const struct observer *o,
			   const struct judge_target *target)
{
	return judge_target(o, target, true);
}
