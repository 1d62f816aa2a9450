/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/doing.h"

#include <stdarg.h>
#include <stdio.h>

#include "probe/net/ticker.h"
#include "probe/run/experiment.h"
#include "probe/run/live.h"

/* A text that grows at its end. */
struct words {
	char *text;
	size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *w,
						      const char *format, ...)
{
	size_t left = w->size - w->length;
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(w->text + w->length, left, format, list);
	va_end(list);
	if (length > 0)
		w->length += (size_t)length < left ? (size_t)length : left - 1;
}

/* As far as SYNs go, or the farthest hop that answered yet. */
static unsigned known_hops(const struct run *r)
{
	unsigned ttl = r->settings->max_ttl;

	if (r->reach)
		return r->reach;
	if (ttl >= FULL_TTL)
		ttl = FULL_TTL - 1;
	while (ttl && !run_heard(r, ttl))
		ttl--;
	return ttl;
}

static void add_hops(struct words *w, const struct run *r)
{
	unsigned first = r->settings->first_ttl, last = known_hops(r);

	if (!run_sweeping(r))
		return;
	if (last > first)
		add(w, "hop %u-%u, ", first, last);
	else if (!last)
		add(w, "no hop yet, ");
}

static unsigned count_asked(const struct run *r)
{
	unsigned count = 0;

	for (uint64_t bits = r->fetch.asking; bits; bits &= bits - 1)
		count++;
	return count;
}

/* Those of --all are told in the order in which they are listed; the last is
 * that of connections that rest. False: there are none now. */
static bool add_check(struct words *w, const struct run *r)
{
	const struct checks *k = &r->checks;
	const char *name = "connections that rest";
	unsigned done = 0;

	while (done < k->count && connection_over(&k->list[done].connection))
		done++;
	if (done < k->count)
		name = check_name(&k->list[done]);
	if (k->count && r->settings->all)
		add(w, "check %u of %u: %s", done + 1, k->count + 1, name);
	return k->count && r->settings->all;
}

static void add_doing(struct words *w, const struct run *r)
{
	unsigned asked = r->shared->fetcher == r ? count_asked(r) : 0;
	const char *running = run_running(r);

	if (asked)
		add(w, "asking %u hop%s again", asked, asked > 1 ? "s" : "");
	else if (!r->to.rtt_us)
		add(w, "no answer to TCP yet");
	else if (!add_check(w, r))
		add(w, "%s", running ? running : "nearly done");
}

static int64_t left_us(const struct run *r)
{
	int64_t now_us = live_now_us(), left = 0;

	for (size_t i = 0; i < r->connection_count; i++) {
		int64_t of_one = connection_left_us(r->connections[i], now_us);

		left = of_one > left ? of_one : left;
	}
	if (r->fetch.asking && r->fetch.until_us - now_us > left)
		left = r->fetch.until_us - now_us;
	return left;
}

void run_doing(const struct run *r, bool hops, char *text, size_t size)
{
	struct words w = {text, size, 0};
	int64_t left = left_us(r);
	char time[24];

	if (hops)
		add_hops(&w, r);
	add_doing(&w, r);
	ticker_seconds(left, time, sizeof(time));
	if (left)
		add(&w, ", at most %s", time);
}
