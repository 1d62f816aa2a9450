/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each finding with its evidence; what is harmless stands in a list.
 */
#include <string.h>

#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"

#define EVIDENCE_SHOWN 12

static const char *effect_words(enum effect e)
{
	static const char *const words[] = {
		[EFFECT_BLOCKS] = "blocks MPTCP",
		[EFFECT_IMPAIRS] = "impairs MPTCP",
		[EFFECT_HARMLESS] = "harmless",
	};

	return words[e];
}

/* "between hop 3 (10.0.3.2) and hop 4 (10.0.4.2), or at either" */
static const char *where(const struct page *p, const struct finding *f)
{
	if (f->after.known && f->at.known)
		return arena_printf(p->arena, "between %s and %s, or at either",
				    place_words(p, &f->after),
				    place_words(p, &f->at));
	if (f->at.known)
		return arena_printf(p->arena, "at %s or before it",
				    place_words(p, &f->at));
	if (f->after.known)
		return arena_printf(p->arena, "at %s or behind it",
				    place_words(p, &f->after));
	return "place unknown";
}

static const char *way(const struct finding *f)
{
	return f->direction == DIRECTION_FORWARD  ? "forward path"
	       : f->direction == DIRECTION_RETURN ? "return path"
						  : "direction unknown";
}

static void values(const struct page *p, const struct evidence *e)
{
	if (!e->sent && !e->seen)
		return;
	markup(p->out, "<span class=\"values\">");
	if (e->sent) {
		markup(p->out, "sent <code>");
		hex_marked(p, e->sent, NULL);
		markup(p->out, "</code>, ");
	}
	markup(p->out, "seen <code>");
	if (e->seen)
		hex_marked(p, e->seen, e->sent);
	else
		markup(p->out, "nothing");
	markup(p->out, "</code></span>");
}

static void evidence(const struct page *p, const struct evidence *e)
{
	markup(p->out, "<li><span class=\"frame\">%s</span><span>%s</span>",
	       e->frame ? arena_printf(p->arena, "frame %llu",
				       (unsigned long long)e->frame)
			: "counted",
	       e->text);
	values(p, e);
	markup(p->out, "</li>\n");
}

static void all_evidence(const struct page *p, const struct finding *f)
{
	markup(p->out, "<h3>Evidence</h3>\n<ul class=\"evidence\">\n");
	for (size_t i = 0; i < f->evidence_count && i < EVIDENCE_SHOWN; i++)
		evidence(p, &f->evidence[i]);
	markup(p->out, "</ul>\n");
	if (f->evidence_count > EVIDENCE_SHOWN)
		markup(p->out,
		       "<p class=\"note\">%zu more are in the JSON.</p>\n",
		       f->evidence_count - EVIDENCE_SHOWN);
}

static void explain(const struct page *p, const char *title, const char *text)
{
	if (!text || !*text)
		return;
	markup(p->out, "<h3>%s</h3><p>", title);
	markup_prose(p->out, text);
	markup(p->out, "</p>\n");
}

static void explanation(const struct page *p, const struct finding_kind *kind)
{
	if (!kind->meaning || !*kind->meaning)
		return;
	markup(p->out,
	       "<details><summary>What %s means, and who does it</summary>\n",
	       kind->id);
	explain(p, "What it means", kind->meaning);
	explain(p, "How it is proved", kind->proof);
	explain(p, "Who is known to do it", kind->culprits);
	explain(p, "Where it is specified", kind->rfc);
	markup(p->out, "</details>\n");
}

static void whole(const struct page *p, const struct report *r,
		  const struct finding *f)
{
	markup(p->out,
	       "<section class=\"finding %s\">\n<h2>%s "
	       "<span class=\"effect\">%s</span></h2>\n"
	       "<p class=\"where\">%s, %s; %s; "
	       "<code>%s</code></p>\n<p>%s</p>\n",
	       severity_of_effect(f->effect), capitalised(p, f->kind->title),
	       effect_words(f->effect), capitalised(p, where(p, f)), way(f),
	       confidence_name(f->confidence), f->kind->id,
	       f->text ? f->text : "");
	bytes_beside(p, r, f);
	all_evidence(p, f);
	explanation(p, f->kind);
	markup(p->out, "</section>\n");
}

static void of_effect(const struct page *p, const struct report *r,
		      enum effect effect)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect == effect)
			whole(p, r, &r->findings[i]);
}

static void harmless(const struct page *p, const struct report *r)
{
	bool any = false;

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];

		if (f->effect != EFFECT_HARMLESS)
			continue;
		if (!any)
			markup(p->out, "<section>\n<h2>Seen as well, and "
				       "harmless for MPTCP</h2>\n");
		any = true;
		markup(p->out, "<details><summary>%s, %s</summary><p>%s</p>\n",
		       capitalised(p, f->kind->title), where(p, f),
		       f->text ? f->text : "");
		bytes_beside(p, r, f);
		all_evidence(p, f);
		markup(p->out, "</details>\n");
	}
	if (any)
		markup(p->out, "</section>\n");
}

void part_findings(const struct page *p, const struct report *r)
{
	of_effect(p, r, EFFECT_BLOCKS);
	of_effect(p, r, EFFECT_IMPAIRS);
	harmless(p, r);
}
