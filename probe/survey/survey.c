// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/survey.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/clock.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/net/uplink.h"
#include "probe/survey/air.h"
#include "probe/survey/asking.h"
#include "probe/survey/journal.h"
#include "probe/survey/probing.h"
#include "probe/survey/status.h"
#include "probe/survey/taking.h"
#include "probe/survey/turns.h"
#include "probe/survey/window.h"
#include "report/arena.h"
#include "report/survey/line.h"

#define TICK_US 1000000
#define GRAIN_US 2000 /* targets that are over within are closed together */

int64_t survey_now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

double survey_elapsed(const struct survey *s)
{
	return (double)(survey_now_us() - s->start_us) / 1e6;
}

bool survey_time_is_over(const struct survey *s)
{
	return s->config.max_runtime_s &&
	       survey_elapsed(s) >= s->config.max_runtime_s;
}

uint64_t survey_untold(const struct survey *s)
{
	uint64_t told = 0;

	for (enum survey_class class = 0; class < SURVEY_CLASSES; class ++)
		told += s->counts[COUNT_CLASSES + class];
	return s->counts[COUNT_TARGETS] > told ? s->counts[COUNT_TARGETS] - told
					       : 0;
}

uint64_t survey_to_probe(const struct survey *s)
{
	return s->probing ? (uint64_t)probing_running(s->probing) +
				    probing_waiting(s->probing)
			  : 0;
}

/* --- results ------------------------------------------------------------- */

static void fail(struct survey *s, int exit_code, const char *what)
{
	if (!s->exit_code)
		s->exit_code =
			failure(exit_code, "%s: %s", what, strerror(errno));
}

/* Who reads a pipe may leave when he has seen enough. */
static void fail_output(struct survey *s)
{
	if (s->config.stream && errno == EPIPE && !s->exit_code)
		s->exit_code = EXIT_OUTPUT;
	fail(s, EXIT_OUTPUT,
	     s->config.stream ? "standard output" : "results.jsonl");
}

/* On a terminal the line that tells how it goes is in the way. */
static void write_lines(struct survey *s, bool all)
{
	int result;

	if (s->exit_code == EXIT_OUTPUT || !s->lines.length)
		return;
	if (s->lines.terminal)
		ticker_wipe();
	result = all ? lines_write(&s->lines) : lines_write_some(&s->lines);
	if (result)
		fail_output(s);
}

/* `probe`: NULL if it was not probed. */
static void write_line(struct survey *s, const struct open_target *o,
		       const char *probe)
{
	struct survey_line line = {.address = o->target.address,
				   .port = o->target.port,
				   .sent_us = o->sent_us,
				   .asked = o->asked,
				   .copies = o->copies,
				   .unfit = o->unfit,
				   .seen = o->seen,
				   .probe = probe};
	size_t size = LINE_TEXT + (probe ? strlen(probe) : 0);
	char *text = lines_room(&s->lines, size);

	if (!text) {
		fail_output(s);
		return;
	}
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		line.answers[kind] = o->answers[kind];
	lines_add(&s->lines, survey_line_text(&line, text, size));
	s->counts[COUNT_CLASSES + survey_classify(&o->seen)]++;
	if (probe || o->target.number < s->before->position.closed)
		journal_probed(s->journal, o->target.number);
}

void survey_probed(void *survey, const struct open_target *o, const char *probe)
{
	struct survey *s = survey;

	write_line(s, o, probe);
	s->counts[COUNT_PROBED]++;
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

static bool is_plain_sample(const struct survey *s, const struct open_target *o)
{
	return survey_classify(&o->seen) == CLASS_PLAIN &&
	       survey_is_sample(&s->identity, &o->target.address,
				o->target.port, s->config.sample) &&
	       probing_takes_plain(s->probing);
}

static bool is_to_be_probed(const struct survey *s, const struct open_target *o)
{
	return s->probing && (turn_is_wanted(o) || is_plain_sample(s, o));
}

/* Its line comes now, or when it is probed. */
static void close_one(struct survey *s, struct open_target *o)
{
	if (!is_to_be_probed(s, o)) {
		write_line(s, o, NULL);
		return;
	}
	journal_probing(s->journal, o->target.number);
	probing_add(s->probing, o);
}

static void close_old(struct survey *s)
{
	int64_t now = survey_now_us();
	struct open_target *o;

	while ((o = oldest(s)) && now >= closes_us(s, o)) {
		close_one(s, o);
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

	s->counts[COUNT_NOT_SENT] =
		before->counts[COUNT_NOT_SENT] + air_not_sent(s->air);
	write_lines(s, !s->config.stream);
	if (!s->journal)
		return;
	if (!s->exit_code && fsync(s->config.results) && errno != EINVAL)
		fail_output(s);
	if (s->exit_code == EXIT_OUTPUT)
		return;
	p.sent = at_least(s->sent, before->sent);
	p.closed = at_least(o ? o->target.number : s->sent, before->closed);
	p.results_bytes = before->results_bytes + s->lines.written;
	memcpy(p.counts, s->counts, sizeof(p.counts));
	if (journal_commit(s->journal, &p))
		fail(s, EXIT_OUTPUT, "journal");
}

/* --- the loop ------------------------------------------------------------ */

static void tick(struct survey *s)
{
	if (survey_now_us() < s->tick_us)
		return;
	air_flush(s->air);
	commit(s);
	status_write(s);
	if (!air_is_up(s->air) && !s->exit_code)
		s->exit_code =
			failure(s->failure->exit_code, "%s", s->failure->text);
	s->tick_us += TICK_US;
	if (s->tick_us < survey_now_us())
		s->tick_us = survey_now_us() + TICK_US;
}

static bool is_probing(const struct survey *s)
{
	return survey_to_probe(s);
}

/* Its packets count like all others. */
static void probe(struct survey *s)
{
	int64_t now = survey_now_us();
	int code;

	if (!s->probing)
		return;
	if (survey_time_is_over(s))
		probing_begin_no_more(s->probing);
	code = probing_step(s->probing, asking_next_us(s, now) <= now);
	if (!s->exit_code)
		s->exit_code = code;
}

static int64_t probes_us(const struct survey *s, int64_t now)
{
	return later(probing_wakes_us(s->probing), asking_next_us(s, now));
}

static int64_t wakes_us(const struct survey *s)
{
	int64_t now = survey_now_us();
	const struct open_target *o = oldest(s);
	int64_t at = earlier(s->tick_us, ticker_tick());

	if (asking_may(s))
		at = earlier(at, asking_next_us(s, now));
	if (is_probing(s))
		at = earlier(at, probes_us(s, now));
	return o ? earlier(at, later(closes_us(s, o), now + GRAIN_US)) : at;
}

static void wait_for_more(struct survey *s)
{
	struct pollfd p[] = {
		{.fd = s->config.stream ? s->config.results : -1},
		{.fd = air_fd(s->air), .events = POLLIN},
		{.fd = s->probing ? probing_fd(s->probing) : -1,
		 .events = POLLIN},
		{.fd = s->input, .events = POLLIN},
	};
	int64_t left = wakes_us(s) - survey_now_us();
	struct timespec timeout;

	if (left <= 0)
		return;
	if (s->config.stream)
		write_lines(s, false);
	if (s->lines.length)
		p[0].events = POLLOUT;
	timeout.tv_sec = left / 1000000;
	timeout.tv_nsec = left % 1000000 * 1000;
	ppoll(p, 4, &timeout, NULL);
	if (p[0].revents & (POLLERR | POLLHUP)) {
		errno = EPIPE; /* its reader has gone */
		fail_output(s);
	}
}

/* Who had all his time between two looks at who is to be asked again, as where
 * this process did not run meanwhile, is not any more. */
bool survey_is_all_sent(const struct survey *s)
{
	return s->all_asked && !s->probing && !s->config.later &&
	       (!oldest(s) ||
		s->again[SURVEY_AGAIN - 1] == window_next(s->window));
}

/* Who waits for that is told at once: a fleet begins the next shard. */
static void note_all_sent(struct survey *s)
{
	if (s->all_sent || !survey_is_all_sent(s))
		return;
	s->all_sent = true;
	status_write(s);
}

static bool is_over(const struct survey *s)
{
	return s->exit_code || signals_interrupted() ||
	       (s->all_asked && !oldest(s) &&
		(!is_probing(s) || survey_time_is_over(s)));
}

static void begin(struct survey *s)
{
	lines_begin(&s->lines, s->config.results, s->config.stream);
	s->input = -1;
	s->window = window_new();
	s->start_us = survey_now_us();
	s->tick_us = s->start_us + TICK_US;
	pace_begin(&s->packets, s->config.pps, s->start_us);
	pace_begin(&s->bits, s->config.bits, s->start_us);
	ticker_source(status_ticker, s);
}

static void end(struct survey *s)
{
	ticker_source(NULL, NULL);
	if (s->probing)
		probing_end(s->probing);
	air_flush(s->air);
	commit(s);
	write_lines(s, true);
	status_write(s);
	window_free(s->window);
	lines_end(&s->lines);
}

int survey_run(struct survey *s)
{
	bool cut_short;

	begin(s);
	while (!is_over(s)) {
		air_receive(s->air, taking_packet, s);
		probe(s);
		asking_go_on(s);
		asking_again(s);
		close_old(s);
		air_flush(s->air);
		note_all_sent(s);
		tick(s);
		wait_for_more(s);
	}
	s->complete = s->exhausted && !oldest(s) && !is_probing(s);
	cut_short = !s->all_asked || oldest(s) ||
		    (is_probing(s) && !survey_time_is_over(s));
	end(s);
	return s->exit_code ? s->exit_code : cut_short ? EXIT_INTERRUPTED : 0;
}
