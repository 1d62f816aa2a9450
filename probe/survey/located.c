// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/located.h"

#include <stdio.h>
#include <string.h>

#include "report/findings.h"
#include "report/report.h"

#define NET_BYTES4 3
#define NET_BYTES6 6
#define SWEEPS_MIN 2 /* a limit on SYNs may not show in the first */
#define NOWHERE_MIN 3
#define OWN_WRONG 3 /* of its prefix, more than are right */

/* --- what a report shows ------------------------------------------------- */

/* All that interferes, if it is one thing; else NULL. */
static const struct finding *only_one(const struct report *r)
{
	const struct finding *only = NULL;

	for (size_t i = 0; i < r->finding_count; i++) {
		if (r->findings[i].effect == EFFECT_HARMLESS)
			continue;
		if (only)
			return NULL;
		only = &r->findings[i];
	}
	return only;
}

static bool is_placed(const struct finding *f)
{
	return f->direction != DIRECTION_RETURN &&
	       f->confidence == CONFIDENCE_PROVEN && f->after.known &&
	       f->after.ttl && f->at.known && f->at.ttl > f->after.ttl;
}

/* The hop has quoted such a segment with MPTCP. */
static bool quotes(const struct report *r, unsigned ttl,
		   enum segment_kind segment)
{
	const struct report_hop *hop = r->path + ttl - 1;

	if (ttl > r->path_length || hop->is_target)
		return false;
	for (size_t i = 0; i < hop->quote_count; i++)
		if (hop->quotes[i].segment == segment && !hop->quotes[i].plain)
			return true;
	return false;
}

/* Of a subflow: what its connection speaks. */
static int version_of(const struct report *r, const struct finding *f)
{
	if (f->segment == SEGMENT_JOIN_SYN)
		return r->mptcp_version;
	for (size_t i = 0; f->connection_count && i < r->connection_count; i++)
		if (r->connections[i].id == f->connections[0])
			return r->connections[i].version;
	return -1;
}

/* Two hops show it, and it is SYNs that they quote. */
static bool is_shown(const struct report *r, const struct finding *f)
{
	return (f->segment == SEGMENT_SYN || f->segment == SEGMENT_JOIN_SYN) &&
	       is_placed(f) && f->at.ttl - f->after.ttl < LOCATED_SPAN &&
	       quotes(r, f->after.ttl, f->segment) &&
	       quotes(r, f->at.ttl, f->segment) && version_of(r, f) >= 0;
}

/* What is done where, and whether to some; behind that, to which versions. */
static size_t sentence_length(const char *text)
{
	const char *end = strstr(text, ". ");

	return end ? (size_t)(end - text) + 1 : strlen(text);
}

/* --- the places ---------------------------------------------------------- */

static struct address net_of(const struct address *a)
{
	const size_t kept = a->family == 4 ? NET_BYTES4 : NET_BYTES6;
	struct address net = {.family = a->family};

	memcpy(net.bytes, a->bytes, kept);
	return net;
}

static bool is_near(const struct located_place *p, const struct address *a)
{
	const struct address net = net_of(a);

	return address_equal(&p->net, &net);
}

/* False: there are too many. */
static bool add_hops(struct located_place *p, const struct report *r)
{
	for (unsigned ttl = p->place.first; ttl <= p->place.last; ttl++) {
		const struct report_hop *hop = &r->path[ttl - 1];

		for (size_t i = 0; i < hop->responder_count; i++) {
			if (p->hop_count == LOCATED_HOPS)
				return false;
			p->hops[p->hop_count++] = hop->responders[i].address;
		}
	}
	return true;
}

/* That of this prefix and class; else NULL. */
static struct located_entry *entry_for(struct located *l,
				       enum survey_class class,
				       const struct address *target)
{
	for (unsigned i = 0; i < LOCATED_PLACES; i++) {
		struct located_entry *e = &l->entries[i];

		if (e->place.number && e->place.class == class &&
		    is_near(&e->place, target))
			return e;
	}
	return NULL;
}

static struct located_entry *oldest_of(struct located *l)
{
	struct located_entry *oldest = l->entries;

	for (unsigned i = 0; i < LOCATED_PLACES; i++)
		if (l->entries[i].place.number < oldest->place.number)
			oldest = &l->entries[i];
	return oldest;
}

static bool is_same(const struct located_place *a,
		    const struct located_place *b)
{
	return a->number && a->class == b->class && !strcmp(a->text, b->text);
}

/* Once more the same, of one prefix or of several. */
static unsigned count_sweep(struct located *l, const struct located_place *p)
{
	unsigned sweeps = 1;

	for (unsigned i = 0; i < LOCATED_PLACES; i++)
		if (is_same(&l->entries[i].place, p))
			sweeps = ++l->entries[i].sweeps;
	return sweeps;
}

static void put(struct located *l, const struct located_place *p)
{
	struct located_entry *e = entry_for(l, p->class, &p->net);
	unsigned sweeps = count_sweep(l, p);

	if (!e)
		e = oldest_of(l);
	if (!is_same(&e->place, p) || !is_near(&e->place, &p->net))
		*e = (struct located_entry){0};
	e->place = *p;
	e->place.number = ++l->count;
	e->sweeps = sweeps;
}

static bool interferes(const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect != EFFECT_HARMLESS)
			return true;
	return false;
}

static void forget(struct located *l, enum survey_class class,
		   const struct address *target)
{
	struct located_entry *e = entry_for(l, class, target);

	if (e)
		*e = (struct located_entry){0};
}

void located_learn(struct located *l, enum survey_class class,
		   const struct report *r)
{
	const struct finding *f = only_one(r);
	struct located_place p = {.net = net_of(&r->target), .class = class};

	if (!f || !is_shown(r, f)) {
		if (interferes(r))
			forget(l, class, &r->target);
		return;
	}
	snprintf(p.text, sizeof(p.text), "%.*s", (int)sentence_length(f->text),
		 f->text);
	p.place = (struct known_place){.segment = f->segment,
				       .version = (unsigned)version_of(r, f),
				       .first = f->after.ttl,
				       .last = f->at.ttl};
	if (add_hops(&p, r))
		put(l, &p);
}

bool located_find(const struct located *l, enum survey_class class,
		  const struct address *target, struct located_place *out)
{
	const struct located_entry *best = NULL;

	for (unsigned i = 0; i < LOCATED_PLACES; i++) {
		const struct located_entry *e = &l->entries[i];

		if (e->sweeps < SWEEPS_MIN || e->place.class != class ||
		    e->place.net.family != target->family)
			continue;
		if (is_near(&e->place, target)) {
			best = e->own.wrong <= e->own.right + OWN_WRONG ? e
									: NULL;
			break;
		}
		if (e->other.wrong <= e->other.right &&
		    (!best || e->place.number > best->place.number))
			best = e;
	}
	*out = best ? best->place : (struct located_place){0};
	return best;
}

static struct located_score *score_of(struct located *l,
				      const struct located_place *p,
				      const struct address *target)
{
	for (unsigned i = 0; i < LOCATED_PLACES; i++) {
		struct located_entry *e = &l->entries[i];

		if (e->place.number == p->number)
			return is_near(p, target) ? &e->own : &e->other;
	}
	return NULL;
}

/* It is wrong until it is known to be right: few are tried at once. */
void located_begin(struct located *l, const struct located_place *p,
		   const struct address *target)
{
	struct located_score *s = score_of(l, p, target);

	if (s)
		s->wrong++;
}

void located_end(struct located *l, const struct located_place *p,
		 const struct address *target, bool found)
{
	struct located_score *s = score_of(l, p, target);

	if (!s || !found)
		return;
	s->right++;
	if (s->wrong)
		s->wrong--;
}

bool located_shows(const struct located_place *p, const struct report *r)
{
	const struct finding *f = only_one(r);
	const size_t length = strlen(p->text);

	return f && is_placed(f) && sentence_length(f->text) == length &&
	       !memcmp(f->text, p->text, length);
}

/* --- what has no place --------------------------------------------------- */

static bool may_have_place(const struct finding *f)
{
	return f->effect != EFFECT_HARMLESS && f->direction != DIRECTION_RETURN;
}

static struct nowhere *nowhere_of(const struct located *l,
				  enum survey_class class, const char *text)
{
	for (unsigned i = 0; i < LOCATED_NOWHERE; i++) {
		const struct nowhere *n = &l->nowhere[i];

		if (n->sweeps && n->class == class &&
		    !strncmp(n->text, text, sizeof(n->text) - 1))
			return (struct nowhere *)n;
	}
	return NULL;
}

static void add_nowhere(struct located *l, enum survey_class class,
			const char *text)
{
	struct nowhere *n = nowhere_of(l, class, text);

	if (!n) {
		n = &l->nowhere[l->nowhere_next++ % LOCATED_NOWHERE];
		*n = (struct nowhere){.class = class};
		snprintf(n->text, sizeof(n->text), "%s", text);
	}
	n->sweeps++;
}

/* Some of a class have a place: so may others. */
static void forget_nowhere(struct located *l, enum survey_class class)
{
	for (unsigned i = 0; i < LOCATED_NOWHERE; i++)
		if (l->nowhere[i].class == class)
			l->nowhere[i].sweeps = 0;
}

void located_learn_whole(struct located *l, enum survey_class class,
			 const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];

		if (may_have_place(f) && f->after.known)
			forget_nowhere(l, class);
		else if (may_have_place(f))
			add_nowhere(l, class, f->text);
	}
}

bool located_wants_whole(const struct located *l, enum survey_class class,
			 const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];
		const struct nowhere *n;

		if (!may_have_place(f) || f->after.known)
			continue;
		n = nowhere_of(l, class, f->text);
		if (!n || n->sweeps < NOWHERE_MIN)
			return true;
	}
	return false;
}
