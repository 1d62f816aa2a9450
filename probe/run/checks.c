/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/checks.h"

#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

static bool begin(struct checks *t, enum check_kind kind, unsigned ttl)
{
	struct check *one = &t->list[t->count];

	if (t->count == CHECKS_MAX ||
	    !check_start(one, t->live, t->to, t->pace, kind, t->version))
		return false;
	one->ttl = (uint8_t)ttl;
	t->count++;
	return true;
}

void checks_start(struct checks *t, struct live *live,
		  const struct destination *to, const struct pace *pace,
		  unsigned version, unsigned first_ttl, unsigned reach)
{
	*t = (struct checks){.live = live,
			     .to = to,
			     .pace = pace,
			     .version = version,
			     .first_ttl = first_ttl,
			     .reach = reach,
			     .started = true};
	idle_start(&t->idle, live, to, pace, first_ttl, reach);
	begin(t, CHECK_LONG, 0);
	begin(t, CHECK_HOLE, 0);
	begin(t, CHECK_PAIR, 0);
	begin(t, CHECK_BIG, 0);
	begin(t, CHECK_ADD_ADDR, 0);
	begin(t, CHECK_FRAGMENTS, 0);
	if (reach > first_ttl)
		begin(t, CHECK_EXPIRED, reach - 1);
	if (reach > first_ttl)
		sweep_start_bare(&t->bare, live, to, first_ttl, reach - 1);
}

/* What went wrong once is tried again. A device that acknowledges or remembers
 * is where the smallest TTL meets it: one check for each. */
static void confirm(struct checks *t)
{
	unsigned count = t->count;

	t->confirmed = true;
	for (unsigned i = 0; i < count; i++) {
		enum check_kind kind = t->list[i].kind;

		if (!check_convicts(&t->list[i]))
			continue;
		if (kind != CHECK_EXPIRED)
			begin(t, kind, 0);
		for (int k = 0;
		     k < FULL_SIZE_WITNESSES_MIN && kind == CHECK_BIG; k++)
			begin(t, CHECK_BIG_TCP, 0);
		for (unsigned ttl = t->first_ttl;
		     kind == CHECK_EXPIRED && ttl < t->reach; ttl++)
			begin(t, kind, ttl);
	}
}

static bool all_over(const struct checks *t)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->list[i].state != CHECK_OVER)
			return false;
	return true;
}

/* The flow of the check whose turn it is, or NULL where its copies cannot
 * show more. The bare SYNs come last. */
static const struct flow *flow_in_turn(const struct checks *t)
{
	const struct check *one = &t->list[t->copied];

	if (t->copied == t->count)
		return t->bare.last ? client_flow(&t->bare.client) : NULL;
	return check_wants_copies(one) ? client_flow(&one->client) : NULL;
}

static enum segment_kind segment_in_turn(const struct checks *t)
{
	return t->copied == t->count ? SEGMENT_SYN
				     : check_segment(&t->list[t->copied]);
}

static bool complete(const struct checks *t)
{
	const struct flow *f = flow_in_turn(t);

	/* The bare SYNs have no flow before one of them was captured. */
	if (!f && t->copied == t->count && t->bare.last)
		return false;
	for (unsigned ttl = t->first_ttl; f && ttl < t->reach; ttl++)
		if (!flow_quote(f, segment_in_turn(t), ttl))
			return false;
	return true;
}

static void send_missing(struct checks *t)
{
	const struct flow *f = flow_in_turn(t);

	for (unsigned ttl = t->first_ttl; ttl < t->reach; ttl++) {
		if (f && flow_quote(f, segment_in_turn(t), ttl))
			continue;
		if (t->copied == t->count)
			sweep_again(&t->bare, ttl, false);
		else
			check_copy(&t->list[t->copied], (uint8_t)ttl);
	}
}

/* Data with a TTL of its own convicts, or does not: did it expire? False: that
 * is settled. */
static bool step_untold(struct checks *t, int64_t now_us)
{
	unsigned untold = 0, convicts = 0;

	if (t->told)
		return false;
	for (unsigned i = 0; i < t->count; i++) {
		untold += check_untold(&t->list[i]);
		convicts += t->list[i].kind == CHECK_EXPIRED &&
			    check_convicts(&t->list[i]);
	}
	if (!untold || !convicts ||
	    (t->rounds == REST_ROUNDS && now_us >= t->wait_until_us)) {
		t->told = true;
		t->rounds = 0;
		t->wait_until_us = 0;
		return false;
	}
	if (now_us < t->wait_until_us)
		return true;
	for (unsigned i = 0; i < t->count; i++)
		if (check_untold(&t->list[i]))
			check_copy(&t->list[i], t->list[i].ttl);
	t->rounds++;
	t->wait_until_us = now_us + ROUTER_REST_US;
	return true;
}

/* One check after the other, round after round, at the pace of the routers. */
static int64_t step_copies(struct checks *t, int64_t now_us)
{
	while (t->copied <= t->count) {
		if (complete(t)) {
			t->copied++;
			t->rounds = 0;
			t->wait_until_us = 0;
			continue;
		}
		if (now_us < t->wait_until_us)
			return t->wait_until_us;
		if (t->rounds++ == REST_ROUNDS) {
			t->copied++;
			t->rounds = 0;
			continue;
		}
		send_missing(t);
		t->wait_until_us = now_us + ROUTER_REST_US;
	}
	t->copies_over = true;
	return NEVER;
}

static int64_t step_checks(struct checks *t, int64_t now_us)
{
	int64_t wake = NEVER;

	for (unsigned i = 0; i < t->count; i++) {
		int64_t at = check_step(&t->list[i], now_us);

		wake = at < wake ? at : wake;
	}
	if (!all_over(t))
		return wake;
	if (!t->confirmed) {
		confirm(t);
		return now_us;
	}
	return step_untold(t, now_us) ? t->wait_until_us
				      : step_copies(t, now_us);
}

/* Beside the connections that idle. */
int64_t checks_step(struct checks *t, int64_t now_us)
{
	int64_t wake = idle_step(&t->idle, now_us);
	int64_t at = t->copies_over ? NEVER : step_checks(t, now_us);

	t->over = t->copies_over && t->idle.over;
	if (t->over)
		return now_us;
	return at < wake ? at : wake;
}

void checks_end(struct checks *t)
{
	idle_end(&t->idle);
	for (unsigned i = 0; i < t->count; i++)
		check_end(&t->list[i]);
	if (t->bare.last)
		client_send_reset(&t->bare.client);
}
