// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/chart.h"

#include <math.h>
#include <string.h>

#include "report/arena.h"
#include "report/print/html/markup.h"

#define SIDE 1000.0 /* of the square that is stretched */
#define TICKS 5
#define BELOW 26 /* px, for times */

static double share(double value, double from, double to)
{
	double part = to > from ? (value - from) / (to - from) : 0.5;

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static double x_of(const struct chart *c, double time)
{
	return share(time, c->left, c->right) * 93 + 6; /* percent */
}

static double y_of(const struct chart *c, double number)
{
	return 14 + (1 - share(number, c->low, c->high)) * (c->height - 22.0);
}

/* In the square. */
static void move(const struct chart *c, const char *how,
		 const struct chart_point *p)
{
	markup(c->page->out, "%s%.0f %.0f", how, x_of(c, p->time) * SIDE / 100,
	       y_of(c, p->number) * SIDE / c->height);
}

/* 1, 2 or 5 times a power of ten. */
static double nice_step(double span)
{
	double raw = span / TICKS, power;

	if (!(raw > 0) || !isfinite(raw))
		return 1;
	power = pow(10, floor(log10(raw)));
	return power * (raw / power < 1.5   ? 1
			: raw / power < 3.5 ? 2
			: raw / power < 7.5 ? 5
					    : 10);
}

static const char *number_words(const struct chart *c, double number)
{
	struct arena *a = c->page->arena;

	if (strcmp(c->unit, "B") != 0)
		return arena_printf(a, "%g%s%s", number, *c->unit ? " " : "",
				    c->unit);
	if (number >= 1e9)
		return arena_printf(a, "%g GB", number / 1e9);
	if (number >= 1e6)
		return arena_printf(a, "%g MB", number / 1e6);
	if (number >= 1e3)
		return arena_printf(a, "%g kB", number / 1e3);
	return arena_printf(a, "%g B", number);
}

static void grid(const struct chart *c)
{
	double step = nice_step(c->high - c->low);

	if (!*c->unit && step < 1)
		step = 1; /* they are counted */

	for (int i = 0; i <= 2 * TICKS; i++) {
		double number = (ceil(c->low / step) + i) * step;

		if (number > c->high)
			return;
		markup(c->page->out,
		       "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" "
		       "y2=\"%.1f\"/>",
		       y_of(c, number), y_of(c, number));
		if (number > 0)
			markup(c->page->out,
			       "<text class=\"small dim\" x=\"2\" y=\"%.1f\">"
			       "%s</text>\n",
			       y_of(c, number) - 5, number_words(c, number));
	}
}

static void times(const struct chart *c)
{
	double span = c->right - c->left;
	double unit = span < 1	     ? 1e-3
		      : span < 600   ? 1
		      : span < 86400 ? 60
				     : 86400;
	const char *name = span < 1	  ? "ms"
			   : span < 600	  ? "s"
			   : span < 86400 ? "min"
					  : "days";
	double step = nice_step(span / unit);

	for (int i = 0; i <= 2 * TICKS; i++) {
		double time = i * step * unit;

		if (time > span)
			return;
		markup(c->page->out,
		       "<text class=\"small dim%s\" x=\"%.2f%%\" y=\"%u\">"
		       "%g %s</text>\n",
		       i ? " mid" : "", x_of(c, c->left + time), c->height + 18,
		       i * step, name);
	}
}

void chart_begin(const struct chart *c, const char *label)
{
	markup(c->page->out,
	       "<svg class=\"chart\" height=\"%u\" role=\"img\" "
	       "aria-label=\"%s\">\n",
	       c->height + BELOW, label);
	grid(c);
	times(c);
}

void chart_stretch(const struct chart *c, double from, double to,
		   const char *text)
{
	markup(c->page->out,
	       "<rect class=\"wait\" x=\"%.2f%%\" y=\"0\" width=\"%.2f%%\" "
	       "height=\"%u\"/><text class=\"small mid\" x=\"%.2f%%\" "
	       "y=\"%u\">%s</text>\n",
	       x_of(c, from), x_of(c, to) - x_of(c, from), c->height,
	       (x_of(c, from) + x_of(c, to)) / 2, c->height - 8, text);
}

static void begin_square(const struct chart *c)
{
	markup(c->page->out,
	       "<svg width=\"100%%\" height=\"%u\" viewBox=\"0 0 1000 1000\" "
	       "preserveAspectRatio=\"none\">",
	       c->height);
}

static void begin_colour(const struct chart *c, unsigned colour,
			 const char *class)
{
	markup(c->page->out, "<g class=\"f%u\">", colour % CHART_COLOURS + 1);
	begin_square(c);
	markup(c->page->out,
	       "<path class=\"%s\" vector-effect=\"non-scaling-stroke\" "
	       "d=\"",
	       class);
}

static void end_colour(const struct chart *c, const struct chart_point *last,
		       const char *tag)
{
	markup(c->page->out,
	       "\"/></svg><text class=\"tag end\" x=\"%.2f%%\" y=\"%.1f\">%s"
	       "</text></g>\n",
	       x_of(c, last->time) - 0.6, y_of(c, last->number) - 4, tag);
}

static void put_points(const struct chart *c, const struct chart_point *points,
		       size_t count, unsigned colour, const char *tag,
		       const char *class)
{
	if (!count)
		return;
	begin_colour(c, colour, class);
	for (size_t i = 0; i < count; i++) {
		move(c, "M", &points[i]);
		markup(c->page->out, "h0");
	}
	end_colour(c, &points[count - 1], tag);
}

void chart_points(const struct chart *c, const struct chart_point *points,
		  size_t count, unsigned colour, const char *tag)
{
	put_points(c, points, count, colour, tag, "marks");
}

void chart_large_points(const struct chart *c, const struct chart_point *points,
			size_t count, unsigned colour, const char *tag)
{
	put_points(c, points, count, colour, tag, "marks large");
}

void chart_line(const struct chart *c, const struct chart_point *points,
		size_t count, unsigned colour, const char *tag)
{
	if (!count)
		return;
	begin_colour(c, colour, "line");
	for (size_t i = 0; i < count; i++)
		move(c, i ? "L" : "M", &points[i]);
	end_colour(c, &points[count - 1], tag);
}

void chart_steps(const struct chart *c, const struct chart_point *points,
		 size_t count)
{
	if (!count)
		return;
	begin_square(c);
	markup(c->page->out, "<path class=\"steps\" "
			     "vector-effect=\"non-scaling-stroke\" d=\"");
	for (size_t i = 0; i < count; i++) {
		if (i)
			markup(c->page->out, "H%.0f",
			       x_of(c, points[i].time) * SIDE / 100);
		move(c, i ? "L" : "M", &points[i]);
	}
	markup(c->page->out, "\"/></svg>\n");
}

void chart_end(const struct chart *c)
{
	markup(c->page->out, "</svg>\n");
}
