/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/client.h"

#include <netinet/in.h>
#include <string.h>

#include "crafting/compose.h"
#include "crafting/cursor.h"
#include "crafting/keys.h"
#include "crafting/mptcp.h"
#include "crafting/segment.h"
#include "probe/run/live.h"
#include "report/track/observer.h"

#define SYN_WINDOW 64240
#define WINDOW 502
#define WINDOW_SCALE 7
#define TRAFFIC_CLASS_MARKED (10 << 2 | 2) /* DSCP 10 (AF11), ECT(0) */

void client_open(struct client *c, const struct destination *to,
		 enum purpose purpose, unsigned version)
{
	struct live *live = to->live;

	*c = (struct client){.to = to, .purpose = purpose, .version = version};
	c->isn = live_random32(live);
	c->timestamp = live_random32(live) & 0xffffff00;
	c->flow_label = (live_random32(live) & 0xfffff) | 1;
	c->key = live_random(live) | 1;
	c->nonce = live_random32(live);
	c->token = live_random32(live);
	c->port = live_port(live, &to->source, false);
	keys_derive(live->observer->keys, version, c->key, NULL, &c->idsn);
}

void client_join(struct client *c, struct client *parent)
{
	c->parent = parent;
	c->token = client_flow(parent)->mptcp.server_token;
	c->address_id = 1;
}

struct flow *client_flow(const struct client *c)
{
	struct flow *f;

	if (!c->to)
		return NULL;
	f = observer_flow(c->to->live->observer, &c->to->source, c->port,
			  &c->to->target, c->to->port, IPPROTO_TCP);
	return f && f->client_isn == c->isn ? f : NULL;
}

/* ---- how large ----------------------------------------------------------- */

#define FULL_MSS 1460

#define DSS_ROOM 28 /* with 64-bit numbers, padding or checksum */

unsigned client_mss(const struct client *c, unsigned untold)
{
	const struct flow *f = client_flow(c);
	const struct kept *syn_ack = f ? flow_syn_ack(f) : NULL;
	unsigned mss = syn_ack && syn_ack->options.has_mss
			       ? syn_ack->options.mss
			       : untold;

	return c->to->mss < mss ? c->to->mss : mss;
}

static size_t options_room(const struct flow *f)
{
	return DSS_ROOM + (f && f->timestamps ? TIMESTAMPS : 0);
}

size_t client_full_size(const struct client *c)
{
	size_t mss = client_mss(c, FULL_MSS);
	size_t room = options_room(client_flow(c));

	if (mss > FULL_MSS)
		mss = FULL_MSS;
	return mss > 2 * room ? mss - room : room;
}

size_t client_told_size(const struct client *c)
{
	const struct flow *f = client_flow(c);
	size_t headers = c->to->target.family == 6 ? 60 : 40, size = 0;

	headers += options_room(f);
	for (size_t i = 0; f && i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		size_t told = q->too_big && q->next_hop_mtu > 2 * headers
				      ? q->next_hop_mtu - headers
				      : 0;

		if (told && (!size || told < size))
			size = told;
	}
	return size;
}

/* A segment in the making. */
struct draft {
	struct tcp_segment segment;
	struct writer options;
	uint8_t bytes[40]; /* of the options */
};

static void draft_begin(struct draft *d)
{
	d->segment = (struct tcp_segment){.data_offset = SEGMENT_AUTO,
					  .checksum = SEGMENT_AUTO};
	d->options = writer_over(d->bytes, sizeof(d->bytes));
}

/* `size`: of the IP fragments that it is sent in; 0: in one piece. */
static void draft_cut(struct draft *d, const struct client *c, struct copy copy,
		      size_t size)
{
	uint8_t bytes[1500];
	ssize_t length;
	struct ip_envelope envelope = {
		.source = c->to->source,
		.destination = c->to->target,
		.protocol = IPPROTO_TCP,
		.ttl = copy.ttl,
		.traffic_class = copy.marked ? TRAFFIC_CLASS_MARKED : 0,
		.dont_fragment = true,
		.flow_label = c->flow_label,
	};

	d->segment.source_port = c->port;
	d->segment.destination_port = c->to->port;
	d->segment.options = d->bytes;
	d->segment.options_length = d->options.length;
	length = tcp_segment_write(&d->segment, &c->to->source, &c->to->target,
				   bytes, sizeof(bytes));
	if (length > 0 && size)
		live_send_fragments(c->to->live, &envelope, bytes,
				    (size_t)length, size);
	else if (length > 0)
		live_send(c->to->live, &envelope, bytes, (size_t)length);
}

static void draft_send(struct draft *d, const struct client *c,
		       struct copy copy)
{
	draft_cut(d, c, copy, 0);
}

/* The whole connection's facts: those of the first subflow. */
static const struct mptcp_facts *connection_facts(const struct client *c)
{
	const struct flow *f = client_flow(c->parent ? c->parent : c);

	return f ? &f->mptcp : NULL;
}

/* Our end of the connection. The third ACK has A where either side asked for
 * it (RFC 8684 3.1). */
static struct mptcp_host host_of(const struct client *c)
{
	const struct client *first = c->parent ? c->parent : c;
	const struct mptcp_facts *m = connection_facts(c);
	bool checksum = m && m->checksum;

	return (struct mptcp_host){
		.keys = c->to->live->observer->keys,
		.version = c->version,
		.flags =
			MPC_HMAC | (c->checksum || checksum ? MPC_CHECKSUM : 0),
		.key = first->key,
		.idsn = first->idsn,
		.peer_key = m ? m->server_key : 0,
		.checksum = checksum,
	};
}

static void write_capable_syn(struct writer *w, const struct client *c)
{
	struct mptcp_host host = host_of(c);
	struct mptcp_option o;

	if (c->no_algorithm)
		host.flags &= (uint8_t)~MPC_HMAC;
	compose_capable_syn(&host, &o);
	mptcp_encode(w, &o);
}

static void write_join_syn(struct writer *w, const struct client *c)
{
	struct mptcp_option o = {.subtype = MP_JOIN};

	o.join.stage = JOIN_SYN;
	o.join.address_id = c->address_id;
	o.join.token = c->token;
	o.join.nonce = c->nonce;
	mptcp_encode(w, &o);
}

/* RFC 6994 3: an experiment that nobody else runs. */
static void write_experiment(struct writer *w, const struct client *c,
			     unsigned length)
{
	write_u8(w, TCPOPT_KIND_EXPERIMENT);
	write_u8(w, (uint8_t)length);
	write_u16(w, (uint16_t)c->nonce);
	for (unsigned i = 4; i < length; i++)
		write_u8(w, (uint8_t)(c->key >> (i - 4) % 8 * 8));
}

/* In the place of a MP_CAPABLE of this version, and as long. */
static void write_unknown(struct writer *w, const struct client *c)
{
	write_experiment(w, c, c->version == 1 ? 4 : 12);
}

/* The option that its SYNs are about. */
static void write_asked(struct writer *w, const struct client *c)
{
	if (c->purpose == PURPOSE_TCP || c->gave_up)
		return;
	if (c->purpose == PURPOSE_MP_CAPABLE)
		write_capable_syn(w, c);
	else if (c->purpose == PURPOSE_UNKNOWN_OPTION)
		write_unknown(w, c);
	else
		write_join_syn(w, c);
}

/* Quotes that are cut off behind it still tell which copy they quote. */
static uint32_t syn_timestamp(const struct client *c, struct copy copy)
{
	return c->timestamp + copy.ttl + (c->gave_up ? 2 * FULL_TTL : 0);
}

/* As Linux orders them: mss, sackOK, timestamps, nop, wscale, MPTCP. */
void client_send_syn(struct client *c, struct copy copy)
{
	struct draft d;

	draft_begin(&d);
	d.segment.sequence = c->isn;
	d.segment.flags = TCP_FLAG_SYN;
	d.segment.window = c->narrow ? CLIENT_NARROW : SYN_WINDOW;
	if (!c->no_mss)
		write_mss(&d.options, c->to->mss);
	write_sack_permitted(&d.options);
	write_timestamps(&d.options, syn_timestamp(c, copy), 0);
	write_nop(&d.options, 1);
	write_wscale(&d.options, WINDOW_SCALE);
	if (copy.experiment)
		write_experiment(&d.options, c, 4);
	write_asked(&d.options, c);
	draft_send(&d, c, copy);
}

static uint32_t own_timestamp(const struct client *c, struct copy copy)
{
	return c->timestamp + 256 * c->segments + copy.ttl;
}

/* Timestamps where they were negotiated: each segment's own, with the TTL
 * added, so that the answer tells which copy it is to. Else a copy is told
 * by its window, which no one reads on a copy that does not arrive. */
static void begin_segment(struct draft *d, struct client *c,
			  const struct flow *f, struct copy copy)
{
	struct tcp_segment *segment = &d->segment;

	draft_begin(d);
	c->segments++;
	if (f->timestamps) {
		write_nop(&d->options, 2);
		write_timestamps(&d->options, own_timestamp(c, copy),
				 f->server_tsval);
	}
	segment->flags = TCP_FLAG_ACK;
	segment->sequence = c->isn + 1;
	segment->acknowledgment = f->server_next;
	segment->window = c->narrow ? CLIENT_NARROW >> WINDOW_SCALE
			  : copy.ttl == FULL_TTL || f->timestamps
				  ? WINDOW
				  : (uint16_t)(WINDOW + copy.ttl);
}

/* Of the third ACK, or of the first data of version 1 (RFC 8684 3.1). */
static void write_capable(struct writer *w, const struct client *c,
			  const uint8_t *payload, size_t length)
{
	const struct mptcp_host host = host_of(c);
	struct mptcp_option o;

	compose_capable(&host, length, &o);
	compose_checksum(&host, payload, length, &o);
	mptcp_encode(w, &o);
}

static void write_join_ack(struct writer *w, const struct client *c,
			   const struct flow *f)
{
	const struct mptcp_host host = host_of(c);
	struct mptcp_option o;

	if (compose_join_ack(&host, c->nonce, f->join.server_nonce, &o) == 0)
		mptcp_encode(w, &o);
}

void client_send_third_ack(struct client *c, struct copy copy)
{
	const struct flow *f = client_flow(c);
	struct draft d;

	if (!f)
		return;
	begin_segment(&d, c, f, copy);
	d.segment.acknowledgment = f->server_isn + 1;
	if (c->purpose == PURPOSE_MP_CAPABLE && f->mptcp.syn_ack)
		write_capable(&d.options, c, NULL, 0);
	else if (c->parent && f->join.syn_ack)
		write_join_ack(&d.options, c, f);
	draft_send(&d, c, copy);
}

static uint64_t next_server_dsn(const struct mptcp_facts *m)
{
	return m->server_mapped_end ? m->server_mapped_end : m->server_idsn + 1;
}

/* `offset`: in the connection's data; `ssn`: in the subflow's. */
static void write_dss(struct writer *w, const struct client *c,
		      const uint8_t *payload, size_t length, size_t offset,
		      uint32_t ssn)
{
	const struct mptcp_host host = host_of(c);
	uint8_t flags = DSS_ACK | DSS_ACK8;
	struct mptcp_option o;

	if (length)
		flags |= DSS_MAPPING | DSS_DSN8;
	compose_dss(&host, flags, next_server_dsn(connection_facts(c)), offset,
		    ssn, length, &o);
	compose_checksum(&host, payload, length, &o);
	mptcp_encode(w, &o);
}

static void begin_data(struct draft *d, struct client *c, const struct flow *f,
		       const uint8_t *payload, size_t length, size_t offset,
		       struct copy copy)
{
	begin_segment(d, c, f, copy);
	d->segment.payload = payload;
	d->segment.payload_length = length;
	/* Hosts set it in the last segment of many (RFC 9293 3.9.1). */
	if (length < client_full_size(c))
		d->segment.flags |= TCP_FLAG_PSH;
	d->segment.sequence += (uint32_t)offset;
	if (copy.ttl >= FULL_TTL && offset + length > c->sent)
		c->sent = (uint32_t)(offset + length);
}

void client_send_data(struct client *c, const uint8_t *payload, size_t length,
		      size_t offset, bool plain, struct copy copy)
{
	const struct flow *f = client_flow(c);
	struct draft d;

	if (!f)
		return;
	begin_data(&d, c, f, payload, length, offset, copy);
	if (copy.marked) {
		d.segment.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR | TCP_FLAG_URG;
		d.segment.urgent = 1;
	}
	if (!plain && f->mptcp.syn_ack) {
		if (c->version == 1 && offset == 0)
			write_capable(&d.options, c, payload, length);
		else
			write_dss(&d.options, c, payload, length, offset,
				  (uint32_t)(1 + offset));
	}
	draft_send(&d, c, copy);
}

void client_send_joined(struct client *c, const uint8_t *payload, size_t length,
			size_t offset, size_t first, struct copy copy)
{
	const struct flow *f = client_flow(c);
	struct draft d;

	if (!f || !connection_facts(c))
		return;
	begin_data(&d, c, f, payload, length, offset - first, copy);
	write_dss(&d.options, c, payload, length, offset,
		  (uint32_t)(1 + offset - first));
	draft_send(&d, c, copy);
}

/* Copies that do not arrive are told from those in one piece, too. */
#define FRAGMENT_WINDOW 64

void client_send_fragments(struct client *c, const uint8_t *payload,
			   size_t length, size_t offset, size_t size,
			   struct copy copy)
{
	const struct flow *f = client_flow(c);
	struct draft d;

	if (!f)
		return;
	begin_data(&d, c, f, payload, length, offset, copy);
	if (d.segment.window != WINDOW)
		d.segment.window += FRAGMENT_WINDOW;
	draft_cut(&d, c, copy, size);
}

static void send_add_addr(struct client *c, const struct mptcp_option *o,
			  struct copy copy)
{
	const struct flow *f = client_flow(c);
	struct draft d;

	begin_segment(&d, c, f, copy);
	d.segment.sequence = f->client_next;
	/* An IPv6 address leaves room for timestamps, but for no padding. */
	if (c->to->source.family == 6 && f->timestamps) {
		d.options.length = 0;
		write_timestamps(&d.options, own_timestamp(c, copy),
				 f->server_tsval);
	}
	mptcp_encode(&d.options, o);
	draft_send(&d, c, copy);
}

#define ANNOUNCED_ID 9

void client_send_add_addr(struct client *c, struct copy copy)
{
	const struct flow *f = client_flow(c);
	const struct mptcp_host host = host_of(c);
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};

	if (!f || !f->mptcp.has_server_key)
		return;
	o.add_addr.version = (uint8_t)c->version;
	o.add_addr.address_id = ANNOUNCED_ID;
	o.add_addr.address = c->to->source;
	if (c->version == 1 && compose_add_addr_hmac(&host, &o) != 0)
		return;
	send_add_addr(c, &o, copy);
}

void client_echo_add_addr(struct client *c, const struct announced *a)
{
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};

	o.add_addr.version = (uint8_t)c->version;
	o.add_addr.echo = true;
	o.add_addr.address_id = a->id;
	o.add_addr.address = a->address;
	o.add_addr.has_port = a->has_port;
	o.add_addr.port = a->port;
	if (c->version == 1 && client_flow(c))
		send_add_addr(c, &o, COPY_FULL);
}

static bool uses_mptcp(const struct client *c, const struct flow *f)
{
	const struct mptcp_facts *m = connection_facts(c);

	return m && m->has_server_key && m->server_dss &&
	       (!c->parent || f->join.syn_ack);
}

/* `back`: from so much before what was sent last; `more`: another option; or
 * NULL. */
static void send_ack(struct client *c, const struct flow *f, uint32_t back,
		     bool dss, const struct mptcp_option *more,
		     struct copy copy)
{
	struct draft d;

	begin_segment(&d, c, f, copy);
	d.segment.sequence = f->client_next - back;
	if (dss)
		write_dss(&d.options, c, NULL, 0, 0, 0);
	if (more)
		mptcp_encode(&d.options, more);
	draft_send(&d, c, copy);
}

void client_send_ack(struct client *c)
{
	const struct flow *f = client_flow(c);

	if (f && f->syn_ack_seen)
		send_ack(c, f, 0, uses_mptcp(c, f), NULL, COPY_FULL);
}

void client_send_backup(struct client *c)
{
	const struct mptcp_option o = {.subtype = MP_PRIO,
				       .prio = {.backup = true}};
	const struct flow *f = client_flow(c);

	if (f && f->syn_ack_seen)
		send_ack(c, f, 0, uses_mptcp(c, f), &o, COPY_FULL);
}

void client_send_keep_alive(struct client *c)
{
	const struct flow *f = client_flow(c);

	if (f && f->syn_ack_seen)
		send_ack(c, f, 1, uses_mptcp(c, f), NULL, COPY_FULL);
}

void client_send_pure_ack(struct client *c, bool keep_alive, struct copy copy)
{
	const struct flow *f = client_flow(c);

	if (f && f->syn_ack_seen)
		send_ack(c, f, keep_alive, f->mptcp.has_server_key, NULL, copy);
}

void client_send_bare_ack(struct client *c, struct copy copy)
{
	const struct flow *f = client_flow(c);

	if (f && f->syn_ack_seen)
		send_ack(c, f, 0, false, NULL, copy);
}

/* RFC 8684 3.5: the whole connection is ended, not just this subflow. */
void client_send_reset(struct client *c)
{
	const struct flow *f = client_flow(c);
	struct mptcp_option o = {.subtype = MP_FASTCLOSE};
	uint32_t next = c->isn + 1 + c->sent; /* not all may be captured yet */
	struct draft d;

	if (!f || flow_reset(f))
		return;
	draft_begin(&d);
	d.segment.sequence = next;
	d.segment.flags = TCP_FLAG_RST;
	if (f->syn_ack_seen) {
		d.segment.flags |= TCP_FLAG_ACK;
		d.segment.acknowledgment = f->server_next;
		if (seq_diff(f->client_next, next) > 0)
			d.segment.sequence = f->client_next;
	}
	if (c->purpose == PURPOSE_MP_CAPABLE && f->mptcp.has_server_key &&
	    f->mptcp.third_ack) {
		o.fastclose.receiver_key = f->mptcp.server_key;
		mptcp_encode(&d.options, &o);
	}
	draft_send(&d, c, COPY_FULL);
}
