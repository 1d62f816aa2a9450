/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/speed.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "report/evidence/loss.h"
#include "report/print/text.h"

static bool counts(const struct speed_round *r)
{
	return r->tcp.done && r->mptcp.done && r->tcp.rate > 0 &&
	       r->mptcp.rate > 0;
}

struct speed_ratio speed_ratio(const struct speed *s)
{
	struct speed_ratio ratio = {0, 0, 0, INFINITY};
	double sum = 0, squares = 0, mean, width;

	for (size_t i = 0; i < s->round_count; i++) {
		if (!counts(&s->rounds[i]))
			continue;
		sum += log(s->rounds[i].mptcp.rate / s->rounds[i].tcp.rate);
		ratio.rounds++;
	}
	if (ratio.rounds == 0)
		return ratio;
	mean = sum / (double)ratio.rounds;
	ratio.ratio = exp(mean);
	if (ratio.rounds < ROUNDS_MIN)
		return ratio;
	for (size_t i = 0; i < s->round_count; i++) {
		double off;

		if (!counts(&s->rounds[i]))
			continue;
		off = log(s->rounds[i].mptcp.rate / s->rounds[i].tcp.rate) -
		      mean;
		squares += off * off;
	}
	width = student(ratio.rounds - 1) *
		sqrt(squares / (double)(ratio.rounds - 1) /
		     (double)ratio.rounds);
	ratio.low = exp(mean - width);
	ratio.high = exp(mean + width);
	return ratio;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double speed_median(const struct speed *s, bool mptcp)
{
	double *rates = calloc(s->round_count + 1, sizeof(*rates));
	double median = -1;
	size_t count = 0;

	for (size_t i = 0; rates && i < s->round_count; i++) {
		const struct speed_run *run =
			mptcp ? &s->rounds[i].mptcp : &s->rounds[i].tcp;

		if (run->done)
			rates[count++] = run->rate;
	}
	if (count) {
		qsort(rates, count, sizeof(*rates), by_size);
		median = (rates[count / 2] + rates[(count - 1) / 2]) / 2;
	}
	free(rates);
	return median;
}

static size_t count_runs(const struct speed *s, bool fallback)
{
	size_t count = 0;

	for (size_t i = 0; i < s->round_count; i++)
		count += s->rounds[i].mptcp.done &&
			 s->rounds[i].mptcp.fallback == fallback;
	return count;
}

/* All connections with MPTCP failed, and none without. */
static bool only_mptcp_fails(const struct speed *s)
{
	size_t tcp = 0, mptcp = 0;

	for (size_t i = 0; i < s->round_count; i++) {
		tcp += s->rounds[i].tcp.done;
		mptcp += s->rounds[i].mptcp.done;
	}
	return tcp >= ROUNDS_MIN && tcp == s->round_count && mptcp == 0;
}

int speed_exit_code(const struct speed *s)
{
	struct speed_ratio r = speed_ratio(s);

	if (only_mptcp_fails(s))
		return 1;
	if (r.rounds < ROUNDS_MIN)
		return 3;
	if (r.high < TREATED_OTHERWISE)
		return 1;
	return count_runs(s, false) ? 0 : 3;
}

/* --- for people ---------------------------------------------------------- */

static void print_run(FILE *out, const struct speed_run *r)
{
	if (!r->done) {
		fprintf(out, "  %-31s", r->error);
		return;
	}
	fprintf(out, "  %9.2f Mbit/s  %6.2f s", r->rate, r->seconds);
	if (!r->mptcp)
		return;
	if (r->fallback)
		fputs("  fell back to TCP", out);
	else
		fprintf(out, "  %u subflow%s", r->subflows + 1,
			r->subflows ? "s" : "");
}

static void print_median(FILE *out, const struct speed *s, bool mptcp)
{
	double median = speed_median(s, mptcp);

	if (median < 0)
		fprintf(out, " %*s", mptcp ? 18 : 9, "none");
	else
		fprintf(out, " %*.2f", mptcp ? 18 : 9, median);
	fputs(median < 0 ? "       " : " Mbit/s", out);
}

static void print_rounds(FILE *out, const struct speed *s)
{
	fputs("\nround               TCP                         MPTCP\n", out);
	for (size_t i = 0; i < s->round_count; i++) {
		fprintf(out, "%5zu", i + 1);
		print_run(out, &s->rounds[i].tcp);
		print_run(out, &s->rounds[i].mptcp);
		fputc('\n', out);
	}
	if (speed_median(s, false) < 0 && speed_median(s, true) < 0)
		return; /* no download came to its end */
	fputs("\nmedian", out);
	print_median(out, s, false);
	print_median(out, s, true);
	fputc('\n', out);
}

static const char *judgement(const struct speed *s, const struct speed_ratio *r)
{
	if (only_mptcp_fails(s))
		return "Downloads by MPTCP fail, those by TCP do not.";
	if (r->rounds < 2)
		return "Too few downloads were completed to compare them.";
	if (r->high < TREATED_OTHERWISE)
		return "MPTCP is slower than TCP on this path: something "
		       "treats it differently.";
	if (r->high < 1 && r->ratio < WORTH_A_WORD)
		return "MPTCP is a little slower than TCP, as its overhead "
		       "explains.";
	if (r->low > 1 && r->ratio > 1 / WORTH_A_WORD)
		return "MPTCP is faster than TCP on this path.";
	return "MPTCP is as fast as TCP, as far as these rounds can tell.";
}

static void print_use(FILE *out, const struct speed *s)
{
	size_t used = count_runs(s, false), fell = count_runs(s, true);
	char text[300];

	if (fell == 0 && !s->blackhole)
		return;
	snprintf(text, sizeof(text),
		 used == 0 ? "MPTCP was not in use: all %zu connections fell "
			     "back to TCP. mpprobe HOST tells why."
			   : "%zu of the connections fell back to TCP.",
		 fell);
	text_wrap(out, "", "", text);
	if (s->blackhole)
		text_wrap(out, "", "",
			  "This kernel has switched MPTCP off for a while, as "
			  "SYNs with it had gone unanswered (its blackhole "
			  "timer, net.mptcp.blackhole_timeout).");
	if (s->unanswered) {
		snprintf(text, sizeof(text),
			 "%u times this kernel sent a plain SYN, since those "
			 "with MPTCP went unanswered.",
			 s->unanswered);
		text_wrap(out, "", "", text);
	}
}

void speed_text(FILE *out, const struct speed *s,
		const struct text_style *style)
{
	struct speed_ratio r = speed_ratio(s);
	char text[400];

	if (r.rounds >= ROUNDS_MIN)
		snprintf(text, sizeof(text),
			 "%s MPTCP / TCP = %.2f (95%% interval %.2f to %.2f, "
			 "%zu rounds).",
			 judgement(s, &r), r.ratio, r.low, r.high, r.rounds);
	else
		snprintf(text, sizeof(text), "%s", judgement(s, &r));
	text_wrap(out, "", "", text);
	print_use(out, s);
	if (!style->quiet)
		print_rounds(out, s);
}

/* --- for programs -------------------------------------------------------- */

static json_t *real_or_null(double value)
{
	return value < 0 || !isfinite(value) ? json_null() : json_real(value);
}

static json_t *run_json(const struct speed_run *r)
{
	if (!r->done)
		return json_pack("{s:b, s:s}", "done", 0, "error", r->error);
	return json_pack("{s:b, s:f, s:I, s:f, s:o, s:i, s:b, s:i}", "done", 1,
			 "seconds", r->seconds, "bytes", (json_int_t)r->bytes,
			 "mbit_s", r->rate, "rtt_ms", real_or_null(r->rtt_ms),
			 "retransmitted", (int)r->retransmitted, "mptcp",
			 r->mptcp && !r->fallback, "subflows",
			 r->mptcp && !r->fallback ? (int)r->subflows + 1 : 1);
}

int speed_json(FILE *out, const struct speed *s)
{
	struct speed_ratio r = speed_ratio(s);
	json_t *rounds = json_array(), *json;
	int ret = -1;

	for (size_t i = 0; i < s->round_count; i++)
		json_array_append_new(
			rounds, json_pack("{s:o, s:o}", "tcp",
					  run_json(&s->rounds[i].tcp), "mptcp",
					  run_json(&s->rounds[i].mptcp)));
	json = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:i, "
		"s:o}",
		"schema", "mpprobe-speed/1", "version", MPPROBE_VERSION, "url",
		s->url, "tcp_mbit_s", real_or_null(speed_median(s, false)),
		"mptcp_mbit_s", real_or_null(speed_median(s, true)), "ratio",
		r.rounds ? json_real(r.ratio) : json_null(), "ratio_low",
		r.rounds >= ROUNDS_MIN ? json_real(r.low) : json_null(),
		"ratio_high",
		r.rounds >= ROUNDS_MIN ? json_real(r.high) : json_null(),
		"compared", (int)r.rounds, "fallbacks",
		(int)count_runs(s, true), "blackhole", s->blackhole,
		"unanswered", (int)s->unanswered, "rounds", rounds);
	if (json &&
	    json_dumpf(json, out, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0 &&
	    fputc('\n', out) != EOF)
		ret = 0;
	json_decref(json);
	return ret;
}
