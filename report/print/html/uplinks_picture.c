/* SPDX-License-Identifier: GPL-3.0-or-later
 * The paths of several uplinks as parallel lines between this host and the
 * server.
 */
#include "report/arena.h"
#include "report/paths/paths.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/path_marks.h"

#define LEFT 230.0 /* of the first hop; the uplink is named before it */
#define RIGHT 880.0
#define ROW 64.0
#define TOP 40.0

struct row {
	const struct page *page;
	struct stations stations;
	double y, step;
};

static double x_of(const struct row *r, size_t station)
{
	return LEFT + r->step * (double)station;
}

static void draw_stretches(const struct row *r)
{
	for (size_t i = 0; i < r->stations.stretch_count; i++) {
		const struct stretch *s = &r->stations.stretches[i];
		double middle = (x_of(r, s->from) + x_of(r, s->to)) / 2;

		markup(r->page->out,
		       "<g class=\"%s\"><path class=\"rail guilty\" "
		       "d=\"M%.1f %.1fH%.1f\"/>",
		       severity_of_effect(s->finding->effect), x_of(r, s->from),
		       r->y, x_of(r, s->to));
		if (i == 0)
			markup(r->page->out,
			       "<text class=\"sevt small mid\" x=\"%.1f\" "
			       "y=\"%.1f\">%s</text>",
			       middle < 340   ? 340
			       : middle > 760 ? 760
					      : middle,
			       r->y - 18, stretch_words(r->page, s));
		markup(r->page->out, "</g>\n");
	}
}

static void draw_row(const struct row *r, const struct path_uplink *u,
		     double server)
{
	FILE *out = r->page->out;
	size_t last = r->stations.count - 1;

	markup(out,
	       "<path class=\"rail\" d=\"M40 %.1fL100 %.1fH%.1fL960 %.1f\" "
	       "fill=\"none\"/>\n"
	       "<text class=\"strong\" x=\"104\" y=\"%.1f\">%s</text>"
	       "<text class=\"small dim\" x=\"104\" y=\"%.1f\">%s</text>\n",
	       server, r->y, RIGHT + 20, server, r->y - 8, u->name, r->y + 17,
	       u->state);
	draw_stretches(r);
	for (size_t i = 1; i < last; i++)
		mark_station(out, &r->stations.list[i], x_of(r, i), r->y);
}

void uplinks_picture(const struct page *p, const struct paths *all)
{
	double height = TOP + ROW * (double)all->count;
	double middle = TOP + ROW * (double)(all->count - 1) / 2;

	markup(p->out,
	       "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
	       "aria-label=\"The paths of the uplinks\">"
	       "<svg class=\"figure lines\" viewBox=\"0 0 1000 %.0f\" "
	       "role=\"img\" aria-label=\"The paths of %zu uplinks to the "
	       "server\">\n",
	       height, all->count);
	for (size_t i = 0; i < all->count; i++) {
		struct row r = {.page = p,
				.stations =
					stations_of(p, all->uplinks[i].report),
				.y = TOP + ROW * (double)i};

		r.step = (RIGHT - LEFT) / (double)(r.stations.count - 1);
		draw_row(&r, &all->uplinks[i], middle);
	}
	markup(p->out,
	       "<rect class=\"hop full\" x=\"20\" y=\"%.1f\" width=\"40\" "
	       "height=\"26\" rx=\"3\"/><text class=\"mid small onfull "
	       "strong\" "
	       "x=\"40\" y=\"%.1f\">host</text>"
	       "<rect class=\"hop full\" x=\"938\" y=\"%.1f\" width=\"54\" "
	       "height=\"26\" rx=\"3\"/><text class=\"mid small onfull "
	       "strong\" "
	       "x=\"965\" y=\"%.1f\">server</text>\n</svg></div>\n",
	       middle - 13, middle + 4, middle - 13, middle + 4);
}
