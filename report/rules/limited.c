/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs with an option of which a device lets only so many through: what other
 * rows say of those that it stopped is put right, the place and the words.
 */
#include <string.h>

#include "report/arena.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

/* RSTs, of which other rows do not know what limits them; none for plain SYNs.
 */
static bool are_reset(const struct judgement *j, const struct rule *r)
{
	const struct class *c = r->of;
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_is(f, PURPOSE_TCP) && flow_refused(f))
			return false;
		count += class_has(c, f) && flow_refused(f) &&
			 reset_reason(flow_reset(f)) < 0;
	}
	return strstr(r->id, ".reset") && count >= RESETS_LIKELY_MIN;
}

static enum why limited(const struct judgement *j, struct said *s)
{
	const struct finding *f = finding_find(j, s->rule->id);
	struct burst *b = arena_alloc(j->arena, sizeof(*b));

	if ((f ? f->segment != s->rule->segment : !are_reset(j, s->rule)) ||
	    !ask_burst(j, s->rule->segment, b))
		return WHY_ABSENT;
	s->facts = b;
	s->flow = b->flow;
	s->less = true;
	put_between(j, b->between, &s->after, &s->at);
	return WHY_SAID;
}

static const char *fate(const struct finding *f)
{
	const char *verb = strchr(f->kind->id, '.') + 1;

	if (strcmp(verb, "reset") == 0)
		return "the others are answered by a RST";
	return strcmp(verb, "removed") == 0 ? "from the others it is removed"
					    : "the others are dropped";
}

static void say_limited(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct class *c = s->rule->of;
	const struct burst *b = s->facts;

	finding_evidence(
		j, f, b->flow->first_frame, NULL, NULL,
		"many copies of this SYN sent at once got no farther than hop "
		"%u, which at another time it passed",
		b->between.at);
	f->text = arena_printf(
		j->arena,
		"Only so many SYNs with %s pass, as by a rate limit: %s %s.",
		c->purpose == PURPOSE_MP_JOIN ? "MP_JOIN" : "MP_CAPABLE",
		fate(f), place_phrase(j, f->after, f->at));
}

static const struct class capable = {
	PURPOSE_MP_CAPABLE, -1, SEGMENT_SYN, NULL, 0, ALL_OF_KIND};
static const struct class joins = {
	PURPOSE_MP_JOIN, -1, SEGMENT_JOIN_SYN, NULL, 0, ALL_OF_KIND};

#define LIMITED(id, phase, segment, class)                                     \
	{                                                                      \
		id, "limited", phase, segment, limited, say_limited,           \
			.joins = JOINS_REFINES, .of = &(class),                \
			.if_working = TO_IMPAIRS                               \
	}

const struct rule limited_option_rules[] = {
	LIMITED("mp_capable.removed", PHASE_QUOTES, SEGMENT_SYN, capable),
	LIMITED("mp_join.removed", PHASE_QUOTES, SEGMENT_JOIN_SYN, joins),
	{0},
};

const struct rule limited_syn_rules[] = {
	LIMITED("mp_capable.dropped", PHASE_SYN, SEGMENT_SYN, capable),
	LIMITED("mp_capable.reset", PHASE_SYN, SEGMENT_SYN, capable),
	{0},
};

const struct rule limited_join_rules[] = {
	LIMITED("mp_join.dropped", PHASE_REST, SEGMENT_JOIN_SYN, joins),
	LIMITED("mp_join.reset", PHASE_REST, SEGMENT_JOIN_SYN, joins),
	{0},
};
