/* SPDX-License-Identifier: GPL-3.0-or-later
 * The legs of a capture on a proxy or gateway, as a table.
 */
#include "report/paths/legs.h"

#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/json.h"
#include "report/print/text.h"

static const char *subflows(const struct page *p, const struct leg *leg)
{
	if (leg->kind != LEG_MPTCP)
		return "";
	return leg->fewest == leg->most
		       ? arena_printf(p->arena, "%zu", leg->most)
		       : arena_printf(p->arena, "%zu to %zu", leg->fewest,
				      leg->most);
}

static void row(const struct page *p, const struct legs *l,
		const struct leg *leg)
{
	markup(p->out,
	       "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%zu</td>"
	       "<td class=\"n\">%s</td></tr>\n",
	       leg_client(p, l, leg), leg_server(p, l, leg),
	       leg_kind_phrase(leg->kind), leg->connections, subflows(p, leg));
}

int html_legs(const struct page *p, const struct legs *l)
{
	struct page json = document_json(p);

	markup(p->out,
	       "<section>\n<h2>Legs</h2>\n<p>%s</p>\n"
	       "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
	       "aria-label=\"Legs\"><table><thead><tr>"
	       "<th scope=\"col\">From</th><th scope=\"col\">To</th>"
	       "<th scope=\"col\">What it speaks</th>"
	       "<th scope=\"col\" class=\"n\">Connections</th>"
	       "<th scope=\"col\" class=\"n\">Subflows of each</th></tr>"
	       "</thead>\n<tbody>\n",
	       legs_heading(p, l));
	for (size_t i = 0; i < l->count; i++)
		row(p, l, &l->list[i]);
	markup(p->out, "</tbody></table></div>\n");
	if (l->more)
		markup(p->out, "<p class=\"note\">There were more connections "
			       "than are kept.</p>\n");
	markup(p->out, "</section>\n");
	return json_legs(&json, l);
}
