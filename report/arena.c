/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each piece is an allocation of its own, so that the sanitizers see every
 * step beyond its end.
 */
#include "report/arena.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "crafting/address.h"

#define FIRST_CAPACITY 4

struct piece {
	struct piece *next;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct piece *pieces;
};

/* Only here does anything but a command end the program: the contract says
 * that no caller need look. At once, as a library that calls this may hold
 * locks that it takes again on exit(). */
void *must_have(void *memory)
{
	if (memory == NULL) {
		fputs("mpprobe: out of memory\n", stderr);
		_exit(EX_OSERR);
	}
	return memory;
}

ssize_t must_getline(char **line, size_t *capacity, FILE *file)
{
	ssize_t length;

	errno = 0;
	length = getline(line, capacity, file);
	if (length == -1 && errno == ENOMEM)
		must_have(NULL);
	return length;
}

struct arena *arena_new(void)
{
	return must_have(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *a)
{
	struct piece *piece, *next;

	if (a == NULL)
		return;
	for (piece = a->pieces; piece != NULL; piece = next) {
		next = piece->next;
		free(piece);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct piece *piece = NULL;

	if (size <= SIZE_MAX - sizeof(*piece))
		piece = calloc(1, sizeof(*piece) + size);
	piece = must_have(piece);
	piece->next = a->pieces;
	a->pieces = piece;
	return piece->bytes;
}

char *arena_vprintf(struct arena *a, const char *format, va_list list)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, list);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return arena_alloc(a, 1);
	text = arena_alloc(a, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, list);
	return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list list;
	char *text;

	va_start(list, format);
	text = arena_vprintf(a, format, list);
	va_end(list);
	return text;
}

char *arena_address(struct arena *a, const struct address *address)
{
	char *text = arena_alloc(a, ADDRESS_TEXT);

	address_text(address, text);
	return text;
}

char *arena_hex(struct arena *a, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	char *text = arena_alloc(a, 2 * length + 1);
	size_t i;

	for (i = 0; i < length; i++) {
		text[2 * i] = digits[from[i] >> 4];
		text[2 * i + 1] = digits[from[i] & 15];
	}
	return text;
}

/* Capacities are powers of two, so that the count alone tells when an array
 * is full. */
static bool full(size_t count)
{
	return count == 0 ||
	       (count >= FIRST_CAPACITY && (count & (count - 1)) == 0);
}

void *arena_push(struct arena *a, void **items, size_t *count, size_t size)
{
	size_t capacity = *count == 0 ? FIRST_CAPACITY : *count * 2;
	unsigned char *array, *larger;

	/* The pointer may be of any type: read and written as bytes. */
	memcpy(&array, items, sizeof(array));
	if (full(*count)) {
		if (capacity > SIZE_MAX / size)
			must_have(NULL);
		larger = arena_alloc(a, capacity * size);
		if (*count > 0)
			memcpy(larger, array, *count * size);
		array = larger;
		memcpy(items, &array, sizeof(array));
	}
	return array + (*count)++ * size;
}
