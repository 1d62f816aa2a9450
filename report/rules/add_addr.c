/* SPDX-License-Identifier: GPL-3.0-or-later
 * ADD_ADDR that a server does not echo, as it should (RFC 8684 3.4.1). Some
 * servers do not, so that alone says nothing: the hops must tell where it
 * is dropped.
 */
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* ---- addresses announced with a wrong HMAC ------------------------------- */

/* Of the server, captured away from it, while both keys are proven to be as
 * the hosts have them: by its DATA_ACK and its first DSN. */
static const struct announced *forged_address(const struct judgement *j,
					      const struct flow *f)
{
	const struct mptcp_connection *c = f->connection;

	if (!flow_data_acked(f) || f->mptcp.server_dsn != KNOWN_YES ||
	    seen_leaving(j, f))
		return NULL;
	for (size_t i = 0; i < c->address_count; i++)
		if (c->addresses[i].host == 1 &&
		    c->addresses[i].hmac == KNOWN_NO)
			return &c->addresses[i];
	return NULL;
}

static bool has_forged_address(const struct judgement *j, const struct flow *f)
{
	return forged_address(j, f) != NULL;
}

static enum why address_forged(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_RETURN;
	s->have = ask_witnesses(j, has_forged_address, &s->flow);
	return s->have ? WHY_SAID : WHY_ABSENT;
}

static void say_address_forged(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct announced *a = forged_address(j, s->flow);
	const char *text = arena_address(j->arena, &a->address);

	finding_evidence(j, f, a->frame, NULL, NULL,
			 "the HMAC of the ADD_ADDR for %s is wrong, while the "
			 "server's DSN fits its key and its DATA_ACK ours",
			 text);
	f->text = arena_printf(
		j->arena,
		"The server's ADD_ADDR is changed on the return "
		"path, or made up there: it arrives with the address %s, which "
		"its HMAC does not fit.",
		text);
}

/* ---- addresses of ours that are not echoed --------------------------------
 */

/* An echo wants no echo. */
static bool wants_echo(const struct kept *k)
{
	const struct mptcp_option *o =
		tcp_options_mptcp(&k->options, MP_ADD_ADDR);

	return k->kind == SEGMENT_ADD_ADDR && o && !o->add_addr.echo;
}

static unsigned count_full(const struct judgement *j, const struct flow *f)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		count += wants_echo(f->sent[i]) && kept_is_full(f->sent[i]) &&
			 had_time(j, f->sent[i]);
	return count;
}

/* The first hop behind that which quotes others and did not quote any copy,
 * nor did one behind it; 0: none before the target. */
static unsigned first_missing(const struct judgement *j, const struct flow *f,
			      unsigned after)
{
	for (unsigned ttl = after + 1; ttl < j->plain_reach; ttl++)
		if (quoted_at(j, PURPOSE_TCP, SEGMENT_SYN, ttl) &&
		    flow_sent_count(f, SEGMENT_ADD_ADDR, ttl) >=
			    ADD_ADDR_COPIES_MIN)
			return ttl;
	return 0;
}

static bool no_echo(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && count_full(j, f) > 0 &&
	       !f->mptcp.add_addr_echoed && flow_data_acked(f) &&
	       !flow_reset(f) && !f->untold;
}

/* Of the first connection whose hops tell. */
static enum why dropped(const struct judgement *j, struct said *s)
{
	enum why why = WHY_ABSENT;

	s->need = ADD_ADDRS_LOST_MIN;
	s->confidence = CONFIDENCE_LIKELY;
	for (size_t i = 0; i < j->flow_count && why != WHY_SAID; i++) {
		struct class c = {PURPOSE_MP_CAPABLE, -1, SEGMENT_ADD_ADDR,
				  j->flows[i],	      0,  ALL_OF_KIND};
		struct between b = {.known = true};

		if (!no_echo(j, c.only))
			continue;
		s->flow = c.only;
		s->have = count_full(j, c.only);
		b.after = last_quote(j, &c, SWEEP_TTL_MAX + 1);
		b.at = first_missing(j, c.only, b.after);
		put_between(j, b, &s->after, &s->at);
		why = s->have < s->need ? WHY_FEW
		      : b.after && b.at ? WHY_SAID
					: WHY_CONTROL;
	}
	return why;
}

static void say_dropped(struct judgement *j, struct finding *f,
			const struct said *s)
{
	finding_evidence(j, f, 0, NULL, NULL,
			 "%u ADD_ADDRs get no echo, while data on the same "
			 "connection is acknowledged; no hop from %u on quotes "
			 "one",
			 s->have, f->at.ttl);
	f->text =
		arena_printf(j->arena, "Segments with ADD_ADDR are dropped %s.",
			     place_phrase(j, f->after, f->at));
}

const struct rule add_addr_rules[] = {
	{"add_addr.modified", "hmac", PHASE_REST, SEGMENT_ADD_ADDR,
	 address_forged, say_address_forged, .unless = {"add_addr.modified"}},
	{"add_addr.dropped", "silence", PHASE_REST, SEGMENT_ADD_ADDR, dropped,
	 say_dropped, .unless = {"add_addr.removed", "add_addr.modified"}},
	{0},
};
