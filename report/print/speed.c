/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/speed.h"

#include <math.h>
#include <stdlib.h>

#include "report/arena.h"
#include "report/evidence/loss.h"

bool speed_is_treated(const struct speed_ratio *r)
{
	return r->rounds >= ROUNDS_MIN && r->high < TREATED_OTHERWISE;
}

static bool counts(const struct speed_round *r)
{
	return r->tcp.done && r->mptcp.done && r->tcp.rate > 0 &&
	       r->mptcp.rate > 0;
}

struct speed_ratio speed_ratio(const struct speed *s)
{
	struct speed_ratio ratio = {0, 0, 0, INFINITY};
	double sum = 0, squares = 0, mean, width, n;

	for (size_t i = 0; i < s->round_count; i++) {
		const struct speed_round *r = &s->rounds[i];
		double log_ratio =
			counts(r) ? log(r->mptcp.rate / r->tcp.rate) : 0;

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

/* All connections with MPTCP failed, and none without. */
bool speed_only_mptcp_fails(const struct speed *s)
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

	if (speed_only_mptcp_fails(s))
		return 1;
	if (r.rounds < ROUNDS_MIN)
		return 3;
	if (speed_is_treated(&r))
		return 1;
	return speed_runs(s, false) ? 0 : 3;
}
