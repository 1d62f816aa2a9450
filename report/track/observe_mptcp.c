/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the MPTCP options of a segment say of its side and its connection, and
 * what they prove: keys, tokens, HMACs, DATA_ACKs, mappings and checksums
 * (RFC 8684 3.1-3.7; RFC 6824 the same).
 */
#include "crafting/segment.h"
#include "report/track/curve.h"
#include "report/track/observe.h"

/* Which host of the connection sends, when this side of the subflow does. */
static unsigned host_of(const struct flow *f, unsigned side)
{
	return f->reversed ? 1 - side : side;
}

/* The facts of the whole connection live in its first subflow. */
static struct mptcp_facts *facts_of(const struct observer *o, struct flow *f)
{
	return f->join.parent >= 0 ? &o->flows[f->join.parent]->mptcp
				   : &f->mptcp;
}

static void note(uint64_t *at, uint64_t frame)
{
	if (!*at)
		*at = frame;
}

/* --- MP_CAPABLE ----------------------------------------------------------- */

/* The client's key counts once the server has answered; in version 0 it is in
 * the SYN. */
static void note_keys(struct flow *f)
{
	const struct host *h = f->connection->hosts;
	struct mptcp_facts *m = &f->mptcp;

	if (!m->has_client_key && h[0].has_key &&
	    (m->syn_ack || (m->syn && m->version == 0))) {
		m->has_client_key = true;
		m->client_key = h[0].key;
		m->client_token = h[0].token;
		m->client_idsn = h[0].idsn;
		m->mapped_end = m->client_idsn + 1;
	}
	if (!m->has_server_key && h[1].has_key && m->syn_ack) {
		m->has_server_key = true;
		m->server_key = h[1].key;
		m->server_token = h[1].token;
		m->server_idsn = h[1].idsn;
	}
}

/* RFC 8684 3.1: version 1 sends no key, version 0 (RFC 6824 3.1) does. */
static void see_capable_syn(struct observer *o, struct flow *f,
			    const struct mptcp_option *option)
{
	struct mptcp_connection *c = f->connection;
	struct mptcp_facts *m = &f->mptcp;

	if (m->syn)
		return;
	m->syn = true;
	m->version = option->capable.version;
	m->syn_flags = option->capable.flags;
	m->syn_valid = mptcp_flags_valid(m->version, m->syn_flags) &&
		       ((m->version == 1 && option->length == 4) ||
			(m->version == 0 && option->length == 12));
	c->syn_flags = option->capable.flags;
	if (c->version < 0)
		c->version = option->capable.version;
	if (m->version == 0 && option->capable.has_sender_key)
		mptcp_learn_key(&o->connections, c, 0,
				option->capable.sender_key, false);
}

/* Our own option comes back: with no key, or with ours. */
static bool is_echo(const struct flow *f, const struct mptcp_option *option)
{
	const struct mptcp_connection *c = f->connection;

	if (f->mptcp.syn && (option->capable.version != f->mptcp.version ||
			     option->capable.flags != c->syn_flags))
		return false;
	return !option->capable.has_sender_key ||
	       (c->hosts[0].has_key &&
		option->capable.sender_key == c->hosts[0].key);
}

static void see_capable_syn_ack(struct observer *o, struct flow *f,
				const struct mptcp_option *option)
{
	struct mptcp_connection *c = f->connection;
	struct mptcp_facts *m = &f->mptcp;

	f->syn_ack_option = true;
	if (m->syn_ack || c->mirrored)
		return;
	if (is_echo(f, option)) {
		c->mirrored = true;
		m->mirrored = m->syn;
		return;
	}
	if (!option->capable.has_sender_key)
		return; /* broken */
	if (c->version < 0 || c->version > option->capable.version)
		c->version = option->capable.version;
	c->syn_ack_flags = option->capable.flags;
	c->negotiated = true;
	c->checksum |= (c->syn_flags | c->syn_ack_flags) & MPC_CHECKSUM;
	mptcp_learn_key(&o->connections, c, 1, option->capable.sender_key,
			false);
	if (m->syn && option->capable.version != m->version)
		m->other_version = option->capable.version;
	if (!m->syn || option->capable.version != m->version)
		return;
	m->syn_ack = true;
	m->syn_ack_flags = option->capable.flags;
	m->checksum = (m->syn_flags | m->syn_ack_flags) & MPC_CHECKSUM;
}

/* The third ACK, or the first data of version 1 (RFC 8684 3.1). */
static void see_capable_ack(struct observer *o, struct flow *f, unsigned side,
			    const struct mptcp_option *option, uint64_t frame)
{
	uint64_t keys[2] = {option->capable.sender_key,
			    option->capable.receiver_key};
	struct mptcp_connection *c = f->connection;
	struct mptcp_facts *m = &f->mptcp;
	bool same = true;

	if (!option->capable.has_receiver_key)
		return;
	f->ack_option |= side == 0;
	c->negotiated = true;
	if (c->version < 0)
		c->version = option->capable.version;
	for (unsigned i = 0; i < 2; i++) {
		unsigned host = i ? 1 - side : side;

		same &= !mptcp_own_key(c, host) ||
			c->hosts[host].key == keys[i];
		mptcp_learn_key(&o->connections, c, host, keys[i], i == 1);
	}
	if (!same)
		note(&c->other_keys_frame, frame);
	c->checksum |= option->capable.flags & MPC_CHECKSUM;
	if (side != 0 || !m->syn_ack)
		return;
	m->third_ack |= same && option->capable.version == m->version;
	m->checksum |= option->capable.flags & MPC_CHECKSUM;
}

static void see_capable(struct observer *o, struct flow *f, unsigned side,
			const struct kept *k, const struct mptcp_option *option)
{
	uint8_t flags = k->packet.tcp.flags;

	if (flags & TCP_FLAG_RST)
		return;
	if (!(flags & TCP_FLAG_SYN))
		see_capable_ack(o, f, side, option, k->frame);
	else if (side == 0)
		see_capable_syn(o, f, option);
	else
		see_capable_syn_ack(o, f, option);
	note_keys(f);
}

/* --- MP_JOIN -------------------------------------------------------------- */

/* The subflow belongs to the connection of its token, if that is here. */
static void find_parent(struct observer *o, struct flow *f,
			const struct mptcp_option *option)
{
	struct mptcp_connection *c = f->connection;
	struct mptcp_connection *to = NULL;
	struct flow *parent;
	unsigned host;

	if (!c || (c->flow_count == 1 && !c->hosts[0].has_key &&
		   !c->hosts[1].has_key)) {
		observe_thaw_token(o, option->join.token);
		to = mptcp_by_token(&o->connections, option->join.token, &host);
	}
	if (!to || to == c)
		return;
	if (c)
		mptcp_connection_free(&o->connections, c);
	mptcp_attach(to, f);
	f->reversed = host == 0;
	parent = to->flows;
	if (f->reversed || !parent->begun || !f->begun)
		return;
	f->join.parent = (int)parent->id - 1;
	parent->mptcp.joined = true;
	f->purpose = PURPOSE_MP_JOIN;
	f->mptcp.version = parent->mptcp.version;
}

/* RFC 8684 3.2: each HMAC covers both keys and both nonces. */
static enum known join_hmac(const struct observer *o, const struct flow *f,
			    unsigned side, const struct mptcp_option *option,
			    size_t length)
{
	uint32_t nonces[2] = {f->join.client_nonce, f->join.server_nonce};

	if (!f->join.syn || !f->join.has_server_nonce)
		return UNKNOWN;
	return mptcp_join_hmac(&o->connections, f->connection, host_of(f, side),
			       nonces[side], nonces[1 - side],
			       option->join.hmac, length);
}

static void see_join(struct observer *o, struct flow *f, unsigned side,
		     uint8_t flags, const struct mptcp_option *option)
{
	struct join_facts *join = &f->join;
	bool syn = flags & TCP_FLAG_SYN && !(flags & TCP_FLAG_RST);

	f->joins = true;
	if (option->join.stage == JOIN_SYN && side == 0 && !join->syn) {
		join->syn = true;
		join->token = option->join.token;
		join->client_nonce = option->join.nonce;
		join->backup = option->join.backup;
	} else if (option->join.stage == JOIN_SYN_ACK && side == 1 && syn &&
		   !(f->begun ? join->syn_ack : join->has_server_nonce)) {
		f->syn_ack_option = true;
		join->syn_ack = f->begun;
		join->server_nonce = option->join.nonce;
		join->has_server_nonce = true;
		join->hmac = join_hmac(o, f, 1, option, 8);
	} else if (option->join.stage == JOIN_SYN_ACK && side == 1 && syn) {
		join->answered_anew |= option->join.nonce != join->server_nonce;
	} else if (option->join.stage == JOIN_ACK && side == 0) {
		f->ack_option = join->ack_sent = true;
		join->ack_hmac = join_hmac(o, f, 0, option, 20);
	}
}

/* --- mappings ------------------------------------------------------------- */

/* RFC 8684 3.3.1, of a mapping whose payload is in this segment alone. */
static enum known segment_checksum(const struct mapping *m,
				   const struct tcp_view *tcp)
{
	struct mapping_sum sum;

	mapping_sum_begin(&sum, m);
	switch (mapping_sum_add(&sum, m->ssn, tcp->payload,
				tcp->payload_available)) {
	case MAPPING_RIGHT:
		return KNOWN_YES;
	case MAPPING_WRONG:
		return KNOWN_NO;
	default:
		return UNKNOWN;
	}
}

/* A segment of a mapping that goes on in others, without a checksum: the server
 * may acknowledge its part (RFC 8684 3.3.2), and need not. */
static void see_part_sent(struct mptcp_facts *m, const struct flow *f,
			  const struct mapping *map, const struct tcp_view *tcp)
{
	uint32_t offset = tcp->sequence - f->client_isn - map->ssn;
	uint32_t data = mapping_payload(map);
	uint64_t end = map->dsn + offset + tcp->payload_length;

	if (!m->has_client_key || m->checksum || map->has_checksum ||
	    f->join.parent >= 0 || !tcp->payload_length ||
	    map->dsn != m->client_idsn + map->ssn || offset >= data ||
	    tcp->payload_length > data - offset)
		return;
	if ((int64_t)(end - m->mapped_end) > 0)
		m->mapped_end = end;
}

/* Data of the client with a mapping that a server must take: then a missing
 * DATA_ACK is the path's doing. */
static void see_mapping_sent(struct mptcp_facts *m, struct flow *f,
			     const struct mapping *map,
			     const struct tcp_view *tcp)
{
	size_t data = mapping_payload(map);

	if (!m->has_client_key || map->length == 0 ||
	    (data && map->ssn != tcp->sequence - f->client_isn) ||
	    data != tcp->payload_length || map->has_checksum != m->checksum ||
	    segment_checksum(map, tcp) == KNOWN_NO)
		return;
	if (f->join.parent < 0 && data && map->dsn != m->client_idsn + map->ssn)
		return;
	m->mapped = true;
	for (struct flow *s = f->connection->flows; s && data; s = s->sibling)
		s->join.data_elsewhere |=
			s != f && s->join.data_end &&
			(int64_t)(map->dsn + data - s->join.data_end) >= 0;
	if (f->join.parent >= 0 && data && !f->join.data_end) {
		f->join.data_end = map->dsn + data;
		f->join.data_next = tcp->sequence + (uint32_t)data;
		f->join.data_elsewhere =
			(int64_t)(m->mapped_end - f->join.data_end) >= 0;
	}
	if ((int64_t)(map->dsn + map->length - m->mapped_end) > 0)
		m->mapped_end = map->dsn + map->length;
}

/* RFC 8684 3.7: MP_FAIL names the mapping whose checksum was wrong. All of its
 * copies must have been right when they were sent, to be changed on the way.
 * The first tells; a server of version 0 repeats it on every ACK. */
static void see_fail(struct mptcp_facts *m, const struct flow *f,
		     const struct mptcp_option *option, uint64_t frame)
{
	struct mapping map;
	bool sent = false;

	if (m->mp_fail)
		return;
	m->mp_fail = true;
	for (size_t i = 0; i < f->sent_count && m->has_client_key; i++) {
		const struct kept *k = f->sent[i];

		if (!mapping_read(&k->options, m->client_idsn + 1,
				  option->fail.dsn, &map) ||
		    map.length == 0 || map.dsn != option->fail.dsn)
			continue;
		if (segment_checksum(&map, &k->packet.tcp) != KNOWN_YES)
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

/* Data may have gone over another subflow: one that was not refused, and whose
 * third ACK went out. */
static bool is_shared(const struct mptcp_connection *c, const struct flow *f)
{
	for (const struct flow *s = c->flows; s; s = s->sibling)
		if (s != f &&
		    (!s->begun || s->join.fourth_ack_frame ||
		     (!flow_reset(s) && (!s->joins || s->join.ack_sent))))
			return true;
	return false;
}

/* On the first subflow DSN and SSN run in step from IDSN + 1, until another
 * subflow takes data of its own; the first data may come over any. */
static void see_first_dsn(const struct flow *f, unsigned host,
			  const struct mapping *map, uint64_t frame)
{
	struct mptcp_connection *c = f->connection;
	struct host *h = &c->hosts[host];
	uint64_t first = map->ssn && !f->joins ? h->idsn + map->ssn
					       : mptcp_next_dsn(c, host);

	if (h->first_dsn != UNKNOWN || !mptcp_own_key(c, host) ||
	    !map->dsn_known || (f->joins && h->dsn_end))
		return;
	if (map->dsn != first &&
	    (is_shared(c, f) || dsn_may_be_later(map->dsn, map->dsn8, h->idsn)))
		return;
	h->first_dsn = map->dsn == first ? KNOWN_YES : KNOWN_NO;
	h->first_dsn_frame = frame;
	h->first_dsn_seen = map->dsn;
}

static void see_mapping_received(struct mptcp_facts *m,
				 const struct mptcp_connection *c,
				 const struct mapping *map)
{
	const struct host *h = &c->hosts[1];

	if (!m->has_server_key || map->length == 0)
		return;
	m->server_dsn = h->first_dsn;
	m->server_dsn_frame = h->first_dsn_frame;
	m->server_dsn_seen = h->first_dsn_seen;
	m->data_fin |= map->data_fin;
	m->server_mapped_end = h->dsn_end;
}

/* All segments of a mapping of the first subflow are there, and its checksum is
 * right: the server may acknowledge it. */
static void see_whole_sent(struct mptcp_facts *m, const struct flow *f)
{
	const struct mapping *map = &f->sides[0].mapping;
	uint64_t end = map->dsn + map->length;

	if (m->has_client_key && m->checksum && map->dsn_known &&
	    f->join.parent < 0 && map->dsn == m->client_idsn + map->ssn &&
	    (int64_t)(end - m->mapped_end) > 0)
		m->mapped_end = end;
}

/* The frame of a wrong checksum is that of the first; else of the latest. */
static void see_checksum(struct mptcp_facts *m, const struct flow *f,
			 unsigned side, enum mapping_state state,
			 uint64_t frame)
{
	if (side == 0) {
		m->sent_bad_frame = f->sides[0].wrong_frame;
		if (state == MAPPING_RIGHT)
			see_whole_sent(m, f);
		return;
	}
	m->checksums_good += state == MAPPING_RIGHT;
	m->checksums_bad += state == MAPPING_WRONG;
	if (!m->checksums_bad ||
	    (m->checksums_bad == 1 && state == MAPPING_WRONG))
		m->checksum_frame = frame;
}

/* Payload that the latest mapping of its side covers. */
static void see_data(struct flow *f, unsigned side, const struct kept *k)
{
	struct side *s = &f->sides[side];
	uint32_t ssn = k->packet.tcp.sequence - s->isn - s->mapping.ssn;
	uint32_t all = mapping_payload(&s->mapping);
	uint32_t length = (uint32_t)k->packet.tcp.payload_length;

	if (!s->has_isn || !s->mapping.dsn_known || !length || ssn >= all)
		return;
	if (length > all - ssn)
		length = all - ssn;
	mptcp_see_data(f->connection, host_of(f, side), f, s->mapping.dsn + ssn,
		       length, k->time_us);
	if (f->connection->drawn)
		curve_add(&s->curve, k->time_us, s->mapping.dsn + ssn,
			  s->stream.bytes);
}

static void see_mapping(struct observer *o, struct flow *f, unsigned side,
			const struct kept *k, bool news)
{
	struct mptcp_connection *c = f->connection;
	struct mptcp_facts *m = facts_of(o, f);
	unsigned host = host_of(f, side);
	struct host *h = &c->hosts[host];
	enum mapping_state state;
	struct mapping map;
	bool has = mapping_read(&k->options, mptcp_first_dsn(c, host),
				mptcp_next_dsn(c, host), &map);

	if (k->packet.ip.more_fragments)
		return;
	state = side_mapping(&f->sides[side], has ? &map : NULL, &k->packet.tcp,
			     news, k->frame);
	if (state != MAPPING_OPEN)
		see_checksum(m, f, side, state, k->frame);
	if (!has || !map.length) {
		see_data(f, side, k);
		return;
	}
	see_first_dsn(f, host, &map, k->frame);
	if (map.dsn_known &&
	    (!h->dsn_end || (int64_t)(map.dsn + map.length - h->dsn_end) > 0))
		h->dsn_end = map.dsn + map.length;
	see_data(f, side, k);
	if (side == 0) {
		see_mapping_sent(m, f, &map, &k->packet.tcp);
		see_part_sent(m, f, &map, &k->packet.tcp);
	} else {
		see_mapping_received(m, c, &map);
	}
}

/* On the only subflow DSN and SSN run in step, whatever the capture lacks. */
static void see_step(struct mptcp_facts *m, const struct flow *f,
		     uint64_t acked, const struct kept *k)
{
	uint32_t by_tcp = k->packet.tcp.acknowledgment - f->client_isn - 1;

	if (f->join.parent >= 0 || f->sibling || !by_tcp)
		return;
	m->acks_in_step |= acked == by_tcp;
	if (acked <= by_tcp)
		return;
	m->ack_ahead = acked - by_tcp;
	m->ahead_frame = k->frame;
}

/* A DATA_ACK within what was mapped proves that the server parsed our key
 * and our mapping; one outside fits nothing that we sent. */
static void see_data_ack(struct mptcp_facts *m, struct flow *f,
			 const struct mptcp_option *dss, const struct kept *k)
{
	uint64_t ack = dss->dss.data_ack, first = m->client_idsn + 1;

	if (!(dss->dss.flags & DSS_ACK) || !m->has_client_key)
		return;
	if (!(dss->dss.flags & DSS_ACK8))
		ack = dsn_widen(ack, m->mapped_end);
	see_step(m, f, ack - first, k);
	if (ack - first > m->mapped_end - first) {
		m->data_ack_misfit = true;
		m->misfit_frame = k->frame;
		return;
	}
	if (!m->has_data_ack || ack - first > m->data_ack - first) {
		m->data_ack = ack;
		m->data_ack_frame = k->frame;
	}
	m->has_data_ack = true;
	for (struct flow *s = f->connection->flows; s; s = s->sibling)
		if (s->join.data_end &&
		    ack - first >= s->join.data_end - first &&
		    (s == f ? seq_diff(k->packet.tcp.acknowledgment,
				       f->join.data_next) >= 0
			    : !s->join.data_elsewhere))
			note(&s->join.data_ack_frame, k->frame);
}

/* --- the rest ------------------------------------------------------------- */

static void see_dss(struct mptcp_facts *m, struct flow *f, unsigned side,
		    const struct kept *k, const struct mptcp_option *option)
{
	f->sides[side].dss++;
	f->sides[side].last_dss = k->frame;
	if (option->dss.flags & DSS_ACK)
		mptcp_see_data_ack(f->connection, 1 - host_of(f, side),
				   option->dss.data_ack,
				   option->dss.flags & DSS_ACK8, k->frame,
				   k->time_us);
	if (side == 0 || k->packet.tcp.flags & TCP_FLAG_RST)
		return;
	m->server_dss = true;
	if (f->join.ack_sent)
		note(&f->join.fourth_ack_frame, k->frame);
	see_data_ack(m, f, option, k);
}

static void see_option(struct observer *o, struct flow *f, unsigned side,
		       const struct kept *k, const struct mptcp_option *option)
{
	struct mptcp_facts *m = facts_of(o, f);
	struct side *from = &f->sides[side];
	unsigned host = host_of(f, side);

	switch (option->subtype) {
	case MP_CAPABLE:
		see_capable(o, f, side, k, option);
		break;
	case MP_JOIN:
		see_join(o, f, side, k->packet.tcp.flags, option);
		break;
	case MP_DSS:
		see_dss(m, f, side, k, option);
		break;
	case MP_ADD_ADDR:
		m->add_addr_echoed |= side == 1 && option->add_addr.echo;
		mptcp_add_addr(&o->connections, f->connection, host, option,
			       k->frame);
		break;
	case MP_REMOVE_ADDR:
		mptcp_remove_addr(f->connection, host, option, k->frame);
		break;
	case MP_FAIL:
		if (!from->fail_frame)
			from->fail_dsn = option->fail.dsn;
		note(&from->fail_frame, k->frame);
		if (side == 1)
			see_fail(m, f, option, k->frame);
		else
			m->client_failed |= !m->mp_fail;
		break;
	case MP_FASTCLOSE:
		note(&from->fastclose_frame, k->frame);
		m->fastclose |= side == 1;
		break;
	case MP_TCPRST:
		if (from->reset_frame == k->frame)
			from->reset_reason = option->tcprst.reason;
		break;
	default:
		break;
	}
}

/* The connection of a segment with MPTCP options. */
static void find_connection(struct observer *o, struct flow *f, unsigned side,
			    const struct kept *k)
{
	const struct mptcp_option *join =
		tcp_options_mptcp(&k->options, MP_JOIN);

	if (join && join->join.stage == JOIN_SYN && side == 0 && !f->join.syn)
		find_parent(o, f, join);
	if (!f->connection)
		mptcp_attach(mptcp_connection_new(&o->connections), f);
}

void observe_mptcp(struct observer *o, struct flow *f, unsigned side,
		   const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	bool news = side_sequence(&f->sides[side], tcp, k->frame, k->time_us);

	if (k->options.mptcp_count)
		find_connection(o, f, side, k);
	if (!f->connection)
		return;
	for (unsigned i = 0; i < k->options.mptcp_count; i++)
		see_option(o, f, side, k, &k->options.mptcp[i]);
	if (!(tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)))
		see_mapping(o, f, side, k, news);
}
