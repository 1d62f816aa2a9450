// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/talk.h"

#include "report/print/html/markup.h"

static bool is_hop(const struct talk *t, size_t lane)
{
	return lane > 0 && lane + 1 < t->count;
}

/* Two hops may be near to each other: one is named to its left. */
static const char *anchor(const struct talk *t, size_t lane)
{
	if (!is_hop(t, lane))
		return lane ? "end" : "";
	return t->count == 3 ? "mid" : lane % 2 ? "end" : "";
}

/* Hops stand below the ends: these are named in two lines, and hops may be
 * near to them, too. */
static void names(const struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		markup(t->out,
		       "<text class=\"strong %s\" x=\"%.1f%%\" y=\"%u\">%s"
		       "</text>",
		       anchor(t, i), t->lanes[i].at, is_hop(t, i) ? 43 : 13,
		       t->lanes[i].name);
	for (size_t i = 0; i < t->count; i++)
		if (!is_hop(t, i))
			markup(t->out,
			       "<text class=\"mono dim %s\" x=\"%.1f%%\" "
			       "y=\"28\">%s</text>",
			       anchor(t, i), t->lanes[i].at,
			       t->lanes[i].address);
}

void talk_begin(const struct talk *t, const char *label)
{
	markup(t->out,
	       "<div class=\"lanes\"><svg width=\"100%%\" "
	       "height=\"%u\" role=\"img\" aria-label=\"%s\">",
	       t->count > 2 ? 48 : 34, label);
	names(t);
	markup(t->out, "</svg></div>\n<ol class=\"talk\">\n");
}

static void lines(const struct talk *t)
{
	markup(t->out, "<svg class=\"lines\" aria-hidden=\"true\">");
	for (size_t i = 0; i < t->count; i++)
		markup(t->out,
		       "<line class=\"life\" x1=\"%.1f%%\" y1=\"0\" "
		       "x2=\"%.1f%%\" y2=\"100%%\"/>",
		       t->lanes[i].at, t->lanes[i].at);
	markup(t->out, "</svg>");
}

static void arrow(const struct talk *t, const struct talk_row *r)
{
	markup(t->out,
	       "<svg class=\"arrow %s\" aria-hidden=\"true\"><line "
	       "class=\"way%s\" x1=\"%.1f%%\" y1=\"6\" x2=\"%.1f%%\" "
	       "y2=\"6\"/><svg x=\"%.1f%%\" overflow=\"visible\"><path ",
	       r->severity ? r->severity : "plain", r->bare ? " bare" : "",
	       r->from, r->to, r->to);
	if (r->lost)
		markup(t->out, "class=\"cross\" d=\"M-4.5 1.5l9 9m0-9l-9 9\"");
	else if (r->to > r->from)
		markup(t->out, "class=\"tip\" d=\"M0 6l-9-4v8z\"");
	else
		markup(t->out, "class=\"tip\" d=\"M0 6l9-4v8z\"");
	markup(t->out, "/></svg></svg>");
}

void talk_row(const struct talk *t, const struct talk_row *r)
{
	markup(t->out,
	       "<li><span class=\"time\">%s</span><div class=\"say%s\">",
	       r->time, r->from > 90 ? " back" : "");
	lines(t);
	markup(t->out, "<span>%s</span>", r->words);
	arrow(t, r);
	markup(t->out, "</div><span class=\"frame\">%s</span></li>\n",
	       r->frame);
}

void talk_end(const struct talk *t)
{
	markup(t->out, "</ol>\n");
}
