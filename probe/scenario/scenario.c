// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/segment.h"
#include "probe/net/complain.h"
#include "probe/scenario/answers.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/path.h"
#include "probe/scenario/peer.h"
#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"
#include "probe/scenario/verdicts.h"
#include "probe/scenario/vocabulary.h"
#include "report/arena.h"
#include "report/track/observer.h"

static int bad(struct scenario *r, const char *error)
{
	r->end = SCENARIO_BAD_SCRIPT;
	snprintf(r->error, sizeof(r->error), "%s", error);
	return -1;
}

static struct sandbox *open_sandbox(struct scenario *r)
{
	struct sandbox *s = sandbox_new(r);

	if (s && vocabulary_open(s, r) == 0)
		return s;
	sandbox_free(s);
	bad(r, "no memory");
	return NULL;
}

static void begin(struct scenario *r, const struct script *script)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena_new();
	r->script = script;
}

void scenario_free(struct scenario *r)
{
	arena_free(r->arena);
	r->arena = NULL;
}

static int declare(struct scenario *r, const struct script *script)
{
	struct sandbox *s;
	int ret = -1;

	r->declaring = true;
	s = open_sandbox(r);
	if (!s)
		return -1;
	if (sandbox_run(s, script->file, script->text, script->length) == 0)
		snprintf(r->error, sizeof(r->error),
			 "%s: it declares no scenario {}", script->file);
	else if (r->about.declared && sandbox_stopped(s))
		ret = 0;
	else
		snprintf(r->error, sizeof(r->error), "%s", sandbox_error(s));
	if (ret != 0)
		r->end = SCENARIO_BAD_SCRIPT;
	sandbox_free(s);
	return ret;
}

int scenario_declare(struct scenario *r, const struct script *script)
{
	begin(r, script);
	return declare(r, script);
}

int scenario_compare(struct scenario *r, const struct script *script,
		     unsigned version, const char *outcome, const char *value)
{
	begin(r, script);
	r->version = version;
	*ARENA_PUSH(r->arena, r->outcomes, r->outcome_count) =
		(struct outcome){.name = outcome, .value = value};
	return declare(r, script);
}

/* --- what was seen ------------------------------------------------------- */

static uint64_t sight_frame(const struct sight *s)
{
	return s->quote ? s->quote->frame : s->segment->frame;
}

static int64_t sight_us(const struct sight *s)
{
	return s->quote ? s->quote->time_us : s->segment->time_us;
}

static int by_frame(const void *a, const void *b)
{
	uint64_t x = sight_frame(a), y = sight_frame(b);

	return (x > y) - (x < y);
}

static void number_sight(const struct flow *f, struct sight *s)
{
	const struct tcp_view *tcp = &s->segment->packet.tcp;
	uint32_t server = f->syn_ack_seen ? f->server_isn : tcp->acknowledgment;

	if (s->sent) {
		s->sequence = tcp->sequence - f->client_isn;
		s->acknowledgment = tcp->acknowledgment - server;
	} else {
		s->sequence = f->syn_ack_seen ? tcp->sequence - server : 0;
		s->acknowledgment = tcp->acknowledgment - f->client_isn;
	}
	if (!(tcp->flags & TCP_FLAG_ACK))
		s->acknowledgment = 0;
}

static void add_sight(struct scenario *r, const struct subflow *subflow,
		      bool sent, const struct kept *k, const struct quote *q)
{
	struct sight *s = ARENA_PUSH(r->arena, r->sights, r->sight_count);

	*s = (struct sight){
		.subflow = subflow->id, .sent = sent, .segment = k, .quote = q};
	number_sight(subflow_flow(subflow), s);
}

static void collect_sights(struct scenario *r)
{
	struct exchange *x = r->exchange;

	for (size_t i = 0; i < x->subflow_count; i++) {
		const struct subflow *s = x->subflows[i];
		const struct flow *f = subflow_flow(s);

		for (size_t k = 0; f && k < f->sent_count; k++)
			add_sight(r, s, true, f->sent[k], NULL);
		for (size_t k = 0; f && k < f->received_count; k++)
			add_sight(r, s, false, f->received[k], NULL);
		for (size_t k = 0; f && k < f->quote_count; k++)
			add_sight(r, s, false, f->sent[f->quotes[k].sent],
				  &f->quotes[k]);
	}
	if (r->sight_count)
		qsort(r->sights, r->sight_count, sizeof(*r->sights), by_frame);
	for (size_t i = 0; i < r->sight_count; i++)
		r->sights[i].ms = (double)(sight_us(&r->sights[i]) -
					   sight_us(&r->sights[0])) /
				  1000;
}

/* --- running ------------------------------------------------------------- */

static void finish(struct scenario *r, struct sandbox *s, int result)
{
	bool mine = r->end == SCENARIO_COMPLETE;

	if (result != 0) {
		snprintf(r->error, sizeof(r->error), "%s", sandbox_error(s));
		if (mine)
			r->end = SCENARIO_BAD_SCRIPT;
	} else if (!r->about.declared) {
		snprintf(r->error, sizeof(r->error),
			 "%s: it declares no scenario {}", r->script->file);
		r->end = SCENARIO_BAD_SCRIPT;
	}
	if (r->end != SCENARIO_COMPLETE)
		return;
	if (answers_compare(s, r) != 0)
		bad(r, sandbox_error(s));
}

/* Before the peer is said to differ: whether the path did that. */
static void ask_path(struct scenario *r)
{
	const char *said;

	if (r->end != SCENARIO_UNMET &&
	    (r->end != SCENARIO_COMPLETE || scenario_matches(r)))
		return;
	said = path_changes(r->exchange);
	if (!said)
		return;
	r->end = SCENARIO_UNTESTED;
	r->untested = arena_printf(r->arena, "%s", said);
}

/* What the peer answers is told only of the exchange that the script is. */
static void check_whole(struct scenario *r)
{
	struct peer *p = r->peer;

	if ((r->end != SCENARIO_COMPLETE && r->end != SCENARIO_UNMET) ||
	    !p->ops->is_left || !p->ops->is_left(p))
		return;
	r->end = SCENARIO_NOT_RECORDED;
	snprintf(r->error, sizeof(r->error), "%s: %s", r->script->file,
		 p->error);
}

void scenario_run(struct scenario *r, const struct script *script,
		  struct peer *peer)
{
	struct exchange *x;
	struct sandbox *s;
	int result;

	begin(r, script);
	r->peer = peer;
	r->version = peer->version == 0 ? 0 : 1;
	x = r->exchange = arena_alloc(r->arena, sizeof(*x));
	x->peer = peer;
	x->arena = r->arena;
	x->keys = peer->observer->keys;
	x->started_us = peer->ops->now_us(peer);
	s = open_sandbox(r);
	if (!s)
		return;
	result = sandbox_run(s, script->file, script->text, script->length);
	finish(r, s, result);
	ask_path(r);
	exchange_end(x);
	check_whole(r);
	/* the captured copies of the resets */
	while (!peer->replay &&
	       peer->ops->wait(peer, peer->ops->now_us(peer) + 2000))
		;
	collect_sights(r);
	sandbox_free(s);
}

/* --- what it comes to ---------------------------------------------------- */

bool scenario_matches(const struct scenario *r)
{
	for (size_t i = 0; i < r->stack_count; i++)
		if (r->stacks[i].matches)
			return true;
	return false;
}

int scenario_exit_code(const struct scenario *r)
{
	switch (r->end) {
	case SCENARIO_COMPLETE:
		return scenario_matches(r) ? EXIT_CLEAR : EXIT_INTERFERENCE;
	case SCENARIO_UNMET:
		return EXIT_INTERFERENCE;
	case SCENARIO_NO_MPTCP:
	case SCENARIO_UNFIT:
	case SCENARIO_UNTESTED:
		return EXIT_UNKNOWN;
	case SCENARIO_STOPPED:
		return r->peer->exit_code;
	case SCENARIO_BAD_SCRIPT:
	case SCENARIO_NOT_RECORDED:
		break;
	}
	return EXIT_INPUT;
}

static const char *stack_words(struct scenario *r, const struct stack_answer *a)
{
	if (!strcmp(a->name, "rfc"))
		return arena_printf(r->arena, "%s asks", r->about.source);
	if (a->release)
		return arena_printf(r->arena, "%s (%s or later) does", a->name,
				    a->release);
	return arena_printf(r->arena, "%s does", a->name);
}

/* "data is fallback, not reset*" */
static const char *difference_words(struct scenario *r,
				    const struct stack_answer *a)
{
	const char *text = "";

	for (size_t i = 0; i < a->difference_count; i++) {
		const struct difference *d = &a->differences[i];

		text = arena_printf(r->arena, "%s%s%s is %s, not %s", text,
				    i ? "; " : "", d->outcome,
				    d->found ? d->found : "not known",
				    d->expected);
	}
	return text;
}

const char *scenario_like(struct scenario *r)
{
	const char *text = "";

	for (size_t i = 0; i < r->stack_count; i++)
		if (r->stacks[i].matches)
			text = arena_printf(r->arena, "%s%s%s", text,
					    *text ? " and as " : "",
					    stack_words(r, &r->stacks[i]));
	return text;
}

static const char *matching_words(struct scenario *r)
{
	const char *text = arena_printf(r->arena, "The peer answers as %s.",
					scenario_like(r));
	const struct stack_answer *rfc = NULL;

	for (size_t i = 0; i < r->stack_count; i++)
		if (!strcmp(r->stacks[i].name, "rfc"))
			rfc = &r->stacks[i];
	if (rfc && !rfc->matches)
		text = arena_printf(r->arena, "%s That deviates from %s: %s.",
				    text, r->about.source,
				    difference_words(r, rfc));
	return text;
}

#define RETURN_PATH                                                            \
	"The return path may have removed, changed or dropped some of what "   \
	"the peer sent: from this end that cannot be excluded."

/* The first answer that this stack would not give can be the peer's only: the
 * others may follow from it. */
static bool differs_surely(const struct stack_answer *a)
{
	const char *first =
		a->difference_count ? a->differences[0].found : NULL;

	return first && answer_is_peers(first);
}

static const char *differing_words(struct scenario *r)
{
	const char *text;
	bool sure = true;

	if (!r->stack_count)
		return "No stack's answers are declared for this version.";
	for (size_t i = 0; i < r->stack_count; i++)
		sure &= differs_surely(&r->stacks[i]);
	text = sure ? "The peer answers like no known stack."
		    : "The answers are like those of no known stack.";
	for (size_t i = 0; i < r->stack_count; i++)
		text = arena_printf(r->arena, "%s Not as %s: %s.", text,
				    stack_words(r, &r->stacks[i]),
				    difference_words(r, &r->stacks[i]));
	return sure ? text : arena_printf(r->arena, "%s " RETURN_PATH, text);
}

const char *scenario_sentence(struct scenario *r)
{
	switch (r->end) {
	case SCENARIO_COMPLETE:
		return scenario_matches(r) ? matching_words(r)
					   : differing_words(r);
	case SCENARIO_UNMET:
		return arena_printf(r->arena,
				    "The answers differ: %s. " RETURN_PATH,
				    r->error);
	case SCENARIO_UNTESTED:
		return arena_printf(r->arena, "Not tested: %s.", r->untested);
	case SCENARIO_NO_MPTCP:
		return arena_printf(r->arena, "No MPTCP peer: %s.", r->error);
	default:
		return r->error;
	}
}
