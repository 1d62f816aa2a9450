/* SPDX-License-Identifier: GPL-3.0-or-later
 * A change between two runs of watch: one line, as those of -q.
 */
#include "report/print/text_page.h"
#include "report/watch/phrases.h"
#include "report/watch/watched.h"

int text_watch(const struct page *p, const struct watch_change *c)
{
	fprintf(p->out, "%s %s port %u%s%s: %s\n",
		local_time_phrase(p->arena, c->now.time_us),
		page_clean(p, c->host), c->port, c->uplink ? " by " : "",
		page_clean(p, c->uplink), change_phrase(p->arena, c));
	return 0;
}
