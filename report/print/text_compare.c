/* SPDX-License-Identifier: GPL-3.0-or-later
 * A comparison for people: what differs, in sentences, then a table by run.
 */
#include <time.h>

#include "report/compare/compare.h"
#include "report/print/text_page.h"

static bool several_sources(const struct compare *c)
{
	for (size_t i = 1; i < c->row_count; i++)
		if (!address_equal(&c->rows[i].source, &c->rows[0].source))
			return true;
	return false;
}

static void print_run(const struct page *p, const struct compare *c,
		      const struct compare_row *r)
{
	time_t seconds = (time_t)(c->runs[r->run].started_us / 1000000);
	char day[32] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S UTC", &tm);
	fprintf(p->out, "\n%s  %s  %s port %u%s%s\n",
		page_clean(p, c->runs[r->run].name), day,
		page_address(p, &r->target), r->port,
		several_sources(c) ? " from " : "",
		several_sources(c) ? page_address(p, &r->source) : "");
}

static const char *kind_word(const struct compare_row *r)
{
	if (r->fallback)
		return "fallbk";
	return r->version < 0 ? "none" : r->version == 0 ? "v0" : "v1";
}

static const char *spanned(const struct page *p, struct span s)
{
	if (s.low == s.high)
		return page_number(p, (int)s.low);
	return arena_printf(p->arena, "%u-%u", s.low, s.high);
}

static void print_answer(const struct page *p, const struct compare_row *r)
{
	fprintf(p->out, "%5s %3u %4s %7s %5s %6u %3s %-2s %4u %s\n",
		spanned(p, r->ttl), r->initial_ttl, spanned(p, r->hops),
		page_ms(p, r->answer.rtt_ms), page_number(p, r->answer.mss),
		r->answer.window, page_number(p, r->answer.wscale),
		r->answer.version < 0	 ? "no"
		: r->answer.version == 0 ? "v0"
					 : "v1",
		r->syns, r->answer.options);
}

static void print_row(const struct page *p, const struct compare_row *r)
{
	const char *reach = "-";

	if (r->reach)
		reach = arena_printf(
			p->arena, "%s%u",
			compare_reach_measured(r) ? "" : "<=", r->reach);
	fprintf(p->out, "  %-6s %4u %4u %5s ", kind_word(r), r->connections,
		r->syn_ttl, reach);
	if (r->answered)
		print_answer(p, r);
	else if (r->refused)
		fprintf(p->out, "  refused: RST\n");
	else
		fprintf(p->out, "  no answer to %u SYN%s\n", r->lost_syns,
			r->lost_syns == 1 ? "" : "s");
}

static bool same_heading(const struct compare_row *a,
			 const struct compare_row *b)
{
	return a->run == b->run && a->port == b->port &&
	       address_equal(&a->target, &b->target) &&
	       address_equal(&a->source, &b->source);
}

static void print_table(const struct page *p, const struct compare *c)
{
	fputs("  in SYN conn  TTL reach   TTL  of hops     RTT   MSS window  "
	      "ws MP SYNs options\n",
	      p->out);
	for (size_t i = 0; i < c->row_count; i++) {
		if (!i || !same_heading(&c->rows[i - 1], &c->rows[i]))
			print_run(p, c, &c->rows[i]);
		print_row(p, &c->rows[i]);
	}
	fputs("\nin SYN: MPTCP asked for (fallbk: fell back); "
	      "conn: connections; TTL, reach: of the\n"
	      "SYNs, the highest and the smallest that was answered; then the "
	      "SYN/ACK; MP:\n"
	      "MPTCP in it; SYNs: sent until answered; options: M mss, S "
	      "sackOK, T timestamps,\n"
	      "N nop, W wscale, P MPTCP, E eol\n",
	      p->out);
}

/* What it comes to, where nothing differs. */
static const char *verdict(const struct page *p, const struct compare *c)
{
	if (compare_uncertain(c))
		return "No difference is certain.";
	if (c->row_count <= 1)
		return "There is nothing to compare it with.";
	if (!c->over_time)
		return "No significant difference.";
	return arena_printf(p->arena, "Nothing has changed in %s.",
			    page_count(p, c->run_count, "run"));
}

static void print_differences(const struct page *p, const struct compare *c,
			      bool meaningful)
{
	for (size_t i = 0; i < c->difference_count; i++)
		if (c->differences[i].meaningful == meaningful)
			text_wrap(p, meaningful ? "!! " : "   ", "   ",
				  c->differences[i].text);
}

/* Over time, what means nothing and what all the runs were is of interest to
 * who asks for it. */
int text_compare(const struct page *p, const struct compare *c)
{
	bool more = !p->quiet && (!c->over_time || p->verbose);

	print_differences(p, c, true);
	if (!compare_differs(c) && (!c->over_time || !p->quiet))
		text_wrap(p, "", "", verdict(p, c));
	if (more)
		print_differences(p, c, false);
	for (size_t i = 0; i < c->note_count; i++)
		text_wrap(p, "   ", "   ", c->notes[i].text);
	if (more) {
		fputc('\n', p->out);
		print_table(p, c);
	}
	return 0;
}
