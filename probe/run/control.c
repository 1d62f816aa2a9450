/* SPDX-License-Identifier: GPL-3.0-or-later
 * The distance control: how far the target is by its own answers.
 */
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>

#include "crafting/segment.h"
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
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
	if (c->to->several)
		length += snprintf(out + length, size - (size_t)length, "%s",
				   UPLINK_MARK);
	return length;
}

/* Writes the message that is carried in IP, and counts it. Returns its length;
 * 0: there is none. */
static ssize_t write_datagram(struct control *c, const uint8_t *text,
			      size_t length, uint8_t *out, size_t size)
{
	uint16_t port = CONTROL_PORT + (uint16_t)c->count;

	if (c->count == CONTROL_MAX)
		return 0;
	c->ports[c->count] = live_port(c->to->live, &c->to->source, true);
	if (!c->ports[c->count])
		return 0;
	return udp_datagram_write(c->ports[c->count++], port, text, length,
				  &c->to->source, &c->to->target, out, size);
}

static ssize_t write_echo(struct control *c, const uint8_t *text, size_t length,
			  uint8_t *out, size_t size)
{
	if (!c->echo_id)
		c->echo_id = (uint16_t)(live_random32(c->to->live) | 1);
	return echo_request_write(c->echo_id, ++c->echoes, text, length,
				  &c->to->source, &c->to->target, out, size);
}

typedef ssize_t write_fn(struct control *c, const uint8_t *text, size_t length,
			 uint8_t *out, size_t size);

static void send_control(struct control *c, unsigned ttl, write_fn *write)
{
	struct live *live = c->to->live;
	uint8_t icmp =
		c->to->source.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	struct ip_envelope envelope = {
		.source = c->to->source,
		.destination = c->to->target,
		.protocol = write == write_echo ? icmp : IPPROTO_UDP,
		.ttl = (uint8_t)ttl,
		.flow_label = (live_random32(live) & 0xfffff) | 1,
	};
	char text[64];
	int size = control_text(c, ttl, text, sizeof(text));
	uint8_t message[80];
	ssize_t length = write(c, (const uint8_t *)text, (size_t)size, message,
			       sizeof(message));

	c->sent_us = live_now_us();
	if (length > 0)
		live_send(live, &envelope, message, (size_t)length);
}

static const struct flow *datagram(const struct control *c, unsigned i)
{
	return observer_flow(c->to->live->observer, &c->to->source, c->ports[i],
			     &c->to->target, (uint16_t)(CONTROL_PORT + i),
			     IPPROTO_UDP);
}

/* The target's distance by the answer to datagram `i`; 0: none came. */
static unsigned told_by(const struct control *c, unsigned i)
{
	const struct flow *f = datagram(c, i);

	return f ? flow_reach(f) : 0;
}

unsigned control_distance(const struct control *c)
{
	unsigned distance = 0;

	for (unsigned i = 0; i < c->count; i++) {
		unsigned told = told_by(c, i);

		if (told && (!distance || told < distance))
			distance = told;
	}
	return distance;
}

/* ---- the experiment ------------------------------------------------------ */

static void send_round(struct control *c)
{
	static const uint8_t ttls[] = {FULL_TTL, 96, 60};

	c->rounds++;
	for (size_t i = 0; i < sizeof(ttls); i++)
		send_control(c, ttls[i], write_datagram);
}

/* A datagram marks a reference in the capture, what goes by one of several
 * uplinks, and what asks the hops around a known place; or the distance is
 * wanted, however little it tells. */
static bool sends_one(const struct run *r)
{
	return r->to.reference || r->to.several || r->settings->place.last ||
	       r->settings->distance;
}

bool control_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return run_sweeping(r) || sends_one(r);
}

void control_start(struct run *r, struct version *v)
{
	(void)v;
	r->control.to = &r->to;
	if (run_sweeping(r) && !run_follows(r))
		send_round(&r->control);
	else if (sends_one(r))
		send_control(&r->control, FULL_TTL, write_datagram);
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

static void send_beyond(struct run *r, write_fn *write)
{
	for (size_t i = 0; i < sizeof(beyond) && r->reach < FULL_TTL - 2; i++)
		send_control(&r->control, r->reach + beyond[i], write);
}

static void repeat_control(struct run *r)
{
	send_round(&r->control);
	if (r->control.rounds > 1 && r->reach)
		send_beyond(r, write_echo);
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

/* SYNs with the TTL that others need tell whether that is so on every port: not
 * if some of several ways are longer (ECMP), which controls may have taken. */
#define SYNS_AT_REACH 8

void beyond_start(struct run *r, struct version *v)
{
	(void)v;
	send_beyond(r, write_datagram);
	for (int i = 0; i < SYNS_AT_REACH; i++)
		run_add_syn(r, PURPOSE_TCP, 0, r->reach, 1);
}

/* ---- once more, within the ICMP budget of the target --------------------- */

#define ASKED_AGAIN_MAX FARTHER_ANSWERS_MIN /* 3 s */
#define AGAIN_US 1000000

static unsigned answers(const struct control *c)
{
	unsigned count = 0;

	for (unsigned i = 0; i < c->count; i++)
		count += told_by(c, i) != 0;
	return count;
}

/* One that arrived with no smaller TTL than it was sent with. */
static bool is_raised(const struct control *c, unsigned i)
{
	const struct flow *f = datagram(c, i);

	for (size_t k = 0; f && k < f->quote_count; k++)
		if (f->quotes[k].port_unreachable &&
		    f->quotes[k].quoted.ip.ttl >=
			    f->sent[f->quotes[k].sent]->packet.ip.ttl)
			return true;
	return false;
}

/* Datagrams sent with TTLs that are far apart arrive alike: those tell no
 * distance, however often they are asked. */
static bool are_rewritten(const struct control *c)
{
	unsigned least = UINT_MAX, most = 0;

	for (unsigned i = 0; i < c->count; i++) {
		unsigned told = told_by(c, i);

		if (is_raised(c, i))
			return true;
		if (!told)
			continue;
		least = told < least ? told : least;
		most = told > most ? told : most;
	}
	return most && most - least >= TTLS_APART_MIN / 2;
}

/* SYN/ACKs come from as far away as the target's own errors, though SYNs need
 * not go so far: the TTLs of TCP are rewritten. */
static bool come_from_afar(const struct run *r, unsigned distance)
{
	const struct flow *plain = client_flow(&r->before.client);
	const struct kept *k = plain ? flow_syn_ack(plain) : NULL;

	for (unsigned i = 0; k && i < r->control.count; i++) {
		const struct flow *f = datagram(&r->control, i);

		for (size_t n = 0; f && n < f->quote_count; n++)
			if (f->quotes[n].port_unreachable &&
			    f->quotes[n].reply_ttl == k->packet.ip.ttl)
				return distance > r->reach + 1;
	}
	return false;
}

/* The target is as far away as what answers SYNs, or enough of its answers say
 * that it is not; or nothing would say. */
static bool is_settled(const struct run *r)
{
	const struct control *c = &r->control;
	unsigned distance = known_distance(r);
	const struct flow *echo =
		c->echo_id ? observer_flow(r->to.live->observer, &r->to.source,
					   c->echo_id, &r->to.target, 0,
					   IPPROTO_ICMP)
			   : NULL;

	if (are_rewritten(c))
		return true;
	if (distance)
		return distance <= r->reach || come_from_afar(r, distance) ||
		       answers(c) >= FARTHER_ANSWERS_MIN;
	return echo && flow_reach(echo) == r->reach;
}

/* A device that speaks MPTCP itself passes all but this; the errors that tell
 * it are limited, and a run before this one may have spent them. */
bool control_again_wanted(const struct run *r, const struct version *v)
{
	return !r->settings->sweep_only && !run_follows(r) &&
	       (is_proven(&v->bare) || is_proven(&v->summed)) && !is_settled(r);
}

/* The echo is for a target that answers no datagram; only one, for all of them
 * take the same way, which may be longer than those of SYNs (ECMP). For the
 * same reason none goes to routers beyond: few SYNs told a reach by now, and
 * that others answer where SYNs are answered is a doubt, and convicts nobody.
 */
static void ask_again(struct run *r)
{
	struct control *c = &r->control;

	if (c->again++ == 0)
		send_control(c, r->reach, write_echo);
	send_control(c, r->reach, write_datagram);
	send_control(c, FULL_TTL, write_datagram);
}

int64_t control_again_step(struct run *r, struct version *v, int64_t now_us)
{
	struct control *c = &r->control;

	(void)v;
	if (is_settled(r))
		return OVER;
	if (c->again == ASKED_AGAIN_MAX)
		return now_us < c->sent_us + answer_wait_us(&r->to)
			       ? c->sent_us + answer_wait_us(&r->to)
			       : OVER;
	if (now_us < c->sent_us + AGAIN_US)
		return c->sent_us + AGAIN_US;
	ask_again(r);
	return c->sent_us + AGAIN_US;
}
