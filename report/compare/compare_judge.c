/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which rows of a comparison are put beside each other, and what is told of
 * all of them.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/arena.h"
#include "report/compare/compare.h"
#include "report/compare/difference.h"

static bool same_server(const struct compare_row *a,
			const struct compare_row *b)
{
	return a->port == b->port && address_equal(&a->target, &b->target);
}

static bool same_source(const struct compare_row *a,
			const struct compare_row *b)
{
	return !a->source.family || !b->source.family ||
	       address_equal(&a->source, &b->source);
}

static bool same_place(const struct compare_row *a, const struct compare_row *b)
{
	return same_server(a, b) && same_source(a, b);
}

static bool same_kind(const struct compare_row *a, const struct compare_row *b)
{
	return a->version == b->version;
}

/* What tells this place from others that are compared: server, source. */
static const char *place_text(struct compare *c, const struct compare_row *r)
{
	bool servers = false, sources = false;

	for (size_t i = 0; i < c->row_count; i++) {
		servers |= !same_server(&c->rows[i], r);
		sources |= !same_source(&c->rows[i], r);
	}
	if (!servers && !sources)
		return "";
	return arena_printf(c->arena, "%s port %u%s%s: ",
			    arena_address(c->arena, &r->target), r->port,
			    sources ? " from " : "",
			    sources ? arena_address(c->arena, &r->source) : "");
}

/* The latest row of this kind and place in the run, or in any. */
static const struct compare_row *find_row(const struct compare *c,
					  const struct compare_row *place,
					  int version, size_t run)
{
	const struct compare_row *found = NULL;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct compare_row *r = &c->rows[i];

		if (r->version == version && same_place(r, place) &&
		    (run == (size_t)-1 || r->run == run) &&
		    (!found || r->answered || !found->answered))
			found = r;
	}
	return found;
}

static bool answers_alike(const struct compare_row *a,
			  const struct compare_row *b)
{
	return a && !a->answered == !b->answered && a->reach == b->reach &&
	       a->ttl.low == b->ttl.low && a->ttl.high == b->ttl.high &&
	       a->answer.mss == b->answer.mss &&
	       a->answer.offers == b->answer.offers;
}

static void compare_kinds_of(struct compare *c, const struct compare_row *b)
{
	const struct compare_row *a = find_row(c, b, -1, b->run);

	if (b->version == 0 && answers_alike(find_row(c, b, 1, b->run), b))
		a = NULL; /* version 1 has said it */
	else if (!a && find_row(c, b, b->version, (size_t)-1) == b)
		a = find_row(c, b, -1, (size_t)-1);
	if (a)
		difference_of_rows(
			&(struct pair){c, AXIS_KIND, a, b, compare_kind(a),
				       compare_kind(b), place_text(c, b)});
	a = find_row(c, b, 0, b->run);
	if (a && a->answered && b->answered)
		difference_of_mptcp(
			&(struct pair){c, AXIS_KIND, a, b, compare_kind(a),
				       compare_kind(b), place_text(c, b)});
}

/* "2026-11-28 08:29", or only what `behind` has not said. */
static const char *time_text(struct compare *c, int64_t us, int64_t behind_us)
{
	const int64_t minute = 60000000, day = 1440 * minute;
	time_t seconds = (time_t)(us / 1000000);
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text),
			 behind_us && us / minute == behind_us / minute
				 ? "%H:%M:%S"
			 : behind_us && us / day == behind_us / day
				 ? "%H:%M"
				 : "%Y-%m-%d %H:%M",
			 &tm);
	return arena_printf(c->arena, "%s", text);
}

static const char *in_run(struct compare *c, const struct compare_row *r)
{
	if (c->over_time)
		return arena_printf(
			c->arena, "%s at %s", compare_kind(r),
			time_text(c, r->started_us, r->started_us + 60000000));
	return arena_printf(c->arena, "%s in %s", compare_kind(r),
			    c->runs[r->run].name);
}

/* The last row before this one that is like it in all but its time. */
static const struct compare_row *row_before(const struct compare *c, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (same_place(&c->rows[k], &c->rows[i]) &&
		    same_kind(&c->rows[k], &c->rows[i]) &&
		    c->rows[k].run != c->rows[i].run)
			return &c->rows[k];
	return NULL;
}

static const struct compare_row *row_of_port(const struct compare *c, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (c->rows[k].run == c->rows[i].run &&
		    c->rows[k].port != c->rows[i].port &&
		    same_source(&c->rows[k], &c->rows[i]) &&
		    same_kind(&c->rows[k], &c->rows[i]) &&
		    address_equal(&c->rows[k].target, &c->rows[i].target))
			return &c->rows[k];
	return NULL;
}

static const char *between_text(struct compare *c, int64_t a_us, int64_t b_us)
{
	return arena_printf(c->arena, "Changed between %s and %s UTC: ",
			    time_text(c, a_us, 0), time_text(c, b_us, a_us));
}

static void compare_times(struct compare *c, size_t i)
{
	const struct compare_row *b = &c->rows[i], *a = row_before(c, i);
	const char *about = place_text(c, b);

	if (!a)
		return;
	if (c->over_time)
		about = arena_printf(
			c->arena, "%s%s", about,
			between_text(c, a->started_us, b->started_us));
	difference_of_rows(&(struct pair){c, AXIS_TIME, a, b, in_run(c, a),
					  in_run(c, b), about});
}

/* The last row before this one, which is the first from its source, that is
 * like it in all but that. */
static const struct compare_row *row_from_elsewhere(const struct compare *c,
						    size_t i)
{
	const struct compare_row *other = NULL;

	for (size_t k = 0; k < i; k++) {
		const struct compare_row *r = &c->rows[k];

		if (!same_server(r, &c->rows[i]) || !same_kind(r, &c->rows[i]))
			continue;
		if (same_source(r, &c->rows[i]))
			return NULL;
		other = r;
	}
	return other;
}

static const char *from_source(struct compare *c, const struct compare_row *r)
{
	return arena_printf(c->arena, "%s from %s", compare_kind(r),
			    arena_address(c->arena, &r->source));
}

/* Uplinks: another one is no later time of the same path. */
static void compare_sources(struct compare *c, size_t i)
{
	const struct compare_row *b = &c->rows[i];
	const struct compare_row *a = row_from_elsewhere(c, i);

	if (a)
		difference_of_rows(&(struct pair){
			c, AXIS_SOURCE, a, b, from_source(c, a),
			from_source(c, b),
			arena_printf(c->arena, "%s port %u: ",
				     arena_address(c->arena, &b->target),
				     b->port)});
}

/* Ports are ended by different devices, if at all; what else differs between
 * them is the servers' own. */
static void compare_ports(struct compare *c, size_t i)
{
	const struct compare_row *b = &c->rows[i], *a = row_of_port(c, i);

	if (!a || !a->answered || !b->answered)
		return;
	if (b->version >= 0 && answers_alike(find_row(c, a, -1, a->run), a) &&
	    answers_alike(find_row(c, b, -1, b->run), b))
		return; /* those without MPTCP have said it */
	difference_of_distance(
		&(struct pair){c, AXIS_PORT, a, b,
			       arena_printf(c->arena, "%s on port %u",
					    compare_kind(a), a->port),
			       arena_printf(c->arena, "%s on port %u",
					    compare_kind(b), b->port),
			       ""});
}

/* Rows that have no partner but at another address. */
static void tell_other_address(struct compare *c)
{
	for (size_t i = 1; i < c->row_count; i++) {
		const struct compare_row *a = &c->rows[0], *b = &c->rows[i];

		if (address_equal(&a->target, &b->target))
			continue;
		difference_tell(
			&(struct pair){.c = c, .about = ""}, false, "address",
			"%s is about %s and %s about %s: differences between "
			"servers of different addresses are not significant.",
			c->runs[a->run].name,
			arena_address(c->arena, &a->target),
			c->runs[b->run].name,
			arena_address(c->arena, &b->target));
	}
}

static void tell_fallback(struct compare *c, const struct compare_row *r)
{
	if (!r->fallback)
		return;
	difference_tell(
		&(struct pair){.c = c, .about = place_text(c, r)}, false,
		"fallback",
		"In %s a kernel fell back to plain SYNs, from the same port%s, "
		"after those with MPTCP went unanswered.",
		c->runs[r->run].name, r->connections == 1 ? "" : "s");
}

static bool any_speaks_mptcp(const struct compare *c,
			     const struct compare_row *r)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (same_place(&c->rows[i], r) && c->rows[i].answered &&
		    c->rows[i].answer.version >= 0)
			return true;
	return false;
}

static bool of_place(const struct compare_found *f, const struct compare_row *r)
{
	return f->port == r->port && address_equal(&f->target, &r->target) &&
	       (!f->source.family || !r->source.family ||
		address_equal(&f->source, &r->source));
}

/* Judging said where the option goes. */
static bool any_removed(const struct compare *c, const struct compare_row *r)
{
	for (size_t i = 0; i < c->found_count; i++)
		if (strncmp(c->found[i].id, "mp_capable.",
			    strlen("mp_capable.")) == 0 &&
		    of_place(&c->found[i], r))
			return true;
	return false;
}

/* Rows without a difference say nothing of MPTCP if none of them had it. */
static void tell_plainly(struct compare *c, size_t i)
{
	const struct compare_row *r = &c->rows[i];

	if (r->version < 0 || !r->answered || any_speaks_mptcp(c, r) ||
	    any_removed(c, r))
		return;
	for (size_t k = 0; k < i; k++)
		if (same_place(&c->rows[k], r) && c->rows[k].version >= 0)
			return;
	*ARENA_PUSH(c->arena, c->notes, c->note_count) = (struct difference){
		.kind = "plain",
		.text = arena_printf(
			c->arena,
			"No SYN/ACK of %s port %u has MPTCP, also where the "
			"SYN asks for it: the server does not speak it, or a "
			"device on the path removes it. mpprobe -p %u %s tells "
			"which.",
			arena_address(c->arena, &r->target), r->port, r->port,
			arena_address(c->arena, &r->target)),
	};
}

static int by_time(const void *a, const void *b)
{
	const struct compare_row *x = a, *y = b;

	if (x->run != y->run && x->started_us != y->started_us)
		return x->started_us < y->started_us ? -1 : 1;
	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	if (x->port != y->port)
		return x->port - y->port;
	if (!address_equal(&x->target, &y->target))
		return memcmp(&x->target, &y->target, sizeof(x->target));
	if (!address_equal(&x->source, &y->source))
		return memcmp(&x->source, &y->source, sizeof(x->source));
	if (x->version != y->version) /* without, v1, v0 */
		return x->version < 0 || (y->version >= 0 &&
					  x->version > y->version)
			       ? -1
			       : 1;
	return x->fallback - y->fallback;
}

/* What is significant comes first; else they keep their order. */
static void sort_by_meaning(struct compare *c)
{
	struct difference *sorted = NULL;
	size_t count = 0;

	for (int wanted = 1; wanted >= 0; wanted--)
		for (size_t i = 0; i < c->difference_count; i++)
			if (c->differences[i].meaningful == wanted)
				*ARENA_PUSH(c->arena, sorted, count) =
					c->differences[i];
	c->differences = sorted;
}

/* Rows of low TTLs only, without any answer, say nothing. */
static void drop_empty_rows(struct compare *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].connections || c->rows[i].short_ttl)
			c->rows[kept++] = c->rows[i];
	c->row_count = kept;
}

/* The smallest TTL with which a SYN reached this host, in any run; 0: none. */
static unsigned reach_of(const struct compare *c, const struct compare_row *r)
{
	unsigned least = 0;

	for (size_t i = 0; i < c->row_count; i++)
		if (same_place(&c->rows[i], r) && c->rows[i].reach &&
		    (!least || c->rows[i].reach < least))
			least = c->rows[i].reach;
	return least;
}

/* SYNs with a small TTL that were not answered: those count that others reached
 * the host with, where none of the row was answered; and all, where nobody
 * reached it. */
static void count_unanswered(const struct compare *c, struct compare_row *r)
{
	unsigned reach = reach_of(c, r);

	for (unsigned ttl = reach ? reach : 1;
	     ttl <= REACH_TTL_MAX && !r->answered && !r->refused; ttl++) {
		r->connections += r->unanswered[ttl].connections;
		r->lost_syns += r->unanswered[ttl].syns;
		r->tries.sent += r->unanswered[ttl].syns;
		r->tries.lost += r->unanswered[ttl].syns;
	}
}

/* ---- what judging found -------------------------------------------------- */

/* A row with MPTCP of that run; or NULL. */
static const struct compare_row *
row_found(const struct compare *c, const struct compare_found *f, size_t run)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].run == run && c->rows[i].version >= 0 &&
		    of_place(f, &c->rows[i]))
			return &c->rows[i];
	return NULL;
}

static bool found_in(const struct compare *c, const struct compare_found *f,
		     size_t run)
{
	for (size_t i = 0; i < c->found_count; i++)
		if (c->found[i].run == run &&
		    strcmp(c->found[i].id, f->id) == 0 &&
		    c->found[i].port == f->port &&
		    address_equal(&c->found[i].target, &f->target) &&
		    address_equal(&c->found[i].source, &f->source))
			return true;
	return false;
}

/* "In a.pcap, b.pcap: ", or "" if it is so in all runs of that place. */
static const char *runs_text(struct compare *c, const struct compare_found *f)
{
	const char *names = NULL;
	bool all = true;

	for (size_t run = 0; run < c->run_count; run++) {
		if (!row_found(c, f, run))
			continue;
		all &= found_in(c, f, run);
		if (found_in(c, f, run))
			names = arena_printf(
				c->arena, "%s%s%s", names ? names : "",
				names ? ", " : "In ", c->runs[run].name);
	}
	return all || !names ? "" : arena_printf(c->arena, "%s: ", names);
}

static void tell_found(struct compare *c, const struct compare_found *f)
{
	const struct compare_row *r = row_found(c, f, f->run);

	if (r)
		difference_tell(
			&(struct pair){.c = c, .about = place_text(c, r)}, true,
			f->id, "%s%s", runs_text(c, f), f->text);
}

/* The last run of that place before this one, or the next one; NULL: none. */
static const struct compare_row *row_beside(const struct compare *c,
					    const struct compare_found *f,
					    const struct compare_row *r,
					    bool before)
{
	const struct compare_row *best = NULL;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct compare_row *k = &c->rows[i];

		if (k->run == r->run || k->version < 0 || !of_place(f, k) ||
		    (before ? k->started_us > r->started_us
			    : k->started_us < r->started_us))
			continue;
		if (!best || (before ? k->started_us >= best->started_us
				     : k->started_us < best->started_us))
			best = k;
	}
	return best;
}

/* That it began, or ended. */
static void tell_found_since(struct compare *c, const struct compare_found *f)
{
	const struct compare_row *r = row_found(c, f, f->run);
	const struct compare_row *before = r ? row_beside(c, f, r, true) : NULL;
	const struct compare_row *next = r ? row_beside(c, f, r, false) : NULL;

	if (before && !found_in(c, f, before->run))
		difference_tell(
			&(struct pair){.c = c, .about = place_text(c, r)}, true,
			f->id, "%s%s",
			between_text(c, before->started_us, r->started_us),
			f->text);
	if (next && !found_in(c, f, next->run))
		difference_tell(
			&(struct pair){.c = c, .about = place_text(c, r)}, true,
			f->id, "%sno longer so: %s",
			between_text(c, r->started_us, next->started_us),
			f->text);
}

/* ---- all of it ----------------------------------------------------------- */

/* "80,443": the ports of this row's address; NULL if an earlier row has it. */
static const char *ports_text(struct compare *c, size_t first)
{
	const char *text = NULL;
	unsigned last = 0;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct compare_row *r = &c->rows[i];

		if (!address_equal(&r->target, &c->rows[first].target))
			continue;
		if (i < first)
			return NULL;
		if (r->port > last)
			text = arena_printf(c->arena, "%s%s%u",
					    text ? text : "", text ? "," : "",
					    r->port);
		last = r->port > last ? r->port : last;
	}
	return text;
}

/* Where to find out more. */
static void tell_probe(struct compare *c)
{
	for (size_t i = 0; i < c->row_count && compare_differs(c); i++) {
		const char *ports = ports_text(c, i);

		if (ports)
			*ARENA_PUSH(c->arena, c->notes,
				    c->note_count) = (struct difference){
				.kind = "probe",
				.text = arena_printf(
					c->arena,
					"mpprobe -p %s %s tells more.", ports,
					arena_address(c->arena,
						      &c->rows[i].target))};
	}
}

/* Within each run, and from one to another. */
static void compare_rows(struct compare *c)
{
	for (size_t i = 0; i < c->row_count; i++) {
		compare_times(c, i);
		if (c->over_time)
			continue;
		tell_fallback(c, &c->rows[i]);
		if (c->rows[i].version >= 0)
			compare_kinds_of(c, &c->rows[i]);
		compare_sources(c, i);
		compare_ports(c, i);
		tell_plainly(c, i);
	}
}

void compare_judge(struct compare *c)
{
	for (size_t i = 0; i < c->row_count; i++)
		count_unanswered(c, &c->rows[i]);
	drop_empty_rows(c);
	if (c->row_count)
		qsort(c->rows, c->row_count, sizeof(*c->rows), by_time);
	for (size_t i = 0; i < c->found_count; i++)
		if (c->over_time)
			tell_found_since(c, &c->found[i]);
		else
			tell_found(c, &c->found[i]);
	compare_rows(c);
	if (!c->over_time)
		tell_other_address(c);
	sort_by_meaning(c);
	if (!c->over_time)
		tell_probe(c);
}

bool compare_uncertain(const struct compare *c)
{
	for (size_t i = 0; i < c->difference_count; i++)
		if (!c->differences[i].meaningful &&
		    (strcmp(c->differences[i].kind, "unanswered") == 0 ||
		     strcmp(c->differences[i].kind, "refused") == 0))
			return true;
	return false;
}

bool compare_differs(const struct compare *c)
{
	return c->difference_count && c->differences[0].meaningful;
}
