/* SPDX-License-Identifier: GPL-3.0-or-later
 * Behaviours that edit header fields, and resets.
 */
#include <string.h>

#include "lab/boxes/box.h"

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* SACK blocks name the sequence numbers of the other end (RFC 2018 3). */
static void shift_sack(struct passing *p, uint32_t shift)
{
	struct option_walk walk =
		option_walk_over(p->options, p->segment.options_length,
				 p->segment.options_length);
	struct tcp_option o;

	while (option_next(&walk, &o) == OPTION_FOUND) {
		if (o.kind != TCPOPT_KIND_SACK)
			continue;
		for (size_t at = 2; at + 4 <= o.length; at += 4)
			put32(p->options + o.offset + at,
			      get32(o.bytes + at) - shift);
	}
}

/* Each end's numbers are shifted by an amount of the connection's own, and
 * back where the other end names them. */
enum fate rewrite_isn(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;
	uint32_t own, other;

	if (!p->is_tcp || !c)
		return PASS;
	own = b->edits[p->way] ? c->sequence_shift[p->way] : 0;
	other = b->edits[!p->way] ? c->sequence_shift[!p->way] : 0;
	p->edited = true;
	if (p->segment.flags & TCP_FLAG_ACK) {
		p->segment.acknowledgment -= other;
		shift_sack(p, other);
	}
	if (!(p->segment.flags & TCP_FLAG_RST) || p->segment.sequence)
		p->segment.sequence += own;
	return PASS;
}

/* Whether it is about a TCP segment: the ICMP error of one, behind the box. */
static bool is_error_of_tcp(const struct passing *p)
{
	struct packet quoted;

	return p->packet.transport == TRANSPORT_ICMP_ERROR &&
	       packet_parse_quote(p->packet.icmp.quote,
				  p->packet.icmp.quote_length, &quoted) &&
	       quoted.transport == TRANSPORT_TCP;
}

/* As if there were two connections: what goes on is a packet of the box's own,
 * with other numbers, and what routers say of it is for the box. The options
 * are those of the ends. */
enum fate relay(struct box *b, struct passing *p)
{
	if (is_error_of_tcp(p))
		return DROP;
	if (!p->is_tcp)
		return PASS;
	p->ttl = OWN_TTL + 1; /* the router still takes one off */
	p->ip_id = (uint16_t)box_random(b);
	return rewrite_isn(b, p);
}

/* A clock is shifted, and back where the other end echoes it. */
enum fate rewrite_timestamps(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;
	struct option_walk walk;
	struct tcp_option o;

	if (!p->is_tcp || !c)
		return PASS;
	walk = option_walk_over(p->options, p->segment.options_length,
				p->segment.options_length);
	while (option_next(&walk, &o) == OPTION_FOUND) {
		uint8_t *at = p->options + o.offset;

		if (o.kind != TCPOPT_KIND_TIMESTAMPS || o.length != 10)
			continue;
		if (b->edits[p->way])
			put32(at + 2, p->read.tsval + c->timestamp_shift);
		if (b->edits[!p->way] && p->read.tsecr)
			put32(at + 6, p->read.tsecr - c->timestamp_shift);
		p->edited = true;
	}
	return PASS;
}

enum fate rewrite_window(struct box *b, struct passing *p)
{
	if (!passing_wanted(b, p) || p->segment.window <= b->value)
		return PASS;
	p->segment.window = (uint16_t)b->value;
	p->edited = true;
	return PASS;
}

enum fate clear_ecn_flags(struct box *b, struct passing *p)
{
	const uint8_t ecn = TCP_FLAG_ECE | TCP_FLAG_CWR;

	if (!passing_wanted(b, p) || !(p->segment.flags & ecn))
		return PASS;
	p->segment.flags &= (uint8_t)~ecn;
	p->edited = true;
	return PASS;
}

enum fate clear_urgent(struct box *b, struct passing *p)
{
	if (!passing_wanted(b, p) || !(p->segment.flags & TCP_FLAG_URG))
		return PASS;
	p->segment.flags &= (uint8_t)~TCP_FLAG_URG;
	p->segment.urgent = 0;
	p->edited = true;
	return PASS;
}

enum fate rewrite_id(struct box *b, struct passing *p)
{
	if (!p->is_tcp || p->packet.ip.version != 4)
		return PASS;
	p->ip_id = (uint16_t)box_random(b);
	p->edited = true;
	return PASS;
}

/* A RST to the client for data, whether there is MPTCP or not; with value 2
 * to both ends. */
enum fate reset_data(struct box *b, struct passing *p)
{
	struct tcp_segment to_client = {
		.flags = TCP_FLAG_RST | TCP_FLAG_ACK,
		.sequence = p->segment.acknowledgment,
		.acknowledgment = p->segment.sequence +
				  (uint32_t)p->segment.payload_length};
	struct tcp_segment to_server = {.flags = TCP_FLAG_RST,
					.sequence = p->segment.sequence};

	if (!passing_wanted(b, p) || !p->fresh)
		return PASS;
	passing_answer(b, p, true, &to_client);
	if (b->value > 1)
		passing_answer(b, p, false, &to_server);
	return DROP;
}
