/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/tcp_options.h"
#include "tests/frames.h"

struct address address_of(const char *text)
{
	struct address a = {0};

	if (!address_parse(text, &a))
		abort();
	return a;
}

void fix_ip_checksum(struct wire *w)
{
	uint16_t sum;

	if (w->bytes[0] >> 4 != 4)
		return;
	w->bytes[10] = w->bytes[11] = 0;
	sum = checksum_finish(checksum_add(0, w->bytes, 20));
	w->bytes[10] = (uint8_t)(sum >> 8);
	w->bytes[11] = (uint8_t)sum;
}

void set_ttl(struct wire *w, unsigned ttl)
{
	w->bytes[w->bytes[0] >> 4 == 4 ? 8 : 7] = (uint8_t)ttl;
	fix_ip_checksum(w);
}

void set_traffic_class(struct wire *w, uint8_t class)
{
	if (w->bytes[0] >> 4 == 4) {
		w->bytes[1] = class;
		fix_ip_checksum(w);
		return;
	}
	w->bytes[0] = (uint8_t)(0x60 | class >> 4);
	w->bytes[1] = (uint8_t)((class & 15) << 4 | (w->bytes[1] & 15));
}

void set_id(struct wire *w, uint16_t id)
{
	w->bytes[4] = (uint8_t)(id >> 8);
	w->bytes[5] = (uint8_t)id;
	fix_ip_checksum(w);
}

void fix_length(struct wire *w)
{
	bool ip4 = w->bytes[0] >> 4 == 4;
	size_t length = ip4 ? w->length : w->length - 40;
	size_t at = ip4 ? 2 : 4;

	w->bytes[at] = (uint8_t)(length >> 8);
	w->bytes[at + 1] = (uint8_t)length;
	fix_ip_checksum(w);
}

struct wire wire_ip(const struct envelope *e, const void *payload,
		    size_t length)
{
	struct wire wire = {.length = 0};
	struct writer w = writer_over(wire.bytes, sizeof(wire.bytes));

	if (e->from.family == 4) {
		write_u8(&w, 0x45);
		write_u8(&w, e->traffic_class);
		write_u16(&w, 0);
		write_u16(&w, e->id);
		write_u16(&w, 0x4000);
		write_u8(&w, e->ttl);
		write_u8(&w, e->protocol);
		write_u16(&w, 0);
	} else {
		write_u32(&w, 6u << 28 | (uint32_t)e->traffic_class << 20 |
				      0x12345);
		write_u16(&w, 0);
		write_u8(&w, e->protocol);
		write_u8(&w, e->ttl);
	}
	write_bytes(&w, e->from.bytes, address_length(&e->from));
	write_bytes(&w, e->to.bytes, address_length(&e->to));
	write_bytes(&w, payload, length);
	if (w.failed)
		abort();
	wire.length = w.length;
	fix_length(&wire);
	return wire;
}

struct wire wire_tcp(const struct envelope *e,
		     const struct tcp_segment *segment)
{
	uint8_t bytes[1500];
	struct tcp_segment s = *segment;
	ssize_t length;

	s.data_offset = s.checksum = SEGMENT_AUTO;
	length = tcp_segment_write(&s, &e->from, &e->to, bytes, sizeof(bytes));
	if (length < 0)
		abort();
	return wire_ip(e, bytes, (size_t)length);
}

void fix_tcp_checksum(struct wire *w)
{
	struct packet p;
	uint8_t *tcp;
	uint16_t sum;

	if (!packet_parse(w->bytes, w->length, &p) ||
	    p.transport != TRANSPORT_TCP || p.ip.more_fragments)
		return;
	tcp = w->bytes + (p.tcp.bytes - w->bytes);
	tcp[16] = tcp[17] = 0;
	sum = checksum_transport(&p.ip.source, &p.ip.destination, IPPROTO_TCP,
				 tcp, p.tcp.available);
	tcp[16] = (uint8_t)(sum >> 8);
	tcp[17] = (uint8_t)sum;
}

struct wire wire_icmp(const struct envelope *e, enum icmp_error error,
		      const struct wire *quoted, size_t bytes)
{
	static const uint8_t types[2][3][2] = {{{11, 0}, {3, 3}, {3, 13}},
					       {{3, 0}, {1, 4}, {1, 1}}};
	struct envelope out = *e;
	bool ip6 = e->from.family == 6;
	uint8_t message[1400] = {types[ip6][error][0], types[ip6][error][1]};

	if (bytes > quoted->length)
		bytes = quoted->length;
	if (bytes > 1232) /* RFC 4443 2.4 */
		bytes = 1232;
	memcpy(message + 8, quoted->bytes, bytes);
	out.protocol = ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	return wire_ip(&out, message, 8 + bytes);
}

struct packet wire_parse(const struct wire *w)
{
	struct packet p;

	if (!packet_parse(w->bytes, w->length, &p))
		abort();
	return p;
}

uint8_t *wire_tcp_header(struct wire *w)
{
	return w->bytes + (w->bytes[0] >> 4 == 4 ? 20 : 40);
}

uint8_t *wire_option(struct wire *w, uint8_t kind, int subtype, size_t *length)
{
	struct packet p = wire_parse(w);
	struct option_walk walk = option_walk_over(
		p.tcp.options, p.tcp.options_available, p.tcp.options_length);
	struct tcp_option o;

	while (p.transport == TRANSPORT_TCP &&
	       option_next(&walk, &o) == OPTION_FOUND) {
		if (o.kind != kind || (subtype >= 0 && o.length > 2 &&
				       o.bytes[2] >> 4 != subtype))
			continue;
		if (length)
			*length = o.length;
		return w->bytes + (o.bytes - w->bytes);
	}
	return NULL;
}

bool wire_has(struct wire *w, uint8_t kind)
{
	return wire_option(w, kind, -1, NULL) != NULL;
}

void option_fill(struct wire *w, uint8_t kind, uint8_t with)
{
	size_t length;
	uint8_t *at = wire_option(w, kind, -1, &length);

	if (at)
		memset(at, with, length);
}

void option_cut(struct wire *w, uint8_t kind)
{
	size_t length;
	uint8_t *at = wire_option(w, kind, -1, &length);
	uint8_t *tcp = wire_tcp_header(w);
	uint8_t *end = tcp + (size_t)(tcp[12] >> 4) * 4;
	size_t words = length / 4;

	if (!at)
		return;
	memmove(at, at + length, (size_t)(end - at) - length);
	memset(end - length, TCPOPT_KIND_NOP, length);
	for (; at < end - length && *at == TCPOPT_KIND_EOL; at++)
		*at = TCPOPT_KIND_NOP; /* another option may follow */
	memmove(end - words * 4, end, (size_t)(w->bytes + w->length - end));
	w->length -= words * 4;
	tcp[12] = (uint8_t)(tcp[12] - (words << 4));
	fix_length(w);
}

void option_append(struct wire *w, const void *option, size_t length)
{
	uint8_t *tcp = wire_tcp_header(w);
	uint8_t *end = tcp + (size_t)(tcp[12] >> 4) * 4;

	memmove(end + length, end, (size_t)(w->bytes + w->length - end));
	memcpy(end, option, length);
	w->length += length;
	tcp[12] = (uint8_t)(tcp[12] + (length / 4 << 4));
	fix_length(w);
}
