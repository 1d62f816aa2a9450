/* SPDX-License-Identifier: GPL-3.0-or-later
 * The packets of each connection, between the client, the hops that matter to
 * it and the server.
 */
#include "report/print/html/exchange.h"

#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"

#define CONNECTIONS_MAX 60
#define OPEN_OF_FINDING 2 /* connections that need no click */
#define OPEN_OF_LADDER 3
#define ROWS_AT_ONCE 24

static const char *title(const struct exchange *e)
{
	static const char *const words[] = {
		[PURPOSE_TCP] = "TCP without MPTCP",
		[PURPOSE_MP_CAPABLE] = "MPTCP",
		[PURPOSE_MP_JOIN] = "a second subflow",
		[PURPOSE_MP_JOIN_RANDOM] = "a join to no connection",
		[PURPOSE_UNKNOWN_OPTION] = "an unknown option instead of MPTCP",
		[PURPOSE_CONTROL] = "a control",
	};
	const struct report_connection *c = e->connection;
	unsigned id = e->packets->connection;

	if (!c)
		return arena_printf(e->page->arena, "Connection %u", id);
	return arena_printf(
		e->page->arena, "Connection %u: %s%s, port %u to %u", id,
		words[c->purpose], c->swept ? ", with each TTL" : "",
		c->source_port, c->port);
}

static const struct report_connection *connection_of(const struct report *r,
						     unsigned id)
{
	for (size_t i = 0; i < r->connection_count; i++)
		if (r->connections[i].id == id)
			return &r->connections[i];
	return NULL;
}

/* What takes a click more: long transfers. */
static void rest(struct exchange *e)
{
	if (e->next == e->count)
		return;
	markup(e->page->out, "<details><summary>%zu packets more</summary>\n",
	       e->count - e->next);
	talk_begin(&e->talk, "The rest of it");
	while (e->next < e->count)
		exchange_row(e, &e->packets[e->next++]);
	exchange_unfold(e);
	talk_end(&e->talk);
	markup(e->page->out, "</details>\n");
}

static void diagram(struct exchange *e, bool open)
{
	markup(e->page->out, "<details%s><summary>%s</summary>\n",
	       open ? " open" : "", title(e));
	exchange_lanes(e);
	talk_begin(&e->talk, title(e));
	for (e->rows = e->next = 0;
	     e->next < e->count && e->rows < ROWS_AT_ONCE; e->next++)
		exchange_row(e, &e->packets[e->next]);
	exchange_unfold(e);
	talk_end(&e->talk);
	rest(e);
	markup(e->page->out, "</details>\n");
}

static bool is_of_findings(const struct report *r, unsigned id)
{
	for (size_t i = 0; i < r->finding_count; i++)
		for (size_t k = 0;
		     k < r->findings[i].connection_count && k < OPEN_OF_FINDING;
		     k++)
			if (finding_matters(&r->findings[i]) &&
			    r->findings[i].connections[k] == id)
				return true;
	return false;
}

static bool is_of_ladder(const struct exchange *e)
{
	for (size_t i = RUNG_SYN_ACK_OPTION; i < RUNG_COUNT; i++)
		for (size_t k = 0; k < e->report->ladder[i].frame_count; k++)
			for (size_t n = 0; n < e->count; n++)
				if (e->report->ladder[i].frames[k] ==
				    e->packets[n].frame)
					return true;
	return false;
}

void part_exchange(const struct page *p, const struct report *r)
{
	struct exchange e = {.page = p, .report = r, .talk = {.out = p->out}};
	size_t shown = 0, open = 0;

	if (!r->packet_count)
		return;
	markup(p->out,
	       "<section>\n<h2>Who sent what</h2>\n<p class=\"note\">Time runs "
	       "down, in milliseconds since the first frame; on the right the "
	       "number of the frame. A dotted line is a packet without MPTCP, "
	       "a cross one that got lost.</p>\n");
	for (size_t i = 0; i < r->packet_count; i += e.count) {
		bool wanted;

		e.packets = &r->packets[i];
		e.count = 1;
		while (i + e.count < r->packet_count &&
		       e.packets[e.count].connection == e.packets->connection)
			e.count++;
		e.connection = connection_of(r, e.packets->connection);
		wanted = is_of_findings(r, e.packets->connection) ||
			 (open < OPEN_OF_LADDER && is_of_ladder(&e));
		open += wanted;
		if (wanted || shown < CONNECTIONS_MAX)
			diagram(&e, wanted);
		shown++;
	}
	markup(p->out, "</section>\n");
}
