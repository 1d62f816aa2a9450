/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connections of a report as a table.
 */
#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"

static const char *number(const struct page *p, int value)
{
	return value < 0 ? "" : arena_printf(p->arena, "%d", value);
}

static const char *mptcp(const struct page *p,
			 const struct report_connection *c)
{
	return c->version < 0
		       ? ""
		       : arena_printf(p->arena, "v%d%s%s", c->version,
				      c->checksum ? ", checksums" : "",
				      c->keys_verified == 1   ? ", keys right"
				      : c->keys_verified == 0 ? ", keys WRONG"
							      : "");
}

static void answer(const struct page *p, const struct report_connection *c)
{
	const struct report_syn_ack *s = c->syn_ack;

	if (!s) {
		markup(p->out,
		       "<td>%s</td><td></td><td class=\"n\"></td><td></td>",
		       c->reset ? "RST" : "no answer");
		return;
	}
	markup(p->out,
	       "<td>SYN/ACK, frame %llu</td><td>%u of %u</td>"
	       "<td class=\"n\">%s</td><td>%s</td>",
	       (unsigned long long)s->frame, s->ttl, s->initial_ttl,
	       s->rtt_ms < 0 ? "" : arena_printf(p->arena, "%.2f", s->rtt_ms),
	       s->options_text ? s->options_text : "");
}

static void row(const struct page *p, const struct report_connection *c)
{
	markup(p->out,
	       "<tr><th scope=\"row\">%u</th><td>%s</td>"
	       "<td class=\"n\">%u</td><td class=\"n\">%u</td>"
	       "<td class=\"n\">%s</td>",
	       c->id, purpose_name(c->purpose), c->source_port, c->syn_ttl,
	       number(p, c->reach_ttl));
	answer(p, c);
	markup(p->out, "<td>%s</td></tr>\n", mptcp(p, c));
}

void part_connections(const struct page *p, const struct report *r)
{
	if (!r->connection_count)
		return;
	markup(p->out,
	       "<section>\n<h2>All connections</h2>\n<details><summary>%zu "
	       "connections</summary>\n<div class=\"scroll\" tabindex=\"0\" "
	       "role=\"group\" aria-label=\"All connections\"><table><thead>"
	       "<tr><th scope=\"col\">No.</th><th scope=\"col\">Purpose</th>"
	       "<th scope=\"col\" class=\"n\">From port</th>"
	       "<th scope=\"col\" class=\"n\">TTL</th>"
	       "<th scope=\"col\" class=\"n\">Reaches at</th>"
	       "<th scope=\"col\">Answer</th><th scope=\"col\">Its TTL</th>"
	       "<th scope=\"col\" class=\"n\">ms</th>"
	       "<th scope=\"col\">Its options</th>"
	       "<th scope=\"col\">MPTCP</th></tr></thead>\n<tbody>\n",
	       r->connection_count);
	for (size_t i = 0; i < r->connection_count; i++)
		row(p, &r->connections[i]);
	markup(p->out, "</tbody></table></div></details>\n</section>\n");
}
