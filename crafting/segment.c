/* SPDX-License-Identifier: GPL-3.0-or-later
 * TCP segments and UDP datagrams as bytes, and libnet to carry them in IP.
 */
#include "segment.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "cursor.h"
#include "packet.h"

enum {
	IPV4_HEADER = 20,
	IPV4_CHECKSUM_AT = 10,
	IPV6_HEADER = 40,
	IPV4_DONT_FRAGMENT = 0x4000,
	TCP_HEADER = 20,
	TCP_OPTIONS_MAX = 40,
	TCP_CHECKSUM_AT = 16,
	UDP_HEADER = 8,
	UDP_CHECKSUM_AT = 6,
	ICMP_CHECKSUM_AT = 2,
	ECHO_REQUEST_TYPE4 = 8,
	ECHO_REQUEST_TYPE6 = 128,
	LENGTH_MAX = 65535,
};

static void patch_u16(uint8_t *at, uint16_t value)
{
	struct writer w = writer_over(at, 2);

	write_u16(&w, value);
}

static size_t padding_of(size_t length)
{
	return (4 - length % 4) % 4;
}

/* RFC 9293 3.1, with a checksum of zero. */
static void write_tcp_header(struct writer *w, const struct tcp_segment *s,
			     unsigned offset)
{
	write_u16(w, s->source_port);
	write_u16(w, s->destination_port);
	write_u32(w, s->sequence);
	write_u32(w, s->acknowledgment);
	write_u8(w, (uint8_t)(offset << 4 | (s->reserved & 0x0f)));
	write_u8(w, s->flags);
	write_u16(w, s->window);
	write_u16(w, 0);
	write_u16(w, s->urgent);
}

struct tcp_segment tcp_segment_of(const struct tcp_view *v)
{
	return (struct tcp_segment){
		.source_port = v->source_port,
		.destination_port = v->destination_port,
		.sequence = v->sequence,
		.acknowledgment = v->acknowledgment,
		.flags = v->flags,
		.reserved = v->reserved,
		.window = v->window,
		.urgent = v->urgent,
		.options = v->options,
		.options_length = v->options_available,
		.payload = v->payload,
		.payload_length = v->payload_available,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
}

ssize_t tcp_segment_write(const struct tcp_segment *s,
			  const struct address *source,
			  const struct address *destination, uint8_t *out,
			  size_t capacity)
{
	static const uint8_t end_of_options[3];
	struct writer w = writer_over(out, capacity);
	size_t padding = padding_of(s->options_length);
	unsigned offset = (unsigned)s->data_offset;
	uint16_t checksum = (uint16_t)s->checksum;

	if (s->data_offset == SEGMENT_AUTO) {
		if (s->options_length > TCP_OPTIONS_MAX)
			return -1;
		offset = (unsigned)(TCP_HEADER + s->options_length + padding) /
			 4;
	}
	write_tcp_header(&w, s, offset);
	if (s->options_length)
		write_bytes(&w, s->options, s->options_length);
	write_bytes(&w, end_of_options, padding);
	if (s->payload_length)
		write_bytes(&w, s->payload, s->payload_length);
	if (w.failed || w.length > LENGTH_MAX)
		return -1;
	if (s->checksum == SEGMENT_AUTO)
		checksum = checksum_transport(source, destination, IPPROTO_TCP,
					      out, w.length);
	patch_u16(out + TCP_CHECKSUM_AT, checksum);
	return (ssize_t)w.length;
}

ssize_t udp_datagram_write(uint16_t source_port, uint16_t destination_port,
			   const uint8_t *payload, size_t payload_length,
			   const struct address *source,
			   const struct address *destination, uint8_t *out,
			   size_t capacity)
{
	struct writer w = writer_over(out, capacity);
	uint16_t checksum;

	if (payload_length > LENGTH_MAX - UDP_HEADER)
		return -1;
	write_u16(&w, source_port);
	write_u16(&w, destination_port);
	write_u16(&w, (uint16_t)(UDP_HEADER + payload_length));
	write_u16(&w, 0);
	if (payload_length)
		write_bytes(&w, payload, payload_length);
	if (w.failed)
		return -1;
	checksum = checksum_transport(source, destination, IPPROTO_UDP, out,
				      w.length);
	/* RFC 768: zero would mean that there is none. */
	patch_u16(out + UDP_CHECKSUM_AT, checksum ? checksum : 0xffff);
	return (ssize_t)w.length;
}

ssize_t echo_request_write(uint16_t id, uint16_t sequence,
			   const uint8_t *payload, size_t payload_length,
			   const struct address *source,
			   const struct address *destination, uint8_t *out,
			   size_t capacity)
{
	struct writer w = writer_over(out, capacity);
	bool ip4 = source->family == 4;
	uint16_t checksum;

	write_u8(&w, ip4 ? ECHO_REQUEST_TYPE4 : ECHO_REQUEST_TYPE6);
	write_u8(&w, 0);
	write_u16(&w, 0);
	write_u16(&w, id);
	write_u16(&w, sequence);
	write_bytes(&w, payload, payload_length);
	if (w.failed)
		return -1;
	checksum = ip4 ? checksum_finish(checksum_add(0, out, w.length))
		       : checksum_transport(source, destination, IPPROTO_ICMPV6,
					    out, w.length);
	patch_u16(out + ICMP_CHECKSUM_AT, checksum);
	return (ssize_t)w.length;
}

/* RFC 791 3.1 */
static int build_ipv4(libnet_t *net, const struct ip_envelope *e,
		      const uint8_t *payload, size_t length)
{
	uint32_t source, destination;

	memcpy(&source, e->source.bytes, sizeof(source));
	memcpy(&destination, e->destination.bytes, sizeof(destination));
	return libnet_build_ipv4(
		(uint16_t)(IPV4_HEADER + length), e->traffic_class, e->id,
		e->dont_fragment ? IPV4_DONT_FRAGMENT : 0, e->ttl, e->protocol,
		0, source, destination, payload, (uint32_t)length, net, 0);
}

/* RFC 8200 3 */
static int build_ipv6(libnet_t *net, const struct ip_envelope *e,
		      const uint8_t *payload, size_t length)
{
	struct libnet_in6_addr source, destination;

	memcpy(&source, e->source.bytes, sizeof(source));
	memcpy(&destination, e->destination.bytes, sizeof(destination));
	return libnet_build_ipv6(e->traffic_class, 0, (uint16_t)length,
				 e->protocol, e->ttl, source, destination,
				 payload, (uint32_t)length, net, 0);
}

/* Coalescing insists on a link or IP header that fits the injection type,
 * and LIBNET_LINK shifts the packet inside its buffer; as LIBNET_NONE, it
 * only puts the bytes together. */
static int coalesce(libnet_t *net, uint8_t **packet, uint32_t *size)
{
	int injection_type = net->injection_type;
	int ret;

	net->injection_type = LIBNET_NONE;
	ret = libnet_pblock_coalesce(net, packet, size);
	net->injection_type = injection_type;
	return ret;
}

/* What libnet 1.1.6 leaves to us: the flow label, which it corrupts, and,
 * as the kernel and other injection types differ in who fills it in, the
 * IPv4 header checksum. */
static void finish_header(uint8_t *packet, const struct ip_envelope *e)
{
	struct writer w = writer_over(packet, 4);

	if (e->source.family == 6) {
		write_u32(&w, 6U << 28 | (uint32_t)e->traffic_class << 20 |
				      (e->flow_label & 0xfffff));
		return;
	}
	patch_u16(packet + IPV4_CHECKSUM_AT, 0);
	patch_u16(packet + IPV4_CHECKSUM_AT,
		  checksum_finish(checksum_add(0, packet, IPV4_HEADER)));
}

/* libnet refuses packets above 65,535 bytes, IPv6 headers counted. */
static bool carriable(const struct ip_envelope *e, size_t length)
{
	if (e->source.family != e->destination.family)
		return false;
	if (e->source.family == 4)
		return length <= LENGTH_MAX - IPV4_HEADER;
	return e->source.family == 6 && length <= LENGTH_MAX - IPV6_HEADER;
}

ssize_t packet_carry(libnet_t *net, const struct ip_envelope *envelope,
		     const uint8_t *payload, size_t length, uint8_t *out,
		     size_t capacity)
{
	uint8_t *packet = NULL;
	uint32_t size = 0;
	ssize_t ret = -1;
	int tag;

	if (!carriable(envelope, length))
		return -1;
	libnet_clear_packet(net);
	if (!length)
		payload = NULL; /* libnet wants both or neither */
	if (envelope->source.family == 4)
		tag = build_ipv4(net, envelope, payload, length);
	else
		tag = build_ipv6(net, envelope, payload, length);
	if (tag == -1 || coalesce(net, &packet, &size) == -1)
		goto cleanup;
	if (size > capacity)
		goto cleanup;
	memcpy(out, packet, size);
	finish_header(out, envelope);
	ret = (ssize_t)size;
cleanup:
	free(packet);
	libnet_clear_packet(net);
	return ret;
}
