// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/compare_charts.h"

#include "report/arena.h"
#include "report/compare/compare.h"
#include "report/print/html/chart.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"

#define KINDS 3 /* without MPTCP, version 1, version 0 */

static const struct {
	int version;
	const char *name;
} kinds[KINDS] = {
	{-1, "SYN without MPTCP"}, {1, "with MPTCP v1"}, {0, "with MPTCP v0"}};

/* One number of a row that was answered. */
typedef double number_fn(const struct compare_row *r);

static double ttl(const struct compare_row *r)
{
	return r->ttl.high;
}

static double hops(const struct compare_row *r)
{
	return r->hops.high;
}

static double rtt(const struct compare_row *r)
{
	return r->answer.rtt_ms;
}

static const struct {
	const char *title, *unit;
	number_fn *number;
} pictures[] = {
	{"TTL of the SYN/ACK on arrival", "", ttl},
	{"Hops that the SYN/ACK took", "", hops},
	{"Round trip", "ms", rtt},
};

static bool same_place(const struct compare_row *a, const struct compare_row *b)
{
	return a->port == b->port && address_equal(&a->target, &b->target);
}

static bool is_shown(const struct compare_row *r, const struct compare_row *of,
		     number_fn *number)
{
	return same_place(r, of) && r->answered && r->started_us > 0 &&
	       number(r) >= 0;
}

/* The span of what is shown; false: it is of one time. */
static bool measure(const struct compare *c, const struct compare_row *of,
		    number_fn *number, struct chart *chart)
{
	bool any = false;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct compare_row *r = &c->rows[i];
		double time = (double)r->started_us / 1e6;

		if (!is_shown(r, of, number))
			continue;
		if (!any) {
			chart->left = chart->right = time;
			chart->low = chart->high = number(r);
			any = true;
		}
		chart->left = time < chart->left ? time : chart->left;
		chart->right = time > chart->right ? time : chart->right;
		if (number(r) < chart->low)
			chart->low = number(r);
		if (number(r) > chart->high)
			chart->high = number(r);
	}
	chart->low -= chart->low >= 1 ? 1 : chart->low;
	chart->high += number == rtt ? chart->high / 5 : 1;
	return any && chart->right > chart->left;
}

static void draw_kind(const struct compare *c, const struct compare_row *of,
		      number_fn *number, const struct chart *chart,
		      unsigned kind)
{
	struct chart_point *points = arena_alloc(
		chart->page->arena, (c->row_count + 1) * sizeof(*points));
	size_t count = 0;

	for (size_t i = 0; i < c->row_count; i++) {
		const struct compare_row *r = &c->rows[i];

		if (is_shown(r, of, number) &&
		    r->version == kinds[kind].version)
			points[count++] = (struct chart_point){
				(double)r->started_us / 1e6, number(r)};
	}
	if (kind)
		chart_points(chart, points, count, kind, "");
	else
		chart_large_points(chart, points, count, kind, "");
}

static bool is_first(const struct compare *c, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (same_place(&c->rows[i], &c->rows[row]))
			return false;
	return true;
}

static void draw(const struct page *p, const struct compare *c,
		 const struct compare_row *of)
{
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		struct chart chart = {
			.page = p, .height = 120, .unit = pictures[i].unit};

		if (!measure(c, of, pictures[i].number, &chart))
			continue;
		markup(p->out,
		       "<figure>\n<p><b>%s</b>, %s port %u, from %s</p>\n",
		       pictures[i].title, address_words(p, &of->target),
		       of->port, time_words(p, (int64_t)(chart.left * 1e6)));
		chart_begin(&chart, pictures[i].title);
		for (unsigned k = 0; k < KINDS; k++)
			draw_kind(c, of, pictures[i].number, &chart, k);
		chart_end(&chart);
		markup(p->out, "</figure>\n");
	}
}

void compare_charts(const struct page *p, const struct compare *c)
{
	markup(p->out, "<section>\n<h2>Over time</h2>\n");
	for (size_t i = 0; i < c->row_count; i++)
		if (is_first(c, i))
			draw(p, c, &c->rows[i]);
	markup(p->out, "<ul class=\"key\">\n");
	for (unsigned k = 0; k < KINDS; k++)
		markup(p->out,
		       "<li><svg class=\"f%u\" viewBox=\"0 0 18 14\" "
		       "aria-hidden=\"true\"><path class=\"marks%s\" "
		       "d=\"M9 7h0\"/></svg>%s</li>\n",
		       k + 1, k ? "" : " large", kinds[k].name);
	markup(p->out, "</ul>\n<p class=\"note\">A mark is a run. Runs of one "
		       "time are in the table only.</p>\n</section>\n");
}
