/* SPDX-License-Identifier: GPL-3.0-or-later
 * Recorded exchanges with real stacks: every relation that MPTCP promises,
 * checked for every connection of every capture, and counted. What does not
 * hold was sent so on purpose, and is listed with its reason in the table of
 * captures, so that nothing passes by not being checked.
 */
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checksum.h"
#include "keys.h"
#include "link.h"
#include "packet.h"
#include "segment.h"
#include "tcp_options.h"

/* What is counted. OK and BAD stand side by side: count(x, ok). */
enum {
	FRAMES,
	TCP_SUM_OK,
	TCP_SUM_BAD,
	CONNECTIONS,   /* both keys became known */
	ECHOED_KEY_OK, /* the third ACK repeats the SYN/ACK's key */
	ECHOED_KEY_BAD,
	TOKEN_OK, /* a joining SYN has the token of a SYN/ACK's key */
	TOKEN_BAD,
	SYN_ACK_HMAC_OK,
	SYN_ACK_HMAC_BAD,
	ACK_HMAC_OK,
	ACK_HMAC_BAD,
	DATA_ACK_OK,	 /* it is IDSN + 1 + the bytes mapped so far */
	DATA_ACK_BEHIND, /* fewer */
	DATA_ACK_BAD,	 /* more, or of another key */
	FIRST_DSN_OK,	 /* a side's first mapping is IDSN(own key) + 1 */
	FIRST_DSN_BAD,
	DSS_SUM_OK,
	DSS_SUM_BAD,
	DSS_SUM_INFINITE, /* data-level length 0 */
	ADD_ADDR_OK,
	ADD_ADDR_BAD,
	FASTCLOSE_OK,
	FASTCLOSE_BAD,
	FAIL_OK, /* MP_FAIL names a byte that the other side mapped */
	FAIL_BAD,
	KEYLESS, /* needs keys to be checked, and they never crossed */
	COUNTS,
};

static const char *const names[COUNTS] = {
	"frames",
	"TCP checksums right",
	"TCP checksums wrong",
	"connections",
	"echoed keys right",
	"echoed keys wrong",
	"tokens known",
	"tokens unknown",
	"SYN/ACK HMACs right",
	"SYN/ACK HMACs wrong",
	"ACK HMACs right",
	"ACK HMACs wrong",
	"DATA_ACKs exact",
	"DATA_ACKs behind",
	"DATA_ACKs wrong",
	"first DSNs right",
	"first DSNs wrong",
	"DSS checksums right",
	"DSS checksums wrong",
	"infinite mappings",
	"ADD_ADDR HMACs right",
	"ADD_ADDR HMACs wrong",
	"MP_FASTCLOSE keys right",
	"MP_FASTCLOSE keys wrong",
	"MP_FAIL DSNs right",
	"MP_FAIL DSNs wrong",
	"options without keys",
};

#define SUBFLOWS_MAX 64
#define MAPPINGS_MAX 256
#define STREAM_MAX 4096

enum { CLIENT, SERVER, SIDES };

/* What one side of a subflow sent. */
struct stream {
	uint32_t initial_sequence;
	bool known;
	uint8_t bytes[STREAM_MAX]; /* from initial_sequence + 1 on */
};

/* A mapping with a checksum, kept until all of its payload was seen. */
struct mapping {
	const struct stream *stream;
	uint64_t dsn;
	uint32_t ssn;
	uint16_t data_level_length, checksum;
	bool data_fin;
};

/* A TCP connection; `master` is its own for a first subflow. */
struct subflow {
	struct address address[SIDES];
	uint16_t port[SIDES];
	struct stream stream[SIDES];
	struct subflow *master; /* NULL: no MPTCP */
	uint32_t nonce[SIDES];
	/* of a first subflow */
	unsigned version;
	bool has_key[SIDES], mapped[SIDES];
	uint64_t key[SIDES], idsn[SIDES];
	uint64_t end[SIDES]; /* data bytes mapped so far, in order */
};

struct trace {
	struct keys *keys;
	unsigned counts[COUNTS];
	struct subflow subflows[SUBFLOWS_MAX];
	size_t subflow_count;
	struct mapping mappings[MAPPINGS_MAX];
	size_t mapping_count;
};

/* One segment, and whose. */
struct sight {
	struct packet p;
	struct tcp_options options;
	struct subflow *flow;
	int side, peer;
};

static void count(struct trace *t, int ok, bool right)
{
	t->counts[ok + !right]++;
}

static bool ends_are(const struct subflow *f, int side, const struct packet *p)
{
	return f->port[side] == p->tcp.source_port &&
	       f->port[!side] == p->tcp.destination_port &&
	       address_equal(&f->address[side], &p->ip.source) &&
	       address_equal(&f->address[!side], &p->ip.destination);
}

static void find_flow(struct trace *t, struct sight *s)
{
	size_t i;
	int side;

	for (i = 0; i < t->subflow_count; i++)
		for (side = CLIENT; side <= SERVER; side++)
			if (ends_are(&t->subflows[i], side, &s->p)) {
				s->flow = &t->subflows[i];
				s->side = side;
				s->peer = !side;
			}
}

static void new_flow(struct trace *t, struct sight *s)
{
	struct subflow *f = &t->subflows[t->subflow_count++];

	assert_true(t->subflow_count <= SUBFLOWS_MAX);
	f->address[CLIENT] = s->p.ip.source;
	f->address[SERVER] = s->p.ip.destination;
	f->port[CLIENT] = s->p.tcp.source_port;
	f->port[SERVER] = s->p.tcp.destination_port;
	s->flow = f;
	s->side = CLIENT;
	s->peer = SERVER;
}

static void store_payload(const struct sight *s)
{
	struct stream *stream = &s->flow->stream[s->side];
	const struct tcp_view *tcp = &s->p.tcp;
	uint32_t at = tcp->sequence - stream->initial_sequence - 1;

	if (tcp->flags & TCP_FLAG_SYN) {
		stream->initial_sequence = tcp->sequence;
		stream->known = true;
		return;
	}
	if (!tcp->payload_available || !stream->known)
		return;
	assert_int_equal(tcp->payload_available, tcp->payload_length);
	assert_true(at + tcp->payload_length <= STREAM_MAX);
	memcpy(stream->bytes + at, tcp->payload, tcp->payload_length);
}

static void learn_key(struct trace *t, struct subflow *f, int side,
		      unsigned version, uint64_t key)
{
	if (f->has_key[side])
		return;
	f->has_key[side] = true;
	f->version = version;
	f->key[side] = key;
	assert_int_equal(
		keys_derive(t->keys, version, key, NULL, &f->idsn[side]), 0);
	if (f->has_key[!side]) {
		f->master = f;
		t->counts[CONNECTIONS]++;
	}
}

/* The 64-bit number whose low half was sent, close to IDSN + 1. */
static uint64_t widen(uint64_t value, bool eight, uint64_t near)
{
	uint64_t wide = (near & 0xffffffff00000000) | value;

	if (eight)
		return value;
	return wide < near && near - wide > 1U << 31 ? wide + (1ULL << 32)
						     : wide;
}

static void keep_mapping(struct trace *t, const struct mapping *m)
{
	assert_true(t->mapping_count < MAPPINGS_MAX);
	t->mappings[t->mapping_count++] = *m;
}

/* A mapping of `s`: its first DSN, what it adds, its checksum. */
static void saw_mapping(struct trace *t, const struct sight *s,
			const struct mapping *m, bool has_checksum)
{
	struct subflow *master = s->flow->master;
	uint64_t first = master->idsn[s->side] + 1;

	if (!master->mapped[s->side])
		count(t, FIRST_DSN_OK, m->dsn == first);
	master->mapped[s->side] = true;
	if (m->dsn == first + master->end[s->side])
		master->end[s->side] += m->data_level_length;
	if (has_checksum && !m->data_level_length)
		t->counts[DSS_SUM_INFINITE]++;
	else if (has_checksum)
		keep_mapping(t, m);
}

/* RFC 8684 3.1 */
static void saw_capable(struct trace *t, const struct sight *s,
			const struct mptcp_option *o)
{
	struct subflow *f = s->flow;
	struct mapping m = {.ssn = 1};

	assert_non_null(f);
	m.stream = &f->stream[s->side];
	if (o->capable.has_sender_key)
		learn_key(t, f, s->side, o->capable.version,
			  o->capable.sender_key);
	if (o->capable.has_receiver_key && f->has_key[s->peer])
		count(t, ECHOED_KEY_OK,
		      o->capable.receiver_key == f->key[s->peer]);
	if (!o->capable.has_data_length || !f->master)
		return;
	f->mapped[s->side] = true; /* by definition right */
	m.dsn = f->idsn[s->side] + 1;
	m.data_level_length = o->capable.data_length;
	m.checksum = o->capable.checksum;
	saw_mapping(t, s, &m, o->capable.has_checksum);
}

static struct subflow *token_owner(struct trace *t, uint32_t token)
{
	size_t i;

	for (i = 0; i < t->subflow_count; i++) {
		struct subflow *f = &t->subflows[i];
		uint32_t own;

		if (!f->has_key[SERVER])
			continue;
		assert_int_equal(keys_derive(t->keys, f->version,
					     f->key[SERVER], &own, NULL),
				 0);
		if (own == token)
			return f;
	}
	return NULL;
}

/* RFC 8684 3.2: the HMAC that `side` has to send. */
static void check_join_hmac(struct trace *t, const struct sight *s,
			    const struct mptcp_option *o, int ok, size_t length)
{
	struct subflow *f = s->flow, *master = f->master;
	uint8_t hmac[32];

	assert_int_equal(keys_join_hmac(t->keys, master->version,
					master->key[s->side],
					master->key[s->peer], f->nonce[s->side],
					f->nonce[s->peer], hmac),
			 0);
	count(t, ok, memcmp(hmac, o->join.hmac, length) == 0);
}

static void saw_join(struct trace *t, const struct sight *s,
		     const struct mptcp_option *o)
{
	struct subflow *f = s->flow;

	assert_non_null(f);
	if (o->join.stage != JOIN_ACK)
		f->nonce[s->side] = o->join.nonce;
	if (o->join.stage == JOIN_SYN) {
		f->master = token_owner(t, o->join.token);
		count(t, TOKEN_OK, f->master != NULL);
	} else if (!f->master) {
		t->counts[KEYLESS]++;
	} else if (o->join.stage == JOIN_SYN_ACK) {
		check_join_hmac(t, s, o, SYN_ACK_HMAC_OK, 8);
	} else {
		check_join_hmac(t, s, o, ACK_HMAC_OK, 20);
	}
}

static void check_data_ack(struct trace *t, const struct sight *s,
			   const struct mptcp_option *o)
{
	const struct subflow *master = s->flow->master;
	uint64_t first = master->idsn[s->peer] + 1;
	uint64_t acked =
		widen(o->dss.data_ack, o->dss.flags & DSS_ACK8, first) - first;
	uint64_t end = master->end[s->peer];

	if (acked == end)
		t->counts[DATA_ACK_OK]++;
	else
		t->counts[acked < end ? DATA_ACK_BEHIND : DATA_ACK_BAD]++;
}

/* RFC 8684 3.3 */
static void saw_dss(struct trace *t, const struct sight *s,
		    const struct mptcp_option *o)
{
	struct subflow *master = s->flow->master;
	struct mapping m = {
		.stream = &s->flow->stream[s->side],
		.ssn = o->dss.ssn,
		.data_level_length = o->dss.data_level_length,
		.checksum = o->dss.checksum,
		.data_fin = o->dss.flags & DSS_DATA_FIN,
	};

	if (o->dss.flags & DSS_ACK)
		check_data_ack(t, s, o);
	if (!(o->dss.flags & DSS_MAPPING))
		return;
	m.dsn = widen(o->dss.dsn, o->dss.flags & DSS_DSN8,
		      master->idsn[s->side] + 1);
	saw_mapping(t, s, &m, o->dss.has_checksum);
}

/* RFC 8684 3.4.1 */
static void saw_add_addr(struct trace *t, const struct sight *s,
			 const struct mptcp_option *o)
{
	const struct subflow *master = s->flow->master;
	uint64_t hmac = 0;

	if (!o->add_addr.has_hmac)
		return;
	assert_int_equal(keys_add_addr_hmac(
				 t->keys, master->key[s->side],
				 master->key[s->peer], o->add_addr.address_id,
				 &o->add_addr.address, o->add_addr.port, &hmac),
			 0);
	count(t, ADD_ADDR_OK, hmac == o->add_addr.hmac);
}

/* RFC 8684 3.5, 3.7 */
static void saw_fastclose(struct trace *t, const struct sight *s,
			  const struct mptcp_option *o)
{
	count(t, FASTCLOSE_OK,
	      o->fastclose.receiver_key == s->flow->master->key[s->peer]);
}

static void saw_fail(struct trace *t, const struct sight *s,
		     const struct mptcp_option *o)
{
	const struct subflow *master = s->flow->master;

	count(t, FAIL_OK,
	      o->fail.dsn - master->idsn[s->peer] - 1 < master->end[s->peer]);
}

static void saw_option(struct trace *t, const struct sight *s,
		       const struct mptcp_option *o)
{
	static void (*const keyed[16])(struct trace *, const struct sight *,
				       const struct mptcp_option *) = {
		[MP_DSS] = saw_dss,
		[MP_ADD_ADDR] = saw_add_addr,
		[MP_FAIL] = saw_fail,
		[MP_FASTCLOSE] = saw_fastclose,
	};

	if (o->subtype == MP_CAPABLE)
		saw_capable(t, s, o);
	else if (o->subtype == MP_JOIN)
		saw_join(t, s, o);
	else if (keyed[o->subtype] && !(s->flow && s->flow->master))
		t->counts[KEYLESS]++;
	else if (keyed[o->subtype])
		keyed[o->subtype](t, s, o);
}

static void saw_frame(struct trace *t, int link_type, const uint8_t *frame,
		      size_t captured)
{
	struct sight s = {.flow = NULL};
	const uint8_t *ip;
	size_t length;
	unsigned i;

	t->counts[FRAMES]++;
	assert_true(link_find_ip(link_type, frame, captured, &ip, &length));
	assert_true(packet_parse(ip, length, &s.p));
	assert_int_equal(s.p.transport, TRANSPORT_TCP);
	count(t, TCP_SUM_OK, packet_tcp_checksum(&s.p) == 1);
	tcp_options_read(s.p.tcp.options, s.p.tcp.options_available,
			 s.p.tcp.options_length, &s.options);
	assert_false(s.options.malformed);
	find_flow(t, &s);
	if ((s.p.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN)
		new_flow(t, &s);
	if (s.flow)
		store_payload(&s);
	for (i = 0; i < s.options.mptcp_count; i++)
		saw_option(t, &s, &s.options.mptcp[i]);
}

/* RFC 8684 3.3.1; a DATA_FIN counts in the length, but has no byte. */
static void check_mappings(struct trace *t)
{
	size_t i;

	for (i = 0; i < t->mapping_count; i++) {
		const struct mapping *m = &t->mappings[i];
		size_t length = m->data_level_length - (size_t)m->data_fin;
		const uint8_t *payload = m->stream->bytes;

		if (length)
			payload += m->ssn - 1;
		assert_true(m->ssn + length <= STREAM_MAX);
		count(t, DSS_SUM_OK,
		      dss_checksum(m->dsn, m->ssn, m->data_level_length,
				   payload, length) == m->checksum);
	}
}

/* What a capture holds; `twin` is the same exchange over IPv6. The comments
 * say why what is BAD or BEHIND is so: each was looked at with tcpdump. */
struct capture {
	const char *name, *twin;
	unsigned expected[COUNTS];
};

/* clang-format off */
static const struct capture captures[] = {
	{"v0/compliant", "v0-ipv6/compliant",
	 {[FRAMES] = 11, [TCP_SUM_OK] = 11, [CONNECTIONS] = 1,
	  [ECHOED_KEY_OK] = 1, [TOKEN_OK] = 1, [SYN_ACK_HMAC_OK] = 1,
	  [ACK_HMAC_OK] = 1, [DATA_ACK_OK] = 4, [FIRST_DSN_OK] = 2,
	  [DSS_SUM_OK] = 2}},
	/* The third ACK echoes another key, and the server does not care. */
	{"v0/invalid-key", "v0-ipv6/invalid-key",
	 {[FRAMES] = 11, [TCP_SUM_OK] = 11, [CONNECTIONS] = 1,
	  [ECHOED_KEY_BAD] = 1, [TOKEN_OK] = 1, [SYN_ACK_HMAC_OK] = 1,
	  [ACK_HMAC_OK] = 1, [DATA_ACK_OK] = 4, [FIRST_DSN_OK] = 2,
	  [DSS_SUM_OK] = 2}},
	/* The server refuses the data: its DATA_ACK stays where it was, also
	 * on the second subflow. */
	{"v0/no-dss-checksum", "v0-ipv6/no-dss-checksum",
	 {[FRAMES] = 11, [TCP_SUM_OK] = 11, [CONNECTIONS] = 1,
	  [ECHOED_KEY_OK] = 1, [TOKEN_OK] = 1, [SYN_ACK_HMAC_OK] = 1,
	  [ACK_HMAC_OK] = 1, [DATA_ACK_BEHIND] = 2, [FIRST_DSN_OK] = 1}},
	/* Likewise, with MP_FAIL. */
	{"v0/bad-dss-checksum", "v0-ipv6/bad-dss-checksum",
	 {[FRAMES] = 8, [TCP_SUM_OK] = 8, [CONNECTIONS] = 1,
	  [ECHOED_KEY_OK] = 1, [TOKEN_OK] = 1, [DATA_ACK_BEHIND] = 1,
	  [FIRST_DSN_OK] = 1, [DSS_SUM_BAD] = 1, [FAIL_OK] = 1}},
	/* 72 bytes without a mapping, and the server acknowledges them; its
	 * own infinite mapping has NOPs in the place of the checksum. */
	{"v0/infinite-mapping", "v0-ipv6/infinite-mapping",
	 {[FRAMES] = 9, [TCP_SUM_OK] = 9, [CONNECTIONS] = 1,
	  [ECHOED_KEY_OK] = 1, [TOKEN_OK] = 1, [DATA_ACK_OK] = 1,
	  [DATA_ACK_BAD] = 2, [FIRST_DSN_OK] = 2, [DSS_SUM_INFINITE] = 2}},
	{"v0/bad-join-token", "v0-ipv6/bad-join-token",
	 {[FRAMES] = 9, [TCP_SUM_OK] = 9, [CONNECTIONS] = 1,
	  [ECHOED_KEY_OK] = 1, [TOKEN_BAD] = 1, [DATA_ACK_OK] = 3,
	  [FIRST_DSN_OK] = 2, [DSS_SUM_OK] = 2}},
	{"v0/plain", "v0-ipv6/plain",
	 {[FRAMES] = 7, [TCP_SUM_OK] = 7}},
	/* SYNs only, and four joins with random tokens. */
	{"v1/lab-6.18-t1", NULL,
	 {[FRAMES] = 51, [TCP_SUM_OK] = 51, [TOKEN_BAD] = 4}},
	/* Keys: ports 22175 (third ACK) and 55945 (third ACK, data) echo
	 * another one, 28368 shows none.
	 * Client's DATA_ACKs of what the server sent after it fell back, so
	 * unmapped: 55318, 46750, 36918. The first DSN of 55318 comes after
	 * ten bytes of fallback.
	 * Behind: 27935 maps 100 bytes and sends 10, then 10 more.
	 * Checksum: 25113, 0x1234 where none was negotiated.
	 * 34847 and 54185 send a bad MP_FASTCLOSE and ADD_ADDR, then good
	 * ones. */
	{"v1/lab-6.18-t2", NULL,
	 {[FRAMES] = 241, [TCP_SUM_OK] = 241, [CONNECTIONS] = 26,
	  [ECHOED_KEY_OK] = 44, [ECHOED_KEY_BAD] = 3, [DATA_ACK_OK] = 67,
	  [DATA_ACK_BEHIND] = 3, [DATA_ACK_BAD] = 3, [FIRST_DSN_OK] = 25,
	  [FIRST_DSN_BAD] = 1, [DSS_SUM_BAD] = 1, [ADD_ADDR_OK] = 1,
	  [ADD_ADDR_BAD] = 1, [FASTCLOSE_OK] = 1, [FASTCLOSE_BAD] = 1,
	  [FAIL_OK] = 2, [KEYLESS] = 1}},
	/* Checksums: 29888 (in MP_CAPABLE), 38125 and 39428 are bad.
	 * Behind: the client never moves its DATA_ACK (40925, 54477 twice,
	 * 38125 three times), the server drops what has a bad checksum
	 * (38125), half a mapping is not acknowledged (56538).
	 * Without keys: a straggler of a connection before the capture. */
	{"v1/lab-6.18-t3-csum", NULL,
	 {[FRAMES] = 82, [TCP_SUM_OK] = 82, [CONNECTIONS] = 8,
	  [ECHOED_KEY_OK] = 15, [DATA_ACK_OK] = 18, [DATA_ACK_BEHIND] = 8,
	  [FIRST_DSN_OK] = 6, [DSS_SUM_OK] = 16, [DSS_SUM_BAD] = 3,
	  [DSS_SUM_INFINITE] = 1, [FAIL_OK] = 1, [KEYLESS] = 1}},
	/* 44789 has a random token, 48934 a bad HMAC in its ACK. A join before
	 * the third ACK (43869), ACKs without HMAC (43642, 39041). */
	{"v1/lab-6.18-t3-join", NULL,
	 {[FRAMES] = 163, [TCP_SUM_OK] = 163, [CONNECTIONS] = 11,
	  [ECHOED_KEY_OK] = 20, [TOKEN_OK] = 13, [TOKEN_BAD] = 1,
	  [SYN_ACK_HMAC_OK] = 12, [ACK_HMAC_OK] = 9, [ACK_HMAC_BAD] = 1,
	  [DATA_ACK_OK] = 42, [FIRST_DSN_OK] = 9}},
	/* The joined subflow sends a bad checksum and is reset. */
	{"v1/lab-6.18-t3-joincsum", NULL,
	 {[FRAMES] = 16, [TCP_SUM_OK] = 16, [CONNECTIONS] = 1,
	  [ECHOED_KEY_OK] = 2, [TOKEN_OK] = 1, [SYN_ACK_HMAC_OK] = 1,
	  [ACK_HMAC_OK] = 1, [DATA_ACK_OK] = 5, [DATA_ACK_BEHIND] = 1,
	  [FIRST_DSN_OK] = 1, [DSS_SUM_OK] = 4, [DSS_SUM_BAD] = 1,
	  [FAIL_OK] = 1}},
};
/* clang-format on */

#define CAPTURES (sizeof(captures) / sizeof(captures[0]))

static void read_capture(struct trace *t, const char *name)
{
	const char *directory = getenv("MPPROBE_TRACES");
	char path[4096], err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	pcap_t *pcap;
	int got;

	snprintf(path, sizeof(path), "%s/%s.pcap",
		 directory ? directory : "pcaps", name);
	pcap = pcap_open_offline(path, err);
	if (!pcap)
		fail_msg("%s", err);
	while ((got = pcap_next_ex(pcap, &header, &frame)) == 1)
		saw_frame(t, pcap_datalink(pcap), frame, header->caplen);
	assert_int_equal(got, PCAP_ERROR_BREAK); /* the end */
	pcap_close(pcap);
}

static bool counts_are(const struct trace *t, const char *name,
		       const unsigned *expected)
{
	bool equal = true;
	int i;

	for (i = 0; i < COUNTS; i++)
		if (t->counts[i] != expected[i]) {
			print_error("%s: %u %s, expected %u\n", name,
				    t->counts[i], names[i], expected[i]);
			equal = false;
		}
	return equal;
}

static void check_capture(const char *name, const unsigned *expected)
{
	struct trace *t = calloc(1, sizeof(*t));
	bool equal;

	assert_non_null(t);
	t->keys = keys_new();
	assert_non_null(t->keys);
	read_capture(t, name);
	check_mappings(t);
	equal = counts_are(t, name, expected);
	keys_free(t->keys);
	free(t);
	assert_true(equal);
}

static void test_capture(void **state)
{
	const struct capture *capture = *state;

	check_capture(capture->name, capture->expected);
	if (capture->twin)
		check_capture(capture->twin, capture->expected);
}

int main(void)
{
	struct CMUnitTest tests[CAPTURES];
	size_t i;

	for (i = 0; i < CAPTURES; i++)
		tests[i] = (struct CMUnitTest){
			.name = captures[i].name,
			.test_func = test_capture,
			.initial_state = (void *)(uintptr_t)&captures[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
