/* SPDX-License-Identifier: GPL-3.0-or-later
 * A change between two runs of watch: one line, as those of -q.
 */
#include "report/print/text_page.h"
#include "report/watch/phrases.h"
#include "report/watch/watched.h"

int text_watch(const struct page *p, const struct watch_change *c)
{
	fprintf(p->out, "%s\n", page_clean(p, change_line(p->arena, c)));
	return 0;
}
