/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/clients.h"

#include <stdint.h>
#include <stdlib.h>

#include "report/arena.h"

#define CAPACITY_MIN 64 /* a power of two, as all are */

/* Where it is, or would be. */
static struct address *slot_of(const struct clients *c, const struct address *a)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	size_t i;

	for (size_t k = 0; k < sizeof(a->bytes); k++)
		hash = (hash ^ a->bytes[k]) * 1099511628211u;
	i = (size_t)(hash ^ hash >> 29) & (c->capacity - 1);
	while (c->slots[i].family && !address_equal(&c->slots[i], a))
		i = (i + 1) & (c->capacity - 1);
	return &c->slots[i];
}

bool clients_have(const struct clients *c, const struct address *a)
{
	return c->capacity && slot_of(c, a)->family;
}

static void grow(struct clients *c)
{
	struct clients larger = {.count = c->count};

	larger.capacity = c->capacity ? 2 * c->capacity : CAPACITY_MIN;
	larger.slots = must_have(calloc(larger.capacity, sizeof(*c->slots)));
	for (size_t i = 0; i < c->capacity; i++)
		if (c->slots[i].family)
			*slot_of(&larger, &c->slots[i]) = c->slots[i];
	free(c->slots);
	*c = larger;
}

void clients_add(struct clients *c, const struct address *a)
{
	if (clients_have(c, a))
		return;
	if (2 * c->count >= c->capacity)
		grow(c);
	*slot_of(c, a) = *a;
	c->count++;
}

void clients_free(struct clients *c)
{
	free(c->slots);
}
