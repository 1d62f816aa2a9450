/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/reorder.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

struct held {
	struct ordered ordered;
	char name[PCAPNG_NAME_MAX + 1];
	uint8_t bytes[];
};

struct reorder {
	struct held *frames[REORDER_FRAMES]; /* a ring, by time */
	size_t first, count;
	size_t bytes;
	size_t due;	   /* of these, whatever comes */
	int64_t newest_us; /* of those that are not due */
	struct held *taken;
};

struct reorder *reorder_new(void)
{
	return must_have(calloc(1, sizeof(struct reorder)));
}

static struct held **slot(struct reorder *r, size_t i)
{
	return &r->frames[(r->first + i) % REORDER_FRAMES];
}

void reorder_free(struct reorder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(*slot(r, i));
	free(r->taken);
	free(r);
}

static int64_t time_of(const struct held *h)
{
	return h->ordered.frame.time_us;
}

/* Times of a foreign file may be anything. */
static bool is_before(int64_t a, int64_t b, uint64_t by_us)
{
	return a < b && (uint64_t)b - (uint64_t)a > by_us;
}

static struct held *copy(const struct ordered *o)
{
	const struct pcapng_frame *f = &o->frame;
	struct held *h = must_have(malloc(sizeof(*h) + f->captured));

	h->ordered = *o;
	strncpy(h->name, f->name, PCAPNG_NAME_MAX);
	h->name[PCAPNG_NAME_MAX] = '\0';
	memcpy(h->bytes, f->bytes, f->captured);
	h->ordered.frame.name = h->name;
	h->ordered.frame.bytes = h->bytes;
	return h;
}

static bool is_later(const struct held *h, const struct ordered *o)
{
	return time_of(h) > o->frame.time_us;
}

/* Behind those of the same time. */
static void insert(struct reorder *r, struct held *h)
{
	size_t i = r->count++;

	for (; i > r->due && is_later(*slot(r, i - 1), &h->ordered); i--)
		*slot(r, i) = *slot(r, i - 1);
	*slot(r, i) = h;
	r->bytes += h->ordered.frame.captured;
}

static bool is_of_one_interface(const struct ordered *a,
				const struct ordered *b)
{
	return a->file == b->file && a->frame.interface == b->frame.interface;
}

/* The clock was set back: all before this stay before it. */
static bool is_set_back(struct reorder *r, const struct ordered *o)
{
	const struct held *h;

	for (size_t i = r->count;
	     i > r->due && is_later(h = *slot(r, i - 1), o); i--)
		if (is_before(o->frame.time_us, time_of(h),
			      is_of_one_interface(&h->ordered, o)
				      ? REORDER_QUEUES_US
				      : REORDER_US))
			return true;
	return false;
}

void reorder_put(struct reorder *r, const struct ordered *o)
{
	int64_t time_us = o->frame.time_us;

	if (is_set_back(r, o))
		r->due = r->count;
	if (r->count == r->due || time_us > r->newest_us)
		r->newest_us = time_us;
	insert(r, copy(o));
}

static bool is_full(const struct reorder *r)
{
	return r->count == REORDER_FRAMES || r->bytes > REORDER_BYTES;
}

const struct ordered *reorder_take(struct reorder *r, bool all)
{
	if (!r->count ||
	    !(all || r->due || is_full(r) ||
	      is_before(time_of(*slot(r, 0)), r->newest_us, REORDER_US)))
		return NULL;
	free(r->taken);
	r->taken = *slot(r, 0);
	r->first = (r->first + 1) % REORDER_FRAMES;
	r->count--;
	r->due -= r->due > 0;
	r->bytes -= r->taken->ordered.frame.captured;
	return &r->taken->ordered;
}
