// SPDX-License-Identifier: GPL-3.0-or-later
/* Schemas mpprobe-scenario/1 and mpprobe-scenarios/1: schema.json. */
#include "crafting/segment.h"
#include "probe/scenario/match.h"
#include "probe/scenario/peer.h"
#include "probe/scenario/print.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"
#include "report/print/json_value.h"
#include "report/print/text.h"
#include "report/track/observer.h"

static json_t *quoted(const struct sight *s)
{
	const struct quote *q = s->quote;

	return JSON_OBJECT({"time_ms", json_decimal(s->ms)},
			   {"subflow", json_count(s->subflow)},
			   {"frame", json_count(q->frame)},
			   {"direction", json_text("quote")},
			   {"ttl", json_count(q->reply_ttl)},
			   {"address", json_address(&q->responder)},
			   {"quoted_bytes", json_count(q->bytes)},
			   {"sent_ttl", json_count(s->segment->packet.ip.ttl)});
}

static json_t *segment(struct scenario *r, const struct sight *s)
{
	const struct tcp_view *tcp = &s->segment->packet.tcp;
	const char *raw =
		arena_hex(r->arena, tcp->options, tcp->options_available);
	char flags[9];

	return JSON_OBJECT(
		{"time_ms", json_decimal(s->ms)},
		{"subflow", json_count(s->subflow)},
		{"frame", json_count(s->segment->frame)},
		{"direction", json_text(s->sent ? "sent" : "received")},
		{"ttl", json_count(s->segment->packet.ip.ttl)},
		{"flags", json_text(flags_text(tcp->flags, flags))},
		{"seq", json_count(s->sequence)},
		{"ack", json_count(s->acknowledgment)},
		{"length", json_count(tcp->payload_length)},
		{"options", json_text(options_in_words(r->arena, tcp))},
		{"raw", json_text(raw)});
}

static json_t *segments(struct scenario *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->sight_count; i++) {
		const struct sight *s = &r->sights[i];

		list = json_appended(list,
				     s->quote ? quoted(s) : segment(r, s));
	}
	return list;
}

static json_t *expectation(const struct expectation *e)
{
	return JSON_OBJECT(
		{"line", json_count(e->line)}, {"expected", json_text(e->text)},
		{"met", json_flag(!e->found)}, {"found", json_text(e->found)});
}

JSON_ARRAY_OF(expectations, struct expectation, expectation)

static json_t *outcomes(const struct scenario *r)
{
	struct json_field *fields =
		arena_alloc(r->arena, (r->outcome_count + 1) * sizeof(*fields));

	for (size_t i = 0; i < r->outcome_count; i++)
		fields[i] = (struct json_field){
			r->outcomes[i].name, json_text(r->outcomes[i].value)};
	return json_fields(fields);
}

static json_t *note(const struct remark *n)
{
	return json_text(n->text);
}

static json_t *difference(const struct difference *d)
{
	return JSON_OBJECT({"outcome", json_text(d->outcome)},
			   {"expected", json_text(d->expected)},
			   {"found", json_text(d->found)});
}

JSON_ARRAY_OF(notes, struct remark, note)
JSON_ARRAY_OF(differences, struct difference, difference)

static json_t *stack(const struct stack_answer *a)
{
	return JSON_OBJECT({"name", json_text(a->name)},
			   {"release", json_text(a->release)},
			   {"matches", json_flag(a->matches)},
			   {"differences",
			    differences(a->differences, a->difference_count)});
}

JSON_ARRAY_OF(stacks, struct stack_answer, stack)

/* The stacks that match throughout. */
static json_t *like(const struct run_total *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->stack_count; i++)
		if (run_total_like(t, &t->stacks[i]))
			list = json_appended(list,
					     json_text(t->stacks[i].name));
	return list;
}

/* The stack that is nearest to the peer, and the scenarios that it answers
 * otherwise. */
static json_t *nearest(const struct run_total *t)
{
	const struct total_stack *s = run_total_nearest(t);
	json_t *differs;

	if (!s)
		return json_null();
	differs = json_array();
	for (size_t i = 0; i < s->differing && i < NAMED_MAX; i++)
		differs = json_appended(differs, json_text(s->differs[i]));
	return JSON_OBJECT({"name", json_text(s->name)},
			   {"differing", json_count(s->differing)},
			   {"differs", differs});
}

static const char *end_name(enum scenario_end end)
{
	static const char *const names[] = {
		[SCENARIO_COMPLETE] = "complete",
		[SCENARIO_UNTESTED] = "untested",
		[SCENARIO_UNMET] = "expectation_not_met",
		[SCENARIO_NO_MPTCP] = "no_mptcp",
		[SCENARIO_BAD_SCRIPT] = "bad_script",
		[SCENARIO_NOT_RECORDED] = "not_recorded",
		[SCENARIO_STOPPED] = "stopped",
	};

	return names[end];
}

int scenario_json(const struct page *p, struct scenario *r)
{
	return JSON_LINE(p, "mpprobe-scenario/1",
			 {"scenario", json_text(r->script->name)},
			 {"title", json_text(r->about.title)},
			 {"source", json_text(r->about.source)},
			 {"target", json_text(r->peer->shown)},
			 {"mptcp_version", json_count(r->version)},
			 {"replay", json_flag(r->peer->replay)},
			 {"end", json_text(end_name(r->end))},
			 {"segments", segments(r)},
			 {"expectations",
			  expectations(r->expectations, r->expectation_count)},
			 {"notes", notes(r->remarks, r->remark_count)},
			 {"outcomes", outcomes(r)},
			 {"stacks", stacks(r->stacks, r->stack_count)},
			 {"exit", json_count((unsigned)scenario_exit_code(r))},
			 {"text", json_text(scenario_sentence(r))});
}

int scenario_summary_json(const struct page *p, const struct run_total *t)
{
	return JSON_LINE(p, "mpprobe-scenarios/1",
			 {"scenarios", json_count(t->count)},
			 {"matching", json_count(t->matching)},
			 {"untested", json_count(t->untested)},
			 {"like", like(t)}, {"nearest", nearest(t)},
			 {"exit", json_count((unsigned)t->exit_code)},
			 {"text", json_text(run_total_sentence(p->arena, t))});
}
