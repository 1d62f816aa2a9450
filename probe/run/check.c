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

static const struct kind {
	unsigned steps;
	bool plain;	   /* without MPTCP */
	bool stops;	   /* one step in vain is the end */
	bool settles;	   /* one step that is done is the end */
	unsigned tries[3]; /* of the first steps; the last, of all later ones */
} kinds[] = {
	[CHECK_LONG] = {LONG_CHUNKS, .stops = true,
			.tries = {LONG_TRIES, LONG_TRIES, LONG_TRIES}},
	[CHECK_HOLE] = {3, .tries = {VAIN_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_PAIR] = {PAIRS, .stops = true,
			.tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_EXPIRED] = {3, .tries = {EXPIRED_TRIES, VAIN_TRIES, DATA_TRIES}},
	[CHECK_BIG] = {2, .settles = true, .tries = {DATA_TRIES, DATA_TRIES}},
	[CHECK_BIG_TCP] = {3, .plain = true, .settles = true,
			   .tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_ADD_ADDR] = {1, .tries = {DATA_TRIES}},
	[CHECK_FRAGMENTS] = {2, .plain = true, .settles = true,
			     .tries = {VAIN_TRIES, DATA_TRIES}},
};

static unsigned step_of(const struct check *k)
{
	return k->connection.step - STEP_0;
}

static bool is_big(const struct check *k)
{
	return k->kind == CHECK_BIG || k->kind == CHECK_BIG_TCP;
}

/* ---- how large ----------------------------------------------------------- */

#define TIMESTAMPS 12 /* bytes of options */
#define DSS 28	      /* with 64-bit numbers, padding or checksum */

/* So much takes the server, and our link. */
static unsigned mss_of(const struct check *k, const struct flow *f,
		       unsigned unless_told)
{
	const struct kept *syn_ack = flow_syn_ack(f);
	unsigned mss = syn_ack && syn_ack->options.has_mss
			       ? syn_ack->options.mss
			       : unless_told;

	return k->connection.client.to->mss < mss ? k->connection.client.to->mss
						  : mss;
}

/* So many bytes of data make a packet as large as both ends' MSS allow, with
 * timestamps and a DSS. */
static size_t full_size(const struct check *k, const struct flow *f)
{
	unsigned mss = mss_of(k, f, BIG_MAX);

	if (mss > BIG_MAX)
		mss = BIG_MAX;
	mss -= f->timestamps ? TIMESTAMPS : 0;
	return mss > DSS + BIG_SMALLER ? mss - DSS : BIG_SMALLER;
}

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
	bool ip6 = k->connection.client.to->target.family == 6;
	size_t segment = mss_of(k, f, ip6 ? 1220 : 536) + 20; /* RFC 9293 */

	if (segment > FRAGMENTED)
		segment = FRAGMENTED;
	if (segment < (ip6 ? FRAGMENTED : FRAGMENTED_MIN))
		return 0;
	return segment - header_size(f);
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
	if (k->kind == CHECK_BIG_TCP)
		return step == 0 ? full + DSS : step == 1 ? full : BIG_SMALLER;
	return k->kind == CHECK_PAIR ? 2 * CHUNK : CHUNK;
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

/* Old data behind fragments is answered at once: the server is there. */
static void send_step(struct check *k, unsigned step, unsigned tries)
{
	switch (k->kind) {
	case CHECK_LONG: /* in vain so often: then the same unmapped */
		send_bytes(k, k->offset, CHUNK,
			   tries > VAIN_TRIES ? UNMAPPED : MAPPED, COPY_FULL);
		break;
	case CHECK_HOLE:
		send_chunk(k, step == 1 ? BASE : BASE + CHUNK, CHUNK);
		break;
	case CHECK_PAIR:
		send_chunk(k, k->offset, CHUNK);
		send_chunk(k, k->offset + CHUNK, CHUNK);
		break;
	case CHECK_EXPIRED:
		send_bytes(k, BASE, CHUNK, step == 1 ? MAPPED : OTHER_BYTES,
			   (struct copy){step == 0 ? k->ttl : FULL_TTL, false,
					 false});
		break;
	case CHECK_ADD_ADDR:
		client_send_add_addr(&k->connection.client, COPY_FULL);
		break;
	case CHECK_FRAGMENTS:
		if (step == 0)
			send_fragments(k, COPY_FULL);
		if (step > 0 || tries > 1)
			send_chunk(k, step ? BASE : 0, step ? k->size : BASE);
		break;
	case CHECK_BIG:
	case CHECK_BIG_TCP:
		send_chunk(k, BASE, k->size);
	}
}

static bool quoted_at(const struct flow *f, unsigned ttl)
{
	return flow_quote(f, SEGMENT_DATA, ttl) != NULL;
}

/* Whether what the step waits for has come: in general, that its bytes are
 * acknowledged. Version 0 has no echo of an address. */
static bool is_done(const struct check *k, const struct flow *f, unsigned step)
{
	size_t acked = connection_acked(f);

	switch (k->kind) {
	case CHECK_HOLE:
		return step == 0 ? f->received_count > k->received
				 : acked >= BASE + step * CHUNK;
	case CHECK_EXPIRED:
		return acked > BASE || (step == 0 && quoted_at(f, k->ttl));
	case CHECK_ADD_ADDR:
		return f->mptcp.add_addr_echoed ||
		       k->connection.client.version == 0;
	default:
		return acked >= k->offset + k->size;
	}
}

void check_heed_too_big(struct check *k)
{
	const struct client *c = &k->connection.client;
	const struct flow *f = client_flow(c);
	size_t headers = (c->to->target.family == 6 ? 60 : 40) + DSS, size = 0;

	if (!is_big(k) || !k->size || !f ||
	    k->connection.state != CONNECTION_BUSY || is_done(k, f, step_of(k)))
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

/* ---- the course ---------------------------------------------------------- */

static struct check *check_of(struct connection *c)
{
	return (struct check *)c;
}

static void course_send(struct connection *c)
{
	if (c->step == STEP_BASE)
		send_chunk(check_of(c), 0, BASE);
	else
		send_step(check_of(c), c->step - STEP_0, c->tries);
}

static bool course_done(const struct connection *c, const struct flow *f)
{
	return c->step == STEP_BASE
		       ? connection_acked(f) >= BASE
		       : is_done((const struct check *)c, f, c->step - STEP_0);
}

static unsigned course_tries(const struct connection *c)
{
	const struct check *k = (const struct check *)c;

	if (c->step == STEP_BASE)
		return DATA_TRIES;
	return kinds[k->kind].tries[step_of(k) > 1 ? 2 : step_of(k)];
}

static void go(struct check *k, const struct flow *f, unsigned step)
{
	bool moves = k->kind == CHECK_LONG || k->kind == CHECK_PAIR;

	k->size = size_of_step(k, f, step);
	k->offset = BASE + (moves ? step * k->size : 0);
	k->received = f->received_count;
	if (!k->size)
		connection_hold(&k->connection);
	else
		connection_go(&k->connection, STEP_0 + step, 0);
}

static bool is_last(const struct check *k, const struct flow *f, bool done)
{
	const struct kind *kind = &kinds[k->kind];
	bool far = k->connection.client.to->rtt_us > FAR_US;
	unsigned steps =
		k->kind == CHECK_LONG && far ? LONG_CHUNKS_FAR : kind->steps;

	return step_of(k) + 1 >= steps || (!done && kind->stops) ||
	       (done && kind->settles) ||
	       (k->kind == CHECK_EXPIRED && connection_acked(f) > BASE);
}

static void course_next(struct connection *c, const struct flow *f, bool done)
{
	struct check *k = check_of(c);

	if (c->step == 0) {
		connection_go(c, STEP_BASE, 0);
	} else if (c->step == STEP_BASE && done) {
		go(k, f, 0);
	} else if (c->step == STEP_BASE) {
		connection_hold(c);
	} else {
		/* Without a mapping it is MPTCP no longer. */
		done &= k->kind != CHECK_LONG || c->tries <= VAIN_TRIES;
		k->vain |= !done && course_tries(c) == VAIN_TRIES;
		if (is_last(k, f, done))
			connection_hold(c);
		else
			go(k, f, step_of(k) + 1);
	}
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
	return k->kind == CHECK_ADD_ADDR    ? SEGMENT_ADD_ADDR
	       : k->kind == CHECK_FRAGMENTS ? SEGMENT_FRAGMENT
					    : SEGMENT_DATA;
}

/* Behind fragments, what shows that the hop quotes at all: where errors are
 * rationed, it must not spend theirs. */
void check_copy(struct check *k, unsigned ttl)
{
	struct copy copy = {(uint8_t)ttl, false, false};

	if (k->kind == CHECK_ADD_ADDR) {
		client_send_add_addr(&k->connection.client, copy);
		return;
	}
	if (k->kind == CHECK_FRAGMENTS)
		send_fragments(k, copy);
	send_bytes(k, k->offset, k->size,
		   k->kind == CHECK_EXPIRED ? OTHER_BYTES : MAPPED, copy);
}

/* DATA_ACKs count from the IDSN, one more than what TCP counts. */
static bool fell_behind(const struct flow *f)
{
	return !f->mptcp.has_data_ack ||
	       f->mptcp.data_ack - f->mptcp.client_idsn - 1 <
		       connection_acked(f);
}

bool check_wants_copies(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	if (!f || !f->established)
		return false;
	if (k->kind == CHECK_FRAGMENTS)
		return check_convicts(k);
	if (!f->mptcp.syn_ack)
		return false;
	if (k->kind == CHECK_LONG)
		return fell_behind(f);
	if (k->kind == CHECK_BIG)
		return k->size && is_done(k, f, 0);
	return k->kind == CHECK_ADD_ADDR && !f->mptcp.add_addr_echoed;
}

bool check_convicts(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	if (!connection_over(&k->connection) || !f || !f->established ||
	    k->connection.step < STEP_0)
		return false;
	switch (k->kind) {
	case CHECK_PAIR:
		return f->mptcp.syn_ack && fell_behind(f);
	case CHECK_BIG:
		return step_of(k) > 0; /* full size was given up */
	case CHECK_FRAGMENTS:
		return k->vain && is_done(k, f, 0);
	case CHECK_EXPIRED:
		if (step_of(k) == 0 && connection_acked(f) > BASE)
			return true; /* acknowledged early */
		return k->vain;
	default:
		return k->vain;
	}
}

bool check_untold(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	return k->kind == CHECK_EXPIRED && connection_over(&k->connection) &&
	       f && f->established && !quoted_at(f, k->ttl);
}
