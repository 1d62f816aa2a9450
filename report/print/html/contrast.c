/* SPDX-License-Identifier: GPL-3.0-or-later
 * Surveys of the same targets from several vantage points, as a page.
 */
#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/survey_parts.h"
#include "report/survey/sides.h"
#include "report/survey/tally.h"

static const char *class_counts(const struct page *p, const struct contrast *c,
				size_t vantage)
{
	uint64_t classes[SURVEY_CLASSES];
	const char *text = "";

	contrast_count(c, vantage, classes);
	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		if (classes[k])
			text = arena_printf(p->arena, "%s%s%s %s", text,
					    *text ? ", " : "",
					    survey_number(p, classes[k]),
					    survey_class_name(k));
	return text;
}

static void vantage(const struct page *p, const struct contrast *c, size_t v)
{
	uint64_t classes[SURVEY_CLASSES];

	markup(p->out,
	       "<tr class=\"plain\"><th scope=\"row\">%s</th>"
	       "<td class=\"n\">%s</td><td>%s</td></tr>\n",
	       c->names[v], survey_number(p, contrast_count(c, v, classes)),
	       class_counts(p, c, v));
}

/* What is near a vantage point, and that nobody knows what is. */
static void near_words(const struct page *p, const struct contrast *c,
		       const struct sides *s)
{
	for (size_t v = 0; v < c->vantages; v++) {
		const char *words = side_near_words(c, p->arena, &s->near[v]);

		if (*words)
			markup(p->out, "<p><b>%s</b>: %s</p>\n", c->names[v],
			       words);
		if (sides_lack_hops(c, v))
			markup(p->out,
			       "<p class=\"note\">No hops are known from %s: "
			       "<code>--probe</code> asks for them.</p>\n",
			       c->names[v]);
	}
}

static void missing(const struct page *p, const struct contrast *c)
{
	char text[SURVEY_REST_TEXT];

	for (size_t v = 0; v < c->vantages; v++)
		if (c->rest[v].known && *survey_rest_words(&c->rest[v], text))
			markup(p->out, "<p class=\"note\">%s: %s</p>\n",
			       c->names[v], text);
}

static void vantages(const struct page *p, const struct contrast *c,
		     const struct sides *s)
{
	markup(p->out,
	       "<section id=\"part-%u\">\n<h2>Targets that speak MPTCP from "
	       "elsewhere</h2>\n<div class=\"scroll\" tabindex=\"0\" "
	       "role=\"group\" aria-label=\"Vantage points\">"
	       "<table class=\"classes\"><thead><tr>"
	       "<th scope=\"col\">As seen from</th>"
	       "<th scope=\"col\" class=\"n\">Targets</th>"
	       "<th scope=\"col\">Of class</th></tr></thead>\n<tbody>\n",
	       document_entry(p, "plain", "Vantage points", ""));
	for (size_t v = 0; v < c->vantages; v++)
		vantage(p, c, v);
	markup(p->out, "</tbody></table></div>\n");
	missing(p, c);
	near_words(p, c, s);
	markup(p->out, "</section>\n");
}

static void example(const struct page *p, const struct contrast *c,
		    const struct contrast_target *t)
{
	markup(p->out, "<tr><td><code>%s</code> port %u</td>",
	       address_words(p, &t->address), t->port);
	for (size_t v = 0; v < c->vantages; v++)
		markup(p->out, "<td>%s</td>",
		       t->classes[v] == CLASS_UNASKED
			       ? ""
			       : survey_class_name(t->classes[v]));
	markup(p->out, "</tr>\n");
}

static void examples(const struct page *p, const struct contrast *c,
		     const struct side_row *r)
{
	markup(p->out,
	       "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
	       "aria-label=\"Targets\"><table class=\"classes\"><thead><tr>"
	       "<th scope=\"col\">Target</th>");
	for (size_t v = 0; v < c->vantages; v++)
		markup(p->out, "<th scope=\"col\">%s</th>", c->names[v]);
	markup(p->out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < EXAMPLES_MAX && i < r->targets; i++)
		example(p, c, r->examples[i]);
	markup(p->out, "</tbody></table></div>\n");
	if (r->targets > EXAMPLES_MAX)
		markup(p->out, "<p class=\"note\">And %s more.</p>\n",
		       survey_number(p, r->targets - EXAMPLES_MAX));
}

static void row(const struct page *p, const struct contrast *c,
		const struct side_row *r)
{
	const char *words = side_row_words(c, p->arena, r);

	if (*r->id)
		markup(p->out, "<p><code>%s</code>: %s.</p>\n", r->id, words);
	else
		markup(p->out, "<p>%s.</p>\n", capitalised(p, words));
}

static void side(const struct page *p, const struct contrast *c,
		 const struct sides *s, size_t first)
{
	const char *title = side_title(s->rows[first].side);
	size_t count = sides_rows(s, first);

	markup(p->out, "<section id=\"part-%u\">\n<h2>%s</h2>\n",
	       document_entry(p, "bad", title, ""), title);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		row(p, c, &s->rows[first + i]);
		examples(p, c, &s->rows[first + i]);
	}
	if (count > ROWS_SHOWN)
		markup(p->out,
		       "<p class=\"note\">And at %zu places more: "
		       "<code>--csv</code> has them all.</p>\n",
		       count - ROWS_SHOWN);
	markup(p->out, "</section>\n");
}

static bool has_near(const struct contrast *c, const struct sides *s)
{
	for (size_t v = 0; v < c->vantages; v++)
		if (s->near[v].id || s->near[v].by_class)
			return true;
	return false;
}

int html_contrast(const struct page *p, const struct contrast *c)
{
	struct sides s;
	bool found;

	sides_judge(c, p->arena, &s);
	found = s.count || has_near(c, &s);
	document_head(p, found ? "bad" : "good",
		      arena_printf(p->arena, "Surveys from %zu vantage points",
				   c->vantages),
		      NULL,
		      found ? "Some targets are interfered with"
			    : "No target is seen to be interfered with");
	markup(p->out, "</header>\n");
	vantages(p, c, &s);
	for (size_t i = 0; i < s.count; i += sides_rows(&s, i))
		side(p, c, &s, i);
	markup(p->out, "</article>\n");
	return 0;
}
