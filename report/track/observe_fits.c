/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which replies are believed. Anybody may send packets with the addresses and
 * ports of a connection; who does not see it does not know its numbers. Hosts
 * send no segment without ACK but a SYN or a RST (RFC 9293 3.10).
 */
#include "crafting/segment.h"
#include "report/track/observe.h"

/* A client whose SYN was not captured whole may shift by this (RFC 7323). */
#define SHIFT_MAX 14
#define WINDOW_MIN 65535 /* what is in flight is within this in any case */

void observe_window(struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	bool syn = tcp->flags & TCP_FLAG_SYN;
	unsigned shift = f->syn_snapped ? SHIFT_MAX : f->shift;
	uint32_t window = (uint32_t)tcp->window << (syn ? 0 : shift);

	if (syn && k->options.has_wscale)
		f->shift = k->options.wscale < SHIFT_MAX ? k->options.wscale
							 : SHIFT_MAX;
	if (window > f->client_window)
		f->client_window = window;
	if (tcp->flags & TCP_FLAG_ACK && !syn && f->syn_ack_seen &&
	    seq_diff(tcp->acknowledgment, f->client_acked) > 0)
		f->client_acked = tcp->acknowledgment;
}

/* Up to where the client has the server's bytes; a capture may lack some. */
static uint32_t taken(const struct flow *f)
{
	return seq_diff(f->client_acked, f->server_next) > 0 ? f->client_acked
							     : f->server_next;
}

/* What the client may still take, or has taken and may come once more. */
static bool in_window(const struct flow *f, uint32_t sequence)
{
	int64_t window =
		f->client_window > WINDOW_MIN ? f->client_window : WINDOW_MIN;
	int64_t ahead = seq_diff(sequence, taken(f));

	return ahead >= -window && ahead <= window;
}

/* It acknowledges something that was sent. */
static bool ack_fits(const struct flow *f, const struct tcp_view *tcp)
{
	return tcp->flags & TCP_FLAG_ACK &&
	       seq_diff(tcp->acknowledgment, f->client_isn) > 0 &&
	       seq_diff(tcp->acknowledgment, f->client_next) <= 0;
}

/* A RST for a segment has the sequence number that this one acknowledged
 * (RFC 9293 3.10.7.1). */
static bool was_acknowledged(const struct flow *f, uint32_t sequence)
{
	if (sequence == f->server_next || sequence == f->client_acked)
		return true;
	if (seq_diff(sequence, f->server_isn) <= 0 ||
	    seq_diff(sequence, taken(f)) > 0)
		return false;
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->packet.tcp.flags & TCP_FLAG_ACK &&
		    f->sent[i]->packet.tcp.acknowledgment == sequence)
			return true;
	return false;
}

/* Hosts take a RST at exactly the next byte (RFC 5961 3.2). One that answers
 * a SYN has no sequence number that means anything. */
static bool reset_fits(const struct flow *f, const struct tcp_view *tcp)
{
	if (f->syn_ack_seen && was_acknowledged(f, tcp->sequence))
		return true;
	return ack_fits(f, tcp) &&
	       (!f->syn_ack_seen || in_window(f, tcp->sequence) ||
		tcp->acknowledgment == f->client_isn + 1 ||
		tcp->acknowledgment == f->client_next);
}

bool observe_fits(const struct flow *f, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;

	if (tcp->flags & TCP_FLAG_SYN)
		return tcp->flags & TCP_FLAG_ACK &&
		       tcp->acknowledgment == f->client_isn + 1;
	if (tcp->flags & TCP_FLAG_RST)
		return reset_fits(f, tcp);
	return f->syn_ack_seen && ack_fits(f, tcp) &&
	       in_window(f, tcp->sequence);
}

/* So far from what is known the numbers of a client may be, of whose packets
 * the capture may lack some. */
#define SENT_SPAN (1 << 24)
#define RESET_SPAN (1 << 16)

static bool is_near(uint32_t a, uint32_t b, int32_t span)
{
	return seq_diff(a, b) <= span && seq_diff(a, b) >= -span;
}

void observe_ahead(struct flow *f, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;
	uint32_t ack = tcp->acknowledgment;

	if (!f->syn_ack_seen || !(tcp->flags & TCP_FLAG_ACK) ||
	    tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST) ||
	    !in_window(f, tcp->sequence) ||
	    !is_near(ack, f->client_next, SENT_SPAN) ||
	    (f->has_acked_ahead && seq_diff(ack, f->acked_ahead) <= 0))
		return;
	f->has_acked_ahead = true;
	f->acked_ahead = ack;
}

/* Where it lacks more, the next one agrees with this. */
static bool follows_stray(struct flow *f, const struct tcp_view *tcp)
{
	const struct stray before = f->stray;

	f->stray = (struct stray){true, tcp->sequence, tcp->acknowledgment};
	return before.there &&
	       is_near(tcp->sequence, before.sequence, SENT_SPAN) &&
	       is_near(tcp->acknowledgment, before.acknowledgment, SENT_SPAN);
}

bool observe_may_be_sent(struct flow *f, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;
	bool ack = tcp->flags & TCP_FLAG_ACK;
	bool reset = tcp->flags & TCP_FLAG_RST;

	if (!f->syn_ack_seen || tcp->flags & TCP_FLAG_SYN)
		return true;
	if (is_near(tcp->sequence, f->client_next,
		    reset ? RESET_SPAN : SENT_SPAN) &&
	    (!ack || is_near(tcp->acknowledgment, taken(f), SENT_SPAN)))
		return true;
	return ack && !reset && follows_stray(f, tcp);
}
