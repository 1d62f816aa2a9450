// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/turns.h"

#include <string.h>

#include "crafting/packet.h"
#include "probe/run/client.h"
#include "probe/survey/window.h"
#include "report/evidence/judgement.h"
#include "report/report.h"

/* --- who is probed ------------------------------------------------------- */

static const struct {
	bool wanted, speaks, needs_place;
} by_class[SURVEY_CLASSES] = {
	[CLASS_V1] = {true, true, false},
	[CLASS_V0] = {true, true, false},
	[CLASS_MIRROR] = {true, false, true},
	[CLASS_PLAIN] = {false, false, true}, /* of the sample */
	[CLASS_BEHIND_STRIP] = {true, false, true},
	[CLASS_CAPABLE_DROPPED] = {true, false, true},
	[CLASS_CAPABLE_RESET] = {true, false, true},
	[CLASS_ICMP] = {true, false, true},
};

/* An ICMP error tells of a change where it quotes one of MPTCP. */
static bool quotes_change(const struct open_target *o)
{
	for (unsigned i = 0; i < SYN_KINDS; i++)
		if (o->answers[i] &&
		    strstr(o->answers[i], "\"field\":\"tcp.option.mptcp\""))
			return true;
	return false;
}

bool turn_is_wanted(const struct open_target *o)
{
	enum survey_class class = survey_classify(&o->seen);

	return by_class[class].wanted &&
	       (class != CLASS_ICMP || quotes_change(o));
}

struct turn turn_of(const struct open_target *o)
{
	return (struct turn){.target = o->target.address,
			     .class = survey_classify(&o->seen),
			     .first_ttl = FULL_TTL};
}

bool turn_speaks(const struct turn *t)
{
	return by_class[t->class].speaks;
}

bool turn_asks_distance(const struct turn *t)
{
	return t->first_ttl == FULL_TTL && !t->near.number && turn_speaks(t);
}

bool turn_needs_place(const struct turn *t)
{
	return by_class[t->class].needs_place;
}

/* --- when ---------------------------------------------------------------- */

/* What a router says of dead targets, of the first stage too, it cannot say in
 * a sweep. */
static bool spends(const struct hop_budget *b, const struct packet *error,
		   const struct address *quoted)
{
	const struct address *hop = &error->ip.source;

	return error->icmp.time_exceeded ||
	       (error->icmp.unreachable && !address_equal(hop, quoted) &&
		hop_budget_knows(b, hop));
}

void turns_see(struct turns *all, const struct packet *error,
	       const struct address *quoted, int64_t now_us)
{
	struct hop_budget *b = &all->budgets[quoted->family == 6];

	if (spends(b, error, quoted))
		hop_budget_answered(b, &error->ip.source, now_us);
}

struct located_place turns_place(const struct turns *all, const struct turn *t)
{
	struct located_place near = {0};

	if (!t->elsewhere)
		located_find(&all->located, t->class, &t->target, &near);
	return near;
}

int64_t turns_due_us(const struct turns *all, const struct turn *t,
		     const struct located_place *near, bool sweep_waits,
		     int64_t now_us)
{
	const struct hop_budget *b = &all->budgets[t->target.family == 6];

	if (b->busy)
		return INT64_MAX;
	return near->number
		       ? hop_budget_spares_us(b, near->hops, near->hop_count,
					      sweep_waits, now_us)
		       : hop_budget_rested_us(b);
}

void turns_begin(struct turns *all, struct turn *t,
		 const struct located_place *near)
{
	struct hop_budget *b = &all->budgets[t->target.family == 6];

	t->near = *near;
	if (near->number) {
		t->first_ttl = FULL_TTL;
		hop_budget_promise(b, near->hops, near->hop_count);
		located_begin(&all->located, near, &t->target);
	} else {
		t->first_ttl = t->whole ? 1 : hop_budget_first_ttl(b);
		b->busy = true;
	}
}

/* --- what it showed ------------------------------------------------------ */

/* Something interferes, or nobody knows: its place is wanted. */
static bool wants_place(const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect != EFFECT_HARMLESS)
			return true;
	return r->status == STATUS_UNDETERMINED;
}

/* What the hops around a place quoted. */
static void end_near(struct turns *all, struct turn *t, const struct report *r)
{
	t->elsewhere = !located_shows(&t->near, r);
	hop_budget_release(&all->budgets[t->target.family == 6], t->near.hops,
			   t->near.hop_count);
	located_end(&all->located, &t->near, &t->target, !t->elsewhere);
}

static void end_sweep(struct turns *all, const struct turn *t,
		      const struct report *r, int64_t now_us)
{
	struct hop_budget *b = &all->budgets[t->target.family == 6];

	hop_budget_learn(b, r, t->first_ttl, now_us);
	located_learn(&all->located, t->class, r);
	if (t->first_ttl == 1)
		located_learn_whole(&all->located, t->class, r);
	if (t->nearer)
		nearer_learn(&all->nearer, r);
	b->busy = false;
}

/* Only a sweep tells, from hop 1 on: it may be any hop. */
static bool may_be_nearer(const struct turns *all, struct turn *t,
			  const struct report *r)
{
	t->nearer = turn_asks_distance(t) && nearer_of(r) == NEARER_FEWER &&
		    nearer_is_worth(&all->nearer);
	t->whole = t->nearer;
	return t->nearer;
}

static bool goes_on(const struct turns *all, struct turn *t,
		    const struct report *r)
{
	if (r->interrupted)
		return false;
	if (t->near.number)
		return t->elsewhere;
	if (t->first_ttl == FULL_TTL)
		return wants_place(r) || may_be_nearer(all, t, r);
	/* It may be done by hops that were left out. */
	t->whole = t->first_ttl > 1 &&
		   located_wants_whole(&all->located, t->class, r);
	return t->whole;
}

bool turns_end(struct turns *all, struct turn *t, const struct report *r,
	       int64_t now_us)
{
	if (t->near.number)
		end_near(all, t, r);
	else if (t->first_ttl != FULL_TTL)
		end_sweep(all, t, r, now_us);
	return goes_on(all, t, r);
}
