/* SPDX-License-Identifier: GPL-3.0-or-later
 * What one packet says of its subflow and connection: keys, tokens, HMACs,
 * mappings and their checksums (RFC 8684 3.1 to 3.7; RFC 6824 the same).
 */
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/keys.h"
#include "crafting/segment.h"
#include "report/track/traffic_parts.h"

/* Which host of the connection sends, 0 the client, when this side of the
 * subflow does. */
static unsigned host_of(const struct traffic_subflow *s, unsigned side)
{
	return s->reversed ? 1 - side : side;
}

static void learn_key(struct traffic *t, struct traffic_connection *c,
		      unsigned host, uint64_t key)
{
	if (c->has_key[host] || c->version < 0 || c->version > 1 ||
	    keys_derive(traffic_keys(t), (unsigned)c->version, key,
			&c->tokens[host], &c->idsns[host]) != 0)
		return;
	c->has_key[host] = true;
	c->keys[host] = key;
	traffic_add_token(t, c, host);
}

/* A key that is known from its owner: one that is only echoed may be wrong. */
static bool own_key(const struct traffic_connection *c, unsigned host)
{
	return c->has_key[host] && !c->hearsay[host];
}

/* --- MP_CAPABLE ---------------------------------------------------------- */

static void look_syn(struct traffic *t, struct traffic_subflow *s,
		     const struct mptcp_option *o)
{
	struct traffic_connection *c = s->connection;

	c->version = o->capable.version;
	c->syn_flags = o->capable.flags;
	if (c->version == 0 && o->capable.has_sender_key)
		learn_key(t, c, 0, o->capable.sender_key);
}

static void look_syn_ack(struct traffic *t, struct traffic_subflow *s,
			 const struct mptcp_option *o)
{
	struct traffic_connection *c = s->connection;

	s->syn_ack_option = true;
	if (!o->capable.has_sender_key ||
	    (c->has_key[0] && c->keys[0] == o->capable.sender_key)) {
		c->mirrored = true;
		return;
	}
	if (c->version < 0 || c->version > o->capable.version)
		c->version = o->capable.version;
	c->syn_ack_flags = o->capable.flags;
	learn_key(t, c, 1, o->capable.sender_key);
	c->negotiated = true;
	c->checksum |= (c->syn_flags | o->capable.flags) & MPC_CHECKSUM;
}

static void look_keys(struct traffic *t, struct traffic_subflow *s,
		      unsigned side, const struct mptcp_option *o)
{
	struct traffic_connection *c = s->connection;

	if (!o->capable.has_receiver_key)
		return;
	if (side == 0)
		s->ack_option = true;
	if (c->version < 0)
		c->version = o->capable.version;
	c->negotiated = true;
	learn_key(t, c, side, o->capable.sender_key);
	c->hearsay[1 - side] |= !c->has_key[1 - side];
	learn_key(t, c, 1 - side, o->capable.receiver_key);
	c->checksum |= o->capable.flags & MPC_CHECKSUM;
}

/* --- MP_JOIN ------------------------------------------------------------- */

static void look_join_syn(struct traffic *t, struct traffic_subflow *s,
			  const struct mptcp_option *o)
{
	struct traffic_connection *c;
	unsigned receiver;

	s->token = o->join.token;
	s->nonces[0] = o->join.nonce;
	s->has_nonce[0] = true;
	s->backup = o->join.backup;
	s->address_id = o->join.address_id;
	c = s->connection->has_key[0] || s->connection->has_key[1]
		    ? NULL
		    : traffic_by_token(t, o->join.token, &receiver);
	if (!c)
		return;
	s->reversed = receiver == 0;
	traffic_move(t, s, c);
}

/* RFC 8684 3.2: whoever sends it, own key and nonce come first. */
static enum known check_hmac(struct traffic *t, const struct traffic_subflow *s,
			     unsigned side, const uint8_t *seen, size_t length)
{
	const struct traffic_connection *c = s->connection;
	unsigned own = host_of(s, side);
	uint8_t hmac[32];

	if (!s->has_nonce[0] || !s->has_nonce[1] || !c->has_key[0] ||
	    !c->has_key[1] ||
	    keys_join_hmac(traffic_keys(t), (unsigned)c->version, c->keys[own],
			   c->keys[1 - own], s->nonces[side],
			   s->nonces[1 - side], hmac) != 0)
		return UNKNOWN;
	if (memcmp(hmac, seen, length) == 0)
		return KNOWN_YES;
	return own_key(c, 0) && own_key(c, 1) ? KNOWN_NO : UNKNOWN;
}

static void look_join(struct traffic *t, struct traffic_subflow *s,
		      unsigned side, const struct mptcp_option *o)
{
	s->joins = true;
	switch (o->join.stage) {
	case JOIN_SYN:
		if (side == 0 && !s->has_nonce[0])
			look_join_syn(t, s, o);
		break;
	case JOIN_SYN_ACK:
		s->syn_ack_option = true;
		s->nonces[1] = o->join.nonce;
		s->has_nonce[1] = true;
		s->hmacs[1] = check_hmac(t, s, 1, o->join.hmac, 8);
		break;
	case JOIN_ACK:
		s->ack_option = true;
		s->hmacs[0] = check_hmac(t, s, 0, o->join.hmac, 20);
		break;
	}
}

/* --- mappings ------------------------------------------------------------ */

struct mapping {
	uint64_t dsn;
	bool dsn8;	/* 64 bits of it were sent */
	bool dsn_known; /* all 64 bits */
	uint32_t ssn;
	uint16_t length, checksum;
	bool data_fin, has_checksum;
};

/* RFC 8684 3.3.3: 32 bits are the low half of the nearest number. */
static void widen_dsn(struct mapping *m, const struct traffic_connection *c,
		      unsigned host)
{
	uint64_t expected = c->last_dsn[host]  ? c->last_dsn[host]
			    : own_key(c, host) ? c->idsns[host] + 1
					       : 0;

	m->dsn_known = expected != 0;
	if (expected)
		m->dsn = expected +
			 (uint64_t)(int64_t)(int32_t)((uint32_t)m->dsn -
						      (uint32_t)expected);
}

static bool read_mapping(const struct traffic_connection *c, unsigned host,
			 const struct kept *k, struct mapping *m)
{
	const struct mptcp_option *dss = tcp_options_mptcp(&k->options, MP_DSS);
	const struct mptcp_option *mpc =
		tcp_options_mptcp(&k->options, MP_CAPABLE);

	if (mpc && mpc->capable.has_data_length) {
		*m = (struct mapping){c->idsns[host] + 1,
				      true,
				      own_key(c, host),
				      1,
				      mpc->capable.data_length,
				      mpc->capable.checksum,
				      false,
				      mpc->capable.has_checksum};
		return true;
	}
	if (!dss || !(dss->dss.flags & DSS_MAPPING))
		return false;
	*m = (struct mapping){dss->dss.dsn,
			      dss->dss.flags & DSS_DSN8,
			      true,
			      dss->dss.ssn,
			      dss->dss.data_level_length,
			      dss->dss.checksum,
			      dss->dss.flags & DSS_DATA_FIN,
			      dss->dss.has_checksum};
	if (!(dss->dss.flags & DSS_DSN8))
		widen_dsn(m, c, host);
	return true;
}

/* Adds bytes of the stream, which may begin at an odd place. */
static void add_bytes(struct traffic_side *side, const uint8_t *bytes,
		      size_t length)
{
	if (length && side->mapping.odd) {
		side->mapping.sum += bytes[0];
		side->mapping.odd = false;
		bytes++;
		length--;
	}
	side->mapping.sum =
		checksum_add((uint32_t)(side->mapping.sum & 0xffff) +
				     (uint32_t)(side->mapping.sum >> 16),
			     bytes, length);
	if (length & 1)
		side->mapping.odd = true;
}

/* RFC 8684 3.3.1: the pseudo-header is DSN, SSN, length and zeros. */
static void finish_mapping(struct traffic_side *side, uint64_t frame)
{
	uint16_t head = dss_checksum(side->mapping.dsn, side->mapping.ssn,
				     side->mapping.length, NULL, 0);
	uint16_t sum = checksum_finish((uint32_t)(uint16_t)~head +
				       (uint32_t)(side->mapping.sum & 0xffff) +
				       (uint32_t)(side->mapping.sum >> 16));

	side->mapping.open = false;
	if (sum == side->mapping.checksum) {
		side->checksums_good++;
		return;
	}
	side->checksums_bad++;
	if (!side->bad_frame)
		side->bad_frame = frame;
}

static void begin_mapping(struct traffic_side *side, const struct mapping *m)
{
	side->mapping.open = m->has_checksum && m->dsn_known && m->length;
	side->mapping.dsn = m->dsn;
	side->mapping.ssn = side->mapping.at = m->ssn;
	side->mapping.length = m->length;
	side->mapping.checksum = m->checksum;
	side->mapping.data_fin = m->data_fin;
	side->mapping.sum = 0;
	side->mapping.odd = false;
}

/* Sums up what this segment has of the mapping. A segment that is missing,
 * out of order, or snapped leaves it unknown. */
static void sum_mapping(struct traffic_side *side, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t ssn = tcp->sequence - side->isn;
	uint32_t data =
		side->mapping.length - (side->mapping.data_fin ? 1u : 0u);
	uint32_t end = side->mapping.ssn + data;
	size_t length = tcp->payload_length;

	if (!side->mapping.open)
		return;
	if (data && (ssn != side->mapping.at ||
		     tcp->payload_available < tcp->payload_length)) {
		if (length && seq_diff(ssn, side->mapping.at) >= 0)
			side->mapping.open = false;
		return;
	}
	if (length > end - side->mapping.at)
		length = end - side->mapping.at;
	if (data)
		add_bytes(side, tcp->payload, length);
	side->mapping.at += (uint32_t)length;
	if (side->mapping.at == end || !data)
		finish_mapping(side, k->frame);
}

/* The first DSN of a host is its IDSN + 1, as long as only one subflow takes
 * data. */
static void check_dsn(const struct traffic_subflow *s, unsigned host,
		      const struct mapping *m)
{
	struct traffic_connection *c = s->connection;

	if (c->dsn[host] != UNKNOWN || !own_key(c, host) || !m->dsn_known ||
	    s->joins || !m->ssn)
		return;
	if (m->dsn == c->idsns[host] + m->ssn)
		c->dsn[host] = KNOWN_YES;
	else if (c->subflow_count == 1 &&
		 !dsn_may_be_later(m->dsn, m->dsn8, c->idsns[host]))
		c->dsn[host] = KNOWN_NO;
}

static void look_mapping(struct traffic_subflow *s, unsigned side_index,
			 const struct kept *k, bool news)
{
	struct traffic_side *side = &s->sides[side_index];
	struct traffic_connection *c = s->connection;
	unsigned host = host_of(s, side_index);
	struct mapping m;

	if (read_mapping(c, host, k, &m)) {
		if (m.data_fin && !side->data_fin_frame)
			side->data_fin_frame = k->frame;
		if (m.length == 0) {
			if (!side->infinite_frame)
				side->infinite_frame = k->frame;
			return;
		}
		/* What mapped the data before was in the gap. */
		if (side->gap)
			side->unmapped_frame = 0;
		check_dsn(s, host, &m);
		if (m.dsn_known)
			c->last_dsn[host] = m.dsn;
		if (!side->mapping.open || m.ssn != side->mapping.ssn ||
		    m.dsn != side->mapping.dsn)
			if (news || !k->packet.tcp.payload_length)
				begin_mapping(side, &m);
		if (m.ssn && (!side->mapped ||
			      seq_diff(m.ssn + m.length, side->mapped_end) > 0))
			side->mapped_end =
				m.ssn + m.length - (m.data_fin ? 1u : 0u);
		side->mapped = true;
	}
	if (side->has_isn)
		sum_mapping(side, k);
	if (!news || !side->has_isn || !side->mapped || side->unmapped_frame ||
	    side->infinite_frame)
		return;
	if (seq_diff(k->packet.tcp.sequence - side->isn +
			     (uint32_t)k->packet.tcp.payload_length,
		     side->mapped_end) > 0)
		side->unmapped_frame = k->frame;
}

/* --- the rest ------------------------------------------------------------ */

static void look_add_addr(struct traffic *t, struct traffic_subflow *s,
			  unsigned side, const struct mptcp_option *o,
			  uint64_t frame)
{
	struct traffic_connection *c = s->connection;
	unsigned host = host_of(s, side);
	unsigned owner = o->add_addr.echo ? 1 - host : host;
	struct traffic_address *a;
	uint64_t hmac;

	for (size_t i = 0; i < c->address_count; i++) {
		a = &c->addresses[i];
		if (a->side != owner || a->id != o->add_addr.address_id ||
		    !address_equal(&a->address, &o->add_addr.address))
			continue;
		if (o->add_addr.echo && !a->echo_frame)
			a->echo_frame = frame;
		return;
	}
	if (c->address_count == TRAFFIC_ADDRESSES || o->add_addr.echo)
		return;
	a = &c->addresses[c->address_count++];
	*a = (struct traffic_address){.address = o->add_addr.address,
				      .port = o->add_addr.port,
				      .id = o->add_addr.address_id,
				      .has_port = o->add_addr.has_port,
				      .side = owner,
				      .hmac = UNKNOWN,
				      .frame = frame};
	if (o->add_addr.has_hmac && c->has_key[0] && c->has_key[1] &&
	    keys_add_addr_hmac(traffic_keys(t), c->keys[host],
			       c->keys[1 - host], a->id, &a->address,
			       a->has_port ? a->port : 0, &hmac) == 0)
		a->hmac = hmac == o->add_addr.hmac ? KNOWN_YES : KNOWN_NO;
}

static void look_remove_addr(struct traffic_subflow *s, unsigned side,
			     const struct mptcp_option *o, uint64_t frame)
{
	struct traffic_connection *c = s->connection;

	for (size_t i = 0; i < c->address_count; i++)
		for (unsigned k = 0; k < o->remove_addr.count; k++)
			if (c->addresses[i].side == host_of(s, side) &&
			    c->addresses[i].id == o->remove_addr.ids[k])
				c->addresses[i].removed_frame = frame;
}

static void first_frame(uint64_t *at, uint64_t frame)
{
	if (!*at)
		*at = frame;
}

static void look_option(struct traffic *t, struct traffic_subflow *s,
			unsigned side, const struct kept *k,
			const struct mptcp_option *o)
{
	uint8_t flags = k->packet.tcp.flags;
	struct traffic_side *from = &s->sides[side];

	switch (o->subtype) {
	case MP_CAPABLE:
		if ((flags & TCP_FLAG_SYN) && side == 0)
			look_syn(t, s, o);
		else if (flags & TCP_FLAG_SYN)
			look_syn_ack(t, s, o);
		else
			look_keys(t, s, side, o);
		break;
	case MP_JOIN:
		look_join(t, s, side, o);
		break;
	case MP_DSS:
		from->dss++;
		break;
	case MP_ADD_ADDR:
		look_add_addr(t, s, side, o, k->frame);
		break;
	case MP_REMOVE_ADDR:
		look_remove_addr(s, side, o, k->frame);
		break;
	case MP_FAIL:
		from->fail_dsn =
			from->fail_frame ? from->fail_dsn : o->fail.dsn;
		first_frame(&from->fail_frame, k->frame);
		break;
	case MP_FASTCLOSE:
		first_frame(&from->fastclose_frame, k->frame);
		break;
	case MP_TCPRST:
		from->reset_reason = o->tcprst.reason;
		break;
	default:
		break;
	}
}

/* Whether it brings payload that was not there before. */
static bool look_sequence(struct traffic_side *side, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t length = (uint32_t)tcp->payload_length;
	uint32_t end = tcp->sequence + length;
	uint32_t fresh;

	if (tcp->flags & TCP_FLAG_RST)
		return false;
	if (tcp->flags & TCP_FLAG_SYN) {
		side->isn = tcp->sequence;
		side->has_isn = side->has_next = true;
		side->next = tcp->sequence + 1;
		return false;
	}
	if (!side->has_next) {
		side->next = tcp->sequence;
		side->has_next = true;
	}
	if (tcp->flags & TCP_FLAG_FIN)
		side->fin = true;
	if (!length)
		return false;
	if (seq_diff(end, side->next) <= 0) {
		side->retransmitted++;
		return false;
	}
	if (seq_diff(tcp->sequence, side->next) > 0)
		side->gap = true;
	fresh = (uint32_t)seq_diff(end, side->next);
	side->bytes += fresh < length ? fresh : length;
	side->next = end;
	if (!side->first_us)
		side->first_us = k->time_us;
	side->last_us = k->time_us;
	return true;
}

/* Without the SYN the sequence number of the first byte is told by any
 * mapping: its SSN is relative. */
static void infer_isn(struct traffic_side *side, const struct kept *k)
{
	const struct mptcp_option *dss = tcp_options_mptcp(&k->options, MP_DSS);

	if (side->has_isn || !dss || !(dss->dss.flags & DSS_MAPPING) ||
	    !dss->dss.ssn || !dss->dss.data_level_length ||
	    k->packet.tcp.payload_length != dss->dss.data_level_length)
		return;
	side->isn = k->packet.tcp.sequence - dss->dss.ssn;
	side->has_isn = true;
}

static void look_syn_flags(struct traffic_subflow *s, unsigned side,
			   const struct kept *k)
{
	if (!(k->packet.tcp.flags & TCP_FLAG_SYN))
		return;
	if (side == 1) {
		s->syn_ack = true;
		return;
	}
	if (s->syn && !k->options.mptcp_count)
		s->plain_syn = true;
	s->syn = true;
}

void traffic_look(struct traffic *t, struct traffic_subflow *s, unsigned side,
		  const struct kept *k)
{
	struct traffic_side *from = &s->sides[side];
	bool news;

	if (sightings_again(&s->sightings[side], &k->packet, k->time_us))
		return;
	from->packets++;
	s->snapped |=
		k->packet.tcp.options_available < k->packet.tcp.options_length;
	look_syn_flags(s, side, k);
	infer_isn(from, k);
	for (unsigned i = 0; i < k->options.mptcp_count; i++)
		look_option(t, s, side, k, &k->options.mptcp[i]);
	news = look_sequence(from, k);
	if (k->packet.tcp.flags & TCP_FLAG_RST)
		first_frame(&from->reset_frame, k->frame);
	else if (!(k->packet.tcp.flags & TCP_FLAG_SYN))
		look_mapping(s, side, k, news);
}

const char *traffic_fallback(const struct traffic_connection *c)
{
	const struct traffic_subflow *s = c->subflows;

	if (!s || s->joins)
		return NULL;
	if (c->mirrored)
		return "the SYN/ACK echoes the client's MP_CAPABLE";
	if (!s->snapped && s->plain_syn && s->syn_ack && !s->syn_ack_option)
		return "the client fell back to a plain SYN: those with MPTCP "
		       "went unanswered";
	if (!s->snapped && s->syn && s->syn_ack && !s->syn_ack_option)
		return "no MP_CAPABLE in the SYN/ACK";
	for (unsigned i = 0; i < 2; i++) {
		if (s->sides[i].infinite_frame)
			return "infinite mapping";
		if (s->sides[i].fail_frame && c->subflow_count == 1)
			return "MP_FAIL";
		if (s->sides[i].fail_frame && !s->sibling->syn_ack)
			return "MP_FAIL";
		if (s->sides[i].unmapped_frame && !s->snapped)
			return "data without a mapping";
	}
	if (s->snapped)
		return NULL;
	if (c->negotiated && s->sides[0].bytes && s->sides[1].bytes &&
	    !s->sides[0].dss && !s->sides[1].dss)
		return "no DSS";
	if (c->negotiated && s->sides[1].bytes > 1 && !s->sides[1].dss &&
	    s->sides[1].has_isn)
		return "no DSS from the server";
	return NULL;
}
