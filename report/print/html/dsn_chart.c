// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/dsn_chart.h"

#include "report/arena.h"
#include "report/print/html/chart.h"
#include "report/print/html/markup.h"
#include "report/print/text.h"
#include "report/track/curve.h"
#include "report/track/observer.h"

#define BYTES_MIN 20000	    /* to be drawn */
#define STALL_MIN_US 100000 /* to be told */
#define RATES 48	    /* steps of throughput */

struct drawing {
	struct chart chart;
	const struct mptcp_connection *connection;
	unsigned host;
	int64_t begin_us;
	uint64_t first; /* DSN of the first byte */
};

static const struct curve *curve_of(const struct drawing *d,
				    const struct flow *f)
{
	return f->sides[f->reversed ? 1 - d->host : d->host].curve;
}

/* Where the first byte is, and the span of all points. */
static bool measure(struct drawing *d)
{
	const struct host *h = &d->connection->hosts[d->host];
	int64_t last_us = 0;
	bool any = false;

	for (const struct flow *f = d->connection->flows; f; f = f->sibling) {
		const struct curve *c = curve_of(d, f);

		for (size_t i = 0; c && i < c->count; i++) {
			const struct curve_point *p = &c->points[i];

			if (!any || (int64_t)(p->number - d->first) < 0)
				d->first = p->number;
			if (!any || p->time_us < d->begin_us)
				d->begin_us = p->time_us;
			any = true;
		}
		if (c && c->last.time_us > last_us)
			last_us = c->last.time_us;
	}
	if (!any || !h->data_end ||
	    (int64_t)(h->data_end - d->first) < BYTES_MIN)
		return false;
	d->chart.right = (double)(last_us - d->begin_us) / 1e6;
	d->chart.high = (double)(h->data_end - d->first);
	return d->chart.right > 0;
}

static size_t points_of(const struct drawing *d, const struct curve *c,
			struct chart_point **out)
{
	size_t count = 0;

	*out = arena_alloc(d->chart.page->arena,
			   (c->count + 1) * sizeof(**out));
	for (size_t i = 0; i < c->count; i++) {
		double bytes =
			(double)(int64_t)(c->points[i].number - d->first);

		if (bytes >= 0 && bytes <= d->chart.high)
			(*out)[count++] = (struct chart_point){
				(double)(c->points[i].time_us - d->begin_us) /
					1e6,
				bytes};
	}
	return count;
}

static void draw_stall(const struct drawing *d)
{
	const struct stall *s = &d->connection->hosts[d->host].stall;
	double end = (double)(s->end_us - d->begin_us) / 1e6;

	if (s->us >= STALL_MIN_US)
		chart_stretch(&d->chart, end - (double)s->us / 1e6, end,
			      arena_printf(d->chart.page->arena,
					   "%.2f s: nothing new acknowledged",
					   (double)s->us / 1e6));
}

static void draw_data(const struct drawing *d)
{
	const struct curve *acks = d->connection->hosts[d->host].acks;
	struct chart_point *points = NULL;
	size_t steps;
	unsigned n = 0;

	for (const struct flow *f = d->connection->flows; f;
	     f = f->sibling, n++) {
		const struct curve *c = curve_of(d, f);
		size_t count = c ? points_of(d, c, &points) : 0;

		chart_points(&d->chart, points, count, n,
			     arena_printf(d->chart.page->arena, "%u", n + 1));
	}
	if (!acks)
		return;
	steps = points_of(d, acks, &points);
	chart_steps(&d->chart, points, steps);
}

/* --- throughput ----------------------------------------------------------- */

/* Bytes that came until then, between two points of a curve. Times count from
 * its beginning: so large are those since 1970 that fractions are lost. */
static double bytes_at(const struct drawing *d, const struct curve *c,
		       double time_us)
{
	for (size_t i = 1; i < c->count; i++) {
		const struct curve_point *a = &c->points[i - 1];
		const struct curve_point *b = &c->points[i];
		double from = (double)(a->time_us - d->begin_us);
		double to = (double)(b->time_us - d->begin_us);

		if (to >= time_us)
			return from >= time_us || from >= to
				       ? (double)a->bytes
				       : (double)a->bytes +
						 (double)(b->bytes - a->bytes) *
							 (time_us - from) /
							 (to - from);
	}
	return (double)c->last.bytes;
}

/* Mbit/s in each step of time; the largest. */
static double rates_of(const struct drawing *d, const struct curve *c,
		       struct chart_point *out)
{
	double step = d->chart.right / RATES, most = 0;

	for (size_t i = 0; i < RATES; i++) {
		double from = 1e6 * step * (double)i;
		double bytes = bytes_at(d, c, from + 1e6 * step) -
			       bytes_at(d, c, from);

		out[i] = (struct chart_point){step * ((double)i + 0.5),
					      bytes * 8 / step / 1e6};
		most = out[i].number > most ? out[i].number : most;
	}
	return most;
}

static void throughput(const struct drawing *d)
{
	struct chart chart = d->chart;
	struct chart_point rates[RATES];
	unsigned n = 0;

	chart.high = 0;
	chart.height = 130;
	chart.unit = "Mbit/s";
	for (const struct flow *f = d->connection->flows; f; f = f->sibling) {
		const struct curve *c = curve_of(d, f);
		double most = c ? rates_of(d, c, rates) : 0;

		chart.high = most > chart.high ? most : chart.high;
	}
	if (!(chart.high > 0))
		return;
	chart_begin(&chart, "Throughput of each subflow over time");
	for (const struct flow *f = d->connection->flows; f;
	     f = f->sibling, n++) {
		const struct curve *c = curve_of(d, f);

		if (!c)
			continue;
		rates_of(d, c, rates);
		chart_line(&chart, rates, RATES, n,
			   arena_printf(chart.page->arena, "%u", n + 1));
	}
	chart_end(&chart);
}

void dsn_chart(const struct page *p, const struct mptcp_connection *c,
	       unsigned host)
{
	struct drawing d = {.chart = {.page = p, .height = 280, .unit = "B"},
			    .connection = c,
			    .host = host};

	if (!measure(&d))
		return;
	markup(p->out,
	       "<figure>\n<p><b>Which subflow carried which data of "
	       "the %s</b></p>\n",
	       traffic_hosts[host]);
	chart_begin(&d.chart,
		    arena_printf(p->arena,
				 "Data sequence numbers of the %s over time, "
				 "by subflow",
				 traffic_hosts[host]));
	draw_stall(&d);
	draw_data(&d);
	chart_end(&d.chart);
	throughput(&d);
	markup(p->out,
	       "<figcaption>A mark is data of a subflow, by its number in the "
	       "table: when it came, and which bytes it brought, counted from "
	       "the first. The line is what the other host acknowledged "
	       "(DATA_ACK). Below, the throughput of each subflow, in Mbit/s."
	       "</figcaption>\n</figure>\n");
}
