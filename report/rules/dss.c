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

/* The mapping came late, not never, as all does on a path that stalled (RFC
 * 8684 3.3.2). */
bool dss_arrived(const struct flow *f, uint32_t sequence)
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
		    dss_arrived(f, sequence))
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

static uint32_t last_byte(const struct kept *k)
{
	return k->packet.tcp.sequence + (uint32_t)k->packet.tcp.payload_length -
	       1;
}

/* The first data that did not arrive with its mapping; or NULL. */
static const struct kept *first_in_vain(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_is_full_data(f->sent[i]) &&
		    !dss_arrived(f, last_byte(f->sent[i])))
			return f->sent[i];
	return NULL;
}

/* What comes as far behind the SYN, as long, and with the same flags: whatever
 * a device goes by. */
static bool is_counterpart(const struct flow *f, const struct kept *k,
			   const struct flow *of, const struct kept *other)
{
	const struct tcp_view *tcp = &k->packet.tcp, *o = &other->packet.tcp;

	return tcp->sequence - f->client_isn == o->sequence - of->client_isn &&
	       tcp->payload_length == o->payload_length &&
	       tcp->flags == o->flags;
}

static bool has_arrived(const struct flow *f, const struct kept *k)
{
	return kept_is_full_data(k) && kept_is_mapped(k) &&
	       dss_arrived(f, last_byte(k));
}

bool dss_carries_beside(const struct flow *f, const struct flow *vain)
{
	const struct kept *lost = first_in_vain(vain);
	bool arrived = false;

	for (size_t i = 0; lost && i < f->sent_count; i++)
		arrived |= has_arrived(f, f->sent[i]) &&
			   is_counterpart(f, f->sent[i], vain, lost);
	return arrived && f->mptcp.version == vain->mptcp.version &&
	       dss_negotiated(f) && !flow_fell_behind(f) && !dss_in_vain(f);
}

/* Data with DSS went out behind the first of `vain` that did not arrive, and
 * did. */
static bool arrives_since(const struct judgement *j, const struct flow *vain)
{
	const struct kept *lost = first_in_vain(vain);

	for (size_t i = 0; lost && i < j->flow_count; i++)
		for (size_t k = 0; k < j->flows[i]->sent_count; k++)
			if (j->flows[i]->sent[k]->time_us > lost->time_us &&
			    has_arrived(j->flows[i], j->flows[i]->sent[k]))
				return true;
	return false;
}

const struct flow *dss_carrier(const struct judgement *j,
			       const struct flow *vain)
{
	const struct flow *found = NULL;

	for (size_t i = 0; i < j->flow_count; i++)
		if (dss_carries_beside(j->flows[i], vain) &&
		    (!found || found->mptcp.checksum))
			found = j->flows[i];
	return arrives_since(j, vain) ? found : NULL;
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
