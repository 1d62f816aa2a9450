/* SPDX-License-Identifier: GPL-3.0-or-later
 * The path down the page: for narrow screens, and for long paths and addresses
 * at any width.
 */
#include <string.h>

#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/path_marks.h"

#define WIDTH 360.0
#define RAIL 18.0   /* where the rail is */
#define LABELS 38.0 /* where names and addresses begin */
#define ROOM 22	    /* letters of a line of them */
#define LINES_MAX 6
#define LINE 14.0
#define COLUMN 24.0
#define TOP 100.0 /* of the first station: titles of lanes stand above */

struct tall {
	const struct page *page;
	const struct report *report;
	struct stations stations;
	double *y; /* of each station */
	double lanes;
	double bottom;
};

/* --- labels --------------------------------------------------------------- */

/* Behind the last sign that parts a name or an address; or anywhere. */
static size_t break_at(const char *text)
{
	for (size_t i = ROOM; i > ROOM / 3; i--)
		if (strchr(".:-", text[i - 1]))
			return i;
	return ROOM;
}

/* Cuts off what fits a line; `*text` moves behind it. */
static const char *take_line(const struct page *p, const char **text)
{
	size_t length = strlen(*text);
	const char *line;

	if (length > ROOM)
		length = break_at(*text);
	line = arena_printf(p->arena, "%.*s", (int)length, *text);
	*text += length;
	return line;
}

struct label {
	const char *lines[LINES_MAX];
	bool mono[LINES_MAX];
	size_t count;
};

static void add_lines(const struct page *p, struct label *l, const char *text,
		      bool mono, size_t most)
{
	while (*text && most-- && l->count < LINES_MAX) {
		l->mono[l->count] = mono;
		l->lines[l->count++] = take_line(p, &text);
	}
	if (*text && l->count)
		l->lines[l->count - 1] =
			arena_printf(p->arena, "%s..", l->lines[l->count - 1]);
}

static struct label label_of(const struct page *p, const struct station *s)
{
	struct label l = {0};

	add_lines(p, &l, s->name, false, 2);
	add_lines(p, &l, arena_printf(p->arena, "%s%s", s->address, s->more),
		  true, 2);
	add_lines(p, &l, s->rtt, false, 1);
	add_lines(p, &l, s->network, false, 1);
	return l;
}

static void place_stations(struct tall *t)
{
	double y = TOP;

	t->y = arena_alloc(t->page->arena, t->stations.count * sizeof(*t->y));
	for (size_t i = 0; i < t->stations.count; i++) {
		struct label l = label_of(t->page, &t->stations.list[i]);

		t->y[i] = y;
		y += LINE * (double)(l.count > 2 ? l.count : 2) + 12;
	}
	t->bottom = y;
	t->lanes = WIDTH - 10 -
		   COLUMN * (double)(t->stations.lane_count +
				     t->stations.returns - 1);
}

/* --- drawing -------------------------------------------------------------- */

static void draw_rail(const struct tall *t)
{
	for (size_t i = 1; i < t->stations.count; i++)
		markup(t->page->out,
		       "<path class=\"rail%s\" d=\"M%.1f %.1fV%.1f\"/>\n",
		       t->stations.list[i].hop ? "" : " off", RAIL, t->y[i - 1],
		       t->y[i]);
}

static void draw_bands(const struct tall *t)
{
	for (size_t i = 0; i < t->stations.stretch_count; i++) {
		const struct stretch *s = &t->stations.stretches[i];

		if (!s->returns)
			markup(t->page->out,
			       "<rect class=\"band %s\" x=\"0\" y=\"%.1f\" "
			       "width=\"360\" height=\"%.1f\"/>\n",
			       severity_of_effect(s->finding->effect),
			       t->y[s->from], t->y[s->to] - t->y[s->from]);
	}
}

static void draw_guilty(const struct tall *t)
{
	for (size_t i = 0; i < t->stations.stretch_count; i++) {
		const struct stretch *s = &t->stations.stretches[i];

		if (!s->returns)
			markup(t->page->out,
			       "<g class=\"%s\"><path class=\"rail guilty\" "
			       "d=\"M%.1f %.1fV%.1f\"/></g>\n",
			       severity_of_effect(s->finding->effect), RAIL,
			       t->y[s->from], t->y[s->to]);
	}
}

static void draw_station(const struct tall *t, size_t i)
{
	struct label l = label_of(t->page, &t->stations.list[i]);

	mark_station(t->page->out, &t->stations.list[i], RAIL, t->y[i]);
	for (size_t k = 0; k < l.count; k++)
		markup(t->page->out,
		       "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
		       l.mono[k] ? "mono"
		       : k	 ? "small dim"
				 : "strong",
		       LABELS, t->y[i] + 4 + LINE * (double)k, l.lines[k]);
}

static double lane_x(const struct tall *t, size_t lane)
{
	return t->lanes + COLUMN * (double)lane;
}

static void draw_title(const struct tall *t, double x, const char *text)
{
	markup(t->page->out,
	       "<text class=\"small strong\" transform=\"translate(%.1f %.1f) "
	       "rotate(-90)\">%s</text>\n",
	       x + 4, TOP - 14, text);
}

static void draw_lane(const struct tall *t, size_t lane)
{
	const struct lane *l = &t->stations.lanes[lane];
	size_t last = t->stations.count - 1;
	double x = lane_x(t, lane);
	double end = l->stopped ? (t->y[l->stop] + t->y[l->stop + 1]) / 2
				: t->y[last];

	markup(t->page->out,
	       "<g class=\"%s\"><path class=\"lane\" d=\"M%.1f %.1fV%.1f\"/>"
	       "<path class=\"lane off\" d=\"M%.1f %.1fV%.1f\"/>\n",
	       l->severity, x, t->y[0], end, x, end, t->y[last]);
	draw_title(t, x, l->column->title);
	for (size_t i = 1; i <= last; i++)
		mark_hop(t->page->out,
			 lane_mark(t->page, t->report, &t->stations, l, i), x,
			 t->y[i]);
	if (l->stopped)
		mark_stop(t->page->out, x, end, false);
	markup(t->page->out, "</g>\n");
}

static void draw_return(const struct tall *t)
{
	double x = lane_x(t, t->stations.lane_count);

	draw_title(t, x, "hops back");
	for (size_t i = 1; i < t->stations.count; i++) {
		const struct station *s = &t->stations.list[i];

		if (s->back >= 0)
			markup(t->page->out,
			       "<text class=\"mid%s\" x=\"%.1f\" y=\"%.1f\">%d"
			       "</text>\n",
			       s->back_differs ? " strong" : " dim", x,
			       t->y[i] + 4, s->back);
	}
}

/* What interferes where, below: there is no room beside it. */
static void draw_words(const struct tall *t)
{
	for (size_t i = 0; i < t->stations.stretch_count; i++) {
		const struct stretch *s = &t->stations.stretches[i];
		double y = t->bottom + 6 + 18.0 * (double)i;

		markup(t->page->out,
		       "<g class=\"%s\"><text class=\"sevt\" x=\"0\" "
		       "y=\"%.1f\">%s</text></g>\n",
		       severity_of_effect(s->finding->effect), y,
		       stretch_words(t->page, s));
	}
}

static struct tall lay_out(const struct page *p, const struct report *r)
{
	struct tall t = {.page = p, .report = r, .stations = stations_of(p, r)};

	place_stations(&t);
	return t;
}

static void draw(const struct page *p, const struct report *r)
{
	struct tall t = lay_out(p, r);

	draw_bands(&t);
	draw_rail(&t);
	draw_guilty(&t);
	for (size_t i = 0; i < t.stations.count; i++)
		draw_station(&t, i);
	for (size_t i = 0; i < t.stations.lane_count; i++)
		draw_lane(&t, i);
	if (t.stations.returns)
		draw_return(&t);
	draw_words(&t);
}

struct picture path_tall(const struct page *p, const struct report *r)
{
	struct tall t = lay_out(p, r);

	return (struct picture){
		.width = WIDTH,
		.height = t.bottom + 18 * (double)t.stations.stretch_count,
		.draw = draw,
	};
}
