/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs become rows: what their SYNs were like, and what answered them.
 */
#include "report/compare/compare.h"

#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crafting/cursor.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observer.h"

struct compare *compare_new(void)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->arena = arena_new();
	if (!c->arena) {
		free(c);
		return NULL;
	}
	return c;
}

void compare_free(struct compare *c)
{
	if (!c)
		return;
	arena_free(c->arena);
	free(c);
}

static struct compare_run *add_run(struct compare *c, const char *name,
				   int64_t started_us)
{
	struct compare_run *run = ARENA_PUSH(c->arena, c->runs, c->run_count);

	run->name = arena_printf(c->arena, "%s", name);
	run->started_us = started_us;
	return run;
}

/* One connection, or the part of one whose SYNs are alike. */
struct sample {
	struct address target;
	uint16_t port;
	int version;
	bool fallback;
	int64_t last_us; /* of the SYNs */
	unsigned syns, syn_ttl, syn_offers, reach, short_ttl;
	bool answered, refused, undecided;
	struct compare_answer answer;
};

static unsigned offers_of(const struct tcp_options *o)
{
	return (o->has_mss ? OFFER_MSS : 0) |
	       (o->sack_permitted ? OFFER_SACK : 0) |
	       (o->has_timestamps ? OFFER_TIMESTAMPS : 0) |
	       (o->has_wscale ? OFFER_WSCALE : 0);
}

static int version_of(const struct tcp_options *o)
{
	const struct mptcp_option *option = tcp_options_mptcp(o, MP_CAPABLE);

	return option ? option->capable.version : -1;
}

static const char *option_letters(struct compare *c, const uint8_t *block,
				  size_t length)
{
	static const char letters[256] = {
		[TCPOPT_KIND_EOL] = 'E',
		[TCPOPT_KIND_NOP] = 'N',
		[TCPOPT_KIND_MSS] = 'M',
		[TCPOPT_KIND_WSCALE] = 'W',
		[TCPOPT_KIND_SACK_PERMITTED] = 'S',
		[TCPOPT_KIND_TIMESTAMPS] = 'T',
		[TCPOPT_MPTCP] = 'P',
	};
	struct option_walk walk = option_walk_over(block, length, length);
	struct tcp_option option;
	char text[41];
	size_t used = 0;

	while (option_next(&walk, &option) == OPTION_FOUND && used < 40)
		text[used++] =
			letters[option.kind] ? letters[option.kind] : '?';
	return arena_printf(c->arena, "%.*s", (int)used, text);
}

static struct compare_answer answer_of(struct compare *c, const uint8_t *block,
				       size_t length)
{
	struct tcp_options options;

	tcp_options_read(block, length, length, &options);
	return (struct compare_answer){
		.offers = offers_of(&options),
		.mss = options.has_mss ? options.mss : -1,
		.wscale = options.has_wscale ? options.wscale : -1,
		.version = version_of(&options),
		.options = option_letters(c, block, length),
		.rtt_ms = -1,
	};
}

/* --- from samples to rows ------------------------------------------------ */

static struct compare_row *row_of(struct compare *c, const struct sample *s)
{
	struct compare_row *row;
	size_t run = c->run_count - 1;

	for (size_t i = 0; i < c->row_count; i++) {
		row = &c->rows[i];
		if (row->run == run && row->port == s->port &&
		    row->version == s->version &&
		    row->fallback == s->fallback &&
		    address_equal(&row->target, &s->target))
			return row;
	}
	row = ARENA_PUSH(c->arena, c->rows, c->row_count);
	*row = (struct compare_row){.run = run,
				    .target = s->target,
				    .port = s->port,
				    .version = s->version,
				    .fallback = s->fallback,
				    .started_us = c->runs[run].started_us,
				    .syn_offers = s->syn_offers};
	row->hops_seen = arena_alloc(c->arena, (REACH_TTL_MAX + 1) *
						       sizeof(*row->hops_seen));
	row->unanswered = arena_alloc(
		c->arena, (REACH_TTL_MAX + 1) * sizeof(*row->unanswered));
	return row;
}

static void widen_span(struct span *span, unsigned value, bool first)
{
	if (first || value < span->low)
		span->low = value;
	if (first || value > span->high)
		span->high = value;
}

static void add_answer(struct compare_row *row, const struct compare_answer *a)
{
	bool first = row->answered == 0;
	unsigned initial = initial_ttl(a->ttl);

	if (first) {
		row->answer = *a;
		row->initial_ttl = initial;
	} else if (a->rtt_ms >= 0 &&
		   (row->answer.rtt_ms < 0 || a->rtt_ms < row->answer.rtt_ms)) {
		row->answer.rtt_ms = a->rtt_ms;
	}
	row->answered++;
	widen_span(&row->ttl, a->ttl, first);
	widen_span(&row->hops, initial - a->ttl, first);
}

static void add_reach(struct compare_row *row, const struct sample *s)
{
	if (s->reach && s->reach == row->reach) {
		row->reach_count++;
	} else if (s->reach && (!row->reach || s->reach < row->reach)) {
		row->reach = s->reach;
		row->reach_count = 1;
	}
	if (s->short_ttl && s->short_ttl == row->short_ttl) {
		row->short_count++;
	} else if (s->short_ttl > row->short_ttl) {
		row->short_ttl = s->short_ttl;
		row->short_count = 1;
	}
}

static void add_sample(struct compare *c, const struct sample *s)
{
	struct compare_row *row = row_of(c, s);

	add_reach(row, s);
	if (s->syn_ttl > row->syn_ttl)
		row->syn_ttl = s->syn_ttl;
	if (s->undecided)
		return;
	if (!s->answered && !s->refused && s->syn_ttl <= REACH_TTL_MAX) {
		row->unanswered[s->syn_ttl].connections++;
		row->unanswered[s->syn_ttl].syns += s->syns;
		return;
	}
	row->connections++;
	row->tries.sent += s->syns;
	row->tries.lost += s->syns - (s->answered || s->refused);
	if (s->answered) {
		add_answer(row, &s->answer);
		if (s->syns > row->syns)
			row->syns = s->syns;
	} else if (s->refused) {
		row->refused++;
	} else {
		row->lost_syns += s->syns;
	}
}

/* --- captures ------------------------------------------------------------ */

static void sample_syn_ack(struct compare *c, struct sample *s,
			   const struct flow *f, const struct kept *k,
			   const struct kept *syn)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	s->answered = true;
	s->answer = answer_of(c, tcp->options, tcp->options_available);
	s->answer.ttl = k->packet.ip.ttl;
	s->answer.window = tcp->window;
	s->answer.rtt_ms = (double)(k->time_us - syn->time_us) / 1000;
	for (size_t i = 0; i < f->sent_count; i++)
		s->syns += f->sent[i]->kind == syn->kind &&
			   f->sent[i]->packet.ip.ttl == syn->packet.ip.ttl &&
			   f->sent[i]->time_us <= k->time_us;
}

/* What answered the SYNs of this kind. Which of them a SYN/ACK answers, the
 * timestamps tell; among copies of different TTLs without them, nobody can. */
static void sample_answers(struct compare *c, struct sample *s,
			   const struct flow *f, enum segment_kind kind)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];
		size_t syn = k->kind == SEGMENT_SYN_ACK
				     ? flow_answered_syn(f, i)
				     : FLOW_NONE;
		unsigned ttl;

		if (syn == FLOW_NONE || f->sent[syn]->kind != kind)
			continue;
		ttl = f->sent[syn]->packet.ip.ttl;
		if (!s->answered)
			sample_syn_ack(c, s, f, k, f->sent[syn]);
		if (ttl <= REACH_TTL_MAX && (!s->reach || ttl < s->reach))
			s->reach = ttl;
	}
}

static void sample_syns(struct sample *s, const struct flow *f,
			enum segment_kind kind)
{
	s->version = -1;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		unsigned ttl = k->packet.ip.ttl;

		if (k->kind != kind)
			continue;
		s->version = version_of(&k->options);
		s->syn_offers = offers_of(&k->options);
		s->last_us = k->time_us;
		if (ttl > s->syn_ttl)
			s->syn_ttl = ttl;
		if (ttl <= REACH_TTL_MAX && ttl > s->short_ttl &&
		    (s->reach ? ttl < s->reach : !s->answered))
			s->short_ttl = ttl;
	}
	/* Of a sweep, only those of the highest TTL: all of one round reach
	 * the host at once. */
	if (!s->answered)
		s->syns = flow_sent_count(f, kind, s->syn_ttl);
}

/* The client went on although no SYN/ACK was captured: one direction is
 * missing in the capture. */
static bool one_sided(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->packet.tcp.acknowledgment &&
		    !(f->sent[i]->packet.tcp.flags &
		      (TCP_FLAG_SYN | TCP_FLAG_RST)))
			return !flow_syn_ack(f);
	return false;
}

/* A SYN/ACK came, but not to these SYNs, or nobody can tell: unless it answered
 * the kernel's fallback. */
static bool answer_untold(const struct flow *f, enum segment_kind kind)
{
	return flow_syn_ack(f) &&
	       (kind == SEGMENT_FALLBACK_SYN ||
		!flow_sent_count(f, SEGMENT_FALLBACK_SYN, 0));
}

static bool too_late(const struct sample *s, const struct observer *o)
{
	return s->syns < VAIN_SYNS_MIN &&
	       o->last_us - s->last_us < PATIENCE_MAX_US;
}

static void sample_flow(struct compare *c, struct sample *s,
			const struct observer *o, const struct flow *f,
			enum segment_kind kind)
{
	*s = (struct sample){.target = f->server,
			     .port = f->server_port,
			     .fallback = kind == SEGMENT_FALLBACK_SYN};
	sample_answers(c, s, f, kind);
	sample_syns(s, f, kind);
	s->refused = flow_reset(f) && !flow_syn_ack(f);
	s->undecided =
		!s->answered && !s->refused &&
		(one_sided(f) || answer_untold(f, kind) || too_late(s, o));
}

/* Who is on the way of these SYNs. */
static void see_hops(struct compare *c, const struct sample *s,
		     const struct flow *f)
{
	struct compare_row *row = row_of(c, s);

	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		unsigned ttl = f->sent[q->sent]->packet.ip.ttl;

		if (q->time_exceeded && ttl <= REACH_TTL_MAX)
			row->hops_seen[ttl] = q->responder;
	}
}

static bool comparable(const struct flow *f)
{
	return f->protocol == IPPROTO_TCP && !f->syn_snapped &&
	       !flow_lacks_syn_ack(f) &&
	       (f->purpose == PURPOSE_TCP || f->purpose == PURPOSE_MP_CAPABLE);
}

size_t compare_observe(struct compare *c, const char *run,
		       const struct observer *o)
{
	static const enum segment_kind kinds[] = {SEGMENT_SYN,
						  SEGMENT_FALLBACK_SYN};
	struct sample s;
	size_t count = 0;

	add_run(c, run, o->first_us);
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; k < 2 && comparable(f); k++) {
			if (!flow_sent_count(f, kinds[k], 0))
				continue;
			sample_flow(c, &s, o, f, kinds[k]);
			add_sample(c, &s);
			see_hops(c, &s, f);
			count++;
		}
	}
	return count;
}

/* --- reports ------------------------------------------------------------- */

static const char *member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int member_number(const json_t *object, const char *name, int otherwise)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? (int)json_integer_value(value)
				      : otherwise;
}

static void report_syn_ack(struct compare *c, struct sample *s,
			   const json_t *answer)
{
	const json_t *rtt = json_object_get(answer, "rtt_ms");
	uint8_t block[40];
	long length =
		hex_bytes(member_text(answer, "options"), block, sizeof(block));

	s->answered = true;
	s->answer = answer_of(c, block, length < 0 ? 0 : (size_t)length);
	s->answer.ttl = (unsigned)member_number(answer, "ttl", 0) & 255;
	s->answer.window = (unsigned)member_number(answer, "window", 0);
	if (json_is_number(rtt))
		s->answer.rtt_ms = json_number_value(rtt);
}

static bool report_sample(struct compare *c, struct sample *s,
			  const json_t *connection)
{
	const char *purpose = member_text(connection, "purpose");
	const json_t *answer = json_object_get(connection, "syn_ack");
	bool capable = strcmp(purpose, "mp_capable") == 0;
	int reach = member_number(connection, "reach_ttl", -1);

	if (!capable && strcmp(purpose, "tcp") != 0)
		return false;
	s->version = capable ? member_number(connection, "version", 1) : -1;
	s->syn_ttl = (unsigned)member_number(connection, "syn_ttl", 0);
	s->syns = (unsigned)member_number(connection, "attempts", 1);
	s->syn_offers =
		OFFER_MSS | OFFER_SACK | OFFER_TIMESTAMPS | OFFER_WSCALE;
	if (json_is_object(answer))
		report_syn_ack(c, s, answer);
	else if (json_is_object(json_object_get(connection, "reset")))
		s->refused = true;
	if (reach > 0 && reach <= REACH_TTL_MAX) {
		s->reach = (unsigned)reach;
		if (json_is_true(json_object_get(connection, "swept")))
			s->short_ttl = s->reach - 1;
	} else if (!s->answered && s->syn_ttl <= REACH_TTL_MAX) {
		s->short_ttl = s->syn_ttl;
	}
	return true;
}

/* "2026-11-20T23:00:00.123Z" */
static int64_t started_us(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest)
		return 0;
	return (int64_t)timegm(&tm) * 1000000 +
	       (int64_t)(strtod(*rest == '.' ? rest : "0", NULL) * 1e6);
}

static size_t add_report(struct compare *c, const json_t *report)
{
	const json_t *target = json_object_get(report, "target");
	const json_t *connection;
	size_t index, count = 0;
	struct sample s;

	json_array_foreach(json_object_get(report, "connections"), index,
			   connection)
	{
		s = (struct sample){0};
		if (!address_parse(member_text(target, "address"), &s.target))
			return 0;
		s.port = (uint16_t)member_number(target, "port", 0);
		if (!report_sample(c, &s, connection))
			continue;
		add_sample(c, &s);
		count++;
	}
	return count;
}

/* A line of `mpprobe -j`: a report, or something else of its, which is no run
 * of SYNs. False if it is neither. */
static bool add_line(struct compare *c, const char *run, const json_t *line,
		     int *count)
{
	const char *schema = member_text(line, "schema");

	if (strcmp(schema, "mpprobe-report/1") != 0)
		return strncmp(schema, "mpprobe-", strlen("mpprobe-")) == 0;
	if (*count < 0) {
		add_run(c, run, started_us(member_text(line, "started")));
		*count = 0;
	}
	*count += (int)add_report(c, line);
	return true;
}

int compare_report(struct compare *c, const char *run, const char *text,
		   size_t length, char *error, size_t size)
{
	const char *end = text + length, *line = text;
	bool ours = true;
	int count = -1;

	while (line < end && ours) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t span = (size_t)((stop ? stop : end) - line);
		json_t *json = json_loadb(line, span, 0, NULL);

		ours = !span || add_line(c, run, json, &count);
		json_decref(json);
		line += span + 1;
	}
	if (ours && count >= 0)
		return count;
	snprintf(error, size, "not a report of mpprobe -j");
	return -1;
}
