/* SPDX-License-Identifier: GPL-3.0-or-later
 * The slower checks of --all: connections of their own, each with one kind of
 * data that some devices do not let through, and the copies that place what
 * they showed. What that is, is for the judge to tell.
 */
#include "probe/run/experiment.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define EXPIRED_TRIES 2
#define LONG_TRIES (VAIN_TRIES + 2) /* the last of them without a mapping */
#define BASE 16 /* bytes of the stream before the check proper */
#define CHUNK 24
#define BYTES_MAX 1460	 /* of a segment */
#define BIG_SMALLER 1100 /* with all headers, 1280 bytes at most */
#define LONG_CHUNKS 20
#define LONG_CHUNKS_FAR 8 /* where each takes long */
#define FAR_US 100000
#define PAIRS 3

/* Behind the handshake: BASE bytes, then the steps of the kind. */
enum { STEP_BASE = 1, STEP_0 };

static const struct kind {
	const char *name;
	unsigned steps;
	bool plain;	   /* without MPTCP */
	bool stops;	   /* one step in vain is the end */
	bool settles;	   /* one step that is done is the end */
	unsigned tries[3]; /* of the first steps; the last, of all later ones */
} kinds[] = {
	[CHECK_LONG] = {"a longer transfer", LONG_CHUNKS, .stops = true,
			.tries = {LONG_TRIES, LONG_TRIES, LONG_TRIES}},
	[CHECK_HOLE] = {"data behind a gap", 3,
			.tries = {VAIN_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_PAIR] = {"two segments at once", PAIRS, .stops = true,
			.tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_EXPIRED] = {"data that expires", 3,
			   .tries = {EXPIRED_TRIES, VAIN_TRIES, DATA_TRIES}},
	[CHECK_BIG] = {"full size", 3, .settles = true,
		       .tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_BIG_TCP] = {"full size without MPTCP", 4, .plain = true,
			   .settles = true,
			   .tries = {DATA_TRIES, DATA_TRIES, DATA_TRIES}},
	[CHECK_ADD_ADDR] = {"an announced address", 1, .tries = {DATA_TRIES}},
	[CHECK_FRAGMENTS] = {"fragments", 2, .plain = true, .settles = true,
			     .tries = {VAIN_TRIES, DATA_TRIES}},
};

const char *check_name(const struct check *k)
{
	return kinds[k->kind].name;
}

static unsigned step_of(const struct check *k)
{
	return k->connection.step - STEP_0;
}

static bool is_big(const struct check *k)
{
	return k->kind == CHECK_BIG || k->kind == CHECK_BIG_TCP;
}

/* ---- how large ----------------------------------------------------------- */

#define DSS 28 /* bytes, with 64-bit numbers, padding or checksum */

static size_t full_size(const struct check *k)
{
	size_t size = client_full_size(&k->connection.client);

	return size > BIG_SMALLER ? size : BIG_SMALLER;
}

#define FRAGMENTED 1240	   /* bytes of TCP: in one piece over IPv6, 1280 */
#define FRAGMENTED_MIN 400 /* smaller ones are suspect of hiding something */
/* A packet of 1280, the least that all links take; some Linux drop smaller
 * ones but the last. */
#define FRAGMENT6 1232

static size_t header_size(const struct flow *f)
{
	/* It has begun: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	return f->timestamps ? 32 : 20;
}

/* So many bytes make the segment that goes in fragments; 0: one end takes only
 * segments that need none. */
static size_t fragmented_size(const struct check *k, const struct flow *f)
{
	bool ip6 = k->connection.client.to->target.family == 6;
	size_t segment = client_mss(&k->connection.client, ip6 ? 1220 : 536) +
			 20; /* RFC 9293 */

	if (segment > FRAGMENTED)
		segment = FRAGMENTED;
	if (segment < (ip6 ? FRAGMENTED : FRAGMENTED_MIN))
		return 0;
	return segment - header_size(f);
}

/* Less than is in question. */
static size_t less_than(size_t big)
{
	return big > BIG_SMALLER ? BIG_SMALLER : SMALL_PIECE;
}

/* Without MPTCP: a packet as large as that with a DSS, then the same data,
 * then as little as there. At last hardly any, for devices that stop all else.
 */
static size_t size_of_step(const struct check *k, const struct flow *f,
			   unsigned step)
{
	size_t full = full_size(k);
	size_t big = k->big && k->big < full ? k->big : full;

	if (k->kind == CHECK_FRAGMENTS)
		return fragmented_size(k, f);
	if (k->kind == CHECK_BIG)
		return step == 0 ? big : step == 1 ? less_than(big) : CHUNK;
	if (k->kind == CHECK_BIG_TCP)
		return step == 0   ? big + DSS
		       : step == 1 ? big
		       : step == 2 ? less_than(big)
				   : CHUNK;
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
	uint8_t bytes[BYTES_MAX];

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

/* A router says that a link takes less: then that is full size. */
static void heed_too_big(struct check *k)
{
	const struct client *c = &k->connection.client;
	const struct flow *f = client_flow(c);
	size_t size = client_told_size(c);

	if (!is_big(k) || !k->size || !f || !size || size >= k->size ||
	    k->connection.state != CONNECTION_BUSY || is_done(k, f, step_of(k)))
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

static const struct course course_check = {
	course_send, course_done,      course_tries,
	course_next, .last = UINT_MAX, .ends_with_fin = true};

/* ---- what it showed ------------------------------------------------------ */

static enum segment_kind segment_of(const struct check *k)
{
	return k->kind == CHECK_ADD_ADDR    ? SEGMENT_ADD_ADDR
	       : k->kind == CHECK_FRAGMENTS ? SEGMENT_FRAGMENT
					    : SEGMENT_DATA;
}

/* A copy of what was tried last, with a TTL that does not reach the server.
 * Behind fragments, what shows that the hop quotes at all: where errors are
 * rationed, it must not spend theirs. */
static void send_copy(struct check *k, unsigned ttl)
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

/* Whether what the kind is about went wrong: once is to be confirmed. */
static bool convicts(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	if (!connection_over(&k->connection) || !f || !f->established ||
	    k->connection.step < STEP_0)
		return false;
	switch (k->kind) {
	case CHECK_PAIR:
		return f->mptcp.syn_ack && fell_behind(f);
	case CHECK_BIG:
		/* Full size was given up, or reset. */
		return step_of(k) > 0 || flow_reset(f);
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

/* Whether copies can show more: what was tried is no longer proven intact. */
static bool wants_copies(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	if (!f || !f->established)
		return false;
	if (k->kind == CHECK_FRAGMENTS)
		return convicts(k);
	if (!f->mptcp.syn_ack)
		return false;
	if (k->kind == CHECK_LONG)
		return fell_behind(f);
	if (k->kind == CHECK_BIG)
		return k->size && is_done(k, f, 0);
	return k->kind == CHECK_ADD_ADDR && !f->mptcp.add_addr_echoed;
}

/* Whether no quote says that data expired which should have: routers limit
 * those. A copy with its TTL may draw one. */
static bool is_untold(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	return k->kind == CHECK_EXPIRED && connection_over(&k->connection) &&
	       f && f->established && !quoted_at(f, k->ttl);
}

/* ---- all of them --------------------------------------------------------- */

/* Behind a balancer whose servers share no tokens, a MP_JOIN finds its own by
 * chance: several do not all. */
#define MORE_JOINS 4

static void begin_sized(struct run *r, enum check_kind kind, unsigned ttl,
			size_t big)
{
	struct checks *k = &r->checks;
	struct check *one = &k->list[k->count];

	if (k->count == CHECKS_MAX)
		return;
	k->count++;
	one->kind = kind;
	one->ttl = (uint8_t)ttl;
	one->big = big;
	run_open(r, &one->connection, &course_check,
		 kinds[kind].plain ? PURPOSE_TCP : PURPOSE_MP_CAPABLE,
		 k->version);
	connection_begin(&one->connection);
}

static void begin(struct run *r, enum check_kind kind, unsigned ttl)
{
	begin_sized(r, kind, ttl, 0);
}

/* The version that works, or NULL. */
static const struct version *working(const struct run *r)
{
	for (unsigned i = 0; i < r->version_count; i++)
		if (connection_data_acked(&r->versions[i].bare))
			return &r->versions[i];
	return NULL;
}

bool checks_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	return r->settings->all && working(r);
}

/* From where on segments reach the server; the smallest TTL where that is not
 * known, so that none is limited. */
static unsigned end_of(const struct run *r)
{
	return run_sweeping(r) && r->reach ? r->reach : r->settings->first_ttl;
}

void checks_start(struct run *r, struct version *v)
{
	const unsigned first = r->settings->first_ttl, end = end_of(r);

	(void)v;
	r->checks.version = working(r)->number;
	begin(r, CHECK_LONG, 0);
	begin(r, CHECK_HOLE, 0);
	begin(r, CHECK_PAIR, 0);
	begin(r, CHECK_BIG, 0);
	begin_sized(r, CHECK_BIG, 0, MIDDLE_SIZE);
	begin(r, CHECK_ADD_ADDR, 0);
	begin(r, CHECK_FRAGMENTS, 0);
	if (end > first) {
		begin(r, CHECK_EXPIRED, end - 1);
		sweep_open_bare(&r->checks.bare, &r->to, first, end - 1);
	}
	for (int i = 0; i < MORE_JOINS && working(r)->join.client.to; i++)
		run_add_join(r, &working(r)->join.client, FULL_TTL);
}

static bool lost_large(const struct connection *c)
{
	return c->shrinks || connection_rest_reset(c) ||
	       connection_rest_unmapped(c);
}

static bool lost_middle(const struct connection *c)
{
	return (c->shrinks && c->vain <= MIDDLE_SIZE) ||
	       connection_rest_reset(c) || connection_rest_unmapped(c);
}

/* Larger segments were in vain, or reset, and smaller ones not: is it the
 * option, or their size? */
bool full_size_wanted(const struct run *r, const struct version *v)
{
	return !r->settings->all &&
	       (lost_large(&v->bare) || lost_large(&v->summed) ||
		lost_large(&v->open) ||
		(v->join.shrinks && !connection_data_acked(&v->summed)));
}

static void begin_large(struct run *r, size_t big)
{
	for (int i = 0; i < FULL_SIZE_WITNESSES_MIN; i++) {
		begin_sized(r, CHECK_BIG, 0, big);
		begin_sized(r, CHECK_BIG_TCP, 0, big);
	}
}

void full_size_start(struct run *r, struct version *v)
{
	r->checks.version = v->number;
	begin_large(r, 0);
	if (lost_middle(&v->bare) || lost_middle(&v->summed) ||
	    lost_middle(&v->open))
		begin_large(r, MIDDLE_SIZE);
	if (!connection_rest_unmapped(&v->summed))
		return;
	/* Or is it that they come back to back, or how many they are? */
	for (int i = 0; i < PAIR_WITNESSES_MIN; i++)
		begin(r, CHECK_PAIR, 0);
	begin(r, CHECK_LONG, 0);
}

/* What it began with was in vain, or was not taken as MPTCP. */
static bool lost_big(const struct check *k)
{
	const struct flow *f = client_flow(&k->connection.client);

	if (k->kind != CHECK_BIG || !f || !f->established || !k->size)
		return false;
	return k->connection.step > STEP_0 ||
	       (connection_over(&k->connection) && fell_behind(f));
}

static void send_big_copy(struct check *k, unsigned ttl)
{
	send_bytes(k, BASE, size_of_step(k, NULL, 0), MAPPED,
		   (struct copy){(uint8_t)ttl, false, false});
}

/* One of each size tells where it ends. */
static bool is_first_lost(const struct checks *k, unsigned i)
{
	for (unsigned n = 0; n < i; n++)
		if (k->list[n].kind == CHECK_BIG &&
		    k->list[n].big == k->list[i].big)
			return false;
	return lost_big(&k->list[i]);
}

static void copy_lost(struct run *r, struct check *k)
{
	for (unsigned ttl = r->settings->first_ttl; ttl < end_of(r); ttl++)
		send_big_copy(k, ttl);
	k->copied = true;
}

bool check_copy(struct run *r, const struct flow *f, unsigned ttl)
{
	for (unsigned i = 0; i < r->checks.count; i++) {
		struct check *k = &r->checks.list[i];

		if (client_flow(&k->connection.client) != f || !lost_big(k))
			continue;
		send_big_copy(k, ttl);
		return true;
	}
	return false;
}

int64_t checks_step(struct run *r, struct version *v, int64_t now_us)
{
	(void)v;
	(void)now_us;
	for (unsigned i = 0; i < r->checks.count; i++) {
		heed_too_big(&r->checks.list[i]);
		if (!r->checks.list[i].copied && is_first_lost(&r->checks, i))
			copy_lost(r, &r->checks.list[i]);
	}
	return OVER;
}

/* Without --all there are enough that were in vain, but not of a RST. */
static bool wants_again(const struct run *r, const struct check *k)
{
	return convicts(k) && (r->settings->all ||
			       flow_reset(client_flow(&k->connection.client)));
}

bool checks_again_wanted(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++)
		if (wants_again(r, &r->checks.list[i]))
			return true;
	return false;
}

/* What went wrong once is tried again. A device that acknowledges or remembers
 * is where the smallest TTL meets it: one check for each. */
void checks_again_start(struct run *r, struct version *v)
{
	const unsigned count = r->checks.count;

	(void)v;
	for (unsigned i = 0; i < count; i++) {
		enum check_kind kind = r->checks.list[i].kind;
		size_t big = r->checks.list[i].big;

		if (!wants_again(r, &r->checks.list[i]))
			continue;
		if (kind != CHECK_EXPIRED)
			begin_sized(r, kind, 0, big);
		for (int k = 0;
		     k < FULL_SIZE_WITNESSES_MIN && kind == CHECK_BIG; k++)
			begin_sized(r, CHECK_BIG_TCP, 0, big);
		for (unsigned ttl = r->settings->first_ttl;
		     kind == CHECK_EXPIRED && ttl < end_of(r); ttl++)
			begin(r, kind, ttl);
	}
}

/* Data with a TTL of its own convicts, or does not: did it expire? */
bool expired_wanted(const struct run *r, const struct version *v)
{
	unsigned untold = 0, convicted = 0;

	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++) {
		const struct check *k = &r->checks.list[i];

		untold += is_untold(k);
		convicted += k->kind == CHECK_EXPIRED && convicts(k);
	}
	return untold && convicted;
}

static void send_expired(struct run *r, struct version *v)
{
	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++) {
		struct check *k = &r->checks.list[i];

		if (is_untold(k))
			send_copy(k, k->ttl);
	}
}

int64_t expired_step(struct run *r, struct version *v, int64_t now_us)
{
	return run_round(r, v, now_us, expired_wanted, send_expired);
}

/* ---- copies, one check after the other ----------------------------------- */

/* The bare SYNs come last. */
static bool is_bare(const struct checks *k)
{
	return k->copied == k->count;
}

/* The flow of the check whose turn it is. */
static const struct flow *flow_in_turn(const struct checks *k)
{
	return client_flow(is_bare(k) ? &k->bare.client
				      : &k->list[k->copied].connection.client);
}

/* Its data was taken as TCP only, and copies may show where that begins. */
static bool lost_mptcp(const struct checks *k, unsigned i)
{
	const struct connection *c = &k->list[i].connection;

	return (is_first_lost(k, i) ||
		(k->list[i].kind == CHECK_LONG && connection_over(c))) &&
	       wants_copies(&k->list[i]) &&
	       fell_behind(client_flow(&c->client));
}

/* Whether copies of it can show something at this hop. */
static bool is_missing(const struct checks *k, unsigned ttl)
{
	const struct flow *f = flow_in_turn(k);
	enum segment_kind kind =
		is_bare(k) ? SEGMENT_SYN : segment_of(&k->list[k->copied]);

	/* The bare SYNs have no flow before one of them was captured. */
	return is_bare(k) ? !f || !flow_quote(f, kind, ttl)
			  : (k->all ? wants_copies(&k->list[k->copied])
				    : lost_mptcp(k, k->copied)) &&
				    !flow_quote(f, kind, ttl);
}

static bool any_missing(const struct run *r, const struct version *v)
{
	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < end_of(r); ttl++)
		if (is_missing(&r->checks, ttl))
			return true;
	return false;
}

static void send_missing(struct run *r, struct version *v)
{
	struct checks *k = &r->checks;

	(void)v;
	for (unsigned ttl = r->settings->first_ttl; ttl < end_of(r); ttl++) {
		if (!is_missing(k, ttl))
			continue;
		if (is_bare(k))
			sweep_again(&k->bare, ttl, false);
		else
			send_copy(&k->list[k->copied], ttl);
	}
}

bool check_copies_wanted(const struct run *r, const struct version *v)
{
	bool behind = false;

	(void)v;
	for (unsigned i = 0; i < r->checks.count; i++)
		behind |= lost_mptcp(&r->checks, i);
	return r->checks.count && (r->settings->all || behind);
}

int64_t check_copies_step(struct run *r, struct version *v, int64_t now_us)
{
	unsigned end = r->checks.count + r->settings->all; /* the bare SYNs */

	r->checks.all = r->settings->all;
	for (; r->checks.copied < end; r->checks.copied++) {
		int64_t at = run_round(r, v, now_us, any_missing, send_missing);

		if (at != OVER)
			return at;
		r->current->rounds = 0;
		r->current->round_us = 0;
	}
	return OVER;
}
