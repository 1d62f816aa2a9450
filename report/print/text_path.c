/* SPDX-License-Identifier: GPL-3.0-or-later
 * The hop table: one row a hop, one column for each kind of segment that was
 * swept, and a marker where somebody interferes. Where an address does not
 * fit beside its cells, all addresses stand on lines of their own.
 */
#include <string.h>

#include "report/origins.h"
#include "report/print/hop_cells.h"
#include "report/print/text_page.h"

#define RTT_WIDTH 6
#define MARGIN 5 /* the hop number and two spaces */
#define MARGIN_SPACES "     "

#define COLUMNS HOP_COLUMNS

struct cell {
	char text[4 * HOP_CELL]; /* made safe for a terminal */
	enum ink ink;
};

struct table {
	const struct page *page;
	const struct report *report;
	bool shown[COLUMNS];
	size_t widths[COLUMNS];
	size_t label; /* width of the addresses; 0: on their own lines */
	unsigned gap; /* before each cell */
	int lead;     /* before the times, where addresses have own lines */
	bool names;   /* stand beside the addresses */
	bool unquoted, partial; /* cells that need a legend */
};

static struct cell cell_of(const struct table *t, const struct hop_column *c,
			   const struct report_hop *h)
{
	static const enum ink inks[] = {
		[HOP_UNQUOTED] = INK_DIM,  [HOP_PARTIAL] = INK_DIM,
		[HOP_PAYLOAD] = INK_WARN,  [HOP_MPTCP] = INK_BAD,
		[HOP_ANSWERED] = INK_NONE,
	};
	struct hop_cell found = hop_cell(t->page->arena, t->report, c, h);
	struct cell cell = {.ink = inks[found.mark]};

	snprintf(cell.text, sizeof(cell.text), "%s",
		 page_clean(t->page, found.text));
	return cell;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Which columns, how wide; counts what the legend must explain. Returns the
 * width of all cells. */
static size_t measure_cells(struct table *t)
{
	const struct report *r = t->report;
	size_t i, k, total = 0;

	for (k = 0; k < COLUMNS; k++) {
		t->shown[k] = hop_column_swept(r, &hop_columns[k]);
		if (!t->shown[k])
			continue;
		t->widths[k] = strlen(hop_columns[k].title);
		for (i = 0; i < r->path_length; i++) {
			struct cell c =
				cell_of(t, &hop_columns[k], &r->path[i]);

			t->widths[k] = larger(t->widths[k], strlen(c.text));
			if (hop_silent(r, &r->path[i]))
				continue;
			t->unquoted |= strcmp(c.text, "-") == 0;
			t->partial |= strcmp(c.text, "partial") == 0;
		}
		total += 2 + t->widths[k];
	}
	return total;
}

static const char *address_word(const struct page *p,
				const struct report_hop *h)
{
	return h->address.family == 0 ? "?" : page_address(p, &h->address);
}

/* What is known of it beside its address: its name, its network; or NULL. */
static const char *about_hop(const struct page *p, const struct report_hop *h)
{
	const char *origin = origin_words(p->arena, h);

	if (!h->name || !origin)
		return h->name || origin
			       ? page_clean(p, h->name ? h->name : origin)
			       : NULL;
	return arena_printf(p->arena, "%s  %s", page_clean(p, h->name),
			    page_clean(p, origin));
}

static const char *full_label(const struct page *p, const struct report_hop *h)
{
	const char *about = about_hop(p, h);

	if (!about)
		return address_word(p, h);
	return arena_printf(p->arena, "%s  %s", address_word(p, h), about);
}

static void measure(struct table *t)
{
	const struct report *r = t->report;
	size_t cells = measure_cells(t), address = strlen("address");
	size_t full = address, i, k, room;

	for (i = 0; i < r->path_length; i++) {
		const struct report_hop *h = &r->path[i];

		address = larger(address, strlen(address_word(t->page, h)));
		full = larger(full, strlen(full_label(t->page, h)));
		for (k = 0; k < h->responder_count; k++)
			address = larger(
				address,
				strlen(page_address(
					t->page, &h->responders[k].address)));
	}
	full = larger(full, address);
	if (MARGIN + RTT_WIDTH + cells > t->page->width) {
		t->gap = 1;
		t->lead = 2;
	}
	room = MARGIN + 2 + RTT_WIDTH + cells;
	room = room < t->page->width ? t->page->width - room : 0;
	t->names = full <= room || address > room;
	t->label = full <= room ? full : address <= room ? address : 0;
}

static struct cell title_cell(const struct hop_column *c)
{
	struct cell title = {.ink = INK_NONE};

	snprintf(title.text, sizeof(title.text), "%s", c->title);
	return title;
}

/* The time and the cells, up to the last that says something. */
static void row_end(const struct table *t, const char *time,
		    const struct report_hop *h)
{
	const struct page *p = t->page;
	size_t k, spaces = 0;

	fprintf(p->out, "%*s", RTT_WIDTH, time);
	for (k = 0; k < COLUMNS; k++) {
		struct cell c;

		if (!t->shown[k])
			continue;
		c = h != NULL ? cell_of(t, &hop_columns[k], h)
			      : title_cell(&hop_columns[k]);
		spaces += t->gap;
		if (c.text[0] != '\0') {
			fprintf(p->out, "%*s", (int)spaces, "");
			spaces = 0;
			if (c.ink != INK_NONE)
				page_ink(p, c.ink);
			fputs(c.text, p->out);
			if (c.ink != INK_NONE)
				page_ink(p, INK_NONE);
		}
		spaces += t->widths[k] - strlen(c.text);
	}
	fputc('\n', p->out);
}

/* The hop number and what stands behind it, up to the time. */
static void row_begin(const struct table *t, const char *hop, const char *label)
{
	FILE *out = t->page->out;

	if (t->label > 0)
		fprintf(out, "%3s  %-*s  ", hop, (int)t->label, label);
	else
		fprintf(out, "%3s  %s\n%*s", hop, label, t->lead, "");
}

static void header(const struct table *t)
{
	page_ink(t->page, INK_DIM);
	row_begin(t, "hop", "address");
	row_end(t, "rtt ms", NULL);
	page_ink(t->page, INK_NONE);
}

/* Other routers that answered at the same distance. */
static void others(const struct table *t, const struct report_hop *h)
{
	const struct page *p = t->page;
	size_t i;

	for (i = 0; i < h->responder_count; i++) {
		const struct responder *r = &h->responders[i];

		if (address_equal(&r->address, &h->address))
			continue;
		row_begin(t, "", page_address(p, &r->address));
		fprintf(p->out, "%*s  answers too\n", RTT_WIDTH,
			page_ms(p, r->rtt_ms));
	}
}

static void row(const struct table *t, const struct report_hop *h)
{
	const struct page *p = t->page;
	const char *label = t->names ? full_label(p, h) : address_word(p, h);

	/* A name too long for the line of its address gets its own. */
	if (MARGIN + strlen(label) > t->page->width)
		label = arena_printf(p->arena, "%s\n%*s%s", address_word(p, h),
				     MARGIN, "", about_hop(p, h));
	row_begin(t, arena_printf(p->arena, "%u", h->ttl), label);
	row_end(t, page_ms(p, h->rtt_ms), h);
	if (about_hop(p, h) && !t->names)
		page_wrap(p, INK_DIM, MARGIN_SPACES, MARGIN_SPACES,
			  about_hop(p, h));
	others(t, h);
}

/* The TTL before whose row the marker of a finding stands; 0: nowhere. */
static unsigned marked_ttl(const struct finding *f)
{
	if (f->effect == EFFECT_HARMLESS)
		return 0;
	if (f->at.known)
		return f->at.ttl > 0 ? f->at.ttl : 1;
	return f->after.known ? f->after.ttl + 1 : 0;
}

static bool marked_before(const struct report *r, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (r->findings[i].kind == r->findings[index].kind &&
		    marked_ttl(&r->findings[i]) ==
			    marked_ttl(&r->findings[index]))
			return true;
	return false;
}

static void marker(const struct page *p, const struct finding *f)
{
	const struct effect_look *look = &effect_looks[f->effect];
	const char *where = !f->at.known      ? "behind here"
			    : !f->after.known ? "here or before"
					      : "here or at either side";

	page_wrap(p, look->ink, arena_printf(p->arena, " %s  ", look->sign),
		  MARGIN_SPACES,
		  arena_printf(p->arena, "%s: %s", f->kind->title, where));
}

/* The markers that stand before the rows from `first` to `last`. */
static void markers(const struct table *t, unsigned first, unsigned last)
{
	const struct report *r = t->report;
	size_t i;

	for (i = 0; i < r->finding_count; i++) {
		unsigned ttl = marked_ttl(&r->findings[i]);

		if (ttl >= first && ttl <= last && !marked_before(r, i))
			marker(t->page, &r->findings[i]);
	}
}

static bool has_marker(const struct report *r, unsigned ttl)
{
	size_t i;

	for (i = 0; i < r->finding_count; i++)
		if (marked_ttl(&r->findings[i]) == ttl)
			return true;
	return false;
}

/* How many hops from `index` on are silent, up to the next marker. */
static size_t silent_run(const struct report *r, size_t index)
{
	size_t end = index;

	while (end < r->path_length && hop_silent(r, &r->path[end]) &&
	       (end == index || !has_marker(r, r->path[end].ttl)))
		end++;
	return end - index;
}

static void silent_row(const struct table *t, size_t index, size_t count)
{
	const struct page *p = t->page;
	unsigned first = t->report->path[index].ttl;
	unsigned last = first + (unsigned)count - 1;

	const char *hops =
		count == 1 ? arena_printf(p->arena, "%u", first)
			   : arena_printf(p->arena, "%u-%u", first, last);

	page_wrap(p, INK_DIM, arena_printf(p->arena, "%3s  ", hops), "",
		  "no answer");
}

/* Of cells that are cut short. */
static void legend_of_more(const struct table *t)
{
	const struct page *p = t->page;
	const char *text = "";

	for (size_t k = 0; k < COLUMNS; k++) {
		const struct hop_column *c = &hop_columns[k];
		const char *more =
			t->shown[k] ? hop_column_more(p->arena, t->report, c)
				    : "";

		if (*more)
			text = arena_printf(p->arena, "%s%s%s %s", text,
					    *text ? "; "
						  : "+: more that changed: ",
					    c->title, more);
	}
	if (*text)
		page_wrap(p, INK_DIM, MARGIN_SPACES, MARGIN_SPACES, text);
}

static void legend(const struct table *t)
{
	const char *text = t->unquoted && t->partial
				   ? "- not quoted here; partial: quoted, but "
				     "without all options"
			   : t->unquoted ? "- not quoted here"
			   : t->partial	 ? "partial: quoted, but without all "
					   "options"
					 : NULL;

	if (text)
		page_wrap(t->page, INK_DIM, MARGIN_SPACES, MARGIN_SPACES, text);
	legend_of_more(t);
}

void text_path(const struct page *p, const struct report *r)
{
	struct table t = {.page = p, .report = r, .gap = 2, .lead = MARGIN};
	size_t i, run;

	if (r->path_length == 0)
		return;
	measure(&t);
	fputc('\n', p->out);
	header(&t);
	for (i = 0; i<r->path_length; i += run> 0 ? run : 1) {
		markers(&t, r->path[i].ttl, r->path[i].ttl);
		run = silent_run(r, i);
		if (run > 0)
			silent_row(&t, i, run);
		else
			row(&t, &r->path[i]);
	}
	markers(&t, r->path[r->path_length - 1].ttl + 1, 255);
	legend(&t);
}
