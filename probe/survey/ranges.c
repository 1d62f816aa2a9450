// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/ranges.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

struct range {
	struct address first, last;
};

static int compare_firsts(const void *a, const void *b)
{
	return address_compare(&((const struct range *)a)->first,
			       &((const struct range *)b)->first);
}

void ranges_add(struct ranges *r, const struct address *first,
		const struct address *last)
{
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 32;
		r->all = must_have(
			realloc(r->all, r->capacity * sizeof(*r->all)));
	}
	r->all[r->count++] = (struct range){*first, *last};
}

/* Those that overlap become one: then only the last that begins before an
 * address can hold it. */
void ranges_sort(struct ranges *r)
{
	size_t kept = 0;

	if (r->count)
		qsort(r->all, r->count, sizeof(*r->all), compare_firsts);
	for (size_t i = 0; i < r->count; i++) {
		struct range *before = kept ? &r->all[kept - 1] : NULL;

		if (!before ||
		    address_compare(&r->all[i].first, &before->last) > 0)
			r->all[kept++] = r->all[i];
		else if (address_compare(&r->all[i].last, &before->last) > 0)
			before->last = r->all[i].last;
	}
	r->count = kept;
}

bool ranges_contain(const struct ranges *r, const struct address *a)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_compare(&r->all[middle].first, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address_compare(a, &r->all[low - 1].last) <= 0;
}

void ranges_free(struct ranges *r)
{
	free(r->all);
	*r = (struct ranges){0};
}
