// SPDX-License-Identifier: GPL-3.0-or-later
#include "crafting/syn_template.h"

#include <netinet/in.h>
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/mptcp.h"
#include "crafting/segment.h"
#include "crafting/tcp_options.h"

#define WINDOW 64240
#define WINDOW_SCALE 7
#define TTL 64

/* Where in the packet what differs stands. */
#define IPV4_ID 4
#define IPV4_CHECKSUM 10
#define IPV4_TO 16
#define IPV6_TO 24
#define TCP_SEQUENCE 4
#define TCP_CHECKSUM 16
#define TCP_TSVAL 28	  /* behind mss and sackOK */
#define TCP_MPTCP_TAIL 44 /* behind timestamps, wscale and 4 bytes of MPTCP */

static void write_mptcp(struct writer *w, enum syn_kind kind)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	if (kind == SYN_PLAIN)
		return;
	if (kind == SYN_JOIN) {
		o.subtype = MP_JOIN;
		o.join.stage = JOIN_SYN;
		o.join.address_id = 1;
	} else {
		o.capable.version = kind == SYN_CAPABLE;
		o.capable.flags = MPC_HMAC;
		o.capable.has_sender_key = kind == SYN_CAPABLE_V0;
	}
	mptcp_encode(w, &o);
}

/* As Linux orders them. */
static void write_options(struct writer *w, enum syn_kind kind, unsigned family)
{
	write_mss(w, family == 4 ? 1460 : 1440);
	write_sack_permitted(w);
	write_timestamps(w, 0, 0);
	write_nop(w, 1);
	write_wscale(w, WINDOW_SCALE);
	write_mptcp(w, kind);
}

static ssize_t write_syn(enum syn_kind kind, const struct address *source,
			 const struct address *to, uint8_t *out)
{
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment s = {.flags = TCP_FLAG_SYN,
				.window = WINDOW,
				.options = options,
				.data_offset = SEGMENT_AUTO};

	write_options(&w, kind, source->family);
	s.options_length = w.length;
	return tcp_segment_write(&s, source, to, out, SYN_MAX);
}

static void put16(uint8_t *at, uint16_t value)
{
	struct writer w = writer_over(at, 2);

	write_u16(&w, value);
}

static void put32(uint8_t *at, uint32_t value)
{
	struct writer w = writer_over(at, 4);

	write_u32(&w, value);
}

/* What checksums are made of, as they go on to be added to; the fields that
 * differ, and the checksums, are zero. */
static void sum_up(struct syn_template *t)
{
	const uint8_t *tcp = t->bytes + t->ip_length;
	size_t length = t->length - t->ip_length;

	if (t->bytes[0] >> 4 == 4) {
		put16(t->bytes + IPV4_CHECKSUM, 0);
		t->ip_sum = checksum_add(0, t->bytes, t->ip_length);
		t->tcp_sum = checksum_add(0, t->bytes + 12, 4);
	} else {
		t->tcp_sum = checksum_add(0, t->bytes + 8, 16);
	}
	t->tcp_sum += IPPROTO_TCP + (uint32_t)length;
	t->tcp_sum = checksum_add(t->tcp_sum, tcp, length);
}

/* Of this TCP segment, whose checksum is left out. */
static int carry(struct syn_template *t, libnet_t *net,
		 const struct address *source, uint8_t *tcp, size_t length)
{
	struct ip_envelope envelope = {.source = *source,
				       .destination = {source->family, {0}},
				       .protocol = IPPROTO_TCP,
				       .ttl = TTL,
				       .dont_fragment = true};
	ssize_t size;

	put16(tcp + TCP_CHECKSUM, 0);
	size = packet_carry(net, &envelope, tcp, length, t->bytes,
			    sizeof(t->bytes));
	if (size == -1)
		return -1;
	t->length = (size_t)size;
	t->ip_length = t->length - length;
	sum_up(t);
	return 0;
}

int syn_template_make(struct syn_template *t, libnet_t *net, enum syn_kind kind,
		      const struct address *source)
{
	const struct address nobody = {source->family, {0}};
	uint8_t tcp[SYN_MAX];
	ssize_t length = write_syn(kind, source, &nobody, tcp);

	t->kind = kind;
	return length == -1 ? -1 : carry(t, net, source, tcp, (size_t)length);
}

int reset_template_make(struct syn_template *t, libnet_t *net,
			const struct address *source)
{
	const struct address nobody = {source->family, {0}};
	const struct tcp_segment reset = {.flags = TCP_FLAG_RST,
					  .data_offset = SEGMENT_AUTO};
	uint8_t tcp[SYN_MAX];
	ssize_t length =
		tcp_segment_write(&reset, source, &nobody, tcp, sizeof(tcp));

	return length == -1 ? -1 : carry(t, net, source, tcp, (size_t)length);
}

static uint32_t halves(uint32_t value)
{
	return (value >> 16) + (value & 0xffff);
}

/* Returns the sum of what it writes behind the MPTCP option's first 4 bytes. */
static uint32_t fill_mptcp(uint8_t *tcp, enum syn_kind kind,
			   const struct syn_numbers *n)
{
	uint32_t first = n->token, second = n->nonce;

	if (kind == SYN_CAPABLE_V0) {
		first = (uint32_t)(n->key >> 32);
		second = (uint32_t)n->key;
	} else if (kind != SYN_JOIN) {
		return 0;
	}
	put32(tcp + TCP_MPTCP_TAIL, first);
	put32(tcp + TCP_MPTCP_TAIL + 4, second);
	return halves(first) + halves(second);
}

static uint32_t fill_ports(uint8_t *tcp, const struct syn_numbers *n,
			   uint32_t sequence)
{
	put16(tcp, n->source_port);
	put16(tcp + 2, n->port);
	put32(tcp + TCP_SEQUENCE, sequence);
	return n->source_port + n->port + halves(sequence);
}

static uint32_t fill_syn(uint8_t *tcp, enum syn_kind kind,
			 const struct syn_numbers *n)
{
	put32(tcp + TCP_TSVAL, n->tsval);
	return fill_ports(tcp, n, n->isn) + halves(n->tsval) +
	       fill_mptcp(tcp, kind, n);
}

static uint32_t sum_of(const struct address *to)
{
	return checksum_add(0, to->bytes, address_length(to));
}

static void fill_ip(const struct syn_template *t, const struct syn_numbers *n,
		    uint16_t id, uint8_t *out)
{
	if (n->to.family == 6) {
		memcpy(out + IPV6_TO, n->to.bytes, 16);
		put32(out, 0x60000000 | (n->flow_label & 0xfffff));
		return;
	}
	memcpy(out + IPV4_TO, n->to.bytes, 4);
	put16(out + IPV4_ID, id);
	put16(out + IPV4_CHECKSUM,
	      checksum_finish(t->ip_sum + sum_of(&n->to) + id));
}

/* `sum`: of what was filled in. */
static void end_tcp(const struct syn_template *t, const struct syn_numbers *n,
		    uint32_t sum, uint8_t *tcp)
{
	put16(tcp + TCP_CHECKSUM,
	      checksum_finish(t->tcp_sum + sum_of(&n->to) + sum));
}

void syn_template_fill(const struct syn_template *t,
		       const struct syn_numbers *n, uint8_t *out)
{
	uint8_t *tcp = out + t->ip_length;

	memcpy(out, t->bytes, t->length);
	end_tcp(t, n, fill_syn(tcp, t->kind, n), tcp);
	fill_ip(t, n, n->id, out);
}

void reset_template_fill(const struct syn_template *t,
			 const struct syn_numbers *n, uint8_t *out)
{
	uint8_t *tcp = out + t->ip_length;

	memcpy(out, t->bytes, t->length);
	end_tcp(t, n, fill_ports(tcp, n, n->isn + 1), tcp);
	fill_ip(t, n, 0, out);
}
