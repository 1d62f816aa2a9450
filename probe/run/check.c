/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/check.h"

#include <string.h>

#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define EXPIRED_TRIES 2
#define BASE 16 /* bytes of the stream before the check proper */
#define CHUNK 24
#define BIG_MAX 1460
#define BIG_SMALLER                                                            \
	1100 /* with all headers, a packet of 1280 bytes at most               \
	      */
#define LONG_CHUNKS 20
#define LONG_CHUNKS_FAR 8 /* where each takes long */
#define FAR_US 100000
#define PAIRS 3

/* Whether it is one without MPTCP. */
static bool is_plain(const struct check *t)
{
	return t->kind == CHECK_BIG_TCP || t->kind == CHECK_FRAGMENTS;
}

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

static bool send_chunk(struct check *t, size_t offset, size_t length,
		       bool other, struct copy copy)
{
	uint8_t bytes[BIG_MAX];

	fill(bytes, offset, length);
	for (size_t i = 0; other && i < length; i++)
		if (bytes[i] >= 'a' && bytes[i] <= 'z')
			bytes[i] ^= 0x20;
	return client_send_data(&t->client, bytes, length, offset, false, copy);
}

/* In vain so often: then the same bytes without a mapping. */
static bool send_mapped(struct check *t, bool plain)
{
	uint8_t bytes[CHUNK];

	fill(bytes, t->offset, CHUNK);
	return client_send_data(&t->client, bytes, CHUNK, t->offset, plain,
				COPY_FULL);
}

#define FRAGMENTED 1240	   /* bytes of TCP: in one piece over IPv6, 1280 */
#define FRAGMENTED_MIN 400 /* smaller ones are suspect of hiding something */
#define FRAGMENT6                                                              \
	1232 /* a packet of 1280, the least that all links take;               \
		some Linux drop smaller ones but the last */

static size_t fragment_size(const struct check *t, size_t segment)
{
	return t->client.to->target.family == 6
		       ? FRAGMENT6
		       : (segment / 2 + 7) & ~(size_t)7;
}

static size_t header_size(const struct flow *f)
{
	return f->timestamps ? 32 : 20;
}

static bool send_fragments(struct check *t, struct copy copy)
{
	const struct flow *f = client_flow(&t->client);
	uint8_t bytes[FRAGMENTED];

	fill(bytes, BASE, t->size);
	return client_send_fragments(&t->client, bytes, t->size, BASE,
				     fragment_size(t, t->size + header_size(f)),
				     copy);
}

static size_t acked(const struct flow *f)
{
	int32_t bytes = seq_diff(f->server_acked, f->client_isn + 1);

	return bytes > 0 ? (size_t)bytes : 0;
}

bool check_start(struct check *t, struct live *live,
		 const struct destination *to, const struct pace *pace,
		 enum check_kind kind, unsigned version)
{
	*t = (struct check){.pace = pace, .kind = kind, .offset = BASE};
	if (!client_open(&t->client, live, to,
			 is_plain(t) ? PURPOSE_TCP : PURPOSE_MP_CAPABLE,
			 version))
		return false;
	retry_begin(&t->retry, pace, false);
	return client_send_syn(&t->client, COPY_FULL);
}

/* What each kind sends again and again until its step is done. */
static void send_step(struct check *t)
{
	switch (t->kind) {
	case CHECK_LONG:
		send_mapped(t, t->retry.tries > VAIN_TRIES);
		break;
	case CHECK_HOLE:
		send_chunk(t, t->step == 1 ? BASE : BASE + CHUNK, CHUNK, false,
			   COPY_FULL);
		break;
	case CHECK_PAIR:
		send_chunk(t, t->offset, CHUNK, false, COPY_FULL);
		send_chunk(t, t->offset + CHUNK, CHUNK, false, COPY_FULL);
		break;
	case CHECK_EXPIRED:
		send_chunk(t, BASE, CHUNK, t->step != 1,
			   (struct copy){t->step == 0 ? t->ttl : FULL_TTL,
					 false, false});
		break;
	case CHECK_BIG:
	case CHECK_BIG_TCP:
		send_chunk(t, BASE, t->size, false, COPY_FULL);
		break;
	case CHECK_ADD_ADDR:
		client_send_add_addr(&t->client, COPY_FULL);
		break;
	case CHECK_FRAGMENTS:
		if (t->step > 0)
			send_chunk(t, BASE, t->size, false, COPY_FULL);
		else
			send_fragments(t, COPY_FULL);
		/* Old data is answered at once: the server is there. */
		if (t->step == 0 && t->retry.tries > 1)
			send_chunk(t, 0, BASE, false, COPY_FULL);
		break;
	}
}

#define TIMESTAMPS 12 /* bytes of options */
#define DSS 28	      /* with 64-bit numbers, padding or checksum */

/* So many bytes of data make a packet as large as both ends' MSS allow, with
 * timestamps and a DSS. */
static size_t full_size(const struct check *t, const struct flow *f)
{
	const struct kept *k = flow_syn_ack(f);
	unsigned mss = t->client.to->mss;

	if (k && k->options.has_mss && k->options.mss < mss)
		mss = k->options.mss;
	if (mss > BIG_MAX)
		mss = BIG_MAX;
	mss -= f->timestamps ? TIMESTAMPS : 0;
	return mss > DSS + BIG_SMALLER ? mss - DSS : BIG_SMALLER;
}

/* So many bytes make the segment that goes in fragments; 0: one end takes only
 * segments that need none. */
static size_t fragmented_size(const struct check *t, const struct flow *f)
{
	const struct kept *k = flow_syn_ack(f);
	bool ip6 = t->client.to->target.family == 6;
	unsigned mss = ip6 ? 1220 : 536; /* RFC 9293 3.7.1 */
	size_t segment = FRAGMENTED;

	if (k && k->options.has_mss)
		mss = k->options.mss;
	if (t->client.to->mss < mss)
		mss = t->client.to->mss;
	if (segment > mss + 20)
		segment = mss + 20;
	if (segment < (ip6 ? FRAGMENTED : FRAGMENTED_MIN))
		return 0;
	return segment - header_size(f);
}

/* A router says that a link takes less: then that is full size. Whether the
 * size changed. */
static bool heed_too_big(struct check *t, const struct flow *f)
{
	size_t headers = t->client.to->target.family == 6 ? 60 : 40;

	headers += DSS + (f->timestamps ? TIMESTAMPS : 0);
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];

		if (!q->too_big || q->next_hop_mtu < headers + CHUNK ||
		    q->next_hop_mtu - headers >= t->size)
			continue;
		t->size = q->next_hop_mtu - headers;
		return true;
	}
	return false;
}

/* Without MPTCP: a packet as large as that with a DSS, then the same data,
 * then as little as there. */
static size_t size_of_step(const struct check *t, const struct flow *f,
			   unsigned step)
{
	size_t full = full_size(t, f);

	if (t->kind == CHECK_FRAGMENTS)
		return fragmented_size(t, f);
	if (t->kind == CHECK_BIG)
		return step == 0 ? full : BIG_SMALLER;
	return step == 0 ? full + DSS : step == 1 ? full : BIG_SMALLER;
}

static void begin_step(struct check *t, const struct flow *f, unsigned step)
{
	t->step = step;
	t->size = size_of_step(t, f, step);
	t->received = f->received_count;
	retry_begin(&t->retry, t->pace, true);
	send_step(t);
}

static bool quoted_at(const struct flow *f, unsigned ttl)
{
	return flow_quote(f, SEGMENT_DATA, ttl) != NULL;
}

/* Whether what the step waits for has come. */
static bool step_done(const struct check *t, const struct flow *f)
{
	switch (t->kind) {
	case CHECK_LONG:
		return acked(f) >= t->offset + CHUNK;
	case CHECK_HOLE:
		return t->step == 0   ? f->received_count > t->received
		       : t->step == 1 ? acked(f) >= BASE + CHUNK
				      : acked(f) >= BASE + 2 * CHUNK;
	case CHECK_PAIR:
		return acked(f) >= t->offset + 2 * CHUNK;
	case CHECK_EXPIRED:
		return acked(f) > BASE ||
		       (t->step == 0 && quoted_at(f, t->ttl));
	case CHECK_BIG:
	case CHECK_BIG_TCP:
	case CHECK_FRAGMENTS:
		return acked(f) >= BASE + t->size;
	case CHECK_ADD_ADDR: /* version 0 has no echo */
		return f->mptcp.add_addr_echoed || t->client.version == 0;
	}
	return true;
}

static unsigned step_tries(const struct check *t)
{
	bool vain = (t->kind == CHECK_HOLE && t->step == 0) ||
		    (t->kind == CHECK_EXPIRED && t->step == 1) ||
		    (t->kind == CHECK_FRAGMENTS && t->step == 0);

	if (t->kind == CHECK_EXPIRED && t->step == 0)
		return EXPIRED_TRIES;
	if (t->kind == CHECK_LONG)
		return VAIN_TRIES + 2;
	return vain ? VAIN_TRIES : DATA_TRIES;
}

static unsigned steps(const struct check *t)
{
	switch (t->kind) {
	case CHECK_LONG:
		return t->pace->rtt_us > FAR_US ? LONG_CHUNKS_FAR : LONG_CHUNKS;
	case CHECK_HOLE:
		return 3;
	case CHECK_PAIR:
		return PAIRS;
	case CHECK_EXPIRED:
	case CHECK_BIG_TCP:
		return 3;
	case CHECK_BIG:
	case CHECK_FRAGMENTS:
		return 2;
	default:
		return 1;
	}
}

static bool is_big(const struct check *t)
{
	return t->kind == CHECK_BIG || t->kind == CHECK_BIG_TCP;
}

/* The step is done, or given up: on to the next. */
static void next_step(struct check *t, const struct flow *f, bool done)
{
	bool gives_up = t->kind == CHECK_LONG || t->kind == CHECK_PAIR;

	/* Without a mapping the connection is MPTCP no longer. */
	if (t->kind == CHECK_LONG && t->retry.tries > VAIN_TRIES)
		done = false;

	if (!done && step_tries(t) == VAIN_TRIES)
		t->vain = true;
	if (t->step + 1 >= steps(t) || (!done && gives_up) ||
	    (t->kind == CHECK_EXPIRED && acked(f) > BASE) ||
	    (done && (is_big(t) || t->kind == CHECK_FRAGMENTS))) {
		t->state = CHECK_OVER;
		return;
	}
	if (t->kind == CHECK_LONG)
		t->offset += CHUNK;
	else if (t->kind == CHECK_PAIR)
		t->offset += 2 * CHUNK;
	begin_step(t, f, t->step + 1);
}

static void step_busy(struct check *t, const struct flow *f, int64_t now_us)
{
	bool done = step_done(t, f);

	if (done) {
		next_step(t, f, true);
	} else if (is_big(t) && heed_too_big(t, f)) {
		send_step(t);
	} else if (retry_due(&t->retry, now_us)) {
		if (t->retry.tries > step_tries(t))
			next_step(t, f, false);
		else
			send_step(t);
	}
}

static void step_syn(struct check *t, const struct flow *f, int64_t now_us)
{
	if (f && f->syn_ack_seen) {
		if (!f->mptcp.syn_ack && !is_plain(t)) {
			t->state = CHECK_OVER;
			return;
		}
		client_send_third_ack(&t->client, COPY_FULL);
		send_chunk(t, 0, BASE, false, COPY_FULL);
		t->state = CHECK_BASE;
		retry_begin(&t->retry, t->pace, true);
	} else if (retry_due(&t->retry, now_us)) {
		if (t->retry.tries > SYN_TRIES)
			t->state = CHECK_OVER;
		else
			client_send_syn(&t->client, COPY_FULL);
	}
}

static bool is_too_small(const struct check *t, const struct flow *f)
{
	return t->kind == CHECK_FRAGMENTS && !fragmented_size(t, f);
}

static void step_base(struct check *t, const struct flow *f, int64_t now_us)
{
	if (acked(f) >= BASE && is_too_small(t, f)) {
		t->state = CHECK_OVER;
	} else if (acked(f) >= BASE) {
		t->state = CHECK_BUSY;
		begin_step(t, f, 0);
	} else if (retry_due(&t->retry, now_us)) {
		if (t->retry.tries > DATA_TRIES) {
			t->state = CHECK_OVER;
			return;
		}
		client_send_third_ack(&t->client, COPY_FULL);
		send_chunk(t, 0, BASE, false, COPY_FULL);
	}
}

int64_t check_step(struct check *t, int64_t now_us)
{
	const struct flow *f = client_flow(&t->client);

	if (t->state == CHECK_OVER)
		return NEVER;
	if (f && (flow_reset(f) || f->server_fin)) {
		t->state = CHECK_OVER;
		return NEVER;
	}
	if (t->state == CHECK_SYN)
		step_syn(t, f, now_us);
	else if (t->state == CHECK_BASE)
		step_base(t, f, now_us);
	else
		step_busy(t, f, now_us);
	return t->state == CHECK_OVER ? NEVER : retry_at(&t->retry);
}

bool check_copy(struct check *t, uint8_t ttl)
{
	struct copy copy = {ttl, false, false};

	if (t->kind == CHECK_LONG)
		return send_chunk(t, t->offset, CHUNK, false, copy);
	if (t->kind == CHECK_BIG)
		return send_chunk(t, BASE, t->size, false, copy);
	if (t->kind == CHECK_EXPIRED)
		return send_chunk(t, BASE, CHUNK, true, copy);
	/* Behind the fragments, what shows that the hop quotes at all: where
	 * errors are rationed, it must not spend theirs. */
	if (t->kind == CHECK_FRAGMENTS)
		return send_fragments(t, copy) &&
		       send_chunk(t, BASE, t->size, false, copy);
	return t->kind == CHECK_ADD_ADDR &&
	       client_send_add_addr(&t->client, copy);
}

enum segment_kind check_segment(const struct check *t)
{
	return t->kind == CHECK_ADD_ADDR    ? SEGMENT_ADD_ADDR
	       : t->kind == CHECK_FRAGMENTS ? SEGMENT_FRAGMENT
					    : SEGMENT_DATA;
}

/* DATA_ACKs count from the IDSN, one more than what TCP counts. */
static bool fell_behind(const struct flow *f)
{
	return !f->mptcp.has_data_ack ||
	       f->mptcp.data_ack - f->mptcp.client_idsn - 1 < acked(f);
}

bool check_wants_copies(const struct check *t)
{
	const struct flow *f = client_flow(&t->client);

	if (!f || !f->established)
		return false;
	if (t->kind == CHECK_FRAGMENTS)
		return check_convicts(t);
	if (!f->mptcp.syn_ack)
		return false;
	if (t->kind == CHECK_LONG)
		return fell_behind(f);
	if (t->kind == CHECK_BIG)
		return t->size && acked(f) >= BASE + t->size;
	return t->kind == CHECK_ADD_ADDR && !f->mptcp.add_addr_echoed;
}

static bool acked_early(const struct check *t, const struct flow *f)
{
	return t->kind == CHECK_EXPIRED && t->step == 0 && acked(f) > BASE;
}

bool check_convicts(const struct check *t)
{
	const struct flow *f = client_flow(&t->client);

	if (t->state != CHECK_OVER || !f || !f->established)
		return false;
	if (t->kind == CHECK_PAIR)
		return f->mptcp.syn_ack && fell_behind(f);
	if (t->kind == CHECK_BIG)
		return t->step > 0; /* full size was given up */
	if (t->kind == CHECK_FRAGMENTS)
		return t->vain && acked(f) >= BASE + t->size;
	return t->vain || acked_early(t, f);
}

bool check_untold(const struct check *t)
{
	const struct flow *f = client_flow(&t->client);

	return t->kind == CHECK_EXPIRED && t->state == CHECK_OVER && f &&
	       f->established && !quoted_at(f, t->ttl);
}

void check_end(struct check *t)
{
	client_send_reset(&t->client);
}
