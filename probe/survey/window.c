// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/window.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "report/arena.h"

#define ROOM_FIRST 1024
#define LARGE_PAGE (2U << 20)
#define NOBODY UINT64_MAX

/* A ring, and a bucket for each of its slots: the place of the latest target in
 * it, from which a chain leads to older ones. */
struct window {
	struct open_target *slots;
	uint64_t *buckets;
	uint64_t room; /* a power of two */
	uint64_t first, next;
};

/* In large pages, if there are: it is looked at here and there. */
static void *memory(size_t size)
{
	size_t whole = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	void *all;

	if (size < LARGE_PAGE)
		return must_have(malloc(size));
	all = must_have(aligned_alloc(LARGE_PAGE, whole));
	madvise(all, whole, MADV_HUGEPAGE);
	return all;
}

static void make_room(struct window *w, uint64_t room)
{
	w->room = room;
	w->slots = memory(room * sizeof(*w->slots));
	w->buckets = memory(room * sizeof(*w->buckets));
	memset(w->buckets, 0xff, room * sizeof(*w->buckets));
}

struct window *window_new(void)
{
	struct window *w = must_have(calloc(1, sizeof(*w)));

	make_room(w, ROOM_FIRST);
	return w;
}

uint64_t window_first(const struct window *w)
{
	return w->first;
}

uint64_t window_next(const struct window *w)
{
	return w->next;
}

struct open_target *window_at(struct window *w, uint64_t place)
{
	return &w->slots[place & (w->room - 1)];
}

static uint64_t *bucket_of(struct window *w, const struct address *a,
			   uint16_t port)
{
	uint64_t h = port, part;

	for (unsigned i = 0; i < 16; i += 8) {
		memcpy(&part, a->bytes + i, 8);
		h = (h ^ part) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return &w->buckets[h & (w->room - 1)];
}

static void chain(struct window *w, uint64_t place)
{
	struct open_target *o = window_at(w, place);
	uint64_t *bucket = bucket_of(w, &o->target.address, o->target.port);

	o->chained = *bucket;
	*bucket = place;
}

static void grow(struct window *w)
{
	struct window old = *w;

	make_room(w, 2 * old.room);
	for (uint64_t place = old.first; place < old.next; place++) {
		*window_at(w, place) = *window_at(&old, place);
		chain(w, place);
	}
	free(old.slots);
	free(old.buckets);
}

struct open_target *window_add(struct window *w, const struct survey_target *t)
{
	struct open_target *o;

	if (w->next - w->first == w->room)
		grow(w);
	o = window_at(w, w->next);
	*o = (struct open_target){.target = *t};
	chain(w, w->next++);
	return o;
}

/* A chain goes on in places that are closed by now. */
struct open_target *window_find(struct window *w, const struct address *a,
				uint16_t port)
{
	uint64_t place = *bucket_of(w, a, port);

	while (place != NOBODY && place >= w->first) {
		struct open_target *o = window_at(w, place);

		if (o->target.port == port &&
		    address_equal(&o->target.address, a))
			return o;
		place = o->chained;
	}
	return NULL;
}

static void empty(struct open_target *o)
{
	for (unsigned i = 0; i < SYN_KINDS; i++)
		free(o->answers[i]);
}

void window_close_first(struct window *w)
{
	empty(window_at(w, w->first++));
}

void window_free(struct window *w)
{
	if (!w)
		return;
	while (w->first < w->next)
		window_close_first(w);
	free(w->slots);
	free(w->buckets);
	free(w);
}
