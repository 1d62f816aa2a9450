/* SPDX-License-Identifier: GPL-3.0-or-later
 * A comparison for people: a table by run, then what differs, in sentences.
 */
#include <string.h>
#include <time.h>

#include "report/compare/compare.h"
#include "report/print/text.h"

static void print_safely(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text >= ' ' && *text <= '~')
			fputc(*text, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
}

static void print_run(FILE *out, const struct compare *c,
		      const struct compare_row *r)
{
	time_t seconds = (time_t)(c->runs[r->run].started_us / 1000000);
	char address[ADDRESS_TEXT], day[32] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S UTC", &tm);
	fputc('\n', out);
	print_safely(out, c->runs[r->run].name);
	fprintf(out, "  %s  %s port %u\n", day,
		address_text(&r->target, address), r->port);
}

static const char *kind_word(const struct compare_row *r)
{
	if (r->fallback)
		return "fallbk";
	return r->version < 0 ? "none" : r->version == 0 ? "v0" : "v1";
}

static const char *spanned(char *text, size_t size, struct span s)
{
	if (s.low == s.high)
		snprintf(text, size, "%u", s.low);
	else
		snprintf(text, size, "%u-%u", s.low, s.high);
	return text;
}

static const char *optional(char *text, size_t size, int value)
{
	snprintf(text, size, value < 0 ? "-" : "%d", value);
	return text;
}

static void print_answer(FILE *out, const struct compare_row *r)
{
	char ttl[24], hops[24], mss[12], scale[12], rtt[16] = "-";

	if (r->rtt_ms >= 0)
		snprintf(rtt, sizeof(rtt), "%.2f", r->rtt_ms);
	fprintf(out, "%5s %3u %4s %7s %5s %6u %3s %-2s %4u %s\n",
		spanned(ttl, sizeof(ttl), r->ttl), r->initial_ttl,
		spanned(hops, sizeof(hops), r->hops), rtt,
		optional(mss, sizeof(mss), r->mss), r->window,
		optional(scale, sizeof(scale), r->wscale),
		r->answer_version < 0	 ? "no"
		: r->answer_version == 0 ? "v0"
					 : "v1",
		r->syns, r->options);
}

static void print_row(FILE *out, const struct compare_row *r)
{
	char reach[16] = "-";

	if (r->reach)
		snprintf(reach, sizeof(reach), "%s%u",
			 compare_reach_measured(r) ? "" : "<=", r->reach);
	fprintf(out, "  %-6s %4u %4u %5s ", kind_word(r), r->connections,
		r->syn_ttl, reach);
	if (r->answered)
		print_answer(out, r);
	else if (r->refused)
		fprintf(out, "  refused: RST\n");
	else
		fprintf(out, "  no answer to %u SYN%s\n", r->lost_syns,
			r->lost_syns == 1 ? "" : "s");
}

static bool same_heading(const struct compare_row *a,
			 const struct compare_row *b)
{
	return a->run == b->run && a->port == b->port &&
	       address_equal(&a->target, &b->target);
}

static void print_table(FILE *out, const struct compare *c)
{
	fputs("  in SYN conn  TTL reach   TTL  of hops     RTT   MSS window  "
	      "ws MP SYNs options\n",
	      out);
	for (size_t i = 0; i < c->row_count; i++) {
		if (!i || !same_heading(&c->rows[i - 1], &c->rows[i]))
			print_run(out, c, &c->rows[i]);
		print_row(out, &c->rows[i]);
	}
	fputs("\nin SYN: MPTCP asked for (fallbk: fell back); "
	      "conn: connections; TTL, reach: of the\n"
	      "SYNs, the highest and the smallest that was answered; "
	      "then the SYN/ACK; MP:\n"
	      "MPTCP in it; SYNs: sent until answered; "
	      "options: M mss, S sackOK, T timestamps,\n"
	      "N nop, W wscale, P MPTCP, E eol\n",
	      out);
}

void compare_text(FILE *out, const struct compare *c,
		  const struct text_style *style)
{
	if (!style->quiet) {
		print_table(out, c);
		fputc('\n', out);
	}
	for (size_t i = 0; i < c->difference_count; i++) {
		const struct difference *d = &c->differences[i];

		if (!style->quiet || d->meaningful)
			text_wrap(out, d->meaningful ? "!! " : "   ", "   ",
				  d->text);
	}
	if (!compare_differs(c))
		fputs(compare_uncertain(c) ? "   No difference is certain.\n"
		      : c->row_count > 1
			      ? "   No significant difference.\n"
			      : "   There is nothing to compare it with.\n",
		      out);
}
