/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections that idle, and are forgotten. Plain ones that were opened
 * together send the same keep-alives, which no application notices; all that
 * differs is how long they were silent before. So a server that closes what
 * idles, or an outage, does not pass for it: it would take the busy ones as
 * well, or say so.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/rests.h"
#include "report/rules/rules.h"

/* Keep-alives of this connection that were answered in this time: each answer
 * for one of those before it. */
static unsigned answered_in(const struct flow *f, int64_t from_us,
			    int64_t until_us)
{
	unsigned count = 0;
	size_t t = 0;

	for (size_t s = 0; s < f->sent_count; s++) {
		const struct kept *k = f->sent[s];

		if (!is_keep_alive(f, k) || !kept_is_full(k) ||
		    k->time_us < from_us)
			continue;
		while (t < f->received_count &&
		       f->received[t]->frame < k->frame)
			t++;
		if (t == f->received_count ||
		    f->received[t]->time_us > until_us ||
		    (f->received[t]->packet.tcp.flags & TCP_FLAG_RST))
			break;
		count++;
		t++;
	}
	return count;
}

/* Whether all that differs between them is when they were silent: they began
 * before it, and the application was told the same by both ends. */
static bool is_twin(const struct rest *r, const struct rest *other)
{
	const struct flow *f = r->flow, *o = other->flow;

	return address_equal(&f->client, &o->client) &&
	       f->server_acked - f->client_isn ==
		       o->server_acked - o->client_isn &&
	       f->payload_received == o->payload_received &&
	       o->first_us <= r->first->time_us - r->lost_us;
}

/* Answers meanwhile on its twins, of which there must be several. */
static unsigned controls_of(const struct idling *all, const struct rest *r)
{
	int64_t from_us = r->reset ? r->first->time_us - IDLE_CONTROL_US
				   : r->first->time_us;
	int64_t until_us =
		(r->reset ? r->first : r->last)->time_us + IDLE_CONTROL_US;
	unsigned count = 0, flows = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct rest *other = &all->list[i];
		unsigned answered;

		if (!is_twin(r, other))
			continue;
		answered = answered_in(other->flow, from_us, until_us);
		count += answered;
		flows += answered > 0;
	}
	return flows >= IDLE_WITNESSES_MIN ? count : 0;
}

/* How many began when others were forgotten already, and worked. An outage of
 * one of several ways may take some connections and not others, and by chance
 * those that idled; but it does not let others begin on that way. */
static unsigned forgotten_later(const struct idling *all)
{
	int64_t first_us = INT64_MAX;
	unsigned count = 0;

	for (size_t i = 0; i < all->count; i++)
		if (rest_is_forgotten(&all->list[i]) &&
		    all->list[i].first->time_us < first_us)
			first_us = all->list[i].first->time_us;
	for (size_t i = 0; i < all->count; i++)
		count += rest_is_forgotten(&all->list[i]) &&
			 all->list[i].flow->first_us > first_us;
	return count;
}

/* The fewest that any of those that were forgotten has. */
static unsigned fewest_controls(const struct idling *all)
{
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < all->count; i++) {
		const struct rest *r = &all->list[i];
		unsigned count;

		if (!rest_is_forgotten(r) && !r->reset)
			continue;
		count = controls_of(all, r);
		least = count < least ? count : least;
	}
	return least;
}

/* ---- where --------------------------------------------------------------- */

/* Whether a keep-alive was quoted at this TTL, of those that were forgotten,
 * or of others. */
static bool is_quoted(const struct judgement *j, const struct idling *all,
		      bool forgotten, unsigned ttl)
{
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->ttl != ttl || !is_keep_alive(v->flow, v->sent))
			continue;
		for (size_t k = 0; k < all->count; k++)
			if (all->list[k].flow == v->flow &&
			    (rest_is_forgotten(&all->list[k]) ||
			     (!all->list[k].answered && !all->list[k].reset)) ==
				    forgotten)
				return true;
	}
	return false;
}

/* Copies behind the silence that were not quoted, where others were. */
static unsigned silent_copies(const struct judgement *j, const void *of,
			      unsigned ttl)
{
	const struct idling *all = of;
	unsigned count = 0;

	if (!is_quoted(j, all, false, ttl))
		return 0;
	for (size_t i = 0; i < all->count; i++)
		if (rest_is_forgotten(&all->list[i]))
			count += flow_sent_count(all->list[i].flow,
						 SEGMENT_DATA, ttl);
	return count >= KEEP_ALIVE_COPIES_MIN ? count : 0;
}

static unsigned last_quoted(const struct judgement *j, const struct idling *all,
			    unsigned end)
{
	unsigned last = 0;

	for (unsigned ttl = 1; ttl < end; ttl++)
		if (is_quoted(j, all, true, ttl))
			last = ttl;
	return last;
}

/* Where those that were forgotten end, and others do not. If they come as far
 * as those, it may as well be the way back, or the server. */
static void place_silence(const struct judgement *j, struct said *s,
			  const struct idling *all)
{
	unsigned after = last_quoted(j, all, j->plain_reach), farther = 0, at;

	s->direction = DIRECTION_UNKNOWN;
	for (unsigned ttl = after + 1; ttl < j->plain_reach; ttl++)
		farther += silent_copies(j, all, ttl) > 0;
	at = farther ? first_silent(j, after, silent_copies, all) : 0;
	if (!at)
		return;
	s->direction = DIRECTION_FORWARD;
	s->after = place_at(j, after);
	s->at = place_at(j, at);
}

/* The smallest TTL that drew a RST; 0: none did, or one that a router says
 * expired there, so that it was not what drew it. */
static unsigned reset_at(const struct idling *all)
{
	unsigned at = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct rest *r = &all->list[i];

		if (!r->reset)
			continue;
		if (flow_quote(r->flow, SEGMENT_DATA, r->least))
			return 0;
		if (!at || r->least < at)
			at = r->least;
	}
	return at;
}

/* Whether a busy connection sent as little as `at` as well: that must not draw
 * a RST. */
static bool is_spared(const struct judgement *j, const struct idling *all,
		      unsigned at)
{
	for (size_t i = 0; i < all->count; i++)
		for (unsigned ttl = at; ttl < j->plain_reach; ttl++)
			if (rest_is_alive(&all->list[i]) &&
			    flow_sent_count(all->list[i].flow, SEGMENT_DATA,
					    ttl))
				return true;
	return false;
}

/* ---- the rules ----------------------------------------------------------- */

/* Whether longer silences were not survived, and shorter ones were. */
static enum why read_idling(const struct judgement *j, struct said *s)
{
	struct idling *all = arena_alloc(j->arena, sizeof(*all));

	*all = idling_read(j);
	s->facts = all;
	s->need = IDLE_WITNESSES_MIN;
	if (!all->example)
		return WHY_ABSENT;
	s->flow = all->example->flow;
	return all->held_us < all->forgotten_us ? WHY_SAID : WHY_CONTRARY;
}

static enum why forgotten(const struct judgement *j, struct said *s)
{
	enum why why = read_idling(j, s);
	const struct idling *all = s->facts;
	unsigned later;

	if (why != WHY_SAID)
		return why;
	if (all->reset)
		return WHY_CONTRARY;
	later = forgotten_later(all);
	s->have =
		all->forgotten - later < later ? all->forgotten - later : later;
	if (enough(s) != WHY_SAID)
		return enough(s);
	s->have = all->lost;
	s->need = losses_needed(tries_of(&j->plain));
	if (s->have < s->need)
		return WHY_FEW;
	place_silence(j, s, all);
	return beyond_chance(all->lost, tries_of(&j->plain),
			     fewest_controls(all))
		       ? WHY_SAID
		       : WHY_CONTROL;
}

/* With a smaller TTL it draws none: it is not the server's, sent in its own
 * time. */
static enum why reset(const struct judgement *j, struct said *s)
{
	enum why why = read_idling(j, s);
	const struct idling *all = s->facts;
	unsigned at, after;

	if (why != WHY_SAID)
		return why;
	s->have = all->reset;
	if (enough(s) != WHY_SAID)
		return enough(s);
	at = reset_at(all);
	after = last_quoted(j, all, at);
	if (!after || !fewest_controls(all) || !is_spared(j, all, at))
		return WHY_CONTROL;
	s->confidence = CONFIDENCE_LIKELY;
	s->after = place_at(j, after);
	s->at = place_at(j, at);
	return WHY_SAID;
}

/* ---- what is said -------------------------------------------------------- */

static const char *seconds(const struct judgement *j, int64_t us)
{
	return arena_printf(j->arena, "%.1f", (double)us / 1e6);
}

static void say(struct judgement *j, struct finding *f,
		const struct idling *all, const char *what)
{
	for (size_t i = 0; i < all->count; i++)
		if (rest_is_forgotten(&all->list[i]) || all->list[i].reset)
			finding_connection(j, f, all->list[i].flow->id);
	f->text = arena_printf(
		j->arena,
		"Idle connections time out %s: after %s seconds without a "
		"packet %s; after %s they still worked.",
		f->at.known ? place_phrase(j, f->after, f->at)
			    : "on the path or by a firewall of the server",
		seconds(j, all->forgotten_us), what, seconds(j, all->held_us));
}

static void say_forgotten(struct judgement *j, struct finding *f,
			  const struct said *s)
{
	const struct idling *all = s->facts;

	finding_evidence(j, f, all->example->first->frame, NULL, NULL,
			 "%u keep-alives on %u connections went unanswered "
			 "after %s idle seconds or more",
			 all->lost, all->forgotten,
			 seconds(j, all->forgotten_us));
	finding_evidence(j, f, 0, NULL, NULL,
			 "meanwhile %u or more were answered on connections of "
			 "the same age that were idle for %s seconds at most",
			 fewest_controls(all), seconds(j, all->held_us));
	say(j, f, all, "nothing is answered");
}

static void say_reset(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	const struct idling *all = s->facts;
	const struct rest *r = all->example;

	finding_evidence(j, f, r->reset->frame, NULL, NULL,
			 "a keep-alive with TTL %u, too small to reach the "
			 "target, triggers a RST after %s idle seconds, on %u "
			 "connections",
			 r->first->packet.ip.ttl, seconds(j, r->lost_us),
			 all->reset);
	say(j, f, all, "data triggers a RST that is not the target's");
}

const struct rule idle_rules[] = {
	{"tcp.idle_forgotten", "silence", PHASE_REST, SEGMENT_DATA, forgotten,
	 .say = say_forgotten},
	{"tcp.idle_forgotten", "rst", PHASE_REST, SEGMENT_DATA, reset,
	 .say = say_reset},
	{0},
};
