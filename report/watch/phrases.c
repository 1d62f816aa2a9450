// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/watch/phrases.h"

#include <time.h>

#include "report/arena.h"
#include "report/watch/watched.h"

#define HOPS_TOLD 3

const char *local_time_phrase(struct arena *a, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	char text[64] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm);
	return arena_printf(a, "%s", text);
}

/* --- places --------------------------------------------------------------- */

static const char *hop_phrase(struct arena *a, const struct place *p)
{
	if (!p->address.family)
		return arena_printf(a, "hop %u", p->ttl);
	return arena_printf(a, "hop %u (%s)", p->ttl,
			    arena_address(a, &p->address));
}

static const char *place_phrase(struct arena *a,
				const struct watched_finding *f)
{
	bool after = f->after.known && f->after.ttl;

	if (after && f->at.known)
		return arena_printf(a, " at or between %s and %s",
				    hop_phrase(a, &f->after),
				    hop_phrase(a, &f->at));
	if (f->at.known)
		return arena_printf(a, " at %s or before it",
				    hop_phrase(a, &f->at));
	if (after)
		return arena_printf(a, " at %s or beyond it",
				    hop_phrase(a, &f->after));
	return "";
}

static const char *findings_phrase(struct arena *a, const struct watched *w)
{
	const char *text = "";

	for (unsigned i = 0; i < w->finding_count; i++)
		text = arena_printf(a, "%s%s%s%s", text, i ? ", " : "",
				    w->findings[i].kind->id,
				    place_phrase(a, &w->findings[i]));
	return text;
}

const char *watched_phrase(struct arena *a, const struct watched *w)
{
	const char *more = *w->why ? w->why : findings_phrase(a, w);

	return arena_printf(a, "%s%s%s", status_name(w->status),
			    *more ? ": " : "", more);
}

/* --- the path ------------------------------------------------------------- */

static const char *responders_phrase(struct arena *a,
				     const struct watched_hop *h)
{
	const char *text = "";

	for (unsigned i = 0; i < h->count; i++)
		text = arena_printf(a, "%s%s%s", text, i ? " or " : "",
				    arena_address(a, &h->seen[i]));
	return text;
}

static const char *hops_phrase(struct arena *a, const struct watch_change *c)
{
	const char *text = "";
	unsigned count = 0;

	for (unsigned i = 0; i < WATCHED_HOPS; i++) {
		const struct watched_hop *was = &c->was.hops[i];
		const struct watched_hop *now = &c->now.hops[i];

		if (watched_hop_changed(was, now) && count++ < HOPS_TOLD)
			text = arena_printf(a, "%s%shop %u is %s, was %s", text,
					    *text ? "; " : "", i + 1,
					    responders_phrase(a, now),
					    responders_phrase(a, was));
	}
	if (count > HOPS_TOLD)
		text = arena_printf(a, "%s; and %u more", text,
				    count - HOPS_TOLD);
	return text;
}

static const char *path_phrase(struct arena *a, const struct watch_change *c)
{
	const char *hops = hops_phrase(a, c);

	if (c->was.length && c->now.length && c->was.length != c->now.length)
		return arena_printf(a, "the server is %u hops away, was %u%s%s",
				    c->now.length, c->was.length,
				    *hops ? "; " : "", hops);
	return hops;
}

/* --- a change ------------------------------------------------------------- */

/* Findings stand behind a new verdict; else, if they or their places changed,
 * as they were, too. */
static const char *verdict_phrase(struct arena *a, const struct watch_change *c)
{
	const char *now = watched_phrase(a, &c->now);

	if (c->what & CHANGED_VERDICT)
		return arena_printf(a, "%s -> %s", status_name(c->was.status),
				    now);
	if (c->what & (CHANGED_FINDINGS | CHANGED_PLACE))
		return arena_printf(a, "%s; it was %s", now,
				    findings_phrase(a, &c->was));
	return status_name(c->now.status);
}

const char *change_phrase(struct arena *a, const struct watch_change *c)
{
	const char *text = verdict_phrase(a, c);

	if (c->what & CHANGED_PATH)
		text = arena_printf(a, "%s; path: %s", text, path_phrase(a, c));
	if (c->unwatched)
		text = arena_printf(a, "%s; some time since %s", text,
				    local_time_phrase(a, c->since_us));
	return text;
}

const char *family_phrase(uint8_t family)
{
	return family == 4 ? " (IPv4)" : family == 6 ? " (IPv6)" : "";
}

const char *change_line(struct arena *a, const struct watch_change *c)
{
	return arena_printf(a, "%s %s%s port %u%s%s: %s",
			    local_time_phrase(a, c->now.time_us), c->host,
			    family_phrase(c->family), c->port,
			    c->uplink ? " by " : "", c->uplink ? c->uplink : "",
			    change_phrase(a, c));
}
