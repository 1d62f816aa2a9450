// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/watch/watched.h"

#include <string.h>

#define BEYOND 256 /* all TTLs */

/* Whether it says nothing of what is on the path. */
static bool is_blind(const struct watched *w)
{
	return w->status == STATUS_UNDETERMINED ||
	       w->status == STATUS_UNREACHABLE;
}

static void take_why(struct watched *w, const char *text)
{
	size_t length = 0;

	for (; *text && length < WATCHED_WHY - 1; text++)
		w->why[length++] =
			(char)(*text >= ' ' && *text <= '~' ? *text : '?');
	w->why[length] = '\0';
}

/* --- taking a report ------------------------------------------------------ */

/* No hop shows and does not show it in one run, whatever a file says. */
static bool is_bracket(const struct finding *f)
{
	return !f->after.known || !f->at.known || f->after.ttl < f->at.ttl;
}

static void take_finding(struct watched *w, const struct finding *f)
{
	const struct finding_kind *kind = finding_kind(f->kind->id);
	struct watched_finding *taken;

	if (f->effect == EFFECT_HARMLESS || !kind || watched_find(w, kind) ||
	    w->finding_count == WATCHED_FINDINGS)
		return;
	taken = &w->findings[w->finding_count++];
	taken->kind = kind;
	if (is_bracket(f)) {
		taken->after = f->after;
		taken->at = f->at;
	}
}

static bool has_seen(const struct watched_hop *h, const struct address *a)
{
	for (unsigned i = 0; i < h->count; i++)
		if (address_equal(&h->seen[i], a))
			return true;
	return false;
}

static void add_responder(struct watched_hop *h, const struct address *a)
{
	if (a->family && h->count < WATCHED_RESPONDERS && !has_seen(h, a))
		h->seen[h->count++] = *a;
}

/* The target itself is no hop: how far away it is says `length`. */
static void take_hop(struct watched *w, const struct report_hop *hop)
{
	struct watched_hop *h;

	if (!hop->ttl || hop->ttl > WATCHED_HOPS)
		return;
	if (hop->is_target) {
		w->length = w->length ? w->length : hop->ttl;
		return;
	}
	h = &w->hops[hop->ttl - 1];
	add_responder(h, &hop->address);
	for (size_t i = 0; i < hop->responder_count; i++)
		add_responder(h, &hop->responders[i].address);
}

struct watched watched_of(const struct report *r)
{
	struct watched w = {.time_us = r->started_us,
			    .status = r->status,
			    .target = r->target};

	if (r->interrupted) {
		w.status = STATUS_UNDETERMINED;
		take_why(&w, r->interruption ? r->interruption
					     : "the run was interrupted");
		return w;
	}
	if (is_blind(&w)) {
		take_why(&w, r->verdict ? r->verdict : "");
		return w;
	}
	for (size_t i = 0; i < r->finding_count; i++)
		take_finding(&w, &r->findings[i]);
	for (size_t i = 0; i < r->path_length; i++)
		take_hop(&w, &r->path[i]);
	return w;
}

struct watched watched_failed(int64_t time_us, const char *why)
{
	struct watched w = {.time_us = time_us, .status = STATUS_UNDETERMINED};

	take_why(&w, why);
	return w;
}

/* --- what differs --------------------------------------------------------- */

const struct watched_finding *watched_find(const struct watched *w,
					   const struct finding_kind *kind)
{
	for (unsigned i = 0; i < w->finding_count; i++)
		if (w->findings[i].kind == kind)
			return &w->findings[i];
	return NULL;
}

static bool same_findings(const struct watched *a, const struct watched *b)
{
	if (a->finding_count != b->finding_count)
		return false;
	for (unsigned i = 0; i < a->finding_count; i++)
		if (!watched_find(b, a->findings[i].kind))
			return false;
	return true;
}

static unsigned lowest(const struct watched_finding *f)
{
	return f->after.known ? f->after.ttl : 0;
}

static unsigned highest(const struct watched_finding *f)
{
	return f->at.known ? f->at.ttl : BEYOND;
}

/* A hop that quotes the change in one of them quotes none in the other. */
bool watched_moved(const struct watched_finding *was,
		   const struct watched_finding *now)
{
	return (now->after.known && was->at.known &&
		now->after.ttl >= was->at.ttl) ||
	       (was->after.known && now->at.known &&
		was->after.ttl >= now->at.ttl);
}

static bool any_moved(const struct watched *was, const struct watched *now)
{
	for (unsigned i = 0; i < was->finding_count; i++) {
		const struct watched_finding *f =
			watched_find(now, was->findings[i].kind);

		if (f && watched_moved(&was->findings[i], f))
			return true;
	}
	return false;
}

bool watched_hop_changed(const struct watched_hop *was,
			 const struct watched_hop *now)
{
	for (unsigned i = 0; i < now->count; i++)
		if (has_seen(was, &now->seen[i]))
			return false;
	return was->count && now->count;
}

/* To another address of a server another path leads. */
static bool same_target(const struct watched *a, const struct watched *b)
{
	return address_equal(&a->target, &b->target);
}

static bool path_changed(const struct watched *was, const struct watched *now)
{
	if (!same_target(was, now))
		return false;
	if (was->length && now->length && was->length != now->length)
		return true;
	for (unsigned i = 0; i < WATCHED_HOPS; i++)
		if (watched_hop_changed(&was->hops[i], &now->hops[i]))
			return true;
	return false;
}

unsigned watched_changes(const struct watched *was, const struct watched *now)
{
	unsigned what = 0;

	if (was->status != now->status)
		what = CHANGED_VERDICT;
	if (is_blind(now))
		return what;
	if (!what && !same_findings(was, now))
		what = CHANGED_FINDINGS;
	if (any_moved(was, now))
		what |= CHANGED_PLACE;
	if (path_changed(was, now))
		what |= CHANGED_PATH;
	return what;
}

/* --- from run to run ------------------------------------------------------ */

static void learn_place(struct watched_finding *f,
			const struct watched_finding *more)
{
	if (more->after.known && lowest(more) >= lowest(f))
		f->after = more->after;
	if (more->at.known && highest(more) <= highest(f))
		f->at = more->at;
}

static void learn_path(struct watched *known, const struct watched *run)
{
	if (!same_target(known, run)) {
		known->target = run->target;
		memcpy(known->hops, run->hops, sizeof(known->hops));
		known->length = run->length;
		return;
	}
	for (unsigned i = 0; i < WATCHED_HOPS; i++)
		for (unsigned k = 0; k < run->hops[i].count; k++)
			add_responder(&known->hops[i], &run->hops[i].seen[k]);
	if (run->length)
		known->length = run->length;
}

/* What a run adds that shows the same. */
static void learn(struct watched *known, const struct watched *run)
{
	known->time_us = run->time_us;
	if (is_blind(run))
		return;
	for (unsigned i = 0; i < known->finding_count; i++) {
		const struct watched_finding *f =
			watched_find(run, known->findings[i].kind);

		if (f)
			learn_place(&known->findings[i], f);
	}
	learn_path(known, run);
}

/* What was known of the path before a run that says nothing of it is still
 * known behind it. */
static void adopt(struct watched *known, const struct watched *now,
		  unsigned what)
{
	struct watched old = *known;

	*known = *now;
	if (is_blind(now)) {
		*known = old;
		known->status = now->status;
		memcpy(known->why, now->why, sizeof(known->why));
		known->time_us = now->time_us;
	} else if (!(what & CHANGED_PATH) && same_target(&old, now)) {
		learn_path(known, &old);
		known->length = now->length ? now->length : old.length;
	}
}

enum news subject_take(struct subject *s, const struct watched *run,
		       struct watch_change *out)
{
	unsigned what;

	if (!s->known.time_us) {
		s->known = *run;
		return NEWS_BEGINS;
	}
	what = watched_changes(&s->known, run);
	if (!what) {
		learn(&s->known, run);
		s->candidate.time_us = 0;
		return NEWS_NONE;
	}
	if (!s->candidate.time_us || watched_changes(&s->candidate, run)) {
		s->candidate = *run;
		return NEWS_UNSURE;
	}
	learn(&s->candidate, run);
	what = watched_changes(&s->known, &s->candidate);
	*out = (struct watch_change){.what = what,
				     .since_us = s->known.time_us,
				     .was = s->known,
				     .now = s->candidate};
	if (!out->now.target.family)
		out->now.target = s->known.target;
	adopt(&s->known, &s->candidate, what);
	s->candidate.time_us = 0;
	return NEWS_CHANGE;
}
