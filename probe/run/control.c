/* SPDX-License-Identifier: GPL-3.0-or-later
 * The distance control: when it is sent, and how long it is waited for.
 */
#include "probe/run/experiment.h"

bool run_start_control(struct run *p)
{
	static const uint8_t ttls[] = {64, 96, 60};

	p->control.rounds++;
	for (size_t i = 0; i < sizeof(ttls); i++)
		if (!control_send(&p->control, ttls[i]))
			return false;
	return true;
}

/* The target's distance is that of the address, whichever port asked. */
static unsigned known_distance(const struct run *p)
{
	unsigned distance = control_distance(&p->control);

	return distance || !run_follows(p)
		       ? distance
		       : control_distance(&p->shared->leader->control);
}

static unsigned control_rounds(const struct run *p)
{
	return p->options->sweep_only ? 1 : 2;
}

static int64_t control_wait(const struct run *p)
{
	int64_t wait = pace_wait_us(&p->pace);

	return p->options->sweep_only && p->pace.rtt_us
		       ? p->pace.rtt_us * 5 / 4 + QUOTE_SLACK_US
		       : wait;
}

/* The distance matters where MPTCP is not proven. */
bool run_control_over(const struct run *p, int64_t now_us)
{
	for (unsigned i = 0; i < p->attempt_count; i++)
		if (p->attempts[i].started &&
		    (connection_data_acked(&p->attempts[i].bare) ||
		     connection_data_acked(&p->attempts[i].summed)))
			return true;
	return !run_sweeping(p) || known_distance(p) ||
	       (p->control.rounds >= control_rounds(p) &&
		now_us >= p->control.sent_us + control_wait(p));
}

/* TTLs at and behind the one that SYNs need: routers that answer there
 * convict a device that answers before the target. */
static const uint8_t beyond[] = {0, 0, 0, 1, 2};

static void repeat_control(struct run *p, unsigned reach)
{
	run_start_control(p);
	for (unsigned i = 0; i < sizeof(beyond) && p->control.rounds > 1 &&
			     reach && reach < FULL_TTL - 2;
	     i++)
		control_send_echo(&p->control, (uint8_t)(reach + beyond[i]));
}

int64_t run_step_control(struct run *p, int64_t now_us)
{
	const struct run *leader = p->shared->leader;
	unsigned reach = run_reach(p), distance = known_distance(p);
	int64_t wait = control_wait(p);

	if (!run_sweeping(p))
		return NEVER;
	if (run_follows(p) && p->control.rounds == 0 && !leader->over &&
	    !run_control_over(leader, now_us))
		return NEVER;
	if (!run_control_over(p, now_us) &&
	    p->control.rounds < control_rounds(p) && !distance &&
	    now_us >= p->control.sent_us + wait)
		repeat_control(p, reach);
	if (reach && !p->beyond_sent &&
	    (distance > reach || p->control.rounds > 1)) {
		p->beyond_sent = true;
		for (unsigned i = 0; i < sizeof(beyond) && reach < FULL_TTL - 2;
		     i++)
			control_send(&p->control, (uint8_t)(reach + beyond[i]));
	}
	return run_control_over(p, now_us) ? NEVER : p->control.sent_us + wait;
}
