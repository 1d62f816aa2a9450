/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/sweep.h"

#include <netinet/in.h>
#include <stdio.h>

#include "crafting/segment.h"
#include "probe/run/live.h"
#include "report/track/observe.h"

/* Closed on nearly every host: traceroute's range (IANA: unassigned). */
#define CONTROL_PORT 33434

bool sweep_start(struct sweep *w, struct live *live,
		 const struct destination *to, enum purpose purpose,
		 unsigned version, unsigned first, unsigned last,
		 unsigned reach)
{
	*w = (struct sweep){.first = first, .last = last};
	if (!client_open(&w->client, live, to, purpose, version))
		return false;
	w->sent_us = live_now_us();
	for (unsigned ttl = first; ttl <= last; ttl++)
		if (!client_send_syn(
			    &w->client,
			    (struct copy){(uint8_t)ttl, ttl < reach,
					  ttl < reach &&
						  purpose ==
							  PURPOSE_MP_CAPABLE}))
			return false;
	return true;
}

bool sweep_start_bare(struct sweep *w, struct live *live,
		      const struct destination *to, unsigned first,
		      unsigned last)
{
	*w = (struct sweep){.first = first, .last = last};
	if (!client_open(&w->client, live, to, PURPOSE_TCP, 0))
		return false;
	w->client.no_mss = true;
	return true;
}

unsigned sweep_reach(const struct sweep *w)
{
	const struct flow *f = w->last ? client_flow(&w->client) : NULL;

	return f ? flow_reach(f) : 0;
}

bool sweep_quoted(const struct sweep *w, unsigned ttl)
{
	const struct flow *f = w->last ? client_flow(&w->client) : NULL;

	return f && flow_quote(f, SEGMENT_SYN, ttl);
}

bool sweep_again(struct sweep *w, unsigned ttl, bool marked)
{
	w->sent_us = live_now_us();
	return client_send_syn(&w->client,
			       (struct copy){(uint8_t)ttl, marked, false});
}

void control_init(struct control *c, struct live *live,
		  const struct destination *to)
{
	*c = (struct control){.live = live, .to = to};
}

/* As the observer reads it (report/track/observe.h). */
static int control_text(const struct control *c, unsigned ttl, char *out,
			size_t size)
{
	int length = snprintf(out, size, CONTROL_MARK "%03u %016llx", ttl,
			      (unsigned long long)live_random(c->live));

	if (c->to->reference)
		length += snprintf(out + length, size - (size_t)length,
				   REFERENCE_MARK "%05u", c->to->port);
	return length;
}

bool control_send(struct control *c, uint8_t ttl)
{
	struct ip_envelope envelope = {
		.source = c->to->source,
		.destination = c->to->target,
		.protocol = IPPROTO_UDP,
		.ttl = ttl,
		.flow_label = (live_random32(c->live) & 0xfffff) | 1,
	};
	uint8_t datagram[80];
	char payload[64];
	ssize_t length;
	int text;

	if (c->count == CONTROL_MAX)
		return true;
	c->ports[c->count] = live_port(c->live, &c->to->source, true);
	if (!c->ports[c->count])
		return false;
	text = control_text(c, ttl, payload, sizeof(payload));
	length = udp_datagram_write(
		c->ports[c->count], (uint16_t)(CONTROL_PORT + c->count),
		(const uint8_t *)payload, (size_t)text, &c->to->source,
		&c->to->target, datagram, sizeof(datagram));
	c->count++;
	c->sent_us = live_now_us();
	return length > 0 &&
	       live_send(c->live, &envelope, datagram, (size_t)length);
}

bool control_send_echo(struct control *c, uint8_t ttl)
{
	struct ip_envelope envelope = {
		.source = c->to->source,
		.destination = c->to->target,
		.protocol = c->to->source.family == 4 ? IPPROTO_ICMP
						      : IPPROTO_ICMPV6,
		.ttl = ttl,
		.flow_label = (live_random32(c->live) & 0xfffff) | 1,
	};
	uint8_t message[80];
	char payload[64];
	ssize_t length;
	int text;

	if (!c->echo_id)
		c->echo_id = (uint16_t)(live_random32(c->live) | 1);
	text = control_text(c, ttl, payload, sizeof(payload));
	length = echo_request_write(
		c->echo_id, ++c->echoes, (const uint8_t *)payload, (size_t)text,
		&c->to->source, &c->to->target, message, sizeof(message));
	c->sent_us = live_now_us();
	return length > 0 &&
	       live_send(c->live, &envelope, message, (size_t)length);
}

unsigned control_distance(const struct control *c)
{
	unsigned distance = 0;

	for (unsigned i = 0; i < c->count; i++) {
		const struct flow *f = observer_flow(
			c->live->observer, &c->to->source, c->ports[i],
			&c->to->target, (uint16_t)(CONTROL_PORT + i),
			IPPROTO_UDP);
		unsigned told = f ? flow_reach(f) : 0;

		if (told && (!distance || told < distance))
			distance = told;
	}
	return distance;
}
