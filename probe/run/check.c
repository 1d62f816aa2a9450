/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/check.h"

#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define EXPIRED_TRIES 2
#define LONG_TRIES (VAIN_TRIES + 2) /* the last of them without a mapping */
#define BASE 16 /* bytes of the stream before the check proper */
#define CHUNK 24
#define BIG_MAX 1460
#define BIG_SMALLER 1100 /* with all headers, 1280 bytes at most */
#define LONG_CHUNKS 20
#define LONG_CHUNKS_FAR 8 /* where each takes long */
#define FAR_US 100000
#define PAIRS 3

/* Behind the handshake: BASE bytes, then the steps of the kind. */
enum { STEP_BASE = 1, STEP_0 };

/* What differs from kind to kind. */
struct kind {
	unsigned steps;
	bool plain;	   /* without MPTCP */
	bool stops;	   /* one step in vain is the end */
	bool settles;	   /* one step that is done is the end */
	size_t chunk;	   /* the steps go on by so many bytes */
	unsigned tries[3]; /* of the first steps; the last, of all later ones */
	enum segment_kind segment;
	void (*send)(struct check *k);
	bool (*done)(const struct check *k, const struct flow *f);
	void (*copy)(struct check *k, struct copy copy);
	bool (*wants_copies)(const struct check *k, const struct flow *f);
	bool (*convicts)(const struct check *k, const struct flow *f);
};

static unsigned step_of(const struct check *k)
{
	return k->connection.step - STEP_0;
}

/* ---- what is sent -------------------------------------------------------- */

/* A request that never ends: servers wait for more of it. */
static void fill(uint8_t *out, size_t offset, size_t length)
{
	static const char head[] = "GET / HTTP/1.1\r\n"; /* BASE bytes */
	static const char line[] = "X-Mpprobe: a slow one\r\n";

	for (size_t i = 0; i < length; i++) {
		size_t at = offset + i;

		out[i] = (uint8_t)(at < BASE ? head[at]
					     : line[(at - BASE) %
						    (sizeof(line) - 1)]);
	}
}

enum how { MAPPED, UNMAPPED, OTHER_BYTES }; /* letters in another case */

static void send_bytes(struct check *k, size_t offset, size_t length,
		       enum how how, struct copy copy)
{
	uint8_t bytes[BIG_MAX];

	fill(bytes, offset, length);
	for (size_t i = 0; how == OTHER_BYTES && i < length; i++)
		if (bytes[i] >= 'a' && bytes[i] <= 'z')
			bytes[i] ^= 0x20;
	client_send_data(&k->connection.client, bytes, length, offset,
			 how == UNMAPPED, copy);
}

static void send_chunk(struct check *k, size_t offset, size_t length)
{
	send_bytes(k, offset, length, MAPPED, COPY_FULL);
}

/* DATA_ACKs count from the IDSN, one more than what TCP counts. */
static bool fell_behind(const struct flow *f)
{
	return !f->mptcp.has_data_ack ||
	       f->mptcp.data_ack - f->mptcp.client_idsn - 1 <
		       connection_acked(f);
}

static bool was_vain(const struct check *k, const struct flow *f)
{
	(void)f;
	return k->vain;
}

/* ---- long ---------------------------------------------------------------- */

/* In vain so often: then the same bytes without a mapping. */
static void long_send(struct check *k)
{
	send_bytes(k, k->offset, CHUNK,
		   k->connection.tries > VAIN_TRIES ? UNMAPPED : MAPPED,
		   COPY_FULL);
}

static bool long_done(const struct check *k, const struct flow *f)
{
	return connection_acked(f) >= k->offset + CHUNK;
}

static void long_copy(struct check *k, struct copy copy)
{
	send_bytes(k, k->offset, CHUNK, MAPPED, copy);
}

static bool long_wants_copies(const struct check *k, const struct flow *f)
{
	(void)k;
	return fell_behind(f);
}

/* ---- hole ---------------------------------------------------------------- */

static void hole_send(struct check *k)
{
	send_chunk(k, step_of(k) == 1 ? BASE : BASE + CHUNK, CHUNK);
}

static bool hole_done(const struct check *k, const struct flow *f)
{
	return step_of(k) == 0
		       ? f->received_count > k->received
		       : connection_acked(f) >= BASE + step_of(k) * CHUNK;
}

/* ---- pair ---------------------------------------------------------------- */

static void pair_send(struct check *k)
{
	send_chunk(k, k->offset, CHUNK);
	send_chunk(k, k->offset + CHUNK, CHUNK);
}

static bool pair_done(const struct check *k, const struct flow *f)
{
	return connection_acked(f) >= k->offset + 2 * CHUNK;
}

static bool pair_convicts(const struct check *k, const struct flow *f)
{
	(void)k;
	return f->mptcp.syn_ack && fell_behind(f);
}

/* ---- expired ------------------------------------------------------------- */

static void expired_send(struct check *k)
{
	uint8_t ttl = step_of(k) == 0 ? k->ttl : FULL_TTL;

	send_bytes(k, BASE, CHUNK, step_of(k) == 1 ? MAPPED : OTHER_BYTES,
		   (struct copy){ttl, false, false});
}

static bool quoted_at(const struct flow *f, unsigned ttl)
{
	return flow_quote(f, SEGMENT_DATA, ttl) != NULL;
}

static bool expired_done(const struct check *k, const struct flow *f)
{
	return connection_acked(f) > BASE ||
	       (step_of(k) == 0 && quoted_at(f, k->ttl));
}

static void expired_copy(struct check *k, struct copy copy)
{
	send_bytes(k, BASE, CHUNK, OTHER_BYTES, copy);
}

/* In vain, or acknowledged early. */
static bool expired_convicts(const struct check *k, const struct flow *f)
{
	return k->vain || (step_of(k) == 0 && connection_acked(f) > BASE);
}

/* ---- big ----------------------------------------------------------------- */

#define TIMESTAMPS 12 /* bytes of options */
#define DSS 28	      /* with 64-bit numbers, padding or checksum */

/* So many bytes of data make a packet as large as both ends' MSS allow, with
 * timestamps and a DSS. */
static size_t full_size(const struct check *k, const struct flow *f)
{
	const struct kept *syn_ack = flow_syn_ack(f);
	unsigned mss = k->connection.client.to->mss;

	if (syn_ack && syn_ack->options.has_mss && syn_ack->options.mss < mss)
		mss = syn_ack->options.mss;
	if (mss > BIG_MAX)
		mss = BIG_MAX;
	mss -= f->timestamps ? TIMESTAMPS : 0;
	return mss > DSS + BIG_SMALLER ? mss - DSS : BIG_SMALLER;
}

static void big_send(struct check *k)
{
	send_chunk(k, BASE, k->size);
}

static bool big_done(const struct check *k, const struct flow *f)
{
	return connection_acked(f) >= BASE + k->size;
}

static void big_copy(struct check *k, struct copy copy)
{
	send_bytes(k, BASE, k->size, MAPPED, copy);
}

static bool big_wants_copies(const struct check *k, const struct flow *f)
{
	return k->size && connection_acked(f) >= BASE + k->size;
}

/* Full size was given up. */
static bool big_convicts(const struct check *k, const struct flow *f)
{
	(void)f;
	return step_of(k) > 0;
}

void check_heed_too_big(struct check *k)
{
	const struct client *c = &k->connection.client;
	const struct flow *f = client_flow(c);
	size_t headers = (c->to->target.family == 6 ? 60 : 40) + DSS, size = 0;

	if ((k->kind != CHECK_BIG && k->kind != CHECK_BIG_TCP) || !k->size ||
	    !f || k->connection.state != CONNECTION_BUSY || big_done(k, f))
		return;
	headers += f->timestamps ? TIMESTAMPS : 0;
	for (size_t i = 0; i < f->quote_count && !size; i++) {
		const struct quote *q = &f->quotes[i];

		if (q->too_big && q->next_hop_mtu >= headers + CHUNK &&
		    q->next_hop_mtu - headers < k->size)
			size = q->next_hop_mtu - headers;
	}
	if (!size)
		return;
	k->size = size;
	connection_send(&k->connection);
}

/* ---- an address ---------------------------------------------------------- */

static void add_addr_send(struct check *k)
{
	client_send_add_addr(&k->connection.client, COPY_FULL);
}

/* Version 0 has no echo. */
static bool add_addr_done(const struct check *k, const struct flow *f)
{
	return f->mptcp.add_addr_echoed || k->connection.client.version == 0;
}

static void add_addr_copy(struct check *k, struct copy copy)
{
	client_send_add_addr(&k->connection.client, copy);
}

static bool add_addr_wants_copies(const struct check *k, const struct flow *f)
{
	(void)k;
	return !f->mptcp.add_addr_echoed;
}

/* ---- fragments ----------------------------------------------------------- */

#define FRAGMENTED 1240	   /* bytes of TCP: in one piece over IPv6, 1280 */
#define FRAGMENTED_MIN 400 /* smaller ones are suspect of hiding something */
/* A packet of 1280, the least that all links take; some Linux drop smaller
 * ones but the last. */
#define FRAGMENT6 1232

static size_t header_size(const struct flow *f)
{
	return f->timestamps ? 32 : 20;
}

/* So many bytes make the segment that goes in fragments; 0: one end takes only
 * segments that need none. */
static size_t fragmented_size(const struct check *k, const struct flow *f)
{
	const struct kept *syn_ack = flow_syn_ack(f);
	const struct destination *to = k->connection.client.to;
	bool ip6 = to->target.family == 6;
	unsigned mss = ip6 ? 1220 : 536; /* RFC 9293 3.7.1 */
	size_t segment = FRAGMENTED;

	if (syn_ack && syn_ack->options.has_mss)
		mss = syn_ack->options.mss;
	if (to->mss < mss)
		mss = to->mss;
	if (segment > mss + 20)
		segment = mss + 20;
	if (segment < (ip6 ? FRAGMENTED : FRAGMENTED_MIN))
		return 0;
	return segment - header_size(f);
}

static void send_fragments(struct check *k, struct copy copy)
{
	struct client *c = &k->connection.client;
	size_t half = (k->size + header_size(client_flow(c))) / 2;
	uint8_t bytes[FRAGMENTED];

	fill(bytes, BASE, k->size);
	client_send_fragments(c, bytes, k->size, BASE,
			      c->to->target.family == 6 ? FRAGMENT6
							: (half + 7) & ~7ul,
			      copy);
}

static void fragments_send(struct check *k)
{
	if (step_of(k) > 0)
		send_chunk(k, BASE, k->size);
	else
		send_fragments(k, COPY_FULL);
	/* Old data is answered at once: the server is there. */
	if (step_of(k) == 0 && k->connection.tries > 1)
		send_chunk(k, 0, BASE);
}

/* Behind the fragments, what shows that the hop quotes at all: where errors
 * are rationed, it must not spend theirs. */
static void fragments_copy(struct check *k, struct copy copy)
{
	send_fragments(k, copy);
	big_copy(k, copy);
}

static bool fragments_convict(const struct check *k, const struct flow *f)
{
	return k->vain && connection_acked(f) >= BASE + k->size;
}

static bool fragments_want_copies(const struct check *k, const struct flow *f)
{
	(void)f;
	return check_convicts(k);
}

/* ---- the kinds ----------------------------------------------------------- */

static const struct kind kinds[] = {
	[CHECK_LONG] = {.steps = LONG_CHUNKS,
			.stops = true,
			.chunk = CHUNK,
			.tries = {LONG_TRIES, LONG_TRIES, LONG_TRIES},
			.segment = SEGMENT_DATA,
			.send = long_send,
			.done = long_done,
			.copy = long_copy,
			.wants_copies = long_wants_copies,
			.convicts = was_vain},
	[CHECK_HOLE] = {.steps = 3,
			.tries = {VAIN_TRIES, DATA_TRIES, DATA_TRIES},
			.segment = SEGMENT_DATA,
			.send = hole_send,
			.done = hole_done,
			.convicts = was_vain},
	[CHECK_PAIR] = {.steps = PAIRS,
			.stops = true,
			.chunk = 2 * CHUNK,
			.tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES},
			.segment = SEGMENT_DATA,
			.send = pair_send,
			.done = pair_done,
			.convicts = pair_convicts},
	[CHECK_EXPIRED] = {.steps = 3,
			   .tries = {EXPIRED_TRIES, VAIN_TRIES, DATA_TRIES},
			   .segment = SEGMENT_DATA,
			   .send = expired_send,
			   .done = expired_done,
			   .copy = expired_copy,
			   .convicts = expired_convicts},
	[CHECK_BIG] = {.steps = 2,
		       .settles = true,
		       .tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES},
		       .segment = SEGMENT_DATA,
		       .send = big_send,
		       .done = big_done,
		       .copy = big_copy,
		       .wants_copies = big_wants_copies,
		       .convicts = big_convicts},
	[CHECK_BIG_TCP] = {.steps = 3,
			   .plain = true,
			   .settles = true,
			   .tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES},
			   .segment = SEGMENT_DATA,
			   .send = big_send,
			   .done = big_done,
			   .convicts = was_vain},
	[CHECK_ADD_ADDR] = {.steps = 1,
			    .tries = {DATA_TRIES},
			    .segment = SEGMENT_ADD_ADDR,
			    .send = add_addr_send,
			    .done = add_addr_done,
			    .copy = add_addr_copy,
			    .wants_copies = add_addr_wants_copies,
			    .convicts = was_vain},
	[CHECK_FRAGMENTS] = {.steps = 2,
			     .plain = true,
			     .settles = true,
			     .tries = {VAIN_TRIES, DATA_TRIES, DATA_TRIES},
			     .segment = SEGMENT_FRAGMENT,
			     .send = fragments_send,
			     .done = big_done,
			     .copy = fragments_copy,
			     .wants_copies = fragments_want_copies,
			     .convicts = fragments_convict},
};

static const struct kind *kind_of(const struct check *k)
{
	return &kinds[k->kind];
}

/* ---- the course ---------------------------------------------------------- */

static struct check *check_of(struct connection *c)
{
	return (struct check *)c;
}

static const struct check *const_check_of(const struct connection *c)
{
	return (const struct check *)c;
}

static void course_send(struct connection *c)
{
	struct check *k = check_of(c);

	if (c->step == STEP_BASE)
		send_chunk(k, 0, BASE);
	else
		kind_of(k)->send(k);
}

static bool course_done(const struct connection *c, const struct flow *f)
{
	const struct check *k = const_check_of(c);

	return c->step == STEP_BASE ? connection_acked(f) >= BASE
				    : kind_of(k)->done(k, f);
}

static unsigned course_tries(const struct connection *c)
{
	const struct check *k = const_check_of(c);

	if (c->step == STEP_BASE)
		return DATA_TRIES;
	return kind_of(k)->tries[step_of(k) > 1 ? 2 : step_of(k)];
}

/* Without MPTCP: a packet as large as that with a DSS, then the same data,
 * then as little as there. */
static size_t size_of_step(const struct check *k, const struct flow *f,
			   unsigned step)
{
	size_t full = full_size(k, f);

	if (k->kind == CHECK_FRAGMENTS)
		return fragmented_size(k, f);
	if (k->kind == CHECK_BIG)
		return step == 0 ? full : BIG_SMALLER;
	return step == 0 ? full + DSS : step == 1 ? full : BIG_SMALLER;
}

static void go(struct check *k, const struct flow *f, unsigned step)
{
	k->offset = BASE + step * kind_of(k)->chunk;
	k->size = size_of_step(k, f, step);
	k->received = f->received_count;
	if (k->kind == CHECK_FRAGMENTS && !k->size)
		connection_hold(&k->connection);
	else
		connection_go(&k->connection, STEP_0 + step, 0);
}

static bool is_last(const struct check *k, const struct flow *f, bool done)
{
	const struct kind *kind = kind_of(k);
	unsigned steps =
		k->kind == CHECK_LONG &&
				k->connection.client.to->rtt_us > FAR_US
			? LONG_CHUNKS_FAR
			: kind->steps;

	return step_of(k) + 1 >= steps || (!done && kind->stops) ||
	       (done && kind->settles) ||
	       (k->kind == CHECK_EXPIRED && connection_acked(f) > BASE);
}

static void course_next(struct connection *c, const struct flow *f, bool done)
{
	struct check *k = check_of(c);

	if (c->step == 0) {
		connection_go(c, STEP_BASE, 0);
		return;
	}
	if (c->step == STEP_BASE && !done) {
		connection_hold(c);
		return;
	}
	if (c->step == STEP_BASE) {
		go(k, f, 0);
		return;
	}
	/* Without a mapping the connection is MPTCP no longer. */
	if (k->kind == CHECK_LONG && c->tries > VAIN_TRIES)
		done = false;
	if (!done && course_tries(c) == VAIN_TRIES)
		k->vain = true;
	if (is_last(k, f, done))
		connection_hold(c);
	else
		go(k, f, step_of(k) + 1);
}

const struct course course_check = {course_send,      course_done,
				    course_tries,     course_next,
				    .last = UINT_MAX, .ends_with_fin = true};

/* ---- what it showed ------------------------------------------------------ */

bool check_is_plain(enum check_kind kind)
{
	return kinds[kind].plain;
}

enum segment_kind check_segment(const struct check *k)
{
	return kind_of(k)->segment;
}

void check_copy(struct check *k, unsigned ttl)
{
	if (kind_of(k)->copy)
		kind_of(k)->copy(k, (struct copy){(uint8_t)ttl, false, false});
}

bool check_wants_copies(const struct check *k)
{
	const struct kind *kind = kind_of(k);
	const struct flow *f = client_flow(&k->connection.client);

	return f && f->established && (f->mptcp.syn_ack || kind->plain) &&
	       kind->wants_copies && kind->wants_copies(k, f);
}

bool check_convicts(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	return connection_over(&k->connection) && f && f->established &&
	       k->connection.step >= STEP_0 && kind_of(k)->convicts(k, f);
}

bool check_untold(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	return k->kind == CHECK_EXPIRED && connection_over(&k->connection) &&
	       f && f->established && !quoted_at(f, k->ttl);
}
