/* SPDX-License-Identifier: GPL-3.0-or-later
 * Behaviours that meddle with the byte stream.
 */
#include <ctype.h>
#include <string.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "lab/boxes/box.h"

static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static bool has_data(const struct box *b, const struct passing *p)
{
	return passing_wanted(b, p) && p->connection &&
	       p->segment.payload_length > 0;
}

/* The last letter changes its case. */
enum fate change_payload(struct box *b, struct passing *p)
{
	size_t at = p->segment.payload_length;

	if (!has_data(b, p))
		return PASS;
	while (at > 0 && !isalpha(p->payload[at - 1]))
		at--;
	if (at > 0) {
		p->payload[at - 1] ^= 0x20;
		p->edited = true;
	}
	return PASS;
}

/* ---- application level gateway ------------------------------------------ */

static const char grown[] = "Via: 1.1 box\r\n";
#define GROWN (sizeof(grown) - 1)

static void grow_here(struct passing *p, size_t at)
{
	memmove(p->payload + at + GROWN, p->payload + at,
		p->segment.payload_length - at);
	memcpy(p->payload + at, grown, GROWN);
	p->segment.payload_length += GROWN;
	p->edited = true;
}

static void grow(struct connection *c, struct passing *p)
{
	bool *grown_here = &c->grown[p->way];
	uint32_t *grown_at = &c->grown_at[p->way];
	uint32_t start = p->segment.sequence;
	uint32_t end = start + (uint32_t)p->segment.payload_length;
	const uint8_t *line =
		memmem(p->payload, p->segment.payload_length, "\r\n", 2);

	if (!*grown_here && p->fresh && line) {
		*grown_here = true;
		*grown_at = start + (uint32_t)(line - p->payload) + 2;
	}
	if (!*grown_here)
		return;
	if (ahead(start, *grown_at) < 0 && ahead(end, *grown_at) >= 0)
		grow_here(p, *grown_at - start);
	if (ahead(start, *grown_at) >= 0) {
		p->segment.sequence += GROWN;
		p->edited = true;
	}
}

/* The other end names the numbers behind what was put in. */
static void shrink(struct connection *c, struct passing *p)
{
	int32_t past = ahead(p->segment.acknowledgment, c->grown_at[!p->way]);

	if (!c->grown[!p->way] || !(p->segment.flags & TCP_FLAG_ACK) ||
	    past <= 0)
		return;
	p->segment.acknowledgment -=
		past < (int32_t)GROWN ? (uint32_t)past : GROWN;
	p->edited = true;
}

/* A header line of the box's own goes behind the first line of the request,
 * or of the answer; numbers behind it are shifted, and back in the
 * acknowledgments. */
enum fate grow_payload(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;

	if (!p->is_tcp || !c)
		return PASS;
	shrink(c, p);
	if (b->edits[p->way])
		grow(c, p);
	return PASS;
}

/* ---- segments cut up and merged ----------------------------------------- */

/* In two, with the same options on both, as segmentation offload does. */
enum fate split_data(struct box *b, struct passing *p)
{
	size_t half = p->segment.payload_length / 2;
	size_t whole = p->segment.payload_length;

	if (!has_data(b, p) || whole < (size_t)b->value)
		return PASS;
	p->edited = true;
	p->segment.payload_length = half;
	passing_send_copy(b, p);
	p->segment.payload = p->payload + half;
	p->segment.payload_length = whole - half;
	p->segment.sequence += (uint32_t)half;
	p->ip_id++;
	return PASS;
}

static bool follows(const struct passing *first, const struct passing *p)
{
	return p->ttl == first->ttl &&
	       p->segment.sequence ==
		       first->segment.sequence +
			       (uint32_t)first->segment.payload_length &&
	       first->segment.payload_length + p->segment.payload_length < 1400;
}

/* Waits a little for a segment that follows, and keeps the options of the
 * first only. */
enum fate coalesce_data(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;
	struct passing *first;

	if (!has_data(b, p))
		return PASS;
	first = c->held ? box_held(c->held) : NULL;
	if (first && follows(first, p)) {
		memcpy(first->payload + first->segment.payload_length,
		       p->payload, p->segment.payload_length);
		first->segment.payload_length += p->segment.payload_length;
		first->edited = true;
		c->held = 0;
		box_release(b, first, false);
		return DROP;
	}
	if (first || !p->fresh)
		return PASS;
	c->held = p->id;
	b->hold_us = b->value * 1000;
	return HOLD;
}

/* ---- acknowledgments and gaps ------------------------------------------- */

/* Acknowledges for the other end, at once. The data goes on. */
enum fate ack_early(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;
	uint8_t options[12];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment ack = {.flags = TCP_FLAG_ACK, .window = 502};

	if (!has_data(b, p) || !p->fresh || !c->server_known)
		return PASS;
	ack.sequence = c->next[!p->way];
	ack.acknowledgment = c->next[p->way];
	if (p->read.has_timestamps) {
		write_nop(&w, 2);
		write_timestamps(&w, c->tsval[!p->way], p->read.tsval);
	}
	ack.options = options;
	ack.options_length = w.length;
	passing_answer(b, p, true, &ack);
	return PASS;
}

/* Lets nothing pass behind a gap. The connection's own count of what passed
 * is in order, so it is kept apart from next[]. */
enum fate block_hole(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;
	uint32_t end =
		p->segment.sequence + (uint32_t)p->segment.payload_length;

	if (!has_data(b, p))
		return PASS;
	if (!c->passed_known[p->way]) {
		c->passed_known[p->way] = true;
		c->passed[p->way] = p->way == FORWARD ? c->client_isn + 1
						      : p->segment.sequence;
	}
	if (ahead(p->segment.sequence, c->passed[p->way]) > 0)
		return DROP;
	if (ahead(end, c->passed[p->way]) > 0)
		c->passed[p->way] = end;
	return PASS;
}

static struct memory memory_of(const struct passing *p)
{
	return (struct memory){
		p->segment.sequence, (uint32_t)p->segment.payload_length,
		checksum_add(0, p->payload, p->segment.payload_length)};
}

/* A segment that passed before must come again with the same bytes. */
enum fate drop_changed(struct box *b, struct passing *p)
{
	struct connection *c = p->connection;
	struct memory m;

	if (!has_data(b, p))
		return PASS;
	m = memory_of(p);
	for (unsigned i = 0; i < c->memory_count; i++)
		if (c->memory[i].sequence == m.sequence &&
		    c->memory[i].length == m.length)
			return c->memory[i].sum == m.sum ? PASS : DROP;
	if (c->memory_count < MEMORY_MAX)
		c->memory[c->memory_count++] = m;
	return PASS;
}
