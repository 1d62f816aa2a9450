/* SPDX-License-Identifier: GPL-3.0-or-later
 * Several uplinks as text: the verdict over all, the matrix of joins, and what
 * to do.
 */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "report/paths/paths.h"
#include "report/print/text_page.h"

#define CELL 8 /* columns of a cell of the matrix, with a blank */

static enum ink status_ink(enum status status)
{
	switch (status) {
	case STATUS_CLEAR:
		return INK_GOOD;
	case STATUS_BLOCKED:
	case STATUS_IMPAIRED:
		return INK_BAD;
	default:
		return INK_WARN;
	}
}

/* The columns on the left. */
struct widths {
	size_t name, address, state;
};

static size_t larger(size_t a, const char *text)
{
	return strlen(text) > a ? strlen(text) : a;
}

static struct widths measure(const struct page *p, const struct paths *all,
			     const char *port)
{
	struct widths w = {strlen("uplink"), strlen("address"), strlen(port)};

	for (size_t i = 0; i < all->count; i++) {
		const struct path_uplink *u = &all->uplinks[i];

		w.name = larger(w.name, page_clean(p, u->name));
		w.address =
			larger(w.address, page_address(p, &u->report->source));
		w.state = larger(w.state, u->state);
	}
	for (size_t i = 0; i < all->left_out_count; i++)
		w.name = larger(w.name, page_clean(p, all->left_out[i]->name));
	return w;
}

static const char *ms(const struct page *p, double value)
{
	return value < 0 ? "-" : arena_printf(p->arena, "%.1f", value);
}

static const char *left_part(const struct page *p, const struct widths *w,
			     const struct path_uplink *u)
{
	return arena_printf(
		p->arena, "%-*s  %-*s  %-*s  %4s  %6s", (int)w->name,
		page_clean(p, u->name), (int)w->address,
		page_address(p, &u->report->source), (int)w->state, u->state,
		page_number(p, u->hops), ms(p, u->rtt_ms));
}

/* What a column is headed by: no wider than it. */
static const char *short_name(const struct page *p, const struct paths *all,
			      size_t i)
{
	const char *name = page_clean(p, all->uplinks[i].name);

	return strlen(name) < CELL ? name
				   : arena_printf(p->arena, "#%zu", i + 1);
}

/* What stands in a cell. */
typedef const char *cell_fn(const struct page *p, const struct path_join *join);

static const char *joining(const struct page *p, const struct path_join *join)
{
	(void)p;
	return joining_cell(join->joining);
}

static const char *whole_ms(const struct page *p, double ms)
{
	return ms < 0 ? "-" : arena_printf(p->arena, "%.0f", ms);
}

static const char *takeover(const struct page *p, const struct path_join *join)
{
	return join->takeover.result == TAKEOVER_NEVER
		       ? "never"
		       : whole_ms(p, join->takeover.ms);
}

static const char *back(const struct page *p, const struct path_join *join)
{
	return whole_ms(p, join->takeover.back_ms);
}

static const char *twice(const struct page *p, const struct path_join *join)
{
	return join->takeover.result == TAKEOVER_UNTRIED
		       ? "-"
		       : arena_printf(p->arena, "%" PRIu64,
				      join->takeover.twice);
}

static void cells(const struct page *p, const struct paths *all, size_t opened,
		  cell_fn *cell)
{
	for (size_t k = 0; k < all->count; k++)
		fprintf(p->out, "%s%-*s", k ? "" : "  ",
			k + 1 < all->count ? CELL : 0,
			cell(p, paths_join(all, opened, k)));
	fputc('\n', p->out);
}

/* "eth0", "#1 10.71.1.1" */
static const char *row_name(const struct page *p, const struct paths *all,
			    size_t i)
{
	const char *name = page_clean(p, all->uplinks[i].name);
	const char *column = short_name(p, all, i);

	return strcmp(name, column)
		       ? arena_printf(p->arena, "%s %s", column, name)
		       : name;
}

static void column_names(const struct page *p, const struct paths *all)
{
	for (size_t k = 0; k < all->count; k++)
		fprintf(p->out, "%-*s", k + 1 < all->count ? CELL : 0,
			short_name(p, all, k));
	fputc('\n', p->out);
}

#define JOIN_FROM "join from: "

static bool fits(const struct page *p, const struct paths *all,
		 const char *left)
{
	return strlen(left) + strlen("  " JOIN_FROM) + CELL * all->count <=
	       p->width;
}

/* A table of its own. */
static void separate_matrix(const struct page *p, const struct paths *all,
			    const char *head, cell_fn *cell)
{
	size_t width = strlen("opened on");

	for (size_t i = 0; i < all->count; i++)
		width = larger(width, row_name(p, all, i));
	fprintf(p->out, "\n%-*s  %s\n%-*s  ", (int)width, "", head, (int)width,
		"opened on");
	column_names(p, all);
	for (size_t i = 0; i < all->count; i++) {
		fprintf(p->out, "%-*s", (int)width, row_name(p, all, i));
		cells(p, all, i, cell);
	}
}

static void matrix(const struct page *p, const struct paths *all)
{
	const char *port =
		arena_printf(p->arena, "to port %u", all->first->port);
	struct widths w = measure(p, all, port);
	const char *head =
		arena_printf(p->arena, "%-*s  %-*s  %-*s  %4s  %6s",
			     (int)w.name, "uplink", (int)w.address, "address",
			     (int)w.state, port, "hops", "RTT ms");
	bool one = fits(p, all, head);

	fputs(head, p->out);
	if (one) {
		fputs("  " JOIN_FROM, p->out);
		column_names(p, all);
	} else {
		fputc('\n', p->out);
	}
	for (size_t i = 0; i < all->count; i++) {
		fputs(left_part(p, &w, &all->uplinks[i]), p->out);
		if (one) {
			fprintf(p->out, "%*s", (int)strlen(JOIN_FROM), "");
			cells(p, all, i, joining);
		} else {
			fputc('\n', p->out);
		}
	}
	for (size_t i = 0; i < all->left_out_count; i++)
		fprintf(p->out, "%-*s  left out: %s\n", (int)w.name,
			page_clean(p, all->left_out[i]->name),
			all->left_out[i]->why);
	if (!one)
		separate_matrix(p, all, JOIN_FROM, joining);
}

static const char *port_phrase(const struct page *p,
			       const struct announcement *a)
{
	return a->port < 0 ? "" : arena_printf(p->arena, " port %d", a->port);
}

static const struct announcement *find(const struct report *r,
				       const struct announcement *like)
{
	for (size_t i = 0; i < r->announcement_count; i++) {
		const struct announcement *a = &r->announcements[i];

		if (a->port == like->port &&
		    address_equal(&a->address, &like->address))
			return a;
	}
	return NULL;
}

static bool said_before(const struct paths *all, size_t uplink,
			const struct announcement *a)
{
	for (size_t i = 0; i < uplink; i++)
		if (find(all->uplinks[i].report, a))
			return true;
	return false;
}

/* ": joined from eth0, eth1"; "" */
static const char *joined_from(const struct page *p, const struct paths *all,
			       const struct announcement *a)
{
	const char *list = "";

	for (size_t i = 0; i < all->count; i++) {
		const struct announcement *own =
			find(all->uplinks[i].report, a);

		if (own && own->joined)
			list = arena_printf(p->arena, "%s%s%s", list,
					    *list ? ", " : ": joined from ",
					    all->uplinks[i].name);
	}
	return list;
}

/* Of what was tried. */
static void takeover_matrices(const struct page *p, const struct paths *all)
{
	separate_matrix(p, all, "takeover ms, join from:", takeover);
	separate_matrix(p, all, "back again ms, join from:", back);
	separate_matrix(p, all, "bytes that came twice, join from:", twice);
}

static void takeover_words(const struct page *p, size_t tried, size_t never,
			   uint64_t missing)
{
	if (never)
		text_wrap(
			p, "\n", "",
			arena_printf(
				p->arena,
				"What is not acknowledged on one subflow, the "
				"server %s over the other: where one uplink "
				"fails, connections stall.",
				never == tried ? "never sends"
					       : "does not always send"));
	if (missing)
		text_wrap(p, "\n", "",
			  arena_printf(p->arena,
				       "Of what the server sent, %" PRIu64
				       " bytes came over neither subflow.",
				       missing));
	else if (p->verbose)
		text_wrap(p, "\n", "", "Nothing that the server sent is lost.");
}

/* Where it was tried, as under -v. */
static void takeovers(const struct page *p, const struct paths *all)
{
	size_t tried = 0, never = 0;
	uint64_t missing = 0;

	for (size_t i = 0; i < all->count * all->count; i++) {
		const struct path_takeover *t = &all->joins[i].takeover;

		tried += t->result != TAKEOVER_UNTRIED;
		never += t->result == TAKEOVER_NEVER;
		missing += t->missing;
	}
	if (!tried)
		return;
	if (p->verbose)
		takeover_matrices(p, all);
	takeover_words(p, tried, never, missing);
}

/* "server announces 10.70.1.2 port 80: joined from eth1" */
static void announced(const struct page *p, const struct paths *all)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct report *r = all->uplinks[i].report;

		for (size_t k = 0; k < r->announcement_count; k++) {
			const struct announcement *a = &r->announcements[k];
			const char *from = joined_from(p, all, a);

			if (said_before(all, i, a))
				continue;
			text_wrap(p, "", "  ",
				  *from ? arena_printf(
						  p->arena,
						  "server announces %s%s%s",
						  page_address(p, &a->address),
						  port_phrase(p, a), from)
					: arena_printf(p->arena,
						       "server announces %s",
						       a->text));
		}
	}
}

static void findings(const struct page *p, const struct paths *all)
{
	for (size_t i = 0; i < all->finding_count; i++) {
		const struct path_finding *f = &all->findings[i];

		page_wrap(p, effect_looks[EFFECT_IMPAIRS].ink,
			  i ? "   " : "\n!! ", "   ",
			  arena_printf(p->arena, "path.join_refused (%s): %s",
				       confidence_name(f->confidence),
				       f->text));
	}
}

static void advice(const struct page *p, const struct paths *all)
{
	for (size_t i = 0; i < all->advice_count; i++) {
		const struct path_advice *a = &all->advice[i];

		if (i == 0)
			fputs("\nWhat this host needs (mpprobe runs none of "
			      "it):\n",
			      p->out);
		fprintf(p->out, "  %s\n", page_clean(p, a->command));
		text_wrap(p, "      ", "      ", a->text);
	}
}

int text_paths(const struct page *p, const struct paths *all)
{
	const char *about = "";
	struct page line = *p;

	if (p->quiet)
		about = arena_printf(p->arena, "%s port %u: ",
				     page_clean(p, all->first->target_name),
				     all->first->port);
	if (p->quiet && !p->again)
		line.width = UINT_MAX;
	page_wrap(&line, status_ink(all->status), about, "", all->text);
	if (p->quiet)
		return 0;
	fputc('\n', p->out);
	matrix(p, all);
	announced(p, all);
	takeovers(p, all);
	findings(p, all);
	advice(p, all);
	return 0;
}
