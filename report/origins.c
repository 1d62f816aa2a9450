/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/origins.h"

#include <string.h>

#include "report/arena.h"
#include "report/report.h"

const char *origin_words(struct arena *a, const struct report_hop *h)
{
	const char *name = h->origin_name ? h->origin_name : "";

	if (!h->origin)
		return NULL;
	return arena_printf(a, "AS%u%s%.*s", h->origin, *name ? " " : "",
			    (int)strcspn(name, " ,"), name);
}

static const struct report_hop *hop_of(const struct report *r,
				       const struct place *at)
{
	const struct report_hop *h;

	if (!at->known || !at->ttl || at->ttl > r->path_length)
		return NULL;
	h = &r->path[at->ttl - 1];
	return h->origin ? h : NULL;
}

/* "AS3320 (DTAG Deutsche Telekom)" */
static const char *origin_phrase(const struct report *r,
				 const struct report_hop *h)
{
	if (!h->origin_name)
		return arena_printf(r->arena, "AS%u", h->origin);
	return arena_printf(r->arena, "AS%u (%s)", h->origin, h->origin_name);
}

static const char *advice_for(const struct report *r, const struct finding *f)
{
	const struct report_hop *after = hop_of(r, &f->after);
	const struct report_hop *at = hop_of(r, &f->at);

	if (!after && !at)
		return NULL;
	if (after && at && after->origin != at->origin)
		return arena_printf(r->arena,
				    "Hop %u belongs to %s, hop %u to %s: ask "
				    "there.",
				    after->ttl, origin_phrase(r, after),
				    at->ttl, origin_phrase(r, at));
	if (after && at && after != at)
		return arena_printf(
			r->arena, "Hops %u and %u belong to %s: ask there.",
			after->ttl, at->ttl, origin_phrase(r, after));
	return arena_printf(r->arena, "Hop %u belongs to %s: ask there.",
			    (after ? after : at)->ttl,
			    origin_phrase(r, after ? after : at));
}

void report_advise_origins(struct report *r)
{
	const char *advice = NULL;

	for (size_t i = 0; i < r->finding_count && !advice; i++)
		if (r->findings[i].effect != EFFECT_HARMLESS)
			advice = advice_for(r, &r->findings[i]);
	if (advice)
		r->advice = arena_printf(r->arena, "%s%s%s",
					 r->advice ? r->advice : "",
					 r->advice ? " " : "", advice);
}
