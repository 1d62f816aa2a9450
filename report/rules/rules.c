/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/rules/rules.h"

#include <string.h>

#include "report/arena.h"
#include "report/evidence/ledger.h"

/* The rows are asked in this order. */
static const struct rule *const tables[] = {
	quotes_rules,
	limited_option_rules,
	pairs_rules,
	ended_rules,
	distance_rules,
	syn_ack_rules,
	syn_rules,
	limited_syn_rules,
	data_rules,
	dss_removed_rules,
	dss_server_removed_rules,
	acks_removed_rules,
	dss_some_rules,
	dss_dropped_rules,
	dss_reset_rules,
	dss_server_rules,
	acks_rules,
	own_acks_rules,
	size_rules,
	long_rules,
	first_ack_rules,
	join_answer_rules,
	joined_size_rules,
	join_rules,
	limited_join_rules,
	joined_rules,
	announced_rules,
	add_addr_rules,
	fragment_rules,
	idle_rules,
	last_rules,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

const struct rule *rules_row(size_t index)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct rule *r = tables[i]; r->id; r++)
			if (index-- == 0)
				return r;
	return NULL;
}

bool rule_named(const char *id, const char *row, const char *name)
{
	size_t length = strlen(id);

	return strncmp(name, id, length) == 0 &&
	       (name[length] == '\0' ||
		(name[length] == '/' && strcmp(name + length + 1, row) == 0));
}

/* The finding, whatever row it is of, that blocks this one; or NULL. */
static const char *ended_by(const struct judgement *j, const struct rule *r)
{
	for (size_t i = 0; i < j->r->finding_count; i++) {
		const struct finding *f = &j->r->findings[i];

		if (f->effect == EFFECT_BLOCKS && r->phase > PHASE_DISTANCE &&
		    (f->rule->phase < r->phase || r->gates & OWN_PHASE))
			return f->kind->id;
	}
	return NULL;
}

/* The id that was said and says it; or NULL. What was said may have joined a
 * finding of another id, which has the same cause. */
static const char *told_by(const struct judgement *j, const struct rule *r)
{
	for (size_t i = 0; i < j->r->rule_count; i++) {
		const struct report_rule *said = &j->r->rules[i];

		for (size_t k = 0; k < UNLESS_MAX && r->unless[k]; k++)
			if (said->why == WHY_SAID &&
			    rule_named(said->id, said->row, r->unless[k]))
				return said->id;
	}
	return NULL;
}

/* Rows of these phases speak by MPTCP options that came in. */
static bool believes_options(enum phase phase)
{
	return phase >= PHASE_SYN_ACK && phase != PHASE_SYN &&
	       phase < PHASE_LAST;
}

/* What keeps a row from being asked; WHY_SAID: nothing. */
static enum why in_the_way(const struct judgement *j, const struct rule *r,
			   struct said *s)
{
	if ((s->by = ended_by(j, r)))
		return WHY_BLOCKED;
	if ((s->by = told_by(j, r)))
		return WHY_UNLESS;
	return (j->unasked && believes_options(r->phase)) ||
			       (r->gates & NOT_WORKING && j->working) ||
			       (r->gates & WORKING && !j->working) ||
			       (r->gates & TAKING && !j->taking) ||
			       (r->gates & NOT_NEGOTIATED && j->negotiated)
		       ? WHY_CONTRARY
		       : WHY_SAID;
}

/* ---- places by quotes ---------------------------------------------------- */

static void bracket_evidence(struct judgement *j, struct finding *f,
			     const struct bracket *b)
{
	char text[ADDRESS_TEXT];
	const struct change *c = &b->changed->change;

	if (b->intact)
		finding_evidence(
			j, f, b->intact->quote->frame, c->sent, c->sent,
			"hop %u (%s) quotes %s with %s as sent", b->after,
			address_text(&b->intact->quote->responder, text),
			segment_phrase(b->intact->sent->kind), c->field);
	finding_evidence(j, f, b->first->quote->frame, c->sent,
			 b->changed->in_place ? b->changed->in_place
					      : c->quoted,
			 "hop %u (%s) quotes %s with %s %s", b->at,
			 address_text(&b->first->quote->responder, text),
			 segment_phrase(b->first->sent->kind), c->field,
			 b->changed->removed ? "removed"
			 : c->sent	     ? "changed"
					     : "added");
}

static void place_bracket(struct judgement *j, struct finding *f,
			  const struct bracket *b)
{
	/* Other flows may take another way. */
	f->after = place_at(j, b->after);
	if (b->intact)
		f->after.address = b->intact->quote->responder;
	f->at = place_at(j, b->at);
	f->at.address = b->first->quote->responder;
}

/* Where a device lets some pass, quotes before it tell less. */
static void place_some(struct judgement *j, struct finding *f,
		       struct bracket *b)
{
	f->of_some = bracket_spread(j, b);
	place_bracket(j, f, b);
}

static bool same_verb(const char *a, const char *b)
{
	return strcmp(strchr(a, '.'), strchr(b, '.')) == 0;
}

/* What lets some data pass is put where that is first seen: what hops behind it
 * show is its doing, too. */
static bool is_of_some_data(const struct finding *f)
{
	return f->of_some && !segment_is_syn(f->segment);
}

/* The same thing done between hops that may be the same: one cause. `same`: by
 * its id; otherwise what else was done to MPTCP options will do. */
static struct finding *same_cause(const struct judgement *j,
				  const struct said *s, bool same)
{
	for (size_t i = 0; i < j->r->finding_count; i++) {
		struct finding *f = &j->r->findings[i];

		if ((same ? strcmp(f->kind->id, s->rule->id) == 0
			  : f->rule->joins == JOINS_VERB &&
				     same_verb(f->kind->id, s->rule->id)) &&
		    f->direction == DIRECTION_FORWARD &&
		    (finding_overlaps(f, s->bracket->after, s->bracket->at) ||
		     (same && is_of_some_data(f))))
			return f;
	}
	return NULL;
}

/* Whether this id was said before, be it by another row; `again`: this one
 * has. */
static bool said_before(const struct judgement *j, const struct rule *r,
			bool again)
{
	for (size_t i = 0; i + 1 < j->r->rule_count && !again; i++)
		again = j->r->rules[i].why == WHY_SAID &&
			strcmp(j->r->rules[i].id, r->id) == 0;
	return again;
}

/* Joins what a bracket shows to a finding of the same cause, whose place it may
 * narrow. False: there is none. */
static bool join(struct judgement *j, const struct said *s, bool again)
{
	struct bracket *b = s->bracket;
	struct finding *same = same_cause(j, s, true), *f = same;

	if (!f && s->rule->joins == JOINS_VERB)
		f = same_cause(j, s, false);
	if (!f)
		return false;
	finding_connection(j, f, s->flow->id);
	if (same && (f->of_some ? b->at < f->at.ttl
				: b->at - b->after < f->at.ttl - f->after.ttl))
		place_some(j, f, b);
	else if (said_before(j, s->rule, again))
		return true;
	bracket_evidence(j, f, b);
	return true;
}

/* ---- what tests have in common --------------------------------------------
 */

enum why enough(const struct said *s)
{
	if (!s->have)
		return WHY_ABSENT;
	return s->have < s->need ? WHY_FEW : WHY_SAID;
}

void said_between(const struct judgement *j, struct said *s, struct between b)
{
	put_between(j, b, &s->after, &s->at);
	if (!b.at || b.at >= j->plain_reach)
		s->direction = DIRECTION_UNKNOWN;
}

/* ---- the driver ---------------------------------------------------------- */

static void move(struct finding *f, enum moved to)
{
	static const enum effect effects[] = {
		[TO_BLOCKS] = EFFECT_BLOCKS,
		[TO_IMPAIRS] = EFFECT_IMPAIRS,
		[TO_HARMLESS] = EFFECT_HARMLESS,
	};

	if (to != AS_KIND)
		f->effect = effects[to];
}

/* The finding that a row adds, or refines. */
static struct finding *finding_of(struct judgement *j, const struct said *s)
{
	const struct rule *r = s->rule;
	struct finding *f =
		r->joins == JOINS_REFINES ? finding_find(j, r->id) : NULL;

	if (f)
		return f;
	f = finding_add(j, r->id, s->direction,
			s->bracket ? s->bracket->kind : r->segment);
	f->rule = r;
	return f;
}

static void speak(struct judgement *j, const struct said *s)
{
	const struct rule *r = s->rule;
	struct finding *f = finding_of(j, s);

	f->effect = f->kind->effect;
	move(f, s->less ? r->if_less : AS_KIND);
	move(f, j->working ? r->if_working : AS_KIND);
	f->direction = s->direction;
	f->confidence = s->confidence;
	f->after = s->after;
	f->at = s->at;
	if (s->flow)
		finding_connection(j, f, s->flow->id);
	if (s->bracket) {
		place_some(j, f, s->bracket);
		bracket_evidence(j, f, s->bracket);
		f->how = s->bracket->changed->how;
	}
	r->say(j, f, s);
}

static void ask(struct judgement *j, const struct rule *r)
{
	struct said s = {.rule = r};
	enum why why = in_the_way(j, r, &s);

	if (why == WHY_SAID)
		why = r->test(j, &s);
	*ARENA_PUSH(j->arena, j->r->rules, j->r->rule_count) =
		(struct report_rule){r->id, r->row, why, s.have, s.need, s.by};
	for (bool again = false; why == WHY_SAID; again = true) {
		if (!s.bracket || !join(j, &s, again))
			speak(j, &s);
		s = (struct said){.rule = r, .next = s.next};
		why = r->each ? r->test(j, &s) : WHY_ABSENT;
	}
}

void rules_run(struct judgement *j, enum phase first, enum phase last)
{
	const struct rule *r;

	for (size_t i = 0; (r = rules_row(i)); i++)
		if (r->phase >= first && r->phase <= last)
			ask(j, r);
}

/* An effect that blocks at once would silence later phases. */
void rules_settle(struct judgement *j)
{
	for (size_t i = 0; i < j->r->finding_count; i++)
		if (j->negotiated && !j->working)
			move(&j->r->findings[i],
			     j->r->findings[i].rule->if_lost);
}
