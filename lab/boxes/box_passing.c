/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets in and out of the box: parsed into fields that behaviours edit,
 * written again with lengths and checksums right, and sent by raw sockets.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crafting/checksum.h"
#include "lab/boxes/box.h"

#define CONNECTIONS_MAX 8192

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* ---- connections -------------------------------------------------------- */

static bool is_connection(const struct connection *c, const struct packet *p,
			  enum way way)
{
	bool forward = way == FORWARD;

	return c->client_port == (forward ? p->tcp.source_port
					  : p->tcp.destination_port) &&
	       c->server_port == (forward ? p->tcp.destination_port
					  : p->tcp.source_port) &&
	       address_equal(&c->client,
			     forward ? &p->ip.source : &p->ip.destination) &&
	       address_equal(&c->server,
			     forward ? &p->ip.destination : &p->ip.source);
}

static struct connection *add_connection(struct box *b, const struct packet *p)
{
	struct connection *c;

	if (!b->connections)
		b->connections = calloc(CONNECTIONS_MAX, sizeof(*c));
	if (!b->connections || b->connection_count == CONNECTIONS_MAX)
		return NULL;
	c = &b->connections[b->connection_count++];
	c->client = p->ip.source;
	c->server = p->ip.destination;
	c->client_port = p->tcp.source_port;
	c->server_port = p->tcp.destination_port;
	c->client_isn = p->tcp.sequence;
	c->next[FORWARD] = p->tcp.sequence + 1;
	c->sequence_shift[FORWARD] = box_random(b);
	c->sequence_shift[RETURN] = box_random(b);
	c->timestamp_shift = box_random(b);
	return c;
}

static struct connection *find_connection(struct box *b, const struct packet *p,
					  enum way way)
{
	bool syn = p->tcp.flags & TCP_FLAG_SYN;

	for (size_t i = b->connection_count; i-- > 0;) {
		struct connection *c = &b->connections[i];

		if (!is_connection(c, p, way))
			continue;
		if (way == FORWARD && syn && c->client_isn != p->tcp.sequence)
			break;
		return c;
	}
	return way == FORWARD && syn ? add_connection(b, p) : NULL;
}

static void keep_options(struct connection *c, const struct passing *p)
{
	c->options_length[p->way] = p->packet.tcp.options_available;
	memcpy(c->options[p->way], p->packet.tcp.options,
	       p->packet.tcp.options_available);
}

/* What the box learns of a connection by looking on. */
static void track(struct connection *c, struct passing *p)
{
	const struct tcp_view *tcp = &p->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (tcp->flags & TCP_FLAG_SYN) {
		keep_options(c, p);
		if (p->way == RETURN && !c->server_known) {
			c->server_known = true;
			c->next[RETURN] = tcp->sequence + 1;
		}
	}
	if (p->read.has_timestamps)
		c->tsval[p->way] = p->read.tsval;
	if (tcp->payload_length == 0 || (int32_t)(end - c->next[p->way]) <= 0)
		return;
	p->fresh = true;
	c->next[p->way] = end;
	c->data_segments += p->way == FORWARD;
}

/* ---- in ----------------------------------------------------------------- */

static void read_segment(struct passing *p)
{
	const struct tcp_view *tcp = &p->packet.tcp;

	memcpy(p->options, tcp->options, tcp->options_available);
	memcpy(p->payload, tcp->payload, tcp->payload_available);
	p->segment = tcp_segment_of(tcp);
	p->segment.options = p->options;
	p->segment.payload = p->payload;
}

void passing_read(struct box *b, struct passing *p, enum way way,
		  const uint8_t *bytes, size_t length)
{
	const struct tcp_view *tcp = &p->packet.tcp;

	memset(p, 0, offsetof(struct passing, options));
	p->raw_length = 0;
	p->way = way;
	if (!packet_parse(bytes, length, &p->packet))
		return;
	p->ttl = p->packet.ip.ttl;
	p->traffic_class = p->packet.ip.traffic_class;
	p->ip_id = p->packet.ip.id;
	p->is_tcp = p->packet.transport == TRANSPORT_TCP &&
		    tcp->data_offset >= 20 && tcp->available == tcp->length &&
		    !p->packet.ip.more_fragments;
	if (!p->is_tcp)
		return;
	tcp_options_read(tcp->options, tcp->options_available,
			 tcp->options_length, &p->read);
	read_segment(p);
	p->connection = find_connection(b, &p->packet, way);
	if (p->connection)
		track(p->connection, p);
}

/* ---- out ---------------------------------------------------------------- */

/* Lengths and the header checksum of a packet whose transport is done. */
static void mend_header(uint8_t *bytes, size_t length)
{
	size_t header = (bytes[0] & 0x0f) * 4u;

	if (bytes[0] >> 4 == 6) {
		put16(bytes + 4, (unsigned)(length - 40));
		return;
	}
	put16(bytes + 2, (unsigned)length);
	put16(bytes + 10, 0);
	put16(bytes + 10, checksum_finish(checksum_add(0, bytes, header)));
}

void packet_mend(uint8_t *bytes, size_t length)
{
	struct packet p;
	size_t at, start;
	uint16_t sum;

	mend_header(bytes, length);
	if (!packet_parse(bytes, length, &p) || p.ip.more_fragments ||
	    p.ip.fragment_offset)
		return; /* the checksum is that of the whole */
	start = p.ip.header_length;
	if (p.ip.protocol == IPPROTO_TCP)
		at = start + 16;
	else if (p.ip.protocol == IPPROTO_UDP)
		at = start + 6;
	else if (p.ip.protocol == IPPROTO_ICMP ||
		 p.ip.protocol == IPPROTO_ICMPV6)
		at = start + 2;
	else
		return;
	if (at + 2 > length)
		return;
	put16(bytes + at, 0);
	sum = p.ip.protocol == IPPROTO_ICMP
		      ? checksum_finish(
				checksum_add(0, bytes + start, length - start))
		      : checksum_transport(&p.ip.source, &p.ip.destination,
					   p.ip.protocol, bytes + start,
					   length - start);
	put16(bytes + at, sum);
}

static void write_fields(const struct passing *p, uint8_t *out)
{
	if (p->packet.ip.version == 6) {
		out[0] = (uint8_t)(0x60 | p->traffic_class >> 4);
		out[1] = (uint8_t)(p->traffic_class << 4 | (out[1] & 0x0f));
		out[7] = p->ttl;
		return;
	}
	out[1] = p->traffic_class;
	put16(out + 4, p->ip_id);
	out[8] = p->ttl;
}

size_t passing_write(const struct passing *p, uint8_t *out)
{
	const struct ip_view *ip = &p->packet.ip;
	ssize_t length;

	if (p->raw_length) {
		memcpy(out, p->raw, p->raw_length);
		packet_mend(out, p->raw_length);
		return p->raw_length;
	}
	if (!p->edited || !p->is_tcp)
		return 0;
	memcpy(out, p->packet.bytes, ip->header_length);
	write_fields(p, out);
	length = tcp_segment_write(&p->segment, &ip->source, &ip->destination,
				   out + ip->header_length,
				   PASSING_MAX - ip->header_length);
	if (length < 0)
		return 0;
	mend_header(out, ip->header_length + (size_t)length);
	return ip->header_length + (size_t)length;
}

void passing_send(const struct box *b, const uint8_t *bytes, size_t length)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};

	if (bytes[0] >> 4 == 4) {
		memcpy(&to4.sin_addr, bytes + 16, 4);
		sendto(b->raw4, bytes, length, 0, (struct sockaddr *)&to4,
		       sizeof(to4));
	} else {
		memcpy(&to6.sin6_addr, bytes + 24, 16);
		sendto(b->raw6, bytes, length, 0, (struct sockaddr *)&to6,
		       sizeof(to6));
	}
}

void passing_send_copy(const struct box *b, const struct passing *p)
{
	uint8_t out[PASSING_MAX];
	size_t length = passing_write(p, out);

	if (length)
		passing_send(b, out, length);
	else
		passing_send(b, p->packet.bytes, p->packet.available);
}

static size_t own_header(const struct address *source,
			 const struct address *destination, uint8_t *out)
{
	size_t n = address_length(source);

	memset(out, 0, 40);
	out[0] = n == 4 ? 0x45 : 0x60;
	out[n == 4 ? 8 : 7] = OWN_TTL;
	out[n == 4 ? 9 : 6] = IPPROTO_TCP;
	memcpy(out + (n == 4 ? 12 : 8), source->bytes, n);
	memcpy(out + (n == 4 ? 16 : 24), destination->bytes, n);
	return n == 4 ? 20 : 40;
}

void passing_answer(const struct box *b, const struct passing *p, bool back,
		    struct tcp_segment *segment)
{
	const struct packet *k = &p->packet;
	const struct address *source =
		back ? &k->ip.destination : &k->ip.source;
	const struct address *destination =
		back ? &k->ip.source : &k->ip.destination;
	uint8_t out[PASSING_MAX];
	size_t header = own_header(source, destination, out);
	ssize_t length;

	segment->source_port =
		back ? k->tcp.destination_port : k->tcp.source_port;
	segment->destination_port =
		back ? k->tcp.source_port : k->tcp.destination_port;
	segment->data_offset = segment->checksum = SEGMENT_AUTO;
	length = tcp_segment_write(segment, source, destination, out + header,
				   sizeof(out) - header);
	if (length < 0)
		return;
	mend_header(out, header + (size_t)length);
	passing_send(b, out, header + (size_t)length);
}
