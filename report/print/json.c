/* SPDX-License-Identifier: GPL-3.0-or-later
 * The fields are those of report/schemas/report.json. They may be added at the
 * end of an object, never renamed.
 */
#include "report/print/json.h"

#include <string.h>

#include "report/arena.h"
#include "report/print/json_value.h"
#include "report/report.h"

static json_t *frame_number(const uint64_t *frame)
{
	return json_count(*frame);
}

static json_t *connection_id(const unsigned *id)
{
	return json_count(*id);
}

JSON_ARRAY_OF(frames, uint64_t, frame_number)
JSON_ARRAY_OF(connection_ids, unsigned, connection_id)
JSON_ARRAY_OF(addresses, struct address, json_address)

static json_t *known(int is)
{
	return is < 0 ? json_null() : json_flag(is);
}

static json_t *one_announcement(const struct announcement *a)
{
	return JSON_OBJECT({"address", json_address(&a->address)},
			   {"port", json_count_or_null(a->port)},
			   {"id", json_count(a->id)}, {"hmac", known(a->hmac)},
			   {"joined", json_flag(a->joined)},
			   {"text", json_text(a->text)});
}

static json_t *one_untested(const struct untested *u)
{
	bool more = strcmp(u->words, untested_words(u->what)) != 0;

	return JSON_OBJECT({"what", json_text(u->what)},
			   {more ? "text" : "", json_text(u->words)},
			   {"why", json_text(u->why)});
}

JSON_ARRAY_OF(announcements, struct announcement, one_announcement)
JSON_ARRAY_OF(untested, struct untested, one_untested)

static json_t *place(const struct place *p)
{
	if (!p->known)
		return json_null();
	return JSON_OBJECT({"ttl", json_count(p->ttl)},
			   {"address", json_address(&p->address)});
}

static json_t *one_evidence(const struct evidence *e)
{
	return JSON_OBJECT(
		{"frame", json_frame(e->frame)}, {"sent", json_text(e->sent)},
		{"seen", json_text(e->seen)}, {"text", json_text(e->text)});
}

JSON_ARRAY_OF(evidence, struct evidence, one_evidence)

static json_t *one_finding(const struct finding *f)
{
	bool joined = f->segment == SEGMENT_JOIN_DATA;

	return JSON_OBJECT(
		{"id", json_text(f->kind->id)},
		{"effect", json_text(effect_name(f->effect))},
		{"direction", json_text(direction_name(f->direction))},
		{"segment", json_text(segment_name(f->segment))},
		{"how", json_text(f->how)}, {"after", place(&f->after)},
		{"at", place(&f->at)},
		{f->bounds ? "bounds" : "",
		 f->bounds ? json_text(bounds_name(f->bounds)) : NULL},
		{"confidence", json_text(confidence_name(f->confidence))},
		{"text", json_text(f->text)},
		{"connections",
		 connection_ids(f->connections, f->connection_count)},
		{"evidence", evidence(f->evidence, f->evidence_count)},
		{joined ? "subflow" : NULL,
		 joined ? json_text("joined") : NULL});
}

JSON_ARRAY_OF(findings, struct finding, one_finding)

static json_t *one_change(const struct change *c)
{
	return JSON_OBJECT({"field", json_text(c->field)},
			   {"sent", json_text(c->sent)},
			   {"quoted", json_text(c->quoted)});
}

JSON_ARRAY_OF(changes, struct change, one_change)

static json_t *one_quote(const struct report_quote *q)
{
	return JSON_OBJECT(
		{"segment", json_text(segment_name(q->segment))},
		{"connection", json_count(q->connection)},
		{"bytes", json_count(q->bytes)},
		{"matched_by", json_text(matched_by_name(q->matched_by))},
		{"changes", changes(q->changes, q->change_count)},
		{"frame", json_count(q->frame)}, {"plain", json_flag(q->plain)},
		{"covers_options", json_flag(q->covers_options)});
}

static json_t *one_responder(const struct responder *r)
{
	return JSON_OBJECT(
		{"address", json_address(&r->address)},
		{"rtt_ms", json_decimal(r->rtt_ms)},
		{"reply_ttl", json_count(r->reply_ttl)},
		{"initial_ttl", json_count(r->initial_ttl)},
		{"return_hops", json_count(r->return_hops)},
		{r->return_varies ? "return_varies" : "", json_flag(true)});
}

JSON_ARRAY_OF(quotes, struct report_quote, one_quote)
JSON_ARRAY_OF(responders, struct responder, one_responder)

static json_t *origin(const struct report_hop *h)
{
	if (!h->origin)
		return json_null();
	return JSON_OBJECT({"number", json_count(h->origin)},
			   {"name", json_text(h->origin_name)});
}

static json_t *one_hop(const struct report_hop *h)
{
	return JSON_OBJECT(
		{"ttl", json_count(h->ttl)},
		{"address", json_address(&h->address)},
		{"name", json_text(h->name)},
		{h->origin ? "as" : "", origin(h)},
		{"rtt_ms", json_decimal(h->rtt_ms)},
		{"responders", responders(h->responders, h->responder_count)},
		{"quotes", quotes(h->quotes, h->quote_count)},
		{"is_target", json_flag(h->is_target)});
}

static json_t *one_station(const struct report_hop *h)
{
	return JSON_OBJECT({"ttl", json_count(h->ttl)},
			   {"address", json_address(&h->address)},
			   {"is_target", json_flag(h->is_target)});
}

JSON_ARRAY_OF(path, struct report_hop, one_hop)
JSON_ARRAY_OF(stations, struct report_hop, one_station)

static json_t *asymmetry(const struct asymmetry *a)
{
	if (a == NULL)
		return json_null();
	return JSON_OBJECT({"from", json_count(a->from)},
			   {"least", json_integer(a->least)},
			   {"most", json_integer(a->most)},
			   {"text", json_text(a->text)});
}

static json_t *syn_ack(const struct report_syn_ack *s)
{
	if (s == NULL)
		return json_null();
	return JSON_OBJECT({"ttl", json_count(s->ttl)},
			   {"initial_ttl", json_count(s->initial_ttl)},
			   {"hops", json_count(s->hops)},
			   {"rtt_ms", json_decimal(s->rtt_ms)},
			   {"options", json_text(s->options)},
			   {"mss", json_count_or_null(s->mss)},
			   {"window", json_count(s->window)},
			   {"wscale", json_count_or_null(s->wscale)},
			   {"options_text", json_text(s->options_text)},
			   {"frame", json_count(s->frame)});
}

static json_t *reset(const struct report_reset *r)
{
	if (r == NULL)
		return json_null();
	return JSON_OBJECT({"ttl", json_count(r->ttl)},
			   {"initial_ttl", json_count(r->initial_ttl)},
			   {"hops", json_count(r->hops)},
			   {"reason", json_count_or_null(r->reason)},
			   {"frame", json_count(r->frame)});
}

static json_t *one_connection(const struct report_connection *c)
{
	return JSON_OBJECT({"id", json_count(c->id)},
			   {"purpose", json_text(purpose_name(c->purpose))},
			   {"version", json_count_or_null(c->version)},
			   {"source_port", json_count(c->source_port)},
			   {"port", json_count(c->port)},
			   {"attempts", json_count(c->attempts)},
			   {"syn_ttl", json_count(c->syn_ttl)},
			   {"reach_ttl", json_count_or_null(c->reach_ttl)},
			   {"checksum", json_flag(c->checksum)},
			   {"keys_verified", known(c->keys_verified)},
			   {"syn_ack", syn_ack(c->syn_ack)},
			   {"reset", reset(c->reset)},
			   {"swept", json_flag(c->swept)});
}

JSON_ARRAY_OF(connections, struct report_connection, one_connection)

static json_t *hex_of(const uint8_t *bytes, size_t length)
{
	struct arena *a = arena_new();
	json_t *hex = json_text(arena_hex(a, bytes, length));

	arena_free(a);
	return hex;
}

static json_t *one_packet(const struct report_packet *k)
{
	return JSON_OBJECT({"frame", json_count(k->frame)},
			   {"ms", json_decimal(k->ms)},
			   {"connection", json_count(k->connection)},
			   {"received", json_flag(k->received)},
			   {"segment", json_text(segment_name(k->segment))},
			   {"quotes", json_frame(k->quotes)},
			   {"hop", k->hop ? json_count(k->hop) : json_null()},
			   {"responder", json_address(&k->responder)},
			   {"bytes", hex_of(k->bytes, k->length)});
}

JSON_ARRAY_OF(packets, struct report_packet, one_packet)

static json_t *one_step(const struct ladder_step *s)
{
	return JSON_OBJECT({"step", json_text(rung_name(s->rung))},
			   {"version", json_count_or_null(s->version)},
			   {"result", json_text(rung_result_name(s->result))},
			   {"frames", frames(s->frames, s->frame_count)},
			   {"text", json_text(s->text)});
}

JSON_ARRAY_OF(ladder, struct ladder_step, one_step)

static json_t *target(const struct report *r)
{
	return JSON_OBJECT({"name", json_text(r->target_name)},
			   {"address", json_address(&r->target)},
			   {"port", json_count(r->port)},
			   {r->reference ? "reference" : NULL, json_true()});
}

static json_t *source(const struct report *r)
{
	return JSON_OBJECT({"address", json_address(&r->source)},
			   {"interface", json_text(r->interface)});
}

static json_t *capture(const struct report *r)
{
	return JSON_OBJECT({"frames", json_count(r->frames)},
			   {"dropped", json_count(r->dropped)},
			   {r->truncated ? "truncated" : "",
			    r->truncated ? json_count(r->truncated) : NULL},
			   {r->misfits ? "misfits" : NULL,
			    r->misfits ? json_count(r->misfits) : NULL});
}

static json_t *vantage(const struct report *r)
{
	return JSON_OBJECT({"at", json_text(vantage_name(r->vantage))},
			   {"said", json_flag(r->vantage_said)});
}

static json_t *verdict(const struct report *r)
{
	return JSON_OBJECT(
		{"status", json_text(status_name(r->status))},
		{"confidence", json_text(confidence_name(r->confidence))},
		{"mptcp_version", json_count_or_null(r->mptcp_version)},
		{"text", json_text(r->verdict)},
		{"advice", json_text(r->advice)},
		{"untested", untested(r->untested, r->untested_count)});
}

static json_t *server(const struct report *r)
{
	return JSON_OBJECT(
		{"joins_to_initial_address", known(r->initial_joins)});
}

/* Which of several uplinks. */
static json_t *uplink(const struct report *r)
{
	return r->interface ? json_text(r->interface)
			    : json_address(&r->source);
}

static json_t *one_rule(const struct report_rule *r)
{
	return JSON_OBJECT(
		{"id", json_text(r->id)}, {"row", json_text(r->row)},
		{"why", json_text(why_name(r->why))},
		{"have", r->need ? json_count(r->have) : json_null()},
		{"need", r->need ? json_count(r->need) : json_null()},
		{"by", json_text(r->by)});
}

JSON_ARRAY_OF(rules, struct report_rule, one_rule)

json_t *json_probe(const struct report *r)
{
	return JSON_OBJECT(
		{"started", json_time(r->started_us, 3)},
		{"elapsed_ms", json_decimal(r->elapsed_ms)},
		{"interrupted", json_flag(r->interrupted)},
		{r->interruption ? "interruption" : "",
		 r->interruption ? json_text(r->interruption) : NULL},
		{"capture", capture(r)}, {"verdict", verdict(r)},
		{"findings", findings(r->findings, r->finding_count)},
		{"path", stations(r->path, r->path_length)});
}

int json_report(const struct page *p, const struct report *r)
{
	return JSON_LINE(
		p, "mpprobe-report/1", {"started", json_time(r->started_us, 3)},
		{"elapsed_ms", json_decimal(r->elapsed_ms)},
		{"interrupted", json_flag(r->interrupted)},
		{r->interruption ? "interruption" : "",
		 r->interruption ? json_text(r->interruption) : NULL},
		{"target", target(r)}, {"source", source(r)},
		{"capture", capture(r)}, {"verdict", verdict(r)},
		{"findings", findings(r->findings, r->finding_count)},
		{"path", path(r->path, r->path_length)},
		{"asymmetry", asymmetry(r->asymmetry)},
		{"connections",
		 connections(r->connections, r->connection_count)},
		{"ladder", ladder(r->ladder, RUNG_COUNT)},
		{"announced", addresses(r->announced, r->announced_count)},
		{"announcements",
		 announcements(r->announcements, r->announcement_count)},
		{"server", server(r)}, {"vantage", vantage(r)},
		{r->uplink ? "uplink" : "", r->uplink ? uplink(r) : NULL},
		{r->seen_twice ? "seen_twice" : "",
		 r->seen_twice ? json_text(r->seen_twice) : NULL},
		{p->verbose ? "packets" : "",
		 p->verbose ? packets(r->packets, r->packet_count) : NULL},
		{p->rules ? "rules" : NULL,
		 p->rules ? rules(r->rules, r->rule_count) : NULL});
}
