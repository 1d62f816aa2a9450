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

struct cursor {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct cursor cursor_over(const void *bytes, size_t length);

/* Big-endian reads, in host order. Past the end: 0, and `failed` is set; a
 * failed cursor stays failed and yields only zeros. */
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/* The next n bytes, still owned by the buffer; NULL if there are fewer. */
const uint8_t *cursor_take(struct cursor *c, size_t n);

/* A cursor over the next n bytes, which are consumed; failed if fewer. */
struct cursor cursor_slice(struct cursor *c, size_t n);

struct writer {
	uint8_t *start;
	size_t length, capacity; /* bytes written, bytes there is room for */
	bool failed;
};

struct writer writer_over(void *buffer, size_t capacity);

/* Host order in, big-endian out. What does not fit is not written at all,
 * and `failed` is set. */
void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
void write_bytes(struct writer *w, const void *bytes, size_t n);

/* The bytes of "0f 1e" or "0f1e": how many; -1: no hex, or too long. */
long hex_bytes(const char *text, uint8_t *out, size_t capacity);

#endif
