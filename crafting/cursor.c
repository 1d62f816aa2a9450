/* SPDX-License-Identifier: GPL-3.0-or-later
 * Checked reading and bounded writing of wire bytes.
 */
#include "cursor.h"

#include <ctype.h>
#include <string.h>

struct cursor cursor_over(const void *bytes, size_t length)
{
	return (struct cursor){.at = bytes, .left = length};
}

/* Nothing is left after a failure, so that a loop over what is left ends. */
static void cursor_fail(struct cursor *c)
{
	c->failed = true;
	c->left = 0;
}

const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *taken = c->at;

	if (c->failed || n > c->left) {
		cursor_fail(c);
		return NULL;
	}
	if (n) { /* `at` may be NULL where nothing is left */
		c->at += n;
		c->left -= n;
	}
	return taken;
}

static uint64_t read_big_endian(struct cursor *c, size_t n)
{
	const uint8_t *bytes = cursor_take(c, n);
	uint64_t v = 0;

	for (size_t i = 0; bytes && i < n; i++)
		v = v << 8 | bytes[i];
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)read_big_endian(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)read_big_endian(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)read_big_endian(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return read_big_endian(c, 8);
}

struct cursor cursor_slice(struct cursor *c, size_t n)
{
	const uint8_t *bytes = cursor_take(c, n);

	if (c->failed)
		return (struct cursor){.failed = true};
	return cursor_over(bytes, n);
}

struct writer writer_over(void *buffer, size_t capacity)
{
	return (struct writer){.start = buffer, .capacity = capacity};
}

void write_bytes(struct writer *w, const void *bytes, size_t n)
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

static void write_big_endian(struct writer *w, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = n; i-- > 0; v >>= 8)
		bytes[i] = (uint8_t)v;
	write_bytes(w, bytes, n);
}

void write_u8(struct writer *w, uint8_t v)
{
	write_big_endian(w, v, 1);
}

void write_u16(struct writer *w, uint16_t v)
{
	write_big_endian(w, v, 2);
}

void write_u32(struct writer *w, uint32_t v)
{
	write_big_endian(w, v, 4);
}

void write_u64(struct writer *w, uint64_t v)
{
	write_big_endian(w, v, 8);
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0'
					 : tolower((unsigned char)c) - 'a' + 10;
}

long hex_bytes(const char *text, uint8_t *out, size_t capacity)
{
	size_t length = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) || length == capacity)
			return -1;
		out[length++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
	}
	return (long)length;
}
