/* SPDX-License-Identifier: GPL-3.0-or-later
 * The path along the page: stations from left to right, lanes below.
 */
#include <string.h>

#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/path_marks.h"

#define WIDTH 1000.0
#define LEFT 130.0  /* of the first station; lanes are named before it */
#define RIGHT 950.0 /* of the last */
#define STATIONS_MAX 11
#define LETTER 6.7 /* width of a monospaced one */
#define BRACKET 28.0
#define LANE 28.0

struct wide {
	const struct page *page;
	const struct report *report;
	struct stations stations;
	double step, rail, lanes; /* where the rail is; where lanes begin */
	double label;		  /* height of a station's */
	bool staggered;		  /* labels stand in two rows in turn */
};

static size_t longest_label(const struct stations *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->count; i++) {
		size_t length = strlen(s->list[i].address);

		longest = length > longest ? length : longest;
	}
	return longest;
}

static double step_of(const struct stations *s)
{
	return (RIGHT - LEFT) / (double)(s->count - 1);
}

bool path_is_wide(const struct page *p, const struct report *r)
{
	struct stations s = stations_of(p, r);

	return s.count <= STATIONS_MAX &&
	       (double)longest_label(&s) * LETTER < 2 * step_of(&s);
}

static double x_of(const struct wide *w, size_t station)
{
	return LEFT + w->step * (double)station;
}

/* No wider than there is room for. */
static const char *cut(const struct wide *w, const char *text)
{
	size_t room = (size_t)(w->step * (w->staggered ? 1.9 : 0.95) / LETTER);

	if (strlen(text) <= room || room < 4)
		return text;
	return arena_printf(w->page->arena, "%.*s..", (int)room - 2, text);
}

/* --- the rail ------------------------------------------------------------- */

static void draw_rail(const struct wide *w)
{
	FILE *out = w->page->out;

	for (size_t i = 1; i < w->stations.count; i++)
		markup(out, "<path class=\"rail%s\" d=\"M%.1f %.1fH%.1f\"/>\n",
		       w->stations.list[i].hop ? "" : " off", x_of(w, i - 1),
		       w->rail, x_of(w, i));
}

static void draw_stretch(const struct wide *w, const struct stretch *s,
			 double y)
{
	FILE *out = w->page->out;
	double left = x_of(w, s->from), right = x_of(w, s->to);
	double middle = (left + right) / 2;

	markup(out,
	       "<path class=\"bracket\" d=\"M%.1f %.1fv-6H%.1fv6\"/>\n"
	       "<text class=\"sevt %s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
	       left, y + 6, right,
	       middle < 300	      ? ""
	       : middle > WIDTH - 300 ? "end"
				      : "mid",
	       middle < 300	      ? left
	       : middle > WIDTH - 300 ? right
				      : middle,
	       y - 6, stretch_words(w->page, s));
	if (!s->returns)
		markup(out,
		       "<path class=\"rail guilty\" d=\"M%.1f %.1fH%.1f\"/>\n",
		       left, w->rail, right);
}

static void draw_bands(const struct wide *w, double bottom)
{
	for (size_t i = 0; i < w->stations.stretch_count; i++) {
		const struct stretch *s = &w->stations.stretches[i];

		if (s->returns)
			continue;
		markup(w->page->out,
		       "<rect class=\"band %s\" x=\"%.1f\" y=\"%.1f\" "
		       "width=\"%.1f\" height=\"%.1f\"/>\n",
		       severity_of_effect(s->finding->effect), x_of(w, s->from),
		       w->rail - 20, x_of(w, s->to) - x_of(w, s->from),
		       bottom - w->rail + 20);
	}
}

static void draw_brackets(const struct wide *w)
{
	for (size_t i = 0; i < w->stations.stretch_count; i++) {
		const struct stretch *s = &w->stations.stretches[i];

		markup(w->page->out, "<g class=\"%s\">\n",
		       severity_of_effect(s->finding->effect));
		draw_stretch(w, s, 20 + BRACKET * (double)i);
		markup(w->page->out, "</g>\n");
	}
}

/* --- stations ------------------------------------------------------------- */

static void label(const struct wide *w, size_t i, double y, const char *class,
		  const char *text, const char *more)
{
	if (*text)
		markup(w->page->out,
		       "<text class=\"mid %s\" x=\"%.1f\" y=\"%.1f\">%s%s"
		       "</text>\n",
		       class, x_of(w, i), y, cut(w, text), more);
}

static void draw_station(const struct wide *w, size_t i)
{
	const struct station *s = &w->stations.list[i];
	double y = w->rail + 28 + (w->staggered && i % 2 ? w->label : 0);

	mark_station(w->page->out, s, x_of(w, i), w->rail);
	label(w, i, y, "strong", s->name, "");
	label(w, i, y + 15, "mono", s->address, s->more);
	label(w, i, y + 29, "small dim", s->rtt, "");
	label(w, i, y + 43, "small dim", s->network, "");
}

/* --- lanes ---------------------------------------------------------------- */

static enum hop_mark mark_at(const struct wide *w, const struct lane *l,
			     size_t i)
{
	return lane_mark(w->page, w->report, &w->stations, l, i);
}

/* Up to the last that says something. */
static size_t lane_end(const struct wide *w, const struct lane *l)
{
	size_t end = 0;

	for (size_t i = 1; i < w->stations.count; i++) {
		enum hop_mark mark = mark_at(w, l, i);

		if (mark != HOP_NOTHING && mark != HOP_UNQUOTED)
			end = i;
	}
	return end;
}

static void lane_part(const struct wide *w, const char *class, double from,
		      double to, double y)
{
	if (to > from)
		markup(w->page->out,
		       "<path class=\"lane%s\" d=\"M%.1f %.1fH%.1f\"/>\n",
		       class, from, y, to);
}

static void draw_lane_line(const struct wide *w, const struct lane *l, double y)
{
	double end = x_of(w, lane_end(w, l));
	double changed = end, last = x_of(w, w->stations.count - 1);

	for (size_t i = w->stations.count - 1; i > 0; i--) {
		enum hop_mark mark = mark_at(w, l, i);

		if (mark == HOP_MPTCP || mark == HOP_PAYLOAD)
			changed = x_of(w, i);
	}
	if (l->stopped && end < x_of(w, l->stop) + w->step / 2)
		changed = end = x_of(w, l->stop) + w->step / 2;
	lane_part(w, "", x_of(w, 0), changed, y);
	lane_part(w, " guilty", changed, end, y);
	lane_part(w, " off", end, last, y);
	if (l->stopped)
		mark_stop(w->page->out, x_of(w, l->stop) + w->step / 2, y,
			  true);
}

static void draw_lane(const struct wide *w, const struct lane *l, double y)
{
	FILE *out = w->page->out;

	markup(out,
	       "<g class=\"%s\">\n<text class=\"strong\" x=\"0\" y=\"%.1f\">%s"
	       "</text>\n",
	       l->severity, y + 4, l->column->title);
	draw_lane_line(w, l, y);
	for (size_t i = 1; i < w->stations.count; i++)
		mark_hop(out, mark_at(w, l, i), x_of(w, i), y);
	markup(out, "</g>\n");
}

/* Back to this host, so its arrow points to the left. */
static void draw_return(const struct wide *w, double y)
{
	FILE *out = w->page->out;
	double right = x_of(w, w->stations.count - 1);

	markup(out,
	       "<text class=\"strong\" x=\"0\" y=\"%.1f\">Return path</text>\n"
	       "<text class=\"small dim\" x=\"0\" y=\"%.1f\">hops back</text>\n"
	       "<path class=\"lane\" d=\"M%.1f %.1fl9 -4m-9 4l9 4m-9 "
	       "-4H%.1f\"/>"
	       "\n",
	       y + 4, y + 17, LEFT, y, right);
	for (size_t i = 0; i < w->stations.stretch_count; i++) {
		const struct stretch *s = &w->stations.stretches[i];

		if (s->returns)
			markup(out,
			       "<g class=\"%s\"><path class=\"rail guilty\" "
			       "d=\"M%.1f %.1fH%.1f\"/></g>\n",
			       severity_of_effect(s->finding->effect),
			       x_of(w, s->from) + 12, y, x_of(w, s->to));
	}
	for (size_t i = 1; i < w->stations.count; i++) {
		const struct station *s = &w->stations.list[i];

		if (s->back < 0)
			continue;
		markup(out,
		       "<rect x=\"%.1f\" y=\"%.1f\" width=\"20\" height=\"18\" "
		       "fill=\"var(--bg)\"/>"
		       "<text class=\"mid%s\" x=\"%.1f\" "
		       "y=\"%.1f\">%d</text>\n",
		       x_of(w, i) - 10, y - 9,
		       s->back_differs ? " strong" : " dim", x_of(w, i), y + 4,
		       s->back);
	}
}

static struct wide lay_out(const struct page *p, const struct report *r)
{
	struct wide w = {.page = p, .report = r, .stations = stations_of(p, r)};
	const struct stations *s = &w.stations;

	w.step = step_of(s);
	w.staggered = (double)longest_label(s) * LETTER > w.step * 0.95;
	w.rail = 36 + BRACKET * (double)s->stretch_count;
	w.label = s->networks ? 60 : 46;
	w.lanes = w.rail + 40 + w.label * (w.staggered ? 2 : 1);
	return w;
}

static void draw(const struct page *p, const struct report *r)
{
	struct wide w = lay_out(p, r);
	const struct stations *s = &w.stations;
	double below = w.lanes + LANE * (double)s->lane_count;

	draw_bands(&w, below - 14);
	draw_rail(&w);
	draw_brackets(&w);
	for (size_t i = 0; i < s->count; i++)
		draw_station(&w, i);
	for (size_t i = 0; i < s->lane_count; i++)
		draw_lane(&w, &s->lanes[i], w.lanes + LANE * (double)i);
	if (s->returns)
		draw_return(&w, below + 8);
}

struct picture path_wide(const struct page *p, const struct report *r)
{
	struct wide w = lay_out(p, r);

	return (struct picture){
		.width = WIDTH,
		.height = w.lanes + LANE * (double)w.stations.lane_count +
			  (w.stations.returns ? 34 : 0),
		.draw = draw,
	};
}

struct picture path_picture(const struct page *p, const struct report *r)
{
	return path_is_wide(p, r) ? path_wide(p, r) : path_tall(p, r);
}
