// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/sides.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/survey/near.h"
#include "report/survey/shown.h"

static bool same_row(const struct side_row *a, const struct side_row *b)
{
	return a->side == b->side && !strcmp(a->id, b->id) &&
	       !memcmp(&a->place, &b->place, sizeof(a->place)) &&
	       a->placed == b->placed && a->unplaced == b->unplaced &&
	       a->clear == b->clear && a->passes == b->passes &&
	       a->unknown == b->unknown;
}

static void add_row(struct judging *j, const struct side_row *row,
		    const struct contrast_target *t)
{
	struct sides *s = j->out;
	struct side_row *r;
	size_t i = 0;

	while (i < s->count && !same_row(&s->rows[i], row))
		i++;
	if (i == s->count) {
		r = ARENA_PUSH(j->arena, s->rows, s->count);
		*r = *row;
		r->where = shown_where(j->c, j->arena, &r->place);
	}
	r = &s->rows[i];
	if (r->targets < EXAMPLES_MAX)
		r->examples[r->targets] = t;
	r->targets++;
}

/* Whether nothing but the target is behind it, as seen from all of those. */
static bool is_before_target(const struct contrast_target *t,
			     const struct side_row *r)
{
	for (size_t v = 0; v < VANTAGES_MAX; v++) {
		const struct contrast_place *p;

		if (!(r->placed & vantage_bit(v)))
			continue;
		p = &shown_finding(t, v, r->id)->place;
		if (!p->at_target &&
		    (p->at.family ||
		     !shown_same_address(&p->after,
					 &contrast_probe_of(t, v)->last)))
			return false;
	}
	return true;
}

static unsigned how_many(unsigned vantages)
{
	return (unsigned)__builtin_popcount(vantages);
}

static enum contrast_side side_of_place(const struct contrast_target *t,
					const struct side_row *r,
					unsigned elsewhere)
{
	unsigned unplaced = r->unplaced;

	if (how_many(r->placed) > 1)
		return !r->clear && !elsewhere && is_before_target(t, r)
			       ? SIDE_SERVER
			       : SIDE_SHARED;
	for (size_t v = 0; v < VANTAGES_MAX; v++) {
		if (!(unplaced & vantage_bit(v)))
			continue;
		if (shown_is_beyond(t, v, r->id, &r->place)) {
			unplaced &= ~vantage_bit(v);
			elsewhere |= vantage_bit(v);
		} else if (shown_goes_by(t, v, &r->place)) {
			return SIDE_SHARED;
		}
	}
	if (unplaced)
		return r->clear ? SIDE_SOME : SIDE_ALL;
	return r->clear || elsewhere ? SIDE_WAY : SIDE_ALONE;
}

static enum contrast_side side_without_place(const struct side_row *r)
{
	if (r->clear)
		return SIDE_SOME;
	return how_many(r->unplaced) > 1 ? SIDE_ALL : SIDE_ALONE;
}

/* What both have in common; where that is nothing, what the first has. */
static void add_placed(struct side_row *r, const struct contrast_place *p,
		       unsigned vantage)
{
	struct contrast_place common = {.at_target = r->place.at_target &&
						     p->at_target};

	if (shown_same_address(&r->place.after, &p->after))
		common.after = p->after;
	if (shown_same_address(&r->place.at, &p->at))
		common.at = p->at;
	if (shown_is_known(&common)) {
		r->place = common;
		r->placed |= vantage;
	} else {
		r->unplaced |= vantage;
	}
}

/* The row of those that show it in the same place. */
static void judge_place(struct judging *j, const struct contrast_target *t,
			const struct side_row *all, unsigned placed,
			const struct contrast_place *place)
{
	struct side_row r = *all;

	r.place = *place;
	for (size_t v = 0; v < j->c->vantages; v++) {
		if (placed & vantage_bit(v) &&
		    shown_same_place(place, &shown_finding(t, v, r.id)->place))
			add_placed(&r, &shown_finding(t, v, r.id)->place,
				   vantage_bit(v));
		if (r.clear & vantage_bit(v) && shown_goes_by(t, v, place))
			r.passes |= vantage_bit(v);
	}
	r.side = side_of_place(t, &r, placed & ~r.placed);
	add_row(j, &r, t);
}

/* What each vantage point says of it. Returns those that show where. */
static unsigned sort_vantages(const struct judging *j,
			      const struct contrast_target *t,
			      struct side_row *r)
{
	unsigned placed = 0;

	for (size_t v = 0; v < j->c->vantages; v++) {
		const struct contrast_finding *f = shown_finding(t, v, r->id);

		if (t->classes[v] == CLASS_UNASKED || near_is(j, v, r->id))
			continue;
		if (f && shown_is_known(&f->place))
			placed |= vantage_bit(v);
		else if (shown_by(t, v, r->id))
			r->unplaced |= vantage_bit(v);
		else if (shown_clear(t, v, r->id))
			r->clear |= vantage_bit(v);
		else
			r->unknown |= vantage_bit(v);
	}
	return placed;
}

static bool is_first_of_place(const struct contrast_target *t, const char *id,
			      unsigned placed, size_t vantage)
{
	const struct contrast_place *p = &shown_finding(t, vantage, id)->place;

	for (size_t v = 0; v < vantage; v++)
		if (placed & vantage_bit(v) &&
		    shown_same_place(p, &shown_finding(t, v, id)->place))
			return false;
	return true;
}

static void judge_finding(struct judging *j, const struct contrast_target *t,
			  const char *id)
{
	struct side_row all = {.id = id};
	unsigned placed = sort_vantages(j, t, &all);

	for (size_t v = 0; v < j->c->vantages; v++)
		if (placed & vantage_bit(v) &&
		    is_first_of_place(t, id, placed, v))
			judge_place(j, t, &all, placed,
				    &shown_finding(t, v, id)->place);
	if (placed || !all.unplaced)
		return;
	all.side = side_without_place(&all);
	add_row(j, &all, t);
}

/* Whether a vantage point before this one has it as well. */
static bool is_first_of_id(const struct contrast_target *t, size_t vantage,
			   const struct contrast_finding *f)
{
	const struct contrast_finding *same = shown_finding(t, vantage, f->id);

	for (size_t v = 0; v < vantage; v++)
		if (shown_finding(t, v, f->id))
			return false;
	return same == f;
}

static void judge_target(struct judging *j, const struct contrast_target *t)
{
	bool told = false, interfered = false;
	unsigned asked = 0;

	for (size_t v = 0; v < j->c->vantages; v++)
		asked += t->classes[v] != CLASS_UNASKED;
	if (asked < 2)
		return;
	for (size_t v = 0; v < j->c->vantages; v++) {
		const struct contrast_probe *p = contrast_probe_of(t, v);

		interfered |= contrast_is_interfered(t, v);
		for (const struct contrast_finding *f = p ? p->findings : NULL;
		     f; f = f->next) {
			told |= shown_is_of_capable(f->id);
			if (is_first_of_id(t, v, f))
				judge_finding(j, t, f->id);
		}
	}
	if (interfered && !told)
		judge_finding(j, t, "");
}

static int compare_examples(const void *a, const void *b)
{
	const struct contrast_target *const *x = a, *const *y = b;
	int order = address_compare(&(*x)->address, &(*y)->address);

	return order ? order : (*x)->port - (*y)->port;
}

static int compare_rows(const void *a, const void *b)
{
	const struct side_row *x = a, *y = b;

	if (x->side != y->side)
		return (int)x->side - (int)y->side;
	if (x->targets != y->targets)
		return x->targets < y->targets ? 1 : -1;
	if (strcmp(x->id, y->id) != 0)
		return strcmp(x->id, y->id);
	return strcmp(x->where, y->where);
}

/* In the order of their addresses, so that the first of them are the same each
 * time. */
static const struct contrast_target **sorted(const struct contrast *c)
{
	const struct contrast_target **all =
		must_have(malloc((c->count + 1) * sizeof(*all)));
	size_t count = 0;

	for (size_t i = 0; i < c->room; i++)
		if (c->slots[i].address.family)
			all[count++] = &c->slots[i];
	qsort(all, count, sizeof(*all), compare_examples);
	return all;
}

void sides_judge(const struct contrast *c, struct arena *a, struct sides *out)
{
	struct judging j = {c, a, sorted(c), out};

	*out = (struct sides){0};
	near_judge(&j);
	for (size_t i = 0; i < c->count; i++)
		judge_target(&j, j.targets[i]);
	free(j.targets);
	if (out->count)
		qsort(out->rows, out->count, sizeof(*out->rows), compare_rows);
}

size_t sides_rows(const struct sides *s, size_t first)
{
	size_t end = first;

	while (end < s->count && s->rows[end].side == s->rows[first].side)
		end++;
	return end - first;
}
