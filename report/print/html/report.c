/* SPDX-License-Identifier: GPL-3.0-or-later
 * One address and port: the verdict first, then where, how it is known, what
 * was tested, and what to do.
 */
#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/json.h"

int html_report(const struct page *p, const struct report *r)
{
	struct page json = document_json(p);
	const char *severity = severity_of_status(r->status);
	const char *source = address_words(p, &r->source);
	const char *what = arena_printf(p->arena, "%s%s%s", target_words(p, r),
					r->uplink && *source ? " from " : "",
					r->uplink ? source : "");
	unsigned number =
		document_entry(p, severity, what, status_words(r->status));

	markup(p->out, "<article class=\"%s\" id=\"part-%u\">\n", severity,
	       number);
	part_verdict(p, r);
	part_path(p, r);
	part_findings(p, r);
	part_advice(p, r);
	part_exchange(p, r);
	part_tested(p, r);
	part_connections(p, r);
	markup(p->out, "</article>\n");
	return json_report(&json, r);
}
