// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/svg.h"

#include <stdlib.h>

#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/style.h"

#define MARGIN 20.0
#define HEADING 56.0

struct document *svg_open(void)
{
	struct document *d = must_have(calloc(1, sizeof(*d)));

	d->height = MARGIN;
	return d;
}

/* Several stand below each other. */
int svg_report(const struct page *p, const struct report *r)
{
	struct document *d = p->document;
	struct picture picture = path_picture(p, r);

	markup(p->out,
	       "<g class=\"%s\" transform=\"translate(%.0f %.0f)\">\n"
	       "<text class=\"strong\" x=\"0\" y=\"14\">%s</text>\n"
	       "<text class=\"sevt\" x=\"0\" y=\"32\">%s</text>\n"
	       "<g transform=\"translate(0 %.0f)\">\n",
	       severity_of_status(r->status), MARGIN, d->height,
	       target_words(p, r), status_words(r->status), HEADING);
	picture.draw(p, r);
	markup(p->out, "</g>\n</g>\n");
	d->height += HEADING + picture.height + MARGIN;
	if (picture.width > d->width)
		d->width = picture.width;
	return 0;
}

int svg_close(const struct page *p, const char *body, size_t length)
{
	struct document *d = p->document;

	markup(p->out,
	       "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
	       "height=\"%.0f\" role=\"img\" aria-label=\"Paths, as mpprobe "
	       "found them\">\n<style>",
	       d->width + 2 * MARGIN, d->height);
	fputs(svg_style, p->out);
	markup(p->out, "</style>\n<rect width=\"100%%\" height=\"100%%\" "
		       "fill=\"var(--bg)\"/>\n");
	fwrite(body, 1, length, p->out);
	markup(p->out, "</svg>\n");
	free(d);
	return 0;
}
