// SPDX-License-Identifier: GPL-3.0-or-later
/* Schema mpprobe-scenario/1: probe/scenario/schema.json. */
#include <jansson.h>
#include <math.h>

#include "crafting/segment.h"
#include "probe/scenario/match.h"
#include "probe/scenario/peer.h"
#include "probe/scenario/print.h"
#include "probe/scenario/scenario.h"
#include "probe/scenario/sight.h"
#include "report/arena.h"
#include "report/track/observer.h"

static json_t *text_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static void put_text(json_t *object, const char *name, const char *text)
{
	put(object, name, text_or_null(text));
}

static void put_number(json_t *object, const char *name, json_int_t value)
{
	put(object, name, json_integer(value));
}

static json_t *milliseconds(double ms)
{
	return json_real(round(ms * 1000) / 1000);
}

static json_t *sight_object(struct run *r, const struct sight *s)
{
	const struct tcp_view *tcp = &s->segment->packet.tcp;
	struct sight_numbers n = sight_numbers(r, s);
	json_t *o = json_object();
	char flags[9], address[ADDRESS_TEXT];

	put(o, "time_ms", milliseconds(sight_ms(r, s)));
	put_number(o, "subflow", s->subflow);
	put_number(
		o, "frame",
		(json_int_t)(s->quote ? s->quote->frame : s->segment->frame));
	if (s->quote) {
		put_text(o, "direction", "quote");
		put_number(o, "ttl", s->quote->reply_ttl);
		put_text(o, "address",
			 address_text(&s->quote->responder, address));
		put_number(o, "quoted_bytes", (json_int_t)s->quote->bytes);
		put_number(o, "sent_ttl", s->segment->packet.ip.ttl);
		return o;
	}
	put_text(o, "direction", s->sent ? "sent" : "received");
	put_number(o, "ttl", s->segment->packet.ip.ttl);
	put_text(o, "flags", flags_text(tcp->flags, flags));
	put_number(o, "seq", n.sequence);
	put_number(o, "ack", n.acknowledgment);
	put_number(o, "length", (json_int_t)tcp->payload_length);
	put_text(o, "options", options_in_words(r->arena, tcp));
	put_text(o, "raw",
		 arena_hex(r->arena, tcp->options, tcp->options_available));
	return o;
}

static json_t *segments(struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->sight_count; i++)
		json_array_append_new(list, sight_object(r, &r->sights[i]));
	return list;
}

static json_t *expectations(const struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->expectation_count; i++) {
		const struct expectation *e = &r->expectations[i];
		json_t *o = json_object();

		put_number(o, "line", e->line);
		put_text(o, "expected", e->text);
		put(o, "met", json_boolean(!e->found));
		put_text(o, "found", e->found);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *outcomes(const struct run *r)
{
	json_t *o = json_object();

	for (size_t i = 0; i < r->outcome_count; i++)
		put_text(o, r->outcomes[i].name, r->outcomes[i].value);
	return o;
}

static json_t *notes(const struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->remark_count; i++)
		json_array_append_new(list, text_or_null(r->remarks[i].text));
	return list;
}

static json_t *differences(const struct stack_answer *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->difference_count; i++) {
		json_t *o = json_object();

		put_text(o, "outcome", a->differences[i].outcome);
		put_text(o, "expected", a->differences[i].expected);
		put_text(o, "found", a->differences[i].found);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *stacks(const struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->stack_count; i++) {
		const struct stack_answer *a = &r->stacks[i];
		json_t *o = json_object();

		put_text(o, "name", a->name);
		put_text(o, "release", a->release);
		put(o, "matches", json_boolean(a->matches));
		put(o, "differences", differences(a));
		json_array_append_new(list, o);
	}
	return list;
}

static const char *end_name(enum run_end end)
{
	static const char *const names[] = {
		[RUN_COMPLETE] = "complete",
		[RUN_UNMET] = "expectation_not_met",
		[RUN_NO_MPTCP] = "no_mptcp",
		[RUN_BAD_SCRIPT] = "bad_script",
		[RUN_NOT_RECORDED] = "not_recorded",
		[RUN_STOPPED] = "stopped",
	};

	return names[end];
}

static int print(FILE *out, json_t *o)
{
	int ret = json_dumpf(o, out,
			     JSON_COMPACT | JSON_ENSURE_ASCII |
				     JSON_REAL_PRECISION(12));

	json_decref(o);
	if (putc('\n', out) == EOF)
		ret = -1;
	return ret;
}

int scenario_json(FILE *out, struct run *r)
{
	json_t *o = json_object();

	put_text(o, "schema", "mpprobe-scenario/1");
	put_text(o, "version", MPPROBE_VERSION);
	put_text(o, "scenario", r->script->name);
	put_text(o, "title", r->about.title);
	put_text(o, "source", r->about.source);
	put_text(o, "target", r->peer->target);
	put_number(o, "mptcp_version", r->version);
	put(o, "replay", json_boolean(r->peer->replay));
	put_text(o, "end", end_name(r->end));
	put(o, "segments", segments(r));
	put(o, "expectations", expectations(r));
	put(o, "notes", notes(r));
	put(o, "outcomes", outcomes(r));
	put(o, "stacks", stacks(r));
	put_number(o, "exit", run_exit_code(r));
	put_text(o, "text", run_sentence(r));
	return print(out, o);
}

int scenario_summary_json(FILE *out, const struct run_all *all)
{
	json_t *o = json_object(), *like = json_array();

	for (size_t i = 0; i < all->like_count; i++)
		json_array_append_new(like, text_or_null(all->like[i]));
	put_text(o, "schema", "mpprobe-scenarios/1");
	put_text(o, "version", MPPROBE_VERSION);
	put_number(o, "scenarios", (json_int_t)all->count);
	put_number(o, "matching", (json_int_t)all->matching);
	put(o, "like", like);
	put_number(o, "exit", all->exit_code);
	put_text(o, "text", all->text);
	return print(out, o);
}
