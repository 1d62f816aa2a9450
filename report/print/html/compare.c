/* SPDX-License-Identifier: GPL-3.0-or-later
 * Several runs beside each other: what differs, and the runs as a table.
 */
#include "report/compare/compare.h"
#include "report/arena.h"
#include "report/print/html/compare_charts.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/json.h"

static const char *span(const struct page *p, const struct span *s)
{
	return s->low == s->high
		       ? arena_printf(p->arena, "%u", s->low)
		       : arena_printf(p->arena, "%u to %u", s->low, s->high);
}

static void answer_cells(const struct page *p, const struct compare_row *r)
{
	if (!r->answered) {
		markup(p->out,
		       "<td>%s</td><td class=\"n\"></td><td class=\"n\"></td>"
		       "<td class=\"n\"></td><td></td>",
		       r->refused ? "refused" : "no answer");
		return;
	}
	markup(p->out,
	       "<td>%u of %u</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
	       "<td class=\"n\">%s</td><td>%s</td>",
	       r->answered, r->connections, span(p, &r->ttl), span(p, &r->hops),
	       r->answer.rtt_ms < 0
		       ? ""
		       : arena_printf(p->arena, "%.2f", r->answer.rtt_ms),
	       r->answer.version < 0 ? "without MPTCP"
				     : arena_printf(p->arena, "MPTCP v%d",
						    r->answer.version));
}

static void row(const struct page *p, const struct compare *c,
		const struct compare_row *r)
{
	markup(p->out,
	       "<tr><th scope=\"row\">%s</th><td>%s</td>"
	       "<td><code>%s</code> port %u</td><td>%s</td>",
	       c->runs[r->run].name, time_words(p, r->started_us),
	       address_words(p, &r->target), r->port, compare_kind(r));
	answer_cells(p, r);
	markup(p->out, "</tr>\n");
}

static void table(const struct page *p, const struct compare *c)
{
	markup(p->out,
	       "<section>\n<h2>The runs</h2>\n<div class=\"scroll\" "
	       "tabindex=\"0\" role=\"group\" aria-label=\"The runs\"><table>"
	       "<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Time"
	       "</th><th scope=\"col\">To</th><th scope=\"col\">SYN</th>"
	       "<th scope=\"col\">Answered</th>"
	       "<th scope=\"col\" class=\"n\">TTL</th>"
	       "<th scope=\"col\" class=\"n\">Hops</th>"
	       "<th scope=\"col\" class=\"n\">ms</th>"
	       "<th scope=\"col\">SYN/ACK</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < c->row_count; i++)
		row(p, c, &c->rows[i]);
	markup(p->out, "</tbody></table></div>\n</section>\n");
}

static void list(const struct page *p, const char *title,
		 const struct difference *d, size_t count)
{
	if (!count)
		return;
	markup(p->out, "<section>\n<h2>%s</h2>\n", title);
	for (size_t i = 0; i < count; i++)
		markup(p->out, "<p>%s</p>\n", d[i].text);
	markup(p->out, "</section>\n");
}

int html_compare(const struct page *p, const struct compare *c)
{
	struct page json = document_json(p);
	bool differs = compare_differs(c);
	const char *verdict = differs ? "The runs differ, and it matters"
			      : compare_uncertain(c)
				      ? "The runs may differ"
				      : "No difference that matters";

	document_head(p, differs ? "bad" : "good",
		      arena_printf(p->arena, "%zu runs", c->run_count), NULL,
		      verdict);
	markup(p->out, "</header>\n");
	list(p, "What differs", c->differences, c->difference_count);
	compare_charts(p, c);
	table(p, c);
	list(p, "Notes", c->notes, c->note_count);
	markup(p->out, "</article>\n");
	return json_compare(&json, c);
}
