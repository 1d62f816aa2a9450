/* SPDX-License-Identifier: GPL-3.0-or-later
 * Several uplinks together: what each can do, which joins what, and what this
 * host needs for it.
 */
#include "report/paths/paths.h"

#include <string.h>

#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/json.h"

/* How soon the server goes on over one of the two. */
static void takeover(const struct page *p, const struct path_takeover *t)
{
	if (t->result == TAKEOVER_TAKEN)
		markup(p->out,
		       "<br><span class=\"miss\">takes over in %s</span>",
		       ms_words(p, t->ms));
	if (t->result == TAKEOVER_NEVER)
		markup(p->out,
		       "<br><span class=\"miss\">never takes over</span>");
}

static void left_out(const struct page *p, const struct paths *all)
{
	for (size_t i = 0; i < all->left_out_count; i++)
		markup(p->out,
		       "<tr><th scope=\"row\">%s</th><td colspan=\"%zu\">"
		       "left out: %s</td></tr>\n",
		       all->left_out[i]->name, 4 + all->count,
		       all->left_out[i]->why);
}

static void matrix(const struct page *p, const struct paths *all)
{
	markup(p->out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
		       "aria-label=\"Uplinks\"><table><caption>A row the "
		       "uplink that opens a connection, a column the one that "
		       "joins it</caption><thead><tr><th scope=\"col\">Uplink"
		       "</th><th scope=\"col\">From</th><th scope=\"col\">State"
		       "</th><th scope=\"col\" class=\"n\">Hops</th>"
		       "<th scope=\"col\" class=\"n\">ms</th>");
	for (size_t k = 0; k < all->count; k++)
		markup(p->out, "<th scope=\"col\">join by %s</th>",
		       all->uplinks[k].name);
	markup(p->out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < all->count; i++) {
		const struct path_uplink *u = &all->uplinks[i];

		markup(p->out,
		       "<tr><th scope=\"row\">%s</th><td><code>%s</code></td>"
		       "<td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s"
		       "</td>",
		       u->name, address_words(p, &u->report->source), u->state,
		       u->hops < 0 ? "" : arena_printf(p->arena, "%d", u->hops),
		       u->rtt_ms < 0
			       ? ""
			       : arena_printf(p->arena, "%.1f", u->rtt_ms));
		for (size_t k = 0; k < all->count; k++) {
			const struct path_join *j = paths_join(all, i, k);

			markup(p->out, "<td>%s", joining_cell(j->joining));
			if (j->why)
				markup(p->out,
				       "<br><span class=\"miss\">%s"
				       "</span>",
				       j->why);
			takeover(p, &j->takeover);
			markup(p->out, "</td>");
		}
		markup(p->out, "</tr>\n");
	}
	left_out(p, all);
	markup(p->out, "</tbody></table></div>\n");
}

/* The first sentence, or what stands before its "and": "MPTCP works over both
 * uplinks". */
static void sentences(const struct page *p, const struct paths *all)
{
	const char *end = strstr(all->text, ". ");
	const char *and = strstr(all->text, ", and "), *rest = "";
	size_t length;

	if (and&&(!end || and < end)) {
		rest = and+strlen(", and ");
		end = and;
	} else if (end) {
		rest = end + strlen(". ");
	}
	length = end ? (size_t)(end - all->text) : strcspn(all->text, ".");
	if (length > HEADLINE_MAX) {
		markup(p->out, "<h1>%zu uplinks</h1>\n", all->count);
		rest = all->text;
	} else {
		markup(p->out, "<h1>%s</h1>\n",
		       arena_printf(p->arena, "%.*s", (int)length, all->text));
	}
	if (*rest)
		markup(p->out, "<p class=\"lede\">%s</p>\n",
		       capitalised(p, rest));
}

static void advice(const struct page *p, const struct paths *all)
{
	if (!all->advice_count)
		return;
	markup(p->out, "<h3>What this host needs</h3>\n");
	for (size_t i = 0; i < all->advice_count; i++) {
		const struct path_advice *a = &all->advice[i];

		if (a->command)
			markup(p->out,
			       "<pre tabindex=\"0\" role=\"group\" "
			       "aria-label=\"A command\">%s</pre>\n",
			       a->command);
		markup(p->out, "<p>%s</p>\n", a->text);
	}
}

int html_paths(const struct page *p, const struct paths *all)
{
	struct page json = document_json(p);
	const char *severity = severity_of_status(all->status);
	unsigned number = document_entry(
		p, severity,
		arena_printf(p->arena, "%s by %zu uplinks",
			     target_words(p, all->first), all->count),
		status_words(all->status));

	document_title(p,
		       arena_printf(p->arena, "%zu uplinks to %s - mpprobe",
				    all->count, target_words(p, all->first)));
	markup(p->out,
	       "<article class=\"%s\" id=\"part-%u\">\n"
	       "<header class=\"head\">\n"
	       "<p class=\"about\"><b>%s</b>, by %zu uplinks</p>\n",
	       severity, number, target_words(p, all->first), all->count);
	part_badge(p, all->status);
	sentences(p, all);
	markup(p->out, "</header>\n<section>\n<h2>The uplinks</h2>\n");
	uplinks_picture(p, all);
	matrix(p, all);
	for (size_t i = 0; i < all->finding_count; i++)
		markup(p->out, "<p><b>path.join_refused</b> (%s): %s</p>\n",
		       confidence_name(all->findings[i].confidence),
		       all->findings[i].text);
	advice(p, all);
	markup(p->out, "</section>\n</article>\n");
	return json_paths(&json, all);
}
