/* SPDX-License-Identifier: GPL-3.0-or-later
 * The path, as a picture and as a table.
 */
#include "report/arena.h"
#include "report/origins.h"
#include "report/print/hop_cells.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/path_marks.h"
#include "report/print/html/stations.h"

static void table_head(const struct page *p, const struct report *r)
{
	markup(p->out, "<thead><tr><th scope=\"col\">Hop</th>"
		       "<th scope=\"col\">Address</th>"
		       "<th scope=\"col\" class=\"n\">ms</th>");
	for (size_t i = 0; i < HOP_COLUMNS; i++)
		if (hop_column_swept(r, &hop_columns[i]))
			markup(p->out, "<th scope=\"col\">%s</th>",
			       hop_columns[i].title);
	markup(p->out, "<th scope=\"col\" class=\"n\">Hops back</th>"
		       "</tr></thead>\n<tbody>\n");
}

static void address_cell(const struct page *p, const struct report_hop *h)
{
	const char *network = origin_words(p->arena, h);

	markup(p->out, "<td><code>%s</code>%s%s%s%s",
	       h->address.family ? address_words(p, &h->address) : "no answer",
	       h->name ? " " : "", h->name, network ? ", " : "", network);
	for (size_t i = 0; i < h->responder_count; i++)
		if (!address_equal(&h->responders[i].address, &h->address))
			markup(p->out, "<br><code>%s</code> answers, too",
			       address_words(p, &h->responders[i].address));
	markup(p->out, "</td>");
}

static void row(const struct page *p, const struct report *r,
		const struct report_hop *h)
{
	markup(p->out, "<tr><th scope=\"row\">%u</th>", h->ttl);
	address_cell(p, h);
	markup(p->out, "<td class=\"n\">%s</td>",
	       h->rtt_ms < 0 ? "" : arena_printf(p->arena, "%.2f", h->rtt_ms));
	for (size_t i = 0; i < HOP_COLUMNS; i++)
		if (hop_column_swept(r, &hop_columns[i]))
			markup(p->out, "<td>%s</td>",
			       hop_cell(p->arena, r, &hop_columns[i], h).text);
	markup(p->out, "<td class=\"n\">%s</td></tr>\n",
	       h->responder_count ? arena_printf(p->arena, "%u",
						 h->responders[0].return_hops)
				  : "");
}

static void table(const struct page *p, const struct report *r)
{
	markup(p->out, "<details><summary>The same as a table</summary>"
		       "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
		       "aria-label=\"The path as a table\"><table>\n");
	table_head(p, r);
	for (size_t i = 0; i < r->path_length; i++)
		row(p, r, &r->path[i]);
	markup(p->out, "</tbody></table></div></details>\n");
}

static void figure(const struct page *p, const struct report *r,
		   const char *class, const struct picture *picture)
{
	struct stations s = stations_of(p, r);

	markup(p->out,
	       "<svg class=\"figure %s\" viewBox=\"0 0 %.0f %.0f\" "
	       "role=\"img\" aria-label=\"The path to %s: %s\">\n",
	       class, picture->width, picture->height, target_words(p, r),
	       stations_words(p, &s));
	picture->draw(p, r);
	markup(p->out, "</svg>\n");
}

void part_path(const struct page *p, const struct report *r)
{
	struct picture wide = path_wide(p, r), tall = path_tall(p, r);

	if (!r->path_length)
		return;
	markup(p->out, "<section>\n<h2>Where on the path</h2>\n<figure>\n");
	if (path_is_wide(p, r))
		figure(p, r, "wide", &wide);
	figure(p, r, "tall", &tall);
	mark_key(p->out);
	markup(p->out,
	       "<figcaption>A router that drops a packet for its TTL quotes it "
	       "as it arrived there: one line for each kind of packet that was "
	       "sent so. A device between two routers cannot be told from "
	       "either of them.</figcaption>\n</figure>\n");
	if (r->asymmetry)
		markup(p->out, "<p>%s</p>\n", r->asymmetry->text);
	table(p, r);
	markup(p->out, "</section>\n");
}
