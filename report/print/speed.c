/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/speed.h"

#include <math.h>
#include <stdlib.h>

#include "report/arena.h"
#include "report/evidence/loss.h"

size_t speed_ways(const struct speed *s)
{
	return s->uplink_count ?: 1;
}

static bool counts(const struct speed_round *r, size_t uplink)
{
	const struct speed_run *tcp = &r->tcp[uplink];

	return tcp->done && r->mptcp.done && !r->mptcp.fallback &&
	       tcp->rate > 0 && r->mptcp.rate > 0;
}

/* Of MPTCP, beside TCP over this uplink. */
typedef double rate_fn(const struct speed_round *r, size_t uplink);

static double measured(const struct speed_round *r, size_t uplink)
{
	(void)uplink;
	return r->mptcp.rate;
}

/* One stall, which may be this host's own doing, is left out of the time; but
 * not so that it becomes faster than TCP. */
static double without_stall(const struct speed_round *r, size_t uplink)
{
	double left = r->mptcp.seconds - HOST_STALL_SECONDS;
	double most = fmax(r->mptcp.rate, r->tcp[uplink].rate);

	if (left <= 0)
		return most;
	return fmin(most, r->mptcp.rate * r->mptcp.seconds / left);
}

static struct speed_ratio ratio_of(const struct speed *s, size_t uplink,
				   rate_fn *mptcp)
{
	struct speed_ratio ratio = {0, 0, 0, INFINITY};
	double sum = 0, squares = 0, mean, width, n;

	for (size_t i = 0; i < s->round_count; i++) {
		const struct speed_round *r = &s->rounds[i];
		double log_ratio =
			counts(r, uplink)
				? log(mptcp(r, uplink) / r->tcp[uplink].rate)
				: 0;

		ratio.rounds += counts(r, uplink);
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

struct speed_ratio speed_ratio(const struct speed *s, size_t uplink)
{
	return ratio_of(s, uplink, measured);
}

size_t speed_best(const struct speed *s)
{
	size_t best = 0;

	for (size_t i = 1; i < s->uplink_count; i++) {
		struct speed_ratio one = speed_ratio(s, i);
		struct speed_ratio other = speed_ratio(s, best);

		if (one.rounds && (!other.rounds || one.ratio < other.ratio))
			best = i;
	}
	return best;
}

static double part(const struct speed_run *r, size_t ways, uint64_t bytes)
{
	uint64_t sum = r->elsewhere;

	for (size_t i = 0; i < ways && r->shares_known; i++)
		sum += r->shares[i];
	return sum && r->shares_known ? (double)bytes / (double)sum : -1;
}

double speed_run_share(const struct speed_run *r, size_t ways, size_t uplink)
{
	return part(r, ways, r->shares[uplink]);
}

static struct speed_run all_runs(const struct speed *s)
{
	struct speed_run all = {.shares_known = true};

	for (size_t i = 0; i < s->round_count; i++) {
		const struct speed_run *r = &s->rounds[i].mptcp;

		for (size_t k = 0; r->shares_known && k < speed_ways(s); k++)
			all.shares[k] += r->shares[k];
		all.elsewhere += r->elsewhere;
	}
	return all;
}

double speed_share(const struct speed *s, size_t uplink)
{
	const struct speed_run all = all_runs(s);

	return speed_run_share(&all, speed_ways(s), uplink);
}

double speed_elsewhere(const struct speed *s)
{
	const struct speed_run all = all_runs(s);

	return part(&all, speed_ways(s), all.elsewhere);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* `uplink`: of TCP; < 0: of MPTCP. */
static double median_of(const struct speed *s, int uplink)
{
	double *rates = must_have(calloc(s->round_count + 1, sizeof(*rates)));
	double median = -1;
	size_t count = 0;

	for (size_t i = 0; i < s->round_count; i++) {
		const struct speed_run *run =
			uplink < 0 ? &s->rounds[i].mptcp
				   : &s->rounds[i].tcp[uplink];

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

double speed_median_tcp(const struct speed *s, size_t uplink)
{
	return median_of(s, (int)uplink);
}

double speed_median_mptcp(const struct speed *s)
{
	return median_of(s, -1);
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

static bool any_done(const struct speed *s, const struct speed_round *r)
{
	bool done = false;

	for (size_t i = 0; i < speed_ways(s); i++)
		done |= r->tcp[i].done;
	return done;
}

static double seconds_of(const struct speed *s, const struct speed_round *r)
{
	double seconds = r->mptcp.seconds;

	for (size_t i = 0; i < speed_ways(s); i++)
		seconds += r->tcp[i].seconds;
	return seconds;
}

bool speed_goes_on(const struct speed *s, unsigned wanted)
{
	double seconds = 0;

	if (s->round_count && !any_done(s, &s->rounds[0]))
		return false;
	if (wanted)
		return s->round_count < wanted;
	for (size_t i = 0; i < s->round_count; i++)
		seconds += seconds_of(s, &s->rounds[i]);
	return s->round_count < ROUNDS_MIN ||
	       (s->round_count < ROUNDS_WANTED && seconds < ROUNDS_SECONDS);
}

bool speed_run_suffices(const struct speed_run *r)
{
	return r->seconds >= DOWNLOAD_SECONDS || r->downloads >= DOWNLOADS_MAX;
}

/* All connections with MPTCP failed, and none without. */
static bool mptcp_fails(const struct speed *s, const struct speed_ratio *r)
{
	size_t tcp = 0, mptcp = 0;

	(void)r;
	for (size_t i = 0; i < s->round_count; i++) {
		tcp += any_done(s, &s->rounds[i]);
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
	return ratio_of(s, speed_best(s), without_stall).high <
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

/* ---- of several uplinks ---- */

/* Where this kernel does not tell by which, by how many subflows there were. */
static bool one_uplink(const struct speed *s, const struct speed_ratio *r)
{
	size_t used = 0, subflows = 0;

	(void)r;
	for (size_t i = 0; i < speed_ways(s); i++)
		used += speed_share(s, i) > 0;
	for (size_t i = 0; i < s->round_count; i++)
		subflows += s->rounds[i].mptcp.subflows;
	return used ? used == 1 : subflows == 0;
}

static bool sum_busy(const struct speed *s, const struct speed_ratio *r)
{
	return is_busy(s) && r->high < 1;
}

static bool sum_cannot_tell(const struct speed *s, const struct speed_ratio *r)
{
	(void)s;
	return r->low <= 1 && r->high > 1 / WORTH_A_WORD;
}

/* The first that holds, of those for what was compared. */
static const struct {
	enum { ANY, ONE_WAY, UPLINKS } of;
	bool (*holds)(const struct speed *s, const struct speed_ratio *r);
	struct speed_verdict verdict;
} verdicts[] = {
	{ANY,
	 mptcp_fails,
	 {"mptcp_fails", 1, "Downloads by MPTCP fail, those by TCP do not."}},
	{ANY,
	 not_in_use,
	 {"not_in_use", 3,
	  "MPTCP was not in use: all connections fell back to TCP. mpprobe "
	  "HOST tells why."}},
	{ANY,
	 too_few,
	 {"too_few", 3, "Too few downloads were completed to compare them."}},
	{ONE_WAY,
	 slower,
	 {"slower", 1,
	  "MPTCP is slower than TCP on this path: something treats it "
	  "differently."}},
	{ONE_WAY,
	 slow_host,
	 {"busy", 3,
	  "MPTCP was slower than TCP, but this host was busy meanwhile, which "
	  "may be all there is to it."}},
	{ONE_WAY,
	 only_stalls,
	 {"stalls", 3,
	  "MPTCP was slower than TCP, but no more than a stall of 0.2 s in "
	  "each round explains, which this host's own MPTCP may make: try a "
	  "larger file."}},
	{ONE_WAY,
	 cannot_tell,
	 {"cannot_tell", 3,
	  "Whether MPTCP is slower than TCP these rounds cannot tell: they "
	  "differ too much (-c N: more rounds)."}},
	{ONE_WAY,
	 faster,
	 {"faster", 0, "MPTCP is faster than TCP on this path."}},
	{ONE_WAY,
	 little_slower,
	 {"overhead", 0,
	  "MPTCP is a little slower than TCP, as its overhead explains."}},
	{ONE_WAY,
	 as_fast,
	 {"same", 0, "MPTCP is as fast as TCP on this path."}},
	{UPLINKS,
	 one_uplink,
	 {"one_uplink", 3,
	  "MPTCP used one uplink only: what several give together was not "
	  "measured."}},
	{UPLINKS,
	 faster,
	 {"sum_more", 0,
	  "MPTCP over these uplinks is faster than TCP over the best of them "
	  "alone."}},
	{UPLINKS,
	 slower,
	 {"sum_less", 1,
	  "MPTCP over these uplinks is slower than TCP over the best of them "
	  "alone: what is late over one holds up what came over another, or "
	  "something treats MPTCP differently."}},
	{UPLINKS,
	 sum_busy,
	 {"busy", 3,
	  "MPTCP over these uplinks was slower than TCP over the best of them "
	  "alone, but this host was busy meanwhile, which may be all there is "
	  "to it."}},
	{UPLINKS,
	 only_stalls,
	 {"stalls", 3,
	  "MPTCP over these uplinks was slower than TCP over the best of them "
	  "alone, but no more than a stall of 0.2 s in each round explains, "
	  "which this host's own MPTCP may make: try a larger file."}},
	{UPLINKS,
	 sum_cannot_tell,
	 {"cannot_tell", 3,
	  "Whether MPTCP over these uplinks is faster than TCP over the best "
	  "of them alone these rounds cannot tell: they differ too much (-c N: "
	  "more rounds)."}},
	{UPLINKS,
	 little_slower,
	 {"sum_little_less", 0,
	  "MPTCP over these uplinks is somewhat slower than TCP over the best "
	  "of them alone: together they give no more."}},
	{UPLINKS,
	 as_fast,
	 {"sum_same", 0,
	  "MPTCP over these uplinks is as fast as TCP over the best of them "
	  "alone: together they give no more."}},
};

const struct speed_verdict *speed_verdict(const struct speed *s)
{
	const struct speed_ratio r = speed_ratio(s, speed_best(s));
	size_t i = 0;

	while (verdicts[i].of == (s->uplink_count ? ONE_WAY : UPLINKS) ||
	       !verdicts[i].holds(s, &r))
		i++;
	return &verdicts[i].verdict;
}
