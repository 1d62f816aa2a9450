/* SPDX-License-Identifier: GPL-3.0-or-later
 * An MPTCP connection of a capture: its subflows, and what each carried.
 */
#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/dsn_chart.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/json.h"
#include "report/print/text.h"
#include "report/track/observer.h"

static const char *rate(const struct page *p, const struct side *s)
{
	double mbit_s = side_rate(s);

	return mbit_s < 0 ? "" : arena_printf(p->arena, "%.1f", mbit_s);
}

static void side_cells(const struct page *p, const struct side *s)
{
	markup(p->out,
	       "<td class=\"n\">%llu</td><td class=\"n\">%s</td>"
	       "<td class=\"n\">%llu</td>",
	       (unsigned long long)s->stream.bytes, rate(p, s),
	       (unsigned long long)s->retransmitted);
}

static void subflow_row(const struct page *p, const struct flow *f, unsigned n)
{
	markup(p->out,
	       "<tr><th scope=\"row\">%u%s</th><td><code>%s</code> port %u</td>"
	       "<td><code>%s</code> port %u</td>",
	       n,
	       f->joins ? (f->join.backup ? ", joins, backup" : ", joins") : "",
	       address_words(p, &f->client), f->client_port,
	       address_words(p, &f->server), f->server_port);
	side_cells(p, &f->sides[0]);
	side_cells(p, &f->sides[1]);
	markup(p->out, "</tr>\n");
}

static void subflows(const struct page *p, const struct mptcp_connection *c)
{
	unsigned n = 0;

	markup(p->out,
	       "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
	       "aria-label=\"Subflows\"><table><thead><tr>"
	       "<th scope=\"col\">Subflow</th><th scope=\"col\">From</th>"
	       "<th scope=\"col\">To</th>"
	       "<th scope=\"col\" class=\"n\">Bytes sent</th>"
	       "<th scope=\"col\" class=\"n\">Mbit/s</th>"
	       "<th scope=\"col\" class=\"n\">Again</th>"
	       "<th scope=\"col\" class=\"n\">Bytes received</th>"
	       "<th scope=\"col\" class=\"n\">Mbit/s</th>"
	       "<th scope=\"col\" class=\"n\">Again</th></tr></thead>\n"
	       "<tbody>\n");
	for (const struct flow *f = c->flows; f; f = f->sibling)
		subflow_row(p, f, ++n);
	markup(p->out, "</tbody></table></div>\n");
}

int html_connection(const struct page *p, const struct mptcp_connection *c)
{
	struct document *d = p->document;
	struct page page = *p, json = document_json(p);

	if (d->connection_count++ >= CONNECTIONS_SHOWN)
		return 0;
	page.out = d->connections;
	json.out = d->listed_json;
	markup(page.out, "<h3>Connection %llu%s</h3>\n<p>%s</p>\n",
	       (unsigned long long)c->number,
	       c->version < 0
		       ? ""
		       : arena_printf(p->arena, ", MPTCP v%d", c->version),
	       traffic_state(c));
	subflows(&page, c);
	dsn_chart(&page, c, 0);
	dsn_chart(&page, c, 1);
	return json_connection(&json, c);
}

int html_list_rest(const struct page *p, uint64_t left_out)
{
	p->document->connection_count += left_out;
	return 0;
}

int html_list(const struct page *p)
{
	p->document->listed = true;
	return 0;
}
