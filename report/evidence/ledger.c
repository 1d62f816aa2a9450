/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "report/evidence/ledger.h"

#include "report/evidence/attempts.h"

/* As many other subflows of its connection have joined by this frame as Linux
 * takes. */
static bool is_full(const struct flow *f, uint64_t frame)
{
	unsigned joined = 0;

	for (const struct flow *k = f->connection ? f->connection->flows : NULL;
	     k; k = k->sibling)
		joined += k != f && k->join.fourth_ack_frame &&
			  k->join.fourth_ack_frame < frame;
	return joined >= SUBFLOWS_TAKEN;
}

bool syn_is_due(const struct flow *f, const struct kept *syn)
{
	return !flow_is(f, PURPOSE_MP_JOIN) || !is_full(f, syn->frame);
}

bool class_has(const struct class *c, const struct flow *f)
{
	if (!flow_is(f, c->purpose) || (c->only && c->only != f))
		return false;
	if (c->purpose == PURPOSE_MP_CAPABLE && !f->mptcp.syn_valid)
		return false;
	return c->version < 0 || (int)f->mptcp.version == c->version;
}

unsigned ask_witnesses(const struct judgement *j, shows_fn *shows,
		       const struct flow **first)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		if (!shows(j, j->flows[i]))
			continue;
		if (count == 0 && first)
			*first = j->flows[i];
		count++;
	}
	return count;
}

enum why ask_chance(const struct judgement *j, const struct attempts *of,
		    unsigned *have, unsigned *need)
{
	unsigned controls = of->flows ? controls_since(j, of->first_us) : 0;

	*have = of->lost;
	*need = losses_needed(tries_of(&j->plain));
	if (!of->flows)
		return WHY_ABSENT;
	if (of->answered || of->reset)
		return WHY_CONTRARY;
	if (*have < *need || of->moments < MOMENTS_MIN)
		return WHY_FEW;
	return beyond_chance(*have, tries_of(&j->plain), controls)
		       ? WHY_SAID
		       : WHY_CONTROL;
}

/* ---- where --------------------------------------------------------------- */

void put_between(const struct judgement *j, struct between b,
		 struct place *after, struct place *at)
{
	if (b.known)
		*after = place_at(j, b.after);
	if (b.at)
		*at = place_at(j, b.at);
}

bool quoted_at(const struct judgement *j, enum purpose purpose,
	       enum segment_kind kind, unsigned ttl)
{
	for (size_t i = 0; i < j->view_count; i++)
		if (j->views[i].ttl == ttl && j->views[i].sent->kind == kind &&
		    flow_is(j->views[i].flow, purpose))
			return true;
	return false;
}

bool kept_is_of(const struct kept *k, enum segment_kind kind, enum of_kind of)
{
	bool capable = tcp_options_mptcp(&k->options, MP_CAPABLE) != NULL;

	return k->kind == kind &&
	       (of == ALL_OF_KIND || capable == (of == WITH_CAPABLE));
}

static bool is_of_class(const struct class *c, const struct kept *k)
{
	return kept_is_of(k, c->kind, c->of) && k->time_us >= c->since_us;
}

unsigned last_quote(const struct judgement *j, const struct class *c,
		    unsigned end)
{
	unsigned last = 0;

	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->ttl > last && v->ttl < end && is_of_class(c, v->sent) &&
		    class_has(c, v->flow))
			last = v->ttl;
	}
	return last;
}

unsigned first_silent(const struct judgement *j, unsigned after,
		      copies_fn *copies, const void *of)
{
	unsigned sent = 0;

	for (unsigned ttl = after + 1; ttl < j->plain_reach; ttl++) {
		if (!quoted_at(j, PURPOSE_TCP, SEGMENT_SYN, ttl))
			continue;
		sent += copies(j, of, ttl);
		if (sent && (!j->plain.lost ||
			     chance_of_loss(sent, tries_of(&j->plain)) <
				     CHANCE_OF_SILENCE))
			return ttl;
	}
	return after < j->plain_reach ? j->plain_reach : 0;
}

bool router_spent(const struct judgement *j, const struct flow *of,
		  const struct kept *copy)
{
	for (size_t i = 0; i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		for (size_t k = 0; k < f->quote_count; k++) {
			const struct kept *sent = f->sent[f->quotes[k].sent];

			if (sent != copy &&
			    sent->packet.ip.ttl == copy->packet.ip.ttl &&
			    address_equal(&f->client, &of->client) &&
			    llabs(sent->time_us - copy->time_us) <
				    ROUTER_REST_US - MOMENT_US)
				return true;
		}
	}
	return false;
}

/* Those whose quotes would tell their TTL: others came in vain. */
static unsigned class_copies(const struct judgement *j, const void *of,
			     unsigned ttl)
{
	const struct class *c = of;
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++)
		if (class_has(c, j->flows[i]) && !j->flows[i]->untold)
			count += flow_sent_count(j->flows[i], c->kind, ttl);
	return count;
}

static bool swept_since(const struct flow *f, const struct class *c)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (is_of_class(c, f->sent[i]) && !kept_is_full(f->sent[i]))
			return flow_swept(f, c->kind);
	return false;
}

/* Whether segments of the class went out with small TTLs at all. */
static bool class_swept(const struct judgement *j, const struct class *c)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (class_has(c, j->flows[i]) && swept_since(j->flows[i], c))
			return true;
	return false;
}

struct between ask_silence(const struct judgement *j, const struct class *c)
{
	struct between b = {.known = class_swept(j, c)};

	if (!b.known)
		return b;
	b.after = last_quote(j, c, (unsigned)j->r->path_length + 1);
	b.at = first_silent(j, b.after, class_copies, c);
	return b;
}

unsigned reset_reach(const struct judgement *j, const struct class *c)
{
	unsigned reach = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned ttl;

		if (!class_has(c, f) || !flow_refused(f) ||
		    flow_swept(f, SEGMENT_SYN) ||
		    flow_swept(f, SEGMENT_JOIN_SYN))
			continue;
		ttl = flow_reach(f);
		if (ttl && (reach == 0 || ttl < reach))
			reach = ttl;
	}
	return reach;
}

struct between ask_reset(const struct judgement *j, const struct class *c)
{
	unsigned at = reset_reach(j, c);

	if (at == 0 || at > SWEEP_TTL_MAX)
		at = j->plain_reach;
	return (struct between){at > 0, last_quote(j, c, at), at};
}

struct edge ask_edge(const struct judgement *j, draws_fn *draws)
{
	struct edge e = {0};
	bool drawn;

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned ttl = draws(j, j->flows[i], &drawn);

		if (!ttl || !drawn)
			continue;
		e.count++;
		if (e.at && ttl >= e.at)
			continue;
		e.at = ttl;
		e.flow = j->flows[i];
	}
	for (size_t i = 0; i < j->flow_count && e.at; i++) {
		unsigned ttl = draws(j, j->flows[i], &drawn);

		if (!drawn && ttl < e.at && ttl > e.after)
			e.after = ttl;
	}
	return e;
}
