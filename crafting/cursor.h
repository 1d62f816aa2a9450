/* SPDX-License-Identifier: GPL-3.0-or-later
 * Checked reading and bounded writing of wire bytes. Every received byte is
 * read through a cursor; every byte that goes out is put by a writer. Both
 * remember a failure, so that a run of reads is checked once at its end.
 */
#ifndef CRAFTING_CURSOR_H
#define CRAFTING_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Inlined is what a survey, which reads and writes much, does for each packet:
 * a caller knows how many bytes it wants. */

struct cursor {
	const uint8_t *at;
	size_t left;
	bool failed;
};

static inline struct cursor cursor_over(const void *bytes, size_t length)
{
	return (struct cursor){.at = (const uint8_t *)bytes, .left = length};
}

/* The next n bytes, still owned by the buffer; NULL if there are fewer. Nothing
 * is left after a failure, so that a loop over what is left ends. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *taken = c->at;

	if (c->failed || n > c->left) {
		c->failed = true;
		c->left = 0;
		return NULL;
	}
	if (n) { /* `at` may be NULL where nothing is left */
		c->at += n;
		c->left -= n;
	}
	return taken;
}

static inline uint64_t cursor_number(struct cursor *c, size_t n)
{
	const uint8_t *bytes = cursor_take(c, n);
	uint64_t v = 0;

	for (size_t i = 0; bytes && i < n; i++)
		v = v << 8 | bytes[i];
	return v;
}

/* Big-endian reads, in host order. Past the end: 0, and `failed` is set; a
 * failed cursor stays failed and yields only zeros. */
static inline uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_number(c, 1);
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)cursor_number(c, 2);
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor_number(c, 4);
}

static inline uint64_t cursor_u64(struct cursor *c)
{
	return cursor_number(c, 8);
}

/* A cursor over the next n bytes, which are consumed; failed if fewer. */
struct cursor cursor_slice(struct cursor *c, size_t n);

struct writer {
	uint8_t *start;
	size_t length, capacity; /* bytes written, bytes there is room for */
	bool failed;
};

static inline struct writer writer_over(void *buffer, size_t capacity)
{
	return (struct writer){.start = (uint8_t *)buffer,
			       .capacity = capacity};
}

/* What does not fit is not written at all, and `failed` is set. */
static inline void write_bytes(struct writer *w, const void *bytes, size_t n)
{
	if (w->failed || n > w->capacity - w->length) {
		w->failed = true;
		return;
	}
	if (!n) /* both pointers may be NULL */
		return;
	memcpy(w->start + w->length, bytes, n);
	w->length += n;
}

static inline void write_number(struct writer *w, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = n; i-- > 0; v >>= 8)
		bytes[i] = (uint8_t)v;
	write_bytes(w, bytes, n);
}

/* Host order in, big-endian out. */
static inline void write_u8(struct writer *w, uint8_t v)
{
	write_number(w, v, 1);
}

static inline void write_u16(struct writer *w, uint16_t v)
{
	write_number(w, v, 2);
}

static inline void write_u32(struct writer *w, uint32_t v)
{
	write_number(w, v, 4);
}

static inline void write_u64(struct writer *w, uint64_t v)
{
	write_number(w, v, 8);
}

/* The bytes of "0f 1e" or "0f1e": how many; -1: no hex, or too long. */
long hex_bytes(const char *text, uint8_t *out, size_t capacity);

#endif
