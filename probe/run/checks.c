/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/checks.h"

#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

/* Behind a balancer whose servers share no tokens, a MP_JOIN finds its own by
 * chance: several do not all. */
#define MORE_JOINS 4

static void begin(struct run *r, enum check_kind kind, unsigned ttl)
{
	struct checks *k = &r->checks;
	struct check *one = &k->list[k->count];

	if (k->count == CHECKS_MAX)
		return;
	k->count++;
	one->kind = kind;
	one->ttl = (uint8_t)ttl;
	run_open(r, &one->connection, &course_check,
		 check_is_plain(kind) ? PURPOSE_TCP : PURPOSE_MP_CAPABLE,
		 k->version);
	connection_begin(&one->connection);
}

/* The version that works, or NULL. */
static const struct version *working(const struct run *r)
{
	for (unsigned i = 0; i < r->version_count; i++)
		if (connection_data_acked(&r->versions[i].bare))
			return &r->versions[i];
	return NULL;
}

bool checks_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return r->settings->all && working(r);
}

/* From where on segments reach the server; the smallest TTL where that is not
 * known, so that none is limited. */
static unsigned end_of(const struct run *r)
{
	return run_sweeping(r) && r->reach ? r->reach : r->settings->first_ttl;
}

void checks_start(struct run *r, struct version *v)
{
	const unsigned first = r->settings->first_ttl, end = end_of(r);

	(void)v;
	r->checks.version = working(r)->number;
	begin(r, CHECK_LONG, 0);
	begin(r, CHECK_HOLE, 0);
	begin(r, CHECK_PAIR, 0);
	begin(r, CHECK_BIG, 0);
	begin(r, CHECK_ADD_ADDR, 0);
	begin(r, CHECK_FRAGMENTS, 0);
	if (end > first) {
		begin(r, CHECK_EXPIRED, end - 1);
		sweep_open_bare(&r->checks.bare, &r->to, first, end - 1);
	}
	for (int i = 0; i < MORE_JOINS && working(r)->join.client.to; i++)
		run_add_join(r, working(r), FULL_TTL);
}

int64_t checks_step(struct run *r, struct version *v, int64_t now_us)
{
	(void)v;
	(void)now_us;
	for (unsigned i = 0; i < r->checks.count; i++)
		check_heed_too_big(&r->checks.list[i]);
	return OVER;
}

bool checks_again_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++)
		if (check_convicts(&r->checks.list[i]))
			return true;
	return false;
}

/* What went wrong once is tried again. A device that acknowledges or remembers
 * is where the smallest TTL meets it: one check for each. */
void checks_again_start(struct run *r, struct version *v)
{
	const unsigned count = r->checks.count;

	(void)v;
	for (unsigned i = 0; i < count; i++) {
		enum check_kind kind = r->checks.list[i].kind;

		if (!check_convicts(&r->checks.list[i]))
			continue;
		if (kind != CHECK_EXPIRED)
			begin(r, kind, 0);
		for (int k = 0;
		     k < FULL_SIZE_WITNESSES_MIN && kind == CHECK_BIG; k++)
			begin(r, CHECK_BIG_TCP, 0);
		for (unsigned ttl = r->settings->first_ttl;
		     kind == CHECK_EXPIRED && ttl < end_of(r); ttl++)
			begin(r, kind, ttl);
	}
}

/* Data with a TTL of its own convicts, or does not: did it expire? */
bool expired_wanted(const struct run *r, const struct version *v)
{
	unsigned untold = 0, convicts = 0;

	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++) {
		const struct check *k = &r->checks.list[i];

		untold += check_untold(k);
		convicts += k->kind == CHECK_EXPIRED && check_convicts(k);
	}
	return untold && convicts;
}

static void send_expired(struct run *r, struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++) {
		struct check *k = &r->checks.list[i];

		if (check_untold(k))
			check_copy(k, k->ttl);
	}
}

int64_t expired_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, expired_wanted, send_expired);
}

/* ---- copies, one check after the other ----------------------------------- */

/* The bare SYNs come last. */
static bool is_bare(const struct checks *k)
{
	return k->copied == k->count;
}

/* The flow of the check whose turn it is. */
static const struct flow *flow_in_turn(const struct checks *k)
{
	return client_flow(is_bare(k) ? &k->bare.client
				      : &k->list[k->copied].connection.client);
}

/* Whether copies of it can show something at this hop. */
static bool is_missing(const struct checks *k, unsigned ttl)
{
	const struct flow *f = flow_in_turn(k);
	enum segment_kind kind =
		is_bare(k) ? SEGMENT_SYN : check_segment(&k->list[k->copied]);

	/* The bare SYNs have no flow before one of them was captured. */
	return is_bare(k) ? !f || !flow_quote(f, kind, ttl)
			  : check_wants_copies(&k->list[k->copied]) &&
				    !flow_quote(f, kind, ttl);
}

static bool any_missing(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < end_of(r); ttl++)
		if (is_missing(&r->checks, ttl))
			return true;
	return false;
}

static void send_missing(struct run *r, struct version *v)
{
	struct checks *k = &r->checks;

	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < end_of(r); ttl++) {
		if (!is_missing(k, ttl))
			continue;
		if (is_bare(k))
			sweep_again(&k->bare, ttl, false);
		else
			check_copy(&k->list[k->copied], ttl);
	}
}

bool check_copies_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return r->checks.count > 0;
}

int64_t check_copies_step(struct run *r, struct version *v, int64_t now_us)
{
	for (; r->checks.copied <= r->checks.count; r->checks.copied++) {
		int64_t at = run_round(r, v, now_us, any_missing, send_missing);

		if (at != OVER)
			return at;
		r->current->rounds = 0;
		r->current->round_us = 0;
	}
	return OVER;
}
