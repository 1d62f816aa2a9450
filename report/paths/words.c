/* SPDX-License-Identifier: GPL-3.0-or-later
 * The verdict over several uplinks, and what to do, as commands from facts.
 */
#include <string.h>

#include "report/arena.h"
#include "report/paths/paths.h"

static size_t count_working(const struct paths *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		count += p->uplinks[i].works;
	return count;
}

/* Those that were asked for by name and could not be probed. */
static size_t count_missing(const struct paths *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->left_out_count; i++)
		count += p->left_out[i]->named;
	return count;
}

static const char *how_many(struct paths *p, size_t working)
{
	size_t wanted = p->count + count_missing(p);

	if (wanted == 1)
		return "the only uplink";
	if (working < wanted)
		return arena_printf(p->arena, "%zu of %zu uplinks", working,
				    wanted);
	return p->count == 2
		       ? "both uplinks"
		       : arena_printf(p->arena, "all %zu uplinks", p->count);
}

static const struct finding *blocking(const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect == EFFECT_BLOCKS)
			return &r->findings[i];
	return NULL;
}

static const char *hop_phrase(struct paths *p, const struct finding *f)
{
	if (f->after.known && f->at.known && f->after.ttl)
		return arena_printf(p->arena, " at hop %u or %u%s",
				    f->after.ttl, f->at.ttl, paths_way_back(f));
	return f->at.known ? arena_printf(p->arena, " at hop %u%s", f->at.ttl,
					  paths_way_back(f))
			   : "";
}

/* "eth0 is blocked (a proxy at hop 1)" */
static const char *failure_of(struct paths *p, const struct path_uplink *u)
{
	const struct finding *f = blocking(u->report);
	bool proxy = f && !strcmp(f->kind->id, "tcp.terminated");

	switch (u->report->status) {
	case STATUS_BLOCKED:
		if (!f)
			return arena_printf(p->arena, "%s is blocked", u->name);
		return arena_printf(
			p->arena, "%s is blocked (%s%s%s%s)", u->name,
			f->confidence == CONFIDENCE_LIKELY && !f->or_server
				? "probably "
				: "",
			proxy ? "a proxy" : f->kind->title, hop_phrase(p, f),
			f->or_server ? ", or another server answers" : "");
	case STATUS_UNSUPPORTED:
		return arena_printf(p->arena,
				    "over %s the server answers without MPTCP",
				    u->name);
	case STATUS_UNREACHABLE:
		if (paths_refused(u->report))
			return arena_printf(p->arena, "over %s TCP is refused",
					    u->name);
		return u->leaves_by
			       ? arena_printf(
					 p->arena,
					 "what is sent from %s leaves by the "
					 "interface of %s and is not answered, "
					 "as where a network drops sources "
					 "that are not its own",
					 u->name, u->leaves_by)
			       : arena_printf(p->arena,
					      "over %s nothing is answered",
					      u->name);
	default:
		return arena_printf(p->arena, "%s is undetermined", u->name);
	}
}

/* All fail alike: it is the server, or none knows. NULL: they do not. */
static const char *common_failure(const struct paths *p)
{
	const struct report *first = p->uplinks[0].report;
	bool refused = paths_refused(first);

	if (p->count == 1)
		return NULL;
	for (size_t i = 1; i < p->count; i++)
		if (p->uplinks[i].report->status != first->status ||
		    paths_refused(p->uplinks[i].report) != refused)
			return NULL;
	switch (first->status) {
	case STATUS_UNSUPPORTED:
		return "over all of them the server answers without MPTCP";
	case STATUS_UNREACHABLE:
		return refused ? "over all of them TCP is refused"
			       : "over all of them nothing is answered";
	case STATUS_UNDETERMINED:
		return "over all of them it is undetermined";
	default:
		return NULL;
	}
}

/* ---- joins --------------------------------------------------------------- */

/* Between uplinks that work, so that no report of theirs says why. */
static bool is_broken(const struct paths *p, size_t opened, size_t from)
{
	enum joining joining = paths_join(p, opened, from)->joining;

	return opened != from && p->uplinks[opened].works &&
	       p->uplinks[from].works && joining != JOINING_JOINED;
}

static bool are_alike(const struct path_join *a, const struct path_join *b)
{
	return a->joining == b->joining && a->cause == b->cause;
}

static const char *why_phrase_of(struct paths *p, const struct path_join *join)
{
	return join->why ? arena_printf(p->arena, ": %s", join->why) : "";
}

/* Of both ways in one, where they are alike. */
static const char *broken_phrase(struct paths *p, size_t opened, size_t from)
{
	const struct path_join *join = paths_join(p, opened, from);
	const struct path_join *back = paths_join(p, from, opened);
	const char *a = p->uplinks[from].name, *b = p->uplinks[opened].name;
	bool both = is_broken(p, from, opened) && are_alike(join, back);

	if (both && opened > from)
		return NULL; /* said */
	return arena_printf(
		p->arena,
		both ? "a join from %s to a connection that was opened on %s, "
		       "or the other way, %s%s"
		     : "a join from %s to a connection that was opened on %s "
		       "%s%s",
		a, b, joining_phrase(join->joining), why_phrase_of(p, join));
}

/* None joins another, and all for the same reason. */
static const struct path_join *common_break(const struct paths *p)
{
	const struct path_join *one = NULL;

	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->count; k++) {
			const struct path_join *join = paths_join(p, i, k);

			if (i == k || !p->uplinks[i].works ||
			    !p->uplinks[k].works)
				continue;
			if (!is_broken(p, i, k) ||
			    (one && !are_alike(one, join)))
				return NULL;
			one = join;
		}
	return one;
}

static const char *add(struct paths *p, const char *text, const char *clause)
{
	return !clause ? text
	       : *text ? arena_printf(p->arena, "%s; %s", text, clause)
		       : clause;
}

/* What impairs an uplink that works, where no join of it is broken, which would
 * tell; or NULL. */
static const struct finding *impairing(const struct paths *p, size_t i)
{
	const struct report *r = p->uplinks[i].report;

	for (size_t k = 0; k < p->count; k++)
		if (is_broken(p, k, i) || is_broken(p, i, k))
			return NULL;
	for (size_t k = 0; k < r->finding_count; k++)
		if (r->findings[k].effect == EFFECT_IMPAIRS)
			return &r->findings[k];
	return NULL;
}

static const char *impairment_of(struct paths *p, size_t i)
{
	const struct finding *f = impairing(p, i);

	return f ? arena_printf(p->arena, "%s works in part (%s%s%s)",
				p->uplinks[i].name,
				f->confidence == CONFIDENCE_LIKELY ? "probably "
								   : "",
				f->kind->title, hop_phrase(p, f))
		 : NULL;
}

static const char *failures(struct paths *p)
{
	const char *text = common_failure(p);

	if (text)
		return text;
	text = "";
	for (size_t i = 0; i < p->count; i++)
		text = add(p, text,
			   p->uplinks[i].works ? impairment_of(p, i)
					       : failure_of(p, &p->uplinks[i]));
	return text;
}

static const char *broken_joins(struct paths *p, const char *text)
{
	const struct path_join *common = common_break(p);

	if (common && count_working(p) > 2)
		return add(p, text,
			   arena_printf(p->arena,
					"a join from one to a connection of "
					"another %s%s",
					joining_phrase(common->joining),
					why_phrase_of(p, common)));
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->count; k++)
			if (is_broken(p, i, k))
				text = add(p, text, broken_phrase(p, i, k));
	return text;
}

/* ---- the verdict --------------------------------------------------------- */

static const char *sentence(struct paths *p, const char *clauses)
{
	char *text;

	if (!*clauses)
		return "";
	text = arena_printf(p->arena, " %s.", clauses);
	if (strncmp(clauses, "a ", 2) == 0)
		text[1] = 'A';
	else if (strncmp(clauses, "over ", 5) == 0)
		text[1] = 'O';
	else if (strncmp(clauses, "what ", 5) == 0)
		text[1] = 'W';
	return text;
}

static const char *joins_phrase(const struct paths *p)
{
	return p->count == 2 ? ", and each joins a connection that was opened "
			       "on the other"
			     : ", and each joins connections that were opened "
			       "on the others";
}

static const char *answers(struct paths *p)
{
	const char *text = "";

	for (size_t i = 0; i < p->count; i++)
		if (p->uplinks[i].answers_by)
			text = arena_printf(
				p->arena,
				"%s Answers to %s come in by %s, where a host "
				"with strict rp_filter drops them.",
				text, p->uplinks[i].name,
				p->uplinks[i].answers_by);
	return text;
}

static const char *missing(struct paths *p)
{
	const char *text = "";

	for (size_t i = 0; i < p->left_out_count; i++)
		if (p->left_out[i]->named)
			text = arena_printf(p->arena, "%s %s is left out: %s.",
					    text, p->left_out[i]->name,
					    p->left_out[i]->why);
	return text;
}

static bool is_before(const struct paths *p, size_t i, const char *name)
{
	for (size_t k = 0; k < i; k++)
		if (p->uplinks[k].name == name)
			return true;
	return false;
}

/* That two work says little of two ways then. */
static const char *shared_interfaces(struct paths *p)
{
	const char *text = "";

	for (size_t i = 0; i < p->count; i++) {
		const struct path_uplink *u = &p->uplinks[i];

		if (u->works && u->leaves_by && is_before(p, i, u->leaves_by))
			text = arena_printf(p->arena,
					    "%s What is sent from %s leaves by "
					    "the interface of %s, too.",
					    text, u->name, u->leaves_by);
	}
	return text;
}

static int rank(enum status status)
{
	static const int ranks[] = {
		[STATUS_CLEAR] = 0,	  [STATUS_UNSUPPORTED] = 1,
		[STATUS_UNREACHABLE] = 2, [STATUS_UNDETERMINED] = 3,
		[STATUS_IMPAIRED] = 4,	  [STATUS_BLOCKED] = 5,
	};

	return ranks[status];
}

/* Neither a report nor a finding tells of it, or it was not tested. */
static bool is_unexplained(const struct path_join *join)
{
	return join->cause == CAUSE_UNKNOWN || join->joining == JOINING_UNTRIED;
}

static bool has_unexplained(const struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->count; k++)
			if (is_broken(p, i, k) &&
			    is_unexplained(paths_join(p, i, k)))
				return true;
	return false;
}

static enum status status_of(const struct paths *p, size_t working)
{
	enum status worst = STATUS_CLEAR;

	for (size_t i = 0; i < p->count; i++)
		if (rank(p->uplinks[i].report->status) > rank(worst))
			worst = p->uplinks[i].report->status;
	if (p->finding_count && rank(worst) < rank(STATUS_IMPAIRED))
		worst = STATUS_IMPAIRED;
	if (rank(worst) < rank(STATUS_UNDETERMINED) &&
	    (has_unexplained(p) || count_missing(p)))
		worst = STATUS_UNDETERMINED;
	return worst == STATUS_BLOCKED && working ? STATUS_IMPAIRED : worst;
}

void paths_say(struct paths *p)
{
	size_t working = count_working(p);
	const char *failed = failures(p), *broken = broken_joins(p, "");

	p->status = status_of(p, working);
	p->text = arena_printf(
		p->arena, "MPTCP works over %s%s.%s%s%s%s",
		working ? how_many(p, working) : "none of the uplinks",
		working > 1 && !*broken && working == p->count ? joins_phrase(p)
							       : "",
		sentence(p, add(p, failed, *broken ? broken : NULL)),
		missing(p), shared_interfaces(p), answers(p));
}

/* ---- what to do ---------------------------------------------------------- */

static void advise(struct paths *p, const char *command, const char *text)
{
	struct path_advice *a =
		ARENA_PUSH(p->arena, p->advice, p->advice_count);

	*a = (struct path_advice){text, command};
}

static const char *device(struct paths *p, const struct report *r)
{
	return r->interface ? arena_printf(p->arena, " dev %s", r->interface)
			    : "";
}

/* That others' connections can be opened on: the most are joined there. */
static size_t best_opener(const struct paths *p)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < p->count; i++) {
		size_t joined = 0;

		for (size_t k = 0; k < p->count; k++)
			joined +=
				paths_join(p, i, k)->joining == JOINING_JOINED;
		if (joined > most) {
			most = joined;
			best = i;
		}
	}
	return best;
}

/* Of routing tables that nobody is likely to have. */
#define TABLE_FIRST 101

static const char *gateway(struct paths *p, const struct report *r)
{
	return r->path_length && r->path[0].address.family &&
			       !r->path[0].is_target
		       ? arena_printf(
				 p->arena, " via %s",
				 arena_address(p->arena, &r->path[0].address))
		       : "";
}

/* This host would send from there by another interface: only rules by source
 * make it the uplink of that address. */
static void advise_rule(struct paths *p, size_t i)
{
	const struct report *r = p->uplinks[i].report;
	const char *source = arena_address(p->arena, &r->source);
	const char *family = r->source.family == 6 ? " -6" : "";
	size_t table = TABLE_FIRST + i;

	if (!r->leaves_otherwise || !r->interface)
		return;
	advise(p,
	       arena_printf(p->arena,
			    "ip%s route add default%s dev %s table %zu", family,
			    gateway(p, r), r->interface, table),
	       arena_printf(p->arena,
			    "this host sends from %s by another interface than "
			    "%s: a table of its own",
			    source, r->interface));
	advise(p,
	       arena_printf(p->arena, "ip%s rule add from %s table %zu", family,
			    source, table),
	       "and the rule that has subflows from there use it");
}

void paths_advise(struct paths *p)
{
	size_t opener = best_opener(p), subflows = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct report *r = p->uplinks[i].report;

		advise_rule(p, i);
		if (i == opener || !p->uplinks[opener].works ||
		    paths_join(p, opener, i)->joining != JOINING_JOINED)
			continue;
		subflows++;
		advise(p,
		       arena_printf(p->arena,
				    "ip mptcp endpoint add %s%s subflow",
				    arena_address(p->arena, &r->source),
				    device(p, r)),
		       arena_printf(
			       p->arena, "a subflow by %s to connections by %s",
			       p->uplinks[i].name, p->uplinks[opener].name));
	}
	if (subflows)
		advise(p, "ip mptcp limits show",
		       arena_printf(p->arena,
				    "at least %zu of subflows; where it is "
				    "less: ip mptcp limits set subflow %zu",
				    subflows, subflows));
}
