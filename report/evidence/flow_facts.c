/* SPDX-License-Identifier: GPL-3.0-or-later
 * What TCP acknowledged of a connection's data, and what MPTCP did.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judgement.h"

bool flow_data_acked(const struct flow *f)
{
	return f->mptcp.has_data_ack &&
	       f->mptcp.data_ack - f->mptcp.client_idsn > 1;
}

bool flow_proves_mptcp(const struct flow *f)
{
	return f->purpose == PURPOSE_MP_CAPABLE && f->mptcp.syn_ack &&
	       flow_data_acked(f) && f->mptcp.server_dsn == KNOWN_YES;
}

uint32_t flow_tcp_acked(const struct flow *f)
{
	int32_t bytes = seq_diff(f->server_acked, f->client_isn + 1);

	return bytes > 0 ? (uint32_t)bytes : 0;
}

uint64_t flow_mptcp_acked(const struct flow *f)
{
	const struct mptcp_facts *m = &f->mptcp;

	return m->has_data_ack ? m->data_ack - m->client_idsn - 1 : 0;
}

bool is_own_join(const struct judgement *j, const struct flow *f)
{
	return f->server_port == j->r->port &&
	       address_equal(&f->server, &j->r->target);
}

bool flow_joined_by_key(const struct flow *parent)
{
	for (const struct flow *f = parent->sibling; f; f = f->sibling)
		if (flow_token_known(f) && !f->reversed)
			return true;
	return false;
}

bool flow_lost_mptcp(const struct flow *f)
{
	const struct kept *reset = flow_reset(f);

	if (!f->mptcp.mapped || flow_data_acked(f))
		return false;
	return reset ? is_bare_reset(reset) : flow_tcp_acked(f) > 0;
}

bool lost_alone(const struct judgement *j, const struct flow *f)
{
	if (!flow_lost_mptcp(f))
		return false;
	for (size_t i = 0; i < j->flow_count; i++)
		if (j->flows[i]->mptcp.version == f->mptcp.version &&
		    flow_proves_mptcp(j->flows[i]) &&
		    !flow_fell_behind(j->flows[i]))
			return true;
	return false;
}

bool flow_sent_unmapped(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->kind == SEGMENT_DATA && !kept_is_mapped(k))
			return true;
	}
	return false;
}

/* Whether the last that the server sent was MPTCP, and without complaint. An
 * ADD_ADDR may leave no room for a DSS, and its ACK tells nothing then; where
 * no other is kept of many, they are not known. */
static bool still_speaks(const struct flow *f)
{
	for (size_t i = f->received_count; i-- > 0;) {
		const struct kept *k = f->received[i];
		bool dss = tcp_options_mptcp(&k->options, MP_DSS);

		if (k->packet.tcp.flags & (TCP_FLAG_RST | TCP_FLAG_SYN) ||
		    (!dss && tcp_options_mptcp(&k->options, MP_ADD_ADDR)))
			continue;
		return dss && !tcp_options_mptcp(&k->options, MP_FAIL);
	}
	return f->unkept;
}

/* TCP acknowledged data that MPTCP did not, though all of it had mappings. */
static bool is_behind(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.mapped && f->established &&
	       flow_tcp_acked(f) > flow_mptcp_acked(f) &&
	       !flow_sent_unmapped(f);
}

bool flow_closed_before(const struct flow *f, uint64_t frame)
{
	const struct side *s = &f->sides[1];

	return (s->data_fin_frame && s->data_fin_frame < frame) ||
	       (s->fastclose_frame && s->fastclose_frame < frame);
}

bool flow_ended_before(const struct flow *f, uint64_t frame)
{
	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->frame < frame &&
		    f->received[i]->packet.tcp.flags &
			    (TCP_FLAG_FIN | TCP_FLAG_RST))
			return true;
	return flow_closed_before(f, frame);
}

bool flow_forgotten(const struct flow *f)
{
	const struct kept *end = flow_reset(f);

	return end && !(end->packet.tcp.flags & TCP_FLAG_ACK) &&
	       !end->options.mptcp_count && f->established &&
	       flow_tcp_acked(f) && !f->server_fin && !f->mptcp.fastclose;
}

bool flow_fell_behind(const struct flow *f)
{
	return is_behind(f) && !f->mptcp.data_fin && !still_speaks(f);
}

bool flow_stalls(const struct flow *f)
{
	return is_behind(f) && still_speaks(f);
}

unsigned flow_data_ttl(const struct flow *f)
{
	unsigned ttl = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->packet.tcp.payload_length == 0)
			continue;
		if (ttl && k->packet.ip.ttl != ttl)
			return 0;
		ttl = k->packet.ip.ttl;
	}
	return ttl;
}

bool kept_is_mapped(const struct kept *k)
{
	return tcp_options_mptcp(&k->options, MP_DSS) ||
	       tcp_options_mptcp(&k->options, MP_CAPABLE);
}

bool kept_is_full(const struct kept *k)
{
	return k->packet.ip.ttl > SWEEP_TTL_MAX;
}

bool kept_is_full_data(const struct kept *k)
{
	return k->kind == SEGMENT_DATA && kept_is_full(k);
}

bool kept_has_data(const struct kept *k)
{
	return k->packet.tcp.payload_length > 0 &&
	       !(k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST));
}

bool as_sent(const struct kept *k)
{
	return k && initial_ttl(k->packet.ip.ttl) == k->packet.ip.ttl;
}

bool falls_short(const struct judgement *j, unsigned ttl)
{
	unsigned reach = j->plain_reach;

	if (j->capable_reach && j->capable_reach < reach)
		reach = j->capable_reach;
	return ttl && ttl < reach;
}

bool flow_syn_ack_ignored(const struct flow *f)
{
	const struct mptcp_facts *m = &f->mptcp;

	return m->syn_ack && m->syn_valid &&
	       !mptcp_flags_valid(m->version, m->syn_ack_flags);
}

static bool answered_as_tcp(const struct flow *f, int version)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_valid &&
	       (int)f->mptcp.version == version && flow_syn_ack(f) &&
	       !f->mptcp.syn_ack && !f->mptcp.mirrored && !flow_fell(f);
}

static bool asks_for_checksums(const struct flow *f)
{
	return f->mptcp.version == 1 && f->mptcp.syn_flags & MPC_CHECKSUM;
}

bool flow_answered_plainly(const struct flow *f, int version)
{
	return answered_as_tcp(f, version) && !asks_for_checksums(f);
}

bool flow_denied_checksums(const struct flow *f)
{
	return answered_as_tcp(f, 1) && asks_for_checksums(f);
}

bool flow_has_several_keys(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];
		const struct mptcp_option *o =
			tcp_options_mptcp(&k->options, MP_CAPABLE);

		if (k->packet.tcp.flags & TCP_FLAG_SYN && o &&
		    o->capable.has_sender_key &&
		    o->capable.sender_key != f->mptcp.server_key)
			return true;
	}
	return false;
}

unsigned kept_padding(const struct kept *k, const char **how)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	struct tcp_option o;
	unsigned nops = 0, rest = 0;

	while (option_next(&walk, &o) == OPTION_FOUND) {
		nops += o.kind == TCPOPT_KIND_NOP;
		if (o.kind == TCPOPT_KIND_EOL)
			rest = (unsigned)(tcp->options_length - o.offset);
	}
	if (how)
		*how = rest > nops ? "eol" : "nop";
	return nops + rest;
}

/* A DSS with the shorter DATA_ACK; timestamps take 2 bytes of padding. */
#define DSS_BYTES 8

/* The longer one fits beside so many bytes of other options. */
#define OTHERS_MAX (40 - 12)

bool kept_is_ack(const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	return tcp->flags == TCP_FLAG_ACK && tcp->payload_length == 0 &&
	       k->options.complete && tcp->options_length <= OTHERS_MAX;
}

bool kept_acks_data(const struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	return !(tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
	       seq_diff(tcp->acknowledgment, f->client_isn + 1) > 0;
}

bool kept_lost_dss(const struct kept *k)
{
	return k->options.complete && !k->options.mptcp_count &&
	       kept_padding(k, NULL) >= DSS_BYTES;
}

static uint32_t later_of(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0 ? a : b;
}

/* Up to where all of the server's came: its next sequence number. What the
 * client acknowledged came, though the capture may lack it. */
static uint32_t came_up_to(const struct flow *f)
{
	const struct side *server = &f->sides[1];
	uint32_t next = later_of(f->server_next, f->client_acked);

	if (seq_diff(server->stream.low, f->server_isn) > 1)
		return next;
	return later_of(next, stream_front(&server->stream) + server->fin);
}

struct lack flow_lacks(const struct flow *f, int64_t since_us)
{
	const uint32_t next = came_up_to(f);
	struct lack l = {0};

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (k->time_us <= since_us ||
		    k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST) ||
		    seq_diff(k->packet.tcp.sequence, next) <= 0)
			continue;
		l.first = l.first ? l.first : k;
		l.last = k;
		l.bytes = k->packet.tcp.sequence - next;
		l.words++;
	}
	return l;
}

bool joined_across(const struct judgement *j)
{
	for (size_t i = 0; i < j->whole->flow_count && j->r->source.family;
	     i++) {
		const struct flow *f = j->whole->flows[i];

		if (f->join.parent >= 0 && f->join.fourth_ack_frame &&
		    f->server_port == j->r->port &&
		    address_equal(&f->server, &j->r->target) &&
		    address_equal(&f->client, &j->r->source) &&
		    !address_equal(&j->whole->flows[f->join.parent]->client,
				   &j->r->source))
			return true;
	}
	return false;
}

const char *except_bytes(const struct judgement *j, const struct flow *f)
{
	if (!flow_data_acked(f))
		return "";
	return arena_printf(j->arena, ", except the first %u bytes,",
			    (unsigned)flow_mptcp_acked(f));
}
