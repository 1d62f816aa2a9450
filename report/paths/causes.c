/* SPDX-License-Identifier: GPL-3.0-or-later
 * What became of the joins between uplinks, and who is to blame: by the answer,
 * and by what the reports of both uplinks say. What stands there already is no
 * finding of its own; that uplinks differ, though each joins its own, is.
 */
#include <string.h>

#include "crafting/mptcp.h"
#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/paths/paths.h"

/* ---- what became of it --------------------------------------------------- */

static const struct flow *parent_of(const struct observer *o,
				    const struct flow *f)
{
	return f->join.parent < 0 ? NULL : o->flows[f->join.parent];
}

/* At the address and port that the connection went to; or, where the server
 * takes no joins there, anywhere else: that is where it announced. */
static bool is_where_taken(const struct paths *p, const struct flow *parent,
			   const struct flow *f)
{
	bool own = f->server_port == p->first->port &&
		   address_equal(&f->server, &p->first->target);

	return own || parent->mptcp.syn_ack_flags & MPC_DENY_JOIN_ID0;
}

static bool is_join(const struct paths *p, const struct observer *o,
		    const struct flow *f, size_t opened, size_t from)
{
	const struct flow *parent = parent_of(o, f);

	return parent && flow_is(f, PURPOSE_MP_JOIN) &&
	       is_where_taken(p, parent, f) &&
	       address_equal(&f->client, &p->uplinks[from].report->source) &&
	       address_equal(&parent->client,
			     &p->uplinks[opened].report->source);
}

/* The server had begun to close by then, or nothing tells that it had not. */
static bool may_have_ended(const struct observer *o, const struct flow *f)
{
	const struct judgement j = {.o = o};

	return !join_parent_alive(&j, f);
}

/* The server went on with the connection after it had refused the subflow: it
 * took data, all that it was sent. */
static bool goes_on(const struct flow *parent, const struct kept *reset)
{
	bool sent = false;

	for (size_t i = 0; i < parent->sent_count; i++)
		sent |= parent->sent[i]->packet.tcp.payload_length &&
			parent->sent[i]->time_us > reset->time_us;
	return sent && parent->mptcp.data_ack == parent->mptcp.mapped_end &&
	       !flow_server_ended(parent);
}

/* So a server refuses what is over its limit, and Linux what joins a connection
 * that its program has closed. */
static enum joining reset_joining(const struct observer *o,
				  const struct flow *f)
{
	if (reset_by_choice(flow_reset(f)))
		return goes_on(parent_of(o, f), flow_reset(f)) ? JOINING_LIMIT
							       : JOINING_ENDED;
	if (may_have_ended(o, f))
		return JOINING_ENDED;
	return f->join.syn_ack && f->join.ack_sent ? JOINING_UNCONFIRMED
						   : JOINING_REFUSED;
}

static enum joining classify(const struct observer *o, const struct flow *f)
{
	if (f->join.fourth_ack_frame && f->join.hmac != KNOWN_NO)
		return f->join.data_end && !f->join.data_ack_frame
			       ? JOINING_NO_DATA
			       : JOINING_JOINED;
	if (flow_token_unknown(f))
		return may_have_ended(o, f) ? JOINING_ENDED : JOINING_REFUSED;
	if (flow_reset(f))
		return reset_joining(o, f);
	if (!f->syn_ack_seen || flow_fell(f))
		return JOINING_SILENT;
	if (!f->join.syn_ack)
		return JOINING_PLAIN;
	return f->join.hmac == KNOWN_NO ? JOINING_HMAC : JOINING_UNCONFIRMED;
}

static void take(struct path_join *out, const struct observer *o,
		 const struct flow *f)
{
	const struct kept *reset = flow_reset(f), *answer = flow_syn_ack(f);

	out->joining = classify(o, f);
	out->takeover = takeover_of(parent_of(o, f), f);
	out->connection = f->id;
	out->reason = reset_reason(reset);
	out->bare_reset = reset && out->reason < 0;
	out->frame = reset ? reset->frame : answer ? answer->frame : 0;
}

/* The first that was tried, one that joins, or one of a connection that the
 * server did not end. SYNs alone ask for less. */
static bool is_better(const struct path_join *than, const struct observer *o,
		      const struct flow *f)
{
	bool asked = !f->join.syn_ack || f->join.hmac == KNOWN_NO ||
		     f->join.ack_sent;

	return asked && (than->joining == JOINING_UNTRIED ||
			 than->joining == JOINING_ENDED ||
			 (than->joining != JOINING_JOINED &&
			  classify(o, f) == JOINING_JOINED));
}

/* That it never comes is the server's doing only where nothing is known to be
 * in the way. */
static void doubt_takeover(const struct paths *p, struct path_join *out,
			   size_t opened, size_t from)
{
	if (out->takeover.result == TAKEOVER_NEVER &&
	    (p->uplinks[opened].report->status != STATUS_CLEAR ||
	     p->uplinks[from].report->status != STATUS_CLEAR))
		out->takeover.result = TAKEOVER_UNTRIED;
}

static void find(struct paths *p, const struct observer *o, size_t opened,
		 size_t from)
{
	struct path_join *out = &p->joins[opened * p->count + from];

	out->reason = -1;
	out->takeover = (struct path_takeover){.ms = -1, .back_ms = -1};
	for (size_t i = 0; i < o->flow_count; i++)
		if (is_join(p, o, o->flows[i], opened, from) &&
		    is_better(out, o, o->flows[i]))
			take(out, o, o->flows[i]);
	doubt_takeover(p, out, opened, from);
	if (out->joining == JOINING_UNTRIED && p->uplinks[opened].works &&
	    p->uplinks[opened].report->initial_joins == 0)
		out->joining = JOINING_FORBIDDEN;
}

/* ---- why ----------------------------------------------------------------- */

static const struct finding *finding_of(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (!strcmp(r->findings[i].kind->id, id))
			return &r->findings[i];
	return NULL;
}

/* " at hop 3", " at or between hop 2 and hop 3"; "" */
static const char *place(struct paths *p, const struct finding *f)
{
	if (f->after.known && f->after.ttl && f->at.known)
		return arena_printf(p->arena,
				    " at or between hop %u and hop %u",
				    f->after.ttl, f->at.ttl);
	if (f->at.known)
		return arena_printf(p->arena, " at hop %u", f->at.ttl);
	return f->after.known
		       ? arena_printf(p->arena, " behind hop %u", f->after.ttl)
		       : "";
}

static bool is_of_who_answers(const struct finding *f)
{
	return !strcmp(f->kind->id, "tcp.terminated") ||
	       !strcmp(f->kind->id, "mp_join.refused");
}

const char *paths_way_back(const struct finding *f)
{
	static const char *const ways[] = {
		[DIRECTION_FORWARD] = "",
		[DIRECTION_RETURN] = ", on the return path",
		[DIRECTION_UNKNOWN] = ", or on the return path",
	};

	return is_of_who_answers(f) ? "" : ways[f->direction];
}

/* A finding of an uplink's report that has this consequence. */
struct blame {
	const char *id, *words;
	enum cause from, opened; /* if it is of that uplink */
};

static const struct blame blames[] = {
	{"tcp.terminated", "a proxy%s on the path of %s answers",
	 CAUSE_PROXY_FROM, CAUSE_PROXY_OPENED},
	{"mp_join.dropped", "MP_JOIN is dropped%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
	{"mp_join.removed", "MP_JOIN is removed%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
	{"mp_join.reset", "MP_JOIN is answered by a RST%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
	{"mp_join.modified", "MP_JOIN is modified%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
	{"mp_join.refused",
	 "another server answers%s, as it does to joins of %s alone",
	 CAUSE_PATH_FROM, CAUSE_PATH_OPENED},
	{"mp_capable.modified", "MP_CAPABLE is modified%s on the path of %s",
	 CAUSE_NONE, CAUSE_PATH_OPENED},
	{"mp_capable.removed", "MP_CAPABLE is removed%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
	{"mp_capable.dropped", "MP_CAPABLE is dropped%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
	{"mp_capable.reset",
	 "MP_CAPABLE is answered by a RST%s on the path of %s", CAUSE_PATH_FROM,
	 CAUSE_NONE},
	{"dss.removed", "DSS is removed%s on the path of %s", CAUSE_PATH_FROM,
	 CAUSE_NONE},
	{"dss.dropped", "data with DSS is dropped%s on the path of %s",
	 CAUSE_PATH_FROM, CAUSE_NONE},
};

#define BLAMES (sizeof(blames) / sizeof(blames[0]))

static bool blame(struct paths *p, struct path_join *join,
		  const struct path_uplink *u, bool opened)
{
	for (size_t i = 0; i < BLAMES; i++) {
		enum cause cause = opened ? blames[i].opened : blames[i].from;
		const struct finding *f = finding_of(u->report, blames[i].id);

		if (!f || f->or_server || cause == CAUSE_NONE)
			continue;
		join->cause = cause;
		join->why = arena_printf(p->arena, blames[i].words, place(p, f),
					 u->name);
		join->why = arena_printf(
			p->arena, "%s%s%s",
			f->confidence == CONFIDENCE_LIKELY ? "probably " : "",
			join->why, paths_way_back(f));
		return true;
	}
	return false;
}

/* The server's own decision. */
static bool decided(struct path_join *join)
{
	if (join->joining == JOINING_LIMIT)
		join->why = NULL;
	else if (join->joining == JOINING_FORBIDDEN)
		join->why = "it takes them only at addresses that it announces";
	else if (join->joining == JOINING_ENDED)
		join->why = "it may keep none open for so long";
	else
		return false;
	join->cause = CAUSE_SERVER;
	return true;
}

/* Both have the server that they reach let subflows join: only it does not
 * know the token that the other one has. */
static bool each_joins_its_own(const struct paths *p, size_t opened,
			       size_t from)
{
	return paths_join(p, opened, opened)->joining == JOINING_JOINED &&
	       paths_join(p, from, from)->joining == JOINING_JOINED;
}

static bool is_refusal(const struct path_join *join)
{
	return join->joining == JOINING_REFUSED ||
	       join->joining == JOINING_PLAIN;
}

static bool refuses_plain(const struct report *r)
{
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct report_connection *c = &r->connections[i];

		if (c->purpose == PURPOSE_TCP && c->reset && !c->syn_ack)
			return true;
	}
	return false;
}

/* Over any uplink: then a RST without a reason need not be for the MP_JOIN. */
static bool are_plain_refused(const struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (refuses_plain(p->uplinks[i].report))
			return true;
	return false;
}

static void explain(struct paths *p, size_t opened, size_t from)
{
	struct path_join *join = &p->joins[opened * p->count + from];
	const struct path_uplink *u = &p->uplinks[from];
	bool own = opened == from;

	if (join->joining == JOINING_UNTRIED ||
	    join->joining == JOINING_JOINED || decided(join))
		return;
	if (u->report->status == STATUS_UNREACHABLE) {
		join->cause = CAUSE_UNREACHABLE;
		join->why = arena_printf(
			p->arena, "nothing is answered over %s", u->name);
		return;
	}
	if (blame(p, join, u, false) ||
	    blame(p, join, &p->uplinks[opened], true))
		return;
	join->cause = CAUSE_UNKNOWN;
	if (paths_join(p, from, from)->joining == join->joining && !own) {
		join->cause = CAUSE_AS_OWN;
		join->why = arena_printf(p->arena,
					 "so are joins of %s to its "
					 "own connections",
					 u->name);
	} else if (is_refusal(join) && join->bare_reset &&
		   are_plain_refused(p)) {
		join->why = "so are some connections without MPTCP";
	} else if (is_refusal(join) && each_joins_its_own(p, opened, from)) {
		join->cause = CAUSE_OTHER_SERVER;
		join->why = "another server answers there";
	}
}

/* ---- findings ------------------------------------------------------------ */

/* Refused both ways, it is no accident of one port. */
static void find_refused(struct paths *p, size_t opened, size_t from)
{
	const struct path_join *join = paths_join(p, opened, from);
	const struct path_join *back = paths_join(p, from, opened);
	const char *opener = p->uplinks[opened].name;
	const char *joiner = p->uplinks[from].name;
	struct path_finding *f;

	if (join->cause != CAUSE_OTHER_SERVER)
		return;
	f = ARENA_PUSH(p->arena, p->findings, p->finding_count);
	*f = (struct path_finding){
		.opened = opener,
		.from = joiner,
		.confidence = back->cause == CAUSE_OTHER_SERVER
				      ? CONFIDENCE_PROVEN
				      : CONFIDENCE_LIKELY,
		.text = arena_printf(
			p->arena,
			"A join from %s to a connection that was opened on %s "
			"%s%s, though both let subflows join their own: "
			"another server answers at this address there.",
			joiner, opener, joining_phrase(join->joining),
			join->reason < 0
				? ""
				: arena_printf(p->arena,
					       " (MP_TCPRST, reason %d)",
					       join->reason)),
		.connection = join->connection,
		.frame = join->frame,
	};
}

static void for_each(struct paths *p,
		     void (*fn)(struct paths *p, size_t opened, size_t from))
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->count; k++)
			fn(p, i, k);
}

void paths_fill_joins(struct paths *p, const struct observer *o)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->count; k++)
			find(p, o, i, k);
	for_each(p, explain);
	for_each(p, find_refused);
}
