/* SPDX-License-Identifier: GPL-3.0-or-later
 * What to do, and what was announced.
 */
#include <stdlib.h>

#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/letter.h"

static bool said_before(const struct report *r, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (r->findings[i].kind == r->findings[index].kind)
			return true;
	return false;
}

static bool is_mended(const struct report *r, size_t i)
{
	const struct finding *f = &r->findings[i];

	return f->effect != EFFECT_HARMLESS && f->kind->advice &&
	       *f->kind->advice && !said_before(r, i);
}

static bool has_advice(const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (is_mended(r, i))
			return true;
	return r->advice || r->announcement_count || r->initial_joins == 0;
}

static void announced(const struct page *p, const struct report *r)
{
	if (r->initial_joins == 0)
		markup(p->out, "<p>The server forbids joins to this address "
			       "and port (flag C).</p>\n");
	if (!r->announcement_count)
		return;
	markup(p->out, "<p>The server announces more addresses (ADD_ADDR):"
		       "</p>\n<ul>\n");
	for (size_t i = 0; i < r->announcement_count; i++)
		markup(p->out, "<li>%s</li>\n", r->announcements[i].text);
	markup(p->out, "</ul>\n");
}

/* For who runs the device, if there is something to write of. */
static void letter(const struct page *p, const struct report *r)
{
	struct page page = *p;
	char *text = NULL;
	size_t size;
	bool written;

	page.out = must_have(open_memstream(&text, &size));
	written = letter_write(&page, r);
	must_have(fclose(page.out) ? NULL : text);
	if (written)
		markup(p->out,
		       "<h3>To send to who runs the device</h3>\n"
		       "<pre tabindex=\"0\" role=\"group\" "
		       "aria-label=\"A letter\">%s</pre>\n",
		       text);
	free(text);
}

static void mend(const struct page *p, const struct finding_kind *kind)
{
	markup(p->out, "<p>");
	markup_prose(p->out, kind->advice);
	markup(p->out, " <code>mpprobe explain %s</code></p>\n", kind->id);
}

void part_advice(const struct page *p, const struct report *r)
{
	if (!has_advice(r))
		return;
	markup(p->out, "<section>\n<h2>What to do</h2>\n");
	if (r->advice) {
		markup(p->out, "<p>");
		markup_prose(p->out, r->advice);
		markup(p->out, "</p>\n");
	}
	for (size_t i = 0; i < r->finding_count; i++)
		if (is_mended(r, i))
			mend(p, r->findings[i].kind);
	announced(p, r);
	letter(p, r);
	markup(p->out, "</section>\n");
}
