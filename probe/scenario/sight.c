// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/sight.h"

#include "crafting/segment.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/scenario.h"
#include "report/track/observer.h"

struct sight_numbers sight_numbers(const struct scenario *r,
				   const struct sight *s)
{
	const struct subflow *subflow = r->exchange->subflows[s->subflow - 1];
	const struct tcp_view *tcp = &s->segment->packet.tcp;
	const struct flow *f = subflow_flow(subflow);
	uint32_t server =
		f && f->syn_ack_seen ? f->server_isn : tcp->acknowledgment;
	struct sight_numbers n;

	if (s->sent) {
		n.sequence = tcp->sequence - subflow->choices.isn;
		n.acknowledgment = tcp->acknowledgment - server;
	} else {
		n.sequence = f && f->syn_ack_seen ? tcp->sequence - server : 0;
		n.acknowledgment = tcp->acknowledgment - subflow->choices.isn;
	}
	if (!(tcp->flags & TCP_FLAG_ACK))
		n.acknowledgment = 0;
	return n;
}

double sight_ms(const struct scenario *r, const struct sight *s)
{
	int64_t us = s->quote ? s->quote->time_us : s->segment->time_us;

	return (double)(us - r->first_us) / 1000;
}
