/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs become rows: what their SYNs were like, and what answered them.
 */
#include "report/compare/compare.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/compare/samples.h"
#include "report/judge/judge.h"
#include "report/report.h"
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

void compare_add_run(struct compare *c, const char *name, int64_t started_us)
{
	struct compare_run *run = ARENA_PUSH(c->arena, c->runs, c->run_count);

	run->name = arena_printf(c->arena, "%s", name);
	run->started_us = started_us;
}

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

	while (option_next(&walk, &option) == OPTION_FOUND && used < 40) {
		char letter = letters[option.kind];

		text[used++] = (char)(letter ? letter : '?');
	}
	return arena_printf(c->arena, "%.*s", (int)used, text);
}

struct compare_answer compare_answer_of(struct compare *c, const uint8_t *block,
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

struct compare_row *compare_row_of(struct compare *c, const struct sample *s)
{
	struct compare_row *row;
	size_t run = c->run_count - 1;

	for (size_t i = 0; i < c->row_count; i++) {
		row = &c->rows[i];
		if (row->run == run && row->port == s->port &&
		    row->version == s->version &&
		    row->fallback == s->fallback &&
		    address_equal(&row->source, &s->source) &&
		    address_equal(&row->target, &s->target))
			return row;
	}
	row = ARENA_PUSH(c->arena, c->rows, c->row_count);
	*row = (struct compare_row){.run = run,
				    .source = s->source,
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

void compare_add_sample(struct compare *c, const struct sample *s)
{
	struct compare_row *row = compare_row_of(c, s);

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
	s->answer = compare_answer_of(c, tcp->options, tcp->options_available);
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
	*s = (struct sample){.source = f->client,
			     .target = f->server,
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
	struct compare_row *row = compare_row_of(c, s);

	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		unsigned ttl = f->sent[q->sent]->packet.ip.ttl;

		if (q->time_exceeded && ttl <= REACH_TTL_MAX)
			row->hops_seen[ttl] = q->responder;
	}
}

/* ---- what judging finds -------------------------------------------------- */

void compare_add_found(struct compare *c, const struct sample *of,
		       const char *id, const char *segment, const char *text)
{
	static const char *const told[] = {
		"tcp.terminated", "mp_capable.dropped", "mp_capable.reset"};

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (strcmp(id, told[i]) == 0 &&
		    strcmp(segment, segment_name(SEGMENT_JOIN_SYN)) != 0)
			return;
	*ARENA_PUSH(c->arena, c->found, c->found_count) =
		(struct compare_found){
			.run = c->run_count - 1,
			.source = of->source,
			.target = of->target,
			.port = of->port,
			.id = arena_printf(c->arena, "%s", id),
			.text = arena_printf(c->arena, "%s", text)};
}

/* Of a run, where routers quote SYNs: as probes make them do. */
static void find(struct compare *c, const struct observer *o,
		 const struct judge_target *target)
{
	struct report *r = judge(o, target);
	const struct sample of = {.source = r->source,
				  .target = target->address,
				  .port = target->port};

	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect != EFFECT_HARMLESS)
			compare_add_found(c, &of, r->findings[i].kind->id,
					  segment_name(r->findings[i].segment),
					  r->findings[i].text);
	report_free(r);
}

static bool is_quoted(const struct observer *o, const struct judge_target *t)
{
	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i]->purpose == PURPOSE_MP_CAPABLE &&
		    o->flows[i]->quote_count &&
		    o->flows[i]->server_port == t->port &&
		    address_equal(&o->flows[i]->server, &t->address))
			return true;
	return false;
}

#define TARGETS_FOUND 64

static void find_all(struct compare *c, const struct observer *o)
{
	struct judge_target targets[TARGETS_FOUND];
	size_t count = judge_targets(o, targets, TARGETS_FOUND);

	for (size_t i = 0; i < count && i < TARGETS_FOUND; i++)
		if (is_quoted(o, &targets[i]))
			find(c, o, &targets[i]);
}

/* ---- captures ------------------------------------------------------------ */

static bool comparable(const struct flow *f)
{
	return f->protocol == IPPROTO_TCP && !f->syn_snapped &&
	       !flow_lacks_syn_ack(f) &&
	       (f->purpose == PURPOSE_TCP || f->purpose == PURPOSE_MP_CAPABLE);
}

static size_t observe(struct compare *c, const struct observer *o)
{
	static const enum segment_kind kinds[] = {SEGMENT_SYN,
						  SEGMENT_FALLBACK_SYN};
	struct sample s;
	size_t count = 0;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow *f = o->flows[i];

		for (size_t k = 0; k < 2 && comparable(f); k++) {
			if (!flow_sent_count(f, kinds[k], 0))
				continue;
			sample_flow(c, &s, o, f, kinds[k]);
			compare_add_sample(c, &s);
			see_hops(c, &s, f);
			count++;
		}
	}
	find_all(c, o);
	return count;
}

size_t compare_observe(struct compare *c, const char *run,
		       const struct observer *o)
{
	compare_add_run(c, run, o->first_us);
	return observe(c, o);
}

size_t compare_observe_more(struct compare *c, const char *run,
			    const struct observer *o)
{
	if (!c->run_count || strcmp(c->runs[c->run_count - 1].name, run) != 0)
		compare_add_run(c, run, o->first_us);
	return observe(c, o);
}

/* ---- what rows say ------------------------------------------------------- */

const char *compare_kind(const struct compare_row *r)
{
	if (r->version < 0)
		return "without MPTCP";
	return r->version == 0 ? "with MPTCP v0" : "with MPTCP v1";
}

bool compare_reach_measured(const struct compare_row *r)
{
	return r->reach && r->short_ttl + 1 >= r->reach;
}
