// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/survey.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/net/uplink.h"
#include "probe/survey/air.h"
#include "probe/survey/asking.h"
#include "probe/survey/journal.h"
#include "probe/survey/status.h"
#include "probe/survey/taking.h"
#include "probe/survey/window.h"
#include "report/arena.h"
#include "report/survey/line.h"

#define TICK_US 1000000
#define LINES_ROOM (256 << 10)

int64_t survey_clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t survey_now_us(void)
{
	return survey_clock_us(CLOCK_MONOTONIC);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

double survey_elapsed(const struct survey *s)
{
	return (double)(survey_now_us() - s->start_us) / 1e6;
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
	int64_t now = survey_now_us();
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

static int64_t wakes_us(const struct survey *s)
{
	const struct open_target *o = oldest(s);
	int64_t at = earlier(s->tick_us, ticker_tick());

	if (!s->all_asked)
		at = earlier(at, pace_next_us(&s->pace, survey_now_us()));
	return o ? earlier(at, closes_us(s, o)) : at;
}

static void wait_for_more(struct survey *s)
{
	struct pollfd p = {.fd = air_fd(s->air), .events = POLLIN};
	int64_t left = wakes_us(s) - survey_now_us();
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
	s->start_us = survey_now_us();
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
		air_receive(s->air, taking_packet, s);
		asking_go_on(s);
		asking_again(s);
		close_old(s);
		air_flush(s->air);
		tick(s);
		wait_for_more(s);
	}
	cut_short = !s->all_asked || oldest(s);
	end(s);
	return s->exit_code ? s->exit_code : cut_short ? EXIT_INTERRUPTED : 0;
}
