/* SPDX-License-Identifier: GPL-3.0-or-later
 * One address and port: the verdict first, then where, how it is known, what
 * was tested, and what to do.
 */
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/json.h"

int html_report(const struct page *p, const struct report *r)
{
	struct page json = document_json(p);

	markup(p->out, "<article class=\"%s\">\n",
	       severity_of_status(r->status));
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
