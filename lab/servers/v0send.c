/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the v0 peer sends, in the options and windows of the kernel.
 */
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/keys.h"
#include "crafting/segment.h"
#include "crafting/tcp_options.h"
#include "lab/servers/v0flow.h"

#define WINDOW_SCALE 7
#define OPTIONS_MAX 40

/* The page that was recorded. */
static const char answer[] =
	"HTTP/1.1 200 OK\r\n"
	"Server: kahttpd\r\n"
	"Content-Type: text/html\r\n"
	"Content-Length: 206\r\n"
	"Connection: keep-alive\r\n"
	"\r\n"
	"<html><head><title>MPTCP v0 test peer</title></head><body>\n"
	"<h1>MPTCP v0.95 test peer</h1><p>This small page is served by a Linux "
	"4.19 kernel with out-of-tree MPTCP (RFC 6824, version 0).</p>\n"
	"</body></html>\n";

size_t v0_answer_length(void)
{
	return sizeof(answer) - 1;
}

static struct v0_ends ends_of(const struct v0_flow *f)
{
	return (struct v0_ends){f->client, f->server, f->client_port,
				f->server_port};
}

static void send_segment(const struct v0_sender *s, const struct v0_ends *ends,
			 struct tcp_segment *segment,
			 const struct writer *options)
{
	uint8_t bytes[1500];
	struct v0peer_segment out = {.source = ends->server,
				     .destination = ends->client,
				     .bytes = bytes};
	ssize_t length;

	segment->source_port = ends->server_port;
	segment->destination_port = ends->client_port;
	segment->data_offset = segment->checksum = SEGMENT_AUTO;
	if (options) {
		segment->options = options->start;
		segment->options_length = options->length;
	}
	length = tcp_segment_write(segment, &ends->server, &ends->client, bytes,
				   sizeof(bytes));
	if (length < 0)
		return;
	out.length = (size_t)length;
	s->calls->send(s->calls->context, &out);
}

static void put_timestamps(const struct v0_sender *s, const struct v0_flow *f,
			   struct writer *w)
{
	if (!f->timestamps)
		return;
	write_nop(w, 2);
	write_timestamps(w, (uint32_t)s->now_ms, f->recent);
}

/* The buffers that 4.19 begins with, of whole segments. */
static uint32_t whole_window(const struct v0_flow *f)
{
	bool mptcp = f->joined || f->connection->mptcp;

	if (f->client.family == 4)
		return mptcp ? 64800 : 64240;
	return mptcp ? 65320 : 64800;
}

/* A joined subflow shares the window of the connection, which has grown. */
static uint16_t window_now(const struct v0_flow *f)
{
	uint32_t window = whole_window(f) - (f->receive_next - f->window_base);

	if (f->joined)
		window = UINT16_MAX;
	return (uint16_t)(f->scaled ? window >> WINDOW_SCALE : window);
}

static void put_capable(struct writer *w, const struct v0_connection *c)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	o.capable.flags = MPC_CHECKSUM | MPC_HMAC;
	o.capable.has_sender_key = true;
	o.capable.sender_key = c->own_key;
	mptcp_encode(w, &o);
}

/* RFC 6824 3.2: the first 64 bits of the HMAC. */
static void put_join(const struct v0_sender *s, struct writer *w,
		     const struct v0_flow *f)
{
	struct mptcp_option o = {.subtype = MP_JOIN};
	uint8_t hmac[32];

	if (keys_join_hmac(s->keys, 0, f->connection->own_key,
			   f->connection->peer_key, f->own_nonce, f->peer_nonce,
			   hmac) != 0)
		return;
	o.join.stage = JOIN_SYN_ACK;
	memcpy(o.join.hmac, hmac, 8);
	o.join.nonce = f->own_nonce;
	mptcp_encode(w, &o);
}

/* As Linux orders them: mss, sackOK with timestamps, wscale, MPTCP. */
static void put_syn_options(const struct v0_sender *s, struct writer *w,
			    const struct v0_flow *f)
{
	write_mss(w, f->client.family == 4 ? 1460 : 1440);
	if (f->sack && !f->timestamps)
		write_nop(w, 2);
	if (f->sack)
		write_sack_permitted(w);
	else if (f->timestamps)
		write_nop(w, 2);
	if (f->timestamps)
		write_timestamps(w, (uint32_t)s->now_ms, f->recent);
	if (f->scaled) {
		write_nop(w, 1);
		write_wscale(w, WINDOW_SCALE);
	}
	if (f->joined)
		put_join(s, w, f);
	else if (f->connection->mptcp)
		put_capable(w, f->connection);
}

void v0_send_syn_ack(const struct v0_sender *s, const struct v0_flow *f)
{
	uint8_t options[OPTIONS_MAX];
	struct writer w = writer_over(options, sizeof(options));
	struct v0_ends ends = ends_of(f);
	struct tcp_segment segment = {
		.sequence = f->own_isn,
		.acknowledgment = f->peer_isn + 1,
		.flags = TCP_FLAG_SYN | TCP_FLAG_ACK,
		.window = (uint16_t)whole_window(f),
	};

	put_syn_options(s, &w, f);
	send_segment(s, &ends, &segment, &w);
}

/* Four-byte numbers, as this kernel always sends them. */
static struct mptcp_option data_ack(const struct v0_connection *c)
{
	struct mptcp_option o = {.subtype = MP_DSS};

	o.dss.flags = DSS_ACK;
	o.dss.data_ack = c->receive_next;
	return o;
}

static bool says_dss(const struct v0_connection *c)
{
	return c->mptcp && !c->infinite_sent;
}

static void put_data_ack(struct writer *w, const struct v0_connection *c)
{
	struct mptcp_option fail = {.subtype = MP_FAIL};
	struct mptcp_option dss = data_ack(c);

	if (!says_dss(c))
		return;
	if (c->failing) {
		fail.fail.dsn = c->fail_dsn;
		mptcp_encode(w, &fail);
	}
	mptcp_encode(w, &dss);
}

static void send_empty(const struct v0_sender *s, const struct v0_flow *f,
		       uint8_t flags)
{
	uint8_t options[OPTIONS_MAX];
	struct writer w = writer_over(options, sizeof(options));
	struct v0_ends ends = ends_of(f);
	struct tcp_segment segment = {.sequence = f->send_next,
				      .acknowledgment = f->receive_next,
				      .flags = flags,
				      .window = window_now(f)};

	put_timestamps(s, f, &w);
	put_data_ack(&w, f->connection);
	send_segment(s, &ends, &segment, &w);
}

void v0_send_ack(const struct v0_sender *s, const struct v0_flow *f)
{
	send_empty(s, f, TCP_FLAG_ACK);
}

void v0_send_reset(const struct v0_sender *s, const struct v0_flow *f)
{
	send_empty(s, f, TCP_FLAG_RST | TCP_FLAG_ACK);
}

/* RFC 6824 3.3.3: a DATA_FIN without data takes one DSN and SSN 0. */
static void put_data_fin(struct writer *w, const struct v0_connection *c)
{
	struct mptcp_option o = data_ack(c);

	o.dss.flags |= DSS_MAPPING | DSS_DATA_FIN;
	o.dss.dsn = c->send_next;
	o.dss.data_level_length = 1;
	o.dss.has_checksum = true;
	o.dss.checksum = dss_checksum(c->send_next, 0, 1, NULL, 0);
	mptcp_encode(w, &o);
}

void v0_send_fin(const struct v0_sender *s, const struct v0_flow *f)
{
	uint8_t options[OPTIONS_MAX];
	struct writer w = writer_over(options, sizeof(options));
	struct v0_ends ends = ends_of(f);
	struct tcp_segment segment = {.sequence = f->send_next,
				      .acknowledgment = f->receive_next,
				      .flags = TCP_FLAG_FIN | TCP_FLAG_ACK,
				      .window = window_now(f)};

	put_timestamps(s, f, &w);
	if (says_dss(f->connection) && f->connection->data_fin)
		put_data_fin(&w, f->connection);
	else
		put_data_ack(&w, f->connection);
	send_segment(s, &ends, &segment, &w);
}

/* One mapping a segment. An infinite one has length 0, and NOPs where the
 * checksum would be, as recorded. */
static void put_mapping(struct writer *w, const struct v0_flow *f, size_t from,
			size_t length)
{
	struct mptcp_option o = data_ack(f->connection);
	uint64_t dsn = f->answer_dsn + from;
	uint32_t ssn = f->answer_at + (uint32_t)from - f->own_isn;

	if (f->answer_mapped == V0_PLAIN)
		return;
	o.dss.flags |= DSS_MAPPING;
	o.dss.dsn = dsn;
	o.dss.ssn = ssn;
	o.dss.has_checksum = true;
	if (f->answer_mapped == V0_INFINITE) {
		o.dss.checksum = TCPOPT_KIND_NOP << 8 | TCPOPT_KIND_NOP;
	} else {
		o.dss.data_level_length = (uint16_t)length;
		o.dss.checksum = dss_checksum(dsn, ssn, (uint16_t)length,
					      answer + from, length);
	}
	mptcp_encode(w, &o);
}

static void send_part(const struct v0_sender *s, const struct v0_flow *f,
		      size_t from, size_t length, bool last)
{
	uint8_t options[OPTIONS_MAX];
	struct writer w = writer_over(options, sizeof(options));
	struct v0_ends ends = ends_of(f);
	struct tcp_segment segment = {
		.sequence = f->answer_at + (uint32_t)from,
		.acknowledgment = f->receive_next,
		.flags = TCP_FLAG_ACK | (last ? TCP_FLAG_PSH : 0),
		.window = window_now(f),
		.payload = (const uint8_t *)answer + from,
		.payload_length = length,
	};

	put_timestamps(s, f, &w);
	put_mapping(&w, f, from, length);
	send_segment(s, &ends, &segment, &w);
}

void v0_send_answer(const struct v0_sender *s, const struct v0_flow *f)
{
	size_t end = v0_answer_length(), length;
	size_t most = (size_t)f->mss - OPTIONS_MAX;

	for (size_t at = f->sent_acked - f->answer_at; at < end; at += length) {
		length = end - at < most ? end - at : most;
		send_part(s, f, at, length, at + length == end);
	}
}

void v0_send_refusal(const struct v0_sender *s, const struct v0_ends *ends,
		     uint32_t acknowledgment)
{
	struct tcp_segment segment = {.acknowledgment = acknowledgment,
				      .flags = TCP_FLAG_RST | TCP_FLAG_ACK};

	send_segment(s, ends, &segment, NULL);
}

void v0_send_bare_reset(const struct v0_sender *s, const struct v0_ends *ends,
			uint32_t sequence)
{
	struct tcp_segment segment = {.sequence = sequence,
				      .flags = TCP_FLAG_RST};

	send_segment(s, ends, &segment, NULL);
}
