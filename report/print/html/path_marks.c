// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/path_marks.h"

#include "report/print/html/markup.h"

#define RADIUS 11

static void cross(FILE *out, double x, double y)
{
	markup(out, "<path class=\"cross\" d=\"M%.1f %.1fl9 9m0-9l-9 9\"/>\n",
	       x - 4.5, y - 4.5);
}

static void circle(FILE *out, const char *class, double x, double y, double r)
{
	markup(out,
	       "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n",
	       class, x, y, r);
}

void mark_hop(FILE *out, enum hop_mark mark, double x, double y)
{
	switch (mark) {
	case HOP_INTACT:
		circle(out, "dot", x, y, 4);
		break;
	case HOP_PARTIAL:
		circle(out, "part", x, y, 4);
		break;
	case HOP_UNQUOTED:
		circle(out, "ring", x, y, 3.5);
		break;
	case HOP_MPTCP:
	case HOP_PAYLOAD:
		cross(out, x, y);
		break;
	case HOP_CHANGED:
		markup(out,
		       "<path class=\"change\" d=\"M%.1f %.1fl5 8h-10z\"/>\n",
		       x, y - 5);
		break;
	case HOP_ANSWERED:
		markup(out,
		       "<rect class=\"dot\" x=\"%.1f\" y=\"%.1f\" width=\"8\" "
		       "height=\"8\"/>\n",
		       x - 4, y - 4);
		break;
	case HOP_NOTHING:
		break;
	}
}

void mark_stop(FILE *out, double x, double y, bool wide)
{
	if (wide)
		markup(out, "<path class=\"cross\" d=\"M%.1f %.1fv14\"/>\n", x,
		       y - 7);
	else
		markup(out, "<path class=\"cross\" d=\"M%.1f %.1fh14\"/>\n",
		       x - 7, y);
}

void mark_station(FILE *out, const struct station *s, double x, double y)
{
	if (s->end)
		markup(out,
		       "<rect class=\"hop full\" x=\"%.1f\" y=\"%.1f\" "
		       "width=\"22\" height=\"22\" rx=\"3\"/>\n",
		       x - RADIUS, y - RADIUS);
	else
		circle(out, s->silent ? "hop silent" : "hop", x, y, RADIUS);
	markup(out,
	       "<text class=\"mid strong%s\" x=\"%.1f\" y=\"%.1f\">%s"
	       "</text>\n",
	       s->end	   ? " onfull"
	       : s->silent ? " dim"
			   : "",
	       x, y + 4, s->number);
}

static void key(FILE *out, enum hop_mark mark, const char *text)
{
	markup(out, "<li><svg viewBox=\"0 0 18 14\" aria-hidden=\"true\">");
	mark_hop(out, mark, 9, 7);
	markup(out, "</svg>%s</li>\n", text);
}

void mark_key(FILE *out)
{
	markup(out, "<ul class=\"key\">\n");
	key(out, HOP_INTACT, "quoted as it was sent");
	key(out, HOP_MPTCP, "quoted changed");
	key(out, HOP_CHANGED, "another field changed");
	key(out, HOP_PARTIAL, "quoted without all options");
	key(out, HOP_UNQUOTED, "not quoted here");
	key(out, HOP_ANSWERED, "answered");
	markup(out, "<li><svg viewBox=\"0 0 18 14\" aria-hidden=\"true\">");
	mark_stop(out, 9, 7, true);
	markup(out, "</svg>seen no further</li>\n</ul>\n");
}
