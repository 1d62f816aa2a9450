/* SPDX-License-Identifier: GPL-3.0-or-later
 * A piece is written as runs: so many zeros, so many other bytes, and these. A
 * few zeros within a run cost less than another one.
 */
#include "report/track/zeros.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

#define RUN_MAX 255
#define FEW 2 /* what a run costs */

static size_t count_zeros(const uint8_t *from, size_t size)
{
	size_t count = 0;

	while (count < size && count < RUN_MAX && !from[count])
		count++;
	return count;
}

static size_t count_others(const uint8_t *from, size_t size)
{
	size_t count = 0;

	while (count < size && count < RUN_MAX &&
	       (from[count] || count_zeros(from + count, size - count) <= FEW))
		count++;
	return count;
}

static void append(struct packed *p, const void *bytes, size_t size)
{
	while (p->capacity - p->length < size) {
		p->capacity = p->capacity ? 2 * p->capacity : 1024;
		p->bytes = must_have(realloc(p->bytes, p->capacity));
	}
	memcpy(p->bytes + p->length, bytes, size);
	p->length += size;
}

void zeros_pack(struct packed *p, const void *piece, size_t size)
{
	const uint8_t *from = piece, *end;

	if (!size)
		return; /* piece may be NULL then */
	end = from + size;
	while (from < end) {
		size_t zeros = count_zeros(from, (size_t)(end - from));
		size_t others = count_others(from + zeros,
					     (size_t)(end - from) - zeros);
		const uint8_t run[] = {(uint8_t)zeros, (uint8_t)others};

		append(p, run, sizeof(run));
		append(p, from + zeros, others);
		from += zeros + others;
	}
}

const uint8_t *zeros_unpack(const uint8_t *from, void *piece, size_t size)
{
	uint8_t *to = piece, *end;

	if (!size)
		return from;
	end = to + size;
	memset(piece, 0, size);
	while (to < end) {
		to += from[0];
		memcpy(to, from + 2, from[1]);
		to += from[1];
		from += 2 + from[1];
	}
	return from;
}

void packed_free(struct packed *p)
{
	free(p->bytes);
}
