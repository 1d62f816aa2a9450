/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/rules/rules.h"

#include <string.h>

#include "report/arena.h"
#include "report/evidence/judgement.h"

static const struct rule *const phases[PHASE_COUNT] = {
	[PHASE_QUOTES] = quotes_rules,	 [PHASE_DISTANCE] = distance_rules,
	[PHASE_SYN_ACK] = syn_ack_rules, [PHASE_SYN] = syn_rules,
	[PHASE_DATA] = data_rules,	 [PHASE_LONG] = long_rules,
	[PHASE_REST] = rest_rules,	 [PHASE_LAST] = last_rules,
};

const struct rule *rules_row(size_t index)
{
	for (size_t p = 0; p < PHASE_COUNT; p++)
		for (const struct rule *r = phases[p]; r->id; r++)
			if (index-- == 0)
				return r;
	return NULL;
}

/* Whether a finding, whatever row it is of, blocks this one. */
static bool ends_before(const struct finding *f, const struct rule *r)
{
	return f->effect == EFFECT_BLOCKS && r->phase > PHASE_DISTANCE &&
	       (f->rule->phase < r->phase || r->gates & OWN_PHASE);
}

static bool says_it(const struct finding *f, const struct rule *r)
{
	for (size_t i = 0; i < UNLESS_MAX && r->unless[i]; i++)
		if (strcmp(f->kind->id, r->unless[i]) == 0)
			return true;
	return false;
}

/* What keeps a row from being asked; WHY_SAID: nothing. */
static enum why in_the_way(const struct judgement *j, const struct rule *r,
			   struct said *s)
{
	for (size_t i = 0; i < j->r->finding_count; i++) {
		const struct finding *f = &j->r->findings[i];

		s->by = f->kind->id;
		if (ends_before(f, r))
			return WHY_BLOCKED;
		if (says_it(f, r))
			return WHY_UNLESS;
	}
	s->by = NULL;
	return (r->gates & NOT_WORKING && j->working) ||
			       (r->gates & NOT_NEGOTIATED && j->negotiated)
		       ? WHY_CONTRARY
		       : WHY_SAID;
}

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

static void speak(struct judgement *j, const struct rule *r,
		  const struct said *s)
{
	const char *id = s->id ? s->id : r->id;
	struct finding *f =
		r->joins == JOINS_REFINES ? finding_find(j, id) : NULL;

	if (!f) {
		f = finding_add(j, id, s->direction, r->segment);
		f->rule = r;
	}
	f->effect = f->kind->effect;
	move(f, s->less ? r->if_less : AS_KIND);
	move(f, j->working ? r->if_working : AS_KIND);
	f->direction = s->direction;
	f->confidence = s->confidence;
	f->after = s->after;
	f->at = s->at;
	if (s->flow)
		finding_connection(j, f, s->flow->id);
	r->say(j, f, s);
}

/* Lets a function that adds findings itself do so. */
static enum why let_judge(struct judgement *j, const struct rule *r)
{
	size_t before = j->r->finding_count;

	r->judge(j);
	for (size_t i = before; i < j->r->finding_count; i++)
		j->r->findings[i].rule = r;
	return j->r->finding_count > before ? WHY_SAID : WHY_ABSENT;
}

static void ask(struct judgement *j, const struct rule *r)
{
	struct said s = {.rule = r};
	enum why why = in_the_way(j, r, &s);

	if (why == WHY_SAID)
		why = r->judge ? let_judge(j, r) : r->test(j, &s);
	*ARENA_PUSH(j->arena, j->outcomes, j->outcome_count) =
		(struct outcome){r, why, s.have, s.need, s.by};
	while (why == WHY_SAID && !r->judge) {
		speak(j, r, &s);
		s = (struct said){.rule = r, .next = s.next};
		why = r->each ? r->test(j, &s) : WHY_ABSENT;
	}
}

void rules_run(struct judgement *j, enum phase first, enum phase last)
{
	for (size_t p = first; p <= last; p++)
		for (const struct rule *r = phases[p]; r->id; r++)
			ask(j, r);
}
