// SPDX-License-Identifier: GPL-3.0-or-later
/* What is said of sides, in every form. */
#include <string.h>

#include "report/arena.h"
#include "report/survey/sides.h"
#include "report/survey/tally.h"

const char *side_title(enum contrast_side side)
{
	static const char *const titles[SIDES] = {
		[SIDE_SERVER] = "Interfered with right before the server",
		[SIDE_SHARED] = "Interfered with at a hop that several vantage "
				"points share",
		[SIDE_WAY] = "Interfered with on the way from one vantage "
			     "point",
		[SIDE_ALL] = "Interfered with from all vantage points, so near "
			     "the server, or where all ways to it are one",
		[SIDE_SOME] = "Interfered with on the way from some vantage "
			      "points",
		[SIDE_ALONE] = "Interfered with from one vantage point, and "
			       "from no other it is known",
	};

	return titles[side];
}

const char *side_name(enum contrast_side side)
{
	static const char *const names[SIDES] = {
		[SIDE_SERVER] = "server", [SIDE_SHARED] = "shared",
		[SIDE_WAY] = "way",	  [SIDE_ALL] = "all",
		[SIDE_SOME] = "some",	  [SIDE_ALONE] = "alone",
	};

	return names[side];
}

const char *vantages_words(const struct contrast *c, struct arena *a,
			   unsigned vantages)
{
	const char *text = "";

	for (size_t v = 0; v < c->vantages; v++) {
		if (!(vantages >> v & 1))
			continue;
		vantages &= ~(1U << v);
		text = arena_printf(a, "%s%s%s", text,
				    !*text     ? ""
				    : vantages ? ", "
					       : " and ",
				    c->names[v]);
	}
	return text;
}

static const char *targets_words(struct arena *a, uint64_t n)
{
	char text[TALLY_NUMBER];

	return arena_printf(a, "%s target%s", tally_number(n, text),
			    n == 1 ? "" : "s");
}

/* "; not from C" */
static const char *more(const struct contrast *c, struct arena *a,
			const char *text, unsigned vantages, const char *words)
{
	if (!vantages)
		return text;
	return arena_printf(a, "%s; %s%s", text, words,
			    vantages_words(c, a, vantages));
}

const char *side_near_words(const struct contrast *c, struct arena *a,
			    const struct side_near *n)
{
	const char *text = "";

	if (n->by_class)
		text = arena_printf(
			a,
			"All of them %s: what does that is near this vantage "
			"point%s%s%s.",
			survey_class_name(n->class),
			n->likewise ? ", or where its ways and those from "
				    : "",
			vantages_words(c, a, n->likewise),
			n->likewise ? " are one" : "");
	if (!n->id)
		return text;
	text = arena_printf(
		a, "%s%s%s: %s, %s, towards %s", text, *text ? " " : "",
		n->close ? "Near this vantage point"
			 : "On all ways from this vantage point",
		n->id, n->where,
		n->targets == 1 ? "the one target that tells"
				: arena_printf(a, "all %s that tell",
					       targets_words(a, n->targets)));
	text = more(c, a, text, n->clear, "not from ");
	text = more(c, a, text, n->other & ~n->clear, "elsewhere from ");
	return arena_printf(a, "%s.", text);
}

const char *side_row_words(const struct contrast *c, struct arena *a,
			   const struct side_row *r)
{
	const char *text = arena_printf(a, "%s%stowards %s", r->where,
					*r->where ? ": " : "",
					targets_words(a, r->targets));

	if (r->placed)
		text = arena_printf(a, "%s, from %s", text,
				    vantages_words(c, a, r->placed));
	text = more(c, a, text, r->unplaced,
		    r->placed ? "also, where is not known, from "
			      : "where is not known, from ");
	text = more(c, a, text, r->clear & ~r->passes, "not from ");
	text = more(c, a, text, r->passes,
		    "not, though by that hop as well, from ");
	return more(c, a, text, r->unknown, "nothing is known from ");
}

/* Whether something is, or may be, interfered with, as seen from there. */
static bool may_be_interfered(const struct contrast_target *t, size_t vantage)
{
	const struct contrast_probe *p = contrast_probe_of(t, vantage);

	return (p && p->findings) || contrast_is_interfered(t, vantage) ||
	       t->classes[vantage] == CLASS_PLAIN ||
	       t->classes[vantage] == CLASS_MIRROR;
}

bool sides_lack_hops(const struct contrast *c, size_t vantage)
{
	bool some = false;

	for (size_t v = 0; v < c->vantages; v++)
		some |= c->hops[v] != NULL;
	if (!some || c->hops[vantage] || c->probed[vantage])
		return false;
	for (size_t i = 0; i < c->room; i++)
		if (c->slots[i].address.family &&
		    may_be_interfered(&c->slots[i], vantage))
			return true;
	return false;
}
