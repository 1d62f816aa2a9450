/* SPDX-License-Identifier: GPL-3.0-or-later
 * The fields are those of report/schema.json. They may be added at the end of
 * an object, never renamed.
 *
 * NULL stands for "no memory" throughout, and an object or array that would
 * hold it becomes NULL itself.
 */
#include "report/print/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/report.h"

#define SCHEMA "mpprobe-report/1"

/* Enough for milliseconds rounded to three decimals, and too few for the
 * noise behind them (0.21000000000000002). */
#define FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

struct field {
	const char *name;
	json_t *value; /* taken over */
};

#define OBJECT(fields) object(fields, sizeof(fields) / sizeof((fields)[0]))

static json_t *object(const struct field *fields, size_t number)
{
	json_t *json = json_object();
	bool whole = json != NULL;
	size_t i;

	for (i = 0; i < number; i++)
		if (json_object_set_new(json, fields[i].name,
					fields[i].value) != 0)
			whole = false;
	if (!whole)
		json_decref(json);
	return whole ? json : NULL;
}

static json_t *count(size_t value)
{
	return json_integer((json_int_t)value);
}

/* Negative numbers stand for what is not known. */
static json_t *count_or_null(int value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *milliseconds(double ms)
{
	if (!isfinite(ms) || ms < 0)
		return json_null();
	return json_real(round(ms * 1000) / 1000);
}

/* Text that is not UTF-8 loses everything but its ASCII. */
static json_t *ascii(const char *text)
{
	json_t *json = NULL;
	char *copy = strdup(text), *c;

	if (copy == NULL)
		return NULL;
	for (c = copy; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

static json_t *text(const char *value)
{
	json_t *json;

	if (value == NULL)
		return json_null();
	json = json_string(value);
	return json != NULL ? json : ascii(value);
}

static json_t *address(const struct address *a)
{
	char buffer[ADDRESS_TEXT];

	return a->family == 0 ? json_null()
			      : json_string(address_text(a, buffer));
}

/* Appends and returns the array, or NULL, with the array freed. */
static json_t *append(json_t *array, json_t *item)
{
	if (json_array_append_new(array, item) == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* An array of `number` elements, each made by a function of an element. */
#define ARRAY_OF(name, type, element)                                          \
	static json_t *name(const type *items, size_t number)                  \
	{                                                                      \
		json_t *array = json_array();                                  \
		size_t i;                                                      \
                                                                               \
		for (i = 0; i < number && array != NULL; i++)                  \
			array = append(array, element(&items[i]));             \
		return array;                                                  \
	}

static json_t *frame_number(const uint64_t *frame)
{
	return json_integer((json_int_t)*frame);
}

static json_t *connection_id(const unsigned *id)
{
	return json_integer(*id);
}

ARRAY_OF(frames, uint64_t, frame_number)
ARRAY_OF(connection_ids, unsigned, connection_id)
ARRAY_OF(addresses, struct address, address)

/* RFC 3339, UTC, with milliseconds. */
static json_t *started(int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	char day[64];
	struct tm tm;

	if (us <= 0 || gmtime_r(&seconds, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	return json_sprintf("%s.%03dZ", day, (int)(us / 1000 % 1000));
}

static json_t *place(const struct place *p)
{
	if (!p->known)
		return json_null();

	struct field fields[] = {
		{"ttl", count(p->ttl)},
		{"address", address(&p->address)},
	};

	return OBJECT(fields);
}

static json_t *one_evidence(const struct evidence *e)
{
	struct field fields[] = {
		{"frame", e->frame == 0 ? json_null() : count(e->frame)},
		{"sent", text(e->sent)},
		{"seen", text(e->seen)},
		{"text", text(e->text)},
	};

	return OBJECT(fields);
}

ARRAY_OF(evidence, struct evidence, one_evidence)

static json_t *one_finding(const struct finding *f)
{
	struct field fields[] = {
		{"id", text(f->kind->id)},
		{"effect", text(effect_name(f->effect))},
		{"direction", text(direction_name(f->direction))},
		{"segment", text(segment_name(f->segment))},
		{"how", text(f->how)},
		{"after", place(&f->after)},
		{"at", place(&f->at)},
		{"confidence", text(confidence_name(f->confidence))},
		{"text", text(f->text)},
		{"connections",
		 connection_ids(f->connections, f->connection_count)},
		{"evidence", evidence(f->evidence, f->evidence_count)},
	};

	return OBJECT(fields);
}

ARRAY_OF(findings, struct finding, one_finding)

static json_t *one_change(const struct change *c)
{
	struct field fields[] = {
		{"field", text(c->field)},
		{"sent", text(c->sent)},
		{"quoted", text(c->quoted)},
	};

	return OBJECT(fields);
}

ARRAY_OF(changes, struct change, one_change)

static json_t *one_quote(const struct report_quote *q)
{
	struct field fields[] = {
		{"segment", text(segment_name(q->segment))},
		{"connection", count(q->connection)},
		{"bytes", count(q->bytes)},
		{"matched_by", text(matched_by_name(q->matched_by))},
		{"changes", changes(q->changes, q->change_count)},
		{"frame", count(q->frame)},
		{"plain", json_boolean(q->plain)},
		{"covers_options", json_boolean(q->covers_options)},
	};

	return OBJECT(fields);
}

static json_t *one_responder(const struct responder *r)
{
	struct field fields[] = {
		{"address", address(&r->address)},
		{"rtt_ms", milliseconds(r->rtt_ms)},
		{"reply_ttl", count(r->reply_ttl)},
		{"initial_ttl", count(r->initial_ttl)},
		{"return_hops", count(r->return_hops)},
	};

	return OBJECT(fields);
}

ARRAY_OF(quotes, struct report_quote, one_quote)
ARRAY_OF(responders, struct responder, one_responder)

static json_t *one_hop(const struct report_hop *h)
{
	struct field fields[] = {
		{"ttl", count(h->ttl)},
		{"address", address(&h->address)},
		{"name", text(h->name)},
		{"rtt_ms", milliseconds(h->rtt_ms)},
		{"responders", responders(h->responders, h->responder_count)},
		{"quotes", quotes(h->quotes, h->quote_count)},
		{"is_target", json_boolean(h->is_target)},
	};

	return OBJECT(fields);
}

ARRAY_OF(path, struct report_hop, one_hop)

static json_t *asymmetry(const struct asymmetry *a)
{
	if (a == NULL)
		return json_null();

	struct field fields[] = {
		{"from", count(a->from)},
		{"least", json_integer(a->least)},
		{"most", json_integer(a->most)},
		{"text", text(a->text)},
	};

	return OBJECT(fields);
}

static json_t *syn_ack(const struct report_syn_ack *s)
{
	if (s == NULL)
		return json_null();

	struct field fields[] = {
		{"ttl", count(s->ttl)},
		{"initial_ttl", count(s->initial_ttl)},
		{"hops", count(s->hops)},
		{"rtt_ms", milliseconds(s->rtt_ms)},
		{"options", text(s->options)},
		{"mss", count_or_null(s->mss)},
		{"window", count(s->window)},
		{"wscale", count_or_null(s->wscale)},
		{"options_text", text(s->options_text)},
		{"frame", count(s->frame)},
	};

	return OBJECT(fields);
}

static json_t *reset(const struct report_reset *r)
{
	if (r == NULL)
		return json_null();

	struct field fields[] = {
		{"ttl", count(r->ttl)},
		{"initial_ttl", count(r->initial_ttl)},
		{"hops", count(r->hops)},
		{"reason", count_or_null(r->reason)},
		{"frame", count(r->frame)},
	};

	return OBJECT(fields);
}

static json_t *one_connection(const struct report_connection *c)
{
	json_t *keys_verified = c->keys_verified < 0
					? json_null()
					: json_boolean(c->keys_verified);
	struct field fields[] = {
		{"id", count(c->id)},
		{"purpose", text(purpose_name(c->purpose))},
		{"version", count_or_null(c->version)},
		{"source_port", count(c->source_port)},
		{"port", count(c->port)},
		{"attempts", count(c->attempts)},
		{"syn_ttl", count(c->syn_ttl)},
		{"reach_ttl", count_or_null(c->reach_ttl)},
		{"checksum", json_boolean(c->checksum)},
		{"keys_verified", keys_verified},
		{"syn_ack", syn_ack(c->syn_ack)},
		{"reset", reset(c->reset)},
		{"swept", json_boolean(c->swept)},
	};

	return OBJECT(fields);
}

ARRAY_OF(connections, struct report_connection, one_connection)

static json_t *one_step(const struct ladder_step *s)
{
	struct field fields[] = {
		{"step", text(rung_name(s->rung))},
		{"version", count_or_null(s->version)},
		{"result", text(rung_result_name(s->result))},
		{"frames", frames(s->frames, s->frame_count)},
		{"text", text(s->text)},
	};

	return OBJECT(fields);
}

ARRAY_OF(ladder, struct ladder_step, one_step)

static json_t *target(const struct report *r)
{
	struct field fields[] = {
		{"name", text(r->target_name)},
		{"address", address(&r->target)},
		{"port", count(r->port)},
	};
	json_t *json = OBJECT(fields);

	if (json != NULL && r->reference &&
	    json_object_set_new(json, "reference", json_true()) != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *source(const struct report *r)
{
	struct field fields[] = {
		{"address", address(&r->source)},
		{"interface", text(r->interface)},
	};

	return OBJECT(fields);
}

static json_t *capture(const struct report *r)
{
	struct field fields[] = {
		{"frames", count(r->frames)},
		{"dropped", count(r->dropped)},
	};

	return OBJECT(fields);
}

static json_t *verdict(const struct report *r)
{
	struct field fields[] = {
		{"status", text(status_name(r->status))},
		{"confidence", text(confidence_name(r->confidence))},
		{"mptcp_version", count_or_null(r->mptcp_version)},
		{"text", text(r->verdict)},
		{"advice", text(r->advice)},
	};

	return OBJECT(fields);
}

static json_t *report(const struct report *r)
{
	struct field fields[] = {
		{"schema", text(SCHEMA)},
		{"version", text(MPPROBE_VERSION)},
		{"started", started(r->started_us)},
		{"elapsed_ms", milliseconds(r->elapsed_ms)},
		{"interrupted", json_boolean(r->interrupted)},
		{"target", target(r)},
		{"source", source(r)},
		{"capture", capture(r)},
		{"verdict", verdict(r)},
		{"findings", findings(r->findings, r->finding_count)},
		{"path", path(r->path, r->path_length)},
		{"asymmetry", asymmetry(r->asymmetry)},
		{"connections",
		 connections(r->connections, r->connection_count)},
		{"ladder", ladder(r->ladder, RUNG_COUNT)},
		{"announced", addresses(r->announced, r->announced_count)},
	};

	return OBJECT(fields);
}

int json_report(FILE *out, const struct report *r)
{
	json_t *json = report(r);
	int ret = -1;

	if (json != NULL && json_dumpf(json, out, FLAGS) == 0 &&
	    fputc('\n', out) != EOF)
		ret = 0;
	json_decref(json);
	return ret;
}
