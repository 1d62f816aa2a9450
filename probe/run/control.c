/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/control.h"

#include <netinet/in.h>
#include <stdio.h>

#include "crafting/segment.h"
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/track/observe.h"

/* Closed on nearly every host: traceroute's range (IANA: unassigned). */
#define CONTROL_PORT 33434

/* As the observer reads it (report/track/observe.h). */
static int control_text(const struct control *c, unsigned ttl, char *out,
			size_t size)
{
	int length = snprintf(out, size, CONTROL_MARK "%03u %016llx", ttl,
			      (unsigned long long)live_random(c->to->live));

	if (c->to->reference)
		length += snprintf(out + length, size - (size_t)length,
				   REFERENCE_MARK "%05u", c->to->port);
	return length;
}

static void send_datagram(struct control *c, uint8_t ttl)
{
	struct ip_envelope envelope = {
		.source = c->to->source,
		.destination = c->to->target,
		.protocol = IPPROTO_UDP,
		.ttl = ttl,
		.flow_label = (live_random32(c->to->live) & 0xfffff) | 1,
	};
	uint8_t datagram[80];
	char payload[64];
	ssize_t length;
	int text;

	if (c->count == CONTROL_MAX)
		return;
	c->ports[c->count] = live_port(c->to->live, &c->to->source, true);
	if (!c->ports[c->count])
		return;
	text = control_text(c, ttl, payload, sizeof(payload));
	length = udp_datagram_write(
		c->ports[c->count], (uint16_t)(CONTROL_PORT + c->count),
		(const uint8_t *)payload, (size_t)text, &c->to->source,
		&c->to->target, datagram, sizeof(datagram));
	c->count++;
	c->sent_us = live_now_us();
	if (length > 0)
		live_send(c->to->live, &envelope, datagram, (size_t)length);
}

static void send_echo(struct control *c, uint8_t ttl)
{
	struct ip_envelope envelope = {
		.source = c->to->source,
		.destination = c->to->target,
		.protocol = c->to->source.family == 4 ? IPPROTO_ICMP
						      : IPPROTO_ICMPV6,
		.ttl = ttl,
		.flow_label = (live_random32(c->to->live) & 0xfffff) | 1,
	};
	uint8_t message[80];
	char payload[64];
	ssize_t length;
	int text;

	if (!c->echo_id)
		c->echo_id = (uint16_t)(live_random32(c->to->live) | 1);
	text = control_text(c, ttl, payload, sizeof(payload));
	length = echo_request_write(
		c->echo_id, ++c->echoes, (const uint8_t *)payload, (size_t)text,
		&c->to->source, &c->to->target, message, sizeof(message));
	c->sent_us = live_now_us();
	if (length > 0)
		live_send(c->to->live, &envelope, message, (size_t)length);
}

unsigned control_distance(const struct control *c)
{
	unsigned distance = 0;

	for (unsigned i = 0; i < c->count; i++) {
		const struct flow *f = observer_flow(
			c->to->live->observer, &c->to->source, c->ports[i],
			&c->to->target, (uint16_t)(CONTROL_PORT + i),
			IPPROTO_UDP);
		unsigned told = f ? flow_reach(f) : 0;

		if (told && (!distance || told < distance))
			distance = told;
	}
	return distance;
}

/* ---- the experiment ------------------------------------------------------ */

static void send_control(struct control *c)
{
	static const uint8_t ttls[] = {FULL_TTL, 96, 60};

	c->rounds++;
	for (size_t i = 0; i < sizeof(ttls); i++)
		send_datagram(c, ttls[i]);
}

/* A datagram marks a reference in the capture. */
bool control_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return run_sweeping(r) || r->to.reference;
}

void control_start(struct run *r, struct version *v)
{
	(void)v;
	r->control.to = &r->to;
	if (run_sweeping(r) && !run_follows(r))
		send_control(&r->control);
	else if (r->to.reference)
		send_datagram(&r->control, FULL_TTL);
}

/* The target's distance is that of the address, whichever port asked. */
static unsigned known_distance(const struct run *r)
{
	unsigned distance = control_distance(&r->control);

	return distance || !run_follows(r)
		       ? distance
		       : control_distance(&r->shared->leader->control);
}

static unsigned rounds_max(const struct run *r)
{
	return r->settings->sweep_only ? 1 : 2;
}

static int64_t wait_of(const struct run *r)
{
	return r->settings->sweep_only && r->to.rtt_us ? quote_wait_us(&r->to)
						       : answer_wait_us(&r->to);
}

/* The distance matters where MPTCP is not proven. */
bool control_over(const struct run *r, int64_t now_us)
{
	for (unsigned i = 0; i < r->version_count; i++)
		if (connection_data_acked(&r->versions[i].bare) ||
		    connection_data_acked(&r->versions[i].summed))
			return true;
	return !run_sweeping(r) || known_distance(r) ||
	       (r->control.rounds >= rounds_max(r) &&
		now_us >= r->control.sent_us + wait_of(r));
}

/* TTLs at and behind the one that SYNs need: routers that answer there
 * convict a device that answers before the target. */
static const uint8_t beyond[] = {0, 0, 0, 1, 2};

static void send_beyond(struct run *r,
			void (*send)(struct control *c, uint8_t ttl))
{
	for (size_t i = 0; i < sizeof(beyond) && r->reach < FULL_TTL - 2; i++)
		send(&r->control, (uint8_t)(r->reach + beyond[i]));
}

static void repeat_control(struct run *r)
{
	send_control(&r->control);
	if (r->control.rounds > 1 && r->reach)
		send_beyond(r, send_echo);
}

/* A follower waits for what the leader finds out. */
int64_t control_step(struct run *r, struct version *v, int64_t now_us)
{
	const struct run *leader = r->shared->leader;
	struct control *c = &r->control;
	bool over = control_over(r, now_us);
	int64_t wait = wait_of(r);

	(void)v;
	if (!run_sweeping(r))
		return OVER;
	if (run_follows(r) && c->rounds == 0 && !leader->over &&
	    !control_over(leader, now_us))
		return over ? OVER : NEVER;
	if (!over && c->rounds < rounds_max(r) && now_us >= c->sent_us + wait)
		repeat_control(r);
	return control_over(r, now_us) ? OVER : c->sent_us + wait;
}

bool beyond_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return known_distance(r) > r->reach || r->control.rounds > 1;
}

void beyond_start(struct run *r, struct version *v)
{
	(void)v;
	send_beyond(r, send_datagram);
}
