/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/speed.h"

#include <math.h>
#include <stdlib.h>

#include "report/arena.h"
#include "report/evidence/loss.h"

static bool counts(const struct speed_round *r)
{
	return r->tcp.done && r->mptcp.done && !r->mptcp.fallback &&
	       r->tcp.rate > 0 && r->mptcp.rate > 0;
}

static double measured(const struct speed_round *r)
{
	return r->mptcp.rate;
}

/* One stall, which may be this host's own doing, is left out of the time; but
 * not so that it becomes faster than TCP. */
static double without_stall(const struct speed_round *r)
{
	double left = r->mptcp.seconds - HOST_STALL_SECONDS;
	double most = fmax(r->mptcp.rate, r->tcp.rate);

	if (left <= 0)
		return most;
	return fmin(most, r->mptcp.rate * r->mptcp.seconds / left);
}

static struct speed_ratio ratio_of(const struct speed *s,
				   double (*mptcp)(const struct speed_round *))
{
	struct speed_ratio ratio = {0, 0, 0, INFINITY};
	double sum = 0, squares = 0, mean, width, n;

	for (size_t i = 0; i < s->round_count; i++) {
		const struct speed_round *r = &s->rounds[i];
		double log_ratio = counts(r) ? log(mptcp(r) / r->tcp.rate) : 0;

		ratio.rounds += counts(r);
		sum += log_ratio;
		squares += log_ratio * log_ratio;
	}
	if (ratio.rounds == 0)
		return ratio;
	n = (double)ratio.rounds;
	mean = sum / n;
	ratio.ratio = exp(mean);
	if (ratio.rounds < ROUNDS_MIN)
		return ratio;
	width = student(ratio.rounds - 1) *
		sqrt(fmax(squares / n - mean * mean, 0) / (n - 1));
	ratio.low = exp(mean - width);
	ratio.high = exp(mean + width);
	return ratio;
}

struct speed_ratio speed_ratio(const struct speed *s)
{
	return ratio_of(s, measured);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double speed_median(const struct speed *s, bool mptcp)
{
	double *rates = must_have(calloc(s->round_count + 1, sizeof(*rates)));
	double median = -1;
	size_t count = 0;

	for (size_t i = 0; i < s->round_count; i++) {
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

size_t speed_runs(const struct speed *s, bool fallback)
{
	size_t count = 0;

	for (size_t i = 0; i < s->round_count; i++)
		count += s->rounds[i].mptcp.done &&
			 s->rounds[i].mptcp.fallback == fallback;
	return count;
}

/* --- the verdict --------------------------------------------------------- */

/* All connections with MPTCP failed, and none without. */
bool speed_goes_on(const struct speed *s, unsigned wanted)
{
	double seconds = 0;

	if (s->round_count && !s->rounds[0].tcp.done)
		return false;
	if (wanted)
		return s->round_count < wanted;
	for (size_t i = 0; i < s->round_count; i++)
		seconds +=
			s->rounds[i].tcp.seconds + s->rounds[i].mptcp.seconds;
	return s->round_count < ROUNDS_MIN ||
	       (s->round_count < ROUNDS_WANTED && seconds < ROUNDS_SECONDS);
}

bool speed_run_suffices(const struct speed_run *r)
{
	return r->seconds >= DOWNLOAD_SECONDS || r->downloads >= DOWNLOADS_MAX;
}

static bool mptcp_fails(const struct speed *s, const struct speed_ratio *r)
{
	size_t tcp = 0, mptcp = 0;

	(void)r;
	for (size_t i = 0; i < s->round_count; i++) {
		tcp += s->rounds[i].tcp.done;
		mptcp += s->rounds[i].mptcp.done;
	}
	return tcp >= ROUNDS_MIN && tcp == s->round_count && mptcp == 0;
}

static bool not_in_use(const struct speed *s, const struct speed_ratio *r)
{
	(void)r;
	return speed_runs(s, true) && !speed_runs(s, false);
}

static bool too_few(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	return r->rounds < ROUNDS_MIN;
}

static bool is_busy(const struct speed *s)
{
	return s->processors < 0 || s->processors >= BUSY_PROCESSORS;
}

static bool slower(const struct speed *s, const struct speed_ratio *r)
{
	(void)r;
	return ratio_of(s, without_stall).high <
	       (is_busy(s) ? TREATED_THOUGH_BUSY : TREATED_OTHERWISE);
}

static bool slow_host(const struct speed *s, const struct speed_ratio *r)
{
	return is_busy(s) && r->high < TREATED_OTHERWISE;
}

static bool only_stalls(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	return r->high < TREATED_OTHERWISE;
}

static bool cannot_tell(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	return r->low < TREATED_OTHERWISE;
}

static bool faster(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	return r->low > 1 && r->ratio > 1 / WORTH_A_WORD;
}

static bool little_slower(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	return r->high < 1 && r->ratio < WORTH_A_WORD;
}

static bool as_fast(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	(void)r;
	return true;
}

/* The first that holds. */
static const struct {
	bool (*holds)(const struct speed *s, const struct speed_ratio *r);
	struct speed_verdict verdict;
} verdicts[] = {
	{mptcp_fails,
	 {"mptcp_fails", 1, "Downloads by MPTCP fail, those by TCP do not."}},
	{not_in_use,
	 {"not_in_use", 3,
	  "MPTCP was not in use: all connections fell back to TCP. mpprobe "
	  "HOST tells why."}},
	{too_few,
	 {"too_few", 3, "Too few downloads were completed to compare them."}},
	{slower,
	 {"slower", 1,
	  "MPTCP is slower than TCP on this path: something treats it "
	  "differently."}},
	{slow_host,
	 {"busy", 3,
	  "MPTCP was slower than TCP, but this host was busy meanwhile, which "
	  "may be all there is to it."}},
	{only_stalls,
	 {"stalls", 3,
	  "MPTCP was slower than TCP, but no more than a stall of 0.2 s in "
	  "each round explains, which this host's own MPTCP may make: try a "
	  "larger file."}},
	{cannot_tell,
	 {"cannot_tell", 3,
	  "Whether MPTCP is slower than TCP these rounds cannot tell: they "
	  "differ too much (-c N: more rounds)."}},
	{faster, {"faster", 0, "MPTCP is faster than TCP on this path."}},
	{little_slower,
	 {"overhead", 0,
	  "MPTCP is a little slower than TCP, as its overhead explains."}},
	{as_fast, {"same", 0, "MPTCP is as fast as TCP on this path."}},
};

const struct speed_verdict *speed_verdict(const struct speed *s)
{
	const struct speed_ratio r = speed_ratio(s);
	size_t i = 0;

	while (!verdicts[i].holds(s, &r))
		i++;
	return &verdicts[i].verdict;
}
