// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/shown.h"

#include <string.h>

#include "report/arena.h"
#include "report/survey/places.h"

unsigned vantage_bit(size_t vantage)
{
	return 1U << vantage;
}

bool shown_is_of_capable(const char *id)
{
	return !*id || !strncmp(id, "mp_capable.", strlen("mp_capable."));
}

const struct contrast_finding *shown_finding(const struct contrast_target *t,
					     size_t vantage, const char *id)
{
	const struct contrast_probe *p = contrast_probe_of(t, vantage);

	for (const struct contrast_finding *f = p ? p->findings : NULL; f;
	     f = f->next)
		if (!strcmp(f->id, id))
			return f;
	return NULL;
}

static bool has_findings(const struct contrast_target *t, size_t vantage)
{
	const struct contrast_probe *p = contrast_probe_of(t, vantage);

	return p && p->findings;
}

/* By the class alone. */
static bool class_shows(const struct contrast_target *t, size_t vantage,
			const char *id)
{
	static const char *const ids[SURVEY_CLASSES + 1] = {
		[CLASS_BEHIND_STRIP] = "mp_capable.removed",
		[CLASS_CAPABLE_DROPPED] = "mp_capable.dropped",
		[CLASS_CAPABLE_RESET] = "mp_capable.reset",
	};
	const char *found = ids[t->classes[vantage]];

	return found && (!*id || !strcmp(found, id));
}

bool shown_by(const struct contrast_target *t, size_t vantage, const char *id)
{
	return shown_finding(t, vantage, id) ||
	       (!has_findings(t, vantage) && class_shows(t, vantage, id));
}

bool shown_clear(const struct contrast_target *t, size_t vantage,
		 const char *id)
{
	const struct contrast_probe *p = contrast_probe_of(t, vantage);

	if (shown_finding(t, vantage, id))
		return false;
	return shown_is_of_capable(id) ? contrast_speaks(t, vantage)
				       : p && p->clear;
}

/* --- places --------------------------------------------------------------- */

bool shown_is_known(const struct contrast_place *p)
{
	return p->after.family || p->at.family || p->at_target;
}

bool shown_same_address(const struct address *a, const struct address *b)
{
	return a->family && address_equal(a, b);
}

bool shown_same_place(const struct contrast_place *a,
		      const struct contrast_place *b)
{
	return shown_same_address(&a->after, &b->after) ||
	       shown_same_address(&a->at, &b->at) ||
	       (a->at_target && b->at_target);
}

static bool is_place_of(const struct contrast_place *p, const struct address *a)
{
	return shown_same_address(a, &p->after) ||
	       shown_same_address(a, &p->at);
}

bool shown_goes_by(const struct contrast_target *t, size_t vantage,
		   const struct contrast_place *place)
{
	const struct contrast_probe *p = contrast_probe_of(t, vantage);

	for (size_t i = 0; p && i < p->path_length; i++)
		if (is_place_of(place, &p->path[i]))
			return true;
	return false;
}

bool shown_is_beyond(const struct contrast_target *t, size_t vantage,
		     const char *id, const struct contrast_place *place)
{
	const struct contrast_probe *p = contrast_probe_of(t, vantage);
	const struct contrast_finding *f = shown_finding(t, vantage, id);

	return f && f->last_hop && p->last.family && place->at.family &&
	       !is_place_of(place, &p->last) &&
	       shown_goes_by(t, vantage, place);
}

static const char *end_text(struct arena *a, const struct address *address,
			    bool target)
{
	return target		 ? "target"
	       : address->family ? arena_address(a, address)
				 : "";
}

const char *shown_where(const struct contrast *c, struct arena *a,
			const struct contrast_place *p)
{
	return shown_is_known(p)
		       ? places_where(c->origins, a,
				      end_text(a, &p->after, false),
				      end_text(a, &p->at, p->at_target))
		       : "";
}
