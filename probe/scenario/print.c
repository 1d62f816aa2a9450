// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/print.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "crafting/segment.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/match.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"
#include "report/print/text.h"
#include "report/track/observer.h"

#define HEAD_WIDTH 46 /* columns before the options */

/* Scripts and peers are strangers. */
static const char *clean(struct scenario *r, const char *text)
{
	char *copy = arena_printf(r->arena, "%s", text);

	for (char *c = copy; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	return copy;
}

/* --- the segments -------------------------------------------------------- */

static void print_quote(const struct page *p, const struct sight *s)
{
	const struct quote *q = s->quote;
	char address[ADDRESS_TEXT];

	fprintf(p->out,
		"%9.1f %3u  %-2u %s: ICMP, quotes %zu bytes of what "
		"was sent with TTL %u\n",
		s->ms, q->reply_ttl, s->subflow,
		address_text(&q->responder, address), q->bytes,
		s->segment->packet.ip.ttl);
}

static void print_segment(const struct page *p, struct scenario *r,
			  const struct sight *s)
{
	const struct tcp_view *tcp = &s->segment->packet.tcp;
	char head[120], blank[HEAD_WIDTH + 1], flags[9];
	const char *options = options_in_words(r->arena, tcp);

	snprintf(head, sizeof(head),
		 "%9.1f %3u %s%-2u %-3s %7" PRIu32 " %7" PRIu32 " %4zu  ",
		 s->ms, s->segment->packet.ip.ttl, s->sent ? ">" : "<",
		 s->subflow, flags_text(tcp->flags, flags), s->sequence,
		 s->acknowledgment, tcp->payload_length);
	memset(blank, ' ', sizeof(blank));
	blank[strlen(head) < HEAD_WIDTH ? strlen(head) : HEAD_WIDTH] = '\0';
	if (*options)
		text_wrap(p, head, blank, options);
	else
		fprintf(p->out, "%s\n", head);
	if (p->verbose && tcp->options_available)
		fprintf(p->out, "%18s%s\n", "",
			arena_hex(r->arena, tcp->options,
				  tcp->options_available));
}

static void print_sights(const struct page *p, struct scenario *r)
{
	if (!r->sight_count)
		return;
	fprintf(p->out, "\n%9s %3s %-3s %-3s %7s %7s %4s  %s\n", "ms", "ttl",
		"sub", "flg", "seq", "ack", "len", "options");
	for (size_t i = 0; i < r->sight_count; i++) {
		if (r->sights[i].quote)
			print_quote(p, &r->sights[i]);
		else
			print_segment(p, r, &r->sights[i]);
	}
}

/* --- what they amount to ------------------------------------------------- */

static void print_expectations(const struct page *p, struct scenario *r)
{
	for (size_t i = 0; i < r->expectation_count; i++) {
		const struct expectation *e = &r->expectations[i];

		if (e->found)
			fprintf(p->out, "not met   line %-3u %s: got %s\n",
				e->line, clean(r, e->text), clean(r, e->found));
		else
			fprintf(p->out, "met       line %-3u %s\n", e->line,
				clean(r, e->text));
	}
	for (size_t i = 0; i < r->remark_count; i++)
		fprintf(p->out, "note      line %-3u %s\n", r->remarks[i].line,
			clean(r, r->remarks[i].text));
	for (size_t i = 0; i < r->outcome_count; i++)
		fprintf(p->out, "outcome   line %-3u %s: %s\n",
			r->outcomes[i].line, clean(r, r->outcomes[i].name),
			clean(r, r->outcomes[i].value));
}

static void print_heading(const struct page *p, struct scenario *r)
{
	char text[600];

	snprintf(text, sizeof(text), "%s: %s (%s), MPTCP v%u, with %s",
		 r->script->name,
		 r->about.title ? clean(r, r->about.title) : "not declared",
		 r->about.source ? clean(r, r->about.source) : "no source",
		 r->version, clean(r, r->peer->shown));
	text_wrap(p, "", "    ", text);
}

static int run_text(const struct page *p, struct scenario *r)
{
	char text[80];

	snprintf(text, sizeof(text), "%s: ", r->script->name);
	if (p->quiet) {
		fprintf(p->out, "%s%s\n", text, clean(r, scenario_sentence(r)));
		return 0;
	}
	print_heading(p, r);
	print_sights(p, r);
	putc('\n', p->out);
	print_expectations(p, r);
	putc('\n', p->out);
	text_wrap(p, "", "", clean(r, scenario_sentence(r)));
	return 0;
}

/* --- run all ------------------------------------------------------------- */

static const char *outcomes_text(struct scenario *r)
{
	const char *text = "";

	for (size_t i = 0; i < r->outcome_count; i++)
		text = arena_printf(r->arena, "%s%s%s %s", text, i ? ", " : "",
				    r->outcomes[i].name, r->outcomes[i].value);
	return text;
}

static const char *like_text(struct scenario *r)
{
	const char *text = r->end == SCENARIO_UNTESTED ? "untested" : "";

	for (size_t i = 0; i < r->stack_count; i++)
		if (r->stacks[i].matches)
			text = arena_printf(r->arena, "%s%s%s", text,
					    *text ? "," : "",
					    r->stacks[i].name);
	return *text ? text : "-";
}

static int head_text(const struct page *p)
{
	if (!p->quiet && !p->verbose)
		fprintf(p->out, "%-28s %-12s %s\n", "scenario", "like",
			"outcomes");
	return 0;
}

static int row_text(const struct page *p, struct scenario *r)
{
	char head[80], blank[80];

	if (p->verbose)
		return run_text(p, r);
	if (p->quiet)
		return 0;
	snprintf(head, sizeof(head), "%-28.28s %-12.12s ", r->script->name,
		 like_text(r));
	memset(blank, ' ', sizeof(blank));
	blank[strlen(head)] = '\0';
	text_wrap(p, head, blank,
		  scenario_exit_code(r) != 0 ? clean(r, scenario_sentence(r))
					     : clean(r, outcomes_text(r)));
	return 0;
}

bool run_total_like(const struct run_total *t, const struct total_stack *s)
{
	return !s->differing && !t->incomplete;
}

bool run_total_matches(const struct run_total *t)
{
	for (size_t i = 0; i < t->stack_count; i++)
		if (run_total_like(t, &t->stacks[i]))
			return true;
	return false;
}

const struct total_stack *run_total_nearest(const struct run_total *t)
{
	const struct total_stack *nearest = NULL;

	if (!t->matching || run_total_matches(t))
		return NULL;
	for (size_t i = 0; i < t->stack_count; i++)
		if (!nearest || t->stacks[i].differing <= nearest->differing)
			nearest = &t->stacks[i];
	return nearest;
}

/* "rfc and linux-v1" */
static const char *names_like(struct arena *a, const struct run_total *t)
{
	const char *names = "";

	for (size_t i = 0; i < t->stack_count; i++)
		if (run_total_like(t, &t->stacks[i]))
			names = arena_printf(a, "%s%s%s", names,
					     *names ? " and " : "",
					     t->stacks[i].name);
	return names;
}

static const char *names_differing(struct arena *a, const struct total_stack *s)
{
	const char *names = "";
	size_t named = 0;

	for (; named < s->differing && named < NAMED_MAX; named++)
		names = arena_printf(a, "%s%s%s", names, named ? ", " : "",
				     s->differs[named]);
	if (named == s->differing)
		return names;
	return arena_printf(a, "%s and %zu more", names, s->differing - named);
}

/* A sentence to follow another, or nothing. */
static const char *nearest_text(struct arena *a, const struct run_total *t)
{
	const struct total_stack *nearest = run_total_nearest(t);

	if (!nearest)
		return "";
	return arena_printf(a, " The nearest is %s%s%s.", nearest->name,
			    nearest->differing ? ", which differs in " : "",
			    names_differing(a, nearest));
}

const char *run_total_sentence(struct arena *a, const struct run_total *t)
{
	if (!t->count)
		return "No scenario could be tested.";
	if (run_total_matches(t))
		return arena_printf(a,
				    "All %zu scenarios%s: the peer answers as "
				    "%s throughout.",
				    t->count, t->untested ? " tested" : "",
				    names_like(a, t));
	return arena_printf(a,
			    "%zu of %zu scenarios are answered as a named "
			    "stack does; no stack matches throughout.%s",
			    t->matching, t->count, nearest_text(a, t));
}

static int summary_text(const struct page *p, const struct run_total *t)
{
	putc('\n', p->out);
	text_wrap(p, "", "", run_total_sentence(p->arena, t));
	if (t->untested)
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "Not tested, because of what the server "
				       "or the path does: %zu.",
				       t->untested));
	return 0;
}

/* --- the forms ----------------------------------------------------------- */

static const struct run_format formats[] = {
	{"text", run_text, head_text, row_text, summary_text},
	{"json", scenario_json, NULL, scenario_json, scenario_summary_json},
};

const struct run_format *run_format(const struct format *format)
{
	size_t i = 0;

	while (strcmp(formats[i].name, format->name) != 0)
		i++;
	return &formats[i];
}
