// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/survey.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crafting/segment.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/net/uplink.h"
#include "probe/survey/air.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/journal.h"
#include "probe/survey/status.h"
#include "probe/survey/targets.h"
#include "probe/survey/window.h"
#include "report/arena.h"
#include "report/survey/line.h"

#define TICK_US 1000000
#define TURN_MAX 64 /* targets between two looks at what came in */
#define LINES_ROOM (256 << 10)
#define COPIES_RESET 3 /* SYN/ACKs of a target that are reset */

/* What a frame takes of a link beside its IP packet: Ethernet header, checksum,
 * preamble and gap. */
#define LINK_OVERHEAD 38

/* When a SYN without answer is sent again, if others of its target are
 * answered: parts of the time for answers, and no later than that. */
static const struct {
	unsigned part;
	int64_t most_us;
} again_after[SURVEY_AGAIN] = {{8, 1000000}, {4, 2000000}, {2, 4000000}};

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

double survey_elapsed(const struct survey *s)
{
	return (double)(now_us() - s->start_us) / 1e6;
}

/* --- out ----------------------------------------------------------------- */

static void spend(struct survey *s, size_t length)
{
	s->counts[COUNT_PACKETS]++;
	pace_spend(&s->pace,
		   s->config.bits ? 8.0 * (double)(length + LINK_OVERHEAD) : 1);
}

static void send_syn(struct survey *s, struct open_target *o,
		     enum syn_kind kind)
{
	const struct survey_target *t = &o->target;
	const struct syn_template *template =
		survey_template(&s->identity, &t->address, kind);
	struct syn_numbers numbers;

	survey_numbers(&s->identity, &t->address, t->port, kind, &numbers);
	syn_template_fill(template, &numbers,
			  air_packet(s->air, &t->address, template->length));
	spend(s, template->length);
	o->asked |= (uint8_t)(1 << kind);
}

/* Ends what a SYN/ACK began, as the kernel would have done if it knew of it. */
static void send_reset(struct survey *s, const struct survey_answer *a)
{
	struct ip_envelope envelope = {
		.source = s->identity.sources[a->target.family == 6],
		.destination = a->target,
		.protocol = IPPROTO_TCP,
		.ttl = 64,
		.dont_fragment = true,
	};
	struct tcp_segment reset = {.destination_port = a->port,
				    .flags = TCP_FLAG_RST,
				    .data_offset = SEGMENT_AUTO,
				    .checksum = SEGMENT_AUTO};
	uint8_t tcp[20], packet[SYN_MAX];
	struct syn_numbers numbers;
	ssize_t length;

	survey_numbers(&s->identity, &a->target, a->port, a->kind, &numbers);
	envelope.flow_label = numbers.flow_label;
	reset.source_port = numbers.source_port;
	reset.sequence = numbers.isn + 1;
	length = tcp_segment_write(&reset, &envelope.source,
				   &envelope.destination, tcp, sizeof(tcp));
	if (length != -1)
		length = packet_carry(s->net, &envelope, tcp, (size_t)length,
				      packet, sizeof(packet));
	if (length == -1)
		return;
	memcpy(air_packet(s->air, &a->target, (size_t)length), packet,
	       (size_t)length);
	spend(s, (size_t)length);
}

static unsigned kinds_for(const struct survey *s, const struct survey_target *t)
{
	unsigned kinds = s->config.kinds;

	if (survey_is_sample(&s->identity, &t->address, t->port,
			     s->config.sample))
		kinds |= 1 << SYN_PLAIN;
	return kinds;
}

/* --- whom to ask --------------------------------------------------------- */

/* What came before a survey was resumed. The numbers only grow. */
static void restore_answers(struct survey *s, struct open_target *o)
{
	struct journal_state *b = s->before;

	while (s->restored < b->count &&
	       b->answers[s->restored].number < o->target.number)
		s->restored++;
	for (; s->restored < b->count &&
	       b->answers[s->restored].number == o->target.number;
	     s->restored++) {
		struct journal_answer *a = &b->answers[s->restored];

		if (!survey_see(&o->seen, a->kind, a->what, a->mptcp))
			continue;
		free(o->answers[a->kind]);
		o->answers[a->kind] = a->text;
		a->text = NULL;
		o->asked |= (uint8_t)(1 << a->kind);
	}
}

/* What has an answer already is not asked again. */
static void ask(struct survey *s, const struct survey_target *t)
{
	struct open_target *o = window_add(s->window, t);
	unsigned kinds = kinds_for(s, t);

	o->sent_us = clock_us(CLOCK_REALTIME);
	o->asked_us = now_us();
	if (t->number < s->before->position.sent)
		restore_answers(s, o);
	else
		s->counts[COUNT_TARGETS]++;
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (kinds >> kind & 1 && !o->answers[kind])
			send_syn(s, o, kind);
}

static bool enough_asked(const struct survey *s)
{
	const struct survey_config *c = &s->config;

	return (c->max_targets && s->counts[COUNT_TARGETS] >= c->max_targets &&
		s->sent >= s->before->position.sent) ||
	       (c->max_runtime_s && survey_elapsed(s) >= c->max_runtime_s);
}

static void ask_next(struct survey *s)
{
	const struct journal_position *before = &s->before->position;
	struct survey_target t;

	if (enough_asked(s)) {
		s->all_asked = true;
		return;
	}
	if (!targets_next(s->targets, &t)) {
		s->all_asked = s->complete = true;
		return;
	}
	s->sent = t.number + 1;
	if (t.number < before->closed)
		return;
	if (!blocklist_blocks(s->blocklist, &t.address, t.named))
		ask(s, &t);
	else if (t.number >= before->sent)
		s->counts[COUNT_BLOCKED]++;
}

static void ask_some(struct survey *s)
{
	for (unsigned i = 0;
	     i < TURN_MAX && !s->all_asked && pace_is_due(&s->pace, now_us());
	     i++)
		ask_next(s);
}

/* --- who is asked again -------------------------------------------------- */

static int64_t again_after_us(const struct survey *s, unsigned round)
{
	int64_t after = (int64_t)s->config.cooldown_s * 1000000 /
			again_after[round].part;

	return earlier(after, again_after[round].most_us);
}

static bool is_capable(enum syn_kind kind)
{
	return kind == SYN_CAPABLE || kind == SYN_CAPABLE_V0;
}

static void send_again(struct survey *s, struct open_target *o,
		       enum syn_kind kind)
{
	o->again |= (uint8_t)(1 << kind);
	send_syn(s, o, kind);
	s->counts[COUNT_AGAIN]++;
}

/* Later only what a class depends on, with a plain SYN beside it. */
static void ask_again(struct survey *s, struct open_target *o, unsigned round)
{
	bool plain = false;

	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		if (!(o->asked >> kind & 1) || (round && !is_capable(kind)) ||
		    !survey_needs_again(&o->seen, kind))
			continue;
		send_again(s, o, kind);
		plain |= is_capable(kind);
	}
	if (plain && survey_needs_again(&o->seen, SYN_PLAIN))
		send_again(s, o, SYN_PLAIN);
}

static void ask_those_again(struct survey *s)
{
	int64_t now = now_us();

	for (unsigned round = 0; round < SURVEY_AGAIN; round++) {
		uint64_t *place = &s->again[round];

		if (*place < window_first(s->window))
			*place = window_first(s->window);
		for (; *place < window_next(s->window); ++*place) {
			struct open_target *o = window_at(s->window, *place);

			if (now < o->asked_us + again_after_us(s, round))
				break;
			ask_again(s, o, round);
		}
	}
}

/* --- in ------------------------------------------------------------------ */

static int64_t rtt_of(const struct open_target *o, enum syn_kind kind,
		      int64_t time_us)
{
	if (o->again >> kind & 1 || time_us < o->sent_us)
		return -1;
	return time_us - o->sent_us;
}

static void keep_answer(struct survey *s, struct open_target *o,
			const struct survey_answer *a, int64_t time_us)
{
	char text[ANSWER_TEXT];
	const struct journal_answer kept = {.number = o->target.number,
					    .kind = a->kind,
					    .what = a->what,
					    .mptcp = a->mptcp,
					    .text = text};

	survey_answer_text(a, rtt_of(o, a->kind, time_us), text, sizeof(text));
	free(o->answers[a->kind]);
	o->answers[a->kind] = must_have(strdup(text));
	journal_add(s->journal, &kept);
}

/* What fits. `o`: NULL if its target is closed. */
static void take_answer(struct survey *s, struct open_target *o,
			const struct survey_answer *a, int64_t time_us)
{
	if (a->what == ANSWER_SYN_ACK && (!o || o->copies < COPIES_RESET))
		send_reset(s, a);
	if (!o) {
		s->counts[COUNT_LATE]++;
	} else if (survey_see(&o->seen, a->kind, a->what, a->mptcp)) {
		s->counts[COUNT_ANSWERS]++;
		keep_answer(s, o, a, time_us);
	} else {
		s->counts[COUNT_COPIES]++;
		o->copies += o->copies < UINT16_MAX;
	}
}

static void take_packet(void *context, const uint8_t *ip, size_t length,
			int64_t time_us)
{
	struct survey *s = context;
	struct open_target *o = NULL;
	struct survey_answer a;
	enum answer_fit fit = survey_answer_read(&s->identity, ip, length, &a);

	if (fit == FIT_NOT)
		return;
	if (fit != FIT_BAD_QUOTE)
		o = window_find(s->window, &a.target, a.port);
	if (fit == FIT_ANSWER) {
		take_answer(s, o, &a, time_us);
		return;
	}
	s->counts[COUNT_UNFIT + fit]++;
	if (o)
		o->unfit += o->unfit < UINT16_MAX;
}

/* --- results ------------------------------------------------------------- */

static void fail(struct survey *s, int exit_code, const char *what)
{
	if (!s->exit_code)
		s->exit_code =
			failure(exit_code, "%s: %s", what, strerror(errno));
}

static void write_lines(struct survey *s)
{
	for (size_t at = 0; at < s->lines_length && !s->exit_code;) {
		ssize_t n = write(s->config.results, s->lines + at,
				  s->lines_length - at);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EINTR)
			fail(s, EXIT_OUTPUT, "results.jsonl");
	}
	s->results_bytes += s->lines_length;
	s->lines_length = 0;
}

static void write_line(struct survey *s, const struct open_target *o)
{
	struct survey_line line = {.address = o->target.address,
				   .port = o->target.port,
				   .sent_us = o->sent_us,
				   .asked = o->asked,
				   .copies = o->copies,
				   .unfit = o->unfit,
				   .seen = o->seen};

	if (LINES_ROOM - s->lines_length < LINE_TEXT)
		write_lines(s);
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		line.answers[kind] = o->answers[kind];
	s->lines_length += survey_line_text(&line, s->lines + s->lines_length,
					    LINES_ROOM - s->lines_length);
	s->counts[COUNT_CLASSES + survey_classify(&o->seen)]++;
}

static struct open_target *oldest(const struct survey *s)
{
	uint64_t first = window_first(s->window);

	return first < window_next(s->window) ? window_at(s->window, first)
					      : NULL;
}

static int64_t closes_us(const struct survey *s, const struct open_target *o)
{
	return o->asked_us + (int64_t)s->config.cooldown_s * 1000000;
}

static void close_old(struct survey *s)
{
	int64_t now = now_us();
	struct open_target *o;

	while ((o = oldest(s)) && now >= closes_us(s, o)) {
		write_line(s, o);
		window_close_first(s->window);
	}
}

/* A survey that was stopped again before it came to where it had been. */
static uint64_t at_least(uint64_t number, uint64_t before)
{
	return number > before ? number : before;
}

/* The results are on the disk before the position that says so. */
static void commit(struct survey *s)
{
	const struct open_target *o = oldest(s);
	const struct journal_position *before = &s->before->position;
	struct journal_position p;

	s->counts[COUNT_NOT_SENT] = air_not_sent(s->air);
	write_lines(s);
	if (!s->exit_code && fsync(s->config.results) && errno != EINVAL)
		fail(s, EXIT_OUTPUT, "results.jsonl");
	if (s->exit_code == EXIT_OUTPUT)
		return;
	p.sent = at_least(s->sent, before->sent);
	p.closed = at_least(o ? o->target.number : s->sent, before->closed);
	p.results_bytes = s->results_bytes;
	memcpy(p.counts, s->counts, sizeof(p.counts));
	if (journal_commit(s->journal, &p))
		fail(s, EXIT_OUTPUT, "journal");
}

/* --- the loop ------------------------------------------------------------ */

static void tick(struct survey *s)
{
	if (now_us() < s->tick_us)
		return;
	air_flush(s->air);
	commit(s);
	status_write(s);
	if (!air_is_up(s->air) && !s->exit_code)
		s->exit_code =
			failure(s->failure->exit_code, "%s", s->failure->text);
	s->tick_us += TICK_US;
	if (s->tick_us < now_us())
		s->tick_us = now_us() + TICK_US;
}

static int64_t wakes_us(const struct survey *s)
{
	const struct open_target *o = oldest(s);
	int64_t at = earlier(s->tick_us, ticker_tick());

	if (!s->all_asked)
		at = earlier(at, pace_next_us(&s->pace, now_us()));
	return o ? earlier(at, closes_us(s, o)) : at;
}

static void wait_for_more(struct survey *s)
{
	struct pollfd p = {.fd = air_fd(s->air), .events = POLLIN};
	int64_t left = wakes_us(s) - now_us();
	struct timespec timeout;

	if (left <= 0)
		return;
	timeout.tv_sec = left / 1000000;
	timeout.tv_nsec = left % 1000000 * 1000;
	ppoll(&p, 1, &timeout, NULL);
}

static bool is_over(const struct survey *s)
{
	return s->exit_code || signals_interrupted() ||
	       (s->all_asked && !oldest(s));
}

static void begin(struct survey *s)
{
	memcpy(s->counts, s->before->position.counts, sizeof(s->counts));
	s->results_bytes = s->before->position.results_bytes;
	s->lines = must_have(malloc(LINES_ROOM));
	s->window = window_new();
	s->start_us = now_us();
	s->tick_us = s->start_us + TICK_US;
	pace_begin(&s->pace, s->config.rate, s->start_us);
	ticker_source(status_ticker, s);
}

static void end(struct survey *s)
{
	ticker_source(NULL, NULL);
	air_flush(s->air);
	commit(s);
	status_write(s);
	window_free(s->window);
	free(s->lines);
}

int survey_run(struct survey *s)
{
	bool cut_short;

	begin(s);
	while (!is_over(s)) {
		air_receive(s->air, take_packet, s);
		ask_some(s);
		ask_those_again(s);
		close_old(s);
		air_flush(s->air);
		tick(s);
		wait_for_more(s);
	}
	cut_short = !s->all_asked || oldest(s);
	end(s);
	return s->exit_code ? s->exit_code : cut_short ? EXIT_INTERRUPTED : 0;
}
