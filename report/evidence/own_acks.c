/* SPDX-License-Identifier: GPL-3.0-or-later
 * What arrived of the client's ACKs without data.
 */
#include "crafting/segment.h"
#include "report/evidence/judgement.h"

static bool is_pure_ack(const struct kept *k)
{
	return k->packet.tcp.flags == TCP_FLAG_ACK &&
	       k->packet.tcp.payload_length == 0;
}

/* An ACK without data, as only a keep-alive triggers; or an announcement, which
 * may be the answer as well, or what data behind a hole triggers (RFC 2018 4).
 */
static void see_answer(struct keep_alive *a, const struct kept *k)
{
	if (k->frame < a->sent->frame || !is_pure_ack(k) ||
	    k->packet.tcp.acknowledgment != a->sent->packet.tcp.sequence + 1)
		return;
	if (tcp_options_mptcp(&k->options, MP_ADD_ADDR) || k->options.sacks)
		a->unclear = true;
	else if (!a->answer)
		a->answer = k;
}

/* The next that was sent; NULL: no more. Keeps the end of what was. */
static const struct kept *next_sent(struct keep_alive *a)
{
	const struct flow *f = a->flow;

	while (a->next_sent < f->sent_count) {
		const struct kept *k = f->sent[a->next_sent++];
		const struct tcp_view *tcp = &k->packet.tcp;
		uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

		if (!kept_is_full(k))
			continue;
		if (is_pure_ack(k) && tcp->sequence + 1 == a->end)
			return k;
		if (seq_diff(end, a->end) > 0)
			a->end = end;
	}
	return NULL;
}

struct keep_alive keep_alives(const struct flow *f)
{
	return (struct keep_alive){.flow = f, .end = f->client_isn + 1};
}

bool keep_alive_next(struct keep_alive *a)
{
	const struct flow *f = a->flow;
	const struct kept *later;
	struct keep_alive ahead;

	a->sent = next_sent(a);
	a->answer = NULL;
	a->unclear = false;
	ahead = *a;
	later = a->sent ? next_sent(&ahead) : NULL;
	for (; a->sent && a->next_received < f->received_count;
	     a->next_received++) {
		const struct kept *k = f->received[a->next_received];

		if (later && k->frame > later->frame)
			break;
		see_answer(a, k);
	}
	return a->sent != NULL;
}

bool flow_third_ack_taken(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (!(k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
		    tcp_options_mptcp(&k->options, MP_DSS) &&
		    k->packet.tcp.acknowledgment == f->client_isn + 1)
			return true;
	}
	return false;
}
