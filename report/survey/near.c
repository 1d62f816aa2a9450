// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/near.h"

#include <string.h>

#include "report/survey/shown.h"

/* Whether any path from there was seen to go by that place. */
static bool any_goes_by(const struct contrast *c, size_t vantage,
			const struct contrast_place *p)
{
	char text[ADDRESS_TEXT];

	return (p->after.family &&
		json_object_get(c->hops[vantage],
				address_text(&p->after, text))) ||
	       (p->at.family &&
		json_object_get(c->hops[vantage], address_text(&p->at, text)));
}

/* How another vantage point stands to a place that is to be near the first:
 * what is on its paths, or may be, is not. */
static bool may_be_there(const struct contrast_target *t, size_t vantage,
			 const char *id, const struct contrast_place *place)
{
	const struct contrast_finding *f = shown_finding(t, vantage, id);

	if (f && shown_is_known(&f->place))
		return shown_same_place(&f->place, place);
	return shown_by(t, vantage, id);
}

/* How many show it there at that place; 0 if others show it elsewhere, or have
 * nothing of it. */
static uint64_t show_all(const struct judging *j, size_t vantage,
			 const char *id, const struct contrast_place *place)
{
	uint64_t total = 0;

	for (size_t i = 0; i < j->c->count; i++) {
		const struct contrast_target *t = j->targets[i];
		const struct contrast_finding *f =
			shown_finding(t, vantage, id);

		if (f && shown_same_place(&f->place, place))
			total++;
		else if ((f && shown_is_known(&f->place)) ||
			 shown_clear(t, vantage, id))
			return 0;
	}
	return total;
}

/* Notes how another vantage point tells them apart. False: it is there, too. */
static bool see_other(struct judging *j, const struct contrast_target *t,
		      size_t vantage, struct side_near *n)
{
	if (may_be_there(t, vantage, n->id, &n->place))
		return false;
	if (shown_clear(t, vantage, n->id))
		n->clear |= vantage_bit(vantage);
	else if (shown_by(t, vantage, n->id))
		n->other |= vantage_bit(vantage);
	return !any_goes_by(j->c, vantage, &n->place);
}

/* And by what; each target that shows it, from each other vantage point. */
static bool is_told_apart(struct judging *j, size_t vantage,
			  struct side_near *n)
{
	for (size_t i = 0; i < j->c->count; i++) {
		const struct contrast_target *t = j->targets[i];
		const struct contrast_finding *f =
			shown_finding(t, vantage, n->id);
		const struct contrast_probe *p = contrast_probe_of(t, vantage);

		if (!f)
			continue;
		n->close &=
			f->ttl && p->target_ttl && 2 * f->ttl <= p->target_ttl;
		for (size_t v = 0; v < j->c->vantages; v++)
			if (v != vantage && !see_other(j, t, v, n))
				return false;
	}
	return n->clear || n->other;
}

/* What few show may be theirs alone, unless all are of one class likewise. */
static struct side_near near_by_hops(struct judging *j, size_t vantage,
				     const struct contrast_finding *f,
				     bool by_class)
{
	uint64_t least =
		by_class && shown_is_of_capable(f->id) ? 1 : NEAR_LEAST;
	struct side_near n = {
		.id = f->id,
		.place = f->place,
		.close = true,
		.targets = show_all(j, vantage, f->id, &f->place),
	};

	if (f->place.at_target || n.targets < least ||
	    !is_told_apart(j, vantage, &n))
		return (struct side_near){0};
	n.where = shown_where(j->c, j->arena, &f->place);
	return n;
}

#define IDS_MAX 32

/* Whether it is the first of its id that has a place: what all show, the first
 * of them does. */
static bool is_new_id(const struct contrast_finding *f, const char **ids,
		      size_t *count)
{
	if (!shown_is_known(&f->place) || *count == IDS_MAX)
		return false;
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(ids[i], f->id))
			return false;
	ids[(*count)++] = f->id;
	return true;
}

typedef bool finding_fn(void *context, const struct contrast_finding *f);

/* Whether any that targets show from there is so; the first ends it. */
static bool any_finding(const struct judging *j, size_t vantage, finding_fn *fn,
			void *context)
{
	for (size_t i = 0; i < j->c->count; i++) {
		const struct contrast_probe *p =
			contrast_probe_of(j->targets[i], vantage);

		for (const struct contrast_finding *f = p ? p->findings : NULL;
		     f; f = f->next)
			if (fn(context, f))
				return true;
	}
	return false;
}

struct hops_search {
	struct judging *j;
	size_t vantage;
	bool by_class;
	const char *ids[IDS_MAX];
	size_t count;
};

static bool judge_near_hops(void *context, const struct contrast_finding *f)
{
	struct hops_search *s = context;
	struct side_near *n = &s->j->out->near[s->vantage];

	if (is_new_id(f, s->ids, &s->count))
		*n = near_by_hops(s->j, s->vantage, f, s->by_class);
	return n->id;
}

/* Whether hops tell from there where MP_CAPABLE is interfered with. */
static bool places_capable(void *context, const struct contrast_finding *f)
{
	(void)context;
	return shown_is_of_capable(f->id) && shown_is_known(&f->place);
}

void near_judge(struct judging *j)
{
	unsigned likewise = 0;

	for (size_t v = 0; v < j->c->vantages; v++) {
		struct side_near *n = &j->out->near[v];
		enum survey_class class;
		bool by_class = contrast_is_near(j->c, v, &class);
		struct hops_search search = {j, v, by_class, {NULL}, 0};

		any_finding(j, v, judge_near_hops, &search);
		n->class = class;
		n->by_class =
			by_class &&
			((n->id && n->close && shown_is_of_capable(n->id)) ||
			 !any_finding(j, v, places_capable, NULL));
		if (n->by_class && !n->id)
			likewise |= vantage_bit(v);
	}
	for (size_t v = 0; v < j->c->vantages; v++)
		if (likewise & vantage_bit(v))
			j->out->near[v].likewise = likewise & ~vantage_bit(v);
}

bool near_is(const struct judging *j, size_t vantage, const char *id)
{
	const struct side_near *n = &j->out->near[vantage];

	return (n->by_class && shown_is_of_capable(id)) ||
	       (n->id && !strcmp(n->id, id));
}
