/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/html/survey_parts.h"

#include <inttypes.h>
#include <string.h>

#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/survey/tally.h"

#define BAR_WIDTH 240

/* What colours a class. */
static const char *const severities[SURVEY_CLASSES] = {
	[CLASS_V1] = "good",	       [CLASS_V0] = "good",
	[CLASS_MIRROR] = "warn",       [CLASS_PLAIN] = "plain",
	[CLASS_BEHIND_STRIP] = "bad",  [CLASS_CAPABLE_DROPPED] = "bad",
	[CLASS_CAPABLE_RESET] = "bad", [CLASS_RESET] = "plain",
	[CLASS_ICMP] = "plain",	       [CLASS_SILENT] = "plain",
};

const char *survey_number(const struct page *p, uint64_t n)
{
	char text[TALLY_NUMBER];

	return arena_printf(p->arena, "%s", tally_number(n, text));
}

/* --- tables --------------------------------------------------------------- */

static void bar(const struct page *p, double share, double low, double high)
{
	markup(p->out,
	       "<td><svg class=\"bar\" viewBox=\"0 0 %d 14\" width=\"%d\" "
	       "height=\"14\" aria-hidden=\"true\">"
	       "<rect class=\"room\" width=\"%d\" height=\"14\"/>"
	       "<rect class=\"share\" width=\"%.1f\" height=\"14\"/>"
	       "<path class=\"interval\" d=\"M%.1f 7H%.1f\"/></svg></td>",
	       BAR_WIDTH, BAR_WIDTH, BAR_WIDTH, BAR_WIDTH * share,
	       BAR_WIDTH * low, BAR_WIDTH * high);
}

/* Of small samples only, a table has no column for shares. */
static bool has_shares(uint64_t total)
{
	return total >= SMALL_SAMPLE;
}

static void share_cells(const struct page *p, uint64_t hits, uint64_t total,
			bool shares)
{
	struct tally_share words;
	double low, high;

	tally_interval(hits, total, &low, &high);
	tally_share(hits, total, &words);
	markup(p->out, "<td class=\"n\">%s</td>", words.count);
	if (shares)
		markup(p->out, "<td class=\"n\">%s</td>", words.share);
	markup(p->out, "<td class=\"n\">%s</td>", words.interval);
	bar(p, (double)hits / (double)total, low, high);
}

/* `columns`: the first of them, as th. */
static void begin_table(const struct page *p, const char *title,
			const char *targets, const char *columns, bool shares)
{
	markup(p->out,
	       "<section id=\"part-%u\">\n<h2>%s: %s</h2>\n"
	       "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
	       "aria-label=\"%s\"><table class=\"classes\"><thead><tr>",
	       document_entry(p, "plain", title, targets), title, targets,
	       title);
	fputs(columns, p->out);
	fputs("<th scope=\"col\" class=\"n\">Targets</th>", p->out);
	if (shares)
		fputs("<th scope=\"col\" class=\"n\">Share</th>", p->out);
	fputs("<th scope=\"col\" class=\"n\">95 % interval</th>"
	      "<th scope=\"col\">0 to 100 %</th>",
	      p->out);
}

static void end_table(const struct page *p)
{
	markup(p->out, "</tbody></table></div>\n</section>\n");
}

static const char *targets_words(const struct page *p, uint64_t n)
{
	return arena_printf(p->arena, "%s target%s", survey_number(p, n),
			    n == 1 ? "" : "s");
}

/* --- classes -------------------------------------------------------------- */

static void row(const struct page *p, const struct tally_port *t,
		enum survey_class class)
{
	markup(p->out,
	       "<tr class=\"%s\"><th scope=\"row\">%s<br><code>%s</code></th>",
	       severities[class], capitalised(p, survey_class_text(class)),
	       survey_class_name(class));
	share_cells(p, t->classes[class], t->total, has_shares(t->total));
	markup(p->out, "</tr>\n");
}

static void table(const struct page *p, const struct tally_port *t,
		  const char *title)
{
	begin_table(p, title, targets_words(p, t->total),
		    "<th scope=\"col\">Class</th>", has_shares(t->total));
	markup(p->out, "</tr></thead>\n<tbody>\n");
	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		if (t->classes[k])
			row(p, t, k);
	end_table(p);
}

void survey_class_tables(const struct page *p, const struct survey_tally *t)
{
	const struct tally_port sum = tally_sum(t);

	if (t->count > 1)
		table(p, &sum, "All ports");
	for (size_t i = 0; i < t->count; i++)
		table(p, &t->ports[i],
		      arena_printf(p->arena, "Port %u", t->ports[i].port));
}

/* --- families ------------------------------------------------------------- */

/* A bar above the other, of the same class. */
static void family_rows(const struct page *p, const struct survey_tally *t,
			enum survey_class class, bool shares)
{
	for (unsigned i = 0; i < TALLY_FAMILIES; i++) {
		const struct tally_port *f = &t->families[i];

		markup(p->out, "<tr class=\"%s\">", severities[class]);
		if (!i)
			markup(p->out,
			       "<th scope=\"rowgroup\" rowspan=\"%d\">%s<br>"
			       "<code>%s</code></th>",
			       TALLY_FAMILIES,
			       capitalised(p, survey_class_text(class)),
			       survey_class_name(class));
		markup(p->out, "<td>%s</td>", tally_family_name(i));
		share_cells(p, f->classes[class], f->total, shares);
		markup(p->out, "</tr>\n");
	}
}

void survey_family_table(const struct page *p, const struct survey_tally *t)
{
	const struct tally_port *f = t->families;
	bool shares = has_shares(f[TALLY_IPV4].total) ||
		      has_shares(f[TALLY_IPV6].total);

	if (!tally_has_both(t))
		return;
	begin_table(p, "By address family",
		    arena_printf(p->arena, "%s of IPv4, %s of IPv6",
				 survey_number(p, f[TALLY_IPV4].total),
				 survey_number(p, f[TALLY_IPV6].total)),
		    "<th scope=\"col\">Class</th><th scope=\"col\">Family</th>",
		    shares);
	markup(p->out, "</tr></thead>\n");
	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++) {
		if (!f[TALLY_IPV4].classes[k] && !f[TALLY_IPV6].classes[k])
			continue;
		markup(p->out, "<tbody>\n");
		family_rows(p, t, k, shares);
		markup(p->out, "</tbody>\n");
	}
	markup(p->out, "</table></div>\n</section>\n");
}

/* --- stacks --------------------------------------------------------------- */

static void begin_scenario(const struct page *p, const struct stack_row *r,
			   uint64_t total)
{
	begin_table(p,
		    arena_printf(p->arena, "MPTCP v%u, scenario %s", r->version,
				 r->scenario),
		    targets_words(p, total), "<th scope=\"col\">Answer</th>",
		    has_shares(total));
	markup(p->out, "</tr></thead>\n<tbody>\n");
}

void survey_stack_tables(const struct page *p, const struct survey_stacks *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct stack_row *r = &s->rows[i];
		uint64_t total = stacks_total(s, r);

		if (!i || !stacks_same_table(r, r - 1))
			begin_scenario(p, r, total);
		markup(p->out,
		       "<tr class=\"plain\"><th scope=\"row\">%s<br>"
		       "<span class=\"words\">%s</span></th>",
		       capitalised(p, r->answer), r->like ? r->like : "");
		share_cells(p, r->targets, total, has_shares(total));
		markup(p->out, "</tr>\n");
		if (i + 1 == s->count || !stacks_same_table(r, r + 1))
			end_table(p);
	}
}
