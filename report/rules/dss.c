/* SPDX-License-Identifier: GPL-3.0-or-later
 * What rules on DSS have in common.
 */
#include "report/rules/dss.h"

#include "crafting/segment.h"
#include "report/evidence/attempts.h"

bool dss_negotiated(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && f->mptcp.mapped && f->join.parent < 0;
}

/* A DATA_ACK covers what is mapped from there on: the mapping came late, not
 * never, as all does on a path that stalled (RFC 8684 3.3.2). */
static bool mapping_arrived(const struct flow *f, uint32_t sequence)
{
	uint64_t dsn = f->mptcp.client_idsn +
		       (uint32_t)seq_diff(sequence, f->client_isn);

	return f->mptcp.has_data_ack && (int64_t)(f->mptcp.data_ack - dsn) > 0;
}

unsigned dss_in_vain(const struct flow *f)
{
	unsigned most = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *plain = f->sent[i];
		uint32_t sequence = plain->packet.tcp.sequence;
		unsigned lost = 0;

		if (!kept_is_full_data(plain) || kept_is_mapped(plain) ||
		    seq_diff(f->server_acked, sequence) <= 0 ||
		    mapping_arrived(f, sequence))
			continue;
		for (size_t k = 0; k < i; k++)
			lost += kept_is_full_data(f->sent[k]) &&
				kept_is_mapped(f->sent[k]) &&
				f->sent[k]->packet.tcp.sequence == sequence;
		if (lost > most)
			most = lost;
	}
	return most;
}

bool dss_was_reset(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && is_bare_reset(flow_reset(f)) &&
	       !f->mptcp.has_data_ack && !f->mptcp.server_dss;
}

const struct kept *dss_padded_answer(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (!(k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
		    kept_lost_dss(k))
			return k;
	}
	return NULL;
}

bool dss_plain_padded(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && dss_padded_answer(f);
}

bool dss_plain_around(const struct judgement *j, const struct flow *flow,
		      uint32_t bytes, bool (*fits)(const struct flow *))
{
	bool before = false, after = false;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		bool data = false;

		for (size_t k = 0; k < f->sent_count; k++)
			data |= kept_is_full_data(f->sent[k]);
		if (!flow_is(f, PURPOSE_TCP) || !data ||
		    flow_tcp_acked(f) < bytes)
			continue;
		if (!fits(f))
			return false;
		before |= f->first_us <= flow->first_us;
		after |= f->first_us > flow->first_us;
	}
	return before && after;
}
