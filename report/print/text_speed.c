/* SPDX-License-Identifier: GPL-3.0-or-later
 * What downloads by TCP and MPTCP say together: for people.
 */
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

static void print_median(const struct page *p, const struct speed *s,
			 bool mptcp)
{
	double median = speed_median(s, mptcp);

	if (median < 0)
		fprintf(p->out, " %*s", mptcp ? 18 : 9, "none");
	else
		fprintf(p->out, " %*.2f", mptcp ? 18 : 9, median);
	fputs(median < 0 ? "       " : " Mbit/s", p->out);
}

static void print_rounds(const struct page *p, const struct speed *s)
{
	fputs("\nround               TCP                         MPTCP\n",
	      p->out);
	for (size_t i = 0; i < s->round_count; i++) {
		fprintf(p->out, "%5zu", i + 1);
		print_run(p, &s->rounds[i].tcp);
		print_run(p, &s->rounds[i].mptcp);
		fputc('\n', p->out);
	}
	if (speed_median(s, false) < 0 && speed_median(s, true) < 0)
		return; /* no download came to its end */
	fputs("\nmedian", p->out);
	print_median(p, s, false);
	print_median(p, s, true);
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

int text_speed(const struct page *p, const struct speed *s)
{
	struct speed_ratio r = speed_ratio(s);
	const char *text = speed_verdict(s)->text;

	if (r.rounds >= ROUNDS_MIN)
		text = arena_printf(p->arena,
				    "%s MPTCP / TCP = %.2f (95%% interval %.2f "
				    "to %.2f, %zu rounds).",
				    text, r.ratio, r.low, r.high, r.rounds);
	text_wrap(p, "", "", text);
	print_use(p, s);
	if (!p->quiet)
		print_rounds(p, s);
	return 0;
}
