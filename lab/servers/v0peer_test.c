/* SPDX-License-Identifier: GPL-3.0-or-later
 * The v0 peer against the kernel that it stands for: the requests of the
 * captures in pcaps/v0 and pcaps/v0-ipv6 must draw the answers that were
 * recorded, byte for byte; and what the captures do not show.
 */
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/keys.h"
#include "crafting/link.h"
#include "crafting/packet.h"
#include "crafting/segment.h"
#include "crafting/tcp_options.h"
#include "lab/servers/v0peer.h"

#define ANSWERS_MAX 64
#define FRAMES_MAX 64
#define SEGMENT_MAX 1500

/* A segment behind an IP header, so that it can be parsed again. */
struct datagram {
	uint8_t bytes[40 + SEGMENT_MAX];
	struct packet packet;
	struct tcp_options options;
};

struct recording {
	struct datagram frames[FRAMES_MAX];
	int64_t time_ms[FRAMES_MAX];
	unsigned count;
};

struct fixture {
	struct v0peer *peer;
	struct recording recording;
	struct keys *keys;
	int64_t now_ms;
	struct datagram answers[ANSWERS_MAX];
	unsigned count; /* answers since the last request */
	/* what is drawn */
	uint32_t isn, nonce;
	uint64_t key;
};

static void parse_datagram(struct datagram *d, size_t length)
{
	assert_true(packet_parse(d->bytes, length, &d->packet));
	assert_int_equal(d->packet.transport, TRANSPORT_TCP);
	tcp_options_read(d->packet.tcp.options, d->packet.tcp.options_available,
			 d->packet.tcp.options_length, &d->options);
}

/* Enough of an IP header for the parser. */
static void wrap(struct datagram *d, const struct address *from,
		 const struct address *to, const uint8_t *segment,
		 size_t length)
{
	struct writer w = writer_over(d->bytes, sizeof(d->bytes));
	bool four = from->family == 4;

	if (four) {
		write_u32(&w, 0x45000000 | (uint32_t)(20 + length));
		write_u32(&w, 0x00004000);
		write_u32(&w, 64u << 24 | 6 << 16);
	} else {
		write_u32(&w, 0x60000000);
		write_u32(&w, (uint32_t)length << 16 | 6 << 8 | 64);
	}
	write_bytes(&w, from->bytes, address_length(from));
	write_bytes(&w, to->bytes, address_length(to));
	write_bytes(&w, segment, length);
	assert_false(w.failed);
	parse_datagram(d, w.length);
}

static void on_send(void *context, const struct v0peer_segment *s)
{
	struct fixture *f = context;

	assert_true(f->count < ANSWERS_MAX);
	wrap(&f->answers[f->count++], &s->source, &s->destination, s->bytes,
	     s->length);
}

static uint64_t on_draw(void *context, enum v0peer_draw what)
{
	const struct fixture *f = context;

	return what == V0PEER_ISN   ? f->isn
	       : what == V0PEER_KEY ? f->key
				    : f->nonce;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct v0peer_calls calls = {f, on_draw, on_send};

	assert_non_null(f);
	f->peer = v0peer_new(&calls);
	f->keys = keys_new();
	assert_non_null(f->peer);
	assert_non_null(f->keys);
	f->isn = 0x80000000;
	f->key = 0x0123456789abcdef;
	f->nonce = 0x55aa55aa;
	f->now_ms = 1000000;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	v0peer_free(f->peer);
	keys_free(f->keys);
	free(f);
	return 0;
}

/* ---- the captures ---------------------------------------------------------
 */

static void load(const char *path, struct recording *r)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const uint8_t *frame, *ip = NULL;
	size_t length = 0;

	if (!pcap)
		fail_msg("%s", error);
	r->count = 0;
	while (pcap_next_ex(pcap, &header, &frame) == 1) {
		assert_true(r->count < FRAMES_MAX);
		assert_true(link_find_ip(pcap_datalink(pcap), frame,
					 header->caplen, &ip, &length));
		assert_true(length <= sizeof(r->frames[0].bytes));
		memcpy(r->frames[r->count].bytes, ip, length);
		parse_datagram(&r->frames[r->count], length);
		r->time_ms[r->count++] = header->ts.tv_sec * INT64_C(1000) +
					 header->ts.tv_usec / 1000;
	}
	pcap_close(pcap);
}

static bool from_server(const struct datagram *d)
{
	return d->packet.tcp.source_port == 80;
}

/* What the recorded peer drew for its next SYN/ACK. */
static void draw_as_recorded(struct fixture *f, const struct datagram *d)
{
	const struct mptcp_option *capable =
		tcp_options_mptcp(&d->options, MP_CAPABLE);
	const struct mptcp_option *join =
		tcp_options_mptcp(&d->options, MP_JOIN);

	if (!(d->packet.tcp.flags & TCP_FLAG_SYN))
		return;
	f->isn = d->packet.tcp.sequence;
	if (capable)
		f->key = capable->capable.sender_key;
	if (join)
		f->nonce = join->join.nonce;
}

static void compare(const char *path, unsigned number,
		    const struct datagram *got, const struct datagram *wanted)
{
	const struct tcp_view *a = &got->packet.tcp;
	const struct tcp_view *b = &wanted->packet.tcp;
	char got_text[256], wanted_text[256];

	tcp_options_text(a->options, a->options_length, got_text,
			 sizeof(got_text));
	tcp_options_text(b->options, b->options_length, wanted_text,
			 sizeof(wanted_text));
	if (strcmp(got_text, wanted_text) != 0)
		fail_msg("%s: frame %u: options %s, recorded %s", path, number,
			 got_text, wanted_text);
	if (a->flags != b->flags || a->window != b->window)
		fail_msg("%s: frame %u: flags %02x window %u, recorded %02x %u",
			 path, number, a->flags, a->window, b->flags,
			 b->window);
	if (a->sequence != b->sequence ||
	    a->acknowledgment != b->acknowledgment)
		fail_msg("%s: frame %u: seq %u ack %u, recorded %u %u", path,
			 number, a->sequence, a->acknowledgment, b->sequence,
			 b->acknowledgment);
	if (a->length != b->length || memcmp(a->bytes, b->bytes, b->length))
		fail_msg("%s: frame %u: other bytes than recorded", path,
			 number);
}

/* Feeds the requests from frame `at` on up to the next answer, and compares
 * all answers up to the next request. Returns the frame after them. */
static unsigned replay_turn(struct fixture *f, const char *path,
			    const struct recording *r, unsigned at)
{
	unsigned wanted = 0;

	while (at + 1 + wanted < r->count &&
	       from_server(&r->frames[at + 1 + wanted]))
		wanted++;
	if (wanted)
		draw_as_recorded(f, &r->frames[at + 1]);
	f->count = 0;
	v0peer_receive(f->peer, &r->frames[at].packet, r->time_ms[at]);
	v0peer_step(f->peer, r->time_ms[at]);
	for (unsigned i = 0; i < wanted && i < f->count; i++)
		compare(path, at + 2 + i, &f->answers[i],
			&r->frames[at + 1 + i]);
	if (f->count != wanted)
		fail_msg("%s: frame %u draws %u answers, recorded %u", path,
			 at + 1, f->count, wanted);
	return at + 1 + wanted;
}

static void replay(struct fixture *f, const char *path)
{
	struct recording *r = &f->recording;
	unsigned at = 0;

	load(path, r);
	assert_true(r->count >= 7);
	while (at < r->count) {
		assert_false(from_server(&r->frames[at]));
		at = replay_turn(f, path, r, at);
	}
}

#define RECORDED(name, file)                                                   \
	static void test_##name(void **state)                                  \
	{                                                                      \
		replay(*state, "pcaps/v0/" file ".pcap");                      \
		replay(*state, "pcaps/v0-ipv6/" file ".pcap");                 \
	}

RECORDED(compliant, "compliant")
RECORDED(invalid_key, "invalid-key")
RECORDED(no_dss_checksum, "no-dss-checksum")
RECORDED(bad_dss_checksum, "bad-dss-checksum")
RECORDED(infinite_mapping, "infinite-mapping")
RECORDED(bad_join_token, "bad-join-token")
RECORDED(plain, "plain")

/* ---- a client -------------------------------------------------------------
 */

#define CLIENT_KEY UINT64_C(0x1000000000000000)
#define CLIENT_ISN 5000u
#define NONCE 0x0a0b0c0du

static const char request[] = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";
#define REQUEST (sizeof(request) - 1)

struct client {
	struct fixture *f;
	uint16_t port;
	uint32_t next, peer_next; /* what is sent next, what is acknowledged */
	uint64_t idsn, peer_idsn;
};

static struct client client_at(struct fixture *f, uint16_t port)
{
	struct client c = {.f = f, .port = port, .next = CLIENT_ISN};

	keys_derive(f->keys, 0, CLIENT_KEY, NULL, &c.idsn);
	keys_derive(f->keys, 0, f->key, NULL, &c.peer_idsn);
	return c;
}

/* Sends one segment and takes the answers. `options` may be NULL. */
static void send_segment(struct client *c, uint8_t flags,
			 const struct writer *options, const void *payload,
			 size_t length)
{
	struct address from, to;
	struct datagram d;
	uint8_t bytes[SEGMENT_MAX];
	struct tcp_segment s = {.source_port = c->port,
				.destination_port = 9080,
				.sequence = c->next,
				.acknowledgment = c->peer_next,
				.flags = flags,
				.window = 65535,
				.options = options ? options->start : NULL,
				.options_length = options ? options->length : 0,
				.payload = payload,
				.payload_length = length,
				.data_offset = SEGMENT_AUTO,
				.checksum = SEGMENT_AUTO};
	ssize_t written;

	address_parse("10.0.1.1", &from);
	address_parse("10.0.5.2", &to);
	written = tcp_segment_write(&s, &from, &to, bytes, sizeof(bytes));
	assert_true(written > 0);
	wrap(&d, &from, &to, bytes, (size_t)written);
	c->f->count = 0;
	v0peer_receive(c->f->peer, &d.packet, c->f->now_ms);
}

static void send_option(struct client *c, uint8_t flags,
			const struct mptcp_option *o, const void *payload,
			size_t length)
{
	uint8_t bytes[40];
	struct writer w = writer_over(bytes, sizeof(bytes));

	assert_true(mptcp_encode(&w, o));
	send_segment(c, flags, &w, payload, length);
}

static const struct datagram *answer(const struct client *c, unsigned count,
				     unsigned index)
{
	assert_int_equal(c->f->count, count);
	return &c->f->answers[index];
}

static void assert_flags(const struct datagram *d, uint8_t flags)
{
	assert_int_equal(d->packet.tcp.flags, flags);
}

static void assert_dss(const struct datagram *d, uint32_t data_ack)
{
	const struct mptcp_option *dss = tcp_options_mptcp(&d->options, MP_DSS);

	assert_non_null(dss);
	assert_int_equal(dss->dss.flags & (DSS_ACK | DSS_ACK8), DSS_ACK);
	assert_int_equal((uint32_t)dss->dss.data_ack, data_ack);
}

static struct mptcp_option capable(uint8_t version, uint8_t flags)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE};

	o.capable.version = version;
	o.capable.flags = flags;
	o.capable.has_sender_key = version == 0;
	o.capable.sender_key = CLIENT_KEY;
	return o;
}

static struct mptcp_option mapping(const struct client *c, uint32_t offset,
				   const void *payload, size_t length)
{
	struct mptcp_option o = {.subtype = MP_DSS};

	o.dss.flags = DSS_MAPPING | DSS_DSN8 | DSS_ACK;
	o.dss.data_ack = c->peer_idsn + 1;
	o.dss.dsn = c->idsn + 1 + offset;
	o.dss.ssn = 1 + offset;
	o.dss.data_level_length = (uint16_t)length;
	o.dss.has_checksum = true;
	o.dss.checksum = dss_checksum(o.dss.dsn, o.dss.ssn, (uint16_t)length,
				      payload, length);
	return o;
}

/* SYN, SYN/ACK; the third ACK is next. */
static void connect_to(struct client *c, const struct mptcp_option *o)
{
	send_option(c, TCP_FLAG_SYN, o, NULL, 0);
	assert_flags(answer(c, 1, 0), TCP_FLAG_SYN | TCP_FLAG_ACK);
	c->next++;
	c->peer_next = c->f->answers[0].packet.tcp.sequence + 1;
}

static void connect_mptcp(struct client *c)
{
	struct mptcp_option o = capable(0, 0x81);

	connect_to(c, &o);
	assert_non_null(
		tcp_options_mptcp(&c->f->answers[0].options, MP_CAPABLE));
	o.capable.has_receiver_key = true;
	o.capable.receiver_key = c->f->key;
	send_option(c, TCP_FLAG_ACK, &o, NULL, 0);
	assert_int_equal(c->f->count, 0);
}

static void send_join(struct client *c)
{
	struct mptcp_option o = {.subtype = MP_JOIN};

	o.join.stage = JOIN_SYN;
	o.join.nonce = NONCE;
	keys_derive(c->f->keys, 0, c->f->key, &o.join.token, NULL);
	send_option(c, TCP_FLAG_SYN, &o, NULL, 0);
}

static void send_join_ack(struct client *c, uint8_t spoil)
{
	struct mptcp_option o = {.subtype = MP_JOIN};
	uint8_t hmac[32];

	c->next++;
	c->peer_next = c->f->answers[0].packet.tcp.sequence + 1;
	keys_join_hmac(c->f->keys, 0, CLIENT_KEY, c->f->key, NONCE, c->f->nonce,
		       hmac);
	o.join.stage = JOIN_ACK;
	memcpy(o.join.hmac, hmac, 20);
	o.join.hmac[19] ^= spoil;
	send_option(c, TCP_FLAG_ACK, &o, NULL, 0);
}

/* A join is refused as one with an unknown token is. */
static void assert_not_joinable(struct fixture *f, uint16_t port)
{
	struct client c = client_at(f, port);

	send_join(&c);
	assert_flags(answer(&c, 1, 0), TCP_FLAG_RST | TCP_FLAG_ACK);
	assert_int_equal(f->answers[0].packet.tcp.sequence, 0);
	assert_int_equal(f->answers[0].packet.tcp.options_length, 0);
}

/* ---- what the captures do not show ----------------------------------------
 */

static void test_drops_flag_b(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option o = capable(0, 0xc1);

	send_option(&c, TCP_FLAG_SYN, &o, NULL, 0);
	assert_int_equal(c.f->count, 0);
}

static void test_answers_others_plainly(void **state)
{
	struct mptcp_option forms[] = {capable(1, 0x81), capable(1, 0x01),
				       capable(0, 0x80), capable(2, 0x01)};

	for (uint16_t i = 0; i < 4; i++) {
		struct client c = client_at(*state, i);

		connect_to(&c, &forms[i]);
		assert_int_equal(c.f->answers[0].options.mptcp_count, 0);
	}
}

static void test_negotiates_as_linux(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option o = capable(0, 0x81);
	uint8_t bytes[40];
	struct writer w = writer_over(bytes, sizeof(bytes));
	const struct tcp_options *got = &c.f->answers[0].options;
	char text[256];

	write_mss(&w, 1460);
	write_sack_permitted(&w);
	write_timestamps(&w, 777, 0);
	write_nop(&w, 1);
	write_wscale(&w, 7);
	mptcp_encode(&w, &o);
	send_segment(&c, TCP_FLAG_SYN, &w, NULL, 0);
	answer(&c, 1, 0);
	assert_int_equal(got->tsecr, 777);
	tcp_options_text(c.f->answers[0].packet.tcp.options,
			 c.f->answers[0].packet.tcp.options_length, text,
			 sizeof(text));
	assert_string_equal(text, "mss 1460,sackOK,TS,nop,wscale 7,MP_CAPABLE");
}

/* A sweep: copies of one SYN, told by TSval. */
static void test_answers_first_of_a_sweep(void **state)
{
	struct client c = client_at(*state, 1);

	for (uint32_t ttl = 5; ttl < 12; ttl++) {
		uint8_t bytes[40];
		struct writer w = writer_over(bytes, sizeof(bytes));

		write_timestamps(&w, 1000 + ttl, 0);
		send_segment(&c, TCP_FLAG_SYN, &w, NULL, 0);
		if (ttl < 7)
			assert_int_equal(answer(&c, 1, 0)->options.tsecr, 1005);
		else
			assert_int_equal(c.f->count, 0);
	}
}

static void test_sends_again(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option o = capable(0, 0x81), m;
	unsigned sent = 0;

	connect_to(&c, &o);
	c.f->count = 0;
	assert_int_equal(v0peer_step(c.f->peer, c.f->now_ms),
			 c.f->now_ms + 1000);
	c.f->now_ms += 1000;
	v0peer_step(c.f->peer, c.f->now_ms);
	assert_flags(answer(&c, 1, 0), TCP_FLAG_SYN | TCP_FLAG_ACK);
	m = mapping(&c, 0, request, REQUEST);
	send_option(&c, TCP_FLAG_ACK, &m, request, REQUEST);
	assert_int_equal(c.f->count, 2);
	c.f->count = 0;
	while (c.f->count == sent && sent < 7) {
		c.f->now_ms = v0peer_step(c.f->peer, c.f->now_ms);
		v0peer_step(c.f->peer, c.f->now_ms);
		sent++;
	}
	assert_int_equal(sent, 7);
	assert_dss(&c.f->answers[0], (uint32_t)(c.idsn + 1 + REQUEST));
}

static void test_two_mappings_and_two_requests(void **state)
{
	struct client c = client_at(*state, 1);

	connect_mptcp(&c);
	for (uint32_t round = 0; round < 2; round++) {
		uint32_t at = round * (uint32_t)REQUEST;
		struct mptcp_option one = mapping(&c, at, request, 10);
		struct mptcp_option two =
			mapping(&c, at + 10, request + 10, REQUEST - 10);

		send_option(&c, TCP_FLAG_ACK, &one, request, 10);
		assert_dss(answer(&c, 1, 0), (uint32_t)(c.idsn + 11 + at));
		c.next += 10;
		send_option(&c, TCP_FLAG_ACK, &two, request + 10, REQUEST - 10);
		assert_dss(answer(&c, 2, 1),
			   (uint32_t)(c.idsn + 1 + at + REQUEST));
		assert_int_equal(c.f->answers[1].packet.tcp.payload_length,
				 312);
		c.next += (uint32_t)REQUEST - 10;
		c.peer_next += 312;
		send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0);
		assert_int_equal(c.f->count, 0);
	}
}

/* As a device that splits leaves it: one mapping over two segments. */
static void test_mapping_over_two_segments(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option m = mapping(&c, 0, request, REQUEST);

	connect_mptcp(&c);
	send_option(&c, TCP_FLAG_ACK, &m, request, 10);
	assert_dss(answer(&c, 1, 0), (uint32_t)(c.idsn + 1));
	c.next += 10;
	send_segment(&c, TCP_FLAG_ACK, NULL, request + 10, REQUEST - 10);
	assert_dss(answer(&c, 2, 1), (uint32_t)(c.idsn + 1 + REQUEST));
}

static void test_falls_back_at_the_third_ack(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option o = capable(0, 0x81);

	connect_to(&c, &o);
	send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0);
	assert_int_equal(c.f->count, 0);
	assert_not_joinable(c.f, 2);
	o = mapping(&c, 0, request, REQUEST);
	send_option(&c, TCP_FLAG_ACK, &o, request, REQUEST);
	assert_int_equal(answer(&c, 2, 1)->options.mptcp_count, 0);
}

static void test_falls_back_at_the_first_data(void **state)
{
	struct client c = client_at(*state, 1);

	connect_mptcp(&c);
	send_segment(&c, TCP_FLAG_ACK, NULL, request, REQUEST);
	assert_int_equal(answer(&c, 2, 1)->options.mptcp_count, 0);
	assert_int_equal(c.f->answers[1].packet.tcp.payload_length, 312);
	assert_not_joinable(c.f, 2);
}

static void test_resets_a_wrong_ssn(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option m = mapping(&c, 0, request, REQUEST);

	connect_mptcp(&c);
	m.dss.ssn++;
	send_option(&c, TCP_FLAG_ACK, &m, request, REQUEST);
	assert_flags(answer(&c, 1, 0), TCP_FLAG_RST | TCP_FLAG_ACK);
	assert_dss(&c.f->answers[0], (uint32_t)(c.idsn + 1));
}

static void test_freezes_at_a_far_dsn(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option m = mapping(&c, 0, request, REQUEST);

	connect_mptcp(&c);
	m.dss.dsn += 0x10000000;
	m.dss.checksum = dss_checksum(m.dss.dsn, 1, REQUEST, request, REQUEST);
	send_option(&c, TCP_FLAG_ACK, &m, request, REQUEST);
	assert_dss(answer(&c, 1, 0), (uint32_t)(c.idsn + 1));
	assert_int_equal(c.f->answers[0].packet.tcp.acknowledgment,
			 c.next + REQUEST);
}

static void test_fails_until_an_infinite_mapping(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option m = mapping(&c, 0, request, 10);

	connect_mptcp(&c);
	m.dss.checksum++;
	send_option(&c, TCP_FLAG_ACK, &m, request, 10);
	c.next += 10;
	m = mapping(&c, 10, request + 10, 5);
	send_option(&c, TCP_FLAG_ACK, &m, request + 10, 5);
	assert_non_null(tcp_options_mptcp(&answer(&c, 1, 0)->options, MP_FAIL));
	assert_dss(&c.f->answers[0], (uint32_t)(c.idsn + 1));
	c.next += 5;
	m = (struct mptcp_option){.subtype = MP_DSS};
	m.dss.flags = DSS_MAPPING;
	m.dss.ssn = 16;
	send_option(&c, TCP_FLAG_ACK, &m, request, REQUEST);
	assert_null(tcp_options_mptcp(&answer(&c, 2, 0)->options, MP_FAIL));
	assert_int_equal(c.f->answers[1].packet.tcp.payload_length, 312);
}

static void test_joins_before_data(void **state)
{
	struct client c = client_at(*state, 1), second = client_at(*state, 2);

	connect_mptcp(&c);
	send_join(&second);
	assert_flags(answer(&second, 1, 0), TCP_FLAG_SYN | TCP_FLAG_ACK);
	send_join_ack(&second, 0);
	assert_flags(answer(&second, 1, 0), TCP_FLAG_ACK);
	assert_dss(&c.f->answers[0], (uint32_t)(c.idsn + 1));
}

static void test_refuses_a_wrong_hmac(void **state)
{
	struct client c = client_at(*state, 1), second = client_at(*state, 2);

	connect_mptcp(&c);
	send_join(&second);
	send_join_ack(&second, 1);
	assert_flags(answer(&second, 1, 0), TCP_FLAG_RST);
}

static void test_refuses_data_instead_of_the_hmac(void **state)
{
	struct client c = client_at(*state, 1), second = client_at(*state, 2);

	connect_mptcp(&c);
	send_join(&second);
	second.next++;
	second.peer_next = c.f->answers[0].packet.tcp.sequence + 1;
	send_segment(&second, TCP_FLAG_ACK, NULL, request, REQUEST);
	assert_flags(answer(&second, 1, 0), TCP_FLAG_RST);
}

static void test_takes_data_of_a_joined_subflow(void **state)
{
	struct client c = client_at(*state, 1), second = client_at(*state, 2);
	struct mptcp_option m = mapping(&c, 0, request, REQUEST);

	connect_mptcp(&c);
	send_join(&second);
	send_join_ack(&second, 0);
	send_option(&second, TCP_FLAG_ACK, &m, request, REQUEST);
	assert_dss(answer(&second, 2, 1), (uint32_t)(c.idsn + 1 + REQUEST));
}

static void test_answers_keep_alives(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option m = mapping(&c, 0, request, REQUEST);

	connect_mptcp(&c);
	send_option(&c, TCP_FLAG_ACK, &m, request, REQUEST);
	c.next += REQUEST;
	send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0); /* no keep-alive */
	assert_int_equal(c.f->count, 0);
	c.next--;
	send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0);
	assert_dss(answer(&c, 1, 0), (uint32_t)(c.idsn + 1 + REQUEST));
}

static void test_fastclose_ends_all(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option o = {.subtype = MP_FASTCLOSE};

	connect_mptcp(&c);
	send_option(&c, TCP_FLAG_ACK, &o, NULL, 0); /* of another key */
	assert_int_equal(c.f->count, 0);
	o.fastclose.receiver_key = c.f->key;
	send_option(&c, TCP_FLAG_ACK, &o, NULL, 0);
	assert_flags(answer(&c, 1, 0), TCP_FLAG_RST);
	assert_not_joinable(c.f, 2);
}

static void test_reset_leaves_the_connection(void **state)
{
	struct client c = client_at(*state, 1), second = client_at(*state, 2);
	struct client third = client_at(*state, 3);

	connect_mptcp(&c);
	send_segment(&c, TCP_FLAG_RST, NULL, NULL, 0);
	assert_int_equal(c.f->count, 0);
	send_join(&second);
	assert_flags(answer(&second, 1, 0), TCP_FLAG_SYN | TCP_FLAG_ACK);
	second.next++;
	send_segment(&second, TCP_FLAG_RST, NULL, NULL, 0);
	c.f->now_ms += 300000;
	v0peer_step(c.f->peer, c.f->now_ms);
	assert_not_joinable(c.f, third.port);
}

static void test_data_fin(void **state)
{
	struct client c = client_at(*state, 1);
	struct mptcp_option o = {.subtype = MP_DSS};

	connect_mptcp(&c);
	o.dss.flags = DSS_MAPPING | DSS_DSN8 | DSS_DATA_FIN;
	o.dss.dsn = c.idsn + 1;
	o.dss.data_level_length = 1;
	o.dss.has_checksum = true;
	o.dss.checksum = dss_checksum(o.dss.dsn, 0, 1, NULL, 0);
	send_option(&c, TCP_FLAG_ACK, &o, NULL, 0);
	assert_dss(answer(&c, 2, 0), (uint32_t)(c.idsn + 2));
	assert_flags(&c.f->answers[1], TCP_FLAG_FIN | TCP_FLAG_ACK);
	assert_true(
		tcp_options_mptcp(&c.f->answers[1].options, MP_DSS)->dss.flags &
		DSS_DATA_FIN);
	assert_not_joinable(c.f, 2);
}

static void test_fin(void **state)
{
	struct client c = client_at(*state, 1);

	send_segment(&c, TCP_FLAG_SYN, NULL, NULL, 0);
	c.next++;
	c.peer_next = c.f->answers[0].packet.tcp.sequence + 1;
	send_segment(&c, TCP_FLAG_ACK | TCP_FLAG_FIN, NULL, request, REQUEST);
	assert_int_equal(c.f->count, 2);
	c.next += (uint32_t)REQUEST + 1;
	c.peer_next += 312;
	send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0);
	assert_flags(answer(&c, 1, 0), TCP_FLAG_FIN | TCP_FLAG_ACK);
	c.peer_next++;
	send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0);
	assert_int_equal(c.f->count, 0);
	send_segment(&c, TCP_FLAG_ACK, NULL, NULL, 0);
	assert_flags(answer(&c, 1, 0), TCP_FLAG_RST);
}

static void test_ignores_bad_checksums(void **state)
{
	struct client c = client_at(*state, 1);
	struct recording *r = &c.f->recording;

	load("pcaps/v0/compliant.pcap", r);
	r->frames[0].bytes[36] ^= 1;
	v0peer_receive(c.f->peer, &r->frames[0].packet, 0);
	assert_int_equal(c.f->count, 0);
}

/* Any byte of the segment may change; the checksum is made right again, or
 * the segment would not be looked at. */
static void damage(struct datagram *d, uint32_t *seed)
{
	struct packet *p = &d->packet;
	size_t start = (size_t)(p->tcp.bytes - d->bytes),
	       length = p->tcp.length;
	struct writer w = writer_over(d->bytes + start + 16, 2);

	for (unsigned i = 0; i < 3; i++) {
		*seed = *seed * 1664525 + 1013904223;
		if (*seed >> 30)
			d->bytes[start + 4 + *seed % (length - 4)] =
				(uint8_t)(*seed >> 16);
	}
	write_u16(&w, 0);
	w = writer_over(d->bytes + start + 16, 2);
	write_u16(&w, checksum_transport(&p->ip.source, &p->ip.destination, 6,
					 d->bytes + start, length));
	parse_datagram(d, start + length);
}

static void test_survives_damage(void **state)
{
	static const char *const paths[] = {"pcaps/v0/compliant.pcap",
					    "pcaps/v0/bad-dss-checksum.pcap",
					    "pcaps/v0-ipv6/compliant.pcap"};
	struct fixture *f = *state;
	uint32_t seed = 1;

	for (unsigned round = 0; round < 3000; round++) {
		struct recording *r = &f->recording;

		load(paths[round % 3], r);
		for (unsigned i = 0; i < r->count; i++) {
			f->count = 0;
			if (from_server(&r->frames[i]))
				continue;
			if (i + 1 < r->count)
				draw_as_recorded(f, &r->frames[i + 1]);
			damage(&r->frames[i], &seed);
			f->now_ms += 20;
			v0peer_receive(f->peer, &r->frames[i].packet,
				       f->now_ms);
			f->count = 0;
			v0peer_step(f->peer, f->now_ms);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(compliant),
		TEST(invalid_key),
		TEST(no_dss_checksum),
		TEST(bad_dss_checksum),
		TEST(infinite_mapping),
		TEST(bad_join_token),
		TEST(plain),
		TEST(drops_flag_b),
		TEST(answers_others_plainly),
		TEST(negotiates_as_linux),
		TEST(answers_first_of_a_sweep),
		TEST(sends_again),
		TEST(two_mappings_and_two_requests),
		TEST(mapping_over_two_segments),
		TEST(falls_back_at_the_third_ack),
		TEST(falls_back_at_the_first_data),
		TEST(resets_a_wrong_ssn),
		TEST(freezes_at_a_far_dsn),
		TEST(fails_until_an_infinite_mapping),
		TEST(joins_before_data),
		TEST(refuses_a_wrong_hmac),
		TEST(refuses_data_instead_of_the_hmac),
		TEST(takes_data_of_a_joined_subflow),
		TEST(answers_keep_alives),
		TEST(fastclose_ends_all),
		TEST(reset_leaves_the_connection),
		TEST(data_fin),
		TEST(fin),
		TEST(ignores_bad_checksums),
		TEST(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
