// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/hop_budget.h"

#include "report/findings.h"
#include "report/report.h"

#define ANSWER_US 1000000 /* in which a router gets another answer */
#define ANSWERS 6	  /* that it has at most */
#define BACK_OFF_US (2 * ANSWER_US)
#define BACK_OFF_MAX_US (64 * ANSWER_US)
#define PATHS_MIN 3 /* before a hop counts as shared by all */

/* --- answers ------------------------------------------------------------- */

static int64_t rested_us(const struct resting_hop *r)
{
	/* Of an array: NOLINTNEXTLINE(*-core.NullDereference) */
	return r->promised ? INT64_MAX : r->rested_us;
}

static const struct resting_hop *look_up(const struct hop_budget *b,
					 const struct address *hop)
{
	for (unsigned i = 0; i < BUDGET_HOPS; i++)
		if (address_equal(&b->resting[i].address, hop))
			return &b->resting[i];
	return NULL;
}

/* Its entry, or the one that has rested longest. */
static struct resting_hop *find(struct hop_budget *b, const struct address *hop)
{
	const struct resting_hop *known = look_up(b, hop);
	struct resting_hop *oldest = b->resting;

	if (known)
		return &b->resting[known - b->resting];
	for (unsigned i = 0; i < BUDGET_HOPS; i++)
		if (rested_us(&b->resting[i]) < rested_us(oldest))
			oldest = &b->resting[i];
	*oldest = (struct resting_hop){.address = *hop};
	return oldest;
}

void hop_budget_answered(struct hop_budget *b, const struct address *hop,
			 int64_t now_us)
{
	const int64_t none_left_us = now_us + ANSWERS * ANSWER_US;
	struct resting_hop *r = find(b, hop);

	if (r->rested_us < now_us)
		r->rested_us = now_us;
	r->rested_us += ANSWER_US;
	if (r->rested_us > none_left_us)
		r->rested_us = none_left_us;
}

/* Of those that have answered, whatever is promised. */
static int64_t last_us(const struct hop_budget *b)
{
	int64_t last = b->resumes_us;

	for (unsigned i = 0; i < BUDGET_HOPS; i++)
		if (b->resting[i].rested_us > last)
			last = b->resting[i].rested_us;
	return last;
}

int64_t hop_budget_rested_us(const struct hop_budget *b)
{
	for (unsigned i = 0; i < BUDGET_HOPS; i++)
		if (b->resting[i].promised)
			return INT64_MAX;
	return last_us(b);
}

/* --- single answers ------------------------------------------------------ */

/* When it has one more than was promised, and one that nobody gets. */
static int64_t spares_us(const struct resting_hop *r)
{
	return r->rested_us + ((int64_t)r->promised + 2 - ANSWERS) * ANSWER_US;
}

/* When it has all again, if it gives one more now. */
static int64_t rests_us(const struct resting_hop *r, int64_t now_us)
{
	return (r->rested_us > now_us ? r->rested_us : now_us) +
	       ((int64_t)r->promised + 1) * ANSWER_US;
}

int64_t hop_budget_spares_us(const struct hop_budget *b,
			     const struct address *hops, unsigned count,
			     bool sweep_waits, int64_t now_us)
{
	const struct resting_hop fresh = {0};
	int64_t at_us = b->resumes_us, end_us = last_us(b);

	for (unsigned i = 0; i < count; i++) {
		const struct resting_hop *r = look_up(b, &hops[i]);

		if (!r)
			r = &fresh;
		if (spares_us(r) > at_us)
			at_us = spares_us(r);
		if (sweep_waits && rests_us(r, now_us) > end_us)
			return INT64_MAX;
	}
	return at_us;
}

void hop_budget_promise(struct hop_budget *b, const struct address *hops,
			unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		find(b, &hops[i])->promised++;
}

void hop_budget_release(struct hop_budget *b, const struct address *hops,
			unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct resting_hop *r = find(b, &hops[i]);

		if (r->promised)
			r->promised--;
	}
}

/* --- paths --------------------------------------------------------------- */

static bool is_changed(const struct report_hop *hop)
{
	for (size_t i = 0; i < hop->quote_count; i++)
		if (hop->quotes[i].change_count)
			return true;
	return false;
}

static bool quotes_capable(const struct report_hop *hop)
{
	for (size_t i = 0; i < hop->quote_count; i++) {
		const struct report_quote *q = &hop->quotes[i];

		if (q->segment == SEGMENT_SYN && !q->plain && q->covers_options)
			return true;
	}
	return false;
}

/* What is silent, or does not quote MP_CAPABLE, tells nothing. */
static void learn_hop(struct shared_hop *s, const struct report_hop *hop)
{
	if (!hop->address.family)
		return;
	s->differs |= hop->is_target || hop->responder_count != 1 ||
		      is_changed(hop) ||
		      (s->address.family &&
		       !address_equal(&s->address, &hop->address));
	s->address = hop->address;
	s->paths += quotes_capable(hop);
}

static bool is_shared(const struct hop_budget *b, unsigned ttl)
{
	return b->shared[ttl].paths >= PATHS_MIN && !b->shared[ttl].differs;
}

static void keep_asking(struct hop_budget *b, unsigned ttl)
{
	if (ttl <= BUDGET_TTLS)
		b->shared[ttl].differs = true;
}

/* Where something was found, all paths are asked. */
static void learn_finding(struct hop_budget *b, const struct finding *f)
{
	if (f->after.known)
		keep_asking(b, f->after.ttl + 1);
	if (f->at.known)
		keep_asking(b, f->at.ttl);
}

/* Others than Linux may give fewer answers. */
static void back_off(struct hop_budget *b, bool silent, int64_t now_us)
{
	if (!silent)
		b->back_off_us /= 2;
	else if (!b->back_off_us)
		b->back_off_us = BACK_OFF_US;
	else if (b->back_off_us < BACK_OFF_MAX_US)
		b->back_off_us *= 2;
	if (b->back_off_us < BACK_OFF_US)
		b->back_off_us = 0;
	b->resumes_us = now_us + b->back_off_us;
}

void hop_budget_learn(struct hop_budget *b, const struct report *r,
		      unsigned first_ttl, int64_t now_us)
{
	bool silent = false;

	for (size_t i = 0; i < r->path_length; i++) {
		const struct report_hop *hop = &r->path[i];

		if (hop->ttl < first_ttl || hop->ttl > BUDGET_TTLS)
			continue;
		silent |= is_shared(b, hop->ttl) && !hop->address.family;
		learn_hop(&b->shared[hop->ttl], hop);
	}
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].effect != EFFECT_HARMLESS)
			learn_finding(b, &r->findings[i]);
	back_off(b, silent, now_us);
}

bool hop_budget_knows(const struct hop_budget *b, const struct address *hop)
{
	for (unsigned ttl = 1; ttl <= BUDGET_TTLS; ttl++)
		if (address_equal(&b->shared[ttl].address, hop))
			return true;
	return false;
}

unsigned hop_budget_first_ttl(const struct hop_budget *b)
{
	unsigned ttl = 1;

	while (ttl + 1 < BUDGET_TTLS && is_shared(b, ttl) &&
	       is_shared(b, ttl + 1))
		ttl++;
	return ttl;
}
