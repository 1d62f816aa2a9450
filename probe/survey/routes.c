// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/routes.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

/* From an address on, up to the next, all go the same way. */
struct reach {
	struct address from;
	int router;
};

void routes_clear(struct routes *r)
{
	r->count = r->reach_count = r->router_count = 0;
}

void routes_add(struct routes *r, const struct known_route *route)
{
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 32;
		r->all = must_have(
			realloc(r->all, r->capacity * sizeof(*r->all)));
	}
	r->all[r->count++] = *route;
}

/* --- which of them applies ----------------------------------------------- */

/* Below 0: `a` goes before `b`, where both match. */
static int precedence(const struct known_route *a, const struct known_route *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->to.length != b->to.length)
		return a->to.length > b->to.length ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return 0;
}

static int number_router(struct routes *r, const struct address *router)
{
	for (unsigned i = 0; i < r->router_count; i++)
		if (address_equal(&r->routers[i], router))
			return (int)i;
	if (r->router_count == ROUTERS_MAX)
		return -1;
	r->routers[r->router_count] = *router;
	return (int)r->router_count++;
}

/* Where two are as good and lead elsewhere, the kernel may take either. */
static int find_router(struct routes *r, const struct address *to)
{
	const struct known_route *best = NULL;
	bool several = false;

	for (size_t i = 0; i < r->count; i++) {
		const struct known_route *one = &r->all[i];
		int order;

		if (!prefix_contains(&one->to, to))
			continue;
		order = best ? precedence(one, best) : -1;
		if (order < 0) {
			best = one;
			several = false;
		} else if (order == 0) {
			several |= !address_equal(&one->router, &best->router);
		}
	}
	if (!best || !best->router.family || several)
		return -1;
	return number_router(r, &best->router);
}

/* --- all at once --------------------------------------------------------- */

static int compare_reaches(const void *a, const void *b)
{
	return address_compare(&((const struct reach *)a)->from,
			       &((const struct reach *)b)->from);
}

/* False: it is the last of its family. */
static bool next_address(struct address *a)
{
	for (size_t i = address_length(a); i > 0; i--)
		if (++a->bytes[i - 1])
			return true;
	return false;
}

/* A way can only change where a prefix begins, and behind it. */
static void find_edges(struct routes *r)
{
	r->reaches = must_have(
		realloc(r->reaches, (2 * r->count + 1) * sizeof(*r->reaches)));
	r->reach_count = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct address behind = prefix_last(&r->all[i].to);

		r->reaches[r->reach_count++].from = r->all[i].to.first;
		if (next_address(&behind))
			r->reaches[r->reach_count++].from = behind;
	}
	qsort(r->reaches, r->reach_count, sizeof(*r->reaches), compare_reaches);
}

void routes_sort(struct routes *r)
{
	r->router_count = 0;
	find_edges(r);
	for (size_t i = 0; i < r->reach_count; i++)
		r->reaches[i].router = find_router(r, &r->reaches[i].from);
}

int routes_router(const struct routes *r, const struct address *to)
{
	size_t low = 0, high = r->reach_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_compare(&r->reaches[middle].from, to) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && r->reaches[low - 1].from.family == to->family
		       ? r->reaches[low - 1].router
		       : -1;
}

void routes_free(struct routes *r)
{
	free(r->all);
	free(r->reaches);
	*r = (struct routes){0};
}
