/* SPDX-License-Identifier: GPL-3.0-or-later
 * The inverse of print/json.c.
 */
#include <math.h>
#include <string.h>

#include "crafting/cursor.h"
#include "report/arena.h"
#include "report/report.h"
#include "report/saved/member.h"
#include "report/saved/saved.h"

#define HOPS_MAX 255 /* TTLs */

/* The value of this name; the first for one that is not known. */
#define VALUE_OF(function, type, name_of)                                      \
	static type function(const json_t *object, const char *member)         \
	{                                                                      \
		const char *text = member_text(object, member);                \
		int value = 0;                                                 \
                                                                               \
		while (strcmp(name_of((type)value), text) != 0 &&              \
		       strcmp(name_of((type)value), "?") != 0)                 \
			value++;                                               \
		return strcmp(name_of((type)value), text) != 0 || !*text       \
			       ? (type)0                                       \
			       : (type)value;                                  \
	}

VALUE_OF(status, enum status, status_name)
VALUE_OF(confidence, enum confidence, confidence_name)
VALUE_OF(direction, enum direction, direction_name)
VALUE_OF(bounds, enum bounds, bounds_name)
VALUE_OF(segment, enum segment_kind, segment_name)
VALUE_OF(purpose, enum purpose, purpose_name)
VALUE_OF(matched_by, enum matched_by, matched_by_name)
VALUE_OF(rung, enum ladder_rung, rung_name)
VALUE_OF(rung_result, enum rung_result, rung_result_name)
VALUE_OF(vantage, enum vantage, vantage_name)
VALUE_OF(why, enum why, why_name)
VALUE_OF(effect, enum effect, effect_name)

#define EACH(item, object, name)                                               \
	for (size_t index_ = 0;                                                \
	     ((item) = json_array_get(json_object_get(object, name), index_)); \
	     index_++)

static struct place place(const json_t *object, const char *name)
{
	const json_t *json = json_object_get(object, name);

	return (struct place){.known = json_is_object(json),
			      .ttl = member_ttl(json, "ttl"),
			      .address = member_address(json, "address")};
}

/* One of a newer version says what it says itself. */
static const struct finding_kind *kind_of(struct arena *a, const json_t *json)
{
	const struct finding_kind *known =
		finding_kind(member_text(json, "id"));
	struct finding_kind *kind;

	if (known)
		return known;
	kind = arena_alloc(a, sizeof(*kind));
	kind->id = kind->title = arena_printf(a, "%s", member_text(json, "id"));
	kind->meaning = kind->proof = kind->rfc = kind->advice = "";
	kind->effect = effect(json, "effect");
	return kind;
}

static void take_evidence(struct arena *a, struct finding *f,
			  const json_t *json)
{
	*ARENA_PUSH(a, f->evidence, f->evidence_count) = (struct evidence){
		.frame = member_count(json, "frame"),
		.sent = member_copy(a, json, "sent"),
		.seen = member_copy(a, json, "seen"),
		.text = member_copy(a, json, "text"),
	};
}

static void take_finding(struct report *r, const json_t *json)
{
	struct arena *a = r->arena;
	struct finding *f = ARENA_PUSH(a, r->findings, r->finding_count);
	const json_t *item;

	*f = (struct finding){
		.kind = kind_of(a, json),
		.effect = effect(json, "effect"),
		.direction = direction(json, "direction"),
		.segment = segment(json, "segment"),
		.how = member_copy(a, json, "how"),
		.after = place(json, "after"),
		.at = place(json, "at"),
		.bounds = bounds(json, "bounds"),
		.confidence = confidence(json, "confidence"),
		.text = member_copy(a, json, "text"),
	};
	EACH(item, json, "connections")
	*ARENA_PUSH(a, f->connections, f->connection_count) =
		(unsigned)json_integer_value(item);
	EACH(item, json, "evidence")
	take_evidence(a, f, item);
}

static void take_change(struct arena *a, struct report_quote *q,
			const json_t *json)
{
	*ARENA_PUSH(a, q->changes, q->change_count) = (struct change){
		.field = arena_printf(a, "%s", member_text(json, "field")),
		.sent = member_copy(a, json, "sent"),
		.quoted = member_copy(a, json, "quoted"),
	};
}

static void take_quote(struct arena *a, struct report_hop *h,
		       const json_t *json)
{
	struct report_quote *q = ARENA_PUSH(a, h->quotes, h->quote_count);
	const json_t *item;

	*q = (struct report_quote){
		.segment = segment(json, "segment"),
		.connection = (unsigned)member_number(json, "connection", 0),
		.plain = member_flag(json, "plain"),
		.frame = member_count(json, "frame"),
		.bytes = (size_t)member_count(json, "bytes"),
		.matched_by = matched_by(json, "matched_by"),
		.covers_options = member_flag(json, "covers_options"),
	};
	EACH(item, json, "changes")
	take_change(a, q, item);
}

static void take_responder(struct arena *a, struct report_hop *h,
			   const json_t *json)
{
	*ARENA_PUSH(a, h->responders, h->responder_count) = (struct responder){
		.address = member_address(json, "address"),
		.rtt_ms = member_decimal(json, "rtt_ms"),
		.reply_ttl = member_ttl(json, "reply_ttl"),
		.initial_ttl = member_ttl(json, "initial_ttl"),
		.return_hops = member_ttl(json, "return_hops"),
		.return_varies = member_flag(json, "return_varies"),
	};
}

static void take_hop(struct report *r, const json_t *json)
{
	struct arena *a = r->arena;
	const json_t *network = json_object_get(json, "as"), *item;
	struct report_hop *h;

	if (r->path_length == HOPS_MAX)
		return;
	h = ARENA_PUSH(a, r->path, r->path_length);
	*h = (struct report_hop){
		.ttl = member_ttl(json, "ttl"),
		.address = member_address(json, "address"),
		.name = member_copy(a, json, "name"),
		.origin = (uint32_t)member_count(network, "number"),
		.origin_name = member_copy(a, network, "name"),
		.rtt_ms = member_decimal(json, "rtt_ms"),
		.is_target = member_flag(json, "is_target"),
	};
	EACH(item, json, "responders")
	take_responder(a, h, item);
	EACH(item, json, "quotes")
	take_quote(a, h, item);
}

static struct asymmetry *asymmetry(struct arena *a, const json_t *report)
{
	const json_t *json = json_object_get(report, "asymmetry");
	struct asymmetry *found;

	if (!json_is_object(json))
		return NULL;
	found = arena_alloc(a, sizeof(*found));
	found->from = member_ttl(json, "from");
	found->least = member_number(json, "least", 0);
	found->most = member_number(json, "most", 0);
	found->text = member_copy(a, json, "text");
	return found;
}

static struct report_syn_ack *syn_ack(struct arena *a, const json_t *connection)
{
	const json_t *json = json_object_get(connection, "syn_ack");
	struct report_syn_ack *s;

	if (!json_is_object(json))
		return NULL;
	s = arena_alloc(a, sizeof(*s));
	*s = (struct report_syn_ack){
		.ttl = member_ttl(json, "ttl"),
		.initial_ttl = member_ttl(json, "initial_ttl"),
		.hops = member_ttl(json, "hops"),
		.rtt_ms = member_decimal(json, "rtt_ms"),
		.options = member_copy(a, json, "options"),
		.options_text = member_copy(a, json, "options_text"),
		.mss = member_number(json, "mss", -1),
		.wscale = member_number(json, "wscale", -1),
		.window = (unsigned)member_number(json, "window", 0),
		.frame = member_count(json, "frame"),
	};
	return s;
}

static struct report_reset *reset(struct arena *a, const json_t *connection)
{
	const json_t *json = json_object_get(connection, "reset");
	struct report_reset *found;

	if (!json_is_object(json))
		return NULL;
	found = arena_alloc(a, sizeof(*found));
	*found = (struct report_reset){
		.ttl = member_ttl(json, "ttl"),
		.initial_ttl = member_ttl(json, "initial_ttl"),
		.hops = member_ttl(json, "hops"),
		.reason = member_number(json, "reason", -1),
		.frame = member_count(json, "frame"),
	};
	return found;
}

static void take_connection(struct report *r, const json_t *json)
{
	struct report_connection *c =
		ARENA_PUSH(r->arena, r->connections, r->connection_count);

	*c = (struct report_connection){
		.id = (unsigned)member_number(json, "id", 0),
		.purpose = purpose(json, "purpose"),
		.version = member_number(json, "version", -1),
		.source_port = member_port(json, "source_port"),
		.port = member_port(json, "port"),
		.attempts = (unsigned)member_number(json, "attempts", 0),
		.syn_ttl = member_ttl(json, "syn_ttl"),
		.reach_ttl = member_number(json, "reach_ttl", -1),
		.swept = member_flag(json, "swept"),
		.checksum = member_flag(json, "checksum"),
		.keys_verified = member_known(json, "keys_verified"),
		.syn_ack = syn_ack(r->arena, json),
		.reset = reset(r->arena, json),
	};
}

static void take_packet(struct report *r, const json_t *json)
{
	struct report_packet *p =
		ARENA_PUSH(r->arena, r->packets, r->packet_count);
	const char *hex = member_text(json, "bytes");
	size_t capacity = strlen(hex) / 2;
	uint8_t *bytes = arena_alloc(r->arena, capacity + 1);
	long length = hex_bytes(hex, bytes, capacity);

	*p = (struct report_packet){
		.frame = member_count(json, "frame"),
		.ms = member_decimal(json, "ms"),
		.connection = (unsigned)member_number(json, "connection", 0),
		.received = member_flag(json, "received"),
		.segment = segment(json, "segment"),
		.quotes = member_count(json, "quotes"),
		.hop = member_ttl(json, "hop"),
		.responder = member_address(json, "responder"),
		.bytes = bytes,
		.length = length < 0 ? 0 : (size_t)length,
	};
}

static void take_step(struct report *r, const json_t *json)
{
	struct ladder_step *s = &r->ladder[rung(json, "step")];
	const json_t *item;

	s->version = member_number(json, "version", -1);
	s->result = rung_result(json, "result");
	s->text = member_copy(r->arena, json, "text");
	EACH(item, json, "frames")
	*ARENA_PUSH(r->arena, s->frames, s->frame_count) =
		(uint64_t)json_integer_value(item);
}

static void take_ladder(struct report *r, const json_t *json)
{
	const json_t *item;

	for (size_t i = 0; i < RUNG_COUNT; i++)
		r->ladder[i] = (struct ladder_step){.rung = (enum ladder_rung)i,
						    .version = -1,
						    .result = RUNG_SKIPPED};
	EACH(item, json, "ladder")
	take_step(r, item);
}

static void take_announcement(struct report *r, const json_t *json)
{
	struct arena *a = r->arena;

	*ARENA_PUSH(a, r->announcements,
		    r->announcement_count) = (struct announcement){
		.address = member_address(json, "address"),
		.port = member_number(json, "port", -1),
		.id = member_ttl(json, "id"),
		.hmac = member_known(json, "hmac"),
		.joined = member_flag(json, "joined"),
		.text = arena_printf(a, "%s", member_text(json, "text")),
	};
}

static void take_announced(struct report *r, const json_t *address)
{
	struct address *a =
		ARENA_PUSH(r->arena, r->announced, r->announced_count);

	if (!json_is_string(address) ||
	    !address_parse(json_string_value(address), a))
		*a = (struct address){0};
}

static void take_untested(struct report *r, const json_t *json)
{
	struct arena *a = r->arena;
	struct untested *u = ARENA_PUSH(a, r->untested, r->untested_count);

	u->what = arena_printf(a, "%s", member_text(json, "what"));
	u->words = member_copy(a, json, "text") ?: untested_words(u->what);
	u->why = arena_printf(a, "%s", member_text(json, "why"));
}

static void take_rule(struct report *r, const json_t *json)
{
	struct arena *a = r->arena;

	*ARENA_PUSH(a, r->rules, r->rule_count) = (struct report_rule){
		.id = arena_printf(a, "%s", member_text(json, "id")),
		.row = arena_printf(a, "%s", member_text(json, "row")),
		.why = why(json, "why"),
		.have = (unsigned)member_number(json, "have", 0),
		.need = (unsigned)member_number(json, "need", 0),
		.by = member_copy(a, json, "by"),
	};
}

static void take_head(struct report *r, const json_t *line)
{
	const json_t *target = json_object_get(line, "target");
	const json_t *source = json_object_get(line, "source");
	const json_t *capture = json_object_get(line, "capture");
	const json_t *at = json_object_get(line, "vantage");

	r->started_us = member_time(line, "started");
	r->elapsed_ms = fmax(member_decimal(line, "elapsed_ms"), 0);
	r->interrupted = member_flag(line, "interrupted");
	r->interruption = member_copy(r->arena, line, "interruption");
	r->target_name =
		arena_printf(r->arena, "%s", member_text(target, "name"));
	r->target = member_address(target, "address");
	r->port = member_port(target, "port");
	r->reference = member_flag(target, "reference");
	r->source = member_address(source, "address");
	r->interface = member_copy(r->arena, source, "interface");
	r->uplink = json_object_get(line, "uplink") != NULL;
	r->frames = member_count(capture, "frames");
	r->dropped = member_count(capture, "dropped");
	r->truncated = member_count(capture, "truncated");
	r->misfits = member_count(capture, "misfits");
	r->vantage = vantage(at, "at");
	r->vantage_said = member_flag(at, "said");
	r->seen_twice = member_copy(r->arena, line, "seen_twice");
	r->initial_joins = member_known(json_object_get(line, "server"),
					"joins_to_initial_address");
}

static void take_verdict(struct report *r, const json_t *line)
{
	const json_t *json = json_object_get(line, "verdict"), *item;

	r->status = status(json, "status");
	r->confidence = confidence(json, "confidence");
	r->mptcp_version = member_number(json, "mptcp_version", -1);
	r->verdict = member_copy(r->arena, json, "text");
	r->advice = member_copy(r->arena, json, "advice");
	EACH(item, json, "untested")
	take_untested(r, item);
}

static void take_lists(struct report *r, const json_t *line)
{
	const json_t *item;

	EACH(item, line, "findings")
	take_finding(r, item);
	EACH(item, line, "path")
	take_hop(r, item);
	EACH(item, line, "connections")
	take_connection(r, item);
	EACH(item, line, "packets")
	take_packet(r, item);
	EACH(item, line, "announced")
	take_announced(r, item);
	EACH(item, line, "announcements")
	take_announcement(r, item);
	EACH(item, line, "rules")
	take_rule(r, item);
}

struct report *saved_report(const json_t *line)
{
	struct arena *arena = arena_new();
	struct report *r = arena_alloc(arena, sizeof(*r));

	r->arena = arena;
	take_head(r, line);
	take_verdict(r, line);
	take_lists(r, line);
	take_ladder(r, line);
	r->asymmetry = asymmetry(arena, line);
	return r;
}
