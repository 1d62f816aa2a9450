/* SPDX-License-Identifier: GPL-3.0-or-later
 * The proof ladder: what was tested, with what result, and what was not.
 */
#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/topics.h"

static void sign(const struct page *p, enum rung_result result)
{
	static const struct {
		const char *label, *shape, *class;
	} signs[] = {
		[RUNG_PASS] = {"passed", "M4 9.5l3.5 3.5 7-8", "good"},
		[RUNG_FAIL] = {"failed", "M4 4l10 10m0-10l-10 10", "bad"},
		[RUNG_SKIPPED] = {"not tested", "M4 9h10", "plain"},
	};

	markup(p->out,
	       "<svg class=\"%s\" viewBox=\"0 0 18 18\" role=\"img\" "
	       "aria-label=\"%s\"><path d=\"%s\" fill=\"none\" "
	       "stroke=\"var(--sev)\" stroke-width=\"2.6\" "
	       "stroke-linecap=\"round\"/></svg>",
	       signs[result].class, signs[result].label, signs[result].shape);
}

static const char *frames(const struct page *p, const struct ladder_step *s)
{
	const char *list = "";

	for (size_t i = 0; i < s->frame_count; i++)
		list = arena_printf(p->arena, "%s%s%llu", list, i ? ", " : "",
				    (unsigned long long)s->frames[i]);
	if (!*list)
		return "";
	return arena_printf(p->arena, " (frame%s %s)",
			    s->frame_count == 1 ? "" : "s", list);
}

static void step(const struct page *p, const struct ladder_step *s)
{
	const struct topic *about = topic(rung_name(s->rung));

	markup(p->out, "<li class=\"%s\">", rung_result_name(s->result));
	sign(p, s->result);
	markup(p->out, "<b>%s</b><span class=\"why\">%s%s</span></li>\n",
	       about ? capitalised(p, about->title) : rung_name(s->rung),
	       s->text ? capitalised(p, s->text) : "", frames(p, s));
}

void part_tested(const struct page *p, const struct report *r)
{
	markup(p->out, "<section>\n<h2>What was tested, and what not</h2>\n"
		       "<ol class=\"rungs\">\n");
	for (size_t i = 0; i < RUNG_COUNT; i++)
		step(p, &r->ladder[i]);
	markup(p->out, "</ol>\n</section>\n");
}
