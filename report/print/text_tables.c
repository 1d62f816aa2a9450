/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tables under -v: the proof ladder and the connections.
 */
#include <string.h>

#include "report/print/text_page.h"

#define LADDER_INDENT "                           "

static const char *frame_list(const struct page *p, const struct ladder_step *s)
{
	const char *list = "";
	size_t i;

	for (i = 0; i < s->frame_count; i++)
		list = arena_printf(p->arena, "%s%s%llu", list,
				    i == 0 ? "" : ", ",
				    (unsigned long long)s->frames[i]);
	if (s->frame_count == 0)
		return "";
	return arena_printf(p->arena, " (frame%s %s)",
			    s->frame_count == 1 ? "" : "s", list);
}

static void step(const struct page *p, const struct ladder_step *s)
{
	static const struct {
		const char *word;
		enum ink ink;
	} looks[] = {
		[RUNG_PASS] = {"pass", INK_NONE},
		[RUNG_FAIL] = {"FAIL", INK_BAD},
		[RUNG_SKIPPED] = {"skipped", INK_DIM},
	};

	page_wrap(p, looks[s->result].ink,
		  arena_printf(p->arena, "  %-7s  %-14s  ",
			       looks[s->result].word, rung_name(s->rung)),
		  LADDER_INDENT,
		  arena_printf(p->arena, "%s%s", s->text ? s->text : "",
			       frame_list(p, s)));
}

static void return_row(const struct page *p, const struct report_hop *h,
		       const struct responder *r, size_t width)
{
	fprintf(p->out, "%3u  %-*s  %7s %5u%s\n", h->ttl, (int)width,
		page_address(p, &r->address),
		arena_printf(p->arena, "%u/%u", r->reply_ttl, r->initial_ttl),
		r->return_hops, r->return_varies ? ", and others" : "");
}

/* Which hop this host is for those that answered. */
void text_return(const struct page *p, const struct report *r)
{
	size_t i, k, width = strlen("address");

	for (i = 0; i < r->path_length; i++)
		for (k = 0; k < r->path[i].responder_count; k++) {
			size_t length = strlen(page_address(
				p, &r->path[i].responders[k].address));

			width = length > width ? length : width;
		}
	if (r->path_length == 0)
		return;
	fprintf(p->out, "\nReturn path\nhop  %-*s      TTL  hops\n", (int)width,
		"address");
	for (i = 0; i < r->path_length; i++)
		for (k = 0; k < r->path[i].responder_count; k++)
			return_row(p, &r->path[i], &r->path[i].responders[k],
				   width);
	text_wrap(p, "", "",
		  "TTL: of the answer on arrival, and as it probably was sent; "
		  "hops: of the return path, counted as those of the forward "
		  "path.");
}

void text_ladder(const struct page *p, const struct report *r)
{
	size_t i;

	fputs("\nProof ladder\n", p->out);
	for (i = 0; i < RUNG_COUNT; i++)
		step(p, &r->ladder[i]);
}

/* "mp_capable.dropped (silence)  not said: too few show it (3 of 4)" */
void text_rules(const struct page *p, const struct report *r)
{
	fputs("\nRules, in the order in which they are asked\n", p->out);
	for (size_t i = 0; i < r->rule_count; i++) {
		const struct report_rule *rule = &r->rules[i];
		const char *more = "";

		if (rule->why == WHY_FEW)
			more = arena_printf(p->arena, " (%u of %u)", rule->have,
					    rule->need);
		else if (rule->by)
			more = arena_printf(p->arena, " (%s)", rule->by);
		text_wrap(p,
			  arena_printf(p->arena, "%-38s  ",
				       arena_printf(p->arena, "%s (%s)",
						    rule->id, rule->row)),
			  "                                        ",
			  arena_printf(p->arena, "%s%s", why_phrase(rule->why),
				       more));
	}
}

/* There is no room for what else the SYN/ACK says. */
static bool is_narrow(const struct page *p)
{
	return p->width < PAGE_WIDTH;
}

/* What answered: "60/64  4  0.40  1460  64240  7", "RST", or dashes. */
static const char *answer(const struct page *p,
			  const struct report_connection *c)
{
	const struct report_syn_ack *s = c->syn_ack;

	if (is_narrow(p))
		return arena_printf(p->arena, "%7s %6s",
				    s ? arena_printf(p->arena, "%u/%u", s->ttl,
						     s->initial_ttl)
				    : c->reset ? "RST"
					       : "-",
				    s ? page_ms(p, s->rtt_ms) : "-");
	if (s == NULL)
		return arena_printf(p->arena, "%7s %4s %6s %5s %6s %2s",
				    c->reset != NULL ? "RST" : "-", "-", "-",
				    "-", "-", "-");
	return arena_printf(
		p->arena, "%7s %4u %6s %5s %6u %2s",
		arena_printf(p->arena, "%u/%u", s->ttl, s->initial_ttl),
		s->hops, page_ms(p, s->rtt_ms), page_number(p, s->mss),
		s->window, page_number(p, s->wscale));
}

static const char *mptcp_words(const struct page *p,
			       const struct report_connection *c)
{
	if (c->version < 0)
		return "-";
	return arena_printf(p->arena, "v%d%s%s", c->version,
			    c->checksum ? " A" : "",
			    c->keys_verified == 1   ? " ok"
			    : c->keys_verified == 0 ? " BAD"
						    : "");
}

void text_connections(const struct page *p, const struct report *r)
{
	size_t i;

	if (r->connection_count == 0)
		return;
	fprintf(p->out,
		"\nConnections\n"
		" id purpose         port TTL reach SYN/ACK %srtt ms %sMPTCP\n",
		is_narrow(p) ? "" : "hops ",
		is_narrow(p) ? "" : "  mss window ws ");
	for (i = 0; i < r->connection_count; i++) {
		const struct report_connection *c = &r->connections[i];

		fprintf(p->out, "%3u %-14s %5u %3u %5s %s %s\n", c->id,
			purpose_name(c->purpose), c->source_port, c->syn_ttl,
			page_number(p, c->reach_ttl), answer(p, c),
			mptcp_words(p, c));
	}
	text_wrap(p, "", "",
		  arena_printf(p->arena,
			       "TTL: of the SYN; reach: the smallest that was "
			       "answered; SYN/ACK: its TTL on arrival, and as "
			       "it probably was sent; %sA: DSS checksums in "
			       "use; ok: both keys verified.",
			       is_narrow(p) ? "" : "ws: window scale; "));
}
