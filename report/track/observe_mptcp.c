/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the MPTCP options of a segment prove of its connection: keys, tokens,
 * DATA_ACKs, mappings and checksums (RFC 8684 3.1-3.3; RFC 6824 the same).
 */
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/keys.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observe.h"

/* The facts of the whole connection live in its first subflow. */
static struct flow *connection_of(const struct observer *o, struct flow *f)
{
	return f->join.parent >= 0 ? o->flows[f->join.parent] : f;
}

/* RFC 8684 3.3.3: a 32-bit DSN or DATA_ACK is the low half of the number
 * nearest to what is expected. */
static uint64_t widen(uint64_t low, uint64_t expected)
{
	int32_t ahead = (int32_t)((uint32_t)low - (uint32_t)expected);

	return expected + (uint64_t)(int64_t)ahead;
}

static void learn_client_key(struct observer *o, struct mptcp_facts *m,
			     uint64_t key)
{
	if (m->has_client_key)
		return;
	if (keys_derive(o->keys, m->version, key, &m->client_token,
			&m->client_idsn) != 0)
		return;
	m->has_client_key = true;
	m->client_key = key;
	m->mapped_end = m->client_idsn + 1;
}

/* Whether it is news. */
static bool learn_server_key(struct observer *o, struct mptcp_facts *m,
			     uint64_t key)
{
	if (m->has_server_key)
		return false;
	if (keys_derive(o->keys, m->version, key, &m->server_token,
			&m->server_idsn) != 0)
		return false;
	m->has_server_key = true;
	m->server_key = key;
	return true;
}

/* RFC 8684 3.1: version 1 sends no key, version 0 (RFC 6824 3.1) does. */
static void see_capable_syn(struct observer *o, struct mptcp_facts *m,
			    const struct mptcp_option *option)
{
	unsigned crypto = option->capable.flags & 0x3f;

	if (m->syn)
		return;
	m->syn = true;
	m->version = option->capable.version;
	m->syn_flags = option->capable.flags;
	m->syn_valid = crypto == MPC_HMAC &&
		       !(option->capable.flags & MPC_EXTENSIBILITY) &&
		       ((m->version == 1 && option->length == 4) ||
			(m->version == 0 && option->length == 12));
	if (m->version == 0 && option->capable.has_sender_key)
		learn_client_key(o, m, option->capable.sender_key);
}

static void see_capable_syn_ack(struct observer *o, struct flow *f,
				const struct mptcp_option *option)
{
	struct mptcp_facts *m = &f->mptcp;
	bool key = option->capable.has_sender_key;

	if (!m->syn || m->syn_ack || m->mirrored)
		return;
	if (!key || (m->version == 0 && m->has_client_key &&
		     option->capable.sender_key == m->client_key)) {
		m->mirrored = true;
		return;
	}
	if (option->capable.version != m->version) {
		m->other_version = option->capable.version;
		return;
	}
	m->syn_ack = true;
	m->syn_ack_flags = option->capable.flags;
	if (learn_server_key(o, m, option->capable.sender_key))
		observer_add_token(o, f);
	m->checksum = (m->syn_flags | m->syn_ack_flags) & MPC_CHECKSUM;
}

/* The third ACK, or the first data of version 1 (RFC 8684 3.1). */
static void see_capable_ack(struct observer *o, struct mptcp_facts *m,
			    const struct mptcp_option *option)
{
	if (!option->capable.has_receiver_key || !m->syn_ack)
		return;
	learn_client_key(o, m, option->capable.sender_key);
	m->ack_flags |= option->capable.flags;
	if (option->capable.sender_key == m->client_key &&
	    option->capable.receiver_key == m->server_key &&
	    option->capable.version == m->version)
		m->third_ack = true;
	if (option->capable.flags & MPC_CHECKSUM)
		m->checksum = true;
}

/* A mapping as the option states it, whichever option that is. */
struct mapping {
	uint64_t dsn;
	bool dsn8; /* all of it was there */
	uint32_t ssn;
	uint16_t length; /* data-level length */
	bool data_fin;
	bool has_checksum;
	uint16_t checksum;
};

static bool read_mapping(const struct kept *k, uint64_t expected, uint64_t idsn,
			 struct mapping *out)
{
	const struct mptcp_option *dss = tcp_options_mptcp(&k->options, MP_DSS);
	const struct mptcp_option *mpc =
		tcp_options_mptcp(&k->options, MP_CAPABLE);

	if (mpc && mpc->capable.has_data_length) {
		*out = (struct mapping){idsn + 1,
					true,
					1,
					mpc->capable.data_length,
					false,
					mpc->capable.has_checksum,
					mpc->capable.checksum};
		return true;
	}
	if (!dss || !(dss->dss.flags & DSS_MAPPING))
		return false;
	*out = (struct mapping){dss->dss.dsn,
				dss->dss.flags & DSS_DSN8,
				dss->dss.ssn,
				dss->dss.data_level_length,
				dss->dss.flags & DSS_DATA_FIN,
				dss->dss.has_checksum,
				dss->dss.checksum};
	if (!(dss->dss.flags & DSS_DSN8))
		out->dsn = widen(out->dsn, expected);
	return true;
}

/* RFC 8684 3.3.1, where the mapping begins with this segment's payload, at
 * `ssn`, and does not go beyond it. */
static enum known mapping_checksum(const struct mapping *m,
				   const struct tcp_view *tcp, uint32_t ssn)
{
	size_t length = m->length - (m->data_fin ? 1 : 0);

	if (!m->has_checksum || m->length == 0 ||
	    tcp->payload_length < length || tcp->payload_available < length ||
	    (tcp->payload_length > length && m->ssn != ssn))
		return UNKNOWN;
	return dss_checksum(m->dsn, m->ssn, m->length, tcp->payload, length) ==
			       m->checksum
		       ? KNOWN_YES
		       : KNOWN_NO;
}

/* Data of the client with a mapping that a server must take: then a missing
 * DATA_ACK is the path's doing. */
static void see_mapping_sent(struct observer *o, struct flow *f,
			     const struct kept *k)
{
	struct mptcp_facts *m = &connection_of(o, f)->mptcp;
	const struct tcp_view *tcp = &k->packet.tcp;
	struct mapping map;
	size_t data;

	if (!m->has_client_key || k->packet.ip.more_fragments ||
	    !read_mapping(k, m->mapped_end, m->client_idsn, &map) ||
	    map.length == 0)
		return;
	if (mapping_checksum(&map, tcp, tcp->sequence - f->client_isn) ==
		    KNOWN_NO &&
	    !m->sent_bad_frame)
		m->sent_bad_frame = k->frame;
	data = map.length - (map.data_fin ? 1u : 0u);
	if ((data && map.ssn != tcp->sequence - f->client_isn) ||
	    data != tcp->payload_length || map.has_checksum != m->checksum ||
	    mapping_checksum(&map, tcp, map.ssn) == KNOWN_NO)
		return;
	if (f->join.parent < 0 && data && map.dsn != m->client_idsn + map.ssn)
		return;
	m->mapped = true;
	if ((int64_t)(map.dsn + map.length - m->mapped_end) > 0) {
		m->mapped_end = map.dsn + map.length;
		m->mapped_segments++;
	}
}

/* RFC 8684 3.7: MP_FAIL names the mapping whose checksum was wrong. All of its
 * copies must have been right when they were sent, to be changed on the way.
 * The first tells; a server of version 0 repeats it on every ACK. */
static void see_fail(struct observer *o, struct flow *f,
		     const struct mptcp_option *option, uint64_t frame)
{
	struct mptcp_facts *m = &connection_of(o, f)->mptcp;
	struct mapping map;
	bool sent = false;

	if (m->mp_fail)
		return;
	m->mp_fail = true;
	for (size_t i = 0; i < f->sent_count && m->has_client_key; i++) {
		const struct kept *k = f->sent[i];

		if (!read_mapping(k, option->fail.dsn, m->client_idsn, &map) ||
		    map.length == 0 || map.dsn != option->fail.dsn)
			continue;
		if (mapping_checksum(&map, &k->packet.tcp, map.ssn) !=
		    KNOWN_YES)
			return;
		sent = true;
	}
	if (sent)
		m->unjust_fail_frame = frame;
}

/* The data before may have gone over a subflow that is not in the capture:
 * that much ahead of its IDSN a host may be. */
bool dsn_may_be_later(uint64_t dsn, bool dsn8, uint64_t idsn)
{
	return dsn - idsn - 1 < (dsn8 ? UINT64_C(1) << 32 : 1 << 24);
}

/* On the first subflow the server's DSN and SSN run in step from IDSN + 1,
 * until another subflow takes data of its own. */
static void see_server_dsn(struct mptcp_facts *m, const struct mapping *map,
			   uint64_t expected, uint64_t frame)
{
	uint64_t first = map->ssn ? m->server_idsn + map->ssn : expected;

	if (map->dsn != first &&
	    (m->joined ||
	     dsn_may_be_later(map->dsn, map->dsn8, m->server_idsn)))
		return;
	m->server_dsn = map->dsn == first ? KNOWN_YES : KNOWN_NO;
	m->server_dsn_frame = frame;
	m->server_dsn_seen = map->dsn;
}

static void see_mapping_received(struct observer *o, struct flow *f,
				 const struct kept *k)
{
	struct mptcp_facts *m = &connection_of(o, f)->mptcp;
	uint64_t expected = m->server_mapped_end ? m->server_mapped_end
						 : m->server_idsn + 1;
	struct mapping map;

	if (!m->has_server_key ||
	    !read_mapping(k, expected, m->server_idsn, &map) || map.length == 0)
		return;
	switch (mapping_checksum(&map, &k->packet.tcp,
				 k->packet.tcp.sequence - f->server_isn)) {
	case KNOWN_YES:
		m->checksums_good++;
		m->checksum_frame = k->frame;
		break;
	case KNOWN_NO:
		m->checksums_bad++;
		m->checksum_frame = k->frame;
		break;
	default:
		break;
	}
	if (f->join.parent < 0 && m->server_dsn == UNKNOWN)
		see_server_dsn(m, &map, expected, k->frame);
	m->data_fin |= map.data_fin;
	if ((int64_t)(map.dsn + map.length - expected) > 0)
		m->server_mapped_end = map.dsn + map.length;
}

/* A DATA_ACK within what was mapped proves that the server parsed our key
 * and our mapping; one outside fits nothing that we sent. */
static void see_data_ack(struct mptcp_facts *m, const struct mptcp_option *dss,
			 const struct kept *k)
{
	uint64_t ack = dss->dss.data_ack, first = m->client_idsn + 1;

	if (!(dss->dss.flags & DSS_ACK) || !m->has_client_key)
		return;
	if (!(dss->dss.flags & DSS_ACK8))
		ack = widen(ack, m->mapped_end);
	if (ack - first > m->mapped_end - first) {
		m->data_ack_misfit = true;
		m->misfit_ack = ack;
		m->misfit_frame = k->frame;
		return;
	}
	if (!m->has_data_ack || ack - first > m->data_ack - first) {
		m->data_ack = ack;
		m->data_ack_frame = k->frame;
	}
	m->has_data_ack = true;
}

static void find_parent(struct observer *o, struct flow *f, uint32_t token)
{
	struct flow *parent = observer_by_token(o, token);

	if (!parent)
		return;
	f->join.parent = (int)parent->id - 1;
	parent->mptcp.joined = true;
	f->purpose = PURPOSE_MP_JOIN;
	f->mptcp.version = parent->mptcp.version;
}

static void see_join_sent(struct observer *o, struct flow *f,
			  const struct mptcp_option *option)
{
	if (option->join.stage == JOIN_SYN && !f->join.syn) {
		f->join.syn = true;
		f->join.token = option->join.token;
		f->join.client_nonce = option->join.nonce;
		find_parent(o, f, option->join.token);
	} else if (option->join.stage == JOIN_ACK) {
		f->join.ack_sent = true;
	}
}

/* RFC 8684 3.2: the server's HMAC covers both keys and both nonces. */
static void see_join_syn_ack(struct observer *o, struct flow *f,
			     const struct mptcp_option *option)
{
	const struct mptcp_facts *m = &connection_of(o, f)->mptcp;
	uint8_t hmac[32];

	if (option->join.stage != JOIN_SYN_ACK || f->join.syn_ack)
		return;
	f->join.syn_ack = true;
	f->join.server_nonce = option->join.nonce;
	f->join.has_server_nonce = true;
	if (f->join.parent < 0 || !m->has_client_key ||
	    keys_join_hmac(o->keys, m->version, m->server_key, m->client_key,
			   option->join.nonce, f->join.client_nonce, hmac) != 0)
		return;
	f->join.hmac =
		memcmp(hmac, option->join.hmac, 8) == 0 ? KNOWN_YES : KNOWN_NO;
}

#define ANNOUNCED_MAX 256

static void see_add_addr(struct observer *o, const struct flow *f,
			 const struct mptcp_option *option)
{
	if (option->add_addr.echo)
		return;
	for (size_t i = 0; i < o->announced_count; i++)
		if (address_equal(&o->announced[i],
				  &option->add_addr.address) &&
		    address_equal(&o->announced_by[i], &f->server))
			return;
	if (o->announced_count == ANNOUNCED_MAX)
		return;
	*ARENA_PUSH(o->arena, o->announced, o->announced_count) =
		option->add_addr.address;
	*ARENA_PUSH(o->arena, o->announced_by, o->announced_by_count) =
		f->server;
}

void observe_mptcp_sent(struct observer *o, struct flow *f,
			const struct kept *k)
{
	bool syn = k->packet.tcp.flags & TCP_FLAG_SYN;

	for (unsigned i = 0; i < k->options.mptcp_count; i++) {
		const struct mptcp_option *option = &k->options.mptcp[i];

		if (option->subtype == MP_CAPABLE && syn)
			see_capable_syn(o, &f->mptcp, option);
		else if (option->subtype == MP_CAPABLE)
			see_capable_ack(o, &f->mptcp, option);
		else if (option->subtype == MP_JOIN)
			see_join_sent(o, f, option);
		else if (option->subtype == MP_FAIL)
			connection_of(o, f)->mptcp.client_failed |=
				!connection_of(o, f)->mptcp.mp_fail;
	}
	see_mapping_sent(o, f, k);
}

void observe_mptcp_received(struct observer *o, struct flow *f,
			    const struct kept *k)
{
	struct mptcp_facts *m = &connection_of(o, f)->mptcp;
	uint8_t flags = k->packet.tcp.flags;
	bool syn = (flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) == TCP_FLAG_SYN;

	for (unsigned i = 0; i < k->options.mptcp_count; i++) {
		const struct mptcp_option *option = &k->options.mptcp[i];

		switch (option->subtype) {
		case MP_CAPABLE:
			if (syn)
				see_capable_syn_ack(o, f, option);
			break;
		case MP_JOIN:
			if (syn)
				see_join_syn_ack(o, f, option);
			break;
		case MP_DSS:
			if (flags & TCP_FLAG_RST)
				break;
			m->server_dss = true;
			if (f->join.ack_sent && !f->join.fourth_ack_frame)
				f->join.fourth_ack_frame = k->frame;
			see_data_ack(m, option, k);
			break;
		case MP_ADD_ADDR:
			m->add_addr_echoed |= option->add_addr.echo;
			see_add_addr(o, f, option);
			break;
		case MP_FAIL:
			see_fail(o, f, option, k->frame);
			break;
		case MP_FASTCLOSE:
			m->fastclose = true;
			break;
		default:
			break;
		}
	}
	if (!(flags & (TCP_FLAG_SYN | TCP_FLAG_RST)))
		see_mapping_received(o, f, k);
}
