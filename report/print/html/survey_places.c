/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the probes of a survey found, and where.
 */
#include "report/print/html/document.h"
#include "report/print/html/markup.h"
#include "report/print/html/survey_parts.h"
#include "report/survey/tally.h"

static void place(const struct page *p, const struct place_row *r)
{
	markup(p->out,
	       "<tr><td><code>%s</code></td><td>%s</td>"
	       "<td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
	       r->id, r->where, survey_number(p, r->targets),
	       r->paths ? survey_number(p, r->paths) : "");
}

static void table(const struct page *p, const struct place_row *rows,
		  size_t count)
{
	if (!count)
		return;
	markup(p->out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
		       "aria-label=\"Findings\"><table><thead><tr>"
		       "<th scope=\"col\">Finding</th>"
		       "<th scope=\"col\">Where</th>"
		       "<th scope=\"col\" class=\"n\">Targets</th>"
		       "<th scope=\"col\" class=\"n\">Of paths seen there</th>"
		       "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < count; i++)
		place(p, &rows[i]);
	markup(p->out, "</tbody></table></div>\n");
}

static void begin(const struct page *p, const char *title)
{
	markup(p->out, "<section id=\"part-%u\">\n<h2>%s</h2>\n",
	       document_entry(p, "plain", title, ""), title);
}

static void probed(const struct page *p, const struct survey_places *s)
{
	const char *unsure = places_unsure(s, p->arena);

	markup(p->out, "<p>Probed: %s.</p>\n", places_statuses(s, p->arena));
	if (*unsure)
		markup(p->out, "<p class=\"note\">%s</p>\n", unsure);
}

static void none_probed(const struct page *p, const struct survey_rest *r)
{
	char text[SURVEY_REST_TEXT];

	if (*survey_none_probed(r, text))
		markup(p->out,
		       "<section>\n<p class=\"note\">Probed: %s</p>\n"
		       "</section>\n",
		       text);
}

void survey_places_tables(const struct page *p, const struct survey_tally *t)
{
	const struct survey_places *s = &t->places;
	size_t hop_count, network_count;
	struct place_row *hops = places_rows(s, p->arena, &hop_count);
	struct place_row *networks =
		places_network_rows(s, p->arena, &network_count);

	if (!s->probed)
		none_probed(p, &t->rest);
	if (!s->probed)
		return;
	begin(p, "What probes found, and where");
	probed(p, s);
	table(p, hops, hop_count);
	markup(p->out, "</section>\n");
	if (!network_count)
		return;
	begin(p, "The same by network (AS)");
	table(p, networks, network_count);
	markup(p->out, "</section>\n");
}
