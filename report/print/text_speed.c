/* SPDX-License-Identifier: GPL-3.0-or-later
 * What downloads by TCP and MPTCP say together: for people.
 */
#include <string.h>

#include "report/evidence/loss.h"
#include "report/print/speed.h"
#include "report/print/text_page.h"

static void print_run(const struct page *p, const struct speed_run *r)
{
	if (!r->done) {
		fprintf(p->out, "  %-31s", r->error);
		return;
	}
	fprintf(p->out, "  %9.2f Mbit/s  %6.2f s", r->rate, r->seconds);
	if (!r->mptcp)
		return;
	if (r->fallback)
		fputs("  fell back to TCP", p->out);
	else
		fprintf(p->out, "  %u subflow%s", r->subflows + 1,
			r->subflows ? "s" : "");
}

static void print_median(const struct page *p, double median, int width)
{
	if (median < 0)
		fprintf(p->out, " %*s", width, "none");
	else
		fprintf(p->out, " %*.2f", width, median);
	fputs(median < 0 ? "       " : " Mbit/s", p->out);
}

static void print_rounds(const struct page *p, const struct speed *s)
{
	fputs("\nround               TCP                         MPTCP\n",
	      p->out);
	for (size_t i = 0; i < s->round_count; i++) {
		fprintf(p->out, "%5zu", i + 1);
		print_run(p, &s->rounds[i].tcp[0]);
		print_run(p, &s->rounds[i].mptcp);
		fputc('\n', p->out);
	}
	if (speed_median_tcp(s, 0) < 0 && speed_median_mptcp(s) < 0)
		return; /* no download came to its end */
	fputs("\nmedian", p->out);
	print_median(p, speed_median_tcp(s, 0), 9);
	print_median(p, speed_median_mptcp(s), 18);
	fputc('\n', p->out);
}

static void print_use(const struct page *p, const struct speed *s)
{
	size_t used = speed_runs(s, false), fell = speed_runs(s, true);

	if (used && fell)
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "%zu of the connections fell back to "
				       "TCP, and are not compared.",
				       fell));
	if (fell == 0 && !s->blackhole)
		return;
	if (s->blackhole)
		text_wrap(p, "", "",
			  "This kernel has switched MPTCP off for a while, as "
			  "SYNs with it had gone unanswered (its blackhole "
			  "timer, net.mptcp.blackhole_timeout).");
	if (s->unanswered)
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "%u times this kernel sent a plain SYN, "
				       "since those with MPTCP went "
				       "unanswered.",
				       s->unanswered));
}

/* --- by several uplinks -------------------------------------------------- */

#define CELL 9

/* What a column is headed by: no wider than it. */
static const char *short_name(const struct page *p, const struct speed *s,
			      size_t i)
{
	const char *name = page_clean(p, s->uplinks[i].name);

	return strlen(name) < CELL ? name
				   : arena_printf(p->arena, "#%zu", i + 1);
}

static const char *rate_cell(const struct page *p, const struct speed_run *r)
{
	if (!r->done)
		return "-";
	return r->mptcp && r->fallback
		       ? "was TCP"
		       : arena_printf(p->arena, "%.2f", r->rate);
}

static const char *median_cell(const struct page *p, double median)
{
	return median < 0 ? "-" : arena_printf(p->arena, "%.2f", median);
}

static const char *share_cell(const struct page *p, double share)
{
	return share < 0 ? "-" : arena_printf(p->arena, "%.0f %%", 100 * share);
}

/* Columns: TCP over each, MPTCP, the share of each. */
static void table_head(const struct page *p, const struct speed *s)
{
	int ways = (int)s->uplink_count * CELL;

	fprintf(p->out, "\n%-7s  %-*s%*s  %s\n%-7s ", "Mbit/s", ways,
		"TCP over", CELL + 1, "MPTCP", "share of", "round");
	for (size_t i = 0; i < s->uplink_count; i++)
		fprintf(p->out, "%*s", CELL, short_name(p, s, i));
	fprintf(p->out, "  %*s ", CELL, "over all");
	for (size_t i = 0; i < s->uplink_count; i++)
		fprintf(p->out, "%*s", CELL, short_name(p, s, i));
	fputc('\n', p->out);
}

static void table_round(const struct page *p, const struct speed *s, size_t n)
{
	const struct speed_round *r = &s->rounds[n];

	fprintf(p->out, "%-7zu ", n + 1);
	for (size_t i = 0; i < s->uplink_count; i++)
		fprintf(p->out, "%*s", CELL, rate_cell(p, &r->tcp[i]));
	fprintf(p->out, "  %*s ", CELL, rate_cell(p, &r->mptcp));
	for (size_t i = 0; i < s->uplink_count; i++)
		fprintf(p->out, "%*s", CELL,
			share_cell(p, speed_run_share(&r->mptcp,
						      s->uplink_count, i)));
	fputc('\n', p->out);
}

static void table_foot(const struct page *p, const struct speed *s)
{
	fprintf(p->out, "%-7s ", "median");
	for (size_t i = 0; i < s->uplink_count; i++)
		fprintf(p->out, "%*s", CELL,
			median_cell(p, speed_median_tcp(s, i)));
	fprintf(p->out, "  %*s ", CELL, median_cell(p, speed_median_mptcp(s)));
	for (size_t i = 0; i < s->uplink_count; i++)
		fprintf(p->out, "%*s", CELL, share_cell(p, speed_share(s, i)));
	fputc('\n', p->out);
}

/* Names that do not fit, who is left out, and who helped. */
static void table_notes(const struct page *p, const struct speed *s)
{
	double elsewhere = speed_elsewhere(s);

	for (size_t i = 0; i < s->uplink_count; i++) {
		const char *column = short_name(p, s, i);

		if (*column == '#')
			fprintf(p->out, "%s is %s\n", column,
				page_clean(p, s->uplinks[i].name));
	}
	for (size_t i = 0; i < s->left_out_count; i++)
		fprintf(p->out, "%s is left out: %s\n",
			page_clean(p, s->left_out[i].name), s->left_out[i].why);
	if (elsewhere >= 0.005) /* 1 % */
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "%.0f %% of what came by MPTCP came "
				       "over none of these uplinks: other "
				       "endpoints of this host make subflows, "
				       "too.",
				       100 * elsewhere));
}

static void table_failure(const struct page *p, const char *over, size_t round,
			  const struct speed_run *r)
{
	if (!r->done && r->error[0] && strcmp(r->error, "not tried") != 0)
		text_wrap(p, "", "  ",
			  arena_printf(p->arena, "%s, round %zu: %s", over,
				       round + 1, r->error));
}

static void table_failures(const struct page *p, const struct speed *s)
{
	for (size_t n = 0; n < s->round_count; n++) {
		for (size_t i = 0; i < s->uplink_count; i++)
			table_failure(p, s->uplinks[i].name, n,
				      &s->rounds[n].tcp[i]);
		table_failure(p, "MPTCP", n, &s->rounds[n].mptcp);
	}
}

static void print_uplinks(const struct page *p, const struct speed *s)
{
	table_head(p, s);
	for (size_t i = 0; i < s->round_count; i++)
		table_round(p, s, i);
	table_foot(p, s);
	table_notes(p, s);
	table_failures(p, s);
}

static void print_commands(const struct page *p, const char *commands)
{
	for (const char *c = commands; c && *c;) {
		int length = (int)strcspn(c, "\n");

		fprintf(p->out, "  %.*s\n", length, c);
		c += length + (c[length] == '\n');
	}
}

/* Why nothing came by MPTCP over some. */
static void print_idle(const struct page *p, const struct speed *s)
{
	for (size_t i = 0; i < s->uplink_count; i++) {
		const struct speed_uplink *u = &s->uplinks[i];

		if (!u->idle)
			continue;
		text_wrap(p, "\n", "",
			  arena_printf(p->arena,
				       "By MPTCP, nothing came over %s: %s.",
				       u->name, u->idle));
		print_commands(p, u->commands);
	}
}

/* "MPTCP / TCP", "MPTCP / TCP over eth0" */
static const char *ratio_name(const struct page *p, const struct speed *s)
{
	return s->uplink_count ? arena_printf(p->arena, "MPTCP / TCP over %s",
					      s->uplinks[speed_best(s)].name)
			       : "MPTCP / TCP";
}

int text_speed(const struct page *p, const struct speed *s)
{
	struct speed_ratio r = speed_ratio(s, speed_best(s));
	const char *text = speed_verdict(s)->text;

	if (r.rounds >= ROUNDS_MIN)
		text = arena_printf(p->arena,
				    "%s %s = %.2f (95%% interval %.2f to %.2f, "
				    "%zu rounds).",
				    text, ratio_name(p, s), r.ratio, r.low,
				    r.high, r.rounds);
	text_wrap(p, "", "", text);
	print_use(p, s);
	if (p->quiet)
		return 0;
	if (s->uplink_count)
		print_uplinks(p, s);
	else
		print_rounds(p, s);
	print_idle(p, s);
	return 0;
}
