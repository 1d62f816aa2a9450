// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/seen.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

/* Not keyed: who chooses the targets of a survey is its user. */
static size_t hash(const struct seen_target *t)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < address_length(&t->address); i++)
		h = (h ^ t->address.bytes[i]) * 0x100000001b3;
	h = (h ^ (t->port & 0xff)) * 0x100000001b3;
	h = (h ^ (t->port >> 8)) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

/* Where it is, or where it belongs. */
static struct seen_target *slot_of(const struct seen *s,
				   const struct seen_target *t)
{
	size_t at = hash(t) & (s->capacity - 1);

	while (s->slots[at].port &&
	       (s->slots[at].port != t->port ||
		!address_equal(&s->slots[at].address, &t->address)))
		at = (at + 1) & (s->capacity - 1);
	return &s->slots[at];
}

static void grow(struct seen *s)
{
	struct seen larger = {.capacity = s->capacity ? 2 * s->capacity : 64};

	larger.slots = must_have(calloc(larger.capacity, sizeof(*s->slots)));
	larger.count = s->count;
	for (size_t i = 0; i < s->capacity; i++)
		if (s->slots[i].port)
			*slot_of(&larger, &s->slots[i]) = s->slots[i];
	free(s->slots);
	*s = larger;
}

bool seen_add(struct seen *s, const struct seen_target *t)
{
	struct seen_target *slot;

	/* mutant: how full it may be is a matter of speed */
	if (2 * s->count >= s->capacity)
		grow(s);
	slot = slot_of(s, t);
	if (slot->port)
		return false;
	*slot = *t;
	s->count++;
	return true;
}

void seen_free(struct seen *s)
{
	free(s->slots);
	*s = (struct seen){0};
}

bool seen_line(const char *line, size_t length, struct seen_target *out)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	const char *address = NULL;
	int port = 0;
	bool good;

	good = object &&
	       !json_unpack(object, "{s:{s:s, s:i}}", "target", "address",
			    &address, "port", &port) &&
	       port > 0 && port <= UINT16_MAX &&
	       address_parse(address, &out->address);
	out->port = (uint16_t)port;
	json_decref(object);
	return good;
}
