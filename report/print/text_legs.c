/* SPDX-License-Identifier: GPL-3.0-or-later
 * The legs of a capture on a proxy or gateway, a line each.
 */
#include "report/paths/legs.h"
#include "report/print/text_page.h"

#define LINES_MAX 16
#define ADDRESSES_SHOWN 3

/* "10.0.1.1", "10.0.1.1, 10.0.1.5", "24 hosts" */
static const char *addresses(const struct page *p, const struct address *list,
			     size_t count, const char *what)
{
	const char *text = "";

	if (count > ADDRESSES_SHOWN)
		return arena_printf(p->arena, "%s%zu %s",
				    count == LEG_ADDRESSES_MAX ? "at least "
							       : "",
				    count, what);
	for (size_t i = 0; i < count; i++)
		text = arena_printf(p->arena, "%s%s%s", text, i ? ", " : "",
				    page_address(p, &list[i]));
	return text;
}

const char *leg_client(const struct page *p, const struct legs *l,
		       const struct leg *leg)
{
	const char *who =
		addresses(p, leg->clients, leg->client_count,
			  leg->from_host ? "of its addresses" : "hosts");

	return l->here && leg->from_host
		       ? arena_printf(p->arena, "this host (%s)", who)
		       : who;
}

const char *leg_server(const struct page *p, const struct legs *l,
		       const struct leg *leg)
{
	const char *address = page_address(p, &leg->server);

	if (l->here && leg->to_host && !leg->from_host)
		return arena_printf(p->arena, "this host (%s):%u", address,
				    leg->port);
	return arena_printf(p->arena,
			    leg->server.family == 6 ? "[%s]:%u%s" : "%s:%u%s",
			    address, leg->port,
			    leg->in_its_place ? ", answered by this host" : "");
}

static const char *subflows(const struct page *p, const struct leg *leg)
{
	if (leg->kind != LEG_MPTCP)
		return "";
	if (leg->fewest == leg->most)
		return arena_printf(p->arena, ", %s%s",
				    page_count(p, leg->most, "subflow"),
				    leg->connections > 1 ? " each" : "");
	return arena_printf(p->arena, ", %zu to %zu subflows", leg->fewest,
			    leg->most);
}

static void one_leg(const struct page *p, const struct legs *l,
		    const struct leg *leg)
{
	text_wrap(p, "  ", "    ",
		  arena_printf(p->arena, "leg %s -> %s: %s, %s%s",
			       leg_client(p, l, leg), leg_server(p, l, leg),
			       leg_kind_phrase(leg->kind),
			       page_count(p, leg->connections, "connection"),
			       subflows(p, leg)));
}

const char *legs_heading(const struct page *p, const struct legs *l)
{
	const char *host = addresses(p, l->host, l->host_count, "addresses");

	if (l->here)
		return "Legs: this host ends connections, and opens others "
		       "meanwhile.";
	return arena_printf(p->arena,
			    "Legs: %s ends connections, and opens others "
			    "meanwhile.",
			    host);
}

int text_legs(const struct page *p, const struct legs *l)
{
	size_t shown =
		p->verbose || l->count <= LINES_MAX ? l->count : LINES_MAX;

	if (p->printed)
		fputc('\n', p->out);
	text_wrap(p, "", "", legs_heading(p, l));
	fputc('\n', p->out);
	for (size_t i = 0; i < shown; i++)
		one_leg(p, l, &l->list[i]);
	if (shown < l->count)
		text_wrap(p, "  ", "    ",
			  arena_printf(p->arena, "and %zu more (-v)",
				       l->count - shown));
	if (l->more)
		text_wrap(p, "  ", "    ",
			  "There were more connections than are kept.");
	return 0;
}
